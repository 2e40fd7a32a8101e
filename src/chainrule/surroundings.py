"""What libraries take for granted and end or fail without: a home folder, a D-Bus that is set up, address space."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

# Address space that PyTorch and NumPy ask for with one thread, and for each more. With less they end the process while
# they are loaded, in words that tell nobody why. Most of it is never touched. Measured with torch 2.13 and NumPy 2.
_ENGINE_MB, _WINDOW_MB, _THREAD_MB = 680, 960, 40
# By so much Qt may be told to scale. Beyond, no widget has pixels, or more than a picture can have.
_LEAST_SCALE, _MOST_SCALE = 0.25, 16.0


def lack_of_memory(*, window: bool) -> str | None:
    """Say why the libraries cannot be loaded within what this process may take, or None where nothing forbids it."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - Windows has none

    soft = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)]
    allowed = min((limit for limit in soft if limit != resource.RLIM_INFINITY), default=None)
    needed = (_WINDOW_MB if window else _ENGINE_MB) + _THREAD_MB * (_threads() - 1)
    if allowed is None or allowed >= needed << 20:
        return None
    return (
        f"this process may take {allowed >> 20} MB of address space, and {'the window' if window else 'PyTorch'} needs "
        f"{needed} MB; raise the limit with ulimit -v or ulimit -d"
    )


def lack_of_folder() -> str | None:
    """Say why nothing can be loaded where this was started, or None: MKL, in PyTorch,
    ends a process without a folder.
    """
    try:
        os.getcwd()
    except OSError as error:
        return f"the folder in which this was started cannot be found ({error.strerror}); go to another one"
    return None


def _threads() -> int:
    """Return how many threads NumPy's linear algebra reserves memory for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return min(cores, int(wanted)) if wanted.isdecimal() and int(wanted) else cores


def settle(environ: MutableMapping[str, str] = os.environ) -> None:
    """Make up for what is missing, before the libraries of the window are imported."""
    if sys.platform == "win32":
        return
    # libdbus ends the whole process where the machine has no number of its own; Qt does without D-Bus.
    environ.setdefault("DBUS_FATAL_WARNINGS", "0")
    if not _is_scale(environ.get("QT_SCALE_FACTOR", "1")):
        del environ["QT_SCALE_FACTOR"]
    if not environ.get("DISPLAY") and not environ.get("WAYLAND_DISPLAY"):
        # GTK, which a theme may load, ends the process where it finds no display.
        environ.pop("QT_QPA_PLATFORMTHEME", None)
    try:
        Path.home()
    except RuntimeError:
        # In a container, or under a user number that no list of users has. It is what Qt takes for home, too.
        environ["HOME"] = os.sep


def _is_scale(text: str) -> bool:
    try:
        return _LEAST_SCALE <= float(text) <= _MOST_SCALE
    except ValueError:
        return False
