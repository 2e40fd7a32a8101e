"""First values of parameters: a pure function of the network, the schemes and the seed."""

from __future__ import annotations

import torch
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.initializers import (
    INITIALIZERS,
    NORMAL,
    UNIFORM,
    Initializer,
    formula_entry,
    known_numbers,
    layer_scheme,
)
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value
from chainrule.engine.kernels.initializers import BIASES, WEIGHTS
from chainrule.engine.program.lowering import lowered
from chainrule.formula.parse import read
from chainrule.formula.tree import symbols_of


def initial_parameters(experiment: Experiment) -> dict[ValueRef, Tensor]:
    """Return each parameter's first value, on the experiment's device: what is given, the rest drawn from the seed.

    The draws are those of `torch.manual_seed(seed)` and then, layer by layer in the same dtype, `nn.Linear` or the
    scheme's function in `torch.nn.init` on the weight. A parameter that is given does not move the draws of the others.
    Those of a formula are drawn one by one, by `torch.randn` unless there is another scheme.
    """
    dtype = torch_dtype(experiment)
    generator = torch.Generator().manual_seed(experiment.initialization.seed)
    values: dict[ValueRef, Tensor] = {}
    shapes = experiment.network.parameter_shapes()
    for ref, parameter in parameters_of(experiment.network).items():
        drawn = _draw(experiment, parameter, torch.empty(shapes[ref], dtype=dtype), generator)
        given = experiment.parameters.get(ref)
        value = drawn if given is None else torch.tensor(given, dtype=dtype)
        values[ref] = value.to(experiment.device)
    return values


def _draw(experiment: Experiment, parameter: Value, empty: Tensor, generator: torch.Generator) -> Tensor:
    network = experiment.network
    if network.formula:
        scheme = experiment.initialization.scheme
        return _drawn(formula_entry(scheme), scheme, (1, 1), empty, generator)
    assert parameter.layer is not None
    layer = parameter.layer
    if parameter.learned is not None:
        activation = network.layers[layer].activation
        return empty.fill_(ACTIVATIONS[activation.name].first_value(parameter.learned, activation))
    choice = layer_scheme(experiment, layer)
    entry, fans = INITIALIZERS[choice.name], (network.fan_in(layer), network.layers[layer].units)
    if parameter.name == "weight":
        return _drawn(entry, choice, fans, empty, generator)
    if entry.name in BIASES:
        return BIASES[entry.name](empty, fans[0], generator=generator)
    return drawn_by_formula(entry.bias, choice, fans, empty, generator)


def _drawn(
    entry: Initializer, choice: Choice, fans: tuple[int, int], empty: Tensor, generator: torch.Generator
) -> Tensor:
    """Fill a weight, or a parameter of a formula, by torch's function if there is one of the entry's name."""
    if entry.name in WEIGHTS:
        return WEIGHTS[entry.name](empty, generator=generator, **choice.arguments)
    return drawn_by_formula(entry.formula, choice, fans, empty, generator)


def drawn_by_formula(
    formula: str, choice: Choice, fans: tuple[int, int], empty: Tensor, generator: torch.Generator
) -> Tensor:
    """Fill a parameter with what an initializer's formula makes of numbers that are drawn."""
    tree = read(formula)
    named = symbols_of(tree)
    # The parameter's own dtype and shape come first: what has no draw in it is as large.
    values = {"": empty}
    if UNIFORM in named:
        values[UNIFORM] = torch.empty_like(empty).uniform_(generator=generator)
    if NORMAL in named:
        values[NORMAL] = torch.empty_like(empty).normal_(generator=generator)
    for name, number in known_numbers(choice, *fans).items():
        values[name] = torch.tensor(number, dtype=torch.float64)
    return empty.copy_(lowered(tree)(values))


def torch_dtype(experiment: Experiment) -> torch.dtype:
    """Return the experiment's floating-point type."""
    dtype: torch.dtype = getattr(torch, experiment.dtype)
    return dtype
