"""Matrices as images: the colour of each number, whatever it is and however large the matrix."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from chainrule.ui.stage.painting.heat import BLOCK, heat_image
from chainrule.ui.style.appearance import DARK, LIGHT, Theme

INF, NAN = float("inf"), float("nan")


def pixels(image: QImage) -> np.ndarray:
    """Red, green and blue, (rows, columns, 3)."""
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return found[..., 2::-1].astype(float)


def rgb(color: str) -> np.ndarray:
    return np.array(QColor(color).getRgb()[:3], float)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_signs_zero_and_what_is_not_finite_have_their_colours(theme: Theme) -> None:
    image = pixels(heat_image(np.array([[1.0, -1.0, 0.0], [INF, -INF, NAN]]), theme))
    wanted = [[theme.positive, theme.negative, theme.surface], [theme.error] * 3]
    assert image.tolist() == [[rgb(color).tolist() for color in row] for row in wanted]


def test_every_number_of_a_large_matrix_is_mixed_with_the_surface_by_its_root() -> None:
    numbers = np.random.default_rng(0).normal(size=(700, 800))
    assert numbers.size > 2 * BLOCK
    strength = np.sqrt(abs(numbers) / abs(numbers).max())[..., None]
    ends = np.where(numbers[..., None] < 0, rgb(LIGHT.negative), rgb(LIGHT.positive))
    wanted = rgb(LIGHT.surface) * (1 - strength) + ends * strength
    assert abs(pixels(heat_image(numbers, LIGHT)) - wanted).max() <= 0.6


@pytest.mark.parametrize("numbers", [[1e308, -1e308, 5e-324], [5e-324, 0.0], [0.0, 0.0], [NAN, NAN]])
def test_numbers_at_their_extremes_raise_nothing(numbers: list[float]) -> None:
    image = pixels(heat_image(np.array([numbers]), LIGHT))
    peak = rgb(LIGHT.error if numbers[0] != numbers[0] else LIGHT.positive if numbers[0] else LIGHT.surface)
    assert image[0, 0].tolist() == peak.tolist()
