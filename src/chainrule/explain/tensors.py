r"""The formula of a whole tensor, for each kind of micro-step: Z^{(1)} = X W^{(1)\top} + b^{(1)}."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.catalog import refs
from chainrule.catalog.spec import Experiment
from chainrule.catalog.step_kinds import StepKind
from chainrule.engine.program import Program
from chainrule.engine.steps import MicroStep
from chainrule.explain.accumulation_formulas import added_tensor, zero_tensor
from chainrule.explain.circuit.names import step_latex
from chainrule.explain.clipping_formulas import clipping_tensor, norm_tensor
from chainrule.explain.loss_tensors import loss_tensor, loss_term_tensor, output_gradient_tensor
from chainrule.explain.notation import Notation, partial
from chainrule.explain.penalty_formulas import penalty_tensor, sum_tensor
from chainrule.explain.schedule_formulas import schedule_right_side
from chainrule.explain.templates import tidy
from chainrule.explain.update_formulas import update_tensor

DOT, CIRCLED = r"\cdot", r"\odot"
RightSide = Callable[[Experiment, Notation, MicroStep], str]


def explain_step(experiment: Experiment, program: Program, step: MicroStep) -> str:
    """LaTeX of all that a step computes at once, in symbols only."""
    if step.rule is not None:
        return step_latex(experiment.network.formula, step.rule)
    notation = Notation.of(experiment)
    left = notation.tensor_latex(step.writes)
    return tidy(f"{left} = {_RIGHT_SIDES[step.kind](experiment, notation, step)}")


def _pre_activation(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    below, weight, *bias = (notation.tensor_latex(ref) for ref in step.reads)
    return " + ".join([f"{below}\\,{_transposed(weight)}", *bias])


def _activation(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    return rf"\mathrm{{{_name(experiment, step)}}}({notation.tensor_latex(step.reads[0])})"


def _pre_activation_gradient(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    upstream, z = (notation.tensor_latex(ref) for ref in step.reads[:2])
    if step.couples_units:
        # A matrix for each sample.
        grad, z_n, a_n = (notation.tensor_latex(ref, sample="n") for ref in step.reads[:3])
        return rf"{partial(a_n, z_n)}^\top\,{grad}"
    return rf"{upstream} \odot \mathrm{{{_name(experiment, step)}}}'({z})"


def _activation_weight_gradient(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    upstream, z = (notation.tensor_latex(ref, sample="n") for ref in step.reads)
    shared = experiment.network.layers[refs.parse(step.writes).layer or 0].slopes == 1
    return rf"\sum_{{n}}{upstream} {DOT if shared else CIRCLED} \min(0,\,{z})"


def _weight_gradient(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    delta, below = (notation.tensor_latex(ref) for ref in step.reads)
    return rf"{_transposed(delta)}\,{below}"


def _bias_gradient(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    return rf"\sum_{{n}}{notation.tensor_latex(step.reads[0], sample='n')}"


def _activation_gradient(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    return r"\,".join(notation.tensor_latex(ref) for ref in step.reads)


_RIGHT_SIDES: Mapping[StepKind, RightSide] = {
    StepKind.PRE_ACTIVATION: _pre_activation,
    StepKind.ACTIVATION: _activation,
    StepKind.LOSS_TERM: loss_term_tensor,
    StepKind.LOSS: loss_tensor,
    StepKind.OUTPUT_GRADIENT: output_gradient_tensor,
    StepKind.PRE_ACTIVATION_GRADIENT: _pre_activation_gradient,
    StepKind.WEIGHT_GRADIENT: _weight_gradient,
    StepKind.BIAS_GRADIENT: _bias_gradient,
    StepKind.ACTIVATION_WEIGHT_GRADIENT: _activation_weight_gradient,
    StepKind.ACTIVATION_GRADIENT: _activation_gradient,
    StepKind.PENALTY: penalty_tensor,
    StepKind.TOTAL_LOSS: sum_tensor,
    StepKind.PENALTY_GRADIENT: penalty_tensor,
    StepKind.GRADIENT_SUM: sum_tensor,
    StepKind.ACCUMULATED_GRADIENT: added_tensor,
    StepKind.ZERO_GRAD: zero_tensor,
    StepKind.GRADIENT_NORM: norm_tensor,
    StepKind.CLIP_COEFFICIENT: clipping_tensor,
    StepKind.CLIPPED_GRADIENT: clipping_tensor,
    StepKind.UPDATE_TERM: update_tensor,
    StepKind.STATE_UPDATE: update_tensor,
    StepKind.PARAMETER_UPDATE: update_tensor,
    StepKind.SCHEDULE: schedule_right_side,
}


def _name(experiment: Experiment, step: MicroStep) -> str:
    return experiment.network.layers[refs.parse(step.writes).layer or 0].activation.name


def _transposed(tensor: str) -> str:
    r"""The tensor with \top among its superscripts."""
    head, mark, rest = tensor.partition("^{")
    if mark:
        above, _, tail = rest.partition("}")
        return rf"{head}^{{{above}\top}}{tail}"
    head, mark, below = tensor.partition("_")
    return rf"{head}^\top{mark}{below}"
