"""Histories that were spoiled, by chance or to do harm: refused with their place, or left out and said, never worse."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from chainrule.catalog.arguments import SpecError
from chainrule.model.editing import edits
from chainrule.model.files.decoding import decode_contents, decode_experiment
from chainrule.model.files.links import experiment_of_link, link_of
from chainrule.model.navigation import Cursor
from chainrule.model.reopening.saved_numbers import numbers_at
from chainrule.session.runs.listed import RunList
from chainrule.session.session import Session
from tests.experiments import article, sgd
from tests.session.acts import EDITS, W1, at
from tests.session.conftest import Open, a_session
from tests.session.reopening.reopened import NAME, Seen, compute_nothing, file_of, train
from tests.session.seen import Heard

WORDS = (
    None,
    True,
    -1,
    0,
    1,
    2,
    7,
    1.5,
    2**31,
    10**15,
    10**18,
    "",
    "nan",
    "x\ny",
    [],
    {},
    [[]],
    [1, 2],
    [[1.0, "inf"]],
)
WORDS += (
    {"like": 0, "places": [0], "numbers": [1]},
    {"shape": [2**40, 2**40], "at": 0},
    {"from": 0, "count": 9, "rows": []},
)


@pytest.fixture(scope="module")
def plain(qapp: QApplication) -> Any:
    """The objects of a file with something of everything."""
    with a_session(article()) as session:
        session.editor.edit("Momentum", edits.set_optimizer(sgd(0.01, 0.9)))
        train(session, 20)
        session.runs.pin()
        session.runs.rename(0, "slow")
        at(session, 12, 8)
        EDITS["z by hand"](session)
        train(session, 5)
        session.number_editor.edit_number(W1, (0, 0), 0.75)
        session.editor.edit("Add row", edits.add_row)
        session.undo_stack.undo()
        return json.loads(file_of(session))


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a structure, by what holds it and its key there."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def spoiled(plain: Any, chance: random.Random) -> Any:
    """The same with some places of the history replaced, taken out, doubled or called otherwise."""
    raw = copy.deepcopy(plain)
    for _ in range(chance.randrange(1, 4)):
        found = list(places(raw["history"]))
        if not found:
            break
        holder, key = chance.choice(found)
        kind = chance.randrange(4)
        if kind == 0:
            del holder[key]
        elif kind == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(chance.choice(holder)))
        elif kind == 2 and isinstance(holder, dict):
            holder[chance.choice(("x", "layers.0.weight", "state", "from"))] = holder.pop(key)
        else:
            holder[key] = copy.deepcopy(chance.choice(WORDS))
    return raw


def bytes_of(raw: Any) -> bytes:
    return json.dumps(raw).encode()


def opens(session: Session, raw: Any) -> None:
    """It is refused in a line, or it opens, and everything that it offers can be done."""
    try:
        contents = decode_contents(bytes_of(raw))
    except SpecError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert refused.startswith("$")
        assert "\n" not in refused
        return
    session.file.open(contents.experiment, NAME, history=contents.history)
    for _ in range(3):
        session.navigator.step_forward()
        session.navigator.step_back()
    rows = RunList(session)
    while rows.find_end(rows.rows(session.moment)):
        pass
    for place in range(len(session.runs.all)):
        session.runs.bring_back(place)
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
    while session.undo_stack.canRedo():
        session.undo_stack.redo()
    file_of(session)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_spoiled_history_does_no_harm(qapp: QApplication, plain: Any, seed: int) -> None:
    with a_session(article()) as session:
        opens(session, spoiled(plain, random.Random(seed)))


def change(path: str, value: Any) -> Callable[[Any], None]:
    """What puts a value into a place of the history."""

    def act(raw: Any) -> None:
        *keys, last = [int(key) if key.isdecimal() else key for key in path.split("/")]
        for key in keys:
            raw = raw[key]
        raw[last] = value

    return act


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("extra", 1, "$.history.extra: unknown key; allowed here: iteration, micro_step, horizon, segments, "),
        ("iteration", -1, "$.history.iteration: expected"),
        ("iteration", 10**14, "$.history: expected a state at most 4000000 iterations after iteration "),
        ("horizon", 10**14, "$.history: expected a state at most 4000000 iterations after iteration "),
        ("micro_step", 10**9, "$.history.micro_step: expected an integer from 0 to 999999, got 1000000000"),
        ("documents", [], "$.history.documents: expected at least 1 document, got none"),
        ("documents/0/segments", [1, 0], "$.history.documents[0].segments: expected segments in the order of their"),
        ("documents/0/segments/0", 99, "$.history.documents[0].segments[0]: expected an integer from 0 to "),
        ("segments/0/experiment", 99, "$.history.segments[0].experiment: expected an integer from 0 to "),
        ("segments/0/start", 1.5, "$.history.segments[0].start: expected an integer, got a number with a fraction"),
        ("segments/1/state/layers.0.weight", 9999, "$.history.segments[1].state.layers.0.weight: expected an integer"),
        ("edits/0/text", "two\nlines", "$.history.edits[0].text: expected a line of at most 200 characters"),
        ("edits/0/before/document", -1, "$.history.edits[0].before.document: expected an integer from 0 to "),
        ("done", 99, "$.history.done: expected an integer from 0 to "),
        ("documents/0/pinned/0", 9, "$.history.documents[0].pinned[0]: expected an integer from 0 to "),
        ("documents/0/pinned", [0] * 21, "$.history.documents[0].pinned: expected at most 20 runs, got 21"),
        ("pinned/0/document", 99, "$.history.pinned[0].document: expected an integer from 0 to "),
        ("pinned/0/document", 0, "$.history.pinned[0].document: expected a document without runs beside it"),
        ("pinned/0/horizon", -1, "$.history.pinned[0].horizon: expected"),
        ("pinned/0/name", "two\nlines", "$.history.pinned[0].name: expected a line of at most 200 characters"),
        ("pinned/0/shown", 1, "$.history.pinned[0].shown: expected"),
        ("pinned/0", {"document": 1}, '$.history.pinned[0]: missing key "horizon"'),
        ("pinned", [{}] * 101, "$.history.pinned: expected at most 100 items, got 101"),
        ("runs/0/curves/more", {}, "$.history.runs[0].curves.more: unknown key; allowed here: losses, test_losses, "),
        ("numbers/0", "x", '$.history.numbers[0]: expected a number, "inf", "-inf", "nan" or "-nan", got "x"'),
        ("numbers/0", [[1, 2], [3]], "$.history.numbers[0][1]: expected a list of 2 numbers, got 1"),
        ("numbers/0", {"shape": [2], "at": 0}, "$.history.numbers[0]: expected a place in an array of 0 numbers"),
        ("numbers/0", {"like": 0, "places": [], "numbers": []}, "$.history.numbers[0].like: expected an integer"),
        ("array", {"file": "a", "array": "b"}, "$.history.array: there are no arrays beside this file"),
        ("experiments/0", {"device": 1}, "$.history.experiments[0].device: expected text, got an integer"),
        ("experiments/0", {"format": "x"}, "$.history.experiments[0].format: unknown key; allowed here: title, "),
    ],
)
def test_what_is_wrong_is_said_with_its_place(plain: Any, path: str, value: Any, message: str) -> None:
    raw = copy.deepcopy(plain)
    change(path, value)(raw["history"])
    with pytest.raises(SpecError) as refused:
        decode_experiment(bytes_of(raw))
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("spoil", ["none", "other shape"])
def test_a_place_far_from_any_state_is_not_computed_for_hours(
    plain: Any, opened: Open, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    raw = copy.deepcopy(plain)
    history, far = raw["history"], 3_000_000
    history["iteration"] = history["horizon"] = history["documents"][0]["trained"] = far
    history["numbers"].append([1.0, 2.0, 3.0, 4.0, 5.0])
    index = history["documents"][0]["segments"][-1]
    if spoil == "other shape":
        values = dict.fromkeys((W1, "layers.0.bias"), len(history["numbers"]) - 1)
        history["runs"].append({"segments": [index], "states": [{"iteration": far, "values": values}], "curves": {}})
    session = opened()
    heard = Heard(session)
    compute_nothing(session, monkeypatch)
    contents = decode_contents(bytes_of(raw))
    session.file.open(contents.experiment, NAME, history=contents.history)
    assert session.cursor == Cursor(0)
    assert "there is no state that fits near to iteration 3000000" in " ".join(heard.texts)


@pytest.mark.parametrize("side", ["before", "after"])
def test_an_undo_is_not_computed_for_hours(plain: Any, opened: Open, side: str) -> None:
    raw = copy.deepcopy(plain)
    history, far = raw["history"], 100_000
    history["edits"][1][side]["iteration"] = far
    session = opened()
    heard = Heard(session)
    contents = decode_contents(bytes_of(raw))
    session.file.open(contents.experiment, NAME, history=contents.history)
    assert (session.cursor, session.undo_stack.count()) == (Cursor(0), 0)
    assert f"there is no state that fits near to iteration {far}" in " ".join(heard.texts)


def test_a_history_of_many_numbers_is_refused_before_they_are_made(plain: Any) -> None:
    raw = copy.deepcopy(plain)
    raw["history"]["numbers"] = [[0] * 100_000, *[{"like": 0, "places": [], "numbers": []}] * 30_000]
    with pytest.raises(SpecError, match="expected at most 8000000 numbers in a history, got 8100000"):
        decode_experiment(bytes_of(raw))


def test_a_history_came_with_version_4(plain: Any) -> None:
    with pytest.raises(SpecError, match=r'\$\.version: expected 4, got 3; "history" came with version 4'):
        decode_experiment(bytes_of(plain | {"version": 3}))


def test_pinned_runs_came_with_version_6(plain: Any) -> None:
    assert plain["version"] == 6
    with pytest.raises(SpecError, match=r'\$\.version: expected 6, got 4; "pinned" came with version 6'):
        decode_experiment(bytes_of(plain | {"version": 4}))


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("experiments/0", {"optimizer": {"name": "Nope"}}, "$.history.experiments[0]: $.optimizer.name: "),
        ("segments/1/state", None, "$.history.segments[1]: nothing is said of what iteration "),
        (
            "segments/0/overrides",
            [{"ref": "layers.7.bias", "index": [0], "value": 1}],
            "$.history.segments[0].overrides: there are no such numbers in this iteration",
        ),
    ],
)
@pytest.mark.parametrize("ready", [True, False])
def test_what_does_not_fit_costs_the_history_and_not_the_experiment(
    opened: Open, plain: Any, path: str, value: Any, reason: str, ready: bool
) -> None:
    raw = copy.deepcopy(plain)
    change(path, value)(raw["history"])
    contents, session = decode_contents(bytes_of(raw)), opened(ready=ready)
    heard = Heard(session)
    session.file.open(contents.experiment, NAME, history=contents.history)
    assert session.timeline is not None
    (said,) = heard.texts
    assert said.startswith(
        f"mine.chainrule was opened at its beginning: what it says of its training does not fit ({reason}"
    )
    assert (session.cursor, session.undo_stack.count(), session.is_modified) == (Cursor(), 0, False)
    assert session.experiment == contents.experiment


def test_curves_and_states_that_do_not_fit_are_computed_again(opened: Open, plain: Any) -> None:
    raw = copy.deepcopy(plain)
    for run in raw["history"]["runs"]:
        for series in run["curves"].values():
            series["length"] += 1
        for state in run["states"]:
            state["values"].pop("layers.0.weight")
    one, other = opened(), opened()
    for session, file in ((one, plain), (other, raw)):
        contents = decode_contents(bytes_of(file))
        session.file.open(contents.experiment, NAME, history=contents.history)
    assert Seen.of(one).values == Seen.of(other).values


def test_a_link_carries_the_experiment_alone(plain: Any) -> None:
    contents = decode_contents(bytes_of(plain))
    assert contents.history is not None
    assert experiment_of_link(link_of(contents.experiment)) == contents.experiment


@pytest.mark.parametrize("raw", [[[], []], [[]], [], [[1.0, 2.0]], [1.0], 3.0])
def test_numbers_are_written_as_they_were_read_also_rows_without_any(raw: object) -> None:
    assert numbers_at(raw, "$.history.numbers[0]").nested() == raw
