"""A neuron with room to spare: its activation's curve with its z on it, and the products that make its z."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QImage, QPainterPath
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.session.screen.computing import shown_activation_curve, shown_activation_slope
from chainrule.ui.stage.painting.close_up import CloseUp
from chainrule.ui.stage.painting.close_up_painting import CloseUpPainter, CloseUpScale
from chainrule.ui.stage.panel import StagePanel
from tests.experiments import article, dense, mazur, neuron
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench
from tests.ui.stage.recording import record

Bench = ViewBench[StagePanel]
Make = Callable[[Experiment], Bench]
FORWARD, BACKWARD = Cursor(0, 2), Cursor(0, 5)


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[Bench] = []

    def make_bench(experiment: Experiment) -> Bench:
        bench = stage_bench(experiment)
        made.append(bench)
        bench.view.resize(1100, 720)
        with qtbot.waitExposed(bench.view):
            pass
        return bench

    yield make_bench
    for bench in made:
        bench.close()


def one(activation: str = "Sigmoid", weight: float = 0.5) -> Experiment:
    return neuron(activation, (1.0, -2.0), (weight, 0.25), 0.1, 1.0, 0.1)


def close_ups(bench: Bench) -> list[CloseUp]:
    stage = bench.view.stage
    return stage._close_ups_in(QRectF(stage.rect()))


def chart_of(bench: Bench, close_up: CloseUp, unit: int = 0) -> CloseUpScale:
    """Where z and a go in a chart."""
    layer = close_up.node.layer
    curve = shown_activation_curve(bench.session.moment, layer, unit)
    assert curve is not None
    assert close_up.chart is not None
    a = bench.session.moment.number(refs.activation(layer), (0, unit))
    letters = bench.appearance.font(11.0 * close_up.size / bench.appearance.scale)
    return CloseUpScale(close_up.chart, curve, a, QFontMetricsF(letters), close_up.size, "a of ŷ")


def picture(bench: Bench) -> QImage:
    return bench.view.stage.grab().toImage()


def color(image: QImage, at: QPointF) -> str:
    return image.pixelColor(round(at.x()), round(at.y())).name()


def is_dark(image: QImage, at: QPointF) -> bool:
    """Whether the curve is at a place: within a pixel."""
    near = [QPointF(at.x() + x, at.y() + y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    return min(image.pixelColor(each.toPoint()).lightness() for each in near) < 110


@pytest.mark.parametrize("activation", ["Sigmoid", "ReLU", "Tanh", "GELU", "PReLU"])
def test_the_curve_is_drawn_where_the_function_is(make: Make, activation: str) -> None:
    bench = make(one(activation))
    (close_up,) = close_ups(bench)
    chart, image = chart_of(bench, close_up), picture(bench)
    curve = shown_activation_curve(bench.session.moment, 0, 0)
    assert curve is not None
    seen = [is_dark(image, chart.at(*place)) for piece in curve.pieces for place in piece]
    assert all(seen[2:-2])
    # Beside it there is none.
    assert not is_dark(image, chart.at(3.0, (curve.low + curve.pieces[-1][-1][1]) / 2))


@pytest.mark.parametrize("weight", [0.5, -2.5])
def test_its_dot_is_at_its_z_and_its_a(make: Make, weight: float) -> None:
    bench = make(one(weight=weight))
    dot = bench.appearance.theme.forward
    (close_up,) = close_ups(bench)
    bench.session.navigator.go_to(Cursor(0, 0))
    chart = chart_of(bench, close_up)
    z = weight * 1.0 + 0.25 * -2.0 + 0.1
    for cursor, shown in ((Cursor(0, 0), False), (FORWARD, True)):
        bench.session.navigator.go_to(cursor)
        number = bench.session.moment.number(refs.activation(0), (0, 0))
        at = chart.at(z, 1 / (1 + 2.718281828459045**-z))
        assert (number is not None) == shown
        assert (color(picture(bench), at) == dot) == shown


def test_in_the_backward_pass_there_is_the_slope(make: Make) -> None:
    bench = make(one("Tanh"))
    bench.session.navigator.go_to(FORWARD)
    (close_up,) = close_ups(bench)
    assert close_up.chart is not None
    hue = bench.appearance.theme.backward

    def seen() -> bool:
        image, area = picture(bench), chart_of(bench, close_up).area.toRect()
        return any(
            image.pixelColor(x, y).name() == hue
            for x in range(area.left(), area.right())
            for y in range(area.top(), area.bottom())
        )

    assert not seen()
    bench.session.navigator.go_to(BACKWARD)
    assert seen()
    assert shown_activation_slope(bench.session.moment, 0, 0) == pytest.approx(1 - 0.0996679946249559**2)


def texts(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> list[str]:
    """What is written in all close-ups."""
    drawn: list[str] = []
    text = CloseUpPainter._text

    def record(painter: CloseUpPainter, rect: QRectF, what: str, *rest: object) -> None:
        drawn.append(what)
        assert painter._p.fontMetrics().height() > 0
        text(painter, rect, what, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(CloseUpPainter, "_text", record)
        picture(bench)
    return drawn


def test_the_products_of_mazurs_first_neuron(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(mazur())
    bench.view.canvas.zoom_by(2)
    bench.session.navigator.go_to(FORWARD)
    found = texts(monkeypatch, bench)
    wanted = ["z of h₁ =", "0.1500·0.05", "+", "0.2000·0.1", "+", "0.3500", "=", "0.3775"]
    first = found.index("0.1500·0.05") - 1
    assert found[first : first + len(wanted)] == wanted
    # At the start of an iteration there is no sum yet.
    bench.session.navigator.go_to(Cursor(0, 0))
    assert "0.1500·0.05" not in texts(monkeypatch, bench)


@pytest.mark.parametrize(("x", "named"), [(1.0, True), (70_000.0, False)])
def test_long_ends_of_the_axis_leave_its_name_out(make: Make, x: float, named: bool) -> None:
    bench = make(neuron("ReLU", (x,), (2.0,), 0.1, 1.0, 0.1))
    bench.session.navigator.go_to(FORWARD)
    (close_up,) = close_ups(bench)
    assert close_up.chart is not None
    narrow = replace(close_up, chart=QRectF(0, 0, 130, 90))
    metrics = QFontMetricsF(bench.appearance.font(11.0))
    curve = shown_activation_curve(bench.session.moment, 0, 0)
    assert curve is not None
    assert narrow.chart is not None
    chart = CloseUpScale(narrow.chart, curve, 1.0, metrics, 1.0, "a of ŷ")
    texts = {text: place for text, place, _ in chart.ticks()}
    assert ("z" in texts) == named
    end = next(text for text, place in texts.items() if text.startswith("−") and place.top() == chart.area.bottom() + 1)
    if named:
        assert metrics.horizontalAdvance(end) < chart.area.width() / 2 - metrics.horizontalAdvance("z")


@pytest.mark.parametrize(("weight", "sign"), [(0.5, 1.0), (-0.5, -1.0)])
def test_the_sum_has_the_colour_of_its_sign(make: Make, weight: float, sign: float) -> None:
    bench = make(neuron("Sigmoid", (1.0,), (weight,), 0.1, 1.0, 0.1))
    bench.session.navigator.go_to(FORWARD)
    (close_up,) = close_ups(bench)
    assert close_up.products is not None
    theme = bench.appearance.theme
    inside = [text for text in record(bench.view.stage).texts if close_up.products.contains(text.ink)]
    assert inside[-1].text == {1.0: "0.6000", -1.0: "−0.4000"}[sign]
    assert [text.color for text in inside[-2:]] == [theme.muted, theme.signed(sign).name()]


def test_a_z_set_by_hand_leaves_the_sum_as_it_is_computed(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(one())
    bench.session.navigator.go_to(FORWARD)
    bench.session.number_editor.edit_number(refs.pre_activation(0), (0, 0), 3.0)
    assert "0.1000" in texts(monkeypatch, bench)
    chart = chart_of(bench, close_ups(bench)[0])
    assert color(picture(bench), chart.at(3.0, 0.9525741268224334)) == bench.appearance.theme.forward


def test_a_softmax_has_no_curve_of_one_z(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = LayerSpec(2, Choice("Softmax", {"dim": 1}))
    bench = make(replace(article(), network=NetworkSpec(2, (layer, LayerSpec(1)))))
    bench.view.canvas.zoom_by(2)
    bench.session.navigator.go_to(Cursor(0, 4))
    assert (
        shown_activation_curve(bench.session.moment, 0, 0) is shown_activation_slope(bench.session.moment, 0, 0) is None
    )
    hidden, output = [[each for each in close_ups(bench) if each.node.layer == layer] for layer in (0, 1)]
    assert len(hidden) == 2
    found = texts(monkeypatch, bench)
    # The products of all three neurons, and the axis of the output's curve.
    assert sorted(text for text in found if text.startswith("z of ")) == ["z of h₁ =", "z of h₂ =", "z of ŷ ="]
    assert found.count("a of ŷ") == found.count("z") == len(output) == 1


def test_what_stands_between_two_neurons_touches_the_one_that_it_is_of(make: Make) -> None:
    bench = make(article())
    bench.view.canvas.zoom_by(3)
    first, second = (each for each in close_ups(bench) if each.node.layer == 0)
    assert first.products is not None
    assert second.chart is not None
    assert first.products.top() == first.node.rect.bottom()
    assert second.chart.bottom() == second.node.rect.top()
    assert second.chart.top() > first.products.bottom() + 4


@pytest.mark.parametrize("zoom", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize("sizes", [(2, 2, 1), (3, 4, 3), (1, 1), (2, 3, 20)])
def test_they_stand_clear_of_all_else_and_no_letter_is_small(
    make: Make, sizes: tuple[int, ...], zoom: float, scale: float
) -> None:
    bench = make(dense(sizes, 2))
    bench.appearance.set_scale(scale)
    bench.view.canvas.zoom_by(zoom)
    stage, layout = bench.view.stage, bench.view.stage.stage_layout()
    found = close_ups(bench)
    boxes = [rect for each in found for rect in (each.chart, each.products) if rect is not None]
    others = [node.rect for node in layout.whole.nodes] + [rect for rect, _ in layout.whole.captions]
    others += [cell.rect for cell in layout.whole.cells()]
    assert not [(a, b) for a in boxes for b in others if a.intersects(b)]
    assert not [(a, b) for a in boxes for b in boxes if a is not b and a.intersects(b)]
    assert all(QRectF(stage.rect()).contains(box) for box in boxes)
    assert all(round(11 * each.size) >= round(11 * scale) for each in found)
    lines = [edge.path for edge in layout.whole.edges]
    assert not [box for box in boxes for path in lines if path.intersects(box) and inside(path, box)]


def inside(path: QPainterPath, box: QRectF) -> bool:
    """Whether a curve goes through a box, and not only around a corner of it."""
    return any(box.contains(path.pointAtPercent(place / 50)) for place in range(51))


def test_where_there_is_no_room_there_are_none(make: Make) -> None:
    bench = make(dense((2, 6, 3), 2))
    assert close_ups(bench) == []
    bench.view.canvas.zoom_by(4)
    assert len(close_ups(bench)) == 9
    bench.view.canvas.fit()
    assert close_ups(bench) == []


def test_they_say_what_they_are(make: Make) -> None:
    bench = make(one())
    bench.session.navigator.go_to(FORWARD)
    (close_up,) = close_ups(bench)
    assert close_up.chart is not None
    assert close_up.products is not None
    tip = bench.view.stage._tip_at
    assert tip(close_up.chart.center()).startswith("What this neuron's activation makes of any z")
    assert tip(close_up.products.center()).startswith("The weights times what comes in")
    assert tip(QPointF(2, 2)) == ""
