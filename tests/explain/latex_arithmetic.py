"""Works out LaTeX made of numbers: the check that what the screen says is true. It shares no code with the program."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Any

from mpmath import mp

# What is said of the number that follows: "8 more: ".
REMARK = re.compile(r"\\text\{[a-z0-9 ]*: \}")
TOKEN = re.compile(r"\\text\{[a-z ]*\}|\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|\S")
SPACES = {r"\,", r"\;", r"\!", r"\left", r"\right"}


# So far out nothing of the bell curve is left in float64.
FAR = 1e5


def functions_of(library: Any) -> dict[str, Callable[..., Any]]:
    """The functions in float64, by `math`, or in as many digits as are wanted, by `mpmath`."""
    return {
        r"\max": lambda *numbers: max(numbers),
        r"\min": lambda *numbers: min(numbers),
        r"\tanh": library.tanh,
        r"\sinh": library.sinh,
        r"\cosh": library.cosh,
        r"\exp": library.exp,
        r"\ln": library.log,
        r"\log": library.log,
        r"\cos": library.cos,
        r"\sin": library.sin,
        # Of a case that does not hold it may have no value.
        r"\sqrt": lambda x: library.sqrt(x) if x >= 0 else math.nan,
        r"\sigma": lambda x: 1 / (1 + library.exp(-x)) if x > -700 else library.exp(x),
        r"\tan": library.tan,
        "erf": library.erf,
        "ReLU": lambda x: max(x, 0),
        "softplus": lambda x: library.log(1 + library.exp(-abs(x))) + max(x, 0),
        "sgn": lambda x: float((x > 0) - (x < 0)),
        "sign": lambda x: float((x > 0) - (x < 0)),
        r"\Phi": lambda x: library.erfc(-x / library.sqrt(2)) / 2 if abs(x) < FAR else float(x > 0),
        r"\phi": lambda x: library.exp(-x * x / 2) / library.sqrt(2 * library.pi),
    }


RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    r"\geq": operator.ge,
    r"\leq": operator.le,
    "=": operator.eq,
    r"\neq": operator.ne,
}
IN_FLOAT64, IN_MANY_DIGITS = functions_of(math), functions_of(mp)
# The smallest numbers of float64 and 1 have so many digits between them.
MANY = 360
CLOSING = {"(": ")", "[": "]", "{": "}", r"\lfloor": r"\rfloor"}
IF, ELSE, MOD = r"\text{ if }", r"\text{ else }", r"\text{ mod }"
ENDS = {"", "&", r"\\", r"\end", IF, ELSE, r"\rfloor", ")", "]", "}", ",", "+", "-", "|", *RELATIONS}


def evaluate(latex: str, *, exactly: bool = False) -> float:
    """The value of an expression of numbers, in float64 or in many digits; an error if anything is not understood."""
    if exactly:
        with mp.workdps(MANY):
            return float(_evaluate(latex, mp.mpf, IN_MANY_DIGITS, mp))
    return float(_evaluate(latex, float, IN_FLOAT64, math))


def _evaluate(latex: str, number: Callable[[str], Any], functions: dict[str, Callable[..., Any]], library: Any) -> Any:
    latex = REMARK.sub("", latex.replace("{-}", "-"))
    reader = _Reader([t for t in TOKEN.findall(latex) if t not in SPACES], number, functions, library)
    value = reader.choice()
    if reader.peek():
        raise ValueError(f"{reader.peek()!r} is left over in {latex!r}")
    return value


class _Reader:
    def __init__(
        self, tokens: list[str], number: Callable[[str], Any], functions: dict[str, Callable[..., Any]], library: Any
    ) -> None:
        self.tokens, self.number, self.functions = tokens, number, functions
        self.constants = {"e": library.e, r"\pi": library.pi}
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise ValueError(f"expected {token!r} before token {self.at} of {self.tokens}")

    def choice(self) -> Any:
        value = self.sum()
        if self.peek() != IF:
            return value
        self.take()
        holds = self.relation()
        self.expect(ELSE)
        other = self.choice()
        return value if holds else other

    def relation(self) -> bool:
        left = self.sum()
        if self.peek() not in RELATIONS:
            return left != 0
        return RELATIONS[self.take()](left, self.sum())

    def sum(self) -> Any:
        sign = -1.0 if self.peek() == "-" else 1.0
        if self.peek() in ("+", "-"):
            self.take()
        total = sign * self.product()
        while self.peek() in ("+", "-"):
            total += self.product() if self.take() == "+" else -self.product()
        return total

    def product(self) -> Any:
        value = self.power()
        while self.peek() not in ENDS:
            sign = self.take() if self.peek() in (r"\cdot", "/", MOD) else ""
            factor = self.power()
            value = value / factor if sign == "/" else value % factor if sign == MOD else value * factor
        return value

    def power(self) -> Any:
        base = self.atom(self.take())
        if self.peek() == "^":
            self.take()
            return base ** self.atom(self.take())
        return base

    def atom(self, token: str) -> Any:
        if token[0].isdigit():
            return self.number(token)
        if token in CLOSING:
            value = self.choice()
            self.expect(CLOSING[token])
            return math.floor(value) if token == r"\lfloor" else value
        if token in self.functions and token != r"\sqrt":
            return self.function(self.functions[token])
        return self.special(token)

    def function(self, function: Callable[..., Any]) -> Any:
        if self.peek() == "^":
            # tanh^2(x) is the square of tanh(x).
            self.take()
            power = self.atom(self.take())
            return self.function(function) ** power
        if self.peek() != "(":
            return function(self.power())
        self.take()
        arguments = [self.sum()]
        while self.peek() == ",":
            self.take()
            arguments.append(self.sum())
        self.expect(")")
        return function(*arguments)

    def special(self, token: str) -> Any:
        if token in self.constants:
            return self.constants[token]
        if token == "|":
            value = abs(self.sum())
            self.expect("|")
            return value
        if token == r"\frac":
            above, below = self.atom(self.take()), self.atom(self.take())
            # Of a case that does not hold it may have no value, either.
            return above / below if below else math.nan
        if token == r"\sqrt":
            return self.functions[token](self.atom(self.take()))
        if token == r"\mathbf":
            return self.indicator()
        if token == r"\begin":
            return self.cases()
        if token == r"\mathrm":
            return self.named()
        raise ValueError(f"{token!r} is not understood in {self.tokens}")

    def cases(self) -> Any:
        """The value of the first case whose condition holds; each condition may be a chain of relations."""
        self.skip("{", *"cases", "}")
        found = None
        while True:
            value = self.choice()
            self.expect("&")
            if self.peek() == r"\text{otherwise}":
                holds = bool(self.take())
            else:
                self.at += self.peek() == IF.replace(" if", "if")
                holds = self.chain()
            found = value if found is None and holds else found
            if self.take() != r"\\":
                break
        self.skip("{", *"cases", "}")
        if found is None:
            raise ValueError(f"no case holds in {self.tokens}")
        return found

    def skip(self, *tokens: str) -> None:
        for token in tokens:
            self.expect(token)

    def chain(self) -> bool:
        left, holds = self.sum(), True
        while self.peek() in RELATIONS:
            relation, right = RELATIONS[self.take()], self.sum()
            left, holds = right, holds and relation(left, right)
        return holds

    def named(self) -> Any:
        """A function that has no command of its own: its name comes letter by letter."""
        self.expect("{")
        name = ""
        while self.peek() != "}":
            name += self.take()
        self.expect("}")
        return self.function(self.functions[name])

    def indicator(self) -> Any:
        for token in ("{", "1", "}", "_", "{"):
            self.expect(token)
        holds = self.relation()
        self.expect("}")
        return float(holds)
