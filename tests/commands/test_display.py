"""Whether there is a display is found out before Qt would end the process over it."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from chainrule import display
from chainrule.display import Display, find_display
from tests.x_server import x_server

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there a window can always open")

NO_SERVER = "the X server at DISPLAY=:987 does not answer or does not let us in"


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ""}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"QT_QPA_PLATFORM": "xcb"}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ":987"}, NO_SERVER),
        ({"DISPLAY": ":987", "QT_QPA_PLATFORM": "xcb"}, NO_SERVER),
        ({"DISPLAY": "nonsense"}, "the X server at DISPLAY=nonsense does not answer or does not let us in"),
        ({"QT_QPA_PLATFORM": "offscreen"}, None),
        ({"QT_QPA_PLATFORM": "offscreen:size=800x600", "DISPLAY": ":987"}, None),
        ({"QT_QPA_PLATFORM": "xcb;vnc"}, None),
        ({"QT_QPA_PLATFORM": "xbc", "DISPLAY": ":0"}, "Qt knows no platform xbc, which QT_QPA_PLATFORM asks for"),
        (
            {"QT_QPA_PLATFORM": "vkkhrdisplay", "DISPLAY": ":0"},
            "Qt's platform vkkhrdisplay, which QT_QPA_PLATFORM asks for, shows nothing but Vulkan",
        ),
        ({"QT_QPA_PLATFORM": "wayland", "DISPLAY": ":987"}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        (
            {"WAYLAND_DISPLAY": "wayland-987", "XDG_RUNTIME_DIR": "/nowhere"},
            "the compositor at WAYLAND_DISPLAY=wayland-987 does not answer",
        ),
    ],
)
def test_why_no_window_can_open(environ: dict[str, str], reason: str | None) -> None:
    assert find_display(environ).reason == reason


def found(environ: Mapping[str, str]) -> Display:
    """What is found, and let go again."""
    with closing(find_display(environ)) as display:
        return display


def test_a_compositor_that_listens_is_a_display(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "wayland-0"))
        compositor.listen()
        environ = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": ":987"}
        # An X server that is gone does not matter then, unless it is the one that is asked for.
        assert found(environ) == Display(("wayland",))
        assert found({**environ, "QT_QPA_PLATFORM": "wayland-egl"}) == Display(("wayland",))
        assert found({**environ, "QT_QPA_PLATFORM": "xcb"}) == Display(reason=NO_SERVER)


def test_an_x_server_that_answers_is_a_display() -> None:
    if not shutil.which("xvfb-run") or not shutil.which("xauth"):
        pytest.skip("xvfb-run is not installed")
    code = "from chainrule.display import find_display; print(find_display())"
    environ = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    command = ["xvfb-run", "-a", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    assert done.stdout == "Display(systems=('window',), reason=None)\n"


def test_the_x_server_keeps_us_until_the_display_is_closed(tmp_path: Path) -> None:
    """With `-terminate` a server ends when its last client leaves; as `xvfb-run` starts it, it begins anew."""
    if not shutil.which("Xvfb"):
        pytest.skip("Xvfb is not installed")
    with x_server(tmp_path, "-terminate") as server:
        display = find_display({"DISPLAY": server.name})
        for _ in range(20):
            assert found({"DISPLAY": server.name}) == Display(("window",))
        assert server.process.poll() is None
        display.close()
        assert server.process.wait(20) == 0


def test_a_missing_xcb_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", fail)
    assert find_display({"DISPLAY": ":0"}).reason == "libxcb.so.1 is missing, which windows under X11 need"


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_there_is_always_a_display(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display.sys, "platform", platform)
    assert find_display({}) == Display()
