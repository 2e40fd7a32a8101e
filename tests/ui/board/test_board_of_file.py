"""A file that brings its board, in the window: shown when it is opened, and one's own is there again afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.model.files.storage import read_experiment, write_experiment
from chainrule.session.files.settings import SettingsStore
from chainrule.ui.app import open_window
from chainrule.ui.board.kinds import USUAL_BOARD
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article
from tests.ui.board.test_board import cards, names, opened, trigger

BOARD = BoardSpec(("state", "tabs", "loss"), ("slope", "code"), "code")


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.chainrule"
    write_experiment(replace(article(), board=BOARD), path)
    return path


def test_a_file_shows_its_board_and_leaves_that_of_the_person_alone(window: MainWindow, lesson: Path) -> None:
    trigger(window, "gradients", "state")
    own = window.board.board
    window.files.open_path(lesson)
    assert cards(window) == ["state", "tabs", "loss"]
    assert names(window) == ["slope", "code"]
    assert window.tabs.chosen.id == "code"
    assert window.tabs.view("code").isVisible()
    # What is moved now is of this file's time.
    trigger(window, "gradients")
    assert "gradients" in cards(window)
    window.session.file.open(article(), None)
    assert window.board.board == own
    assert cards(window) == ["loss", "tabs"]


def test_the_persons_own_board_is_a_click_away_and_is_what_is_remembered(qtbot: QtBot, lesson: Path) -> None:
    store = SettingsStore()
    window = opened(qtbot, store)
    window.files.open_path(lesson)
    action = window.actions_by_id["board.of_experiment"]
    assert action.isChecked()
    action.trigger()
    assert cards(window) == ["loss", "gradients", "tabs"]
    action.trigger()
    assert cards(window) == ["state", "tabs", "loss"]
    assert window.close()
    assert store.settings.board == USUAL_BOARD.places
    assert store.settings.views_away == ()


def test_a_view_over_the_network_is_there_when_the_window_opens(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "lesson.chainrule"
    write_experiment(replace(article(), board=BoardSpec(("tabs",), front="state", enlarged="loss")), path)
    window = open_window(path)
    qtbot.addWidget(window)
    assert window.tabs.chosen.id == "state"
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: window.loss_plot.isVisible() and window.loss_plot.width() > 400)
    assert cards(window) == ["tabs"]
    assert window.close()


def test_the_board_is_kept_with_the_file_only_where_that_is_asked_for(window: MainWindow, tmp_path: Path) -> None:
    window.actions_by_id["iteration.next"].trigger()
    course = window.session.moment.course
    trigger(window, "gradients", "classes")
    window.tabs.choose("code")
    assert window.session.file.to_save.board is None
    assert not window.actions_by_id["board.leave_out"].isEnabled()
    trigger(window, "keep")
    kept = window.session.experiment.board
    assert kept is not None
    assert kept.cards == ("loss", "tabs")
    assert "classes" not in kept.in_tabs
    assert kept.front == "code"
    assert not window.actions_by_id["board.keep"].isEnabled()
    # Nothing is computed anew.
    assert window.session.moment.course.horizon == course.horizon
    path = tmp_path / "kept.chainrule"
    write_experiment(window.session.file.to_save, path)
    assert read_experiment(path).board == kept
    window.actions_by_id["edit.undo"].trigger()
    assert window.session.experiment.board is None
    window.actions_by_id["edit.redo"].trigger()
    trigger(window, "leave_out")
    assert window.session.experiment.board is None
    QApplication.processEvents()
    assert cards(window) == ["loss", "tabs"]
