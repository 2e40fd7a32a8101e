"""The scheduler in code, by its name in `torch.optim.lr_scheduler`, and how clipping is written.

`scheduler = lr_scheduler.StepLR(optimizer, step_size=10)`; the parts of a SequentialLR stand in its list. A factor of
LambdaLR is `lambda epoch: ...`, or `lambda iteration: ...` where it steps with each iteration, or a function
`factor(step)` that works out the other one.
"""

from __future__ import annotations

import ast
import math

import torch
from torch import nn

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.clipping import CLIPPINGS, NORM_TYPE
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.expressions import parse_expression
from chainrule.catalog.schedules.schedule import averages
from chainrule.catalog.schedules.schedulers import PARTS, PLATEAU, SCHEDULERS, SEQUENTIAL, parts_of
from chainrule.catalog.values.carried import trained_parameters
from chainrule.explain.code.writing.lines import CodeLine, Lines, call, indented, plain
from chainrule.explain.code.writing.literals import argument, keywords, told
from chainrule.explain.code.writing.losses import parameters_text

_LAMBDA = "lr_lambda"


def scheduler_lines(experiment: Experiment) -> Lines:
    """Return the lines that make the scheduler, with a function for its factor where it needs one."""
    choice = experiment.scheduler
    if choice is None:
        return []
    if choice.name != SEQUENTIAL:
        return _made(experiment, choice, "scheduler = ", "factor")
    lines, parts = list[CodeLine](), []
    for place, part in enumerate(parts_of(choice)):
        made = _made(experiment, part, "", f"factor_{place}")
        begin = next(i for i, line in enumerate(made) if line.text.startswith("lr_scheduler."))
        lines += made[:begin]
        parts.append("\n".join(line.text for line in made[begin:]))
    inner = "\n".join(f"    {line}" for part in parts for line in f"{part},".split("\n"))
    milestones = [int(each) for each in choice.numbers("milestones")]
    return [
        *lines,
        *plain("scheduler = lr_scheduler.SequentialLR("),
        *plain(*indented_text(f"optimizer,\n[\n{inner}\n],\nmilestones={milestones},")),
        *plain(")"),
    ]


def indented_text(text: str) -> list[str]:
    """Return the lines of a text, further to the right."""
    return [f"    {line}" for line in text.split("\n")]


def _made(experiment: Experiment, choice: Choice, start: str, function: str) -> Lines:
    if not hasattr(torch.optim.lr_scheduler, choice.name):
        raise SpecError("$.scheduler", f"PyTorch has no {choice.name}")
    entry = (SCHEDULERS if choice.name == PLATEAU else PARTS)[choice.name]
    given = told(choice, entry.arguments)
    given.pop("interval", None)
    before: Lines = []
    arguments = keywords({name: value for name, value in given.items() if name != _LAMBDA})
    if _LAMBDA in given:
        before, text = _factor(experiment, str(given[_LAMBDA]), function)
        arguments.insert(0, f"{_LAMBDA}={text}")
    return [*before, *call(f"{start}lr_scheduler.{choice.name}(", ["optimizer", *arguments])]


def _factor(experiment: Experiment, text: str, function: str) -> tuple[Lines, str]:
    expression = parse_expression(text)
    source = ast.unparse(_AsPython().visit(ast.parse(text.strip(), mode="eval").body))
    assert experiment.scheduler is not None
    interval = str(experiment.scheduler["interval"])
    other = "epoch" if interval == "iteration" else "iteration"
    if other not in expression.names:
        return [], f"lambda {interval}: {source}"
    batches, every = batches_per_epoch(experiment.data), experiment.data.accumulate
    known = (f"step, step * {every} // {batches}") if interval == "iteration" else (f"step * {batches}, step")
    body = plain(f"iteration, epoch = {known}", f"return {source}")
    return [*plain(f"def {function}(step):"), *indented(body), *plain("", "")], function


class _AsPython(ast.NodeTransformer):
    """Puts `math.` in front of what Python has there."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Write pi and the functions of `math` as they are called there."""
        if hasattr(math, node.id):
            return ast.Attribute(ast.Name("math", ast.Load()), node.id, ast.Load())
        return node


def schedule_lines(experiment: Experiment) -> Lines:
    """Return the lines at the end of an iteration in which the scheduler steps."""
    choice = experiment.scheduler
    if choice is None:
        return []
    if choice.name != PLATEAU:
        return [CodeLine("scheduler.step()", "schedule")]
    if averages(experiment):
        return [CodeLine("scheduler.step(sum(losses) / len(losses))", "schedule"), *plain("losses.clear()")]
    return [CodeLine("scheduler.step(loss.item())", "schedule")]


def clipping_lines(experiment: Experiment) -> Lines:
    """Return the line that clips the gradients, where there is any."""
    choice = experiment.clipping
    if choice is None:
        return []
    if not hasattr(nn.utils, choice.name):
        raise SpecError("$.clipping", f"PyTorch has no {choice.name}")
    given = told(choice, CLIPPINGS[choice.name].arguments)
    norm = given.pop(NORM_TYPE.name, None)
    arguments = keywords(given)
    if norm is not None:
        arguments.append(f"norm_type={argument(float(str(norm)))}")
    trained = trained_parameters(experiment)
    whose = parameters_text(experiment, list(trained)) if experiment.network.formula else "network.parameters()"
    return call(f"nn.utils.{choice.name}(", [whose, *arguments], mark="clip")
