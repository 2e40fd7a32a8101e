"""NAdam and RAdam: Adam that looks ahead, and Adam that waits until it knows how far gradients stray."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, Number
from chainrule.engine.optimizers.adam import scale
from chainrule.engine.optimizers.common import (
    BETAS,
    BIAS_CORRECTION1,
    COUNT_STEPS,
    DECOUPLED,
    EPS,
    MAXIMIZE,
    STEP_BUFFER,
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
    scalar,
    within,
)
from chainrule.engine.optimizers.entry import BETA1, LR, Buffer, Buffers, Extent, Optimizer, Update, Updates
from chainrule.formula.functions import power, quotient

MOMENTUM_DECAY = Number("momentum_decay", 4e-3, "momentum decay", symbol=r"\psi", minimum=0.0)
# RAdam divides by the scale of gradients once it knows more than this many of them.
ENOUGH = 5.0


# ------------------------------------------------------------------------------------------------------ NAdam


def _nadam_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    return STEP_BUFFER, Buffer("mu_product", 1.0, Extent.SCALAR), Buffer("exp_avg"), Buffer("exp_avg_sq")


@lru_cache(maxsize=1024)
def _mu(beta1: float, step: float, decay: float) -> Tensor:
    return scalar(beta1 * (1.0 - 0.5 * power(0.96, step * decay)))


def _momenta(choice: Choice) -> Updates:
    decay = choice.number("momentum_decay")
    formula = "beta1*(1 - 0.5*0.96^({}*momentum_decay))"
    now = Update(
        "mu",
        (BETA1, "step.next"),
        lambda beta1, step: _mu(beta1.item(), step.item(), decay),
        formula=formula.format("step.next"),
        words="is the momentum of this step, from half of beta1 up to all of it: it is the nearer to beta1, the larger "
        "the step count times the momentum decay is",
        extent=Extent.SCALAR,
    )
    following = Update(
        "mu_next",
        (BETA1, "step.next"),
        lambda beta1, step: _mu(beta1.item(), step.item() + 1, decay),
        formula=formula.format("(step.next + 1)"),
        words="is the same for the step after this one",
        extent=Extent.SCALAR,
    )
    product = Update(
        "mu_product.next",
        ("mu_product", "mu"),
        lambda product, mu: scalar(product.item() * mu.item()),
        formula="mu_product*mu",
        words="is what it was, times the momentum of this step",
        extent=Extent.SCALAR,
    )
    return now, following, product


def _look_ahead(
    grad: Tensor, exp_avg: Tensor, denom: Tensor, lr: Tensor, mu: Tensor, following: Tensor, product: Tensor
) -> Tensor:
    rate, so_far, next_mu = lr.item(), product.item(), following.item()
    new = quotient(rate * (1.0 - mu.item()), 1.0 - so_far)
    old = quotient(rate * next_mu, 1.0 - so_far * next_mu)
    return torch.div(grad, denom).mul_(new).addcdiv_(exp_avg, denom, value=within(old, grad))


def _nadam_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, beta2 = gradient(choice), choice.numbers("betas")[1]
    update = Update(
        UPDATE,
        (grad, "exp_avg.next", "denom", LR, "mu", "mu_next", "mu_product.next"),
        _look_ahead,
        formula=f"lr*(1 - mu)/(1 - mu_product.next)*({grad}/denom)"
        " + lr*mu_next/(1 - mu_product.next*mu_next)*(exp_avg.next/denom)",
        words="is the learning rate times two things over the scale of gradients: this gradient, and the average "
        "as the next step will weigh it",
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
    return STEP_BUFFER, Buffer("exp_avg"), Buffer("exp_avg_sq")


def _rho_inf(choice: Choice) -> float:
    return 2 / (1 - choice.numbers("betas")[1]) - 1


def _length(choice: Choice) -> Update:
    """How many gradients the average of squares amounts to."""
    beta2, most = choice.numbers("betas")[1], _rho_inf(choice)

    @lru_cache(maxsize=1024)
    def length(step: float, correction: float) -> Tensor:
        return scalar(most - quotient(2 * step * power(beta2, step), correction))

    return Update(
        "rho_t",
        ("step.next", "bias_correction2"),
        lambda step, correction: length(step.item(), correction.item()),
        formula="2/(1 - betas_1) - 1 - 2*step.next*betas_1^step.next/bias_correction2",
        words="is for how many gradients the average square speaks",
        extent=Extent.SCALAR,
    )


def _rectified(choice: Choice) -> Updates:
    """What the step is multiplied by once enough gradients are known, and 1 before."""
    most, eps = _rho_inf(choice), choice.number("eps")

    @lru_cache(maxsize=1024)
    def factor(rho: float) -> Tensor:
        if not rho > ENOUGH:
            return scalar(1.0)
        return scalar(power(quotient((rho - 4) * (rho - 2) * most, (most - 4) * (most - 2) * rho), 0.5))

    def adaptive(exp_avg_sq: Tensor, correction: Tensor, rho: Tensor) -> Tensor:
        if not rho.item() > ENOUGH:
            return torch.ones_like(exp_avg_sq)
        return torch.sqrt(exp_avg_sq).add_(eps).reciprocal_().mul_(power(correction.item(), 0.5))

    infinite = "2/(1 - betas_1)"
    above, below = f"(rho_t - 4)*(rho_t - 2)*({infinite} - 1)", f"({infinite} - 5)*({infinite} - 3)*rho_t"
    rect = Update(
        "rect",
        ("rho_t",),
        lambda rho: factor(rho.item()),
        formula=f"if(rho_t > {ENOUGH:g}, sqrt({above}/({below})), 1)",
        words="makes steps shorter while the average square speaks for few gradients; up to 5 of them it is 1 "
        "and the scale is left out",
        tell=lambda rho: (
            "makes steps the shorter, the fewer gradients the average square speaks for"
            if rho > ENOUGH
            else "is 1, because the average square speaks for 5 gradients or fewer"
        ),
        extent=Extent.SCALAR,
    )
    rate = Update(
        "adaptive_lr",
        ("exp_avg_sq.next", "bias_correction2", "rho_t"),
        adaptive,
        formula=f"if(rho_t > {ENOUGH:g}, sqrt(bias_correction2)/(sqrt(exp_avg_sq.next) + eps), 1)",
        words="is one over the scale of gradients, corrected for its start at 0; it is 1 while the average square "
        "speaks for 5 gradients or fewer",
        tell=lambda square, correction, rho: (
            "is one over the scale of gradients, corrected for its start at 0"
            if rho > ENOUGH
            else "is 1: the scale is left out, because the average square speaks for 5 gradients or fewer"
        ),
    )
    return rect, rate


MEAN = Update(
    "bias_corrected_exp_avg",
    ("exp_avg.next", "bias_correction1"),
    lambda exp_avg, correction: torch.div(exp_avg, correction.item()),
    formula="exp_avg.next/bias_correction1",
    words="is the average gradient, corrected for its start at 0",
)
RADAM_UPDATE = Update(
    UPDATE,
    ("bias_corrected_exp_avg", "adaptive_lr", "rect", LR),
    lambda mean, adaptive, rect, lr: torch.mul(mean, adaptive).mul_(lr.item() * rect.item()),
    formula="lr*bias_corrected_exp_avg*adaptive_lr*rect",
    words="is the learning rate times the average gradient, over the scale of gradients once that is known well",
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
