"""The micro-steps of penalties: each one's value, the loss with them, and what they add to gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import Tensor

from chainrule.catalog.arguments import Choice, argument_values
from chainrule.catalog.experiment.groups import matching
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.penalties import ELEMENT, PENALTIES
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.graph import sum_of_tensors
from chainrule.engine.program.lowering import lowered
from chainrule.engine.program.steps import MicroStep
from chainrule.formula.rule import Rule
from chainrule.formula.tree import Expr, number, substituted


def penalized(experiment: Experiment) -> tuple[tuple[ValueRef, ...], ...]:
    """Return the parameters of each penalty, in the order of `nn.Module.parameters()`."""
    names = tuple(experiment.network.parameter_shapes())
    return tuple(tuple(matching(penalty.parameters, names)) for penalty in experiment.penalties)


def with_penalties(experiment: Experiment, steps: tuple[MicroStep, ...]) -> tuple[MicroStep, ...]:
    """Return the steps from the output to the loss, and to its gradient, with the penalties between them."""
    if not experiment.penalties:
        return steps
    found = list[MicroStep]()
    for step in steps:
        if step.writes != refs.LOSS:
            found.append(step)
            continue
        found.append(replace(step, writes=refs.DATA_LOSS))
        parts = [refs.DATA_LOSS]
        for index, (penalty, parameters) in enumerate(zip(experiment.penalties, penalized(experiment), strict=True)):
            value = partial(_value, _computed(penalty.choice, _tree(penalty.choice)))
            # Each element of each parameter alike.
            rule = Rule(_tree(penalty.choice), (ELEMENT,) * len(parameters))
            found.append(MicroStep(StepKind.PENALTY, refs.penalty(index), parameters, value, rule, penalty))
            parts.append(refs.penalty(index))
        found.append(MicroStep(StepKind.TOTAL_LOSS, refs.LOSS, tuple(parts), sum_of_tensors))
    return tuple(found)


def with_pulls(experiment: Experiment, steps: list[MicroStep]) -> list[MicroStep]:
    """Return the steps of the backward pass: a penalized parameter's gradient is a sum, of the data's and the
    penalties'.
    """
    if not experiment.penalties:
        return steps
    penalties: dict[ValueRef, list[int]] = {}
    for index, parameters in enumerate(penalized(experiment)):
        for ref in parameters:
            penalties.setdefault(ref, []).append(index)
    gradients = {refs.grad(ref): ref for ref in penalties}
    found = list[MicroStep]()
    for step in steps:
        parameter = gradients.get(step.writes)
        if parameter is None:
            found.append(step)
            continue
        found.append(replace(step, writes=refs.share(step.writes, "data")))
        shares = [found[-1].writes]
        for index in penalties[parameter]:
            penalty, shares = experiment.penalties[index], [*shares, refs.penalty_share(step.writes, index)]
            tree = lookup(PENALTIES, penalty.choice.name).slope(penalty.choice)
            slope, rule = _computed(penalty.choice, tree), Rule(tree, (ELEMENT,))
            found.append(MicroStep(StepKind.PENALTY_GRADIENT, shares[-1], (parameter,), slope, rule, penalty))
        found.append(MicroStep(StepKind.GRADIENT_SUM, step.writes, tuple(shares), sum_of_tensors))
    return found


def _tree(choice: Choice) -> Expr:
    return lookup(PENALTIES, choice.name).tree(choice)


def _computed(choice: Choice, tree: Expr) -> Callable[[Tensor], Tensor]:
    """Return a formula of one element, of each of a tensor's."""
    given: dict[str, Expr] = {name: number(value) for name, value in argument_values(choice).items()}
    compute = lowered(substituted(tree, given))
    return lambda w: compute({ELEMENT: w}).expand(w.shape)


def _value(share: Callable[[Tensor], Tensor], *parameters: Tensor) -> Tensor:
    """Return the sum over every element of every parameter, ()."""
    return sum_of_tensors(*[share(parameter).sum() for parameter in parameters])
