"""A new experiment: a small network with data to begin with, ready to step."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.engine.arguments import Choice, Integer
from chainrule.engine.spec import MAX_LAYERS, MAX_UNITS, DataSpec, Experiment, LayerSpec, NetworkSpec, check_units
from chainrule.engine.spec_error import expected

ROWS = Integer("rows", 4, "rows", minimum=1, maximum=10_000)
TITLE = "New experiment"
HIDDEN_ACTIVATION = "Tanh"
LR = 0.1


def new_experiment(inputs: int, hidden: Sequence[int], outputs: int, rows: int) -> Experiment:
    """A network with hidden layers of so many units, weights as torch draws them, and rows of zeros and ones.

    The rows count upwards in binary, as a truth table does. The first target says whether an odd number of its inputs
    are 1 (of two inputs: exclusive or), each further one repeats a digit. Raises `SpecError` where a number is too
    large or too small.
    """
    check_units(inputs, "$.network.inputs")
    if len(hidden) >= MAX_LAYERS:
        raise expected("$.network.layers", f"at most {MAX_LAYERS} layers", len(hidden) + 1)
    for layer, units in enumerate((*hidden, outputs)):
        check_units(units, f"$.network.layers[{layer}].units")
    ROWS.check(rows, "$.rows")
    layers = [LayerSpec(units, Choice(HIDDEN_ACTIVATION)) for units in hidden]
    network = NetworkSpec(inputs, (*layers, LayerSpec(outputs)))
    data = DataSpec(
        tuple(tuple(_digit(row, inputs - 1 - column) for column in range(inputs)) for row in range(rows)),
        tuple(tuple(_target(row, inputs, output) for output in range(outputs)) for row in range(rows)),
    )
    return Experiment(network, data, optimizer=Choice("SGD", {"lr": LR}), title=TITLE)


def _digit(row: int, place: int) -> float:
    return float(row >> place & 1) if place < MAX_UNITS.bit_length() else 0.0


def _target(row: int, inputs: int, output: int) -> float:
    shown = row & ((1 << min(inputs, MAX_UNITS.bit_length())) - 1)
    return float(shown.bit_count() % 2) if output == 0 else _digit(row, output - 1)
