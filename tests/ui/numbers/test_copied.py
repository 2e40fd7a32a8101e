"""What is copied: rows with tabs and every digit, with a word about it; and pasted back it is the same."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.ui.numbers.copying import copied_in_words
from chainrule.ui.plots.classes_view import ClassesView
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import CONTROL, Key, find

THIRD = 1 / 3


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def rows() -> list[list[str]]:
    return [line.split("\t") for line in clipboard().splitlines()]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([[1.0]], "1 number copied."),
        ([[1.0, 2.0]], "2 numbers copied."),
        ([["a", 1.0], ["b", 2.0]], "2 rows of 1 number copied."),
        ([["", "a", "b"], ["a", 1, 2], ["b", 3, 4]], "2 rows of 2 numbers copied."),
    ],
)
def test_what_is_said_of_it(cells: list[list[float | str | None]], words: str) -> None:
    assert copied_in_words(cells) == words


def test_rows_of_the_data(active: MainWindow) -> None:
    session, view = active.session, active.experiment_panel.data.tables.inputs
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0))
    QTest.keyClicks(view, "1")
    (editor,) = (line for line in view.viewport().findChildren(type(find(active, "cell_editor"))) if line.isVisible())
    QTest.keyClicks(editor, "/3")
    QTest.keyClick(editor, Key.Key_Return)
    QTest.keyClick(view, Key.Key_A, CONTROL)
    QTest.keyClick(view, Key.Key_C, CONTROL)
    data = session.experiment.data
    wanted = [[*map(float, one), *map(float, other)] for one, other in zip(data.inputs, data.targets, strict=True)]
    assert [[float(cell) for cell in row] for row in rows()] == wanted
    assert wanted[0][0] == THIRD
    assert active.notice.text == "2 rows of 3 numbers copied."
    # Pasted back nothing changes; on other rows it does.
    document = session.document
    QTest.keyClick(view, Key.Key_V, CONTROL)
    assert session.document is document


def test_a_number_of_the_stage_and_all_of_its_value(active: MainWindow) -> None:
    stage, session = active.stage_panel.stage, active.session
    session.selector.select(refs.weight(0), (1, 0))
    stage.setFocus()
    QTest.keyClick(stage, Key.Key_C, CONTROL)
    assert (clipboard(), active.notice.text) == ("0.3", "1 number copied.")
    active.actions_by_id["edit.copy_value"].trigger()
    assert clipboard() == "0.1\t0.2\n0.3\t0.4\n"
    assert active.notice.text == "The weights of layer 1: 2 rows of 2 numbers copied."
    assert not session.undo_stack.count()


def test_a_matrix_is_pasted_over_a_value_as_one_edit(active: MainWindow) -> None:
    stage, session = active.stage_panel.stage, active.session
    session.selector.select(refs.weight(0), (1, 0))
    stage.setFocus()
    QGuiApplication.clipboard().setText("1/3\t2\n-3\tsqrt(4)\n")
    active.actions_by_id["edit.paste_data"].trigger()
    assert session.moment.lists(refs.weight(0)) == [[THIRD, 2.0], [-3.0, 2.0]]
    assert session.undo_stack.count() == 1
    QGuiApplication.clipboard().setText("7")
    QTest.keyClick(stage, Key.Key_V, CONTROL)
    assert session.moment.lists(refs.weight(0)) == [[THIRD, 2.0], [7.0, 2.0]]
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.moment.lists(refs.weight(0)) == [[0.1, 0.2], [0.3, 0.4]]


@pytest.mark.parametrize("text", ["1\t2\t3", "1\tx", "", "1\t2\n" * 200])
def test_what_does_not_fit_is_left_to_the_page_of_tables(
    active: MainWindow, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, document = active.stage_panel.stage, active.session.document
    active.session.selector.select(refs.weight(0), (1, 0))
    stage.setFocus()
    QGuiApplication.clipboard().setText(text)
    asked: list[int] = []
    monkeypatch.setattr(type(active.tables), "paste", lambda _: asked.append(1))
    QTest.keyClick(stage, Key.Key_V, CONTROL)
    assert asked == [1]
    assert active.session.document is document


def test_the_optimizer_s_numbers(active: MainWindow) -> None:
    active.session.selector.select(refs.weight(0), (0, 0))
    active.actions_by_id["view.tab_state"].trigger()
    active.actions_by_id["iteration.next"].trigger()
    view = active.findChild(QTableView, "state_table")
    assert view is not None
    view.setFocus()
    QTest.keyClick(view, Key.Key_A, CONTROL)
    QTest.keyClick(view, Key.Key_C, CONTROL)
    found = rows()
    assert {len(row) for row in found} == {4}
    assert any("learning rate" in row[1] for row in found)
    weight = active.session.moment.number(refs.next_value(refs.weight(0)), (0, 0))
    assert repr(weight) in clipboard()
    assert active.notice.text.endswith("numbers copied.")


def test_the_referee_s_report(active: MainWindow, qtbot: QtBot) -> None:
    active.actions_by_id["iteration.next"].trigger()
    panel = active.beside.referee_panel
    panel.open()
    table = panel.table
    qtbot.waitUntil(lambda: table.model().rowCount() > 3, timeout=60_000)
    table.setFocus()
    QTest.keyClick(table, Key.Key_A, CONTROL)
    QTest.keyClick(table, Key.Key_C, CONTROL)
    found = rows()
    assert len(found) == table.model().rowCount() > 3
    assert {len(row) for row in found} == {8}
    assert all(float(row[1]) >= 0 for row in found if row[1])
    panel.close()


def test_the_confusion_matrix(active: MainWindow) -> None:
    active.session.editor.edit("", edits.set_data(refs.TARGET, (0, 0), 1.0))
    active.session.editor.edit("", edits.set_data(refs.TARGET, (1, 0), 0.0))
    active.session.editor.edit("", edits.set_loss(Choice("BCEWithLogitsLoss", {"reduction": "mean"})))
    active.actions_by_id["view.tab_classes"].trigger()
    view = active.tabs.view("classes")
    assert isinstance(view, ClassesView)
    view.matrix.setFocus()
    QTest.keyClick(view.matrix, Key.Key_C, CONTROL)
    found = rows()
    assert [row[0] for row in found] == ["true, predicted", "0", "1"]
    assert sum(int(cell) for row in found[1:] for cell in row[1:]) == 2
    assert active.notice.text == "2 rows of 2 numbers copied."
