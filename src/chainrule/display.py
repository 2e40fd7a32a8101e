"""Whether a window can be shown here. Qt ends the whole process where it finds no display: look first."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Mapping

_WAYLAND_TIMEOUT_S = 2.0


def no_display_reason(environ: Mapping[str, str] = os.environ) -> str | None:
    """Why no window can be shown, in words, or None where one can.

    `QT_QPA_PLATFORM` decides where it is set: of its platforms only X11's and Wayland's need a display.
    """
    if sys.platform in ("win32", "darwin"):
        return None
    wanted = _platforms(environ)
    if any(name != "xcb" and not name.startswith("wayland") for name in wanted):
        return None
    reasons: list[str | None] = []
    if (display := environ.get("DISPLAY")) and (not wanted or "xcb" in wanted):
        reasons.append(_x11_reason(display))
    if (display := environ.get("WAYLAND_DISPLAY")) and wanted != ["xcb"]:
        reasons.append(_wayland_reason(display, environ.get("XDG_RUNTIME_DIR", "")))
    if not reasons:
        return "neither DISPLAY nor WAYLAND_DISPLAY is set"
    return None if None in reasons else reasons[0]


def uses_x11(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether Qt will draw its windows by X11, and needs what that needs."""
    wanted = _platforms(environ)
    return "xcb" in wanted if wanted else bool(environ.get("DISPLAY"))


def _platforms(environ: Mapping[str, str]) -> list[str]:
    """The platforms that Qt was told to try, without their options."""
    return [name.split(":")[0] for name in environ.get("QT_QPA_PLATFORM", "").split(";") if name]


def _x11_reason(display: str) -> str | None:
    """Why the X server cannot be used, or None where it lets us connect."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return "libxcb.so.1 is missing, which windows under X11 need"
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    # A connection that failed is an object too, and is freed in the same way.
    connection = xcb.xcb_connect(os.fsencode(display), None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return f"the X server at DISPLAY={display} does not answer or does not let us in" if failed else None


def _wayland_reason(display: str, folder: str) -> str | None:
    """Why the compositor cannot be used, or None where something listens at its socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as compositor:
        compositor.settimeout(_WAYLAND_TIMEOUT_S)
        try:
            compositor.connect(os.path.join(folder, display))
        except OSError:
            return f"the compositor at WAYLAND_DISPLAY={display} does not answer"
    return None
