"""A press of Right in the window: the views that have something to show are called, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.board.tabbed_card import TabbedCard
from chainrule.ui.equation.view import EquationView
from chainrule.ui.learned.view import LearnedView
from chainrule.ui.panels.data.panel import DataPanel
from chainrule.ui.panels.experiment_panel import ExperimentPanel
from chainrule.ui.panels.functions.functions_panel import FunctionPanel
from chainrule.ui.panels.functions.loss_panel import LossPanel
from chainrule.ui.panels.functions.optimizer_panel import OptimizerPanel
from chainrule.ui.panels.functions.scheduler_panel import SchedulerPanel
from chainrule.ui.panels.network.formula_panel import FormulaPanel
from chainrule.ui.panels.network.network_panel import NetworkPanel
from chainrule.ui.panels.title_panel import TitlePanel
from chainrule.ui.plots.classes_view import ClassesView
from chainrule.ui.plots.gradient_plot import GradientPlot
from chainrule.ui.plots.loss_plot import LossPlot
from chainrule.ui.plots.path_plot import PathPlot
from chainrule.ui.plots.schedule_plot import SchedulePlot
from chainrule.ui.plots.slope_plot import SlopePlot
from chainrule.ui.referee.badge import Badge
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.state.view import StateView
from chainrule.ui.surface.view import SurfaceView
from chainrule.ui.timeline.bar import TimelineBar
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.toolbar import ToolBar

SECTIONS = (
    TitlePanel,
    DataPanel,
    NetworkPanel,
    FormulaPanel,
    FunctionPanel,
    LossPanel,
    OptimizerPanel,
    SchedulerPanel,
)
TABS = (SlopePlot, StateView, SchedulePlot, ClassesView, PathPlot, LearnedView, SurfaceView)
PLOTS = (LossPlot, GradientPlot, TabbedCard, *TABS)
VIEWS = (ToolBar, Badge, StagePanel, EquationView, TimelineBar, ExperimentPanel, *SECTIONS, *PLOTS)
# What follows each step, with the first tab in front.
STEP = {StagePanel, TimelineBar, EquationView, GradientPlot, SlopePlot}


class Calls(QObject):
    """Counts which views are shown moments, what is new in these, and which views are painted."""

    def __init__(self, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.window, self._told, self.painted = window, list[tuple[QWidget, Moment, Change]](), Counter[QWidget]()
        for kind in VIEWS:
            if "show_moment" in vars(kind):
                self._watch(kind, monkeypatch)
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        settle()
        self.told()

    def _watch(self, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        show = kind.show_moment

        def show_moment(view: QWidget, moment: Moment, new: Change) -> None:
            # What a subclass passes on to its base is one call.
            if not self._told or self._told[-1] != (view, moment, new):
                self._told.append((view, moment, new))
            show(view, moment, new)

        monkeypatch.setattr(kind, "show_moment", show_moment)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            self.painted[watched] += 1
        return False

    def told(self) -> dict[QWidget, list[Change]]:
        """What each view was told since this was asked for last; every one is shown the moment of the session."""
        found: dict[QWidget, list[Change]] = {}
        for view, moment, new in self._told:
            assert moment is self.window.session.moment
            found.setdefault(view, []).append(new)
        self._told.clear()
        self.painted.clear()
        return found

    def press(self, key: Qt.Key = Qt.Key.Key_Right) -> set[type[QWidget]]:
        """Press a key; return the kinds of views that were shown the moment, each of them once."""
        self.told()
        QTest.keyClick(self.window.stage_panel.stage, key)
        settle()
        painted = Counter(self.painted)
        told = self.told()
        self.painted = painted
        assert all(len(times) == 1 for times in told.values())
        return {type(view) for view in told}


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


@pytest.fixture
def calls(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    window.resize(1500, 950)
    window.tabs.make_the_others()
    made = Calls(window, monkeypatch)
    yield made
    QApplication.instance().removeEventFilter(made)  # type: ignore[union-attr]


def test_each_step_of_an_iteration_is_shown_where_there_is_something_to_show(calls: Calls) -> None:
    session = calls.window.session
    session.navigator.go_to(Cursor(0, 0))
    program = session.moment.program
    assert program is not None
    for place, step in enumerate(session.moment.steps):
        wanted = set(STEP)
        if place == 0 or place + 1 == len(session.moment.steps):
            # There is something to compare; a loss after the update can be computed.
            wanted |= {Badge, LossPlot}
        if step.writes == program.loss:
            wanted |= {LossPlot}
        if refs.activation(1) in (step.writes, calls.window.session.moment.written):
            # The outputs are known; after that none of them is selected any more.
            wanted |= {DataPanel}
        assert calls.press() == wanted, step.writes


def test_what_shows_nothing_new_is_not_painted(calls: Calls) -> None:
    calls.window.session.navigator.go_to(Cursor(0, 0))
    calls.press()
    calls.press()
    window = calls.window
    assert calls.painted[window.stage_panel.stage]
    assert calls.painted[window.timeline_bar]
    still = [window.toolbar, window.loss_plot, window.tabs.bar, *window.experiment_panel.findChildren(QWidget)]
    assert [widget for widget in still if calls.painted[widget]] == []


@pytest.mark.parametrize(
    ("pane", "views"),
    [
        ("experiment", {ExperimentPanel, *SECTIONS}),
        ("equation", {EquationView}),
        ("timeline", {TimelineBar}),
        ("plots", set(PLOTS)),
    ],
)
def test_a_folded_pane_is_called_when_it_is_back_and_told_of_all_that_was_new(
    calls: Calls, pane: str, views: set[type[QWidget]]
) -> None:
    window = calls.window
    window.session.navigator.go_to(Cursor(0, 2))
    window.folding.fold(pane)
    settle()
    for _ in range(4):
        assert not calls.press() & views
    window.session.editor.edit(
        "Activation", edits.set_activation(0, calls.window.session.experiment.network.layers[1].activation)
    )
    assert not {type(view) for view in calls.told()} & views
    window.folding.show(pane)
    told = {type(view): new for view, new in calls.told().items()}
    assert told
    assert told.keys() <= views
    # The timeline has no eye for what is selected; all that the pane shows has it been told.
    wanted = Change.MICRO_STEP | Change.SELECTION | Change.NETWORK | Change.PROGRAM
    assert all(len(times) == 1 and wanted & ~times[0] == Change.NOTHING for times in told.values())


def test_a_folded_view_knows_which_parameter_was_selected_last(calls: Calls) -> None:
    """Also where another number was selected since, so that no moment that it is shown has it selected."""
    window = calls.window
    session, select = window.session, window.session.selector.select
    session.navigator.go_to(Cursor(0, 4))
    select(refs.weight(0), (0, 0))
    window.folding.fold("plots")
    settle()
    select(refs.weight(1), (0, 1))
    select(refs.pre_activation(0), (0, 0))
    window.folding.show("plots")
    settle()
    slope = window.tabs.view("slope")
    assert isinstance(slope, SlopePlot)
    slope.draw()
    assert "along w₂⁽²⁾" in slope.accessibleName()
    window.tabs.choose("state")
    settle()
    state = window.tabs.view("state")
    assert isinstance(state, StateView)
    assert state.model.heading == "w₂⁽²⁾"


def test_the_tab_in_front_alone_is_shown_moments(calls: Calls) -> None:
    window = calls.window
    window.session.navigator.go_to(Cursor(0, 1))
    window.tabs.choose("state")
    assert calls.press() & set(TABS) == {StateView}
    window.tabs.choose("classes")
    assert calls.press() & set(TABS) == set()
    calls.told()
    window.tabs.choose("slope")
    assert [new for view, new in calls.told().items() if isinstance(view, SlopePlot)] == [
        [Change.MICRO_STEP | Change.SELECTION]
    ]


def test_what_is_pressed_back_and_forth_far_from_the_start_calls_no_more(calls: Calls) -> None:
    calls.window.session.navigator.go_to(Cursor(0, 2))
    assert calls.press(Qt.Key.Key_Left) == STEP
    assert calls.press() == STEP
