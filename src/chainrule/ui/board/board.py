"""The board of views: what titles, buttons and actions do with the places of the views, and what is remembered."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.screen.board import TABS_PLACE, Board, Elsewhere, board_of
from chainrule.ui.board.kinds import USUAL_BOARD, VIEW_KINDS
from chainrule.ui.board.places import ViewPlaces


class ViewBoard(QObject):
    """Keeps the `Board`, and says which view actions are about: the one that the keyboard or a click came to last."""

    changed = Signal()
    # Views stand elsewhere now, or are in sight that were not.
    rearranged = Signal()

    def __init__(self, places: ViewPlaces, parent: QWidget) -> None:
        super().__init__(parent)
        self.places, self._tabs = places, places.tabs
        self._board = USUAL_BOARD
        self._about = {kind.id for kind in VIEW_KINDS}
        self._last, self._is_arranging, self._has_chosen = "", False, False
        # The board that an experiment has brought, and as long as it stands there the one that is remembered.
        self._lent: BoardSpec | None = None
        self.own: Board | None = None
        places.dragged.connect(self._drag)
        places.double_clicked.connect(lambda place: self._enlarge(self._view_at(place)))
        places.left.connect(self._bring_back)
        places.tabs.bar.currentChanged.connect(self._follow_tabs)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow_keyboard)

    @property
    def board(self) -> Board:
        """Which views stand where."""
        return self._board

    def follow(self, experiment: Experiment) -> None:
        """Know which experiment is on the screen: some views are about networks alone, or about formulas."""
        about = {kind.id for kind in VIEW_KINDS if kind.is_about(experiment)}
        if about != self._about:
            self._about = about
            self._arrange()

    def suit(self, experiment: Experiment, *, waits: bool = False) -> None:
        """Bring that tab to the front which suits what was opened, as long as nobody has chosen one.

        At the start it waits for its view: the window is there sooner.
        """
        self.follow(experiment)
        if experiment.board is not self._lent:
            self.lend(experiment.board, waits=waits)
        if self._has_chosen or (self._lent is not None and self._lent.front):
            return
        self._is_arranging = True
        try:
            self._tabs.begin_with(experiment, waits=waits)
        finally:
            self._is_arranging = False

    def lend(self, spec: BoardSpec | None, *, waits: bool = False) -> None:
        """Let the board that an experiment brings stand in the place of one's own, which is remembered; or take it back
        (None). What is moved meanwhile is as it was once it is taken back.
        """
        self._lent = spec
        if spec is None:
            board, self.own = self.own or self._board, None
            self._take(board)
            return
        self.own = self.own or self._board
        self._take(board_of(spec, USUAL_BOARD, [kind.id for kind in VIEW_KINDS]))
        if spec.front:
            self._is_arranging = True
            try:
                self._tabs.choose(spec.front, waits=waits)
            finally:
                self._is_arranging = False

    def title_of(self, view: str) -> str:
        """Return what a view is called now."""
        return self.places.title_of(view)

    # Which view is meant

    @property
    def current(self) -> str:
        """The view that actions are about."""
        if self._last in self._about and self._board.others.get(self._last) is not Elsewhere.AWAY:
            return self._last
        return self._view_at(TABS_PLACE)

    def touch(self, place: str) -> None:
        """Let actions be about what stands at a place, or about a view: its button was pressed, say."""
        if (view := self._view_at(place)) != self._last:
            self._last = view
            self.changed.emit()

    def _view_at(self, place: str) -> str:
        """Return the view of a place; of the card with tabs the one in front, if any is."""
        if place in self._about:
            return place
        if self._tabs.standing:
            return self._tabs.chosen.id
        return next((view for view in self._seen() if view != TABS_PLACE), "")

    def _follow_tabs(self) -> None:
        # Not where a view has made way for another one.
        if not (self._is_arranging or self._tabs.is_making_way):
            self._has_chosen = True
            self.touch(TABS_PLACE)

    def _follow_keyboard(self, _: QWidget | None, focused: QWidget | None) -> None:
        made = [kind.id for kind in VIEW_KINDS if self.places.has_made(kind.id)]
        views: dict[QWidget, str] = {self.places.view(view): view for view in made}
        while focused is not None:
            if focused is self._tabs or focused in views:
                self.touch(views.get(focused, TABS_PLACE))
                return
            focused = focused.parentWidget()

    # What is done with it

    def is_there(self, view: str) -> bool:
        """Return whether a view is anywhere on the screen, or behind another tab."""
        return self._board.others.get(view) is not Elsewhere.AWAY

    def is_about(self, view: str) -> bool:
        """Return whether the experiment has something for a view."""
        return view in self._about

    def is_at(self, where: Elsewhere) -> bool:
        """Return whether the current view is over the stage, say."""
        return self.current in self._about and self._board.others.get(self.current) is where

    def toggle(self, view: str) -> None:
        """Put a view away, or let it stand on the board."""
        if self.is_there(view):
            self._take(self._board.put(view, Elsewhere.AWAY))
        else:
            self.show(view)

    def show(self, view: str) -> None:
        """Bring a view back that is put away, and to the front among the tabs; where it is elsewhere it stays there."""
        if not self.is_there(view):
            self._take(self._board.put(view, None))
        if self._board.place_of(view) == TABS_PLACE and view not in self._board.others:
            self._tabs.choose(view)
        if (window := self.places.window_of(view)) is not None:
            window.raise_()
            window.activateWindow()
        self._last = view
        self.changed.emit()

    def card_of(self, view: str) -> QWidget | None:
        """Return the card that a view stands on, if it is on the board."""
        return None if view in self._board.others else self.places.part_of(self._board.place_of(view))

    def toggle_at(self, where: Elsewhere) -> None:
        """Lay the current view over the stage, say, or bring it back to its place."""
        # Another tab is in front once this one is elsewhere, and it is this one that is looked at.
        view = self._last = self.current
        if self._board.others.get(view) is where:
            self._bring_back(view)
        elif view:
            self._take(self._board.put(view, where))

    def _enlarge(self, view: str) -> None:
        self._last = view
        self.toggle_at(Elsewhere.STAGE)

    def uncover(self) -> bool:
        """Give the stage back; return whether something lay over it."""
        view = next((one for one, at in self._board.others.items() if at is Elsewhere.STAGE), "")
        if view not in self._about:
            return False
        self._bring_back(view)
        return True

    def _bring_back(self, view: str) -> None:
        self._take(self._board.put(view, None))
        self.show(view)

    def toggle_card(self) -> None:
        """Give the current view a card of its own, or let it stand among the tabs again."""
        view = self.current
        if view in self._board.places:
            self._take(self._board.take_card(view))
            self.show(view)
        elif view:
            self._take(self._board.give_card(view))

    def move(self, way: int) -> None:
        """Move the card of the current view up (-1) or down (1)."""
        self._take(self._board.step(self._board.place_of(self.current), way, self._seen()))

    def _drag(self, place: str, to: int) -> None:
        self._take(self._board.move(place, to, self._seen()))

    def _seen(self) -> list[str]:
        """Return the places in sight, from top to bottom."""
        return [place for place in self._board.places if not self.places.part_of(place).isHidden()]

    def reset(self) -> None:
        """Let every view stand where it stands at first."""
        self._take(USUAL_BOARD)

    # Taking a board

    def _take(self, board: Board) -> None:
        if board != self._board:
            self._board = board
            self._arrange()

    def _arrange(self) -> None:
        self._is_arranging = True
        try:
            self.places.arrange(self._board, self._about)
        finally:
            self._is_arranging = False
        self.rearranged.emit()
        self.changed.emit()

    # From one time to the next

    def restore(self, board: Board, windows: Mapping[str, str]) -> None:
        """Take a board that was remembered, with the places of its windows, before the window is shown."""
        self.places.remember_windows(windows)
        self._take(board)

    def fill(self) -> None:
        """Make what stands outside the tabs, now that there is time, and open the windows."""
        self.places.fill()
        self._arrange()
