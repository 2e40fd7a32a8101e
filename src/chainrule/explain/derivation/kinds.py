"""Of which steps there are derivations: of those that the chain rule makes."""

from __future__ import annotations

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.step_kinds import StepKind

LAYERS = frozenset(
    (
        StepKind.OUTPUT_GRADIENT,
        StepKind.PRE_ACTIVATION_GRADIENT,
        StepKind.WEIGHT_GRADIENT,
        StepKind.BIAS_GRADIENT,
        StepKind.ACTIVATION_WEIGHT_GRADIENT,
        StepKind.ACTIVATION_GRADIENT,
        StepKind.PENALTY_GRADIENT,
        StepKind.GRADIENT_SUM,
    )
)
FORMULAS = frozenset((StepKind.GRADIENT, StepKind.GRADIENT_SHARE))


def has_derivation(kind: StepKind, experiment: Experiment) -> bool:
    """Return whether the chain rule makes what a step writes. The derivative of a formula by itself is 1."""
    return kind in (FORMULAS if experiment.network.formula else LAYERS)
