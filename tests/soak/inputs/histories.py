"""Files that keep what training has come to, as they should be; and what spoils the structure of such a history."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from typing import Any
from unittest.mock import patch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.editing import edits
from chainrule.model.files import file_format
from chainrule.model.reopening import writing
from chainrule.session.session import Session
from tests.experiments import article, dense, sgd
from tests.formulas import formula_experiment
from tests.session.acts import EDITS, W1, at
from tests.session.conftest import a_session
from tests.session.reopening.reopened import file_of, train
from tests.soak.mutated_files import Mutation

# Numbers of a history go into an array from so many on, in rows of so many: few are enough here.
FEW, COLUMNS = 8, 16
# Beyond what a curve holds one by one: its middle is in blocks.
LONG = 7_000
NUMBERS = (-1, 0, 1, 2, 3, 7, 16, 20, 255, 256, 4096, 5000, 10**5, 4 * 10**6, 2**31, 2**63, 0.5, -0.0, 1e308, 1e-320)
WORDS: tuple[Any, ...] = (
    *(None, True, "", "nan", "-nan", "inf", "x\ny", [], {}, [[]], [[], []], [1, 2], [[1.0, "inf"]], [0, 0], [1, 0]),
    *({"like": 0, "places": [0], "numbers": [1]}, {"like": 0, "places": [], "numbers": []}),
    *({"shape": [2**40, 2**40], "at": 0}, {"shape": [0, 3], "at": 0}, {"shape": [], "at": 1}, {"shape": [2], "at": 2}),
    *({"from": 0, "count": 9, "rows": []}, {"from": 0, "count": 1, "rows": [[1]]}),
    [{"ref": "layers.0.pre_activation", "index": [0, 0], "value": 2.5}],
    [{"ref": "layers.0.weight.grad", "index": [], "value": 1e308}, {"ref": "loss", "index": [], "value": 0}],
)


def _article(session: Session) -> None:
    """Runs, edits in the middle, a number by hand, and one edit that was undone."""
    session.editor.edit("Momentum", edits.set_optimizer(sgd(0.01, 0.9)))
    train(session, 20)
    at(session, 12, 8)
    EDITS["z by hand"](session)
    train(session, 5)
    session.number_editor.edit_number(W1, (0, 0), 0.75)
    session.editor.edit("Add row", edits.add_row)
    session.undo_stack.undo()


def _compared(session: Session) -> None:
    """Runs that are pinned beside it, one of them let go of."""
    for lr in (0.01, 0.1, 0.5):
        train(session, 5)
        session.runs.pin()
        session.editor.edit("Rate", edits.set_optimizer(sgd(lr)), restart=True)
    session.runs.rename(0, "slow")
    session.runs.show(1, shown=False)
    session.runs.remove(2)
    train(session, 2)


def _edited(session: Session) -> None:
    """An edit of each part of an experiment."""
    train(session, 3)
    for name in ("input", "target", "remove row", "learning rate", "penalty", "group", "dtype", "units", "freeze"):
        EDITS[name](session)
    train(session, 3)


def _trained(session: Session) -> None:
    train(session, 6)
    session.navigator.step_forward()


def _for_long(session: Session) -> None:
    train(session, LONG)


def _held_back() -> Experiment:
    experiment = dense((2, 3, 1), 6, optimizer=Choice("Adam", {"lr": 0.01}))
    data = replace(experiment.data, test_size=0.3, batch_size=2, shuffle=True)
    return replace(experiment, data=data, scheduler=Choice("ReduceLROnPlateau", {"patience": 2}))


def _bowl() -> Experiment:
    return formula_experiment("f = x^2 + 3*y^2", parameters={"x": 2.0, "y": -1.0})


def _trainings() -> Iterator[tuple[Experiment, Callable[[Session], None]]]:
    yield article(), _article
    yield article(), _compared
    yield dense((2, 2, 1), 3), _edited
    yield _held_back(), _trained
    yield _bowl(), _trained
    # Infinite at the end, and none.
    yield replace(dense((2, 2, 1), 2, dtype="float32"), optimizer=sgd(1e30)), _trained


def _file(experiment: Experiment, work: Callable[[Session], None]) -> bytes:
    with a_session(experiment) as session:
        work(session)
        return file_of(session)


@cache
def histories() -> list[bytes]:
    """Files with a history, as JSON."""
    return [_file(*training) for training in _trainings()]


@cache
def archived_histories() -> list[bytes]:
    """Files with a history whose numbers are in an array beside it; those of the data, too, in one of them."""
    found = []
    for most in (3, file_format.MOST_IN_JSON):
        with ExitStack() as stack:
            few = ((file_format, "MOST_IN_JSON", most), (writing, "MOST_AS_TEXT", FEW), (writing, "COLUMNS", COLUMNS))
            for module, name, value in few:
                stack.enter_context(patch.object(module, name, value))
            found += [_file(*training) for training in list(_trainings())[:2]]
    return [*found, _file(_bowl(), _for_long)]


# What spoils one


def another_item(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """Something in the history made another thing of its sort, which its place may well allow."""
    root = json.loads(data)
    where, key = chance.choice(list(_places(root["history"])))
    value = where[key]
    if isinstance(value, list) and value:
        where[key] = _other_list(value, chance)
    elif isinstance(value, dict) and chance.random() < 0.5:
        # What another one of its sort has.
        same = [holder[name] for holder, name in _places(root["history"]) if isinstance(holder[name], dict)]
        where[key] = chance.choice(same)
    elif isinstance(value, int | float) and chance.random() < 0.8:
        near = (value + 1, value - 1, value + 1, 2 * value, 1000 * value)
        numbers = [holder[name] for holder, name in _places(root["history"]) if isinstance(holder[name], int)]
        where[key] = chance.choice((*near, *NUMBERS, *chance.choices(numbers, k=10)))
    else:
        where[key] = chance.choice((*WORDS, *NUMBERS))
    return json.dumps(root).encode()


def another_history(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """The history of one file in another, or a part of it that goes by the same name."""
    root, other = json.loads(data), json.loads(chance.choice(others))
    taken = other["history"]
    if chance.random() < 0.3:
        root["history"], root["version"] = taken, 4
    else:
        name = chance.choice(list(taken))
        root["history"][name] = taken[name]
    return json.dumps(root).encode()


def _other_list(value: list[Any], chance: random.Random) -> list[Any]:
    one, two = chance.randrange(len(value)), chance.randrange(len(value))
    found = list(value)
    kind = chance.randrange(5)
    if kind == 0:
        found[one], found[two] = found[two], found[one]
    elif kind == 1:
        found[one:one] = [found[two]] * chance.choice((1, 1, 2, 300))
    elif kind == 2:
        del found[one]
    elif kind == 3:
        found[one] = found[two]
    else:
        found.append(chance.choice((*WORDS, *NUMBERS)))
    return found


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a structure, by what holds it and its key there; of long lists the first few."""
    for key, item in list(value.items() if isinstance(value, dict) else enumerate(value[:12])):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


HISTORY: tuple[Mutation, ...] = (another_item, another_item, another_item, another_history)
