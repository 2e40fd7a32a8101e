"""Finding a control by its name: a few letters and Enter, from wherever the keyboard is."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtWidgets import QWidget

from chainrule.ui.appearance import Appearance
from chainrule.ui.choice_list import ChoiceList
from chainrule.ui.panes import can_be_reached, go_to

WIDTH = 420


class Finder(QObject):
    """Offers the controls of the window by name, and goes to the one that is chosen."""

    def __init__(self, window: QWidget, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._appearance = window, appearance
        self._list: ChoiceList | None = None

    def controls(self) -> dict[str, QWidget]:
        """Every control that the keyboard can go to now, by its name."""
        controls: dict[str, QWidget] = {}
        for widget in self._window.findChildren(QWidget):
            if widget.window() is self._window and can_be_reached(widget):
                name = widget.accessibleName() or str(getattr(widget, "text", str)())
                name = name.split("\n")[0]
                controls.setdefault(name, widget)
        controls.pop("", None)
        return controls

    def open(self, top: int) -> None:
        """Show the names in the middle of the window, from a height in it on."""
        controls = self.controls()
        names = {name: widget.toolTip() for name, widget in controls.items()}
        width = min(self._appearance.size(WIDTH), self._window.width())
        opened = self._list = ChoiceList(self._appearance, names, 0, "", self._window)
        opened.setAccessibleName("Find a control")
        opened.chosen.connect(lambda name: self._go(controls[name]))
        opened.closed.connect(self._forget)
        corner = self._window.mapToGlobal(QPoint((self._window.width() - width) // 2, top))
        opened.open_below(QRect(corner, corner + QPoint(width - 1, -1)))

    def _go(self, control: QWidget) -> None:
        if self._list is not None:
            self._list.close()
        go_to(control)

    def _forget(self) -> None:
        opened, self._list = self._list, None
        if opened is not None:
            opened.deleteLater()
            back = self._window.focusWidget()
            if back is not None:
                back.setFocus()
