"""Decoding: the experiment that the bytes of a file hold, or a `SpecError` of one line that says where they are wrong.

Its path says where in the file (`$` is the whole of it). Imports neither torch nor Qt.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from chainrule.catalog.arguments import Choice, SpecError, check_length, describe, one_of
from chainrule.catalog.experiment.spec import (
    DEFAULT_INITIALIZATION,
    FORMULA_LOSS,
    MAX_UNITS,
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NestedNumbers,
    NetworkSpec,
    ParameterGroup,
    PenaltySpec,
    Row,
    Rows,
    StartState,
    check_network,
    check_structure,
    plural,
)
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.experiment.versions import VERSION, check_version
from chainrule.catalog.loss import Targets
from chainrule.catalog.values.refs import ValueRef
from chainrule.formula.graph import MOST_OPERATORS
from chainrule.model.editing.choices import OPTIONAL_OBJECT, arguments_of, choice_of, optional_choice, scheme_of
from chainrule.model.files.converting import Reader, as_it_is, converted, quoted_value, read_fields
from chainrule.model.files.file_format import FORMAT, KEYS, MAX_BYTES, MOST_ROWS, check_size
from chainrule.model.files.json_text import in_ascii, member, parse_json
from chainrule.model.files.number_lists import check_count, nested_numbers, number_rows, parameter_numbers

# What a formula is trained with where a file does not say.
FORMULA_OPTIMIZER = {"name": "SGD", "lr": 0.01}
# The numbers of targets that a file may leave out.
MOST_LEFT_OUT = 1_000_000
# What the text of a file may take in memory before it is rewritten in ASCII.
MOST_TEXT = 2 * MAX_BYTES


def decode_experiment(data: bytes) -> Experiment:
    """Return the experiment in the bytes of a file, or raise `SpecError` that names the first place that is wrong."""
    check_size(len(data), "$")
    if not data.strip():
        raise SpecError("$", "the file is empty")
    with _without_collections():
        raw = _check_header(_parsed(data))
        experiment = _experiment(raw)
    check_structure(experiment)
    check_version(experiment, raw["version"])
    return experiment


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


def _experiment(raw: dict[str, Any]) -> Experiment:
    """Return the experiment of a file: the keys of the file are the fields, beside format and version."""
    if isinstance(raw.get("network"), dict) and "formula" in raw["network"]:
        raw = _with_defaults_of_formulas(raw)
    readers: dict[str, Reader] = {
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
    }
    readers |= dict.fromkeys(("format", "version", "parameters", "data"), as_it_is)
    found = read_fields(Experiment, raw, "$", readers, keys=KEYS, required=("loss", "optimizer"))
    network = found["network"]
    found["parameters"] = _parameters(found.get("parameters", {}), network)
    found["data"] = _data(found["data"], network, found["loss"])
    del found["format"], found["version"]
    return Experiment(**found)


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


def _data(raw: object, network: NetworkSpec, loss: Choice) -> DataSpec:
    readers: dict[str, Reader] = {"inputs": number_rows, "targets": partial(_targets, loss)}
    if not (isinstance(raw, dict) and "targets" not in raw and targets_of(loss) is Targets.UNUSED):
        return DataSpec(**read_fields(DataSpec, raw, "$.data", readers))
    found = read_fields(DataSpec, raw | {"targets": None}, "$.data", readers | {"targets": as_it_is})
    return DataSpec(**found | {"targets": _unused_targets(len(found["inputs"]), network)})


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


def _state_values(raw: object, path: str) -> dict[ValueRef, NestedNumbers]:
    values: dict[str, Any] = converted(raw, dict, path)
    return {ValueRef(name): nested_numbers(value, member(path, name)) for name, value in values.items()}


def _targets(loss: Choice, raw: Any, path: str) -> Rows:
    """Return the targets as rows: a file may give class indices flat."""
    flat = isinstance(raw, list) and not any(isinstance(item, list) for item in raw)
    if flat and targets_of(loss) in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        check_count(raw, MOST_ROWS, "rows", path)
        return tuple((target,) for target in converted(raw, Row, path))
    return number_rows(raw, path)


def _unused_targets(rows: int, network: NetworkSpec) -> Rows:
    """Return zeros for targets that the loss does not use, and a file leaves out.

    What a few rows of a small file stand for is bounded, so that it can be computed and saved again.
    """
    # Widths out of range are refused once the whole is there.
    width = network.outputs if network.layers and 1 <= network.outputs <= MAX_UNITS else 1
    if width > 1 and width * rows > MOST_LEFT_OUT:
        message = f'missing key "targets": only up to {MOST_LEFT_OUT} numbers can be left out, got {rows} rows'
        raise SpecError("$.data", f"{message} of {plural(width, 'output')}")
    return ((0.0,) * width,) * rows


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
