"""What is being typed: taken, as by Enter, before a command saves, closes, opens or moves on."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractItemView, QApplication, QLineEdit, QWidget

from chainrule.ui.widgets.cell_editor import NumberDelegate
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.refusal import Refusals


class TypedText:
    """Takes over what is typed in a window's focused field, or in the open editor of a table or of the stage.

    A shortcut or a menu leaves the focus where it is, so that nothing else would.
    """

    def __init__(self, window: QWidget, refusals: Refusals) -> None:
        self._window, self._refusals = window, refusals

    def take(self) -> bool:
        """Ask for what is typed, if anything is; where it is refused, that is said beside it, the text stays, False."""
        focused = self._where().focusWidget()
        if isinstance(focused, Field):
            return focused.take()
        delegate = _delegate_of(focused)
        if delegate is None or not isinstance(focused, QLineEdit):
            return True
        # A table's editor is not told of a refusal: the bubble is what says it.
        self._refusals.dismiss()
        delegate.commit(focused)
        if self._refusals.message:
            return False
        delegate.close(focused)
        return True

    def _where(self) -> QWidget:
        """Return the window, or that of a view, in which the keys do the same."""
        active = QApplication.activeWindow()
        is_ours = active is not None and active.parentWidget() is self._window and hasattr(active, "go_to_stage")
        return active if active is not None and is_ours else self._window


def _delegate_of(editor: QWidget | None) -> NumberDelegate | None:
    viewport = None if editor is None else editor.parentWidget()
    table = None if viewport is None else viewport.parentWidget()
    if not isinstance(table, QAbstractItemView) or table.viewport() is not viewport:
        return None
    delegate = table.itemDelegate()
    return delegate if isinstance(delegate, NumberDelegate) else None
