"""The page of an import: what it shows of a table, what each control changes, and what becomes of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from chainrule.model.editing.new_experiment import new_formula
from chainrule.model.importing.plan import Use
from chainrule.ui.importing.page import ImportDialog
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article

KINDS = ("rose", "lily", "iris")
FLOWERS = "id;length;width;kind\n" + "".join(
    f"{row + 1};{'' if row == 3 else f'{4 + row % 7},5'};{row % 5};{KINDS[row % 3]}\n" for row in range(12)
)


@pytest.fixture
def page(window: MainWindow, tmp_path: Path) -> Iterator[Callable[..., ImportDialog]]:
    def open_page(text: str = FLOWERS) -> ImportDialog:
        path = tmp_path / "flowers.csv"
        path.write_text(text, encoding="utf-8")
        window.tables.open_path(path)
        return window.findChildren(ImportDialog)[-1]

    yield open_page
    for dialog in window.findChildren(ImportDialog):
        dialog.close()


def words(page: ImportDialog) -> str:
    return page._words.text()


def test_it_says_what_was_found_and_what_will_happen(page: Callable[..., ImportDialog]) -> None:
    shown = page()
    assert shown._found.text() == "flowers.csv: 12 rows, 4 columns"
    assert (shown.delimiter.choice, shown.decimal.choice, shown.encoding.choice) == ("semicolon", "comma  ,", "utf-8")
    assert shown.header.isChecked()
    model = shown.preview.rows_model
    headers = [model.headerData(place, Qt.Orientation.Horizontal) for place in range(4)]
    assert headers == ["id: number, left out", "length: number, 1 missing, input", "width: number, input",
                       "kind: text, target"]  # fmt: skip
    assert model.index(3, 1).data() == "missing"
    assert words(shown) == (
        "11 rows, 1 dropped for missing values (row 4); 2 inputs; 3 classes of “kind” (iris, lily, rose). Left out: "
        "“id” (it numbers the rows). They take the place of all rows: "
        "3 outputs, one for each class, the loss becomes CrossEntropyLoss."
    )


def test_replacing_is_one_edit_that_undo_takes_back(page: Callable[..., ImportDialog], window: MainWindow) -> None:
    before = window.session.experiment
    page().replace.click()
    after = window.session.experiment
    assert after.data.names.classes == ("iris", "lily", "rose")
    assert (after.network.inputs, after.network.outputs, len(after.data.inputs)) == (2, 3, 11)
    assert after.title == "flowers"
    assert window.session.undo_stack.count() == 1
    window.actions_by_id["edit.undo"].trigger()
    assert window.session.experiment == before
    window.actions_by_id["edit.redo"].trigger()
    assert window.session.experiment == after


def test_the_tab_in_front_suits_the_data_that_have_come(page: Callable[..., ImportDialog], window: MainWindow) -> None:
    assert window.tabs.chosen.id == "slope"
    page("\n".join(line.split(";", 1)[1] for line in FLOWERS.splitlines())).replace.click()
    assert window.tabs.chosen.id == "fit"
    shown = page("a,b,c,kind\n" + "".join(f"{row % 4},{row % 3},{row % 5},{KINDS[row % 3]}\n" for row in range(9)))
    shown.replace.click()
    assert window.tabs.chosen.id == "classes"
    window.actions_by_id["view.tab_code"].trigger()
    page().replace.click()
    assert window.tabs.chosen.id == "code"


def test_a_table_is_looked_for_where_the_last_one_was(
    page: Callable[..., ImportDialog], window: MainWindow, tmp_path: Path
) -> None:
    def folder() -> Path:
        window.tables.ask()
        dialog = window.findChildren(QFileDialog, "import_file_dialog")[-1]
        found = Path(dialog.directory().absolutePath())
        dialog.close()
        return found

    assert folder() == Path.home()
    used = tmp_path / "used"
    used.mkdir()
    window.settings.add_recent(used / "a.chainrule")
    assert folder() == used
    page().close()
    assert folder() == tmp_path


@pytest.mark.parametrize("has_targets", [True, False])
def test_data_are_replaced_where_there_were_no_targets_and_nothing_is_said_of_the_old(
    page: Callable[..., ImportDialog], window: MainWindow, has_targets: bool
) -> None:
    window.session.file.open(article() if has_targets else new_formula(["f = x*y"]), None)
    said: list[str] = []
    window.session.signals.informed.connect(said.append)
    page().replace.click()
    assert window.session.experiment.loss.name == "CrossEntropyLoss"
    assert said == []


def test_rows_are_added_where_they_fit(page: Callable[..., ImportDialog], window: MainWindow) -> None:
    page().replace.click()
    dialog = page(FLOWERS.replace("rose", "tulip"))
    dialog.append.click()
    assert dialog.isVisible()
    assert dialog._refusals.message == "“tulip” in row 1 is none of the classes there: iris, lily, rose."
    dialog.close()
    page().append.click()
    assert len(window.session.experiment.data.inputs) == 22
    assert window.session.undo_stack.count() == 2


@pytest.mark.qt_log_ignore("does not support grabbing", extend=True)
def test_a_use_is_chosen_by_key_and_in_the_header(page: Callable[..., ImportDialog], qtbot: QtBot) -> None:
    shown = page()
    table = shown.preview
    table.setCurrentIndex(table.rows_model.index(0, 2))
    QTest.keyClick(table, Qt.Key.Key_X)
    assert shown.draft.plan.uses[2] is Use.LEFT_OUT
    assert "1 input;" in words(shown)
    header = table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(2) + 20, header.height() // 2)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)
    menu = table.findChild(QMenu, "import_use_menu")
    assert menu is not None
    menu.actions()[0].trigger()
    menu.close()
    assert shown.draft.plan.uses[2] is Use.INPUT


def test_what_does_not_fit_is_said_by_its_reason_beside_the_button(page: Callable[..., ImportDialog]) -> None:
    shown = page("a;b;c;kind\n" + "".join(f"{row % 7},5;{row % 5},5;{row % 4};{KINDS[row % 3]}\n" for row in range(12)))
    shown.append.click()
    refusals = shown._refusals
    assert refusals.message == (
        "The rows there have 2 inputs, and these 3; the targets there are numbers, and “kind” is text: "
        "replace the data."
    )
    bubble = refusals.bubble
    assert bubble is not None
    QApplication.processEvents()
    button = QRect(shown.append.mapTo(shown, QPoint(0, 0)), shown.append.size())
    assert not bubble.geometry().intersects(button)
    assert not bubble.geometry().intersects(shown._words.geometry())
    # Its point is at the button's edge, in the middle of its height.
    assert 0 <= button.left() - bubble.geometry().right() <= 4
    assert bubble.geometry().top() < button.center().y() < bubble.geometry().bottom()
    seen = bubble.grab().toImage()
    ratio = seen.devicePixelRatio()
    at = (round((bubble.width() - 2) * ratio), round((button.center().y() - bubble.y()) * ratio))
    empty = (round((bubble.width() - 2) * ratio), round(4 * ratio))
    assert seen.pixel(*at) != seen.pixel(*empty)


@pytest.mark.qt_log_ignore("does not support grabbing", extend=True)
def test_enter_replaces_and_f2_asks_for_a_use(page: Callable[..., ImportDialog], window: MainWindow) -> None:
    shown = page()
    table = shown.preview
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Space):
        QTest.keyClick(table, key)
        menu = table.findChild(QMenu, "import_use_menu")
        assert menu is not None
        menu.close()
        QApplication.processEvents()
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert table.findChild(QMenu, "import_use_menu") is None
    assert window.session.experiment.title == "flowers"
    assert not shown.isVisible()


def test_each_control_changes_what_will_happen(page: Callable[..., ImportDialog]) -> None:
    shown = page()
    shown.missing.choose("fill in the mean")
    assert words(shown).startswith("12 rows, missing values filled in row 4; 2 inputs")
    shown.delimiter.choose("tab")
    assert words(shown).startswith("No column is an input")
    assert not shown.replace.isEnabled()
    shown.delimiter.choose("semicolon")
    shown.decimal.choose("point  .")
    assert shown.preview.rows_model.headerData(1, Qt.Orientation.Horizontal).startswith("length: text")
    shown.decimal.choose("comma  ,")
    shown.header.click()
    assert shown._found.text() == "flowers.csv: 13 rows, 4 columns"
    shown.header.click()
    shown.targets.choose("numbers")
    assert "3 targets" in words(shown)
    shown.standardize.click()
    assert not shown.draft.plan.standardize


def test_a_table_is_pasted_by_key(window: MainWindow, page: Callable[..., ImportDialog]) -> None:
    QGuiApplication.clipboard().setText("a\tkind\n1\tx\n2\ty\n")
    window.actions_by_id["edit.paste_data"].trigger()
    dialog = window.findChild(ImportDialog)
    assert dialog is not None
    assert dialog._found.text() == "clipboard: 2 rows, 2 columns"
    dialog.close()
    QApplication.processEvents()
    window.experiment_panel.data.tables.inputs.paste_requested.emit()
    assert window.findChildren(ImportDialog)


def test_what_is_no_table_is_said_in_the_window(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\0\0")
    window.tables.open_path(path)
    assert window.notice.text.startswith("picture.csv was not imported: this is no text")
    assert window.findChild(ImportDialog) is None


def test_a_table_is_dropped_on_the_window(window: MainWindow, tmp_path: Path) -> None:
    path, data = tmp_path / "flowers.csv", QMimeData()
    path.write_text(FLOWERS, encoding="utf-8")
    data.setUrls([QUrl.fromLocalFile(str(path))])
    action, button, modifier = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(50, 50), action, data, button, modifier))
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), action, data, button, modifier))
    assert window.findChildren(ImportDialog)[-1].draft.title == "flowers"
    window.findChildren(ImportDialog)[-1].close()
