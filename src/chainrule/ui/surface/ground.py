"""Losses over a grid as a picture: the higher the stronger, with a scale of its numbers; none where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from chainrule.explain.writing.numbers import format_short
from chainrule.model.timeline.downsampled_series import Floats
from chainrule.ui.plots.chart.ground import Ground
from chainrule.ui.plots.chart.ticks import decade_ticks, linear_ticks, power_texts, tick_texts
from chainrule.ui.style.appearance import Theme

# Shades from the lowest to the highest, and how much of its colour these two have.
SHADES, FAINT, STRONG = 256, 0.03, 0.75
# Numbers at the scale.
MOST_TICKS = 5

Pixels = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Heights:
    """What is drawn of losses: themselves, or their powers of ten. `missing` is the part that has no such number."""

    values: Floats
    missing: float


def heights(losses: Floats, *, log: bool) -> Heights:
    """Return the heights of losses; what is no finite number is NaN, and on a logarithmic scale what is not above 0."""
    with np.errstate(all="ignore"):
        found = np.log10(losses) if log else losses
    found = np.where(np.isfinite(found), found, np.nan)
    return Heights(found, float(np.isnan(found).mean()) if found.size else 0.0)


def ground(shown: Heights, theme: Theme, name: str, *, log: bool) -> Ground | None:
    """Return heights as an image with its scale; None where there is no number at all."""
    values = shown.values
    if np.isnan(values).all():
        return None
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    # By halves: the difference of two huge numbers has none.
    span = high / 2 - low / 2
    share = (values / 2 - low / 2) / (span or 1.0)
    shades = np.array(
        [theme.tint(theme.loss, FAINT + (STRONG - FAINT) * place / (SHADES - 1)).rgba() for place in range(SHADES)],
        np.uint32,
    )
    places = np.rint(np.nan_to_num(share) * (SHADES - 1)).astype(np.int64)
    pixels = np.where(np.isnan(values), np.uint32(0), shades[places])
    return Ground(_image(pixels), _image(shades[:, None]), _ticks(low, high, log=log), name)


def _ticks(low: float, high: float, *, log: bool) -> tuple[tuple[float, str], ...]:
    if low == high:
        return ((0.5, format_short(10**low if log else low)),)
    if log:
        values = decade_ticks(low, high, MOST_TICKS)
        texts = power_texts(values)
    else:
        values, spacing = linear_ticks(low, high, MOST_TICKS)
        texts = tick_texts(values, spacing or 1.0)
    return tuple(((value - low) / (high - low), text) for value, text in zip(values, texts, strict=True))


def _image(pixels: Pixels) -> QImage:
    """Return an image of colours, (up, across); the first row is the lowest."""
    upright = np.ascontiguousarray(pixels[::-1], np.uint32)
    rows, columns = upright.shape
    return QImage(upright.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32).copy()
