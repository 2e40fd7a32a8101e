"""Activations: each formula with its slope, its code and its words beside it; see `activation.Pointwise`."""

from __future__ import annotations

import math
from ctypes import c_float

import torch
from torch import Tensor
from torch.nn import functional

from chainrule.catalog.arguments import Choice, Integer, NonZero, Number, Value, Word
from chainrule.catalog.constant import Constant
from chainrule.catalog.spec_error import expected, number_text
from chainrule.catalog.tables import table
from chainrule.engine.activation import (
    Activation,
    Elementwise,
    Helper,
    Learned,
    MatrixForm,
    Pointwise,
    UnitsAxis,
    Vectorwise,
)

__all__ = ["ACTIVATIONS", "Activation", "Constant", "Elementwise", "Helper", "Learned", "Pointwise", "Vectorwise"]


def _inside(z: Tensor, low: float, high: float) -> Tensor:
    """1 strictly between two bounds and 0 elsewhere, in the dtype of z."""
    return ((z > low) & (z < high)).to(z.dtype)


# ------------------------------------------------------------------------------------------------ lines and kinks

IDENTITY = Elementwise(
    "Identity",
    function=lambda z: z,
    derivative=lambda z, a: torch.ones_like(z),
    formula="z",
    slope="1",
    words="passes z on unchanged",
)
RELU = Elementwise(
    "ReLU",
    function=torch.relu,
    # Of z, as the formula: an a that was set by hand has no say. Several times as fast as heaviside.
    derivative=lambda z, a: torch.sign(torch.relu(z)),
    formula="max(0, z)",
    slope="if(z > 0, 1, 0)",
    words="keeps a positive z and turns a negative one into 0",
)
LEAKY_RELU = Elementwise(
    "LeakyReLU",
    function=functional.leaky_relu,
    derivative=lambda z, a, negative_slope: torch.where(z > 0, torch.ones_like(z), negative_slope),
    formula="if(z > 0, z, negative_slope*z)",
    slope="if(z > 0, 1, negative_slope)",
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
    weight_slope="min(0, z)",
    formula="if(z > 0, z, w*z)",
    slope="if(z > 0, 1, w)",
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
    formula="if(z <= min_val, min_val, if(z < max_val, z, max_val))",
    slope="if(z <= min_val, 0, if(z < max_val, 1, 0))",
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
    formula="if(z <= 0, 0, if(z < 6, z, 6))",
    slope="if(z <= 0, 0, if(z < 6, 1, 0))",
    words="keeps z between 0 and 6, and cuts off what is below or above",
)
# torch keeps this sixth in float32, whatever the dtype; its autograd multiplies by it.
SIXTH = 0.1666666716337204
HARDSIGMOID = Elementwise(
    "Hardsigmoid",
    function=functional.hardsigmoid,
    derivative=lambda z, a: _inside(z, -3.0, 3.0) * SIXTH,
    formula="if(z <= -3, 0, if(z < 3, (z + 3)/6, 1))",
    slope="if(z <= -3, 0, if(z < 3, sixth, 0))",
    words="is a sigmoid made of straight lines: 0 up to −3, 1 from 3 on, and a ramp between",
    constants={"sixth": Constant(r"\frac{1}{6}", SIXTH)},
)
HARDSWISH = Elementwise(
    "Hardswish",
    function=functional.hardswish,
    derivative=lambda z, a: torch.where(z >= 3, 1.0, torch.where(z > -3, z / 3 + 0.5, 0.0)),  # noqa: PLR2004
    formula="if(z <= -3, 0, if(z < 3, z*(z + 3)/6, z))",
    slope="if(z <= -3, 0, if(z < 3, z/3 + 1/2, 1))",
    words="is 0 up to −3, z itself from 3 on, and a curve between",
)


# -------------------------------------------------------------------------------------------- exponential branches


ELU = Elementwise(
    "ELU",
    function=functional.elu,
    derivative=lambda z, a, alpha: torch.where(z > 0, 1.0, alpha * torch.exp(z)),
    formula="if(z > 0, z, alpha*(exp(z) - 1))",
    slope="if(z > 0, 1, alpha*exp(z))",
    words="keeps a positive z and lets a negative one level off",
    arguments=(Number("alpha", 1.0, "alpha", symbol=r"\alpha"),),
)
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
SELU = Elementwise(
    "SELU",
    function=torch.selu,
    derivative=lambda z, a: torch.where(z > 0, SELU_SCALE, SELU_SCALE * SELU_ALPHA * torch.exp(z)),
    formula="if(z > 0, scale*z, scale*alpha*(exp(z) - 1))",
    slope="if(z > 0, scale, scale*alpha*exp(z))",
    words="stretches a positive z a little and lets a negative one level off",
    constants={"alpha": Constant(r"\alpha", SELU_ALPHA), "scale": Constant(r"\lambda", SELU_SCALE)},
)


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
    formula="if(z > 0, z, alpha*(exp(z/alpha) - 1))",
    slope="if(z > 0, 1, exp(z/alpha))",
    words="keeps a positive z and lets a negative one level off, without a kink at 0",
    tell=_celu_words,
    # torch's backward pass holds it in float32, whatever the dtype.
    arguments=(NonZero("alpha", 1.0, "alpha", symbol=r"\alpha", minimum=-1e38, maximum=1e38),),
)


SOFTPLUS = Elementwise(
    "Softplus",
    function=functional.softplus,
    derivative=lambda z, a, beta, threshold: torch.where(z * beta > threshold, 1.0, torch.sigmoid(z * beta)),
    formula="if(beta*z <= threshold, log(1 + exp(beta*z))/beta, z)",
    slope="if(beta*z <= threshold, 1/(1 + exp(-beta*z)), 1)",
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
    formula="1/(1 + exp(-z))",
    slope="a*(1 - a)",
    words="squeezes z into the range from 0 to 1",
)
LOG_SIGMOID = Elementwise(
    "LogSigmoid",
    function=functional.logsigmoid,
    derivative=lambda z, a: torch.sigmoid(-z),
    formula="log(1/(1 + exp(-z)))",
    slope="1/(1 + exp(z))",
    words="is the logarithm of the sigmoid: close to z far below 0, and close to 0 far above",
)
TANH = Elementwise(
    "Tanh",
    function=torch.tanh,
    derivative=lambda z, a: 1 - a * a,
    formula="tanh(z)",
    slope="1 - a^2",
    words="squeezes z into the range from -1 to 1",
)
SOFTSIGN = Elementwise(
    "Softsign",
    function=functional.softsign,
    derivative=lambda z, a: (1 + z.abs()).square().reciprocal(),
    formula="z/(1 + abs(z))",
    slope="1/(1 + abs(z))^2",
    words="squeezes z into the range from -1 to 1, more gently than Tanh",
)


def _silu_derivative(z: Tensor, a: Tensor) -> Tensor:
    sigmoid = torch.sigmoid(z)
    return sigmoid * (1 + z * (1 - sigmoid))


SILU = Elementwise(
    "SiLU",
    function=functional.silu,
    derivative=_silu_derivative,
    formula="z*sigmoid(z)",
    slope="sigmoid(z)*(1 + z*(1 - sigmoid(z)))",
    words="multiplies z by its sigmoid σ(z), so that a negative z is damped away",
)


def _mish_damping(z: Tensor) -> Tensor:
    return torch.tanh(functional.softplus(z))


def _mish_derivative(z: Tensor, a: Tensor) -> Tensor:
    damping = _mish_damping(z)
    return damping + z * torch.sigmoid(z) * (1 - damping * damping)


MISH = Elementwise(
    "Mish",
    function=functional.mish,
    derivative=_mish_derivative,
    formula="z*tanh(log(1 + exp(z)))",
    slope="t + z*sigmoid(z)*(1 - t^2)",
    helper=lambda: Helper("t", "tanh(log(1 + exp(z)))", _mish_damping),
    words="multiplies z by the tanh of its softplus, so that a negative z is damped away",
)


# The tanh that stands in for the bell curve: Hendrycks and Gimpel, 2016 (arXiv 1606.08415).
_GELU_BEND = "tanh(sqrt(2/pi)*(z + 0.044715*z^3))"
_GELU_SCALE = math.sqrt(2 / math.pi)


def _gelu_bend(z: Tensor) -> Tensor:
    return torch.tanh(_GELU_SCALE * (z + 0.044715 * z * (z * z)))


def _gelu_formula(approximate: Value) -> str:
    return "z*Phi(z)" if approximate == "none" else f"z/2*(1 + {_GELU_BEND})"


def _gelu_slope(approximate: Value) -> str:
    if approximate == "none":
        return "Phi(z) + z*phi(z)"
    return "(1 + t)/2 + z/2*(1 - t^2)*sqrt(2/pi)*(1 + 0.134145*z^2)"


def _gelu_helper(approximate: Value) -> Helper | None:
    return None if approximate == "none" else Helper("t", _GELU_BEND, _gelu_bend)


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
    formula=_gelu_formula,
    slope=_gelu_slope,
    helper=_gelu_helper,
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
    form=MatrixForm(r"\frac{e^{<z>}}{<sum>}", r"<ak>\,(<d>-<ai>)", r"\frac{e^{<z>-<m>}}{<sum>}"),
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
    form=MatrixForm(r"<z>-\ln(<sum>)", "<d>-e^{<ai>}", r"<z>-<m>-\ln(<sum>)"),
    words="is the logarithm of Softmax: of the share that z has among all z of a sample",
    arguments=(UnitsAxis("dim", None, "dimension"),),
)

ACTIVATIONS: dict[str, Activation] = table(
    *(IDENTITY, RELU, LEAKY_RELU, PRELU, ELU, SELU, CELU, GELU, SILU, MISH, SOFTPLUS, SOFTSIGN),
    *(SIGMOID, LOG_SIGMOID, TANH, HARDTANH, HARDSIGMOID, HARDSWISH, RELU6, SOFTMAX, LOG_SOFTMAX),
    usual=("ReLU", "Sigmoid", "Tanh", "Softmax", "Identity"),
)
