"""Encoding: the bytes of the file that an experiment is kept in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice, SpecError
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec, check_structure
from chainrule.catalog.experiment.versions import version_of, without_news
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.schedules.schedulers import PARTS, SCHEDULERS
from chainrule.catalog.tables import Entry
from chainrule.model.files.file_format import FORMAT, check_size
from chainrule.model.files.rendering import listed, rendered

_LEFT_OUT_EMPTY = (
    "title",
    "parameters",
    "frozen",
    "data",
    "loss",
    "clipping",
    "scheduler",
    "penalties",
    "parameter_groups",
    "state",
)


def encode_experiment(experiment: Experiment) -> bytes:
    """Return the bytes of a file that decodes to an equal experiment; keys in the contract's order, every digit."""
    check_structure(experiment)
    return b"".join(encoded(experiment))


def encoded(experiment: Experiment) -> Iterator[bytes]:
    """Yield the same piece by piece, each about a millisecond's work, of an experiment whose structure has been
    checked.

    What no file can hold is a `SpecError`, perhaps after some pieces.
    """
    size = 0
    try:
        for text in chain(rendered(_document(experiment)), "\n"):
            piece = text.encode()
            size += len(piece)
            check_size(size, "$")
            yield piece
    except UnicodeEncodeError:
        raise SpecError("$", "text that is not valid Unicode") from None


def _document(experiment: Experiment) -> dict[str, object]:
    """Return the file's objects, their keys in the contract's order; what is empty is left out."""
    network, data, first = experiment.network, experiment.data, experiment.initialization
    given = {ref: experiment.parameters.get(ref) for ref in network.parameter_shapes()}
    document = {
        "format": FORMAT,
        "version": version_of(experiment),
        "title": experiment.title,
        "network": _network_object(network),
        "initialization": {**_choice_object(first.scheme, INITIALIZERS, "scheme"), "seed": first.seed},
        "parameters": {ref: listed(numbers) for ref, numbers in given.items() if numbers is not None},
        "frozen": [ref for ref in given if ref in experiment.frozen],
        "data": {} if network.formula else _data_object(data),
        "loss": {} if network.formula else _choice_object(experiment.loss, LOSSES),
        "optimizer": _choice_object(experiment.optimizer, OPTIMIZERS),
        "clipping": experiment.clipping and _choice_object(experiment.clipping, CLIPPINGS),
        "scheduler": experiment.scheduler and _choice_object(experiment.scheduler, SCHEDULERS),
        "dtype": experiment.dtype,
        "device": experiment.device,
        "penalties": [
            {**_choice_object(penalty.choice, PENALTIES), "parameters": list(penalty.parameters)}
            for penalty in experiment.penalties
        ],
        "parameter_groups": [
            {"parameters": list(group.parameters), **{name: _plain(value) for name, value in group.arguments.items()}}
            for group in experiment.parameter_groups
        ],
        "state": experiment.state
        and {
            "iteration": experiment.state.iteration,
            "values": {ref: listed(numbers) for ref, numbers in experiment.state.values.items()},
        },
    }
    return {key: value for key, value in document.items() if value or key not in _LEFT_OUT_EMPTY}


def _network_object(network: NetworkSpec) -> dict[str, object]:
    if network.formula:
        return {"formula": list(network.formula)}
    return {"inputs": network.inputs, "layers": [_layer_object(layer) for layer in network.layers]}


def _data_object(data: DataSpec) -> dict[str, object]:
    return {
        "inputs": listed(data.inputs),
        "targets": listed(data.targets),
        "batch_size": data.batch_size,
        "shuffle": data.shuffle,
        "seed": data.seed,
        **({"test_size": data.test_size} if data.test_size else {}),
        **({"accumulate": data.accumulate} if data.accumulate != 1 else {}),
    }


def _layer_object(layer: LayerSpec) -> dict[str, object]:
    """Return a layer's object; what it has in common with the whole experiment is left out."""
    found: dict[str, object] = {
        "units": layer.units,
        "activation": _choice_object(layer.activation, ACTIVATIONS),
        "bias": layer.bias,
    }
    if layer.initialization is not None:
        found["initialization"] = _choice_object(layer.initialization, INITIALIZERS, "scheme")
    if layer.lr is not None:
        found["lr"] = layer.lr
    return found


def _choice_object(choice: Choice, table: Mapping[str, Entry], key: str = "name") -> dict[str, object]:
    entry = table.get(choice.name)
    arguments = without_news(choice, entry.arguments if entry else ()).arguments
    return {key: choice.name, **{name: _plain(value) for name, value in arguments.items()}}


def _plain(value: ArgumentValue) -> object:
    """Return an argument's value as JSON has it."""
    if isinstance(value, Choice):
        # A part of a sequence: no other argument is a choice.
        return _choice_object(value, PARTS)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
