"""The window of published numbers, as a teacher uses it: what it says is what the command prints."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from chainrule.cli import main
from chainrule.model.files.storage import write_experiment
from chainrule.resource_files import example_paths
from chainrule.ui.teaching.published_window import SCREEN, PublishedWindow
from chainrule.ui.teaching.text_table import TextTable
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import mazur
from tests.lessons.published.test_published import mazur_by_torch

WAIT = 60_000
NEURON = next(path for path in example_paths() if path.stem == "cs231n-sigmoid-neuron")


@pytest.fixture
def published(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> Iterator[PublishedWindow]:
    """The window, with Mazur's network on the screen."""
    write_experiment(mazur(), tmp_path / "mazur.chainrule")
    window.files.open_path(tmp_path / "mazur.chainrule")
    window.actions_by_id["lesson.published"].trigger()
    made = window.findChild(PublishedWindow)
    assert made is not None
    with qtbot.waitExposed(made):
        pass
    made.check.cancel()
    yield made
    made.close()


def wait(qtbot: QtBot, published: PublishedWindow) -> None:
    qtbot.waitUntil(lambda: not published.check.is_running, timeout=WAIT)


def texts(shown: TextTable) -> list[list[str]]:
    return [
        [shown.texts.cell(row, column).text for column in range(shown.texts.columnCount())]
        for row in range(shown.texts.rowCount())
    ]


def take_table(qtbot: QtBot, published: PublishedWindow, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    published.table_link.click()
    dialog = next(each for each in published.findChildren(QFileDialog, "published.dialog") if each.isVisible())
    dialog.setDirectory(str(path.parent))
    dialog.selectFile(path.name)
    dialog.accept()
    wait(qtbot, published)


def test_the_worked_examples_are_there_with_their_printed_digits(
    qtbot: QtBot, published: PublishedWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    words = " ".join(published._examples)
    assert all(name in words for name in ("Mazur", "CS231n", "Nielsen", "Karpathy"))
    title = next(title for title, path in published._examples.items() if path == NEURON)
    published.which.choice_edited.emit(title)
    wait(qtbot, published)
    assert published.which.choice == title
    capsys.readouterr()
    main(["check", str(NEURON), "--published", "--format", "json"])
    numbers = json.loads(capsys.readouterr().out)["numbers"]
    shown = texts(published.numbers)
    assert [row[0] for row in shown] == [number["name"] for number in numbers]
    assert [row[2] for row in shown] == [number["published"] for number in numbers]
    assert {row[4] for row in shown} == {"✓ right"}
    assert published.said.text() == f"{len(numbers)} published numbers: {len(numbers)} right, 0 wrong."
    assert not published.run_button.isVisible()
    assert published.open_link.isVisible()


def test_right_rounded_and_wrong_are_told_apart_and_the_wrong_method_runs_beside_the_right_one(
    qtbot: QtBot, published: PublishedWindow, tmp_path: Path
) -> None:
    table = (
        "ref,index,iteration,published,note\n"
        'layers.0.activation,"0,0",0,0.593269992,out of h1\n'
        'layers.0.activation,"0,0",0,0.593269993,a last digit that is off\n'
        "loss,,1,0.291027924,after the first step\n"
    )
    take_table(qtbot, published, tmp_path / "mine.csv", table)
    assert published.which.choice == SCREEN
    assert [row[4] for row in texts(published.numbers)] == ["✓ right", "≈ rounded", "✗ wrong"]
    assert published.said.text() == "3 published numbers: 1 right, 1 right but for rounding, 1 wrong."
    assert published.told.text().endswith("is right to the digits that were printed.")
    assert not published.run_button.isVisible()
    published.numbers.selectRow(2)
    assert "used the weights of layer 2 as updated already" in published.told.text()
    assert repr(mazur_by_torch(1, updated=True))[:14] in published.told.text()
    assert published.right_rule.isVisible()
    assert published.wrong_rule.isVisible()
    assert published.run_button.isVisible()
    published.count.set_value(6)
    published.run_button.click()
    wait(qtbot, published)
    rows = texts(published.runs)
    assert [row[0] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    for steps, row in enumerate(rows):
        for text, updated in ((row[1], False), (row[2], True)):
            assert math.isclose(float(text), mazur_by_torch(steps, updated=updated), rel_tol=1e-9)
    assert rows[0][1] == rows[0][2]
    assert rows[1][1] != rows[1][2]
    # Another number has another method.
    published.numbers.selectRow(0)
    assert not published.runs.isVisible()


def test_an_example_is_opened_in_the_window(qtbot: QtBot, window: MainWindow, published: PublishedWindow) -> None:
    title = next(title for title, path in published._examples.items() if path == NEURON)
    published.choose(title)
    wait(qtbot, published)
    window.session.file.mark_saved(None)
    published.open_link.click()
    assert window.session.experiment.title == title


def test_a_table_that_is_none_is_refused_and_a_file_without_one_is_told(
    qtbot: QtBot, published: PublishedWindow, tmp_path: Path
) -> None:
    published.choose(SCREEN)
    assert published.said.text().startswith("There is no table beside this experiment")
    take_table(qtbot, published, tmp_path / "bad.csv", "ref,published\nnothing,1\n")
    assert published.said.text() == 'bad.csv, line 2: no value "nothing" in this experiment.'
    assert texts(published.numbers) == []
    # One beside the file is found by its name.
    (tmp_path / "mazur.published.csv").write_text("ref,published\nloss,0.298371109\n", encoding="utf-8")
    published.choose(SCREEN)
    wait(qtbot, published)
    assert [row[4] for row in texts(published.numbers)] == ["✓ right"]


def test_long_work_is_cut_into_slices_and_ends_with_the_window(qtbot: QtBot, published: PublishedWindow) -> None:
    title = next(title for title in published._examples if "Mazur" in title)
    published.choose(title)
    # Its table goes to the ten thousandth iteration.
    assert published.check.is_running
    assert published.said.text().startswith("Comparing…")
    qtbot.waitUntil(lambda: "at iteration" in published.said.text(), timeout=WAIT)
    published.close()
    assert not published.check.is_running


def test_nothing_is_compared_while_numbers_are_predicted(window: MainWindow, published: PublishedWindow) -> None:
    window.actions_by_id["predict.toggle"].trigger()
    assert not published.isVisible()
    window.actions_by_id["lesson.published"].trigger()
    assert not published.isVisible()
    window.actions_by_id["predict.toggle"].trigger()


def test_each_control_says_what_it_does(published: PublishedWindow) -> None:
    assert all(button.toolTip() for button in published.findChildren(QPushButton))
    assert published.windowFlags() & Qt.WindowType.Window
