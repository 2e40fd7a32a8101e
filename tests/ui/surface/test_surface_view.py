"""The loss surface as it is seen: its colours, its lines, the way on it, and what a click does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.trace import Executor
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.screen.surfaces import PlaneKind
from chainrule.ui.plots.path_chart import Picture
from chainrule.ui.surface.view import NOT_MOVED, ONE_WEIGHT, SurfaceView
from tests.experiments import article, dense, neuron
from tests.formulas import formula_experiment
from tests.ui.plots.view_bench import ViewBench, benches

SurfaceBench = ViewBench[SurfaceView]
Make = Callable[..., SurfaceBench]
SIZE = (460, 480)


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    with benches(SurfaceView, SIZE) as made:
        yield made


def bowl() -> Experiment:
    return formula_experiment("f = x^2 + 4*y^2", parameters={"x": 1.0, "y": 2.0}, optimizer={"name": "SGD", "lr": 0.05})


def drawn(bench: SurfaceBench) -> Picture:
    bench.view.draw_finely()
    found = bench.view.chart.picture
    assert found is not None
    return found


def loss_of(bench: SurfaceBench) -> float:
    found = bench.session.moment.numbers.tensor(ValueRef("loss"))
    assert found is not None
    return float(found)


def test_a_formula_of_two_parameters_is_its_own_surface_with_the_way_on_it(make: Make) -> None:
    bench = make(bowl(), train=20)
    found = drawn(bench)
    assert found.up is not None
    assert found.values.shape == (101, 101)
    assert found.values == pytest.approx(found.across[None, :] ** 2 + 4 * found.up[:, None] ** 2)
    # A tenth of x and four tenths of y are taken away by each step.
    assert found.iterations.tolist() == list(range(21))
    assert found.points == pytest.approx(np.stack([0.9 ** np.arange(21), 2 * 0.6 ** np.arange(21)], axis=1))
    assert found.names == ("x (now 0.1351)", "y (now 0.0001219)")


def test_the_middle_of_two_weights_is_the_loss_and_axes_name_them(make: Make) -> None:
    bench = make(article())
    found = drawn(bench)
    assert found.up is not None
    moment = bench.session.moment
    weight = moment.lists(ValueRef("layers.0.weight"))
    assert found.here == (weight[0][0], weight[0][1])
    loss = loss_of(bench)
    assert (found.across[50], found.up[50]) == pytest.approx(found.here)
    assert found.values[50, 50] == pytest.approx(loss, rel=1e-12)
    assert found.names[0].startswith("w₁₁⁽¹⁾ (now ")
    # Elsewhere it is what the trace says with the weights there.
    executor, state = Executor(article()), Executor(article()).initial_state()
    moved = state.values[ValueRef("layers.0.weight")].clone()
    moved[0, 0], moved[0, 1] = found.across[7], found.up[81]
    values = executor.values(type(state)(0, {**state.values, ValueRef("layers.0.weight"): moved}))
    assert found.values[81, 7] == pytest.approx(float(values[ValueRef("loss")]), rel=1e-12)


def test_the_higher_is_the_stronger_in_the_picture_and_the_scale_has_its_numbers(make: Make) -> None:
    bench = make(bowl())
    found = drawn(bench)
    chart, theme = bench.view.chart, bench.appearance.theme
    frame, ratio = chart.frame, chart.devicePixelRatio()
    assert frame is not None
    assert found.ground is not None
    assert found.up is not None
    image = chart.grab().toImage()

    def color(x: float, y: float) -> QColor:
        return image.pixelColor((frame.at(x, y) * ratio).toPoint())

    def away(color: QColor) -> float:
        """How far a colour is from that of the card."""
        surface = QColor(theme.surface)
        pairs = zip(
            (color.red(), color.green(), color.blue()), (surface.red(), surface.green(), surface.blue()), strict=True
        )
        return sum((one - other) ** 2 for one, other in pairs) ** 0.5

    def strength(x: float, y: float) -> float:
        """How far from the surface the strongest pixel around a place is that is of no line."""
        near = [color(x + dx, y + dy) for dx in (-0.02, 0, 0.02) for dy in (-0.02, 0, 0.02)]
        return min(away(one) for one in near)

    low, high = strength(0.3, 0.9), strength(found.across[3], found.up[-4])
    assert high > 100
    assert low < 40
    # The scale is as strong at its top and as pale at its foot, with round numbers beside it.
    bar = frame.plot.right() + bench.appearance.size(10) + 6
    top, foot = (
        image.pixelColor((QPointF(bar, y) * ratio).toPoint()) for y in (frame.plot.top() + 4, frame.plot.bottom() - 4)
    )
    assert away(top) > 100
    assert away(foot) < 30
    assert len(found.ground.ticks) >= 3
    assert all(0 <= share <= 1 for share, _ in found.ground.ticks)


def test_a_place_without_a_number_is_hatched_and_said(make: Make) -> None:
    bench = make(formula_experiment("f = log(x) + y^2", parameters={"x": 0.2, "y": 1.0}))
    found = drawn(bench)
    assert np.isnan(found.values[:, 0]).all()
    assert np.isfinite(found.values[:, -1]).all()
    assert "Hatched: not finite (NaN or infinite)" in bench.view.said.text()
    assert found.up is not None
    chart = bench.view.chart
    frame, image = chart.frame, chart.grab().toImage()
    assert frame is not None
    at = frame.at(found.across[5], found.up[50]).toPoint()
    seen = {image.pixelColor(at.x() + x, at.y() + y).name() for x in range(-5, 6) for y in range(-5, 6)}
    theme = bench.appearance.theme
    assert {theme.muted, theme.window} <= seen


def test_the_logarithm_is_of_the_same_losses(make: Make) -> None:
    bench = make(bowl())
    plain = drawn(bench).values
    bench.view.choices.log.click()
    found = bench.view.chart.picture
    assert found is not None
    assert 10 ** found.values[plain > 0] == pytest.approx(plain[plain > 0])
    # At 0 there is none.
    assert np.isnan(found.values[plain <= 0]).all()


def test_a_click_sets_the_two_weights_there_as_one_edit(make: Make) -> None:
    bench = make(bowl(), train=3)
    found = drawn(bench)
    assert found.up is not None
    frame = bench.view.chart.frame
    assert frame is not None
    count = bench.session.undo_stack.count()
    at = frame.at(0.3, -0.9).toPoint()
    place = bench.view.chart.place_at(QPointF(at))
    assert place is not None
    QTest.mouseClick(bench.view.chart, Qt.MouseButton.LeftButton, pos=at)
    moment = bench.session.moment
    assert (moment.lists(ValueRef("x")), moment.lists(ValueRef("y"))) == pytest.approx(place)
    assert bench.session.undo_stack.count() == count + 1
    assert bench.session.undo_stack.text(count) == "Set two weights"
    bench.session.undo_stack.undo()
    assert bench.session.moment.lists(ValueRef("x")) == pytest.approx(0.9**2)


def test_before_the_first_iteration_a_click_sets_the_experiments_own_numbers(make: Make) -> None:
    bench = make(article())
    drawn(bench)
    frame = bench.view.chart.frame
    assert frame is not None
    at = frame.plot.center() + QPointF(40, 30)
    place = bench.view.chart.place_at(QPointF(at.toPoint()))
    QTest.mouseClick(bench.view.chart, Qt.MouseButton.LeftButton, pos=at.toPoint())
    given = bench.session.experiment.parameters[ValueRef("layers.0.weight")]
    assert given[0] == pytest.approx(place)  # type: ignore[index]


def test_a_tip_says_the_loss_of_its_place_with_all_digits(make: Make) -> None:
    bench = make(bowl())
    drawn(bench)
    assert bench.view._tell_place(0.5, 0.25).splitlines()[:2] == ["value of f 0.5", "x = 0.5"]


def test_the_ways_of_other_optimizers_are_those_of_torch(make: Make) -> None:
    bench = make(bowl(), train=2)
    bench.view.choices.compared.choose("all four")
    bench.view.choices.length.choose("20 steps")
    found = drawn(bench)
    assert len(found.others) == 4
    assert len({(other.color.name(), other.style) for other in found.others}) == 4
    start = [float(bench.session.moment.lists(ValueRef(name))) for name in "xy"]
    makers: tuple[Callable[[list[torch.Tensor]], torch.optim.Optimizer], ...] = (
        lambda p: torch.optim.SGD(p, lr=0.05),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
        lambda p: torch.optim.RMSprop(p, lr=0.05),
        lambda p: torch.optim.Adam(p, lr=0.05),
    )
    for other, maker in zip(found.others, makers, strict=True):
        x, y = (torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in start)
        optimizer, points = maker([x, y]), [start]
        for _ in range(20):
            optimizer.zero_grad()
            (x**2 + 4 * y**2).backward()
            optimizer.step()
            points.append([x.item(), y.item()])
        assert other.points == pytest.approx(np.array(points), rel=1e-10)
    names = [entry.name.split()[0] for entry in bench.view.legend.entries]
    assert names[-4:] == ["SGD", "momentum", "RMSprop", "Adam"]


def test_directions_have_the_loss_in_their_middle_and_say_what_they_are(make: Make) -> None:
    bench = make(article(), train=5)
    loss = loss_of(bench)
    for kind, name in (
        (PlaneKind.RANDOM, "random direction 1"),
        (PlaneKind.PRINCIPAL, "1st direction ("),
    ):
        bench.view.choices.kind.choose(kind.value)
        found = drawn(bench)
        assert found.here == pytest.approx((0.0, 0.0), abs=1e-12)
        assert found.values[50, 50] == pytest.approx(loss, rel=1e-12)
        assert found.names[0].startswith(name)
        assert "as its shadow" in bench.view.said.text()
    bench.view.choices.kind.choose(PlaneKind.RANDOM.value)
    before = drawn(bench).values
    bench.view.choices.again.click()
    assert not np.allclose(drawn(bench).values, before)


def test_what_cannot_be_drawn_is_said(make: Make) -> None:
    bench = make(article())
    bench.view.choices.kind.choose(PlaneKind.PRINCIPAL.value)
    assert bench.view.said.text() == NOT_MOVED
    alone = make(formula_experiment("f = x^2", parameters={"x": 1.0}))
    alone.view.draw()
    assert alone.view.said.text() == ONE_WEIGHT


@pytest.mark.parametrize("why", [ONE_WEIGHT, NOT_MOVED])
def test_what_was_drawn_is_taken_away_where_nothing_can_be_drawn(make: Make, why: str) -> None:
    bench = make(bowl(), train=3)
    drawn(bench)
    assert bench.view.legend.entries
    if why == ONE_WEIGHT:
        bench.session.file.open(formula_experiment("f = x^2", parameters={"x": 1.0}), None)
    else:
        bench.view.choices.kind.choose(PlaneKind.PRINCIPAL.value)
        drawn(bench)
        bench.session.file.open(bowl(), None)
    bench.view.draw()
    assert bench.view.said.text() == why
    assert bench.view.chart.picture is None
    assert bench.view.legend.entries == ()
    assert bench.view.numbers() is None
    assert bench.view.accessibleName() == "Loss surface"
    bench.view.zoom(1)


def test_the_selected_weight_and_its_neighbour_are_the_axes_until_others_are_chosen(make: Make) -> None:
    bench = make(article())
    bench.session.selector.select(ValueRef("layers.1.weight"), (0, 1))
    weight, bias = (ValueRef("layers.1.weight"), (0, 1)), (ValueRef("layers.1.bias"), (0,))

    def shown() -> tuple[object, object]:
        question = bench.view.choices.question
        return question.across, question.up

    assert shown() == (weight, bias)
    up = bench.view.choices.up
    across = bench.view.choices.across.choice
    up.choose(across)
    assert shown() == (bias, weight)
    bench.session.selector.select(ValueRef("layers.0.weight"), (0, 0))
    assert shown() == (bias, weight)


def test_it_is_rough_at_first_fine_behind_it_and_computed_in_sight_alone(make: Make, qtbot: QtBot) -> None:
    bench = make(article())
    bench.view.draw()
    assert bench.view.chart.picture is not None
    assert bench.view.chart.picture.values.shape == (21, 21)
    with qtbot.waitSignal(bench.view.slicer.finished):
        pass
    assert bench.view.chart.picture.values.shape == (101, 101)
    bench.view.hide()
    bench.session.navigator.step_forward()
    bench.train(3)
    bench.show()
    assert not bench.view.slicer.is_active
    assert not bench.view._timer.isActive()
    assert bench.view.chart.picture.values.shape == (101, 101)


def test_what_was_begun_is_finished_with_the_numbers_of_its_own_iteration(make: Make, qtbot: QtBot) -> None:
    bench = make(dense((2, 2, 1), 4, data=replace(dense((2, 2, 1), 4).data, batch_size=2)))
    bench.view.draw()
    loss = loss_of(bench)
    bench.session.navigator.go_to(Cursor(1))
    assert loss_of(bench) != pytest.approx(loss)
    # The next surface is not begun before this one is at its end.
    bench.view._timer.stop()
    with qtbot.waitSignal(bench.view.slicer.finished):
        pass
    found = bench.view.chart.picture
    assert found is not None
    assert found.values.shape == (101, 101)
    assert found.values[50, 50] == pytest.approx(loss, rel=1e-12)


def test_of_another_network_nothing_is_computed_with_the_weights_of_before(make: Make) -> None:
    bench = make(article())
    bench.view.draw()
    bench.session.file.open(dense((1, 3, 1), 4), None)
    # A tip, or a slice of the work, may come before the next surface.
    assert bench.view._tell_place(0.5, 0.5) == ""
    assert not bench.view.slicer.is_active
    assert np.isfinite(drawn(bench).values).all()


def test_one_neuron_has_a_weight_and_a_bias(make: Make) -> None:
    bench = make(neuron("Sigmoid", (1.0,), (0.5,), 0.1, 1.0, 0.1))
    found = drawn(bench)
    assert found.values.shape == (101, 101)


@pytest.mark.parametrize("kind", list(PlaneKind))
def test_the_way_begins_where_its_parameters_do(make: Make, kind: PlaneKind) -> None:
    bench = make(article(), train=6)
    bench.session.navigator.go_to(Cursor(4))
    for slopes, begins in ((1, 4), (2, 6)):
        chosen = edits.set_activation(0, Choice("PReLU", {"num_parameters": slopes}))
        bench.session.editor.edit("PReLU", chosen)
        for _ in range(3):
            bench.session.navigator.move(Stride.ITERATION)
        bench.view.choices.kind.choose(kind.value)
        # The slopes have no part in random directions.
        assert drawn(bench).iterations.tolist()[0] == (begins if kind is PlaneKind.PRINCIPAL else 0)
    bench.session.navigator.go_to(Cursor(1))
    assert drawn(bench).iterations.tolist()[0] == 0
