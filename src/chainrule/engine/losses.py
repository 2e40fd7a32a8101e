"""Losses: the term of each output, its slope, their code and the words beside them; see `ElementwiseLoss`."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from chainrule.catalog.arguments import Number
from chainrule.catalog.constant import Constant
from chainrule.catalog.tables import table
from chainrule.engine.loss_steps import REDUCTION, CrossEntropy, ElementwiseLoss, Limit, NegativeLogLikelihood

# torch's: no logarithm in BCELoss is less, and no slope is divided by less: 1e-12 in float32, in either dtype.
LEAST_LOG = -100.0
LEAST_DIVISOR = 9.999999960041972e-13


def _l1_slope(o: Tensor, t: Tensor) -> Tensor:
    return torch.sign(o - t)


MSE_LOSS = ElementwiseLoss(
    "MSELoss",
    "the squared distance from output to target",
    term=lambda o, t: (o - t).square(),
    derivative=lambda o, t: 2 * (o - t),
    formula="(o - t)^2",
    slope="2*(o - t)",
)
L1_LOSS = ElementwiseLoss(
    "L1Loss",
    "the distance from output to target",
    term=lambda o, t: (o - t).abs(),
    derivative=_l1_slope,
    formula="abs(o - t)",
    slope="sign(o - t)",
)


def _smooth_l1(o: Tensor, t: Tensor, beta: float) -> Tensor:
    distance = (o - t).abs()
    return torch.where(distance < beta, 0.5 * distance * distance / beta, distance - 0.5 * beta) if beta else distance


SMOOTH_L1_LOSS = ElementwiseLoss(
    "SmoothL1Loss",
    "half the squared distance from output to target over beta, or, from beta on, the distance less half of beta",
    term=_smooth_l1,
    derivative=lambda o, t, beta: ((o - t) / beta).clamp(-1, 1) if beta else _l1_slope(o, t),
    formula="if(abs(o - t) < beta, (o - t)^2/(2*beta), abs(o - t) - beta/2)",
    slope="if(abs(o - t) < beta, (o - t)/beta, sign(o - t))",
    arguments=(REDUCTION, Number("beta", 1.0, "beta", symbol=r"\beta", minimum=0.0)),
)


def _huber(o: Tensor, t: Tensor, delta: float) -> Tensor:
    distance = (o - t).abs()
    return torch.where(distance < delta, 0.5 * distance * distance, delta * (distance - 0.5 * delta))


# Its delta goes by its name: the letter is that of a neuron's error.
HUBER_LOSS = ElementwiseLoss(
    "HuberLoss",
    "half the squared distance from output to target, or, from delta on, delta times the distance less half of delta",
    term=_huber,
    derivative=lambda o, t, delta: (o - t).clamp(-delta, delta),
    formula="if(abs(o - t) < delta, 1/2*(o - t)^2, delta*(abs(o - t) - delta/2))",
    slope="if(o - t <= -delta, -delta, if(o - t < delta, o - t, delta))",
    arguments=(REDUCTION, Number("delta", 1.0, "delta", above=0.0)),
)
BCE_LOSS = ElementwiseLoss(
    "BCELoss",
    "minus the logarithm of the probability that the outputs give to the targets",
    # log1p keeps the digits of a small output.
    term=lambda o, t: (t - 1) * torch.log1p(-o).clamp_min(LEAST_LOG) - t * torch.log(o).clamp_min(LEAST_LOG),
    derivative=lambda o, t: (o - t) / ((1 - o) * o).clamp_min(LEAST_DIVISOR),
    formula="-t*log(o) - (1 - t)*log(1 - o)",
    slope="(o - t)/(o*(1 - o))",
    limits=(
        Limit("-t*(-100) - (1 - t)*log(1 - o)", "o < exp(-100)", "PyTorch takes −100 for a logarithm that is less"),
        Limit("-t*log(o) - (1 - t)*(-100)", "o >= 1", "PyTorch takes −100 for a logarithm that is less"),
    ),
    slope_limits=(
        Limit(
            "(o - t)/least",
            "(1 - o)*o < least",
            "PyTorch takes 10⁻¹², rounded to float32, for a product ŷ(1 − ŷ) that is less",
        ),
    ),
    constants={"least": Constant("10^{-12}", LEAST_DIVISOR)},
)
BCE_WITH_LOGITS_LOSS = ElementwiseLoss(
    "BCEWithLogitsLoss",
    "minus the logarithm of the probability that σ of the outputs gives to the targets",
    term=lambda o, t: (1 - t) * o - logsigmoid(o),
    derivative=lambda o, t: torch.sigmoid(o) - t,
    formula="-t*log(sigmoid(o)) - (1 - t)*log(1 - sigmoid(o))",
    slope="sigmoid(o) - t",
    # Beyond 10 so many digits of 1 - sigma(o) are lost that its logarithm, worked out from them, would not be the loss.
    limits=(
        Limit("(1 - t)*o + log(1 + exp(-o))", "o > 10", "the same, written so that 1 − σ(ŷ) near 0 loses no digits"),
        Limit("-t*o + log(1 + exp(o))", "o < -10", "the same, written so that σ(ŷ) near 0 loses no digits"),
    ),
)
CROSS_ENTROPY_LOSS = CrossEntropy(
    "CrossEntropyLoss",
    "minus the logarithm of the probability that softmax of the outputs gives to the target",
    arguments=(
        REDUCTION,
        Number("label_smoothing", 0.0, "label smoothing", symbol=r"\epsilon", minimum=0.0, maximum=1.0),
    ),
)
NLL_LOSS = NegativeLogLikelihood("NLLLoss", "minus the output of the target's class")
# At t y = 1 torch's HingeEmbeddingLoss takes the slope of the side where there still is one.
HINGE_LOSS = ElementwiseLoss(
    "HingeLoss",
    "how much t·ŷ lacks to be 1, or 0 where it is more",
    term=lambda o, t: (1 - t * o).clamp_min(0),
    derivative=lambda o, t: torch.where(t * o <= 1, -t, 0.0),
    formula="max(0, 1 - t*o)",
    slope="if(t*o <= 1, -t, 0)",
)
HALF_SQUARED_ERROR = ElementwiseLoss(
    "HalfSquaredError",
    "half the squared distance from output to target",
    term=lambda o, t: (t - o).square() / 2,
    derivative=lambda o, t: o - t,
    formula="1/2*(t - o)^2",
    slope="o - t",
)
SUM_OF_OUTPUTS = ElementwiseLoss(
    "SumOfOutputs",
    "the outputs themselves, whatever the targets are",
    term=lambda o: o,
    derivative=torch.ones_like,
    formula="o",
    slope="1",
    arguments=(replace(REDUCTION, default="sum"),),
)

LOSSES = table(
    MSE_LOSS,
    L1_LOSS,
    SMOOTH_L1_LOSS,
    HUBER_LOSS,
    BCE_LOSS,
    BCE_WITH_LOGITS_LOSS,
    CROSS_ENTROPY_LOSS,
    NLL_LOSS,
    HINGE_LOSS,
    HALF_SQUARED_ERROR,
    SUM_OF_OUTPUTS,
    usual=("MSELoss", "CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss", "L1Loss"),
)
