"""The questions that a file asks: what they may say, and that a file without them is what it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.question import MOST_ITERATION, Question, Tolerance
from chainrule.catalog.experiment.spec import StartState
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.links import experiment_of_link, link_of
from tests.experiments import article

GRADIENT = ValueRef("layers.0.weight.grad")
QUESTIONS = (
    Question("w12", GRADIENT, (0, 1), 0, 2.0, Tolerance(digits=3), "The slope by w₁₂"),
    Question("z", ValueRef("layers.0.pre_activation"), None, 3, 0.0, Tolerance(relative=0.0, absolute=0.5), "", 0.5),
    Question("loss", ValueRef("loss"), ()),
)


def file_with(questions: object, version: int = 7) -> bytes:
    found = json.loads(encode_experiment(article()))
    return json.dumps(found | {"version": version, "questions": questions}).encode()


def test_questions_are_written_and_read() -> None:
    experiment = article(questions=QUESTIONS)
    written = encode_experiment(experiment)
    assert json.loads(written)["version"] == 7
    assert json.loads(written)["questions"][0] == {
        "id": "w12",
        "ref": "layers.0.weight.grad",
        "index": [0, 1],
        "iteration": 0,
        "points": 2.0,
        "tolerance": {"digits": 3},
        "text": "The slope by w₁₂",
    }
    assert decode_experiment(written) == experiment
    assert experiment_of_link(link_of(experiment)) == experiment


def test_what_is_not_said_has_its_default() -> None:
    read = decode_experiment(file_with([{"id": "l", "ref": "loss"}, {"id": "z", "ref": "loss", "index": None}]))
    assert read.questions[0] == Question("l", ValueRef("loss"), None, 0, 1.0, Tolerance(relative=0.01), "")
    assert read.questions[1].index is None


def test_a_file_without_them_is_of_the_version_that_it_was() -> None:
    written = encode_experiment(article())
    assert json.loads(written)["version"] == 1
    assert b"questions" not in written
    assert decode_experiment(file_with([], version=1)) == article()


def test_an_older_version_cannot_have_them() -> None:
    with pytest.raises(SpecError) as error:
        decode_experiment(file_with([{"id": "l", "ref": "loss"}], version=6))
    assert str(error.value) == '$.version: expected 7, got 6; "questions" came with version 7'


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"ref": "loss"}, '$.questions[0]: missing key "id"'),
        ({"id": "l"}, '$.questions[0]: missing key "ref"'),
        ({"id": "", "ref": "loss"}, "$.questions[0].id: expected 1 to 64 letters, digits and _ . -, and a letter or"),
        ({"id": "a b", "ref": "loss"}, "$.questions[0].id: expected 1 to 64 letters, digits and _ . -, and a letter"),
        ({"id": "l", "ref": 1}, "$.questions[0].ref: expected text, got an integer"),
        ({"id": "l", "ref": "loss", "answer": 1}, "$.questions[0].answer: unknown key; allowed here: id, ref, index,"),
        ({"id": "l", "ref": "loss", "index": 0}, "$.questions[0].index: expected a list, got an integer"),
        ({"id": "l", "ref": "loss", "iteration": -1}, "$.questions[0].iteration: expected an integer from 0 to"),
        ({"id": "l", "ref": "loss", "points": -1}, "$.questions[0].points: expected a number from 0 to 1e+06, got -1"),
        (
            {"id": "l", "ref": "loss", "consequential": 2},
            "$.questions[0].consequential: expected a share of the points",
        ),
        ({"id": "l", "ref": "loss", "tolerance": {}}, '$.questions[0].tolerance: expected "relative", "absolute" or'),
        (
            {"id": "l", "ref": "loss", "tolerance": {"digits": 0}},
            "$.questions[0].tolerance.digits: expected an integer",
        ),
        ({"id": "l", "ref": "loss", "tolerance": {"relative": 1}}, "$.questions[0].tolerance.relative: expected a"),
        ({"id": "l", "ref": "loss", "tolerance": {"absolute": -1}}, "$.questions[0].tolerance.absolute: expected a"),
        ({"id": "l", "ref": "loss", "tolerance": 0.1}, "$.questions[0].tolerance: expected an object, got a number"),
        ({"id": "l", "ref": "loss", "text": "a\x00b"}, "$.questions[0].text: there are control characters in it"),
        ({"id": "l", "ref": "loss", "text": "a" * 2001}, "$.questions[0].text: expected at most 2000 characters"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(question: Any, said: str) -> None:
    with pytest.raises(SpecError) as error:
        decode_experiment(file_with([question]))
    assert str(error.value).startswith(said)


def test_two_questions_have_two_ids() -> None:
    with pytest.raises(SpecError, match=r'\$\.questions\[1\]\.id: "L" is the id of a question before it'):
        decode_experiment(file_with([{"id": "l", "ref": "loss"}, {"id": "L", "ref": "loss"}]))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question("q", ValueRef("layers.2.weight")), '$.questions[0].ref: no value "layers.2.weight" in this'),
        (Question("q", ValueRef("layers.0.weight.exp_avg")), '$.questions[0].ref: no value "layers.0.weight.exp_avg"'),
        (Question("q", GRADIENT, (0,)), "$.questions[0].index: expected 2 numbers for layers.0.weight.grad, got [0]"),
        (Question("q", GRADIENT, (0, 2)), "$.questions[0].index[1]: expected an integer from 0 to 1, got 2"),
        (Question("q", GRADIENT, (-1, 0)), "$.questions[0].index[0]: expected an integer from 0 to 1, got -1"),
        (Question("q", ValueRef("loss"), (0,)), "$.questions[0].index: expected 0 numbers for loss, got [0]"),
        (Question("q", ValueRef("layers.0.activation"), (2, 0)), "$.questions[0].index[0]: expected an integer from 0"),
    ],
)
def test_what_an_experiment_has_no_number_for_is_refused(question: Question, said: str) -> None:
    with pytest.raises(SpecError) as error:
        checked_experiment(replace(article(), questions=(question,)))
    assert str(error.value).startswith(said)


def test_the_last_batch_of_an_epoch_has_fewer_rows() -> None:
    data = replace(article().data, inputs=((1.0, 2.0),) * 3, targets=((1.0,),) * 3, batch_size=2)
    asked = Question("q", ValueRef("layers.0.activation"), (1, 0), 2)
    assert checked_experiment(article(data=data, questions=(asked,))).questions == (asked,)
    with pytest.raises(SpecError, match=r"index\[0\]: expected an integer from 0 to 0, got 1"):
        checked_experiment(article(data=data, questions=(replace(asked, iteration=1),)))


def test_nothing_is_asked_of_what_came_before_the_file() -> None:
    state = StartState(12)
    asked = Question("q", ValueRef("loss"), (), 12)
    assert checked_experiment(article(state=state, questions=(asked,))).questions == (asked,)
    with pytest.raises(SpecError, match=r"\$\.questions\[0\]\.iteration: training begins with iteration 12, got 11"):
        checked_experiment(article(state=state, questions=(replace(asked, iteration=11),)))


TOLERANCES = st.one_of(
    st.builds(Tolerance, relative=st.floats(0, 0.99)),
    st.builds(Tolerance, absolute=st.floats(0, 1e6)),
    st.builds(Tolerance, digits=st.integers(1, 15)),
)


@given(
    st.builds(
        Question,
        id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", fullmatch=True),
        ref=st.just(GRADIENT),
        index=st.none() | st.tuples(st.integers(0, 1), st.integers(0, 1)),
        iteration=st.integers(0, MOST_ITERATION),
        points=st.floats(0, 1e6),
        tolerance=TOLERANCES,
        text=st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=50),
    )
)
def test_every_question_comes_back(question: Question) -> None:
    experiment = article(questions=(question,))
    assert decode_experiment(encode_experiment(experiment)) == experiment


@given(st.floats(-1e9, 1e9).filter(lambda number: abs(number) > 1e-6), st.integers(1, 12))
def test_digits_accept_what_is_rounded_to_them(right: float, digits: int) -> None:
    tolerance = Tolerance(digits=digits)
    assert tolerance.accepts(right, float(f"{right:.{digits - 1}e}"))
    assert not tolerance.accepts(right, right + 1.01 * tolerance.margin(right))
    assert not tolerance.accepts(right, right - 1.01 * tolerance.margin(right))


def test_an_answer_is_right_within_any_tolerance_that_is_given() -> None:
    both = Tolerance(relative=0.01, absolute=0.5)
    assert both.accepts(100.0, 101.0)
    assert both.accepts(1.0, 1.5)
    assert not both.accepts(1.0, 1.51)
    assert not both.accepts(1.0, float("nan"))
    assert not both.accepts(1.0, float("inf"))
    assert Tolerance(relative=0.01).accepts(0.0, 0.0)
    assert Tolerance(digits=3).text == "3 significant digits"
    assert both.text == "±1 % or ±0.5"
