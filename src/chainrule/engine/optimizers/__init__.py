"""Optimizers: each update of a parameter's state, and of the parameter, as a formula beside its computation.

One module a family: `entry` says what an optimizer is, `common` holds what they share.
"""

from __future__ import annotations

from chainrule.catalog.arguments import Choice
from chainrule.catalog.tables import complete, table
from chainrule.engine.optimizers.adafactor import ADAFACTOR
from chainrule.engine.optimizers.adam import ADAM, ADAMAX, ADAMW
from chainrule.engine.optimizers.adam_variants import NADAM, RADAM
from chainrule.engine.optimizers.adaptive import ADADELTA, ADAGRAD, RMSPROP
from chainrule.engine.optimizers.asgd import ASGD
from chainrule.engine.optimizers.common import learning_rate, scalar
from chainrule.engine.optimizers.entry import (
    BETA1,
    GRAD,
    LR,
    MOMENTUM,
    PARAMETER,
    Buffer,
    Buffers,
    Extent,
    Optimizer,
    Update,
    Updates,
)
from chainrule.engine.optimizers.rprop import RPROP
from chainrule.engine.optimizers.sgd import MOMENTUM_ARGUMENT, SGD

__all__ = [
    "BETA1",
    "GRAD",
    "LEARNING_RATE",
    "LR",
    "MOMENTUM",
    "MOMENTUM_ARGUMENT",
    "OPTIMIZERS",
    "PARAMETER",
    "Buffer",
    "Buffers",
    "Extent",
    "Optimizer",
    "Update",
    "Updates",
    "complete_optimizer",
    "scalar",
]

LEARNING_RATE = learning_rate(1e-3)

OPTIMIZERS = table(
    *(SGD, ADAGRAD, ADADELTA, RMSPROP, ADAM, ADAMW, ADAMAX, NADAM, RADAM, RPROP, ASGD, ADAFACTOR),
    usual=("SGD", "Adam", "AdamW", "RMSprop", "Adagrad"),
)


def complete_optimizer(choice: Choice, path: str) -> Choice:
    """The choice with the defaults of what it leaves out, or `SpecError` that names the place."""
    checked = complete(OPTIMIZERS, choice, path)
    OPTIMIZERS[choice.name].check(checked, path)
    return checked
