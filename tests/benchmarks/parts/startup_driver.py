"""One start of the window, watched from inside: run as a script, prints what it saw as JSON.

    python startup_driver.py STARTED idle     how long the window stood still while torch, and its optimizers, loaded
    python startup_driver.py STARTED press    when the first step was on the screen, Right being pressed at once

STARTED is the clock of whoever gave the command. Nothing here is imported by the program.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chainrule.quiet_import import without_collections

# As the command does.
with without_collections():
    from chainrule.ui.app import make_application, open_window
    from chainrule.ui.window.main_window import MainWindow

BEAT_MS = 5


class Watch(QObject):
    """Sees the stage being painted, and a timer's beats fail."""

    def __init__(self, window: MainWindow, started: float, mode: str) -> None:
        super().__init__()
        self._window, self._started, self._mode = window, started, mode
        self._beats: list[float] = []
        self._begun = 0.0
        self.seen: dict[str, float] = {}
        self._stage = window.stage_panel.stage
        self._stage.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again after each painting of the stage: it is on the screen then."""
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, self, self._painted)
        return False

    def _painted(self) -> None:
        session = self._window.session
        if "paint" not in self.seen:
            self._see("paint")
            self._begun = time.monotonic()
            self._beat = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
            self._beat.timeout.connect(lambda: self._beats.append(time.monotonic()))
            self._beat.start()
            if self._mode == "press":
                QTimer.singleShot(0, self, lambda: QTest.keyClick(self._window, Qt.Key.Key_Right))
            session.signals.engine_ready.connect(lambda: QTimer.singleShot(0, self, self._engine_is_ready))
        elif self._mode == "press" and session.is_ready and session.cursor.position and "step" not in self.seen:
            self._see("step")
            self._gap("stall")
            self._end()

    def _engine_is_ready(self) -> None:
        if self._mode == "idle":
            self._see("ready")
            # All that follows by itself: the charts, the next formula, the first comparison.
            QTimer.singleShot(1000, self, self._is_idle)

    def _is_idle(self) -> None:
        self._gap("stall")
        self._begun = time.monotonic()
        self._window.referee.verdict_changed.connect(self._compared)
        self._window.referee.load_optimizers()

    def _compared(self) -> None:
        referee = self._window.referee
        if referee.compares_updates and referee.verdict is not None:
            self._see("referee")
            QTimer.singleShot(2 * BEAT_MS, self, self._referee_is_ready)

    def _referee_is_ready(self) -> None:
        self._gap("referee_stall")
        self._end()

    def _see(self, name: str) -> None:
        self.seen[name] = time.monotonic() - self._started

    def _gap(self, name: str) -> None:
        """The longest time without a beat since it was begun."""
        times = [self._begun, *(beat for beat in self._beats if beat > self._begun), time.monotonic()]
        self.seen[name] = max(after - before for before, after in pairwise(times))

    def _end(self) -> None:
        self._window.close()
        QApplication.quit()


def main(started: str, mode: str) -> None:
    """Open the window, watch it, say what was seen."""
    application = make_application(["chainrule"])
    watch = Watch(open_window(), float(started), mode)
    application.exec()
    print(json.dumps(watch.seen), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
