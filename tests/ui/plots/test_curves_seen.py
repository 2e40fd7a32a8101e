"""Curves as they are seen: pixels of their colour, whatever was on the screen before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chainrule.model.navigation import Stride
from chainrule.resource_files import example_paths
from chainrule.ui.app import open_window
from chainrule.ui.main_window import MainWindow
from chainrule.ui.plots.axes import IterationAxis, ValueAxis

# A line across the plot has hundreds.
FEW = 60


def colored(view: QWidget) -> int:
    """How many pixels of a plot have a colour, as curves do; axes and words are grey."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].astype(int)
    return int((pixels.max(axis=2) - pixels.min(axis=2) > 60).sum())


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    opened = open_window()
    qtbot.addWidget(opened)
    assert opened.session.timeline is not None
    for plot in (opened.loss_plot, opened.gradient_plot):
        plot.populate()
    return opened


def test_curves_are_seen_in_every_example_after_another(window: MainWindow) -> None:
    """Once a second experiment was opened, or the range moved, the first curve's place was painted, and none seen."""
    unseen: list[Path] = []
    for path in example_paths():
        window.files.open_path(path, example=True)
        for _ in range(3):
            window.session.move(Stride.ITERATION)
            QApplication.processEvents()
        if min(colored(window.loss_plot), colored(window.gradient_plot)) < FEW:
            unseen.append(path)
    assert unseen == []


@pytest.mark.parametrize(
    ("least", "most"),
    [(1.70e308, 1.75e308), (-1.75e308, -1.70e308), (-1e308, 1e308), (0.0, 5e-324), (1.0, 1.0 + 2e-16), (0.0, 1e308)],
)
def test_axes_have_ticks_or_none_at_the_extremes_of_numbers(window: MainWindow, least: float, most: float) -> None:
    for axis in (ValueAxis("left"), IterationAxis("bottom")):
        for scale in (1.0, 1e308):
            axis.setScale(scale)
            for _, values in axis.tickValues(least / scale, most / scale, 200.0):
                assert np.isfinite(values).all()


def test_axes_whose_scale_overflows_have_no_ticks(window: MainWindow) -> None:
    """As the walk met it: the numbers of a chart are drawn in parts of the largest one."""
    axis = ValueAxis("left")
    axis.setScale(1e308)
    assert axis.tickValues(-0.053, 1.871, 102.0) == []
