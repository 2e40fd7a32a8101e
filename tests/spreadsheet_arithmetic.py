"""Works spreadsheets out: the formulas of cells, by the precedence that Excel has, with its errors as NaN.

It shares no code with the program. What a sheet calls an error (#NUM!, #DIV/0!) is NaN here, which spreads as well.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Value = Any
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<sheet>'(?:[^']|'')+'!|[A-Za-z_]\w*!)"
    r"|(?P<cell>\$?[A-Z]{1,3}\$?\d+(?![\w(.]))"
    r"|(?P<name>[A-Za-z_][\w.]*)"
    r"|(?P<text>\"[^\"]*\")"
    r"|(?P<sign><>|<=|>=|[-+*/^(),:<>=&%]))"
)


class Sheets:
    """A workbook: what stands in cells by sheet and address, and what names stand for; worked out where asked."""

    def __init__(self, cells: Mapping[str, Mapping[str, Value]], names: Mapping[str, str]) -> None:
        self._cells, self._names = cells, names
        self._known: dict[tuple[str, str], Value] = {}

    def value(self, sheet: str, cell: str) -> Value:
        """What a cell shows."""
        key = sheet, cell
        if key not in self._known:
            content = self._cells[sheet].get(cell)
            is_formula = isinstance(content, str) and content.startswith("=")
            self._known[key] = _Formula(content[1:], sheet, self).value() if is_formula else content
        return self._known[key]

    def range(self, sheet: str, first: str, last: str) -> Value:
        """The cells from one to another, as a table."""
        (left, top), (right, bottom) = map(_place, (first, last))
        table = [[self.value(sheet, _address(c, r)) for c in range(left, right + 1)] for r in range(top, bottom + 1)]
        if any(isinstance(each, str) for row in table for each in row):
            return np.array(table, dtype=object)
        return np.array([[math.nan if each is None else each for each in row] for row in table], dtype=float)

    def named(self, name: str) -> Value:
        """What a name stands for."""
        return _Formula(self._names[name].removeprefix("="), "", self).value()


def worked_out(formula: str, cells: Mapping[str, float]) -> float:
    """What one formula gives in a sheet with these cells."""
    return float(_Formula(formula, "S", Sheets({"S": cells}, {})).value())


def _place(cell: str) -> tuple[int, int]:
    letters, digits = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", cell).groups()  # type: ignore[union-attr]
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column, int(digits)


def _address(column: int, row: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


class _Formula:
    """Reads a formula from left to right, and works it out on the way."""

    def __init__(self, text: str, sheet: str, sheets: Sheets) -> None:
        self._sheet, self._sheets = sheet, sheets
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            assert match, f"cannot read {text[at:]!r} in {text!r}"
            kind = str(match.lastgroup)
            self._tokens.append((kind, match[kind]))
            at = match.end()
        self._tokens.append(("end", ""))
        self._at = 0

    def value(self) -> Value:
        with np.errstate(all="ignore"):
            found = self._comparison()
        assert self._next[0] == "end", self._tokens
        return found.item() if isinstance(found, np.ndarray) and found.size == 1 else found

    @property
    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> str:
        text = self._next[1]
        if self._next[0] == "end" or (texts and text not in texts) or self._next[0] == "text":
            return ""
        self._at += 1
        return text

    def _comparison(self) -> Value:
        left = self._sum()
        while sign := self._take("<", ">", "<=", ">=", "=", "<>"):
            right = self._sum()
            left = {
                "<": np.less, ">": np.greater, "<=": np.less_equal,
                ">=": np.greater_equal, "=": np.equal, "<>": np.not_equal,
            }[sign](left, right)  # fmt: skip
        return left

    def _sum(self) -> Value:
        left = self._product()
        while sign := self._take("+", "-"):
            right = self._product()
            left = left + right if sign == "+" else left - right
        return left

    def _product(self) -> Value:
        left = self._power()
        while sign := self._take("*", "/"):
            right = self._power()
            left = left * right if sign == "*" else _quotient(left, right)
        return left

    def _power(self) -> Value:
        left = self._signed()
        while self._take("^"):
            left = _power(left, self._signed())
        return left

    def _signed(self) -> Value:
        if sign := self._take("-", "+"):
            found = self._signed()
            return -found if sign == "-" else found
        return self._atom()

    def _atom(self) -> Value:
        kind, text = self._next
        self._at += 1
        if kind == "number":
            return float(text)
        if kind == "text":
            return text[1:-1]
        if text == "(":
            found = self._comparison()
            assert self._take(")")
            return found
        if kind == "sheet":
            sheet, (_, text) = text[:-1].strip("'").replace("''", "'"), self._next
            self._at += 1
            return self._cells(sheet, text)
        if kind == "cell":
            return self._cells(self._sheet, text)
        assert kind == "name", (kind, text)
        return self._call(text) if self._take("(") else _known_or(text, self._sheets)

    def _cells(self, sheet: str, first: str) -> Value:
        first = first.replace("$", "")
        if self._take(":"):
            _, last = self._next
            self._at += 1
            return self._sheets.range(sheet, first, last.replace("$", ""))
        found = self._sheets.value(sheet, first)
        assert found is not None, f"{sheet}!{first} is empty"
        return float(found) if isinstance(found, int | float) else found

    def _call(self, name: str) -> Value:
        if name == "IF":
            return self._chosen()
        arguments = []
        if not self._take(")"):
            arguments.append(self._comparison())
            while self._take(","):
                arguments.append(self._comparison())
            assert self._take(")")
        return _FUNCTIONS[name](*arguments)

    def _chosen(self) -> Value:
        """Only the case that holds is worked out: what stands in the others may be an error."""
        condition = self._comparison()
        assert self._take(",")
        assert np.ndim(condition) == 0, "an IF of a range would need an array formula"
        holds = bool(condition)
        found = self._comparison() if holds else self._skip()
        if self._take(","):
            other = self._skip() if holds else self._comparison()
            found = found if holds else other
        assert self._take(")")
        return found

    def _skip(self) -> None:
        depth = 0
        while depth or self._next[1] not in (",", ")"):
            depth += (self._next[1] == "(") - (self._next[1] == ")")
            self._at += 1


def _known_or(name: str, sheets: Sheets) -> Value:
    return {"TRUE": True, "FALSE": False}[name] if name in ("TRUE", "FALSE") else sheets.named(name)


def _finite(found: Value) -> Value:
    """What is no number is an error, and so is what is too large."""
    return np.where(np.isfinite(found), found, math.nan) if np.ndim(found) else (
        found if math.isfinite(found) else math.nan
    )  # fmt: skip


def _quotient(top: Value, bottom: Value) -> Value:
    return _finite(np.divide(top, bottom))


def _power(base: Value, exponent: Value) -> Value:
    return _finite(np.power(np.asarray(base, dtype=float), exponent))


def _of_each(function: Callable[[float], float]) -> Callable[[Value], Value]:
    def one(x: float) -> float:
        try:
            return function(x)
        except (ValueError, OverflowError):
            return math.nan

    return lambda x: np.vectorize(one, otypes=[float])(x) if np.ndim(x) else one(float(x))


def _all(*arguments: Value) -> Value:
    return np.concatenate([np.ravel(each) for each in arguments])


def _index(table: Value, row: float, column: float | None = None) -> Value:
    table = np.atleast_2d(table)
    if column is None:
        row, column = (1, row) if table.shape[0] == 1 else (row, 1)
    assert min(row, column) >= 1, "#VALUE!"
    return table[int(row) - 1, int(column) - 1]


def _sumproduct(first: Value, *others: Value) -> Value:
    shapes = {np.shape(each) for each in (first, *others)}
    assert len(shapes) == 1, f"#VALUE!: SUMPRODUCT of tables of other shapes: {shapes}"
    return np.prod(np.stack([np.atleast_2d(each) for each in (first, *others)]), axis=0).sum()


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "EXP": _of_each(math.exp),
    "LN": _of_each(math.log),
    "SQRT": _of_each(math.sqrt),
    "ABS": _of_each(abs),
    "SIGN": _of_each(lambda x: math.copysign(1.0, x) if x else 0.0),
    "SIN": _of_each(math.sin),
    "COS": _of_each(math.cos),
    "TAN": _of_each(math.tan),
    "SINH": _of_each(math.sinh),
    "COSH": _of_each(math.cosh),
    "TANH": _of_each(math.tanh),
    "INT": _of_each(math.floor),
    "ERF": _of_each(math.erf),
    "NORMSDIST": _of_each(lambda x: math.erfc(-x / math.sqrt(2)) / 2),
    "PI": lambda: math.pi,
    "SUM": lambda *each: _all(*each).sum(),
    "MAX": lambda *each: _all(*each).max(),
    "MIN": lambda *each: _all(*each).min(),
    "SUMSQ": lambda *each: np.square(_all(*each)).sum(),
    "COUNT": lambda *each: float(_all(*each).size),
    "SUMPRODUCT": _sumproduct,
    "MMULT": lambda one, other: np.atleast_2d(one) @ np.atleast_2d(other),
    "INDEX": _index,
    "MATCH": lambda value, table, kind: float(np.flatnonzero(np.ravel(table) == value)[0] + 1),
    "IFERROR": lambda value, other: other if isinstance(value, float) and math.isnan(value) else value,
}
