"""An X server in memory, for what looks at a window from outside: tests of it, of the bundle, and benchmarks.

Xvfb keeps the screen in a file (`-fbdir`, in the format of xwd), so that a picture costs no program and no request to
the server.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 800
Pixels = NDArray[np.uint32]
# In front of the pixels: a header of which these are the fields that matter, and a colour table.
_HEADER = struct.Struct(">25I")
_SIZE, _WIDTH, _HEIGHT, _LAST_BYTE_FIRST, _BYTES_PER_LINE, _COLORS = 0, 4, 5, 7, 12, 19
_COLOR_BYTES = 12


@dataclass(frozen=True, slots=True)
class XServer:
    """A server that runs, its display's name such as `:7`, and the file that the picture is in."""

    process: subprocess.Popen[bytes]
    name: str
    picture: Path

    def rows(self) -> Pixels:
        """The picture where it lies, (height, width), blue in the lowest byte; the highest byte means nothing.

        It changes with the screen. Reading all of it, again and again, would take a core from the program.
        """
        with self.picture.open("rb") as file:
            header = _HEADER.unpack(file.read(_HEADER.size))
        order = ">" if header[_LAST_BYTE_FIRST] else "<"
        start = header[_SIZE] + _COLOR_BYTES * header[_COLORS]
        shape = (header[_HEIGHT], header[_BYTES_PER_LINE] // 4)
        return np.memmap(self.picture, f"{order}u4", "r", start, shape)[:, : header[_WIDTH]]


def is_available() -> bool:
    """Whether there is an X server in memory, and something to press keys."""
    return all(map(shutil.which, ("Xvfb", "xdotool")))


@contextmanager
def x_server(folder: Path, *options: str) -> Iterator[XServer]:
    """A server of its own, without a window manager; the picture lies in a folder that exists."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"]
    command += ["-fbdir", str(folder), *options]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as process:
        os.close(write)
        try:
            with os.fdopen(read) as numbers:
                number = numbers.readline().strip()
            assert number, "Xvfb did not start"
            yield XServer(process, f":{number}", folder / "Xvfb_screen0")
        finally:
            process.terminate()
