"""An argument that is a formula, typed by the user in the grammar of `chainrule.formula` and kept as its text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chainrule.catalog.arguments import Argument, ArgumentValue, SpecError
from chainrule.catalog.experiment.spec_error import expected
from chainrule.formula.errors import FormulaError, joined
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Expr, parts, walk

# What an activation, a loss and an optimizer are called that are formulas.
FORMULA = "Formula"


# More take seconds to derive, to check and to write out with numbers.
MOST_OPERATORS = 40


def check_operators(tree: Expr, text: str) -> None:
    """Refuse a formula with more operators and functions than can be shown and derived in time."""
    count = sum(max(1, len(parts(part)) - 1) for part in walk(tree) if parts(part))
    if count > MOST_OPERATORS:
        raise FormulaError(f"a formula has at most {MOST_OPERATORS} operators here, this one {count}", text)


def in_a_sentence(formula: str) -> str:
    """Return a formula as it is typed, with the minus of the numbers beside it."""
    return formula.replace("-", "−")


@dataclass(frozen=True, slots=True)
class FormulaText(Argument):
    """A formula of the given names, such as z of an activation."""

    names: tuple[str, ...] = field(default=(), kw_only=True)

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return the text. What is wrong in it is said with the character where it is."""
        if not isinstance(value, str):
            self.refuse(value, path)
        try:
            check_operators(parse_formula(value, self.names), value)
        except FormulaError as error:
            raise SpecError(path, str(error)) from None
        return value

    @property
    def allowed(self) -> str:
        """What can be written, in words."""
        return f"a formula of {joined(list(self.names))}"


@dataclass(frozen=True, slots=True)
class Keeping:
    """How lines come to keep a name from one step to the next.

    `kept` gives lines with one more that keeps a name; `free` is a name that none of them has; `missing` is the name
    that they read although nothing writes it, where they could keep it, and else empty. `noun` is what is kept, and
    `words` say how.
    """

    kept: Callable[[Sequence[str], str], tuple[str, ...]]
    free: Callable[[Sequence[str]], str]
    missing: Callable[[Sequence[str]], str]
    noun: str
    words: str


@dataclass(frozen=True, slots=True)
class FormulaLines(Argument):
    """Lines `name = formula`, at most so many. `check_lines` raises a `FormulaError` of the first that is wrong.

    What else is wrong depends on other arguments: the entry's check knows it. `words` say what a line may read.
    """

    most: int = field(default=1, kw_only=True)
    words: str = field(default="", kw_only=True)
    check_lines: Callable[[Sequence[str]], object] = field(default=len, kw_only=True)
    keeping: Keeping | None = field(default=None, kw_only=True)

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a tuple of texts."""
        if not isinstance(value, list | tuple) or not value:
            self.refuse(value, path)
        if len(value) > self.most:
            raise expected(path, f"at most {self.most} lines", len(value))
        for index, text in enumerate(value):
            if not isinstance(text, str):
                self.refuse(text, f"{path}[{index}]", "a line, such as next = param - lr*grad")
        return tuple(value)

    @property
    def allowed(self) -> str:
        """What can be written, in words."""
        return "a list of lines, such as next = param - lr*grad"
