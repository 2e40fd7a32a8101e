"""Points that are drawn by hand: short numbers, the classes in their order, and the data that they become."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.model.importing.sketch import (
    MOST_POINTS,
    MOST_STROKES,
    Plane,
    Sketch,
    SketchHistory,
    SketchPoint,
    check_side,
    sketch_of,
)
from tests.experiments import article

CORNERS = (SketchPoint(0.5, 1.25, 1), SketchPoint(-1.0, 2.0, 0), SketchPoint(2.0, -2.0, 1))
SIDES = st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))


def three_classes() -> Experiment:
    """Two inputs and three classes with names, some rows for the test, in another order each epoch."""
    data = DataSpec(
        Rows.of(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (2.0, 2.0))),
        Rows.of(((0.0,), (2.0,), (1.0,), (2.0,))),
        test_size=0.25,
        shuffle=True,
        names=DataNames((DataColumn("height"), DataColumn("width")), (DataColumn("kind"),), ("oak", "fir", "ash")),
    )
    network = NetworkSpec(2, (LayerSpec(4, Choice("Tanh")), LayerSpec(3, Choice("Identity"))))
    loss = Choice("CrossEntropyLoss", {"reduction": "mean"})
    return checked_experiment(replace(article(), network=network, data=data, loss=loss, parameters={}))


def test_points_come_in_as_rows_with_the_classes_in_their_own_order() -> None:
    sketch = Sketch(CORNERS, ("red", "blue"))
    made = checked_experiment(sketch.draft().edit(article())(article()))
    assert tuple(made.data.inputs) == ((0.5, 1.25), (-1.0, 2.0), (2.0, -2.0))
    assert tuple(made.data.targets) == ((1.0,), (0.0,), (1.0,))
    # Not as the alphabet has them: the colours of the pad stay.
    assert made.data.names.classes == ("red", "blue")
    assert [column.name for column in made.data.names.inputs] == ["x", "y"]
    assert made.network.outputs == 2
    assert made.loss.name == "CrossEntropyLoss"
    assert made.title == "Sketch"


def test_a_class_without_points_is_none() -> None:
    made = Sketch((SketchPoint(0, 0, 0), SketchPoint(1, 1, 2)), ("A", "B", "C")).draft().edit(article())(article())
    assert made.data.names.classes == ("A", "C")
    assert tuple(made.data.targets) == ((0.0,), (1.0,))


def test_a_curve_has_one_input_and_one_target() -> None:
    made = checked_experiment(Sketch(CORNERS, curve=True).draft().edit(article())(article()))
    assert tuple(made.data.inputs) == ((0.5,), (-1.0,), (2.0,))
    assert tuple(made.data.targets) == ((1.25,), (2.0,), (-2.0,))
    assert (made.network.inputs, made.network.outputs) == (1, 1)
    assert made.loss.name == "MSELoss"


def test_rows_for_the_test_and_the_order_stay() -> None:
    before = three_classes()
    made = Sketch(CORNERS).draft().edit(before)(before)
    assert made.data.test_size == 0.25
    assert made.data.shuffle


def test_points_are_added_to_classes_by_their_names() -> None:
    before = three_classes()
    sketch = Sketch((SketchPoint(5.0, 6.0, 0), SketchPoint(7.0, 8.0, 1)), ("ash", "oak"))
    made = checked_experiment(sketch.draft().edit(before, append=True)(before))
    assert tuple(made.data.inputs)[-2:] == ((5.0, 6.0), (7.0, 8.0))
    assert tuple(made.data.targets)[-2:] == ((2.0,), (0.0,))
    assert made.data.names == before.data.names
    with pytest.raises(SpecError, match="is none of the classes there: oak, fir, ash"):
        Sketch(CORNERS).draft().edit(before, append=True)


def test_what_there_is_becomes_points_and_comes_back_the_same() -> None:
    before = three_classes()
    sketch = sketch_of(before)
    assert sketch.classes == ("oak", "fir", "ash")
    assert sketch.columns == ("height", "width")
    assert [point.label for point in sketch.points] == [0, 2, 1, 2]
    made = sketch.draft().edit(before)(before)
    assert made.data == before.data
    assert made.network == before.network


def test_numbers_as_targets_stay_numbers() -> None:
    gate = replace(article(), data=replace(article().data, targets=Rows.of(((0.0,), (1.0,)))))
    sketch = sketch_of(gate)
    assert sketch.classes == ("0", "1")
    made = sketch.with_points([SketchPoint(1.0, 2.0, 1)]).draft().edit(gate)(gate)
    assert tuple(made.data.targets) == ((0.0,), (1.0,), (1.0,))
    assert made.loss == gate.loss
    assert made.network == gate.network
    # A name that is no number makes classes of them.
    named = sketch.with_name(1, "yes").draft().edit(gate)(gate)
    assert named.data.names.classes == ("0", "yes")


def test_standardized_rows_are_points_in_their_own_units() -> None:
    before = three_classes()
    names = replace(before.data.names, inputs=(DataColumn("height", 10.0, 2.0), DataColumn("width")))
    before = replace(before, data=replace(before.data, names=names))
    sketch = sketch_of(before)
    assert [point.x for point in sketch.points] == [10.0, 12.0, 10.0, 14.0]
    added = sketch.draft().edit(before, append=True)(before)
    assert added.data.inputs.number(5, 0) == 1.0


def test_large_numbers_are_standardized() -> None:
    far = Sketch((SketchPoint(0.0, 400.0, 0), SketchPoint(100.0, 600.0, 1)))
    made = far.draft().edit(article())(article())
    assert tuple(made.data.inputs) == ((-1.0, -1.0), (1.0, 1.0))
    assert [column.mean for column in made.data.names.inputs] == [50.0, 500.0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("B", "another class called B"),
        ("", "expected a name"),
        ("none", "stands for a missing value"),
        ("a\nb", "on one line"),
    ],
)
def test_a_name_that_cannot_be_is_refused(name: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        Sketch().with_name(0, name)


@pytest.mark.parametrize("name", ["a, b", 'say "hi"', "x;y|z", " 1.0", "1,5", "=1+1"])
def test_a_name_comes_in_as_it_is(name: str) -> None:
    sketch = Sketch(CORNERS).with_name(0, name)
    made = sketch.draft().edit(article())(article())
    assert made.data.names.classes == sketch.classes


def test_numbers_that_are_written_otherwise_are_one_name() -> None:
    with pytest.raises(SpecError, match="another class called 1"):
        Sketch(classes=("1", "2")).with_name(1, "1.0")
    with pytest.raises(SpecError, match="another class called 0"):
        Sketch(classes=("0", "1")).with_name(1, "-0")


def test_classes_come_and_go() -> None:
    sketch = Sketch(CORNERS)
    while len(sketch.classes) < 10:
        sketch = sketch.with_class()
    assert "".join(sketch.classes) == "ABCDEFGHIJ"
    assert Sketch(classes=("0", "1")).with_class().classes == ("0", "1", "2")
    less = replace(sketch, classes=("A", "B"), points=CORNERS).without_class()
    assert [point.label for point in less.points] == [0]


@given(SIDES, st.floats(0, 1), st.floats(0, 1))
def test_a_place_is_in_sight_short_and_near(side: tuple[float, float], across: float, up: float) -> None:
    low, high = min(side), max(side)
    try:
        plane = Plane(check_side(low, high), check_side(low, high))
    except SpecError:
        return
    wanted = low + across * (high - low), low + up * (high - low)
    found = plane.placed(*wanted)
    if found is None:
        # Rounded it lies beyond the edge.
        assert min(across, up) < 0.005 or max(across, up) > 0.995
        return
    assert plane.holds(*found)
    for number, drawn in zip(found, wanted, strict=True):
        assert abs(number - drawn) <= (high - low) / 400
    if low == -high:
        assert all(len(repr(abs(number)).replace(".", "").strip("0")) <= 4 for number in found if number)


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), max_size=5))
def test_a_plane_around_points_holds_them_and_can_be_set(places: list[tuple[float, float]]) -> None:
    points = [SketchPoint(*place) for place in places]
    plane = Plane.around(points)
    for side in (plane.across, plane.up):
        assert side[1] > side[0]
    assert all(plane.holds(point.x, point.y) for point in points)


def test_the_usual_plane_will_do_and_others_have_round_ends() -> None:
    assert Plane.around(CORNERS) == Plane()
    assert Plane.around([SketchPoint(0.0, 12.5), SketchPoint(37.0, 0.0)]) == Plane((-10.0, 40.0), (-1.0, 13.0))


def test_arrows_go_by_steps_and_stop_at_the_edge() -> None:
    plane = Plane()
    assert plane.moved(0.0, 0.0, (1, -1), fine=False) == (0.12, -0.12)
    assert plane.moved(0.0, 0.0, (1, -1), fine=True) == (0.01, -0.01)
    assert plane.moved(2.99, -3.0, (1, -1), fine=False) == (3.0, -3.0)


@pytest.mark.parametrize(
    ("low", "high", "words"), [(1.0, 1.0, "larger than the first"), (2.0, 1.0, "larger"), (0.0, 1e10, "at most")]
)
def test_a_side_that_cannot_be_is_refused(low: float, high: float, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        check_side(low, high)


def test_strokes_are_undone_and_drawn_again() -> None:
    history, strokes = SketchHistory(Sketch()), [Sketch((point,)) for point in CORNERS]
    for stroke in strokes:
        history.put(stroke)
    history.put(history.sketch)
    history.undo()
    history.undo()
    assert history.sketch == strokes[0]
    history.redo()
    assert history.sketch == strokes[1]
    history.put(Sketch())
    assert not history.can_redo
    for number in range(2 * MOST_STROKES):
        history.put(Sketch((SketchPoint(number, 0.0),)))
    for _ in range(MOST_STROKES):
        assert history.can_undo
        history.undo()
    assert not history.can_undo


def test_there_are_no_more_points_than_may_be() -> None:
    sketch = Sketch().with_points(SketchPoint(number / 8, 0.0) for number in range(MOST_POINTS + 5))
    assert len(sketch.points) == MOST_POINTS
    with pytest.raises(SpecError, match="there are no points yet"):
        Sketch().draft()


def test_rows_that_are_no_points_are_not_taken() -> None:
    wide = replace(article(), data=replace(article().data, inputs=Rows.of(((1.0, 2.0, 3.0), (1.0, 2.0, 3.0)))))
    with pytest.raises(SpecError, match="have 3 inputs and 1 target"):
        sketch_of(wide)
    many = replace(
        article(),
        data=DataSpec(Rows.of((float(n), 0.0) for n in range(11)), Rows.of((n / 8,) for n in range(11))),
    )
    with pytest.raises(SpecError, match="11 different targets"):
        sketch_of(many)
