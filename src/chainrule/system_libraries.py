"""What Qt needs from a Linux system, and how to get it: for the set-up and for `chainrule doctor`.

Standard library only, and nothing happens at import: `scripts/system-libraries` uses this file before
anything else is installed. The list is the smallest that works on a minimal Debian 12; what each package
needs in turn comes with it.
"""

from __future__ import annotations

import ctypes
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Purpose = Literal["import", "window", "wayland", "test", "dist"]


@dataclass(frozen=True, slots=True)
class SystemLibrary:
    """A shared library, or a program, that Python packages do not bring along.

    `name` is what is looked for: a soname such as `libEGL.so.1`, or a program on the path such as `xvfb-run`.
    `purpose` is what fails without it: importing Qt, a window under X11 or under Wayland, tests on a display in memory,
    or building the standalone program.
    """

    name: str
    package: str
    purpose: Purpose

    @property
    def is_program(self) -> bool:
        """Whether `name` is looked for on the path, not by the dynamic linker."""
        return ".so" not in self.name

    def is_present(self) -> bool:
        """Return whether it is there; a library whose own libraries are missing is not."""
        if self.is_program:
            return shutil.which(self.name) is not None
        try:
            ctypes.CDLL(self.name)
        except OSError:
            return False
        return True


LIBRARIES = (
    SystemLibrary("libglib-2.0.so.0", "libglib2.0-0", "import"),
    SystemLibrary("libEGL.so.1", "libegl1", "import"),
    SystemLibrary("libGL.so.1", "libgl1", "import"),
    SystemLibrary("libfontconfig.so.1", "libfontconfig1", "import"),
    SystemLibrary("libdbus-1.so.3", "libdbus-1-3", "import"),
    SystemLibrary("libxkbcommon.so.0", "libxkbcommon0", "import"),
    SystemLibrary("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "window"),
    SystemLibrary("libxcb-cursor.so.0", "libxcb-cursor0", "window"),
    # Without these two Qt names libxcb-cursor0 in its message, wrongly.
    SystemLibrary("libxcb-icccm.so.4", "libxcb-icccm4", "window"),
    SystemLibrary("libxcb-keysyms.so.1", "libxcb-keysyms1", "window"),
    SystemLibrary("libxcb-shape.so.0", "libxcb-shape0", "window"),
    SystemLibrary("libwayland-client.so.0", "libwayland-client0", "wayland"),
    SystemLibrary("libwayland-cursor.so.0", "libwayland-cursor0", "wayland"),
    SystemLibrary("xvfb-run", "xvfb", "test"),
    SystemLibrary("xauth", "xauth", "test"),
    SystemLibrary("xdotool", "xdotool", "test"),
    SystemLibrary("strip", "binutils", "dist"),
    SystemLibrary("xz", "xz-utils", "dist"),
    SystemLibrary("pigz", "pigz", "dist"),
)


def missing(purposes: Iterable[Purpose] = ("import", "window")) -> tuple[SystemLibrary, ...]:
    """Return the libraries for these purposes that this system lacks; on other systems than Linux, none."""
    if sys.platform != "linux":
        return ()
    wanted = frozenset(purposes)
    return tuple(library for library in LIBRARIES if library.purpose in wanted and not library.is_present())


def how_to_get(libraries: Iterable[SystemLibrary]) -> str:
    """Return what to do about these: the command, or on a system without apt-get what its packages must have."""
    if shutil.which("apt-get") is not None:
        return f"get them with: {apt_get_line(libraries)}"
    return f"install the packages that have: {' '.join(library.name for library in libraries)}"


def apt_get_line(libraries: Iterable[SystemLibrary]) -> str:
    """Return the command that installs these on Debian and Ubuntu, ready to paste."""
    packages = " ".join(library.package for library in libraries)
    return f"sudo apt-get install --no-install-recommends {packages}"
