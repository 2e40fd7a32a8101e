"""First values of parameters: a pure function of the network, the schemes and the seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import init

from chainrule.catalog import refs
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Argument, Choice, Number, Value, Word
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.spec import LARGEST, Experiment, NetworkSpec
from chainrule.catalog.spec_error import expected, number_text
from chainrule.catalog.tables import complete, table

# Further from its mean than this no normal number is drawn: the logarithm of the smallest 53-bit fraction ends there.
MOST_DEVIATIONS = 9.0


@dataclass(frozen=True, slots=True)
class Initializer:
    """A way to draw a weight, by the name of torch's function in `torch.nn.init` without its underscore.

    `fill(weight, generator, **arguments)` draws into a weight (out, in). No number that it draws is further from zero
    than `reach(choice, fan_in, fan_out)`. `words` say where the numbers come from, as the end of a sentence.
    """

    name: str
    words: str
    fill: Callable[..., Tensor]
    reach: Callable[[Choice, int, int], float]
    arguments: tuple[Argument, ...] = ()
    draws_bias: bool = False


def _linear_weight(weight: Tensor, generator: torch.Generator) -> Tensor:
    """`kaiming_uniform_(a=sqrt(5))`, as `nn.Linear.reset_parameters` calls it."""
    return init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)


def _linear_bias(bias: Tensor, fan_in: int, generator: torch.Generator) -> Tensor:
    bound = 1 / math.sqrt(fan_in)
    return bias.uniform_(-bound, bound, generator=generator)


def _without_draws(fill: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A function of torch's that takes no generator."""

    def filled(weight: Tensor, generator: torch.Generator, **arguments: Value) -> Tensor:
        return fill(weight, **arguments)

    return filled


def _xavier_deviation(choice: Choice, fan_in: int, fan_out: int) -> float:
    return choice.number("gain") * math.sqrt(2.0 / (fan_in + fan_out))


def _kaiming_deviation(choice: Choice, fan_in: int, fan_out: int) -> float:
    gain: float = init.calculate_gain(choice["nonlinearity"], choice["a"])  # type: ignore[arg-type]
    return gain / math.sqrt(fan_in if choice["mode"] == "fan_in" else fan_out)


def _uniform(deviation: Callable[[Choice, int, int], float]) -> Callable[[Choice, int, int], float]:
    # torch asks that the distance between the two ends is a number of the dtype as well.
    return lambda choice, fan_in, fan_out: 2 * math.sqrt(3.0) * deviation(choice, fan_in, fan_out)


def _normal(deviation: Callable[[Choice, int, int], float]) -> Callable[[Choice, int, int], float]:
    return lambda choice, fan_in, fan_out: MOST_DEVIATIONS * deviation(choice, fan_in, fan_out)


GAIN = Number("gain", 1.0, "gain", symbol="g", minimum=0.0)
MEAN = Number("mean", 0.0, "mean", symbol=r"\mu")
KAIMING = (
    # Its square is taken.
    Number("a", 0.0, "negative slope", symbol="a", minimum=-1e100, maximum=1e100),
    Word("mode", "fan_in", "what is counted", choices=("fan_in", "fan_out")),
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
        _linear_weight,
        lambda choice, fan_in, fan_out: 1.0,
        draws_bias=True,
    ),
    Initializer(
        "xavier_uniform",
        "uniform, at most gain · √(6/(inputs + outputs)) from 0; biases 0",
        init.xavier_uniform_,
        _uniform(_xavier_deviation),
        (GAIN,),
    ),
    Initializer(
        "xavier_normal",
        "normal, with the standard deviation gain · √(2/(inputs + outputs)); biases 0",
        init.xavier_normal_,
        _normal(_xavier_deviation),
        (GAIN,),
    ),
    Initializer(
        "kaiming_uniform",
        "uniform, at most gain · √(3/inputs) from 0, with the activation's gain; biases 0",
        init.kaiming_uniform_,
        _uniform(_kaiming_deviation),
        KAIMING,
    ),
    Initializer(
        "kaiming_normal",
        "normal, with the standard deviation gain/√inputs and the activation's gain; biases 0",
        init.kaiming_normal_,
        _normal(_kaiming_deviation),
        KAIMING,
    ),
    Initializer(
        "normal",
        "normal, with the given mean and standard deviation; biases 0",
        init.normal_,
        lambda choice, fan_in, fan_out: abs(choice.number("mean")) + MOST_DEVIATIONS * choice.number("std"),
        (MEAN, Number("std", 1.0, "standard deviation", symbol=r"\sigma", minimum=0.0)),
    ),
    Initializer(
        "uniform",
        "uniform between two numbers; biases 0",
        init.uniform_,
        # torch asks that the distance between the two is a number of the dtype as well.
        lambda choice, fan_in, fan_out: choice.number("b") - choice.number("a"),
        (Number("a", 0.0, "lowest", symbol="a"), Number("b", 1.0, "highest", symbol="b")),
    ),
    Initializer(
        "trunc_normal",
        "normal, but drawn again where it falls outside of the two ends; biases 0",
        init.trunc_normal_,
        lambda choice, fan_in, fan_out: abs(choice.number("mean")) + MOST_DEVIATIONS * choice.number("std"),
        (
            MEAN,
            Number("std", 1.0, "standard deviation", symbol=r"\sigma", above=0.0),
            Number("a", -2.0, "lowest", symbol="a"),
            Number("b", 2.0, "highest", symbol="b"),
        ),
    ),
    Initializer("zeros", "every weight and bias 0", _without_draws(init.zeros_), lambda choice, fan_in, fan_out: 0.0),
    Initializer("ones", "every weight 1; biases 0", _without_draws(init.ones_), lambda choice, fan_in, fan_out: 1.0),
    Initializer(
        "constant",
        "every weight the same number; biases 0",
        _without_draws(init.constant_),
        lambda choice, fan_in, fan_out: abs(choice.number("val")),
        (Number("val", 0.0, "value", symbol="c", required=True),),
    ),
    Initializer(
        "orthogonal",
        "at right angles: rows or columns of the length gain, each perpendicular to the others; biases 0",
        init.orthogonal_,
        lambda choice, fan_in, fan_out: abs(choice.number("gain")),
        (Number("gain", 1.0, "gain", symbol="g"),),
    ),
    usual=("torch_default", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"),
)


def check_scheme(choice: Choice, path: str) -> Choice:
    """The scheme with every argument filled in, or `SpecError` that names what is not allowed."""
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
    reach = INITIALIZERS[choice.name].reach(choice, network.fan_in(layer), network.layers[layer].units)
    if reach > LARGEST[dtype]:
        raise expected(path, f"first values that {dtype} can hold", f"a scheme that reaches {reach:g}")


def scheme_of(experiment: Experiment, layer: int) -> Choice:
    """The scheme of a layer: its own, or the experiment's."""
    return experiment.network.layers[layer].initialization or experiment.initialization.scheme


def initial_parameters(experiment: Experiment) -> dict[ValueRef, Tensor]:
    """Each parameter's first value, on the experiment's device: what is given, the rest drawn from the seed.

    The draws are those of `torch.manual_seed(seed)` and then, layer by layer in the same dtype, `nn.Linear` or the
    scheme's function in `torch.nn.init` on the weight. A parameter that is given does not move the draws of the others.
    """
    dtype = torch_dtype(experiment)
    generator = torch.Generator().manual_seed(experiment.initialization.seed)
    values: dict[ValueRef, Tensor] = {}
    for ref, shape in experiment.network.parameter_shapes().items():
        drawn = _draw(experiment, ref, torch.empty(shape, dtype=dtype), generator)
        given = experiment.parameters.get(ref)
        value = drawn if given is None else torch.tensor(given, dtype=dtype)
        values[ref] = value.to(experiment.device)
    return values


def _draw(experiment: Experiment, ref: ValueRef, empty: Tensor, generator: torch.Generator) -> Tensor:
    parts = refs.parse(ref)
    layer = parts.layer or 0
    choice = scheme_of(experiment, layer)
    entry = INITIALIZERS[choice.name]
    if parts.name == "weight":
        return entry.fill(empty, generator=generator, **choice.arguments)
    vector = experiment.network.learned(ref)
    if vector is not None:
        activation = experiment.network.layers[layer].activation
        return empty.fill_(ACTIVATIONS[activation.name].first_value(vector, activation))
    if entry.draws_bias:
        return _linear_bias(empty, experiment.network.fan_in(layer), generator)
    return empty.zero_()


def torch_dtype(experiment: Experiment) -> torch.dtype:
    """The experiment's floating-point type."""
    dtype: torch.dtype = getattr(torch, experiment.dtype)
    return dtype
