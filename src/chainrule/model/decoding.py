"""Decoding: the experiment that the bytes of a file hold, or a `SpecError` of one line that says where they are wrong.

Its path says where in the file (`$` is the whole of it). Imports neither torch nor Qt.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import msgspec

from chainrule.catalog.arguments import Choice, SpecError, check_length, describe, one_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.spec import (
    DEFAULT_INITIALIZATION,
    FORMULA_LOSS,
    MAX_UNITS,
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
    Numbers,
    ParameterGroup,
    PenaltySpec,
    Row,
    Rows,
    StartState,
    check_network,
    check_structure,
    plural,
)
from chainrule.catalog.targets import targets_of
from chainrule.catalog.versions import VERSION, check_version
from chainrule.formula.graph import MOST_OPERATORS
from chainrule.model.choices import argument_value, choice_of, optional_choice
from chainrule.model.converting import converted, kind_of, quoted
from chainrule.model.file_format import FORMAT, MAX_BYTES, MOST_ROWS, check_size
from chainrule.model.json_text import in_ascii, member, parse
from chainrule.model.number_lists import check_count, nested_numbers, number_rows, parameter_numbers


class _Object(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """An object of the file, its keys in the contract's order.

    Structs beside the engine's dataclasses, because msgspec refuses unknown keys for Structs only.
    """


class _Layer(_Object, frozen=True, kw_only=True):
    units: int
    activation: dict[str, Any]
    bias: bool = True
    initialization: dict[str, Any] | None = None
    lr: float | None = None


class _Network(_Object, frozen=True, kw_only=True):
    inputs: int
    layers: tuple[_Layer, ...]


class _FormulaNetwork(_Object, frozen=True, kw_only=True):
    formula: tuple[str, ...]


class _State(_Object, frozen=True, kw_only=True):
    iteration: int = 0
    values: dict[str, Any] = {}


class _Data(_Object, frozen=True, kw_only=True):
    # Rows, converted where they are: a list of a kind would be copied; see `_rows`.
    inputs: Any
    # Rows, or class indices as torch has them; see `_targets`.
    targets: Any = msgspec.UNSET
    batch_size: int | None = None
    shuffle: bool = False
    seed: int = 0
    test_size: float = 0.0
    accumulate: int = 1


class _File(_Object, frozen=True, kw_only=True):
    format: str
    version: int
    title: str = ""
    # `_Network`, or `_FormulaNetwork` where there is a formula.
    network: Any
    initialization: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    frozen: tuple[str, ...] = ()
    data: _Data
    loss: dict[str, Any]
    optimizer: dict[str, Any]
    clipping: dict[str, Any] | None = None
    scheduler: dict[str, Any] | None = None
    dtype: str = "float64"
    device: str = "cpu"
    penalties: tuple[dict[str, Any], ...] = ()
    parameter_groups: tuple[dict[str, Any], ...] = ()
    state: _State | None = None


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
        raw = _parsed(data)
        full = _check_keys(_check_header(raw))
        file: _File = converted(full, _File, "$")
        experiment = _experiment(file)
    check_structure(experiment)
    check_version(experiment, file.version)
    return experiment


def _parsed(data: bytes) -> object:
    """Return the value that the bytes stand for; their text is given up before anything is made of it."""
    text = _text(data)
    if sys.getsizeof(text) <= MOST_TEXT:
        return parse(text)
    try:
        text = in_ascii(text)
        return parse(text)
    except SpecError:
        # Lines and columns are those of the file.
        return parse(_text(data))


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


def _check_header(raw: object) -> dict[str, object]:
    """Check format and version before all else: a newer file may hold anything."""
    if not isinstance(raw, dict):
        raise SpecError("$", f"expected an object, got {kind_of(raw)}")
    for key in ("format", "version"):
        if key not in raw:
            raise SpecError("$", f'missing key "{key}"; is this an experiment of Chainrule?')
    if raw["format"] != FORMAT:
        raise SpecError("$.format", f'expected "{FORMAT}", got {quoted(raw["format"])}')
    version = raw["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise SpecError("$.version", f"expected {one_of(map(str, range(1, VERSION + 1)))}, got {quoted(version)}")
    if version > VERSION:
        newer = f"this file needs a newer Chainrule: it is of version {describe(version)}"
        raise SpecError("$.version", f"{newer}, and this program reads up to version {VERSION}")
    return raw


def _check_keys(raw: dict[str, object]) -> dict[str, object]:
    """Check which keys the objects with fixed keys have: what a file calls its keys, msgspec would quote unmarked.

    Returns the object with what a formula does without: data and a loss; and its optimizer has a default.
    """
    network = raw.get("network")
    if isinstance(network, dict) and "formula" in network:
        _check_object(network, _FormulaNetwork, "$.network")
        data = raw.get("data", {})
        raw = {"loss": {"name": FORMULA_LOSS.name, **FORMULA_LOSS.arguments}, "optimizer": FORMULA_OPTIMIZER} | raw
        raw["data"] = {"inputs": [], "targets": []} | data if isinstance(data, dict) else data
    else:
        _check_object(network, _Network, "$.network")
    _check_object(raw, _File, "$")
    _check_object(raw["data"], _Data, "$.data")
    _check_object(raw.get("state"), _State, "$.state")
    layers = network.get("layers") if isinstance(network, dict) else None
    for index, layer in enumerate(layers if isinstance(layers, list) else ()):
        _check_object(layer, _Layer, f"$.network.layers[{index}]")
    return raw


def _check_object(raw: object, kind: type[_Object], path: str) -> None:
    """Refuse unknown and missing keys; that it is an object is checked with the kinds of its values."""
    if not isinstance(raw, dict):
        return
    needed = _keys(kind)
    for key in raw:
        if key not in needed:
            raise SpecError(member(path, key), f"unknown key; allowed here: {', '.join(needed)}")
    for key, is_required in needed.items():
        if is_required and key not in raw:
            raise SpecError(path, f'missing key "{key}"')


@cache
def _keys(kind: type[_Object]) -> dict[str, bool]:
    """Return the keys of an object, and whether each is required."""
    return {field.name: field.required for field in msgspec.structs.fields(kind)}


def _experiment(file: _File) -> Experiment:
    network, data = _network(file.network), file.data
    return Experiment(
        network=network,
        data=DataSpec(
            number_rows(data.inputs, "$.data.inputs"),
            _targets(data, network, choice_of(file.loss, "$.loss")),
            data.batch_size,
            data.shuffle,
            data.seed,
            data.test_size,
            data.accumulate,
        ),
        loss=choice_of(file.loss, "$.loss"),
        optimizer=choice_of(file.optimizer, "$.optimizer"),
        clipping=optional_choice(file.clipping, "$.clipping"),
        scheduler=optional_choice(file.scheduler, "$.scheduler"),
        title=file.title,
        initialization=_initialization(file.initialization),
        parameters=_parameters(file.parameters, network),
        frozen=frozenset(ValueRef(name) for name in file.frozen),
        dtype=file.dtype,
        device=file.device,
        penalties=tuple(_penalty(raw, f"$.penalties[{index}]") for index, raw in enumerate(file.penalties)),
        parameter_groups=tuple(
            _group(raw, f"$.parameter_groups[{index}]") for index, raw in enumerate(file.parameter_groups)
        ),
        state=None if file.state is None else _state(file.state),
    )


def _network(raw: Any) -> NetworkSpec:
    if isinstance(raw, dict) and "formula" in raw:
        lines = converted(raw, _FormulaNetwork, "$.network").formula
        if not lines:
            raise SpecError("$.network.formula", "expected at least 1 line, such as f = (x + y)*z, got none")
        check_count(list(lines), MOST_OPERATORS, "lines", "$.network.formula")
        network = NetworkSpec(0, (), lines)
        check_network(network)
        return network
    found: _Network = converted(raw, _Network, "$.network")
    layers = tuple(
        LayerSpec(
            layer.units,
            choice_of(layer.activation, f"$.network.layers[{index}].activation"),
            layer.bias,
            optional_choice(layer.initialization, f"$.network.layers[{index}].initialization", "scheme"),
            layer.lr,
        )
        for index, layer in enumerate(found.layers)
    )
    return NetworkSpec(found.inputs, layers)


def _penalty(raw: Mapping[str, Any], path: str) -> PenaltySpec:
    """Return a penalty: an entry of its table with its arguments, and patterns."""
    rest = {key: value for key, value in raw.items() if key != "parameters"}
    if "parameters" not in raw:
        return PenaltySpec(choice_of(rest, path))
    return PenaltySpec(choice_of(rest, path), _patterns(raw["parameters"], path))


def _group(raw: Mapping[str, Any], path: str) -> ParameterGroup:
    """Return a group: patterns, and in all other keys arguments of the optimizer."""
    if "parameters" not in raw:
        raise SpecError(path, 'missing key "parameters"')
    arguments = {
        name: argument_value(value, member(path, name), 1) for name, value in raw.items() if name != "parameters"
    }
    return ParameterGroup(_patterns(raw["parameters"], path), arguments)


def _patterns(raw: object, path: str) -> tuple[str, ...]:
    patterns: tuple[str, ...] = converted(raw, tuple[str, ...], f"{path}.parameters")
    check_length(patterns, f"{path}.parameters")
    return patterns


def _state(raw: _State) -> StartState:
    values = {
        ValueRef(name): nested_numbers(value, member("$.state.values", name)) for name, value in raw.values.items()
    }
    return StartState(raw.iteration, values)


def _targets(data: _Data, network: NetworkSpec, loss: Choice) -> Rows:
    """Return the targets as rows: a file may give class indices flat, and leave out what the loss does not use."""
    kind, path = targets_of(loss), "$.data.targets"
    if data.targets is msgspec.UNSET:
        if kind is not Targets.UNUSED:
            raise SpecError("$.data", 'missing key "targets"')
        return _unused_targets(data, network)
    flat = isinstance(data.targets, list) and not any(isinstance(item, list) for item in data.targets)
    if flat and kind in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        check_count(data.targets, MOST_ROWS, "rows", path)
        return tuple((target,) for target in converted(data.targets, Row, path))
    return number_rows(data.targets, path)


def _unused_targets(data: _Data, network: NetworkSpec) -> Rows:
    """Return zeros; what a few rows of a small file stand for is bounded,
    so that it can be computed and saved again.
    """
    # Widths out of range are refused once the whole is there.
    width = network.outputs if network.layers and 1 <= network.outputs <= MAX_UNITS else 1
    rows = len(data.inputs)
    if width > 1 and width * rows > MOST_LEFT_OUT:
        message = f'missing key "targets": only up to {MOST_LEFT_OUT} numbers can be left out, got {rows} rows'
        raise SpecError("$.data", f"{message} of {plural(width, 'output')}")
    return ((0.0,) * width,) * rows


def _parameters(raw: Mapping[str, Any], network: NetworkSpec) -> dict[ValueRef, Numbers]:
    shapes = network.parameter_shapes()
    found: dict[ValueRef, Numbers] = {}
    for name, value in raw.items():
        ref = ValueRef(name)
        # A name that the network does not have is left to `check_structure`, which says which there are.
        found[ref] = parameter_numbers(value, len(shapes[ref]), member("$.parameters", name)) if ref in shapes else ()
    return found


def _initialization(raw: Mapping[str, Any]) -> InitializationSpec:
    path = "$.initialization"
    seed = converted(raw.get("seed", 0), int, f"{path}.seed")
    rest = {key: value for key, value in raw.items() if key != "seed"}
    return InitializationSpec(choice_of({"scheme": DEFAULT_INITIALIZATION.name, **rest}, path, "scheme"), seed)
