"""File > New, and the title of an experiment."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from chainrule.model.files.storage import read_experiment
from chainrule.model.navigation import Cursor
from chainrule.ui.asking.new_dialog import CLASSES, FORMULA, NewDialog
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow

W = TypeVar("W", bound=QWidget)


def find(parent: QWidget, kind: type[W], name: str) -> W:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def ask_for_new(window: MainWindow) -> NewDialog:
    window.actions_by_id["file.new"].trigger()
    return find(window, NewDialog, "file.new.dialog")


def type_into(field: Field, text: str) -> None:
    field.setText(text)
    assert field.commit()


def test_new_begins_a_small_experiment_that_is_ready_to_step(qtbot: QtBot, window: MainWindow) -> None:
    dialog = ask_for_new(window)
    qtbot.mouseClick(find(dialog, QPushButton, "new_create"), Qt.MouseButton.LeftButton)

    experiment = window.session.experiment
    assert not dialog.isVisible()
    assert experiment.data.inputs == ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    assert experiment.data.targets == ((0.0,), (1.0,), (1.0,), (0.0,))
    assert window.session.path is None
    assert not window.session.is_modified
    assert find(window, QLabel, "document_title").text() == "New experiment · new"
    window.actions_by_id["step.forward"].trigger()
    assert window.session.cursor == Cursor(0, 1)


def test_new_makes_the_network_that_is_asked_for(qtbot: QtBot, window: MainWindow) -> None:
    dialog = ask_for_new(window)
    for name, text in (("new_inputs", "3"), ("new_hidden", "4, 5"), ("new_outputs", "2"), ("new_rows", "6")):
        type_into(find(dialog, Field, name), text)
    qtbot.mouseClick(find(dialog, QPushButton, "new_create"), Qt.MouseButton.LeftButton)

    network = window.session.experiment.network
    assert (network.inputs, [layer.units for layer in network.layers]) == (3, [4, 5, 2])
    assert len(window.session.experiment.data.inputs) == 6


def test_what_cannot_be_is_said_in_the_dialog_and_the_experiment_stays(qtbot: QtBot, window: MainWindow) -> None:
    before = window.session.document
    dialog = ask_for_new(window)
    type_into(find(dialog, Field, "new_rows"), "0")
    qtbot.mouseClick(find(dialog, QPushButton, "new_create"), Qt.MouseButton.LeftButton)

    bubble = find(dialog, QWidget, "refusal")
    assert bubble.accessibleDescription() == "Rows: 0 does not fit; it must be a whole number from 1 to 10,000."
    assert dialog.isVisible()
    assert window.session.document is before
    dialog.reject()


def refusal_beside(dialog: NewDialog, name: str) -> str:
    """What is said, in a bubble that touches the field's row."""
    bubble, field = find(dialog, QWidget, "refusal"), find(dialog, Field, name)
    rect = QRect(field.mapTo(dialog, field.rect().topLeft()), field.size())
    assert bubble.isVisible()
    assert rect.adjusted(-12, -12, 12, 12).intersects(bubble.geometry())
    return bubble.accessibleDescription()


def test_its_labels_say_what_is_asked_for(window: MainWindow) -> None:
    dialog = ask_for_new(window)
    labels = [label.text().replace("&", "") for label in dialog.findChildren(QLabel)]
    assert "Units of the hidden layers" in labels
    assert "Activation of the hidden layers" in labels
    assert "8, 4 for two" in find(dialog, Field, "new_hidden").toolTip()
    dialog.reject()


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0])
def test_it_is_no_larger_than_the_screen_and_cuts_nothing(
    window: MainWindow, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = QRect(0, 0, 800, 480)
    monkeypatch.setattr(type(window.screen()), "availableGeometry", lambda _: screen)
    window.appearance.set_scale(scale)
    dialog = ask_for_new(window)
    QApplication.processEvents()
    assert dialog.width() <= screen.width()
    assert dialog.height() <= screen.height()
    for label in dialog.findChildren(QLabel):
        if label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width())
        else:
            assert label.width() >= label.sizeHint().width(), label.text()
    fields = [*dialog.findChildren(Field), *dialog.findChildren(ChoiceField)]
    rects = [QRect(field.mapTo(dialog, QPoint()), field.size()) for field in fields if field.isVisible()]
    assert len(rects) >= 6
    assert not any(one.intersects(other) for one, other in combinations(rects, 2))
    dialog.reject()


def test_enter_in_a_field_creates_at_once(qtbot: QtBot, window: MainWindow) -> None:
    dialog = ask_for_new(window)
    field = find(dialog, Field, "new_hidden")
    field.setText("8, 4")
    qtbot.keyClick(field, Qt.Key.Key_Return)

    assert not dialog.isVisible()
    assert [layer.units for layer in window.session.experiment.network.layers] == [8, 4, 1]


def test_it_is_filled_in_from_the_first_field_on_by_keys_alone(qtbot: QtBot, window: MainWindow) -> None:
    dialog = ask_for_new(window)
    dialog.activateWindow()
    qtbot.waitUntil(find(dialog, Field, "new_inputs").hasFocus)
    for key in "3", Qt.Key.Key_Tab, "5", Qt.Key.Key_Return:
        focused = dialog.focusWidget()
        assert focused is not None
        if isinstance(key, str):
            qtbot.keyClicks(focused, key)
        else:
            qtbot.keyClick(focused, key)

    network = window.session.experiment.network
    assert not dialog.isVisible()
    assert (network.inputs, [layer.units for layer in network.layers]) == (3, [5, 1])


def test_enter_alone_creates_what_is_offered(qtbot: QtBot, window: MainWindow) -> None:
    dialog = ask_for_new(window)
    focused = dialog.focusWidget()
    assert focused is not None
    qtbot.keyClick(focused, Qt.Key.Key_Return)

    assert not dialog.isVisible()
    assert window.session.experiment.title == "New experiment"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("new_hidden", "4, x", "“4, x” is not a list of whole numbers with commas between them."),
        ("new_hidden", "4, 0", "Layer 2, units: 0 does not fit; it must be a whole number from 1 to 100,000."),
        ("new_inputs", "0", "Inputs: 0 does not fit; it must be a whole number from 1 to 100,000."),
        ("new_outputs", "0", "Layer 2, units: 0 does not fit; it must be a whole number from 1 to 100,000."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    qtbot: QtBot, window: MainWindow, name: str, text: str, said: str
) -> None:
    dialog = ask_for_new(window)
    field = find(dialog, Field, name)
    field.setText(text)
    qtbot.keyClick(field, Qt.Key.Key_Return)

    assert refusal_beside(dialog, name) == said
    assert field.text() == text
    assert dialog.isVisible()
    dialog.reject()


def test_once_a_formula_is_chosen_it_is_typed(window: MainWindow) -> None:
    dialog = ask_for_new(window)
    find(dialog, ChoiceField, "new_kind").choose(FORMULA)
    typed_into = dialog.focusWidget()
    assert typed_into is not None
    QTest.keyClicks(typed_into, "f = 3*x")
    assert find(dialog, Field, "new_formula").text() == "f = 3*x"
    dialog.reject()


def test_the_activation_and_classes_are_chosen_at_once(qtbot: QtBot, window: MainWindow) -> None:
    dialog = ask_for_new(window)
    find(dialog, ChoiceField, "new_activation").choose("ReLU")
    find(dialog, ChoiceField, "new_targets").choose(CLASSES)
    assert find(dialog, Field, "new_outputs").text() == "2"
    qtbot.mouseClick(find(dialog, QPushButton, "new_create"), Qt.MouseButton.LeftButton)

    experiment = window.session.experiment
    assert [layer.activation.name for layer in experiment.network.layers] == ["ReLU", "Identity"]
    assert experiment.loss.name == "CrossEntropyLoss"
    assert experiment.data.targets == ((0.0,), (1.0,), (1.0,), (0.0,))


def test_one_output_is_too_few_for_classes(qtbot: QtBot, window: MainWindow) -> None:
    dialog = ask_for_new(window)
    find(dialog, ChoiceField, "new_targets").choose(CLASSES)
    field = find(dialog, Field, "new_outputs")
    field.setText("1")
    qtbot.keyClick(field, Qt.Key.Key_Return)

    assert refusal_beside(dialog, "new_outputs").endswith(
        "1 does not fit; it must be a whole number from 2 to 100,000; each class has an output."
    )
    dialog.reject()


def test_new_asks_for_changes_that_are_not_saved(qtbot: QtBot, window: MainWindow) -> None:
    window.session.editor.set_title("Mine")
    window.actions_by_id["file.new"].trigger()
    box = find(window, QMessageBox, "file.unsaved")
    assert window.findChild(QDialog, "file.new.dialog") is None

    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Discard), Qt.MouseButton.LeftButton)
    find(window, NewDialog, "file.new.dialog").reject()
    assert window.session.experiment.title == "Mine"


def test_the_title_is_edited_and_nothing_is_computed_anew(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    session = window.session
    for _ in range(3):
        window.actions_by_id["iteration.next"].trigger()
    session.navigator.go_to(Cursor(1, 4))
    losses = session.timeline.losses(session.document, session.horizon).length
    history = session.timeline.history(session.document, 0)
    field = find(window, Field, "experiment_title")
    type_into(field, "  Homework, part 2 ")

    assert field.text() == session.experiment.title == "Homework, part 2"
    assert session.cursor == Cursor(1, 4)
    assert session.timeline.losses(session.document, session.horizon).length == losses
    assert session.timeline.history(session.document, 0) is history
    session.navigator.go_to(Cursor())
    assert find(window, QLabel, "stage.title").text() == "Homework, part 2"
    assert session.undo_stack.undoText() == "Change title"
    session.undo_stack.undo()
    assert session.experiment.title == "SimpleNN 2-2-1"


def test_a_title_may_be_empty_or_long_and_is_saved(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    session, field = window.session, find(window, Field, "experiment_title")
    window.files.open_path(path)
    for title in ("", "long " * 60):
        type_into(field, title)
        window.actions_by_id["file.save"].trigger()
        qtbot.waitUntil(lambda: not window.files.saving.is_active)
        assert read_experiment(path).title == session.experiment.title == title.strip()
