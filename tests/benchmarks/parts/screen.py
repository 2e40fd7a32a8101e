"""A display in memory, whose pixels are read while a program draws: what a user would see, and when."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.x_server import Pixels, x_server


class Screen:
    """The pixels of a display, one 32-bit number each, as 0xRRGGBB."""

    def __init__(self, name: str, pixels: Pixels) -> None:
        self.name, self._pixels = name, pixels

    def colors(self, left: int, top: int, right: int, bottom: int, every: int = 8) -> set[int]:
        """The colours of a part of the screen, looked at in every so many of its rows."""
        return set(np.unique(self._pixels[top:bottom:every, left:right] & 0xFFFFFF).tolist())


@contextmanager
def screen() -> Iterator[Screen]:
    """A display of its own for as long as it is looked at."""
    with tempfile.TemporaryDirectory() as folder, x_server(Path(folder)) as server:
        yield Screen(server.name, server.rows())
