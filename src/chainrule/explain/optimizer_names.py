r"""What the values of the optimizers are called: a letter for equations, words for headings and sentences.

The letters are those of torch's documentation and of the papers where they do not collide; scalars need no index.
"""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.catalog.extent import Extent
from chainrule.catalog.refs import RefParts


@dataclass(frozen=True, slots=True)
class StateName:
    """A letter in LaTeX, words, and what the value has a number for.

    The letter has the parameter in its index, m_w, or as a `prefix` in front of it; without a letter it is the
    parameter's own. `above` is a word in the superscript.
    """

    letter: str
    words: str
    extent: Extent = Extent.ELEMENTS
    above: str = ""
    prefix: bool = False


CLIPPED = "grad_clipped"
STATES = {
    CLIPPED: StateName("g", "clipped gradient", above="clipped"),
    "grad_accumulated": StateName("G", "accumulated gradient", above="all"),
    "accumulated_grad": StateName("G", "accumulated gradient"),
    "adjusted_grad": StateName("g", "adjusted gradient"),
    "nesterov_grad": StateName(r"\tilde{g}", "Nesterov gradient"),
    "decayed": StateName("", "decayed value", above="decayed"),
    "update": StateName(r"\Delta", "update", prefix=True),
    "delta": StateName(r"\Delta", "delta", prefix=True),
    "step": StateName("t", "step count", Extent.SCALAR),
    "momentum_buffer": StateName("v", "momentum buffer"),
    "exp_avg": StateName("m", "average gradient"),
    "exp_avg_sq": StateName("v", "average square"),
    "max_exp_avg_sq": StateName(r"\hat{v}", "largest average square"),
    "exp_inf": StateName("u", "largest gradient"),
    "bias_correction1": StateName("c_1", "first bias correction", Extent.SCALAR),
    "bias_correction2": StateName("c_2", "second bias correction", Extent.SCALAR),
    "denom": StateName("d", "scale"),
    "square_avg": StateName("s", "average square"),
    "grad_avg": StateName(r"\bar{g}", "average gradient"),
    "avg": StateName("d", "scale"),
    "sum": StateName("s", "sum of squares"),
    "std": StateName("d", "scale"),
    "clr": StateName(r"\eta_t", "rate of this step", Extent.SCALAR),
    "acc_delta": StateName("u", "average squared delta"),
    "mu": StateName(r"\mu", "mu", Extent.SCALAR),
    "mu_next": StateName(r"\mu'", "next mu", Extent.SCALAR),
    "mu_product": StateName(r"\Pi", "product of the momenta", Extent.SCALAR),
    "bias_corrected_exp_avg": StateName(r"\hat{m}", "corrected average gradient"),
    "rho_t": StateName(r"\rho_t", "rho", Extent.SCALAR),
    "rect": StateName("r", "rectification", Extent.SCALAR),
    "adaptive_lr": StateName("l", "inverse scale"),
    "sign": StateName("f", "step size factor"),
    "step_size": StateName("s", "step size"),
    "prev": StateName("p", "gradient to remember"),
    "eta": StateName(r"\eta_t", "rate of the step", Extent.SCALAR),
    "ax": StateName("", "running mean", above="mean"),
    "one_minus_beta2_t": StateName(r"\gamma", "share of the newest squares", Extent.SCALAR),
    "rms": StateName(r"\text{RMS}", "root mean square", Extent.SCALAR),
    "alpha": StateName(r"\alpha_t", "size of the step", Extent.SCALAR),
    "row_mean": StateName(r"\bar{r}", "mean square of a row", Extent.ROWS),
    "row_var": StateName("r", "average square of a row", Extent.ROWS),
    "col_mean": StateName(r"\bar{q}", "mean square of a column", Extent.COLUMNS),
    "col_var": StateName("q", "average square of a column", Extent.COLUMNS),
    "row_var_mean": StateName(r"\hat{r}", "mean of the rows", Extent.SCALAR),
    "var_estimate": StateName(r"\hat{v}", "estimated square"),
    "variance": StateName("v", "average square"),
    "scaled_grad": StateName("u", "scaled gradient"),
    "clip_denom": StateName("d", "clipping factor", Extent.SCALAR),
}


def state_names(parts: RefParts) -> tuple[str, ...]:
    """The suffixes but "next": ("grad",), or what the optimizer keeps for the parameter."""
    return parts.suffixes[:-1] if parts.suffixes[-1:] == ("next",) else parts.suffixes


def state_name(parts: RefParts) -> StateName:
    """What a value of the optimizer is called; one that is not in the table goes by its own name."""
    name = "_".join(state_names(parts))
    words = name.replace("_", " ").replace("grad", "gradient")
    return STATES.get(name) or StateName(rf"\text{{{words}}}", words)


def state_extent(parts: RefParts) -> Extent:
    """What a value has a number for: elements, unless it is an optimizer's scalar, or one for rows or columns."""
    return state_name(parts).extent if parts.suffixes else Extent.ELEMENTS
