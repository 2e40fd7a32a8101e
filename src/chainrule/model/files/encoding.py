"""Encoding: the bytes of the file that an experiment is kept in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice, SpecError
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.question import Question
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec, check_structure
from chainrule.catalog.experiment.versions import version_of, without_news
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.schedules.schedulers import PARTS, SCHEDULERS
from chainrule.catalog.tables import Entry
from chainrule.model.files.file_format import (
    ARRAY_FILE,
    ARRAYS_SINCE,
    FORMAT,
    HISTORY_ARRAY,
    HISTORY_FILE,
    HISTORY_SINCE,
    NAME_KEYS,
    PINNED_SINCE,
    check_size,
    goes_apart,
)
from chainrule.model.files.rendering import listed, rendered

if TYPE_CHECKING:
    from chainrule.model.reopening.saved_history import SavedHistory

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
    "board",
    "questions",
)


def encode_experiment(experiment: Experiment) -> bytes:
    """Return the bytes of a file that decodes to an equal experiment; keys in the contract's order, every digit."""
    check_structure(experiment)
    return b"".join(encoded(experiment))


def encoded(experiment: Experiment, history: SavedHistory | None = None) -> Iterator[bytes]:
    """Yield the same piece by piece, each about a millisecond's work, of an experiment whose structure has been
    checked, and of what its document was trained to, if that is kept.

    What no file can hold is a `SpecError`, perhaps after some pieces.
    """
    data, files, written = experiment.data, dict[str, Mapping[str, Rows]](), None
    if goes_apart(data):
        files[ARRAY_FILE] = {"inputs": data.inputs, "targets": data.targets}
    if history is not None:
        from chainrule.model.reopening.writing import written_history  # noqa: PLC0415 - few files need it

        written = written_history(history, experiment)
        if written.apart is not None:
            files[HISTORY_FILE] = {HISTORY_ARRAY: written.apart}
    text = _text(experiment, None if written is None else written.object)
    if files:
        from chainrule.model.arrays.archive import archive_pieces  # noqa: PLC0415 - few files need it

        yield from archive_pieces(text, files)
    else:
        yield from text


def _text(experiment: Experiment, history: Mapping[str, object] | None) -> Iterator[bytes]:
    size = 0
    try:
        for text in chain(rendered(_document(experiment, history)), "\n"):
            piece = text.encode()
            size += len(piece)
            check_size(size, "$")
            yield piece
    except UnicodeEncodeError:
        raise SpecError("$", "text that is not valid Unicode") from None


def _document(experiment: Experiment, history: Mapping[str, object] | None) -> dict[str, object]:
    """Return the file's objects, their keys in the contract's order; what is empty is left out."""
    found = {key: value for key, value in experiment_object(experiment).items() if value or key not in _LEFT_OUT_EMPTY}
    version = max(ARRAYS_SINCE if goes_apart(experiment.data) else 1, version_of(experiment))
    if history is None:
        return {"format": FORMAT, "version": version, **found}
    since = PINNED_SINCE if "pinned" in history else HISTORY_SINCE
    return {"format": FORMAT, "version": max(since, version), **found, "history": history}


def experiment_object(experiment: Experiment) -> dict[str, object]:
    """Return an experiment as a file has it, with a key for each of its fields, in the contract's order."""
    network, data, first = experiment.network, experiment.data, experiment.initialization
    given = {ref: experiment.parameters.get(ref) for ref in network.parameter_shapes()}
    return {
        "title": experiment.title,
        "network": _network_object(network),
        "initialization": {**_choice_object(first.scheme, INITIALIZERS, "scheme"), "seed": first.seed},
        "parameters": {ref: listed(numbers) for ref, numbers in given.items() if numbers is not None},
        "frozen": [ref for ref in given if ref in experiment.frozen],
        "data": {} if network.formula else data_object(data),
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
        "board": experiment.board and _board_object(experiment.board),
        "questions": [_question_object(question) for question in experiment.questions],
    }


def _board_object(board: BoardSpec) -> dict[str, object]:
    """Return the object of a board; what it does not say is left out."""
    found: dict[str, object] = {"cards": list(board.cards)}
    if board.tabs is not None:
        found["tabs"] = list(board.tabs)
    return found | {key: name for key, name in (("front", board.front), ("enlarged", board.enlarged)) if name}


def _question_object(question: Question) -> dict[str, object]:
    """Return the object of a question; what is not said of it is left out."""
    tolerance = {name: getattr(question.tolerance, name) for name in ("relative", "absolute", "digits")}
    return {
        "id": question.id,
        "ref": question.ref,
        **({} if question.index is None else {"index": list(question.index)}),
        "iteration": question.iteration,
        "points": question.points,
        "tolerance": {name: number for name, number in tolerance.items() if number is not None},
        **({"text": question.text} if question.text else {}),
        **({} if question.consequential == 1 else {"consequential": question.consequential}),
    }


def _network_object(network: NetworkSpec) -> dict[str, object]:
    if network.formula:
        return {"formula": list(network.formula)}
    return {"inputs": network.inputs, "layers": [_layer_object(layer) for layer in network.layers]}


def data_object(data: DataSpec) -> dict[str, object]:
    """Return the object of the data; of what is large the places in arrays."""
    apart, reference = goes_apart(data), {"file": ARRAY_FILE}
    return {
        "inputs": reference | {"array": "inputs"} if apart else listed(data.inputs),
        "targets": reference | {"array": "targets"} if apart else listed(data.targets),
        "batch_size": data.batch_size,
        "shuffle": data.shuffle,
        "seed": data.seed,
        **({"test_size": data.test_size} if data.test_size else {}),
        **({"accumulate": data.accumulate} if data.accumulate != 1 else {}),
        **_names_object(data.names),
    }


def _names_object(names: DataNames) -> dict[str, object]:
    """Return what columns and classes are called, where something is known of them."""
    columns = [[_column_object(column) for column in part] for part in (names.inputs, names.targets)]
    given = zip(NAME_KEYS, (*columns, list(names.classes)), strict=True)
    return {key: value for key, value in given if value}


def _column_object(column: DataColumn) -> dict[str, object]:
    """Return a column's object; what is not known of it is left out."""
    found = {"name": column.name or None, "mean": column.mean, "std": column.std}
    return {key: value for key, value in found.items() if value is not None}


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
