"""The activation of each neuron as a small picture in it: the curve, the dots, and the choice between the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.navigation import Cursor
from chainrule.ui.activation import small
from chainrule.ui.activation.small import _Places
from chainrule.ui.stage.layout.geometry import Density, NodeCard
from chainrule.ui.stage.panel import ACTIVATION, LEARNED, StagePanel
from chainrule.ui.style.appearance import LIGHT
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, dense, parameters
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
        bench.view.toggle_pictures(ACTIVATION)
        return bench

    yield make_bench
    for bench in made:
        bench.close()


def two(activation: str, first: float = 2.0, weight: float = 1.0) -> Experiment:
    """Two neurons with an activation, of z = x and z = -x; x is 2 and, in the other sample, -3."""
    weights = {"layers.0.weight": ((weight,), (-weight,)), "layers.0.bias": (0.0, 0.0)}
    data = DataSpec(((first,), (-3.0,)), ((0.0,), (1.0,)))
    network = NetworkSpec(1, (LayerSpec(2, Choice(activation)), LayerSpec(1)))
    return check_experiment(Experiment(network=network, data=data, parameters=parameters(weights)))


def pictured(bench: Bench) -> list[NodeCard]:
    stage = bench.view.stage
    return [node for node in stage.stage_layout().between(0, stage.width()).nodes if node.picture is not None]


def seen(bench: Bench) -> QImage:
    return bench.view.stage.grab().toImage()


def is_near(color: QColor, wanted: str) -> bool:
    pairs = zip(color.getRgb(), QColor(wanted).getRgb(), strict=True)
    return all(abs(one - other) < 12 for one, other in pairs)  # type: ignore[operator]


def places_in(bench: Bench, node: NodeCard) -> _Places:
    found = small.small_functions(bench.session.moment, node.layer, (node.unit,))[node.unit]
    assert node.picture is not None
    return _Places(node.picture, found.curve)


def test_each_neuron_has_its_curve_and_the_dots_of_the_samples(make: Make) -> None:
    bench = make(two("Tanh"))
    bench.session.navigator.go_to(Cursor(0, 2))
    image, nodes = seen(bench), pictured(bench)
    for node, z in zip(nodes[:2], (2.0, -2.0), strict=True):
        places = places_in(bench, node)
        at = places.at(z, float(torch.tanh(torch.tensor(z)))).toPoint()
        assert image.pixelColor(at) == QColor(LIGHT.forward)
        assert image.pixelColor(at + QPoint(2, 0)) == QColor(LIGHT.forward)
        other = places.at(-1.5 * z, float(torch.tanh(torch.tensor(-1.5 * z)))).toPoint()
        assert is_near(image.pixelColor(other), LIGHT.forward)
        # The curve goes up, from lower left to upper right, as tanh does.
        for along, is_high in ((-3.7, False), (3.7, True)):
            place = places.at(along, 1.0 if is_high else -1.0).toPoint()
            assert min(image.pixelColor(place + QPoint(0, y)).lightness() for y in (-1, 0, 1)) < 120
            opposite = places.at(along, -1.0 if is_high else 1.0).toPoint()
            assert image.pixelColor(opposite).lightness() > 200


def test_before_z_is_known_there_is_the_curve_alone(make: Make) -> None:
    bench = make(two("ReLU"))
    image, node = seen(bench), pictured(bench)[0]
    assert node.picture is not None
    colors = {
        image.pixelColor(int(node.picture.left()) + x, int(node.picture.top()) + y).name()
        for x in range(2, int(node.picture.width()) - 2)
        for y in range(2, int(node.picture.height()) - 2)
    }
    assert LIGHT.text in colors
    assert LIGHT.forward not in colors


@pytest.mark.parametrize(
    ("sizes", "size", "density"),
    [
        ((2, 2, 1), (900, 420), Density.CARD),
        ((2, 8, 1), (700, 380), Density.ROW),
        ((2, 4, 3), (560, 330), Density.MINI),
        ((2, 8, 8, 8, 1), (700, 380), Density.DOT),
        ((40, 2, 1), (900, 420), Density.CARD),
    ],
    ids=["cards", "rows", "boxes", "dots", "of many inputs"],
)
def test_pictures_cover_no_number(make: Make, sizes: tuple[int, ...], size: tuple[int, int], density: Density) -> None:
    bench = make(dense(sizes, 6), size=size)
    bench.session.navigator.go_to(Cursor(1, len(bench.session.moment.steps)))
    found = [node for node in pictured(bench) if node.layer == 0]
    assert {node.density for node in found} == {density}
    assert len(found) == sizes[1]
    stage = bench.view.stage
    for node in found:
        assert node.picture is not None
        assert node.rect.adjusted(-20, -20, 20, 20).contains(node.picture)
        for other in stage.stage_layout().between(0, stage.width()).nodes:
            assert not any(cell.rect.adjusted(1, 1, -1, -1).intersects(node.picture) for cell in other.cells)


def test_softmax_has_the_curve_of_its_own_z(make: Make) -> None:
    made = article(network=NetworkSpec(2, (LayerSpec(2, Choice("Softmax")), LayerSpec(1))), parameters={})
    bench = make(made)
    bench.session.navigator.go_to(Cursor(0, 2))
    node = pictured(bench)[0]
    z = bench.session.moment.lists(refs.pre_activation(0))[0]
    at = places_in(bench, node).at(z[0], float(torch.softmax(torch.tensor(z), 0)[0])).toPoint()
    assert seen(bench).pixelColor(at) == QColor(LIGHT.forward)


def test_a_picture_says_what_it_is(make: Make) -> None:
    bench = make(two("Sigmoid"))
    bench.session.navigator.go_to(Cursor(0, 2))
    node = pictured(bench)[0]
    assert node.picture is not None
    told = bench.view.stage._tip_at(node.picture.center())
    sigmoid = torch.sigmoid(torch.tensor(2.0, dtype=torch.float64))
    assert told.startswith("Sigmoid of h₁, over z around 0")
    assert told.endswith(f"f′(z) = {(sigmoid * (1 - sigmoid)).item()!r}")


def test_curves_are_painted_once_for_all_neurons_that_have_the_same(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[object] = []
    paint = small._painted

    def counted(*given: object) -> object:
        painted.append(given)
        return paint(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(small, "_painted", counted)
    bench = make(dense((2, 8, 8, 1), 4))
    for position in range(4):
        bench.session.navigator.go_to(Cursor(0, position))
        seen(bench)
    assert 0 < len(painted) <= 4


def test_numbers_that_are_none_have_no_dot(make: Make) -> None:
    bench = make(two("Tanh", first=1e308, weight=10.0))
    bench.session.navigator.go_to(Cursor(0, 2))
    assert bench.session.moment.number(refs.pre_activation(0), (0, 0)) == float("inf")
    image, (first, *_) = seen(bench), pictured(bench)
    # That of the other sample is there.
    at = places_in(bench, first).at(-30.0, -1.0).toPoint()
    assert is_near(image.pixelColor(at), LIGHT.forward)
    assert first.picture is not None
    assert bench.view.stage._tip_at(QPointF(first.picture.center()))


def test_the_choice_is_none_what_is_learned_or_the_activation(window: MainWindow) -> None:
    learned, activations = (window.actions_by_id[f"view.neuron_{kind}"] for kind in ("pictures", "activations"))
    panel = window.stage_panel

    def state() -> tuple[bool, bool, str]:
        return learned.isChecked(), activations.isChecked(), panel.pictures

    assert state() == (False, False, "")
    activations.trigger()
    assert state() == (False, True, ACTIVATION)
    first = panel.stage.grab().toImage()
    learned.trigger()
    assert state() == (True, False, LEARNED)
    assert panel.stage.grab().toImage() != first
    activations.trigger()
    activations.trigger()
    assert state() == (False, False, "")
    activations.trigger()
    # Of more inputs nothing that is learned can be drawn; an activation can.
    window.session.file.open(dense((3, 2, 1), 4), None)
    QApplication.processEvents()
    assert (learned.isEnabled(), activations.isEnabled()) == (False, True)
    layout = panel.stage.stage_layout()
    assert any(node.picture for node in layout.between(0, panel.stage.width()).nodes)
    window.session.file.open(formula_experiment("f = x*y"), None)
    QApplication.processEvents()
    assert not activations.isEnabled()
