"""The score of predictions, and the files that it is saved as."""

from __future__ import annotations

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.values.step_kinds import Phase
from chainrule.lessons.prediction.score import Prediction, PredictionOutcome, PredictionScore, Tally
from chainrule.lessons.prediction.score_files import COLUMNS, WRITERS, score_csv, score_json, score_text

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
PREDICTIONS = st.builds(
    Prediction,
    TEXTS,
    st.integers(0, 10**6),
    st.sampled_from(Phase),
    TEXTS,
    TEXTS,
    TEXTS,
    st.sampled_from(PredictionOutcome),
    st.integers(1, 9),
    TEXTS,
)
ONE = Prediction(
    "XOR", 3, Phase.BACKWARD, "∂L/∂w₁₁", "0.38", "0.375", PredictionOutcome.ROUNDED, 1, "The last digit is one off."
)


@given(st.lists(PREDICTIONS, max_size=30))
def test_each_prediction_is_counted_once_and_in_its_phase(found: list[Prediction]) -> None:
    score = PredictionScore()
    for each in found:
        score = score.added(each)
    for phase in (None, *Phase):
        tally = score.tally(phase)
        asked = [each for each in found if phase in (None, each.phase)]
        assert tally.asked == len(asked) == tally.right + tally.rounded + tally.wrong + tally.revealed
        assert tally.right == sum(each.outcome is PredictionOutcome.RIGHT for each in asked)
        assert tally.revealed == sum(each.outcome is PredictionOutcome.REVEALED for each in asked)
    assert sum(score.tally(phase).asked for phase in Phase) == len(found)


def test_the_first_answer_counts() -> None:
    wrong = Prediction("", 0, Phase.FORWARD, "z₁", "1", "2", PredictionOutcome.WRONG)
    score = PredictionScore().added(wrong).tried_again().tried_again()
    assert score.tally() == Tally(1, 0, 0, 1, 0)
    assert score.predictions[0].tries == 3
    assert score.summary == "0 of 1 right"
    assert PredictionScore().summary == ""


@given(st.lists(PREDICTIONS, max_size=8))
def test_csv_and_json_read_back_to_what_was_predicted(found: list[Prediction]) -> None:
    score = PredictionScore(tuple(found))
    head, *rows = csv.reader(io.StringIO(score_csv(score), newline=""))
    assert tuple(head) == COLUMNS
    read = json.loads(score_json(score))
    assert len(rows) == len(read["predictions"]) == len(found)
    for each, row, told in zip(found, rows, read["predictions"], strict=True):
        expected = [each.experiment, each.iteration, each.phase.value, each.name, each.given, each.right]
        expected += [each.outcome.value, each.tries, each.said]
        assert row == [str(cell) for cell in expected]
        assert [told[name] for name in COLUMNS] == expected
    assert read["tallies"]["all"]["asked"] == len(found)


def test_the_text_has_a_table_and_a_line_for_each() -> None:
    lines = score_text(PredictionScore((ONE,))).splitlines()
    assert lines[0].split() == ["asked", "right", "rounded", "wrong", "revealed"]
    assert [line.split() for line in lines if line.startswith("backward")] == [["backward", "1", "0", "1", "0", "0"]]
    assert lines[-1] == ("iteration 3, backward: ∂L/∂w₁₁ = 0.375; answered 0.38: rounded. The last digit is one off.")
    assert set(WRITERS) == {".csv", ".json", ".txt"}
