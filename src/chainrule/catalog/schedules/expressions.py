r"""Expressions that a user types, such as `0.95 ** epoch`: read, evaluated and written as LaTeX, and never executed.

Python's parser reads the text; only the kinds of nodes listed here are accepted, each as a small function. Every number
is a float64, so that an expression takes a bounded time: `9**9**9` has no value, and does not hang.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from chainrule.catalog.arguments import Argument, ArgumentValue, SpecError
from chainrule.catalog.experiment.spec_error import expected
from chainrule.formula.writing.printing import Level, Printed

MAX_LENGTH = 200
VARIABLES = ("iteration", "epoch")
ALLOWED = (
    "an expression of iteration and epoch: numbers, pi, + - * / // % **, comparisons, and, or, not, if-else, "
    "min, max, abs, sqrt, exp, log, sin, cos, floor"
)
# So many of the first steps are tried before training.
PROBED = 1000

Variables = Mapping[str, float]
Evaluate = Callable[[Variables], float]

_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    # Of a negative number a power with a fraction is complex, which `math.pow` refuses.
    ast.Pow: math.pow,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
_UNARY: dict[type[ast.unaryop], Callable[[float], float]] = {
    ast.UAdd: lambda a: +a,
    ast.USub: lambda a: -a,
    ast.Not: lambda a: float(not a),
}
# Each with how many arguments it takes; None is two or more.
_FUNCTIONS: dict[str, tuple[Callable[..., float], int | None]] = {
    "min": (min, None),
    "max": (max, None),
    "abs": (abs, 1),
    "sqrt": (math.sqrt, 1),
    "exp": (math.exp, 1),
    "log": (math.log, 1),
    "sin": (math.sin, 1),
    "cos": (math.cos, 1),
    "floor": (lambda a: float(math.floor(a)), 1),
}


class NoValueError(ValueError):
    """An expression that has no value, or none that is finite, for these variables; says why."""


class _NotAllowedError(Exception):
    """A part of the text that an expression cannot have."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression."""

    text: str
    names: frozenset[str]
    node: Evaluate
    body: ast.expr

    def evaluate(self, iteration: float, epoch: float) -> float:
        """Return the value, finite, or raise `NoValueError`."""
        try:
            value = float(self.node({"iteration": float(iteration), "epoch": float(epoch)}))
        except ZeroDivisionError:
            raise NoValueError("it divides by zero") from None
        except OverflowError:
            raise NoValueError("it is too large") from None
        except ValueError:
            raise NoValueError("it has no real value") from None
        if not math.isfinite(value):
            raise NoValueError("it is too large" if math.isinf(value) else "it has no real value")
        return value

    def written(self, variables: Mapping[str, str]) -> Printed:
        """Return LaTeX of the expression, with what its variables are called or with their numbers."""
        # A power of ten would be misread where it is raised or divided by.
        names = {name: f"({text})" if r"\cdot" in text else text for name, text in variables.items()}
        latex, strength = _latex(self.body, names)
        return Printed(latex, Level.SUM if strength <= _SUM else Level.PRODUCT)


@lru_cache(maxsize=256)
def parse_expression(text: str) -> Expression:
    """Read an expression, or raise `SpecError` that says what is allowed; its path is `$`."""
    if len(text) > MAX_LENGTH:
        raise expected("$", f"an expression of at most {MAX_LENGTH} characters", len(text))
    try:
        with warnings.catch_warnings():
            # Python warns of `1if epoch else 2`, which it reads well.
            warnings.simplefilter("ignore")
            body = ast.parse(text.strip(), mode="eval").body
        node = _compile(body)
        names = frozenset(part.id for part in ast.walk(body) if isinstance(part, ast.Name) and part.id in VARIABLES)
        return Expression(text, names, node, body)
    except _NotAllowedError as error:
        raise expected("$", ALLOWED, str(error)) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise SpecError("$", f"expected {ALLOWED}; this cannot be read") from None


class ExpressionArgument(Argument):
    """An expression of `iteration` and `epoch`, kept as its text."""

    __slots__ = ()

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return the text."""
        if not isinstance(value, str):
            self.refuse(value, path)
        try:
            parse_expression(value)
        except SpecError as error:
            raise error.at(path) from None
        return value

    @property
    def allowed(self) -> str:
        """What can be written, in words."""
        return ALLOWED


@lru_cache(maxsize=256)
def first_failure(text: str, interval: str, batches: int) -> str:
    """Return where among the first steps an expression has no value, in words; empty where it has one at each.

    A step is an iteration or an epoch, and an epoch has `batches` iterations.
    """
    expression = parse_expression(text)
    for step in range(PROBED):
        iteration, epoch = (step, step // batches) if interval == "iteration" else (step * batches, step)
        try:
            expression.evaluate(iteration, epoch)
        except NoValueError as error:
            return f"expected a number at every step, but at iteration {iteration}, epoch {epoch}, {error}"
    return ""


def _compile(node: ast.expr) -> Evaluate:
    """Return the function of the variables that a node stands for."""
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, ast.Name):
        return _name(node.id)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        operation, left, right = _OPERATIONS[type(node.op)], _compile(node.left), _compile(node.right)
        return lambda v: operation(left(v), right(v))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        apply, operand = _UNARY[type(node.op)], _compile(node.operand)
        return lambda v: apply(operand(v))
    if isinstance(node, ast.IfExp):
        test, body, orelse = (_compile(part) for part in (node.test, node.body, node.orelse))
        return lambda v: body(v) if test(v) else orelse(v)
    if isinstance(node, ast.BoolOp):
        return _boolean(node)
    if isinstance(node, ast.Compare):
        return _comparison(node)
    if isinstance(node, ast.Call):
        return _call(node)
    raise _NotAllowedError(f"`{_source(node)}`")


def _constant(node: ast.Constant) -> Evaluate:
    if isinstance(node.value, bool) or not isinstance(node.value, int | float):
        raise _NotAllowedError(f"`{_source(node)}`")
    try:
        number = float(node.value)
    except OverflowError:
        number = math.inf
    if math.isinf(number):
        raise _NotAllowedError("a number that is too large")
    return lambda v: number


def _name(name: str) -> Evaluate:
    if name == "pi":
        return lambda v: math.pi
    if name not in VARIABLES:
        raise _NotAllowedError(f"`{name}`")
    return lambda v: v[name]


def _boolean(node: ast.BoolOp) -> Evaluate:
    parts = [_compile(part) for part in node.values]
    stops_at = isinstance(node.op, ast.Or)

    def evaluate(v: Variables) -> float:
        value = 0.0
        for part in parts:
            value = part(v)
            if bool(value) is stops_at:
                break
        return value

    return evaluate


def _comparison(node: ast.Compare) -> Evaluate:
    if not all(type(op) in _COMPARISONS for op in node.ops):
        raise _NotAllowedError(f"`{_source(node)}`")
    compare = [_COMPARISONS[type(op)] for op in node.ops]
    first, *rest = (_compile(part) for part in (node.left, *node.comparators))

    def evaluate(v: Variables) -> float:
        left = first(v)
        for relation, part in zip(compare, rest, strict=True):
            right = part(v)
            if not relation(left, right):
                return 0.0
            left = right
        return 1.0

    return evaluate


def _call(node: ast.Call) -> Evaluate:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in _FUNCTIONS or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
        raise _NotAllowedError(f"`{_source(node)}`")
    function, count = _FUNCTIONS[name]
    if len(node.args) != count if count else len(node.args) < 2:  # noqa: PLR2004
        raise _NotAllowedError(f"`{name}` of {len(node.args)}")
    arguments = [_compile(part) for part in node.args]
    return lambda v: function(*[argument(v) for argument in arguments])


def _source(node: ast.expr) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004


# How strongly an expression holds together: what is weaker than its place needs brackets there.
_CONDITION, _OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _POWER, _ATOM = range(9)
_SIGNS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Add: ("+", _SUM),
    ast.Sub: ("-", _SUM),
    ast.Mult: (r"\cdot ", _PRODUCT),
    ast.Lt: ("<", _COMPARED),
    ast.LtE: (r"\leq ", _COMPARED),
    ast.Gt: (">", _COMPARED),
    ast.GtE: (r"\geq ", _COMPARED),
    ast.Eq: ("=", _COMPARED),
    ast.NotEq: (r"\neq ", _COMPARED),
}


def _latex(node: ast.expr, names: Mapping[str, str]) -> tuple[str, int]:
    """Return LaTeX of an accepted node, and how strongly it holds together."""
    if isinstance(node, ast.Constant):
        return _number(node), _ATOM
    if isinstance(node, ast.Name):
        return (r"\pi", _ATOM) if node.id == "pi" else (names[node.id], _ATOM)
    if isinstance(node, ast.BinOp):
        return _binary(node, names)
    if isinstance(node, ast.UnaryOp):
        return _unary(node, names)
    if isinstance(node, ast.IfExp):
        body, test, orelse = (_inside(part, _OR, names) for part in (node.body, node.test, node.orelse))
        return rf"{body}\text{{ if }}{test}\text{{ else }}{orelse}", _CONDITION
    if isinstance(node, ast.BoolOp):
        word, strength = (" or ", _OR) if isinstance(node.op, ast.Or) else (" and ", _AND)
        return rf"\text{{{word}}}".join(_inside(part, strength + 1, names) for part in node.values), strength
    if isinstance(node, ast.Compare):
        parts = (_inside(part, _SUM, names) for part in node.comparators)
        signs = (_SIGNS[type(op)][0] for op in node.ops)
        return _inside(node.left, _SUM, names) + "".join(map("".join, zip(signs, parts, strict=True))), _COMPARED
    assert isinstance(node, ast.Call)
    return _called(node, names)


def _number(node: ast.Constant) -> str:
    mantissa, _, exponent = repr(float(node.value)).partition("e")  # type: ignore[arg-type]
    mantissa = mantissa.removesuffix(".0")
    return rf"({mantissa}\cdot 10^{{{int(exponent)}}})" if exponent else mantissa


def _unary(node: ast.UnaryOp, names: Mapping[str, str]) -> tuple[str, int]:
    if isinstance(node.op, ast.Not):
        return rf"\text{{not }}{_inside(node.operand, _NOT, names)}", _NOT
    return (
        (f"-{_inside(node.operand, _POWER, names)}", _SUM)
        if isinstance(node.op, ast.USub)
        else _latex(node.operand, names)
    )


def _binary(node: ast.BinOp, names: Mapping[str, str]) -> tuple[str, int]:
    if isinstance(node.op, ast.Pow):
        return f"{_inside(node.left, _ATOM, names)}^{{{_latex(node.right, names)[0]}}}", _POWER
    if isinstance(node.op, ast.Div):
        return rf"\frac{{{_latex(node.left, names)[0]}}}{{{_latex(node.right, names)[0]}}}", _ATOM
    if isinstance(node.op, ast.FloorDiv):
        return rf"\lfloor \frac{{{_latex(node.left, names)[0]}}}{{{_latex(node.right, names)[0]}}}\rfloor ", _ATOM
    if isinstance(node.op, ast.Mod):
        return rf"{_inside(node.left, _POWER, names)}\text{{ mod }}{_inside(node.right, _POWER, names)}", _COMPARED
    sign, strength = _SIGNS[type(node.op)]
    return f"{_inside(node.left, strength, names)}{sign}{_inside(node.right, strength + 1, names)}", strength


def _called(node: ast.Call, names: Mapping[str, str]) -> tuple[str, int]:
    assert isinstance(node.func, ast.Name)
    name, inner = node.func.id, r",\,".join(_latex(part, names)[0] for part in node.args)
    forms = {"sqrt": r"\sqrt{%s}", "abs": r"\left|%s\right|", "floor": r"\lfloor %s\rfloor ", "exp": "e^{%s}"}
    strength = _POWER if name == "exp" else _ATOM
    return forms.get(name, rf"\{ {'log': 'ln'}.get(name, name) }(%s)") % inner, strength


def _inside(node: ast.expr, strength: int, names: Mapping[str, str]) -> str:
    """Return LaTeX of a part, in brackets where it is weaker than its place."""
    latex, own = _latex(node, names)
    return latex if own >= strength else f"({latex})"
