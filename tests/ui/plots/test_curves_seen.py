"""Curves as they are seen: pixels of their colour, whatever was on the screen before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.files.storage import write_experiment
from chainrule.model.navigation import Stride
from chainrule.resource_files import example_paths
from chainrule.session.screen.change import Change
from chainrule.session.training import record_run
from chainrule.ui.app import open_window
from chainrule.ui.plots.chart.axes import IterationAxis, ValueAxis
from chainrule.ui.plots.chart.chart import Chart
from chainrule.ui.plots.slope_plot import SlopePlot
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense

# A line across the plot has hundreds.
FEW = 60


def rgb(view: QWidget) -> np.ndarray:
    """What is seen of a widget: red, green and blue, (height, width, 3)."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[..., 2::-1].astype(int)


def colored(view: QWidget) -> int:
    """How many pixels of a plot have a colour, as curves do; axes and words are grey."""
    pixels = rgb(view)
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
            window.session.navigator.move(Stride.ITERATION)
            QApplication.processEvents()
        if min(colored(window.loss_plot), colored(window.gradient_plot)) < FEW:
            unseen.append(path)
    assert unseen == []


def unseen(chart: Chart) -> list[int]:
    """The curves of which a part is not painted where it should be, in their own colour or under another's."""
    picture, missing = rgb(chart), []
    strokes = np.array([chart.stroke(place).color.getRgb()[:3] for place in range(chart.curve_count)], int)
    for place in range(chart.curve_count):
        at, column = chart.curve_data(place)
        known = np.isfinite(column)
        if known.sum() < 2:
            continue
        for x in np.linspace(at[known][0], at[known][-1], 13)[1:-1]:
            scene = (
                chart.getPlotItem()
                .getViewBox()
                .mapViewToScene(QPointF(x, float(np.interp(x, at[known], column[known]))))
            )
            spot = chart.mapFromScene(scene)
            around = picture[max(0, spot.y() - 2) : spot.y() + 3, max(0, spot.x() - 2) : spot.x() + 3].reshape(-1, 1, 3)
            if not (np.abs(around - strokes).max(axis=2) < 40).any():
                missing.append(place)
                break
    return missing


def unseen_slope(plot: SlopePlot, appearance: Appearance) -> bool:
    """Whether the curve, the tangent or the dot of the slope is not where the frame says."""
    # Painted first: the frame is that of the last painting.
    picture, theme = rgb(plot.curve), appearance.theme
    frame, found = plot.curve.frame, plot.curve.slice
    if frame is None or found is None:
        return True
    # After a small step its ring lies on the dot.
    steps = found.following is not None and abs(frame.at(found.following, 0).x() - frame.at(found.value, 0).x()) < 8
    spots = [] if steps else [(found.value, found.loss, theme.backward)]
    spots += [(x, y, theme.text) for x, y in list(zip(found.places, found.losses, strict=True))[3:-3:6]]
    for x, y, color in spots:
        spot, wanted = frame.at(x, y).toPoint(), QColor(color).getRgb()[:3]
        around = picture[max(0, spot.y() - 2) : spot.y() + 3, max(0, spot.x() - 2) : spot.x() + 3].reshape(-1, 3)
        near = abs(x - found.value) < 0.5 * (found.places[-1] - found.places[0]) * 0.4
        covered = near and color == theme.text
        if not covered and not (np.abs(around - wanted).max(axis=1) < 40).any():
            return True
    return False


def with_everything() -> Experiment:
    """Two groups of learning rates under a schedule, and rows that are held back: each plot has several curves."""
    first = dense((3, 4, 2), rows=12)
    layers = (replace(first.network.layers[0], lr=0.05), *first.network.layers[1:])
    return replace(
        first,
        network=replace(first.network, layers=layers),
        data=replace(first.data, test_size=0.25),
        scheduler=Choice("ExponentialLR", {"gamma": 0.9, "interval": "iteration"}),
    )


def acts(window: MainWindow, saved: Path) -> Iterator[str]:
    """All that brings the plots to be drawn anew; each step's name, once it is done."""
    session, plots = window.session, (window.loss_plot, window.gradient_plot)

    def some(count: int) -> None:
        for _ in range(count):
            session.navigator.move(Stride.ITERATION)
            QApplication.processEvents()

    some(4)
    yield "stepping"
    window.files.open_path(example_paths()[0], example=True)
    some(4)
    window.files.open_path(saved, example=True)
    some(4)
    yield "another file, and another"
    before = session.state.view
    session.navigator.show_iteration(40)
    record_run(session.state, before)
    yield "a run"
    session.undo_stack.undo()
    yield "undo"
    session.undo_stack.redo()
    yield "redo"
    session.editor.restart()
    some(3)
    yield "restart"
    session.number_editor.edit_number(refs.weight(0), (0, 0), 0.9)
    some(3)
    yield "an edit"
    window.resize(1600, 950)
    yield "larger"
    window.resize(1280, 800)
    yield "smaller"
    window.appearance.set_scheme(Qt.ColorScheme.Dark)
    yield "dark"
    window.appearance.set_scheme(Qt.ColorScheme.Light)
    window.appearance.set_scale(1.3)
    yield "larger text"
    window.appearance.set_scale(1.0)
    for name in ("on", "off"):
        for plot in (*plots, window.tabs.view("schedule")):
            plot.log.click()
        yield f"logarithmic axes {name}"


def test_every_curve_of_every_plot_is_seen_whatever_comes_before(window: MainWindow, tmp_path: Path) -> None:
    """The training and the test loss, gradients, learning rates used and ahead, and the slope."""
    saved = tmp_path / "all.chainrule"
    write_experiment(with_everything(), saved)
    window.resize(1280, 800)
    window.session.file.open(with_everything(), None)
    window.show()
    charts = (window.loss_plot, window.gradient_plot, window.tabs.view("schedule"))
    slope, missing = window.tabs.view("slope"), []
    for act in acts(window, saved):
        for tab in ("schedule", "slope"):
            window.tabs.choose(tab)
            QApplication.processEvents()
            for plot in charts if tab == "schedule" else ():
                assert plot.shows_chart, (act, plot.objectName())
                missing += [(act, plot.objectName(), curve) for curve in unseen(plot.chart)]
        slope.draw()
        if unseen_slope(slope, window.appearance):
            missing.append((act, "slope", 0))
    assert not missing, str(missing)


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0])
def test_the_names_of_axes_are_whole_in_small_plots_too(window: MainWindow, scale: float) -> None:
    window.appearance.set_scale(scale)
    for _ in range(3):
        window.session.navigator.move(Stride.ITERATION)
    for plot in (window.loss_plot, window.gradient_plot, window.tabs.view("schedule")):
        plot.setParent(None)
        for height in (160, 260):
            plot.resize(240, round(height * scale))
            plot.show()
            plot.show_moment(window.session.moment, Change.everything())
            QApplication.processEvents()
            scene = plot.chart.sceneRect()
            for side in ("left", "bottom"):
                label = plot.chart.getPlotItem().getAxis(side).label
                # It has a margin of some pixels around its letters.
                shown = label.mapRectToScene(label.boundingRect()).adjusted(5, 5, -5, -5)
                assert scene.contains(shown), (plot.objectName(), side, height, shown)
        plot.setParent(window)


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
