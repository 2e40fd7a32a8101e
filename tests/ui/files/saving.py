"""A window with a file, changed, saved, and asked about."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.ui.window.main_window import MainWindow


def edit(window: MainWindow, value: float) -> None:
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), value)


def weight(experiment: Experiment) -> float:
    numbers = experiment.parameters[refs.weight(0)]
    assert isinstance(numbers[0], tuple)
    return numbers[0][0]


def save(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["file.save"].trigger()
    qtbot.waitUntil(lambda: not window.files.saving.is_active)


def box_of(window: MainWindow, name: str) -> QMessageBox | None:
    boxes = [box for box in window.findChildren(QMessageBox, name) if box.isVisible()]
    return boxes[0] if boxes else None


def answer(qtbot: QtBot, window: MainWindow, name: str, text: str) -> None:
    box = box_of(window, name)
    assert box is not None
    button = next(button for button in box.buttons() if button.text().replace("&", "") == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.files.saving.is_active)
