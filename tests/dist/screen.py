"""A display in memory, looked at and typed into from outside: what is on it, and real key events.

Keys come from xdotool, through the XTEST extension: the program cannot tell them from a keyboard's.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.x_server import HEIGHT, WIDTH, Pixels, XServer, x_server

# What polls takes little from the program, and what waits outlasts a busy machine.
POLL_S = 0.02
PATIENCE_S = 60.0
# A window that is only begun has a colour or two; the drawn one has hundreds.
DRAWN_COLORS = 100


def wait_for(what: str, happened: Callable[[], bool], poll_s: float = POLL_S) -> None:
    """Look again and again until it has happened: from outside there is no signal to wait on."""
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen in {PATIENCE_S:g} s"
        time.sleep(poll_s)


@dataclass(frozen=True, slots=True)
class Screen:
    """What is on the display of a server."""

    server: XServer

    @property
    def name(self) -> str:
        """The display's name, such as `:7`."""
        return self.server.name

    def pixels(self) -> Pixels:
        """What is on the screen now, (height, width), blue in the lowest byte."""
        return self.server.rows() & 0xFFFFFF

    def is_drawn(self) -> bool:
        """Whether a window with text and colours is on it, rather than an empty one or none."""
        return len(np.unique(self.server.rows()[::4, ::4])) >= DRAWN_COLORS

    def shows(self, color: str, least: int = 400) -> bool:
        """Whether so many pixels of a colour, such as `#186c7d`, are in the lowest part of the window: the timeline."""
        return np.count_nonzero(self.timeline() == int(color.removeprefix("#"), 16)) >= least

    def timeline(self) -> Pixels:
        """The lowest part of the window, blue in the lowest byte; what no window covers is black."""
        pixels = self.pixels()
        end = int(np.flatnonzero(pixels.any(axis=1)).max(initial=99)) + 1
        return pixels[end - 100 : end]

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

    def fill(self, window: str) -> None:
        """Give a window the whole screen: it asks for that where it is as large, and there is no window manager."""
        self._xdotool("windowsize", "--sync", window, str(WIDTH), str(HEIGHT))

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
    """A display of its own, whose socket is in /tmp/.X11-unix and which any user may connect to."""
    with x_server(folder, "-ac", "-noreset") as server:
        yield Screen(server)
