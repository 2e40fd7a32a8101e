"""First values of parameters: those of `torch.manual_seed` and `nn.Linear`, to the last bit."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from chainrule.engine import refs
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.spec import MAX_SEED, Experiment, InitializationSpec, NetworkSpec
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
    for value, reference in zip(values.values(), expected, strict=True):
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
    given_value = tuple(map(tuple, numbers)) if refs.parse(ref).name == "weight" else tuple(numbers)
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
