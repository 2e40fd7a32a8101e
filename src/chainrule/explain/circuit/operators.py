"""What is written on the node of an operator: a sign, or the operator with the numbers that it has in itself."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.explain.writing.numbers import superscript
from chainrule.formula.tree import (
    Add,
    Call,
    Cases,
    Compare,
    Constant,
    Divide,
    Expr,
    Multiply,
    Negative,
    Power,
    Rational,
    Symbol,
    substituted,
    symbols_of,
)
from chainrule.formula.writing.text import formula_to_text

# In the place of an operand whose name is too long.
OPERAND = "□"
# What is longer is told by the tip of its node.
MOST_LETTERS = 9
# A minus before one operand, cases, and a line that only gives another name.
_ALONE: dict[type, str] = {Negative: "×−1", Cases: "if", Symbol: "="}
# The natural logarithm is called there as textbooks call it.
_AS_IN_EQUATIONS = {"log": "ln"}
_RELATIONS = {"<=": "≤", ">=": "≥", "!=": "≠", "==": "="}


def sign_of(rule: Expr, named: Callable[[str], str]) -> str:
    """Return the operator: `+`, `×`, `exp`; with its number `+1`, `1/x`, `x²`; with both names where their order
    counts.

    `named` writes a name as it is written everywhere.
    """
    return _sign(substituted(rule, {name: Symbol(named(name)) for name in symbols_of(rule)}))


def _sign(rule: Expr) -> str:
    match rule:
        case Add((first, Negative(last))):
            return _ordered(first, "−", last)
        case Add((first, last)):
            return _either("+", first, last)
        case Multiply((first, last)):
            return _either("×", first, last)
        case Divide(first, last):
            return _quotient(first, last)
        case Power(first, last):
            return _power(first, last)
        case Call(function, arguments):
            return _call(function, arguments)
        case Compare(relation, left, right):
            sign = _RELATIONS.get(relation, relation)
            return _short(f"{_operand(left)} {sign} {_operand(right)}", sign)
        case _:
            return _ALONE.get(type(rule)) or _given(rule)


def _is_given(expr: Expr) -> bool:
    return isinstance(expr, Rational | Constant)


def _given(expr: Expr) -> str:
    text = "π" if expr == Constant("pi") else formula_to_text(expr).replace("-", "−")
    return text if len(text) <= MOST_LETTERS else "…"


def _either(sign: str, first: Expr, last: Expr) -> str:
    """Return a sum or a product, with the number that is in it."""
    for given in (first, last):
        if isinstance(given, Rational) and given.value < 0 and sign == "+":
            return _given(given)
        if _is_given(given):
            return sign + _given(given)
    return sign


def _ordered(first: Expr, sign: str, last: Expr) -> str:
    """Return a difference: which is subtracted from which."""
    if _is_given(last):
        return sign + _given(last)
    if _is_given(first):
        return _filled(lambda operand: f"{_given(first)} {sign} {operand}", last)
    return _short(f"{_operand(first)} {sign} {_operand(last)}", sign)


def _quotient(first: Expr, last: Expr) -> str:
    if _is_given(last):
        return "÷" + _given(last)
    if _is_given(first):
        return _filled(lambda operand: f"{_given(first)}/{operand}", last)
    return _short(f"{_operand(first)}/{_operand(last)}", "÷")


def _power(first: Expr, last: Expr) -> str:
    if isinstance(last, Rational) and last.value.denominator == 1 and len(str(last.value)) <= MOST_LETTERS:
        return _filled(lambda operand: operand + superscript(last.value.numerator), first)
    if _is_given(last):
        return _filled(lambda operand: f"{operand}^{_given(last)}", first)
    if _is_given(first):
        return _filled(lambda operand: f"{_given(first)}^{operand}", last)
    return _short(f"{_operand(first)}^{_operand(last)}", "^")


def _call(function: str, arguments: tuple[Expr, ...]) -> str:
    function = _AS_IN_EQUATIONS.get(function, function)
    if any(map(_is_given, arguments)):
        return _short(f"{function}({', '.join(map(_operand, arguments))})", function)
    return function


def _filled(written: Callable[[str], str], operand: Expr) -> str:
    """Return an operator with its one operand by its name, or with a sign for it where there is no room."""
    text = written(_operand(operand))
    return text if len(text) <= MOST_LETTERS else written(OPERAND)


def _operand(expr: Expr) -> str:
    return _given(expr) if _is_given(expr) else formula_to_text(expr)


def _short(text: str, sign: str) -> str:
    return text if len(text) <= MOST_LETTERS else sign
