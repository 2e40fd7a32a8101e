"""Settings that hold for all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Qt draws into memory; `tests/ui/window/test_x11.py` starts a display of its own.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A shared machine stalls at times: neither an example nor drawing one is slow enough to be an error.
settings.register_profile(
    "local",
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
# The same examples each time, so that a change is never refused for an old fault that was found by chance.
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def one_application() -> Iterator[None]:
    """Fail a test that makes an application without windows: `qapp` of pytest-qt would come too late for others."""
    before = _application()
    yield
    made = _application()
    assert made is before or type(made).__name__ == "QApplication", f"this test lacks qapp: it made {made}"


def _application() -> object:
    # No test that shows nothing imports Qt for this.
    core = sys.modules.get("PySide6.QtCore")
    return None if core is None else core.QCoreApplication.instance()


@pytest.fixture(autouse=True)
def let_go() -> Iterator[None]:
    """Let go of what a test has left pressed.

    A double click of QTest's never does, and the next would be dragging; after a key with Ctrl, Ctrl counts as held,
    and a row that is chosen would be one more.
    """
    yield
    # No test that shows nothing imports Qt for this.
    gui, widgets = sys.modules.get("PySide6.QtGui"), sys.modules.get("PySide6.QtWidgets")
    if gui is None or widgets is None:
        return
    held = gui.QGuiApplication
    if held.mouseButtons() or held.keyboardModifiers():
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        nowhere = widgets.QWidget()
        for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
            QTest.mouseRelease(nowhere, button)
        QTest.keyRelease(nowhere, Qt.Key.Key_Control, Qt.KeyboardModifier.NoModifier)
    assert not held.mouseButtons()
    assert not held.keyboardModifiers()
