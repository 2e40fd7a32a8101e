"""The panes of the window, and the keys that go round them: F6 and Shift+F6. What lets go of the keyboard gives it back
to the stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.scroll_area import bring_into_sight


@dataclass(frozen=True, slots=True, eq=False)
class Pane:
    """A part of the window, and the control in it that comes first; without one, the first that the Tab key finds."""

    widget: QWidget
    first: QWidget | None = None


class Panes(QObject):
    """Goes from pane to pane, in the order that they are given in."""

    def __init__(self, window: QWidget, stage: QWidget, panes: Sequence[Pane]) -> None:
        super().__init__(window)
        self._window, self._stage, self._panes = window, stage, tuple(panes)
        self._framed: Card | None = None
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._keep)

    def go(self, way: int) -> None:
        """Go to the next pane that is there (1), or to the one before (-1)."""
        there = [pane for pane in self._panes if pane.widget.isVisible()]
        focused = self._window.focusWidget()
        current = next((place for place, pane in enumerate(there) if _holds(pane.widget, focused)), 0)
        pane = there[(current + way) % len(there)]
        # A formula has no data, whose table comes first otherwise.
        can_be_first = pane.first is not None and pane.first.isEnabled() and pane.first.isVisible()
        go_to(pane.first if pane.first is not None and can_be_first else first_control(pane.widget))
        if isinstance(pane.widget, Card):
            self._framed = pane.widget
            pane.widget.set_marked(True)

    def _keep(self, _: QWidget | None, focused: QWidget | None) -> None:
        """Keep the keyboard in the window: who lets go of it gives it to the stage, where the keys step."""
        if focused is None:
            # A window that is taken apart lets go of the keyboard too.
            if isValid(self._window) and self._window.isActiveWindow() and self._window.isVisible():
                self._stage.setFocus()
        elif self._framed is not None and not _holds(self._framed, focused):
            self._framed.set_marked(False)
            self._framed = None


def _holds(pane: QWidget, widget: QWidget | None) -> bool:
    return widget is not None and (widget is pane or pane.isAncestorOf(widget))


def first_control(pane: QWidget) -> QWidget:
    """Return the first control in a pane that the Tab key stops at; the pane itself where there is none."""
    widget: QWidget | None = pane
    while widget is not None:
        if _holds(pane, widget) and can_be_reached(widget):
            return widget
        widget = widget.nextInFocusChain()
        if widget is pane:
            break
    return pane


def can_be_reached(widget: QWidget, folded: QWidget | None = None) -> bool:
    """Return whether the Tab key stops at a widget; in a pane that is `folded`, whether it will once that is back."""
    stops = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    is_shown = widget.isVisible() if folded is None else widget.isVisibleTo(folded)
    return bool(stops) and is_shown and widget.isEnabled() and widget.focusProxy() is None


def go_to(widget: QWidget) -> None:
    """Give the keyboard to a widget, as the Tab key does, and bring it into sight."""
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    bring_into_sight(widget)
