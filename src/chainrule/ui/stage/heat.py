"""Matrices as images: blue positive, orange negative, the surface's colour at zero."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ref

from PySide6.QtGui import QColor, QImage

from chainrule.ui.appearance import Theme

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class HeatImages:
    """Images of values, each made once: a tensor of a trace never changes. They hold no tensor, and few bytes."""

    def __init__(self, most: int = 64, most_bytes: int = 32 * 2**20) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._images: dict[tuple[int, int, str], tuple[ref[Tensor], QImage]] = {}

    def image(self, tensor: Tensor, sample: int | None, theme: Theme) -> QImage:
        """A matrix (rows, columns) as it is, or one sample's row of (batch, units) as a column."""
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
    """One pixel an element, scaled to the largest finite magnitude; what is not finite has the error colour."""
    import numpy as np  # noqa: PLC0415 - with the first matrix, after the first paint

    names = (theme.surface, theme.positive, theme.negative, theme.error)
    surface, positive, negative, error = (np.array(_rgb(name)) for name in names)
    finite = np.isfinite(numbers)
    magnitude = np.abs(np.where(finite, numbers, 0.0))
    peak = magnitude.max(initial=0.0)
    # The square root lifts small values off the background.
    strength = np.sqrt(magnitude / peak)[..., None] if peak > 0 else np.zeros((*numbers.shape, 1))
    ends = np.where((numbers < 0)[..., None], negative, positive)
    colors = surface * (1 - strength) + ends * strength
    colors[~finite] = error
    pixels = np.full((*numbers.shape, 4), 255, np.uint8)
    # RGB32 is stored blue first on the little-endian machines that Qt runs on.
    pixels[..., :3] = colors[..., ::-1].round()
    rows, columns = numbers.shape
    return QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()


def _rgb(color: str) -> tuple[float, float, float]:
    parsed = QColor(color)
    return float(parsed.red()), float(parsed.green()), float(parsed.blue())
