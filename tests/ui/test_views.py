"""Views are shown what is new and in sight; what they missed is told once they are in sight again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from chainrule.model.editing import edits
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.window.views import Views
from tests.experiments import article, sgd


class _View(QWidget):
    """A view that remembers what it was told."""

    def __init__(self, shows: Change, parent: QWidget) -> None:
        super().__init__(parent)
        self.shows, self.told = shows, list[tuple[Moment, Change]]()
        self.fails = False

    def show_moment(self, moment: Moment, new: Change) -> None:
        if self.fails:
            raise KeyError("layers.0.bias")
        self.told.append((moment, new))

    def new(self) -> list[Change]:
        """What was new each time since it was asked for last; the moment was that of the session."""
        found, self.told = [new for _, new in self.told], []
        return found


class Bench:
    """A session, a window that is never shown, and three views in it."""

    def __init__(self) -> None:
        self.window = QWidget()
        self.session = Session(article(), self.window)
        assert self.session.timeline is not None  # waits for the engine
        self.views = Views(lambda: self.session.moment)
        self.steps = _View(Change.MICRO_STEP | Change.SELECTION, self.window)
        self.settings = _View(Change.EXPERIMENT, self.window)
        self.all = _View(Change.everything(), self.window)
        for view in (self.steps, self.settings):
            self.views.add(view)
        self.views.add(self.all, is_live=False)

    def new(self) -> tuple[list[Change], list[Change], list[Change]]:
        """Refresh, and say what each view was told."""
        self.views.refresh()
        return self.steps.new(), self.settings.new(), self.all.new()


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench()
    qtbot.addWidget(made.window)
    yield made
    made.session.loader.close()


STEP = Change.MICRO_STEP | Change.ENDS | Change.SELECTION
EDIT = Change.EXPERIMENT | Change.PROGRAM | Change.NUMBERS | Change.COURSE


def learn_faster(session: Session) -> None:
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5)))


def test_everything_is_new_at_first_and_nothing_after_that(bench: Bench) -> None:
    everything = [Change.everything()]
    assert bench.new() == (everything, everything, everything)
    assert bench.new() == ([], [], [])


def test_a_view_is_told_of_what_it_shows_alone(bench: Bench) -> None:
    bench.new()
    bench.session.navigator.step_forward()
    assert bench.new() == ([STEP], [], [STEP])


def test_a_view_out_of_sight_is_told_once_it_is_back_and_of_all_that_was_new(bench: Bench) -> None:
    bench.new()
    bench.all.hide()
    bench.session.navigator.step_forward()
    assert bench.new() == ([STEP], [], [])
    learn_faster(bench.session)
    steps, settings, hidden = bench.new()
    assert steps == hidden == []
    assert len(settings) == 1
    bench.all.show()
    assert bench.new()[2] == [STEP | settings[0]]


def test_what_is_folded_can_be_asked_for(bench: Bench) -> None:
    pane = QWidget(bench.window)
    inside, behind = _View(Change.everything(), pane), _View(Change.everything(), pane)
    for view in (inside, behind):
        bench.views.add(view)
    behind.hide()
    pane.hide()
    bench.views.refresh()
    assert inside.new() == behind.new() == []
    bench.views.refresh(folded=[pane])
    assert (inside.new(), behind.new()) == ([Change.everything()], [])


def test_what_failed_is_shown_with_the_next_moment_and_is_kept_from_no_other_view(bench: Bench) -> None:
    bench.new()
    bench.steps.fails = True
    bench.session.navigator.step_forward()
    with pytest.raises(KeyError):
        bench.views.refresh()
    assert bench.all.new() == [STEP]
    bench.steps.fails = False
    bench.session.selector.set_digits(None)
    assert bench.new() == ([STEP | Change.DIGITS], [], [Change.DIGITS])


def test_frames_of_a_fast_run_are_for_live_views_and_the_others_are_told_later(bench: Bench) -> None:
    bench.new()
    bench.session.navigator.step_forward()
    bench.views.refresh(only_live=True)
    assert (bench.steps.new(), bench.all.new()) == ([STEP], [])
    assert bench.new() == ([], [], [STEP])


def test_a_view_that_is_to_be_renewed_is_told_of_everything(bench: Bench) -> None:
    bench.new()
    bench.views.renew(bench.settings)
    assert bench.new() == ([], [Change.everything()], [])


def test_a_view_that_another_one_brings_into_sight_is_shown_the_moment_at_once(bench: Bench) -> None:
    bench.new()
    bench.all.hide()
    bench.settings.show_moment = lambda *_: (bench.all.show(), bench.views.refresh())  # type: ignore[method-assign, assignment]
    learn_faster(bench.session)
    bench.views.refresh()
    assert len(bench.all.told) == 1
    assert bench.all.told[0][0] is bench.session.moment
