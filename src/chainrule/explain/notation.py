r"""Names of values, in LaTeX and in plain text: z, a, w, b, their gradients, and their places in the network.

Layers and units are numbered from 1. An index is left out where there is one unit, the layer's number where
there is one layer; where every layer has one unit, the layer's number takes the index's place: z_1, w_1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from chainrule.catalog import refs
from chainrule.catalog.extent import Extent
from chainrule.catalog.losses import LOSS_TERMS
from chainrule.catalog.optimizers import Kept
from chainrule.catalog.refs import RefParts, ValueRef
from chainrule.catalog.spec import Experiment, NetworkSpec
from chainrule.catalog.step_kinds import StepKind
from chainrule.catalog.targets import has_classes
from chainrule.catalog.values import Value, parameters_of
from chainrule.engine.steps import MicroStep
from chainrule.explain.circuit.names import mark_of, names_of, title_of
from chainrule.explain.optimizer_names import KeptNames, state_names
from chainrule.explain.plain import to_text
from chainrule.explain.schedule_names import schedule_mark, schedule_title, scheduler_symbol
from chainrule.explain.symbols import partial as partial  # noqa: PLC0414 - beside the names that it is of
from chainrule.explain.vocabulary import ACTIVATION, OUTPUT, PRE_ACTIVATION

_LETTERS = {"input": "x", "target": "t", "loss": "L", "lr": r"\eta", "momentum": r"\mu", "beta1": r"\beta_1",
            "iteration": "i", "grad_norm": r"\lVert g\rVert", "clip_coef": "c", "scheduler": "",
            "pre_activation": "z", "activation": "a", "weight": "w", "bias": "b"}  # fmt: skip
_TENSORS = {"input": "X", "target": "T", "pre_activation": "Z", "activation": "A", "weight": "W",
            "bias": r"\mathbf{b}"}  # fmt: skip
# What the cross entropy computes on its way, and its whole tensor: p, its logarithm, and what the target gives to q.
_MARKS = {
    StepKind.PRE_ACTIVATION: "z{layer}",
    StepKind.ACTIVATION: "a{layer}",
    StepKind.LOSS_TERM: "{term}",
    StepKind.LOSS: "L",
    StepKind.OUTPUT_GRADIENT: "∂ŷ",
    StepKind.PRE_ACTIVATION_GRADIENT: "δ{layer}",
    StepKind.WEIGHT_GRADIENT: "∂{weight}{layer}",
    StepKind.BIAS_GRADIENT: "∂b{layer}",
    StepKind.ACTIVATION_WEIGHT_GRADIENT: "∂{parameter}{layer}",
    StepKind.ACTIVATION_GRADIENT: "∂a{layer}",
    StepKind.PENALTY: "R{penalty}",
    StepKind.TOTAL_LOSS: "L",
    StepKind.PENALTY_GRADIENT: "∂R{penalty}{parameter}{layer}",
    StepKind.GRADIENT_SUM: "∂{parameter}{layer}",
    StepKind.ACCUMULATED_GRADIENT: "Gᵃˡˡ{parameter}{layer}",
    StepKind.ZERO_GRAD: "0→G{parameter}{layer}",
    StepKind.GRADIENT_NORM: "‖g‖",
    StepKind.CLIP_COEFFICIENT: "c",
    StepKind.CLIPPED_GRADIENT: "{state}{parameter}{layer}",
    StepKind.UPDATE_TERM: "{state}{parameter}{layer}",
    StepKind.STATE_UPDATE: "{state}{parameter}{layer}",
    StepKind.PARAMETER_UPDATE: "{parameter}{layer}",
}
_TITLES = {
    StepKind.PRE_ACTIVATION: f"layer {{layer}} · {PRE_ACTIVATION.name} {PRE_ACTIVATION.letter}",
    StepKind.ACTIVATION: f"layer {{layer}} · {ACTIVATION.name} {ACTIVATION.letter}",
    StepKind.LOSS_TERM: "{term_name}",
    StepKind.LOSS: "{what_loss}",
    StepKind.OUTPUT_GRADIENT: "loss · gradient of the outputs",
    StepKind.PRE_ACTIVATION_GRADIENT: "layer {layer} · gradient of z (δ)",
    StepKind.WEIGHT_GRADIENT: "layer {layer} · gradient of the {parameters}",
    StepKind.BIAS_GRADIENT: "layer {layer} · gradient of the {parameters}",
    StepKind.ACTIVATION_WEIGHT_GRADIENT: "layer {layer} · gradient of the {parameters}",
    StepKind.ACTIVATION_GRADIENT: "layer {layer} · gradient of the activations",
    StepKind.PENALTY: "{penalty} penalty",
    StepKind.TOTAL_LOSS: "loss with the penalties",
    StepKind.PENALTY_GRADIENT: "layer {layer} · gradient of the {penalty} penalty by the {parameters}",
    StepKind.GRADIENT_SUM: "layer {layer} · gradient of the {parameters}, with the penalties",
    StepKind.ACCUMULATED_GRADIENT: "layer {layer} · {state_name} of the {parameters}",
    StepKind.ZERO_GRAD: "layer {layer} · zero_grad of the {parameters}",
    StepKind.GRADIENT_NORM: "norm of all gradients together",
    StepKind.CLIP_COEFFICIENT: "share of the gradients that is kept",
    StepKind.CLIPPED_GRADIENT: "layer {layer} · {state_name} of the {parameters}",
    StepKind.UPDATE_TERM: "layer {layer} · {state_name} of the {parameters}",
    StepKind.STATE_UPDATE: "layer {layer} · {state_name} of the {parameters}",
    StepKind.PARAMETER_UPDATE: "layer {layer} · new {parameters}",
}
# Of a parameter of a formula.
_TITLES_OF_NAMES = {
    StepKind.CLIPPED_GRADIENT: "{state_name} of {name}",
    StepKind.UPDATE_TERM: "{state_name} of {name}",
    StepKind.STATE_UPDATE: "{state_name} of {name}",
    StepKind.PARAMETER_UPDATE: "new {name}",
}
_WHAT_LOSS = "how far the outputs are from the targets"
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
NEW = r"\text{new}"


class Notation:
    """How the values of one network are called; with `classes` a target is one number a sample, whatever K is.

    `kept` are the names of what the optimizer keeps and computes.
    """

    def __init__(
        self,
        network: NetworkSpec,
        *,
        classes: bool = False,
        penalties: Sequence[str] = (),
        kept: KeptNames | None = None,
    ) -> None:
        self.network, self.kept = network, kept or KeptNames()
        self._penalties = penalties
        self._targets = 1 if classes else network.outputs
        self._last = len(network.layers) - 1
        one_wide = network.inputs == 1 and all(layer.units == 1 for layer in network.layers)
        # What the values of a formula are called, which has no layers.
        self._names = names_of(network.formula) if network.formula else {}
        self._single_neuron = one_wide and not self._last
        self._numbered = one_wide and self._last > 0

    @classmethod
    def of(cls, experiment: Experiment) -> Notation:
        """How the values of an experiment are called."""
        names = [penalty.choice.name for penalty in experiment.penalties]
        return cls(experiment.network, classes=has_classes(experiment), penalties=names, kept=KeptNames(experiment))

    def latex(self, ref: ValueRef, index: Sequence[int] = ()) -> str:
        """LaTeX of one element; in (batch, unit) the row does not appear."""
        return self.symbol(ref, self.labels(ref, index))

    def text(self, ref: ValueRef, index: Sequence[int] = ()) -> str:
        """Plain text of one element, as short as on the stage: `∂L/∂w₁₂⁽¹⁾`."""
        return to_text(self.latex(ref, index))

    def labels(self, ref: ValueRef, index: Sequence[int]) -> tuple[str, ...]:
        """An element's indices as they are written: its units from 1, without the row in the batch."""
        parts = refs.parse(ref)
        count = len(self._sizes(parts))
        shown = index[:count] if self.kept.extent(parts) is Extent.ROWS else index[-count:]
        return tuple(str(i + 1) for i in shown) if count else ()

    def sizes(self, ref: ValueRef) -> tuple[int, ...]:
        """How many elements a value has along each index that is written."""
        return self._sizes(refs.parse(ref))

    def symbol(self, ref: ValueRef, labels: Sequence[str], sample: str = "") -> str:
        """LaTeX of a value with indices of any kind ("1", "k"); `sample` is "n" in a sum over the batch."""
        if ref in self._names:
            return self._names[ref]
        parts = refs.parse(ref)
        kept = [label for label, size in zip(labels, self._sizes(parts), strict=True) if size > 1]
        if self._numbered and parts.layer is not None and not self._is_output(parts):
            kept = [str(parts.layer + 1)]
        below = ("" if all(len(label) == 1 for label in kept) else ",").join(kept)
        below = f"{below},{sample}" if below and sample else below + sample
        return self._decorated(parts, self._base(parts), below, r"\delta")

    def tensor_latex(self, ref: ValueRef, sample: str = "") -> str:
        """LaTeX of a whole tensor, or of its row `sample`, in a capital letter; biases are bold."""
        if ref in self._names:
            return self._names[ref]
        parts = refs.parse(ref)
        numbered = self._numbered and parts.layer is not None and not self._is_output(parts)
        below = str((parts.layer or 0) + 1) if numbered else ""
        below = f"{below},{sample}" if below and sample else below + sample
        letter = _TENSORS.get(parts.name) or self._base(parts)
        letter = rf"\boldsymbol{{{letter}}}" if parts.learned else letter
        return self._decorated(parts, letter, below, r"\Delta")

    def neuron(self, layer: int, unit: int) -> str:
        """Plain text of a neuron: x₂, h₁, ŷ, h₁⁽²⁾ with several hidden layers; layer -1 is the input."""
        width = self.network.inputs if layer < 0 else self.network.layers[layer].units
        below = str(unit + 1).translate(_SUBSCRIPTS) if width > 1 else ""
        if layer < 0 or layer == self._last:
            return ("x" if layer < 0 else "ŷ") + below
        number = str(layer + 1)
        if self._last == 1:
            return f"h{below}"
        if self._numbered:
            return f"h{number.translate(_SUBSCRIPTS)}"
        return f"h{below}⁽{number.translate(_SUPERSCRIPTS)}⁾"

    def mark(self, step: MicroStep) -> str:
        """A short label of a step for the timeline: z¹, ŷ, ∂W², δ¹, vW²."""
        if step.node is not None:
            return mark_of(self.network.formula, step.node)
        parts = refs.parse(step.writes)
        if step.kind is StepKind.ACTIVATION and self._is_output(parts):
            return "ŷ"
        if step.kind is StepKind.ACTIVATION_GRADIENT and parts.layer is None:
            return "∂x"
        if step.kind is StepKind.SCHEDULE:
            own = parts.layer if parts.group is None else parts.group
            number = "" if own is None else str(own + 1).translate(_SUPERSCRIPTS)
            return f"{schedule_mark(parts)}{'' if parts.group is None else 'ᵍ'}{number}"
        weight = "w" if self._numbered or self._single_neuron else "W"
        number = str((parts.layer or 0) + 1) if self._last > 0 else ""
        mark, penalty = _MARKS[step.kind], self._penalty_number(parts).translate(_SUBSCRIPTS)
        if parts.suffixes[-1:] == ("data",):
            # Of the data alone: another mark has the sum with the penalties.
            mark = mark.replace("∂", "∂ᴰ") if "∂" in mark else f"{mark}ᴰ"
        return mark.format(
            layer=number.translate(_SUBSCRIPTS if self._numbered else _SUPERSCRIPTS),
            weight=weight,
            parameter={"weight": weight, "bias": "b"}.get(parts.name, to_text(self._base(parts))),
            state=self.letter(step.writes),
            penalty=penalty,
            term=to_text(LOSS_TERMS[parts.suffixes[0]].letters[0]) if _is_loss_term(parts) else "",
        )

    def title(self, step: MicroStep) -> str:
        """The stage's heading: `Backward · layer 1 · gradient of the weights`."""
        if step.node is not None:
            return f"{step.phase.value.capitalize()} · {title_of(self.network.formula, step.node)}"
        parts = refs.parse(step.writes)
        if step.kind is StepKind.ACTIVATION_GRADIENT and parts.layer is None:
            return f"{step.phase.value.capitalize()} · gradient of the input"
        if step.kind is StepKind.SCHEDULE:
            return f"{step.phase.value.capitalize()} · {schedule_title(step.writes)}"
        if step.kind is StepKind.ACTIVATION and self._is_output(parts):
            return f"{step.phase.value.capitalize()} · layer {self._last + 1} · {OUTPUT.name} {OUTPUT.letter}"
        # A scalar that the optimizer keeps is for all elements of its parameter.
        sizes = self._sizes(refs.parse(parts.base))
        several = sum(sizes) > len(sizes)
        titles = _TITLES if parts.layer is not None or parts.base not in self._names else _TITLES_OF_NAMES
        text = titles[step.kind].format(
            layer=(parts.layer or 0) + 1,
            parameters=self.parameters(parts.base, several=several),
            name=to_text(self._base(parts)),
            term_name=LOSS_TERMS[parts.suffixes[0]].title if _is_loss_term(parts) else "",
            what_loss=_WHAT_LOSS if len(step.reads) > 1 else "the outputs in one number",
            state_name=self.kept.of(parts).called.words if state_names(parts) else "",
            penalty=self._penalty(parts)[0],
        )
        text = f"{text}, of the data alone" if parts.suffixes[-1:] == ("data",) else text
        return f"{step.phase.value.capitalize()} · {text}"

    def title_of(self, parameter: ValueRef) -> str:
        """A whole parameter in a sentence: `the weights of layer 1`."""
        parts = refs.parse(parameter)
        several = math.prod(self._sizes(parts)) > 1
        return f"the {self.parameters(parts.base, several=several)} of layer {(parts.layer or 0) + 1}"

    def _penalty(self, parts: RefParts) -> tuple[str, str]:
        """The name of a penalty, and its label where several have that name; empty of what is none."""
        if "penalties" not in parts.suffixes:
            return "", ""
        index = int(parts.suffixes[-1])
        name = self._penalties[index] if index < len(self._penalties) else str(index + 1)
        several = self._penalties.count(name) > 1
        return name, f"{name}, {self._penalties[:index].count(name) + 1}" if several else name

    def _penalty_number(self, parts: RefParts) -> str:
        """Which penalty a value is of, counted from 1; empty of what is of none, and where there is one alone."""
        return str(int(parts.suffixes[-1]) + 1) if "penalties" in parts.suffixes and len(self._penalties) > 1 else ""

    def _loss(self, parts: RefParts) -> str:
        r"""LaTeX of the part of the loss that a value is, or is a gradient of: L_{\text{data}}, R_{\text{L2}}, or L."""
        _, penalty = self._penalty(parts)
        if penalty:
            return rf"R_{{\text{{{penalty}}}}}"
        return r"L_{\text{data}}" if parts.suffixes[-1:] == ("data",) else "L"

    def letter(self, ref: ValueRef) -> str:
        """Plain text for what the optimizer sets, keeps or computes, without indices: η, m, v, c₁, ∂, ∂ᴰ, ∂R₂, g."""
        parts = refs.parse(ref)
        names, own = state_names(parts), to_text(self._names.get(parts.base) or self._letter(parts))
        if not names:
            return own
        if names[:2] == ("grad", refs.FROM) and not self.network.formula:
            return "∂ᴰ" if names[-1] == "data" else f"∂{self.loss_letter(ref)}"
        if names[0] == "grad":
            # The batch's own gradient is beside them.
            return {"accumulated": "Gᵃˡˡ", "clipped": "g"}.get(names[-1], "∂")
        # What only changes its parameter has no letter of its own.
        return _label(self.kept.of(parts).called.letter) or f"{own}′"

    def loss_letter(self, ref: ValueRef) -> str:
        """Plain text for the part of the loss that a value is, or is a share of the gradient of: Lᴰ, R or R₂, L."""
        parts = refs.parse(ref)
        if "penalties" in parts.suffixes:
            return f"R{self._penalty_number(parts).translate(_SUBSCRIPTS)}"
        return "Lᴰ" if parts.suffixes[-1:] == ("data",) else "L"

    def source(self, ref: ValueRef) -> str:
        """Plain text for where a share of a gradient comes from: `data`, `L2`; of a formula the name of its reader."""
        parts = refs.parse(ref)
        return self._penalty(parts)[1].replace(", ", ",") or parts.suffixes[-1]

    def parameters(self, ref: ValueRef, *, several: bool) -> str:
        """`weights`, `biases`, `slopes`, or one of them."""
        parameter = self._parameters.get(refs.parse(ref).base)
        return "" if parameter is None else parameter.nouns if several else parameter.noun

    @cached_property
    def _parameters(self) -> dict[ValueRef, Value]:
        return parameters_of(self.network)

    def _letter(self, parts: RefParts) -> str:
        """LaTeX of what a value without its suffixes is called by; empty where it has no letter."""
        parameter = self._parameters.get(parts.base)
        vector = parameter and parameter.learned
        return vector.symbol if vector else _LETTERS.get(parts.name, "")

    def _base(self, parts: RefParts) -> str:
        """The letter of a value without its suffixes."""
        return self._names.get(parts.base) or self.apart({parts.name: self._letter(parts)})[parts.name]

    def apart(self, symbols: Mapping[str, str]) -> dict[str, str]:
        """Symbols of settings by their names: the name itself where a formula has that letter for something else."""
        if not self._names:
            return dict(symbols)
        # With braces and without them it is the same letter.
        taken = {re.sub(r"[{}]", "", name) for name in self._names.values()}
        return {
            name: _in_words(name) if re.sub(r"[{}]", "", letter) in taken else letter
            for name, letter in symbols.items()
        }

    def _is_output(self, parts: RefParts) -> bool:
        return parts.layer == self._last and parts.name == "activation"

    def _kept(self, parts: RefParts) -> Kept:
        """What a value of the optimizer is called; a number by its own name where a formula has the letter."""
        kept = self.kept.of(parts)
        if kept.extent is not Extent.SCALAR:
            return kept
        called = kept.called
        return replace(kept, called=replace(called, letter=self.apart({called.words: called.letter})[called.words]))

    def _sizes(self, parts: RefParts) -> tuple[int, ...]:
        """How many elements a value has along each index that is written."""
        if parts.layer is None:
            terms = (self.network.outputs,) if _is_loss_term(parts) else ()
            return {"input": (self.network.inputs,), "target": (self._targets,), "loss": terms}.get(parts.name, ())
        layer, extent = self.network.layers[parts.layer], self.kept.extent(parts)
        if extent is Extent.SCALAR or parts.name == "lr":
            return ()
        if extent is not Extent.ELEMENTS:
            return (layer.units if extent is Extent.ROWS else self.network.fan_in(parts.layer),)
        units = layer.learned[parts.learned] if parts.learned else layer.units
        return (units, self.network.fan_in(parts.layer)) if parts.name == "weight" else (units,)

    def _decorated(self, parts: RefParts, letter: str, below: str, delta: str) -> str:
        """The letter with its layer and indices, and what the suffixes make of it."""
        layered = parts.layer is not None and self._last and not self._numbered
        # A layer's own learning rate is another than the optimizer's, in a network of one layer too.
        own = parts.layer is not None and parts.name == refs.LR and not self._numbered
        above = f"({(parts.layer or 0) + 1})" if layered or own else ""
        if parts.group is not None:
            # A group's setting is another than the optimizer's: its number stands below, with a word.
            below = rf"\text{{group {parts.group + 1}}}"
        if self._is_output(parts):
            letter, above = rf"\hat{{{'Y' if letter.isupper() else 'y'}}}", ""
        if _is_loss_term(parts):
            return _scripts(LOSS_TERMS[parts.suffixes[0]].letters[delta == r"\Delta"], above, below)
        if parts.name == "loss" and parts.suffixes:
            return self._loss(parts)
        names, new = state_names(parts), parts.suffixes[-1:] == ("next",)
        if parts.name == "scheduler":
            letter, below = scheduler_symbol(parts)
            return _scripts(letter, NEW if new else "", below)
        if names == ("grad",) and parts.name == "pre_activation":
            return _scripts(delta, above, below)
        if names == ("grad",) or names[:2] == ("grad", refs.FROM):
            return partial(self._loss(parts), _scripts(letter, above, below))
        if names:
            return self._state(parts, letter, above, below, capital=delta == r"\Delta")
        if new:
            above = rf"{above}\,{NEW}" if above else NEW
        return _scripts(letter, above, below)

    def _state(self, parts: RefParts, letter: str, above: str, below: str, *, capital: bool) -> str:
        """A value of the optimizer: m_w for one of elements, the index of the row or column itself, or no index."""
        kept = self._kept(parts)
        called = kept.called
        words = [word for word in ("new" * (parts.suffixes[-1:] == ("next",)), called.above) if word]
        marked = rf"\text{{{' '.join(words)}}}" if words else ""
        if kept.extent is Extent.SCALAR:
            return _scripts(called.letter, marked, "")
        state = called.letter.upper() if capital and len(called.letter) == 1 else called.letter
        if called.prefix:
            return f"{state} {_scripts(letter, above, below)}"
        if state and kept.extent is Extent.ELEMENTS:
            return _scripts(state, marked, _scripts(letter, above, below))
        return _scripts(state or letter, rf"{above}\,{marked}" if above and marked else above + marked, below)


def _is_loss_term(parts: RefParts) -> bool:
    return parts.name == "loss" and bool(parts.suffixes) and parts.suffixes[0] in LOSS_TERMS


def _label(latex: str) -> str:
    """Plain text for small type: DejaVu Sans has no place for a hat above v there, so it stands beside it."""
    return to_text(latex).replace("v\N{COMBINING CIRCUMFLEX ACCENT}", "v\N{MODIFIER LETTER CIRCUMFLEX ACCENT}")


def _in_words(name: str) -> str:
    """LaTeX of an argument's name, and the place of one that is several: max norm, betas[1]."""
    words = re.sub(r"_(\d)$", r"[\1]", name).replace("_", " ")
    return rf"\text{{{words}}}"


def _scripts(letter: str, above: str, below: str) -> str:
    return letter + _script("^", above) + _script("_", below)


def _script(mark: str, text: str) -> str:
    if not text:
        return ""
    return f"{mark}{text}" if len(text) == 1 else f"{mark}{{{text}}}"
