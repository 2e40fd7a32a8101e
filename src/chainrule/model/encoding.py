"""Encoding: the bytes of the file that an experiment is kept in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from chainrule.engine.arguments import Choice, SpecError, Value
from chainrule.engine.spec import Experiment, LayerSpec, check_structure
from chainrule.model.file_format import FORMAT, VERSION, check_size
from chainrule.model.rendering import listed, rendered

_LEFT_OUT_EMPTY = ("title", "parameters", "frozen", "clipping", "scheduler")


def encode_experiment(experiment: Experiment) -> bytes:
    """The bytes of a file that decodes to an equal experiment; keys in the contract's order, every digit."""
    check_structure(experiment)
    return b"".join(encoded(experiment))


def encoded(experiment: Experiment) -> Iterator[bytes]:
    """The same piece by piece, each about a millisecond's work, of an experiment whose structure has been checked.

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
    """The file's objects, their keys in the contract's order; what is empty is left out."""
    network, data, first = experiment.network, experiment.data, experiment.initialization
    layers = [_layer_object(layer) for layer in network.layers]
    given = {ref: experiment.parameters.get(ref) for ref in network.parameter_shapes()}
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": experiment.title,
        "network": {"inputs": network.inputs, "layers": layers},
        "initialization": {**_choice_object(first.scheme, "scheme"), "seed": first.seed},
        "parameters": {ref: listed(numbers) for ref, numbers in given.items() if numbers is not None},
        "frozen": [ref for ref in given if ref in experiment.frozen],
        "data": {
            "inputs": listed(data.inputs),
            "targets": listed(data.targets),
            "batch_size": data.batch_size,
            "shuffle": data.shuffle,
            "seed": data.seed,
            **({"test_size": data.test_size} if data.test_size else {}),
        },
        "loss": _choice_object(experiment.loss),
        "optimizer": _choice_object(experiment.optimizer),
        "clipping": experiment.clipping and _choice_object(experiment.clipping),
        "scheduler": experiment.scheduler and _choice_object(experiment.scheduler),
        "dtype": experiment.dtype,
        "device": experiment.device,
    }
    return {key: value for key, value in document.items() if value or key not in _LEFT_OUT_EMPTY}


def _layer_object(layer: LayerSpec) -> dict[str, object]:
    """A layer's object; what it has in common with the whole experiment is left out."""
    found: dict[str, object] = {
        "units": layer.units,
        "activation": _choice_object(layer.activation),
        "bias": layer.bias,
    }
    if layer.initialization is not None:
        found["initialization"] = _choice_object(layer.initialization, "scheme")
    if layer.lr is not None:
        found["lr"] = layer.lr
    return found


def _choice_object(choice: Choice, key: str = "name") -> dict[str, object]:
    return {key: choice.name, **{name: _plain(value) for name, value in choice.arguments.items()}}


def _plain(value: Value) -> object:
    """An argument's value as JSON has it."""
    if isinstance(value, Choice):
        return _choice_object(value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
