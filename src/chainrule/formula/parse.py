"""Reading a formula: the grammar of what users type and of what the tables say. Nothing of it is ever run as code.

formula     sum [relation sum]                     relation: < <= > >= == !=
sum         product {(+ | -) product}
product     factor {(* | /) factor}
factor      - factor | + factor | power
power       atom [(^ | **) factor] | atom superscript
atom        number | name [indices] | function(formula, ...) | if(condition, formula, formula) | (formula)
            | sum(index, formula)                  in the tables only, as indices are: x[n,i]
"""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from chainrule.formula.errors import FormulaError, joined, nearest
from chainrule.formula.evaluate import CONSTANTS
from chainrule.formula.functions import FUNCTIONS, TYPED
from chainrule.formula.tree import (
    RELATIONS,
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
    Sum,
    Symbol,
)

# Beyond them nobody reads a formula any more, and every reader of the tree is sure to come to its end.
MOST_CHARACTERS = 2000
MOST_DEEP = 60
# The powers of ten that float64 has; a number with more is not one.
MOST_DIGITS = 400
RESERVED = frozenset((*TYPED, *CONSTANTS, "if", "sum"))

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"(?<![\w.])(\d+),\d", re.ASCII)
# Superscripts are powers, and no letters of a name.
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_NAME = re.compile(rf"[^\W\d{_RAISED}][^\W{_RAISED}]*(?:\.next\b)?")
_POWER = re.compile(rf"⁻?[{_RAISED}]+")
_LOWERED = str.maketrans(f"⁻{_RAISED}", "-0123456789")
_SIGNS = re.compile(r"\*\*|<=|>=|==|!=|[-+*/^()\[\],<>=]")
# What people paste.
_SAME = {"−": "-", "·": "*", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!="}
# What the window writes for it, and textbooks do.
_ALSO = {"ln": "log"}
_END = ""


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def parse_formula(text: str, names: Collection[str] | None = None, *, indexed: bool = False) -> Expr:
    """Return the tree of a formula, or a `FormulaError` that points at the first character that cannot be read.

    `names` are those that it may read; None allows any. `indexed` allows indices and sums, which the tables use.
    """
    parser = _Parser(text, names, indexed)
    found = parser.formula(0)
    parser.end()
    return found


@cache
def read(text: str) -> Expr:
    """Return the tree of a formula of the tables, with indices, sums and their own functions."""
    return parse_formula(text, indexed=True)


def read_of(whose: str, text: str) -> Expr:
    """Return the tree of a formula of the tables; where it cannot be read, the `FormulaError` says whose it is."""
    try:
        return read(text)
    except FormulaError as error:
        raise FormulaError(f"{whose}: {error}, in {text}", text) from None


def parse_assignment(text: str, names: Collection[str] | None = None, *, indexed: bool = False) -> tuple[str, Expr]:
    """Return the name and the formula of a line `name = formula`."""
    parser = _Parser(text, names, indexed)
    target = parser.next
    if target.kind != "name":
        parser.fail(f"expected a name and =, as in f = x + y, not {_shown(target)}", target)
    if target.text in RESERVED:
        parser.fail(f"{target.text} has a meaning already; choose another name", target)
    parser.advance()
    if parser.next.text == "==":
        parser.fail(f"== compares: write {target.text} = for what {target.text} is")
    parser.take("=", "after the name that the formula is given")
    found = parser.formula(0)
    parser.end()
    return target.text, found


def _shown(token: _Token) -> str:
    return "the end" if token.kind == "end" else f"{token.text[:30]!r}".replace("'", '"')


class _Parser:
    """Goes through the tokens of one text from left to right, one token ahead."""

    def __init__(self, text: str, names: Collection[str] | None, indexed: bool) -> None:
        self._text, self._names, self._indexed = text, names, indexed
        self._bound: list[str] = []
        self._at = 0
        if len(text) > MOST_CHARACTERS:
            message = f"a formula has at most {MOST_CHARACTERS:,} characters, this one {len(text):,}"
            raise FormulaError(message, text, MOST_CHARACTERS)
        self.next = self._read()

    # Tokens

    def _read(self) -> _Token:
        text, at = self._text, self._at
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            self._at = at
            return _Token("end", _END, at)
        if text[at] in _SAME:
            self._at = at + 1
            return _Token("sign", _SAME[text[at]], at)
        for kind, pattern in (("number", _NUMBER), ("name", _NAME), ("power", _POWER), ("sign", _SIGNS)):
            if match := pattern.match(text, at):
                self._at = match.end()
                return _Token(kind, match[0], at)
        hint = "; numbers are written with a point, as 0.5" if text[at] == "." else ""
        sign = f'"{text[at]}"' if text[at].isprintable() else f"a character that cannot be seen (U+{ord(text[at]):04X})"
        raise FormulaError(f"{sign} cannot stand in a formula{hint}", text, at)

    def advance(self) -> _Token:
        """Go to the next token."""
        taken, self.next = self.next, self._read()
        return taken

    def fail(self, message: str, token: _Token | None = None) -> None:
        """Refuse the formula at a token."""
        raise FormulaError(message, self._text, (token or self.next).at)

    def take(self, sign: str, where: str) -> None:
        """Go past a sign that has to be there."""
        if self.next.text != sign or self.next.kind != "sign":
            self.fail(f'expected "{sign}" {where}, not {_shown(self.next)}')
        self.advance()

    def end(self) -> None:
        """Make sure that nothing follows."""
        if self.next.kind == "end":
            return
        if self.next.text == ")":
            self.fail("this bracket was never opened")
        if self.next.text == "=":
            self.fail('"=" does not compare: write == for a condition')
        if self.next.kind in ("name", "number") or self.next.text in ("(", "["):
            self.fail(f"expected an operator before {_shown(self.next)}: a product is written with *")
        self._fail_at_decimal_comma()
        self.fail(f"expected the end of the formula or an operator, not {_shown(self.next)}")

    def _fail_at_decimal_comma(self) -> None:
        """Refuse a comma between digits for what it is meant as."""
        # All of the text is looked through, and each closing bracket asks: only where there is such a comma.
        if self.next.text == "," and any(match.end(1) == self.next.at for match in _DECIMAL_COMMA.finditer(self._text)):
            self.fail("decimals are written with a point, as in 0.5")

    # Grammar

    def formula(self, depth: int) -> Expr:
        """Return a sum, or the comparison of two."""
        if depth > MOST_DEEP:
            self.fail(f"formulas can be nested {MOST_DEEP} deep, not deeper")
        left = self._sum(depth)
        if self.next.text not in RELATIONS:
            return left
        relation = self.advance().text
        right = self._sum(depth)
        if self.next.text in RELATIONS:
            self.fail("a condition compares two formulas; put the first comparison in brackets")
        return Compare(relation, left, right)

    def _sum(self, depth: int) -> Expr:
        terms = [self._product(depth)]
        while self.next.text in ("+", "-"):
            sign = self.advance().text
            term = self._product(depth)
            terms.append(term if sign == "+" else _turned(term))
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def _product(self, depth: int) -> Expr:
        found, is_turned = self._factor(depth), False
        if self.next.text in ("*", "/"):
            # A minus before a product is one of all of it.
            found, is_turned = _without_sign(found)
        while self.next.text in ("*", "/"):
            sign = self.advance().text
            factor = self._factor(depth)
            if sign == "/":
                # Each quotient stands in the next one's top.
                depth += 1
                if depth > MOST_DEEP:
                    self.fail(f"formulas can be nested {MOST_DEEP} deep, not deeper")
                found = Divide(found, factor)
            elif isinstance(found, Multiply):
                found = Multiply((*found.factors, factor))
            else:
                found = Multiply((found, factor))
        return Negative(found) if is_turned else found

    def _factor(self, depth: int) -> Expr:
        if depth > MOST_DEEP:
            self.fail(f"formulas can be nested {MOST_DEEP} deep, not deeper")
        if self.next.text == "-":
            self.advance()
            return _turned(self._factor(depth + 1))
        if self.next.text == "+":
            self.advance()
            return self._factor(depth + 1)
        base = self._atom(depth)
        if self.next.text in ("^", "**"):
            self.advance()
            return Power(base, self._factor(depth + 1))
        if self.next.kind == "power":
            raised = self.advance()
            return Power(base, self._number(raised._replace(text=raised.text.translate(_LOWERED))))
        return base

    def _atom(self, depth: int) -> Expr:
        token = self.next
        if token.kind == "number":
            self.advance()
            if self.next.kind == "name" and self.next.at == token.at + len(token.text):
                self.fail(f"write {token.text}*{self.next.text} for a product")
            return self._number(token)
        if token.kind == "name":
            self.advance()
            return self._named(token, depth)
        if token.text == "(":
            self.advance()
            inner = self.formula(depth + 1)
            self._close(token)
            return inner
        expected = "a number, a name or a bracket"
        self.fail(f"the formula ends where {expected} is expected" if token.kind == "end" else
                  f"expected {expected}, not {_shown(token)}", token)  # fmt: skip
        raise AssertionError

    def _close(self, opened: _Token) -> None:
        if self.next.kind == "end":
            self.fail("this bracket is never closed", opened)
        self._fail_at_decimal_comma()
        self.take(")", "at the end of what stands in brackets")

    def _number(self, token: _Token) -> Rational:
        _, _, exponent = token.text.lower().partition("e")
        if len(token.text) > MOST_DIGITS or abs(int(exponent or 0)) > MOST_DIGITS:
            self.fail(f"{token.text[:20]} is beyond what a number can be", token)
        exact = Fraction(token.text)
        try:
            is_lost = bool(exact) and float(exact) == 0
        except OverflowError:
            is_lost = True
        if is_lost:
            self.fail(f"{token.text[:20]} is beyond what a number can be", token)
        return Rational(exact)

    def _named(self, token: _Token, depth: int) -> Expr:
        name = token.text
        if self.next.text == "(":
            return self._called(token, depth)
        # The tables know values that are called as functions are: Adagrad's sum, Rprop's sign.
        if not self._indexed and (name in TYPED or name in ("if", "sum")):
            self.fail(f"{name} is a function: it needs brackets, as in {_example(name)}", token)
        if name in CONSTANTS:
            return Constant(name)
        if self._names is not None and name not in self._names and name not in self._bound:
            self.fail(self._unknown(name), token)
        if self.next.text == "[":
            return Symbol(name, self._indices(depth))
        return Symbol(name)

    def _unknown(self, name: str) -> str:
        known = [*(self._names or ()), *self._bound]
        near = nearest(name, [*known, *CONSTANTS])
        # Where nothing has a name, numbers have.
        known = known or list(CONSTANTS)
        hint = f"did you mean {near}?" if near else f"there {'are' if len(known) > 1 else 'is'} {joined(known)}"
        return f"{name[:30]} is not known here; {hint}"

    def _indices(self, depth: int) -> tuple[Expr, ...]:
        if not self._indexed:
            self.fail("values have no indices here")
        self.advance()
        indices = [self._index(depth)]
        while self.next.text == ",":
            self.advance()
            indices.append(self._index(depth))
        self.take("]", "after the indices")
        return tuple(indices)

    def _index(self, depth: int) -> Expr:
        names, self._names = self._names, None
        found = self.formula(depth + 1)
        self._names = names
        return found

    def _called(self, token: _Token, depth: int) -> Expr:
        name = _ALSO.get(token.text, token.text)
        token = token._replace(text=name)
        if name == "sum" and self._indexed:
            return self._summed(depth)
        if name not in (FUNCTIONS if self._indexed else TYPED) and name != "if":
            near = nearest(name, [*TYPED, "if"])
            hint = f"did you mean {near}?" if near else f"there are {joined([*TYPED, 'if'])}"
            is_value = self._names is None or name in self._names
            hint = f"write {name}*(...) for a product, or one of {joined(list(TYPED))}" if is_value else hint
            self.fail(f"{name[:30]} is no function; {hint}", token)
        opened = self.advance()
        arguments = [self.formula(depth + 1)]
        while self.next.text == ",":
            self.advance()
            arguments.append(self.formula(depth + 1))
        self._close(opened)
        return self._made(token, arguments)

    def _made(self, token: _Token, arguments: list[Expr]) -> Expr:
        name, count = token.text, len(arguments)
        if name == "if":
            if count != len(("condition", "then", "otherwise")):
                self.fail(f"if takes a condition and two formulas, not {_counted(count)}", token)
            condition, then, otherwise = arguments
            if not isinstance(condition, Compare):
                self.fail("if needs a condition first, such as x > 0", token)
            if isinstance(otherwise, Cases):
                return Cases(((condition, then), *otherwise.cases), otherwise.otherwise)
            return Cases(((condition, then),), otherwise)
        wanted = FUNCTIONS[name].count
        # The smallest of three is the smaller one of the first two, and so on.
        if count > wanted > 1:
            found = arguments[0]
            for argument in arguments[1:]:
                found = Call(name, (found, argument))
            if count > MOST_DEEP:
                self.fail(f"{name} takes at most {MOST_DEEP} formulas", token)
            return found
        if count != wanted:
            self.fail(f"{name} takes {_counted(wanted)}, not {count}", token)
        return Call(name, tuple(arguments))

    def _summed(self, depth: int) -> Expr:
        opened, bound = self.advance(), []
        # Whether a comma follows is seen before the name is taken: what is summed may begin with a name.
        while self.next.kind == "name" and self._text[self._at :].lstrip().startswith(","):
            bound.append(self.advance().text)
            self.advance()
        if not bound:
            self.fail("a sum begins with its index, as in sum(i, x[i])")
        self._bound += bound
        body = self.formula(depth + 1)
        del self._bound[len(self._bound) - len(bound) :]
        self._close(opened)
        for index in reversed(bound):
            body = Sum(index, body)
        return body


def _turned(term: Expr) -> Expr:
    return Rational(-term.value) if isinstance(term, Rational) else Negative(term)


def _without_sign(term: Expr) -> tuple[Expr, bool]:
    if isinstance(term, Rational) and term.value < 0:
        return Rational(-term.value), True
    return (term.body, True) if isinstance(term, Negative) else (term, False)


def _counted(count: int) -> str:
    return "one argument" if count == 1 else f"{count} arguments"


def _example(name: str) -> str:
    if name == "if":
        return "if(x > 0, x, 0)"
    return "sum(i, x[i])" if name == "sum" else f"{name}({', '.join('xy'[: FUNCTIONS[name].count])})"
