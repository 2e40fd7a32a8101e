"""A formula as a spreadsheet has it: as Excel stores it in a file, and LibreOffice reads it, too.

A sheet has no infinity: what overflows is an error there, and an error spreads. So what the tables say as textbooks do
is written so that it does not overflow on the way to a finite number. A minus binds tighter than a power there: -2^2
is 4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from chainrule.formula.evaluate import as_float
from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.parse import read
from chainrule.formula.tree import (
    ONE,
    ZERO,
    Add,
    Call,
    Cases,
    Compare,
    Divide,
    Expr,
    Multiply,
    Negative,
    Rational,
    rebuilt,
    substituted,
)
from chainrule.formula.writing.printing import Leaf, Level, Printed, bracketed, written
from chainrule.formula.writing.text import TextPrinter, decimal

# A sheet reads no more of a number that stands in a formula.
MOST_DIGITS = 15
# Excel reads no formula that is longer.
LONGEST_FORMULA = 8192
_RELATIONS = {"==": "=", "!=": "<>"}
# What a sheet has no function for, without a power of e that overflows.
_WRITTEN_OUT = {
    "sigmoid": read("if(x >= 0, 1/(1 + exp(-x)), exp(x)/(1 + exp(x)))"),
    # Far to the left 1 + exp(x) has lost the digits of exp(x): by the first terms of log(1 + t) there, to 1e-11.
    "softplus": read("if(x < -12, exp(x)*(1 - exp(x)/2), max(x, 0) + log(1 + exp(-abs(x))))"),
    "phi": read("exp(-x^2/2)/sqrt(2*pi)"),
}
# Writes a number that has more digits than a formula may have: the cell that it stands in.
ConstantCell = Callable[[float], str]


def to_sheet(expr: Expr, leaf: Leaf, constant: ConstantCell | None = None) -> str:
    """Return the formula as a spreadsheet has it, without its first =.

    `leaf` writes the cell of a name, and `constant` that of a number with more than 15 digits, which is else written
    with all of them: Excel reads the first 15.
    """
    return written(stable(expr), _Sheet(constant), leaf).text


@lru_cache(maxsize=1024)
def stable(expr: Expr) -> Expr:
    """Return a formula that has the same value, and overflows on the way to none: 1/(1 + exp(-z)) as a sigmoid is
    worked out, log(1 + exp(z)) as z and little more.

    A comparison is there a number, 1 or 0, but where it is a condition.
    """
    return _written_out(_recognized(expr))


def keeps_digits(expr: Expr) -> bool:
    """Return whether `stable` writes the formula otherwise: other ways to keep its digits are then not needed."""
    return _recognized(expr) != expr


# --------------------------------------------------------------------------------------------- what does not overflow


def _recognized(expr: Expr) -> Expr:
    found = rebuilt(expr, _recognized)
    match found:
        case Divide(top, bottom) if top == ONE and (power := _one_plus_exp(bottom)) is not None:
            return Call("sigmoid", (_negated(power),))
        case Add((one, Negative(Call("sigmoid", (x,))))) if one == ONE:
            return Call("sigmoid", (_negated(x),))
        case Call("log", (body,)):
            return _logarithm(found, body)
        case _:
            return found


def _logarithm(found: Expr, body: Expr) -> Expr:
    if (power := _one_plus_exp(body)) is not None:
        return Call("softplus", (power,))
    if isinstance(body, Call) and body.function == "sigmoid":
        return Negative(Call("softplus", (_negated(body.arguments[0]),)))
    return found


def _one_plus_exp(expr: Expr) -> Expr | None:
    """Return what e is raised to in 1 + exp(x); None of anything else."""
    match expr:
        case Add((one, Call("exp", (x,)))) | Add((Call("exp", (x,)), one)) if one == ONE:
            return x
        case _:
            return None


def _negated(expr: Expr) -> Expr:
    match expr:
        case Negative(body):
            return body
        case Rational(value):
            return Rational(-value)
        case Multiply((first, *others)) if isinstance(first, Negative):
            return Multiply((first.body, *others))
        case _:
            return Negative(expr)


def _written_out(expr: Expr) -> Expr:
    """Return the formula with functions of the sheet alone, and with no two minuses one behind the other."""
    if isinstance(expr, Cases):
        # A condition stays a comparison.
        pairs = tuple((_condition(condition), _written_out(then)) for condition, then in expr.cases)
        return Cases(pairs, _written_out(expr.otherwise))
    found = rebuilt(expr, _written_out)
    match found:
        case Call(function, (x,)) if function in _WRITTEN_OUT:
            return rebuilt(substituted(_WRITTEN_OUT[function], {"x": x}), _signed)
        case Compare():
            return Cases(((found, ONE),), ZERO)
        case _:
            return _sign_in_front(found)


def _condition(expr: Expr) -> Expr:
    return rebuilt(expr, _written_out) if isinstance(expr, Compare) else _written_out(expr)


def _signed(expr: Expr) -> Expr:
    found = _sign_in_front(rebuilt(expr, _signed))
    match found:
        case Call("abs", (Negative(x),)):
            return Call("abs", (x,))
        case _:
            return found


def _sign_in_front(found: Expr) -> Expr:
    """Return a product with at most one minus, in front of it; what is turned around twice is as it was."""
    match found:
        case Negative(Negative(body)):
            return body
        case Multiply(factors) if any(isinstance(factor, Negative) for factor in factors):
            bare = Multiply(tuple(each.body if isinstance(each, Negative) else each for each in factors))
            turns = sum(isinstance(factor, Negative) for factor in factors)
            return Negative(bare) if turns % 2 else bare
        case Add(terms):
            return Add(tuple(map(_sign_in_front, terms)))
        case _:
            return found


# ---------------------------------------------------------------------------------------------------- how it is written


class _Sheet(TextPrinter):
    """The notation of a cell: no blanks, functions in capitals, numbers of at most 15 digits."""

    def __init__(self, constant: ConstantCell | None) -> None:
        self._constant = constant

    def number(self, found: Rational) -> Printed:
        """Write digits; or the cell that has them all, where they are too many."""
        text = decimal(abs(found.value)).upper().replace("E", "E+").replace("E+-", "E-")
        parts = text.partition("E")[0].replace(".", "").split("/")
        if self._constant is not None and any(len(part.strip("0")) > MOST_DIGITS for part in parts):
            return Printed(self._constant(as_float(found)))
        if found.value < 0:
            return Printed(f"-{text}", Level.NEGATIVE)
        return Printed(text, Level.PRODUCT if "/" in text else Level.ATOM)

    def constant(self, name: str) -> Printed:
        """Write a call of its own."""
        return Printed("PI()" if name == "pi" else "EXP(1)")

    def terms(self, written: list[tuple[str, str]]) -> str:
        """Write terms one behind the other; a minus in front is that of a whole term, also of one with a power."""
        (sign, first), *others = written
        first = f"({first})" if sign == "-" and _begins_with_power(first) else first
        return sign + first + "".join(sign + text for sign, text in others)

    def power(self, raised: Expr, base: str, exponent: Printed) -> Printed:
        """Write a caret; of two in a row a sheet takes the first one first, which brackets prevent."""
        return Printed(f"{base}^{bracketed(exponent, Level.ATOM, self)}", Level.POWER)

    def call(self, function: str, arguments: list[Printed]) -> Printed:
        """Write a call by the sheet's function."""
        names = dict(zip("xy", (argument.text for argument in arguments), strict=False))
        return Printed(FUNCTIONS[function].sheet.format(**names))

    def relation(self, sign: str, left: str, right: str) -> Printed:
        """Write a condition."""
        return Printed(f"{left}{_RELATIONS.get(sign, sign)}{right}", Level.RELATION)

    def cases(self, cases: list[tuple[str, str]], otherwise: str) -> Printed:
        """Write one IF in another."""
        text = otherwise
        for condition, then in reversed(cases):
            text = f"IF({condition},{then},{text})"
        return Printed(text)

    def sum(self, index: str, body: Printed) -> Printed:
        """Refuse what only cells can say: a sum is written out, or over a range, before."""
        raise ValueError(f"a sum over {index} has no cells here")


def _begins_with_power(text: str) -> bool:
    """Return whether a product's first factor is raised: a minus in front would be raised, too."""
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if not depth and character in "*/+-^":
            return character == "^"
    return False
