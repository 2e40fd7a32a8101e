"""What a micro-step computes, and the phase of the iteration that it belongs to."""

from __future__ import annotations

from enum import Enum


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
    PENALTY = "penalty"
    TOTAL_LOSS = "total_loss"
    OUTPUT_GRADIENT = "output_gradient"
    PRE_ACTIVATION_GRADIENT = "pre_activation_gradient"
    WEIGHT_GRADIENT = "weight_gradient"
    BIAS_GRADIENT = "bias_gradient"
    ACTIVATION_WEIGHT_GRADIENT = "activation_weight_gradient"
    ACTIVATION_GRADIENT = "activation_gradient"
    PENALTY_GRADIENT = "penalty_gradient"
    GRADIENT_SUM = "gradient_sum"
    ACCUMULATED_GRADIENT = "accumulated_gradient"
    GRADIENT_NORM = "gradient_norm"
    CLIP_COEFFICIENT = "clip_coefficient"
    CLIPPED_GRADIENT = "clipped_gradient"
    UPDATE_TERM = "update_term"
    STATE_UPDATE = "state_update"
    PARAMETER_UPDATE = "parameter_update"
    ZERO_GRAD = "zero_grad"
    SCHEDULE = "schedule"
    # Of a formula in the place of layers.
    OPERATOR = "operator"
    GRADIENT = "gradient"
    GRADIENT_SHARE = "gradient_share"

    @property
    def phase(self) -> Phase:
        """The part of the iteration that this kind of step belongs to."""
        return _PHASES.get(self, Phase.BACKWARD)


_PHASES = {
    StepKind.PRE_ACTIVATION: Phase.FORWARD,
    StepKind.ACTIVATION: Phase.FORWARD,
    StepKind.LOSS_TERM: Phase.LOSS,
    StepKind.LOSS: Phase.LOSS,
    StepKind.PENALTY: Phase.LOSS,
    StepKind.TOTAL_LOSS: Phase.LOSS,
    StepKind.GRADIENT_NORM: Phase.UPDATE,
    StepKind.CLIP_COEFFICIENT: Phase.UPDATE,
    StepKind.CLIPPED_GRADIENT: Phase.UPDATE,
    StepKind.UPDATE_TERM: Phase.UPDATE,
    StepKind.STATE_UPDATE: Phase.UPDATE,
    StepKind.PARAMETER_UPDATE: Phase.UPDATE,
    StepKind.ZERO_GRAD: Phase.UPDATE,
    StepKind.SCHEDULE: Phase.UPDATE,
    StepKind.OPERATOR: Phase.FORWARD,
}
