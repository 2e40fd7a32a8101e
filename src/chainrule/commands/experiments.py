"""`chainrule trace`, `train` and `verify`: the same iterations as in the window, printed."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

from torch import Tensor

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.commands.console import CommandError
from chainrule.commands.json_text import json_text
from chainrule.commands.report_text import report_json, report_lines
from chainrule.commands.walk import step_texts, stop_reason, values_text
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.machine.memory import free_memory
from chainrule.engine.state import TrainingState, state_to_keep
from chainrule.engine.trace import Executor, Trace, first_non_finite
from chainrule.explain.equations import explain_step
from chainrule.model.files.storage import check_target, read_experiment, write_experiment
from chainrule.model.timeline.states import state_numbers

# The exit status of a verification that found a difference.
DISAGREES = 1


def load(path: Path) -> Experiment:
    """Read and check a file; what is wrong inside it is said with the file's name in front."""
    try:
        return check_experiment(read_experiment(path), free=free_memory)
    except SpecError as error:
        raise CommandError(f"{path}: {error}" if error.path.startswith("$") else str(error)) from None


def trace(path: Path, iterations: int, output: str) -> int:
    """Print every micro-step of the first iterations."""
    executor = Executor(load(path))
    write = _json_steps if output == "json" else step_texts
    for _, found in zip(range(iterations), executor.iterations(), strict=False):
        stop = first_non_finite(executor.program.at(found.iteration).steps, found.values)
        for text in write(executor, found, stop):
            print(text)
        _refuse_non_finite(executor, found.iteration, stop, found.values)
    return 0


def train(path: Path, iterations: int, output: str, save: Path | None) -> int:
    """Train, print each iteration's loss before its update, the final loss and parameters, and save where asked."""
    if save is not None:
        # Before the training, not after it.
        check_target(save)
    executor = Executor(load(path))
    found: dict[str, list[float | None]] = {"losses": [], "lr": []}
    if executor.evaluator.has_test:
        found["test_losses"] = []
    from chainrule.engine.training import Training  # noqa: PLC0415 - other commands do without the plans

    training = Training(executor)
    for done in training.run(iterations):
        found["losses"].append(done.loss)
        found["lr"].append(done.lr)
        test = ""
        if "test_losses" in found:
            found["test_losses"].append(done.test_loss)
            test = f"  test loss {done.test_loss!r}"
        if output == "text":
            loss_text = f"{executor.program.loss} {done.loss!r}"
            print(f"iteration {done.iteration}  {loss_text}  lr {done.lr!r}{test.replace('None', '-')}")
    state, stop = training.state, training.stop
    final = _final_losses(executor, state)
    _print_trained(executor, state, found, final, output)
    if stop is not None:
        _refuse_non_finite(executor, state.iteration, stop, executor.values(state))
    if save is not None:
        trained = replace(
            executor.experiment,
            parameters=state_numbers(state, executor.experiment),
            state=state_to_keep(state, executor.experiment, executor.program),
        )
        for note in write_experiment(trained, save).notes:
            print(f"{save} {note}", file=sys.stderr)
    return 0


def verify(path: Path, iterations: int, output: str) -> int:
    """Hold the first iterations against PyTorch and finite differences; the status is 1 where one does not agree."""
    from chainrule.engine.referee.verify import verify_run  # noqa: PLC0415 - other commands do without the referee

    executor = Executor(load(path))
    run = verify_run(executor.experiment, executor.program, islice(executor.iterations(), iterations), untouched=True)
    # There are thousands of moments in a run: only the last is kept.
    (verification,) = deque(run, maxlen=1)
    report = verification.report()
    if output == "json":
        print(report_json(executor.experiment, report))
    else:
        for line in report_lines(executor.experiment, report):
            print(line)
    return 0 if report.agrees else DISAGREES


def _json_steps(executor: Executor, found: Trace, stop: int | None) -> Iterator[str]:
    experiment, program = executor.experiment, executor.program.at(found.iteration)
    for index, step in enumerate(program.steps[:stop]):
        record = {
            "iteration": found.iteration,
            "index": index,
            "phase": step.phase.value,
            "kind": step.kind.value,
            "ref": step.writes,
            "reads": step.reads,
            "value": found.values[step.writes].tolist(),
            "equation": explain_step(experiment, program, step),
        }
        yield json_text(record)


def _final_losses(executor: Executor, state: TrainingState) -> dict[str, float]:
    """Return the loss of the final parameters on all training rows, and on the test rows where there are some."""
    loss, test = executor.evaluator.final_losses(state.values)
    return {"final_loss": loss} if test is None else {"final_loss": loss, "final_test_loss": test}


def _print_trained(
    executor: Executor,
    state: TrainingState,
    found: Mapping[str, list[float | None]],
    final: Mapping[str, float],
    output: str,
) -> None:
    parameters = state_numbers(state, executor.experiment)
    if output == "json":
        print(json_text({**found, "parameters": parameters, **final}))
        return
    test = f"  test loss {final['final_test_loss']!r}" if "final_test_loss" in final else ""
    # Those above are of a batch each: other rows have another loss.
    rows = ", on all training rows" if batches_per_epoch(executor.experiment.data) > 1 else ""
    print(f"with the final parameters{rows}  {executor.program.loss} {final['final_loss']!r}{test}")
    for ref, numbers in parameters.items():
        print(values_text(ref, numbers))


def _refuse_non_finite(executor: Executor, iteration: int, stop: int | None, values: Mapping[ValueRef, Tensor]) -> None:
    if stop is not None:
        reason = stop_reason(executor, iteration, stop, values)
        raise CommandError(f"iteration {iteration}: {reason}; stopped before it")
