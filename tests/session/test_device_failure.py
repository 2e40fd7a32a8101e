"""A device that fails: what was computed stays on the screen, and the CPU goes on from what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.machine import devices
from chainrule.engine.machine.devices import failure_of
from chainrule.engine.plan import Plan
from chainrule.engine.trace import Executor
from chainrule.model.navigation import Cursor
from chainrule.session.session import Session
from tests.experiments import article, sgd
from tests.session.conftest import Open
from tests.session.runs import losses, run_until, stepped_losses, trainer_of

# The CPU by another name: to the session it is one that can fail.
CARD = "cpu:0"
OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
GONE = RuntimeError("CUDA error: device-side assert triggered\nCompile with TORCH_USE_CUDA_DSA")


@pytest.fixture
def on_card(monkeypatch: pytest.MonkeyPatch, opened: Open) -> Session:
    """A session whose experiment is computed by the card."""
    monkeypatch.setattr(devices, "available_devices", lambda: ("cpu", CARD))
    return opened(replace(article(optimizer=sgd(0.01)), device=CARD))


def break_card(monkeypatch: pytest.MonkeyPatch, error: Exception, *, after: int = 0) -> None:
    """Let the card fail in each iteration from `after` on, however it is computed."""

    def failing(compute: Callable[..., Any], iteration: Callable[..., int]) -> Callable[..., Any]:
        def wrapped(self: Any, *arguments: Any) -> Any:
            experiment: Experiment = getattr(self, "experiment", None) or self._executor.experiment
            if experiment.device == CARD and iteration(self, *arguments) >= after:
                raise error
            return compute(self, *arguments)

        return wrapped

    monkeypatch.setattr(Executor, "values", failing(Executor.values, lambda _, state, *__: state.iteration))
    monkeypatch.setattr(Plan, "run", failing(Plan.run, lambda plan, _: plan.iteration))


@pytest.mark.parametrize("error", [OUT_OF_MEMORY, GONE])
def test_a_step_into_a_failure_keeps_what_was_there(
    qtbot: QtBot, on_card: Session, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = on_card.moment
    break_card(monkeypatch, error, after=1)
    on_card.navigator.go_to(Cursor(0, 17))
    shown = on_card.moment
    with qtbot.waitSignal(on_card.signals.device_failed) as told:
        on_card.navigator.go_to(Cursor(1, 3))
    assert told.args == [failure_of(error)]
    assert (on_card.moment.cursor, on_card.moment.numbers) == (shown.cursor, shown.numbers)
    assert on_card.cursor == Cursor(0, 17)
    assert on_card.document.segments[0].experiment == before.experiment
    on_card.navigator.step_back()
    assert on_card.cursor == Cursor(0, 16)


def test_the_cpu_goes_on_where_a_run_has_failed(
    qtbot: QtBot, on_card: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The losses are those of an undisturbed training, and undo goes back to the card once it computes again."""
    trainer = trainer_of(on_card)
    run_until(qtbot, trainer, Cursor(100, 0))
    trainer.pause()
    reached = on_card.cursor.iteration
    break_card(monkeypatch, GONE, after=reached)
    on_card.navigator.go_to(Cursor(reached + 1, 0))
    assert on_card.cursor.iteration == reached
    on_card.editor.go_on_on_cpu()
    assert on_card.experiment.device == "cpu"
    assert on_card.cursor == Cursor(reached + 1, 0)
    run_until(qtbot, trainer, Cursor(reached + 50, 0))
    trainer.pause()
    found = losses(on_card)
    assert found == stepped_losses(replace(on_card.experiment, device="cpu"), len(found))
    assert [segment.experiment.device for segment in on_card.document.segments] == [CARD, "cpu"]
    on_card.undo_stack.undo()
    on_the_cpu = on_card.document
    with pytest.raises(RuntimeError, match="CUDA error"):
        on_card.undo_stack.undo()
    assert (on_card.document, on_card.undo_stack.index()) == (on_the_cpu, 2)
    monkeypatch.undo()
    on_card.undo_stack.undo()
    assert on_card.document.segments[-1].experiment.device == CARD


def test_a_run_that_ends_on_a_failure_is_not_lost(
    qtbot: QtBot, on_card: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the iteration on the screen can be computed any more when the run is recorded."""
    trainer = trainer_of(on_card)
    run_until(qtbot, trainer, Cursor(100, 0))
    reached = on_card.cursor.iteration
    break_card(monkeypatch, GONE, after=50)
    trainer.pause()
    on_card.selector.select("layers.0.weight", (0, 0))
    assert on_card.moment.cursor == Cursor()
    on_card.editor.go_on_on_cpu()
    assert on_card.cursor == Cursor(reached, 0)
    assert on_card.experiment.device == "cpu"


def test_a_run_that_is_recorded_as_its_failure_is_told_loses_nothing(
    qtbot: QtBot, on_card: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told of pauses the run, which is then recorded where it was last seen, on its way."""
    trainer = trainer_of(on_card)
    on_card.signals.device_failed.connect(trainer.pause)
    begun = on_card.cursor
    trainer.start()
    qtbot.waitUntil(lambda: on_card.horizon > 0)
    assert on_card.moment.cursor != begun
    seen = on_card.moment.cursor
    qtbot.waitUntil(lambda: on_card.horizon > seen.iteration + 50)
    reached = on_card.horizon - 1
    break_card(monkeypatch, GONE, after=seen.iteration + 1)
    assert on_card.moment.cursor == seen
    assert not trainer.is_running
    on_card.editor.go_on_on_cpu()
    assert on_card.cursor == Cursor(reached, 0)
    assert on_card.experiment.device == "cpu"


def test_it_goes_on_from_the_start_where_nothing_was_computed(
    on_card: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_card(monkeypatch, OUT_OF_MEMORY)
    on_card.editor.go_on_on_cpu()
    assert (on_card.experiment.device, on_card.cursor, len(on_card.document.segments)) == ("cpu", Cursor(), 1)


def test_a_file_that_the_device_cannot_compute_is_not_opened(on_card: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    before = on_card.document
    break_card(monkeypatch, OUT_OF_MEMORY)
    with pytest.raises(torch.OutOfMemoryError):
        on_card.file.open(on_card.experiment, Path("large.chainrule"))
    assert on_card.document is before
    assert on_card.path is None


def test_other_errors_are_no_failures_of_a_device(on_card: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    break_card(monkeypatch, RuntimeError("mat1 and mat2 shapes cannot be multiplied"), after=1)
    with pytest.raises(RuntimeError, match="mat1"):
        on_card.navigator.go_to(Cursor(1, 0))
    assert failure_of(ValueError("CUDA error")) is None
    assert failure_of(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried")) is not None
    assert failure_of(MemoryError()) == "it has no memory left"
