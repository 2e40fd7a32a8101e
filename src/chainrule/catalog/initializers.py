"""First values of parameters: how they can be drawn, what each way is called, and how far its numbers reach."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

from chainrule.catalog.arguments import Argument, Choice, Number, Word, one_of
from chainrule.catalog.experiment.numbers import LARGEST
from chainrule.catalog.experiment.spec import Experiment, NetworkSpec
from chainrule.catalog.experiment.spec_error import expected, number_text
from chainrule.catalog.tables import complete, table
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read
from chainrule.formula.tree import symbols_of

# Further from its mean than this no normal number is drawn: the logarithm of the smallest 53-bit fraction ends there.
MOST_DEVIATIONS = 9.0
# Drawn for each element: between 0 and 1, and with mean 0 and deviation 1.
UNIFORM, NORMAL = "uniform", "normal"
FAN_IN, FAN_OUT, FAN, GAIN_OF = "fan_in", "fan_out", "fan", "activation_gain"


@dataclass(frozen=True, slots=True)
class Initializer:
    """A way to draw a weight, by the name of torch's function in `torch.nn.init` without its underscore.

    `formula` is one number of the weight and `bias` one of the bias: of the arguments, of `fan_in` and `fan_out`, the
    numbers of inputs and outputs, and of `uniform` and `normal`, which are drawn anew for each number. It is empty
    where no formula of one number says it; torch's own function does then. No number that is drawn is further from
    zero than `reach`. `is_matrix` says that only a matrix can be drawn so. `words` say where the numbers come from, as
    the end of a sentence.
    """

    name: str
    words: str
    formula: str
    arguments: tuple[Argument, ...] = ()
    bias: str = "0"
    reach: Callable[[Choice, int, int], float] | None = None
    is_matrix: bool = False

    @property
    def counts_units(self) -> bool:
        """Whether it needs a weight with inputs and outputs: a formula's parameters have none."""
        return self.is_matrix or bool({FAN_IN, FAN_OUT, FAN} & set(symbols_of(read(self.formula or "0"))))

    def furthest(self, choice: Choice, fan_in: int, fan_out: int) -> float:
        """Return how far from zero a number can be; a formula's are furthest where what is drawn is."""
        if self.reach is not None:
            return self.reach(choice, fan_in, fan_out)
        known, tree = known_numbers(choice, fan_in, fan_out), read(self.formula)
        drawn = product((0.0, 1.0), (-MOST_DEVIATIONS, MOST_DEVIATIONS))
        ends = [{**known, UNIFORM: uniform, NORMAL: normal} for uniform, normal in drawn]
        return max(abs(evaluate(tree, lambda name, places, end=end: end[name])) for end in ends)  # type: ignore[misc]


def known_numbers(choice: Choice, fan_in: int, fan_out: int) -> Mapping[str, float]:
    """Return what an initializer's formula is of, but for what is drawn."""
    numbers = {name: float(value) for name, value in choice.arguments.items() if isinstance(value, int | float)}
    fans = {FAN_IN: float(fan_in), FAN_OUT: float(fan_out)}
    if "nonlinearity" in choice.arguments:
        numbers |= {GAIN_OF: gain(choice), FAN: fans[str(choice["mode"])]}
    return numbers | fans


def gain(choice: Choice) -> float:
    """Return what `torch.nn.init.calculate_gain` gives: what keeps the spread of activations as it is."""
    gains = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}
    name = str(choice["nonlinearity"])
    return math.sqrt(2.0 / (1 + choice.number("a") ** 2)) if name == "leaky_relu" else gains.get(name, 1.0)


def _xavier_deviation(choice: Choice, fan_in: int, fan_out: int) -> float:
    return choice.number("gain") * math.sqrt(2.0 / (fan_in + fan_out))


def _kaiming_deviation(choice: Choice, fan_in: int, fan_out: int) -> float:
    return gain(choice) / math.sqrt(fan_in if choice["mode"] == FAN_IN else fan_out)


def _uniform(deviation: Callable[[Choice, int, int], float]) -> Callable[[Choice, int, int], float]:
    # torch asks that the distance between the two ends is a number of the dtype as well.
    return lambda choice, fan_in, fan_out: 2 * math.sqrt(3.0) * deviation(choice, fan_in, fan_out)


GAIN = Number("gain", 1.0, "gain", symbol="g", minimum=0.0)
MEAN = Number("mean", 0.0, "mean", symbol=r"\mu")
KAIMING = (
    # Its square is taken.
    Number("a", 0.0, "negative slope", symbol="a", minimum=-1e100, maximum=1e100),
    Word("mode", FAN_IN, "what is counted", choices=(FAN_IN, FAN_OUT)),
    Word(
        "nonlinearity",
        "leaky_relu",
        "for the activation",
        choices=("linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"),
    ),
)

INITIALIZERS = table(
    Initializer(
        "torch_default",
        "as nn.Linear does: weights and biases uniform, at most 1/√inputs from 0",
        "(2*uniform - 1)/sqrt(fan_in)",
        bias="(2*uniform - 1)/sqrt(fan_in)",
    ),
    Initializer(
        "xavier_uniform",
        "uniform, at most gain · √(6/(inputs + outputs)) from 0; biases 0",
        "(2*uniform - 1)*gain*sqrt(6/(fan_in + fan_out))",
        (GAIN,),
        reach=_uniform(_xavier_deviation),
    ),
    Initializer(
        "xavier_normal",
        "normal, with the standard deviation gain · √(2/(inputs + outputs)); biases 0",
        "normal*gain*sqrt(2/(fan_in + fan_out))",
        (GAIN,),
    ),
    Initializer(
        "kaiming_uniform",
        "uniform, at most gain · √(3/inputs) from 0, with the activation's gain; biases 0",
        "(2*uniform - 1)*activation_gain*sqrt(3/fan)",
        KAIMING,
        reach=_uniform(_kaiming_deviation),
    ),
    Initializer(
        "kaiming_normal",
        "normal, with the standard deviation gain/√inputs and the activation's gain; biases 0",
        "normal*activation_gain/sqrt(fan)",
        KAIMING,
    ),
    Initializer(
        "normal",
        "normal, with the given mean and standard deviation; biases 0",
        "mean + std*normal",
        (MEAN, Number("std", 1.0, "standard deviation", symbol=r"\sigma", minimum=0.0)),
    ),
    Initializer(
        "uniform",
        "uniform between two numbers; biases 0",
        "a + (b - a)*uniform",
        (Number("a", 0.0, "lowest", symbol="a"), Number("b", 1.0, "highest", symbol="b")),
        # torch asks that the distance between the two is a number of the dtype as well.
        reach=lambda choice, fan_in, fan_out: max(
            choice.number("b") - choice.number("a"), abs(choice.number("a")), abs(choice.number("b"))
        ),
    ),
    Initializer(
        "trunc_normal",
        "normal, but drawn again where it falls outside of the two ends; biases 0",
        "",
        (
            MEAN,
            Number("std", 1.0, "standard deviation", symbol=r"\sigma", above=0.0),
            Number("a", -2.0, "lowest", symbol="a"),
            Number("b", 2.0, "highest", symbol="b"),
        ),
        reach=lambda choice, fan_in, fan_out: abs(choice.number("mean")) + MOST_DEVIATIONS * choice.number("std"),
    ),
    Initializer("zeros", "every weight and bias 0", "0"),
    Initializer("ones", "every weight 1; biases 0", "1"),
    Initializer(
        "constant",
        "every weight the same number; biases 0",
        "val",
        (Number("val", 0.0, "value", symbol="c", required=True),),
    ),
    Initializer(
        "orthogonal",
        "at right angles: rows or columns of the length gain, each perpendicular to the others; biases 0",
        "",
        (Number("gain", 1.0, "gain", symbol="g"),),
        reach=lambda choice, fan_in, fan_out: abs(choice.number("gain")),
        is_matrix=True,
    ),
    usual=("torch_default", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"),
)
# What the parameters of a formula begin with, unless there is another scheme.
RANDN = Initializer("randn", "normal, as by torch.randn", "normal")


def check_scheme(choice: Choice, path: str) -> Choice:
    """Return the scheme with every argument filled in, or raise `SpecError` that names what is not allowed."""
    checked = complete(INITIALIZERS, choice, path, "scheme")
    if {"a", "b"} <= set(checked.arguments):
        low, high = checked.number("a"), checked.number("b")
        if low > high:
            raise expected(f"{path}.b", f"a number of at least a, which is {low:g}", number_text(high))
        # torch goes beyond the ends, but can then draw without end.
        if "mean" in checked.arguments and not low <= checked.number("mean") <= high:
            raise expected(f"{path}.mean", f"a number from {low:g} to {high:g}", number_text(checked.number("mean")))
    return checked


def check_reach(choice: Choice, path: str, network: NetworkSpec, layer: int, dtype: str) -> None:
    """Refuse a checked scheme whose numbers a layer's dtype could not hold."""
    entry = INITIALIZERS[choice.name]
    _check_held(entry.furthest(choice, network.fan_in(layer), network.layers[layer].units), path, dtype)


def check_formula_scheme(choice: Choice, path: str, dtype: str) -> None:
    """Refuse a checked scheme that says nothing of the parameters of a formula, or whose numbers do not fit."""
    if formula_entry(choice).counts_units:
        allowed = one_of(name for name in INITIALIZERS if not formula_entry(Choice(name)).counts_units)
        raise expected(f"{path}.scheme", allowed, choice.name, "a formula's parameters have no inputs and outputs")
    _check_held(formula_entry(choice).furthest(choice, 1, 1), path, dtype)


def _check_held(reach: float, path: str, dtype: str) -> None:
    if not reach <= LARGEST[dtype]:
        raise expected(path, f"first values that {dtype} can hold", f"a scheme that reaches {reach:g}")


def formula_entry(choice: Choice) -> Initializer:
    """Return how the parameters of a formula are drawn: without a scheme, as by `torch.randn`."""
    return RANDN if choice.name == "torch_default" else INITIALIZERS[choice.name]


def layer_scheme(experiment: Experiment, layer: int) -> Choice:
    """Return the scheme of a layer: its own, or the experiment's."""
    return experiment.network.layers[layer].initialization or experiment.initialization.scheme
