"""NAdam and RAdam: Adam that looks ahead, and Adam that waits until it knows how far gradients stray."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice, Number
from chainrule.catalog.optimizers.adam import scale
from chainrule.catalog.optimizers.common import (
    BETAS,
    BIAS_CORRECTION1,
    COUNT_STEPS,
    DECOUPLED,
    EPS,
    EXP_AVG,
    EXP_AVG_SQ,
    MAXIMIZE,
    STEP_BUFFER,
    THE_UPDATE,
    UPDATE,
    WEIGHT_DECAY,
    adjusted_gradient,
    average,
    average_of_squares,
    bias_correction2,
    decoupled_decay,
    gradient,
    learning_rate,
    move,
)
from chainrule.catalog.optimizers.entry import (
    BETA1,
    LR,
    Buffer,
    Buffers,
    Called,
    Extent,
    Optimizer,
    Update,
    Updates,
)

MOMENTUM_DECAY = Number("momentum_decay", 4e-3, "momentum decay", symbol=r"\psi", minimum=0.0)
# RAdam divides by the scale of gradients once it knows more than this many of them.
ENOUGH = 5.0


# ------------------------------------------------------------------------------------------------------ NAdam


def _nadam_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    product = Buffer("mu_product", 1.0, Extent.SCALAR, Called(r"\Pi", "product of the momenta"))
    return STEP_BUFFER, product, EXP_AVG, EXP_AVG_SQ


def _momenta(choice: Choice) -> Updates:
    decay = choice.number("momentum_decay")
    formula = "beta1*(1 - 0.5*0.96^({}*momentum_decay))"
    now = Update(
        "mu",
        (BETA1, "step.next"),
        formula.format("step.next"),
        words="is the momentum of this step, from half of beta1 up to all of it: it is the nearer to beta1, the larger "
        "the step count times the momentum decay is",
        extent=Extent.SCALAR,
        kernel="nadam_momentum",
        given=(decay, 0.0),
        called=Called(r"\mu", "mu"),
    )
    following = Update(
        "mu_next",
        (BETA1, "step.next"),
        formula.format("(step.next + 1)"),
        words="is the same for the step after this one",
        extent=Extent.SCALAR,
        kernel="nadam_momentum",
        given=(decay, 1.0),
        called=Called(r"\mu'", "next mu"),
    )
    product = Update(
        "mu_product.next",
        ("mu_product", "mu"),
        "mu_product*mu",
        words="is what it was, times the momentum of this step",
        extent=Extent.SCALAR,
    )
    return now, following, product


def _nadam_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, beta2 = gradient(choice), choice.numbers("betas")[1]
    update = Update(
        UPDATE,
        (grad, "exp_avg.next", "denom", LR, "mu", "mu_next", "mu_product.next"),
        f"lr*(1 - mu)/(1 - mu_product.next)*({grad}/denom)"
        " + lr*mu_next/(1 - mu_product.next*mu_next)*(exp_avg.next/denom)",
        words="is the learning rate times two things over the scale of gradients: this gradient, and the average "
        "as the next step will weigh it",
        kernel="nadam_update",
        called=THE_UPDATE,
    )
    return (
        COUNT_STEPS,
        *decoupled_decay(choice),
        *adjusted_gradient(choice),
        *_momenta(choice),
        average("exp_avg", grad),
        average_of_squares("exp_avg_sq", grad, beta2, "betas_1"),
        bias_correction2(choice),
        scale("exp_avg_sq.next", choice.number("eps")),
        update,
        move(choice),
    )


NADAM = Optimizer(
    "NAdam",
    (learning_rate(2e-3), BETAS, EPS, WEIGHT_DECAY, MOMENTUM_DECAY, DECOUPLED, MAXIMIZE),
    _nadam_state,
    _nadam_updates,
    words="is Adam with Nesterov's look at the step ahead",
)


# ------------------------------------------------------------------------------------------------------ RAdam


def _radam_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    return STEP_BUFFER, EXP_AVG, EXP_AVG_SQ


def _length(choice: Choice) -> Update:
    """Return how many gradients the average of squares amounts to."""
    return Update(
        "rho_t",
        ("step.next", "bias_correction2"),
        "2/(1 - betas_1) - 1 - 2*step.next*betas_1^step.next/bias_correction2",
        words="is for how many gradients the average square speaks",
        extent=Extent.SCALAR,
        called=Called(r"\rho_t", "rho"),
    )


def _rectified(choice: Choice) -> Updates:
    """Return what the step is multiplied by once enough gradients are known, and 1 before."""
    infinite = "2/(1 - betas_1)"
    above, below = f"(rho_t - 4)*(rho_t - 2)*({infinite} - 1)", f"({infinite} - 5)*({infinite} - 3)*rho_t"
    rect = Update(
        "rect",
        ("rho_t",),
        f"if(rho_t > {ENOUGH:g}, sqrt({above}/({below})), 1)",
        words="makes steps shorter while the average square speaks for few gradients; up to 5 of them it is 1 "
        "and the scale is left out",
        tell=lambda rho: (
            "makes steps the shorter, the fewer gradients the average square speaks for"
            if rho > ENOUGH
            else "is 1, because the average square speaks for 5 gradients or fewer"
        ),
        extent=Extent.SCALAR,
        kernel="radam_rectification",
        given=(choice.numbers("betas")[1], ENOUGH),
        called=Called("r", "rectification"),
    )
    rate = Update(
        "adaptive_lr",
        ("exp_avg_sq.next", "bias_correction2", "rho_t"),
        f"if(rho_t > {ENOUGH:g}, sqrt(bias_correction2)/(sqrt(exp_avg_sq.next) + eps), 1)",
        words="is one over the scale of gradients, corrected for its start at 0; it is 1 while the average square "
        "speaks for 5 gradients or fewer",
        tell=lambda square, correction, rho: (
            "is one over the scale of gradients, corrected for its start at 0"
            if rho > ENOUGH
            else "is 1: the scale is left out, because the average square speaks for 5 gradients or fewer"
        ),
        kernel="radam_inverse_scale",
        given=(choice.number("eps"), ENOUGH),
        called=Called("l", "inverse scale"),
    )
    return rect, rate


MEAN = Update(
    "bias_corrected_exp_avg",
    ("exp_avg.next", "bias_correction1"),
    "exp_avg.next/bias_correction1",
    words="is the average gradient, corrected for its start at 0",
    kernel="divide_by_number",
    called=Called(r"\hat{m}", "corrected average gradient"),
)
RADAM_UPDATE = Update(
    UPDATE,
    ("bias_corrected_exp_avg", "adaptive_lr", "rect", LR),
    "lr*bias_corrected_exp_avg*adaptive_lr*rect",
    words="is the learning rate times the average gradient, over the scale of gradients once that is known well",
    kernel="radam_update",
    called=THE_UPDATE,
)


def _radam_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, beta2 = gradient(choice), choice.numbers("betas")[1]
    return (
        COUNT_STEPS,
        *decoupled_decay(choice),
        *adjusted_gradient(choice),
        average("exp_avg", grad),
        average_of_squares("exp_avg_sq", grad, beta2, "betas_1"),
        BIAS_CORRECTION1,
        bias_correction2(choice),
        MEAN,
        _length(choice),
        *_rectified(choice),
        RADAM_UPDATE,
        move(choice),
    )


RADAM = Optimizer(
    "RAdam",
    (learning_rate(1e-3), BETAS, EPS, WEIGHT_DECAY, DECOUPLED, MAXIMIZE),
    _radam_state,
    _radam_updates,
    words="is Adam that leaves the scale of gradients out until it is known well enough",
)
