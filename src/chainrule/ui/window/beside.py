"""The windows and panels beside the main window, each made when it is first asked for: the window is there sooner."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from chainrule.session.files.settings import SettingsStore
from chainrule.session.inspector import Inspector
from chainrule.session.referee import Referee
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.actions.action_set import ACTIONS
from chainrule.ui.actions.hall_actions import HALL_KEYS
from chainrule.ui.folding.folding import Folding
from chainrule.ui.referee.badge import COVERED_REPORT
from chainrule.ui.stage.view import StageView
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.session.hall.slow_motion import SlowMotion
    from chainrule.ui.asking.iterations import GoToPopover, TrainPopover
    from chainrule.ui.hall.hall import Hall
    from chainrule.ui.hall.travel import TravellingValues
    from chainrule.ui.help.window import HelpWindow
    from chainrule.ui.referee.panel import RefereePanel
    from chainrule.ui.search.search import WindowSearch
    from chainrule.ui.teaching.grading_window import GradingWindow
    from chainrule.ui.teaching.published_window import PublishedWindow
    from chainrule.ui.tour.tour import Tour
    from chainrule.ui.widgets.notice import NoticeBar

COVERED_GRADING = gettext_noop("Answers that are graded show the numbers that you predict: turn Predict off first (Q).")
COVERED_PUBLISHED = gettext_noop("Published numbers may be those that you predict: turn Predict off first (Q).")
OFFER = gettext_noop("New here? A tour of 60 seconds shows what this window does.")


class Beside:
    """The help, the referee's report, what asks for iterations, and the hall; `leave` takes the keyboard back to the
    window.
    """

    _travel: TravellingValues

    def __init__(
        self,
        session: Session,
        trainer: Trainer,
        referee: Referee,
        settings: SettingsStore,
        appearance: Appearance,
        parent: QMainWindow,
        *,
        leave: Callable[[], None],
    ) -> None:
        self._session, self._trainer, self._referee, self._settings = session, trainer, referee, settings
        self._appearance, self._parent, self._leave = appearance, parent, leave
        self._tour: Tour | None = None
        session.signals.selection_changed.connect(self._cover_report)

    @cached_property
    def help_window(self) -> HelpWindow:
        """How to use the program, and every key."""
        from chainrule.ui.help.window import HelpWindow  # noqa: PLC0415 - not for the first paint

        rows = [(gettext(action.menu), gettext(action.tip), action.keys) for action in ACTIONS]
        rows += [(gettext("In a hall"), gettext(key.tip), key.keys) for key in HALL_KEYS]
        return HelpWindow(self._appearance, rows, self._parent)

    @cached_property
    def referee_panel(self) -> RefereePanel:
        """What was compared, value by value."""
        from chainrule.ui.referee.panel import RefereePanel  # noqa: PLC0415 - not for the first paint

        inspector = Inspector(self._session.state, self._referee, self._parent)
        return RefereePanel(self._session, self._trainer, inspector, self._appearance, self._parent)

    def show_referee(self) -> None:
        """Show what was compared; while numbers are predicted say why not."""
        if self._session.moment.covers:
            self._session.signals.informed.emit(gettext(COVERED_REPORT))
        else:
            self.referee_panel.open()

    def _cover_report(self) -> None:
        if self._session.moment.covers:
            for name in ("referee_panel", "grading_window", "published_window"):
                if name in vars(self):
                    getattr(self, name).close()

    @cached_property
    def grading_window(self) -> GradingWindow:
        """Answers of a class, graded."""
        from chainrule.session.teaching.grading import ClassGrading  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.teaching.grading_window import GradingWindow  # noqa: PLC0415 - not for the first paint

        def folder() -> str:
            return self._settings.settings.folder

        grading = ClassGrading(self._session, self._parent)
        return GradingWindow(grading, self._appearance, folder, self._parent)

    @cached_property
    def published_window(self) -> PublishedWindow:
        """Published numbers beside ours."""
        from chainrule.session.teaching.published import PublishedCheck  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.teaching.published_window import PublishedWindow  # noqa: PLC0415 - not for the first paint

        def folder() -> str:
            return self._settings.settings.folder

        check = PublishedCheck(self._session, self._parent)
        return PublishedWindow(check, self._appearance, folder, self._open_example, self._parent)

    def _open_example(self, path: Path) -> None:
        found = self._parent.findChild(QAction, f"start_menu.{path.stem}")
        assert found is not None
        found.trigger()

    def show_published(self) -> None:
        """Show published numbers beside ours; while numbers are predicted say why not."""
        if self._session.moment.covers:
            self._session.signals.informed.emit(gettext(COVERED_PUBLISHED))
            return
        self.published_window.show()
        self.published_window.raise_()
        self.published_window.activateWindow()

    def show_grading(self) -> None:
        """Show the window for grading; while numbers are predicted say why not."""
        if self._session.moment.covers:
            self._session.signals.informed.emit(gettext(COVERED_GRADING))
            return
        self.grading_window.show()
        self.grading_window.raise_()
        self.grading_window.activateWindow()

    @cached_property
    def search(self) -> WindowSearch:
        """One list of everything."""
        from chainrule.ui.search.search import WindowSearch  # noqa: PLC0415 - not for the first paint

        informed = self._session.signals.informed
        return WindowSearch(self._parent, self._appearance, self._open_help, informed.emit)

    def _open_help(self, anchor: str) -> None:
        self.help_window.open_at(anchor)

    def take_tour(self, folding: Folding) -> None:
        """Begin the tour of the window, anew where it is under way."""
        from chainrule.ui.tour.tour import Tour  # noqa: PLC0415 - most never take it

        if self._tour is not None:
            self._tour.leave()
        tour = self._tour = Tour(self._session, folding, self._appearance, self._parent)
        tour.closed.connect(self._end_tour)
        tour.begin()

    def _end_tour(self) -> None:
        self._tour = None
        self._leave()

    def offer_tour(self, notice: NoticeBar, take: Callable[[], object]) -> None:
        """Offer the tour to whoever is here for the first time."""
        notice.inform(gettext(OFFER), stays=True)
        tip = gettext("Six stops on this window; nothing that you have is changed (Shift+F1)")

        def begin() -> None:
            notice.hide()
            take()

        notice.offer(gettext("take the tour"), tip, begin)

    @cached_property
    def train_popover(self) -> TrainPopover:
        """How many iterations to train."""
        from chainrule.ui.asking.iterations import TrainPopover  # noqa: PLC0415 - not for the first paint

        popover = TrainPopover(self._session, self._trainer, self._settings, self._appearance, self._parent)
        popover.closed.connect(self._leave)
        return popover

    @cached_property
    def go_to_popover(self) -> GoToPopover:
        """To which iteration to go."""
        from chainrule.ui.asking.iterations import GoToPopover  # noqa: PLC0415 - not for the first paint

        popover = GoToPopover(self._session, self._trainer, self._appearance, self._parent)
        popover.closed.connect(self._leave)
        return popover

    @cached_property
    def slow_motion(self) -> SlowMotion:
        """Micro-steps at a slow pace, whose values travel on the stage."""
        from chainrule.session.hall.slow_motion import SlowMotion  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.hall.travel import TravellingValues  # noqa: PLC0415 - not for the first paint

        made, stage = SlowMotion(self._trainer, self._parent), self._parent.findChild(StageView, "stage")
        assert stage is not None
        self._travel = TravellingValues(stage, made, self._session.signals, self._appearance)
        return made

    @property
    def is_in_slow_motion(self) -> bool:
        """Whether slow motion goes on."""
        return "slow_motion" in vars(self) and self.slow_motion.is_playing

    @cached_property
    def hall(self) -> Hall:
        """What a projector shows, and the lecturer's own screen."""
        from chainrule.ui.hall.hall import Hall  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.lesson.lessons import Lessons  # noqa: PLC0415 - as above

        parts = (self._session, self._trainer, self.slow_motion, self._settings, self._appearance)
        made = Hall(*parts, self._parent)
        made.lessons = self._parent.findChild(Lessons)
        # What the hall sees moving need not move twice.
        made.opened.connect(lambda: self._travel.set_idle(True))
        made.closed.connect(lambda: self._travel.set_idle(False))
        return made

    def close(self) -> None:
        """Close the report, what is graded, and the hall, if they were ever open."""
        for name in ("referee_panel", "grading_window", "published_window", "hall"):
            if name in vars(self):
                getattr(self, name).close()
