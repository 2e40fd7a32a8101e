"""What is refused, where, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, Number, SpecError, describe, one_of
from chainrule.catalog.experiment.numbers import LARGEST
from chainrule.catalog.experiment.spec import (
    MAX_PARAMETERS,
    MAX_SEED,
    MAX_UNITS,
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
    check_structure,
)
from chainrule.catalog.loss import REDUCTION
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import LEARNING_RATE, OPTIMIZERS
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.machine.devices import available_devices, check_device, device_label
from tests.experiments import article, experiments, parameters, sgd

INF, NAN = float("inf"), float("nan")
W, B = "layers.0.weight", "layers.0.bias"


def network(inputs: int, *units: int) -> dict[str, Any]:
    """The article's experiment with another network."""
    return {"network": NetworkSpec(inputs, tuple(LayerSpec(n) for n in units))}


def activated(**choice: Any) -> dict[str, Any]:
    """The article's network with another second activation."""
    layers = article().network.layers
    return {"network": NetworkSpec(2, (layers[0], replace(layers[1], activation=Choice(**choice))))}


def data(inputs: Any = ((1.0, 2.0), (3.0, 4.0)), targets: Any = ((1.0,), (2.0,)), **others: Any) -> dict[str, Any]:
    """The article's experiment with other data."""
    return {"data": DataSpec(inputs, targets, **others)}


def given_parameters(ref: str, value: Any) -> dict[str, Any]:
    """The article's experiment with one parameter given."""
    return {"parameters": parameters({ref: value})}


THIS_NETWORK = "this network has layers.0.weight, layers.0.bias, layers.1.weight or layers.1.bias"
SEED_RANGE = f"expected an integer from 0 to {MAX_SEED}"

STRUCTURE = [
    (network(0, 2, 1), "$.network.inputs", f"expected an integer from 1 to {MAX_UNITS}, got 0"),
    (network(-1, 1), "$.network.inputs", f"expected an integer from 1 to {MAX_UNITS}, got -1"),
    (network(2), "$.network.layers", "expected at least 1 layer, got 0"),
    (network(2, 0, 1), "$.network.layers[0].units", f"expected an integer from 1 to {MAX_UNITS}, got 0"),
    (
        network(2, 2, MAX_UNITS + 1),
        "$.network.layers[1].units",
        f"expected an integer from 1 to {MAX_UNITS}, got {MAX_UNITS + 1}",
    ),
    (
        network(MAX_UNITS, MAX_UNITS),
        "$.network",
        f"expected at most {MAX_PARAMETERS} parameters, got {MAX_UNITS**2 + MAX_UNITS}",
    ),
    (data(()), "$.data.inputs", "expected at least 1 row, got 0"),
    (
        data(targets=((1.0,),)),
        "$.data.targets",
        "expected 2 rows, one for each row of inputs, got 1",
    ),
    (
        data(inputs=((1.0, 2.0),)),
        "$.data.targets",
        "expected 1 row, one for each row of inputs, got 2",
    ),
    (data(inputs=((1.0, 2.0), (3.0,))), "$.data.inputs[1]", "expected 2 numbers, got 1"),
    (data(targets=((1.0,), (2.0, 3.0))), "$.data.targets[1]", "expected 1 number, got 2"),
    (data(inputs=((1.0, 2.0), (3.0, NAN))), "$.data.inputs[1][1]", "expected a finite number, got nan"),
    (data(targets=((INF,), (2.0,))), "$.data.targets[0][0]", "expected a finite number, got inf"),
    (data(targets=((1.0,), ("2",))), "$.data.targets[1][0]", 'expected a finite number, got "2"'),
    (data(targets=((1.0,), (True,))), "$.data.targets[1][0]", "expected a finite number, got true"),
    (data(targets=((1.0,), 2.0)), "$.data.targets[1]", "expected a list of 1 number, got 2.0"),
    (data(batch_size=0), "$.data.batch_size", "expected null or an integer from 1 to 2, got 0"),
    (data(batch_size=3), "$.data.batch_size", "expected null or an integer from 1 to 2, got 3"),
    (data(seed=-1), "$.data.seed", f"{SEED_RANGE}, got -1"),
    (data(seed=MAX_SEED + 1), "$.data.seed", f"{SEED_RANGE}, got {MAX_SEED + 1}"),
    (
        given_parameters("layers.2.weight", ()),
        "$.parameters.layers.2.weight",
        f"no such parameter; {THIS_NETWORK}",
    ),
    (given_parameters("weight", ()), "$.parameters.weight", f"no such parameter; {THIS_NETWORK}"),
    (given_parameters(W, ((1.0, 2.0),)), f"$.parameters.{W}", "expected 2 rows, got 1"),
    (given_parameters(W, (1.0, 2.0)), f"$.parameters.{W}[0]", "expected a list of 2 numbers, got 1.0"),
    (given_parameters(W, ((1.0, 2.0), (3.0,))), f"$.parameters.{W}[1]", "expected 2 numbers, got 1"),
    (given_parameters(W, 1.0), f"$.parameters.{W}", "expected a list of 2 rows, got 1.0"),
    (given_parameters(B, (1.0,)), f"$.parameters.{B}", "expected 2 numbers, got 1"),
    (given_parameters(B, (1.0, -INF)), f"$.parameters.{B}[1]", "expected a finite number, got -inf"),
    (
        {"frozen": frozenset({"layers.0.wait"})},
        "$.frozen",
        f'no parameter "layers.0.wait"; {THIS_NETWORK}',
    ),
    ({"initialization": InitializationSpec(seed=-5)}, "$.initialization.seed", f"{SEED_RANGE}, got -5"),
    ({"dtype": "float16"}, "$.dtype", 'expected float64 or float32, got "float16"'),
    (
        {"dtype": "float32", **data(inputs=((1.0, 2.0), (3.0, -1e39)))},
        "$.data.inputs[1][1]",
        "expected a number that float32 can hold, got -1e+39",
    ),
    (
        {"dtype": "float32", **given_parameters(B, (0.0, 3.5e38))},
        f"$.parameters.{B}[1]",
        "expected a number that float32 can hold, got 3.5e+38",
    ),
]

TABLES = [
    (
        activated(name="Relu"),
        "$.network.layers[1].activation.name",
        f'expected {one_of(ACTIVATIONS)}, got "Relu"',
    ),
    (
        activated(name="Tanh", arguments={"slope": 1.0}),
        "$.network.layers[1].activation.slope",
        "unknown key; Tanh takes no arguments",
    ),
    ({"loss": Choice("MSE")}, "$.loss.name", f'expected {one_of(LOSSES)}, got "MSE"'),
    (
        {"loss": Choice("MSELoss", {"reduction": "none"})},
        "$.loss.reduction",
        'expected mean, sum or batchmean, got "none"',
    ),
    (
        {"loss": Choice("MSELoss", {"reduction": 1.0})},
        "$.loss.reduction",
        "expected mean, sum or batchmean, got 1.0",
    ),
    ({"loss": Choice("MSELoss", {"size": 1.0})}, "$.loss.size", "unknown key; MSELoss takes reduction"),
    ({"optimizer": Choice("sgd")}, "$.optimizer.name", f'expected {one_of(OPTIMIZERS)}, got "sgd"'),
    (
        {"optimizer": Choice("SGD", {"learning_rate": 0.1})},
        "$.optimizer.learning_rate",
        "unknown key; SGD takes lr, momentum, dampening, weight_decay, nesterov, maximize",
    ),
    (
        {"optimizer": Choice("SGD", {"lr": -0.1})},
        "$.optimizer.lr",
        "expected a number of at least 0, got -0.1",
    ),
    ({"optimizer": Choice("SGD", {"lr": NAN})}, "$.optimizer.lr", "expected a finite number, got nan"),
    ({"optimizer": Choice("SGD", {"lr": "fast"})}, "$.optimizer.lr", 'expected a finite number, got "fast"'),
    ({"optimizer": Choice("SGD", {"lr": True})}, "$.optimizer.lr", "expected a finite number, got true"),
    (
        {"optimizer": Choice("SGD", {"momentum": INF})},
        "$.optimizer.momentum",
        "expected a finite number, got inf",
    ),
    (
        {"dtype": "float32", "optimizer": sgd(1e300)},
        "$.optimizer.lr",
        "expected a number that float32 can hold, got 1e+300",
    ),
    ({"device": "abacus"}, "$.device", None),
    ({"device": ""}, "$.device", None),
]


def refused(check: Any, changes: dict[str, Any]) -> SpecError:
    """The error that the article's experiment with these changes gives."""
    base = Experiment(network=article().network, data=article().data)
    with pytest.raises(SpecError) as error:
        check(replace(base, **changes))
    assert "\n" not in str(error.value)
    return error.value


@pytest.mark.parametrize(("changes", "path", "message"), STRUCTURE)
@pytest.mark.parametrize("check", [check_structure, check_experiment])
def test_structure(check: Any, changes: dict[str, Any], path: str, message: str) -> None:
    error = refused(check, changes)
    assert (error.path, error.message) == (path, message)
    assert str(error) == f"{path}: {message}"


@pytest.mark.parametrize(("changes", "path", "message"), TABLES)
def test_names_and_arguments(changes: dict[str, Any], path: str, message: str | None) -> None:
    error = refused(check_experiment, changes)
    assert error.path == path
    assert message is None or error.message == message


def test_the_first_of_several_faults_is_named() -> None:
    error = refused(check_experiment, {**network(2, 0), **data(()), "dtype": "int8"})
    assert error.path == "$.dtype"


# ------------------------------------------------------------------------------------------- what is accepted


def test_defaults_are_filled_in() -> None:
    checked = check_experiment(replace(article(), loss=Choice("MSELoss"), optimizer=Choice("SGD", {"momentum": 1})))
    assert checked.loss == Choice("MSELoss", {"reduction": "mean"})
    assert checked.optimizer == sgd(0.001, 1.0)
    assert checked.optimizer["nesterov"] is False
    assert isinstance(checked.optimizer["momentum"], float)


@given(experiments())
def test_a_checked_experiment_stays_as_it_is(experiment: Experiment) -> None:
    assert check_experiment(experiment) == experiment


def test_extremes_that_can_be_computed_are_accepted() -> None:
    largest = LARGEST["float32"]
    assert torch.tensor(largest, dtype=torch.float32).item() == largest == torch.finfo(torch.float32).max
    assert LARGEST["float64"] == torch.finfo(torch.float64).max
    check_experiment(
        article(dtype="float32", optimizer=sgd(largest, momentum=largest), **data(targets=((largest,),) * 2))
    )
    check_experiment(article(optimizer=sgd(1e308), **data(targets=((-1e308,), (5e-324,)), seed=MAX_SEED)))
    check_structure(Experiment(NetworkSpec(4_000, (LayerSpec(4_000),)), DataSpec(((0.0,) * 4_000,), ((0.0,) * 4_000,))))


# -------------------------------------------------------------------------------------------------- arguments

ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.floats()), st.just(10**400)
)


@given(ANYTHING)
def test_a_number_is_taken_or_refused_in_one_line(value: object) -> None:
    if type(value) in (int, float) and 0 <= value <= LARGEST["float64"]:  # type: ignore[operator]
        number = LEARNING_RATE.check(value, "$.optimizer.lr")
        assert isinstance(number, float)
        assert number == value or isinstance(value, int)
    else:
        with pytest.raises(SpecError, match=r"^\$\.optimizer\.lr: expected a ") as error:
            LEARNING_RATE.check(value, "$.optimizer.lr")
        assert len(str(error.value).splitlines()) == 1


@given(ANYTHING)
def test_a_word_is_taken_or_refused_in_one_line(value: object) -> None:
    if value in REDUCTION.choices:
        assert REDUCTION.check(value, "$") == value
    else:
        with pytest.raises(SpecError) as error:
            REDUCTION.check(value, "$")
        assert len(error.value.message.splitlines()) == 1


def test_both_ends_are_allowed() -> None:
    argument = Number("x", 0.5, "x", minimum=0.0, maximum=1.0)
    assert [argument.check(value, "$") for value in (0, 0.0, 1)] == [0.0, 0.0, 1.0]
    with pytest.raises(SpecError, match=r"^\$: expected a number from 0 to 1, got 1\.5$"):
        argument.check(1.5, "$")


def test_words_for_messages() -> None:
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b"]) == "a or b"
    assert one_of(["a", "b", "c"]) == "a, b or c"
    assert describe('say "no"') == '"say "no""'
    assert describe("two\nlines\u2028") == r'"two\nlines\u2028"'
    assert describe("é") == '"é"'
    assert describe("x" * 100) == '"' + "x" * 36 + "..."
    assert describe([1.0]) == "[1.0]"


def test_a_key_from_a_file_cannot_break_the_line() -> None:
    error = refused(check_experiment, {"optimizer": Choice("SGD", {"l\nr": 0.1})})
    assert str(error).startswith(r"$.optimizer.l\nr: unknown key")


def test_a_choice_can_be_changed() -> None:
    choice = sgd(0.1)
    assert choice.replace(lr=0.2) == sgd(0.2)
    assert choice == sgd(0.1)
    assert choice["lr"] == choice.number("lr") == 0.1


def test_shapes_are_those_of_torch() -> None:
    spec = NetworkSpec(3, (LayerSpec(4), LayerSpec(2, bias=False)))
    assert (spec.outputs, spec.fan_in(0), spec.fan_in(1)) == (2, 3, 4)
    assert spec.parameter_shapes() == {
        ValueRef("layers.0.weight"): (4, 3),
        ValueRef("layers.0.bias"): (4,),
        ValueRef("layers.1.weight"): (2, 4),
    }


# ---------------------------------------------------------------------------------------------------- devices


@pytest.fixture
def accelerator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with this kind of accelerator, this many of them, or none."""
    kind, count = request.param
    found = torch.device(kind) if kind else None
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: found)
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: count)


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize(
    ("accelerator", "devices"),
    [
        ((None, 0), ("cpu",)),
        (("cuda", 1), ("cpu", "cuda:0")),
        (("cuda", 2), ("cpu", "cuda:0", "cuda:1")),
        (("mps", 1), ("cpu", "mps")),
        (("xpu", 1), ("cpu", "xpu:0")),
    ],
    indirect=["accelerator"],
)
def test_devices_that_torch_finds(devices: tuple[str, ...]) -> None:
    assert available_devices() == devices
    for device in devices:
        check_device(replace(article(), device=device, dtype="float32"))


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize(
    ("accelerator", "device", "message"),
    [
        ((None, 0), "cuda", '"cuda" is not here; this machine has cpu'),
        ((None, 0), "mps", '"mps" is not here; this machine has cpu'),
        (("cuda", 1), "cuda:1", '"cuda:1" is not here; this machine has cpu or cuda:0'),
        (("cuda", 2), "mps", '"mps" is not here; this machine has cpu, cuda:0 or cuda:1'),
        (("mps", 1), "cuda", '"cuda" is not here; this machine has cpu or mps'),
        (("cuda", 1), "CPU", '"CPU" is not here; this machine has cpu or cuda:0'),
    ],
    indirect=["accelerator"],
)
def test_a_device_that_is_not_here(device: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        check_experiment(replace(article(), device=device))
    assert (error.value.path, error.value.message) == ("$.device", message)


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("accelerator", [("cuda", 1)], indirect=True)
def test_cuda_means_the_first_card() -> None:
    check_device(replace(article(), device="cuda"))


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize("accelerator", [("mps", 1)], indirect=True)
def test_mps_does_not_compute_float64() -> None:
    with pytest.raises(SpecError) as error:
        check_experiment(replace(article(), device="mps"))
    assert error.value.path == "$.dtype"
    assert error.value.message == "float64 is not computed by mps; use float32, or the device cpu"
    check_device(replace(article(), device="mps", dtype="float32"))


def test_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda name: "Card 3000")
    assert device_label("cpu") == "CPU"
    assert device_label("mps") == "MPS"
    assert device_label("cuda:0") == "Card 3000 (cuda:0)"
