"""The report behind the referee panel: when it is made, of what, and what ends it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.session import referee as referee_module
from chainrule.session.background import slicer as slicer_module
from chainrule.session.inspector import Inspector
from chainrule.session.referee import Referee
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from tests.experiments import article, dense, mazur, sgd
from tests.session.conftest import Open

LONG_MS = 60_000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The referee waits for less stillness than it does for a person."""
    monkeypatch.setattr(referee_module, "IDLE_MS", 5)


def inspected(session: Session) -> tuple[Referee, Inspector, Trainer]:
    """An inspector that somebody looks at."""
    trainer = Trainer(session.state, session.navigator, session.signals, session)
    referee = Referee(session.state, trainer, session.signals, session)
    inspector = Inspector(session.state, referee, session)
    inspector.set_open(True)
    # The engine was there before the referee: what it compares first is where the session goes.
    session.navigator.go_to(Cursor(0, 2))
    return referee, inspector, trainer


def wait_for_report(qtbot: QtBot, inspector: Inspector) -> None:
    """Wait until there is a report, also of the updates, and nothing more is being compared."""
    qtbot.waitUntil(lambda: inspector.report is not None and not inspector.is_running, timeout=LONG_MS)


def test_it_reports_on_the_iteration_on_the_screen(opened: Open, qtbot: QtBot) -> None:
    session = opened(mazur(optimizer=sgd(0.5, 0.9)))
    _, inspector, _ = inspected(session)
    for place in (Cursor(1, 1), Cursor(3, 2)):
        session.navigator.go_to(place)
        assert inspector.report is None
        wait_for_report(qtbot, inspector)
        report = inspector.report
        assert report is not None
        assert report.agrees
        assert (inspector.first, report.iterations, inspector.progress) == (place.iteration, 1, (1, 1))
        assert [row.ref for row in report.rows] == [step.writes for step in session.moment.steps]
        assert all(row.torch is not None and row.run is not None for row in report.rows)


def test_nothing_is_reported_while_nobody_looks(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    referee, inspector, _ = inspected(session)
    inspector.set_open(False)
    session.navigator.go_to(Cursor(1, 3))
    qtbot.waitUntil(lambda: referee.verdict is not None, timeout=LONG_MS)
    assert inspector.report is None
    inspector.set_open(True)
    wait_for_report(qtbot, inspector)
    inspector.set_open(False)
    assert inspector.report is None


def test_moving_within_an_iteration_keeps_the_report(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    _, inspector, _ = inspected(session)
    wait_for_report(qtbot, inspector)
    report = inspector.report
    session.navigator.step_forward()
    session.navigator.step_forward()
    assert inspector.report is report


def test_many_iterations_are_compared_from_the_one_on_the_screen_and_change_nothing(opened: Open, qtbot: QtBot) -> None:
    session = opened(mazur(optimizer=sgd(0.5, 0.9)))
    _, inspector, _ = inspected(session)
    session.navigator.go_to(Cursor(2, 4))
    wait_for_report(qtbot, inspector)
    before = session.document, session.cursor, session.horizon, session.selection
    seen = []
    inspector.changed.connect(lambda: seen.append(inspector.progress))
    inspector.verify(40)
    assert inspector.is_running
    wait_for_report(qtbot, inspector)
    report = inspector.report
    assert report is not None
    assert report.agrees
    assert (inspector.first, report.iterations) == (2, 40)
    assert seen[0] == (0, 40)
    assert seen[-1] == (40, 40)
    assert seen == sorted(seen)
    assert (session.document, session.cursor, session.horizon, session.selection) == before
    assert session.undo_stack.count() == 0
    loss = next(row for row in report.rows if row.ref == refs.LOSS)
    assert loss.autograd is not None
    assert loss.autograd.compared == 40


def test_a_comparison_can_be_cancelled_and_keeps_what_it_found(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    _, inspector, _ = inspected(session)
    wait_for_report(qtbot, inspector)
    inspector.verify(1_000_000)
    qtbot.waitUntil(lambda: inspector.report is not None and inspector.report.iterations >= 3, timeout=LONG_MS)
    inspector.cancel()
    assert not inspector.is_running
    report = inspector.report
    assert report is not None
    assert 3 <= report.iterations < 1_000_000
    assert report.agrees


@pytest.mark.parametrize(
    "end",
    [
        lambda session: session.navigator.go_to(Cursor(1, 1)),
        lambda session: session.number_editor.edit_number(refs.weight(0), (0, 0), 0.7),
        lambda session: session.file.open(mazur(), None),
        lambda session: session.editor.edit("Activation", edits.set_activation(0, Choice("Tanh"))),
    ],
    ids=["moved", "edited", "opened", "changed"],
)
def test_what_ends_the_verdict_ends_the_comparison(opened: Open, qtbot: QtBot, end: object) -> None:
    session = opened()
    _, inspector, _ = inspected(session)
    wait_for_report(qtbot, inspector)
    inspector.verify(1_000_000)
    assert callable(end)
    end(session)
    assert not inspector.is_running
    assert inspector.report is None
    wait_for_report(qtbot, inspector)
    assert inspector.progress == (1, 1)


def test_a_run_has_no_report_until_it_is_paused(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    _, inspector, trainer = inspected(session)
    wait_for_report(qtbot, inspector)
    trainer.start()
    assert inspector.report is None
    inspector.verify(5)
    assert not inspector.is_running
    trainer.pause()
    wait_for_report(qtbot, inspector)


def test_an_iteration_with_numbers_set_by_hand_is_not_compared(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    _, inspector, _ = inspected(session)
    session.navigator.go_to(Cursor(0, 3))
    wait_for_report(qtbot, inspector)
    session.number_editor.edit_number(refs.activation(0), (0, 0), 0.7)
    assert session.moment.overrides
    assert inspector.report is None
    inspector.verify(5)
    assert not inspector.is_running
    session.undo_stack.undo()
    wait_for_report(qtbot, inspector)


def test_a_falsified_trace_is_reported_by_every_referee(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    referee, inspector, _ = inspected(session)
    wait_for_report(qtbot, inspector)
    _, trace = session.state.computed()
    ref = refs.grad(refs.weight(0))
    assert isinstance(trace.values, dict)
    trace.values[ref] = trace.values[ref] + torch.tensor(1e-3, dtype=torch.float64)
    referee.check()
    wait_for_report(qtbot, inspector)
    report = inspector.report
    assert report is not None
    assert report.first == (0, ref)
    row = next(row for row in report.rows if row.ref == ref)
    assert [comparison.agrees for comparison in row.comparisons] == [False, False]
    # The new weight was computed before the gradient was falsified.
    assert [row.ref for row in report.rows if not row.agrees] == [ref, refs.next_value(refs.weight(0))]


def test_a_long_comparison_stops_where_a_number_overflows(opened: Open, qtbot: QtBot) -> None:
    session = opened(article(optimizer=sgd(1e100)))
    _, inspector, _ = inspected(session)
    wait_for_report(qtbot, inspector)
    inspector.verify(100)
    wait_for_report(qtbot, inspector)
    report = inspector.report
    assert report is not None
    assert report.overflow == (1, refs.LOSS)
    assert report.iterations == 2


# ---------------------------------------------------------------------------------------- a network that takes long


@pytest.fixture
def deep(opened: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> tuple[Session, Referee, Inspector]:
    """100 layers, of whose comparison a slice is one moment's work: it has begun, and is not over."""
    monkeypatch.setattr(slicer_module, "FIRST_SLICE_S", 0.0)
    session = opened(dense((8,) * 101, rows=8))
    referee, inspector, _ = inspected(session)
    qtbot.waitUntil(lambda: inspector.report is not None, timeout=LONG_MS)
    assert inspector.is_running
    return session, referee, inspector


def test_a_deep_network_is_compared_in_slices_and_the_report_is_that_of_the_command(
    deep: tuple[Session, Referee, Inspector], qtbot: QtBot
) -> None:
    session, _, inspector = deep
    report = inspector.report
    assert report is not None
    assert [row.ref for row in report.rows] == [step.writes for step in session.moment.steps]
    assert report.awaited > 0
    awaited = [report.awaited]
    inspector.changed.connect(lambda: awaited.append(inspector.report.awaited if inspector.report else -1))
    wait_for_report(qtbot, inspector)
    assert awaited == sorted(awaited, reverse=True)
    assert awaited[-1] == 0
    assert any(0 < number < len(report.rows) for number in awaited)
    executor = Executor(session.experiment)
    *_, verification = verify_run(executor.experiment, executor.program, [session.state.computed()[1]], untouched=True)
    assert inspector.report == verification.report()


@pytest.mark.parametrize(
    "end",
    [
        lambda session: session.navigator.go_to(Cursor(1, 1)),
        lambda session: session.number_editor.edit_number(refs.weight(0), (0, 0), 0.7),
        lambda session: session.file.open(mazur(), None),
    ],
    ids=["moved", "edited", "opened"],
)
def test_what_ends_the_verdict_ends_the_first_comparison_too(
    deep: tuple[Session, Referee, Inspector], end: Callable[[Session], None]
) -> None:
    session, _, inspector = deep
    end(session)
    assert not inspector.is_running
    assert inspector.report is None


def test_closing_the_report_ends_its_comparison(deep: tuple[Session, Referee, Inspector], qtbot: QtBot) -> None:
    session, _, inspector = deep
    inspector.set_open(False)
    assert not inspector.is_running
    assert inspector.report is None
    inspector.set_open(True)
    assert inspector.is_running
    session.navigator.step_forward()
    assert inspector.is_running
    wait_for_report(qtbot, inspector)
    assert inspector.report is not None
    assert inspector.report.agrees
    assert inspector.report.awaited == 0


def test_a_first_comparison_can_be_cancelled_and_a_longer_one_begins_anew(
    deep: tuple[Session, Referee, Inspector], qtbot: QtBot
) -> None:
    _, _, inspector = deep
    inspector.cancel()
    assert not inspector.is_running
    cancelled = inspector.report
    assert cancelled is not None
    assert cancelled.iterations == 0
    assert cancelled.awaited
    inspector.verify(2)
    assert inspector.report is None
    inspector.cancel()
    # Nothing was found, and what was found before is not taken for it.
    assert inspector.report is None
    inspector.verify(2)
    wait_for_report(qtbot, inspector)
    qtbot.waitUntil(lambda: not inspector.is_running, timeout=LONG_MS)
    assert inspector.progress == (2, 2)
