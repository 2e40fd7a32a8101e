"""The losses: the formula of a term, its slope, the arguments and the words of each; see `Loss`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chainrule.catalog.arguments import Integer, Number
from chainrule.catalog.constant import SymbolicConstant
from chainrule.catalog.formula_argument import FORMULA, FormulaText
from chainrule.catalog.loss import (
    IGNORE_INDEX,
    OUTPUT,
    REDUCTION,
    TARGET,
    WEIGHT,
    Decision,
    Limit,
    Loss,
    LossKink,
    LossTerm,
    OneEach,
    Targets,
)
from chainrule.catalog.tables import table

# torch's: no logarithm in BCELoss is less, and no slope is divided by less: 1e-12 in float32, in either dtype.
LEAST_LOG = -100.0
LEAST_DIVISOR = 9.999999960041972e-13

# What the loss that is typed has for an argument.
FORMULA_ARGUMENT = "formula"

CLASS_WEIGHT = OneEach(WEIGHT, None, "class weights", symbol=r"w^{\text{class}}", optional=True, since=2)
OUTPUT_WEIGHT = OneEach(WEIGHT, None, "output weights", symbol=r"w^{\text{out}}", optional=True, since=2)
POS_WEIGHT = OneEach("pos_weight", None, "positive weights", symbol="w^+", optional=True, since=2)
IGNORED_CLASS = Integer(IGNORE_INDEX, -100, "ignored class", since=2)
LABEL_SMOOTHING = Number("label_smoothing", 0.0, "label smoothing", symbol=r"\epsilon", minimum=0.0, maximum=1.0)

SOFTMAX = LossTerm(
    "softmax",
    "p",
    ("p", "P"),
    "softmax of the outputs",
    "The probability that the softmax of the outputs gives to a class",
    "exp(o[n,k])/sum(j, exp(o[n,j]))",
    shifted="exp(o[n,k] - m)/sum(j, exp(o[n,j] - m))",
    function="softmax",
)
LOG_SOFTMAX = LossTerm(
    "log_softmax",
    "log_p",
    (r"\ln p", r"\ln P"),
    "logarithm of the softmax",
    "The logarithm of the probability that the softmax gives to a class",
    "o[n,k] - log(sum(j, exp(o[n,j])))",
    shifted="o[n,k] - m - log(sum(j, exp(o[n,j] - m)))",
    function="LogSoftmax",
)
TARGET_PROBABILITIES = LossTerm(
    "target",
    "q",
    ("q", "Q"),
    "target as probabilities",
    "The probability that the target gives to a class",
    "(1 - label_smoothing)*if(t[n] == k, 1, 0) + label_smoothing/K",
    of_shares="(1 - label_smoothing)*t[n,k] + label_smoothing/K",
)
LOSS_TERMS = {term.name: term for term in (SOFTMAX, LOG_SOFTMAX, TARGET_PROBABILITIES)}

MSE_LOSS = Loss("MSELoss", "the squared distance from output to target", "(o - t)^2")
L1_LOSS = Loss("L1Loss", "the distance from output to target", "abs(o - t)")
SMOOTH_L1_LOSS = Loss(
    "SmoothL1Loss",
    "half the squared distance from output to target over beta, or, from beta on, the distance less half of beta",
    "if(abs(o - t) < beta, (o - t)^2/(2*beta), abs(o - t) - beta/2)",
    arguments=(REDUCTION, Number("beta", 1.0, "beta", symbol=r"\beta", minimum=0.0)),
)
# Its delta goes by its name: the letter is that of a neuron's error.
HUBER_LOSS = Loss(
    "HuberLoss",
    "half the squared distance from output to target, or, from delta on, delta times the distance less half of delta",
    "if(abs(o - t) < delta, 1/2*(o - t)^2, delta*(abs(o - t) - delta/2))",
    "if(o - t <= -delta, -delta, if(o - t < delta, o - t, delta))",
    arguments=(REDUCTION, Number("delta", 1.0, "delta", above=0.0)),
)
BCE_LOSS = Loss(
    "BCELoss",
    "minus the logarithm of the probability that the outputs give to the targets",
    "weight[k]*(-t*log(o) - (1 - t)*log(1 - o))",
    "weight[k]*(o - t)/(o*(1 - o))",
    Targets.FRACTIONS,
    arguments=(REDUCTION, OUTPUT_WEIGHT),
    limits=(
        Limit(
            "weight[k]*(-t*(-100) - (1 - t)*log(1 - o))",
            "o < exp(-100)",
            "PyTorch takes −100 for a logarithm that is less",
        ),
        Limit("weight[k]*(-t*log(o) - (1 - t)*(-100))", "o >= 1", "PyTorch takes −100 for a logarithm that is less"),
    ),
    slope_limits=(
        Limit(
            "weight[k]*(o - t)/least",
            "(1 - o)*o < least",
            "PyTorch takes 10⁻¹², rounded to float32, for a product ŷ(1 − ŷ) that is less",
        ),
    ),
    constants={"least": SymbolicConstant("10^{-12}", LEAST_DIVISOR)},
    needs_probabilities=True,
    decision=Decision(0.5, 0.5),
)


def _logits(plain: str, weighted: str) -> Callable[..., str]:
    """Return a formula of BCEWithLogitsLoss, which is another where positive targets have a weight of their own."""
    return lambda pos_weight, **_: f"weight[k]*({plain if pos_weight is None else weighted})"


BCE_WITH_LOGITS_LOSS = Loss(
    "BCEWithLogitsLoss",
    "minus the logarithm of the probability that σ of the outputs gives to the targets",
    "weight[k]*(-pos_weight[k]*t*log(sigmoid(o)) - (1 - t)*log(1 - sigmoid(o)))",
    _logits("sigmoid(o) - t", "(1 - t)*sigmoid(o) - pos_weight[k]*t*(1 - sigmoid(o))"),
    Targets.FRACTIONS,
    arguments=(REDUCTION, OUTPUT_WEIGHT, POS_WEIGHT),
    # Beyond 10 so many digits of 1 - sigma(o) are lost that its logarithm, worked out from them, would not be the loss.
    limits=(
        Limit(
            _logits("(1 - t)*o + log(1 + exp(-o))", "(1 - t)*o + (1 + (pos_weight[k] - 1)*t)*log(1 + exp(-o))"),
            "o > 10",
            "the same, written so that 1 − σ(ŷ) near 0 loses no digits",
        ),
        Limit(
            _logits("-t*o + log(1 + exp(o))", "-pos_weight[k]*t*o + (1 + (pos_weight[k] - 1)*t)*log(1 + exp(o))"),
            "o < -10",
            "the same, written so that σ(ŷ) near 0 loses no digits",
        ),
    ),
    decision=Decision(0.5, 0.0),
)
CROSS_ENTROPY_LOSS = Loss(
    "CrossEntropyLoss",
    "minus the logarithm of the probability that softmax of the outputs gives to the target",
    "-sum(k, weight[k]*q[n,k]*log_p[n,k])",
    lambda weight, **_: "p[n,k] - q[n,k]" if weight is None else "p[n,k]*sum(j, weight[j]*q[n,j]) - weight[k]*q[n,k]",
    Targets.DISTRIBUTIONS,
    arguments=(REDUCTION, LABEL_SMOOTHING, CLASS_WEIGHT, IGNORED_CLASS),
    terms=(SOFTMAX, LOG_SOFTMAX, TARGET_PROBABILITIES),
    # Probabilities sum to 1, but a number that was set by hand need not be one.
    slope_limits=(
        Limit(
            "p[n,k]*sum(j, weight[j]*q[n,j]) - weight[k]*q[n,k]",
            "abs(sum(j, q[n,j]) - 1) > tolerance",
            "the target's probabilities do not sum to 1 here",
            is_shown=True,
        ),
    ),
)
NLL_LOSS = Loss(
    "NLLLoss",
    "minus the output of the target's class",
    "-weight[t[n]]*o[n,t[n]]",
    targets=Targets.CLASSES,
    arguments=(REDUCTION, CLASS_WEIGHT, IGNORED_CLASS),
    expects=("LogSoftmax", "logarithms of probabilities"),
)
# At t y = 1 torch's HingeEmbeddingLoss takes the slope of the side where there still is one.
HINGE_LOSS = Loss(
    "HingeLoss",
    "how much t·ŷ lacks to be 1, or 0 where it is more",
    "max(0, 1 - t*o)",
    "if(t*o <= 1, -t, 0)",
    Targets.SIGNS,
    decision=Decision(0.0, 0.0, ("−1", "1")),
    kink=LossKink("t*o", 1, "t·ŷ", "at the corner of the hinge, where PyTorch still takes the slope of its side"),
)
HALF_SQUARED_ERROR = Loss(
    "HalfSquaredError", "half the squared distance from output to target", "1/2*(t - o)^2", "o - t"
)
SUM_OF_OUTPUTS = Loss(
    "SumOfOutputs",
    "the outputs themselves, whatever the targets are",
    "o",
    targets=Targets.UNUSED,
    arguments=(replace(REDUCTION, default="sum"),),
)
BY_FORMULA = Loss(
    FORMULA,
    "a formula of output o and target t",
    lambda formula, **_: formula,
    arguments=(
        FormulaText(FORMULA_ARGUMENT, "(o - t)^2", "formula", names=(OUTPUT, TARGET), required=True),
        REDUCTION,
    ),
    since=2,
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
    BY_FORMULA,
    usual=("MSELoss", "CrossEntropyLoss", "BCELoss", "BCEWithLogitsLoss", "L1Loss"),
)
