"""The micro-steps of a formula in the place of layers: each operator, then the derivatives of the output.

All values are scalars (), in the experiment's dtype and on its device. The formulas are the graph's own, computed as
they are written: a step says with its formula what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.program.lowering import lowered
from chainrule.engine.program.steps import MicroStep
from chainrule.formula.evaluate import evaluate
from chainrule.formula.graph import Graph, Step, backward_steps, graph_of, step_kind
from chainrule.formula.tree import Symbol


def formula_steps(experiment: Experiment, trained: list[ValueRef]) -> tuple[MicroStep, ...]:
    """Return the operators in their order, then the gradients that the trained parameters need."""
    graph = graph_of(experiment.network.formula)
    steps = (*graph.nodes, *backward_steps(graph, trained))
    return tuple(_micro_step(experiment, graph, step) for step in steps)


def _micro_step(experiment: Experiment, graph: Graph, step: Step) -> MicroStep:
    reads = tuple(map(ValueRef, step.reads))
    compute = _computed(step) if reads else _constant(experiment, step)
    return MicroStep(StepKind(step_kind(graph, step)), ValueRef(step.writes), reads, compute, node=step)


def _computed(step: Step) -> Callable[..., Tensor]:
    if isinstance(step.rule, Symbol):
        # Handed on as it is: a sum's gradient is that of its terms.
        return _same
    return partial(_by_name, lowered(step.rule), step.reads)


def _same(value: Tensor) -> Tensor:
    return value


def _by_name(compute: Callable[[dict[str, Tensor]], Tensor], names: tuple[str, ...], *values: Tensor) -> Tensor:
    return compute(dict(zip(names, values, strict=True)))


def _constant(experiment: Experiment, step: Step) -> Callable[..., Tensor]:
    """Return what reads nothing: a number of the formula's, or the 1 that the backward pass begins with."""
    number = evaluate(step.rule, lambda name, places: 0.0)
    return partial(torch.full, (), number, dtype=torch_dtype(experiment), device=experiment.device)
