"""First values of parameters: those of `torch.manual_seed`, `nn.Linear` and `torch.nn.init`, to the last bit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.numbers import LARGEST
from chainrule.catalog.experiment.spec import MAX_SEED, Experiment, InitializationSpec, LayerSpec, NetworkSpec
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.parameters import parameters_of
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.machine.check import check_experiment
from tests.experiments import dense, networks

SEEDS = st.integers(0, MAX_SEED)


def with_network(network: NetworkSpec, seed: int, dtype: str = "float64") -> Experiment:
    """An experiment of which only the parameters matter."""
    base = dense((1, 1), rows=1)
    return Experiment(network=network, data=base.data, initialization=InitializationSpec(seed=seed), dtype=dtype)


def linears(network: NetworkSpec, seed: int, dtype: str) -> list[torch.Tensor]:
    """What a program in torch has after the seed: `nn.Linear` layer by layer."""
    made = []
    fan_in = network.inputs
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for layer in network.layers:
            linear = nn.Linear(fan_in, layer.units, bias=layer.bias, dtype=getattr(torch, dtype))
            made += [parameter.detach() for parameter in linear.parameters()]
            fan_in = layer.units
    return made


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@given(network=networks(), seed=SEEDS)
def test_bitwise_equal_to_torch(dtype: str, network: NetworkSpec, seed: int) -> None:
    values = initial_parameters(with_network(network, seed, dtype))
    expected = linears(network, seed, dtype)
    assert tuple(values) == tuple(network.parameter_shapes())
    described = parameters_of(network)
    drawn = [value for ref, value in values.items() if not described[ref].is_learned]
    for value, reference in zip(drawn, expected, strict=True):
        assert value.dtype == reference.dtype
        assert torch.equal(value, reference)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sizes", [(784, 128, 10), (3, 257, 65, 17)], ids=str)
def test_wide_layers_are_bitwise_equal(sizes: tuple[int, ...], dtype: str) -> None:
    network = dense(sizes, rows=1).network
    values = initial_parameters(with_network(network, 7, dtype)).values()
    assert all(map(torch.equal, values, linears(network, 7, dtype)))


@given(networks(), SEEDS)
def test_the_global_generator_is_untouched(network: NetworkSpec, seed: int) -> None:
    before = torch.random.get_rng_state()
    initial_parameters(with_network(network, seed))
    assert torch.equal(torch.random.get_rng_state(), before)


@given(networks(), SEEDS, st.data())
def test_a_given_parameter_moves_no_other(network: NetworkSpec, seed: int, data: st.DataObject) -> None:
    drawn = initial_parameters(with_network(network, seed))
    ref = data.draw(st.sampled_from(sorted(drawn)))
    numbers = torch.full_like(drawn[ref], 0.25).tolist()
    given_value = tuple(map(tuple, numbers)) if drawn[ref].dim() == 2 else tuple(numbers)
    experiment = with_network(network, seed)
    values = initial_parameters(
        Experiment(
            network=network,
            data=experiment.data,
            initialization=experiment.initialization,
            parameters={ref: given_value},
        )
    )
    assert values[ref].tolist() == numbers
    assert all(torch.equal(values[other], drawn[other]) for other in drawn if other != ref)


def test_seeds_differ() -> None:
    network = dense((2, 2, 1), rows=1).network
    a, b = (initial_parameters(with_network(network, seed)) for seed in (0, 1))
    assert all(not torch.equal(a[ref], b[ref]) for ref in a)


# ---------------------------------------------------------------------------------------------------- schemes

SCHEMES = [
    Choice("torch_default"),
    *(Choice(f"xavier_{law}", {"gain": gain}) for law in ("uniform", "normal") for gain in (1.0, 0.0, 5 / 3)),
    *(
        Choice(f"kaiming_{law}", {"a": a, "mode": mode, "nonlinearity": nonlinearity})
        for law in ("uniform", "normal")
        for mode in ("fan_in", "fan_out")
        for nonlinearity in ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu")
        for a in (0.0, -0.2, 3.0)
    ),
    *(Choice("normal", {"mean": mean, "std": std}) for mean, std in ((0.0, 1.0), (-2.0, 0.5), (3.0, 0.0))),
    *(Choice("uniform", {"a": a, "b": b}) for a, b in ((0.0, 1.0), (-0.5, 0.25), (2.0, 2.0))),
    *(
        Choice("trunc_normal", {"mean": mean, "std": std, "a": a, "b": b})
        # Drawn again and again outside of the ends, and where hardly any would fall inside.
        for mean, std, a, b in ((0.0, 1.0, -2.0, 2.0), (0.5, 2.0, -1.0, 3.0), (0.0, 1e3, -1.0, 1.0))
    ),
    Choice("zeros"),
    Choice("ones"),
    Choice("constant", {"val": -0.75}),
    *(Choice("orthogonal", {"gain": gain}) for gain in (1.0, -2.0, 0.0)),
]


def with_schemes(scheme: Choice, *layers: LayerSpec, seed: int = 3, dtype: str = "float64") -> Experiment:
    """An experiment with three inputs whose parameters are drawn by these schemes."""
    base = dense((3, 1), rows=1)
    targets = ((0.0,) * layers[-1].units,)
    return check_experiment(
        Experiment(
            network=NetworkSpec(3, layers),
            data=replace(base.data, targets=targets),
            initialization=InitializationSpec(scheme, seed),
            dtype=dtype,
        )
    )


def reset(network: NetworkSpec, scheme: Choice, seed: int, dtype: str) -> list[torch.Tensor]:
    """A program in torch: modules made first, then, after the seed, each filled by torch's own function."""
    sizes = [network.inputs, *(layer.units for layer in network.layers)]
    linears = [
        nn.Linear(sizes[index], layer.units, bias=layer.bias, dtype=getattr(torch, dtype))
        for index, layer in enumerate(network.layers)
    ]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for linear, layer in zip(linears, network.layers, strict=True):
            own = layer.initialization or scheme
            if own.name == "torch_default":
                linear.reset_parameters()
                continue
            getattr(nn.init, f"{own.name}_")(linear.weight, **own.arguments)
            if layer.bias:
                nn.init.zeros_(linear.bias)
    return [parameter.detach() for linear in linears for parameter in linear.parameters()]


def test_every_scheme_is_tested_with_every_argument() -> None:
    assert [name for name in INITIALIZERS if name not in {scheme.name for scheme in SCHEMES}] == []
    for scheme in SCHEMES:
        assert set(scheme.arguments) == {argument.name for argument in INITIALIZERS[scheme.name].arguments}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_a_scheme_is_bitwise_equal_to_torch(scheme: Choice, dtype: str) -> None:
    # Wider than high, higher than wide, square; as few as one number, and as many as torch draws another way.
    layers = (LayerSpec(1), LayerSpec(5), LayerSpec(5, bias=False), LayerSpec(20), LayerSpec(2))
    experiment = with_schemes(scheme, *layers, dtype=dtype)
    expected = reset(experiment.network, scheme, 3, dtype)
    for value, reference in zip(initial_parameters(experiment).values(), expected, strict=True):
        assert value.dtype == reference.dtype
        assert torch.equal(value, reference)


@given(networks(), SEEDS, st.sampled_from(SCHEMES), st.data())
def test_layers_draw_in_order_each_by_its_own_scheme(
    network: NetworkSpec, seed: int, scheme: Choice, data: st.DataObject
) -> None:
    own = [data.draw(st.none() | st.sampled_from(SCHEMES)) for _ in network.layers]
    layers = [replace(layer, initialization=first) for layer, first in zip(network.layers, own, strict=True)]
    # What an activation learns is not drawn.
    layers = [replace(layer, activation=Choice("Identity")) for layer in layers]
    network = NetworkSpec(network.inputs, tuple(layers))
    experiment = replace(with_network(network, seed), initialization=InitializationSpec(scheme, seed))
    expected = reset(network, scheme, seed, "float64")
    assert all(map(torch.equal, initial_parameters(experiment).values(), expected))
    ref = data.draw(st.sampled_from(sorted(network.parameter_shapes())))
    zeros = torch.zeros(network.parameter_shapes()[ref]).tolist()
    pinned = replace(experiment, parameters={ref: tuple(map(tuple, zeros)) if "weight" in ref else tuple(zeros)})
    drawn = dict(zip(network.parameter_shapes(), expected, strict=True))
    values = initial_parameters(pinned)
    assert not values[ref].any()
    assert all(torch.equal(values[other], drawn[other]) for other in drawn if other != ref)


def test_what_an_activation_learns_begins_with_its_argument() -> None:
    for arguments, slopes in (
        ({"num_parameters": 1, "init": -0.5}, [-0.5]),
        ({"num_parameters": 4, "init": 2.0}, [2.0] * 4),
    ):
        layers = (LayerSpec(4, Choice("PReLU", arguments), initialization=Choice("ones")), LayerSpec(1))
        values = initial_parameters(with_network(NetworkSpec(3, layers), 0))
        assert values[refs.learned(0, "weight")].tolist() == slopes


@pytest.mark.parametrize("seed", [0, 5])
def test_rows_of_an_orthogonal_weight_are_perpendicular(seed: int) -> None:
    values = initial_parameters(with_schemes(Choice("orthogonal", {"gain": 3.0}), LayerSpec(2), seed=seed))
    weight = values[refs.weight(0)]
    torch.testing.assert_close(weight @ weight.t(), 9 * torch.eye(2, dtype=torch.float64))


# -------------------------------------------------------------------------------------------------- refusals

REFUSED: list[tuple[str, Mapping[str, Any], str]] = [
    ("xavier", {}, f'$.initialization.scheme: expected {", ".join([*INITIALIZERS][:-1])} or orthogonal, got "xavier"'),
    ("zeros", {"val": 1.0}, "$.initialization.val: unknown key; zeros takes no arguments"),
    ("xavier_uniform", {"gain": -1.0}, "$.initialization.gain: expected a number of at least 0, got -1"),
    ("normal", {"std": -0.1}, "$.initialization.std: expected a number of at least 0, got -0.1"),
    ("trunc_normal", {"std": 0.0}, "$.initialization.std: expected a number above 0, got 0"),
    ("trunc_normal", {"a": 3.0}, "$.initialization.b: expected a number of at least a, which is 3, got 2"),
    ("trunc_normal", {"mean": 2.5}, "$.initialization.mean: expected a number from -2 to 2, got 2.5"),
    ("uniform", {"a": 2.0}, "$.initialization.b: expected a number of at least a, which is 2, got 1"),
    ("kaiming_normal", {"mode": "fan"}, '$.initialization.mode: expected fan_in or fan_out, got "fan"'),
    (
        "kaiming_normal",
        {"nonlinearity": "gelu"},
        '$.initialization.nonlinearity: expected linear, sigmoid, tanh, relu, leaky_relu or selu, got "gelu"',
    ),
    ("kaiming_normal", {"a": 1e200}, "$.initialization.a: expected a number from -1e+100 to 1e+100, got 1e+200"),
    ("constant", {}, '$.initialization: missing key "val": constant needs any number'),
    ("constant", {"val": math.inf}, "$.initialization.val: expected a finite number, got inf"),
]


def refusal(scheme: Choice, **others: Any) -> str:
    """What is said about a scheme."""
    with pytest.raises(SpecError) as error:
        with_schemes(scheme, LayerSpec(1), **others)
    return str(error.value)


@pytest.mark.parametrize(("name", "arguments", "message"), REFUSED)
def test_what_torch_would_not_take_is_refused(name: str, arguments: Mapping[str, Any], message: str) -> None:
    assert refusal(Choice(name, arguments)) == message


def test_a_layers_own_scheme_is_refused_at_its_place() -> None:
    layers = (LayerSpec(2), LayerSpec(1, initialization=Choice("uniform", {"a": 2.0})))
    with pytest.raises(SpecError, match=r"^\$\.network\.layers\[1\]\.initialization\.b: expected"):
        with_schemes(Choice("zeros"), *layers)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("uniform", lambda most: {"a": -0.6 * most, "b": 0.6 * most}),
        ("normal", lambda most: {"std": 0.2 * most}),
        ("normal", lambda most: {"mean": most, "std": 0.1 * most}),
        ("xavier_uniform", lambda most: {"gain": most}),
        ("xavier_normal", lambda most: {"gain": most}),
    ],
)
def test_numbers_that_the_dtype_cannot_hold_are_refused(name: str, arguments: Any, dtype: str) -> None:
    most = LARGEST[dtype]
    message = refusal(Choice(name, arguments(most)), dtype=dtype)
    assert message.startswith(f"$.initialization: expected first values that {dtype} can hold, got a scheme that ")
    # A tenth of it is drawn, and finite.
    values = initial_parameters(with_schemes(Choice(name, arguments(most / 10)), LayerSpec(2), dtype=dtype))
    assert all(bool(value.isfinite().all()) for value in values.values())
