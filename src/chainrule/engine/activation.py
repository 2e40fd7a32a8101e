r"""What an activation is: its function, its derivative, and the LaTeX and words that belong to them.

In LaTeX `<z>` stands for the pre-activation, `<a>` for the activation, `<w>` for the parameter that the activation
learns, and `<alpha>` for the argument or constant of that name: as symbols or as numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from chainrule.engine.arguments import Argument, Choice, Integer, Value
from chainrule.engine.spec_error import expected

# Refuses arguments that do not fit each other or the layer's units, with the path of the activation.
Check = Callable[[Choice, int, str], None]


@dataclass(frozen=True, slots=True)
class Helper:
    """A part that a long derivative has several times, by a letter: its symbol, its LaTeX, and its value at z."""

    symbol: str
    latex: str
    value: Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Form:
    """A formula and its derivative; `where` is the condition on z under which a piecewise function takes it.

    `helper` is what `<t>` stands for in the derivative. `shifted_latex` is the same formula with `<m>`, the largest z
    of the sample, taken off from each power of e.
    """

    latex: str
    derivative_latex: str
    where: str = ""
    helper: Helper | None = None
    shifted_latex: str = ""

    @property
    def slope(self) -> str:
        """All that is written where the slope is: with its condition, and with what its helper stands for."""
        return " ".join((self.derivative_latex, self.where, self.helper.latex if self.helper else ""))


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that is part of a formula: its symbol in LaTeX, and its value."""

    symbol: str
    value: float


def _accept(choice: Choice, units: int, path: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation a = f(z) of a layer, (B, out) -> (B, out), by torch's name.

    `forms(**arguments)` are the formulas of a piecewise function, in the order in which the screen lists them, or
    the only one. `choose(z, **arguments)` is which of them applies to a number. `tell(**arguments)` are other words
    where the arguments change what it does.
    """

    name: str
    function: Callable[..., Tensor]
    forms: Callable[..., tuple[Form, ...]]
    words: str
    arguments: tuple[Argument, ...] = ()
    choose: Callable[..., int] = lambda z, **arguments: 0
    constants: Mapping[str, Constant] = field(default_factory=dict)
    tell: Callable[..., str] | None = None
    check: Check = _accept

    def in_slope(self, choice: Choice) -> frozenset[str]:
        """Which of z, a and w the formula of its slope names: those of all its cases, that say when each holds."""
        written = " ".join(form.slope for form in self.forms(**choice.arguments))
        return frozenset(name for name in "zaw" if f"<{name}>" in written)

    def forward(self, choice: Choice) -> Callable[..., Tensor]:
        """The function with its arguments: z -> a."""
        raise NotImplementedError

    def backward(self, choice: Choice) -> Callable[..., Tensor]:
        """dL/dz of all of a layer: (dL/da, z, a) -> (B, out)."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Elementwise(Activation):
    """An activation that treats each number for itself. `derivative(z, a, **arguments)` keeps the shape of z.

    At a kink the derivative is the one that torch chooses.
    """

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
class Learned(Activation):
    """An elementwise activation with a parameter w, (1,) or (out,): function(z, w), derivative(z, a, w).

    The arguments set up the parameter and are in no formula. `weight_derivative(z)` is da/dw.
    """

    derivative: Callable[..., Tensor]
    weight_derivative: Callable[[Tensor], Tensor]
    weight_derivative_latex: str

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
    over k of dL/da_k da_k/dz_i, without the matrix. In the form, `<sum>` is the sum of e^z over all units, and
    `derivative_latex` is da_k / dz_i in terms of `<ak>`, `<ai>` and `<d>`, 1 where k is i and 0 elsewhere.
    """

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
