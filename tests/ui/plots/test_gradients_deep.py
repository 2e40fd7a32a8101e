"""Gradients of deep networks: that they vanish is seen at a glance, by layer and on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.ui.plots import gradient_plot
from chainrule.ui.plots.chart.legend import Legend
from chainrule.ui.plots.chart.palette import DARK_HUES, LIGHT_HUES, SHAPES, curve_mark
from chainrule.ui.style.appearance import DARK, LIGHT
from tests.experiments import article, dense, parameters
from tests.ui.plots.conftest import GradientBench

MakeGradients = Callable[..., GradientBench]


def deep(layers: int, activation: str = "Sigmoid") -> Experiment:
    made = dense((4,) * layers + (2,), rows=4)
    named = tuple(replace(layer, activation=Choice(activation, {})) for layer in made.network.layers)
    return replace(made, network=replace(made.network, layers=named))


def norms_by_hand(bench: GradientBench) -> list[float]:
    """From the gradients of the iteration on the screen."""
    moment = bench.session.moment
    found = []
    for layer in range(len(moment.experiment.network.layers)):
        both = (moment.tensor(refs.grad(ref)) for ref in (refs.weight(layer), refs.bias(layer)))
        found.append(float(sum((tensor**2).sum() for tensor in both if tensor is not None) ** 0.5))
    return found


def test_of_ten_layers_the_gradients_stand_side_by_side_and_those_that_vanish_are_low(
    make_gradients: MakeGradients,
) -> None:
    bench = make_gradients(deep(10), train=1)
    view = bench.view
    assert view.by_layer.isChecked()
    assert view.layers.isVisible()
    wanted = norms_by_hand(bench)
    assert wanted[0] < 1e-4 * wanted[-1]
    places = [view.layers.place_of(layer) for layer in range(10)]
    heights = [view.layers.height() - place.y() for place in places if place is not None]
    # Logarithmic: equal factors are equal distances.
    np.testing.assert_allclose(np.diff(heights) / np.diff(np.log10(wanted)), np.ptp(heights) / np.ptp(np.log10(wanted)))
    assert np.ptp(heights) > 0.5 * view.layers.height()
    assert "layer 1 " in view.layers.accessibleDescription()
    image = view.layers.grab().toImage()
    for place in places:
        assert place is not None
        assert image.pixelColor(place.toPoint()) == QColor(LIGHT.backward)


def test_by_layer_is_a_switch_and_what_was_chosen_holds_for_this_experiment(
    qtbot: QtBot, make_gradients: MakeGradients
) -> None:
    bench = make_gradients(deep(10), train=3)
    qtbot.mouseClick(bench.view.by_layer, Qt.MouseButton.LeftButton)
    assert bench.view.shows_chart
    bench.session.navigator.step_back()
    assert bench.view.shows_chart
    bench.session.file.open(deep(10), None)
    bench.train(3)
    assert not bench.view.shows_chart

    bench.session.file.open(article(), None)
    bench.train(3)
    assert bench.view.shows_chart
    qtbot.mouseClick(bench.view.by_layer, Qt.MouseButton.LeftButton)
    assert bench.view.layers.isVisible()
    assert bench.view.header.note == "iteration 2"


def test_a_layer_without_a_gradient_stands_on_a_zero_and_one_that_is_frozen_has_no_stem(
    make_gradients: MakeGradients,
) -> None:
    dead = {refs.weight(1): ((-1.0,) * 4,) * 4, refs.bias(1): (-1.0,) * 4}
    frozen = frozenset({refs.weight(3), refs.bias(3)})
    bench = make_gradients(replace(deep(6, "ReLU"), frozen=frozen, parameters=parameters(dead)), train=1)
    layers = bench.view.layers
    found = norms_by_hand(bench)
    assert found[0] == 0
    first, last = layers.place_of(0), layers.place_of(5)
    assert first is not None
    assert last is not None
    assert first.y() > last.y()
    assert layers.place_of(3) is None


def test_a_click_on_a_layer_selects_its_gradient(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    bench = make_gradients(deep(10), train=1)
    place = bench.view.layers.place_of(7)
    assert place is not None
    qtbot.mouseClick(bench.view.layers, Qt.MouseButton.LeftButton, pos=place.toPoint())
    selection = bench.session.moment.selection
    assert selection is not None
    assert selection.ref == refs.grad(refs.weight(7))


def test_before_the_backward_pass_it_says_what_to_do(make_gradients: MakeGradients) -> None:
    bench = make_gradients(deep(10), train=2)
    bench.session.navigator.go_to(Cursor(2, 1))
    assert bench.view.message.isVisible()
    assert bench.view.message.text() == gradient_plot.NOT_YET


# The logarithmic axis


def test_the_axis_is_logarithmic_where_gradients_lie_decades_apart(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=5)
    assert not bench.view.log.isChecked()
    bench.session.file.open(deep(5), None)
    bench.train(5)
    assert bench.view.log.isChecked()
    chart = bench.view.chart
    known = np.abs(bench.session.timeline.gradients(bench.session.document, 5)[2].rows())
    np.testing.assert_allclose(np.stack([chart.curve_data(n)[1] for n in range(chart.curve_count)], 1), np.log10(known))


def test_the_user_s_choice_of_axis_holds_until_another_experiment(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    bench = make_gradients(deep(5), train=5)
    qtbot.mouseClick(bench.view.log, Qt.MouseButton.LeftButton)
    assert not bench.view.chart.is_log
    bench.session.navigator.step_back()
    assert not bench.view.chart.is_log
    bench.session.file.open(deep(4), None)
    bench.train(5)
    assert bench.view.log.isChecked()
    assert bench.view.chart.is_log


def test_a_gradient_of_zero_is_drawn_below_the_logarithms(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    """A unit that is dead has no logarithm, and is not to be missing for that."""
    first = article()
    dead = {**first.parameters, **parameters({refs.weight(0): ((-1.0, -1.0), (0.5, 0.5))})}
    bench = make_gradients(replace(first, parameters=dead), train=4)
    qtbot.mouseClick(bench.view.log, Qt.MouseButton.LeftButton)
    chart = bench.view.chart
    dead, alive = chart.curve_data(0)[1], chart.curve_data(2)[1]
    assert np.isfinite(dead).all()
    assert dead.max() < alive.min() - 0.5
    axis = chart.getPlotItem().getAxis("left")
    least, most = chart.getPlotItem().getViewBox().viewRange()[1]
    texts = [axis.tickStrings(values, 1.0, spacing) for spacing, values in axis.logTickValues(least, most, 100.0, [])]
    assert texts[0][0] == "0"


# Told apart without colours, and none of them a sign's


def test_each_of_many_parameters_has_its_own_hue_and_mark() -> None:
    looks = {(number % len(LIGHT_HUES), curve_mark(number)) for number in range(2 * len(LIGHT_HUES) * len(SHAPES))}
    assert len(looks) == 2 * len(LIGHT_HUES) * len(SHAPES)
    assert len({curve_mark(number) for number in range(len(SHAPES))}) == len(SHAPES)


@pytest.mark.parametrize("hues", [LIGHT_HUES, DARK_HUES])
def test_no_curve_has_the_colour_of_a_sign(hues: tuple[str, ...]) -> None:
    for theme in (LIGHT, DARK):
        for sign in (theme.positive, theme.negative):
            for hue in hues:
                apart = abs(QColor(hue).hueF() - QColor(sign).hueF())
                assert min(apart, 1 - apart) > 0.07, (hue, sign)


def grey(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return found[:, : image.width()].astype(int)


def test_curves_have_their_marks_where_they_are_seen(make_gradients: MakeGradients) -> None:
    """In grey: at a mark there is more ink than beside it."""
    bench = make_gradients(article(), train=40)
    bench.view.resize(500, 400)
    bench.train(40)
    chart = bench.view.chart
    picture = grey(chart.grab().toImage())
    ink = []
    for point in chart.marked(4):
        place = chart.mapFromScene(chart.getPlotItem().getViewBox().mapViewToScene(point))
        ink.append((picture[place.y() - 4 : place.y() + 5, place.x() - 4 : place.x() + 5] < 200).sum())
    assert len(ink) > 1
    assert min(ink) > 20


@pytest.mark.qt_log_ignore("This plugin does not support (raise|grabbing)", extend=True)
def test_every_name_of_a_long_legend_is_one_click_away(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    bench = make_gradients(deep(10), train=3)
    qtbot.mouseClick(bench.view.by_layer, Qt.MouseButton.LeftButton)
    legend = bench.view.legend
    assert len(legend.entries) == 20
    assert 3 < legend.shown < 20
    assert legend.more.isVisible()
    assert legend.more.text() == "all 20"
    assert legend.rect().contains(legend.more.geometry())
    legend.more.click()
    whole = next(found for found in legend.findChildren(Legend))
    assert whole.isVisible()
    assert whole.shown == 20
    whole.window().close()
