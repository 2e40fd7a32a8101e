"""Menus that keep whoever opened them waiting: a user answers them, and so does a walk."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt, QThread, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

# With more keys than this it is closed.
MOST_KEYS = 12


@contextmanager
def answered_popups(chance: random.Random) -> Iterator[None]:
    """Answer each popup that waits in an event loop of its own: by keys of a menu, at the end by closing it.

    Those that wait for nobody are left to the acts.
    """
    pressed = 0

    def press() -> None:
        nonlocal pressed
        popup = QApplication.activePopupWidget()
        if popup is None or QThread.currentThread().loopLevel() == 0:
            pressed = 0
            return
        pressed += 1
        keys = Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Escape
        if pressed > MOST_KEYS:
            popup.close()
        else:
            QTest.keyClick(popup, chance.choice(keys))

    # It goes round where the menu waits, too.
    timer = QTimer()
    timer.timeout.connect(press)
    timer.start(0)
    try:
        yield
    finally:
        timer.stop()
