"""The score of predictions: what is counted by phase, what was said last, how it is saved and begun anew."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from chainrule.lessons.prediction.comparing import AnsweredSide
from chainrule.session.predicting.predictor import Predictor
from chainrule.ui.predicting.score_dialog import LAST, NOTHING, ScoreDialog
from chainrule.ui.window.main_window import MainWindow

HEADS = ("asked", "right", "rounded", "wrong", "shown")


@pytest.fixture
def predictor(window: MainWindow) -> Iterator[Predictor]:
    found = window.answers.predictor
    found.set_on(True)
    yield found
    found.set_on(False)


@pytest.fixture
def dialog(window: MainWindow, predictor: Predictor) -> Iterator[ScoreDialog]:
    window.actions_by_id["predict.score"].trigger()
    found = window.findChild(ScoreDialog)
    assert found is not None
    yield found
    found.reject()


def counts(dialog: ScoreDialog, phase: str) -> list[int]:
    found = [dialog.findChild(QLabel, f"predict.score.{phase}.{head}") for head in HEADS]
    return [int(label.text()) for label in found if label is not None]


def last(dialog: ScoreDialog) -> list[str]:
    label = dialog.findChild(QLabel, "predict.score.last")
    assert label is not None
    return label.text().splitlines()


def predict(predictor: Predictor, *answers: str, qtbot: QtBot) -> None:
    """Answer one question after the other: a number, a side, or nothing."""
    for each in answers:
        predictor.step()
        if not each:
            predictor.reveal()
        elif each in (side.value for side in AnsweredSide):
            predictor.compare(AnsweredSide(each))
        else:
            predictor.answer(each)
            qtbot.waitUntil(lambda: not predictor.is_checking, timeout=60_000)
            if predictor.question is not None:
                predictor.reveal()


def saved(window: MainWindow, dialog: ScoreDialog, path: Path, qtbot: QtBot) -> str:
    """Save the score from the dialog, and return what is in the file."""
    dialog.save_button.click()
    files = next(each for each in window.findChildren(QFileDialog, "export.dialog") if each.isVisible())
    files.setDirectory(str(path.parent))
    files.selectFile(path.name)
    files.accept()
    qtbot.waitUntil(path.exists)
    qtbot.waitUntil(lambda: bool(path.read_text(encoding="utf-8")))
    return path.read_text(encoding="utf-8")


def test_nothing_was_asked_yet(dialog: ScoreDialog) -> None:
    assert last(dialog) == [NOTHING]
    assert counts(dialog, "all") == [0, 0, 0, 0, 0]
    assert not dialog.save_button.isEnabled()
    assert not dialog.reset_button.isEnabled()


def test_each_outcome_is_counted_in_its_phase_while_it_is_open(
    dialog: ScoreDialog, predictor: Predictor, qtbot: QtBot
) -> None:
    # z, a, z and ŷ of the example, then the loss: 0.5 is right, a is the same, and z of the output is wrong.
    predict(predictor, "0.5", "same", "99", "", qtbot=qtbot)
    assert counts(dialog, "forward") == [4, 2, 0, 1, 1]
    assert counts(dialog, "loss") == [0, 0, 0, 0, 0]
    predict(predictor, "", "larger", qtbot=qtbot)
    assert counts(dialog, "loss") == [1, 0, 0, 0, 1]
    assert sum(counts(dialog, "backward")[1:]) == counts(dialog, "backward")[0] == 1
    by_phase = [counts(dialog, phase) for phase in ("forward", "loss", "backward", "update")]
    assert counts(dialog, "all") == [sum(column) for column in zip(*by_phase, strict=True)]
    assert last(dialog)[0] == "✓ z₁⁽¹⁾ of sample 1 = 0.5, your answer 0.5"
    assert last(dialog)[1].endswith("your answer the same as z₁⁽¹⁾")
    assert last(dialog)[2].startswith("✗ ")
    assert "your answer" not in last(dialog)[3]
    assert last(dialog)[3].startswith("→ ")
    assert len(last(dialog)) == LAST
    predict(predictor, "", qtbot=qtbot)
    # The first one has no room any more.
    assert len(last(dialog)) == LAST
    assert not last(dialog)[0].startswith("✓ z₁")


@pytest.mark.parametrize("suffix", [".csv", ".json", ".txt"])
def test_it_is_saved_as_its_name_ends(
    window: MainWindow, dialog: ScoreDialog, predictor: Predictor, tmp_path: Path, qtbot: QtBot, suffix: str
) -> None:
    predict(predictor, "0.5", "smaller", qtbot=qtbot)
    text = saved(window, dialog, tmp_path / f"score{suffix}", qtbot)
    outcomes = ["right", "wrong"]
    if suffix == ".csv":
        assert [row["outcome"] for row in csv.DictReader(io.StringIO(text))] == outcomes
    elif suffix == ".json":
        assert [each["outcome"] for each in json.loads(text)["predictions"]] == outcomes
    else:
        assert "z₁⁽¹⁾ of sample 1" in text


def test_it_gives_no_number_away_that_is_still_asked_for(
    window: MainWindow, dialog: ScoreDialog, predictor: Predictor, tmp_path: Path, qtbot: QtBot
) -> None:
    predictor.step()
    predictor.answer("77")
    qtbot.waitUntil(lambda: not predictor.is_checking, timeout=60_000)
    assert last(dialog) == ["✗ z₁⁽¹⁾ of sample 1 = ?, your answer 77"]
    (row,) = csv.DictReader(io.StringIO(saved(window, dialog, tmp_path / "score.csv", qtbot)))
    assert (row["answer"], row["right"]) == ("77", "?")
    predictor.reveal()
    assert last(dialog) == ["✗ z₁⁽¹⁾ of sample 1 = 0.5, your answer 77"]


def test_it_begins_anew(dialog: ScoreDialog, predictor: Predictor, qtbot: QtBot) -> None:
    predict(predictor, "0.5", qtbot=qtbot)
    assert dialog.reset_button.isEnabled()
    dialog.reset_button.click()
    assert counts(dialog, "all") == [0, 0, 0, 0, 0]
    assert last(dialog) == [NOTHING]
    assert not dialog.save_button.isEnabled()
