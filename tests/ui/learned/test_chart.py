"""The parts of what paints what was learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from chainrule.ui.learned.chart import LearnedChart, LearnedPicture, MarkedPoints, path_of_lines
from chainrule.ui.plots.chart.frame import Frame
from chainrule.ui.style.appearance import Appearance

# What lies on a transparent picture is rounded twice on its way to the screen.
ROUNDING = 2


def pixels(chart: LearnedChart) -> np.ndarray:
    image = chart.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).astype(int)


def test_axes_are_kept_in_a_run_and_look_as_they_did(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    look, drawn, paint = Appearance(), [], Frame.paint
    monkeypatch.setattr(Frame, "paint", lambda *given: drawn.append(1) or paint(*given))
    parent = QWidget()
    qtbot.addWidget(parent)
    chart = LearnedChart(look, lambda *_: "", parent)
    chart.resize(300, 240)
    none = MarkedPoints(np.empty(0, np.int64), np.empty((0, 2)), (), np.empty(0, np.int64), np.empty(0, bool))
    for far in (1.0, 2.0):
        for level in (0.2, 0.5, 0.8, 0.9):
            curve = np.linspace(0.0, far, 9), np.full(9, level)
            picture = LearnedPicture(("x", "y"), (0.0, far), (0.0, 1.0), none, curve=curve, is_smooth=False)
            chart.show_picture(picture)
            kept = pixels(chart)
            before = len(drawn)
            chart.show_picture(replace(picture, is_smooth=True))
            anew = pixels(chart)
            assert len(drawn) == before + 1
            drawn.pop()
            assert np.abs(kept - anew).max() <= ROUNDING
        # At once, and once more to be kept: what rests is not made of it.
        assert drawn == [1, 1]
        drawn.clear()


def test_lines_are_a_path_of_as_many_pieces() -> None:
    ends = np.array([[0.5, -1.25], [3.0, 4.0], [1e6, 2.0], [-7.0, 0.0]])
    path = path_of_lines(ends)
    found = [path.elementAt(place) for place in range(path.elementCount())]
    assert [(each.x, each.y) for each in found] == [tuple(each) for each in ends.tolist()]
    assert [each.isMoveTo() for each in found] == [True, False, True, False]
    assert path_of_lines(np.empty((0, 2))).isEmpty()
