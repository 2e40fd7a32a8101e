"""Columns and classes renamed over their headers: seen everywhere, undone, and nothing is computed anew."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chainrule.model.navigation import Cursor, Stride
from chainrule.resource_files import resources_directory
from chainrule.ui.panels.data.header_naming import HeaderNaming
from chainrule.ui.panels.data.view import DataView
from chainrule.ui.plots.classes_view import ClassesView
from chainrule.ui.widgets.text_fields import ExpressionField
from chainrule.ui.window.main_window import MainWindow
from tests.ui.window.test_nothing_stale import differing, give_up, like, on_screen, part, view

HORIZONTAL = Qt.Orientation.Horizontal
Key = Qt.Key


@pytest.fixture
def classes(active: MainWindow) -> MainWindow:
    """Three classes, in the middle of their second iteration."""
    active.files.open_path(resources_directory() / "experiments" / "three-classes.chainrule")
    for _ in range(2):
        active.session.navigator.move(Stride.ITERATION)
    active.session.navigator.go_to(Cursor(1, 9))
    return active


def table(window: MainWindow, name: str) -> DataView:
    found = window.findChild(DataView, name)
    assert found is not None
    return found


def headers(window: MainWindow) -> list[str]:
    tables = [table(window, name) for name in ("inputs_table", "targets_table")]
    return [
        str(each.model().headerData(column, HORIZONTAL))
        for each in tables
        for column in range(each.rows_model().columnCount())
    ]


def field(window: MainWindow) -> ExpressionField | None:
    fields = window.findChildren(ExpressionField, "column_name")
    return next((each for each in fields if each.isVisible()), None)


def ask(of: DataView, column: int) -> None:
    header = of.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(column) + header.sectionSize(column) // 2, header.height() // 2)
    QTest.mouseDClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)


def call(window: MainWindow, of: DataView, column: int, name: str) -> None:
    ask(of, column)
    found = field(window)
    assert found is not None
    assert found.hasFocus()
    QTest.keyClick(found, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(found, name)
    QTest.keyClick(found, Key.Key_Return)
    QApplication.processEvents()


def test_a_column_is_renamed_by_a_double_click(classes: MainWindow) -> None:
    inputs, session = table(classes, "inputs_table"), classes.session
    before = headers(classes)
    history, trained = session.moment.course.history(1), session.document.trained
    call(classes, inputs, 1, "width")
    assert field(classes) is None
    assert inputs.hasFocus()
    assert headers(classes) == [before[0], "width", *before[2:]]
    # All that was computed is there still, also what lies ahead.
    assert session.moment.course.history(1) is history
    assert session.document.trained == trained
    assert session.cursor == Cursor(1, 9)
    session.undo_stack.undo()
    assert headers(classes) == before
    session.undo_stack.redo()
    session.navigator.go_to(Cursor(0))
    assert headers(classes)[1] == "width"


def test_every_view_says_the_name(classes: MainWindow) -> None:
    call(classes, table(classes, "inputs_table"), 0, "height")
    targets = table(classes, "targets_table")
    call(classes, targets, 0, "kind")
    call(classes, targets, 2, "oak")
    assert headers(classes)[0] == "height"
    assert headers(classes)[2:] == ["kind", "0", "oak", "2"]
    cell = next(row for row, target in enumerate(classes.session.experiment.data.targets) if target == (1.0,))
    assert targets.model().index(cell, 0).data() == "oak"
    classes.tabs.choose("classes")
    counts = classes.tabs.view("classes")
    assert isinstance(counts, ClassesView)
    assert counts.matrix.copied()[0] == ["true, predicted", "0", "oak", "2"]
    classes.stage_panel.stage.setFocus()
    classes.tabs.choose("slope")
    other = like(classes)
    try:
        for name in ("stage", "equation_view", "inputs_table", "targets_table"):
            shown, new = view(classes, name), view(other, name)
            one = part(on_screen(classes), shown.mapTo(classes, QPoint(0, 0)), shown)
            assert differing(one, part(on_screen(other), new.mapTo(other, QPoint(0, 0)), shown)) == [], name
    finally:
        give_up(other)


def test_without_the_mouse(classes: MainWindow) -> None:
    inputs = table(classes, "inputs_table")
    inputs.setFocus()
    inputs.setCurrentIndex(inputs.rows_model().index(0, 1))
    QTest.keyClick(inputs, Key.Key_F2, Qt.KeyboardModifier.ShiftModifier)
    found = field(classes)
    assert found is not None
    assert found.accessibleName() == "Name of the column"
    QTest.keyClicks(found, "width")
    QTest.keyClick(found, Key.Key_Escape)
    assert field(classes) is None
    assert headers(classes)[1] == "x₂"
    assert inputs.hasFocus()


def test_a_name_that_another_class_has_is_refused_beside_the_field(classes: MainWindow) -> None:
    targets, count = table(classes, "targets_table"), classes.session.undo_stack.count()
    call(classes, targets, 1, "oak")
    call(classes, targets, 2, "oak")
    assert classes.refusals.message == "There is another class called oak."
    found = field(classes)
    assert found is not None
    assert found.text() == "1"
    QTest.keyClick(found, Key.Key_Escape)
    assert classes.session.undo_stack.count() == count + 1


def test_a_field_stays_within_the_tables_and_goes_with_the_document(classes: MainWindow) -> None:
    targets = table(classes, "targets_table")
    ask(targets, 3)
    found = field(classes)
    assert found is not None
    assert found.geometry().right() <= found.parentWidget().width()
    naming = classes.findChild(HeaderNaming)
    assert naming is not None
    classes.files.open_path(resources_directory() / "experiments" / "three-classes.chainrule")
    assert field(classes) is None
