"""A part of a surface, of what was learned, of a slope, of a path: zoomed to, moved, computed anew, and forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.ui.learned.view import LearnedView
from chainrule.ui.pictures.twins import show_twin
from chainrule.ui.plots.chart.axes_chart import AxesCard, AxesChart
from chainrule.ui.plots.path_plot import PathPlot
from chainrule.ui.plots.slope_plot import SlopePlot
from chainrule.ui.style.appearance import LIGHT
from chainrule.ui.surface.view import SurfaceView
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, parameters, sgd
from tests.formulas import formula_experiment
from tests.ui.plots.view_bench import ViewBench, benches

SIZE = (460, 480)
LEFT, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
Ends = tuple[float, float, float, float]


def bowl(*names: str) -> Experiment:
    line = "f = " + " + ".join(f"{name}^2" for name in names)
    values = {name: float(place) for place, name in enumerate(names, 1)}
    return formula_experiment(line, parameters=values, optimizer={"name": "SGD", "lr": 0.05})


def bent() -> Experiment:
    """One neuron that says 0.5 where x₂ is 0.5 + 0.2 (x₁ − 0.5); its rows are the corners of a square."""
    corners = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))
    return check_experiment(
        Experiment(
            network=NetworkSpec(2, (LayerSpec(1, Choice("Sigmoid")),)),
            data=DataSpec(corners, ((0.0,), (1.0,), (0.0,), (1.0,))),
            parameters=parameters({"layers.0.weight": ((-8.0, 40.0),), "layers.0.bias": (-16.0,)}),
            optimizer=sgd(0.0),
        )
    )


@pytest.fixture
def surface(qtbot: QtBot) -> Iterator[ViewBench[SurfaceView]]:
    with benches(SurfaceView, SIZE) as make:
        bench = make(bowl("x", "y"), train=5)
        bench.view.draw_finely()
        yield bench


@pytest.fixture
def fit(qtbot: QtBot) -> Iterator[ViewBench[LearnedView]]:
    with benches(LearnedView, SIZE) as make:
        bench = make(bent())
        QApplication.processEvents()
        bench.view.draw()
        yield bench


@pytest.fixture
def slope(qtbot: QtBot) -> Iterator[ViewBench[SlopePlot]]:
    with benches(SlopePlot, SIZE) as make:
        bench = make(article())
        bench.view.draw()
        yield bench


@pytest.fixture
def path(qtbot: QtBot) -> Iterator[Callable[..., ViewBench[PathPlot]]]:
    with benches(PathPlot, SIZE) as make:

        def drawn(*names: str) -> ViewBench[PathPlot]:
            bench = make(bowl(*names), train=20)
            bench.view.draw()
            return bench

        yield drawn


def wheel(chart: AxesChart, at: QPointF, notches: float, modifiers: Qt.KeyboardModifier = CONTROL) -> None:
    place, turned = QPointF(chart.mapToGlobal(at.toPoint())), QPoint(0, round(120 * notches))
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, place, QPoint(), turned, Qt.MouseButton.NoButton, modifiers, phase, False)
    QApplication.sendEvent(chart, event)


def drag(chart: AxesChart, begin: QPoint, way: QPoint) -> None:
    QTest.mousePress(chart, LEFT, pos=begin)
    for part in (1, 2, 3, 4):
        QTest.mouseMove(chart, begin + way * part / 4)
    QTest.mouseRelease(chart, LEFT, pos=begin + way)


def at(chart: AxesChart, across: float, up: float) -> QPointF:
    assert chart.frame is not None
    return chart.frame.at(across, up)


def ends(chart: AxesChart) -> Ends:
    frame = chart.frame
    assert frame is not None
    return frame.across.low, frame.across.high, frame.down.low, frame.down.high


def place_stays(chart: AxesChart, across: float, up: float, notches: float = 6) -> None:
    """Zoom around a place, which is under the mouse then as well as before."""
    before = at(chart, across, up)
    wheel(chart, before, notches)
    after = at(chart, across, up)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=2)
    assert chart.frame is not None
    shares = chart.frame.across.share(across), chart.frame.down.share(up)
    assert all(0 < share < 1 for share in shares)


# The views


def test_the_surface_of_a_part_is_computed_anew_and_finely(surface: ViewBench[SurfaceView]) -> None:
    view = surface.view
    whole = ends(view.chart)
    place_stays(view.chart, 0.3, 0.8)
    view.draw_finely()
    found = view.chart.picture
    assert found is not None
    assert found.up is not None
    assert found.values.shape == (101, 101)
    assert found.values == pytest.approx(found.across[None, :] ** 2 + found.up[:, None] ** 2)
    assert found.across[-1] - found.across[0] == pytest.approx(0.8**6 * (whole[1] - whole[0]))
    table = view.numbers()
    assert table is not None
    # And the way back is to the same ends.
    QTest.mouseClick(view.all_button, LEFT)
    assert ends(view.chart) == whole
    assert view.all_button.isHidden()


def test_the_ground_of_a_part_goes_from_its_own_lowest_to_its_highest(surface: ViewBench[SurfaceView]) -> None:
    view = surface.view
    wheel(view.chart, at(view.chart, 0.3, 0.8), 8)
    view.draw_finely()
    found, image = view.chart.picture, view.chart.grab().toImage()
    assert found is not None
    assert found.up is not None
    assert found.ground is not None
    (low, high), frame = (found.values.min(), found.values.max()), view.chart.frame
    assert high < 4
    assert frame is not None
    row, column = np.unravel_index(found.values.argmax(), found.values.shape)
    strongest, faintest = found.ground.ramp.pixelColor(0, 0), found.ground.ramp.pixelColor(0, 255)
    inside = frame.plot.adjusted(3, 3, -3, -3)
    corner = frame.at(float(found.across[column]), float(found.up[row]))
    seen = image.pixelColor(
        round(min(max(corner.x(), inside.left()), inside.right())),
        round(min(max(corner.y(), inside.top()), inside.bottom())),
    )

    def away(one: QColor, other: QColor) -> int:
        return abs(one.red() - other.red()) + abs(one.green() - other.green()) + abs(one.blue() - other.blue())

    assert away(seen, strongest) < away(seen, faintest)
    assert low < high


def test_in_a_part_a_click_sets_the_weights_that_are_there_and_a_drag_sets_none(
    surface: ViewBench[SurfaceView],
) -> None:
    view, chart = surface.view, surface.view.chart
    placed: list[tuple[float, float]] = []
    chart.placed.connect(lambda x, y: placed.append((x, y)))
    wheel(chart, at(chart, 0.6, 1.2), 5)
    before = ends(chart)
    assert chart.frame is not None
    plot = chart.frame.plot
    drag(chart, plot.center().toPoint(), QPoint(40, -24))
    after = ends(chart)
    assert not placed
    across, up = before[1] - before[0], before[3] - before[2]
    moved = (before[0] - 40 / plot.width() * across, before[2] - 24 / plot.height() * up)
    assert (after[0], after[2]) == pytest.approx(moved, abs=0.02 * across)
    assert after[1] - after[0] == pytest.approx(across)
    assert chart.frame is not None
    spot = chart.frame.plot.center().toPoint() + QPoint(30, 40)
    expected = chart.place_at(QPointF(spot))
    assert expected is not None
    tip = view._tell_place(*expected)
    assert f"{expected[0] ** 2 + expected[1] ** 2:.6g}"[:5] in tip
    QTest.mouseClick(chart, LEFT, pos=spot)
    assert placed == [expected]
    numbers = [surface.session.moment.number(ValueRef(name), ()) for name in ("x", "y")]
    assert numbers == pytest.approx(expected)
    # It is the same part that is seen.
    view.draw()
    assert ends(chart) == pytest.approx(after)


def test_all_in_sight_is_not_moved_and_the_wheel_alone_is_not_the_charts(surface: ViewBench[SurfaceView]) -> None:
    chart = surface.view.chart
    before = ends(chart)
    wheel(chart, at(chart, 0.3, 0.8), 4, Qt.KeyboardModifier.NoModifier)
    wheel(chart, at(chart, 0.3, 0.8), -4)
    assert ends(chart) == before
    assert chart.zoom.part is None


def test_other_axes_are_seen_whole(surface: ViewBench[SurfaceView]) -> None:
    view = surface.view
    wheel(view.chart, at(view.chart, 0.3, 0.8), 4)
    assert view.is_zoomed
    view.choices.kind.choice_edited.emit("random directions")
    assert not view.is_zoomed
    assert view.all_button.isHidden()


def test_a_boundary_is_computed_anew_in_a_part_and_is_where_it_was(fit: ViewBench[LearnedView]) -> None:
    view, chart = fit.view, fit.view.chart
    place_stays(chart, 0.5, 0.5, 10)
    view.draw()
    found = chart.picture
    assert found is not None
    assert found.image is not None
    assert found.lines is not None
    assert found.across[1] - found.across[0] < 0.2
    # As many places as all of it had, and a line where the neuron says 0.5.
    assert found.image.width() >= 100
    assert len(found.lines)
    assert found.lines[..., 1] == pytest.approx(0.5 + 0.2 * (found.lines[..., 0] - 0.5), abs=1e-6)
    image = chart.grab().toImage()
    for x in np.linspace(*found.across, 7)[1:-1].tolist():
        spot = at(chart, x, 0.5 + 0.2 * (x - 0.5)).toPoint()
        near = [image.pixelColor(spot + QPoint(0, y)) for y in (-1, 0, 1)]
        assert QColor(LIGHT.text) in near, x
    table = view.numbers()
    assert table is not None


def test_in_a_part_a_click_chooses_the_row_there_and_rows_out_of_sight_are_not_drawn(
    fit: ViewBench[LearnedView],
) -> None:
    view, chart = fit.view, fit.view.chart
    wheel(chart, at(chart, 1.0, 1.0), 6)
    view.draw()
    rows: list[int] = []
    chart.chosen.connect(rows.append)
    begin = at(chart, 1.0, 1.0).toPoint()
    drag(chart, begin, QPoint(-30, 20))
    assert not rows
    moved = at(chart, 1.0, 1.0).toPoint()
    assert (moved - begin).manhattanLength() > 30
    QTest.mouseClick(chart, LEFT, pos=moved)
    assert rows == [3]
    assert chart.row_at(at(chart, 0.0, 0.0)) is None
    place = chart.place_at(QPointF(moved) + QPointF(40, 40))
    assert place is not None
    assert f"{place[0]:.4f}"[:5] in view._tell(place, None)
    assert chart.frame is not None
    image, foot = chart.grab().toImage(), chart.frame.plot.bottom() + 14
    hues = {QColor(LIGHT.positive).name(), QColor(LIGHT.negative).name()}
    below = {image.pixelColor(x, y).name() for x in range(chart.width()) for y in range(round(foot), chart.height())}
    assert not hues & below


def test_other_data_are_seen_whole(fit: ViewBench[LearnedView]) -> None:
    view, chart = fit.view, fit.view.chart
    wheel(chart, at(chart, 0.5, 0.5), 4)
    assert view.is_zoomed
    fit.session.file.open(article(), None)
    fit.show()
    view.draw()
    assert not view.is_zoomed


def test_a_slope_is_computed_anew_in_a_part_in_which_the_curve_is_its_tangent(slope: ViewBench[SlopePlot]) -> None:
    view, chart = slope.view, slope.view.curve
    whole = chart.slice
    assert whole is not None
    assert chart.frame is not None
    wheel(chart, at(chart, whole.value, whole.loss), 12)
    view.draw()
    found = chart.slice
    assert found is not None
    assert len(found.losses) == len(whole.losses)
    assert found.places[0] < whole.value < found.places[-1]
    assert found.places[-1] - found.places[0] == pytest.approx(0.8**12 * (whole.places[-1] - whole.places[0]))
    # What the whole curve has between two of its points.
    expected = np.interp(found.places, whole.places, whole.losses)
    assert found.losses == pytest.approx(expected, rel=1e-3)
    low, high = ends(chart)[2:]
    assert high - low < 0.3 * (max(whole.losses) - min(whole.losses) + 0.05 * whole.loss)
    middle = at(chart, whole.value, whole.loss)
    assert "here" in chart.describe(middle.toPoint())
    QTest.mouseClick(view.all_button, LEFT)
    assert chart.slice is not None
    assert chart.slice.places == whole.places


def test_where_training_is_is_not_told_out_of_sight(slope: ViewBench[SlopePlot]) -> None:
    view, chart = slope.view, slope.view.curve
    whole = chart.slice
    assert whole is not None
    wheel(chart, at(chart, whole.places[-1], whole.losses[-1]), 8)
    view.draw()
    found = chart.slice
    assert found is not None
    assert found.places[0] > whole.value
    assert chart.frame is not None
    plot = chart.frame.plot
    assert "here" not in chart.describe(plot.adjusted(1, 1, -1, -1).topLeft().toPoint())
    dot = QColor(LIGHT.backward).name()
    image = chart.grab().toImage()
    assert dot not in {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_a_path_among_lines_is_drawn_in_the_part_that_is_in_sight(path: Callable[..., ViewBench[PathPlot]]) -> None:
    bench = path("x", "y")
    view, chart = bench.view, bench.view.chart
    place_stays(chart, 0.9, 1.8, 7)
    found = chart.picture
    assert found is not None
    assert found.up is not None
    assert found.values == pytest.approx(found.across[None, :] ** 2 + found.up[:, None] ** 2)
    assert found.values.shape == (61, 61)
    # The first steps are there, and can be gone to; the last are out of sight.
    assert chart.iteration_at(at(chart, 0.9, 1.8)) == 1
    assert chart.iteration_at(at(chart, *found.points[-1].tolist())) is None
    view.show_all()
    assert chart.iteration_at(at(chart, *found.points[10].tolist())) is not None


def test_a_path_on_a_curve_has_an_axis_of_values_that_fits(path: Callable[..., ViewBench[PathPlot]]) -> None:
    bench = path("x")
    view, chart = bench.view, bench.view.chart
    before = ends(chart)
    wheel(chart, at(chart, 0.5, 0.25), 8)
    found, now = chart.picture, ends(chart)
    assert found is not None
    assert found.values == pytest.approx(found.across**2)
    assert now[1] - now[0] == pytest.approx(0.8**8 * (before[1] - before[0]))
    room = 0.06 * (found.values.max() - found.values.min())
    assert now[2:] == pytest.approx((found.values.min() - room, found.values.max() + room), abs=0.05)
    view.draw()
    assert ends(chart) == now


def test_a_picture_shows_the_part_without_the_button(slope: ViewBench[SlopePlot]) -> None:
    live, moment = slope.view, slope.session.moment
    assert live.curve.slice is not None
    wheel(live.curve, at(live.curve, live.curve.slice.value, live.curve.slice.loss), 5)
    twin = SlopePlot(slope.session, slope.appearance, live)
    show_twin(twin, live, "Slope", moment, live.size(), clear=False)
    assert twin.curve.slice is not None
    assert twin.curve.slice.places == live.curve.slice.places
    assert twin.all_button.isHidden()
    assert live.all_button.isVisible()
    assert live.curve.slice.part == pytest.approx(0.8**5)


# The keys


def test_keys_zoom_around_what_is_on_the_screen_in_each_of_these_views(window: MainWindow) -> None:
    for name in ("surface", "fit", "slope"):
        window.session.file.open(bent(), None)
        window.board.show(name)
        QApplication.processEvents()
        view = window.tabs.view(name)
        assert isinstance(view, AxesCard)
        view.draw_part()
        window.board.touch(name)
        assert window.actions_by_id["board.zoom_in"].isEnabled()
        for _ in range(3):
            window.actions_by_id["board.zoom_in"].trigger()
        assert view.is_zoomed, name
        assert view.all_button.accessibleDescription().startswith("In sight: "), name
        for _ in range(4):
            window.actions_by_id["board.zoom_out"].trigger()
        assert not view.is_zoomed, name
        window.actions_by_id["board.zoom_in"].trigger()
        window.session.file.open(bent(), None)
        assert not view.is_zoomed, name
