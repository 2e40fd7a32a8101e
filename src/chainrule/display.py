"""Whether a window can be shown here. Qt ends the whole process where it finds no display: look first."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Literal

_WAYLAND_TIMEOUT_S = 2.0
# X11 and Wayland, by the purpose of the system libraries that each needs.
WindowSystem = Literal["window", "wayland"]
# Qt's other platforms on Linux, and what it has for tests.
_WITHOUT_DISPLAY = frozenset(("offscreen", "minimal", "minimalegl", "eglfs", "linuxfb", "vnc"))
# This one shows what Vulkan draws, and leaves the screen to a window of ours as it was.
_WITHOUT_WIDGETS = frozenset(("vkkhrdisplay",))


@dataclass(frozen=True, slots=True)
class Display:
    """Where a window can be shown: by the window systems that answer, or else `reason` says in words why by none.

    Without a system and without a reason Qt needs none: it draws into memory, or straight to the screen. The
    connections by which the systems answered stay open until `close`: an X server whose last client leaves starts anew,
    and Qt would meet it in the middle of that.
    """

    systems: tuple[WindowSystem, ...] = ()
    reason: str | None = None
    connections: ExitStack = field(default_factory=ExitStack, repr=False, compare=False)

    def close(self) -> None:
        """Leave the systems: Qt is connected by now, or nothing is to be shown."""
        self.connections.close()


def find_display(environ: Mapping[str, str] = os.environ) -> Display:
    """Look for one, which stays as it is until it is closed.

    `QT_QPA_PLATFORM` decides where it is set: of its platforms only X11's and Wayland's need a display.
    """
    if sys.platform in ("win32", "darwin"):
        return Display()
    wanted = _platforms(environ)
    if any(name in _WITHOUT_DISPLAY for name in wanted):
        return Display()
    if wanted and not any(map(_needs_display, wanted)):
        return Display(reason=_why_not(wanted[0]))
    connections = ExitStack()
    reasons = _reasons(environ, connections)
    if not reasons:
        return Display(reason="neither DISPLAY nor WAYLAND_DISPLAY is set")
    answering = tuple(system for system, reason in reasons.items() if reason is None)
    return Display(answering, None if answering else next(iter(reasons.values())), connections)


def _why_not(platform: str) -> str:
    """Say why a platform of Qt's, or what was taken for one, shows no window."""
    if platform in _WITHOUT_WIDGETS:
        return f"Qt's platform {platform}, which QT_QPA_PLATFORM asks for, shows nothing but Vulkan"
    return f"Qt knows no platform {platform}, which QT_QPA_PLATFORM asks for"


def _reasons(environ: Mapping[str, str], connections: ExitStack) -> dict[WindowSystem, str | None]:
    """Say why each window system that is set cannot be used, None where it can; what answered stays connected."""
    wanted = _platforms(environ)
    reasons: dict[WindowSystem, str | None] = {}
    if (display := environ.get("DISPLAY")) and (not wanted or "xcb" in wanted):
        reasons["window"] = _x11_reason(display, connections)
    if (display := environ.get("WAYLAND_DISPLAY")) and (not wanted or any(map(_is_wayland, wanted))):
        reasons["wayland"] = _wayland_reason(display, environ.get("XDG_RUNTIME_DIR", ""), connections)
    return reasons


def _is_wayland(platform: str) -> bool:
    return platform.startswith("wayland")


def _needs_display(platform: str) -> bool:
    return platform == "xcb" or _is_wayland(platform)


def _platforms(environ: Mapping[str, str]) -> list[str]:
    """Return the platforms that Qt was told to try, without their options."""
    return [name.split(":")[0] for name in environ.get("QT_QPA_PLATFORM", "").split(";") if name]


def _x11_reason(display: str, connections: ExitStack) -> str | None:
    """Say why the X server cannot be used, or None where it lets us connect."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return "libxcb.so.1 is missing, which windows under X11 need"
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(os.fsencode(display), None)
    if not xcb.xcb_connection_has_error(connection):
        connections.callback(xcb.xcb_disconnect, connection)
        return None
    # A connection that failed is an object too, and is freed in the same way.
    xcb.xcb_disconnect(connection)
    return f"the X server at DISPLAY={display} does not answer or does not let us in"


def _wayland_reason(display: str, folder: str, connections: ExitStack) -> str | None:
    """Say why the compositor cannot be used, or None where something listens at its socket."""
    with ExitStack() as attempt:
        compositor = attempt.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        compositor.settimeout(_WAYLAND_TIMEOUT_S)
        try:
            compositor.connect(os.path.join(folder, display))
        except OSError:
            return f"the compositor at WAYLAND_DISPLAY={display} does not answer"
        connections.push(attempt.pop_all())
    return None
