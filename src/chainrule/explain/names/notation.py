r"""Names of values, in LaTeX and in plain text: z, a, w, b, their gradients, and their places in the network.

Layers and units are numbered from 1. An index is left out where there is one unit, the layer's number where
there is one layer; where every layer has one unit, the layer's number takes the index's place: z_1, w_1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.losses import LOSS_TERMS
from chainrule.catalog.optimizers import Called, called_as
from chainrule.catalog.values.extent import Extent
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role, Value
from chainrule.explain.circuit.names import names_of, printed_names
from chainrule.explain.names.apart import print_key
from chainrule.explain.names.data_names import neuron_column
from chainrule.explain.names.schedule import scheduler_symbol
from chainrule.explain.names.typed_letters import typed_letters
from chainrule.explain.writing.numbers import subscript, superscript
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import partial_latex as partial_latex  # noqa: PLC0414 - beside the names that it is of

_LETTERS = {
    Role.INPUT: "x",
    Role.TARGET: "t",
    Role.LOSS: "L",
    Role.PRE_ACTIVATION: "z",
    Role.ACTIVATION: "a",
    Role.ITERATION: "i",
}
# Of what has one role with others.
_NAMED = {
    "weight": "w",
    "bias": "b",
    "lr": r"\eta",
    "momentum": r"\mu",
    "beta1": r"\beta_1",
    "grad_norm": r"\lVert g\rVert",
    "clip_coef": "c",
}
_TENSORS = {
    Role.INPUT: "X",
    Role.TARGET: "T",
    Role.PRE_ACTIVATION: "Z",
    Role.ACTIVATION: "A",
}
_PARAMETERS = {"weight": "W", "bias": r"\mathbf{b}"}
# The batch's own gradient is beside what is made of it.
_OF_GRADIENTS = {Role.GRADIENT: "∂", Role.SHARE: "∂", Role.ACCUMULATED: "Gᵃˡˡ", Role.CLIPPED: "g"}
NEW = r"\text{new}"


class Notation:
    """How the values of one experiment are called."""

    def __init__(self, experiment: Experiment) -> None:
        self.network, self._values, self._experiment = experiment.network, values_of(experiment), experiment
        self._penalties = [penalty.choice.name for penalty in experiment.penalties]
        network, self.last = self.network, len(self.network.layers) - 1
        one_wide = network.inputs == 1 and all(layer.units == 1 for layer in network.layers)
        # What the values of a formula are called, which has no layers.
        self._names = names_of(network.formula) if network.formula else {}
        self._taken = printed_names(network.formula) if network.formula else frozenset[str]()
        self._typed = typed_letters(experiment, self._taken)
        # What nothing with an index may look like.
        self._whole = self._taken.union(map(print_key, self._typed.values()))
        self.is_single_neuron = one_wide and not self.last
        # Whether the layer's number takes the place of the unit's.
        self.is_numbered = one_wide and self.last > 0

    @classmethod
    def of(cls, experiment: Experiment) -> Notation:
        """Return how the values of an experiment are called."""
        return cls(experiment)

    def value(self, ref: ValueRef) -> Value:
        """Return what a value is; one that the experiment does not have is a number that goes by its ref."""
        return self._values.get(ref) or _unknown(ref)

    # ------------------------------------------------------------------------------------------------ elements

    def latex(self, ref: ValueRef, index: Sequence[int] = ()) -> str:
        """Return LaTeX of one element; in (batch, unit) the row does not appear."""
        return self.symbol(ref, self.labels(ref, index))

    def text(self, ref: ValueRef, index: Sequence[int] = ()) -> str:
        """Return plain text of one element, as short as on the stage: `∂L/∂w₁₂⁽¹⁾`."""
        return latex_to_text(self.latex(ref, index))

    def labels(self, ref: ValueRef, index: Sequence[int]) -> tuple[str, ...]:
        """Return an element's indices as they are written: its units from 1, without the row in the batch.

        The index may have more places, in front, than the value has.
        """
        value = self.value(ref)
        own = tuple(index[-len(value.axes) :]) if value.axes else ()
        return tuple(str(place + 1) for place in value.written(own))

    def sizes(self, ref: ValueRef) -> tuple[int, ...]:
        """Return how many elements a value has along each index that is written."""
        return self.value(ref).written_sizes

    def symbol(self, ref: ValueRef, labels: Sequence[str], sample: str = "") -> str:
        """Return LaTeX of a value with indices of any kind ("1", "k"); `sample` is "n" in a sum over the batch.

        What is one for all has none of the labels.
        """
        if ref in self._names:
            return self._names[ref]
        value = self.value(ref)
        sizes = value.written_sizes
        kept = [label for label, size in zip(labels, sizes, strict=True) if size > 1] if sizes else []
        if self._is_numbered(value):
            kept = [_number(value)]
        below = ("" if all(len(label) == 1 for label in kept) else ",").join(kept)
        below = f"{below},{sample}" if below and sample else below + sample
        return self._decorated(value, self.base_letter(value), below, is_tensor=False)

    def tensor_latex(self, ref: ValueRef, sample: str = "") -> str:
        """Return LaTeX of a whole tensor, or of its row `sample`, in a capital letter; biases are bold."""
        if ref in self._names:
            return self._names[ref]
        value = self.value(ref)
        below = _number(value) if self._is_numbered(value) else ""
        below = f"{below},{sample}" if below and sample else below + sample
        return self._decorated(value, self._tensor_letter(value), below, is_tensor=True)

    def neuron(self, layer: int, unit: int) -> str:
        """Return plain text of a neuron: x₂, h₁, ŷ, h₁⁽²⁾ with several hidden layers; layer -1 is the input."""
        width = self.network.inputs if layer < 0 else self.network.layers[layer].units
        below = subscript(unit + 1) if width > 1 else ""
        if layer < 0 or layer == self.last:
            return ("x" if layer < 0 else "ŷ") + below
        if self.last == 1:
            return f"h{below}"
        if self.is_numbered:
            return f"h{subscript(layer + 1)}"
        return f"h{below}⁽{superscript(layer + 1)}⁾"

    def named_neuron(self, layer: int, unit: int) -> str:
        """Return a neuron with what the data call what it reads or answers: `x₂ (petal length)`."""
        name = neuron_column(self._experiment, layer, unit).name
        symbol = self.neuron(layer, unit)
        # A column may be called x itself.
        return symbol if name in ("", symbol) else f"{symbol} ({name})"

    def is_output(self, value: Value) -> bool:
        """Return whether it is what the last layer answers, or the gradient of that."""
        return value.layer == self.last and value.owner.role is Role.ACTIVATION

    # -------------------------------------------------------------------------------------------------- letters

    def letter(self, ref: ValueRef) -> str:
        """Return plain text for what the optimizer sets, keeps or computes, without indices: η, m, v, c₁, ∂, ∂ᴰ, ∂R₂,
        g.
        """
        value = self.value(ref)
        if value.role is Role.SHARE and not self.network.formula:
            return "∂ᴰ" if self.is_of_data(value) else f"∂{self.loss_letter(ref)}"
        if value.role in _OF_GRADIENTS:
            return _OF_GRADIENTS[value.role]
        own = latex_to_text(self._names.get(value.owner.ref) or self._letter(value))
        if value.called is None:
            return own
        # What only changes its parameter has no letter of its own.
        return _label(self._given(value) or value.called.letter) or f"{own}′"

    def loss_letter(self, ref: ValueRef) -> str:
        """Return plain text for the part of the loss that a value is, or is a share of the gradient of: Lᴰ, R or R₂,
        L.
        """
        value = self.value(ref)
        if value.penalty is not None:
            return f"R{subscript(value.penalty + 1) if len(self._penalties) > 1 else ''}"
        return "Lᴰ" if self.is_of_data(value) else "L"

    def source(self, ref: ValueRef) -> str:
        """Return plain text for where a share of a gradient comes from: `data`, `L2`.

        Of a formula the name of its reader.
        """
        value = self.value(ref)
        return value.source if value.penalty is None else self._penalty_label(value.penalty).replace(", ", ",")

    def is_of_data(self, value: Value) -> bool:
        """Return whether it is of the data alone, beside what penalties add."""
        return value.source == "data" and not self.network.formula

    def base_letter(self, value: Value) -> str:
        """Return LaTeX of the letter of what a value belongs to."""
        owner = value.owner
        return self._names.get(owner.ref) or self.apart({owner.name: self._letter(value)})[owner.name]

    def apart(self, symbols: Mapping[str, str]) -> dict[str, str]:
        """Return symbols of settings by their names.

        The name itself where a formula has that letter for something else.
        """
        if not self._names:
            return dict(symbols)
        return {name: self._apart(name, letter) for name, letter in symbols.items()}

    def _apart(self, name: str, letter: str) -> str:
        words = _in_words(name)
        free = (each for each in (letter, words) if print_key(each) not in self._taken)
        # No name of a formula has a blank.
        return next(free, rf"\text{{the setting }}{words}")

    # ---------------------------------------------------------------------------------------------------- words

    def title_of(self, parameter: ValueRef) -> str:
        """Return a whole parameter in a sentence: `the weights of layer 1`."""
        value = self.value(parameter)
        return f"the {self.parameters(parameter)} of layer {_number(value)}"

    def parameters(self, ref: ValueRef) -> str:
        """Return `weights`, `biases`, `slopes`, or the word for one where there is one number."""
        value = self.value(ref)
        return value.nouns if math.prod(value.written_sizes) > 1 else value.noun

    def penalty_name(self, value: Value) -> str:
        """Return the name of the penalty that a value is of; empty of what is of none."""
        return "" if value.penalty is None else self._penalties[value.penalty]

    # ------------------------------------------------------------------------------------------------- the parts

    def _penalty_label(self, index: int) -> str:
        """Return the name of a penalty, and which of them where several have that name."""
        name, before = self._penalties[index], self._penalties[:index]
        return f"{name}, {before.count(name) + 1}" if self._penalties.count(name) > 1 else name

    def _loss(self, value: Value) -> str:
        r"""Return LaTeX of the part of the loss that a value is, or is a gradient of: L_{\text{data}}, R_{\text{L2}},
        or L.
        """
        if value.penalty is not None:
            return rf"R_{{\text{{{self._penalty_label(value.penalty)}}}}}"
        return r"L_{\text{data}}" if self.is_of_data(value) else "L"

    def _letter(self, value: Value) -> str:
        """Return LaTeX of what a value's owner is called by; empty where it has no letter."""
        owner = value.owner
        if owner.role is Role.LOSS_TERM:
            return LOSS_TERMS[owner.name].letters[0]
        if owner.role is Role.SCHEDULER:
            return called_as(owner.name).letter
        return owner.learned.symbol if owner.learned else _LETTERS.get(owner.role) or _NAMED.get(owner.name, "")

    def _tensor_letter(self, value: Value) -> str:
        """Return LaTeX of the letter of a whole tensor."""
        owner = value.owner
        if owner.is_learned:
            return rf"\boldsymbol{{{self.base_letter(value)}}}"
        parameter = _PARAMETERS.get(owner.name) if owner.role is Role.PARAMETER else None
        return parameter or _TENSORS.get(owner.role) or self.base_letter(value)

    def _is_numbered(self, value: Value) -> bool:
        return self.is_numbered and value.layer is not None and not self.is_output(value)

    def _decorated(self, value: Value, letter: str, below: str, *, is_tensor: bool) -> str:
        """Return the letter with its layer and indices, and what becomes of it in a gradient or an update."""
        is_setting = value.role is Role.SETTING
        # A layer's own learning rate is another than the optimizer's, in a network of one layer too.
        layered = value.layer is not None and bool(self.last or is_setting) and not self.is_numbered
        above = f"({_number(value)})" if layered else ""
        if value.group is not None:
            # A group's setting is another than the optimizer's: its number stands below, with a word.
            below = rf"\text{{group {value.group + 1}}}"
        if self.is_output(value):
            letter, above = rf"\hat{{{'Y' if letter.isupper() else 'y'}}}", ""
        match value.role:
            case Role.LOSS_TERM:
                return _scripts(LOSS_TERMS[value.name].letters[is_tensor], above, below)
            case Role.DATA_LOSS | Role.PENALTY:
                return self._loss(value)
            case Role.SCHEDULER:
                letter, below = scheduler_symbol(value)
            case Role.GRADIENT if value.owner.role is Role.PRE_ACTIVATION:
                return _scripts(r"\Delta" if is_tensor else r"\delta", above, below)
            case Role.GRADIENT | Role.SHARE:
                return partial_latex(self._loss(value), _scripts(letter, above, below))
        if value.called is not None:
            return self._called(value, value.called, (letter, above, below), is_tensor=is_tensor)
        if value.is_next:
            above = rf"{above}\,{NEW}" if above else NEW
        return _scripts(letter, above, below)

    def _given(self, value: Value) -> str:
        """Return LaTeX of a name that a person gave to what an optimizer keeps or computes; empty of anything else."""
        return self._typed.get(value.name, "") if value.role in (Role.BUFFER, Role.TERM) else ""

    def _called(self, value: Value, called: Called, owner: tuple[str, str, str], *, is_tensor: bool) -> str:
        """Return a value of an update: m_w for one of elements, the index of the row or column itself, or no index.

        `owner` is the letter of the parameter, and what stands above and below it.
        """
        words = [word for word in ("new" * value.is_next, called.above) if word]
        marked = rf"\text{{{' '.join(words)}}}" if words else ""
        if value.extent is Extent.SCALAR:
            # A number goes by its own name where a formula has the letter.
            own = self._given(value) or self._apart(called.words, called.letter)
            return _scripts(own, marked, "")
        letter, above, below = owner
        state = self._given(value) or called.letter
        state = state.upper() if is_tensor and len(state) == 1 else state
        if called.prefix:
            return f"{state} {_scripts(letter, above, below)}"
        if state and value.extent is Extent.ELEMENTS:
            whole = _scripts(letter, above, below)
            if print_key(_scripts(state, "", whole)) in self._whole:
                return rf"{_scripts(state, marked, '')}\text{{ of }}{whole}"
            return _scripts(state, marked, whole)
        return _scripts(state or letter, rf"{above}\,{marked}" if above and marked else above + marked, below)


def _unknown(ref: ValueRef) -> Value:
    return Value(ref, Role.TERM, ref, extent=Extent.SCALAR, called=Called(_in_words(ref), ref))


def _number(value: Value) -> str:
    """Return the number of a value's layer, from 1."""
    return str((value.layer or 0) + 1)


def _label(latex: str) -> str:
    """Return plain text for small type: DejaVu Sans has no place for a hat above v there, so it stands beside it."""
    return latex_to_text(latex).replace("v\N{COMBINING CIRCUMFLEX ACCENT}", "v\N{MODIFIER LETTER CIRCUMFLEX ACCENT}")


def _in_words(name: str) -> str:
    """Return LaTeX of an argument's name, and the place of one that is several: max norm, betas[1]."""
    words = re.sub(r"_(\d)$", r"[\1]", name).replace("_", " ")
    return rf"\text{{{words}}}"


def _scripts(letter: str, above: str, below: str) -> str:
    return letter + _script("^", above) + _script("_", below)


def _script(mark: str, text: str) -> str:
    if not text:
        return ""
    return f"{mark}{text}" if len(text) == 1 else f"{mark}{{{text}}}"
