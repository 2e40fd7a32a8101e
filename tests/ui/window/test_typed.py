"""What is typed and not yet committed is taken before a command saves, closes, opens or moves on, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QScrollArea,
    QTableView,
)
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.files.storage import read_experiment
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow

Key = Qt.Key
# What the platform without a display says of menus.
MENUS = pytest.mark.qt_log_ignore(r"This plugin does not support (raise\(\)|grabbing the keyboard)", extend=True)
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(qtbot: QtBot, path: Path) -> Iterator[MainWindow]:
    """The window with the network of the article in a file of its own, active: keys go where they go for a person."""
    made = open_window(path)
    qtbot.addWidget(made)
    assert made.session.timeline is not None
    with qtbot.waitActive(made):
        made.activateWindow()
    yield made
    qtbot.waitUntil(lambda: not made.files.saving.is_active)
    for dialog in made.findChildren(QDialog):
        dialog.close()
    focused = made.focusWidget()
    if isinstance(focused, QLineEdit):
        qtbot.keyClick(focused, Key.Key_Escape)
    made.session.file.mark_saved(None)
    assert made.close()


def press(qtbot: QtBot, key: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the focus is."""
    focused = QApplication.focusWidget()
    assert focused is not None
    qtbot.keyClick(focused, key, modifier)


def type_text(qtbot: QtBot, text: str) -> None:
    focused = QApplication.focusWidget()
    assert isinstance(focused, QLineEdit)
    focused.selectAll()
    qtbot.keyClicks(focused, text)


def focused_text() -> str:
    focused = QApplication.focusWidget()
    assert isinstance(focused, QLineEdit)
    return focused.text()


def begin_field(qtbot: QtBot, window: MainWindow) -> None:
    field = window.findChild(QLineEdit, "optimizer_lr")
    assert field is not None
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)


def begin_list(qtbot: QtBot, window: MainWindow) -> None:
    if window.session.experiment.scheduler is None:
        arguments = {"milestones": (30,), "gamma": 0.5, "interval": "iteration"}
        window.session.editor.edit("Choose scheduler", edits.set_scheduler(Choice("MultiStepLR", arguments)))
    field = window.findChild(QLineEdit, "scheduler_milestones")
    assert field is not None
    qtbot.waitUntil(lambda: not field.visibleRegion().isEmpty() or scroll_to(window, field))
    field.setFocus()


def scroll_to(window: MainWindow, field: QLineEdit) -> bool:
    for area in window.findChildren(QScrollArea):
        if area.isAncestorOf(field):
            area.ensureWidgetVisible(field)
    return False


def begin_stage(qtbot: QtBot, window: MainWindow) -> None:
    window.session.selector.select(refs.weight(0), (0, 0))
    window.stage_panel.stage.setFocus()
    press(qtbot, Key.Key_F2)


def begin_table(qtbot: QtBot, window: MainWindow) -> None:
    table = window.findChild(QTableView, "inputs_table")
    assert table is not None
    table.setFocus()
    table.setCurrentIndex(table.model().index(1, 0))
    press(qtbot, Key.Key_F2)


def rate(experiment: Experiment) -> object:
    return experiment.optimizer["lr"]


def milestones(experiment: Experiment) -> object:
    assert experiment.scheduler is not None
    return experiment.scheduler["milestones"]


def weight(experiment: Experiment) -> object:
    numbers = experiment.parameters[refs.weight(0)][0]
    assert isinstance(numbers, tuple)
    return numbers[0]


def value_of_row(experiment: Experiment) -> object:
    return experiment.data.inputs[1][0]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something can be typed: how one begins, what the document then says, and a text that it takes."""

    begin: Callable[[QtBot, MainWindow], None]
    read: Callable[[Experiment], object]
    text: str
    value: object


PLACES = {
    "field": Place(begin_field, rate, "0.125", 0.125),
    "list": Place(begin_list, milestones, "20, 40", (20, 40)),
    "stage": Place(begin_stage, weight, "0.125", 0.125),
    "table": Place(begin_table, value_of_row, "0.125", 0.125),
}
every_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


def save(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: not window.files.saving.is_active)


def save_as(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, Key.Key_S, CONTROL | Qt.KeyboardModifier.ShiftModifier)


def open_other(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, Key.Key_O, CONTROL)


def open_example(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, Key.Key_1, CONTROL)


def close(qtbot: QtBot, window: MainWindow) -> None:
    assert not window.close()


def quit_by_key(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, Key.Key_Q, CONTROL)


def save_trained(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["file.save_trained"].trigger()


def opened_menu() -> QMenu:
    """The menu that has just opened. That it did is told to it before it is used: told afterwards, the platform without
    a display would give the keyboard to a menu that is gone.
    """
    QApplication.processEvents()
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def save_by_menu(qtbot: QtBot, window: MainWindow) -> None:
    """With the mouse: on the bar, then in the menu."""
    bar, action = window.menuBar(), window.actions_by_id["file.save"]
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.actionGeometry(bar.actions()[0]).center())
    menu = opened_menu()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    qtbot.waitUntil(lambda: not window.files.saving.is_active)


def save_by_menu_keys(qtbot: QtBot, window: MainWindow) -> None:
    """Alt+F, and down to the command."""
    press(qtbot, Key.Key_F, Qt.KeyboardModifier.AltModifier)
    menu = opened_menu()
    while menu.activeAction() is not window.actions_by_id["file.save"]:
        qtbot.keyClick(menu, Key.Key_Down)
    qtbot.keyClick(menu, Key.Key_Return)
    qtbot.waitUntil(lambda: not window.files.saving.is_active)


SAVES = (save, save_by_menu, save_by_menu_keys)
CLOSES = (open_other, open_example, close, quit_by_key)
Command = Callable[[QtBot, MainWindow], None]


def box_of(window: MainWindow) -> QMessageBox | None:
    boxes = [box for box in window.findChildren(QMessageBox) if box.isVisible()]
    return boxes[0] if boxes else None


def dialog_of(window: MainWindow) -> QFileDialog | None:
    return window.findChild(QFileDialog, "file.dialog")


def points_at_field(window: MainWindow) -> bool:
    """Whether the bubble is beside what is typed, wherever the notice has pushed that: it covers none of it."""
    bubble, field = window.refusals.bubble, QApplication.focusWidget()
    assert bubble is not None
    assert field is not None
    at = QRect(field.mapTo(window, QPoint(0, 0)), field.size())
    # Below or above it, or to the right at its height: beyond the other fields of its panel.
    return not bubble.geometry().intersects(at) and bubble.geometry().adjusted(-300, -30, 0, 30).intersects(at)


def title(window: MainWindow) -> str:
    label = window.findChild(QLabel, "document_title")
    assert label is not None
    return label.text()


@every_place
@MENUS
def test_saving_saves_what_is_typed(qtbot: QtBot, window: MainWindow, path: Path, place: Place) -> None:
    place.begin(qtbot, window)
    save(qtbot, window)
    for command in SAVES:
        place.begin(qtbot, window)
        type_text(qtbot, place.text)
        assert place.read(window.session.experiment) != place.value
        command(qtbot, window)
        assert place.read(read_experiment(path)) == place.value
        assert title(window).endswith("saved")
        window.session.undo_stack.undo()


@every_place
def test_what_is_typed_counts_as_a_change_that_is_not_saved(qtbot: QtBot, window: MainWindow, place: Place) -> None:
    place.begin(qtbot, window)
    window.session.file.mark_saved(window.session.path, stamp=window.session.file.stamp)
    for command in CLOSES:
        place.begin(qtbot, window)
        type_text(qtbot, place.text)
        command(qtbot, window)
        box = box_of(window)
        assert box is not None
        assert box.objectName() == "file.unsaved"
        assert place.read(window.session.experiment) == place.value
        assert window.isVisible()
        box.reject()
        window.session.undo_stack.undo()
        assert not window.session.is_modified


@every_place
def test_another_name_gets_what_is_typed(qtbot: QtBot, window: MainWindow, path: Path, place: Place) -> None:
    place.begin(qtbot, window)
    type_text(qtbot, place.text)
    save_as(qtbot, window)
    dialog = dialog_of(window)
    assert dialog is not None
    other = path.with_name("other.chainrule")
    dialog.fileSelected.emit(str(other))
    dialog.close()
    qtbot.waitUntil(lambda: not window.files.saving.is_active)
    assert place.read(read_experiment(other)) == place.value


@every_place
@MENUS
def test_where_what_is_typed_is_refused_nothing_goes_on_and_the_text_stays(
    qtbot: QtBot, window: MainWindow, path: Path, place: Place
) -> None:
    place.begin(qtbot, window)
    window.session.file.mark_saved(window.session.path, stamp=window.session.file.stamp)
    before, document = path.read_bytes(), window.session.document
    type_text(qtbot, "1e")
    for command in (*SAVES, *CLOSES, save_as, save_trained):
        window.notice.hide()
        window.refusals.dismiss()
        command(qtbot, window)
        assert window.isVisible()
        assert "is not a" in window.refusals.message
        assert window.notice.isVisible()
        assert "what is typed was refused" in window.notice.text
        assert focused_text() == "1e"
        qtbot.waitUntil(lambda: points_at_field(window))
        assert box_of(window) is None
        assert dialog_of(window) is None
    assert path.read_bytes() == before
    assert window.session.document is document

    press(qtbot, Key.Key_Escape)
    assert window.session.document is document
    assert window.close()


@every_place
def test_what_the_document_refuses_stays_too(qtbot: QtBot, window: MainWindow, place: Place) -> None:
    """Numbers as such, but too large for the dtype; the list's do not grow."""
    window.session.editor.edit("Choose dtype", edits.set_dtype("float32"))
    place.begin(qtbot, window)
    text = "40, 20" if place is PLACES["list"] else "1e300"
    document = window.session.document
    type_text(qtbot, text)
    press(qtbot, Key.Key_S, CONTROL)
    assert window.session.document is document
    assert window.refusals.message
    assert focused_text() == text


@every_place
def test_what_moves_on_takes_it_first(qtbot: QtBot, window: MainWindow, place: Place) -> None:
    for action in ("sample.next", "view.tab_schedule", "step.forward", "iteration.next"):
        place.begin(qtbot, window)
        type_text(qtbot, place.text)
        window.actions_by_id[action].trigger()
        assert place.read(window.session.experiment) == place.value
        window.session.undo_stack.undo()
        assert place.read(window.session.experiment) != place.value


@every_place
def test_a_step_does_not_go_past_what_is_refused(qtbot: QtBot, window: MainWindow, place: Place) -> None:
    place.begin(qtbot, window)
    cursor = window.session.cursor
    type_text(qtbot, "1e")
    window.actions_by_id["step.forward"].trigger()
    assert window.session.cursor == cursor
    assert window.refusals.message


@every_place
def test_undo_takes_back_what_was_typed_and_nothing_before_it(qtbot: QtBot, window: MainWindow, place: Place) -> None:
    window.session.editor.edit("Choose dtype", edits.set_dtype("float32"))
    place.begin(qtbot, window)
    document = window.session.document
    type_text(qtbot, place.text)
    window.actions_by_id["edit.undo"].trigger()
    assert window.session.document == document
    window.actions_by_id["edit.redo"].trigger()
    assert place.read(window.session.experiment) == place.value


def test_run_begins_with_what_is_typed_and_typing_in_a_run_ends_it(qtbot: QtBot, window: MainWindow) -> None:
    begin_field(qtbot, window)
    type_text(qtbot, "0.125")
    window.actions_by_id["run.toggle"].trigger()
    assert window.trainer.is_running
    assert rate(window.session.experiment) == 0.125
    type_text(qtbot, "0.25")
    window.actions_by_id["run.toggle"].trigger()
    assert not window.trainer.is_running
    assert rate(window.session.experiment) == 0.25


def test_how_it_looks_is_changed_while_something_is_typed(qtbot: QtBot, window: MainWindow) -> None:
    begin_field(qtbot, window)
    document = window.session.document
    type_text(qtbot, "0.125")
    press(qtbot, Key.Key_Plus, CONTROL)
    press(qtbot, Key.Key_D, CONTROL)
    assert window.session.document is document
    assert focused_text() == "0.125"
