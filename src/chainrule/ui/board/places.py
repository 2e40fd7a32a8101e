"""The places of the views: cards one above the other, the card with tabs among them, the stage, and windows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chainrule.session.screen.board import TABS_PLACE, Board, Elsewhere
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.board.empty import EmptyBoard
from chainrule.ui.board.grip import CardGrip
from chainrule.ui.board.kinds import VIEW_KINDS
from chainrule.ui.board.slot import ViewsButton, ViewSlot
from chainrule.ui.board.tabbed_card import TabbedCard
from chainrule.ui.folding.splitter import Splitter
from chainrule.ui.plots.chart.plot_card import PlotCard
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.row_grip import DropLine
from chainrule.ui.window.screen import put_within_reach

if TYPE_CHECKING:
    from chainrule.ui.board.cover import StageCover
    from chainrule.ui.board.view_window import ViewWindow

KINDS = {kind.id: kind for kind in VIEW_KINDS}
# The heights of the cards at first.
HEIGHTS = (180, 200, 230)


class ViewPlaces(Splitter):
    """The cards of the board; it also lays a view over the stage, and opens windows, as a `Board` says.

    Views are made late, as `TabbedCard` has it: what stands outside the tabs is there once `fill` is called.
    """

    # A card, or what else can be around a view.
    made = Signal(QWidget)
    # Of a place: where the menu is to open; how many others it is dragged below; and that its title is double-clicked.
    menu_asked = Signal(str, QPoint)
    dragged = Signal(str, int)
    double_clicked = Signal(str)
    # A view whose window was closed by hand, or that is to leave the stage.
    left = Signal(str)

    def __init__(
        self,
        session: Session,
        plots: Mapping[str, PlotCard],
        tabs: TabbedCard,
        stage: StagePanel,
        appearance: Appearance,
        window: QWidget,
    ) -> None:
        super().__init__(Qt.Orientation.Vertical)
        self._session, self._appearance, self._window = session, appearance, window
        self._plots, self.tabs, self._stage = plots, tabs, stage
        self._slots: dict[str, ViewSlot] = {}
        # Where each view is that is not in the card with tabs.
        self._around: dict[str, ViewSlot] = {}
        self._cover: StageCover | None = None
        self._windows: dict[str, ViewWindow] = {}
        # Where the windows were, in Qt's own words in base64.
        self._geometries: dict[str, str] = {}
        self._empty: EmptyBoard | None = None
        self._may_make = False
        self._drop_line: DropLine | None = None
        for view, plot in plots.items():
            self._slots[view] = self._around[view] = slot = ViewSlot(appearance, "", window)
            slot.take_in(plot)
            self._hold(view, plot.header, plot.heading, slot)
            self.addWidget(slot)
        self._hold(TABS_PLACE, tabs.bar, tabs.heading, tabs)
        self.addWidget(tabs)
        self.setSizes(HEIGHTS)

    def _hold(self, place: str, title: QWidget, heading: QHBoxLayout, card: QWidget) -> None:
        """Let a card be dragged by its title, and give it a button."""
        button = ViewsButton(self._appearance, gettext(KINDS[place].title) if place in KINDS else gettext("tabs"), card)
        button.asked.connect(lambda at: self.menu_asked.emit(place, at))
        heading.addWidget(button)
        grip = CardGrip(title, card, self._cards, self._line)
        grip.moved.connect(lambda to: self.dragged.emit(place, to))
        grip.double_clicked.connect(lambda: self.double_clicked.emit(place))

    def _line(self) -> DropLine:
        """Return the line that says where a card would come to. A splitter would take it for a part of its own."""
        if self._drop_line is None:
            self._drop_line = DropLine(self._appearance, self.parentWidget() or self._window, "view_drop_line")
        return self._drop_line

    def _cards(self) -> list[QWidget]:
        """Return the cards in sight, from top to bottom."""
        return [part for part in self._parts() if not part.isHidden() and part is not self._empty]

    def view(self, view: str) -> MomentCard:
        """Return a view, wherever it is; it is made if there is none yet."""
        return self._plots[view] if view in self._plots else self.tabs.view(view)

    def title_of(self, view: str) -> str:
        """Return what a view is called now: the loss has other names, too."""
        return self._plots[view].header.title if view in self._plots else gettext(KINDS[view].title)

    def has_made(self, view: str) -> bool:
        """Return whether there is a view already."""
        return view in self._plots or self.tabs.has_made(view)

    def part_of(self, place: str) -> QWidget:
        """Return the card that stands at a place."""
        return self.tabs if place == TABS_PLACE else self._slots[place]

    def window_of(self, view: str) -> QWidget | None:
        """Return the window of a view that has one of its own."""
        return self._windows.get(view)

    # Arranging

    def fill(self) -> None:
        """Make from now on what stands outside the tabs; `arrange` puts it there."""
        self._may_make = True

    def arrange(self, board: Board, about: Collection[str]) -> None:
        """Put each view where the board has it; of those that the experiment is not `about` there is nothing."""
        where = {view: board.others.get(view) if view in about else Elsewhere.AWAY for view in KINDS}
        self._line_up(board)
        self._clear(where)
        for view, at in where.items():
            self._settle(view, at, board)
        standing = {view for view, at in where.items() if at is None}
        self.tabs.set_standing([view for view in standing if board.place_of(view) == TABS_PLACE])
        for place in board.places:
            is_there = bool(self.tabs.standing) if place == TABS_PLACE else place in standing
            self.part_of(place).setVisible(is_there)
        self._drop_others(board.places)
        self._say_if_empty()
        # All have again what they were given, and share what others leave by that.
        self.give_wishes()

    def _line_up(self, board: Board) -> None:
        """Put the cards in the order of their places; a new one gets as much as the others have on average."""
        for place, name in enumerate(board.places):
            if name != TABS_PLACE and name not in self._slots:
                self._slots[name] = slot = ViewSlot(self._appearance, gettext(KINDS[name].title), self._window)
                slot.setObjectName(f"view_slot.{name}")
                self._hold(name, slot.header, slot.heading, slot)
                self.made.emit(slot)
            part = self.part_of(name)
            found = self.indexOf(part)
            if found != place:
                sizes = self.sizes()
                self.insertWidget(place, part)
                if found < 0:
                    sizes.insert(place, sum(sizes) // max(1, len(sizes)))
                    self.setSizes(sizes)

    def _clear(self, where: Mapping[str, Elsewhere | None]) -> None:
        """Take the views out of the windows, and from over the stage, that are there no longer."""
        for view in [view for view in self._windows if where[view] is not Elsewhere.WINDOW]:
            self._back(view)
            window = self._windows.pop(view)
            self._geometries[view] = _geometry(window)
            window.closed.disconnect()
            window.close()
            window.deleteLater()
        cover = self._cover
        if cover is not None and where[cover.view] is not Elsewhere.STAGE:
            self._cover = None
            cover.leave()
            self._back(cover.view)

    def _back(self, view: str) -> None:
        """Take a view back to its own card, or among the tabs."""
        self._around.pop(view).let_go()
        if view in self._plots:
            self._put(view, self._slots[view])
        else:
            self.tabs.take_back(view)

    def _put(self, view: str, slot: ViewSlot) -> None:
        if (before := self._around.get(view)) is not None:
            before.let_go()
        self._around[view] = slot
        slot.take_in(self._plots[view] if view in self._plots else self.tabs.hand_out(view))

    def _settle(self, view: str, at: Elsewhere | None, board: Board) -> None:
        """Put a view where it is to be now."""
        if not self._may_make and not self.has_made(view):
            return
        if at is Elsewhere.STAGE and (self._cover is None or self._cover.view != view):
            self._put_over_stage(view)
        elif at is Elsewhere.WINDOW and view not in self._windows:
            self._open_window(view)
        elif at in (None, Elsewhere.AWAY):
            slot = self._slots.get(view) if view in board.places else None
            if slot is not None and self._around.get(view) is not slot:
                self._put(view, slot)
            elif slot is None and view in self._around:
                self._back(view)

    def _titled(self, view: str) -> ViewSlot:
        """Return a place outside the board, with a title where the view brings none."""
        kind = KINDS[view]
        slot = ViewSlot(self._appearance, "" if kind.has_card else gettext(kind.title), self._window)
        if not kind.has_card:
            button = ViewsButton(self._appearance, gettext(kind.title), slot)
            button.asked.connect(lambda at: self.menu_asked.emit(view, at))
            slot.heading.addWidget(button)
        self.made.emit(slot)
        return slot

    def _put_over_stage(self, view: str) -> None:
        from chainrule.ui.board.cover import StageCover  # noqa: PLC0415 - not for the first paint

        slot = self._titled(view)
        self._put(view, slot)
        self._cover = cover = StageCover(view, slot, self._stage, self._stage.stage, self._appearance)
        cover.closed.connect(lambda: self.left.emit(view))

    def _open_window(self, view: str) -> None:
        from chainrule.ui.board.view_window import ViewWindow  # noqa: PLC0415 - not for the first paint

        slot = self._titled(view)
        self._put(view, slot)
        window = ViewWindow(
            slot, self.title_of(view), self._session, self._window.actions(), self._appearance, self._window
        )
        window.setObjectName(f"view_window.{view}")
        window.closed.connect(partial(self.left.emit, view))
        self._windows[view] = window
        if geometry := self._geometries.get(view):
            window.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", errors="replace")))
            put_within_reach(window)
        window.show()
        window.raise_()

    def _drop_others(self, places: Sequence[str]) -> None:
        """Let go of cards that stand at no place any more: their views are among the tabs."""
        for name in [name for name in self._slots if name not in places]:
            slot = self._slots.pop(name)
            slot.setParent(None)
            slot.deleteLater()

    def _say_if_empty(self) -> None:
        """Leave a way back where no view is left on the board."""
        is_empty = not self._cards()
        if is_empty and self._empty is None:
            self._empty = EmptyBoard(self._appearance, self._window)
            self._empty.asked.connect(lambda at: self.menu_asked.emit("", at))
            self.addWidget(self._empty)
        elif not is_empty and self._empty is not None:
            self._empty.setParent(None)
            self._empty.deleteLater()
            self._empty = None

    @property
    def geometries(self) -> dict[str, str]:
        """Where the windows are, or were last."""
        return self._geometries | {view: _geometry(window) for view, window in self._windows.items()}

    def remember_windows(self, geometries: Mapping[str, str]) -> None:
        """Open windows where they were."""
        self._geometries = dict(geometries)

    def close_windows(self) -> None:
        """Close the windows with the main one: they come back with it."""
        for window in self._windows.values():
            window.closed.disconnect()
            window.close()


def _geometry(window: QWidget) -> str:
    return bytes(window.saveGeometry().toBase64().data()).decode("ascii")
