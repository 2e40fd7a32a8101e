"""What an activation is: its formula and that of its slope, and the fast code and the words that belong to them.

In formulas `z` stands for the pre-activation, `a` for the activation, `w` for the parameter that the activation learns,
and `alpha` for the argument or constant of that name. Tests hold the code against the formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from chainrule.catalog.arguments import Argument, Choice, Integer, Value
from chainrule.catalog.constant import Constant
from chainrule.catalog.spec_error import expected
from chainrule.formula.differentiate import multiplied
from chainrule.formula.parse import read
from chainrule.formula.tree import Divide, Expr, Multiply, Symbol, rebuilt, symbols_of

# Refuses arguments that do not fit each other or the layer's units, with the path of the activation.
Check = Callable[[Choice, int, str], None]


# A formula, or what gives the one that goes with the arguments.
Spoken = str | Callable[..., str]


@dataclass(frozen=True, slots=True)
class Helper:
    """A part that a long slope has several times, by a letter: `t` in the slope's formula, and its value at z."""

    name: str
    formula: str
    value: Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class MatrixForm:
    """LaTeX of an activation of whole samples, and of an entry of its matrix.

    `shifted_latex` is the same formula with `<m>`, the largest z of the sample, taken off from each power of e.
    """

    latex: str
    derivative_latex: str
    shifted_latex: str


def _accept(choice: Choice, units: int, path: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation a = f(z) of a layer, (B, out) -> (B, out), by torch's name.

    `tell(**arguments)` are other words where the arguments change what it does.
    """

    name: str
    function: Callable[..., Tensor]
    words: str
    arguments: tuple[Argument, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)
    tell: Callable[..., str] | None = None
    check: Check = _accept

    def in_slope(self, choice: Choice) -> frozenset[str]:
        """Which of z, a and w the formula of its slope names, in any of its cases and their conditions."""
        raise NotImplementedError

    def forward(self, choice: Choice) -> Callable[..., Tensor]:
        """The function with its arguments: z -> a."""
        raise NotImplementedError

    def backward(self, choice: Choice) -> Callable[..., Tensor]:
        """dL/dz of all of a layer: (dL/da, z, a) -> (B, out)."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointwise(Activation):
    """An activation whose every number comes from one z: a formula of z, and one of its slope.

    The cases of a piecewise function follow each other along z. At a kink the slope is the one that torch chooses.
    """

    formula: Spoken
    slope: Spoken
    helper: Callable[..., Helper | None] = lambda **arguments: None

    def tree(self, choice: Choice) -> Expr:
        """The formula of a, of z and of what is learned."""
        return self._read(self.formula, choice)

    def slope_tree(self, choice: Choice) -> Expr:
        """The formula of da/dz, of z, a, what is learned and the helper."""
        return self._read(self.slope, choice)

    def helper_tree(self, choice: Choice) -> Expr | None:
        """The formula of the helper."""
        helper = self.helper(**choice.arguments)
        return None if helper is None else self._read(helper.formula, choice)

    def _read(self, spoken: Spoken, choice: Choice) -> Expr:
        text = spoken if isinstance(spoken, str) else spoken(**choice.arguments)
        return without_ones(read(text), {name for name, value in choice.arguments.items() if value == 1})

    def in_slope(self, choice: Choice) -> frozenset[str]:
        """Which of z, a and w the formula of its slope names, in any of its cases and their conditions."""
        trees = (self.slope_tree(choice), self.helper_tree(choice))
        return frozenset(name for tree in trees if tree is not None for name in symbols_of(tree) if name in "zaw")


def without_ones(expr: Expr, ones: Collection[str]) -> Expr:
    """The formula without factors and divisors that are 1."""
    if isinstance(expr, Divide) and isinstance(expr.bottom, Symbol) and expr.bottom.name in ones:
        return without_ones(expr.top, ones)
    if isinstance(expr, Multiply):
        kept = [factor for factor in expr.factors if not (isinstance(factor, Symbol) and factor.name in ones)]
        return multiplied([without_ones(factor, ones) for factor in kept])
    return rebuilt(expr, lambda part: without_ones(part, ones))


@dataclass(frozen=True, slots=True, kw_only=True)
class Elementwise(Pointwise):
    """An activation that treats each number for itself. `derivative(z, a, **arguments)` keeps the shape of z."""

    derivative: Callable[..., Tensor]

    def forward(self, choice: Choice) -> Callable[..., Tensor]:
        """The function with its arguments: z -> a."""
        function, arguments = self.function, dict(choice.arguments)
        return (lambda z: function(z, **arguments)) if arguments else function

    def backward(self, choice: Choice) -> Callable[..., Tensor]:
        """dL/dz = dL/da f'(z): (dL/da, z, a) -> (B, out)."""
        derivative, arguments = self.derivative, dict(choice.arguments)
        return lambda grad, z, a: grad * derivative(z, a, **arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned(Pointwise):
    """An elementwise activation with a parameter w, (1,) or (out,): function(z, w), derivative(z, a, w).

    The arguments set up the parameter and are in no formula. `weight_derivative(z)` is da/dw, and `weight_slope` its
    formula.
    """

    derivative: Callable[..., Tensor]
    weight_derivative: Callable[[Tensor], Tensor]
    weight_slope: str

    def forward(self, choice: Choice) -> Callable[..., Tensor]:
        """The function: (z, w) -> a."""
        return self.function

    def backward(self, choice: Choice) -> Callable[..., Tensor]:
        """dL/dz = dL/da f'(z): (dL/da, z, a, w) -> (B, out)."""
        derivative = self.derivative
        return lambda grad, z, a, weight: grad * derivative(z, a, weight)

    def weight_backward(self, shared: bool) -> Callable[[Tensor, Tensor], Tensor]:
        """dL/dw, the sum of dL/da da/dw over the batch, and over the units where they share it: (1,) or (out,)."""
        derivative = self.weight_derivative
        if shared:
            return lambda grad, z: (grad * derivative(z)).sum().reshape(1)
        return lambda grad, z: (grad * derivative(z)).sum(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectorwise(Activation):
    """An activation in which each unit's a depends on every z of its sample, so that its derivative is a matrix.

    `jacobian(z, a)` are all da_k / dz_i, (B, out) -> (B, out, out) with k first. `pull_back(dL/da, a)` is the sum
    over k of dL/da_k da_k/dz_i, without the matrix. In the form `<z>` is the unit's own z, `<sum>` is the sum of e^z
    over all units, and `derivative_latex` is da_k / dz_i in terms of `<ak>`, `<ai>` and `<d>`, 1 where k is i and 0
    elsewhere.
    """

    form: MatrixForm
    jacobian: Callable[[Tensor, Tensor], Tensor]
    pull_back: Callable[[Tensor, Tensor], Tensor]

    def in_slope(self, choice: Choice) -> frozenset[str]:
        """The matrix is made of what comes out."""
        return frozenset("a")

    def forward(self, choice: Choice) -> Callable[..., Tensor]:
        """The function: z -> a."""
        return self.function

    def backward(self, choice: Choice) -> Callable[..., Tensor]:
        """dL/dz: (dL/da, z, a) -> (B, out)."""
        pull_back = self.pull_back
        return lambda grad, z, a: pull_back(grad, a)


@dataclass(frozen=True, slots=True)
class UnitsAxis(Integer):
    """The axis over which an activation works: the units of a sample, 1 or -1, or torch's None, which means it."""

    optional: bool = field(default=True, kw_only=True)

    def check_given(self, value: object, path: str) -> Value:
        """1 or -1."""
        if value in (0, -2) and not isinstance(value, bool):
            hint = "it would run over the samples of the batch"
            raise expected(path, f"null or {self.allowed}", f"{value:g}", hint)
        if isinstance(value, bool) or value not in (1, -1):
            self.refuse(value, path)
        return int(value)

    @property
    def allowed(self) -> str:
        """What can be given, in words."""
        return "1 or -1 (over the units of each sample)"
