"""What libraries take for granted is made up for before they are imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from chainrule.surroundings import settle

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is made up for on Windows")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set here is taken back."""
    for name in ("HOME", "DBUS_FATAL_WARNINGS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_the_root_is_home_where_no_other_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(number: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr("pwd.getpwuid", fail)
    with pytest.raises(RuntimeError):
        Path.home()
    settle()
    assert Path.home() == Path(os.sep)


def test_a_home_that_is_known_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwd.getpwuid", lambda number: type("User", (), {"pw_dir": "/home/of/the/list"}))
    settle()
    assert "HOME" not in os.environ
    monkeypatch.setenv("HOME", "/home/pupil")
    settle()
    assert os.environ["HOME"] == "/home/pupil"


def test_d_bus_ends_nothing_unless_it_was_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    settle()
    assert os.environ["DBUS_FATAL_WARNINGS"] == "0"
    monkeypatch.setenv("DBUS_FATAL_WARNINGS", "1")
    settle()
    assert os.environ["DBUS_FATAL_WARNINGS"] == "1"


@pytest.mark.parametrize(("scale", "kept"), [("1.5", True), ("16", True), ("0", False), ("nan", False), ("100", False)])
def test_a_scale_that_leaves_nothing_to_paint_on_is_not_taken(scale: str, kept: bool) -> None:
    environ = {"HOME": "/", "QT_SCALE_FACTOR": scale}
    settle(environ)
    assert ("QT_SCALE_FACTOR" in environ) == kept


@pytest.mark.parametrize("display", ["DISPLAY", "WAYLAND_DISPLAY", ""])
def test_a_desktop_s_theme_needs_a_display(display: str) -> None:
    environ = {"HOME": "/", "QT_QPA_PLATFORMTHEME": "gtk3", "DISPLAY": ""} | ({display: ":0"} if display else {})
    settle(environ)
    assert ("QT_QPA_PLATFORMTHEME" in environ) == bool(display)
