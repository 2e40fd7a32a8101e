"""A display in memory, looked at and typed into from outside: what is on it, and real key events.

Xvfb keeps the screen in a file (`-fbdir`, in the format of xwd), so that a picture costs no program and no request to
the server. Keys come from xdotool, through the XTEST extension: the program cannot tell them from a keyboard's.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 1280, 800
# What polls takes little from the program, and what waits outlasts a busy machine.
POLL_S = 0.02
PATIENCE_S = 60.0
# A window that is only begun has a colour or two; the drawn one has hundreds.
DRAWN_COLORS = 100
Pixels = NDArray[np.uint32]


def wait_for(what: str, happened: Callable[[], bool], poll_s: float = POLL_S) -> None:
    """Look again and again until it has happened: from outside there is no signal to wait on."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen in {PATIENCE_S:g} s"
        time.sleep(poll_s)


@dataclass(frozen=True, slots=True)
class Screen:
    """The display, by its name such as `:7`, and the file that its picture is in."""

    name: str
    picture: Path

    def pixels(self) -> Pixels:
        """What is on the screen now, (height, width), blue in the lowest byte."""
        return self._rows() & 0xFFFFFF

    def is_drawn(self) -> bool:
        """Whether a window with text and colours is on it, rather than an empty one or none."""
        return len(np.unique(self._rows()[::4, ::4])) >= DRAWN_COLORS

    def shows(self, color: str, least: int = 400) -> bool:
        """Whether so many pixels of a colour, such as `#1b7688`, are in the lowest part: the timeline."""
        timeline = self._rows()[-100:] & 0xFFFFFF
        return np.count_nonzero(timeline == int(color.removeprefix("#"), 16)) >= least

    def _rows(self) -> Pixels:
        """The picture where it lies: reading all of it, again and again, would take a core from the program."""
        with self.picture.open("rb") as file:
            header = struct.unpack(">25I", file.read(100))
        size, width, height, bytes_per_line, colors = header[0], header[4], header[5], header[12], header[19]
        order = "<" if header[7] == 0 else ">"
        rows = np.memmap(self.picture, f"{order}u4", "r", size + 12 * colors, (height, bytes_per_line // 4))
        return rows[:, :width]

    def settled(self) -> Pixels:
        """The picture, once it stays the same for a while."""
        last, since = self.pixels(), time.monotonic()

        def stays() -> bool:
            nonlocal last, since
            now = self.pixels()
            if not np.array_equal(now, last):
                last, since = now, time.monotonic()
            return time.monotonic() - since > 0.5

        wait_for("a picture that stays", stays)
        return last

    def save(self, path: Path) -> None:
        """Keep the picture for people, as a PPM file."""
        pixels = self.pixels()
        colors = np.stack([pixels >> 16, pixels >> 8, pixels], axis=-1).astype(np.uint8)
        path.write_bytes(b"P6 %d %d 255\n" % (pixels.shape[1], pixels.shape[0]) + colors.tobytes())

    def window(self, title: str) -> str:
        """The number of the visible window whose title matches, as soon as there is one."""
        found: list[str] = []

        def appeared() -> bool:
            found[:] = self._xdotool("search", "--onlyvisible", "--name", title, check=False).split()
            return bool(found)

        wait_for(f"a window {title!r}", appeared)
        return found[-1]

    def title(self, window: str) -> str:
        """What stands in a window's title bar."""
        return self._xdotool("getwindowname", window).strip()

    def focus(self, window: str) -> None:
        """Give a window the keyboard: there is no window manager that would."""
        self._xdotool("windowfocus", "--sync", window)

    def press(self, *keys: str) -> None:
        """Press keys, by the names that X has for them."""
        self._xdotool("key", "--clearmodifiers", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--clearmodifiers", text)

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        environment = {**os.environ, "DISPLAY": self.name}
        command = ["xdotool", *arguments]
        return subprocess.run(
            command, env=environment, check=check, timeout=PATIENCE_S, stdout=subprocess.PIPE, text=True
        ).stdout


@contextmanager
def open_screen(folder: Path) -> Iterator[Screen]:
    """A display of its own, whose socket is in /tmp/.X11-unix."""
    read, write = os.pipe()
    options = ["-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp", "-fbdir", str(folder), "-ac", "-noreset"]
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), *options], pass_fds=[write], stderr=subprocess.DEVNULL
    ) as server:
        os.close(write)
        try:
            with os.fdopen(read) as numbers:
                number = numbers.readline().strip()
            assert re.fullmatch(r"\d+", number), "Xvfb did not start"
            yield Screen(f":{number}", folder / "Xvfb_screen0")
        finally:
            server.terminate()
