"""The way of training over the output of a formula: as a curve, or in contour lines."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.ui.plots.path_plot import PathPlot
from chainrule.ui.window.main_window import MainWindow
from tests.formulas import formula_experiment
from tests.ui.circuit.formula_window import train


def bowl(*names: str) -> Experiment:
    """The sum of squares, from 1, 2, ... on, with a tenth of the way taken at each step."""
    line = "f = " + " + ".join(f"{name}^2" for name in names)
    parameters = {name: float(place) for place, name in enumerate(names, 1)}
    return formula_experiment(line, parameters=parameters, optimizer={"name": "SGD", "lr": 0.05})


def path_plot(window: MainWindow) -> PathPlot:
    window.tabs.choose("path")
    view = window.tabs.view("path")
    assert isinstance(view, PathPlot)
    view.draw()
    return view


def test_fifty_iterations_are_a_path_on_the_curve_and_undo_takes_them_away(window: MainWindow) -> None:
    window.session.file.open(bowl("x"), None)
    train(window, 50)
    plot = path_plot(window)
    picture = plot.chart.picture
    assert picture is not None
    assert plot.parameters == ("x",)
    # Each step takes a tenth of x away.
    expected = 0.9 ** np.arange(51)
    assert picture.iterations.tolist() == list(range(51))
    assert picture.points[:, 0] == pytest.approx(expected)
    assert picture.points[:, 1] == pytest.approx(expected**2)
    assert picture.values == pytest.approx(picture.across**2)
    window.actions_by_id["edit.undo"].trigger()
    plot.draw()
    assert plot.chart.picture is not None
    assert plot.chart.picture.iterations.tolist() == [0]


def test_two_parameters_have_contour_lines_with_the_path_in_them(window: MainWindow) -> None:
    window.session.file.open(bowl("x", "y"), None)
    train(window, 30)
    plot = path_plot(window)
    chart, theme = plot.chart, window.appearance.theme
    frame, picture = chart.frame, chart.picture
    assert frame is not None
    assert picture is not None
    assert picture.up is not None
    assert picture.names == ("x", "y")
    assert picture.values[3, 5] == pytest.approx(picture.across[5] ** 2 + picture.up[3] ** 2)
    image, ratio = chart.grab().toImage(), chart.devicePixelRatio()
    # The path goes straight from (1, 2) towards (0, 0): it is there halfway between two iterations.
    halfway = frame.at(0.95, 1.9) * ratio
    around = [halfway + QPointF(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    assert theme.update in {image.pixelColor(at.toPoint()).name() for at in around}
    level, lines = chart._contours(frame, picture)[4]
    assert len(lines) > 10
    for piece in lines[:: len(lines) // 8]:
        x = picture.across[0] + (piece.x1() - frame.plot.left()) / frame.plot.width() * np.ptp(picture.across)
        y = picture.up[0] + (frame.plot.bottom() - piece.y1()) / frame.plot.height() * np.ptp(picture.up)
        assert x**2 + y**2 == pytest.approx(level, rel=0.03)


def test_of_more_parameters_two_are_chosen_and_swap_places(window: MainWindow) -> None:
    window.session.file.open(bowl("x", "y", "z"), None)
    plot = path_plot(window)
    assert plot.across.isVisible()
    assert plot.parameters == ("x", "y")
    assert [entry.name for entry in plot.legend.entries] == ["where training began", "where it is"]
    assert plot.held.text() == "f around x and y, held at z = 3.000"
    plot.up.choose("z")
    assert plot.parameters == ("x", "z")
    assert plot.held.text() == "f around x and z, held at y = 2.000"
    plot.across.choose("z")
    assert plot.parameters == ("z", "x")
    assert plot.chart.picture is not None
    assert plot.chart.picture.names == ("z", "x")
    window.session.editor.edit("Freeze", edits.set_frozen(ValueRef("y"), True))
    plot.draw()
    assert not plot.across.isVisible()


def test_a_double_click_on_a_point_goes_to_its_iteration(window: MainWindow) -> None:
    window.session.file.open(bowl("x", "y"), None)
    train(window, 10)
    plot = path_plot(window)
    frame = plot.chart.frame
    assert frame is not None
    at = frame.at(0.9**4, 2 * 0.9**4)
    QTest.mouseDClick(plot.chart, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert window.session.cursor.iteration == 3
    assert window.session.state.at_end
    assert "x = 0.6561" in plot._tip(4)


def test_a_formula_without_a_value_says_so_in_its_path(window: MainWindow) -> None:
    window.session.file.open(formula_experiment("f = log(x)", parameters={"x": 2.0}), None)
    plot = path_plot(window)
    picture = plot.chart.picture
    assert picture is not None
    assert np.isfinite(picture.values).any()
    plot.chart.grab()
