"""The whole script: an experiment as a person would write it with PyTorch, and the line of each micro-step.

It needs nothing but torch. `python SCRIPT.py 50` prints the losses of 50 iterations, one a line, each before its
update. Numbers stand in it with every digit; first values that a seed draws are drawn by the same calls. Where there
are more than `MOST_NUMBERS`, the script reads them from a file `.pt` beside it.

What is torch's own gives the same numbers as a trace, up to rounding: torch adds some sums up in another order. In
float32 torch.optim counts in float32, too, where a trace has float64.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import one_line
from chainrule.catalog.schedules.schedule import averages
from chainrule.catalog.schedules.schedulers import PLATEAU
from chainrule.catalog.values import refs
from chainrule.catalog.values.carried import trained_parameters
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.catalog.values.value import Value
from chainrule.engine.program.program import Program, compile_program
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.code.writing.data import batch_lines, needs_batches, row_lines
from chainrule.explain.code.writing.lines import CodeLine, Lines, indented, plain
from chainrule.explain.code.writing.losses import LossCode
from chainrule.explain.code.writing.network import NetworkCode, forward_mark
from chainrule.explain.code.writing.optimizers import OptimizerCode, optimizer_lines
from chainrule.explain.code.writing.schedulers import clipping_lines, schedule_lines, scheduler_lines
from chainrule.explain.code.writing.starting import kept_numbers, start_lines
from chainrule.formula.graph import graph_of
from chainrule.formula.parse import parse_assignment

# More numbers than a person scrolls past are in a file beside the script.
MOST_NUMBERS = 1000
LONGEST_TITLE = 90
_BY_CASE = (
    "def by_case(condition, then, otherwise, *values):",
    "    # Each number by its own case alone: autograd makes NaN of one that has no value there.",
    "    found = torch.empty_like(condition, dtype=values[0].dtype)",
    "    for place, function in ((condition, then), (~condition, otherwise)):",
    "        found[place] = function(*(value.expand_as(condition)[place] for value in values))",
    "    return found",
)
_MARKS = {
    StepKind.LOSS_TERM: "loss",
    StepKind.LOSS: "loss",
    StepKind.TOTAL_LOSS: "loss",
    StepKind.GRADIENT_NORM: "clip",
    StepKind.CLIP_COEFFICIENT: "clip",
    StepKind.CLIPPED_GRADIENT: "clip",
    StepKind.UPDATE_TERM: "step",
    StepKind.STATE_UPDATE: "step",
    StepKind.PARAMETER_UPDATE: "step",
    StepKind.ZERO_GRAD: "zero_grad",
    StepKind.SCHEDULE: "schedule",
}


@dataclass(frozen=True, slots=True)
class PytorchScript:
    """A script's text; `lines` says which line does what, counted from 0, by the mark of a micro-step.

    `reads_file` says that it reads its numbers, `numbers_beside`, from the file `SCRIPT.pt` beside it.
    """

    text: str
    lines: Mapping[str, int]
    reads_file: bool
    described: Mapping[ValueRef, Value]
    # Of a formula: which of its lines each operator belongs to.
    operators: Mapping[str, str]

    def line_of(self, step: MicroStep) -> int:
        """Return the line that a micro-step of the experiment is, counted from 0."""
        return self.lines[_mark(step, self.described, self.operators)]


def pytorch_script(experiment: Experiment, program: Program | None = None) -> PytorchScript:
    """Return a checked experiment as a script; `program` is its own, where that is known.

    Raises `SpecError` for what neither torch has nor a formula says.
    """
    program = program or compile_program(experiment)
    stored = _has_many(experiment)
    lines = _lines(experiment, program, stored)
    marks: dict[str, int] = {}
    for place, line in enumerate(lines):
        if line.mark:
            marks.setdefault(line.mark, place)
    text = "".join(f"{line.text}\n" for line in lines)
    return PytorchScript(text, marks, stored, values_of(experiment), _lines_of_operators(experiment))


def _has_many(experiment: Experiment) -> bool:
    """Return whether there are more numbers than a person scrolls past: counted, for they may be millions."""
    data, network = experiment.data, experiment.network
    if network.formula:
        return False
    shapes = network.parameter_shapes()
    given = sum(math.prod(shapes[ref]) for ref in experiment.parameters)
    kept = sum(map(_count, experiment.state.values.values())) if experiment.state else 0
    return len(data.inputs) * network.inputs + len(data.targets) * len(data.targets[0]) + given + kept > MOST_NUMBERS


def numbers_beside(experiment: Experiment, program: Program | None = None) -> dict[str, Any]:
    """Return what a script reads from the file beside it, but for the data, by name: parameters, what is kept."""
    program = program or compile_program(experiment)
    numbers: dict[str, Any] = {str(ref): given for ref, given in experiment.parameters.items()}
    for ref, names in kept_numbers(experiment, program).items():
        numbers |= {str(refs.optimizer_state(ref, name)): kept for name, kept in names.items()}
    for ref in trained_parameters(experiment) if experiment.state else ():
        summed = experiment.state.values.get(refs.kept_gradient(ref)) if experiment.state else None
        numbers |= {} if summed is None else {str(refs.kept_gradient(ref)): summed}
    return numbers


def _count(numbers: Any) -> int:
    if not isinstance(numbers, list | tuple):
        return 1
    return len(numbers) * _count(numbers[0]) if numbers else 0


def _lines(experiment: Experiment, program: Program, stored: bool) -> Lines:
    network, formula = NetworkCode(experiment), experiment.network.formula
    loss = None if formula else LossCode(experiment)
    optimizer = OptimizerCode(experiment)
    trains = bool(trained_parameters(experiment))
    blocks: list[Lines] = [plain(*_header(experiment))]
    if experiment.dtype == "float64":
        blocks.append(plain("torch.set_default_dtype(torch.float64)"))
    if experiment.device != "cpu":
        blocks[-1] += plain(f"device = {json.dumps(experiment.device)}")
    if stored:
        moved = ", map_location=device" if experiment.device != "cpu" else ""
        blocks.append(plain(f'values = torch.load(Path(__file__).with_suffix(".pt"){moved})'))
    if not formula:
        blocks.append(row_lines(experiment, stored))
    parts: list[Lines] = []
    if network.helper or (loss is not None and loss.helper):
        parts.append(plain(*_BY_CASE))
    parts += [network.definitions, loss.definitions if loss else [], optimizer.definitions, batch_lines(experiment)]
    definitions = [part for part in parts if part]
    making = [network.first_values(stored), *([loss.criterion()] if loss else [])]
    if trains:
        making += [optimizer_lines(experiment), scheduler_lines(experiment)]
    made = [line for part in making for line in part]
    started = start_lines(experiment, program, stored)
    loop = _loop(experiment, loss, trains)
    text: Lines = []
    for block in blocks:
        text += [*(plain("") if text else []), *block]
    for part in definitions:
        text += [*plain("", ""), *part]
    text += [*plain("", ""), *made]
    if started:
        text += [*plain(""), *started]
    text += [*plain(""), *loop]
    return _with_imports(experiment, text)


def _header(experiment: Experiment) -> list[str]:
    title = "".join(each for each in one_line(experiment.title) if each.isprintable())[:LONGEST_TITLE].strip()
    return [*([f"# {title}"] if title else []), "# The loss of each iteration is printed before its update."]


def _with_imports(experiment: Experiment, text: Lines) -> Lines:
    """Put the imports that the text needs behind its heading."""
    header, whole = len(_header(experiment)), "\n".join(line.text for line in text)
    standard = [*(["import math"] if "math." in whole else []), "import sys"]
    standard += ["from pathlib import Path"] if "Path(" in whole else []
    torchs = ["import torch", *(["from torch import nn"] if "nn." in whole else [])]
    torchs += ["from torch.optim import lr_scheduler"] if "lr_scheduler." in whole else []
    return [*text[:header], *plain("", *standard, "", *torchs), *text[header:]]


def _loop(experiment: Experiment, loss: LossCode | None, trains: bool) -> Lines:
    data, every = experiment.data, experiment.data.accumulate
    lines = plain("iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 100")
    keeps = experiment.scheduler is not None and experiment.scheduler.name == PLATEAU and averages(experiment)
    if keeps and trains:
        lines += plain("losses = []") if not _has_losses(experiment) else []
    batched, begin = needs_batches(experiment), experiment.first_iteration
    batches = batches_per_epoch(data)
    by_epoch = experiment.scheduler is not None and experiment.scheduler["interval"] == "epoch" and batches > 1
    counts = trains and (every > 1 or by_epoch)
    span = f"range({begin}, {begin} + iterations)" if counts and begin else "range(iterations)"
    head = f"for {'iteration' if counts else '_'} in {span}:"
    if batched:
        head = f"for {'iteration' if counts else '_'}, (x, y) in zip({span}, batches()):"
    names = ("x", "y") if batched else ("inputs", "targets")
    body: Lines = plain("optimizer.zero_grad()") if trains and every == 1 else []
    body += [CodeLine("loss = forward()", "loss")] if loss is None else loss.loss_lines(*names)
    body += plain("print(loss.item())")
    if trains:
        body.append(CodeLine("loss.backward()", "backward"))
        if keeps:
            body += plain("losses.append(loss.item())")
        update = [*clipping_lines(experiment), CodeLine("optimizer.step()", "step")]
        stepping = schedule_lines(experiment)
        if every > 1:
            update.append(CodeLine("optimizer.zero_grad()", "zero_grad"))
            update += [] if experiment.scheduler is None or experiment.scheduler["interval"] == "epoch" else stepping
            body += [*plain(f"if (iteration + 1) % {every} == 0:"), *indented(update)]
        else:
            body += update
        if every == 1 or (experiment.scheduler is not None and experiment.scheduler["interval"] == "epoch"):
            ended = plain(f"if (iteration + 1) % {batches} == 0:") if by_epoch and stepping else []
            body += [*ended, *(indented(stepping) if ended else stepping)]
    lines += [*plain(head), *indented(body)]
    if data.test_rows:
        tested = loss.loss_lines("test_inputs", "test_targets") if loss else []
        lines += [*plain("", "with torch.no_grad():"), *indented(plain(*(line.text for line in tested)))]
        lines += indented(plain('print("test loss", loss.item(), file=sys.stderr)'))
    return lines


def _has_losses(experiment: Experiment) -> bool:
    state = experiment.state
    return state is not None and bool(state.values.get(refs.scheduler_state("loss_count")))


def _mark(step: MicroStep, described: Mapping[ValueRef, Value], lines: Mapping[str, str]) -> str:
    if step.kind is StepKind.OPERATOR:
        return lines[step.writes]
    if step.kind in (StepKind.PRE_ACTIVATION, StepKind.ACTIVATION):
        layer = described[step.writes].layer
        assert layer is not None
        return forward_mark(layer)
    if step.kind is StepKind.PENALTY:
        return f"penalty.{described[step.writes].penalty}"
    if step.phase is Phase.BACKWARD:
        return "backward"
    return _MARKS[step.kind]


def _lines_of_operators(experiment: Experiment) -> dict[str, str]:
    """Return which line of a formula each operator belongs to: those without a name stand before their line's own."""
    network = experiment.network
    if not network.formula:
        return {}
    named = {name for name, _ in map(parse_assignment, network.formula)}
    found, waiting = dict[str, str](), list[str]()
    for node in graph_of(network.formula).nodes:
        waiting.append(node.writes)
        if node.writes in named:
            found |= dict.fromkeys(waiting, node.writes)
            waiting = []
    return found
