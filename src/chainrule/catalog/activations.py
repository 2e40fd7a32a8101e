"""The table of activations: each with its formula, its slope, its arguments and its words; see `Activation`."""

from __future__ import annotations

from chainrule.catalog.activation import Activation, Helper, Learned, UnitsAxis, Words
from chainrule.catalog.arguments import ArgumentValue, Choice, Integer, NonZero, Number, Word
from chainrule.catalog.constant import SymbolicConstant
from chainrule.catalog.experiment.spec_error import expected, number_text
from chainrule.catalog.formula_argument import FORMULA as BY_FORMULA
from chainrule.catalog.formula_argument import FormulaText
from chainrule.catalog.tables import table

__all__ = ["ACTIVATIONS", "FORMULA", "SIXTH", "Activation", "Learned"]

# ------------------------------------------------------------------------------------------------ lines and kinks

IDENTITY = Activation(name="Identity", formula="z", slope="1", words="passes z on unchanged")
RELU = Activation(
    name="ReLU",
    formula="max(0, z)",
    slope="if(z > 0, 1, 0)",
    flat="z is negative, so ReLU passes nothing back",
    words="keeps a positive z and turns a negative one into 0",
)
LEAKY_RELU = Activation(
    name="LeakyReLU",
    formula="if(z > 0, z, negative_slope*z)",
    slope="if(z > 0, 1, negative_slope)",
    words="keeps a positive z and multiplies a negative one by its slope there",
    arguments=(Number("negative_slope", 0.01, "negative slope", symbol="s"),),
)
PRELU = Activation(
    name="PReLU",
    formula="if(z > 0, z, weight*z)",
    slope="if(z > 0, 1, weight)",
    words="keeps a positive z and multiplies a negative one by a slope that is trained, too",
    learned=(
        Learned(
            "weight",
            symbol=r"\alpha",
            word="slope",
            meaning="what a negative z is multiplied by",
            initial="init",
            count="num_parameters",
            slope="min(0, z)",
            words=Words(
                blame="works where z is negative: it is blamed for what came back to {whose} in proportion to {its} z "
                "there",
                where="where z is negative",
                idle=("its z is not negative", "no z is negative"),
            ),
        ),
    ),
    arguments=(
        Integer("num_parameters", 1, "slopes", minimum=1),
        Number("init", 0.25, "first slope"),
    ),
)


def _check_bounds(choice: Choice, units: int, path: str) -> None:
    low, high = choice.number("min_val"), choice.number("max_val")
    if high <= low:
        raise expected(f"{path}.max_val", f"a number above min_val ({low:g})", number_text(high))


HARDTANH = Activation(
    name="Hardtanh",
    formula="if(z <= min_val, min_val, if(z < max_val, z, max_val))",
    slope="if(z <= min_val, 0, if(z < max_val, 1, 0))",
    words="keeps z, but cuts it off at the smallest and at the largest value it allows",
    arguments=(
        Number("min_val", -1.0, "smallest value", symbol=r"\text{min}"),
        Number("max_val", 1.0, "largest value", symbol=r"\text{max}"),
    ),
    check=_check_bounds,
)
RELU6 = Activation(
    name="ReLU6",
    formula="if(z <= 0, 0, if(z < 6, z, 6))",
    slope="if(z <= 0, 0, if(z < 6, 1, 0))",
    words="keeps z between 0 and 6, and cuts off what is below or above",
)
# torch keeps this sixth in float32, whatever the dtype; its autograd multiplies by it.
SIXTH = 0.1666666716337204
HARDSIGMOID = Activation(
    name="Hardsigmoid",
    formula="if(z <= -3, 0, if(z < 3, (z + 3)/6, 1))",
    slope="if(z <= -3, 0, if(z < 3, sixth, 0))",
    words="is a sigmoid made of straight lines: 0 up to −3, 1 from 3 on, and a ramp between",
    constants={"sixth": SymbolicConstant(r"\frac{1}{6}", SIXTH)},
)
HARDSWISH = Activation(
    name="Hardswish",
    formula="if(z <= -3, 0, if(z < 3, z*(z + 3)/6, z))",
    slope="if(z <= -3, 0, if(z < 3, z/3 + 1/2, 1))",
    words="is 0 up to −3, z itself from 3 on, and a curve between",
)


# -------------------------------------------------------------------------------------------- exponential branches


ELU = Activation(
    name="ELU",
    formula="if(z > 0, z, alpha*(exp(z) - 1))",
    slope="if(z > 0, 1, alpha*exp(z))",
    words="keeps a positive z and lets a negative one level off",
    arguments=(Number("alpha", 1.0, "alpha", symbol=r"\alpha"),),
)
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
SELU = Activation(
    name="SELU",
    formula="if(z > 0, scale*z, scale*alpha*(exp(z) - 1))",
    slope="if(z > 0, scale, scale*alpha*exp(z))",
    words="stretches a positive z a little and lets a negative one level off",
    constants={"alpha": SymbolicConstant(r"\alpha", SELU_ALPHA), "scale": SymbolicConstant(r"\lambda", SELU_SCALE)},
)


def _celu_words(alpha: float) -> str:
    negative = "lets a negative one level off" if alpha > 0 else "makes a negative one fall ever faster"
    return f"keeps a positive z and {negative}, without a kink at 0"


CELU = Activation(
    name="CELU",
    formula="if(z > 0, z, alpha*(exp(z/alpha) - 1))",
    slope="if(z > 0, 1, exp(z/alpha))",
    words="keeps a positive z and lets a negative one level off, without a kink at 0",
    tell=_celu_words,
    # torch's backward pass holds it in float32, whatever the dtype.
    arguments=(NonZero("alpha", 1.0, "alpha", symbol=r"\alpha", minimum=-1e38, maximum=1e38),),
)
SOFTPLUS = Activation(
    name="Softplus",
    formula="if(beta*z <= threshold, log(1 + exp(beta*z))/beta, z)",
    slope="if(beta*z <= threshold, 1/(1 + exp(-beta*z)), 1)",
    words="bends smoothly from 0 to z itself, and is z itself beyond its threshold",
    arguments=(
        NonZero("beta", 1.0, "beta", symbol=r"\beta"),
        Number("threshold", 20.0, "threshold", symbol=r"\text{threshold}"),
    ),
)


# --------------------------------------------------------------------------------------------------- smooth curves

SIGMOID = Activation(
    name="Sigmoid",
    formula="1/(1 + exp(-z))",
    slope="a*(1 - a)",
    words="squeezes z into the range from 0 to 1",
)
LOG_SIGMOID = Activation(
    name="LogSigmoid",
    formula="log(1/(1 + exp(-z)))",
    slope="1/(1 + exp(z))",
    words="is the logarithm of the sigmoid: close to z far below 0, and close to 0 far above",
)
TANH = Activation(
    name="Tanh",
    formula="tanh(z)",
    slope="1 - a^2",
    words="squeezes z into the range from -1 to 1",
)
SOFTSIGN = Activation(
    name="Softsign",
    formula="z/(1 + abs(z))",
    slope="1/(1 + abs(z))^2",
    words="squeezes z into the range from -1 to 1, more gently than Tanh",
)
SILU = Activation(
    name="SiLU",
    formula="z*sigmoid(z)",
    slope="sigmoid(z)*(1 + z*(1 - sigmoid(z)))",
    words="multiplies z by its sigmoid σ(z), so that a negative z is damped away",
)
MISH = Activation(
    name="Mish",
    formula="z*tanh(log(1 + exp(z)))",
    slope="t + z*sigmoid(z)*(1 - t^2)",
    helper=lambda: Helper("t", "tanh(log(1 + exp(z)))"),
    words="multiplies z by the tanh of its softplus, so that a negative z is damped away",
)


# The tanh that stands in for the bell curve: Hendrycks and Gimpel, 2016 (arXiv 1606.08415).
_GELU_BEND = "tanh(sqrt(2/pi)*(z + 0.044715*z^3))"


def _gelu_formula(approximate: ArgumentValue) -> str:
    return "z*Phi(z)" if approximate == "none" else f"z/2*(1 + {_GELU_BEND})"


def _gelu_slope(approximate: ArgumentValue) -> str:
    if approximate == "none":
        return "Phi(z) + z*phi(z)"
    return "(1 + t)/2 + z/2*(1 - t^2)*sqrt(2/pi)*(1 + 0.134145*z^2)"


def _gelu_helper(approximate: ArgumentValue) -> Helper | None:
    return None if approximate == "none" else Helper("t", _GELU_BEND)


def _gelu_words(approximate: ArgumentValue) -> str:
    exact = "multiplies z by Φ(z), the share of the bell curve below z"
    return exact if approximate == "none" else f"{exact}, as a formula with tanh approximates it"


GELU = Activation(
    name="GELU",
    formula=_gelu_formula,
    slope=_gelu_slope,
    helper=_gelu_helper,
    words="multiplies z by Φ(z), the share of the bell curve below z",
    tell=_gelu_words,
    arguments=(Word("approximate", "none", "approximation", choices=("none", "tanh")),),
)


# ------------------------------------------------------------------------------------------------- whole samples

SOFTMAX = Activation(
    name="Softmax",
    formula="exp(z[n,k])/sum(j, exp(z[n,j]))",
    shifted="exp(z[n,k] - m)/sum(j, exp(z[n,j] - m))",
    slope="a[n,k]*(if(k == i, 1, 0) - a[n,i])",
    couples_units=True,
    words="turns all z of a sample into shares that add up to 1",
    arguments=(UnitsAxis("dim", None, "dimension"),),
)
LOG_SOFTMAX = Activation(
    name="LogSoftmax",
    formula="z[n,k] - log(sum(j, exp(z[n,j])))",
    shifted="z[n,k] - m - log(sum(j, exp(z[n,j] - m)))",
    slope="if(k == i, 1, 0) - exp(a[n,i])",
    couples_units=True,
    words="is the logarithm of Softmax: of the share that z has among all z of a sample",
    arguments=(UnitsAxis("dim", None, "dimension"),),
)


# ------------------------------------------------------------------------------------------------- one's own


def _written(formula: ArgumentValue) -> str:
    return str(formula)


FORMULA = Activation(
    name=BY_FORMULA,
    formula=_written,
    title=_written,
    symbol="f",
    words="computes a formula of z that you write",
    tell=lambda formula: "is a formula of your own",
    arguments=(FormulaText("formula", "sin(z)", "formula", names=("z",), required=True),),
    since=2,
)

ACTIVATIONS: dict[str, Activation] = table(
    IDENTITY,
    RELU,
    LEAKY_RELU,
    PRELU,
    ELU,
    SELU,
    CELU,
    GELU,
    SILU,
    MISH,
    SOFTPLUS,
    SOFTSIGN,
    SIGMOID,
    LOG_SIGMOID,
    TANH,
    HARDTANH,
    HARDSIGMOID,
    HARDSWISH,
    RELU6,
    SOFTMAX,
    LOG_SOFTMAX,
    FORMULA,
    usual=("ReLU", "Sigmoid", "Tanh", "Softmax", "Identity"),
)
