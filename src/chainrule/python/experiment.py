"""`chainrule.Experiment`: an experiment with what can be done with it, and `load`, `trace`, `train` and `verify`."""

from __future__ import annotations

import operator
import os
import subprocess
import sys
import tempfile
import warnings
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from torch import Tensor

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment, check_structure
from chainrule.catalog.experiment.spec_error import describe
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.machine.memory import free_memory
from chainrule.engine.referee.report import Report
from chainrule.engine.state import state_to_keep
from chainrule.engine.trace import Executor, Trace, first_non_finite
from chainrule.engine.training import Training
from chainrule.explain.code.reading.findings import Effect
from chainrule.explain.code.reading.script import read_script
from chainrule.explain.code.reading.summary import summary_lines
from chainrule.explain.equations import explain_step
from chainrule.model.files.encoding import encoded
from chainrule.model.files.storage import read_experiment, write_experiment
from chainrule.model.timeline.states import state_numbers

MOST_ITERATIONS = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class TracedStep:
    """A micro-step: what it wrote, in which phase, of what, and its equation in LaTeX."""

    ref: str
    phase: str
    kind: str
    reads: tuple[str, ...]
    value: Tensor
    equation: str


@dataclass(frozen=True, slots=True, eq=False)
class TracedIteration:
    """An iteration, micro-step by micro-step. `values` has every number by its name: `layers.0.weight.grad`."""

    iteration: int
    steps: tuple[TracedStep, ...]
    values: Mapping[str, Tensor]

    @property
    def loss(self) -> float:
        """The loss of the iteration, before its update."""
        return float(self.values["loss"])


@dataclass(frozen=True, slots=True, eq=False)
class TrainingResult:
    """What training came to: `losses[i]` is that of iteration i before its update, `final_loss` that of the end.

    `experiment` goes on from there, to the same bits as if it had not stopped.
    """

    losses: tuple[float, ...]
    lr: tuple[float, ...]
    final_loss: float
    parameters: Mapping[str, Tensor]
    experiment: LiveExperiment


@dataclass(frozen=True, slots=True)
class LiveExperiment:
    """An experiment: network, data, loss and optimizer. `spec` is all that a file says.

    It does not change: what trains it gives another one.
    """

    spec: Experiment

    @classmethod
    def from_module(
        cls, model: Any, inputs: Any, targets: Any, loss: Any = "MSELoss", optimizer: Any = None, *, title: str = ""
    ) -> LiveExperiment:
        """Make an experiment of a living `nn.Module`: its layers, its numbers now, and the optimizer's state.

        `inputs` and `targets` are tensors, arrays or lists of rows; `loss` a module such as `nn.MSELoss()`, or its
        name; `optimizer` one of `torch.optim` that trains the model, or None for SGD. Raises `ValueError` that names
        what is not known here.
        """
        from chainrule.python.capturing import captured  # noqa: PLC0415 - torch.fx takes a while to import

        return cls(_checked(captured(model, inputs, targets, loss, optimizer, title)))

    @classmethod
    def from_script(cls, source: str, title: str = "", *, strict: bool = True) -> LiveExperiment:
        """Make an experiment of a PyTorch script, which is read and not run.

        Raises `ValueError` where none can be made, and where the experiment would have other numbers than the script:
        it names each such line, and data that the script does not hold. Without `strict` these are warnings, as is
        what was chosen because the script does not say it: a loss, an optimizer, a seed.
        """
        try:
            found = read_script(source, title)
        except SpecError as error:
            raise ValueError(error.message if error.path in ("$", "$.network") else str(error)) from None
        if strict and found.changing:
            raise ValueError("; ".join(map(str, found.changing)))
        for each in found.findings:
            if each.effect is not Effect.HARMLESS:
                warnings.warn(str(each), stacklevel=2)
        return cls(_checked(found.experiment))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the file of the experiment, and return its path."""
        target = Path(path)
        write_experiment(self.spec, target)
        return target

    def trace(self, iterations: int = 1) -> list[TracedIteration]:
        """Return the first iterations, every micro-step with its number and its equation."""
        count = _count(iterations)
        executor = Executor(self.spec)
        return [_traced(executor, found) for found in islice(executor.iterations(), count)]

    def train(self, iterations: int) -> TrainingResult:
        """Train, and return losses, parameters and the experiment that goes on from there.

        Raises `ArithmeticError` where a number becomes infinite or NaN.
        """
        count = _count(iterations)
        executor = Executor(self.spec)
        training = Training(executor)
        done = list(training.run(count))
        if training.stop is not None:
            step = executor.program.at(training.state.iteration).steps[training.stop]
            text = f"iteration {training.state.iteration}: {step.writes} became infinite or not a number"
            raise ArithmeticError(text)
        state = training.state
        loss, _ = executor.evaluator.final_losses(state.values)
        parameters = {str(ref): state.values[ref] for ref in self.spec.network.parameter_shapes()}
        trained = replace(
            self.spec,
            parameters=state_numbers(state, self.spec),
            state=state_to_keep(state, self.spec, executor.program),
        )
        losses, rates = tuple(each.loss for each in done), tuple(each.lr for each in done)
        return TrainingResult(losses, rates, loss, parameters, LiveExperiment(trained))

    def verify(self, iterations: int = 10) -> Report:
        """Hold the first iterations against autograd, `torch.optim` and finite differences: `report.agrees`."""
        from chainrule.engine.referee.verify import verify_run  # noqa: PLC0415 - nothing else needs the referee

        count = _count(iterations)
        executor = Executor(self.spec)
        traces = islice(executor.iterations(), count)
        (verification,) = deque(verify_run(self.spec, executor.program, traces, untouched=True), maxlen=1)
        return verification.report()

    def show(self) -> subprocess.Popen[bytes]:
        """Open the window on it, in a process of its own beside this one, and return that process.

        The window works on a copy, which is in no file until it is saved; the experiment here stays as it is.
        """
        check_structure(self.spec)
        # It has no name, and is gone with the last process that has it open.
        with tempfile.TemporaryFile() as handed:
            handed.writelines(encoded(self.spec))
            handed.seek(0)
            return subprocess.Popen([sys.executable, "-m", "chainrule", "--from-python"], stdin=handed)

    def _repr_html_(self) -> str:
        """Draw the network, and list an iteration's equations, as Jupyter shows it."""
        from chainrule.python.html import experiment_html  # noqa: PLC0415 - for notebooks alone

        return experiment_html(self.spec)

    def __repr__(self) -> str:
        parts = "; ".join(f"{name.lower()} {text}" for name, text in summary_lines(self.spec))
        return f"<chainrule.Experiment {describe(self.spec.title)}: {parts}>"


def load_experiment(path: str | os.PathLike[str]) -> LiveExperiment:
    """Read the file of an experiment; raises `ValueError` of one line that says what is wrong in it, and where."""
    return LiveExperiment(_checked(read_experiment(Path(path))))


def trace_experiment(experiment: LiveExperiment, iterations: int = 1) -> list[TracedIteration]:
    """Return the first iterations of an experiment, micro-step by micro-step."""
    return experiment.trace(iterations)


def train_experiment(experiment: LiveExperiment, iterations: int) -> TrainingResult:
    """Train an experiment, and return what it came to."""
    return experiment.train(iterations)


def verify_experiment(experiment: LiveExperiment, iterations: int = 10) -> Report:
    """Hold an experiment's first iterations against PyTorch."""
    return experiment.verify(iterations)


def _checked(spec: Experiment) -> Experiment:
    return check_experiment(spec, free=free_memory)


def _count(iterations: int) -> int:
    """Return a count as an int, also one of NumPy's; True is none."""
    try:
        found = 0 if isinstance(iterations, bool) else operator.index(iterations)
    except TypeError:
        found = 0
    if not 1 <= found <= MOST_ITERATIONS:
        raise ValueError(f"expected from 1 to {MOST_ITERATIONS} iterations, got {iterations!r:.60}")
    return found


def _traced(executor: Executor, found: Trace) -> TracedIteration:
    program = executor.program.at(found.iteration)
    stop = first_non_finite(program.steps, found.values)
    return TracedIteration(
        found.iteration,
        tuple(_steps(executor, found, stop)),
        {str(ref): value for ref, value in found.values.items()},
    )


def _steps(executor: Executor, found: Trace, stop: int | None) -> Iterator[TracedStep]:
    program = executor.program.at(found.iteration)
    for step in program.steps[:stop]:
        yield TracedStep(
            step.writes,
            step.phase.value,
            step.kind.value,
            tuple(map(str, step.reads)),
            found.values[step.writes],
            explain_step(executor.experiment, program, step),
        )
