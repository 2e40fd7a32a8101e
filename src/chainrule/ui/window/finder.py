"""Finding a control by its name, or by what is written on it: a few letters and Enter, wherever the keyboard is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from chainrule.translation import gettext
from chainrule.ui.folding.folding import Folding, FoldingPane
from chainrule.ui.search.window_list import WindowList
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_list import ChoiceList
from chainrule.ui.widgets.controls import Disclosure
from chainrule.ui.widgets.scroll_area import show_with
from chainrule.ui.window.panes import can_be_reached, go_to

WIDTH = 420


@dataclass(frozen=True, slots=True)
class _Way:
    """What has to be unfolded before a control can be gone to."""

    pane: FoldingPane | None = None
    disclosure: Disclosure | None = None


class Finder(QObject):
    """Offers the controls of the window by name, and goes to the one that is chosen, also where its pane is folded."""

    def __init__(self, window: QWidget, folding: Folding, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._folding, self._appearance = window, folding, appearance
        self._list = WindowList(window, appearance)

    def controls(self) -> dict[str, QWidget]:
        """Return every control that the keyboard can go to, by its name.

        Those in sight come before those that are folded.
        """
        controls: dict[str, QWidget] = {}
        labels = {label.buddy(): label.text() for label in self._window.findChildren(QLabel)}
        widgets = [widget for widget in self._window.findChildren(QWidget) if widget.window() is self._window]
        disclosures = self._window.findChildren(Disclosure)
        ways = [(widget, way) for widget in widgets if (way := self._way_to(widget, disclosures)) is not None]
        for widget, _ in sorted(ways, key=lambda found: found[1] != _Way()):
            controls.setdefault(_name_of(widget, labels.get(widget, "")), widget)
        controls.pop("", None)
        return controls

    def open(self, top: int) -> None:
        """Show the names in the middle of the window, from a height in it on."""
        controls = self.controls()
        names = {name: widget.toolTip() for name, widget in controls.items()}
        opened = ChoiceList(self._appearance, names, 0, "", self._window)
        opened.setAccessibleName(gettext("Find a control"))
        self._list.open(opened, lambda name: self._go(controls[name]), width=WIDTH, top=top)

    def _go(self, control: QWidget) -> None:
        way = self._way_to(control, self._window.findChildren(Disclosure))
        if way is not None and way != _Way():
            if way.pane is not None:
                self._folding.show(way.pane.id)
            if way.disclosure is not None:
                way.disclosure.setChecked(True)
            # What has just come back has no place yet.
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        go_to(control)
        show_with(control, control)

    def _way_to(self, control: QWidget, disclosures: Sequence[Disclosure]) -> _Way | None:
        """Return what has to be unfolded for a control; None where the keyboard cannot go there in any case.

        `disclosures` are all of the window's.
        """
        if can_be_reached(control):
            return _Way()
        folded = (pane for pane in self._folding.all if not self._folding.is_shown(pane.id))
        pane = next((pane for pane in folded if pane.widget.isAncestorOf(control)), None)
        if pane is not None and can_be_reached(control, pane.widget):
            return _Way(pane)
        for disclosure in disclosures:
            part = disclosure.part_around(control)
            if part is not None and can_be_reached(control, part):
                is_there = can_be_reached(disclosure, None if pane is None else pane.widget)
                return _Way(pane, disclosure) if is_there else None
        return None


def _name_of(control: QWidget, label: str) -> str:
    """Return what a control is called, after what is written on it, or beside it, where those are other words."""
    own = control.text() if isinstance(control, QAbstractButton) else ""
    written = own or label
    name = (control.accessibleName() or written).split("\n")[0]
    is_said = written.casefold() in name.casefold() or name.casefold() in written.casefold()
    return name if is_said else f"{written}: {name}"
