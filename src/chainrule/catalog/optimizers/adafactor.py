"""Adafactor: Adam's average of squares, remembered only as one number for each row and one for each column."""

from __future__ import annotations

from chainrule.catalog.arguments import ArgumentValue, Choice, Number, Numbers
from chainrule.catalog.experiment.spec_error import expected
from chainrule.catalog.optimizers.common import (
    COUNT_STEPS,
    MAXIMIZE,
    STEP_BUFFER,
    THE_UPDATE,
    UPDATE,
    WEIGHT_DECAY,
    adjusted_gradient,
    decoupled_decay,
    gradient,
    learning_rate,
    move,
)
from chainrule.catalog.optimizers.entry import (
    LR,
    PARAMETER,
    Buffer,
    Buffers,
    Called,
    Extent,
    Optimizer,
    Update,
    Updates,
)

BLENDED = "is a running average: it keeps a share of what it was and takes the rest from the newest squares"
NEWEST = "is that of the newest squares alone: at this step nothing is kept of what it was"
BETA2_DECAY = Number("beta2_decay", -0.8, "decay of beta2", symbol=r"\tau", maximum=0.0)
EPS = Numbers(
    "eps",
    (None, 1e-3),
    "epsilons",
    item=Number("", 1e-3, "", minimum=0.0, optional=True),
    symbols=(r"\epsilon_1", r"\epsilon_2"),
)
D = Number("d", 1.0, "clipping threshold", symbol="D", minimum=1.0)

ROW_VAR = Buffer("row_var", extent=Extent.ROWS, called=Called("r", "average square of a row"))
COL_VAR = Buffer("col_var", extent=Extent.COLUMNS, called=Called("q", "average square of a column"))


def _epsilons(choice: Choice) -> tuple[ArgumentValue, ...]:
    several = choice["eps"]
    assert isinstance(several, tuple)
    return several


def _check(choice: Choice, path: str) -> None:
    if _epsilons(choice)[1] is None:
        raise expected(f"{path}.eps[1]", "a number of at least 0", "null")


def _floor(choice: Choice) -> tuple[float, ...]:
    """Return the first epsilon; none is torch's sign for the smallest relative difference that the dtype knows."""
    first = _epsilons(choice)[0]
    return (first,) if isinstance(first, float) else ()


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    if len(shape) > 1:
        return STEP_BUFFER, ROW_VAR, COL_VAR
    return STEP_BUFFER, Buffer("variance", called=Called("v", "average square"))


def _rates(choice: Choice) -> Updates:
    least = _epsilons(choice)[1]
    assert isinstance(least, float)
    return (
        Update(
            "one_minus_beta2_t",
            ("step.next",),
            "step.next^beta2_decay",
            words="is the step count to the power of the decay: 1 at the first step, then less and less"
            if choice.number("beta2_decay")
            else "is 1 at every step, because the decay of beta2 is 0",
            extent=Extent.SCALAR,
            called=Called(r"\gamma", "share of the newest squares"),
        ),
        Update(
            "rho_t",
            (LR, "step.next"),
            "min(lr, 1/sqrt(step.next))",
            words="is the learning rate, or one over the root of the step count where that is less",
            extent=Extent.SCALAR,
            kernel="adafactor_rate",
            called=Called(r"\rho_t", "rho"),
        ),
        Update(
            "rms",
            (PARAMETER,),
            "sqrt(total/count)",
            words="is how large these values are: the root of the mean of their squares",
            extent=Extent.SCALAR,
            kernel="root_mean_square",
            called=Called(r"\text{RMS}", "root mean square"),
            term="x^2",
        ),
        Update(
            "alpha",
            ("rms", "rho_t"),
            "max(eps_1, rms)*rho_t",
            words="is rho times how large the values are, or times the second epsilon where that is larger",
            extent=Extent.SCALAR,
            kernel="adafactor_step_size",
            given=(least,),
            called=Called(r"\alpha_t", "size of the step"),
        ),
    )


def _mean_square(name: str, letter: str, grad: str, extent: Extent, what: str) -> Update:
    return Update(
        name,
        (grad,),
        "total/count",
        words=f"is the mean of the squared gradients of this {what}",
        extent=extent,
        kernel=f"mean_square_of_{extent.value}",
        term="x^2",
        called=Called(letter, f"mean square of a {what}"),
    )


def _blend(name: str, new: str, extent: Extent) -> Update:
    return Update(
        f"{name}.next",
        (name, new, "one_minus_beta2_t"),
        f"(1 - one_minus_beta2_t)*{name} + one_minus_beta2_t*{new}",
        words=BLENDED,
        kernel="blend",
        tell=lambda old, new, share: NEWEST if share == 1 else BLENDED,
        extent=extent,
    )


def _factored(choice: Choice, grad: str) -> Updates:
    """Return the estimate for each element from what is kept for its row and for its column."""
    return (
        _mean_square("row_mean", r"\bar{r}", grad, Extent.ROWS, "row"),
        _blend("row_var", "row_mean", Extent.ROWS),
        _mean_square("col_mean", r"\bar{q}", grad, Extent.COLUMNS, "column"),
        _blend("col_var", "col_mean", Extent.COLUMNS),
        Update(
            "row_var_mean",
            ("row_var.next",),
            "total/count",
            words="is the sum of the average squares of the rows, over how many rows there are",
            extent=Extent.SCALAR,
            kernel="mean",
            called=Called(r"\hat{r}", "mean of the rows"),
            term="x",
        ),
        Update(
            "var_estimate",
            ("row_var.next", "col_var.next", "row_var_mean"),
            "row_var.next*col_var.next/max(row_var_mean, eps_0)",
            words="is guessed from its row and its column: the one times the other, over the mean of the rows",
            kernel="adafactor_estimate",
            given=_floor(choice),
            called=Called(r"\hat{v}", "estimated square"),
        ),
    )


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, matrix = gradient(choice), len(shape) > 1
    variance = "var_estimate" if matrix else "variance.next"
    squares = _factored(choice, grad) if matrix else (_blend_of_squares(grad),)
    scaled = Update(
        "scaled_grad",
        (variance, grad),
        f"{grad}/sqrt(max({variance}, eps_0^2))",
        words="is the gradient over its scale",
        kernel="over_root",
        given=_floor(choice),
        called=Called("u", "scaled gradient"),
    )
    clip = Update(
        "clip_denom",
        ("scaled_grad",),
        "max(1, 1/d*sqrt(total/count))",
        words="is more than 1 where the scaled gradients together are larger than allowed: it shortens the step",
        extent=Extent.SCALAR,
        kernel="adafactor_clipping",
        given=(choice.number("d"),),
        term="x^2",
        called=Called("d", "clipping factor"),
    )
    update = Update(
        UPDATE,
        ("scaled_grad", "alpha", "clip_denom"),
        "alpha/clip_denom*scaled_grad",
        words="is the size of the step times the gradient over its scale",
        kernel="adafactor_update",
        called=THE_UPDATE,
    )
    return (
        COUNT_STEPS,
        *_rates(choice),
        *decoupled_decay(choice),
        *adjusted_gradient(choice),
        *squares,
        scaled,
        clip,
        update,
        move(choice),
    )


def _blend_of_squares(grad: str) -> Update:
    return Update(
        "variance.next",
        ("variance", grad, "one_minus_beta2_t"),
        f"(1 - one_minus_beta2_t)*variance + one_minus_beta2_t*{grad}^2",
        words=BLENDED,
        kernel="blend_of_squares",
        tell=lambda old, grad, share: NEWEST if share == 1 else BLENDED,
    )


ADAFACTOR = Optimizer(
    "Adafactor",
    (learning_rate(1e-2), BETA2_DECAY, EPS, D, WEIGHT_DECAY, MAXIMIZE),
    _state,
    _updates,
    words="is Adam that remembers one number for each row and each column",
    check=_check,
)
