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


def _pressed() -> object:
    """Return the mouse buttons that Qt holds for pressed; no test that shows nothing imports it for that."""
    gui = sys.modules.get("PySide6.QtGui")
    return None if gui is None else gui.QGuiApplication.mouseButtons()


@pytest.fixture(autouse=True)
def no_button_stays_down() -> Iterator[None]:
    """See that a test lets go of the mouse: later ones would be in the middle of its drag."""
    before = _pressed()
    yield
    after = _pressed()
    assert after == before or not after, f"{after} is still pressed"
