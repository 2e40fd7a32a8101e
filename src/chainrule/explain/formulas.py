r"""The formula of one element, for each kind of micro-step: symbols and numbers, in pieces."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from chainrule.catalog import refs
from chainrule.catalog.step_kinds import StepKind
from chainrule.explain import (
    accumulation_formulas,
    activation_formulas,
    clipping_formulas,
    loss_formulas,
    penalty_formulas,
)
from chainrule.explain.circuit.equations import typed_formula
from chainrule.explain.context import Context
from chainrule.explain.notation import partial
from chainrule.explain.pieces import (
    Factor,
    Formula,
    left_out,
    over_batch,
    sample_letter,
    sum_of_numbers,
    sum_of_products,
)
from chainrule.explain.schedule_formulas import schedule_formula
from chainrule.explain.sums import sum_of_reads
from chainrule.explain.symbols import (
    operand,
    signed,
)
from chainrule.explain.update_formulas import update_formula

# Products of float32 numbers agree to about 1e-7; a value that was edited differs by more.
_SAME = 1e-5


def _weighted_sum(c: Context) -> Formula:
    below, weight, *bias = c.step.reads
    row, unit = c.index
    count = c.experiment.network.fan_in(c.layer)
    symbols, numbers = sum_of_products(c, count, lambda i: ((weight, (unit, i)), (below, (row, i))))
    symbols += tuple(rf"+\,{c.notation.latex(ref, (unit,))}" for ref in bias)
    numbers += tuple(rf"+\,{operand(c.latex(ref, (unit,)))}" for ref in bias)
    return Formula(symbols, numbers, left_out(count))


def _weight_gradient(c: Context) -> Formula:
    delta, below = c.step.reads
    out, into = c.index
    names = (c.notation.symbol(ref, (str(i + 1),), sample_letter(c)) for ref, i in ((delta, out), (below, into)))
    _, numbers = sum_of_products(c, c.batch, lambda row: ((delta, (row, out)), (below, (row, into))))
    samples = tuple(c.number(delta, (row, out)) * c.number(below, (row, into)) for row in range(c.batch))
    carried = (below, (c.sample, into))
    chain = _chain(c, c.latex(*carried), c.number(*carried))
    return Formula((over_batch(c) + r"\,".join(names),), numbers, left_out(c.batch), samples, chain)


def _bias_gradient(c: Context) -> Formula:
    (delta,) = c.step.reads
    (out,) = c.index
    name = c.notation.symbol(delta, (str(out + 1),), sample_letter(c))

    def term(row: int) -> str:
        return (operand if row else signed)(c.latex(delta, (row, out)))

    samples = tuple(c.number(delta, (row, out)) for row in range(c.batch))
    chain = _chain(c, "1", 1.0)
    numbers = sum_of_numbers(c, c.batch, term, samples.__getitem__)
    return Formula((over_batch(c) + name,), numbers, left_out(c.batch), samples, chain)


def _activation_gradient(c: Context) -> Formula:
    delta, weight = c.step.reads
    row, unit = c.index
    count = c.experiment.network.layers[refs.parse(delta).layer or 0].units
    symbols, numbers = sum_of_products(c, count, lambda i: ((delta, (row, i)), (weight, (i, unit))))
    return Formula(symbols, numbers, left_out(count))


FORMULAS: Mapping[StepKind, Callable[[Context], Formula]] = {
    StepKind.PRE_ACTIVATION: _weighted_sum,
    StepKind.ACTIVATION: activation_formulas.activation,
    StepKind.LOSS_TERM: loss_formulas.loss_term,
    StepKind.LOSS: loss_formulas.loss,
    StepKind.OUTPUT_GRADIENT: loss_formulas.output_gradient,
    StepKind.PRE_ACTIVATION_GRADIENT: activation_formulas.pre_activation_gradient,
    StepKind.ACTIVATION_WEIGHT_GRADIENT: activation_formulas.learned_gradient,
    StepKind.WEIGHT_GRADIENT: _weight_gradient,
    StepKind.BIAS_GRADIENT: _bias_gradient,
    StepKind.ACTIVATION_GRADIENT: _activation_gradient,
    StepKind.PENALTY: penalty_formulas.penalty_value,
    StepKind.TOTAL_LOSS: sum_of_reads,
    StepKind.PENALTY_GRADIENT: penalty_formulas.penalty_gradient,
    StepKind.GRADIENT_SUM: sum_of_reads,
    StepKind.ACCUMULATED_GRADIENT: sum_of_reads,
    StepKind.ZERO_GRAD: accumulation_formulas.zero_gradient,
    StepKind.GRADIENT_NORM: clipping_formulas.gradient_norm,
    StepKind.CLIP_COEFFICIENT: clipping_formulas.clip_coefficient,
    StepKind.CLIPPED_GRADIENT: clipping_formulas.clipped_gradient,
    StepKind.UPDATE_TERM: update_formula,
    StepKind.STATE_UPDATE: update_formula,
    StepKind.PARAMETER_UPDATE: update_formula,
    StepKind.SCHEDULE: schedule_formula,
}


def formula_of(c: Context) -> Formula:
    """The right sides of a step's equation."""
    return typed_formula(c) if c.step.node is not None else FORMULAS[c.step.kind](c)


def _chain(c: Context, last: str, last_value: float) -> tuple[Factor, ...]:
    """dL/da, da/dz and dz/dp of one sample; delta and dz/dp where an edit has parted delta from the rest."""
    layer, name = c.layer, c.notation
    element = (c.sample, c.unit)
    a, z = refs.activation(layer), refs.pre_activation(layer)
    upstream, delta = c.number(refs.grad(a), element), c.number(refs.grad(z), element)
    # Where the derivative is a matrix, there is no one slope that made delta.
    slope = math.nan if c.activation().couples_units else c.slope(c.sample)
    parameter = refs.parse(c.step.writes).base
    z_name = name.latex(z, element)
    step = Factor(partial(z_name, name.latex(parameter, c.index)), operand(last), last_value)
    product = upstream * slope
    if c.activation().couples_units or (
        not math.isclose(product, delta, rel_tol=_SAME) and not (math.isnan(product) and math.isnan(delta))
    ):
        return Factor(name.latex(refs.grad(z), element), operand(c.write(delta)), delta), step
    return (
        Factor(name.latex(refs.grad(a), element), operand(c.write(upstream)), upstream),
        Factor(partial(name.latex(a, element), z_name), operand(c.write(slope)), slope),
        step,
    )
