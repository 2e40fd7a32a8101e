"""The experiments that come with the program: each opens, learns, and is in the program's own style."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from chainrule.catalog import refs
from chainrule.catalog.batches import batches_per_epoch
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.spec import Experiment
from chainrule.engine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.model.storage import decode_experiment, encode_experiment, read_experiment
from chainrule.resource_files import OPENING_EXAMPLE, example_paths, resources_directory
from tests.experiments import article, mazur

EXAMPLES = {path.stem: path for path in example_paths()}


def opened(name: str) -> Experiment:
    return check_experiment(read_experiment(EXAMPLES[name]))


def losses(experiment: Experiment, iterations: int) -> list[float]:
    return [trace.values[refs.LOSS].item() for trace in islice(Executor(experiment).iterations(), iterations)]


@pytest.fixture(params=EXAMPLES)
def path(request: pytest.FixtureRequest) -> Path:
    return EXAMPLES[request.param]


def test_every_experiment_is_in_the_menu() -> None:
    assert sorted(EXAMPLES.values()) == sorted((resources_directory() / "experiments").iterdir())
    assert example_paths()[0] == OPENING_EXAMPLE


def test_it_is_written_in_the_style_of_the_program(path: Path) -> None:
    data = path.read_bytes()
    assert encode_experiment(decode_experiment(data)) == data


def test_every_argument_is_given(path: Path) -> None:
    """Nothing is left to defaults that a later version might change."""
    experiment = read_experiment(path)
    assert check_experiment(experiment) == experiment
    assert experiment.title


def test_it_learns(path: Path) -> None:
    found = losses(opened(path.stem), 20)
    # The slow start of a saturated neuron is what its example shows.
    assert found[-1] < found[0] / 2 or path.stem in ("mazur-2-2-2", "nielsen-saturated-neuron")
    assert found[4] < found[1] < found[0]


def test_the_article_s_network_opens_at_start() -> None:
    assert opened(OPENING_EXAMPLE.stem) == article()
    assert losses(article(), 1) == pytest.approx([4.91930], abs=1e-12)


def test_torch_s_initialization_is_the_same_network_with_live_units() -> None:
    experiment = opened("simple-nn-torch-initialization")
    assert not experiment.parameters
    assert experiment.network == article().network
    assert experiment.data == article().data
    for trace in islice(Executor(experiment).iterations(), 20):
        assert (trace.values[refs.pre_activation(0)] > 0).any(dim=0).all()
    assert (next(Executor(experiment).iterations()).values[refs.pre_activation(0)] > 0).all()


def test_the_single_neuron_has_three_multipliers() -> None:
    experiment = opened("single-neuron")
    values = next(Executor(experiment).iterations()).values
    output = values[refs.activation(0)].item()
    multipliers = (2 * (output - 0), output * (1 - output), 2.0)
    assert values[refs.pre_activation(0)].item() == 1
    product = multipliers[0] * multipliers[1] * multipliers[2]
    assert values[ValueRef("layers.0.weight.grad")].item() == pytest.approx(product, abs=1e-15)


def test_the_two_layers_have_one_unit_each_and_different_activations() -> None:
    network = opened("two-layer-scalar").network
    assert [layer.units for layer in network.layers] == [1, 1]
    assert network.layers[0].activation != network.layers[1].activation


def test_mazur_s_network_is_the_published_one() -> None:
    experiment = opened("mazur-2-2-2")
    assert replace(experiment, title="") == mazur(title="")
    assert losses(experiment, 2) == pytest.approx([0.298371109, 0.29102777369], abs=5e-10)


def test_three_classes_are_told_apart_in_batches_and_rows_that_were_held_back_too() -> None:
    executor = Executor(opened("three-classes"))
    data = executor.experiment.data
    assert (data.training_rows, data.test_rows, batches_per_epoch(data)) == (48, 12, 3)
    assert sorted(target for (target,) in data.targets) == [0.0] * 20 + [1.0] * 20 + [2.0] * 20
    first, later = (next(islice(executor.iterations(), at, None)).values for at in (0, 60))
    for part in ("training", "test"):
        before, after = (executor.evaluator.classification(values, part) for values in (first, later))
        assert before is not None
        assert after is not None
        assert before.accuracy < 0.5
        assert after.accuracy > 0.8


def test_the_digits_are_told_apart_in_the_end() -> None:
    executor = Executor(opened("seven-segment-digits"))
    trace = next(islice(executor.iterations(), 100, None))
    output = trace.values[refs.activation(1)]
    assert output.argmax(dim=1).tolist() == list(range(10))
    assert trace.values[refs.LOSS].item() < 0.01
