r"""A formula of the tables in LaTeX, with what its names are called here or with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chainrule.explain.writing.symbols import MINUS, signed_latex
from chainrule.formula.cases import Branch, branches, is_indicator, turned
from chainrule.formula.tree import Expr, Symbol
from chainrule.formula.writing.latex import RELATIONS, Latex, term_latex, to_latex
from chainrule.formula.writing.printing import Leaf, Level, Printed, bracketed, written

NameTexts = Mapping[str, str]


def of_symbols(names: NameTexts) -> Leaf:
    """Return what writes names as symbols, in LaTeX."""

    def leaf(found: Symbol) -> Printed:
        symbol = names[found.name]
        # What has an exponent already is bracketed where it is raised.
        compound = "^" in symbol or r"\frac" in symbol or r"\Delta " in symbol
        return Printed(symbol, Level.POWER if compound else Level.ATOM)

    return leaf


def of_numbers(names: NameTexts) -> Leaf:
    """Return what writes names as numbers, in LaTeX: bracketed where a minus or a power of ten could be misread."""

    def leaf(found: Symbol) -> Printed:
        number = names[found.name]
        if number.startswith("-"):
            return Printed(signed_latex(number), Level.NEGATIVE)
        return Printed(number, Level.SCALED if r"\cdot" in number else Level.ATOM)

    return leaf


# The minus of numbers on the screen; of optimizers each factor is set apart from the next.
SCREEN, DOTTED = Latex(MINUS), Latex(MINUS, dots=True)


def in_latex(expr: Expr, leaf: Leaf, notation: Latex = SCREEN) -> str:
    """Return a formula in one fragment."""
    return to_latex(expr, leaf, notation)


def as_factor(expr: Expr, leaf: Leaf, least: Level = Level.PRODUCT) -> str:
    """Return a formula in brackets where it is a sum or begins with a minus, and is to be multiplied."""
    return bracketed(written(expr, SCREEN, leaf), least, SCREEN)


def general(expr: Expr, leaf: Leaf) -> str:
    """Return a formula that is to be multiplied, with all of its cases."""
    return braced(branches(expr), leaf) if has_brace(expr) else as_factor(expr, leaf)


def has_brace(expr: Expr) -> bool:
    """Return whether a formula is written with a brace: an indicator, which is 1 or 0, has a letter of its own."""
    return len(branches(expr)) > 1 and not is_indicator(expr)


def in_fragments(expr: Expr, leaf: Leaf, notation: Latex = SCREEN) -> tuple[str, ...]:
    """Return a formula in fragments between which a line may break."""
    return term_latex(expr, leaf, notation)


def braced(cases: Sequence[Branch], leaf: Leaf, notation: Latex = SCREEN) -> str:
    """Return all cases of a formula, each with the condition under which it holds."""
    rows = r" \\ ".join(
        f"{in_latex(each.formula, leaf, notation)} & {condition_latex(each, leaf, notation)}" for each in cases
    )
    return rf"\begin{{cases}}{rows}\end{{cases}}"


def condition_latex(branch: Branch, leaf: Leaf, notation: Latex = SCREEN) -> str:
    """Return when a case holds: z > 0, or -1 < z < 1; empty for the only one."""
    if not branch.conditions:
        return ""
    *before, last = branch.conditions
    text = in_latex(last, leaf, notation)
    for each in before:
        found = turned(each)
        text = f"{in_latex(found.left, leaf, notation)}{RELATIONS[found.relation]}{text}"
    return text
