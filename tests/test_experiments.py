"""The experiments that come with the program: each opens, learns, and is in the program's own style."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.model.files.storage import decode_experiment, encode_experiment, read_experiment
from chainrule.resource_files import OPENING_EXAMPLE, example_paths, resources_directory
from tests.experiments import article, mazur

EXAMPLES = {path.stem: path for path in example_paths()}


def opened(name: str) -> Experiment:
    return check_experiment(read_experiment(EXAMPLES[name]))


def losses(experiment: Experiment, iterations: int) -> list[float]:
    loss = experiment.network.loss_ref
    return [trace.values[loss].item() for trace in islice(Executor(experiment).iterations(), iterations)]


@pytest.fixture(params=EXAMPLES)
def path(request: pytest.FixtureRequest) -> Path:
    return EXAMPLES[request.param]


def test_every_experiment_is_in_the_menu() -> None:
    assert sorted(EXAMPLES.values()) == sorted((resources_directory() / "experiments").glob("*.chainrule"))
    assert example_paths()[0] == OPENING_EXAMPLE


def test_it_is_written_in_the_style_of_the_program(path: Path) -> None:
    data = path.read_bytes()
    assert encode_experiment(decode_experiment(data)) == data


def test_every_argument_is_given(path: Path) -> None:
    """Nothing is left to defaults that a later version might change."""
    experiment = read_experiment(path)
    # What came with a later version of the file need not be said.
    assert encode_experiment(check_experiment(experiment)) == path.read_bytes()
    assert experiment.title


def test_it_learns(path: Path) -> None:
    found = losses(opened(path.stem), 20)
    # The slow start of a saturated neuron is what its example shows.
    assert found[-1] < found[0] / 2 or path.stem in ("mazur-2-2-2", "nielsen-saturated-neuron")
    assert found[4] < found[1] < found[0]


# What CS231n prints, to its two digits: values of the forward pass, and gradients.
CIRCUITS = {
    "cs231n-circuit": {"q": 3, "f": -12, "f.grad": 1, "q.grad": -4, "z.grad": 3, "x.grad": -4, "y.grad": -4},
    "cs231n-sigmoid-circuit": {
        **{"s": 1.00, "f": 0.73, "s.grad": 0.20},
        **{"w0.grad": -0.20, "x0.grad": 0.39, "w1.grad": -0.39, "x1.grad": -0.59, "w2.grad": 0.20},
    },
    "cs231n-max-circuit": {"f": -20, "x.grad": -8, "y.grad": 6, "z.grad": 2, "w.grad": 0},
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_circuits_have_the_published_numbers(name: str) -> None:
    values = next(Executor(opened(name)).iterations()).values
    found = {ref: values[ValueRef(ref)].item() for ref in CIRCUITS[name]}
    assert {ref: round(number, 2) for ref, number in found.items()} == CIRCUITS[name]


def test_the_sigmoid_is_taken_apart_as_it_is_published() -> None:
    executor = Executor(opened("cs231n-sigmoid-circuit"))
    values = next(executor.iterations()).values
    # -1 times, e to the power of, 1 more, and 1 divided by it: 1.00, -1.00, 0.37, 1.37, 0.73 forward.
    chain = ["s", *executor.program.steps[executor.program.index[ValueRef("f")]].reads]
    while chain[-1] != "s":
        chain += executor.program.steps[executor.program.index[ValueRef(chain[-1])]].reads
    nodes = ["f", *chain[1:]]
    assert [round(values[ValueRef(node)].item(), 2) for node in nodes] == [0.73, 1.37, 0.37, -1.00, 1.00]
    gradients = [round(values[refs.grad(ValueRef(node))].item(), 2) for node in nodes]
    assert gradients == [1.00, -0.53, -0.53, -0.20, 0.20]


def test_the_valley_leads_to_its_lowest_point() -> None:
    training = Training(Executor(opened("rosenbrock")))
    list(training.run(5000))
    assert [training.state.values[ValueRef(name)].item() for name in "xy"] == pytest.approx([1, 1], abs=1e-6)


def test_momentum_swings_past_the_lowest_point() -> None:
    training = Training(Executor(opened("parabola-momentum")))
    places = [training.state.values[ValueRef("x")].item()]
    for count in range(1, 60):
        list(training.run(count))
        places.append(training.state.values[ValueRef("x")].item())
    assert min(places) < -1
    assert abs(places[-1]) < 1


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
