"""Which panes are on the screen: those that are wanted, as far as they leave the network its room."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.ui.folding.splitter import GAP, Splitter
from chainrule.ui.folding.strip import Strip


@dataclass(frozen=True, slots=True, eq=False)
class FoldingPane:
    """A part that folds, and the strip that stands for it then. `splitter` is the one it lies in, if it does."""

    id: str
    widget: QWidget
    strip: Strip
    splitter: Splitter | None = None
    is_aside: bool = False

    def show(self, shown: bool) -> None:
        """Show the part or its strip."""
        self.strip.setHidden(shown)
        if self.splitter is not None:
            self.splitter.give_place(self.widget, shown)
        else:
            self.widget.setVisible(shown)


class Folding(QObject):
    """Folds panes and brings them back.

    Beside what somebody has folded, panes at the sides fold by themselves where the window is narrow or the text
    large, the last one first, and come back once there is room. One that is asked for nevertheless is shown.
    """

    changed = Signal()

    def __init__(self, leave_focus: Callable[[], None], parent: QWidget) -> None:
        """`leave_focus` takes the keyboard to where it goes when its pane is folded."""
        super().__init__(parent)
        self._leave_focus = leave_focus
        self._panes: dict[str, FoldingPane] = {}
        self._folded: set[str] = set()
        self._shown: set[str] = set()
        self._asked_for = ""
        # Neither they nor their strips are there.
        self._hidden: set[str] = set()
        # The room for the panes at the sides and the network, and what the network is left of it.
        self._room = self._least = 0
        self.is_full_screen = False

    def add(self, pane: FoldingPane) -> None:
        """Take care of a pane; those that are added last fold first."""
        self._panes[pane.id] = pane
        self._shown.add(pane.id)
        pane.strip.setObjectName(f"pane_strip.{pane.id}")
        pane.strip.clicked.connect(lambda: self.show(pane.id))
        if pane.splitter is not None:
            pane.splitter.dragged_away.connect(lambda widget: self.fold(pane.id) if widget is pane.widget else None)

    @property
    def all(self) -> tuple[FoldingPane, ...]:
        """The panes, in the order in which they keep their room."""
        return tuple(self._panes.values())

    @property
    def folded(self) -> tuple[str, ...]:
        """Those that somebody has folded."""
        return tuple(sorted(self._folded))

    def set_folded(self, names: Collection[str]) -> None:
        """Fold these and no others."""
        self._folded, self._asked_for = set(names) & self._panes.keys(), ""
        self._show_them()

    def set_hidden(self, names: Collection[str]) -> None:
        """Take these panes from the screen with their strips, and bring others back."""
        hidden = set(names) & self._panes.keys()
        if hidden != self._hidden:
            self._hidden = hidden
            self._show_them()
            for pane in self._panes.values():
                pane.strip.setHidden(pane.id in self._shown or pane.id in hidden)

    def is_shown(self, identifier: str) -> bool:
        """Return whether a pane is on the screen, rather than its strip."""
        return identifier in self._shown

    def show(self, identifier: str) -> None:
        """Bring a pane back, also where there is little room for it."""
        if self.is_shown(identifier) or identifier in self._hidden:
            return
        self._folded.discard(identifier)
        # Asked for against the room only if it has none, also without another one that was.
        if identifier not in self._fitting(self._asked_for):
            self._asked_for = "" if identifier in self._fitting("") else identifier
        self._show_them()

    def fold(self, identifier: str) -> None:
        """Fold a pane away."""
        self._folded.add(identifier)
        if self._asked_for == identifier:
            self._asked_for = ""
        self._show_them()

    def toggle(self, identifier: str) -> None:
        """Fold it, or bring it back."""
        if self.is_shown(identifier):
            self.fold(identifier)
        else:
            self.show(identifier)

    def tell_full_screen(self, is_full: bool) -> None:
        """Know whether the window fills the screen without a frame."""
        self.is_full_screen = is_full
        self.changed.emit()

    def fit(self, room: int, least: int) -> None:
        """Know the room for the sides and the network between them, and how much of it is the network's at least."""
        if (room, least) != (self._room, self._least):
            self._room, self._least = room, least
            if self._asked_for in self._fitting(""):
                self._asked_for = ""
            self._show_them()

    def _fitting(self, asked_for: str) -> set[str]:
        """Return the panes that are wanted and have room, and one that was asked for whatever the room."""
        wanted = [pane for pane in self._panes.values() if pane.id not in self._folded | self._hidden]
        aside = [pane for pane in wanted if pane.is_aside]
        aside.sort(key=lambda pane: pane.id != asked_for)
        shown = {pane.id for pane in wanted if not pane.is_aside}
        left = self._room - self._least - sum(_across(pane) for pane in self._panes.values() if pane.is_aside)
        for pane in aside:
            more = pane.widget.minimumSizeHint().expandedTo(pane.widget.minimumSize()).width() + GAP - _across(pane)
            if self._room and more > left and pane.id != asked_for:
                break
            shown.add(pane.id)
            left -= more
        return shown

    def _show_them(self) -> None:
        shown = self._fitting(self._asked_for)
        if shown == self._shown:
            return
        going = self._shown - shown
        self._shown = shown
        focused = QApplication.focusWidget()
        parts = [self._panes[name].widget for name in going]
        if focused and any(part is focused or part.isAncestorOf(focused) for part in parts):
            self._leave_focus()
        for pane in self._panes.values():
            pane.show(pane.id in shown)
            if pane.id in self._hidden:
                pane.strip.hide()
        self.changed.emit()


def _across(pane: FoldingPane) -> int:
    return pane.strip.sizeHint().width() + GAP
