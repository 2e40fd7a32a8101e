"""What the names in the formulas of a loss stand for: their symbols, their numbers in LaTeX, and their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import SUM_TOLERANCE, has_classes
from chainrule.catalog.loss import IGNORE_INDEX, OUTPUT, OUTPUTS, SAMPLE, TARGET, TOLERANCE, UNIT, Loss, own_arguments
from chainrule.catalog.losses import LOSSES, TARGET_PROBABILITIES
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.losses import shown_terms
from chainrule.explain.context import Context
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.symbols import MINUS, argument_symbols, signed_latex
from chainrule.formula.cases import branches, is_indicator, place_of_case
from chainrule.formula.evaluate import evaluate
from chainrule.formula.tree import Cases, Expr, Sum, Symbol, number, rebuilt, substituted
from chainrule.formula.writing.printing import Level, Printed

# Indices of outputs: of one, and of those that are summed over.
_UNITS = (UNIT.name, "j")
# The largest output of a sample, which is taken off from each power of e.
LARGEST = "m"


@dataclass(frozen=True, slots=True)
class Naming:
    """The names in the formulas of an experiment's loss. `places` are the refs of those that are values."""

    experiment: Experiment
    notation: Notation
    places: Mapping[str, ValueRef]

    @classmethod
    def of(cls, experiment: Experiment, notation: Notation) -> Naming:
        """Return those of an experiment."""
        choice = experiment.loss
        found = {OUTPUT: refs.activation(len(experiment.network.layers) - 1), TARGET: refs.TARGET}
        found[TARGET_PROBABILITIES.symbol] = refs.TARGET
        terms = shown_terms(LOSSES[choice.name], choice, has_classes(experiment))
        return cls(experiment, notation, found | {term.symbol: refs.loss_term(term.name) for term in terms})

    @property
    def choice(self) -> Choice:
        """The loss."""
        return self.experiment.loss

    @property
    def entry(self) -> Loss:
        """The table's entry of it."""
        return LOSSES[self.choice.name]

    @property
    def outputs(self) -> int:
        """How many outputs there are."""
        return self.experiment.network.outputs

    def indexed(self, tree: Expr) -> Expr:
        """Return a formula with the indices that are left out where each output is for itself, and no sum over one
        output.
        """
        if not self.entry.of_classes:
            tree = substituted(tree, {name: Symbol(name, (SAMPLE, UNIT)) for name in (OUTPUT, TARGET)})
        return _without_sums(tree) if self.outputs == 1 else tree

    def symbols(self, labels: Mapping[str, str], sample: str = "", outputs: str = "") -> Callable[[Symbol], Printed]:
        """Return what writes names as symbols: `labels` has the label of an index, `sample` that of the sample."""
        arguments = argument_symbols(self.entry.arguments)
        arguments |= {name: constant.symbol for name, constant in self.entry.constants.items()}
        arguments |= {LARGEST: LARGEST, OUTPUTS: outputs or str(self.outputs)}
        if (ignored := self.choice.arguments.get(IGNORE_INDEX)) is not None:
            arguments[IGNORE_INDEX] = signed_latex(f"{ignored:g}")

        def label(index: Expr) -> str:
            if isinstance(index, Symbol):
                # Classes are counted from 0, outputs from 1.
                return f"{leaf(index).text}+1" if index.indices else labels.get(index.name, index.name)
            return str(int(evaluate(index, _none)) + 1)

        def leaf(found: Symbol) -> Printed:
            if not found.indices and found.name in _UNITS:
                return _class_number(labels.get(found.name, found.name))
            if found.name in self.places:
                ref = self.places[found.name]
                below = tuple(map(label, found.indices[1:])) or (UNIT.name,)
                return Printed(self.notation.symbol(ref, below, sample))
            symbol = arguments.get(found.name, found.name)
            if found.indices and self.outputs > 1:
                below_one = label(found.indices[0])
                symbol += f"_{below_one}" if len(below_one) == 1 else f"_{{{below_one}}}"
            return Printed(symbol, Level.POWER if "^" in symbol else Level.ATOM)

        return leaf


def _none(name: str, places: tuple[int, ...]) -> float:
    raise LookupError(name)


def _class_number(label: str) -> Printed:
    """Return the class of an output, by the output's label."""
    return Printed(str(int(label) - 1)) if label.isdigit() else Printed(f"{label}-1", Level.SUM)


def _without_sums(tree: Expr) -> Expr:
    if isinstance(tree, Sum):
        return _without_sums(substituted(tree.body, {tree.index: UNIT}))
    return rebuilt(tree, _without_sums)


@dataclass(frozen=True, slots=True)
class LossNumbers:
    """The same names in one equation, as numbers: each with the place that its indices say.

    `known` are numbers that have no place in a value, in LaTeX and as they are: the largest output, or a sum.
    """

    c: Context
    naming: Naming
    known: Mapping[str, tuple[Printed, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, c: Context) -> LossNumbers:
        """Return those of the equation of an element."""
        return cls(c, c.once("names in the loss", lambda: Naming.of(c.experiment, c.notation)))

    def with_known(self, **known: tuple[Printed, float]) -> LossNumbers:
        """Return the same with further numbers."""
        return replace(self, known={**self.known, **known})

    def at(self, tree: Expr, row: int, unit: int | None = None) -> Expr:
        """Return a formula of one sample, and of one output."""
        places = {SAMPLE.name: number(row)} | ({} if unit is None else {UNIT.name: number(unit)})
        return substituted(tree, places)

    def value(self, name: str, places: tuple[int, ...]) -> float:
        """Return the number that a name stands for."""
        if name in self.known:
            return self.known[name][1]
        naming, c = self.naming, self.c
        if name in naming.places:
            return c.number(naming.places[name], places if len(places) > 1 else (*places, 0))
        if name in naming.entry.constants:
            return naming.entry.constants[name].value
        if name == UNIT.name and naming.outputs == 1:
            # The only output's place: no index is written, and no sum runs over it.
            return 0.0
        if name == OUTPUTS:
            return float(naming.outputs)
        if name == TOLERANCE:
            return SUM_TOLERANCE[c.experiment.dtype]
        if name in naming.entry.lists:
            return naming.choice.numbers(name)[places[0]]
        return float(str(own_arguments(naming.choice)[name]))

    def result(self, tree: Expr) -> float:
        """Return what a formula gives, all of whose indices are places."""
        return evaluate(tree, self.value, {"j": self.naming.outputs, "k": self.naming.outputs})

    def leaf(self, found: Symbol) -> Printed:
        """Write a name as a number, in brackets where a minus or a power of ten could be misread."""
        if found.name in self.known:
            return self.known[found.name][0]
        places = tuple(int(self.result(index)) for index in found.indices)
        ref = self.naming.places.get(found.name)
        if ref is not None:
            text = self.c.latex(ref, places if len(places) > 1 else (*places, 0))
        else:
            text = self.c.write(self.value(found.name, places), short=True)
        return printed_number(text)

    def decided(self, tree: Expr) -> Expr:
        """Return the formula with each of its cases decided, but for what stands for 1 or 0,
        and for those within sums.
        """
        if isinstance(tree, Sum):
            return tree
        if isinstance(tree, Cases) and not is_indicator(tree):
            return self.decided(branches(tree)[place_of_case(tree, self.value)].formula)
        return rebuilt(tree, self.decided)


def printed_number(text: str) -> Printed:
    """Return a LaTeX number: one with a minus or a power of ten is bracketed where it could be misread."""
    loose = text.startswith(("-", MINUS)) or r"\cdot" in text
    return Printed(signed_latex(text), Level.NEGATIVE if loose else Level.ATOM)
