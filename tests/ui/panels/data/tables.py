"""Working with the tables of the data: cells found, clicked and typed into."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from chainrule.ui.panels.data.view import DataView

TABLES = ("inputs_table", "targets_table")


def index(view: DataView, row: int, column: int) -> QModelIndex:
    return view.rows_model().index(row, column)


def text(view: DataView, row: int, column: int) -> str:
    return str(index(view, row, column).data())


def click(view: DataView, row: int, column: int = 0, *, shift: bool = False) -> None:
    place = view.visualRect(index(view, row, column)).center()
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def open_editor(view: DataView, row: int, column: int) -> QLineEdit:
    view.setFocus()
    view.setCurrentIndex(index(view, row, column))
    QTest.keyClick(view, Qt.Key.Key_F2)
    editor = view.findChild(QLineEdit, "cell_editor")
    assert editor is not None
    return editor


def type_cell(view: DataView, row: int, column: int, typed: str) -> None:
    """Edit a cell; the editor commits from the event loop, as Qt's delegates do."""
    editor = open_editor(view, row, column)
    editor.selectAll()
    QTest.keyClicks(editor, typed) if typed else QTest.keyClick(editor, Qt.Key.Key_Delete)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
