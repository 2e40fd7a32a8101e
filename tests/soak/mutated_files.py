"""Files spoiled by chance: bytes, words and structure. Each is read as it is meant, or refused in one line.

`python -m tests.soak.mutated_files --count 500000` reads half a million, in a few minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import SpecError
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec_error import LONGEST_MESSAGE, LONGEST_PATH
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.engine.machine.check import check_experiment
from chainrule.model.files.decoding import decode_contents, decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.resource_files import example_paths

LONGEST = LONGEST_PATH + len(": ") + LONGEST_MESSAGE
# How often a function may be called for each byte of a file: a proxy for time that a busy machine does not change.
MOST_CALLS, FREE_CALLS = 40, 200_000


@dataclass(frozen=True)
class Counts:
    """How many files were read, of which were opened, refused by the loader, and refused by the tables."""

    files: int = 0
    opened: int = 0
    malformed: int = 0
    refused: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.files + other.files,
            self.opened + other.opened,
            self.malformed + other.malformed,
            self.refused + other.refused,
        )


# ----------------------------------------------------------------------------------------------------- values

NUMBERS = (
    "0", "-0", "1", "-1", "2", "0.5", "-0.0", "1e-320", "5e-324", "1e39", "1e308", "-1e308", "1e400", "-1e400", "NaN",
    "Infinity", "-Infinity", "9007199254740993", "9223372036854775808", "1" + "0" * 400, "9" * 4300, "9" * 4400, "1e5",
    "100000", "100001", "1.5", "01", "1.", ".5", "+1", "0x1", "1_000", "\u0661", "1e", "--1",
)  # fmt: skip
TEXTS = (
    '""', '"x"', '"ReLU"', '"SGD"', '"float32"', '"a\\nb"', '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"',
    '"\\u0000"', '"\u202e"', '"\u2028"', '"\U0001f600"', '"`, got `x` - at `$.y"', '"$.data"', '"<img src=x>"',
    '"layers.0.weight"', '"' + "x" * 5000 + '"', '"\x7f"', '"\t"', '"unfinished',
)  # fmt: skip
STRUCTURES = (
    "null", "true", "false", "[]", "{}", "[[]]", "[{}]", '{"name": "ReLU"}', '{"name": 1}', "[1, 2]", "[[1, 2]]",
    '[["x"]]', '{"a": {"b": 1, "b": 2}}', '{"": 0}', "[" * 20 + "]" * 20, "[" * 1500, '{"a":' * 900 + "1" + "}" * 900,
    '{"name": "SequentialLR", "milestones": [1], "schedulers": [{"name": "StepLR", "step_size": 1}]}',
    "[" + "0," * 3000 + "0]", "[" + "[]," * 1000 + "[]]",
)  # fmt: skip
VALUES = (*NUMBERS, *TEXTS, *STRUCTURES)
KEYS = (
    "", "name", "x` - at `y", "two words", "\ud800", "\u202e", "lr", "seed", "interval", "layers.0.weight", "x" * 3000,
    "__class__", "$", "a\nb",
)  # fmt: skip
NAMES = tuple(
    name for table in (ACTIVATIONS, LOSSES, OPTIMIZERS, CLIPPINGS, SCHEDULERS, INITIALIZERS) for name in table
)
BYTES = (b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\", b'"', b"\\u", b"\r", b"{", b"]", b",", b"\xc3")
# Replaced by JSON text once the whole is written.
_HOLE = "\u0001hole\u0001"

Mutation = Callable[[bytes, random.Random, list[bytes]], bytes]


# --------------------------------------------------------------------------------------------------- mutations


def flip(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """Some bytes changed, put in or taken out."""
    spoiled = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(spoiled) + 1)
        kind = chance.randrange(3)
        spoiled[place : place + (kind != 1)] = b"" if kind == 0 else bytes([chance.randrange(256)])
    return bytes(spoiled)


def put_in(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """Bytes that mean something to a parser."""
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(BYTES) * chance.choice((1, 1, 2, 50)) + data[place:]


def cut(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """The end, the beginning or the middle left out."""
    first, last = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return chance.choice((data[:first], data[first:], data[:first] + data[last:]))


def splice(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """The beginning of one file and the end of another."""
    other = chance.choice(others)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def swap_words(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """Words between white space exchanged, doubled or left out."""
    words = data.split(b" ")
    one, two = chance.randrange(len(words)), chance.randrange(len(words))
    kind = chance.randrange(3)
    if kind == 0:
        words[one], words[two] = words[two], words[one]
    elif kind == 1:
        words.insert(one, words[two])
    else:
        del words[one]
    return b" ".join(words)


def replace_value(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """One value anywhere in the structure made another kind of value."""
    root = json.loads(data)
    where, key = chance.choice(_places(root))
    where[key] = _HOLE
    return _written(root, chance.choice(VALUES))


def another_number(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A number made another, which its place may well allow."""
    root = json.loads(data)
    places = [(where, key) for where, key in _places(root) if isinstance(where[key], int | float)]
    where, key = chance.choice(places)
    where[key] = _HOLE
    return _written(root, chance.choice(NUMBERS[:16]))


def another_name(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A function exchanged for another of any table, with the arguments as they are or with none."""
    root = json.loads(data)
    where, key = chance.choice([(w, k) for w, k in _places(root) if isinstance(w[k], str) and k in ("name", "scheme")])
    if chance.random() < 0.5:
        where.clear()
    where[key] = chance.choice(NAMES)
    return json.dumps(root).encode()


def another_key(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A key more in some object, or one that is called differently."""
    root = json.loads(data)
    objects = [where[key] for where, key in _places(root) if isinstance(where[key], dict)] + [root]
    chosen = chance.choice(objects)
    name = chance.choice(KEYS)
    if chosen and chance.random() < 0.5:
        old = chance.choice(list(chosen))
        value = chosen.pop(old)
        chosen[name] = value
        return json.dumps(root).encode()
    chosen[name] = _HOLE
    return _written(root, chance.choice(VALUES))


def leave_out(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A key or an item that is missing."""
    root = json.loads(data)
    where, key = chance.choice(_places(root))
    del where[key]
    return json.dumps(root).encode()


def repeat(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A key given twice, or an item many times."""
    root = json.loads(data)
    where, key = chance.choice(_places(root))
    if isinstance(where, list):
        where[key:key] = [where[key]] * chance.choice((1, 2, 500))
        return json.dumps(root).encode()
    text = json.dumps(where[key])
    where[key] = _HOLE
    return _written(root, f"{text}, {json.dumps(key)}: {chance.choice((text, *VALUES))}")


def move(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """A value of some file in another place of this one."""
    root, other = json.loads(data), json.loads(chance.choice(others))
    (where, key), (from_where, from_key) = chance.choice(_places(root)), chance.choice(_places(other))
    where[key] = from_where[from_key]
    return json.dumps(root).encode()


def nest(data: bytes, chance: random.Random, _: list[bytes]) -> bytes:
    """A value inside of lists or objects."""
    root = json.loads(data)
    where, key = chance.choice(_places(root))
    text, depth = json.dumps(where[key]), chance.choice((1, 1, 2, 20, 400, 2000))
    begin, end = chance.choice((("[", "]"), ('{"name": "SGD", "x": ', "}"), ('{"schedulers": [', "]}")))
    where[key] = _HOLE
    return _written(root, begin * depth + text + end * depth)


MUTATIONS: tuple[Mutation, ...] = (
    flip, put_in, cut, splice, swap_words, replace_value, replace_value, another_key, leave_out, repeat, move, move,
    nest, another_number, another_number, another_number, another_name, another_name, another_name,
)  # fmt: skip


def _places(root: Any) -> list[tuple[Any, Any]]:
    """Every place in a structure: what holds it, and its key. Of long lists the first few items."""
    found: list[tuple[Any, Any]] = []
    pending = [root]
    while pending:
        value = pending.pop()
        keys = list(value) if isinstance(value, dict) else range(min(len(value), 8))
        for key in keys:
            found.append((value, key))
            if isinstance(value[key], dict | list):
                pending.append(value[key])
    return found


def _written(root: Any, text: str) -> bytes:
    return json.dumps(root).replace(json.dumps(_HOLE), text).encode("utf-8", "surrogatepass")


# ------------------------------------------------------------------------------------------------------- files


def variants() -> list[bytes]:
    """The examples, and experiments with what they do not use: every optional key of the contract."""
    files = [path.read_bytes() for path in example_paths()]
    full = {
        "format": "chainrule-experiment",
        "version": 1,
        "title": "All keys",
        "network": {
            "inputs": 2,
            "layers": [
                {"units": 2, "activation": {"name": "PReLU", "num_parameters": 2, "init": 0.1}, "lr": 0.5},
                {"units": 2, "activation": {"name": "Softplus", "beta": 2}, "bias": False,
                 "initialization": {"scheme": "trunc_normal", "std": 0.5}},
            ],
        },
        "initialization": {"scheme": "xavier_uniform", "gain": 2, "seed": 3},
        "parameters": {"layers.0.weight": [[0.1, 0.2], [0.3, 0.4]], "layers.0.activation.weight": [0.1, 0.2]},
        "frozen": ["layers.0.bias"],
        "data": {"inputs": [[1, 2], [3, 4], [5, 6]], "targets": [0, 1, 1], "batch_size": 1, "shuffle": True, "seed": 4,
                 "test_size": 0.3},
        "loss": {"name": "CrossEntropyLoss", "reduction": "mean", "label_smoothing": 0.1},
        "optimizer": {"name": "Adam", "lr": 0.01, "betas": [0.9, 0.99], "amsgrad": True},
        "clipping": {"name": "clip_grad_norm_", "max_norm": 1, "norm_type": "inf"},
        "scheduler": {"name": "SequentialLR", "milestones": [3, 9], "interval": "iteration", "schedulers": [
            {"name": "LinearLR", "total_iters": 3}, {"name": "LambdaLR", "lr_lambda": "0.9 ** epoch"},
            {"name": "MultiStepLR", "milestones": [2, 4]}]},
        "dtype": "float32",
        "device": "cpu",
    }  # fmt: skip
    files.append(json.dumps(full).encode())
    for name, arguments in (("Adafactor", {"eps": [None, 1e-3]}), ("Rprop", {"etas": [0.5, 1.2]}), ("ASGD", {})):
        files.append(json.dumps({**full, "optimizer": {"name": name, **arguments}, "dtype": "float64"}).encode())
    plain = {**full, "data": {"inputs": [[1, 2]], "test_size": 0}, "loss": {"name": "SumOfOutputs"}}
    schedulers = ({"name": "ReduceLROnPlateau"}, {"name": "OneCycleLR", "max_lr": 0.1, "total_steps": 9})
    files += [json.dumps({**plain, "scheduler": scheduler}).encode() for scheduler in schedulers]
    return [data for data in files if len(data) < 20_000]


def mutated(chance: random.Random, files: list[bytes], mutations: Sequence[Mutation] = MUTATIONS) -> bytes:
    """A file that one mutation has spoiled, and at times another, where it is still one."""
    data = chance.choice(files)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        try:
            data = chance.choice(mutations)(data, chance, files)
        except (ValueError, LookupError, RecursionError, TypeError):
            # No longer a structure: it stays as it is.
            break
    return data


# ------------------------------------------------------------------------------------------------------ checks


def read(data: bytes) -> Counts:
    """Read a file as a window does; raises `AssertionError`, or what went through, where that is a fault."""
    try:
        contents = decode_contents(data)
    except SpecError as error:
        _check_line(error)
        return Counts(1, malformed=1)
    experiment = contents.experiment
    try:
        checked = check_experiment(experiment)
    except SpecError as error:
        _check_line(error)
        # What the tables refuse is still kept as it is: a recovery copy may hold it.
        written = encode_experiment(experiment)
        assert encode_experiment(decode_experiment(written)) == written
        return Counts(1, refused=1)
    # What says nothing new is not written, and filled in again.
    assert check_experiment(decode_experiment(encode_experiment(checked))) == checked
    return Counts(1, opened=1)


def _check_line(error: SpecError) -> None:
    text = str(error)
    assert text.isprintable(), text
    assert len(text) <= LONGEST, text
    assert text.startswith("$"), text
    text.encode()


def calls_of(data: bytes) -> int:
    """How many calls reading a file makes."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        read(data)
    finally:
        sys.setprofile(before)
    return count


def run(count: int, seed: int) -> Counts:
    """Read so many mutated files; raises at the first that is not read or refused as it should be, with its bytes."""
    files, found = variants(), Counts()
    for number in range(count):
        data = mutated(random.Random(f"{seed}.{number}"), files)
        try:
            found += read(data)
            # Of some, what they take: time is bounded by the size of the file.
            if number % 50 == 0:
                calls = calls_of(data)
                assert calls <= FREE_CALLS + MOST_CALLS * len(data), f"{calls} calls"
        except Exception as error:
            raise AssertionError(f"file {seed}.{number}: {error!r}: {data[:2000]!r}") from error
    return found


def main() -> int:
    """Read mutated files, and say how many of each kind there were."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.mutated_files", description=__doc__)
    parser.add_argument("--count", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(run(asked.count, asked.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
