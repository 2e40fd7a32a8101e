"""What is said of a mistake: what was done, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import Role
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.formula.tree import TWO, Call, Expr, Symbol
from chainrule.lessons.alterations import Alteration, MistakeKind
from chainrule.lessons.altered_formulas import AlteredFormula, FormulaChange
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.mistakes import Mistake
from chainrule.lessons.writing import WrittenElement
from chainrule.translation import gettext, gettext_noop

_FUNCTIONS = {
    "sqrt": gettext_noop("square root"),
    "log": gettext_noop("logarithm"),
    "exp": gettext_noop("exponential"),
    "abs": gettext_noop("absolute value"),
}
_NAMES = {
    "lr": gettext_noop("the learning rate {symbol}"),
    "weight_decay": gettext_noop("the weight decay {symbol}"),
    "momentum": gettext_noop("the momentum {symbol}"),
}
# A longer part is called what it is.
_MOST_PART = 40


class MistakeWords:
    """Says mistakes in one number of a calculation."""

    def __init__(self, calculation: Calculation, notation: Notation, ref: ValueRef, index: Index) -> None:
        self._calculation, self._notation, self._ref, self._index = calculation, notation, ref, index

    def sentence(self, mistake: Mistake) -> str:
        """Return what was done wrong, as one sentence or two."""
        if mistake.is_everywhere:
            return self._everywhere(mistake.first)
        said = [self._what(each) for each in reversed(mistake.alterations)]
        return (
            said[0]
            if len(said) == 1
            else gettext("Two things at once: {small}; and {small_2}", small=_small(said[0]), small_2=_small(said[1]))
        )

    def _everywhere(self, made: Alteration) -> str:
        if made.kind is MistakeKind.UPDATED:
            return gettext("You used the updated parameters everywhere: both passes go by those of before the update")
        if made.kind in _OF_LAYERS:
            return gettext("{value}, and of the other layers too", value=_WORDS[made.kind](self, made))
        return gettext("Wherever it comes up, {small}", small=_small(_WORDS[made.kind](self, made)))

    def _what(self, made: Alteration) -> str:
        said = _WORDS[made.kind](self, made)
        return (
            said
            if made.kind in _OF_LAYERS
            else gettext("In {step_name} {small}", step_name=self.step_name(made.step), small=_small(said))
        )

    def step_name(self, step: MicroStep) -> str:
        """Return what a step computes, in a sentence: `δ of layer 1`."""
        value, notation = self._notation.value(step.writes), self._notation
        if step.writes == self._ref:
            return notation.text(step.writes, self._index)
        letter = self.value_name(step.writes)
        if letter:
            return letter
        return step_title(notation, step).partition(" · ")[2] or value.ref

    def value_name(self, ref: ValueRef) -> str:
        """Return a value of a layer in a sentence; empty of what belongs to none."""
        value = self._notation.value(ref)
        if value.role is Role.INPUT:
            return gettext("the input x")
        if self._notation.is_output(value):
            return "∂L/∂ŷ" if value.role is Role.GRADIENT else gettext("the output ŷ")
        if value.layer is None or not self._calculation.experiment.network.layers:
            return self._notation.text(ref, ()) if not value.axes else ""
        layer = gettext(" of layer {number}", number=value.layer + 1)
        if value.is_of_parameter:
            own = self._notation.parameters(value.owner.ref)
            return {
                Role.GRADIENT: gettext("the gradient of the {own}{layer}", own=own, layer=layer),
                Role.PARAMETER: gettext("the {own}{layer}", own=own, layer=layer),
            }.get(value.role, "")
        return {
            Role.PRE_ACTIVATION: f"z{layer}",
            Role.ACTIVATION: f"a{layer}",
            Role.GRADIENT: ("δ" if value.owner.role is Role.PRE_ACTIVATION else "∂L/∂a") + layer,
        }.get(value.role, "")

    def activation(self, made: Alteration) -> str:
        """Return whose activation a step is of: `layer 1's ReLU`."""
        layer = self._notation.value(made.step.writes).layer or 0
        choice = self._calculation.experiment.network.layers[layer].activation
        return gettext("layer {number}'s {called}", number=layer + 1, called=ACTIVATIONS[choice.name].called(choice))

    def swapped(self, made: Alteration) -> tuple[str, str]:
        """Return what should have been read, and what was."""
        assert made.swap is not None
        one, other = (self.value_name(ref) or self._notation.text(ref, self._own(ref)) for ref in made.swap)
        return one, other

    def _own(self, ref: ValueRef) -> Index:
        count = self._calculation.values[ref].dim() if ref in self._calculation.values else 0
        return self._index if len(self._index) == count else (0,) * count

    def part(self, made: Alteration) -> str:
        """Return a part of a formula as text, or what it is called."""
        assert made.changed is not None
        found = made.changed.part
        place = WrittenElement(self._calculation, self._notation, made.step, self._at(made.step), {})
        text = latex_to_text(place.symbols(found))
        if isinstance(found, Symbol) and not found.indices and found.name in _NAMES:
            return gettext(_NAMES[found.name]).format(symbol=text)
        ref = self._read(made.step, found)
        if ref is not None and self._notation.value(ref).role is Role.PARAMETER:
            noun = self._notation.value(ref).noun
            return (
                gettext("the {noun} {words}", noun=noun, words=text)
                if self._calculation.experiment.network.layers
                else text
            )
        return text if len(text) <= _MOST_PART else gettext("a part of the formula")

    def _read(self, step: MicroStep, part: Expr) -> ValueRef | None:
        formula = self._calculation.formula(step)
        if formula is None or not isinstance(part, Symbol) or part.name not in formula.names:
            return None
        return step.reads[formula.names.index(part.name)]

    def _at(self, step: MicroStep) -> Index:
        """Return an element of what a step writes: the one that is asked for, or the first."""
        if step.writes == self._ref:
            return self._index
        return (0,) * self._calculation.values[step.writes].dim()

    def summed(self, made: Alteration) -> str:
        """Return one term of a sum in a sentence: a sample's share, or a unit's term."""
        found = made.changed
        assert found is not None
        formula = self._calculation.formula(made.step)
        size = formula.sizes([self._calculation.values[ref] for ref in made.step.reads])[found.letter] if formula else 0
        if found.letter == "n":
            return gettext("sample {number} of {size}", number=found.place + 1, size=size)
        return gettext(
            "{part}, the term of unit {number} of {size}", part=self.part(made), number=found.place + 1, size=size
        )


def _formula(words: MistakeWords, made: Alteration) -> str:
    found = made.changed
    assert found is not None
    return _CHANGES[found.change](words, made, found)


def _of_case(words: MistakeWords, made: Alteration, found: AlteredFormula) -> str:
    if made.step.kind is StepKind.PRE_ACTIVATION_GRADIENT:
        return gettext(
            "You took another case of f′(z) of {activation}: {part}",
            activation=words.activation(made),
            part=words.part(made),
        )
    return gettext("You took another case of the formula: {part}", part=words.part(made))


def _of_function(words: MistakeWords, made: Alteration, found: AlteredFormula) -> str:
    assert isinstance(found.part, Call)
    name = gettext(_FUNCTIONS.get(found.part.function, found.part.function))
    return gettext("You left out the {name} of {part}", name=name, part=words.part(made))


def _raised(words: MistakeWords, made: Alteration, found: AlteredFormula) -> str:
    return (
        gettext("You did not square")
        if found.part == TWO
        else gettext("You left out the exponent {part}", part=words.part(made))
    )


def _one_term(words: MistakeWords, made: Alteration, found: AlteredFormula) -> str:
    if found.letter == "n":
        return gettext(
            "You took the share of {summed} samples alone: those of all samples are added up", summed=words.summed(made)
        )
    return gettext("You took one term alone: {summed}; all are added up", summed=words.summed(made))


def _missing_term(words: MistakeWords, made: Alteration, found: AlteredFormula) -> str:
    if found.letter == "n":
        return gettext("You left out the share of {summed} samples", summed=words.summed(made))
    return gettext("You left out {summed}", summed=words.summed(made))


def _averaged(words: MistakeWords, made: Alteration, found: AlteredFormula) -> str:
    whose = "samples" if found.letter == "n" else "units"
    return gettext("You took the mean over the {whose}, and they are added up", whose=whose)


_CHANGES: Mapping[FormulaChange, Callable[[MistakeWords, Alteration, AlteredFormula], str]] = {
    FormulaChange.FACTOR_LEFT_OUT: lambda words, made, _: gettext(
        "You left out {factor}", factor=_factor(words.part(made))
    ),
    FormulaChange.TERM_LEFT_OUT: lambda words, made, _: gettext("You left out {part}", part=words.part(made)),
    FormulaChange.SIGN: lambda words, made, _: gettext("You gave {part} the opposite sign", part=words.part(made)),
    FormulaChange.NOT_DIVIDED: lambda words, made, _: gettext("You did not divide by {part}", part=words.part(made)),
    FormulaChange.NOT_RAISED: _raised,
    FormulaChange.FUNCTION_LEFT_OUT: _of_function,
    FormulaChange.OTHER_CASE: _of_case,
    FormulaChange.ONE_TERM: _one_term,
    FormulaChange.TERM_OF_SUM_LEFT_OUT: _missing_term,
    FormulaChange.AVERAGED: _averaged,
}


def _not_averaged(words: MistakeWords, made: Alteration) -> str:
    return gettext("You did not divide by {count}: you added up where the mean is taken", count=made.count)


def _for(words: MistakeWords, made: Alteration) -> str:
    right, taken = words.swapped(made)
    return gettext("You took {taken} in the place of {right}", taken=taken, right=right)


def _updated(words: MistakeWords, made: Alteration) -> str:
    right, _ = words.swapped(made)
    return gettext(
        "You used {right} as updated already: this pass goes by what was there before the update", right=right
    )


_WORDS: Mapping[MistakeKind, Callable[[MistakeWords, Alteration], str]] = {
    MistakeKind.NO_SLOPE: lambda words, made: gettext(
        "You left out f′(z) of {activation}", activation=words.activation(made)
    ),
    MistakeKind.SLOPE_AT_A: lambda words, made: gettext(
        "You took f′ of {activation} at a, and not at z", activation=words.activation(made)
    ),
    MistakeKind.VALUE_FOR_SLOPE: lambda words, made: gettext(
        "You took a itself for f′(z) of {activation}", activation=words.activation(made)
    ),
    MistakeKind.OPPOSITE: lambda words, made: gettext("You have the opposite sign"),
    MistakeKind.UPDATED: _updated,
    MistakeKind.NOT_AVERAGED: _not_averaged,
    MistakeKind.AVERAGED: lambda words, made: gettext("You divided by {count} once too often", count=made.count),
    MistakeKind.DOUBLED: lambda words, made: gettext("You have a factor 2 too much"),
    MistakeKind.HALVED: lambda words, made: gettext("You have a factor ½ too much, or left out a 2"),
    MistakeKind.FORMULA: _formula,
    MistakeKind.TRANSPOSED: lambda words, made: gettext(
        "You used {swapped} with rows and columns exchanged", swapped=words.swapped(made)[0]
    ),
    MistakeKind.Z_FOR_A: _for,
    MistakeKind.A_FOR_Z: _for,
    MistakeKind.NO_ACTIVATION: lambda words, made: gettext(
        "You left out {activation}: you took a = z", activation=words.activation(made)
    ),
    MistakeKind.STATE_LOST: lambda words, made: gettext(
        "You began with 0 for {swapped}: it is carried over", swapped=words.swapped(made)[0]
    ),
    MistakeKind.STATE_OLD: _for,
    MistakeKind.LEFT_AS_IT_WAS: lambda words, made: gettext("You left it as it was before this step"),
    MistakeKind.UNCLIPPED: lambda words, made: gettext("You took the gradient as it was before clipping"),
    MistakeKind.OUTPUT_FOR_TERM: _for,
    MistakeKind.OTHER_LAYER: _for,
    MistakeKind.ONE_OF_NORM: lambda words, made: gettext(
        "You took the norm of {swapped} alone: it is one of all", swapped=words.swapped(made)[0]
    ),
}
# Whose words say where.
_OF_LAYERS = (MistakeKind.NO_SLOPE, MistakeKind.SLOPE_AT_A, MistakeKind.VALUE_FOR_SLOPE, MistakeKind.NO_ACTIVATION)


def _factor(part: str) -> str:
    return part if part.startswith("the ") else gettext("the factor {part}", part=part)


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
