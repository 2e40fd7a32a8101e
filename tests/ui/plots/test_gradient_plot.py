"""The gradient plot: its curves, the selected one, names, clicks, and wide networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.writing.numbers import format_number
from chainrule.model.navigation import Cursor
from chainrule.model.timeline.downsampled_series import Outline
from chainrule.session.screen.moment import Selection
from chainrule.ui.plots import gradient_curves, gradient_plot
from chainrule.ui.plots.chart.palette import DARK_HUES, LIGHT_HUES, curve_color
from tests.experiments import article, dense, sgd
from tests.ui.plots.conftest import GradientBench

MakeGradients = Callable[..., GradientBench]
STEPS = 17
WEIGHT = ValueRef("layers.0.weight")


def gradients(bench: GradientBench) -> np.ndarray:
    return bench.session.timeline.gradients(bench.session.document, bench.session.horizon)[2].rows()


def curves(bench: GradientBench) -> list[tuple[str, tuple[int, ...] | None]]:
    found = bench.session.timeline.gradients(bench.session.document, bench.session.horizon)[0]
    return [(curve.ref, curve.index) for curve in found]


def drawn(bench: GradientBench) -> np.ndarray:
    chart = bench.view.chart
    return np.stack([chart.curve_data(place)[1] for place in range(chart.curve_count)], axis=1)


def levels(bench: GradientBench) -> Iterator[int]:
    return (bench.view.chart.stroke(place).level for place in range(bench.view.chart.curve_count))


def point_of(bench: GradientBench, iteration: int, curve: int) -> QPoint:
    return bench.view.chart.to_widget(iteration, float(gradients(bench)[iteration, curve])).toPoint()


# Data


def test_small_networks_have_a_curve_for_each_element(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=30)

    assert drawn(bench).tolist() == gradients(bench).tolist()
    assert bench.view.chart.curve_count == 9
    assert bench.view.header.note == gradient_curves.ELEMENTS


def test_large_networks_have_one_for_the_norm_of_each_parameter(make_gradients: MakeGradients) -> None:
    bench = make_gradients(dense((20, 8, 3), rows=4), train=12)

    assert drawn(bench).tolist() == gradients(bench).tolist()
    assert bench.view.chart.curve_count == 4
    assert bench.view.header.note == gradient_curves.NORMS
    bench.session.selector.select(ValueRef("layers.1.bias"), (2,))
    assert bench.view.header.name == "‖∂L/∂b⁽²⁾‖"


def test_another_network_brings_other_curves(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=5)
    bench.session.file.open(dense((3, 2, 2), rows=3), None)
    assert not bench.view.shows_chart

    bench.train(6)
    assert bench.view.chart.curve_count == 3 * 2 + 2 + 2 * 2 + 2


def test_after_an_edit_in_the_middle_the_curves_begin_there(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)
    bench.session.navigator.go_to(Cursor(10, 0))
    bench.session.number_editor.edit_number(WEIGHT, (0, 0), 3.0)
    bench.session.navigator.go_to(Cursor(10, 6))
    assert bench.view.message.text() == gradient_plot.CHANGED.format(start=10)

    bench.session.navigator.go_to(Cursor(14, STEPS))
    assert bench.view.chart.curve_data(0)[0].tolist() == [10, 11, 12, 13, 14]
    assert drawn(bench).tolist() == gradients(bench).tolist()


# Where nothing can be drawn


def test_it_says_what_to_do_as_long_as_there_are_no_curves(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article())
    assert bench.view.message.text() == gradient_plot.NONE_YET
    assert bench.view.accessibleName() == "Gradients, not computed yet"

    bench.session.navigator.go_to(Cursor(0, STEPS))
    assert bench.view.message.text() == gradient_plot.ONE_YET
    assert bench.view.header.note == ""


def test_where_nothing_is_trained_there_is_nothing_to_show(make_gradients: MakeGradients) -> None:
    everything = frozenset(ValueRef(f"layers.{n}.{name}") for n in (0, 1) for name in ("weight", "bias"))
    bench = make_gradients(article(frozen=everything))
    bench.session.navigator.go_to(Cursor(3, 5))

    assert bench.view.message.text() == gradient_plot.NO_CURVES


def test_values_that_are_not_finite_hide_no_other_curve(
    make_gradients: MakeGradients, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_gradients(article(), train=6)
    named, start, known = bench.session.timeline.gradients(bench.session.document, 6)
    values = known.rows().copy()
    values[2, 0], values[3:, 1] = math.nan, math.inf
    monkeypatch.setattr(
        bench.session.timeline, "gradients", lambda document, length: (named, start, Outline.of(values))
    )
    bench.session.navigator.go_to(Cursor(6, 5))

    assert np.isnan(drawn(bench)).tolist() == (~np.isfinite(values)).tolist()
    assert not bench.view.grab().isNull()

    values[:] = math.inf
    bench.session.navigator.go_to(Cursor(7, 5))
    assert bench.view.message.text() == gradient_plot.NOT_FINITE


def test_a_run_that_diverges_is_drawn(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(optimizer=sgd(5.0)), train=140)

    assert np.isfinite(drawn(bench)).all()
    assert not bench.view.grab().isNull()


# The selected curve


@pytest.mark.parametrize("ref", ["layers.0.weight", "layers.0.weight.grad", "layers.0.weight.next"])
def test_the_curve_of_the_selected_parameter_is_drawn_stronger(make_gradients: MakeGradients, ref: str) -> None:
    bench = make_gradients(article(), train=20)
    bench.session.selector.select(ValueRef(ref), (0, 1))
    place = curves(bench).index(("layers.0.weight.grad", (0, 1)))

    assert bench.view.selected_curve == place
    assert list(levels(bench)) == [int(curve == place) for curve in range(9)]
    widths = [bench.view.chart.stroke(curve).width for curve in range(9)]
    assert widths[place] == max(widths) > min(widths)
    assert bench.view.header.name == "∂L/∂w₁₂⁽¹⁾"
    assert bench.view.header.number == format_number(float(gradients(bench)[19, place]))
    assert bench.view.chart.dots.places == [(19.0, float(gradients(bench)[19, place]))]


def test_the_value_of_the_selected_curve_is_spoken(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)
    bench.session.navigator.go_to(Cursor(0, 12))
    bench.session.selector.select(WEIGHT, (0, 1))

    assert bench.view.accessibleName() == "Gradients, each element: ∂L/∂w₁₂⁽¹⁾ −7.010 at iteration 0"


@pytest.mark.parametrize("ref", ["layers.0.activation", "input", "loss"])
def test_other_selections_emphasize_nothing(make_gradients: MakeGradients, ref: str) -> None:
    bench = make_gradients(article(), train=20)
    bench.session.selector.select(ValueRef(ref), () if ref == "loss" else (0, 1))

    assert bench.view.selected_curve is None
    assert len(bench.view.chart.dots.places) == 9
    assert {bench.view.chart.stroke(curve).width for curve in range(9)} == {1.8}


def test_a_selection_draws_no_data_anew(make_gradients: MakeGradients, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make_gradients(article(), train=20)
    monkeypatch.setattr(bench.view.chart, "show_data", lambda *a, **k: pytest.fail("drawn anew"))

    bench.session.selector.select(WEIGHT, (1, 1))
    bench.session.navigator.go_to(Cursor(4, 9))


# The mouse


def test_a_click_on_a_curve_selects_its_gradient(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)
    place = curves(bench).index(("layers.1.weight.grad", (0, 1)))

    with qtbot.waitSignal(bench.session.signals.selection_changed):
        qtbot.mouseClick(bench.view.chart.viewport(), Qt.MouseButton.LeftButton, pos=point_of(bench, 0, place))

    assert bench.session.selection == Selection(ValueRef("layers.1.weight.grad"), (0, 1))
    assert bench.view.selected_curve == place


def test_a_click_on_the_curve_of_a_norm_selects_the_first_element(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    bench = make_gradients(dense((20, 8, 3), rows=4), train=12)
    qtbot.mouseClick(bench.view.chart.viewport(), Qt.MouseButton.LeftButton, pos=point_of(bench, 5, 0))

    assert bench.session.selection == Selection(ValueRef("layers.0.weight.grad"), (0, 0))


def test_a_click_beside_the_curves_selects_nothing(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)

    with qtbot.assertNotEmitted(bench.session.signals.selection_changed):
        far = bench.view.chart.to_widget(15, -8.0).toPoint()
        qtbot.mouseClick(bench.view.chart.viewport(), Qt.MouseButton.LeftButton, pos=far)


@pytest.mark.qt_log_ignore(r"This plugin does not support raise\(\)", extend=True)
def test_hovering_names_the_curve_and_its_full_value(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)
    place = curves(bench).index(("layers.1.weight.grad", (0, 1)))
    view = bench.view.chart.viewport()
    qtbot.mouseMove(view, point_of(bench, 3, place))
    qtbot.mouseMove(view, point_of(bench, 0, place))
    value = format_number(float(gradients(bench)[0, place]), None)
    assert QToolTip.text() == f"iteration 0\n∂L/∂w₂⁽²⁾ = {value}"

    qtbot.mouseMove(view, bench.view.chart.to_widget(15, -8.0).toPoint())
    assert QToolTip.text() == "iteration 15"


def test_a_double_click_goes_to_the_end_of_that_iteration(qtbot: QtBot, make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)
    qtbot.mouseDClick(bench.view.chart.viewport(), Qt.MouseButton.LeftButton, pos=point_of(bench, 6, 0))

    assert bench.session.cursor == Cursor(6, STEPS)


# Colours


def test_each_parameter_has_its_hue_in_both_themes(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)
    first = [
        names.index(True)
        for names in ([c[0] == ref for c in curves(bench)] for ref in dict.fromkeys(ref for ref, _ in curves(bench)))
    ]
    for scheme, hues in ((Qt.ColorScheme.Dark, DARK_HUES), (Qt.ColorScheme.Light, LIGHT_HUES)):
        bench.appearance.set_scheme(scheme)
        assert [bench.view.chart.stroke(place).color for place in first] == [QColor(hue) for hue in hues[:4]]


def test_elements_of_a_parameter_are_shades_of_its_hue(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)
    shades = [bench.view.chart.stroke(place).color.name() for place in range(4)]

    assert len(set(shades)) == 4
    assert shades[0] == curve_color(bench.appearance, 0, 0, 4).name()


def test_the_legend_names_the_parameters(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20)

    assert [entry.name for entry in bench.view.legend.entries] == ["∂W¹", "∂b¹", "∂W²", "∂b²"]
    assert bench.view.legend.isVisible()
    bench.session.editor.restart()
    assert not bench.view.legend.isVisible()


def test_a_gradient_of_long_ago_is_exact_though_only_its_block_is_remembered(make_gradients: MakeGradients) -> None:
    bench = make_gradients(article(), train=20_000)
    session = bench.session
    session.navigator.go_to(Cursor(5_000, STEPS))
    session.selector.select(ValueRef("layers.0.weight.grad"), (0, 1))
    place = curves(bench).index(("layers.0.weight.grad", (0, 1)))
    assert session.timeline.gradients(session.document, 20_000)[2].row(5_000) is None
    number = session.moment.number(ValueRef("layers.0.weight.grad"), (0, 1))
    assert number is not None
    assert bench.view.chart.dots.places == [(5000.0, number)]
    assert bench.view.header.number == format_number(number)
    assert bench.view.selected_curve == place
