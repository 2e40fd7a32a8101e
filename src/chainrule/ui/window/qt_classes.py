"""Qt's classes, made ready before another thread asks for them.

PySide makes a class when it is first asked for. pyqtgraph asks for all of them when it is imported, which happens in a
thread; where the window asks for one at the same moment, the process ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6 import QtCore, QtGui, QtWidgets

MODULES = QtCore, QtGui, QtWidgets


def ready_classes() -> Iterator[None]:
    """Make them ready, one at a time: for the thread of the window, which alone uses them until all are."""
    for module in MODULES:
        for name in dir(module):
            getattr(module, name)
            yield
