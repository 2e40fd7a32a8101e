"""In the window: what is selected is taken away, and what a view shows cannot be computed."""

from __future__ import annotations

import random

import pytest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from chainrule.engine.trace import Executor
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.model.timeline.timeline import Timeline
from chainrule.ui.plots.schedule_plot import SchedulePlot
from chainrule.ui.plots.slope_plot import SlopePlot
from chainrule.ui.widgets.controls import CheckBox, LockButton
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.tabs import TABS
from tests.experiments import article, sgd
from tests.session.screen.test_selections import AWAY, REMOVALS, numbers_of, rich


@pytest.mark.parametrize("tab", [tab.id for tab in TABS])
def test_every_view_survives_the_end_of_what_it_shows(qtbot: QtBot, window: MainWindow, tab: str) -> None:
    session, chance = window.session, random.Random(tab)
    window.tabs.choose(tab)
    with qtbot.capture_exceptions() as raised:
        for name in chance.sample(sorted(REMOVALS), 7):
            session.file.open(rich(), None)
            session.navigator.go_to(Cursor(1, 9))
            session.selector.select(*chance.choice(numbers_of(session)))
            window.grab()
            REMOVALS[name](session)
            window.grab()
            for act in chance.sample(sorted(AWAY), 4):
                AWAY[act](session)
                slope = window.tabs.view("slope")
                assert isinstance(slope, SlopePlot)
                slope.draw()
            window.grab()
            assert not raised, name
            assert window.stage_panel.stage._moment is session.moment
    window.session.file.mark_saved(None)


def test_a_view_that_fails_does_not_keep_the_moment_from_the_others(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("layers.0.bias")

    monkeypatch.setattr(window.stage_panel, "show_moment", fail)
    monkeypatch.setattr(window.gradient_plot, "show_moment", fail)
    with qtbot.capture_exceptions() as raised:
        window.session.navigator.step_forward()
    assert [kind for kind, _, _ in raised] == [KeyError]
    moment = window.session.moment
    assert window.timeline_bar._moment is window.equation_view._moment is moment
    assert window.stage_panel.stage._moment is not moment
    # What failed is shown with the next moment.
    monkeypatch.undo()
    window.session.navigator.step_forward()
    assert window.stage_panel.stage._moment is window.session.moment


@pytest.mark.parametrize("kind", [RuntimeError, MemoryError])
def test_what_an_edit_cannot_compute_is_told_and_nothing_has_changed(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    """As typed in the panel: the field shows the old number, every view the old moment, and undo and redo stay."""
    session = window.session
    session.file.open(article(), None)
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5)))
    session.navigator.go_to(Cursor(0, 5))
    before = session.document, session.moment, session.undo_stack.count(), session.undo_stack.index()

    def fail(*_: object) -> None:
        raise kind("no more")

    for history in session.timeline._histories.values():
        # As when the budget is spent: what undo comes back to is to be computed once more.
        history.condense()
    field = window.experiment_panel.optimizer.arguments.field("lr")
    with monkeypatch.context() as broken, qtbot.capture_exceptions() as raised:
        broken.setattr(Executor, "values", fail)
        field.setText("0.25")  # type: ignore[attr-defined]
        field.commit()  # type: ignore[attr-defined]
        window.actions_by_id["edit.undo"].trigger()
        window.toolbar._dtype.choice_edited.emit("float32")
    assert [found for found, _, _ in raised] == [kind] * len(raised)
    assert raised
    for found, error, trace in raised:
        window.faults.caught(found, error, trace)
    assert "your experiment is as it was" in window.notice.text.lower()
    assert (session.document, session.moment, session.undo_stack.count(), session.undo_stack.index()) == before
    assert field.text() == "0.5"  # type: ignore[attr-defined]
    assert window.stage_panel.stage._moment is session.moment
    session.undo_stack.undo()
    assert session.experiment.optimizer["lr"] == 0.01
    assert field.text() == "0.01"  # type: ignore[attr-defined]


def test_a_switch_stands_as_before_where_its_edit_fails(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    # What the data shows is the window's, and edits nothing.
    views = ("data_own_units", "data_predicted")
    switches = [
        button
        for button in window.experiment_panel.findChildren(QAbstractButton)
        if button.isEnabled() and isinstance(button, CheckBox | LockButton) and button.objectName() not in views
    ]
    before, document = [button.isChecked() for button in switches], window.session.document
    assert len(switches) >= 6
    with monkeypatch.context() as broken, qtbot.capture_exceptions() as raised:
        broken.setattr(Executor, "values", fail)
        for button in switches:
            button.click()
    # A lock of slopes that there are not changes nothing.
    assert len(raised) >= 6
    assert window.session.document is document
    assert [button.isChecked() for button in switches] == before


@pytest.mark.parametrize("series", ["losses", "gradients", "rates"])
def test_a_plot_that_could_not_be_drawn_is_drawn_with_the_next_moment(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, series: str
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    window.tabs.choose("schedule")
    session = window.session
    with monkeypatch.context() as broken, qtbot.capture_exceptions() as raised:
        broken.setattr(Timeline, series, fail)
        session.navigator.go_to(Cursor(3, 17))
    assert raised
    with qtbot.capture_exceptions() as raised:
        session.navigator.step_back()
    assert not raised
    assert window.loss_plot._losses is not None
    assert len(window.loss_plot._losses) == session.horizon
    assert window.gradient_plot._gradients is not None
    assert len(window.gradient_plot._gradients) == session.horizon
    schedule = window.tabs.view("schedule")
    assert isinstance(schedule, SchedulePlot)
    assert schedule._learning_rates is not None
