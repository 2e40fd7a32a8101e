"""What the network has learned, as it is seen: where the boundary, the curve and the rows are, and what is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import exp

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.learned import chart, composing
from chainrule.ui.learned.colors import STRONGEST
from chainrule.ui.learned.view import LearnedView
from chainrule.ui.style.appearance import DARK, LIGHT
from tests.experiments import dense, parameters, sgd
from tests.ui.plots.view_bench import ViewBench

LearnedBench = ViewBench[LearnedView]
Make = Callable[..., LearnedBench]
SIZE = (420, 380)
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[LearnedBench] = []

    def make_bench(experiment: Experiment, *, ready: bool = True) -> LearnedBench:
        bench = ViewBench(LearnedView, experiment, SIZE, ready=ready)
        made.append(bench)
        QApplication.processEvents()
        bench.view.draw()
        return bench

    yield make_bench
    for bench in made:
        bench.close()


def step_at(place: float, **changes: object) -> Experiment:
    """One neuron whose sigmoid rises steeply along x₁, and is 0.5 at a place; the rows are the corners of a square."""
    data = DataSpec(CORNERS, ((0.0,), (0.0,), (1.0,), (1.0,)), test_size=0.25)
    experiment = Experiment(
        network=NetworkSpec(2, (LayerSpec(1, Choice("Sigmoid")),)),
        data=data,
        parameters=parameters({"layers.0.weight": ((40.0, 0.0),), "layers.0.bias": (-40.0 * place,)}),
        optimizer=sgd(0.0),
    )
    return check_experiment(replace(experiment, **changes))  # type: ignore[arg-type]


def seen(bench: LearnedBench) -> QImage:
    return bench.view.chart.grab().toImage()


def at(bench: LearnedBench, x: float, y: float) -> QPoint:
    frame = bench.view.chart.frame
    assert frame is not None
    return frame.at(x, y).toPoint()


def near(image: QImage, place: QPoint, color: QColor | str, reach: int = 2) -> bool:
    """Whether a colour is seen within some pixels of a place."""
    around = range(-reach, reach + 1)
    return any(image.pixelColor(place + QPoint(x, y)) == QColor(color) for x in around for y in around)


def is_nearer(found: QColor, one: str, other: str) -> bool:
    """Whether a colour is more like one than like another."""
    channels = [np.array(color.getRgb()) for color in (found, QColor(one), QColor(other))]
    return bool(np.abs(channels[0] - channels[1]).sum() < np.abs(channels[0] - channels[2]).sum())


def test_the_boundary_is_a_line_between_blue_and_orange_where_the_output_is_a_half(make: Make) -> None:
    bench = make(step_at(0.3))
    image = seen(bench)
    below, above = (LIGHT.tint(hue, STRONGEST) for hue in (LIGHT.negative, LIGHT.positive))
    for y in (0.2, 0.5, 0.8):
        assert near(image, at(bench, 0.3, y), LIGHT.text)
        assert not near(image, at(bench, 0.34, y), LIGHT.text)
        assert image.pixelColor(at(bench, 0.1, y)) == below
        assert image.pixelColor(at(bench, 0.7, y)) == above
    assert [entry.name for entry in bench.view.legend.entries] == ["target 0", "target 1", "test rows", "ŷ = 0.5"]


def test_each_row_is_a_mark_of_its_class_at_its_place_and_hollow_where_it_is_held_back(make: Make) -> None:
    bench = make(step_at(0.3))
    image = seen(bench)
    for row, (x, y) in enumerate(CORNERS):
        place, hue = at(bench, x, y), QColor((LIGHT.negative, LIGHT.positive)[row > 1])
        is_test = row == 3
        assert image.pixelColor(place) == (QColor(LIGHT.surface) if is_test else hue), row
        assert near(image, place, hue, 5)
    # A circle has no corners, a square has.
    circle, square = at(bench, 0.0, 1.0), at(bench, 1.0, 0.0)
    corners = [QPoint(x, y) for x in (-3, 3) for y in (-3, 3)]
    assert all(is_nearer(image.pixelColor(square + corner), LIGHT.positive, LIGHT.surface) for corner in corners)
    assert not all(is_nearer(image.pixelColor(circle + corner), LIGHT.negative, LIGHT.surface) for corner in corners)


def test_the_ring_is_around_the_shown_sample_and_a_click_shows_another(make: Make, qtbot: QtBot) -> None:
    bench = make(step_at(0.3))
    ring = QPoint(8, 0)
    assert near(seen(bench), at(bench, 0.0, 0.0) + ring, LIGHT.text)
    QTest.mouseClick(bench.view.chart, Qt.MouseButton.LeftButton, pos=at(bench, 1.0, 0.0))
    assert bench.session.moment.sample == 2
    image = seen(bench)
    assert near(image, at(bench, 1.0, 0.0) + ring, LIGHT.text)
    assert not near(image, at(bench, 0.0, 0.0) + ring, LIGHT.text)
    with qtbot.waitSignal(bench.session.signals.informed) as said:
        QTest.mouseClick(bench.view.chart, Qt.MouseButton.LeftButton, pos=at(bench, 1.0, 1.0))
    assert said.args == ["Row 4 is held back for the test: the stage does not show it."]
    assert near(seen(bench), at(bench, 1.0, 1.0) + ring, LIGHT.text)
    bench.session.selector.show_sample(1)
    assert near(seen(bench), at(bench, 0.0, 1.0) + ring, LIGHT.text)


@pytest.mark.parametrize("batch_size", [None, 2])
def test_the_ring_goes_with_the_row_that_the_stage_shows_where_rows_are_shuffled(
    make: Make, batch_size: int | None
) -> None:
    data = replace(step_at(0.3).data, test_size=0.0, shuffle=True, batch_size=batch_size)
    bench = make(step_at(0.3, data=data))

    def ringed() -> list[int]:
        image = seen(bench)
        return [row for row, place in enumerate(CORNERS) if near(image, at(bench, *place) + QPoint(8, 0), LIGHT.text)]

    shown = []
    for iteration in range(8):
        bench.session.navigator.go_to(Cursor(iteration, 1))
        shown.append(tuple(bench.session.moment.numbers.lists(refs.INPUT)[0]))
        assert ringed() == [CORNERS.index(shown[-1])], iteration
    assert len(set(shown)) > 1
    # Also at rest after a run, and where another row was chosen before.
    QTest.mouseClick(bench.view.chart, Qt.MouseButton.LeftButton, pos=at(bench, *CORNERS[ringed()[0] ^ 1]))
    bench.train(6)
    bench.view.draw()
    moment = bench.session.moment
    assert ringed() == [CORNERS.index(tuple(moment.numbers.lists(refs.INPUT)[moment.sample]))]


def test_what_was_drawn_is_drawn_again_after_inputs_that_are_too_large_for_it(make: Make) -> None:
    experiment = dense((3, 2, 1), 4)
    rows = ((0.0, 1.0, 1.5e308), (1.0, 0.0, -1.5e308), (1.0, 1.0, 0.0), (0.0, 0.0, 0.0))
    experiment = replace(experiment, data=replace(experiment.data, inputs=Rows.of(rows)))
    bench = make(check_experiment(experiment))
    before = seen(bench)
    for number, message in ((3, chart.TOO_LARGE), (2, "")):
        bench.view.choices.up.choice_edited.emit(f"x{chr(0x2080 + number)}")
        assert bench.view.chart._message == message
    assert seen(bench) == before


def test_a_place_and_a_row_are_read_with_every_digit(make: Make) -> None:
    bench = make(step_at(0.3))
    view, position = bench.view, at(bench, 0.31, 0.5)
    place = view.chart.place_at(QPointF(position))
    assert place is not None
    lines = dict(line.split(" = ") for line in view._tell(place, None).splitlines())
    x = float(lines["x₁"])
    assert x == pytest.approx(0.31, abs=0.005)
    assert float(lines["ŷ"]) == pytest.approx(1 / (1 + exp(-40 * (x - 0.3))), rel=1e-12)
    output = bench.session.moment.numbers.lists(refs.activation(0))[2][0]
    assert view._tell((1.0, 0.0), 2).splitlines()[:4] == ["Row 3", "x₁ = 1", "x₂ = 0", "target 1"]
    assert float(view._tell((1.0, 0.0), 2).splitlines()[-1].removeprefix("ŷ = ")) == output
    assert view._tell((1.0, 1.0), 3).startswith("Row 4, held back for the test")
    assert view.chart.row_at(QPointF(at(bench, 1.0, 0.0))) == 2
    assert view.chart.row_at(QPointF(at(bench, 0.5, 0.5))) is None


def test_it_follows_training_under_the_parameters_that_the_iteration_starts_from(make: Make, qtbot: QtBot) -> None:
    flat = parameters({"layers.0.weight": ((4.0, 0.0),), "layers.0.bias": (-1.2,)})
    bench = make(step_at(0.3, optimizer=sgd(1.0), parameters=flat))
    bench.session.navigator.go_to(Cursor(40, 0))
    qtbot.waitUntil(lambda: bench.view._drawn.value is True)
    moment = bench.session.moment
    (across, up), bias = moment.numbers.lists(refs.weight(0))[0], moment.numbers.lists(refs.bias(0))[0]
    turned = -(bias + 0.5 * up) / across
    assert abs(turned - 0.3) > 0.05
    assert near(seen(bench), at(bench, turned, 0.5), LIGHT.text)


def test_in_a_run_it_is_drawn_at_once_and_finely_when_all_is_still(
    make: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make(step_at(0.3, optimizer=sgd(1.0)))
    drawn: list[bool] = []
    compose = composing.compose

    def composed(*given: object, quick: bool) -> object:
        drawn.append(quick)
        return compose(*given, quick=quick)  # type: ignore[arg-type]

    monkeypatch.setattr("chainrule.ui.learned.view.compose", composed)
    for iteration in (1, 2, 3):
        bench.session.navigator.show_iteration(iteration)
        bench.show()
    assert drawn == [True] * 3
    qtbot.waitUntil(lambda: drawn == [True] * 3 + [False])
    bench.session.navigator.step_back()
    assert len(drawn) == 4


def test_out_of_sight_nothing_is_computed_until_it_is_seen_again(make: Make, qtbot: QtBot) -> None:
    bench = make(step_at(0.3))
    bench.session.navigator.go_to(Cursor(1, 0))
    bench.view.hide()
    assert not bench.view._rest.isActive()
    assert bench.view._drawn.value is False
    bench.view.show()
    qtbot.waitUntil(lambda: bench.view._drawn.value is True)


def test_other_colours_are_there_also_where_they_were_chosen_out_of_sight(make: Make, qtbot: QtBot) -> None:
    bench = make(step_at(0.3))
    for is_seen in (True, False):
        bench.view.setVisible(is_seen)
        dark = bench.appearance.is_dark
        bench.appearance.set_scheme(Qt.ColorScheme.Light if dark else Qt.ColorScheme.Dark)
        bench.view.show()
        theme = LIGHT if dark else DARK
        wanted = theme.tint(theme.positive, STRONGEST)
        qtbot.waitUntil(lambda: seen(bench).pixelColor(at(bench, 0.7, 0.5)) == wanted)  # noqa: B023 - now


def three_classes() -> Experiment:
    """Three outputs of which x₁, x₂ and 0 are the values: each is the largest in a part of the plane."""
    data = DataSpec(((1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)), ((0.0,), (1.0,), (2.0,)))
    return check_experiment(
        Experiment(
            network=NetworkSpec(2, (LayerSpec(3),)),
            data=data,
            loss=Choice("CrossEntropyLoss"),
            parameters=parameters(
                {"layers.0.weight": ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)), "layers.0.bias": (0.0, 0.0, 0.0)}
            ),
        )
    )


def test_three_classes_have_a_ground_each_and_lines_between_them(make: Make) -> None:
    bench = make(three_classes())
    image = seen(bench)
    grounds = [image.pixelColor(at(bench, x, y)) for x, y in ((0.9, 0.2), (0.2, 0.9), (-0.6, -0.4))]
    assert len({color.name() for color in grounds}) == 3
    for x, y in ((0.6, 0.6), (0.0, -0.6), (-0.6, 0.0)):
        assert near(image, at(bench, x, y), LIGHT.text), (x, y)
    for x, y in ((0.6, -0.6), (-0.6, -0.3), (0.0, 0.6)):
        assert not near(image, at(bench, x, y), LIGHT.text), (x, y)
    shapes = [entry.mark.shape for entry in bench.view.legend.entries if entry.mark]
    assert len(set(shapes)) == 3
    assert "class 0, of outputs 0.9, 0.2, 0" in bench.view._tell((0.9, 0.2), None)


def test_a_probability_is_chosen_and_kept_over_edits(make: Make) -> None:
    bench = make(three_classes())
    field = bench.view.choices.reading
    names = [field.itemText(place) for place in range(field.count())]
    assert names == ["class", *(f"probability of ŷ{n}" for n in "₁₂₃"), *(f"ŷ{n}" for n in "₁₂₃")]
    field.choose("probability of ŷ₂")
    bench.session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5)))
    assert field.choice == "probability of ŷ₂"
    bench.view.draw()
    # Where the others are 0, e to y is a half of all where y is log 2.
    assert near(seen(bench), at(bench, 0.0, np.log(2.0)), LIGHT.text)


def test_one_input_gives_a_curve_with_the_targets_on_it(make: Make) -> None:
    inputs = ((-1.0,), (0.0,), (1.0,))
    experiment = Experiment(
        network=NetworkSpec(1, (LayerSpec(1),)),
        data=DataSpec(inputs, ((0.5,), (2.0,), (4.0,))),
        parameters=parameters({"layers.0.weight": ((2.0,),), "layers.0.bias": (1.0,)}),
    )
    bench = make(check_experiment(experiment))
    image = seen(bench)
    for x in (-0.5, 0.3, 0.8):
        assert near(image, at(bench, x, 2 * x + 1), LIGHT.text)
    for (x,), target in zip(inputs, (0.5, 2.0, 4.0), strict=True):
        assert image.pixelColor(at(bench, x, target)) == QColor(LIGHT.backward)
    picture = bench.view.chart.picture
    assert picture is not None
    assert picture.names == ("x", "ŷ")
    assert not bench.view.choices.isVisible()
    assert picture.here == (-1.0, 0.5)


def test_of_more_inputs_two_are_chosen_and_the_others_are_a_rows(make: Make) -> None:
    weights = {"layers.0.weight": ((1.0, 0.0, 1.0),), "layers.0.bias": (0.0,)}
    data = DataSpec(((0.0, 0.0, 0.25), (1.0, 1.0, -0.5)), ((-1.0,), (1.0,)))
    bench = make(
        check_experiment(Experiment(network=NetworkSpec(3, (LayerSpec(1),)), data=data, parameters=parameters(weights)))
    )
    view = bench.view
    assert view.held.text() == "x₃ = 0.25, as in row 1"
    assert near(seen(bench), at(bench, -0.1, 0.5), LIGHT.text) is False
    bench.session.selector.show_sample(1)
    view.draw()
    assert view.held.text() == "x₃ = −0.5, as in row 2"
    assert near(seen(bench), at(bench, 0.5, 0.5), LIGHT.text)
    view.choices.across.choose("x₂")
    assert (view.choices.across.choice, view.choices.up.choice) == ("x₂", "x₁")
    assert near(seen(bench), at(bench, 0.2, 0.5), LIGHT.text)
    view.choices.up.choose("x₃")
    assert view.held.text() == "x₁ = 1, as in row 2"
    names = DataNames(inputs=(DataColumn("weight"), DataColumn("height"), DataColumn("age")))
    assert (
        make(replace(dense((3, 1), 2), data=replace(data, names=names))).view.held.text()
        == "x₃ (age) = 0.25, as in row 1"
    )


def test_standardized_columns_are_drawn_and_read_in_their_own_units(make: Make) -> None:
    names = DataNames(inputs=(DataColumn("height", 170.0, 10.0), DataColumn("age", 40.0, 20.0)))
    plain = step_at(0.5)
    bench = make(replace(plain, data=replace(plain.data, names=names)))
    frame = bench.view.chart.frame
    assert frame is not None
    assert (frame.across.name, frame.down.name) == ("x₁ (height)", "x₂ (age)")
    assert near(seen(bench), at(bench, 175.0, 50.0), LIGHT.text)
    assert bench.view._tell((175.0, 50.0), None) == "x₁ (height) = 175\nx₂ (age) = 50\nŷ = 0.5"


@pytest.mark.parametrize("weight", ["nan", "inf"])
def test_parameters_that_are_no_numbers_are_said(make: Make, weight: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(step_at(0.3, optimizer=sgd(1e300)))
    trace = bench.session.moment.numbers.trace
    assert trace is not None
    trace.values[refs.weight(0)].fill_(float(weight))
    bench.view._drawn.keep((), False)
    bench.view.draw()
    image = seen(bench)
    if weight == "nan":
        assert bench.view.chart._message == chart.NOTHING
        assert image.pixelColor(at(bench, 0.5, 0.2)) == LIGHT.error_ground
    assert not image.isNull()


@pytest.mark.parametrize(
    "data",
    [
        DataSpec(((2.0, 3.0),), ((1.0,),)),
        DataSpec(((2.0, 0.0), (2.0, 1.0)), ((1.0,), (1.0,))),
        DataSpec(((1e308, 0.0), (-1e308, 1.0)), ((1.0,), (0.0,))),
    ],
    ids=["one row", "constant input", "too large"],
)
def test_extreme_data_are_drawn_or_said(make: Make, data: DataSpec) -> None:
    bench = make(step_at(0.3, data=data))
    if data.inputs[0][0] > 1e300:
        assert bench.view.chart._message == chart.TOO_LARGE
    else:
        # The ring has its middle free.
        assert near(seen(bench), at(bench, *data.inputs[0]), LIGHT.negative, 3)


def test_many_rows_are_said_to_be_a_part(make: Make) -> None:
    rows = tuple((row / 3000, (row % 7) / 7) for row in range(3000))
    data = DataSpec(rows, tuple((float(row % 2),) for row in range(3000)))
    bench = make(step_at(0.3, data=data))
    assert bench.view.header.isVisible()
    assert bench.view.header.number == "2,000 of 3,000 rows"
    image = seen(bench)
    assert near(image, at(bench, 0.05, 0.05), LIGHT.negative, 12)


def test_the_numbers_are_copied_and_read_out(make: Make) -> None:
    bench = make(step_at(0.3))
    view = bench.view
    view.chart.setFocus()
    QTest.keyClick(view.chart, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0][0] == "ŷ over x₁ (across), x₂ (down)"
    assert {len(line) for line in lines} == {22}
    for column in (1, 8, 21):
        x = float(lines[0][column])
        assert float(lines[5][column]) == pytest.approx(1 / (1 + exp(-40 * (x - 0.3))), rel=1e-12)
    assert view.accessibleName() == "Learned: ŷ over x₁ and x₂"
    assert view.chart.accessibleDescription().startswith("ŷ over x₁ (across), x₂ (down), −0.12, ")


def test_before_the_engine_is_there_it_says_so(make: Make) -> None:
    bench = make(dense((2, 2, 1), 3), ready=False)
    assert "engine" in bench.view.accessibleName()
    assert not seen(bench).isNull()
