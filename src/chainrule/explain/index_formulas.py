r"""The equations of rules in index notation: z[n,o] = sum(i, w[o,i]*x[n,i]) + b[o], for one element and for all.

A sum over units is written out, term by term; one over the batch has its sign, and a share for each sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chainrule.catalog.refs import ValueRef
from chainrule.catalog.value import Axis, Value
from chainrule.catalog.values import values_of
from chainrule.engine.steps import MicroStep
from chainrule.explain.context import Context
from chainrule.explain.notation import Notation
from chainrule.explain.pieces import (
    Element,
    Factor,
    Formula,
    left_out,
    over_batch,
    sample_letter,
    sum_of_numbers,
    sum_of_products,
)
from chainrule.explain.symbols import operand, signed
from chainrule.formula.rule import Rule
from chainrule.formula.tree import Add, Expr, Multiply, Sum, Symbol

# dL/da, da/dz and dz/dp of one sample, given what the upstream gradient is multiplied by: in LaTeX, and its number.
Chain = Callable[[Context, str, float], tuple[Factor, ...]]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A rule at one element: which value each name is, and where its indices are."""

    c: Context
    places: dict[str, ValueRef]
    known: dict[str, int]

    @classmethod
    def of(cls, c: Context) -> _Reading:
        rule = rule_of(c.step)
        places = dict(zip(rule.names, c.step.reads, strict=True))
        return cls(c, places, dict(zip(rule.indices, c.index, strict=True)))

    def element(self, symbol: Symbol, letter: str = "", place: int = 0) -> Element:
        """The element that a symbol is, with one more letter at a place."""
        known = {**self.known, letter: place}
        return self.places[symbol.name], tuple(known[name] for name in letters_of(symbol))

    def value(self, symbol: Symbol) -> Value:
        """The description of what a symbol stands for."""
        return values_of(self.c.experiment)[self.places[symbol.name]]

    def count(self, letter: str, factors: Sequence[Symbol]) -> int:
        """How many places a letter has; of the batch, as many as it has rows."""
        symbol = next(symbol for symbol in factors if letter in letters_of(symbol))
        size = self.value(symbol).sizes[letters_of(symbol).index(letter)]
        return self.c.batch if size is None else size

    def is_over_batch(self, letter: str, factors: Sequence[Symbol]) -> bool:
        """Whether a letter counts samples."""
        symbol = next(symbol for symbol in factors if letter in letters_of(symbol))
        return self.value(symbol).axes[letters_of(symbol).index(letter)] is Axis.BATCH


def rule_of(step: MicroStep) -> Rule:
    """The rule that a step follows."""
    assert step.rule is not None
    return step.rule


def letters_of(symbol: Symbol) -> tuple[str, ...]:
    """The letters of a symbol's indices."""
    return tuple(index.name for index in symbol.indices if isinstance(index, Symbol))


def summed(expr: Expr) -> tuple[str, tuple[Symbol, ...]]:
    """The letter that a sum runs over, and the factors of its terms."""
    assert isinstance(expr, Sum)
    factors = expr.body.factors if isinstance(expr.body, Multiply) else (expr.body,)
    return expr.index, tuple(factor for factor in factors if isinstance(factor, Symbol))


def terms_of(rule: Rule) -> tuple[Expr, ...]:
    """What the rule's formula adds up."""
    return rule.formula.terms if isinstance(rule.formula, Add) else (rule.formula,)


def indexed_formula(c: Context, chain: Chain) -> Formula:
    """The right sides of one element: a sum over an index, and what is added to it."""
    reading, (first, *added) = _Reading.of(c), terms_of(rule_of(c.step))
    letter, factors = summed(first)
    if reading.is_over_batch(letter, factors):
        return _over_samples(reading, letter, factors, chain)
    count = reading.count(letter, factors)
    one, other = factors
    symbols, numbers = sum_of_products(
        c, count, lambda i: (reading.element(one, letter, i), reading.element(other, letter, i))
    )
    beside = [reading.element(symbol) for symbol in added if isinstance(symbol, Symbol)]
    symbols += tuple(rf"+\,{c.notation.latex(*element)}" for element in beside)
    numbers += tuple(rf"+\,{operand(c.latex(*element))}" for element in beside)
    return Formula(symbols, numbers, left_out(count))


def _over_samples(reading: _Reading, letter: str, factors: tuple[Symbol, ...], chain: Chain) -> Formula:
    """The sum over the batch of an upstream gradient, times what the sample brings."""
    c = reading.c

    def elements(row: int) -> list[Element]:
        return [reading.element(symbol, letter, row) for symbol in factors]

    def share(row: int) -> float:
        return math.prod(c.number(*element) for element in elements(row))

    def term(row: int) -> str:
        numbers = [c.latex(*element) for element in elements(row)]
        if len(numbers) > 1:
            return "".join(f"({signed(number)})" for number in numbers)
        return (operand if row else signed)(numbers[0])

    _, *carried = elements(c.sample)
    last = c.latex(*carried[0]) if carried else "1"
    return Formula(
        (over_batch(c) + r"\,".join(_in_any_sample(reading, symbol, elements(0)) for symbol in factors),),
        sum_of_numbers(c, c.batch, term, share),
        left_out(c.batch),
        tuple(map(share, range(c.batch))),
        chain(c, last, math.prod(c.number(*element) for element in carried)),
    )


def _in_any_sample(reading: _Reading, symbol: Symbol, elements: list[Element]) -> str:
    """LaTeX of a factor with n in the place of the sample."""
    ref, index = next(element for element in elements if element[0] == reading.places[symbol.name])
    labels = tuple(str(place + 1) for place in reading.value(symbol).written(index))
    return reading.c.notation.symbol(ref, labels, sample_letter(reading.c))


# ------------------------------------------------------------------------------------------------ of whole tensors


def indexed_tensor(notation: Notation, step: MicroStep) -> str:
    r"""LaTeX of all elements at once: products of matrices, each turned so that the summed index is between them."""
    rule = rule_of(step)
    places = dict(zip(rule.names, step.reads, strict=True))
    return " + ".join(_term(notation, rule.indices, places, term) for term in terms_of(rule))


def _term(notation: Notation, indices: tuple[str, ...], places: dict[str, ValueRef], term: Expr) -> str:
    if isinstance(term, Symbol):
        return notation.tensor_latex(places[term.name])
    letter, factors = summed(term)
    if len(factors) == 1:
        return rf"\sum_{{{letter}}}{notation.tensor_latex(places[factors[0].name], sample=letter)}"
    left, right = sorted(factors, key=lambda factor: indices[0] not in letters_of(factor))
    turned = [letters_of(left) != (indices[0], letter), letters_of(right) != (letter, indices[1])]
    matrices = [notation.tensor_latex(places[factor.name]) for factor in (left, right)]
    pairs = zip(matrices, turned, strict=True)
    return r"\,".join(transposed(matrix) if is_turned else matrix for matrix, is_turned in pairs)


def transposed(tensor: str) -> str:
    r"""The tensor with \top among its superscripts."""
    head, mark, rest = tensor.partition("^{")
    if mark:
        above, _, tail = rest.partition("}")
        return rf"{head}^{{{above}\top}}{tail}"
    head, mark, below = tensor.partition("_")
    return rf"{head}^\top{mark}{below}"
