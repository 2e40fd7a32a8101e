"""The names of axes: all of one is seen, or less of it where its axis is short; nothing is cut through."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from chainrule.ui.plots.chart.frame import ChartAxis, Frame
from chainrule.ui.style.appearance import LIGHT, Appearance
from chainrule.ui.style.painting import drawing

WHOLE, SHORT = "w₁₂⁽¹⁾ (now −0.8062)", "w₁₂⁽¹⁾"


def painted(down: str, across: str, size: tuple[int, int]) -> QImage:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor(LIGHT.surface))
    appearance = Appearance(kept=(LIGHT, 1.0))
    frame = Frame(appearance, QRectF(0, 0, *size), ChartAxis(across, 0.0, 1.0, ()), ChartAxis(down, 0.0, 1.0, ()))
    with drawing(image) as painter:
        frame.paint(painter)
    return image


@pytest.mark.parametrize(
    ("height", "seen"), [(260, WHOLE), (90, SHORT)], ids=["there is room", "there is none for the brackets"]
)
def test_the_name_beside_an_axis_is_whole_or_without_its_brackets(qtbot: QtBot, height: int, seen: str) -> None:
    assert painted(WHOLE, "x", (200, height)) == painted(seen, "x", (200, height))
    assert painted(WHOLE, "x", (200, height)) != painted("", "x", (200, height))


@pytest.mark.parametrize(("width", "seen"), [(260, WHOLE), (100, SHORT)])
def test_so_is_the_name_below(qtbot: QtBot, width: int, seen: str) -> None:
    assert painted("y", WHOLE, (width, 120)) == painted("y", seen, (width, 120))


def test_what_has_no_room_without_them_either_ends_in_dots(qtbot: QtBot) -> None:
    long = painted("the loss on every row of the data", "x", (200, 90))
    ground = QColor(LIGHT.surface)
    for y in (0, 89):
        assert all(long.pixelColor(x, y) == ground for x in range(12))
    assert any(long.pixelColor(x, y) != ground for x in range(12) for y in range(30, 60))
