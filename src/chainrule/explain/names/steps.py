"""What steps are called: short marks on the timeline, and the headings of the stage."""

from __future__ import annotations

from chainrule.catalog.losses import LOSS_TERMS
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import Axis, Role, Value
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.circuit.names import mark_of, title_of
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.phases import phase_title
from chainrule.explain.names.schedule import schedule_mark, schedule_title
from chainrule.explain.names.vocabulary import ACTIVATION, OUTPUT, PRE_ACTIVATION
from chainrule.explain.writing.numbers import subscript, superscript
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.translation import gettext, gettext_noop

_MARKS = {
    StepKind.PRE_ACTIVATION: "z{layer}",
    StepKind.ACTIVATION: "a{layer}",
    StepKind.LOSS_TERM: "{letter}",
    StepKind.LOSS: "{loss}",
    StepKind.OUTPUT_GRADIENT: "∂ŷ",
    StepKind.PRE_ACTIVATION_GRADIENT: "δ{layer}",
    StepKind.WEIGHT_GRADIENT: "{letter}{parameter}{layer}",
    StepKind.BIAS_GRADIENT: "{letter}{parameter}{layer}",
    StepKind.ACTIVATION_WEIGHT_GRADIENT: "{letter}{parameter}{layer}",
    StepKind.ACTIVATION_GRADIENT: "∂a{layer}",
    StepKind.PENALTY: "{loss}",
    StepKind.TOTAL_LOSS: "{loss}",
    StepKind.PENALTY_GRADIENT: "{letter}{parameter}{layer}",
    StepKind.GRADIENT_SUM: "{letter}{parameter}{layer}",
    StepKind.ACCUMULATED_GRADIENT: "{letter}{parameter}{layer}",
    StepKind.ZERO_GRAD: "0→{letter}{parameter}{layer}",
    StepKind.GRADIENT_NORM: "‖g‖",
    StepKind.CLIP_COEFFICIENT: "c",
    StepKind.CLIPPED_GRADIENT: "{letter}{parameter}{layer}",
    StepKind.UPDATE_TERM: "{letter}{parameter}{layer}",
    StepKind.STATE_UPDATE: "{letter}{parameter}{layer}",
    StepKind.PARAMETER_UPDATE: "{parameter}{layer}",
}
STEP_TITLES = {
    StepKind.PRE_ACTIVATION: f"layer {{layer}} · {PRE_ACTIVATION.name} {PRE_ACTIVATION.letter}",
    StepKind.ACTIVATION: f"layer {{layer}} · {ACTIVATION.name} {ACTIVATION.letter}",
    StepKind.LOSS_TERM: gettext_noop("{term}"),
    StepKind.LOSS: gettext_noop("{what_loss}"),
    StepKind.OUTPUT_GRADIENT: gettext_noop("loss · gradient of the outputs"),
    StepKind.PRE_ACTIVATION_GRADIENT: gettext_noop("layer {layer} · gradient of z (δ)"),
    StepKind.WEIGHT_GRADIENT: gettext_noop("layer {layer} · gradient of the {parameters}"),
    StepKind.BIAS_GRADIENT: gettext_noop("layer {layer} · gradient of the {parameters}"),
    StepKind.ACTIVATION_WEIGHT_GRADIENT: gettext_noop("layer {layer} · gradient of the {parameters}"),
    StepKind.ACTIVATION_GRADIENT: gettext_noop("layer {layer} · gradient of the activations"),
    StepKind.PENALTY: gettext_noop("{penalty} penalty"),
    StepKind.TOTAL_LOSS: gettext_noop("loss with the penalties"),
    StepKind.PENALTY_GRADIENT: gettext_noop("layer {layer} · gradient of the {penalty} penalty by the {parameters}"),
    StepKind.GRADIENT_SUM: gettext_noop("layer {layer} · gradient of the {parameters}, with the penalties"),
    StepKind.ACCUMULATED_GRADIENT: gettext_noop("layer {layer} · {state} of the {parameters}"),
    StepKind.ZERO_GRAD: gettext_noop("layer {layer} · zero_grad of the {parameters}"),
    StepKind.GRADIENT_NORM: gettext_noop("norm of all gradients together"),
    StepKind.CLIP_COEFFICIENT: gettext_noop("share of the gradients that is kept"),
    StepKind.CLIPPED_GRADIENT: gettext_noop("layer {layer} · {state} of the {parameters}"),
    StepKind.UPDATE_TERM: gettext_noop("layer {layer} · {state} of the {parameters}"),
    StepKind.STATE_UPDATE: gettext_noop("layer {layer} · {state} of the {parameters}"),
    StepKind.PARAMETER_UPDATE: gettext_noop("layer {layer} · new {parameters}"),
}
# Of a parameter of a formula.
_TITLES_OF_NAMES = {
    StepKind.CLIPPED_GRADIENT: gettext_noop("{state} of {name}"),
    StepKind.UPDATE_TERM: gettext_noop("{state} of {name}"),
    StepKind.STATE_UPDATE: gettext_noop("{state} of {name}"),
    StepKind.PARAMETER_UPDATE: gettext_noop("new {name}"),
}
_WHAT_LOSS = gettext_noop("how far the outputs are from the targets")


def step_mark(notation: Notation, step: MicroStep) -> str:
    """Return a short label of a step for the timeline: z¹, ŷ, ∂W², δ¹, vW²."""
    if step.node is not None:
        return mark_of(notation.network.formula, step.node)
    value = notation.value(step.writes)
    if step.kind is StepKind.ACTIVATION and notation.is_output(value):
        return "ŷ"
    if step.kind is StepKind.ACTIVATION_GRADIENT and value.layer is None:
        return "∂x"
    if step.kind is StepKind.SCHEDULE:
        own = value.layer if value.group is None else value.group
        number = "" if own is None else superscript(own + 1)
        return f"{schedule_mark(value)}{'' if value.group is None else 'ᵍ'}{number}"
    return _MARKS[step.kind].format(
        layer=_layer_mark(notation, value),
        parameter=_parameter_mark(notation, value),
        letter=notation.letter(step.writes),
        loss=notation.loss_letter(step.writes),
    )


def mark_index(notation: Notation, step: MicroStep) -> str:
    """Return the end of a step's mark that is set below the line, as the equation has it: W² of vW². Mostly empty."""
    called = None if step.node is not None else notation.value(step.writes).called
    if called is None or called.prefix or not called.letter or "{letter}{parameter}" not in _MARKS.get(step.kind, ""):
        return ""
    value = notation.value(step.writes)
    return _parameter_mark(notation, value) + _layer_mark(notation, value)


def _layer_mark(notation: Notation, value: Value) -> str:
    """Return the number of a value's layer; none in a network of one."""
    if notation.last <= 0:
        return ""
    number = (value.layer or 0) + 1
    return subscript(number) if notation.is_numbered else superscript(number)


def _parameter_mark(notation: Notation, value: Value) -> str:
    """Return the letter of the parameter that a value belongs to: of weights a capital one, where there are several."""
    letter = latex_to_text(notation.base_letter(value))
    several = not (notation.is_numbered or notation.is_single_neuron)
    return letter.upper() if several and Axis.SOURCE in value.owner.axes else letter


def step_title(notation: Notation, step: MicroStep) -> str:
    """Return the stage's heading: `Backward · layer 1 · gradient of the weights`."""
    return f"{phase_title(step.phase)} · {_title(notation, step)}"


def _title(notation: Notation, step: MicroStep) -> str:
    if step.node is not None:
        return title_of(notation.network.formula, step.node)
    value = notation.value(step.writes)
    if step.kind is StepKind.ACTIVATION_GRADIENT and value.layer is None:
        return gettext("gradient of the input")
    if step.kind is StepKind.SCHEDULE:
        return schedule_title(value)
    if step.kind is StepKind.ACTIVATION and notation.is_output(value):
        return gettext(
            "layer {number} · {name} {letter}", number=notation.last + 1, name=OUTPUT.name, letter=OUTPUT.letter
        )
    is_name = bool(notation.network.formula) and value.is_of_parameter
    text = gettext((_TITLES_OF_NAMES if is_name else STEP_TITLES)[step.kind]).format(
        layer=(value.layer or 0) + 1,
        # A scalar that the optimizer keeps is for all elements of its parameter.
        parameters=notation.parameters(value.owner.ref) if value.is_of_parameter else "",
        name=latex_to_text(notation.base_letter(value)),
        term=LOSS_TERMS[value.name].title if value.role is Role.LOSS_TERM else "",
        what_loss=gettext(_WHAT_LOSS) if len(step.reads) > 1 else gettext("the outputs in one number"),
        state=value.called.words if value.called else "",
        penalty=notation.penalty_name(value),
    )
    return gettext("{words}, of the data alone", words=text) if notation.is_of_data(value) else text
