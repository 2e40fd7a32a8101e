"""The formula of a step at one element, in LaTeX: in symbols, and with the numbers of a calculation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Argument, Choice
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.formula_latex import DOTTED, in_latex
from chainrule.explain.writing.numbers import latex_number
from chainrule.explain.writing.symbols import argument_symbols, signed_latex
from chainrule.formula.cases import resolved
from chainrule.formula.evaluate import CONSTANTS
from chainrule.formula.tree import Add, Expr, Rational, Sum, Symbol, number, rebuilt, substituted
from chainrule.formula.writing.printing import Level, Printed
from chainrule.lessons.calculation import Calculation, Index

# A longer sum is not written out.
MOST_TERMS = 6
_SAMPLE = "n"


@dataclass(frozen=True, slots=True)
class WrittenElement:
    """One element of what a step writes, and what its formula's names are there.

    `swapped` are refs that are read in the place of others.
    """

    calculation: Calculation
    notation: Notation
    step: MicroStep
    index: Index
    swapped: Mapping[ValueRef, ValueRef]
    digits: int | None = 4

    def symbols(self, tree: Expr) -> str:
        """Return LaTeX of a formula in symbols."""
        return in_latex(tree, self._symbol, DOTTED)

    def numbers(self, tree: Expr) -> str:
        """Return LaTeX of a formula with numbers for its names, of the case that applies; empty where a sum is long."""
        known = self._known()
        placed = substituted(tree, {letter: number(place) for letter, place in known.items()})
        try:
            written_out = self._written_out(placed)
            return in_latex(resolved(written_out, self._value), self._number, DOTTED)
        except (LookupError, ValueError, TypeError, AttributeError):
            return ""

    def _refs(self) -> dict[str, ValueRef]:
        formula = self.calculation.formula(self.step)
        names = formula.names if formula is not None else ()
        named = dict(zip(names, self.step.reads, strict=False)) | dict(
            zip(self.step.reads, self.step.reads, strict=True)
        )
        return {name: self.swapped.get(ref, ref) for name, ref in named.items() if name}

    def _known(self) -> dict[str, int]:
        formula = self.calculation.formula(self.step)
        return {} if formula is None else dict(zip(formula.indices, self.index, strict=False))

    def _symbol(self, found: Symbol) -> Printed:
        ref = self._refs().get(found.name)
        if ref is None:
            letters = self._arguments()
            text = letters.get(found.name) or (found.name if len(found.name) == 1 else rf"\text{{{found.name}}}")
        else:
            text = self._value_symbol(ref, found)
        compound = "^" in text or r"\frac" in text or r"\Delta " in text
        return Printed(text, Level.POWER if compound else Level.ATOM)

    def _value_symbol(self, ref: ValueRef, found: Symbol) -> str:
        if not found.indices:
            return self.notation.latex(ref, self._own(ref))
        known, value = self._known(), self.notation.value(ref)
        labels, sample = [], ""
        for axis, index in zip(value.axes, found.indices, strict=False):
            at = int(index.value) if isinstance(index, Rational) else None
            letter = index.name if isinstance(index, Symbol) else ""
            if axis is Axis.BATCH:
                sample = "" if at is not None or letter in known or self._batch() == 1 else letter
            elif axis is not Axis.ONE:
                own = known.get(letter) if at is None else at
                labels.append(letter if own is None else str(own + 1))
        return self.notation.symbol(ref, labels, sample)

    def _batch(self) -> int:
        return len(self.calculation.values[self.step.reads[0]]) if self.calculation.experiment.data.inputs else 1

    def _own(self, ref: ValueRef) -> Index:
        """Return the element of a value that goes with the one that is written: a row or a column is one for all."""
        shape = self.calculation.values[ref].shape
        own = self.index[-len(shape) :] if len(shape) else ()
        if len(own) < len(shape):
            own = (0,) * (len(shape) - len(own)) + own
        return tuple(place if size > 1 else 0 for place, size in zip(own, shape, strict=True))

    def _value(self, name: str, places: Index) -> float:
        refs, formula = self._refs(), self.calculation.formula(self.step)
        if name in refs:
            tensor = self.calculation.values[refs[name]]
            if places and tensor.dim() == 2 and len(places) == 1:  # noqa: PLR2004 - targets that are classes: (B, 1)
                places = (*places, 0)
            return float(tensor[places or self._own(refs[name])])
        if name in CONSTANTS:
            return CONSTANTS[name]
        assert formula is not None
        return (formula.numbers or {})[name]

    def _number(self, found: Symbol) -> Printed:
        places = tuple(int(index.value) for index in found.indices if isinstance(index, Rational))
        if len(places) < len(found.indices):
            raise ValueError("an index of no place")
        text = latex_number(self._value(found.name, places), self.digits, short=True)
        if text.startswith("-"):
            return Printed(signed_latex(text), Level.NEGATIVE)
        return Printed(text, Level.SCALED if r"\cdot" in text else Level.ATOM)

    def _written_out(self, tree: Expr) -> Expr:
        """Return the formula with its sums term by term."""
        if not isinstance(tree, Sum):
            return rebuilt(tree, self._written_out)
        formula = self.calculation.formula(self.step)
        assert formula is not None
        size = formula.sizes([self.calculation.values[ref] for ref in self.step.reads])[tree.index]
        if size > MOST_TERMS:
            raise ValueError("a long sum")
        terms = tuple(self._written_out(substituted(tree.body, {tree.index: number(at)})) for at in range(size))
        return terms[0] if size == 1 else Add(terms)

    def _arguments(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for arguments in _all_arguments(self.calculation, self.step):
            found = argument_symbols(arguments) | found
        return self.notation.apart(found)


def _all_arguments(calculation: Calculation, step: MicroStep) -> list[tuple[Argument, ...]]:
    """Return the arguments that formulas can name: the step's own first."""
    experiment = calculation.experiment
    value = calculation.described.get(step.writes)
    layer = value.layer if value is not None and experiment.network.layers else None
    chosen: list[tuple[Mapping[str, object], Choice]] = []
    if layer is not None and value is not None and not value.is_of_parameter:
        chosen.append((ACTIVATIONS, experiment.network.layers[layer].activation))
    if step.kind.value == "schedule" and experiment.scheduler is not None:
        chosen.append((SCHEDULERS, experiment.scheduler))
    chosen += [(PENALTIES, penalty.choice) for penalty in experiment.penalties]
    if step.kind.phase.value == "update":
        chosen.append((OPTIMIZERS, experiment.optimizer))
        chosen += [(CLIPPINGS, experiment.clipping)] if experiment.clipping is not None else []
    if experiment.network.layers:
        chosen.append((LOSSES, experiment.loss))
    return [table[choice.name].arguments for table, choice in chosen if choice.name in table]  # type: ignore[attr-defined]
