r"""Works out LaTeX made of numbers, as a student would from what is printed: the digits on the screen must suffice.

In decimal arithmetic of 34 digits, not in the engine's: what float32 or float64 round off on the way is not in it.
Where more cancel, as of e to the power of 10⁻⁴⁰ less 1, `CAREFUL` digits are enough for any numbers of float64.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import (
    ROUND_FLOOR,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)

USUAL, CAREFUL = 34, 350
_CONTEXT = Context(Emax=10**12, Emin=-(10**12), traps=[InvalidOperation, DivisionByZero, Overflow])
# What a word says of the numbers behind it is for people; others are operators.
_REMARK = re.compile(r"\\text\{[^}]*: \}")
_TOKEN = re.compile(r"\\text\{[^}]*\}|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S")
_SPACES = frozenset((r"\,", r"\;", r"\!", r"\left", r"\right", "\\ "))
_ZERO, _ONE = Decimal(0), Decimal(1)
_PI = Decimal("3.141592653589793238462643383279503")
_CLOSING = {"(": ")", "[": "]", "{": "}", r"\lfloor": r"\rfloor"}
_RELATIONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">": Decimal.__gt__,
    "<": Decimal.__lt__,
    r"\geq": Decimal.__ge__,
    r"\leq": Decimal.__le__,
    "=": Decimal.__eq__,
    r"\neq": Decimal.__ne__,
}
_IF, _ELSE, _MOD, _AND, _OR, _NOT = (
    rf"\text{{{word}}}" for word in (" if ", " else ", " mod ", " and ", " or ", "not ")
)
_ENDS = frozenset((_IF, _ELSE, _AND, _OR, "", ")", "]", "}", ",", "+", "-", r"\rfloor", *_RELATIONS))


def work_out(latex: str, precision: int = USUAL) -> Decimal | None:
    """Return the value of an expression of numbers; None where it has none, or where something in it is no number."""
    tokens = [t for t in _TOKEN.findall(_REMARK.sub("", latex.replace("{-}", "-"))) if t not in _SPACES]
    reader = _Reader(tokens)
    with localcontext(_CONTEXT, prec=precision):
        try:
            value = reader.choice()
        except (DecimalException, ValueError, OverflowError, KeyError, IndexError):
            return None
    return value if value.is_finite() and reader.at == len(tokens) else None


def _sigmoid(x: Decimal) -> Decimal:
    power = (-abs(x)).exp()
    return (_ONE if x >= 0 else power) / (_ONE + power)


def _tanh(x: Decimal) -> Decimal:
    power = (-2 * abs(x)).exp()
    return ((_ONE - power) / (_ONE + power)).copy_sign(x)


def _modulo(x: Decimal, divisor: Decimal) -> Decimal:
    """Divide as Python and torch do, and return the rest: it has the divisor's sign."""
    rest = x % divisor
    return rest + divisor if rest and (rest < 0) != (divisor < 0) else rest


def _through_float(function: Callable[[float], float]) -> Callable[[Decimal], Decimal]:
    """Return a function that the decimal arithmetic does not have."""
    return lambda x: Decimal(function(float(x)))


_FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    # Of one number alone it is that number.
    r"\max": lambda *numbers: max(numbers),
    r"\min": lambda *numbers: min(numbers),
    r"\tanh": _tanh,
    r"\sinh": lambda x: (x.exp() - (-x).exp()) / 2,
    r"\cosh": lambda x: (x.exp() + (-x).exp()) / 2,
    r"\exp": Decimal.exp,
    r"\ln": Decimal.ln,
    r"\log": Decimal.ln,
    r"\cos": _through_float(math.cos),
    r"\sin": _through_float(math.sin),
    r"\sigma": _sigmoid,
    r"\Phi": _through_float(lambda x: math.erfc(-x / math.sqrt(2)) / 2),
    r"\phi": lambda x: (-x * x / 2).exp() / (2 * _PI).sqrt(),
    r"\tan": _through_float(math.tan),
    "ReLU": lambda x: max(x, _ZERO),
    "softplus": lambda x: (_ONE + (-abs(x)).exp()).ln() + max(x, _ZERO),
    "erf": _through_float(math.erf),
    "sgn": lambda x: Decimal((x > 0) - (x < 0)),
    "sign": lambda x: Decimal((x > 0) - (x < 0)),
}


class _Reader:
    """Reads tokens from left to right; each method works out what it has read."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.bars = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, *tokens: str) -> None:
        for token in tokens:
            if self.take() != token:
                raise ValueError(token)

    def choice(self) -> Decimal:
        """Return a number, or one of two on a condition."""
        value = self.sum()
        if self.peek() != _IF:
            return value
        self.take()
        holds = self.condition()
        self.expect(_ELSE)
        other = self.choice()
        return value if holds else other

    def condition(self) -> bool:
        """Return relations between numbers, with the words of logic; and binds closer than or."""
        holds = self.relations()
        while self.peek() in (_AND, _OR):
            if self.take() == _AND:
                holds = self.relations() and holds
            else:
                return self.condition() or holds
        return holds

    def relations(self) -> bool:
        if self.peek() == _NOT:
            self.take()
            return not self.relations()
        left = self.sum()
        if self.peek() not in _RELATIONS:
            return left != 0
        holds = True
        while self.peek() in _RELATIONS:
            relation = _RELATIONS[self.take()]
            right = self.sum()
            left, holds = right, holds and relation(left, right)
        return holds

    def sum(self) -> Decimal:
        sign = self.take() if self.peek() in ("+", "-") else "+"
        total = self.product() if sign == "+" else -self.product()
        while self.peek() in ("+", "-"):
            total = total + self.product() if self.take() == "+" else total - self.product()
        return total

    def product(self) -> Decimal:
        value = self.power()
        while (token := self.peek()) not in _ENDS and not (token == "|" and self.bars):
            if token in (r"\cdot", "/", _MOD):
                self.take()
            if token == "/":
                value /= self.power()
            else:
                value = _modulo(value, self.power()) if token == _MOD else value * self.power()
        return value

    def power(self) -> Decimal:
        token = self.take()
        if token == "e":
            if self.peek() != "^":
                return _ONE.exp()
            self.take()
            return self.atom(self.take()).exp()
        base = self.atom(token)
        if self.peek() != "^":
            return base
        self.take()
        exponent = self.atom(self.take())
        return base**exponent if exponent else _ONE

    def atom(self, token: str) -> Decimal:
        if token[0].isdigit():
            return Decimal(token)
        if token in _CLOSING:
            value = self.choice()
            self.expect(_CLOSING[token])
            return value if token != r"\lfloor" else value.to_integral_value(ROUND_FLOOR)
        if token in _FUNCTIONS:
            return self.function(_FUNCTIONS[token])
        return self.special(token)

    def special(self, token: str) -> Decimal:
        match token:
            case "|":
                self.bars += 1
                value = abs(self.sum())
                self.bars -= 1
                self.expect("|")
                return value
            case r"\frac":
                above = self.atom(self.take())
                return above / self.atom(self.take())
            case r"\sqrt":
                return self.atom(self.take()).sqrt()
            case r"\mathbf":
                return self.indicator()
            case r"\mathrm":
                return self.named()
            case r"\pi":
                return _PI
            case "e":
                return _ONE.exp()
        raise ValueError(token)

    def function(self, function: Callable[..., Decimal]) -> Decimal:
        if self.peek() == "^":
            # tanh^2(x) is the square of tanh(x).
            self.take()
            power = self.atom(self.take())
            return Decimal(self.function(function) ** power)
        if self.peek() != "(":
            return function(self.power())
        self.take()
        arguments = [self.sum()]
        while self.peek() == ",":
            self.take()
            arguments.append(self.sum())
        self.expect(")")
        return function(*arguments)

    def named(self) -> Decimal:
        """Return a function that has no command of its own: its name comes letter by letter."""
        self.expect("{")
        name = ""
        while self.peek() != "}":
            name += self.take()
        self.expect("}")
        return self.function(_FUNCTIONS[name])

    def indicator(self) -> Decimal:
        """Return 1 where a relation holds, else 0."""
        self.expect("{", "1", "}", "_", "{")
        holds = self.condition()
        self.expect("}")
        return _ONE if holds else _ZERO
