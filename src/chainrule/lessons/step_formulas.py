"""The formula of each micro-step as it is computed, so that an altered one can be computed in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, argument_values
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import Experiment, PenaltySpec
from chainrule.catalog.loss import OUTPUTS
from chainrule.catalog.optimizers import Update, formula_name
from chainrule.catalog.penalties import ELEMENT
from chainrule.catalog.schedules.schedule import optimizer_of, schedule_of
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import Value
from chainrule.engine.program import losses, updates
from chainrule.engine.program.lowering import lowered
from chainrule.engine.program.schedule import Scheduled
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.shapes import shape_together
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read
from chainrule.formula.rule import Rule
from chainrule.formula.tree import Add, Expr, Sum, Symbol, number, substituted, walk

# A formula, and what it is computed from: what the step reads.
OfReads = Callable[[Expr, Sequence[Tensor]], Tensor]
_LOSSES = (StepKind.LOSS, StepKind.OUTPUT_GRADIENT)
_ACTIVATIONS = (StepKind.ACTIVATION, StepKind.PRE_ACTIVATION_GRADIENT, StepKind.ACTIVATION_WEIGHT_GRADIENT)
_SUMS = (StepKind.GRADIENT_SUM, StepKind.ACCUMULATED_GRADIENT, StepKind.TOTAL_LOSS)


@dataclass(frozen=True, slots=True)
class StepFormula:
    """What a step computes, as a tree of the names that `names` gives to what it reads; "" is not named.

    `indices` are those of an element of the result, where the formula has some; `letters` of the loss, whose terms are
    added up beside the formula. `compute` gives the result of any formula of the same names. `numbers` are the
    arguments that the formula names, and constants.
    """

    tree: Expr
    names: tuple[str, ...]
    compute: OfReads
    indices: tuple[str, ...] = ()
    numbers: Mapping[str, float] | None = None

    def sizes(self, reads: Sequence[Tensor]) -> dict[str, int]:
        """Return how many places each letter of the formula has, by what is read."""
        return sizes_of(self.tree, self.names, reads)


def sizes_of(tree: Expr, names: Sequence[str], reads: Sequence[Tensor]) -> dict[str, int]:
    """Return how many places each letter has that stands for an index of what is read."""
    shapes = {name: value.shape for name, value in zip(names, reads, strict=True) if name}
    found: dict[str, int] = {}
    for symbol in walk(tree):
        if isinstance(symbol, Symbol) and symbol.name in shapes and len(symbol.indices) == len(shapes[symbol.name]):
            pairs = zip(symbol.indices, shapes[symbol.name], strict=True)
            found |= {index.name: size for index, size in pairs if isinstance(index, Symbol) and not index.indices}
    return found


def step_formula(
    experiment: Experiment, step: MicroStep, value: Value | None, reads: Sequence[Tensor]
) -> StepFormula | None:
    """Return the formula of a step; None where it has none that could be altered. `reads` are the step's own values."""
    if step.node is not None:
        return _plain(step.node.rule, tuple(step.node.reads)) if step.reads else None
    if step.kind in _SUMS:
        return _plain(Add(tuple(map(Symbol, step.reads))), step.reads) if len(step.reads) > 1 else None
    if isinstance(step.compute, Scheduled):
        return _of_schedule(experiment, step, step.compute, reads)
    if step.rule is None:
        return _coefficient(experiment) if step.kind is StepKind.CLIP_COEFFICIENT else None
    return _of_rule(experiment, step, step.rule, value)


def _of_rule(experiment: Experiment, step: MicroStep, rule: Rule, value: Value | None) -> StepFormula:
    """Return the formula of a step that has a rule, with the arguments that it names."""
    if step.kind in _LOSSES:
        return _of_loss(experiment, step)
    if step.kind in _ACTIVATIONS:
        assert value is not None
        assert value.layer is not None
        return _of_activation(experiment.network.layers[value.layer].activation, step)
    if isinstance(step.entry, Update):
        return _of_update(experiment, step, step.entry, value)
    if isinstance(step.entry, PenaltySpec):
        return _of_penalty(step, step.entry)
    if step.kind is StepKind.CLIPPED_GRADIENT:
        return _of_clipping(experiment, step)
    return _indexed(rule.formula, rule.names, rule.indices, {}, {OUTPUTS: experiment.network.outputs})


def _plain(tree: Expr, names: tuple[str, ...], numbers: Mapping[str, float] | None = None) -> StepFormula:
    """Return a formula of which each element is computed from its own."""
    given = {name: number(each) for name, each in (numbers or {}).items() if name not in names}

    def compute(found: Expr, reads: Sequence[Tensor]) -> Tensor:
        return lowered(substituted(found, given))(dict(zip(names, reads, strict=True)))

    return StepFormula(tree, names, compute, numbers=numbers)


def _indexed(
    tree: Expr,
    names: tuple[str, ...],
    indices: tuple[str, ...],
    numbers: Mapping[str, float],
    known: Mapping[str, int],
) -> StepFormula:
    """Return a formula with an index for each axis."""
    given = {name: number(each) for name, each in {**known, **numbers}.items() if name not in names}

    def compute(found: Expr, reads: Sequence[Tensor]) -> Tensor:
        values = {name: value for name, value in zip(names, reads, strict=True) if name}
        sizes = sizes_of(tree, names, reads) | ({"k": known[OUTPUTS]} if known else {})
        return lowered(substituted(found, given), indices, sizes)(values)

    return StepFormula(tree, names, compute, indices, numbers)


def _of_loss(experiment: Experiment, step: MicroStep) -> StepFormula:
    setting, choice, rule = losses.Setting.of(experiment), experiment.loss, step.rule
    assert rule is not None

    def compute(found: Expr, reads: Sequence[Tensor]) -> Tensor:
        return losses.computed_by(found, step, choice, setting)(*reads)

    return StepFormula(rule.formula, rule.names, compute, numbers=argument_values(choice))


def _of_activation(choice: Choice, step: MicroStep) -> StepFormula:
    entry, rule = lookup(ACTIVATIONS, choice.name), step.rule
    assert rule is not None
    sums = step.kind is StepKind.ACTIVATION_WEIGHT_GRADIENT

    def compute(found: Expr, reads: Sequence[Tensor]) -> Tensor:
        values = {name: value for name, value in zip(rule.names, reads, strict=True) if name}
        if rule.indices:
            return lowered(entry.with_numbers(found, choice), rule.indices, sizes_of(rule.formula, rule.names, reads))(
                values
            )
        if sums:
            return _summed(entry.with_numbers(found, choice), values)
        return lowered(entry.with_numbers(found, choice))(values)

    return StepFormula(rule.formula, rule.names, compute, rule.indices, entry.numbers(choice))


def _summed(tree: Expr, values: Mapping[str, Tensor]) -> Tensor:
    """Return sums over the batch (n) and over the units (k) of a formula that has no indices."""
    letters = []
    while isinstance(tree, Sum):
        letters.append(tree.index)
        tree = tree.body
    found = lowered(tree)(values)
    found = found.expand(shape_together((found, *values.values())))
    return found.sum().reshape(1) if "k" in letters else found.sum(0)


def _of_update(experiment: Experiment, step: MicroStep, update: Update, value: Value | None) -> StepFormula:
    owner = value.owner.ref if value is not None else step.reads[0]
    choice, names = optimizer_of(experiment, owner), tuple(map(formula_name, update.reads))

    def compute(found: Expr, reads: Sequence[Tensor]) -> Tensor:
        return updates.computed_by(found, update, choice)(*reads)

    return StepFormula(read(update.formula), names, compute, numbers=argument_values(choice))


def _of_penalty(step: MicroStep, penalty: PenaltySpec) -> StepFormula:
    rule, numbers = step.rule, argument_values(penalty.choice)
    assert rule is not None
    given: dict[str, Expr] = {name: number(each) for name, each in numbers.items()}
    whole = step.kind is StepKind.PENALTY

    def compute(found: Expr, reads: Sequence[Tensor]) -> Tensor:
        share = lowered(substituted(found, given))
        parts = [share({ELEMENT: value}).expand(value.shape) for value in reads]
        return torch.stack([part.sum() for part in parts]).sum() if whole else parts[0]

    return StepFormula(rule.formula, rule.names, compute, numbers=numbers)


def _of_clipping(experiment: Experiment, step: MicroStep) -> StepFormula:
    choice = experiment.clipping
    assert choice is not None
    assert step.rule is not None
    return _plain(step.rule.formula, step.rule.names, argument_values(choice))


def _coefficient(experiment: Experiment) -> StepFormula:
    choice = experiment.clipping
    assert choice is not None
    tree = read(lookup(CLIPPINGS, choice.name).coefficient)
    return _plain(tree, (refs.GRAD_NORM,), argument_values(choice))


def _of_schedule(
    experiment: Experiment, step: MicroStep, compute: Scheduled, reads: Sequence[Tensor]
) -> StepFormula | None:
    """Return the formula of the case of a schedule that applies; none where it is the user's own expression."""
    rule = compute.rule(*[value.item() for value in reads])
    if not rule.formula or rule.factor is not None:
        return None
    schedule, whole = schedule_of(experiment), experiment.scheduler
    assert whole is not None
    iteration = int(reads[-1].item()) if step.reads[-1] == refs.ITERATION else 0
    part = whole if schedule is None else schedule.part(iteration)[0]
    numbers = argument_values(part) | dict(rule.numbers)

    def number_of(found: Expr, _: Sequence[Tensor]) -> Tensor:
        return torch.tensor(evaluate(found, lambda name, places: numbers[name]), dtype=torch.float64)

    return StepFormula(read(rule.formula), ("",) * len(step.reads), number_of, numbers=numbers)
