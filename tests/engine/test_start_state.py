"""The state to start from: training that is saved and taken up again goes on to the same bits."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment, StartState
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.cli import main
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import compile_program
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from chainrule.model.files.storage import read_experiment, write_experiment
from tests.engine.program.test_optimizers import CHOICES
from tests.experiments import article

BEFORE, AFTER = 5, 4
BATCHES = DataSpec(
    tuple((float(i), 1.0 - i / 3) for i in range(5)),
    tuple((i / 4,) for i in range(5)),
    batch_size=2,
    shuffle=True,
    seed=3,
)
SCHEDULERS: dict[str, dict[str, Any]] = {
    "StepLR": {"step_size": 2, "gamma": 0.5, "interval": "iteration"},
    "CosineAnnealingLR": {"T_max": 7, "interval": "epoch"},
    "OneCycleLR": {"max_lr": 0.1, "total_steps": 30, "interval": "iteration"},
    "ReduceLROnPlateau": {"patience": 0, "interval": "epoch"},
}


def trained(path: Path, iterations: int, out: Path | None, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the command prints, and its file."""
    save = ["--save", str(out)] if out else []
    assert main(["train", str(path), "--iterations", str(iterations), "--format", "json", *save]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def assert_goes_on(experiment: Experiment, folder: Path, capsys: pytest.CaptureFixture[str]) -> Experiment:
    whole, half, rest = (folder / f"{name}.chainrule" for name in ("whole", "half", "rest"))
    write_experiment(experiment, whole)
    at_once = trained(whole, BEFORE + AFTER, None, capsys)
    first = trained(whole, BEFORE, half, capsys)
    second = trained(half, AFTER, rest, capsys)
    assert first["losses"] + second["losses"] == at_once["losses"]
    assert first["lr"] + second["lr"] == at_once["lr"]
    assert (second["parameters"], second["final_loss"]) == (at_once["parameters"], at_once["final_loss"])
    return check_experiment(read_experiment(half))


# This one divides by a root of a negative number at once.
LASTING = [choice for choice in CHOICES if choice.arguments.get("alpha") != 1.5]


@pytest.mark.parametrize("choice", LASTING, ids=str)
def test_every_optimizer_goes_on_to_the_same_bits(
    choice: Choice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_goes_on(article(optimizer=choice, data=BATCHES), tmp_path, capsys)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_schedule_goes_on_as_well(
    name: str, dtype: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    optimizer = Choice("SGD", {"lr": 0.01, "momentum": 0.9})
    scheduler = Choice(name, SCHEDULERS[name])
    found = assert_goes_on(
        article(optimizer=optimizer, scheduler=scheduler, data=BATCHES, dtype=dtype), tmp_path, capsys
    )
    assert found.first_iteration == BEFORE


def test_the_referee_goes_on_from_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scheduler = Choice("StepLR", SCHEDULERS["StepLR"])
    experiment = article(optimizer=Choice("Adam", {"lr": 0.01}), scheduler=scheduler, data=BATCHES)
    found = assert_goes_on(experiment, tmp_path, capsys)
    executor = Executor(found)
    *_, last = verify_run(found, executor.program, islice(executor.iterations(), AFTER), untouched=True)
    assert last.report().agrees, last.report()


def test_what_nothing_depends_on_is_not_saved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "plain.chainrule", tmp_path / "out.chainrule"
    write_experiment(article(), path)
    trained(path, 3, out, capsys)
    written = json.loads(out.read_text())
    assert written["version"] == 1
    assert "state" not in written


def test_a_buffer_that_is_given_is_what_the_update_reads() -> None:
    buffer = ValueRef("layers.0.weight.momentum_buffer")
    start = StartState(12, {buffer: ((0.5, 0.5), (0.5, 0.5))})
    experiment = check_experiment(replace(article(optimizer=Choice("SGD", {"lr": 0.1, "momentum": 0.9})), state=start))
    trace = next(Executor(experiment).iterations())
    assert trace.iteration == 12
    expected = 0.9 * 0.5 + trace.values[refs.grad(refs.weight(0))]
    assert torch.equal(trace.values[refs.next_value(buffer)], expected)
    # What is not given is as at the start.
    assert not trace.values[ValueRef("layers.1.weight.momentum_buffer")].any()


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (StartState(-1), "$.state.iteration: expected an integer from 0"),
        (StartState(0, {ValueRef("layers.0.weight"): ((1.0,),)}), "$.state.values.layers.0.weight: no such value"),
        (
            StartState(0, {ValueRef("layers.0.bias.momentum_buffer"): (1.0,)}),
            "$.state.values.layers.0.bias.momentum_buffer: expected 2 numbers, got 1",
        ),
        (
            StartState(0, {ValueRef("layers.0.bias.momentum_buffer"): 1.0}),
            "$.state.values.layers.0.bias.momentum_buffer: expected a list of 2 numbers, got 1",
        ),
        (StartState(10**9), "$.state.values: expected lr as well"),
    ],
)
def test_what_the_experiment_does_not_keep_is_refused(start: StartState, message: str) -> None:
    scheduler = Choice("StepLR", SCHEDULERS["StepLR"])
    with pytest.raises(SpecError) as refused:
        article(optimizer=Choice("SGD", {"lr": 0.1, "momentum": 0.9}), state=start, scheduler=scheduler)
    assert str(refused.value).startswith(message)


def test_all_that_is_carried_can_be_given() -> None:
    for choice in CHOICES:
        experiment = article(optimizer=choice)
        executor = Executor(experiment)
        _, state = executor.advance(executor.initial_state())
        values = {ref: state.values[ref].tolist() for ref in compile_program(experiment).memory}
        given = {ref: _tuples(value) for ref, value in values.items()}
        again = check_experiment(replace(experiment, state=StartState(1, given)))
        fitted = Executor(again).initial_state()
        for ref in values:
            assert torch.equal(fitted.values[ref], state.values[ref]), (choice, ref)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
