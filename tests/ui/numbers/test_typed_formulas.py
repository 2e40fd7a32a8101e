"""`1/3` and `sqrt(2)/2` in every field of the window: the number is taken, and what is wrong is said at its place."""

from __future__ import annotations

import math
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QSpinBox, QTableView, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.ui.panels.data import clipboard
from chainrule.ui.panels.data.clipboard import parse_rows
from chainrule.ui.widgets.fields import Field, NumberField
from chainrule.ui.widgets.text_fields import listed_parts
from chainrule.ui.widgets.typed_numbers import parse_integer, parse_number
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import CONTROL, Key, find

THIRD = 1 / 3
HALF_ROOT = math.sqrt(2) / 2


def enter(widget: QWidget, text: str, key: Qt.Key = Key.Key_Return) -> None:
    widget.setFocus()
    QTest.keyClick(widget, Key.Key_A, CONTROL)
    QTest.keyClicks(widget, text)
    QTest.keyClick(widget, key)


def editor_in(view: QTableView) -> QLineEdit:
    (found,) = (line for line in view.viewport().findChildren(QLineEdit) if line.isVisible())
    return found


def waves(widget: QWidget, color: str) -> int:
    """How many pixels of a colour a widget shows inside its frame."""
    image, inside = widget.grab().toImage(), widget.rect().adjusted(3, 3, -3, -3)
    places = ((x, y) for x in range(inside.left(), inside.right()) for y in range(inside.top(), inside.bottom()))
    return sum(image.pixelColor(x, y).name() == color for x, y in places)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1/3", THIRD),
        ("sqrt(2)/2", HALF_ROOT),
        ("pi", math.pi),
        ("-e^2", -(math.e**2)),
        ("=1/3", THIRD),
        ("1e-3", 1e-3),
        ("1e-3*2", 2e-3),
        ("0,5/3", 0.5 / 3),
        ("max(1,2)", 2.0),
        ("−2·3", -6.0),
        ("2⁻¹", 0.5),
    ],
)
def test_a_number_may_be_a_formula(text: str, number: float) -> None:
    assert parse_number(text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("text", ["1/3", "2^60", "2.0", "pi"])
def test_a_whole_number_stays_one(text: str) -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        parse_integer(text)
    assert parse_integer("2*50") == 100


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1/3, sqrt(2)", ["1/3", "sqrt(2)"]),
        ("(1/3, sqrt(2))", ["1/3", "sqrt(2)"]),
        ("max(1,2), 3", ["max(1,2)", "3"]),
        ("0,5; 0,25", ["0,5", "0,25"]),
        ("1 2", ["1", "2"]),
        ("(1+2)*(3+4)", ["(1+2)*(3+4)"]),
        ("[1, 2", ["[1, 2"]),
    ],
)
def test_lists_are_parted_outside_of_brackets(text: str, parts: list[str]) -> None:
    assert [part.strip() for _, part in listed_parts(text)] == parts


def test_the_stage_takes_it(active: MainWindow) -> None:
    stage, session = active.stage_panel.stage, active.session
    session.selector.select(refs.weight(0), (0, 1))
    for key in "=sqrt(2)/2":
        # The first key opens the field.
        QTest.keyClicks(active.focusWidget(), key)
    QTest.keyClick(active.focusWidget(), Key.Key_Return)
    assert session.moment.number(refs.weight(0), (0, 1)) == HALF_ROOT
    assert "0.7071067811865476" in stage.tooltip(refs.weight(0), (0, 1))


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("optimizer_lr", "1/30", 1 / 30),
        ("optimizer_momentum", "sqrt(2)/2", HALF_ROOT),
        ("loss_delta", "pi", math.pi),
        ("scheduler_gamma", "1/3", THIRD),
        ("scheduler_step_size", "2*50", 100),
        ("network_seed", "2^5", 32),
        ("data_test_size", "1/2", 0.5),
        ("layer_activation_0_negative_slope", "1/100", 0.01),
    ],
)
def test_the_fields_of_the_panel_take_it(active: MainWindow, name: str, text: str, number: float) -> None:
    edit = active.session.editor.edit
    edit("", edits.set_activation(0, Choice("LeakyReLU", {"negative_slope": 0.2})))
    edit("", edits.set_loss(Choice("HuberLoss", {"delta": 1.0})))
    edit("", edits.set_scheduler(Choice("StepLR", {"step_size": 10})))
    edit("", edits.set_optimizer(Choice("SGD", {"lr": 0.1, "momentum": 0.5})))
    active.views.refresh(folded=[pane.widget for pane in active.folding.all])
    field = find(active, name)
    assert isinstance(field, Field)
    enter(field, text)
    assert field.value == number, active.refusals.message
    # Nothing of what was typed is left: the field shows the number, and the tooltip all of it.
    assert parse_number(field.text()) == pytest.approx(number, rel=1e-5)
    assert parse_number(field.toolTip().splitlines()[-1]) == number
    assert not field.is_typing


def test_a_cell_of_the_data_takes_it(active: MainWindow) -> None:
    view = active.experiment_panel.data.tables.inputs
    view.setFocus()
    view.setCurrentIndex(view.model().index(1, 0))
    QTest.keyClicks(view, "1")
    QTest.keyClicks(editor_in(view), "/3")
    QTest.keyClick(editor_in(view), Key.Key_Return)
    assert active.session.experiment.data.inputs[1][0] == THIRD
    assert str(view.model().index(1, 0).data(Qt.ItemDataRole.EditRole)) == repr(THIRD)


def test_what_is_wrong_in_a_cell_is_said_underlined_and_stays_to_be_corrected(active: MainWindow) -> None:
    view, before = active.experiment_panel.data.tables.inputs, active.session.document
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    QTest.keyClicks(view, "1")
    editor, error = editor_in(view), active.appearance.theme.error
    QTest.keyClicks(editor, "/x")
    assert not waves(editor, error)
    QTest.keyClick(editor, Key.Key_Return)
    assert active.refusals.message == "Character 3: x is not known here; there are pi and e."
    assert (editor.isVisible(), editor.text(), editor.cursorPosition()) == (True, "1/x", 2)
    assert waves(editor, error)
    QTest.keyClick(editor, Key.Key_Delete)
    assert not waves(editor, error)
    QTest.keyClicks(editor, "4")
    QTest.keyClick(editor, Key.Key_Return)
    assert active.session.experiment.data.inputs[0][0] == 0.25
    assert active.session.document is not before


def test_what_is_wrong_in_a_field_stays_until_escape(active: MainWindow) -> None:
    field = find(active, "optimizer_lr")
    assert isinstance(field, NumberField)
    before = field.value
    enter(field, "2*(1")
    assert active.refusals.message == "Character 3: this bracket is never closed."
    assert (field.text(), field.cursorPosition(), field.value) == ("2*(1", 2, before)
    assert waves(field, active.appearance.theme.error)
    QTest.keyClick(field, Key.Key_Escape)
    assert parse_number(field.text()) == field.value == before
    assert not waves(field, active.appearance.theme.error)


def test_go_to_an_iteration_and_a_sample_take_whole_numbers(active: MainWindow, qtbot: QtBot) -> None:
    active.actions_by_id["iteration.goto"].trigger()
    popover = active.beside.go_to_popover
    popover.field.setText("2*2")
    assert popover.button.isEnabled()
    popover.field.setText("1/2")
    assert popover.note.text() == "“1/2” is not a whole number."
    popover.field.setText("2*(3")
    assert popover.note.text() == "Character 3: this bracket is never closed."
    popover.field.setText("2*2")
    QTest.keyClick(popover.field, Key.Key_Return)
    qtbot.waitUntil(lambda: active.session.cursor.iteration == 4 and not active.trainer.is_running)
    spin = find(active, "sample_chooser")
    assert isinstance(spin, QSpinBox)
    enter(spin, "4/2")
    assert active.session.moment.sample == 1


def test_pasted_cells_may_be_formulas(active: MainWindow) -> None:
    QGuiApplication.clipboard().setText("x\te\tpi\n1/3\tsqrt(2)/2\tpi\n=1/4\t-e^2\t1e-3")
    tables = active.experiment_panel.data.tables
    tables.inputs.selectAll()
    QTest.keyClick(tables.inputs, Key.Key_V, CONTROL)
    data = active.session.experiment.data
    assert data.inputs == ((THIRD, HALF_ROOT), (0.25, -(math.e**2)))
    assert data.targets == ((math.pi,), (1e-3,))


@pytest.mark.parametrize("cell", ["2024-01-02", "1/2/2024", "02-01-2024"])
def test_a_pasted_date_is_no_number(cell: str) -> None:
    with pytest.raises(SpecError, match=f"“{cell}” is not a number"):
        parse_rows(f"1\t2\t3\n1\t{cell}\t3", 0, 2)


def test_no_more_formulas_are_worked_out_than_take_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "MOST_FORMULAS", 3)
    assert len(parse_rows("1/3\t1\n" * 3, 0, 1)) == 3
    with pytest.raises(SpecError, match="at most 3 of the numbers can be formulas"):
        parse_rows("1/3\t1\n" * 4, 0, 1)


@pytest.mark.parametrize(
    "text",
    ["\u2003" * 50_000, "\r" * 50_000, "- " * 50_000, " " * 50_000 + "-", "-" * 50_000 + "x", "9" * 50_000 + "x"],
)
def test_a_long_text_that_is_no_number_is_refused_at_once(text: str) -> None:
    # Where blanks or digits are divided up in each way it is half a minute.
    began = time.process_time()
    for parse in (parse_number, parse_integer):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
            parse(text)
    assert time.process_time() - began < 1
