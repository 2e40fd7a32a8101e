"""Grids of numbers as pictures: blue above a middle and orange below it, or a colour for each class."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from chainrule.ui.style.appearance import Theme

# Shades on each side of the middle: as many as can be told apart.
LEVELS = 255
# How much of its colour the strongest shade has, and the ground of a class: points and lines are seen on both.
STRONGEST, OF_CLASS = 0.5, 0.3

NumberGrid = NDArray[Any]


def two_colored(numbers: NumberGrid, middle: float, reach: float, theme: Theme) -> QImage:
    """Return a pixel for each number, (up, across), at its strongest where it is `reach` from the middle.

    Without a reach that is where the finite number is that is furthest from it. NaN has the colour of errors.
    """
    distance = numbers - middle
    if not reach:
        sizes = np.abs(distance)
        reach = float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))
    with np.errstate(invalid="ignore", over="ignore"):
        share = np.clip(distance / (reach or 1.0), -1.0, 1.0)
    missing = np.isnan(share)
    share[missing] = 0.0
    places = np.rint(share * LEVELS).astype(np.int32) + LEVELS
    places[missing] = 2 * LEVELS + 1
    return _image(_shades(theme)[places])


def class_colored(classes: NumberGrid, colors: Sequence[QColor], theme: Theme) -> QImage:
    """Return a pixel for each class, (up, across), in the pale colour of the class; NaN has the colour of errors."""
    table = np.array([_rgb(theme.tint(color, OF_CLASS)) for color in colors] + [_rgb(theme.error_ground)])
    return _image(table[np.where(np.isnan(classes), len(colors), classes).astype(np.int64)])


@lru_cache(maxsize=4)
def _shades(theme: Theme) -> NDArray[np.uint32]:
    """Return the colours from the lowest to the highest, (2 levels + 2,): the last is that of errors."""
    below = [theme.tint(theme.negative, STRONGEST * level / LEVELS) for level in range(LEVELS, 0, -1)]
    above = [theme.tint(theme.positive, STRONGEST * level / LEVELS) for level in range(LEVELS + 1)]
    return np.array([_rgb(color) for color in (*below, *above, theme.error_ground)], np.uint32)


def _rgb(color: QColor) -> int:
    return color.rgb()


def _image(pixels: NumberGrid) -> QImage:
    """Return an image of colours, (up, across); the first row is the lowest."""
    upright = np.ascontiguousarray(pixels[::-1], np.uint32)
    rows, columns = upright.shape
    return QImage(upright.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()
