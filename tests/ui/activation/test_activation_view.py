"""What the activation of a neuron does, as it is seen and said: the curve, its derivative, and the samples on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.navigation import Cursor
from chainrule.ui.activation.view import NOT_READY, TOO_LARGE, ActivationView
from chainrule.ui.style.appearance import LIGHT
from tests.experiments import HALF_SQUARED_ERROR, article, parameters, sgd
from tests.ui.plots.view_bench import ViewBench, benches

Bench = ViewBench[ActivationView]
Make = Callable[..., Bench]
HIGH, LOW = (420, 460), (320, 190)
Z = (-2.3, 0.5, 3.0)
GRADIENT = "the gradient that arrives goes on"
TURNED = "with the opposite sign"


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    with benches(ActivationView, HIGH) as made:

        def bench_of(experiment: Experiment, **given: object) -> Bench:
            bench = made(experiment, **given)
            QApplication.processEvents()
            return bench

        yield bench_of


def one(activation: Choice, z: tuple[float, ...] = Z, **changes: object) -> Experiment:
    """One neuron that passes its input on to its activation; the samples have these z."""
    data = DataSpec(tuple((each,) for each in z), ((0.0,),) * len(z))
    experiment = Experiment(
        network=NetworkSpec(1, (LayerSpec(1, activation),)),
        data=data,
        parameters=parameters({"layers.0.weight": ((1.0,),), "layers.0.bias": (0.0,)}),
        loss=HALF_SQUARED_ERROR,
        optimizer=sgd(0.0),
    )
    return check_experiment(replace(experiment, **changes))  # type: ignore[arg-type]


def after_forward(bench: Bench) -> None:
    bench.session.navigator.go_to(Cursor(0, 2))


def at_the_end(bench: Bench) -> None:
    bench.session.navigator.go_to(Cursor(0, len(bench.session.moment.steps)))


def seen(bench: Bench) -> QImage:
    return bench.view.chart.grab().toImage()


def at(bench: Bench, pane: int, z: float, height: float) -> QPoint:
    frames = bench.view.chart.frames
    assert frames is not None
    return frames[pane].at(z, height).toPoint()


def shows(image: QImage, place: QPoint, color: QColor | str, reach: int = 1) -> bool:
    around = range(-reach, reach + 1)
    return any(image.pixelColor(place + QPoint(x, y)) == QColor(color) for x in around for y in around)


def test_both_curves_are_seen_where_torch_has_them(make: Make) -> None:
    bench = make(one(Choice("Sigmoid")))
    image = seen(bench)
    for z in (-3.5, -1.7, 0.6, 2.2):
        place = torch.tensor(z, dtype=torch.float64, requires_grad=True)
        a = torch.sigmoid(place)
        a.backward()
        assert place.grad is not None
        assert shows(image, at(bench, 0, z, a.item()), LIGHT.text)
        assert shows(image, at(bench, 1, z, place.grad.item()), LIGHT.backward)
        assert not shows(image, at(bench, 0, z, a.item() + 0.2), LIGHT.text)
        assert not shows(image, at(bench, 1, z, place.grad.item() + 0.06), LIGHT.backward)


def test_each_sample_has_a_dot_on_both_and_the_shown_one_a_large_one_with_a_tangent(make: Make) -> None:
    bench = make(one(Choice("Sigmoid")))
    after_forward(bench)
    image, z = seen(bench), torch.tensor(Z, dtype=torch.float64)
    a = torch.sigmoid(z)
    heights = (a, a * (1 - a))
    for pane, hue in ((0, LIGHT.forward), (1, LIGHT.backward)):
        here = at(bench, pane, Z[0], heights[pane][0].item())
        # As far around it as no small dot goes.
        assert all(image.pixelColor(here + QPoint(*each)) == QColor(hue) for each in ((-3, 0), (3, 0), (0, 3), (0, -3)))
        for place in (1, 2):
            other = at(bench, pane, Z[place], heights[pane][place].item())
            assert shows(image, other, LIGHT.forward)
            assert not shows(image, other + QPoint(0, 8), LIGHT.forward)
    # The tangent at the large dot is as steep as f'.
    slope = heights[1][0].item()
    assert shows(image, at(bench, 0, Z[0] - 0.4, a[0].item() - 0.4 * slope), LIGHT.backward)
    assert [entry.name for entry in bench.view.legend.entries] == ["sample 1", "the others"]


def test_a_click_on_a_dot_shows_that_sample_everywhere(make: Make) -> None:
    bench = make(one(Choice("Tanh")))
    after_forward(bench)
    a = torch.tanh(torch.tensor(Z, dtype=torch.float64))
    QTest.mouseClick(bench.view.chart, Qt.MouseButton.LeftButton, pos=at(bench, 0, Z[2], a[2].item()))
    assert bench.session.moment.sample == 2
    function = bench.view.function
    assert function is not None
    assert (function.z, function.a) == (3.0, a[2].item())
    slope = (1 - a * a).tolist()
    QTest.mouseClick(bench.view.chart, Qt.MouseButton.LeftButton, pos=at(bench, 1, Z[1], slope[1]))
    assert bench.session.moment.sample == 1


@pytest.mark.parametrize(
    ("activation", "z", "said"),
    [
        ("Sigmoid", -2.3, f"ŷ: Sigmoid is almost flat at z = −2.3, f′(z) = 0.08282: 8.282 % of {GRADIENT}."),
        ("Sigmoid", 0.0, f"ŷ: Sigmoid has f′(z) = 0.25 at z = 0: 25 % of {GRADIENT}."),
        ("ReLU", -1.0, f"ŷ: ReLU is flat at z = −1, f′(z) = 0: nothing of {GRADIENT}."),
        ("ReLU", 2.0, f"ŷ: ReLU has f′(z) = 1 at z = 2: all of {GRADIENT}."),
        ("SELU", 2.0, f"ŷ: SELU has f′(z) = 1.051 at z = 2: 1.051 times {GRADIENT}."),
        ("SiLU", -2.0, f"ŷ: SiLU is almost flat at z = −2, f′(z) = −0.09078: 9.078 % of {GRADIENT}, {TURNED}."),
    ],
)  # fmt: skip
def test_it_says_how_much_of_the_gradient_goes_on(make: Make, activation: str, z: float, said: str) -> None:
    bench = make(one(Choice(activation), (z,)))
    after_forward(bench)
    assert bench.view.said.text().startswith(said)
    at_the_end(bench)
    moment = bench.session.moment
    back, error = (moment.number(refs.grad(ref), (0, 0)) for ref in (refs.activation(0), refs.pre_activation(0)))
    assert back is not None
    assert error is not None
    # What is said is what the program computes: the one is the other times the slope.
    place = torch.tensor(z, dtype=torch.float64, requires_grad=True)
    getattr(torch.nn, activation)()(place).backward()
    assert place.grad is not None
    assert error == pytest.approx(back * place.grad.item(), abs=1e-12)
    if back:
        assert " arrives, " in bench.view.said.text()


def test_a_kink_is_marked_with_the_slope_that_torch_takes(make: Make) -> None:
    bench = make(one(Choice("LeakyReLU", {"negative_slope": 0.2}), (0.0,)))
    after_forward(bench)
    kinked = "At z = 0 LeakyReLU has a corner: its slope is 0.2 below and 1 above. PyTorch takes 0.2."
    assert kinked in bench.view.said.text()
    assert bench.view.said.text().startswith("ŷ: LeakyReLU (negative slope 0.2) has f′(z) = 0.2 at z = 0")
    bench.session.number_editor.edit_number(refs.INPUT, (0, 0), 2.0)
    after_forward(bench)
    image = seen(bench)
    # f' has a gap: nothing of it between both sides. The mark is at the slope that is taken, hollow.
    middle = at(bench, 1, 0.0, 0.6)
    assert not shows(image, middle, LIGHT.backward)
    mark = at(bench, 1, 0.0, 0.2)
    assert image.pixelColor(mark) == QColor(LIGHT.surface)
    assert shows(image, mark - QPoint(0, 5), LIGHT.backward, 2)
    assert bench.view.legend.entries[-1].name == "kink: PyTorch takes 0.2"
    assert bench.view.chart._tip_at(QPointF(middle)).endswith(kinked)


def test_what_an_activation_has_learned_is_followed(make: Make) -> None:
    experiment = replace(one(Choice("PReLU", {"num_parameters": 1, "init": 0.25}), (-2.0, 1.0)), optimizer=sgd(0.5))
    bench = make(check_experiment(experiment))
    after_forward(bench)
    assert "PReLU (learned slope 0.25)" in bench.view.said.text()
    bench.session.navigator.go_to(Cursor(1, 2))
    found = bench.session.moment.number(refs.learned(0, "weight"), (0,))
    assert found is not None
    assert found != 0.25
    function = bench.view.function
    assert function is not None
    assert function.slope == found
    below = function.curve.pieces[0]
    assert below[1] == pytest.approx(found * below[0])


def test_softmax_is_over_its_own_z_with_the_others_held(make: Make) -> None:
    layers = LayerSpec(2, Choice("Tanh")), LayerSpec(3, Choice("Softmax"))
    data = DataSpec(((1.0, -2.0), (-3.0, 4.0)), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    made = article(network=NetworkSpec(2, layers), data=data, parameters={})
    bench = make(made)
    at_the_end(bench)
    bench.session.selector.select(refs.pre_activation(1), (0, 1))
    moment, function = bench.session.moment, bench.view.function
    assert function is not None
    row = torch.tensor([moment.lists(refs.pre_activation(1))[0]], dtype=torch.float64, requires_grad=True)
    a = torch.softmax(row, 1)
    a[0, 1].backward()
    assert row.grad is not None
    assert function.slope == pytest.approx(row.grad[0, 1].item())
    assert function.a == pytest.approx(a[0, 1].item())
    text = bench.view.said.text()
    assert text.startswith("ŷ₂: Softmax makes a of all z of a sample. Here this z alone changes")
    assert "∂a/∂z" in text
    # The curve goes through the large dot; the other sample is on another curve, and hollow.
    z, values, _ = function.curve.pieces[0]
    nearest = abs(z - function.z).argmin()
    assert values[nearest] == pytest.approx(function.a, abs=0.01)
    assert function.samples is not None
    image, (other_z, other_a) = seen(bench), (float(part[1]) for part in (function.samples.z, function.samples.a))
    other = at(bench, 0, other_z, other_a)
    assert image.pixelColor(other).lightness() > 240
    assert shows(image, other + QPoint(2, 0), LIGHT.forward)


def test_it_follows_the_selected_neuron_and_what_is_known(make: Make) -> None:
    bench = make(article())
    assert bench.view.said.text().endswith("z is not computed yet: → steps to it. At z = 0 ReLU has a corner: its "
                                           "slope is 0 below and 1 above. PyTorch takes 0.")  # fmt: skip
    bench.session.navigator.step_forward()
    assert "a is not computed yet" in bench.view.said.text()
    assert not shows(seen(bench), at(bench, 0, 0.5, 0.5), LIGHT.forward)
    at_the_end(bench)
    for ref, index, name in ((refs.activation(0), (1, 1), "h₂: ReLU"), (refs.weight(1), (0, 1), "ŷ: Identity")):
        bench.session.selector.select(ref, index)
        assert bench.view.said.text().startswith(name)
    assert bench.session.moment.sample == 1


def test_an_a_that_was_set_by_hand_lies_beside_the_curve(make: Make) -> None:
    bench = make(one(Choice("Identity"), (1.0,)))
    after_forward(bench)
    bench.session.number_editor.edit_number(refs.activation(0), (0, 0), 3.0)
    here = at(bench, 0, 1.0, 3.0)
    assert seen(bench).pixelColor(here) == QColor(LIGHT.forward)


def test_many_samples_are_counted_in_a_strip(make: Make) -> None:
    bench = make(one(Choice("Tanh"), tuple(-1 + place / 100 for place in range(101))))
    after_forward(bench)
    frames = bench.view.chart.frames
    assert frames is not None
    image, row = seen(bench), int(frames[0].area.bottom() + bench.appearance.size(16)) - 4
    bar = LIGHT.tint(LIGHT.forward, 0.6)
    # From -1 to 0, and nowhere else.
    for z, is_there in ((-3.0, False), (-0.8, True), (-0.2, True), (0.3, False), (2.0, False)):
        place = QPoint(at(bench, 0, z, 0.0).x(), row)
        assert shows(image, place, bar, 2) == is_there, z


def test_numbers_that_are_none_or_too_large_are_said(make: Make) -> None:
    bench = make(one(Choice("Tanh"), (float("1e308"), 1.0)))
    after_forward(bench)
    assert bench.view.chart.picture is None
    assert bench.view.accessibleName() == TOO_LARGE
    weights = parameters({"layers.0.weight": ((10.0,),), "layers.0.bias": (0.0,)})
    bench = make(one(Choice("Tanh"), (float("1e308"), 0.05), parameters=weights))
    after_forward(bench)
    assert bench.view.said.text().startswith("ŷ: Tanh is flat at z = ∞, f′(z) = 0")
    assert "1 sample has a z that is not finite" in bench.view.said.text()
    assert shows(seen(bench), at(bench, 0, 0.5, float(torch.tanh(torch.tensor(0.5)))), LIGHT.forward)


def test_where_there_is_little_room_the_panes_stand_beside_each_other(make: Make) -> None:
    bench = make(one(Choice("ReLU")))
    after_forward(bench)
    high = bench.view.chart.frames
    bench.view.resize(*LOW)
    QApplication.processEvents()
    low = bench.view.chart.frames
    assert high is not None
    assert low is not None
    assert high[0].plot.left() == high[1].plot.left()
    assert high[0].plot.bottom() < high[1].plot.top()
    assert low[0].plot.right() < low[1].plot.left()
    assert not bench.view.legend.isVisible()
    # What is not said for want of room is told to those who hear it.
    assert "corner" not in bench.view.said.text()
    assert "corner" in bench.view.chart.accessibleDescription()
    image = seen(bench)
    assert shows(image, at(bench, 0, 2.0, 2.0), LIGHT.text)
    assert shows(image, at(bench, 1, 2.0, 1.0), LIGHT.backward)


def test_the_numbers_are_copied_and_told(make: Make) -> None:
    bench = make(one(Choice("Tanh"), (0.5, -1.0)))
    after_forward(bench)
    bench.view.chart.setFocus()
    QTest.keyClick(bench.view.chart, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0] == ["", "z", "a", "f′(z)"]
    a = torch.tanh(torch.tensor([0.5, -1.0], dtype=torch.float64))
    assert [float(each) for each in lines[2][1:]] == [-1.0, a[1].item(), (1 - a * a)[1].item()]
    table = bench.view.numbers()
    assert table is not None
    assert [list(column) for column in table.columns][1] == [0.5, -1.0]
    told = bench.view.chart._tip_at(QPointF(at(bench, 0, -1.0, a[1].item())))
    assert told.startswith("Sample 2\nz = −1\na = −0.7615941559557649")


def test_before_the_engine_it_says_so(make: Make) -> None:
    bench = make(article(), ready=False)
    assert bench.view.accessibleName() in (NOT_READY, "Activation: h₁: ReLU")
