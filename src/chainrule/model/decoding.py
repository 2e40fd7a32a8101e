"""Decoding: the experiment that the bytes of a file hold, or a `SpecError` of one line that says where they are wrong.

Its path says where in the file (`$` is the whole of it). Imports neither torch nor Qt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from chainrule.engine.arguments import Choice, SpecError, Value, describe, one_of
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import (
    DEFAULT_INITIALIZATION,
    MAX_UNITS,
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
    Numbers,
    Row,
    Rows,
    check_structure,
)
from chainrule.engine.targets import Targets, targets_of
from chainrule.model.file_format import FORMAT, VERSION, check_size
from chainrule.model.json_text import member, parse, short_line


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


class _Data(_Object, frozen=True, kw_only=True):
    inputs: Rows
    # Rows, or class indices as torch has them; see `_targets`.
    targets: Any = msgspec.UNSET
    batch_size: int | None = None
    shuffle: bool = False
    seed: int = 0
    test_size: float = 0.0


class _File(_Object, frozen=True, kw_only=True):
    format: str
    version: int
    title: str = ""
    network: _Network
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


# The objects whose keys are fixed, by their paths without indices.
_OBJECTS: dict[str, type[_Object]] = {
    "$": _File,
    "$.network": _Network,
    "$.network.layers": _Layer,
    "$.data": _Data,
}
_WORDS = {
    "int": "an integer",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def decode_experiment(data: bytes) -> Experiment:
    """The experiment in the bytes of a file, or `SpecError` that names the first place that is wrong."""
    try:
        return _decode(data)
    except SpecError as error:
        # What the file holds may be quoted there: line breaks, control characters, a megabyte of text.
        raise SpecError(short_line(error.path), short_line(error.message)) from None
    except RecursionError:
        raise SpecError("$", "lists and objects are nested too deeply") from None


def _decode(data: bytes) -> Experiment:
    check_size(len(data), "$")
    if not data.strip():
        raise SpecError("$", "the file is empty")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        got = f"byte {error.start + 1} is 0x{data[error.start]:02x}"
        raise SpecError("$", f"expected UTF-8 text, but {got}") from None
    raw = parse(text)
    _check_header(raw)
    file = _convert(raw, _File, "$")
    experiment = _experiment(file)
    check_structure(experiment)
    return experiment


def _check_header(raw: object) -> None:
    """Check format and version before all else: a newer file may hold anything."""
    if not isinstance(raw, dict):
        raise SpecError("$", f"expected an object, got {_kind(raw)}")
    for key in ("format", "version"):
        if key not in raw:
            raise SpecError("$", f'missing key "{key}"; is this an experiment of Chainrule?')
    if raw["format"] != FORMAT:
        raise SpecError("$.format", f'expected "{FORMAT}", got {_quote(raw["format"])}')
    version = raw["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise SpecError("$.version", f"expected {VERSION}, got {_quote(version)}")
    if version > VERSION:
        newer = f"this file needs a newer Chainrule: it is of version {describe(version)}"
        raise SpecError("$.version", f"{newer}, and this program reads version {VERSION}")


def _experiment(file: _File) -> Experiment:
    layers = tuple(
        LayerSpec(
            layer.units,
            _choice(layer.activation, f"$.network.layers[{index}].activation"),
            layer.bias,
            _optional(layer.initialization, f"$.network.layers[{index}].initialization", "scheme"),
            layer.lr,
        )
        for index, layer in enumerate(file.network.layers)
    )
    network = NetworkSpec(file.network.inputs, layers)
    data = file.data
    return Experiment(
        network=network,
        data=DataSpec(
            data.inputs,
            _targets(data, network, _choice(file.loss, "$.loss")),
            data.batch_size,
            data.shuffle,
            data.seed,
            data.test_size,
        ),
        loss=_choice(file.loss, "$.loss"),
        optimizer=_choice(file.optimizer, "$.optimizer"),
        clipping=_optional(file.clipping, "$.clipping"),
        scheduler=_optional(file.scheduler, "$.scheduler"),
        title=file.title,
        initialization=_initialization(file.initialization),
        parameters=_parameters(file.parameters, network),
        frozen=frozenset(ValueRef(name) for name in file.frozen),
        dtype=file.dtype,
        device=file.device,
    )


def _targets(data: _Data, network: NetworkSpec, loss: Choice) -> Rows:
    """The targets as rows: a file may give class indices flat, and leave out what the loss does not use."""
    kind, path = targets_of(loss), "$.data.targets"
    if data.targets is msgspec.UNSET:
        if kind is not Targets.UNUSED:
            raise SpecError("$.data", 'missing key "targets"')
        # Widths out of range are refused once the whole is there.
        return ((0.0,) * min(max(network.outputs, 1), MAX_UNITS) if network.layers else (0.0,),) * len(data.inputs)
    flat = isinstance(data.targets, list) and not any(isinstance(item, list) for item in data.targets)
    if flat and kind in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        return tuple((target,) for target in _convert(data.targets, Row, path))
    rows: Rows = _convert(data.targets, Rows, path)
    return rows


def _parameters(raw: Mapping[str, Any], network: NetworkSpec) -> dict[ValueRef, Numbers]:
    shapes = network.parameter_shapes()
    kinds = {ref: Row if len(shape) == 1 else Rows for ref, shape in shapes.items()}
    found: dict[ValueRef, Numbers] = {}
    for name, value in raw.items():
        ref = ValueRef(name)
        # A name that the network does not have is left to `check_structure`, which says which there are.
        found[ref] = _convert(value, kinds[ref], member("$.parameters", name)) if ref in kinds else ()
    return found


def _initialization(raw: Mapping[str, Any]) -> InitializationSpec:
    path = "$.initialization"
    seed = _convert(raw.get("seed", 0), int, f"{path}.seed")
    rest = {key: value for key, value in raw.items() if key != "seed"}
    return InitializationSpec(_choice({"scheme": DEFAULT_INITIALIZATION.name, **rest}, path, "scheme"), seed)


def _optional(raw: Mapping[str, Any] | None, path: str, key: str = "name") -> Choice | None:
    return None if raw is None else _choice(raw, path, key)


def _choice(raw: Mapping[str, Any], path: str, key: str = "name") -> Choice:
    """`{"name": "SGD", "lr": 0.01}`: the keys beside the name are arguments."""
    if key not in raw:
        raise SpecError(path, f'missing key "{key}"')
    if not isinstance(raw[key], str):
        raise SpecError(f"{path}.{key}", f"expected text, got {_kind(raw[key])}")
    arguments = {name: _argument(value, member(path, name)) for name, value in raw.items() if name != key}
    return Choice(raw[key], arguments)


def _argument(value: object, path: str) -> Value:
    """A value of a table's argument; its table checks it further."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, list):
        return tuple(_argument(item, f"{path}[{index}]") for index, item in enumerate(value))
    if isinstance(value, dict):
        return _choice(value, path)
    assert isinstance(value, int | float)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SpecError(path, f"expected a finite number, got {describe(value)}")
    return value


def _convert(raw: object, kind: Any, path: str) -> Any:
    """Let msgspec check and convert, and say in a student's words what it refuses."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        raise _translated(message, path + place.removesuffix("`").removeprefix("$")) from None


def _translated(message: str, path: str) -> SpecError:
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message, re.DOTALL):
        allowed = ", ".join(_OBJECTS[re.sub(r"\[\d+\]", "", path)].__struct_fields__)
        return SpecError(member(path, unknown[1]), f"unknown key; allowed here: {allowed}")
    if missing := re.fullmatch(r"Object missing required field `(.*)`", message):
        return SpecError(path, f'missing key "{missing[1]}"')
    if expected := re.fullmatch(r"Expected `(.*)`, got `(.*)`", message):
        wanted, got = ([_WORDS.get(name, name) for name in names.split(" | ")] for names in expected.groups())
        if wanted[0] == "an integer" and got == ["a number"]:
            got = ["a number with a fraction"]
        return SpecError(path, f"expected {one_of(wanted)}, got {one_of(got)}")
    if message == "Number out of range":
        return SpecError(path, "expected a finite number, got one that is too large")
    return SpecError(path, message)


def _kind(value: object) -> str:
    """What kind of JSON value this is, in words."""
    return _WORDS[{type(None): "null", list: "array", dict: "object"}.get(type(value), type(value).__name__)]


def _quote(value: object) -> str:
    return describe(value) if isinstance(value, str | int | float) else _kind(value)
