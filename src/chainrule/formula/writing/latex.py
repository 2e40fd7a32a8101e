r"""A formula in LaTeX, as a textbook sets it: fractions, powers, `\cdot` where two numbers would run together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.tree import ONE, Add, Call, Divide, Expr, Multiply, Rational, Symbol
from chainrule.formula.writing.printing import Leaf, Level, Printed, bracketed, sign_apart, term_text, written
from chainrule.formula.writing.text import decimal

# A command ends with a blank, or it would run into a letter.
RELATIONS = {"<": "<", "<=": r"\leq ", ">": ">", ">=": r"\geq ", "==": "=", "!=": r"\neq "}
GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta",
    "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho",
    "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
}  # fmt: skip


def to_latex(expr: Expr, leaf: Leaf | None = None, notation: Latex | None = None) -> str:
    """Return LaTeX of a formula, with its names as symbols or as `leaf` writes them."""
    return written(expr, notation or Latex(), leaf or symbol).text


def term_latex(expr: Expr, leaf: Leaf | None = None, notation: Latex | None = None) -> tuple[str, ...]:
    """Return the same in fragments between which a line may break: the terms of a sum."""
    terms = expr.terms if isinstance(expr, Add) else (expr,)
    found = (term_text(term, place, notation or Latex(), leaf or symbol) for place, term in enumerate(terms))
    return tuple(rf"{sign}\,{text}" if place else f"{sign}{text}" for place, (sign, text) in enumerate(found))


def parted_latex(
    expr: Expr, fits: Callable[[str], bool], leaf: Leaf | None = None, notation: Latex | None = None
) -> tuple[str, ...]:
    """Return the same in smaller fragments where a term does not fit: a line may also break between factors.

    A quotient gives one over each factor that is below as factors of their own.
    """
    return tuple(_Parting(fits, leaf or symbol, notation or Latex()).of(expr))


@dataclass(frozen=True, slots=True)
class _Parting:
    """Parts what does not fit."""

    fits: Callable[[str], bool]
    leaf: Leaf
    notation: Latex

    def of(self, expr: Expr) -> list[str]:
        """Return the fragments of a formula."""
        if isinstance(expr, Add):
            return self._sum(expr)
        text, factors = written(expr, self.notation, self.leaf).text, _factors(expr)
        if len(factors) == 1 or self.fits(text):
            return [text]
        found: list[str] = []
        for factor in factors:
            first, *others = self._factor(factor)
            found += [rf"\cdot {first}" if found else first, *others]
        return found

    def _factor(self, factor: Expr) -> list[str]:
        text = bracketed(written(factor, self.notation, self.leaf), Level.PRODUCT, self.notation)
        if not isinstance(factor, Add) or self.fits(text):
            return [text]
        fragments = self._sum(factor)
        return [f"({fragments[0]}", *fragments[1:-1], f"{fragments[-1]})"]

    def _sum(self, expr: Add) -> list[str]:
        found: list[str] = []
        for place, term in enumerate(expr.terms):
            sign, body = sign_apart(term, place)
            whole = "".join(term_text(term, place, self.notation, self.leaf))
            first, *others = [whole.removeprefix(sign)] if self.fits(whole) else self.of(body)
            found += [rf"{sign}\,{first}" if place else f"{sign}{first}", *others]
        return found


def _factors(expr: Expr) -> list[Expr]:
    """Return those of a product; of a quotient what is above, and one over each that is below."""
    if isinstance(expr, Multiply):
        return list(expr.factors)
    if not isinstance(expr, Divide):
        return [expr]
    above = [each for each in _factors(expr.top) if each != ONE]
    below = [
        Divide(ONE, each) for each in (expr.bottom.factors if isinstance(expr.bottom, Multiply) else [expr.bottom])
    ]
    # A number comes first.
    return [*below, *above] if isinstance(expr.bottom, Rational) else [*above, *below]


def symbol(found: Symbol) -> Printed:
    r"""Return a name as it stands in formulas: `beta1` is `\beta_1`, `w_out` has an index,
    a long name stands upright.
    """
    name = found.name
    is_next = name.endswith(".next")
    base, below = name_parts(name.removesuffix(".next"))
    indices = [to_latex(index) for index in found.indices]
    lower = ",".join(part for part in (below, *indices) if part)
    text = base + (f"_{{{lower}}}" if lower else "") + (r"^{\text{new}}" if is_next else "")
    return Printed(text, Level.POWER if is_next else Level.ATOM)


def name_parts(name: str) -> tuple[str, str]:
    """Return the letter of a name and its index, in LaTeX."""
    # An underscore at the end belongs to the name.
    match = re.fullmatch(r"([^\W\d_]+)(?:_?(\d+))?", name)
    if match and (match[1] in GREEK or len(match[1]) == 1):
        return (rf"\{match[1]}" if match[1] in GREEK else match[1]), match[2] or ""
    if match and match[2]:
        return rf"\mathrm{{{match[1]}}}", match[2]
    head, _, tail = name.partition("_")
    # What stands below the line already has no index of its own.
    if tail and tail.isascii() and (len(head) == 1 or head in GREEK):
        return (rf"\{head}" if head in GREEK else head), rf"\mathrm{{{_upright(tail)}}}"
    return upright(name), ""


def upright(name: str) -> str:
    """Return a name as it is typed."""
    return rf"\mathrm{{{_upright(name)}}}"


def _upright(name: str) -> str:
    return name.replace("_", r"\_")


class Latex:
    """LaTeX's notation."""

    # A fraction keeps itself together.
    factor = Level.PRODUCT
    over = Level.RELATION

    def __init__(self, minus: str = "-", *, dots: bool = False) -> None:
        """`minus` is the sign of numbers; `dots` stand between all factors."""
        self._minus, self._dots = minus, dots

    def number(self, found: Rational) -> Printed:
        """Write digits, a fraction, or a power of ten."""
        text, level = decimal(abs(found.value)), Level.ATOM
        if "/" in text:
            top, bottom = text.split("/")
            text, level = rf"\frac{{{top}}}{{{bottom}}}", Level.QUOTIENT
        elif "e" in text:
            mantissa, exponent = text.split("e")
            power = f"10^{{{exponent}}}"
            text, level = (power, Level.POWER) if mantissa == "1" else (rf"{mantissa}\cdot {power}", Level.PRODUCT)
        return Printed(f"{self._minus}{text}", Level.NEGATIVE) if found.value < 0 else Printed(text, level)

    def constant(self, name: str) -> Printed:
        """Write its letter."""
        return Printed(r"\pi" if name == "pi" else "e")

    def brackets(self, text: str) -> str:
        """Write brackets as high as a fraction that stands in them."""
        # A minus behind a bracket is a sign, as that of a number is.
        text = self._minus + text[1:] if text.startswith("-") else text
        # Around what is higher some typesetters draw brackets over the whole page.
        is_high = r"\sqrt" in text or r"\sum" in text or text.count(r"\frac") > 1
        return rf"\left({text}\right)" if r"\frac" in text and not is_high else f"({text})"

    def terms(self, written: list[tuple[str, str]]) -> str:
        """Write one after another."""
        return "".join(f"{sign}{text}" for sign, text in written)

    def product(self, factors: list[tuple[Expr, str]]) -> str:
        """Write factors side by side, with a dot where a number follows or a number and a long name meet."""
        text = factors[0][1]
        for (left, _), (right, following) in pairwise(factors):
            text += (r"\cdot " if self._dots or _needs_dot(left, right, text, following) else r"\,") + following
        return text

    def quotient(self, top: str, bottom: str) -> Printed:
        """Write a fraction."""
        return Printed(rf"\frac{{{top}}}{{{bottom}}}", Level.QUOTIENT)

    def power(self, raised: Expr, base: str, exponent: Printed) -> Printed:
        """Write a power; a function's exponent stands behind its name."""
        above = f"^{exponent.text}" if len(exponent.text) == 1 else f"^{{{exponent.text}}}"
        if isinstance(raised, Call) and _is_named(raised):
            name = FUNCTIONS[raised.function].latex
            return Printed(name + above + base.removeprefix(name), Level.POWER)
        return Printed(base + above, Level.POWER)

    def call(self, function: str, arguments: list[Printed]) -> Printed:
        """Write a call by the function's own notation."""
        latex = FUNCTIONS[function].latex
        inner = r",\,".join(argument.text for argument in arguments)
        if "<x>" in latex:
            return Printed(latex.replace("<x>", inner), Level.POWER if "^" in latex else Level.ATOM)
        brackets = self.brackets(inner)
        return Printed(f"{latex}{brackets}", Level.ATOM)

    def relation(self, sign: str, left: str, right: str) -> Printed:
        """Write a relation with its sign."""
        return Printed(f"{left}{RELATIONS[sign]}{right}", Level.RELATION)

    def cases(self, cases: list[tuple[str, str]], otherwise: str) -> Printed:
        """Write the indicator of a condition where the values are 1 and 0, else a brace."""
        if len(cases) == 1 and (cases[0][1], otherwise) == ("1", "0"):
            return Printed(rf"\mathbf{{1}}_{{{cases[0][0]}}}")
        lines = [rf"{then} & \text{{if }}{condition}" for condition, then in cases]
        body = r" \\ ".join([*lines, rf"{otherwise} & \text{{otherwise}}"])
        return Printed(rf"\begin{{cases}}{body}\end{{cases}}", Level.PRODUCT)

    def sum(self, index: str, body: Printed) -> Printed:
        """Write a sum sign, with brackets around a sum."""
        return Printed(rf"\sum_{{{index}}} {bracketed(body, Level.PRODUCT, self)}", Level.NEGATIVE)


def _is_named(found: Call) -> bool:
    return "<x>" not in FUNCTIONS[found.function].latex


def _needs_dot(left: Expr, right: Expr, before: str, following: str) -> bool:
    """Return whether two factors would be misread side by side."""
    if following[0].isdigit() or following.startswith((r"\frac", r"\begin", r"\sum", "e^")):
        return not before.endswith(")") or not following.startswith("(")
    if before[-1].isdigit() and isinstance(left, Symbol) and not following.startswith(("(", r"\left(")):
        return True
    names = [found.name for found in (left, right) if isinstance(found, Symbol) and not found.indices]
    return any(len(name) > 1 and name not in GREEK for name in names) and not isinstance(left, Rational)
