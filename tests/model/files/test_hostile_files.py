"""Files that somebody made to do harm: refused in one line, in little time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec_error import LONGEST_MESSAGE, LONGEST_PATH
from chainrule.engine.machine.check import check_experiment
from chainrule.model.files import decoding
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.file_format import MAX_BYTES, MOST_LISTS, MOST_NUMBERS, MOST_QUOTES, MOST_ROWS

# The largest file is read in a second; only one that is walked through again and again takes ten.
MOST_SECONDS = 10
# What a file may take beyond its size.
MOST_MB = 300
SIZE = min(MAX_BYTES, 8 * 2**20) - 1000
LARGE = MAX_BYTES - 1000


def experiment(**changes: Any) -> dict[str, Any]:
    """A small experiment, with some keys changed."""
    return {
        "format": "chainrule-experiment",
        "version": 1,
        "network": {"inputs": 2, "layers": [{"units": 1, "activation": {"name": "Identity"}}]},
        "data": {"inputs": [[1, 2]], "targets": [[1]]},
        "loss": {"name": "MSELoss"},
        "optimizer": {"name": "SGD"},
        **changes,
    }


def spelled(key: str, text: str) -> str:
    """An experiment with JSON of our own at a key."""
    return json.dumps(experiment(**{key: "HERE"})).replace('"HERE"', text)


def repeated(unit: str, last: str, size: int = SIZE) -> str:
    """A list of the same again and again, as long as a file can be."""
    return f"[{unit * ((size - len(last)) // len(unit))}{last}]"


def wide_without_targets() -> str:
    raw = experiment(loss={"name": "SumOfOutputs"}, data={"inputs": "HERE"})
    raw["network"]["layers"][0]["units"] = 100_000
    return json.dumps(raw).replace('"HERE"', repeated("[0,1],", "[0,1]", 6 * MOST_ROWS))


def full(width: int, number: str, title: str = "", rows: int = MOST_ROWS) -> str:
    """As many rows of as many numbers as a file may have, and blanks to its largest size."""
    raw = experiment(title=title, data={"inputs": "HERE", "targets": "THERE"})
    raw["network"]["inputs"] = width
    inputs, targets = (",".join([f"[{','.join([number] * count)}]"] * rows) for count in (width, 1))
    text = json.dumps(raw, ensure_ascii=False).replace('"HERE"', f"[{inputs}]").replace('"THERE"', f"[{targets}]")
    return text + " " * (MAX_BYTES - len(text.encode()))


# What is taken, and takes the most: numbers of which each is an object of its own, in short rows; in rows as long as
# they can be; in text of which each character takes four bytes.
ACCEPTED = {
    "short rows": lambda: full(12, "1000", "\u4f60"),
    "long rows": lambda: full(99_000, "1000", rows=40),
    "rare letters": lambda: full(12, "1000", "\U0001f600"),
}
FILES = {
    "objects": lambda: repeated("{},", "{}"),
    "objects of a key": lambda: repeated('{"":0},', "{}"),
    "lists": lambda: repeated("[],", "[]"),
    "rows without targets": wide_without_targets,
    "lists as an argument": lambda: spelled("optimizer", f'{{"name": "SGD", "lr": {repeated("[],", "[]")}}}'),
    "half a pair behind numbers": lambda: spelled("frozen", repeated("0,", '"\\ud800"')),
    "half a pair behind pairs": lambda: spelled("frozen", repeated('"\\ud83d\\ude00",', '"\\ud800"')),
    "a key given twice behind numbers": lambda: repeated("0,", '{"a": 1, "a": 2}'),
    "a key given twice, deep": lambda: '{"a":' * 900 + '{"b": 1, "b": 2}' + "}" * 900,
    "a key given twice, deep below long ones": lambda: (
        ('{"' + "k" * 9000 + '":') * 900 + '{"b": 1, "b": 2}' + "}" * 900
    ),
    "a long name of an argument": lambda: spelled("optimizer", f'{{"name": "SGD", "{"x" * SIZE}": 1}}'),
    "a long name": lambda: spelled("optimizer", f'{{"name": "{chr(92)}u0001{"x" * SIZE}"}}'),
    "milestones": lambda: spelled(
        "scheduler", f'{{"name": "MultiStepLR", "milestones": {json.dumps(list(range(1_000_000)))}}}'
    ),
    "schedulers": lambda: spelled(
        "scheduler",
        f'{{"name": "SequentialLR", "milestones": [1], "schedulers": {repeated(part + ",", part, size=2**21)}}}',
    ),
    "schedulers in schedulers": lambda: spelled(
        "scheduler", '{"name": "SequentialLR", "milestones": [1], "schedulers": [' * 300 + "]}" * 300
    ),
    "an argument in lists": lambda: spelled("optimizer", f'{{"name": "SGD", "lr": {"[" * 900 + "]" * 900}}}'),
    "long integers": lambda: spelled("frozen", repeated("9" * 4299 + ",", "0")),
    "numbers": lambda: spelled("data", f'{{"inputs": [{repeated("0,", "0", LARGE)}]}}'),
    "numbers in one row": lambda: spelled(
        "data", f'{{"inputs": [{repeated("1000,", "0", 5 * (MOST_NUMBERS - 100))}]}}'
    ),
    "rows of one number": lambda: spelled("data", f'{{"inputs": {repeated("[0],", "[0]", LARGE)}}}'),
    "rows as an argument": lambda: spelled("frozen", repeated("[1e5],", "[0]", 6 * (MOST_LISTS - 100))),
    "texts": lambda: spelled("frozen", repeated('"ab",', "0", 5 * (MOST_QUOTES // 2 - 100))),
    "classes": lambda: spelled("loss", '{"name": "CrossEntropyLoss"}').replace(
        "[[1]]", repeated("1000,", "0", 5 * (MOST_NUMBERS - 100))
    ),
    "one long integer": lambda: spelled("frozen", f"[1{'0' * SIZE}]"),
}
part = '{"name": "StepLR", "step_size": 1}'


def refusal(text: str) -> str:
    """The one line with which a file is refused, whether by itself or by the tables."""
    with pytest.raises(SpecError) as caught:
        check_experiment(decode_experiment(text.encode()))
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) <= LONGEST_PATH + 2 + LONGEST_MESSAGE
    return message


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_in_one_line_and_soon(name: str) -> None:
    text = FILES[name]()
    start = time.process_time()
    assert refusal(text).startswith("$")
    assert time.process_time() - start < MOST_SECONDS


# Not by `getrusage`, whose peak begins with that of the process that started this one.
READ = """
import re, sys
from pathlib import Path
from chainrule.catalog.arguments import SpecError
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.file_size import FileSizes
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
said, data = "", Path(sys.argv[1]).read_bytes()
before = peak()
try:
    FileSizes().check(decode_experiment(data))
except SpecError as error:
    said = str(error)
print(peak() - before, said)
"""


def read_apart(text: str, path: Path) -> tuple[int, str]:
    """The bytes that a file takes beyond its own in a process whose peak that is, and why it is refused, if it is."""
    path.write_text(text, encoding="utf-8")
    found = subprocess.run([sys.executable, "-c", READ, path], check=True, capture_output=True, text=True)
    peak, _, said = found.stdout.strip().partition(" ")
    return int(peak), said


IN_MEMORY = [
    "lists",
    "rows without targets",
    "objects of a key",
    "numbers",
    "numbers in one row",
    "rows of one number",
    "rows as an argument",
    "texts",
    "classes",
]


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of a process")
@pytest.mark.parametrize("name", IN_MEMORY)
def test_a_hostile_file_takes_little_memory(name: str, tmp_path: Path) -> None:
    size, said = read_apart(FILES[name](), tmp_path / "hostile")
    assert said.startswith("$")
    assert size < MOST_MB * 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux tells of a process")
@pytest.mark.parametrize("name", ACCEPTED)
def test_the_largest_files_that_are_taken_take_little_memory(name: str, tmp_path: Path) -> None:
    """With what it takes to know that they can be written again."""
    size, said = read_apart(ACCEPTED[name](), tmp_path / "large")
    assert said == ""
    assert size < MOST_MB * 2**20


def test_a_path_is_made_only_for_what_is_wrong() -> None:
    tracemalloc.start()
    refusal(FILES["a key given twice, deep below long ones"]())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 2**20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (spelled("frozen", '["a", "\\ud800"]'), "$.frozen[1]: text that is not valid Unicode"),
        (
            spelled("scheduler", '{"name": "X", "a": [["\\udfff"]]}'),
            "$.scheduler.a[0][0]: text that is not valid Unicode",
        ),
        (spelled("\ud800", "1"), '$["\\ud800"]: text that is not valid Unicode'),
        (
            spelled("x` - at `y", "1"),
            '$["x` - at `y"]: unknown key; allowed here: format, version, title, network, initialization, '
            "parameters, frozen, data, loss, optimizer, clipping, scheduler, dtype, device, penalties, "
            "parameter_groups, state, board, questions, history",
        ),
        (
            spelled("data", '{"inputs": [[1, 2]], "Expected `a`, got `b` - at `$.z`": 3}'),
            '$.data["Expected `a`, got `b` - at `$.z`"]: unknown key; '
            "allowed here: inputs, targets, batch_size, shuffle, seed, test_size, accumulate, input_columns, "
            "target_columns, class_names",
        ),
        (
            spelled("data", f'{{"inputs": [[1, 2]], "{"k" * 1000}": {{"a": 1, "a": 2}}}}'),
            f"$.data.{'k' * 24}...{'k' * 12}.a: this key is given twice",
        ),
        (spelled("optimizer", f'{{"name": "SGD", "lr": {"[" * 40 + "]" * 40}}}'), None),
        (
            spelled("optimizer", '{"name": "SGD", "lr": [{"name": "x"}, [1, "y"]]}'),
            '$.optimizer.lr: expected a finite number, got [an object, [1, "y"]]',
        ),
        (
            wide_without_targets(),
            f'$.data: missing key "targets": only up to 1000000 numbers can be left out, got {MOST_ROWS} '
            "rows of 100000 outputs",
        ),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str | None) -> None:
    found = refusal(text)
    assert found == message or (message is None and found.endswith("lists and objects are nested too deeply"))


def test_pairs_of_surrogates_are_text() -> None:
    assert decode_experiment(spelled("title", '"\\ud83d\\ude00 \\\\ud800"').encode()).title == "\U0001f600 \\ud800"


@pytest.mark.parametrize(
    "text",
    [
        spelled("title", '"\U0001f600\u00e9 \\u4f60 \\\\\u4f60\\"\u2028"'),
        spelled("title", '"\U0001f600 \\ud800"'),
        spelled("\u4f60", "1"),
        spelled("title", '"\U0001f600", \u00e9'),
        spelled("title", "\n\n\u00e9"),
        spelled("title", '"' + "a\U0001f600\u4f60" * 100_000 + '"'),
    ],
)
def test_text_that_is_rewritten_in_ascii_means_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def outcome() -> object:
        try:
            return decode_experiment(text.encode())
        except SpecError as error:
            return str(error)

    before = outcome()
    monkeypatch.setattr(decoding, "MOST_TEXT", 0)
    assert outcome() == before


def test_a_command_says_it_in_any_encoding(tmp_path: Path) -> None:
    path = tmp_path / "é.chainrule"
    path.write_text(spelled("optimizer", '{"name": "\u2207\\u0007"}'), encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict"}
    found = subprocess.run(
        [sys.executable, "-m", "chainrule", "trace", path], check=False, capture_output=True, env=environment
    )
    assert found.returncode == 2
    assert len(found.stderr.splitlines()) == 1
    assert b"$.optimizer.name: expected SGD" in found.stderr
    assert b"\\u0007" in found.stderr
