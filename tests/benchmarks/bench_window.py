"""From a key press to the painted window: the median over a walk through some iterations, on offscreen Qt."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chainrule.ui.app import open_window
from chainrule.ui.main_window import MainWindow
from tests.benchmarks.table import Row
from tests.benchmarks.timing import Sample
from tests.experiments import dense

PRESSES = 100


def press_to_paint(window: MainWindow) -> Iterator[float]:
    """Milliseconds from each press of Right until the window has painted what changed."""
    for _ in range(PRESSES):
        start = time.perf_counter()
        QTest.keyClick(window, Qt.Key.Key_Right)
        # Painting is only posted by the press: the loop runs until all of it is done.
        QApplication.processEvents()
        yield 1000 * (time.perf_counter() - start)


def rows() -> Iterator[Row]:
    """The two limits of the design; the walk begins at the start, with no formula typeset yet."""
    for name, limit in (("2-2-1", 33.0), ("784-128-10", 100.0)):
        window = open_window()
        if name == "784-128-10":
            window.session.open(dense((784, 128, 10), rows=64), None)
        assert window.session.timeline is not None
        QApplication.processEvents()
        yield Row.of(f"key press to paint, {name}", Sample.of(press_to_paint(window)), limit, "ms")
        window.close()
        window.deleteLater()
