"""Whether there is a display is found out before Qt would end the process over it."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule import display
from chainrule.display import no_display_reason, uses_x11

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
        (
            {"WAYLAND_DISPLAY": "wayland-987", "XDG_RUNTIME_DIR": "/nowhere"},
            "the compositor at WAYLAND_DISPLAY=wayland-987 does not answer",
        ),
    ],
)
def test_why_no_window_can_open(environ: dict[str, str], reason: str | None) -> None:
    assert no_display_reason(environ) == reason


def test_a_compositor_that_listens_is_a_display(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "wayland-0"))
        compositor.listen()
        environ = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": ":987"}
        assert no_display_reason(environ) is None
        assert no_display_reason({**environ, "QT_QPA_PLATFORM": "wayland-egl"}) is None
        assert no_display_reason({**environ, "QT_QPA_PLATFORM": "xcb"}) == NO_SERVER


def test_an_x_server_that_answers_is_a_display() -> None:
    if not shutil.which("xvfb-run") or not shutil.which("xauth"):
        pytest.skip("xvfb-run is not installed")
    code = "from chainrule.display import no_display_reason; print(no_display_reason())"
    environ = {name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"}
    command = ["xvfb-run", "-a", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    assert done.stdout == "None\n"


def test_a_missing_xcb_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", fail)
    assert no_display_reason({"DISPLAY": ":0"}) == "libxcb.so.1 is missing, which windows under X11 need"


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_there_is_always_a_display(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display.sys, "platform", platform)
    assert no_display_reason({}) is None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DISPLAY": ":0"}, True),
        ({}, False),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, False),
        ({"QT_QPA_PLATFORM": "xcb"}, True),
    ],
)
def test_what_x11_needs_is_needed_only_for_x11(environ: dict[str, str], expected: bool) -> None:
    assert uses_x11(environ) == expected
