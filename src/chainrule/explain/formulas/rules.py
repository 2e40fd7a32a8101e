r"""The equations of rules in index notation: z[n,o] = sum(i, w[o,i]*x[n,i]) + b[o], for one element and for all.

A sum over units is written out, term by term; one over the batch has its sign, and a share for each sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.fragments import (
    Factor,
    Formula,
    RefIndex,
    left_out,
    over_batch,
    sample_letter,
    sum_of_numbers,
    sum_of_products,
)
from chainrule.explain.writing.symbols import operand_latex, signed_latex
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

    def element(self, symbol: Symbol, letter: str = "", place: int = 0) -> RefIndex:
        """Return the element that a symbol is, with one more letter at a place."""
        known = {**self.known, letter: place}
        return self.places[symbol.name], tuple(known[name] for name in letters_of(symbol))

    def size(self, letter: str, factors: Sequence[Symbol]) -> int | None:
        """Return how many places a letter has; None where it counts samples."""
        symbol = next(symbol for symbol in factors if letter in letters_of(symbol))
        return self.c.notation.value(self.places[symbol.name]).sizes[letters_of(symbol).index(letter)]


def rule_of(step: MicroStep) -> Rule:
    """Return the rule that a step follows."""
    assert step.rule is not None
    return step.rule


def letters_of(symbol: Symbol) -> tuple[str, ...]:
    """Return the letters of a symbol's indices."""
    return tuple(index.name for index in symbol.indices if isinstance(index, Symbol))


def summed(expr: Expr) -> tuple[str, tuple[Symbol, ...]]:
    """Return the letter that a sum runs over, and the factors of its terms."""
    assert isinstance(expr, Sum)
    factors = expr.body.factors if isinstance(expr.body, Multiply) else (expr.body,)
    return expr.index, tuple(factor for factor in factors if isinstance(factor, Symbol))


def terms_of(rule: Rule) -> tuple[Expr, ...]:
    """Return what the rule's formula adds up."""
    return rule.formula.terms if isinstance(rule.formula, Add) else (rule.formula,)


def indexed_formula(c: Context, chain: Chain) -> Formula:
    """Return the right sides of one element: a sum over an index, and what is added to it."""
    reading, (first, *added) = _Reading.of(c), terms_of(rule_of(c.step))
    letter, factors = summed(first)
    count = reading.size(letter, factors)
    if count is None:
        return _over_samples(reading, letter, factors, chain)
    one, other = factors
    symbols, numbers = sum_of_products(
        c, count, lambda i: (reading.element(one, letter, i), reading.element(other, letter, i))
    )
    beside = [reading.element(symbol) for symbol in added if isinstance(symbol, Symbol)]
    symbols += tuple(rf"+\,{c.notation.latex(*element)}" for element in beside)
    numbers += tuple(rf"+\,{operand_latex(c.latex(*element))}" for element in beside)
    return Formula(symbols, numbers, left_out(count))


def _over_samples(reading: _Reading, letter: str, factors: tuple[Symbol, ...], chain: Chain) -> Formula:
    """Return the sum over the batch of an upstream gradient, times what the sample brings."""
    c = reading.c

    def elements(row: int) -> list[RefIndex]:
        return [reading.element(symbol, letter, row) for symbol in factors]

    def share(row: int) -> float:
        return math.prod(c.number(*element) for element in elements(row))

    def term(row: int) -> str:
        numbers = [c.latex(*element) for element in elements(row)]
        if len(numbers) > 1:
            return "".join(f"({signed_latex(number)})" for number in numbers)
        return (operand_latex if row else signed_latex)(numbers[0])

    _, *carried = elements(c.sample)
    last = c.latex(*carried[0]) if carried else "1"
    return Formula(
        (over_batch(c) + r"\,".join(_in_any_sample(c, element) for element in elements(0)),),
        sum_of_numbers(c, c.batch, term, share),
        left_out(c.batch),
        tuple(map(share, range(c.batch))),
        chain(c, last, math.prod(c.number(*element) for element in carried)),
    )


def _in_any_sample(c: Context, element: RefIndex) -> str:
    """Return LaTeX of a factor with n in the place of the sample."""
    ref, index = element
    return c.notation.symbol(ref, c.notation.labels(ref, index), sample_letter(c))


# ------------------------------------------------------------------------------------------------ of whole tensors


def indexed_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    r"""Return LaTeX of all elements at once: products of matrices, each turned so that the summed index is between
    them.
    """
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
    r"""Return the tensor with \top among its superscripts."""
    head, mark, rest = tensor.partition("^{")
    if mark:
        above, _, tail = rest.partition("}")
        return rf"{head}^{{{above}\top}}{tail}"
    head, mark, below = tensor.partition("_")
    return rf"{head}^\top{mark}{below}"
