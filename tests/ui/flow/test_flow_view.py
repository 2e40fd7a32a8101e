"""The view of the layers as it is seen: curves, the usual line, bars, sentences, and where a click leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.session.flow import WEIGHT_GRAD, Z
from chainrule.session.session import Session
from chainrule.ui.flow.curves import GRADIENTS, NO_WEIGHTS, NONE_YET, UPDATES
from chainrule.ui.flow.mark import SIGN
from chainrule.ui.flow.view import VALUES, FlowView
from chainrule.ui.plots.chart.palette import curve_color
from chainrule.ui.style.appearance import LIGHT, Appearance
from chainrule.ui.widgets.controls import LinkButton
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense, sgd
from tests.formulas import formula_experiment
from tests.ui.plots.view_bench import ViewBench, benches

FlowBench = ViewBench[FlowView]
DEAD = {refs.bias(0): (-9.0, 1.0, -9.0, -9.0)}


def sigmoids(depth: int = 6) -> Experiment:
    layers = (*(LayerSpec(5, Choice("Sigmoid")) for _ in range(depth - 1)), LayerSpec(1))
    return dense((2, 5, 1), 40, network=NetworkSpec(2, layers), optimizer=sgd(0.1))


def view_of(session: Session, appearance: Appearance) -> FlowView:
    return FlowView(session, appearance)


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[..., FlowBench]]:
    with benches(view_of, (420, 300)) as bench_of:
        yield bench_of


def shown(bench: FlowBench, page: str) -> FlowView:
    bench.view.toggles[page].click()
    bench.view.read_whole()
    return bench.view


def pixels(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)


def near(widget: QWidget, at: QPointF, color: QColor, reach: int = 3) -> bool:
    x, y = round(at.x()), round(at.y())
    part = pixels(widget)[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
    return bool((np.abs(part - np.array(color.getRgb()[:3])).max(axis=-1) < 60).any())


@pytest.mark.parametrize("kind", [GRADIENTS, UPDATES])
def test_each_layer_has_its_curve_where_its_number_is(make: Callable[..., FlowBench], kind: str) -> None:
    bench = make(sigmoids(), train=30)
    view = shown(bench, kind)
    steps, start, norms, ratios = bench.session.moment.course.layer_steps()
    rows = (norms if kind == GRADIENTS else ratios).rows()
    chart = view.curves[kind].chart
    assert (chart.is_log, start, chart.curve_count, len(steps.layers)) == (True, 0, 6, 6)
    for layer in range(6):
        # Later on some lie on each other.
        at = chart.to_widget(1, rows[1, layer])
        assert near(chart, at, curve_color(bench.appearance, layer, 0, 1)), layer
    marks = {chart.stroke(layer).mark for layer in range(6)}
    assert len(marks) == 6
    assert [entry.name for entry in view.legend.entries] == [f"layer {layer}" for layer in range(1, 7)]


def test_the_usual_size_of_an_update_has_a_line_with_its_name(make: Callable[..., FlowBench]) -> None:
    bench = make(sigmoids(), train=30)
    chart = shown(bench, UPDATES).curves[UPDATES].chart
    y = round(chart.to_widget(15, 1e-3).y())
    assert 0 < y < chart.height() - 30
    dark = (pixels(chart)[y - 1 : y + 2] < 190).all(axis=-1).any(axis=0)
    assert dark[chart.width() // 4 :].sum() > 60
    # The gradients have none: there is no usual size of them.
    assert shown(bench, GRADIENTS).curves[GRADIENTS].chart.dots.reference is None


def test_bars_are_as_high_as_their_counts(make: Callable[..., FlowBench]) -> None:
    view = shown(make(sigmoids(3), train=3), VALUES)
    assert view.flow is not None
    found, cell = view.flow.histograms[Z][1], view.histograms.cell(1, 0)
    assert found is not None
    image, color = pixels(view.histograms), np.array(QColor(LIGHT.forward).getRgb()[:3])
    highest = int(np.argmax(found.counts))
    for place, count in enumerate(found.counts):
        x = round(cell.left() + (place + 0.4) * cell.width() / len(found.counts))
        part = image[round(cell.top()) : round(cell.bottom()), x]
        height = int((np.abs(part - color).max(axis=-1) < 40).sum())
        if place == highest:
            assert height > cell.height() / 2
        assert (height > 0) == (count > 0), place


def test_dead_units_are_said_with_what_to_try_and_the_link_leads_there(make: Callable[..., FlowBench]) -> None:
    experiment = dense((2, 4, 1), 40)
    bench = make(check_experiment(replace(experiment, parameters=DEAD)), train=1)
    view = shown(bench, VALUES)
    said = "⚠ Layer 1: 75 % of its units answer 0 to every row: no gradient goes through them."
    assert view.warnings.texts == [said]
    assert "LeakyReLU" in view.warnings.findChild(QWidget, "flow_view.warning.0").toolTip()
    assert view.histograms.columns[0].lines[1:] == ("3/4 dead", view.histograms.columns[0].lines[2])
    assert "3 of 4 units dead" in view._tell(0, None)
    link = view.findChild(LinkButton, "flow_view.show.0")
    assert link is not None
    link.click()
    moment = bench.session.moment
    assert moment.selection is not None
    assert (moment.selection.ref, moment.written) == (refs.grad(refs.pre_activation(0)),) * 2
    assert moment.number(moment.selection.ref, moment.selection.index) == 0.0


def test_a_vanishing_gradient_is_said_of_the_layers_together(make: Callable[..., FlowBench]) -> None:
    bench = make(sigmoids(), train=3)
    view = shown(bench, GRADIENTS)
    (said,) = view.warnings.texts
    assert said.startswith("⚠ Layers 1 to ")
    assert "times smaller than in layer 6" in said
    assert "at least 100 times smaller" in view.warnings.findChild(QWidget, "flow_view.warning.0").toolTip()


def test_a_click_on_a_curve_or_a_histogram_selects_that_layer(make: Callable[..., FlowBench], qtbot: QtBot) -> None:
    bench = make(sigmoids(3), train=20)
    view = shown(bench, GRADIENTS)
    chart = view.curves[GRADIENTS].chart
    value = bench.session.moment.course.layer_steps()[2].rows()[9, 0]
    QTest.mouseClick(chart.viewport(), Qt.MouseButton.LeftButton, pos=chart.to_widget(9, value).toPoint())
    assert bench.session.selection is not None
    assert bench.session.selection.ref == refs.grad(refs.weight(0))
    assert chart.stroke(0).level == 1
    view = shown(bench, VALUES)
    at = view.histograms.cell(1, 0).center().toPoint()
    QTest.mouseClick(view.histograms, Qt.MouseButton.LeftButton, pos=at)
    assert bench.session.selection.ref == refs.pre_activation(1)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return):
        qtbot.keyClick(view.histograms, key)
    assert bench.session.selection.ref == refs.activation(2)


def test_the_tip_of_a_bar_says_how_many_numbers_are_where(make: Callable[..., FlowBench]) -> None:
    view = shown(make(sigmoids(3), train=3), VALUES)
    assert view.flow is not None
    found, cell = view.flow.histograms[Z][0], view.histograms.cell(0, 0)
    assert found is not None
    at = QPointF(cell.left() + 0.5 * cell.width() / len(found.counts), cell.center().y()).toPoint()
    assert f"\n{found.counts[0]:,} from " in view.histograms._tip_at(at)
    assert "200 numbers" in view.histograms._tip_at(at)


def test_counts_are_copied_as_a_table(make: Callable[..., FlowBench], qtbot: QtBot) -> None:
    view = shown(make(sigmoids(3), train=3), VALUES)
    view._copy()
    rows = QGuiApplication.clipboard().text().splitlines()
    assert len(rows) == 4 * 3
    assert view.flow is not None
    found = view.flow.histograms[WEIGHT_GRAD][2]
    assert found is not None
    assert [float(cell) for cell in rows[-1].split("\t")[4:]] == list(found.counts)


def test_a_large_view_shows_all_three(make: Callable[..., FlowBench], qtbot: QtBot) -> None:
    bench = make(sigmoids(3), train=20)
    bench.view.resize(900, 700)
    bench.view.read_whole()
    assert bench.view.pages == (GRADIENTS, UPDATES, VALUES)
    assert all(part.isVisible() for part in (*bench.view.curves.values(), bench.view.area))
    assert not any(toggle.isVisible() for toggle in bench.view.toggles.values())


def test_before_anything_is_computed_it_is_said_what_to_do(make: Callable[..., FlowBench]) -> None:
    bench = make(sigmoids(3))
    assert shown(bench, GRADIENTS).curves[GRADIENTS].message.text() == NONE_YET
    assert shown(bench, VALUES).said.text().startswith("Step on")
    frozen = frozenset({refs.weight(0), refs.weight(1)})
    bench = make(check_experiment(replace(dense((2, 3, 1), 4), frozen=frozen)), train=3)
    assert shown(bench, GRADIENTS).curves[GRADIENTS].message.text() == NO_WEIGHTS


def test_a_hundred_layers_are_scrolled_and_stay_readable(make: Callable[..., FlowBench]) -> None:
    bench = make(sigmoids(100), train=3)
    view = shown(bench, VALUES)
    assert len(view.histograms.columns) == 100
    assert view.area.horizontalScrollBar().maximum() > 5000
    view = shown(bench, GRADIENTS)
    assert view.curves[GRADIENTS].shows_chart
    assert view.legend.more.text() == "all 100"


@pytest.mark.parametrize("sizes", [(2, 1), (1, 1)])
def test_one_layer_and_constant_inputs_are_no_trouble(make: Callable[..., FlowBench], sizes: tuple[int, ...]) -> None:
    experiment = dense(sizes, 5)
    rows = (tuple(1.0 for _ in range(sizes[0])),) * 5
    bench = make(replace(experiment, data=replace(experiment.data, inputs=rows)), train=5)
    for page in (GRADIENTS, UPDATES, VALUES):
        assert shown(bench, page).warnings.texts == []


def test_a_training_that_diverged_is_said_and_drawn(make: Callable[..., FlowBench]) -> None:
    network = NetworkSpec(2, (LayerSpec(4), LayerSpec(4), LayerSpec(1)))
    bench = make(dense((2, 4, 1), 20, network=network, optimizer=sgd(50.0)), train=40)
    view = shown(bench, VALUES)
    assert "not finite" in view.warnings.texts[0]
    assert shown(bench, GRADIENTS).curves[GRADIENTS].shows_chart


# In the window


def test_the_mark_beside_the_gradients_opens_the_view(window: MainWindow, qtbot: QtBot) -> None:
    mark = window.gradient_plot.mark
    window.actions_by_id["iteration.next"].trigger()
    mark.read()
    assert mark.link.isHidden()
    window.session.file.open(sigmoids(), None)
    window.actions_by_id["iteration.next"].trigger()
    mark.read()
    qtbot.waitUntil(mark.link.isVisible)
    assert mark.link.text() in ("⚠ vanishing", "⚠")
    assert "Layers 1 to " in mark.link.accessibleName()
    mark.link.click()
    assert window.tabs.is_seen("flow")
    assert mark.link.isHidden()
    window.actions_by_id["iteration.next"].trigger()
    mark.read()
    assert mark.link.isHidden()


def test_the_mark_leaves_the_title_its_room(window: MainWindow, qtbot: QtBot) -> None:
    plot = window.gradient_plot
    window.session.file.open(sigmoids(), None)
    window.actions_by_id["iteration.next"].trigger()
    plot.mark.read()
    qtbot.waitUntil(plot.mark.link.isVisible)
    said = set()
    for width in (*range(900, 1900, 100), *range(1900, 900, -150)):
        window.resize(width, 800)
        QApplication.processEvents()
        QApplication.processEvents()
        assert plot.header.width() >= plot.header.title_width
        link = plot.mark.link
        said.add(link.text())
        # A word where there is room for one.
        more = link.fontMetrics().horizontalAdvance(" vanishing")
        if link.text() == SIGN:
            assert plot.header.width() - plot.header.title_width < more + 2
    assert said == {"⚠ vanishing", SIGN}


def test_a_formula_network_has_no_such_view(window: MainWindow) -> None:
    assert window.board.is_about("flow")
    window.session.file.open(formula_experiment("f = x^2 + y"), None)
    assert not window.board.is_about("flow")


def test_the_numbers_are_those_of_the_picture_in_sight(make: Callable[..., FlowBench]) -> None:
    bench = make(sigmoids(), train=20)
    _, start, norms, ratios = bench.session.moment.course.layer_steps()
    for page, wanted in ((GRADIENTS, norms.rows()), (UPDATES, ratios.rows())):
        table = shown(bench, page).numbers()
        assert table is not None
        assert table.row(5) == [start + 5, *wanted[5].tolist()]
    view = shown(bench, VALUES)
    table = view.numbers()
    assert table is not None
    assert view.flow is not None
    counts = view.flow.histograms[Z][0]
    assert counts is not None
    assert table.row(0)[4:] == list(map(float, counts.counts))
