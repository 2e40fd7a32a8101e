"""Matrices as images: blue positive, orange negative, the surface's colour at zero."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage

from chainrule.ui.stage.layout.geometry import HeatMap
from chainrule.ui.style.appearance import Theme

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

# Shades of each sign: more than a screen can tell apart.
LEVELS = 4096
# Numbers that are coloured in one go.
BLOCK = 2**18


class HeatImages:
    """Images of values, each made once: a tensor of a trace never changes. They hold no tensor, and few bytes."""

    def __init__(self, most: int = 64, most_bytes: int = 32 * 2**20) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._images: dict[tuple[int, int, str], tuple[ref[Tensor], QImage]] = {}

    def image(self, tensor: Tensor, sample: int | None, theme: Theme) -> QImage:
        """Return a matrix (rows, columns) as it is, or one sample's row of (batch, units) as a column."""
        key = (id(tensor), -1 if sample is None else sample, theme.surface)
        found = self._images.get(key)
        # The id of a tensor that is gone may be another's now.
        if found is None or found[0]() is not tensor:
            shown = tensor if sample is None else tensor[sample]
            numbers = shown.detach().cpu().double().numpy()
            self._images.pop(key, None)
            self._images[key] = found = ref(tensor), heat_image(numbers.reshape(len(numbers), -1), theme)
            self._let_go()
        return found[1]

    def _let_go(self) -> None:
        """Keep those that were made last, as many as there is room for, and at least one."""
        while len(self._images) > 1 and (len(self._images) > self._most or self._nbytes > self._most_bytes):
            self._images.pop(next(iter(self._images)))

    @property
    def _nbytes(self) -> int:
        return sum(image.sizeInBytes() for _, image in self._images.values())


def heat_image(numbers: np.ndarray, theme: Theme) -> QImage:
    """Return one pixel an element, scaled to the largest finite magnitude; what is not finite has the error colour."""
    import numpy as np  # noqa: PLC0415 - with the first matrix, after the first paint

    rows, columns = numbers.shape
    finite = np.isfinite(numbers)
    peak = max(np.max(numbers, where=finite, initial=0.0), -np.min(numbers, where=finite, initial=0.0))
    table = _colors(theme)
    pixels = np.empty((rows, columns), np.uint32)
    # Some rows at a time: a large matrix would take as much again for each step on the way.
    most = max(1, BLOCK // max(1, columns))
    for first in range(0, rows, most):
        block = numbers[first : first + most]
        # The square root lifts small values off the background.
        strength = np.sqrt(np.abs(block) / peak) if peak > 0 else np.zeros(block.shape)
        place = np.copysign(strength, block) * LEVELS
        place[~finite[first : first + most]] = LEVELS + 1
        pixels[first : first + most] = table[place.round().astype(np.int32) + LEVELS]
    return QImage(pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def _colors(theme: Theme) -> np.ndarray:
    """Return colours as RGB32, (2 levels + 2,): from the most negative to the most positive, and the one of errors."""
    import numpy as np  # noqa: PLC0415 - as above

    names = (theme.surface, theme.positive, theme.negative, theme.error)
    surface, positive, negative, error = (np.array(_rgb(name)) for name in names)
    level = np.arange(-LEVELS, LEVELS + 1)[:, None] / LEVELS
    colors = surface * (1 - abs(level)) + np.where(level < 0, negative, positive) * abs(level)
    red, green, blue = np.vstack([colors, error]).round().astype(np.uint32).T
    found: np.ndarray = 0xFF000000 | red << 16 | green << 8 | blue
    return found


def _rgb(color: str) -> tuple[float, float, float]:
    parsed = QColor(color)
    return float(parsed.red()), float(parsed.green()), float(parsed.blue())


def pixel_rect(heat_map: HeatMap, row: int, column: int) -> QRectF:
    """Return the place of one element of a heat map."""
    width, height = heat_map.rect.width() / heat_map.columns, heat_map.rect.height() / heat_map.rows
    return QRectF(heat_map.rect.x() + column * width, heat_map.rect.y() + row * height, width, height)


def pixel_at(heat_map: HeatMap, position: QPointF) -> tuple[int, int] | None:
    """Return the element (row, column) of a heat map under a point."""
    if not heat_map.rect.contains(position):
        return None
    at = position - heat_map.rect.topLeft()
    row = min(heat_map.rows - 1, int(at.y() / heat_map.rect.height() * heat_map.rows))
    return row, min(heat_map.columns - 1, int(at.x() / heat_map.rect.width() * heat_map.columns))
