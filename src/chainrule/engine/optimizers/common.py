"""What optimizers have in common: arguments, numbers, and computations, in the order and rounding of torch's.

Scalars are computed as Python numbers: the tensors of equal ones are shared, which is what makes a step that writes
one cost little. Nothing ever changes a value in place.
"""

from __future__ import annotations

import math
from functools import lru_cache, partial

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, Flag, Number, Numbers
from chainrule.catalog.spec import LARGEST
from chainrule.engine.optimizers.entry import BETA1, GRAD, LR, NEXT, PARAMETER, Buffer, Extent, Update, Updates
from chainrule.engine.optimizers.words import SLOW, averaged, corrected
from chainrule.formula.functions import power

STEP = "step"
ADJUSTED_GRAD = "adjusted_grad"
DECAYED = "decayed"
UPDATE = "update"
# These have weight decay of that kind only, and no argument for it.
ALWAYS_DECOUPLED = ("AdamW", "Adafactor")

WEIGHT_DECAY = Number("weight_decay", 0.0, "weight decay", symbol=r"\lambda", minimum=0.0)
DECOUPLED = Flag("decoupled_weight_decay", False, "decoupled weight decay")
MAXIMIZE = Flag("maximize", False, "maximize the loss")
EPS = Number("eps", 1e-8, "epsilon", symbol=r"\epsilon", minimum=0.0)
BETA = Number("", 0.9, "", minimum=0.0, below=1.0)
BETAS = Numbers("betas", (0.9, 0.999), "betas", item=BETA, symbols=(r"\beta_1", r"\beta_2"))


def learning_rate(default: float) -> Number:
    """The learning rate, with torch's default."""
    return Number("lr", default, "learning rate", symbol=r"\eta", minimum=0.0)


def new_scalar(number: float) -> Tensor:
    """A number as a value of the trace, (), float64, on the CPU."""
    return torch.scalar_tensor(number, dtype=torch.float64)


# One tensor for all equal numbers: for those that many parameters have.
scalar = lru_cache(maxsize=1024)(new_scalar)


# The largest number of each dtype that a parameter can have.
_LARGEST = {getattr(torch, dtype): largest for dtype, largest in LARGEST.items()}


def within(number: float, tensor: Tensor) -> float:
    """A number as the tensor's dtype has it: infinite where it is too large, as torch makes it in a product.

    As `alpha`, `value`, `weight` or a bound torch refuses it; a rate may grow, and then the run overflows.
    """
    return math.copysign(math.inf, number) if abs(number) > _LARGEST[tensor.dtype] else number


@lru_cache(maxsize=1024)
def bias_correction(beta: float, step: float) -> Tensor:
    """1 - beta^t: what an average that started at zero has of its full weight after t steps."""
    return scalar(1 - power(beta, step))


STEP_BUFFER = Buffer(STEP, extent=Extent.SCALAR)
COUNT_STEPS = Update(
    "step.next",
    (STEP,),
    lambda step: scalar(step.item() + 1),
    formula="step + 1",
    words="counts one more step",
    extent=Extent.SCALAR,
)
BIAS_CORRECTION1 = Update(
    "bias_correction1",
    (BETA1, "step.next"),
    lambda beta1, step: bias_correction(beta1.item(), step.item()),
    formula="1 - beta1^step.next",
    words=corrected(1.0),
    extent=Extent.SCALAR,
    tell=lambda beta1, step: corrected(beta1),
)
MOVE = Update(
    NEXT,
    (PARAMETER, UPDATE),
    torch.sub,
    formula="param - update",
    words="moves by its update, in the opposite direction",
)
MOVE_DECAYED = Update(
    NEXT,
    (DECAYED, UPDATE),
    torch.sub,
    formula="decayed - update",
    words="is what the weight decay left of it, moved by its update, in the opposite direction",
)


def bias_correction2(choice: Choice) -> Update:
    """The bias correction of the average of squares."""
    beta2 = choice.numbers("betas")[1]
    return Update(
        "bias_correction2",
        ("step.next",),
        lambda step: bias_correction(beta2, step.item()),
        formula="1 - betas_1^step.next",
        words=corrected(beta2),
        extent=Extent.SCALAR,
    )


def descend(parameter: Tensor, direction: Tensor, lr: Tensor) -> Tensor:
    """One step of gradient descent: p - lr d, of the parameter's shape. `lr` is a scalar on the CPU."""
    return torch.sub(parameter, direction, alpha=within(lr.item(), parameter))


def descent(direction: str, words: str) -> Update:
    """The parameter's step along a direction, by the learning rate."""
    return Update(NEXT, (PARAMETER, direction, LR), descend, formula=f"param - lr*{direction}", words=words)


def decouples_decay(choice: Choice) -> bool:
    """Whether weight decay shrinks the parameter itself, and is no part of the gradient."""
    return choice.name in ALWAYS_DECOUPLED or bool(choice.arguments.get(DECOUPLED.name))


def decay_of(choice: Choice, *, decoupled: bool) -> float:
    """The weight decay of one of its two kinds; 0 where the optimizer has none of that kind."""
    return (
        choice.number("weight_decay")
        if decoupled is decouples_decay(choice) and WEIGHT_DECAY.name in choice.arguments
        else 0.0
    )


def gradient(choice: Choice) -> str:
    """The gradient that the optimizer goes on with."""
    return ADJUSTED_GRAD if choice["maximize"] or decay_of(choice, decoupled=False) else GRAD


def adjusted_gradient(choice: Choice) -> Updates:
    """The gradient turned around where the loss is maximized, and with weight decay; nothing without either."""
    decay = decay_of(choice, decoupled=False)
    if decay:
        compute = partial(_decay_and_turn if choice["maximize"] else _decay, decay)
        formula = "grad + weight_decay*param"
        words = "is the gradient plus weight decay: a pull towards 0 that grows with the value itself"
        if choice["maximize"]:
            formula = "weight_decay*param - grad"
            words = "is the gradient turned around, because the loss is maximized, plus a pull towards 0: weight decay"
        return (Update(ADJUSTED_GRAD, (GRAD, PARAMETER), compute, formula, words),)
    if choice["maximize"]:
        words = "is the gradient turned around, because the loss is maximized"
        return (Update(ADJUSTED_GRAD, (GRAD,), torch.neg, "-grad", words),)
    return ()


def _decay(decay: float, grad: Tensor, parameter: Tensor) -> Tensor:
    return torch.add(grad, parameter, alpha=decay)


def _decay_and_turn(decay: float, grad: Tensor, parameter: Tensor) -> Tensor:
    return torch.neg(grad).add_(parameter, alpha=decay)


def decoupled_decay(choice: Choice) -> Updates:
    """The parameter shrunk by decoupled weight decay; nothing without any."""
    decay = decay_of(choice, decoupled=True)
    if not decay:
        return ()
    return (
        Update(
            DECAYED,
            (PARAMETER, LR),
            lambda parameter, lr: torch.mul(parameter, 1 - lr.item() * decay),
            formula="param*(1 - lr*weight_decay)",
            words="is shrunk towards 0 by weight decay, whatever its gradient",
            tell=lambda parameter, lr: _shrunk(parameter, 1 - lr * decay),
        ),
    )


def _shrunk(parameter: float, factor: float) -> str:
    if parameter == 0:
        return "is 0, as it was: weight decay leaves a 0 alone"
    if factor == 1:
        return "is what it was: at this learning rate weight decay takes nothing"
    if factor <= 0:
        return "is taken to 0 or beyond by weight decay, because weight decay times the learning rate is 1 or more"
    return "is shrunk towards 0 by weight decay, whatever its gradient"


def move(choice: Choice) -> Update:
    """The parameter's step by its `update`."""
    return MOVE_DECAYED if decay_of(choice, decoupled=True) else MOVE


def average(name: str, gradient: str) -> Update:
    """A running average of the gradient that gives the new one a weight of 1 - beta1."""
    return Update(
        f"{name}.next",
        (name, gradient, BETA1),
        lambda average, grad, beta1: torch.lerp(average, grad, within(1 - beta1.item(), grad)),
        formula=f"beta1*{name} + (1 - beta1)*{gradient}",
        words=averaged(SLOW, "the gradient"),
        tell=lambda average, grad, beta1: averaged(beta1, "the gradient"),
    )


def average_of_squares(name: str, gradient: str, share: float, symbol: str) -> Update:
    """A running average of the squared gradient, which keeps a `share` of what it was; `symbol` is its name."""
    new = 1 - share
    return Update(
        f"{name}.next",
        (name, gradient),
        lambda average, grad: torch.mul(average, share).addcmul_(grad, grad, value=new),
        formula=f"{symbol}*{name} + (1 - {symbol})*{gradient}^2",
        words=averaged(share, "the gradient's square", "how large gradients are here"),
    )
