"""Arrows go from cell to cell, also out of a field that was opened by typing; with F2 they stay in its text."""

from __future__ import annotations

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QTableView

from chainrule.catalog.values import refs
from chainrule.ui.state.model import BEFORE
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import Key


def editors(view: QTableView) -> list[QLineEdit]:
    return [line for line in view.viewport().findChildren(QLineEdit) if line.isVisible()]


def at(view: QTableView) -> tuple[int, int]:
    return view.currentIndex().row(), view.currentIndex().column()


def test_what_is_typed_is_taken_by_an_arrow(active: MainWindow) -> None:
    tables, session = active.experiment_panel.data.tables, active.session
    view = tables.inputs
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    for text, key, row, column in (
        ("5", Key.Key_Right, 0, 0),
        ("6", Key.Key_Down, 0, 1),
        ("7", Key.Key_Left, 1, 1),
        ("8", Key.Key_Up, 1, 0),
    ):
        assert at(view) == (row, column)
        QTest.keyClicks(view, text)
        (editor,) = editors(view)
        QTest.keyClick(editor, key)
        assert not editors(view)
        assert session.experiment.data.inputs[row][column] == float(text)
    assert at(view) == (0, 0)
    # Beyond the last column the targets begin.
    view.setCurrentIndex(view.model().index(0, 1))
    QTest.keyClicks(view, "9")
    QTest.keyClick(editors(view)[0], Key.Key_Right)
    assert tables.targets.hasFocus()
    assert at(tables.targets) == (0, 0)
    QTest.keyClick(tables.targets, Key.Key_Escape)
    assert active.stage_panel.stage.hasFocus()
    QTest.keyClick(active.stage_panel.stage, Key.Key_Right)
    assert session.cursor.position == 1


def test_what_cannot_be_read_keeps_the_field_open(active: MainWindow) -> None:
    view = active.experiment_panel.data.tables.inputs
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    QTest.keyClicks(view, "1")
    (editor,) = editors(view)
    QTest.keyClicks(editor, "/")
    QTest.keyClick(editor, Key.Key_Down)
    assert editors(view) == [editor]
    assert at(view) == (0, 0)
    QTest.keyClick(editor, Key.Key_Escape)


def test_with_f2_the_arrows_stay_in_the_text(active: MainWindow) -> None:
    view = active.experiment_panel.data.tables.inputs
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    QTest.keyClick(view, Key.Key_F2)
    (editor,) = editors(view)
    for key in (Key.Key_Left, Key.Key_Up, Key.Key_Down):
        QTest.keyClick(editor, key)
    assert editors(view) == [editor]
    QTest.keyClick(editor, Key.Key_Escape)


def test_in_the_table_of_the_optimizer_too(active: MainWindow) -> None:
    active.session.selector.select(refs.weight(0), (0, 0))
    active.actions_by_id["view.tab_state"].trigger()
    view = active.findChild(QTableView, "state_table")
    assert view is not None
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, BEFORE))
    QTest.keyClicks(view, "0")
    (editor,) = editors(view)
    QTest.keyClicks(editor, ".5")
    QTest.keyClick(editor, Key.Key_Down)
    assert not editors(view)
    assert at(view)[0] == 1
    assert view.hasFocus()
    assert active.session.moment.number(refs.weight(0), (0, 0)) == 0.5
