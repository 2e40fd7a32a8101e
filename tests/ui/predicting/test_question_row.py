"""The question at the equation, as a student answers it: by keys and by the mouse, rightly, wrongly, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.lessons.prediction.comparing import AnsweredSide
from chainrule.model.navigation import Cursor
from chainrule.ui.predicting.question_row import BEGIN, INSIST, QuestionRow
from chainrule.ui.predicting.score_dialog import ScoreDialog
from chainrule.ui.window.main_window import MainWindow

Key = Qt.Key
WAIT = 60_000


@pytest.fixture
def row(active: MainWindow, qtbot: QtBot) -> Iterator[QuestionRow]:
    """The row, with the first question of the example: z of the first neuron, 0.1·1 + 0.2·2."""
    qtbot.keyClick(active.stage_panel.stage, Key.Key_Q)
    found = active.findChild(QuestionRow)
    assert found is not None
    qtbot.waitUntil(lambda: found.is_asking)
    yield found
    active.answers.predictor.set_on(False)


def answer(active: MainWindow, row: QuestionRow, text: str, qtbot: QtBot) -> None:
    """Type an answer where the keyboard is, and take it with Enter."""
    assert active.focusWidget() is row.field
    qtbot.keyClicks(row.field, text)
    qtbot.keyClick(row.field, Key.Key_Return)
    qtbot.waitUntil(lambda: not active.answers.predictor.is_checking, timeout=WAIT)


def test_it_asks_with_the_keyboard_in_its_field(active: MainWindow, row: QuestionRow) -> None:
    assert row.isVisible()
    assert active.focusWidget() is row.field
    assert row.field.accessibleName() == "My prediction of z₁⁽¹⁾ of sample 1"
    shown = [each.text() for each in row.choices.values() if each.isVisible()]
    assert shown == ["negative", "zero", "positive"]
    assert not row.score.isVisible()
    # What is asked for is shown nowhere yet.
    assert active.session.moment.number(refs.pre_activation(0), (0, 0)) is None


def test_a_right_answer_is_said_and_the_keys_step_on(active: MainWindow, row: QuestionRow, qtbot: QtBot) -> None:
    answer(active, row, "1/2", qtbot)
    assert row.said.text().startswith("✓ Right: z₁⁽¹⁾ of sample 1 = 0.5000.")
    assert row.accessibleDescription() == row.said.text()
    assert active.session.cursor == Cursor(0, 1)
    assert not row.is_asking
    assert active.focusWidget() is active.stage_panel.stage
    assert row.score.isVisible()
    # The next step asks for a.
    qtbot.keyClick(active.focusWidget(), Key.Key_Right)
    assert row.is_asking
    assert active.focusWidget() is row.field
    assert row.field.accessibleName() == "My prediction of a₁⁽¹⁾ of sample 1"
    assert [each.text() for each in row.choices.values() if each.isVisible()] == ["smaller", "the same", "larger"]


def test_a_wrong_answer_is_typed_over_and_then_shown(active: MainWindow, row: QuestionRow, qtbot: QtBot) -> None:
    answer(active, row, "-0.5", qtbot)
    said = row.said.text()
    assert said.startswith("✗ ")
    assert "sign" in said
    assert said.endswith("Try again (Shift+M), or see it (→).")
    assert "0.5000" not in said
    assert row.is_asking
    assert row.field.text() == ""
    assert active.session.cursor == Cursor(0, 0)
    active.actions_by_id["edit.own_number"].trigger()
    answer(active, row, "0.5", qtbot)
    assert active.session.cursor == Cursor(0, 1)
    score = active.answers.predictor.score
    # The first answer counts.
    assert (score.tally().wrong, score.tally().right, score.predictions[0].tries) == (1, 0, 2)


def test_what_cannot_be_read_is_refused_beside_the_field(active: MainWindow, row: QuestionRow, qtbot: QtBot) -> None:
    qtbot.keyClicks(row.field, "about half")
    qtbot.keyClick(row.field, Key.Key_Return)
    assert active.refusals.message
    assert row.is_asking
    assert active.answers.predictor.score.tally().asked == 0
    qtbot.keyClick(row.field, Key.Key_Escape)


def test_a_step_without_an_answer_is_asked_back(active: MainWindow, row: QuestionRow, qtbot: QtBot) -> None:
    active.go_to_stage()
    qtbot.keyClick(active.stage_panel.stage, Key.Key_Right)
    assert row.said.text() == INSIST
    assert active.focusWidget() is row.field
    assert active.session.cursor == Cursor(0, 0)
    qtbot.keyClick(row.field, Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert active.session.cursor == Cursor(0, 1)
    assert row.said.text().startswith("→ Shown: z₁⁽¹⁾ of sample 1 = 0.5000")
    assert active.answers.predictor.score.tally().revealed == 1


def test_a_side_is_answered_with_the_mouse(active: MainWindow, row: QuestionRow, qtbot: QtBot) -> None:
    qtbot.mouseClick(row.choices[AnsweredSide.LARGER], Qt.MouseButton.LeftButton)
    assert row.said.text().startswith("✓ Right")
    assert active.session.cursor == Cursor(0, 1)
    active.actions_by_id["step.forward"].trigger()
    qtbot.mouseClick(row.choices[AnsweredSide.SMALLER], Qt.MouseButton.LeftButton)
    assert row.said.text().startswith("✗ Wrong")
    assert "It is the same as z₁⁽¹⁾." in row.said.text()
    active.actions_by_id["step.forward"].trigger()
    qtbot.mouseClick(row.reveal, Qt.MouseButton.LeftButton)
    tally = active.answers.predictor.score.tally()
    assert (tally.asked, tally.right, tally.wrong, tally.revealed) == (3, 1, 1, 1)


def test_it_goes_when_prediction_is_off_and_says_how_to_begin_while_nothing_is_asked(
    active: MainWindow, row: QuestionRow, qtbot: QtBot
) -> None:
    active.session.navigator.go_to(Cursor(0, 3))
    assert not row.is_asking
    assert row.said.text() == BEGIN
    assert not row.field.isVisible()
    active.actions_by_id["predict.toggle"].trigger()
    assert not row.isVisible()
    assert row.said.text() == ""


def test_the_link_shows_the_score(active: MainWindow, row: QuestionRow, qtbot: QtBot) -> None:
    answer(active, row, "0.5", qtbot)
    qtbot.mouseClick(row.score, Qt.MouseButton.LeftButton)
    dialog = active.findChild(ScoreDialog)
    assert dialog is not None
    assert dialog.isVisible()
    dialog.reject()


@pytest.mark.parametrize(("size", "scale"), [((1024, 600), 1.0), ((1280, 800), 1.0), ((1280, 800), 2.0)])
def test_all_of_the_row_is_in_sight_beside_a_lesson(
    active: MainWindow, size: tuple[int, int], scale: float, qtbot: QtBot
) -> None:
    active.resize(*size)
    active.appearance.set_scale(scale)
    active.lessons.open(shipped_lessons()[0])
    active.actions_by_id["predict.toggle"].trigger()
    row = active.findChild(QuestionRow)
    assert row is not None
    for part in (row.field, row.reveal, *row.choices.values()):
        qtbot.waitUntil(lambda part=part: part.visibleRegion().boundingRect() == part.rect())  # type: ignore[misc]
    active.answers.predictor.set_on(False)
