"""Friendly numbers: what is drawn in the place of an experiment's parameters, inputs and targets, and how short numbers
are that come out of it.

Draws are a pure function of a seed and a name, by SHA-256, so that they are the same everywhere and for ever.
"""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
# Numbers of more digits are as good as without an end: nobody writes them out.
ENDLESS = 12
# What a person draws up by hand.
TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_WHOLES = (1.0, 2.0, 3.0, 4.0, 5.0)
_FEW_WHOLES = (1.0, 2.0, 3.0)
# What is less is 0 but for rounding.
ZERO = 1e-9


class Draws:
    """Numbers that follow from a seed and a name, one after the other."""

    def __init__(self, seed: int, name: str) -> None:
        self._start = f"{seed}\n{plain_name(name)}\n".encode()
        self._count = 0

    def below(self, count: int) -> int:
        """Return a whole number from 0 on, below `count`."""
        self._count += 1
        digest = hashlib.sha256(self._start + str(self._count).encode()).digest()
        return int.from_bytes(digest[:16], "big") % count

    def choice(self, items: Sequence[T]) -> T:
        """Return one of some items."""
        return items[self.below(len(items))]


def plain_name(name: str) -> str:
    """Return a name as it is compared: letters' forms, blanks and capitals make no difference."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


Drawer = Callable[[Draws], float]


def drawer(number: float, others: Iterable[float], *, keeps_sign: bool = False) -> Drawer:
    """Return what draws a number in the place of one: whole where all `others` beside it are, and 0 for 0.

    Where there are negative ones among them it may have either sign, unless it `keeps_sign`.
    """
    if not number:
        return lambda draws: 0.0
    known = list(others)
    is_whole = all(each == round(each) for each in known) and any(abs(each) > 1 for each in known)
    magnitudes: tuple[float, ...] = TENTHS
    largest = max(map(abs, known))
    if is_whole:
        magnitudes = _WHOLES if largest > _FEW_WHOLES[-1] else _FEW_WHOLES
    elif largest > 2 * TENTHS[-1]:
        magnitudes = tuple(each / 2 for each in range(1, 11))
    signs = (math.copysign(1.0, number),) if keeps_sign or min(known) >= 0 else (1.0, -1.0)
    return lambda draws: draws.choice(signs) * draws.choice(magnitudes)


def digits_written(number: float) -> int:
    """Return how many significant digits a number has, written out: 1 of 0.5, 3 of 0.125, `ENDLESS` of 1/3.

    What float64 has rounded off is not counted.
    """
    if not number or not math.isfinite(number):
        return 1
    # 0.1 + 0.2 is 0.3, though float64 has more to say.
    digits = f"{number:.{ENDLESS}e}".lstrip("-")[: ENDLESS + 2].rstrip("0")
    return min(len(digits) - 1 or 1, ENDLESS)


def is_zero(number: float) -> bool:
    """Return whether a number is 0 but for what float64 has rounded off."""
    return abs(number) < ZERO
