"""A number is being typed while something else changes: it goes where it was meant to go, or nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.navigation import Cursor
from chainrule.session.session import Session
from chainrule.ui.state.model import BEFORE
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, dense

TYPED = 42.0
WEIGHT = refs.weight(0)
Opener = Callable[[MainWindow], QLineEdit]
Event = Callable[[Session], None]


def in_table(name: str, row: int, column: int) -> Opener:
    def open_editor(window: MainWindow) -> QLineEdit:
        if name == "state_table":
            window.tabs.choose("state")
        view = window.findChild(QTableView, name)
        assert view is not None
        view.setFocus()
        view.setCurrentIndex(view.model().index(row, column))
        view.edit(view.currentIndex())
        (editor,) = (found for found in view.viewport().findChildren(QLineEdit) if found.isVisible())
        return editor

    return open_editor


def in_state(name: str) -> Opener:
    def open_editor(window: MainWindow) -> QLineEdit:
        window.session.selector.select(WEIGHT, (0, 0))
        window.tabs.choose("state")
        model = window.tabs.view("state").model  # type: ignore[attr-defined]
        row = next(row for row in range(model.rowCount()) if model.row(row).name == name)
        return in_table("state_table", row, BEFORE)(window)

    return open_editor


def on_stage(ref: str, index: tuple[int, ...]) -> Opener:
    def open_editor(window: MainWindow) -> QLineEdit:
        window.session.selector.select(ref, index)
        window.actions_by_id["edit.value"].trigger()
        editor = window.stage_panel.stage.findChild(QLineEdit, "stage.editor")
        assert editor is not None
        return editor

    return open_editor


def in_field(name: str) -> Opener:
    def open_editor(window: MainWindow) -> QLineEdit:
        # Those of rows that have gone are there until the event loop comes round.
        (field,) = (found for found in window.findChildren(Field, name) if found.isVisible())
        field.setFocus()
        return field

    return open_editor


def without_row(row: int) -> Event:
    def remove(experiment: Experiment) -> Experiment:
        data = experiment.data
        inputs = tuple(numbers for place, numbers in enumerate(data.inputs) if place != row)
        targets = tuple(numbers for place, numbers in enumerate(data.targets) if place != row)
        return edits.set_rows(inputs, targets)(experiment)

    return lambda session: session.editor.edit("Remove row", remove)


def another(session: Session) -> None:
    session.file.open(replace(dense((2, 2, 1), rows=3), title="another"), None)


def fewer_layers(session: Session) -> None:
    session.editor.edit("Remove layer", shape_edits.remove_layer(1, session.editor.initial_values))


def other_weight(session: Session) -> None:
    session.selector.select(WEIGHT, (1, 1))


def other_place(session: Session) -> None:
    session.navigator.go_to(Cursor(1, 0))


def start() -> Experiment:
    return dense((2, 2, 1), rows=3)


INPUT, LAST_INPUT, TARGET = (in_table("inputs_table", 0, 0), in_table("inputs_table", 2, 1),
                             in_table("targets_table", 1, 0))  # fmt: skip
ON_WEIGHT, ON_INPUT, LR = on_stage(WEIGHT, (0, 0)), on_stage(refs.INPUT, (0, 0)), in_state("learning rate")
WEIGHT_ROW = in_state("weight")
GONE = [
    *((opener, another) for opener in (INPUT, TARGET, ON_WEIGHT, ON_INPUT, LR, in_field("layer_units_0"))),
    *((opener, without_row(0)) for opener in (INPUT, LAST_INPUT, TARGET, ON_INPUT)),
    (in_field("layer_units_1"), fewer_layers),
]
KEPT: list[tuple[Opener, Event, Callable[[Experiment], float]]] = [
    (INPUT, without_row(2), lambda experiment: experiment.data.inputs[0][0]),
    (TARGET, without_row(2), lambda experiment: experiment.data.targets[1][0]),
    (INPUT, other_place, lambda experiment: experiment.data.inputs[0][0]),
    (LR, other_weight, lambda experiment: experiment.optimizer["lr"]),  # type: ignore[list-item, return-value]
    (ON_INPUT, lambda session: session.navigator.step_forward(), lambda experiment: experiment.data.inputs[0][0]),
    (in_field("optimizer_lr"), without_row(0), lambda experiment: experiment.optimizer["lr"]),  # type: ignore[list-item, return-value]
]


def enter(editor: QLineEdit) -> None:
    """As a user would: where it is there no more, the key goes to what has the keyboard."""
    there = isValid(editor) and editor.isVisible()
    QTest.keyClick(editor if there else QApplication.focusWidget(), Qt.Key.Key_Return)
    QApplication.processEvents()


@pytest.mark.parametrize("case", range(len(GONE)))
def test_what_is_typed_is_let_go_where_its_number_is_gone(window: MainWindow, case: int) -> None:
    opener, event = GONE[case]
    window.session.file.open(start(), None)
    event(window.session)
    expected = window.session.experiment
    window.session.file.open(start(), None)
    editor = opener(window)
    editor.setText("42")
    event(window.session)
    assert window.session.experiment == expected
    assert not isValid(editor) or not editor.isVisible() or editor.text() != "42"
    QTest.mouseClick(window.equation_view, Qt.MouseButton.LeftButton)
    assert window.session.experiment == expected


@pytest.mark.parametrize("case", range(len(KEPT)))
def test_what_is_typed_stays_where_its_number_does(window: MainWindow, case: int) -> None:
    opener, event, found = KEPT[case]
    window.session.file.open(start(), None)
    editor = opener(window)
    editor.setText("42")
    event(window.session)
    assert editor.text() == "42"
    enter(editor)
    assert found(window.session.experiment) == TYPED


@pytest.mark.parametrize("opener", [WEIGHT_ROW, ON_WEIGHT], ids=["state", "stage"])
def test_what_is_typed_is_of_one_weight_whatever_is_selected(window: MainWindow, opener: Opener) -> None:
    window.session.file.open(article(), None)
    editor = opener(window)
    editor.setText("42")
    other_weight(window.session)
    enter(editor)
    assert window.session.moment.number(WEIGHT, (1, 1)) == 0.4


def test_enter_takes_the_number_over_before_anything_else_happens(qtbot: QtBot, window: MainWindow) -> None:
    """Qt would do it later: of a table that another document has, it would warn."""
    window.session.file.open(article(), None)
    editor = INPUT(window)
    editor.setText("42")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert window.session.experiment.data.inputs[0][0] == TYPED
    window.actions_by_id["edit.undo"].trigger()
    another(window.session)
    QApplication.processEvents()
    assert window.session.experiment.data.inputs == start().data.inputs


def test_no_key_reaches_the_field_of_a_layer_that_is_gone(window: MainWindow) -> None:
    """It is there until the event loop comes round, and it may have had the keyboard."""
    window.session.file.open(start(), None)
    field = in_field("layer_units_1")(window)
    fewer_layers(window.session)
    before = window.session.experiment
    for key in (Qt.Key.Key_Up, Qt.Key.Key_5, Qt.Key.Key_Return):
        QTest.keyClick(field, key)
    assert window.session.experiment is before
