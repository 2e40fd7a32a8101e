"""Running in the window: at any pace, to an end that is not finite, and back to the start."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QMessageBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.explain.writing.numbers import latex_number
from chainrule.model.files.storage import read_experiment, write_experiment
from chainrule.model.navigation import Cursor
from chainrule.resource_files import example_paths
from chainrule.session.training import PACES
from chainrule.ui.app import open_window
from chainrule.ui.equation import view as equation_view
from chainrule.ui.plots.chart.chart import Chart
from chainrule.ui.window.main_window import MainWindow
from tests.ui.pressing import press


def test_space_runs_and_pauses_and_the_run_is_one_undo_entry(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    window.trainer.set_pace(PACES[-1])
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: session.horizon >= 50)
    press(qtbot, window, Qt.Key.Key_Space)

    assert not window.trainer.is_running
    assert session.undo_stack.count() == 1
    trained = session.cursor
    session.undo_stack.undo()
    assert session.cursor == Cursor()
    assert session.horizon == 0
    session.undo_stack.redo()
    assert session.cursor == trained


def test_a_run_at_full_pace_shows_how_and_after_it_what(qtbot: QtBot, window: MainWindow) -> None:
    """Numbers that change too fast to be read are left out of the equation until the run is paused."""
    session, view = window.session, window.equation_view
    session.selector.select(refs.weight(0), (0, 1))
    window.trainer.set_pace(PACES[-1])
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: view.accessibleDescription() == equation_view.RUNNING)
    press(qtbot, window, Qt.Key.Key_Space)

    assert view.accessibleDescription() != equation_view.RUNNING
    view.copy_latex()
    number = session.moment.number(session.selection.ref, session.selection.index)
    # With as many digits as the equation needs to come out from what is printed: all, where a fast run is at its end.
    written = {latex_number(number, digits) for digits in range(4, 18)}
    assert QGuiApplication.clipboard().text().rpartition("= ")[2] in written


def test_a_frame_paints_each_plot_once(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a scene of its own: one that is told too early has the whole window painted, and the other one twice."""
    painted: list[str] = []
    paint = Chart.paintEvent
    monkeypatch.setattr(
        Chart, "paintEvent", lambda chart, event: (painted.append(chart.accessibleName()), paint(chart, event))
    )
    window = open_window()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        pass
    session = window.session
    for _ in islice(session.timeline.run(session.document, 0), 40):
        pass
    for iteration in range(10, 40):
        if iteration == 20:
            # The first frames make room for the numbers beside the axes.
            painted.clear()
        session.navigator.show_iteration(iteration)
        window.refresh()
        QApplication.processEvents()
    assert Counter(painted) == {"Loss": 20, "Gradients": 20}
    window.close()


def test_restart_brings_back_the_same_first_weights(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    before = session.moment.lists(refs.weight(0))
    press(qtbot, window, Qt.Key.Key_Return, times=3)
    press(qtbot, window, Qt.Key.Key_Home)

    assert session.cursor == Cursor()
    assert session.moment.lists(refs.weight(0)) == before


def test_reseed_draws_other_weights(window: MainWindow) -> None:
    before = window.session.moment.lists(refs.weight(0))
    window.actions_by_id["edit.reseed"].trigger()

    assert window.session.moment.lists(refs.weight(0)) != before


def test_the_badge_shows_the_live_difference(qtbot: QtBot, window: MainWindow) -> None:
    badge = window.findChild(QWidget, "referee_badge")
    assert badge is not None
    qtbot.waitUntil(lambda: window.referee.verdict is not None)
    assert badge.accessibleName() == "nothing to compare yet"
    with qtbot.waitSignal(window.referee.verdict_changed):
        press(qtbot, window, Qt.Key.Key_Return)
    agrees = re.compile(r"✓ PyTorch agrees · (exactly|\d\.\d·10⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
    qtbot.waitUntil(lambda: agrees.fullmatch(badge.accessibleName()) is not None)
    assert "Up to 1·10⁻¹⁰ agrees." in badge.toolTip()


def test_the_badge_compares_nothing_after_a_restart(qtbot: QtBot, window: MainWindow) -> None:
    badge = window.findChild(QWidget, "referee_badge")
    assert badge is not None
    press(qtbot, window, Qt.Key.Key_Right, times=2)
    qtbot.waitUntil(lambda: badge.accessibleName().startswith("✓ PyTorch agrees"))
    press(qtbot, window, Qt.Key.Key_Home)

    assert badge.accessibleName() == "nothing to compare yet"


@pytest.mark.parametrize("at_start", [True, False])
def test_a_device_that_is_not_there_is_told_and_the_cpu_offered(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, at_start: bool
) -> None:
    path = tmp_path / "card.chainrule"
    write_experiment(replace(read_experiment(example_paths()[4]), device="cuda:7"), path)
    if at_start:
        window, shown = open_window(path), list[str]()
        qtbot.addWidget(window)
        assert window.session.path == path
        window.session.signals.document_changed.connect(lambda: shown.append(window.windowTitle()))
        assert window.session.timeline is not None
        # The example comes with its numbers, and once.
        assert shown == ["SimpleNN 2-2-1[*] - Chainrule"]
        assert window.session.path is None
        assert not window.session.is_modified
    else:
        window.files.open_path(path)
    box = window.findChild(QMessageBox, "file.device")
    assert box is not None
    assert "Device: “cuda:7” is not here" in box.informativeText()
    assert window.session.experiment.title == "SimpleNN 2-2-1"

    button = next(button for button in box.buttons() if "CPU" in button.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.session.experiment.device == "cpu"
    assert window.session.experiment.title == read_experiment(path).title
    window.close()


def test_a_run_that_diverges_stops_says_so_and_can_be_stepped_back(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    session.editor.edit("lr", lambda experiment: _with_lr(experiment, 1e9))
    window.trainer.set_pace(PACES[-1])
    with qtbot.waitSignal(window.trainer.running_changed, check_params_cb=lambda running: not running, timeout=20_000):
        window.trainer.start()

    assert "Stopped at iteration" in window.notice.text
    stopped = session.cursor
    assert stopped.iteration > 0
    press(qtbot, window, Qt.Key.Key_Left)
    assert session.cursor.position == stopped.position - 1
    window.grab()


def _with_lr(experiment: Experiment, lr: float) -> Experiment:
    return replace(experiment, optimizer=experiment.optimizer.replace(lr=lr))
