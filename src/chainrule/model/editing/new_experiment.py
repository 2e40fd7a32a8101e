"""A new experiment: a small network with data to begin with, ready to step."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.catalog.arguments import Choice, Integer
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import (
    FORMULA_LOSS,
    MAX_LAYERS,
    MAX_UNITS,
    DataSpec,
    Experiment,
    LayerSpec,
    NetworkSpec,
    check_network,
    check_units,
)
from chainrule.catalog.experiment.spec_error import expected

ROWS = Integer("rows", 4, "rows", minimum=1, maximum=10_000)
TITLE = "New experiment"
# Of the hidden layers: the first is chosen unless another is.
HIDDEN_ACTIVATIONS = ("Tanh", "ReLU", "Sigmoid")
LR = 0.1
# Nobody knows how steep a formula is.
FORMULA_LR = 0.01
LEAST_CLASSES = 2


def new_experiment(
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    rows: int,
    *,
    activation: str = HIDDEN_ACTIVATIONS[0],
    classes: bool = False,
) -> Experiment:
    """Return a network with hidden layers of so many units, weights as torch draws them, and rows of zeros and ones.

    The rows count upwards in binary, as a truth table does. Of `classes` there is one for each output; the class of a
    row is how many of its inputs are 1, counted round. Where the targets are numbers, the first says whether an odd
    number of its inputs are 1 (of two inputs: exclusive or), each further one repeats a digit. Raises `SpecError` where
    a number is too large or too small.
    """
    check_units(inputs, "$.network.inputs")
    if len(hidden) >= MAX_LAYERS:
        raise expected("$.network.layers", f"at most {MAX_LAYERS} layers", len(hidden) + 1)
    for layer, units in enumerate((*hidden, outputs)):
        check_units(units, f"$.network.layers[{layer}].units")
    if classes and outputs < LEAST_CLASSES:
        wanted = f"an integer from {LEAST_CLASSES} to {MAX_UNITS}"
        raise expected(f"$.network.layers[{len(hidden)}].units", wanted, outputs, "each class has an output")
    ROWS.check(rows, "$.rows")
    layers = [LayerSpec(units, Choice(activation)) for units in hidden]
    network = NetworkSpec(inputs, (*layers, LayerSpec(outputs)))
    data = DataSpec(
        Rows.of(tuple(_digit(row, inputs - 1 - column) for column in range(inputs)) for row in range(rows)),
        Rows.of(_targets(row, inputs, outputs, classes) for row in range(rows)),
    )
    loss = Choice("CrossEntropyLoss" if classes else "MSELoss")
    return Experiment(network, data, loss=loss, optimizer=Choice("SGD", {"lr": LR}), title=TITLE)


def new_formula(lines: Sequence[str]) -> Experiment:
    """Return a formula with the parameters 1, 2, 3, ... in the order in which they are read: to be worked out by hand.

    Raises `SpecError` where the lines make none.
    """
    network = NetworkSpec(0, (), tuple(lines))
    check_network(network)
    numbers = {ref: float(place) for place, ref in enumerate(network.parameter_shapes(), 1)}
    optimizer = Choice("SGD", {"lr": FORMULA_LR})
    return Experiment(
        network, DataSpec(Rows(), Rows()), loss=FORMULA_LOSS, optimizer=optimizer, title=TITLE, parameters=numbers
    )


def _digit(row: int, place: int) -> float:
    return float(row >> place & 1) if place < MAX_UNITS.bit_length() else 0.0


def _targets(row: int, inputs: int, outputs: int, classes: bool) -> Row:
    ones = (row & ((1 << min(inputs, MAX_UNITS.bit_length())) - 1)).bit_count()
    if classes:
        return (float(ones % outputs),)
    return (float(ones % 2), *(_digit(row, output) for output in range(outputs - 1)))
