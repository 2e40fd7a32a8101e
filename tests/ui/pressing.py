"""Keys pressed in the window, and places of the mouse."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from chainrule.ui.window.main_window import MainWindow


def press(qtbot: QtBot, window: MainWindow, *keys: Qt.Key, times: int = 1) -> None:
    for _ in range(times):
        for key in keys:
            qtbot.keyClick(window.focusWidget() or window, key)
