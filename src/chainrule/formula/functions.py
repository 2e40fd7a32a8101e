"""The functions that a formula can call: the number, the derivative, and how each is written.

A derivative is a formula of the arguments, `x` (and `y`). At a kink it is the one that PyTorch's autograd gives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

INFINITE = math.inf


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its name in formulas.

    `number` takes and gives Python floats as IEEE 754 does: it never raises, log(-1) is NaN and exp(1000) infinite.
    `is_typed` says that users may call it; the tables alone know the others. `derivatives` are the partial derivatives,
    as text, one for each argument. `latex` is its name or, with `<x>`, the
    whole call; `python` and `sheet` are calls with `{x}` and `{y}`, and so is `torch` where its function there has
    another name. `sheet` is empty where a spreadsheet has no such function.
    """

    name: str
    number: Callable[..., float]
    derivatives: tuple[str, ...]
    latex: str
    python: str
    sheet: str
    words: str
    is_typed: bool = True
    torch: str = ""

    @property
    def count(self) -> int:
        """How many arguments it takes."""
        return len(self.derivatives)


def _quiet(function: Callable[..., float], overflow: Callable[..., float] | float = INFINITE) -> Callable[..., float]:
    """Return the function without errors: NaN where it has no value, and infinite where its value is too large."""

    def number(*arguments: float) -> float:
        if any(map(math.isnan, arguments)):
            return math.nan
        try:
            return function(*arguments)
        except ValueError:
            return math.nan
        except OverflowError:
            return overflow(*arguments) if callable(overflow) else overflow

    return number


def _log(x: float) -> float:
    return -INFINITE if x == 0 else math.log(x)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _sign(x: float) -> float:
    return math.copysign(1.0, x) if x else 0.0


def _floor(x: float) -> float:
    return float(math.floor(x)) if math.isfinite(x) else x


def _signed(x: float) -> float:
    return math.copysign(INFINITE, x)


FUNCTIONS = {
    each.name: each
    for each in (
        Function("exp", _quiet(math.exp), ("exp(x)",), "e^{<x>}", "exp({x})", "EXP({x})", "e to the power of x"),
        Function("log", _quiet(_log), ("1 / x",), r"\ln", "log({x})", "LN({x})", "the natural logarithm"),
        Function(
            "sqrt", _quiet(math.sqrt), ("1 / (2*sqrt(x))",), r"\sqrt{<x>}", "sqrt({x})", "SQRT({x})", "the square root"
        ),
        Function("abs", abs, ("sign(x)",), "|<x>|", "abs({x})", "ABS({x})", "the absolute value"),
        Function(
            "sign", _quiet(_sign), ("0",), r"\mathrm{sgn}", "sign({x})", "SIGN({x})", "the sign of x, as 1, 0 or -1"
        ),
        Function(
            "min",
            _quiet(min),
            ("if(x < y, 1, if(x == y, 1/2, 0))", "if(y < x, 1, if(y == x, 1/2, 0))"),
            r"\min",
            "min({x}, {y})",
            "MIN({x},{y})",
            "the smaller one",
            torch="torch.minimum({x}, {y})",
        ),
        Function(
            "max",
            _quiet(max),
            ("if(x > y, 1, if(x == y, 1/2, 0))", "if(y > x, 1, if(y == x, 1/2, 0))"),
            r"\max",
            "max({x}, {y})",
            "MAX({x},{y})",
            "the larger one",
            torch="torch.maximum({x}, {y})",
        ),
        Function("sin", _quiet(math.sin), ("cos(x)",), r"\sin", "sin({x})", "SIN({x})", "the sine"),
        Function("cos", _quiet(math.cos), ("-sin(x)",), r"\cos", "cos({x})", "COS({x})", "the cosine"),
        Function("tan", _quiet(math.tan), ("1 + tan(x)^2",), r"\tan", "tan({x})", "TAN({x})", "the tangent"),
        Function(
            "sinh", _quiet(math.sinh, _signed), ("cosh(x)",), r"\sinh", "sinh({x})", "SINH({x})", "the hyperbolic sine"
        ),
        Function("cosh", _quiet(math.cosh), ("sinh(x)",), r"\cosh", "cosh({x})", "COSH({x})", "the hyperbolic cosine"),
        Function(
            "tanh", _quiet(math.tanh), ("1 - tanh(x)^2",), r"\tanh", "tanh({x})", "TANH({x})", "the hyperbolic tangent"
        ),
        Function(
            "sigmoid",
            _quiet(_sigmoid),
            ("sigmoid(x) * (1 - sigmoid(x))",),
            r"\sigma",
            "1 / (1 + exp(-({x})))",
            "",
            "1 / (1 + exp(-x))",
        ),
        Function(
            "relu",
            lambda x: x if x > 0 or math.isnan(x) else 0.0,
            ("if(x > 0, 1, 0)",),
            r"\mathrm{ReLU}",
            "max(0.0, {x})",
            "MAX(0,{x})",
            "x where it is positive, else 0",
        ),
        Function(
            "softplus",
            _quiet(_softplus),
            ("sigmoid(x)",),
            r"\mathrm{softplus}",
            "log1p(exp(-abs({x}))) + max({x}, 0.0)",
            "",
            "ln(1 + exp(x))",
            torch="torch.logaddexp({x}, torch.tensor(0.0))",
        ),
        Function(
            "erf",
            _quiet(math.erf),
            ("2 / sqrt(pi) * exp(-x^2)",),
            r"\mathrm{erf}",
            "erf({x})",
            "ERF({x})",
            "the error function",
        ),
        Function(
            "floor",
            _floor,
            ("0",),
            r"\lfloor <x>\rfloor",
            "floor({x})",
            "INT({x})",
            "the largest whole number that is not above x",
        ),
        Function(
            "Phi",
            _quiet(lambda x: math.erfc(-x / math.sqrt(2)) / 2),
            ("phi(x)",),
            r"\Phi",
            "erfc(-({x}) / sqrt(2)) / 2",
            "NORMSDIST({x})",
            "the share of the bell curve below x",
            is_typed=False,
            torch="torch.special.ndtr({x})",
        ),
        Function(
            "phi",
            _quiet(lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
            ("-x*phi(x)",),
            r"\phi",
            "exp(-({x})**2 / 2) / sqrt(2 * pi)",
            "",
            "the bell curve",
            is_typed=False,
            torch="torch.exp(-({x})**2/2)/math.sqrt(2*math.pi)",
        ),
    )
}


# What a user's formula may call.
TYPED = tuple(each.name for each in FUNCTIONS.values() if each.is_typed)


def quotient(top: float, bottom: float) -> float:
    """Return a quotient as IEEE 754 has it: infinite or NaN where the divisor is 0."""
    if bottom:
        return top / bottom
    if not top or math.isnan(top):
        return math.nan
    return math.copysign(INFINITE, top) * math.copysign(1.0, bottom)


def power(base: float, exponent: float) -> float:
    """Return a power as IEEE 754 has it: NaN where it is not real, infinite where it is too large."""
    try:
        return math.pow(base, exponent)
    except ValueError:
        return _signed(base) if base == 0 and exponent % 2 == 1 else INFINITE if base == 0 else math.nan
    except OverflowError:
        return -INFINITE if base < 0 and exponent % 2 == 1 else INFINITE
