"""`derive`: the rows that show how a gradient came to be, with numbers that can be worked out again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context, Index, ReadValue
from chainrule.explain.derivation.formula_paths import FormulaPaths
from chainrule.explain.derivation.layer_paths import LayerPaths
from chainrule.explain.derivation.paths import Element, GradientPath, GradientPaths, Link
from chainrule.explain.names.notation import Notation, partial_latex
from chainrule.explain.writing.enough_digits import more_digits
from chainrule.explain.writing.fragments import FIRST_TERMS, MOST_TERMS, Fragments
from chainrule.explain.writing.numbers import FULL_PRECISION
from chainrule.explain.writing.symbols import operand_latex, signed_latex

# Products of float32 numbers agree to about 1e-7; a number that was set by hand differs by more.
_SAME = 1e-5
# Longer chains are cut: what is above can be looked at by selecting it.
MOST_LINKS = 24
# Between factors.
DOT = r"\cdot "


@dataclass(frozen=True, slots=True)
class DerivationRow:
    """One factor, or one path: `what` it is in words, its formula and its derivative in LaTeX, in fragments.

    `formula` is `of` something; `left` is the derivative, `sides` are the ways to write it, the last one in numbers,
    and `number` is its value. `gradient` is the one that it begins with, which has a derivation of its own.
    """

    what: str
    left: str
    sides: tuple[Fragments, ...]
    number: str
    value: float
    of: str = ""
    formula: Fragments = ()
    note: str = ""
    gradient: Element | None = None


@dataclass(frozen=True, slots=True)
class DerivationSection:
    """Rows whose numbers are multiplied, or added up where it `is_sum`; `left` is what they make, if it has a name.

    `symbols` and `numbers` are the factors, or the terms.
    """

    title: str
    rows: tuple[DerivationRow, ...]
    is_sum: bool
    left: str
    symbols: Fragments
    numbers: Fragments
    number: str
    value: float


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one gradient came to be."""

    sections: tuple[DerivationSection, ...]


def derived_element(
    experiment: Experiment, step: MicroStep, index: Index, sample: int, values: ReadValue, digits: int | None
) -> Context:
    """Return the element of what a step writes that a derivation is asked for.

    The arguments are `explain_element`'s.
    """
    return Context(experiment, Notation.of(experiment), step, index, sample, cache(values), digits)


def derive(c: Context, program: Program, rows: Sequence[int] = ()) -> Derivation | None:
    """Return the derivation of an element; None where it is no gradient of the backward pass.

    `rows` are the data's rows in the batch: samples are called by them, or else by their place in it.
    """
    return _Deriving(c, program, rows).derivation(Element(c.step.writes, c.index))


@dataclass(frozen=True, slots=True)
class _Factor:
    """A link of the chain, or the gradient that it begins with, and its number."""

    value: float
    link: Link | None = None
    gradient: Element | None = None


class _Deriving:
    """Follows one number up to the loss."""

    def __init__(self, c: Context, program: Program, rows: Sequence[int]) -> None:
        self._c, self._program = c, program
        is_formula = bool(c.experiment.network.formula)
        self._finder = FormulaPaths(c, program) if is_formula else LayerPaths(c, program, rows)

    def derivation(self, element: Element) -> Derivation | None:
        """Return the paths of the number and the chain of one of them.

        Then of what that begins with, up to the loss.
        """
        paths = self._paths(element)
        if paths is None:
            return None
        sections: list[DerivationSection] = []
        above: Element | None = element
        room = MOST_LINKS
        while above is not None and paths is not None:
            if paths.count > 1:
                sections.append(self._sum(above, paths))
            path, of = paths.at(paths.chosen), above
            factors, above = self._chain(path, room)
            room -= len(factors)
            if len(factors) > 1 or factors[0].link is not None:
                sections.append(self._product(of, paths, path, factors))
            paths = None if above is None else self._further(above, room)
        return Derivation(tuple(sections))

    def _further(self, above: Element, room: int) -> GradientPaths | None:
        """Return the paths of the gradient that a chain begins with,
        where they are several and there is room for more.
        """
        paths = self._paths(above)
        return paths if paths is not None and paths.count > 1 and room > 0 and self._made(above, paths) else None

    def _paths(self, element: Element) -> GradientPaths | None:
        if element.ref not in self._program.index:
            return None
        return self._finder.of(element)

    def _number(self, element: Element) -> float:
        return self._c.number(element.ref, element.index)

    def _latex(self, element: Element) -> str:
        return self._c.notation.latex(element.ref, element.index)

    # The chain of one path

    def _chain(self, path: GradientPath, room: int) -> tuple[list[_Factor], Element | None]:
        """Return the factors, the loss first.

        And the gradient that they begin with, where that is not the loss's own.
        """
        factors = [_Factor(link.value, link) for link in reversed(path.links)]
        above = path.upstream
        while above is not None:
            paths = self._paths(above)
            if paths is None or paths.count > 1 or len(factors) >= room or not self._made(above, paths):
                factors.append(_Factor(self._number(above), gradient=above))
                break
            following = paths.at(0)
            factors += [_Factor(link.value, link) for link in reversed(following.links)]
            above = following.upstream
        return factors[::-1], above

    def _made(self, element: Element, paths: GradientPaths) -> bool:
        """Return whether a gradient is what its paths make: a number that was set by hand is not."""
        found, shares = self._number(element), [paths.share(place) for place in range(paths.count)]
        total = sum(shares)
        if not math.isfinite(total):
            return math.isnan(total) == math.isnan(found)
        return math.isclose(found, total, rel_tol=_SAME, abs_tol=_SAME * max(map(abs, shares)))

    def _product(
        self, element: Element, paths: GradientPaths, path: GradientPath, factors: list[_Factor]
    ) -> DerivationSection:
        value = math.prod(factor.value for factor in factors)

        def numbers(more: int) -> Fragments:
            return _factors((factor.value for factor in factors), self._with(more))

        more = self._enough(value, numbers, DOT)
        rows = tuple(self._row(factor, self._with(more)) for factor in factors)
        several = paths.count > 1
        title = f"The chain rule {path.what}" if several else "The chain rule"
        left = "" if several else self._latex(element)
        symbols = tuple(row.left for row in rows)
        return DerivationSection(title, rows, False, left, symbols, numbers(more), self._c.write(value), value)

    def _row(self, factor: _Factor, c: Context) -> DerivationRow:
        if factor.link is None:
            assert factor.gradient is not None
            number = _written(factor.value, c)
            return DerivationRow(
                "what came back", self._latex(factor.gradient), (), number, factor.value, gradient=factor.gradient
            )
        link = factor.link
        number, numbers = _written(link.value, c), link.numbers(self._enough(link.value, link.numbers, " ", c))
        # The number is not written twice, nor once more as 1.000.
        same = {(), *((text,) for each in (number, c.write(link.value)) for text in (each, signed_latex(each)))}
        kept = tuple(side for side in dict.fromkeys((*link.sides, numbers)) if side not in same)
        return DerivationRow(
            link.what, partial_latex(link.of, link.by), kept, number, link.value, link.of, link.formula, link.note
        )

    # The paths of a sum

    def _sum(self, element: Element, paths: GradientPaths) -> DerivationSection:
        total = self._number(element)
        places = range(paths.count) if paths.count <= MOST_TERMS else self._shown(paths)
        shares = {place: paths.share(place) for place in places}
        left_out = paths.count - len(shares)
        rest = math.fsum(paths.share(place) for place in range(paths.count) if place not in shares) if left_out else 0.0
        terms = (*shares.values(), *([rest] if left_out else []))

        def numbers(more: int) -> Fragments:
            first, *others = map(self._with(more).write, terms)
            return (signed_latex(first), *(rf"+\,{operand_latex(other)}" for other in others))

        c = self._with(self._enough(total, numbers, " "))
        rows = [self._path_row(paths.at(place), share, c) for place, share in shares.items()]
        if left_out:
            rows.append(DerivationRow(f"{left_out} more", "", (), c.write(rest), rest))
        left = self._latex(element)
        return DerivationSection(paths.title, tuple(rows), True, left, (), numbers(c.more), self._c.write(total), total)

    @staticmethod
    def _shown(paths: GradientPaths) -> list[int]:
        """Return the places of many that are shown: the first ones, the chosen one and the last."""
        return sorted({*range(FIRST_TERMS), paths.chosen, paths.count - 1})

    def _path_row(self, path: GradientPath, share: float, c: Context) -> DerivationRow:
        factors = [(partial_latex(link.of, link.by), link.value) for link in path.links]
        if path.upstream is not None:
            factors.insert(0, (self._latex(path.upstream), self._number(path.upstream)))
        symbols = DOT.join(symbol for symbol, _ in factors)

        def numbers(more: int) -> Fragments:
            found = _factors((value for _, value in factors), replace(c, more=c.more + more))
            return (DOT.join(found),)

        slopes = [link.factor for link in path.links]
        if path.upstream is not None:
            slopes.insert(0, self._latex(path.upstream))
        sides = ((DOT.join(slopes),), numbers(self._enough(share, numbers, "", c))) if len(factors) > 1 else ()
        return DerivationRow(
            path.what.removeprefix("for "), symbols, sides, c.write(share), share, gradient=path.upstream
        )

    # Digits

    def _with(self, more: int) -> Context:
        return replace(self._c, more=more)

    def _enough(self, value: float, written: Callable[[int], Fragments], between: str, c: Context | None = None) -> int:
        """Return how many digits more the numbers need for the value to be worked out from them."""
        digits = (c or self._c).operand_digits
        if digits is None or not written(0):
            return 0
        return more_digits(value, digits, lambda more: between.join(written(more)), FULL_PRECISION - digits)[0]


def _factors(values: Iterable[float], c: Context) -> Fragments:
    """Return numbers that are multiplied: a negative one behind another is bracketed."""
    first, *others = (_written(value, c) for value in values)
    return (signed_latex(first), *map(operand_latex, others))


def _written(value: float, c: Context) -> str:
    """Return a number of a row: 1 where a derivative is 1, and not 1.000."""
    return c.write(value, short=value in (0.0, 1.0, -1.0))
