"""Works out LaTeX made of numbers: the check that what the screen says is true. It shares no code with the program."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S")
SPACES = {r"\,", r"\;", r"\!", r"\left", r"\right"}
FUNCTIONS: dict[str, Callable[..., float]] = {
    r"\max": max,
    r"\min": min,
    r"\tanh": math.tanh,
    r"\sinh": math.sinh,
    r"\cosh": math.cosh,
    r"\exp": math.exp,
    r"\ln": math.log,
    r"\log": math.log,
    r"\cos": math.cos,
    r"\sin": math.sin,
    r"\sigma": lambda x: 1 / (1 + math.exp(-x)) if x > -700 else 0.0,
    "sgn": lambda x: float((x > 0) - (x < 0)),
    r"\Phi": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2,
    r"\phi": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
}
RELATIONS: dict[str, Callable[[float, float], bool]] = {
    ">": float.__gt__,
    "<": float.__lt__,
    r"\geq": float.__ge__,
    r"\leq": float.__le__,
    "=": float.__eq__,
}
CONSTANTS = {"e": math.e, r"\pi": math.pi}
CLOSING = {"(": ")", "[": "]", "{": "}"}
ENDS = {"", ")", "]", "}", ",", "+", "-", "|", *RELATIONS}


def evaluate(latex: str) -> float:
    """The value of an expression of numbers; an error if anything in it is not understood."""
    reader = _Reader([t for t in TOKEN.findall(latex.replace("{-}", "-")) if t not in SPACES])
    value = reader.sum()
    if reader.peek():
        raise ValueError(f"{reader.peek()!r} is left over in {latex!r}")
    return value


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise ValueError(f"expected {token!r} before token {self.at} of {self.tokens}")

    def sum(self) -> float:
        sign = -1.0 if self.peek() == "-" else 1.0
        if self.peek() in ("+", "-"):
            self.take()
        total = sign * self.product()
        while self.peek() in ("+", "-"):
            total += self.product() if self.take() == "+" else -self.product()
        return total

    def product(self) -> float:
        value = self.power()
        while self.peek() not in ENDS:
            sign = self.take() if self.peek() in (r"\cdot", r"\times", "/") else ""
            value = value / self.power() if sign == "/" else value * self.power()
        return value

    def power(self) -> float:
        base = self.atom(self.take())
        if self.peek() == "^":
            self.take()
            return float(base ** self.atom(self.take()))
        return base

    def atom(self, token: str) -> float:
        if token[0].isdigit():
            return float(token)
        if token in CLOSING:
            value = self.sum()
            self.expect(CLOSING[token])
            return value
        if token in FUNCTIONS:
            return self.function(FUNCTIONS[token])
        return self.special(token)

    def function(self, function: Callable[..., float]) -> float:
        if self.peek() == "^":
            # tanh^2(x) is the square of tanh(x).
            self.take()
            power = self.atom(self.take())
            return float(self.function(function) ** power)
        if self.peek() != "(":
            return function(self.power())
        self.take()
        arguments = [self.sum()]
        while self.peek() == ",":
            self.take()
            arguments.append(self.sum())
        self.expect(")")
        return function(*arguments)

    def special(self, token: str) -> float:
        if token in CONSTANTS:
            return CONSTANTS[token]
        if token == "|":
            value = abs(self.sum())
            self.expect("|")
            return value
        if token == r"\frac":
            return self.atom(self.take()) / self.atom(self.take())
        if token == r"\sqrt":
            return math.sqrt(self.atom(self.take()))
        if token == r"\mathbf":
            return self.indicator()
        if token == r"\mathrm":
            return self.named()
        raise ValueError(f"{token!r} is not understood in {self.tokens}")

    def named(self) -> float:
        """A function that has no command of its own: its name comes letter by letter."""
        self.expect("{")
        name = ""
        while self.peek() != "}":
            name += self.take()
        self.expect("}")
        return self.function(FUNCTIONS[name])

    def indicator(self) -> float:
        for token in ("{", "1", "}", "_", "{"):
            self.expect(token)
        left = self.sum()
        holds = RELATIONS[self.take()](left, self.sum())
        self.expect("}")
        return float(holds)
