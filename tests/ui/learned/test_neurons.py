"""What each neuron has learned, as a small picture in it: where it is, what is seen in it, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.navigation import Cursor
from chainrule.ui.learned import neurons
from chainrule.ui.learned.colors import STRONGEST
from chainrule.ui.stage.layout.geometry import Density, NodeCard
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.style.appearance import LIGHT
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense, parameters
from tests.formulas import formula_experiment
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench

Bench = ViewBench[StagePanel]
Make = Callable[..., Bench]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[Bench] = []

    def make_bench(experiment: Experiment, *, size: tuple[int, int] = (900, 420)) -> Bench:
        bench = stage_bench(experiment)
        made.append(bench)
        bench.view.resize(*size)
        with qtbot.waitExposed(bench.view):
            pass
        bench.view.toggle_pictures()
        return bench

    yield make_bench
    for bench in made:
        bench.close()


def edges(activation: str = "Tanh") -> Experiment:
    """Two hidden neurons, of which one turns along x₁ and one, the other way round, along x₂."""
    weights = {"layers.0.weight": ((30.0, 0.0), (0.0, -30.0)), "layers.0.bias": (0.0, 0.0)}
    data = DataSpec(((-1.0, -1.0), (1.0, 1.0)), ((0.0,), (1.0,)))
    layers = (LayerSpec(2, Choice(activation)), LayerSpec(1))
    return check_experiment(Experiment(network=NetworkSpec(2, layers), data=data, parameters=parameters(weights)))


def pictured(bench: Bench) -> list[NodeCard]:
    stage = bench.view.stage
    nodes = stage.stage_layout().between(0, stage.width()).nodes
    return [node for node in nodes if node.picture is not None]


def seen(bench: Bench) -> QImage:
    return bench.view.stage.grab().toImage()


def color_in(image: QImage, node: NodeCard, across: float, up: float) -> QColor:
    """The colour at a place in a neuron's picture; from its lower left corner on."""
    assert node.picture is not None
    at = QPointF(
        node.picture.left() + across * node.picture.width(), node.picture.bottom() - up * node.picture.height()
    )
    return image.pixelColor(at.toPoint())


def test_each_picture_is_the_neurons_own_activation_over_the_inputs(make: Make) -> None:
    bench = make(edges())
    image, (first, second, output) = seen(bench), pictured(bench)
    assert [(node.layer, node.unit) for node in (first, second, output)] == [(0, 0), (0, 1), (1, 0)]
    orange, blue = (LIGHT.tint(hue, STRONGEST) for hue in (LIGHT.negative, LIGHT.positive))
    for along in (0.2, 0.5, 0.8):
        assert color_in(image, first, 0.15, along) == orange
        assert color_in(image, first, 0.85, along) == blue
        assert color_in(image, second, along, 0.15) == blue
        assert color_in(image, second, along, 0.85) == orange


@pytest.mark.parametrize(
    ("sizes", "density"),
    [((2, 2, 1), Density.CARD), ((2, 8, 1), Density.ROW), ((2, 8, 8, 8, 1), Density.DOT)],
    ids=["cards", "rows", "24 neurons as dots"],
)
def test_pictures_cover_no_number_and_no_other_neuron(make: Make, sizes: tuple[int, ...], density: Density) -> None:
    bench = make(dense(sizes, 6), size=(700, 380))
    bench.session.navigator.go_to(Cursor(1, len(bench.session.moment.steps)))
    found = [node for node in pictured(bench) if node.layer < len(sizes) - 2]
    assert {node.density for node in found} == {density}
    assert len(found) == sum(sizes[1:-1])
    stage = bench.view.stage
    nodes = stage.stage_layout().between(0, stage.width()).nodes
    for node in found:
        assert node.picture is not None
        assert node.picture.width() == node.picture.height() >= 10
        for other in nodes:
            assert not any(cell.rect.adjusted(1, 1, -1, -1).intersects(node.picture) for cell in other.cells)
    columns = [[node for node in found if node.layer == layer] for layer in range(len(sizes) - 2)]
    for column in columns:
        for above, below in pairwise(column):
            assert above.picture is not None
            assert below.picture is not None
            assert above.picture.bottom() < below.picture.top()


def test_neurons_too_small_for_a_picture_have_none(make: Make) -> None:
    bench = make(dense((2, 60, 1), 4))
    assert all(node.layer > 0 for node in pictured(bench))


def test_they_are_made_in_one_pass_when_the_numbers_are_others(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(dense((2, 4, 4, 1), 4))
    made: list[object] = []
    grid = neurons.grid_of_layers

    def counted(*given: object, **named: object) -> object:
        made.append(given[4])
        return grid(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(neurons, "grid_of_layers", counted)
    bench.session.navigator.go_to(Cursor(1, 0))
    seen(bench)
    seen(bench)
    bench.session.navigator.step_forward()
    seen(bench)
    assert made == [range(3)]


def test_they_are_shown_until_they_are_taken_away_again(make: Make) -> None:
    bench = make(edges())
    bench.view.toggle_pictures()
    assert pictured(bench) == []
    before = seen(bench)
    bench.view.toggle_pictures()
    assert seen(bench) != before
    bench.view.toggle_pictures()
    assert seen(bench) == before


def test_over_one_input_each_neuron_has_its_curve(make: Make) -> None:
    weights = {"layers.0.weight": ((1.0,), (-1.0,)), "layers.0.bias": (0.0, 0.0)}
    data = DataSpec(((-1.0,), (1.0,)), ((0.0,), (1.0,)))
    network = NetworkSpec(1, (LayerSpec(2), LayerSpec(1)))
    bench = make(check_experiment(Experiment(network=network, data=data, parameters=parameters(weights))))
    image, (up, down, _) = seen(bench), pictured(bench)
    # The ends of a line that rises, and of one that falls; what is free above and below is a part of the height.
    for node, rises in ((up, True), (down, False)):
        for across in (0.25, 0.75):
            height = 0.5 + (across - 0.5) * (1 if rises else -1) / 1.24
            around = [color_in(image, node, across, height + off / 40) for off in range(-3, 4)]
            assert min(color.lightness() for color in around) < 140
            assert color_in(image, node, across, 1 - height).lightness() > 200


def test_a_picture_says_what_it_is(make: Make) -> None:
    bench = make(edges())
    first = pictured(bench)[0]
    assert first.picture is not None
    told = bench.view.stage._tip_at(first.picture.center())
    assert told == "What h₁ makes of x₁ and x₂, over the range of the data: blue above 0, orange below"


def test_numbers_that_are_none_have_the_colour_of_errors(make: Make) -> None:
    bench = make(edges())
    trace = bench.session.moment.numbers.trace
    assert trace is not None
    trace.values[refs.weight(0)][0, 0] = float("nan")
    assert color_in(seen(bench), pictured(bench)[0], 0.2, 0.5) == LIGHT.error_ground


def test_networks_of_more_inputs_and_formulas_have_none(window: MainWindow) -> None:
    action, panel = window.actions_by_id["view.neuron_pictures"], window.stage_panel
    assert not action.isChecked()
    action.trigger()
    assert action.isChecked()
    assert any(node.picture for node in panel.stage.stage_layout().between(0, panel.stage.width()).nodes)
    for experiment in (dense((3, 2, 1), 4), formula_experiment("f = x*y")):
        window.session.file.open(experiment, None)
        QApplication.processEvents()
        assert not action.isEnabled()
        assert not any(node.picture for node in panel.stage.stage_layout().between(0, panel.stage.width()).nodes)
    window.session.file.open(edges(), None)
    QApplication.processEvents()
    assert any(node.picture for node in panel.stage.stage_layout().between(0, panel.stage.width()).nodes)
    action.trigger()
    assert not action.isChecked()
