"""The window for grading, as a teacher uses it: what it shows and saves is what the command prints."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from chainrule.cli import main
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.variants import VariantMaker
from chainrule.model.files.storage import write_experiment
from chainrule.ui.predicting.answers import Answers
from chainrule.ui.style.appearance import DARK, SCALES
from chainrule.ui.teaching.grading_window import GradingWindow
from chainrule.ui.teaching.text_table import TextTable
from chainrule.ui.window.main_window import MainWindow
from tests.lessons.grading.homework import RIGHT, homework, written

WAIT = 30_000


def table(answers: dict[str, str]) -> str:
    return "question,answer\n" + "".join(f'"{key}",{given}\n' for key, given in answers.items())


@pytest.fixture
def assignment(tmp_path: Path) -> Path:
    path = tmp_path / "homework.chainrule"
    write_experiment(homework(), path)
    return path


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    folder = tmp_path / "answers"
    written(folder / "ada.csv", table(RIGHT))
    # Alan forgot the bias in z1, and worked on rightly: 0.506875 is the sigmoid of 0.0275.
    written(folder / "alan.csv", table(RIGHT | {"z1": "0.0275", "a1": "0.506875"}))
    written(folder / "bob.json", json.dumps({"answers": {"z1": 1, "L": "none"}}))
    written(folder / "cleo.pdf", "%PDF")
    return folder


@pytest.fixture
def grading(qtbot: QtBot, window: MainWindow, assignment: Path) -> Iterator[GradingWindow]:
    window.files.open_path(assignment)
    window.actions_by_id["file.grade"].trigger()
    made = window.findChild(GradingWindow)
    assert made is not None
    with qtbot.waitExposed(made):
        pass
    yield made
    made.close()


def choose(grading: GradingWindow, name: str, path: Path) -> None:
    """Answer a dialog for files as a person does."""
    dialog = next(each for each in grading.findChildren(QFileDialog, name) if each.isVisible())
    dialog.setDirectory(str(path.parent))
    dialog.selectFile(path.name)
    dialog.accept()


def wait(qtbot: QtBot, grading: GradingWindow) -> None:
    qtbot.waitUntil(lambda: not grading.grading.is_running, timeout=WAIT)


def add_folder(qtbot: QtBot, grading: GradingWindow, folder: Path) -> None:
    grading.add_folder.click()
    choose(grading, "grading.folder_dialog", folder)
    wait(qtbot, grading)


def texts(shown: TextTable) -> list[list[str]]:
    return [
        [shown.texts.cell(row, column).text for column in range(shown.texts.columnCount())]
        for row in range(shown.texts.rowCount())
    ]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    capsys.readouterr()
    main(["grade", *map(str, arguments)])
    return capsys.readouterr().out


def test_a_folder_of_answers_becomes_a_table_of_the_class(
    qtbot: QtBot, grading: GradingWindow, assignment: Path, answers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grading.assignment.text().endswith("4 questions, 10 points")
    assert grading.said.text().startswith("Choose the files of answers")
    assert not grading.save_csv.isEnabled()
    add_folder(qtbot, grading, answers)
    rows = list(csv.DictReader(io.StringIO(printed(capsys, assignment, answers, "--format", "csv"))))
    shown = texts(grading.students)
    assert [row[0] for row in shown] == [row["student"] for row in rows] == ["ada", "alan", "bob"]
    assert [row[1] for row in shown] == [f"{row['points']} of {row['of']}" for row in rows]
    keys = [column.name for column in grading.students.texts.columns][2:-2]
    assert keys == list(RIGHT)
    for row, found in zip(rows, shown, strict=True):
        assert [cell.split()[1] for cell in found[2:-2]] == [row[key] for key in keys]
    signs = {row[0]: "".join(cell.split()[0] for cell in row[2:-2]) for row in shown}
    assert signs == {"ada": "✓✓✓✓✓✓✓", "alan": "✗↪✓✓✓✓✓", "bob": "✗–?––––"}
    assert [row[-2] for row in shown] == ["", "z1", "z1"]
    assert "left out the bias" in shown[1][-1]
    # What cannot be read is named, and the others are graded.
    assert texts(grading.refused)[0][0] == "cleo.pdf"
    assert "expected a file that ends with" in texts(grading.refused)[0][1]
    assert grading.said.text().startswith("3 students, 10 points in all")
    assert "Not graded: 1" in grading.said.text()


def test_the_page_of_a_student_says_what_follows_from_what(qtbot: QtBot, grading: GradingWindow, answers: Path) -> None:
    add_folder(qtbot, grading, answers)
    assert grading.page_head.text().startswith("ada.")
    grading.students.selectRow(1)
    assert grading.page_head.text().startswith("alan.")
    assert "8 of 10 points" in grading.page_head.text()
    z1, a1 = texts(grading.page)[:2]
    assert (z1[0], z1[2], z1[4]) == ("✗", "0.0275", "0 / 2")
    assert (a1[0], a1[4]) == ("✓", "1 / 1")
    assert a1[5].startswith("It follows rightly from your own numbers before it.")
    # Sorted by points, the worst first, the page still belongs to the row.
    grading.students.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [row[0] for row in texts(grading.students)] == ["bob", "alan", "ada"]
    grading.students.selectRow(2)
    grading.students.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert grading.students.currentIndex().row() == 0
    assert grading.page_head.text().startswith("ada.")
    grading.students.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    grading.students.selectRow(0)
    assert grading.page_head.text().startswith("bob.")


def test_what_is_saved_is_what_the_command_prints(
    qtbot: QtBot,
    grading: GradingWindow,
    assignment: Path,
    answers: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_folder(qtbot, grading, answers)
    for button, kind in ((grading.save_csv, "csv"), (grading.save_json, "json")):
        button.click()
        choose(grading, "grading.save_dialog", tmp_path / f"marks.{kind}")
        assert grading.said.text() == f"marks.{kind} was written."
        saved = (tmp_path / f"marks.{kind}").read_text(encoding="utf-8")
        assert saved == printed(capsys, assignment, answers, "--format", kind)
    pages, by_command = tmp_path / "pages", tmp_path / "by command"
    pages.mkdir()
    printed(capsys, assignment, answers, "--feedback", by_command)
    grading.save_pages.click()
    choose(grading, "grading.pages_dialog", pages)
    wait(qtbot, grading)
    assert grading.said.text().startswith("3 pages were written to ")
    found = {path.name: path.read_bytes() for path in pages.iterdir()}
    assert found == {path.name: path.read_bytes() for path in by_command.iterdir()}
    assert set(found) == {"ada.html", "alan.html", "bob.html"}


def test_nothing_is_replaced_without_a_question(
    qtbot: QtBot, grading: GradingWindow, answers: Path, tmp_path: Path
) -> None:
    add_folder(qtbot, grading, answers)
    marks, pages = written(tmp_path / "marks.csv", "mine"), tmp_path / "pages"
    page = written(pages / "ada.html", "mine")

    def answer(word: str) -> None:
        qtbot.waitUntil(lambda: any(each.isVisible() for each in grading.findChildren(QMessageBox)))
        box = next(each for each in grading.findChildren(QMessageBox) if each.isVisible())
        next(each for each in box.buttons() if word in each.text().replace("&", "")).click()

    for word in ("Cancel", "Replace"):
        grading.save_csv.click()
        choose(grading, "grading.save_dialog", marks)
        answer(word)
        grading.save_pages.click()
        choose(grading, "grading.pages_dialog", pages)
        answer(word)
        wait(qtbot, grading)
        kept = word == "Cancel"
        assert (marks.read_text(encoding="utf-8") == "mine") is kept
        assert (page.read_text(encoding="utf-8") == "mine") is kept


def drop(grading: GradingWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, button, modifier = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(grading, QDragEnterEvent(QPoint(50, 50), action, data, button, modifier))
    QApplication.sendEvent(grading, QDropEvent(QPointF(50, 50), action, data, button, modifier))


def test_an_assignment_and_answers_are_dropped_together(
    qtbot: QtBot, window: MainWindow, assignment: Path, answers: Path
) -> None:
    window.actions_by_id["file.grade"].trigger()
    grading = window.findChild(GradingWindow)
    assert grading is not None
    # The example that the window opens with asks nothing: it is said what to do.
    assert "It asks no questions" in grading.assignment.text()
    assert not grading.start.isEnabled()
    drop(grading, answers / "ada.csv", answers / "alan.csv", assignment)
    wait(qtbot, grading)
    assert [row[0] for row in texts(grading.students)] == ["ada", "alan"]
    # The window keeps what it shows.
    assert window.session.experiment.title == "SimpleNN 2-2-1"
    grading.screen_one.click()
    assert texts(grading.students) == []
    assert "It asks no questions" in grading.assignment.text()
    grading.close()


def test_a_file_that_is_no_assignment_is_refused_in_words(
    grading: GradingWindow, tmp_path: Path, answers: Path
) -> None:
    drop(grading, written(tmp_path / "broken.chainrule", "{"))
    assert grading.said.text().startswith("broken.chainrule: ")
    write_experiment(homework(), tmp_path / "none.chainrule")
    text = json.loads((tmp_path / "none.chainrule").read_text(encoding="utf-8"))
    del text["questions"]
    drop(grading, written(tmp_path / "none.chainrule", json.dumps(text)))
    assert grading.said.text() == "none.chainrule: this experiment asks no questions."
    assert grading.assignment.text().endswith("4 questions, 10 points")


def test_variants_are_graded_by_their_seed(qtbot: QtBot, grading: GradingWindow, tmp_path: Path) -> None:
    maker = VariantMaker(homework())
    for name in ("ada", "bob"):
        variant = maker.variant(7, name)
        right = {number.key: repr(number.right) for number in Assignment.of(variant.experiment).numbers}
        written(tmp_path / "own" / f"{name}.csv", table(right))
    add_folder(qtbot, grading, tmp_path / "own")
    assert all(row[1] != "10 of 10" for row in texts(grading.students))
    grading.seed.setFocus()
    grading.seed.setText("7")
    assert grading.seed.commit()
    wait(qtbot, grading)
    assert [row[:3] for row in texts(grading.students)] == [["ada", "ada", "10 of 10"], ["bob", "bob", "10 of 10"]]


def test_long_work_shows_how_far_it_is_and_is_cancelled(qtbot: QtBot, grading: GradingWindow, tmp_path: Path) -> None:
    for number in range(40):
        written(tmp_path / "many" / f"s{number:02}.csv", table(RIGHT | {"L": f"0.{number + 11}", "a1": "0.3"}))
    grading.add_folder.click()
    choose(grading, "grading.folder_dialog", tmp_path / "many")
    qtbot.waitUntil(lambda: "of 40 files" in grading.said.text(), timeout=WAIT)
    assert grading.stop.isVisible()
    assert grading.bar.maximum() == 40
    assert not grading.start.isEnabled()
    grading.stop.click()
    assert not grading.grading.is_running
    assert grading.start.isEnabled()
    assert texts(grading.students) == []
    grading.start.click()
    wait(qtbot, grading)
    assert len(texts(grading.students)) == 40


def test_clearing_takes_all_away_and_nothing_is_graded_of_none(
    qtbot: QtBot, grading: GradingWindow, answers: Path, tmp_path: Path
) -> None:
    add_folder(qtbot, grading, answers)
    grading.clear.click()
    assert grading.answers.text() == "none yet"
    assert not grading.save_csv.isEnabled()
    empty = tmp_path / "empty"
    empty.mkdir()
    add_folder(qtbot, grading, empty)
    assert grading.said.text() == "There are no files of answers there."


def test_the_marks_are_copied_and_legible_where_a_row_is_chosen(
    qtbot: QtBot, window: MainWindow, grading: GradingWindow, answers: Path
) -> None:
    add_folder(qtbot, grading, answers)
    grading.students.setFocus()
    grading.students.selectRow(1)
    qtbot.keyClick(grading.students, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("alan\t8 of 10\t✗ 0\t↪ 1\t✓ 3")
    window.appearance.set_scheme(Qt.ColorScheme.Dark)
    assert window.appearance.theme is DARK
    pixels = grading.students.viewport().grab().toImage()
    row = grading.students.visualRect(grading.students.texts.index(1, 0))
    shown = {pixels.pixelColor(x, y).lightness() for x in range(row.left(), row.left() + 40)
             for y in range(row.top() + 3, row.bottom() - 3)}  # fmt: skip
    assert max(shown) - min(shown) > 120


def test_nothing_is_graded_while_numbers_are_predicted(window: MainWindow, assignment: Path) -> None:
    window.files.open_path(assignment)
    action = window.findChild(QAction, "file.grade")
    assert action is not None
    assert isinstance(window.answers, Answers)
    window.actions_by_id["predict.toggle"].trigger()
    action.trigger()
    assert window.findChild(GradingWindow) is None
    window.actions_by_id["predict.toggle"].trigger()
    action.trigger()
    grading = window.findChild(GradingWindow)
    assert grading is not None
    assert grading.isVisible()
    window.actions_by_id["predict.toggle"].trigger()
    assert not grading.isVisible()
    window.actions_by_id["predict.toggle"].trigger()


def test_every_control_has_a_name_and_words(grading: GradingWindow) -> None:
    for button in grading.findChildren(QPushButton):
        assert button.objectName().startswith("grading.")
        assert button.toolTip()
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in grading.findChildren(QLabel))


def test_a_long_title_and_the_largest_text_leave_all_in_reach(
    grading: GradingWindow, window: MainWindow, answers: Path
) -> None:
    window.session.editor.set_title(
        "Homework of the third week, about the backward pass of a network of two layers " * 3
    )
    window.appearance.set_scale(max(SCALES))
    folder = answers.rename(answers.with_name("the answers of the whole class " * 6))
    grading.grading.add([folder])
    grading.refresh()
    assert grading.minimumSizeHint().width() < 1200
    grading.resize(1200, 700)
    QApplication.processEvents()
    for name in ("choose", "add_files", "add_folder", "clear"):
        control = getattr(grading, name)
        assert grading.rect().contains(QRect(control.mapTo(grading, QPoint()), control.size())), name
