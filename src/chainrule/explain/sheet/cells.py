"""What one cell computes: an element of a formula with indices, its names turned into the cells that they stand in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from chainrule.explain.sheet.workbook import CellBlock, Index, Named, SheetError
from chainrule.formula.evaluate import evaluate, holds
from chainrule.formula.tree import (
    Add,
    Call,
    Cases,
    Compare,
    Expr,
    Multiply,
    Rational,
    Sum,
    Symbol,
    number,
    rebuilt,
    substituted,
    walk,
)
from chainrule.formula.writing.printing import Printed
from chainrule.formula.writing.spreadsheet import LONGEST_FORMULA, ConstantCell, stable, to_sheet

# Sums of so few terms are written term by term; longer ones over a range.
MOST_TERMS = 8
# What a sheet computes of all cells of a range at once, within SUMPRODUCT.
_OF_RANGES = frozenset(("exp", "log", "sqrt", "abs", "sign", "sin", "cos", "tan", "sinh", "cosh", "tanh", "floor"))
# How a sum over a range is called while the formula around it is written.
_RANGE = "a sum over a range"


@dataclass(frozen=True)
class CellReading:
    """What the names of one formula stand for, on one page.

    `blocks` are values with their numbers, as nested lists; `named` are settings. `of_row` are cells that a name stands
    for in each sample, such as the largest output. `used` is told each setting that a formula reads.
    """

    page: str
    blocks: Mapping[str, CellBlock]
    numbers: Mapping[str, Any]
    named: Mapping[str, Named]
    constant: ConstantCell
    used: Callable[[str], None] = lambda name: None
    of_row: Mapping[str, Callable[[int], Named]] = field(default_factory=dict)

    def element(self, tree: Expr, at: Index, places: Mapping[str, int] | None = None) -> str:
        """Return the formula of one element; `at` is its index, `places` what the letters of the formula are there."""
        ranges: list[str] = []
        known = places or {}
        whole = self._expanded(_at(tree, known), known, ranges) if known or _has_sums(tree) else tree
        text = to_sheet(whole, lambda found: self._cell(found, at, known, ranges), self.constant)
        if len(text) >= LONGEST_FORMULA:
            raise SheetError(
                f"a formula would have {len(text)} characters, and a spreadsheet reads {LONGEST_FORMULA - 1} at most: "
                "take a smaller batch or narrower layers"
            )
        return text

    def number(self, tree: Expr, at: Index, places: Mapping[str, int] | None = None) -> float:
        """Return the number that the same formula gives now."""
        known = places or {}
        whole = self._written_out(_at(tree, known))

        def value(name: str, index: Index) -> float:
            if name in self.of_row:
                return self.of_row[name](known["n"]).number
            if name in self.named:
                return self.named[name].number
            block = self.blocks[name]
            return at_index(self.numbers[name], block, index or block.aligned(at))

        return evaluate(stable(whole), value)

    # -------------------------------------------------------------------------------------------------------- names

    def _cell(self, found: Symbol, at: Index, known: Mapping[str, int], ranges: Sequence[str]) -> Printed:
        if found.name == _RANGE:
            return Printed(ranges[_whole(found.indices[0])])
        if found.name in self.of_row:
            return self.of_row[found.name](known["n"]).printed
        if found.name in self.named:
            self.used(found.name)
            return self.named[found.name].printed
        block = self.blocks[found.name]
        if not found.indices:
            return Printed(block.cell(block.aligned(at), self.page))
        *front, last = found.indices
        if isinstance(last, Symbol):
            # Which one it is a value says: a class, counted from 0.
            first = tuple(map(_whole, front))
            row = block.range((*first, 0), (*first, block.columns - 1), self.page)
            return Printed(f"INDEX({row},{self._cell(last, at, known, ranges).text}+1)")
        return Printed(block.cell(tuple(map(_whole, found.indices)), self.page))

    # --------------------------------------------------------------------------------------------------------- sums

    def _expanded(self, expr: Expr, known: Mapping[str, int], ranges: list[str]) -> Expr:
        """Return the formula with its sums written out, or over ranges."""
        if isinstance(expr, Sum):
            return self._sum(expr, known, ranges)
        found = _decided(rebuilt(expr, lambda part: self._expanded(part, known, ranges)))
        if isinstance(found, Add):
            return Add(tuple(_terms(found)))
        return found

    def _sum(self, expr: Sum, known: Mapping[str, int], ranges: list[str]) -> Expr:
        size = self._size(expr)
        text = self._over_range(expr, known, size) if size > MOST_TERMS else None
        if text is None:
            return _added(
                [
                    self._expanded(_at(expr.body, {expr.index: place}), {**known, expr.index: place}, ranges)
                    for place in range(size)
                ]
            )
        ranges.append(text)
        return Symbol(_RANGE, (number(len(ranges) - 1),))

    def _size(self, expr: Sum) -> int:
        letter = Symbol(expr.index)
        for found in walk(expr.body):
            if isinstance(found, Symbol) and letter in found.indices:
                return self.blocks[found.name].shape[found.indices.index(letter)]
        raise SheetError(f"nothing says how many values {expr.index} has")

    def _over_range(self, expr: Sum, known: Mapping[str, int], size: int) -> str | None:
        """Return a sum over cells that lie side by side or one below the other; None where a sheet has no such."""
        factors = expr.body.factors if isinstance(expr.body, Multiply) else (expr.body,)
        symbols = [factor for factor in factors if isinstance(factor, Symbol)]
        cells = [self._line(symbol, expr.index, size) for symbol in symbols]
        if len(symbols) == len(factors) and all(cells):
            return _sum_of_lines([cell for cell in cells if cell])
        body = stable(expr.body)
        parts = tuple(walk(body))
        calls = {part.function for part in parts if isinstance(part, Call)}
        if any(isinstance(part, Cases | Sum) for part in parts) or not calls <= _OF_RANGES:
            return None
        lines = [self._line(part, expr.index, size) for part in parts if _has(part, expr.index)]
        if not all(lines) or len({line[1] for line in lines if line}) > 1:
            return None

        def cell(found: Symbol) -> Printed:
            line = self._line(found, expr.index, size) if _has(found, expr.index) else None
            return Printed(line[0]) if line else self._cell(found, (), known, ())

        return f"SUMPRODUCT({to_sheet(body, cell, self.constant)})"

    def _line(self, found: Expr, letter: str, size: int) -> tuple[str, bool] | None:
        """Return the range that a name runs over with a letter, and whether that is a column."""
        if not isinstance(found, Symbol) or found.name not in self.blocks or not _has(found, letter):
            return None
        if not all(isinstance(index, Rational) or index == Symbol(letter) for index in found.indices):
            return None
        block, where = self.blocks[found.name], found.indices.index(Symbol(letter))

        def end(place: int) -> Index:
            return tuple(place if index == Symbol(letter) else _whole(index) for index in found.indices)

        return block.range(end(0), end(size - 1), self.page), len(block.shape) > 1 and where == 0

    def _written_out(self, expr: Expr) -> Expr:
        """Return the formula with every sum term by term, to be worked out."""
        if isinstance(expr, Sum):
            terms = [_at(expr.body, {expr.index: place}) for place in range(self._size(expr))]
            return _added([self._written_out(term) for term in terms])
        return _decided(rebuilt(expr, self._written_out))


@lru_cache(maxsize=1024)
def _has_sums(tree: Expr) -> bool:
    return any(isinstance(part, Sum) for part in walk(tree))


def at_index(numbers: Any, block: CellBlock, index: Index) -> float:
    """Return an element of nested lists; an index that is too short is that of a row's first element."""
    for place in (*index, *(0 for _ in block.shape[len(index) :])):
        numbers = numbers[place]
    return float(numbers)


def _sum_of_lines(lines: Sequence[tuple[str, bool]]) -> str:
    if len(lines) == 1:
        return f"SUM({lines[0][0]})"
    if len({is_column for _, is_column in lines}) == 1:
        return f"SUMPRODUCT({','.join(text for text, _ in lines)})"
    if len(lines) == 2:  # noqa: PLR2004
        # A row times a column is one number, which a formula alone would give as a table of one.
        (row,), (column,) = ([text for text, is_column in lines if is_column is wanted] for wanted in (False, True))
        return f"SUMPRODUCT(MMULT({row},{column}))"
    raise SheetError("a product of more than two values runs over rows and columns")


def _has(found: Expr, letter: str) -> bool:
    return isinstance(found, Symbol) and Symbol(letter) in found.indices


def _whole(index: Expr) -> int:
    assert isinstance(index, Rational)
    return int(index.value)


def _terms(found: Add) -> Iterator[Expr]:
    for term in found.terms:
        if isinstance(term, Add):
            yield from _terms(term)
        else:
            yield term


def _added(terms: list[Expr]) -> Expr:
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


@lru_cache(maxsize=1024)
def _numbers(places: tuple[tuple[str, int], ...]) -> dict[str, Expr]:
    return {letter: number(place) for letter, place in places}


def _at(tree: Expr, places: Mapping[str, int]) -> Expr:
    return substituted(tree, _numbers(tuple(places.items()))) if places else tree


def _decided(found: Expr) -> Expr:
    """Return the case that applies where that is known: whether two places are the same."""
    if not isinstance(found, Cases):
        return found
    left: list[tuple[Expr, Expr]] = []
    for condition, then in found.cases:
        sides = (condition.left, condition.right) if isinstance(condition, Compare) else ()
        if len(sides) == 2 and all(isinstance(side, Rational) for side in sides):  # noqa: PLR2004
            one, other = (float(side.value) for side in sides if isinstance(side, Rational))
            assert isinstance(condition, Compare)
            if holds(condition.relation, one, other):
                return Cases(tuple(left), then) if left else then
            continue
        left.append((condition, then))
    return Cases(tuple(left), found.otherwise) if left else found.otherwise
