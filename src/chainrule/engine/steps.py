"""The micro-step: one computation of the program, and the phase that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from chainrule.engine.refs import ValueRef

if TYPE_CHECKING:
    from torch import Tensor

# Numbers set by hand in one iteration, by ref and index.
Overrides = Mapping[ValueRef, Mapping[tuple[int, ...], float]]


class Phase(Enum):
    """The four parts of a training iteration, in order."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


class StepKind(Enum):
    """What a micro-step computes; its value names it in files, its phase says when it happens."""

    PRE_ACTIVATION = "pre_activation"
    ACTIVATION = "activation"
    LOSS_TERM = "loss_term"
    LOSS = "loss"
    OUTPUT_GRADIENT = "output_gradient"
    PRE_ACTIVATION_GRADIENT = "pre_activation_gradient"
    WEIGHT_GRADIENT = "weight_gradient"
    BIAS_GRADIENT = "bias_gradient"
    ACTIVATION_WEIGHT_GRADIENT = "activation_weight_gradient"
    ACTIVATION_GRADIENT = "activation_gradient"
    GRADIENT_NORM = "gradient_norm"
    CLIP_COEFFICIENT = "clip_coefficient"
    CLIPPED_GRADIENT = "clipped_gradient"
    UPDATE_TERM = "update_term"
    STATE_UPDATE = "state_update"
    PARAMETER_UPDATE = "parameter_update"
    SCHEDULE = "schedule"

    @property
    def phase(self) -> Phase:
        """The part of the iteration that this kind of step belongs to."""
        return _PHASES.get(self, Phase.BACKWARD)


_PHASES = {
    StepKind.PRE_ACTIVATION: Phase.FORWARD,
    StepKind.ACTIVATION: Phase.FORWARD,
    StepKind.LOSS_TERM: Phase.LOSS,
    StepKind.LOSS: Phase.LOSS,
    StepKind.GRADIENT_NORM: Phase.UPDATE,
    StepKind.CLIP_COEFFICIENT: Phase.UPDATE,
    StepKind.CLIPPED_GRADIENT: Phase.UPDATE,
    StepKind.UPDATE_TERM: Phase.UPDATE,
    StepKind.STATE_UPDATE: Phase.UPDATE,
    StepKind.PARAMETER_UPDATE: Phase.UPDATE,
    StepKind.SCHEDULE: Phase.UPDATE,
}


@dataclass(frozen=True, slots=True)
class MicroStep:
    """One computation: `values[writes] = compute(*(values[r] for r in reads))`. Each ref is written once.

    `couples_units` says that one unit's number is computed from those of all units of its sample, as in Softmax.
    `unnamed` are those of `reads` that are handed to `compute`, but do not occur in its formula.
    """

    kind: StepKind
    writes: ValueRef
    reads: tuple[ValueRef, ...]
    compute: Callable[..., Tensor]
    couples_units: bool = False
    unnamed: frozenset[ValueRef] = frozenset()

    @property
    def named(self) -> tuple[ValueRef, ...]:
        """What its formula reads."""
        return tuple(ref for ref in self.reads if ref not in self.unnamed) if self.unnamed else self.reads

    @property
    def phase(self) -> Phase:
        """The part of the iteration that this step belongs to."""
        return self.kind.phase
