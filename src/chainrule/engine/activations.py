r"""Activations: each function with its derivative, its LaTeX and its words beside it; see `activation.Form`."""

from __future__ import annotations

import math
from collections.abc import Callable
from ctypes import c_float

import torch
from torch import Tensor
from torch.nn import functional

from chainrule.engine.activation import Activation, Constant, Elementwise, Form, Helper, Learned, UnitsAxis, Vectorwise
from chainrule.engine.arguments import Choice, Integer, NonZero, Number, Value, Word
from chainrule.engine.spec_error import expected, number_text
from chainrule.engine.tables import table

__all__ = ["ACTIVATIONS", "Activation", "Constant", "Elementwise", "Form", "Helper", "Learned", "Vectorwise"]


def _only(latex: str, derivative_latex: str) -> Callable[..., tuple[Form, ...]]:
    return lambda **arguments: (Form(latex, derivative_latex),)


def _always(*forms: Form) -> Callable[..., tuple[Form, ...]]:
    return lambda **arguments: forms


def _from_zero(z: float, **arguments: Value) -> int:
    """The first form for positive numbers, the second for 0 and below: torch's choice at the kink."""
    return 0 if z > 0 else 1


def _between(low: float, high: float, z: float) -> int:
    """The form at or below `low`, between, or at and above `high`."""
    return 0 if z <= low else 1 if z < high else 2


def _inside(z: Tensor, low: float, high: float) -> Tensor:
    """1 strictly between two bounds and 0 elsewhere, in the dtype of z."""
    return ((z > low) & (z < high)).to(z.dtype)


POSITIVE = Form("<z>", "1", "<z>>0")


# ------------------------------------------------------------------------------------------------ lines and kinks

IDENTITY = Elementwise(
    "Identity",
    function=lambda z: z,
    derivative=lambda z, a: torch.ones_like(z),
    forms=_only("<z>", "1"),
    words="passes z on unchanged",
)
RELU = Elementwise(
    "ReLU",
    function=torch.relu,
    # Of z, as the formula: an a that was set by hand has no say. Several times as fast as heaviside.
    derivative=lambda z, a: torch.sign(torch.relu(z)),
    forms=_only(r"\max(0,\,<z>)", r"\mathbf{1}_{<z>>0}"),
    words="keeps a positive z and turns a negative one into 0",
)
LEAKY_RELU = Elementwise(
    "LeakyReLU",
    function=functional.leaky_relu,
    derivative=lambda z, a, negative_slope: torch.where(z > 0, torch.ones_like(z), negative_slope),
    forms=_always(POSITIVE, Form(r"<negative_slope>\cdot <z>", "<negative_slope>", r"<z>\leq 0")),
    choose=_from_zero,
    words="keeps a positive z and multiplies a negative one by its slope there",
    arguments=(Number("negative_slope", 0.01, "negative slope", symbol="s"),),
)


def _check_slopes(choice: Choice, units: int, path: str) -> None:
    if choice["num_parameters"] not in (1, units):
        wanted = "1" if units == 1 else f"1 (one slope for all units) or {units} (one for each unit of the layer)"
        raise expected(f"{path}.num_parameters", wanted, choice["num_parameters"])


PRELU = Learned(
    "PReLU",
    function=functional.prelu,
    derivative=lambda z, a, weight: torch.where(z > 0, 1.0, weight),
    weight_derivative=lambda z: torch.clamp(z, max=0.0),
    weight_derivative_latex=r"\min(0,\,<z>)",
    forms=_always(POSITIVE, Form(r"<w>\cdot <z>", "<w>", r"<z>\leq 0")),
    choose=_from_zero,
    words="keeps a positive z and multiplies a negative one by a slope that is trained, too",
    arguments=(
        Integer("num_parameters", 1, "slopes", minimum=1),
        Number("init", 0.25, "first slope"),
    ),
    check=_check_slopes,
)


def _check_bounds(choice: Choice, units: int, path: str) -> None:
    low, high = choice.number("min_val"), choice.number("max_val")
    if high <= low:
        raise expected(f"{path}.max_val", f"a number above min_val ({low:g})", number_text(high))


HARDTANH = Elementwise(
    "Hardtanh",
    function=functional.hardtanh,
    derivative=lambda z, a, min_val, max_val: _inside(z, min_val, max_val),
    forms=_always(
        Form("<min_val>", "0", r"<z>\leq <min_val>"),
        Form("<z>", "1", "<min_val><<z><<max_val>"),
        Form("<max_val>", "0", r"<z>\geq <max_val>"),
    ),
    choose=lambda z, min_val, max_val: _between(min_val, max_val, z),
    words="keeps z, but cuts it off at the smallest and at the largest value it allows",
    arguments=(
        Number("min_val", -1.0, "smallest value", symbol=r"\text{min}"),
        Number("max_val", 1.0, "largest value", symbol=r"\text{max}"),
    ),
    check=_check_bounds,
)
RELU6 = Elementwise(
    "ReLU6",
    function=functional.relu6,
    derivative=lambda z, a: _inside(z, 0.0, 6.0),
    forms=_always(Form("0", "0", r"<z>\leq 0"), Form("<z>", "1", "0<<z><6"), Form("6", "0", r"<z>\geq 6")),
    choose=lambda z: _between(0.0, 6.0, z),
    words="keeps z between 0 and 6, and cuts off what is below or above",
)
# torch keeps this sixth in float32, whatever the dtype; its autograd multiplies by it.
SIXTH = 0.1666666716337204
HARDSIGMOID = Elementwise(
    "Hardsigmoid",
    function=functional.hardsigmoid,
    derivative=lambda z, a: _inside(z, -3.0, 3.0) * SIXTH,
    forms=_always(
        Form("0", "0", r"<z>\leq {-}3"),
        Form(r"\frac{<z>+3}{6}", "<sixth>", "{-}3<<z><3"),
        Form("1", "0", r"<z>\geq 3"),
    ),
    choose=lambda z: _between(-3.0, 3.0, z),
    words="is a sigmoid made of straight lines: 0 up to −3, 1 from 3 on, and a ramp between",
    constants={"sixth": Constant(r"\frac{1}{6}", SIXTH)},
)
HARDSWISH = Elementwise(
    "Hardswish",
    function=functional.hardswish,
    derivative=lambda z, a: torch.where(z >= 3, 1.0, torch.where(z > -3, z / 3 + 0.5, 0.0)),  # noqa: PLR2004
    forms=_always(
        Form("0", "0", r"<z>\leq {-}3"),
        Form(r"\frac{<z>\,(<z>+3)}{6}", r"\frac{<z>}{3}+\frac{1}{2}", "{-}3<<z><3"),
        Form("<z>", "1", r"<z>\geq 3"),
    ),
    choose=lambda z: _between(-3.0, 3.0, z),
    words="is 0 up to −3, z itself from 3 on, and a curve between",
)


# -------------------------------------------------------------------------------------------- exponential branches


def _scaled(factor: str, alpha: Value, body: str) -> str:
    """`body` times a factor that is left out where it is 1."""
    return body if alpha == 1 else rf"{factor}\cdot {body}"


def _elu_forms(alpha: Value) -> tuple[Form, ...]:
    below = r"e^{<z>}-1" if alpha == 1 else r"<alpha>\cdot (e^{<z>}-1)"
    return POSITIVE, Form(below, _scaled("<alpha>", alpha, "e^{<z>}"), r"<z>\leq 0")


ELU = Elementwise(
    "ELU",
    function=functional.elu,
    derivative=lambda z, a, alpha: torch.where(z > 0, 1.0, alpha * torch.exp(z)),
    forms=_elu_forms,
    choose=_from_zero,
    words="keeps a positive z and lets a negative one level off",
    arguments=(Number("alpha", 1.0, "alpha", symbol=r"\alpha"),),
)
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
SELU = Elementwise(
    "SELU",
    function=torch.selu,
    derivative=lambda z, a: torch.where(z > 0, SELU_SCALE, SELU_SCALE * SELU_ALPHA * torch.exp(z)),
    forms=_always(
        Form(r"<scale>\cdot <z>", "<scale>", "<z>>0"),
        Form(r"<scale>\cdot <alpha>\cdot (e^{<z>}-1)", r"<scale>\cdot <alpha>\cdot e^{<z>}", r"<z>\leq 0"),
    ),
    choose=_from_zero,
    words="stretches a positive z a little and lets a negative one level off",
    constants={"alpha": Constant(r"\alpha", SELU_ALPHA), "scale": Constant(r"\lambda", SELU_SCALE)},
)


def _celu_forms(alpha: Value) -> tuple[Form, ...]:
    if alpha == 1:
        return POSITIVE, Form("e^{<z>}-1", "e^{<z>}", r"<z>\leq 0")
    return POSITIVE, Form(r"<alpha>\cdot (e^{<z>/<alpha>}-1)", "e^{<z>/<alpha>}", r"<z>\leq 0")


def _celu_derivative(z: Tensor, a: Tensor, alpha: float) -> Tensor:
    # torch's autograd takes 1/alpha of the alpha that float32 holds, whatever the dtype.
    single = c_float(alpha).value
    inverse = 1 / single if single else math.copysign(math.inf, alpha)
    return torch.where(z > 0, 1.0, alpha * inverse * torch.exp(z * inverse))


def _celu_words(alpha: float) -> str:
    negative = "lets a negative one level off" if alpha > 0 else "makes a negative one fall ever faster"
    return f"keeps a positive z and {negative}, without a kink at 0"


CELU = Elementwise(
    "CELU",
    function=torch.celu,
    derivative=_celu_derivative,
    forms=_celu_forms,
    choose=_from_zero,
    words="keeps a positive z and lets a negative one level off, without a kink at 0",
    tell=_celu_words,
    # torch's backward pass holds it in float32, whatever the dtype.
    arguments=(NonZero("alpha", 1.0, "alpha", symbol=r"\alpha", minimum=-1e38, maximum=1e38),),
)


def _softplus_forms(beta: Value, threshold: Value) -> tuple[Form, ...]:
    scaled = _scaled("<beta>", beta, "<z>")
    logarithm = rf"\ln(1+e^{{{scaled}}})"
    return (
        Form(
            logarithm if beta == 1 else rf"\frac{{1}}{{<beta>}}{logarithm}",
            rf"\frac{{1}}{{1+e^{{-{scaled}}}}}",
            rf"{scaled}\leq <threshold>",
        ),
        Form("<z>", "1", f"{scaled}><threshold>"),
    )


SOFTPLUS = Elementwise(
    "Softplus",
    function=functional.softplus,
    derivative=lambda z, a, beta, threshold: torch.where(z * beta > threshold, 1.0, torch.sigmoid(z * beta)),
    forms=_softplus_forms,
    choose=lambda z, beta, threshold: 1 if z * beta > threshold else 0,
    words="bends smoothly from 0 to z itself, and is z itself beyond its threshold",
    arguments=(
        NonZero("beta", 1.0, "beta", symbol=r"\beta"),
        Number("threshold", 20.0, "threshold", symbol=r"\text{threshold}"),
    ),
)


# --------------------------------------------------------------------------------------------------- smooth curves

SIGMOID = Elementwise(
    "Sigmoid",
    function=torch.sigmoid,
    derivative=lambda z, a: a * (1 - a),
    forms=_only(r"\frac{1}{1+e^{-<z>}}", r"<a>\,(1-<a>)"),
    words="squeezes z into the range from 0 to 1",
)
LOG_SIGMOID = Elementwise(
    "LogSigmoid",
    function=functional.logsigmoid,
    derivative=lambda z, a: torch.sigmoid(-z),
    forms=_only(r"\ln(\frac{1}{1+e^{-<z>}})", r"\frac{1}{1+e^{<z>}}"),
    words="is the logarithm of the sigmoid: close to z far below 0, and close to 0 far above",
)
TANH = Elementwise(
    "Tanh",
    function=torch.tanh,
    derivative=lambda z, a: 1 - a * a,
    forms=_only(r"\tanh(<z>)", r"1-<a>^2"),
    words="squeezes z into the range from -1 to 1",
)
SOFTSIGN = Elementwise(
    "Softsign",
    function=functional.softsign,
    derivative=lambda z, a: (1 + z.abs()).square().reciprocal(),
    forms=_only(r"\frac{<z>}{1+|<z>|}", r"\frac{1}{(1+|<z>|)^2}"),
    words="squeezes z into the range from -1 to 1, more gently than Tanh",
)


def _silu_derivative(z: Tensor, a: Tensor) -> Tensor:
    sigmoid = torch.sigmoid(z)
    return sigmoid * (1 + z * (1 - sigmoid))


SILU = Elementwise(
    "SiLU",
    function=functional.silu,
    derivative=_silu_derivative,
    forms=_only(r"<z>\cdot \sigma(<z>)", r"\sigma(<z>)\cdot (1+<z>\cdot (1-\sigma(<z>)))"),
    words="multiplies z by its sigmoid σ(z), so that a negative z is damped away",
)


def _mish_damping(z: Tensor) -> Tensor:
    return torch.tanh(functional.softplus(z))


def _mish_derivative(z: Tensor, a: Tensor) -> Tensor:
    damping = _mish_damping(z)
    return damping + z * torch.sigmoid(z) * (1 - damping * damping)


_MISH_DAMPING = r"\tanh(\ln(1+e^{<z>}))"
MISH = Elementwise(
    "Mish",
    function=functional.mish,
    derivative=_mish_derivative,
    forms=_always(
        Form(
            rf"<z>\cdot {_MISH_DAMPING}",
            r"<t>+<z>\cdot \sigma(<z>)\cdot (1-<t>^2)",
            helper=Helper("t", _MISH_DAMPING, _mish_damping),
        )
    ),
    words="multiplies z by the tanh of its softplus, so that a negative z is damped away",
)


# The tanh that stands in for the bell curve: Hendrycks and Gimpel, 2016 (arXiv 1606.08415).
_GELU_BEND = r"\tanh(\sqrt{2/\pi}\cdot (<z>+0.044715\cdot <z>^3))"
_GELU_SCALE = math.sqrt(2 / math.pi)


def _gelu_bend(z: Tensor) -> Tensor:
    return torch.tanh(_GELU_SCALE * (z + 0.044715 * z * (z * z)))


def _gelu_forms(approximate: Value) -> tuple[Form, ...]:
    if approximate == "none":
        return (Form(r"<z>\cdot \Phi(<z>)", r"\Phi(<z>)+<z>\cdot \phi(<z>)"),)
    inner = r"\sqrt{2/\pi}\cdot (1+0.134145\cdot <z>^2)"
    return (
        Form(
            rf"\frac{{<z>}}{{2}}\cdot (1+{_GELU_BEND})",
            rf"\frac{{1+<t>}}{{2}}+\frac{{<z>}}{{2}}\cdot (1-<t>^2)\cdot {inner}",
            helper=Helper("t", _GELU_BEND, _gelu_bend),
        ),
    )


def _gelu_derivative(z: Tensor, a: Tensor, approximate: str) -> Tensor:
    if approximate == "none":
        share = 0.5 * (1 + torch.erf(z * math.sqrt(0.5)))
        return share + z * torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    bend = _gelu_bend(z)
    return 0.5 * (1 + bend + z * (1 - bend * bend) * (_GELU_SCALE * (1 + 3 * 0.044715 * (z * z))))


def _gelu_words(approximate: Value) -> str:
    exact = "multiplies z by Φ(z), the share of the bell curve below z"
    return exact if approximate == "none" else f"{exact}, as a formula with tanh approximates it"


GELU = Elementwise(
    "GELU",
    function=functional.gelu,
    derivative=_gelu_derivative,
    forms=_gelu_forms,
    words="multiplies z by Φ(z), the share of the bell curve below z",
    tell=_gelu_words,
    arguments=(Word("approximate", "none", "approximation", choices=("none", "tanh")),),
)


# ------------------------------------------------------------------------------------------------- whole samples


def _softmax_jacobian(z: Tensor, a: Tensor) -> Tensor:
    return torch.diag_embed(a) - a.unsqueeze(2) * a.unsqueeze(1)


def _softmax_pull_back(grad: Tensor, a: Tensor) -> Tensor:
    weighted = grad * a
    return weighted - a * weighted.sum(-1, keepdim=True)


SOFTMAX = Vectorwise(
    "Softmax",
    function=lambda z: torch.softmax(z, -1),
    jacobian=_softmax_jacobian,
    pull_back=_softmax_pull_back,
    forms=_always(Form(r"\frac{e^{<z>}}{<sum>}", r"<ak>\,(<d>-<ai>)", shifted_latex=r"\frac{e^{<z>-<m>}}{<sum>}")),
    words="turns all z of a sample into shares that add up to 1",
    arguments=(UnitsAxis("dim", None, "dimension"),),
)


def _log_softmax_jacobian(z: Tensor, a: Tensor) -> Tensor:
    units = torch.eye(a.shape[-1], dtype=a.dtype, device=a.device)
    return units - torch.exp(a).unsqueeze(1)


LOG_SOFTMAX = Vectorwise(
    "LogSoftmax",
    function=lambda z: torch.log_softmax(z, -1),
    jacobian=_log_softmax_jacobian,
    pull_back=lambda grad, a: grad - torch.exp(a) * grad.sum(-1, keepdim=True),
    forms=_always(Form(r"<z>-\ln(<sum>)", "<d>-e^{<ai>}", shifted_latex=r"<z>-<m>-\ln(<sum>)")),
    words="is the logarithm of Softmax: of the share that z has among all z of a sample",
    arguments=(UnitsAxis("dim", None, "dimension"),),
)

ACTIVATIONS: dict[str, Activation] = table(
    *(IDENTITY, RELU, LEAKY_RELU, PRELU, ELU, SELU, CELU, GELU, SILU, MISH, SOFTPLUS, SOFTSIGN),
    *(SIGMOID, LOG_SIGMOID, TANH, HARDTANH, HARDSIGMOID, HARDSWISH, RELU6, SOFTMAX, LOG_SOFTMAX),
    usual=("ReLU", "Sigmoid", "Tanh", "Softmax", "Identity"),
)
