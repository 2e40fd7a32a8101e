"""What optimizers have in common: arguments, buffers, and computations, in torch's order."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice, Flag, Number, Numbers
from chainrule.catalog.optimizers.entry import (
    BETA1,
    GRAD,
    LR,
    NEXT,
    PARAMETER,
    Buffer,
    Called,
    Extent,
    Update,
    Updates,
)
from chainrule.catalog.optimizers.words import SLOW, averaged, corrected

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

THE_UPDATE = Called(r"\Delta", "update", prefix=True)
THE_DECAYED = Called("", "decayed value", above="decayed")
THE_ADJUSTED = Called("g", "adjusted gradient")
SCALE = Called("d", "scale")


def learning_rate(default: float) -> Number:
    """Return the learning rate, with torch's default."""
    return Number("lr", default, "learning rate", symbol=r"\eta", minimum=0.0)


STEP_BUFFER = Buffer(STEP, extent=Extent.SCALAR, called=Called("t", "step count"))
MOMENTUM_BUFFER = Buffer("momentum_buffer", called=Called("v", "momentum buffer"))
EXP_AVG = Buffer("exp_avg", called=Called("m", "average gradient"))
EXP_AVG_SQ = Buffer("exp_avg_sq", called=Called("v", "average square"))
COUNT_STEPS = Update(
    "step.next",
    (STEP,),
    "step + 1",
    words="counts one more step",
    extent=Extent.SCALAR,
    kernel="count",
)
BIAS_CORRECTION1 = Update(
    "bias_correction1",
    (BETA1, "step.next"),
    "1 - beta1^step.next",
    words=corrected(1.0),
    extent=Extent.SCALAR,
    kernel="bias_correction",
    tell=lambda beta1, step: corrected(beta1),
    called=Called("c_1", "first bias correction"),
)
MOVE = Update(
    NEXT,
    (PARAMETER, UPDATE),
    "param - update",
    words="moves by its update, in the opposite direction",
    kernel="subtract",
)
MOVE_DECAYED = Update(
    NEXT,
    (DECAYED, UPDATE),
    "decayed - update",
    words="is what the weight decay left of it, moved by its update, in the opposite direction",
    kernel="subtract",
)


def bias_correction2(choice: Choice) -> Update:
    """Return the bias correction of the average of squares."""
    beta2 = choice.numbers("betas")[1]
    return Update(
        "bias_correction2",
        ("step.next",),
        "1 - betas_1^step.next",
        words=corrected(beta2),
        extent=Extent.SCALAR,
        kernel="bias_correction_of",
        given=(beta2,),
        called=Called("c_2", "second bias correction"),
    )


def descent(direction: str, words: str) -> Update:
    """Return the parameter's step along a direction, by the learning rate."""
    return Update(NEXT, (PARAMETER, direction, LR), f"param - lr*{direction}", words, kernel="descend")


def decouples_decay(choice: Choice) -> bool:
    """Return whether weight decay shrinks the parameter itself, and is no part of the gradient."""
    return choice.name in ALWAYS_DECOUPLED or bool(choice.arguments.get(DECOUPLED.name))


def decay_of(choice: Choice, *, decoupled: bool) -> float:
    """Return the weight decay of one of its two kinds; 0 where the optimizer has none of that kind."""
    return (
        choice.number("weight_decay")
        if decoupled is decouples_decay(choice) and WEIGHT_DECAY.name in choice.arguments
        else 0.0
    )


def gradient(choice: Choice) -> str:
    """Return the gradient that the optimizer goes on with."""
    return ADJUSTED_GRAD if choice["maximize"] or decay_of(choice, decoupled=False) else GRAD


def adjusted_gradient(choice: Choice) -> Updates:
    """Return the gradient turned around where the loss is maximized, and with weight decay; nothing without either."""
    decay = decay_of(choice, decoupled=False)
    if decay:
        formula, kernel = "grad + weight_decay*param", "add_decay"
        words = "is the gradient plus weight decay: a pull towards 0 that grows with the value itself"
        if choice["maximize"]:
            formula, kernel = "weight_decay*param - grad", "turn_and_add_decay"
            words = "is the gradient turned around, because the loss is maximized, plus a pull towards 0: weight decay"
        reads = (GRAD, PARAMETER)
        return (Update(ADJUSTED_GRAD, reads, formula, words, kernel=kernel, given=(decay,), called=THE_ADJUSTED),)
    if choice["maximize"]:
        words = "is the gradient turned around, because the loss is maximized"
        return (Update(ADJUSTED_GRAD, (GRAD,), "-grad", words, called=THE_ADJUSTED),)
    return ()


def decoupled_decay(choice: Choice) -> Updates:
    """Return the parameter shrunk by decoupled weight decay; nothing without any."""
    decay = decay_of(choice, decoupled=True)
    if not decay:
        return ()
    return (
        Update(
            DECAYED,
            (PARAMETER, LR),
            "param*(1 - lr*weight_decay)",
            words="is shrunk towards 0 by weight decay, whatever its gradient",
            kernel="shrink",
            given=(decay,),
            tell=lambda parameter, lr: _shrunk(parameter, 1 - lr * decay),
            called=THE_DECAYED,
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
    """Return the parameter's step by its `update`."""
    return MOVE_DECAYED if decay_of(choice, decoupled=True) else MOVE


def average(name: str, gradient: str) -> Update:
    """Return a running average of the gradient that gives the new one a weight of 1 - beta1."""
    return Update(
        f"{name}.next",
        (name, gradient, BETA1),
        f"beta1*{name} + (1 - beta1)*{gradient}",
        words=averaged(SLOW, "the gradient"),
        kernel="average",
        tell=lambda average, grad, beta1: averaged(beta1, "the gradient"),
    )


def average_of_squares(name: str, gradient: str, share: float, symbol: str) -> Update:
    """Return a running average of the squared gradient, which keeps a `share` of what it was; `symbol` is its name."""
    return Update(
        f"{name}.next",
        (name, gradient),
        f"{symbol}*{name} + (1 - {symbol})*{gradient}^2",
        words=averaged(share, "the gradient's square", "how large gradients are here"),
        kernel="average_of_squares",
        given=(share,),
    )


def root_plus(name: str, squares: str, eps: float, words: str) -> Update:
    """Return a scale: the root of squares, plus epsilon."""
    return Update(name, (squares,), f"sqrt({squares}) + eps", words, kernel="root_plus", given=(eps,), called=SCALE)


def scaled(direction: str, scale: str, rate: str, words: str) -> Update:
    """Return the update that is a direction over its scale, by a rate."""
    formula, reads = f"{rate}*({direction}/{scale})", (direction, scale, rate)
    return Update(UPDATE, reads, formula, words, kernel="scaled", called=THE_UPDATE)
