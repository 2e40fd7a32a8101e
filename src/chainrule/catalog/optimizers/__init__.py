"""Optimizers: each update of a parameter's state, and of the parameter, as a formula with its words.

One module a family: `entry` says what an optimizer is, `common` holds what they share.
"""

from __future__ import annotations

from chainrule.catalog.arguments import Choice
from chainrule.catalog.optimizers.adafactor import ADAFACTOR
from chainrule.catalog.optimizers.adam import ADAM, ADAMAX, ADAMW
from chainrule.catalog.optimizers.adam_variants import NADAM, RADAM
from chainrule.catalog.optimizers.adaptive import ADADELTA, ADAGRAD, RMSPROP
from chainrule.catalog.optimizers.asgd import ASGD
from chainrule.catalog.optimizers.common import learning_rate
from chainrule.catalog.optimizers.entry import (
    BETA1,
    GRAD,
    LR,
    MOMENTUM,
    PARAMETER,
    Buffer,
    Buffers,
    Called,
    Extent,
    Kept,
    Optimizer,
    Update,
    Updates,
    called_as,
    formula_name,
    kept_values,
    typed_as,
)
from chainrule.catalog.optimizers.formula import FORMULA_OPTIMIZER, names_given
from chainrule.catalog.optimizers.rprop import RPROP
from chainrule.catalog.optimizers.sgd import MOMENTUM_ARGUMENT, SGD
from chainrule.catalog.tables import complete, table

__all__ = [
    "BETA1",
    "FORMULA_OPTIMIZER",
    "GRAD",
    "LEARNING_RATE",
    "LR",
    "MOMENTUM",
    "MOMENTUM_ARGUMENT",
    "OPTIMIZERS",
    "PARAMETER",
    "Buffer",
    "Buffers",
    "Called",
    "Extent",
    "Kept",
    "Optimizer",
    "Update",
    "Updates",
    "called_as",
    "complete_optimizer",
    "formula_name",
    "kept_values",
    "names_given",
    "typed_as",
]

LEARNING_RATE = learning_rate(1e-3)

OPTIMIZERS = table(
    SGD,
    ADAGRAD,
    ADADELTA,
    RMSPROP,
    ADAM,
    ADAMW,
    ADAMAX,
    NADAM,
    RADAM,
    RPROP,
    ASGD,
    ADAFACTOR,
    FORMULA_OPTIMIZER,
    usual=("SGD", "Adam", "AdamW", "RMSprop", "Adagrad"),
)


def complete_optimizer(choice: Choice, path: str) -> Choice:
    """Return the choice with the defaults of what it leaves out, or raise `SpecError` that names the place."""
    checked = complete(OPTIMIZERS, choice, path)
    OPTIMIZERS[choice.name].check(checked, path)
    return checked
