"""The check that an experiment can be computed: shapes, table names and arguments, and the device."""

from __future__ import annotations

from dataclasses import replace

from chainrule.engine.activations import ACTIVATIONS
from chainrule.engine.devices import check_device
from chainrule.engine.losses import LOSSES
from chainrule.engine.optimizers import OPTIMIZERS
from chainrule.engine.spec import Experiment, check_number, check_structure
from chainrule.engine.tables import complete


def check_experiment(experiment: Experiment) -> Experiment:
    """Return the experiment with every argument filled in, or raise `SpecError` that names the place."""
    check_structure(experiment)
    layers = tuple(
        replace(layer, activation=complete(ACTIVATIONS, layer.activation, _activation_path(index)))
        for index, layer in enumerate(experiment.network.layers)
    )
    checked = replace(
        experiment,
        network=replace(experiment.network, layers=layers),
        loss=complete(LOSSES, experiment.loss, "$.loss"),
        optimizer=complete(OPTIMIZERS, experiment.optimizer, "$.optimizer"),
    )
    _check_arguments(checked)
    check_device(checked)
    return checked


def _activation_path(layer: int) -> str:
    return f"$.network.layers[{layer}].activation"


def _check_arguments(experiment: Experiment) -> None:
    """Refuse an argument that the dtype cannot hold: torch would, but only once it computes with it."""
    choices = {_activation_path(index): layer.activation for index, layer in enumerate(experiment.network.layers)}
    choices |= {"$.loss": experiment.loss, "$.optimizer": experiment.optimizer}
    for path, choice in choices.items():
        for name, value in choice.arguments.items():
            if isinstance(value, float):
                check_number(value, f"{path}.{name}", experiment.dtype)
