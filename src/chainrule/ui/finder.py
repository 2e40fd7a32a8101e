"""Finding a control by its name: a few letters and Enter, from wherever the keyboard is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.ui.appearance import Appearance
from chainrule.ui.choice_list import ChoiceList
from chainrule.ui.folding.folding import Folding, FoldingPane
from chainrule.ui.panes import can_be_reached, go_to

WIDTH = 420


class Finder(QObject):
    """Offers the controls of the window by name, and goes to the one that is chosen, also where its pane is folded."""

    def __init__(self, window: QWidget, folding: Folding, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._folding, self._appearance = window, folding, appearance
        self._list: ChoiceList | None = None

    def controls(self) -> dict[str, QWidget]:
        """Every control that the keyboard can go to, by its name; those in sight come before those in folded panes."""
        controls: dict[str, QWidget] = {}
        widgets = [widget for widget in self._window.findChildren(QWidget) if widget.window() is self._window]
        panes = {widget: self._folded_pane(widget) for widget in widgets}
        for widget in sorted(widgets, key=lambda widget: panes[widget] is not None):
            pane = panes[widget]
            if can_be_reached(widget, None if pane is None else pane.widget):
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
        pane = self._folded_pane(control)
        if pane is not None:
            self._folding.show(pane.id)
            # What has just come back has no place yet.
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        go_to(control)

    def _folded_pane(self, control: QWidget) -> FoldingPane | None:
        """The pane that a control has to wait for, if that is folded."""
        folded = (pane for pane in self._folding.all if not self._folding.is_shown(pane.id))
        return next((pane for pane in folded if pane.widget.isAncestorOf(control)), None)

    def _forget(self) -> None:
        opened, self._list = self._list, None
        if opened is not None:
            opened.deleteLater()
            back = self._window.focusWidget()
            if back is not None:
                back.setFocus()
