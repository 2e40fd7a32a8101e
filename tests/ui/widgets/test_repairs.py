"""Where an edit makes the data unfit, the window says why, and offers what makes it possible."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QMessageBox
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow

REPAIR = "Use Sigmoid for the outputs, and use 0 and 1 for the targets 1 and 2"
KEEP = "Keep it as it is"


def choose_loss(window: MainWindow, name: str) -> ChoiceField:
    field = window.findChild(ChoiceField, "loss_name")
    assert field is not None
    field.choice_edited.emit(name)
    return field


def question(window: MainWindow) -> QMessageBox:
    # One that was answered may not be gone yet.
    *_, box = window.findChildren(QMessageBox, "edit.repair")
    return box


def answers(box: QMessageBox) -> dict[str, QAbstractButton]:
    return {button.text().replace("&", ""): button for button in box.buttons()}


def test_a_loss_that_the_data_does_not_suit_is_chosen_with_its_repair_as_one_entry(
    qtbot: QtBot, window: MainWindow
) -> None:
    session = window.session
    before = session.document
    choose_loss(window, "BCELoss")
    box = question(window)
    assert box.text().startswith("Layer 2, activation: Identity does not fit; it must be Sigmoid")
    assert list(answers(box)) == [REPAIR, KEEP]
    assert box.informativeText() == "It can be done with two more changes:"
    assert session.document is before

    qtbot.mouseClick(answers(box)[REPAIR], Qt.MouseButton.LeftButton)
    experiment = session.experiment
    assert (experiment.loss.name, experiment.data.targets) == ("BCELoss", ((0.0,), (1.0,)))
    assert experiment.network.layers[-1].activation.name == "Sigmoid"
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.document is before


def test_the_old_choice_can_be_kept(qtbot: QtBot, window: MainWindow) -> None:
    before = window.session.document
    field = choose_loss(window, "BCELoss")
    box = question(window)
    assert box.defaultButton() is answers(box)[KEEP]
    qtbot.keyClick(box, Qt.Key.Key_Escape)

    assert not box.isVisible()
    assert window.session.document is before
    assert field.choice == "MSELoss"


def test_an_edited_target_may_bring_another_loss(qtbot: QtBot, window: MainWindow) -> None:
    choose_loss(window, "BCELoss")
    qtbot.mouseClick(answers(question(window))[REPAIR], Qt.MouseButton.LeftButton)
    model = window.experiment_panel.data.tables.targets_model
    model.number_edited.emit(0, 0, 2.0)
    box = question(window)
    assert box.informativeText() == "It can be done with one more change:"
    assert box.text() == "Row 1, target: 2 does not fit; BCELoss needs a number from 0 to 1."

    qtbot.mouseClick(answers(box)["Use MSELoss, which takes any numbers"], Qt.MouseButton.LeftButton)
    assert window.session.experiment.data.targets == ((2.0,), (1.0,))
    assert window.session.experiment.loss.name == "MSELoss"


def test_every_answer_has_a_key_of_its_own(window: MainWindow) -> None:
    choose_loss(window, "BCELoss")
    box = question(window)
    keys = [button.text().partition("&")[2][:1].lower() for button in box.buttons()]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    box.reject()


def test_an_arrow_key_is_refused_beside_its_field_without_a_question(window: MainWindow) -> None:
    session = window.session
    session.editor.edit("Momentum", edits.set_optimizer(Choice("SGD", {"lr": 0.1, "momentum": 0.1, "nesterov": True})))
    field = window.findChild(Field, "optimizer_momentum")
    assert field is not None
    field.nudged.emit(0.0)

    assert window.refusals.message.startswith("Nesterov's momentum: it cannot be on; SGD needs off, or a momentum")
    assert window.findChild(QMessageBox, "edit.repair") is None


def test_a_target_typed_on_the_stage_is_offered_the_same_repair_as_in_the_table(
    qtbot: QtBot, window: MainWindow
) -> None:
    choose_loss(window, "BCELoss")
    qtbot.mouseClick(answers(question(window))[REPAIR], Qt.MouseButton.LeftButton)
    window.session.selector.select(refs.TARGET, (0, 0))
    stage = window.stage_panel.stage
    stage.setFocus()
    stage.edit_selected("2")
    editor = stage.findChild(Field)
    assert editor is not None
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    box = question(window)
    assert box.isVisible()
    assert box.text() == "Row 1, target: 2 does not fit; BCELoss needs a number from 0 to 1."

    qtbot.mouseClick(answers(box)["Use MSELoss, which takes any numbers"], Qt.MouseButton.LeftButton)
    assert window.session.experiment.data.targets == ((2.0,), (1.0,))
    assert window.session.experiment.loss.name == "MSELoss"
