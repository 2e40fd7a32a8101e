"""The words of the program: what each thing is called, by which letter, and what it means.

Headings, tooltips, tables and the help take the names from here, so that one thing has one name. What a value of the
optimizer is called stands with the optimizer in the catalogue, beside its letter in equations.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.explain.writing.plain_text import latex_to_text


@dataclass(frozen=True, slots=True)
class Term:
    """A thing: its letter, or none, its name, and what it is, as the end of a sentence `it is ...`."""

    letter: str
    name: str
    meaning: str


INPUT = Term("x", "input", "a number that the network is shown; x₁ is the first")
TARGET = Term("t", "target", "the number, or the class, that the network should answer with")
OUTPUT = Term("ŷ", "output", "what the network answers: the activation of its last layer")
WEIGHT = Term("w", "weight", "what a number is multiplied by on its way; w₂₁ goes to unit 2, from unit 1 before it")
BIAS = Term("b", "bias", "what a unit adds to its products, whatever reaches it")
PRE_ACTIVATION = Term("z", "pre-activation", "what reaches a unit, each times its weight, added up with the bias")
ACTIVATION = Term("a", "activation", "what a unit passes on: its activation function of z; h₁ is the unit itself")
LEARNED = tuple(
    Term(latex_to_text(vector.symbol), vector.word, f"{vector.meaning}; {entry.name} learns it")
    for entry in ACTIVATIONS.values()
    for vector in entry.learned
)
LOSS = Term("L", "loss", "how far the outputs are from the targets, in one number, before the iteration's update")
DERIVATIVE = Term("∂", "partial derivative", "∂L/∂w: how much L changes with w, everything else held as it is")
GRADIENT = Term("∂L/∂w", "gradient", "the derivatives of the loss with respect to all numbers of a kind")
DELTA = Term("δ", "gradient of z", "∂L/∂z, the error of a unit: how much the loss changes with its z")
LEARNING_RATE = Term("η", "learning rate", "how large a step an update makes (lr)")
MOMENTUM = Term("μ", "momentum", "the part of the last step that is made again (momentum); it keeps the direction")
BETA_1 = Term("β₁", "beta1", "how much of the average of the gradients is kept at each update (the first of betas)")
BETA_2 = Term("β₂", "beta2", "how much of the average of their squares is kept (the second of betas)")
EPSILON = Term("ε", "epsilon", "a small number that keeps a division away from 0 (eps)")
WEIGHT_DECAY = Term("λ", "weight decay", "how strongly weights are drawn towards 0 (weight_decay)")
ROW = Term("", "row", "a line of the data: inputs and targets that belong together")
SAMPLE = Term("", "sample", "a row while it is computed; the neurons show one sample of the batch")
BATCH = Term("", "batch", "the rows that one iteration takes together; their gradients are added up")
ITERATION = Term("", "iteration", "one forward pass, one backward pass and one update; counted from 0, as in PyTorch")
EPOCH = Term("", "epoch", "one pass over all training rows: as many iterations as there are batches")
MICRO_STEP = Term("", "micro-step", "one computation of an iteration: a stride of →, a mark on the bar at the bottom")
UNIT = Term("h", "unit", "one neuron of a layer; layers and units are counted from 1")
LOGIT = Term("", "logit", "an output before a sigmoid or softmax: the loss itself makes a probability of it")
CLASS_WEIGHT = Term("", "class weight", "how much a class counts in the loss (weight); the ignored one does not")
OPTIMIZER_STATE = Term("", "optimizer state", "what the optimizer remembers of each number from update to update")
VANISHING = Term(
    "",
    "vanishing gradient",
    "a gradient so small, after many layers of the backward pass, that the first ones hardly learn",
)
PENALTY = Term(
    "R",
    "penalty",
    "what is added to the loss for the size of parameters: their squares (L2) or their sizes (L1), times λ",
)
# The parts of the loss and of a gradient, by their marks on the timeline, on the stage and in the State tab. Equations
# have the name of what they are a part of below the letter: L_data, R_L2.
DATA_LOSS = Term("Lᴰ", "loss of the data", "the loss without the penalties; equations call it L with data below it")
DATA_SHARE = Term("∂ᴰ", "gradient of data", "what the loss of the data gives to a gradient, before the penalties")
PENALTY_SHARE = Term(
    "∂R", "gradient of a penalty", "what a penalty adds to a gradient; of several, R₁ and ∂R₁ are the first one's"
)
ACCUMULATED = Term(
    "Gᵃˡˡ", "accumulated gradient", "the gradients of several batches, added up before an update; ∂ is the batch's own"
)
KEPT_GRADIENT = Term(
    "G", "kept gradient", "what was added up until now, for the next batch; after an update zero_grad makes it 0 (0→G)"
)
CLIPPED = Term("g", "clipped gradient", "a gradient as clipping left it, which is what the optimizer reads")
GROUP = Term("", "parameter group", "parameters that the optimizer treats with other arguments than the rest")
OVERFLOW = Term("∞, NaN", "overflow", "a number too large to be held is ∞; what has no value, as ∞ − ∞, is NaN")

# In the order of the glossary: the letters as an iteration comes to them, then the words.
TERMS = (
    INPUT,
    WEIGHT,
    BIAS,
    PRE_ACTIVATION,
    UNIT,
    ACTIVATION,
    OUTPUT,
    TARGET,
    LOSS,
    DERIVATIVE,
    GRADIENT,
    DELTA,
    LEARNING_RATE,
    MOMENTUM,
    BETA_1,
    BETA_2,
    EPSILON,
    WEIGHT_DECAY,
    PENALTY,
    DATA_LOSS,
    DATA_SHARE,
    PENALTY_SHARE,
    ACCUMULATED,
    KEPT_GRADIENT,
    CLIPPED,
    *LEARNED,
    OVERFLOW,
    ROW,
    SAMPLE,
    BATCH,
    ITERATION,
    EPOCH,
    MICRO_STEP,
    LOGIT,
    CLASS_WEIGHT,
    OPTIMIZER_STATE,
    GROUP,
    VANISHING,
)

# What people type who search: letters that no keyboard has, and words of other books, by what stands here for them.
OTHER_WORDS = {
    "alpha": "α",
    "beta": "β",
    "delta": "δ",
    "epsilon": "ε",
    "eta": "η",
    "lambda": "λ",
    "mu": "μ",
    "partial": "∂",
    "y hat": "ŷ",
    "yhat": "ŷ",
    "y-hat": "ŷ",
    "infinity": "∞",
    "dl/dw": "∂L/∂w",
    "backprop": "backward pass",
    "backpropagation": "backward pass",
    "cost": "loss",
    "error": "loss",
    "objective": "loss",
    "label": "target",
    "prediction": "output",
    "node": "unit",
    "neuron": "unit",
    "net input": "pre-activation",
    "preactivation": "pre-activation",
    "jacobian": "partial derivative",
    "slope of the loss": "gradient",
    "step size": "learning rate",
    "minibatch": "batch",
    "mini-batch": "batch",
    "example": "sample",
    "l1": "penalty",
    "l2": "penalty",
    "regularization": "penalty",
    "regularizer": "penalty",
    "lasso": "penalty",
    "ridge": "penalty",
    "param_groups": "parameter group",
    "gradient accumulation": "accumulated gradient",
    "zero_grad": "kept gradient",
    "clipping": "clipped gradient",
    "natural logarithm": "ln",
    "superscript": "x²",
    "checkpoint": "start from here",
    "resume": "start from here",
    "exploding": "overflow",
    "shortcut": "keys",
    "hotkey": "keys",
}
