"""The board that a file brings: what it may say, and that a file without one is what it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.links import experiment_of_link, link_of
from tests.experiments import article

BOARDS = (
    BoardSpec(("loss", "fit", "tabs"), ("classes", "code"), "classes", "surface"),
    BoardSpec(("tabs",)),
    BoardSpec(("race",), enlarged="loss"),
    BoardSpec(()),
)


def file_with(board: object, version: int = 5) -> bytes:
    found = json.loads(encode_experiment(article()))
    return json.dumps(found | {"version": version, "board": board}).encode()


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_is_written_and_read(board: BoardSpec) -> None:
    experiment = replace(article(), board=board)
    written = encode_experiment(experiment)
    assert json.loads(written)["version"] == 5
    assert decode_experiment(written) == experiment
    assert experiment_of_link(link_of(experiment)) == experiment


def test_what_it_does_not_say_is_left_out() -> None:
    written = json.loads(encode_experiment(replace(article(), board=BoardSpec(("loss", "tabs"), front="code"))))
    assert written["board"] == {"cards": ["loss", "tabs"], "front": "code"}


def test_a_file_without_one_is_of_the_version_that_it_was() -> None:
    written = encode_experiment(article())
    assert json.loads(written)["version"] == 1
    assert b"board" not in written
    assert decode_experiment(file_with(None, version=1)) == article()


@pytest.mark.parametrize(
    ("board", "said"),
    [
        ({}, '$.board: missing key "cards"'),
        ([], "$.board: expected an object or null, got a list"),
        ({"cards": "loss"}, "$.board.cards: expected a list, got text"),
        ({"cards": ["lose"]}, '$.board.cards[0]: no view "lose" here; there are loss, gradients, slope,'),
        ({"cards": ["loss", "loss"]}, '$.board.cards[1]: "loss" stands there twice'),
        ({"cards": ["tabs"], "tabs": ["loss"]}, '$.board.tabs[0]: no view "loss" here; there are slope, state,'),
        ({"cards": ["fit", "tabs"], "tabs": ["fit"]}, '$.board.tabs[0]: "fit" has a card of its own'),
        (
            {"cards": ["fit"], "tabs": ["code"]},
            '$.board.tabs: there is no card for them: "tabs" is not among the cards',
        ),
        ({"cards": ["tabs"], "tabs": ["code"], "front": "fit"}, '$.board.front: expected code, got "fit"'),
        ({"cards": ["loss"], "front": "fit"}, '$.board.front: there are no tabs, got "fit"'),
        ({"cards": ["loss"], "enlarged": "stage"}, '$.board.enlarged: no view "stage" here; there are loss,'),
        (
            {"cards": ["loss"], "window": "fit"},
            "$.board.window: unknown key; allowed here: cards, tabs, front, enlarged",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(board: Any, said: str) -> None:
    with pytest.raises(SpecError) as error:
        decode_experiment(file_with(board))
    assert str(error.value).startswith(said)


def test_an_older_version_cannot_have_one() -> None:
    with pytest.raises(SpecError) as error:
        decode_experiment(file_with({"cards": ["loss"]}, version=4))
    assert str(error.value) == '$.version: expected 5, got 4; "board" came with version 5'
