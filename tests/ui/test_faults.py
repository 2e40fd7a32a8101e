"""Bad surroundings in the window: it tells, keeps the document, and goes on."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from chainrule.engine.machine import devices
from chainrule.engine.plan import LONGEST_CHUNK
from chainrule.engine.trace import Executor
from chainrule.model.navigation import Cursor
from chainrule.session.files.settings import DAMAGED, Settings, SettingsStore
from chainrule.session.training import DEFAULT_PACE, PACES
from chainrule.ui.app import open_window
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article
from tests.session.test_device_failure import CARD, GONE, break_card


def click(qtbot: QtBot, box: QMessageBox, word: str) -> None:
    button = next(button for button in box.buttons() if word in button.text())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


# --------------------------------------------------------------------------------------------------------- devices


def test_a_card_that_fails_in_a_run_is_left_for_the_cpu(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "available_devices", lambda: ("cpu", CARD))
    session, hook = window.session, sys.excepthook
    window.faults.install()
    try:
        session.file.open(replace(article(), device=CARD), None)
        break_card(monkeypatch, GONE, after=70)
        window.trainer.set_pace(PACES[-1])
        with qtbot.capture_exceptions() as raised:
            window.trainer.start()
            qtbot.waitUntil(lambda: window.findChild(QMessageBox, "device.failed") is not None or bool(raised))
        for kind, error, trace in raised:
            # pytest-qt stands where the program's hook is.
            window.faults.caught(kind, error, trace)
    finally:
        sys.excepthook = hook
    box = window.findChild(QMessageBox, "device.failed")
    assert box is not None
    assert "CUDA error: device-side assert triggered" in box.informativeText()
    assert not window.trainer.is_running
    assert session.experiment.device == CARD
    click(qtbot, box, "CPU")
    assert session.experiment.device == "cpu"
    first = session.cursor.iteration
    # What a stretch that began before has computed is kept.
    assert 0 < first < 70 + LONGEST_CHUNK
    window.trainer.start(20)
    qtbot.waitUntil(lambda: not window.trainer.is_running)
    assert session.cursor.iteration == first + 19
    session.undo_stack.undo()
    assert window.isVisible()


def test_no_memory_on_the_cpu_is_told(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    window.session.navigator.go_to(Cursor(0, 3))
    monkeypatch.setattr(Executor, "values", fail)
    window.session.navigator.go_to(Cursor(5, 0))
    assert window.notice.text.startswith("The computation stopped: it has no memory left.")
    assert window.findChild(QMessageBox, "device.failed") is None
    assert window.session.cursor == Cursor(0, 3)


# ---------------------------------------------------------------------------------------------------- other errors


def test_an_error_of_the_program_is_told_and_the_window_goes_on(
    qtbot: QtBot, window: MainWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    error = KeyError("what\nis this")
    window.trainer.start()
    window.faults.caught(type(error), error, None)
    assert not window.trainer.is_running
    assert "KeyError" in capsys.readouterr().err
    assert r"(KeyError: 'what\nis this')" in window.notice.text.replace(r"\\n", r"\n")
    window.session.navigator.step_forward()
    assert window.isVisible()


def test_the_hook_is_there_while_the_window_is(qapp: QApplication) -> None:
    before = sys.excepthook
    made = open_window()
    made.faults.install()
    assert sys.excepthook == made.faults.caught
    made.close()
    delete(made)
    assert sys.excepthook is before


def test_an_interruption_is_no_fault(window: MainWindow, capsys: pytest.CaptureFixture[str]) -> None:
    window.faults.caught(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert window.notice.text == ""


# --------------------------------------------------------------------------------------------------------- settings


def test_the_window_is_as_it_was_left(qtbot: QtBot, tmp_path: Path) -> None:
    """Its height, where the screen that is drawn into memory is too narrow for its width."""
    path = tmp_path / "settings.json"
    first = open_window(settings=SettingsStore(path))
    qtbot.addWidget(first)
    first.resize(1280, 700)
    dark = first.findChild(QAction, "view.dark")
    assert dark is not None
    dark.trigger()
    was_dark = first.appearance.is_dark
    first.appearance.zoom(1)
    first.trainer.set_pace(PACES[0])
    first.session.navigator.set_by_number(True)
    first.close()
    second = open_window(settings=SettingsStore(path))
    qtbot.addWidget(second)
    assert second.height() == 700
    assert second.appearance.is_dark == was_dark
    assert second.appearance.scale == first.appearance.scale
    assert (second.trainer.pace, second.session.navigator.by_number) == (PACES[0], True)
    shown = {field.objectName(): field.choice for field in second.toolbar.findChildren(ChoiceField)}
    assert (shown["run.pace"], shown["step.size"]) == ("1 step/s", "by number")
    second.appearance.set_scheme(Qt.ColorScheme.Unknown)
    second.close()


def test_settings_that_cannot_be_kept_are_told_once(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(settings=SettingsStore(tmp_path / "folder" / "settings.json"))
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    window.session.file.path = tmp_path / "mine.chainrule"
    (tmp_path / "folder").write_text("no folder")
    window.files.save()
    qtbot.waitUntil(lambda: not window.files.saving.is_active)
    assert "Settings cannot be kept" in window.notice.text
    window.notice.hide()
    window.files.save()
    qtbot.waitUntil(lambda: not window.files.saving.is_active)
    assert window.notice.text == ""
    assert window.session.path.exists()
    window.close()


def test_damaged_settings_are_told_in_the_window(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{")
    made = open_window(settings=SettingsStore(path))
    qtbot.addWidget(made)
    assert made.notice.text == f"The settings file was damaged, so the usual settings hold. It is kept as {DAMAGED}."
    made.close()


@pytest.mark.parametrize("geometry", ["", "!!", "AAAA", "QUJDREVGRw=="])
def test_a_geometry_that_qt_does_not_take_is_left(qtbot: QtBot, geometry: str) -> None:
    store = SettingsStore()
    store.settings = Settings(geometry=geometry, splitters=(geometry,) * 3, text_scale=77.0, scheme="mauve")
    made = open_window(settings=store)
    qtbot.addWidget(made)
    assert (made.width(), made.height(), made.appearance.scale) == (1280, 800, 1.0)
    made.close()


@pytest.mark.parametrize("pace", ["", "9 iter/h", "20 ITER/S"])
def test_a_pace_that_there_is_not_is_the_usual_one(qtbot: QtBot, pace: str) -> None:
    store = SettingsStore()
    store.settings = Settings(pace=pace)
    made = open_window(settings=store)
    qtbot.addWidget(made)
    assert made.trainer.pace is DEFAULT_PACE
    made.close()


def test_files_used_last_are_in_the_menu(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    assert not window.menus.recent.isEnabled()
    path, gone = tmp_path / "a & b.chainrule", tmp_path / "gone.chainrule"
    for file in (gone, path):
        window.session.file.path = file
        window.files.save()
        qtbot.waitUntil(lambda: not window.files.saving.is_active)
    gone.unlink()
    names = [action.toolTip() for action in window.menus.recent.actions()[:2]]
    assert names == [str(path), str(gone)]
    window.session.file.open(article(), None)
    window.menus.recent.actions()[0].trigger()
    assert window.session.path == path
    window.menus.recent.actions()[1].trigger()
    assert window.notice.text.startswith("gone.chainrule was not opened.")
    assert [Path(name).name for name in window.settings.settings.recent] == [path.name]
    clear = window.findChild(QAction, "file.recent.clear")
    assert clear is not None
    clear.trigger()
    assert not window.menus.recent.isEnabled()


# ------------------------------------------------------------------------------------------------------------ clock


def test_a_clock_that_jumps_neither_stops_nor_floods_a_run(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a night's sleep of the machine, or a step of the clock back."""
    from chainrule.session.background import slicer

    window.trainer.set_pace(PACES[3])
    real, jump = slicer.perf_counter, [0.0]
    monkeypatch.setattr(slicer, "perf_counter", lambda: real() + jump[0])
    window.trainer.start()
    for seconds in (30_000.0, -30_000.0, 0.0):
        jump[0] = seconds
        before = window.session.cursor.iteration
        qtbot.waitUntil(lambda before=before: window.session.cursor.iteration > before)
        # One item for each tick of its timer, whatever the clock says.
        assert window.session.cursor.iteration <= before + 3
    window.trainer.pause()
    assert not any(timer.isActive() for timer in window.trainer.findChildren(QTimer))
