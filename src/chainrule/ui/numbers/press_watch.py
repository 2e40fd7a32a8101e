"""A click elsewhere, told to whoever is typed in."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QMenuBar, QWidget

from chainrule.ui.widgets.refusal import application


class PressWatch(QObject):
    """Tells of a click elsewhere in the window while a widget has the focus, before the click does anything.

    A click on a button of the tool bar does not take the focus: what was typed has to be taken over before it.
    """

    pressed_elsewhere = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch the application while the widget has the focus; nothing is swallowed."""
        kind = event.type()
        if watched is self._widget:
            if kind == QEvent.Type.FocusIn:
                application().installEventFilter(self)
            elif kind in (QEvent.Type.FocusOut, QEvent.Type.Hide):
                application().removeEventFilter(self)
        elif kind == QEvent.Type.MouseButtonPress and self._is_elsewhere(watched):
            self.pressed_elsewhere.emit()
        return False

    def _is_elsewhere(self, watched: QObject) -> bool:
        # A click in a menu of the widget's own is none; one that opens a menu is followed by a command, or by nothing.
        if not isinstance(watched, QWidget) or isinstance(watched, QMenuBar):
            return False
        return watched.window() is self._widget.window()
