r"""The formula of a whole tensor, for each kind of micro-step: Z^{(1)} = X W^{(1)\top} + b^{(1)}."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.layers import activation_entry
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.circuit.names import step_latex
from chainrule.explain.formulas.accumulation import zero_tensor
from chainrule.explain.formulas.activation_names import function_latex, has_cases
from chainrule.explain.formulas.clipping import clipping_tensor, norm_tensor
from chainrule.explain.formulas.loss_tensors import loss_tensor, loss_term_tensor, output_gradient_tensor
from chainrule.explain.formulas.penalties import penalty_tensor
from chainrule.explain.formulas.rules import indexed_tensor
from chainrule.explain.formulas.schedule import schedule_right_side
from chainrule.explain.formulas.sums import sum_tensor
from chainrule.explain.formulas.updates import update_tensor
from chainrule.explain.names.notation import Notation, partial_latex
from chainrule.explain.writing.formula_latex import as_factor, of_symbols
from chainrule.explain.writing.symbols import argument_symbols, tidy
from chainrule.formula.tree import ONE

DOT, CIRCLED = r"\cdot", r"\odot"
RightSide = Callable[[Experiment, Notation, MicroStep], str]


def explain_step(experiment: Experiment, program: Program, step: MicroStep) -> str:
    """Return LaTeX of all that a step computes at once, in symbols only."""
    if step.node is not None:
        return step_latex(experiment.network.formula, step.node)
    notation = Notation.of(experiment)
    left = notation.tensor_latex(step.writes)
    return tidy(f"{left} = {_RIGHT_SIDES[step.kind](experiment, notation, step)}")


def _activation(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    return rf"{_function(experiment, notation, step)}({notation.tensor_latex(step.reads[0])})"


def _pre_activation_gradient(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    upstream, z = (notation.tensor_latex(ref) for ref in step.reads[:2])
    if activation_entry(experiment.network, _layer(notation, step)).couples_units:
        # A matrix for each sample.
        grad, z_n, a_n = (notation.tensor_latex(ref, sample="n") for ref in step.reads[:3])
        return rf"{partial_latex(a_n, z_n)}^\top\,{grad}"
    return rf"{upstream} \odot {_function(experiment, notation, step)}'({z})"


def _learned_gradient(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    value, layer = notation.value(step.writes), _layer(notation, step)
    spec, vector = experiment.network.layers[layer], value.learned
    assert vector is not None
    entry, upstream = activation_entry(experiment.network, layer), notation.tensor_latex(step.reads[0], sample="n")
    tree = entry.learned_slope(vector, spec.activation)
    if tree == ONE:
        return rf"\sum_{{n}}{upstream}"
    if has_cases(tree):
        a = notation.tensor_latex(refs.activation(layer), sample="n")
        slope = partial_latex(a, notation.tensor_latex(value.owner.ref))
    else:
        names = {"z": notation.tensor_latex(refs.pre_activation(layer), sample="n")}
        names |= {each.name: notation.tensor_latex(refs.learned(layer, each.name)) for each in entry.learned}
        slope = as_factor(tree, of_symbols(argument_symbols(entry.arguments) | names))
    return rf"\sum_{{n}}{upstream} {DOT if spec.learned[vector.name] == 1 else CIRCLED} {slope}"


_RIGHT_SIDES: Mapping[StepKind, RightSide] = {
    StepKind.PRE_ACTIVATION: indexed_tensor,
    StepKind.ACTIVATION: _activation,
    StepKind.LOSS_TERM: loss_term_tensor,
    StepKind.LOSS: loss_tensor,
    StepKind.OUTPUT_GRADIENT: output_gradient_tensor,
    StepKind.PRE_ACTIVATION_GRADIENT: _pre_activation_gradient,
    StepKind.WEIGHT_GRADIENT: indexed_tensor,
    StepKind.BIAS_GRADIENT: indexed_tensor,
    StepKind.ACTIVATION_WEIGHT_GRADIENT: _learned_gradient,
    StepKind.ACTIVATION_GRADIENT: indexed_tensor,
    StepKind.PENALTY: penalty_tensor,
    StepKind.TOTAL_LOSS: sum_tensor,
    StepKind.PENALTY_GRADIENT: penalty_tensor,
    StepKind.GRADIENT_SUM: sum_tensor,
    StepKind.ACCUMULATED_GRADIENT: sum_tensor,
    StepKind.ZERO_GRAD: zero_tensor,
    StepKind.GRADIENT_NORM: norm_tensor,
    StepKind.CLIP_COEFFICIENT: clipping_tensor,
    StepKind.CLIPPED_GRADIENT: clipping_tensor,
    StepKind.UPDATE_TERM: update_tensor,
    StepKind.STATE_UPDATE: update_tensor,
    StepKind.PARAMETER_UPDATE: update_tensor,
    StepKind.SCHEDULE: schedule_right_side,
}


def _function(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    return function_latex(activation_entry(experiment.network, _layer(notation, step)))


def _layer(notation: Notation, step: MicroStep) -> int:
    layer = notation.value(step.writes).layer
    assert layer is not None
    return layer
