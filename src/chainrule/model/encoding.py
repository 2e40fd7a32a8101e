"""Encoding: the bytes of the file that an experiment is kept in."""

from __future__ import annotations

from typing import Any

from chainrule.engine.arguments import Choice, SpecError, Value
from chainrule.engine.spec import Experiment, LayerSpec, check_structure
from chainrule.model.file_format import FORMAT, VERSION, check_size
from chainrule.model.json_text import render

_LEFT_OUT_EMPTY = ("title", "parameters", "frozen", "clipping", "scheduler")


def encode_experiment(experiment: Experiment) -> bytes:
    """The bytes of a file that decodes to an equal experiment; keys in the contract's order, every digit."""
    check_structure(experiment)
    try:
        data = f"{render(_document(experiment))}\n".encode()
    except UnicodeEncodeError:
        raise SpecError("$", "text that is not valid Unicode") from None
    check_size(len(data), "$")
    return data


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
        "parameters": {ref: _tidy(numbers) for ref, numbers in given.items() if numbers is not None},
        "frozen": [ref for ref in given if ref in experiment.frozen],
        "data": {
            "inputs": _tidy(data.inputs),
            "targets": _tidy(data.targets),
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


def _tidy(numbers: Any) -> Any:
    """Whole numbers without a fraction, so that a row reads `[1, 2]`; the value stays the same."""
    if isinstance(numbers, tuple):
        return [_tidy(item) for item in numbers]
    # -0.0 would lose its sign; above 2^53 an exponent is shorter.
    whole = numbers.is_integer() and abs(numbers) < 2**53 and str(numbers) != "-0.0"
    return int(numbers) if whole else numbers
