"""A display in memory, whose pixels are read while a program draws: what a user would see, and when."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WIDTH, HEIGHT = 1280, 800
# A header in front of the pixels (XWD): its own length is its first number, that of the colour table its 20th.
HEADER = struct.Struct(">25I")
COLOR_BYTES = 12


class Screen:
    """The pixels of an Xvfb display, one 32-bit number each, as 0xRRGGBB."""

    def __init__(self, name: str, pixels: memoryview) -> None:
        self.name, self._pixels = name, pixels

    def colors(self, left: int, top: int, right: int, bottom: int, every: int = 8) -> set[int]:
        """The colours of a part of the screen, looked at in every so many of its rows."""
        found: set[int] = set()
        for row in range(top, bottom, every):
            found.update(self._pixels[row * WIDTH + left : row * WIDTH + right])
        return {color & 0xFFFFFF for color in found}


def is_available() -> bool:
    """Whether there is an X server in memory, and something to press keys."""
    return all(map(shutil.which, ("Xvfb", "xdotool")))


@contextmanager
def screen() -> Iterator[Screen]:
    """A display of its own for as long as it is looked at; it has no window manager."""
    with tempfile.TemporaryDirectory() as folder:
        read, write = os.pipe()
        size = f"{WIDTH}x{HEIGHT}x24"
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp", "-fbdir", folder]
        with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
            os.close(write)
            with os.fdopen(read) as numbers:
                name = f":{numbers.readline().strip()}"
            with (
                Path(folder, "Xvfb_screen0").open("rb") as file,
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory,
            ):
                header = HEADER.unpack(memory[: HEADER.size])
                with memoryview(memory) as whole, whole[header[0] + COLOR_BYTES * header[19] :].cast("I") as pixels:
                    yield Screen(name, pixels)
            server.terminate()
