"""Decoding: the experiment that the bytes of a file hold, or a `SpecError` of one line that says where they are wrong.

Its path says where in the file (`$` is the whole of it). Imports neither torch nor Qt.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import repeat
from typing import IO, TYPE_CHECKING, Any

from chainrule.catalog.arguments import Choice, SpecError, check_length, describe, one_of
from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.catalog.experiment.data_names import DataColumn, DataNames, check_name
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.question import MOST_QUESTIONS, Question, Tolerance
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import (
    DEFAULT_INITIALIZATION,
    FORMULA_LOSS,
    MAX_UNITS,
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
    ParameterGroup,
    PenaltySpec,
    StartState,
    check_network,
    check_structure,
)
from chainrule.catalog.experiment.spec_error import expected, plural
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.experiment.versions import VERSION, check_version
from chainrule.catalog.loss import Targets
from chainrule.catalog.values.refs import ValueRef
from chainrule.formula.graph import MOST_OPERATORS
from chainrule.model.editing.choices import OPTIONAL_OBJECT, arguments_of, choice_of, optional_choice, scheme_of
from chainrule.model.files.converting import Reader, as_it_is, converted, quoted_value, read_fields
from chainrule.model.files.file_format import (
    ARRAYS_SINCE,
    DATA_KEYS,
    FORMAT,
    HISTORY_SINCE,
    KEYS,
    MAX_BYTES,
    MOST_ROWS,
    NAME_KEYS,
    PINNED_SINCE,
    FileContents,
    check_size,
)
from chainrule.model.files.json_text import in_ascii, member, parse_json
from chainrule.model.files.number_lists import check_count, nested_numbers, number_rows, parameter_numbers

if TYPE_CHECKING:
    from chainrule.model.arrays.archive import Archive

# What a formula is trained with where a file does not say.
FORMULA_OPTIMIZER = {"name": "SGD", "lr": 0.01}
# The numbers of targets that a file may leave out.
MOST_LEFT_OUT = 1_000_000
# No value has more axes.
MOST_AXES = 8
# What the text of a file may take in memory before it is rewritten in ASCII.
MOST_TEXT = 2 * MAX_BYTES


def decode_experiment(data: bytes) -> Experiment:
    """Return the experiment in the bytes of a file, or raise `SpecError` that names the first place that is wrong."""
    return decode_contents(data).experiment


def decode_contents(data: bytes, archive: Archive | None = None) -> FileContents:
    """Return all that the bytes of a file hold, or raise `SpecError` that names the first place that is wrong.

    Of an `archive` they are the JSON in it.
    """
    check_size(len(data), "$")
    if not data.strip():
        raise SpecError("$", "the file is empty")
    with _without_collections():
        raw = _check_header(_parsed(data))
        if archive is not None and raw["version"] < ARRAYS_SINCE:
            came = f"files of arrays came with version {ARRAYS_SINCE}"
            raise SpecError("$.version", f"expected {ARRAYS_SINCE}, got {raw['version']}; {came}")
        version, has_history = raw["version"], "history" in raw
        kept = raw.pop("history", None)
        experiment = _experiment(raw, archive)
        check_structure(experiment)
        check_version(experiment, version)
        if not has_history:
            return FileContents(experiment)
        if version < HISTORY_SINCE:
            came = f'"history" came with version {HISTORY_SINCE}'
            raise SpecError("$.version", f"expected {HISTORY_SINCE}, got {version}; {came}")
        if version < PINNED_SINCE and isinstance(kept, dict) and "pinned" in kept:
            came = f'"pinned" came with version {PINNED_SINCE}'
            raise SpecError("$.version", f"expected {PINNED_SINCE}, got {version}; {came}")
        from chainrule.model.reopening.reading import read_history  # noqa: PLC0415 - few files need it

        return FileContents(experiment, read_history(kept, "$.history", experiment, archive))


def decode_archive(file: IO[bytes]) -> FileContents:
    """Return what a file with many numbers holds, or raise `SpecError`."""
    from chainrule.model.arrays.archive import read_archive  # noqa: PLC0415 - few files need it, and it needs NumPy

    return read_archive(file)


def _parsed(data: bytes) -> object:
    """Return the value that the bytes stand for; their text is given up before anything is made of it."""
    text = _text(data)
    if sys.getsizeof(text) <= MOST_TEXT:
        return parse_json(text)
    try:
        text = in_ascii(text)
        return parse_json(text)
    except SpecError:
        # Lines and columns are those of the file.
        return parse_json(_text(data))


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        got = f"byte {error.start + 1} is 0x{data[error.start]:02x}"
        raise SpecError("$", f"expected UTF-8 text, but {got}") from None


@contextmanager
def _without_collections() -> Iterator[None]:
    """Collect no garbage inside: each would walk over the millions of lists that have just been made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _check_header(raw: object) -> dict[str, Any]:
    """Check format and version before all else: a newer file may hold anything."""
    found: dict[str, Any] = converted(raw, dict, "$")
    for key in ("format", "version"):
        if key not in found:
            raise SpecError("$", f'missing key "{key}"; is this an experiment of Chainrule?')
    if found["format"] != FORMAT:
        raise SpecError("$.format", f'expected "{FORMAT}", got {quoted_value(found["format"])}')
    version = found["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise SpecError("$.version", f"expected {one_of(map(str, range(1, VERSION + 1)))}, got {quoted_value(version)}")
    if version > VERSION:
        newer = f"this file needs a newer Chainrule: it is of version {describe(version)}"
        raise SpecError("$.version", f"{newer}, and this program reads up to version {VERSION}")
    return found


def _experiment(raw: dict[str, Any], archive: Archive | None) -> Experiment:
    """Return the experiment of a file: the keys of the file are the fields, beside format and version."""
    if isinstance(raw.get("network"), dict) and "formula" in raw["network"]:
        raw = _with_defaults_of_formulas(raw)
    readers = part_readers() | dict.fromkeys(("format", "version", "parameters", "data"), as_it_is)
    found = read_fields(Experiment, raw, "$", readers, keys=KEYS, required=("loss", "optimizer"))
    network = found["network"]
    found["parameters"] = _parameters(found.get("parameters", {}), network)
    found["data"] = _data(found["data"], network, found["loss"], archive)
    del found["format"], found["version"]
    return Experiment(**found)


def part_readers() -> dict[str, Reader]:
    """Return what reads each part of an experiment that can be read by itself."""
    return {
        "network": _network,
        "initialization": _initialization,
        "frozen": _frozen,
        "loss": choice_of,
        "optimizer": choice_of,
        "clipping": optional_choice,
        "scheduler": optional_choice,
        "penalties": _each(_penalty),
        "parameter_groups": _each(_group),
        "state": _state,
        "board": _board,
        "questions": _questions,
    }


def name_readers() -> dict[str, Reader]:
    """Return what reads the names of columns and classes."""
    return {"input_columns": _each(_column), "target_columns": _each(_column), "class_names": _class_names}


def _with_defaults_of_formulas(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the file of a formula with what it does without: data and a loss; and its optimizer has a default."""
    raw = {"loss": {"name": FORMULA_LOSS.name, **FORMULA_LOSS.arguments}, "optimizer": FORMULA_OPTIMIZER} | raw
    data = raw.get("data", {})
    raw["data"] = {"inputs": [], "targets": []} | data if isinstance(data, dict) else data
    return raw


def _each(reader: Reader) -> Reader:
    """Return what reads a list of objects, each by a reader."""

    def read(raw: object, path: str) -> tuple[Any, ...]:
        items: tuple[dict[str, Any], ...] = converted(raw, tuple[dict, ...], path)  # type: ignore[type-arg]
        return tuple(reader(item, f"{path}[{index}]") for index, item in enumerate(items))

    return read


def _network(raw: object, path: str) -> NetworkSpec:
    if isinstance(raw, dict) and "formula" in raw:
        readers: dict[str, Reader] = {"formula": _lines}
        network = NetworkSpec(0, (), **read_fields(NetworkSpec, raw, path, readers, keys=("formula",)))
        check_network(network)
        return network
    return NetworkSpec(**read_fields(NetworkSpec, raw, path, {"layers": _each(_layer)}, keys=("inputs", "layers")))


def _lines(raw: object, path: str) -> tuple[str, ...]:
    lines: tuple[str, ...] = converted(raw, tuple[str, ...], path)
    if not lines:
        raise SpecError(path, "expected at least 1 line, such as f = (x + y)*z, got none")
    check_count(list(lines), MOST_OPERATORS, "lines", path)
    return lines


def _layer(raw: object, path: str) -> LayerSpec:
    readers: dict[str, Reader] = {"activation": choice_of, "initialization": scheme_of}
    return LayerSpec(**read_fields(LayerSpec, raw, path, readers, required=("activation",)))


def _frozen(raw: object, path: str) -> frozenset[ValueRef]:
    return frozenset(map(ValueRef, converted(raw, tuple[str, ...], path)))


def _data(raw: object, network: NetworkSpec, loss: Choice, archive: Archive | None) -> DataSpec:
    rows = partial(_rows, archive)
    if archive is not None and isinstance(raw, dict):
        _check_shapes(raw, network, archive)
    readers: dict[str, Reader] = {"inputs": rows, "targets": partial(_targets, loss, rows), **name_readers()}
    if isinstance(raw, dict) and "targets" not in raw and targets_of(loss) is Targets.UNUSED:
        readers["targets"] = as_it_is
        found = read_fields(DataSpec, raw | {"targets": None}, "$.data", readers, keys=DATA_KEYS)
        found["targets"] = _unused_targets(len(found["inputs"]), network)
    else:
        found = read_fields(DataSpec, raw, "$.data", readers, keys=DATA_KEYS)
    names = DataNames(*(found.pop(key, ()) for key in NAME_KEYS))
    return DataSpec(**found, names=names)


def _column(raw: object, path: str) -> DataColumn:
    """Return what a column is called; a name that is there is not empty."""
    column = DataColumn(**read_fields(DataColumn, raw, path, {}))
    if isinstance(raw, dict) and "name" in raw:
        check_name(column.name, f"{path}.name")
    return column


def _class_names(raw: object, path: str) -> tuple[str, ...]:
    names: tuple[str, ...] = converted(raw, tuple[str, ...], path)
    return names


def _penalty(raw: dict[str, Any], path: str) -> PenaltySpec:
    """Return a penalty: an entry of its table with its arguments, and patterns."""
    choice = choice_of({key: value for key, value in raw.items() if key != "parameters"}, path)
    return PenaltySpec(choice, _patterns(raw["parameters"], path)) if "parameters" in raw else PenaltySpec(choice)


def _group(raw: dict[str, Any], path: str) -> ParameterGroup:
    """Return a group: patterns, and in all other keys arguments of the optimizer."""
    if "parameters" not in raw:
        raise SpecError(path, 'missing key "parameters"')
    return ParameterGroup(_patterns(raw["parameters"], path), arguments_of(raw, path, "parameters"))


def _patterns(raw: object, path: str) -> tuple[str, ...]:
    patterns: tuple[str, ...] = converted(raw, tuple[str, ...], f"{path}.parameters")
    check_length(patterns, f"{path}.parameters")
    return patterns


def _state(raw: object, path: str) -> StartState | None:
    if raw is None:
        return None
    found = converted(raw, OPTIONAL_OBJECT, path)
    return StartState(**read_fields(StartState, found, path, {"values": _state_values}))


def _board(raw: object, path: str) -> BoardSpec | None:
    if raw is None:
        return None
    return BoardSpec(**read_fields(BoardSpec, converted(raw, OPTIONAL_OBJECT, path), path, {}))


def _questions(raw: object, path: str) -> tuple[Question, ...]:
    check_count(raw, MOST_QUESTIONS, "questions", path)
    found: tuple[Question, ...] = _each(_question)(raw, path)
    return found


def _question(raw: dict[str, Any], path: str) -> Question:
    readers: dict[str, Reader] = {"ref": _ref, "index": _index, "tolerance": _tolerance}
    return Question(**read_fields(Question, raw, path, readers))


def _ref(raw: object, path: str) -> ValueRef:
    return ValueRef(converted(raw, str, path))


def _index(raw: object, path: str) -> tuple[int, ...] | None:
    if raw is None:
        return None
    check_count(raw, MOST_AXES, "numbers", path)
    found: tuple[int, ...] = converted(raw, tuple[int, ...], path)
    return found


def _tolerance(raw: object, path: str) -> Tolerance:
    return Tolerance(**read_fields(Tolerance, raw, path, {}))


def _state_values(raw: object, path: str) -> dict[ValueRef, NestedNumbers]:
    values: dict[str, Any] = converted(raw, dict, path)
    return {ValueRef(name): nested_numbers(value, member(path, name)) for name, value in values.items()}


def _targets(loss: Choice, rows: Reader, raw: Any, path: str) -> Any:
    """Return the targets as rows: a file may give class indices flat."""
    flat = isinstance(raw, list) and not any(isinstance(item, list) for item in raw)
    if flat and targets_of(loss) in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        check_count(raw, MOST_ROWS, "rows", path)
        return Rows.of((target,) for target in converted(raw, Row, path))
    return rows(raw, path)


def _check_shapes(raw: dict[str, Any], network: NetworkSpec, archive: Archive) -> None:
    """Refuse arrays that are not as wide as the network, before any of their numbers is read."""
    for key, allowed in (("inputs", {network.inputs}), ("targets", {1, network.outputs})):
        if isinstance(raw.get(key), dict):
            rows, columns = archive.shape(raw[key], f"$.data.{key}")
            if rows and columns not in allowed:
                raise expected(f"$.data.{key}[0]", plural(max(allowed), "number"), columns)


def _rows(archive: Archive | None, raw: object, path: str) -> Rows:
    if archive is not None and isinstance(raw, dict):
        return archive.rows(raw, path)
    return Rows.of(number_rows(raw, path))


def _unused_targets(rows: int, network: NetworkSpec) -> Rows:
    """Return zeros for targets that the loss does not use, and a file leaves out.

    What a few rows of a small file stand for is bounded, so that it can be computed and saved again.
    """
    # Widths out of range are refused once the whole is there.
    width = network.outputs if network.layers and 1 <= network.outputs <= MAX_UNITS else 1
    if width > 1 and width * rows > MOST_LEFT_OUT:
        message = f'missing key "targets": only up to {MOST_LEFT_OUT} numbers can be left out, got {rows} rows'
        raise SpecError("$.data", f"{message} of {plural(width, 'output')}")
    return Rows.of(repeat((0.0,) * width, rows))


def _parameters(raw: object, network: NetworkSpec) -> dict[ValueRef, NestedNumbers]:
    path = "$.parameters"
    given: dict[str, Any] = converted(raw, dict, path)
    shapes = network.parameter_shapes() if given else {}
    # A name that the network does not have is left to `check_structure`, which says which there are.
    return {
        ref: parameter_numbers(numbers, len(shapes[ref]), member(path, ref)) if ref in shapes else ()
        for ref, numbers in zip(map(ValueRef, given), given.values(), strict=True)
    }


def _initialization(raw: object, path: str) -> InitializationSpec:
    found: dict[str, Any] = converted(raw, dict, path)
    seed = converted(found.get("seed", 0), int, f"{path}.seed")
    rest = {key: value for key, value in found.items() if key != "seed"}
    return InitializationSpec(choice_of({"scheme": DEFAULT_INITIALIZATION.name, **rest}, path, "scheme"), seed)
