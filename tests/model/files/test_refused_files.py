"""What is wrong in a file is named with its place, in one line."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import MAX_LAYERS
from chainrule.model.files.storage import (
    decode_experiment,
)
from tests.model.files.contract import CONTRACT, valid


def refusal(data: bytes | str | dict[str, Any]) -> str:
    """The one line with which a file is refused."""
    raw = data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode()
    with pytest.raises(SpecError) as caught:
        decode_experiment(raw)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    return message


def spoiled(*path: str | int, value: Any) -> dict[str, Any]:
    raw = place = valid()
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return raw


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (spoiled("data", "targets", 1, value=[]), "$.data.targets[1]: expected 1 number, got 0"),
        (spoiled("data", "inputs", 1, value=[3]), "$.data.inputs[1]: expected 2 numbers, got 1"),
        (spoiled("data", "inputs", 1, 0, value="three"), "$.data.inputs[1][0]: expected a number, got text"),
        (
            spoiled("data", "inputs", 1, 0, value=True),
            "$.data.inputs[1][0]: expected a number, got true or false",
        ),
        (spoiled("data", "inputs", 1, 0, value=None), "$.data.inputs[1][0]: expected a number, got null"),
        (spoiled("data", "inputs", 1, value=3), "$.data.inputs[1]: expected a list, got an integer"),
        (spoiled("data", "inputs", value=[]), "$.data.inputs: expected at least 1 row, got 0"),
        (
            spoiled("data", "targets", value=[[1]]),
            "$.data.targets: expected 2 rows, one for each row of inputs, got 1",
        ),
        (
            spoiled("data", "batch_size", value=3),
            "$.data.batch_size: expected null or an integer from 1 to 2, got 3",
        ),
        (
            spoiled("data", "batch_size", value="all"),
            "$.data.batch_size: expected an integer or null, got text",
        ),
        (spoiled("data", "shuffle", value=1), "$.data.shuffle: expected true or false, got an integer"),
        (
            spoiled("data", "seed", value=-1),
            "$.data.seed: expected an integer from 0 to 9007199254740992, got -1",
        ),
        (
            spoiled("data", "rows", value=1),
            "$.data.rows: unknown key; allowed here: inputs, targets, batch_size, shuffle, seed, test_size, "
            "accumulate, input_columns, target_columns, class_names",
        ),
        (
            spoiled("network", "inputs", value=0),
            "$.network.inputs: expected an integer from 1 to 100000, got 0",
        ),
        (spoiled("network", "layers", value=[]), "$.network.layers: expected at least 1 layer, got 0"),
        (
            spoiled("network", "layers", 0, "units", value=0),
            "$.network.layers[0].units: expected an integer from 1 to 100000, got 0",
        ),
        (
            spoiled("network", "layers", 0, "units", value=1.5),
            "$.network.layers[0].units: expected an integer, got a number with a fraction",
        ),
        (
            spoiled("network", "layers", 1, "unit", value=2),
            "$.network.layers[1].unit: unknown key; allowed here: units, activation, bias, initialization, lr",
        ),
        (
            spoiled("network", "layers", 1, value={"activation": {"name": "ReLU"}}),
            '$.network.layers[1]: missing key "units"',
        ),
        (
            spoiled("network", "layers", 0, "activation", value="ReLU"),
            "$.network.layers[0].activation: expected an object, got text",
        ),
        (
            spoiled("network", "layers", 0, "activation", value={}),
            '$.network.layers[0].activation: missing key "name"',
        ),
        (spoiled("network", "depth", value=2), "$.network.depth: unknown key; allowed here: inputs, layers"),
        (
            spoiled("parameters", "layers.0.weight", value=[[1, 2]]),
            "$.parameters.layers.0.weight: expected 2 rows, got 1",
        ),
        (
            spoiled("parameters", "layers.0.weight", 1, 1, value="x"),
            "$.parameters.layers.0.weight[1][1]: expected a number, got text",
        ),
        (
            spoiled("parameters", "layers.1.bias", value=[[0]]),
            "$.parameters.layers.1.bias[0]: expected a number, got a list",
        ),
        (
            spoiled("parameters", "layers.2.bias", value=[0]),
            "$.parameters.layers.2.bias: no such parameter; this network has "
            "layers.0.weight, layers.0.bias, layers.1.weight or layers.1.bias",
        ),
        (
            spoiled("frozen", 0, value="layers.0"),
            '$.frozen: no parameter "layers.0"; this network has '
            "layers.0.weight, layers.0.bias, layers.1.weight or layers.1.bias",
        ),
        (spoiled("frozen", value="layers.0.bias"), "$.frozen: expected a list, got text"),
        (spoiled("initialization", "scheme", value=3), "$.initialization.scheme: expected text, got an integer"),
        (spoiled("initialization", "seed", value="x"), "$.initialization.seed: expected an integer, got text"),
        (
            spoiled("network", "layers", 0, "initialization", value={"std": 1}),
            '$.network.layers[0].initialization: missing key "scheme"',
        ),
        (
            spoiled("network", "layers", 0, "lr", value="x"),
            "$.network.layers[0].lr: expected a number or null, got text",
        ),
        (
            spoiled("network", "layers", 0, "lr", value=-1),
            "$.network.layers[0].lr: expected a number of at least 0, got -1",
        ),
        (spoiled("loss", value=None), "$.loss: expected an object, got null"),
        (spoiled("loss", "name", value=3), "$.loss.name: expected text, got an integer"),
        (
            spoiled("optimizer", "betas", value=[0.9, [10**400]]),
            f"$.optimizer.betas[1][0]: expected a finite number, got 1{'0' * 36}...",
        ),
        (
            spoiled("scheduler", value={"name": "SequentialLR", "schedulers": [{"step_size": 10}]}),
            '$.scheduler.schedulers[0]: missing key "name"',
        ),
        (
            spoiled("optimizer", "lr", value=10**400),
            f"$.optimizer.lr: expected a finite number, got 1{'0' * 36}...",
        ),
        (
            spoiled("data", "inputs", 0, 0, value=10**400),
            "$.data.inputs[0][0]: expected a finite number, got one that is too large",
        ),
        (spoiled("scheduler", value="StepLR"), "$.scheduler: expected an object or null, got text"),
        (spoiled("clipping", value=[1]), "$.clipping: expected an object or null, got a list"),
        (
            spoiled("data", "test_size", value=1),
            "$.data.test_size: expected a number of at least 0 and below 1, got 1",
        ),
        (spoiled("dtype", value="float16"), '$.dtype: expected float64 or float32, got "float16"'),
        (spoiled("device", value=0), "$.device: expected text, got an integer"),
        (spoiled("title", value=1), "$.title: expected text, got an integer"),
        (
            spoiled("two words", value=1),
            '$["two words"]: unknown key; allowed here: format, version, title, network, initialization, '
            "parameters, frozen, data, loss, optimizer, clipping, scheduler, dtype, device, penalties, "
            "parameter_groups, state, board, questions, history",
        ),
    ],
)
def test_a_wrong_place_is_named(raw: dict[str, Any], message: str) -> None:
    assert refusal(raw) == message


@pytest.mark.parametrize("key", ["network", "data", "loss", "optimizer"])
def test_a_missing_key_is_named(key: str) -> None:
    raw = valid()
    del raw[key]
    assert refusal(raw) == f'$: missing key "{key}"'


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({}, '$: missing key "format"; is this an experiment of Chainrule?'),
        (spoiled("format", value="word"), '$.format: expected "chainrule-experiment", got "word"'),
        (spoiled("format", value=None), '$.format: expected "chainrule-experiment", got null'),
        (spoiled("version", value=0), "$.version: expected 1, 2, 3, 4, 5, 6 or 7, got 0"),
        (spoiled("version", value="1"), '$.version: expected 1, 2, 3, 4, 5, 6 or 7, got "1"'),
        (spoiled("version", value=True), "$.version: expected 1, 2, 3, 4, 5, 6 or 7, got true"),
    ],
)
def test_another_kind_of_file_is_told_apart(raw: dict[str, Any], message: str) -> None:
    assert refusal(raw) == message


def test_a_newer_version_is_refused_before_its_unknown_keys() -> None:
    raw = valid() | {"version": 8, "something": "new"}
    assert refusal(raw) == (
        "$.version: this file needs a newer Chainrule: it is of version 8, and this program reads up to version 7"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "$: the file is empty"),
        (" \n\t ", "$: the file is empty"),
        ("[]", "$: expected an object, got a list"),
        ("hello", '$: line 1, column 1: expected a value, got "hello"'),
        ('{"a": 1', "$: the file ends too early, at line 1, column 8"),
        ('{\n "a": ', "$: the file ends too early, at line 2, column 7"),
        ('{"a": "bc', "$: the file ends inside the text that starts at line 1, column 7"),
        ('{\n"a": 1\n"b": 2}', '$: line 3, column 1: expected a comma or a closing bracket, got "b"'),
        ('{"a" 1}', '$: line 1, column 6: expected a colon, got "1"'),
        ("{'a': 1}", '$: line 1, column 2: expected a key in double quotes, got "\'"'),
        ("{} {}", '$: line 1, column 4: expected the end of the file, got "{"'),
        ('{"a": "\n"}', "$: line 1, column 8: a line break or control character inside a text"),
        ('{"a": "\\q"}', "$: line 1, column 8: an unknown escape inside a text"),
        ("[" * 100_000, "$: lists and objects are nested too deeply"),
        ('{"a":' * 100_000, "$: lists and objects are nested too deeply"),
        (f'{{"a": {"1" * 5000}}}', "$: a number has too many digits"),
        ('{"format": "x", "format": "y"}', "$.format: this key is given twice"),
        ('{"data": [{"a": 1, "b": 2, "a": 3}]}', "$.data[0].a: this key is given twice"),
        ('{"a": {"b": 1, "b": 2}, "a": 3}', "$.a: this key is given twice"),
        ('{"title": "\\ud800"}', "$.title: text that is not valid Unicode"),
    ],
)
def test_malformed_json_is_located(text: str, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize("place", ["[[1, 2], [3, 4]]", "[[0.1, 0.2], [0.3, 0.4]]"])
def test_numbers_that_are_not_finite_are_refused(number: str, place: str) -> None:
    path = "$.data.inputs" if place.startswith("[[1") else "$.parameters.layers.0.weight"
    spoilt = CONTRACT.replace(place, re.sub(r"[\d.]+]]", f"{number}]]", place))
    got = "nan" if number == "NaN" else "-inf" if number.startswith("-") else "inf"
    assert refusal(spoilt) == f"{path}[1][1]: expected a finite number, got {got}"


def test_an_infinite_learning_rate_is_refused() -> None:
    assert refusal(CONTRACT.replace('"lr": 0.01', '"lr": NaN')) == ("$.optimizer.lr: expected a finite number, got nan")


def test_what_is_not_utf8_is_refused() -> None:
    assert refusal(CONTRACT.encode("utf-16-le")) == '$: line 2, column 1: expected a value, got "\\u0000"'
    assert refusal(CONTRACT.encode("utf-16")) == "$: expected UTF-8 text, but byte 1 is 0xff"
    assert refusal(b'{"title": "caf\xe9"}') == "$: expected UTF-8 text, but byte 15 is 0xe9"


def test_a_message_stays_one_short_line() -> None:
    assert refusal(spoiled("format", value="a\nb")).endswith('got "a\\nb"')
    assert refusal(spoiled("a\nb", value=1)).startswith('$["a\\nb"]: unknown key')
    assert len(refusal(spoiled("x" * 1_000_000, value=1))) < 1000
    deep = spoiled("network", "layers", value=[{"units": 1, "activation": {"name": "ReLU"}}] * MAX_LAYERS)
    deep["parameters"] = {f"layers.{MAX_LAYERS}.weight": [[1]]}
    assert 100 < len(refusal(deep)) < 1000
    assert len(refusal(spoiled("frozen", value=["\x1b[31m" * 1000]))) < 1000
