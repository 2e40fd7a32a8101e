"""Experiments for tests: the published ones by name, and hypothesis strategies for all others.

The strategies draw from the tables, so that a new activation, loss or optimizer is tested as soon as it
is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Argument, Choice, Flag, Number, Word, suggested
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import (
    MAX_SEED,
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
    PenaltySpec,
)
from chainrule.catalog.experiment.targets import needs_probabilities, targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import complete
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment

SIGMOID = Choice("Sigmoid")
HALF_SQUARED_ERROR = Choice("HalfSquaredError", {"reduction": "sum"})


def sgd(lr: float, momentum: float = 0.0) -> Choice:
    """Stochastic gradient descent, with every argument filled in."""
    return complete(OPTIMIZERS, Choice("SGD", {"lr": lr, "momentum": momentum}), "$.optimizer")


def penalized(experiment: Experiment) -> Experiment:
    """The experiment with L2 on its weights and, by a pattern, L1 on all of its last layer."""
    last = f"layers.{len(experiment.network.layers) - 1}.*"
    l2, l1 = Choice("L2", {"factor": 0.01, "half": False}), Choice("L1", {"factor": 0.02})
    return replace(experiment, penalties=(PenaltySpec(l2), PenaltySpec(l1, (last,))))


def parameters(values: Mapping[str, NestedNumbers]) -> dict[ValueRef, NestedNumbers]:
    """Parameters by name, with the type that an experiment asks for."""
    return {ValueRef(ref): value for ref, value in values.items()}


def article(**changes: Any) -> Experiment:
    """The article's 2-2-1 network, with weights that make the numbers easy to follow by hand."""
    experiment = Experiment(
        title="SimpleNN 2-2-1",
        network=NetworkSpec(2, (LayerSpec(2, Choice("ReLU")), LayerSpec(1))),
        data=DataSpec(inputs=((1.0, 2.0), (3.0, 4.0)), targets=((1.0,), (2.0,))),
        parameters=parameters(
            {
                "layers.0.weight": ((0.1, 0.2), (0.3, 0.4)),
                "layers.0.bias": (0.0, 0.0),
                "layers.1.weight": ((0.5, -0.6),),
                "layers.1.bias": (0.1,),
            }
        ),
        optimizer=sgd(0.01),
    )
    return check_experiment(replace(experiment, **changes))


def mazur(**changes: Any) -> Experiment:
    """Mazur's 2-2-2 sigmoid network (mattmazur.com, 2015-03-17): half the squared error, biases frozen."""
    experiment = Experiment(
        title="Mazur 2-2-2",
        network=NetworkSpec(2, (LayerSpec(2, SIGMOID), LayerSpec(2, SIGMOID))),
        data=DataSpec(inputs=((0.05, 0.10),), targets=((0.01, 0.99),)),
        parameters=parameters(
            {
                "layers.0.weight": ((0.15, 0.20), (0.25, 0.30)),
                "layers.0.bias": (0.35, 0.35),
                "layers.1.weight": ((0.40, 0.45), (0.50, 0.55)),
                "layers.1.bias": (0.60, 0.60),
            }
        ),
        frozen=frozenset(parameters({"layers.0.bias": (), "layers.1.bias": ()})),
        loss=HALF_SQUARED_ERROR,
        optimizer=sgd(0.5),
    )
    return check_experiment(replace(experiment, **changes))


def neuron(
    activation: str, x: tuple[float, ...], w: tuple[float, ...], b: float, target: float, lr: float
) -> Experiment:
    """One neuron, half the squared error, one sample."""
    return check_experiment(
        Experiment(
            network=NetworkSpec(len(x), (LayerSpec(1, Choice(activation)),)),
            data=DataSpec(inputs=(x,), targets=((target,),)),
            parameters=parameters({"layers.0.weight": (w,), "layers.0.bias": (b,)}),
            loss=HALF_SQUARED_ERROR,
            optimizer=sgd(lr),
        )
    )


def dense(sizes: tuple[int, ...], rows: int, **changes: Any) -> Experiment:
    """ReLU layers and an Identity at the end, torch's initialization, data in even steps from -1 to 1."""
    layers = [LayerSpec(units, Choice("ReLU")) for units in sizes[1:-1]]
    experiment = Experiment(
        network=NetworkSpec(sizes[0], (*layers, LayerSpec(sizes[-1]))),
        data=DataSpec(inputs=_even(rows, sizes[0]), targets=_even(rows, sizes[-1])),
        optimizer=sgd(0.01),
    )
    return check_experiment(replace(experiment, **changes))


def _even(rows: int, columns: int) -> Rows:
    last = max(rows * columns - 1, 1)
    values = [2 * index / last - 1 for index in range(rows * columns)]
    return tuple(tuple(values[row * columns : (row + 1) * columns]) for row in range(rows))


# Ranges in which training stays tame, so that rounding alone separates two ways to compute it. Other numbers
# are drawn where an entry gives them both ends, and left at their default where it does not.
NUMBERS: dict[str, st.SearchStrategy[Any]] = {
    "lr": st.floats(0.0, 0.05),
    "momentum": st.sampled_from([0.0, 0.5, 0.9]),
    "dampening": st.sampled_from([0.0, 0.25]),
    "weight_decay": st.sampled_from([0.0, 0.1]),
    "betas": st.sampled_from([(0.9, 0.999), (0.5, 0.75)]),
    # With a small epsilon a gradient that is 0 but for rounding makes a step of full size.
    "eps": st.sampled_from([1e-3, 0.1]),
    "lr_decay": st.sampled_from([0.0, 0.5]),
    "initial_accumulator_value": st.sampled_from([0.0, 0.5]),
    "momentum_decay": st.sampled_from([0.0, 0.1]),
    "etas": st.sampled_from([(0.5, 1.2), (0.25, 2.0)]),
    "lambd": st.sampled_from([0.0, 0.1]),
    "ASGD.alpha": st.sampled_from([0.75, 1.0]),
    "t0": st.sampled_from([0.0, 1.5, 1e6]),
    "beta2_decay": st.sampled_from([-0.8, -0.5]),
    "d": st.sampled_from([1.0, 2.0]),
    "Adafactor.eps": st.sampled_from([(1e-3, 1e-3), (0.1, 0.1)]),
    "RMSprop.alpha": st.sampled_from([0.5, 0.9, 0.99]),
    "SmoothL1Loss.beta": st.sampled_from([0.0, 0.25, 1.0, 2.0]),
    "HuberLoss.delta": st.sampled_from([0.25, 1.0, 2.0]),
    "LeakyReLU.negative_slope": st.floats(-1.0, 1.0),
    "ELU.alpha": st.sampled_from([1.0, 0.5, 2.0]),
    "CELU.alpha": st.sampled_from([1.0, 0.5, 2.0]),
    "Softplus.beta": st.sampled_from([1.0, 0.5, 2.0]),
    "Softplus.threshold": st.sampled_from([20.0, 0.25]),
    "Hardtanh.min_val": st.floats(-1.0, 0.0),
    "Hardtanh.max_val": st.floats(0.125, 1.0),
    "PReLU.init": st.floats(-1.0, 1.0),
    "Softmax.dim": st.sampled_from([None, 1, -1]),
    "LogSoftmax.dim": st.sampled_from([None, 1, -1]),
}
UNIT = st.floats(-1.0, 1.0, allow_subnormal=False)


def arguments(argument: Argument, entry: str = "") -> st.SearchStrategy[Any]:
    """Values of one argument of a table's entry."""
    if isinstance(argument, Word):
        return st.sampled_from(argument.choices)
    if isinstance(argument, Flag):
        return st.booleans()
    for name in (f"{entry}.{argument.name}", argument.name):
        if name in NUMBERS:
            return NUMBERS[name]
    if not isinstance(argument, Number) or argument.minimum is None or argument.maximum is None:
        return st.just(argument.default)
    return st.floats(argument.minimum, argument.maximum)


def usual(table: Mapping[str, Any], name: str, **arguments: Any) -> Choice:
    """An entry of a table with what the window begins with: defaults, and what a file has to give."""
    return suggested(name, table[name].arguments, arguments)


def choices(table: Mapping[str, Any]) -> st.SearchStrategy[Choice]:
    """Any entry of a table, with any arguments."""
    entries = [
        st.builds(Choice, st.just(name), st.fixed_dictionaries({a.name: arguments(a, name) for a in entry.arguments}))
        for name, entry in table.items()
    ]
    return st.one_of(entries)


def possible(choice: Choice) -> Choice:
    """The optimizer, with what Nesterov's momentum asks for."""
    if choice.arguments.get("nesterov"):
        return choice.replace(momentum=choice.number("momentum") or 0.9, dampening=0.0)
    return choice


# Made once: hypothesis takes longer to make a strategy than to draw from it.
SEEDS = st.integers(0, MAX_SEED)
ACTIVATION_CHOICES = choices(ACTIVATIONS)
LOSS_CHOICES = choices(LOSSES)
OPTIMIZER_CHOICES = choices(OPTIMIZERS).map(possible)


@cache
def rows_of(rows: int, columns: int) -> st.SearchStrategy[Rows]:
    """A matrix of numbers from -1 to 1."""
    row = st.lists(UNIT, min_size=columns, max_size=columns).map(tuple)
    return st.lists(row, min_size=rows, max_size=rows).map(tuple)


def _layer(units: int, activation: Choice, bias: bool, own_slopes: bool) -> LayerSpec:
    """A layer; where its activation learns slopes, it has one, or one for each unit."""
    if "num_parameters" in activation.arguments:
        activation = activation.replace(num_parameters=units if own_slopes else 1)
    return LayerSpec(units, activation, bias)


@cache
def networks(depth: int = 4, width: int = 6) -> st.SearchStrategy[NetworkSpec]:
    """Fully connected networks up to a depth and a width."""
    layers = st.builds(_layer, st.integers(1, width), ACTIVATION_CHOICES, st.booleans(), st.booleans())
    chains = st.lists(layers, min_size=1, max_size=depth).map(tuple)
    return st.builds(NetworkSpec, st.integers(1, width), chains)


def suited(network: NetworkSpec, loss: Choice) -> NetworkSpec:
    """The network, with outputs that the loss can take."""
    if not needs_probabilities(loss):
        return network
    *hidden, last = network.layers
    return replace(network, layers=(*hidden, replace(last, activation=SIGMOID)))


@cache
def targets_for(rows: int, outputs: int, kind: Targets) -> st.SearchStrategy[Rows]:
    """Targets of the kind that a loss takes."""

    def table_of(number: st.SearchStrategy[float], columns: int = outputs) -> st.SearchStrategy[Rows]:
        row = st.lists(number, min_size=columns, max_size=columns).map(tuple)
        return st.lists(row, min_size=rows, max_size=rows).map(tuple)

    classes = table_of(st.integers(0, outputs - 1).map(float), columns=1)
    weights = st.lists(st.integers(0, 4), min_size=outputs, max_size=outputs).filter(any)
    shares = weights.map(lambda row: tuple(weight / sum(row) for weight in row))
    distributions = st.lists(shares, min_size=rows, max_size=rows).map(tuple)
    return {
        Targets.FRACTIONS: table_of(st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0, allow_subnormal=False)),
        Targets.SIGNS: table_of(st.sampled_from([-1.0, 1.0])),
        Targets.CLASSES: classes,
        # One column always means classes.
        Targets.DISTRIBUTIONS: classes | distributions if outputs > 1 else classes,
    }.get(kind, rows_of(rows, outputs))


@st.composite
def data_for(draw: st.DrawFn, network: NetworkSpec, loss: Choice, rows: int = 5) -> DataSpec:
    """Data that fits a network and its loss, in batches or not, shuffled or not."""
    count = draw(st.integers(1, rows))
    return DataSpec(
        inputs=draw(rows_of(count, network.inputs)),
        targets=draw(targets_for(count, network.outputs, targets_of(loss))),
        batch_size=draw(st.none() | st.integers(1, count)),
        shuffle=draw(st.booleans()),
        seed=draw(SEEDS),
    )


@st.composite
def experiments(draw: st.DrawFn, dtype: str = "float64") -> Experiment:
    """Any experiment that can be computed on the CPU; parameters are given in part, and frozen in part."""
    loss = draw(LOSS_CHOICES)
    network = suited(draw(networks()), loss)
    shapes = network.parameter_shapes()
    given = {}
    for ref in draw(st.sets(st.sampled_from(sorted(shapes)), max_size=2)):
        *rows, columns = shapes[ref]
        values = draw(rows_of(rows[0] if rows else 1, columns))
        given[ref] = values if rows else values[0]
    experiment = Experiment(
        network=network,
        data=draw(data_for(network, loss)),
        loss=loss,
        optimizer=draw(OPTIMIZER_CHOICES),
        initialization=InitializationSpec(seed=draw(SEEDS)),
        parameters=given,
        frozen=frozenset(draw(st.sets(st.sampled_from(sorted(shapes))))),
        dtype=dtype,
    )
    return check_experiment(experiment)
