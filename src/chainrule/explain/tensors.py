r"""The formula of a whole tensor, for each kind of micro-step: Z^{(1)} = X W^{(1)\top} + b^{(1)}."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.catalog import refs
from chainrule.catalog.spec import Experiment
from chainrule.catalog.step_kinds import StepKind
from chainrule.catalog.tables import lookup
from chainrule.catalog.targets import has_classes
from chainrule.engine.loss_steps import (
    SOFTMAX,
    TARGET_PROBABILITIES,
    CrossEntropy,
    ElementwiseLoss,
    NegativeLogLikelihood,
)
from chainrule.engine.losses import LOSSES
from chainrule.engine.program import Program
from chainrule.engine.steps import MicroStep
from chainrule.explain.accumulation_formulas import added_tensor, zero_tensor
from chainrule.explain.circuit.names import step_latex
from chainrule.explain.clipping_formulas import clipping_tensor, norm_tensor
from chainrule.explain.formula_latex import as_factor, general, in_latex, of_symbols
from chainrule.explain.notation import Notation, partial
from chainrule.explain.penalty_formulas import penalty_tensor, sum_tensor
from chainrule.explain.schedule_formulas import schedule_right_side
from chainrule.explain.templates import argument_symbols, tidy
from chainrule.explain.update_formulas import update_tensor
from chainrule.formula.cases import branches
from chainrule.formula.parse import read

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


def _loss_term(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    tensor = notation.tensor_latex(step.reads[0])
    if step.writes != TARGET_PROBABILITIES:
        name = "softmax" if step.writes == SOFTMAX else "LogSoftmax"
        return rf"\mathrm{{{name}}}({tensor})"
    tensor = rf"\mathrm{{OneHot}}({tensor})" if has_classes(experiment) else tensor
    if not experiment.loss.number("label_smoothing"):
        return tensor
    return rf"(1-\epsilon)\cdot {tensor}+\frac{{\epsilon}}{{K}}"


def _loss(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    entry, outputs = lookup(LOSSES, experiment.loss.name), experiment.network.outputs
    sums = r"\sum_{n}" + (r"\sum_{k}" if outputs > 1 else "")
    if isinstance(entry, ElementwiseLoss):
        names = {k: notation.symbol(ref, ("k",), "n") for k, ref in zip("ot", step.reads, strict=False)}
        names |= argument_symbols(entry.arguments)
        return _reduction(experiment) + sums + general(read(entry.formula), of_symbols(names))
    if isinstance(entry, NegativeLogLikelihood):
        label = rf"{notation.symbol(step.reads[1], ('k',), 'n')}+1"
        return rf"-{_reduction(experiment)}\sum_{{n}}{notation.symbol(step.reads[0], (label,), 'n')}"
    log_p, q = (notation.symbol(ref, ("k",), "n") for ref in step.reads)
    return rf"-{_reduction(experiment)}{sums}{q}\,{log_p}"


def _output_gradient(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    entry, front = lookup(LOSSES, experiment.loss.name), _reduction(experiment).removesuffix(r"\,")
    tensors = [notation.tensor_latex(ref) for ref in step.reads]
    times = rf"{front}\cdot " if front else ""
    if isinstance(entry, NegativeLogLikelihood):
        return rf"-{times}\mathrm{{OneHot}}({tensors[1]})"
    if isinstance(entry, CrossEntropy):
        return rf"{times}({tensors[0]}-{tensors[1]})" if times else f"{tensors[0]}-{tensors[1]}"
    assert isinstance(entry, ElementwiseLoss)
    tree = read(entry.slope)
    if len(branches(tree)) > 1:
        return rf"{times}\mathrm{{{entry.name}}}'({','.join(tensors)})"
    names = dict(zip("ot", tensors, strict=False)) | argument_symbols(entry.arguments)
    leaf = of_symbols(names)
    return times + as_factor(tree, leaf) if times else in_latex(tree, leaf)


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
    StepKind.LOSS_TERM: _loss_term,
    StepKind.LOSS: _loss,
    StepKind.OUTPUT_GRADIENT: _output_gradient,
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


def _reduction(experiment: Experiment) -> str:
    """One over what the loss divides by: N samples, K outputs."""
    reduction, outputs = str(experiment.loss["reduction"]), experiment.network.outputs
    # Asked of the engine's own rule with numbers that give the letters away: 2 samples, 3 outputs.
    letters = {1: "", 2: "N", 3: "K", 6: "NK"}[lookup(LOSSES, experiment.loss.name).divisor(reduction, 2, 3)]
    letters = letters.replace("K", "") if outputs == 1 else letters
    return rf"\frac{{1}}{{{letters}}}\," if letters else ""
