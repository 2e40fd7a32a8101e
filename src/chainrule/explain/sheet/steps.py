"""The cells of each kind of micro-step: by the step's own rule, or by what it adds up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from chainrule.catalog.activation import Learned
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import CLIPPINGS, norm_type
from chainrule.catalog.experiment.spec import PenaltySpec
from chainrule.catalog.penalties import ELEMENT, in_front
from chainrule.catalog.tables import lookup
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import Axis
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.sheet.cells import CellReading
from chainrule.explain.sheet.iteration import IterationPage
from chainrule.explain.sheet.loss_steps import largest_of_row, write_loss, write_loss_term, write_output_gradient
from chainrule.explain.sheet.schedule_steps import write_schedule
from chainrule.explain.sheet.settings import CLIPPING_PREFIX, activation_prefix, penalty_prefix
from chainrule.explain.sheet.sums import absolute_range, sum_over_all
from chainrule.explain.sheet.update_steps import write_update
from chainrule.explain.sheet.workbook import Index, SheetError
from chainrule.formula.parse import read
from chainrule.formula.rule import Rule
from chainrule.formula.tree import ONE, Expr, Sum, number, substituted

WriteStep = Callable[[IterationPage, MicroStep], None]


def write_step(c: IterationPage, step: MicroStep) -> None:
    """Write the cells of a step, from the row that is free on."""
    if step.node is not None:
        names = {str(ref): ref for ref in step.reads}
        reading, tree = c.reading(names), step.node.rule
        c.write(step, partial(reading.element, tree))
        return
    found = _KINDS.get(step.kind)
    if found is None:
        raise SheetError(f"a spreadsheet has no formula for {step.writes}")
    found(c, step)


def rule_of(step: MicroStep) -> Rule:
    """Return the rule that a step follows, or say that there is none."""
    if step.rule is None:
        raise SheetError(f"a spreadsheet has no formula for {step.writes}: what is computed there is not said in one")
    return step.rule


def names_read_by(step: MicroStep) -> dict[str, ValueRef]:
    """Return the values that a step's formula reads, by their names there."""
    return {name: ref for name, ref in zip(rule_of(step).names, step.reads, strict=True) if name}


def by_rule(c: IterationPage, step: MicroStep, reading: CellReading, tree: Expr) -> None:
    """Write each element of a step as its formula has it, at the element's place."""
    letters = rule_of(step).indices
    c.write(step, lambda index: reading.element(tree, index, dict(zip(letters, index, strict=False))))


def _linear(c: IterationPage, step: MicroStep) -> None:
    by_rule(c, step, c.reading(names_read_by(step)), rule_of(step).formula)


# ------------------------------------------------------------------------------------------------------ activations


def _activation(c: IterationPage, step: MicroStep) -> None:
    layer = c.program.values[step.writes].layer or 0
    choice = c.experiment.network.layers[layer].activation
    entry = lookup(ACTIVATIONS, choice.name)
    tree = entry.shifted_tree(choice) if entry.shifted and step.kind is StepKind.ACTIVATION else rule_of(step).formula
    names = names_read_by(step)
    of_row = {"m": partial(largest_of_row, c, names["z"])} if entry.shifted and "z" in names else {}
    reading = c.reading(names, c.settings.named(activation_prefix(layer), choice), of_row)
    tree = _with_constants(tree, layer, c)
    if step.kind is StepKind.ACTIVATION_WEIGHT_GRADIENT:
        _learned_gradient(c, step, reading, tree)
        return
    by_rule(c, step, reading, tree)


def _with_constants(tree: Expr, layer: int, c: IterationPage) -> Expr:
    """Return a formula with the numbers that have letters of their own, and the part that has one, put in."""
    choice = c.experiment.network.layers[layer].activation
    entry = lookup(ACTIVATIONS, choice.name)
    known: dict[str, Expr] = {name: number(each.value) for name, each in entry.constants.items()}
    helper = entry.helper(**choice.arguments)
    if helper is not None:
        known[helper.name] = substituted(read(helper.formula), known)
    return substituted(tree, known)


def _learned_gradient(c: IterationPage, step: MicroStep, reading: CellReading, tree: Expr) -> None:
    """Write what each element of each sample gives, then their sums: of a unit, or of all units that share it."""
    assert isinstance(step.entry, Learned)
    body = tree
    while isinstance(body, Sum):
        body = body.body
    upstream = c.blocks[step.reads[0]]
    batch, units = upstream.shape
    terms = c.write_terms("added up below, of each sample:", (batch, units), reading, body, lambda index: {})
    shared = c.program.values[step.writes].axes[0] is Axis.ONE

    def total(index: Index) -> str:
        if shared:
            return f"SUM({terms.all(c.page.name)})"
        return f"SUM({terms.range((0, index[0]), (batch - 1, index[0]), c.page.name)})"

    c.write(step, total)


# ------------------------------------------------------------------------------------------ penalties and other sums


def _penalty(c: IterationPage, step: MicroStep) -> None:
    reading, tree = _penalized(c, step)
    front, rest = in_front(tree)
    total = sum_over_all([c.blocks[ref] for ref in step.reads], rest, ELEMENT, c.page.name)
    if front == ONE:
        c.write(step, lambda index: total)
        return
    text = reading.element(front, ())
    loose = f"({text})" if any(sign in text for sign in "+-") else text
    c.write(step, lambda index: f"{loose}*({total})" if "+" in total else f"{loose}*{total}")


def _penalty_gradient(c: IterationPage, step: MicroStep) -> None:
    reading, tree = _penalized(c, step)
    c.write(step, partial(reading.element, tree))


def _penalized(c: IterationPage, step: MicroStep) -> tuple[CellReading, Expr]:
    assert isinstance(step.entry, PenaltySpec)
    index = c.experiment.penalties.index(step.entry)
    value = c.program.values[step.writes]
    index = index if value.penalty is None else value.penalty
    named = c.settings.named(penalty_prefix(index), step.entry.choice)
    return c.reading({ELEMENT: step.reads[0]}, named), rule_of(step).formula


def _sum_of_reads(c: IterationPage, step: MicroStep) -> None:
    blocks = [c.blocks[ref] for ref in step.reads]
    c.write(step, lambda index: "+".join(block.cell(block.aligned(index), c.page.name) for block in blocks))


def _zero(c: IterationPage, step: MicroStep) -> None:
    c.write(step, lambda index: "0")


# --------------------------------------------------------------------------------------------------------- clipping


def _clipping_choice(c: IterationPage) -> Choice:
    assert c.experiment.clipping is not None
    return c.experiment.clipping


def _norm(c: IterationPage, step: MicroStep) -> None:
    ranges = [c.blocks[ref].all(c.page.name) for ref in step.reads]
    kind = norm_type(_clipping_choice(c))
    if kind == "inf":
        text = f"MAX({','.join(ranges)},-MIN({','.join(ranges)}))"
    else:
        text = "+".join(map(absolute_range, ranges)) if kind == "1" else f"SQRT({_squares(ranges)})"
    c.write(step, lambda index: text)


def _squares(ranges: list[str]) -> str:
    return "+".join(f"SUMSQ({each})" for each in ranges)


def _coefficient(c: IterationPage, step: MicroStep) -> None:
    choice = _clipping_choice(c)
    entry = lookup(CLIPPINGS, choice.name)
    reading = c.reading({"grad_norm": step.reads[0]}, c.settings.named(CLIPPING_PREFIX, choice))
    c.write(step, partial(reading.element, read(entry.coefficient)))


def _clipped(c: IterationPage, step: MicroStep) -> None:
    reading = c.reading(names_read_by(step), c.settings.named(CLIPPING_PREFIX, _clipping_choice(c)))
    c.write(step, partial(reading.element, rule_of(step).formula))


_KINDS: Mapping[StepKind, WriteStep] = {
    StepKind.PRE_ACTIVATION: _linear,
    StepKind.ACTIVATION: _activation,
    StepKind.LOSS_TERM: write_loss_term,
    StepKind.LOSS: write_loss,
    StepKind.OUTPUT_GRADIENT: write_output_gradient,
    StepKind.PRE_ACTIVATION_GRADIENT: _activation,
    StepKind.WEIGHT_GRADIENT: _linear,
    StepKind.BIAS_GRADIENT: _linear,
    StepKind.ACTIVATION_WEIGHT_GRADIENT: _activation,
    StepKind.ACTIVATION_GRADIENT: _linear,
    StepKind.PENALTY: _penalty,
    StepKind.TOTAL_LOSS: _sum_of_reads,
    StepKind.PENALTY_GRADIENT: _penalty_gradient,
    StepKind.GRADIENT_SUM: _sum_of_reads,
    StepKind.ACCUMULATED_GRADIENT: _sum_of_reads,
    StepKind.ZERO_GRAD: _zero,
    StepKind.GRADIENT_NORM: _norm,
    StepKind.CLIP_COEFFICIENT: _coefficient,
    StepKind.CLIPPED_GRADIENT: _clipped,
    StepKind.UPDATE_TERM: write_update,
    StepKind.STATE_UPDATE: write_update,
    StepKind.PARAMETER_UPDATE: write_update,
    StepKind.SCHEDULE: write_schedule,
}
