r"""The formula of one element, for each kind of micro-step: symbols and numbers, in fragments."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.explain.circuit.equations import typed_formula
from chainrule.explain.context import Context
from chainrule.explain.formulas import accumulation as accumulation_formulas
from chainrule.explain.formulas import activations as activation_formulas
from chainrule.explain.formulas import clipping as clipping_formulas
from chainrule.explain.formulas import losses as loss_formulas
from chainrule.explain.formulas import penalties as penalty_formulas
from chainrule.explain.formulas.rules import indexed_formula
from chainrule.explain.formulas.schedule import schedule_formula
from chainrule.explain.formulas.sums import sum_of_reads
from chainrule.explain.formulas.updates import update_formula
from chainrule.explain.names.notation import partial_latex
from chainrule.explain.writing.fragments import Factor, Formula
from chainrule.explain.writing.symbols import operand_latex

# Products of float32 numbers agree to about 1e-7; a value that was edited differs by more.
_SAME = 1e-5


def _indexed(c: Context) -> Formula:
    return indexed_formula(c, _chain)


FORMULAS: Mapping[StepKind, Callable[[Context], Formula]] = {
    StepKind.PRE_ACTIVATION: _indexed,
    StepKind.ACTIVATION: activation_formulas.activation,
    StepKind.LOSS_TERM: loss_formulas.loss_term,
    StepKind.LOSS: loss_formulas.loss,
    StepKind.OUTPUT_GRADIENT: loss_formulas.output_gradient,
    StepKind.PRE_ACTIVATION_GRADIENT: activation_formulas.pre_activation_gradient,
    StepKind.ACTIVATION_WEIGHT_GRADIENT: activation_formulas.learned_gradient,
    StepKind.WEIGHT_GRADIENT: _indexed,
    StepKind.BIAS_GRADIENT: _indexed,
    StepKind.ACTIVATION_GRADIENT: _indexed,
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
    """Return the right sides of a step's equation."""
    return typed_formula(c) if c.step.node is not None else FORMULAS[c.step.kind](c)


def _chain(c: Context, last: str, last_value: float) -> tuple[Factor, ...]:
    """Return dL/da, da/dz and dz/dp of one sample; delta and dz/dp where an edit has parted delta from the rest."""
    layer, name = c.layer, c.notation
    element = (c.sample, c.unit)
    a, z = refs.activation(layer), refs.pre_activation(layer)
    upstream, delta = c.number(refs.grad(a), element), c.number(refs.grad(z), element)
    # Where the derivative is a matrix, there is no one slope that made delta.
    slope = math.nan if c.activation().couples_units else c.slope(c.sample)
    parameter = c.writes.owner.ref
    z_name = name.latex(z, element)
    step = Factor(partial_latex(z_name, name.latex(parameter, c.index)), operand_latex(last), last_value)
    product = upstream * slope
    if c.activation().couples_units or (
        not math.isclose(product, delta, rel_tol=_SAME) and not (math.isnan(product) and math.isnan(delta))
    ):
        return Factor(name.latex(refs.grad(z), element), operand_latex(c.write(delta)), delta), step
    return (
        Factor(name.latex(refs.grad(a), element), operand_latex(c.write(upstream)), upstream),
        Factor(partial_latex(name.latex(a, element), z_name), operand_latex(c.write(slope)), slope),
        step,
    )
