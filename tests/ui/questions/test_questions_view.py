"""Questions asked in the window: of the selected number, changed, moved, removed, undone, saved with the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.question import Tolerance
from chainrule.catalog.values import refs
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.model.editing import edits
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.storage import read_experiment
from chainrule.ui.questions.view import QuestionsView
from chainrule.ui.window.main_window import MainWindow

GRADIENT = refs.grad(refs.weight(0))


@pytest.fixture
def view(window: MainWindow) -> QuestionsView:
    window.actions_by_id["iteration.next"].trigger()
    window.board.show("questions")
    card = window.board.places.view("questions")
    assert isinstance(card, QuestionsView)
    return card


def ask(window: MainWindow, *indices: tuple[int, ...]) -> None:
    for index in indices:
        window.session.selector.select(GRADIENT, index)
        window.actions_by_id["edit.ask"].trigger()


def listed(view: QuestionsView) -> list[str]:
    return [line.text() for line in view.lines if not line.isHidden()]


def test_the_selected_number_is_asked_for(window: MainWindow, view: QuestionsView) -> None:
    assert view.hint.isVisible()
    ask(window, (0, 1), (1, 0))
    iteration = window.session.cursor.iteration
    assert listed(view) == [
        f"1: ∂L/∂w₁₂⁽¹⁾, iteration {iteration}, 1 point, ±1 %",
        f"▸ 2: ∂L/∂w₂₁⁽¹⁾, iteration {iteration}, 1 point, ±1 %",
    ]
    assert view.sum.text() == "2 questions, 2 points"
    assert not view.hint.isVisible()
    found = Assignment.of(window.session.experiment)
    assert [number.index for number in found.numbers] == [(0, 1), (1, 0)]


def test_points_tolerance_and_words_are_changed_and_undone(
    window: MainWindow, view: QuestionsView, tmp_path: Path
) -> None:
    ask(window, (0, 1))
    for field, text in ((view.points, "2.5"), (view.tolerance, "3 digits"), (view.words, "How steep is it?")):
        field.setFocus()
        field.setText(text)
        assert field.commit()
    (question,) = window.session.experiment.questions
    assert (question.points, question.tolerance, question.text) == (2.5, Tolerance(digits=3), "How steep is it?")
    path = tmp_path / "hw.chainrule"
    path.write_bytes(encode_experiment(window.session.file.to_save))
    assert read_experiment(path).questions == (question,)
    for _ in range(3):
        window.actions_by_id["edit.undo"].trigger()
    (question,) = window.session.experiment.questions
    assert (question.points, question.text) == (1.0, "")
    window.actions_by_id["edit.undo"].trigger()
    assert window.session.experiment.questions == ()


def test_what_is_no_tolerance_is_refused_and_the_old_one_stays(window: MainWindow, view: QuestionsView) -> None:
    ask(window, (0, 1))
    view.tolerance.setFocus()
    view.tolerance.setText("much")
    view.tolerance.commit()
    assert window.session.experiment.questions[0].tolerance == Tolerance(relative=0.01)
    view.points.setText("-1")
    view.points.commit()
    assert window.session.experiment.questions[0].points == 1.0


def test_questions_are_moved_and_removed(window: MainWindow, view: QuestionsView) -> None:
    ask(window, (0, 0), (0, 1), (1, 1))
    view.up.click()
    assert [question.index for question in window.session.experiment.questions] == [(0, 0), (1, 1), (0, 1)]
    assert view.chosen == 1
    view.remove.click()
    assert [question.index for question in window.session.experiment.questions] == [(0, 0), (0, 1)]
    view.lines[0].click()
    view.whole.click()
    assert window.session.experiment.questions[0].index is None
    assert listed(view)[0].startswith("▸ 1: all of layers.0.weight.grad")


def test_a_number_is_asked_for_once(window: MainWindow, view: QuestionsView) -> None:
    ask(window, (0, 0), (0, 0))
    assert len(window.session.experiment.questions) == 1


def test_a_question_goes_with_its_value_and_comes_back(window: MainWindow, view: QuestionsView) -> None:
    window.session.editor.edit("Adam", edits.set_optimizer(Choice("Adam", {"lr": 0.01})))
    window.session.selector.select(refs.optimizer_state(refs.weight(0), "exp_avg"), (0, 0))
    window.actions_by_id["edit.ask"].trigger()
    ask(window, (0, 0))
    assert len(window.session.experiment.questions) == 2
    window.session.editor.edit("SGD", edits.set_optimizer(Choice("SGD", {"lr": 0.01})))
    assert [question.ref for question in window.session.experiment.questions] == [GRADIENT]
    assert "1 question went with what it asked of." in window.notice.text
    window.actions_by_id["edit.undo"].trigger()
    assert len(window.session.experiment.questions) == 2


def test_go_there_selects_what_is_asked_for(window: MainWindow, view: QuestionsView) -> None:
    ask(window, (0, 1))
    asked_in = window.session.cursor.iteration
    window.actions_by_id["iteration.next"].trigger()
    window.session.selector.select(refs.weight(1), (0, 0))
    view.go.click()
    assert window.session.cursor.iteration == asked_in
    selection = window.session.selection
    assert selection is not None
    assert (selection.ref, selection.index) == (GRADIENT, (0, 1))
