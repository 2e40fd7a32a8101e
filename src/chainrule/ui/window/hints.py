"""The hints at the bottom of the window: what the keys do now, for whatever has the focus.

A widget whose keys mean something of its own says so with `key_hints()`, and with the signal `hints_changed` that they
mean something else from now on. For all others the keys step, as on the stage.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.widgets.plain_text import PlainLabel

BETWEEN = "   "
ALL_KEYS = gettext_noop("F1 all keys")
BACK_TO_STAGE = gettext_noop("Esc back to the stage")
# The first ones are shown where there is no room for all.
STEPS = (
    gettext_noop("→ step"),
    gettext_noop("← back"),
    gettext_noop("↓ phase"),
    gettext_noop("↵ iteration"),
    gettext_noop("Space run"),
)
STAGE = (*STEPS, gettext_noop("double-click a number to edit it"))
ELSEWHERE = (*STEPS, BACK_TO_STAGE)
BUTTON = (
    gettext_noop("Space presses it"),
    gettext_noop("→ step"),
    gettext_noop("← back"),
    gettext_noop("↓ phase"),
    gettext_noop("↵ iteration"),
    BACK_TO_STAGE,
)

# What does nothing where a lesson hides its control, by the control.
OF_CONTROLS = dict(zip(("step.forward", "step.back", "phase.next", "iteration.next", "run.toggle"), STEPS, strict=True))


def hints_of(widget: QWidget) -> tuple[str, ...]:
    """Return what the keys do while a widget has the focus."""
    own = getattr(widget, "key_hints", None)
    if own is not None:
        return tuple(own())
    return BUTTON if isinstance(widget, QAbstractButton) else ELSEWHERE


class Hints(PlainLabel):
    """What the keys do: as much of it as there is room for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent=parent)
        self.setObjectName("hints")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._hints: tuple[str, ...] = STAGE
        self._left_out = frozenset[str]()
        self._of: QWidget | None = None
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def _follow(self, _: QWidget | None, focused: QWidget | None) -> None:
        """Speak of what has the focus: a widget of this window, or what it has opened over itself."""
        if focused is None or not self._is_ours(focused):
            return
        if self._of is not None and hasattr(self._of, "hints_changed"):
            self._of.hints_changed.disconnect(self._tell)
            self._of.destroyed.disconnect(self._forget)
        self._of = focused
        if hasattr(focused, "hints_changed"):
            focused.hints_changed.connect(self._tell)
            focused.destroyed.connect(self._forget)
        self._tell()

    def _is_ours(self, focused: QWidget) -> bool:
        top = focused.window()
        while top.windowType() == Qt.WindowType.Popup and (below := top.parentWidget()) is not None:
            top = below.window()
        return top is self.window()

    def _forget(self) -> None:
        self._of = None

    def _tell(self) -> None:
        if self._of is not None:
            self._hints = hints_of(self._of)
            self.fit()

    def leave_out(self, controls: Sequence[str]) -> None:
        """Say nothing of keys that do nothing now: those of controls that are hidden."""
        left_out = frozenset(OF_CONTROLS[name] for name in controls if name in OF_CONTROLS)
        if left_out != self._left_out:
            self._left_out = left_out
            self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many as fit now."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Show as many as there is room for."""
        fits = self.fontMetrics().horizontalAdvance
        hints, last = [gettext(hint) for hint in self._hints if hint not in self._left_out], gettext(ALL_KEYS)
        texts = (BETWEEN.join((*hints[:count], last)) for count in range(len(hints), -1, -1))
        self.setText(next((text for text in texts if fits(text) <= self.width()), ""))
