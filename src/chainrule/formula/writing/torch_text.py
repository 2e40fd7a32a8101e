"""A formula as PyTorch code: elementwise on tensors, so that autograd can go through it."""

from __future__ import annotations

from chainrule.formula.evaluate import evaluate
from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.tree import (
    Call,
    Cases,
    Compare,
    Divide,
    Expr,
    Power,
    Rational,
    Symbol,
    rebuilt,
    symbols_of,
    walk,
)
from chainrule.formula.writing.printing import Leaf, Level, Printed, bracketed, written
from chainrule.formula.writing.text import Python

# Of numbers alone, what Python's `math` has by the same name.
_OF_NUMBERS = ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "floor")
_BUILT_IN = ("min", "max", "abs")
# Has a value and a slope everywhere.
_HARMLESS = ("abs", "sign", "min", "max", "relu", "floor", "sin", "cos", "tanh", "sigmoid", "erf", "softplus")
BY_CASE = "by_case"
_STAND_IN = "\0"


class _Torch(Python):
    """Python with numbers that have names in `math`."""

    def constant(self, name: str) -> Printed:
        """Write it as `math` has it."""
        return Printed(f"math.{name}")


class TorchWriter:
    """Writes formulas; `needs_by_case` says afterwards that one calls the helper `by_case`.

    Names are written by `leaf`. Where `scalars`, all of them are tensors () and cases are Python's own. Where `learns`,
    autograd goes through: a case that has no value where it does not hold is then computed where it holds alone.
    """

    def __init__(self, leaf: Leaf, *, scalars: bool = False, learns: bool = True) -> None:
        self._leaf, self._scalars, self._learns = leaf, scalars, learns
        self.needs_by_case = False

    def text(self, expr: Expr) -> str:
        """Return the code of a formula."""
        return self._written(expr).text

    def as_tensor(self, expr: Expr) -> str:
        """Return the code of a formula that is to give a tensor, whatever it reads."""
        return self.text(expr) if symbols_of(expr) else f"torch.tensor({_value(expr)!r})"

    def _written(self, expr: Expr) -> Printed:
        apart: dict[str, Printed] = {}

        def put_aside(part: Expr) -> Expr:
            if isinstance(part, Call | Cases | Compare):
                name = f"{_STAND_IN}{len(apart)}"
                apart[name] = self._special(part)
                return Symbol(name)
            return part if isinstance(part, Symbol) else rebuilt(part, put_aside)

        tree = put_aside(expr)
        return written(tree, _Torch(), lambda found: apart.get(found.name) or self._leaf(found))

    def _special(self, part: Call | Cases | Compare) -> Printed:
        if isinstance(part, Cases):
            return self._cases(part)
        if not symbols_of(part):
            return self._of_numbers(part)
        if isinstance(part, Compare):
            condition = self._condition(part)
            return Printed(
                f"torch.tensor(float({condition}))" if self._scalars else f"torch.where({condition}, 1.0, 0.0)"
            )
        template = FUNCTIONS[part.function].torch or f"torch.{part.function}({{x}})"
        text = template
        for name, argument in zip("xy", part.arguments, strict=False):
            text = text.replace("{" + name + "}", self.as_tensor(argument))
        is_call = template.count("(") == 1 or template.startswith("torch.logaddexp")
        return Printed(text) if is_call else Printed(f"({text})")

    def _of_numbers(self, part: Call | Compare) -> Printed:
        if isinstance(part, Call) and part.function in (*_OF_NUMBERS, *_BUILT_IN):
            name = part.function if part.function in _BUILT_IN else f"math.{part.function}"
            return Printed(f"{name}({', '.join(map(self.text, part.arguments))})")
        value = _value(part)
        return Printed(repr(value), Level.ATOM if value >= 0 else Level.NEGATIVE)

    def _condition(self, expr: Expr) -> str:
        if not isinstance(expr, Compare):
            return f"{bracketed(self._written(expr), Level.SUM, _Torch())} != 0"
        left, right = (bracketed(self._written(each), Level.SUM, _Torch()) for each in (expr.left, expr.right))
        return f"{left} {expr.relation} {right}"

    def _cases(self, expr: Cases) -> Printed:
        (condition, then), *others = expr.cases
        otherwise = Cases(tuple(others), expr.otherwise) if others else expr.otherwise
        if not symbols_of(condition):
            return _closed(self._written(then if _value(condition) else otherwise))
        test = self._condition(condition)
        if self._scalars:
            return Printed(f"({self.as_tensor(then)} if {test} else {self.as_tensor(otherwise)})")
        if not self._learns or all(map(_is_harmless, (then, otherwise))):
            return Printed(f"torch.where({test}, {self._branch(then)}, {self._branch(otherwise)})")
        self.needs_by_case = True
        names = dict.fromkeys(self._leaf(Symbol(name)).text for name in (*symbols_of(condition), *symbols_of(expr)))
        given = ", ".join(names)
        branches = ", ".join(f"lambda {given}: {self._branch(each)}" for each in (then, otherwise))
        return Printed(f"{BY_CASE}({test}, {branches}, {given})")

    def _branch(self, expr: Expr) -> str:
        # Of two whole numbers torch would make whole numbers.
        return self.text(expr) if symbols_of(expr) else repr(_value(expr))


def _closed(found: Printed) -> Printed:
    return found if found.level is Level.ATOM else Printed(f"({found.text})")


def _value(expr: Expr) -> float:
    return evaluate(expr, lambda name, places: 0.0)


def _is_harmless(expr: Expr) -> bool:
    """Return whether a case has a finite value and slope also where it does not hold."""
    for part in walk(expr):
        if isinstance(part, Call) and part.function not in _HARMLESS and symbols_of(part):
            return False
        if isinstance(part, Divide) and symbols_of(part.bottom):
            return False
        if isinstance(part, Power):
            exponent = part.exponent
            whole = isinstance(exponent, Rational) and exponent.value.denominator == 1 and exponent.value >= 0
            if symbols_of(part) and not whole:
                return False
    return True
