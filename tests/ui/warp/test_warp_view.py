"""The plane as a layer has it, as it is seen and said: grid, rows and lines at each stage, and between two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import shape
from chainrule.model.navigation import Cursor
from chainrule.ui.learned.chart import TOO_LARGE
from chainrule.ui.style.appearance import LIGHT
from chainrule.ui.warp import composing
from chainrule.ui.warp.morph import STEPS, WayBar
from chainrule.ui.warp.view import NO_PLANE, NOT_READY, WarpView
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, dense, parameters, sgd
from tests.ui.warp.planes import CORNERS, Make, a_of, a_sum, at, go, near, seen, xor, z_of


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_each_row_is_seen_where_the_layer_takes_it_and_hollow_where_it_is_held_back(make: Make, stage: int) -> None:
    bench = make(xor())
    go(bench, stage)
    image, where = seen(bench), (list, z_of, a_of)[stage]
    for row, corner in enumerate(CORNERS):
        hue = (LIGHT.negative, LIGHT.positive)[row in (1, 2)]
        place = at(bench, where(corner))
        assert near(image, place, hue, 5), (stage, row)
        if row == 3:
            assert image.pixelColor(place) == QColor(LIGHT.surface)
    names = {0: ("x₁", "x₂"), 1: ("z of h₁", "z of h₂"), 2: ("h₁", "h₂")}
    assert bench.view.chart.picture is not None
    assert bench.view.chart.picture.names == names[stage]


def test_on_the_way_all_is_between_two_stages(make: Make) -> None:
    bench = make(xor())
    go(bench, 1.25)
    picture = bench.view.chart.picture
    assert picture is not None
    assert picture.names == ("z of h₁ → h₁", "z of h₂ → h₂")
    for row, place in zip(picture.points.rows.tolist(), picture.points.places, strict=True):
        z, a = z_of(CORNERS[row]), a_of(CORNERS[row])
        np.testing.assert_allclose(place, [0.75 * one + 0.25 * other for one, other in zip(z, a, strict=True)])
    assert picture.straight is not None
    assert not len(picture.straight)
    image = seen(bench)
    assert near(image, at(bench, picture.points.places[1].tolist()), LIGHT.positive, 3)
    assert bench.view.said.text() == "On the way from z of h₁ and z of h₂ to h₁ and h₂."


def test_the_next_layers_line_is_straight_and_the_boundary_lies_on_it(make: Make) -> None:
    bench = make(xor())
    view = bench.view
    assert view.way.place == (2, 0.0)
    picture = view.chart.picture
    assert picture is not None
    assert picture.straight is not None
    assert picture.lines is not None
    # 8·h₁ + 8·h₂ = 11, where the sigmoid is a half.
    np.testing.assert_allclose(picture.straight.sum(axis=2), 11 / 8, atol=1e-9)
    assert len(picture.lines) > 20
    np.testing.assert_allclose(picture.lines.sum(axis=2), 11 / 8, atol=1e-6)
    assert "ŷ = 0.5 where 8·h₁ + 8·h₂ = 11." in view.said.text()
    image = seen(bench)
    # Beyond where the plane goes only the line itself is seen.
    (begin, end), across = picture.straight[0], picture.lines[:, :, 0]
    ends = [each for each in (begin, end) if not across.min() - 0.03 < each[0] < across.max() + 0.03]
    assert ends
    beyond = 0.8 * ends[0] + 0.2 * np.array([11 / 16, 11 / 16])
    assert near(image, at(bench, beyond.tolist()), LIGHT.link)
    middle = picture.lines[len(picture.lines) // 2].mean(axis=0)
    place = at(bench, middle.tolist())
    around = [image.pixelColor(place + QPoint(x, y)).lightness() for x in (-1, 0, 1) for y in (-1, 0, 1)]
    assert min(around) < QColor(LIGHT.text).lightness() + 20 < QColor(LIGHT.link).lightness()
    assert [entry.name for entry in view.legend.entries] == [
        "target 0",
        "target 1",
        "test rows",
        "boundary",
        "ŷ = 0.5",
    ]


def test_over_the_inputs_the_grid_is_straight_and_has_the_colour_of_the_answer(make: Make) -> None:
    bench = make(xor())
    go(bench, 0)
    picture = bench.view.chart.picture
    assert picture is not None
    assert all(min(np.ptp(curve.places, axis=0)) == 0 for curve in picture.grid)
    image = seen(bench)
    below, above = (LIGHT.tint(hue, composing.OF_GRID) for hue in (LIGHT.negative, LIGHT.positive))
    bluer: dict[bool, list[int]] = {True: [], False: []}
    for curve in picture.grid:
        is_one = bool((a_sum(curve.places[:-1]) > 11 / 8).all())
        assert curve.color == (above if is_one else below)
        # Between two lines that cross it.
        for place in (curve.places[:-1] + curve.places[1:]) / 2:
            around = [at(bench, place.tolist()) + QPoint(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
            color = max(map(image.pixelColor, around), key=lambda each: abs(each.blue() - each.red()))
            bluer[is_one].append(color.blue() - color.red())
    assert np.mean(np.array(bluer[True]) > 20) > 0.8
    assert np.mean(np.array(bluer[False]) < -20) > 0.8


def test_it_follows_the_training(make: Make) -> None:
    bench = make(xor(optimizer=sgd(0.5)))
    before = bench.view.chart.picture
    bench.session.navigator.go_to(Cursor(30, 0))
    picture = bench.view.chart.picture
    assert before is not None
    assert picture is not None
    assert not np.array_equal(before.points.places, picture.points.places)
    values = bench.session.moment.numbers
    weight, bias = (torch.tensor(values.lists(of(0))) for of in (refs.weight, refs.bias))
    for row, place in zip(picture.points.rows.tolist(), picture.points.places, strict=True):
        wanted = torch.sigmoid(weight @ torch.tensor(CORNERS[row], dtype=weight.dtype) + bias)
        np.testing.assert_allclose(place, wanted.numpy(), atol=1e-6)


def test_another_layer_and_two_of_its_units_can_be_chosen(make: Make) -> None:
    network = NetworkSpec(2, (LayerSpec(2, Choice("Tanh")), LayerSpec(4, Choice("Tanh")), LayerSpec(1)))
    last = parameters({"layers.2.weight": ((5.0, 0.1, 0.1, 4.0),), "layers.2.bias": (-1.0,)})
    bench = make(check_experiment(replace(dense((2, 2, 1), 4), network=network, parameters=last)))
    view, choices = bench.view, bench.view.choices
    assert [choices.layer.itemText(place) for place in range(choices.layer.count())] == ["layer 1", "layer 2"]
    assert not choices.across.isVisible()
    choices.layer.choose("layer 2")
    assert choices.across.isVisible()
    # Through layer 1, which has two units itself.
    assert view.way.slider.maximum() == 4 * STEPS
    choices.up.choose(choices.across.choice)
    assert choices.units == (1, 0)
    choices.across.choose("h₄⁽²⁾")
    assert choices.units == (3, 0)
    picture, moment = view.chart.picture, bench.session.moment
    assert picture is not None
    assert picture.names == ("h₄⁽²⁾", "h₁⁽²⁾")
    bench.session.navigator.go_to(Cursor(0, 4))
    tensor = bench.session.moment.tensor(refs.activation(1))
    assert tensor is not None
    order = [moment.rows.index(row) for row in picture.points.rows.tolist()]
    np.testing.assert_allclose(picture.points.places, tensor[order][:, [3, 0]].numpy(), atol=1e-12)
    assert "with the others as in row 1." in view.said.text()


def test_layers_that_are_gone_are_no_longer_shown(make: Make) -> None:
    bench = make(check_experiment(replace(dense((2, 3, 4, 1), 4))))
    view = bench.view
    view.choices.layer.choose("layer 2")
    view.choices.across.choose("h₄⁽²⁾")
    bench.session.editor.edit("Remove a layer", shape.remove_layer(1, bench.session.editor.initial_values))
    assert view.choices.chosen_layer == 0
    assert view.chart.picture is not None
    assert view.chart.picture.names == ("h₁", "h₂")


def test_a_click_on_a_row_shows_it_and_resting_on_it_says_where_it_goes(make: Make) -> None:
    bench = make(xor())
    go(bench, 1)
    bench.session.selector.show_row(2)
    assert not near(seen(bench), at(bench, z_of(CORNERS[0])) + QPoint(8, 0), LIGHT.text)
    QTest.mouseClick(bench.view.chart, Qt.MouseButton.LeftButton, pos=at(bench, z_of(CORNERS[0])))
    assert bench.session.moment.rows[bench.session.moment.sample] == 0
    assert near(seen(bench), at(bench, z_of(CORNERS[0])) + QPoint(8, 0), LIGHT.text)
    place = at(bench, z_of(CORNERS[1]))
    said = bench.view.chart._tip_at(place.toPointF()).splitlines()
    assert said[:3] == ["Row 2: target 1", "x₁ = 0, x₂ = 1", "z of h₁ = 1.5, z of h₂ = 2"]
    assert said[3] == "h₁ = 0.8175744761936437, h₂ = 0.8807970779778823"


def test_the_numbers_are_those_of_each_row_at_each_stage(make: Make) -> None:
    bench = make(xor())
    table = bench.view.numbers()
    assert table is not None
    assert table.names == ("row", "part", "group", "x₁", "x₂", "z of h₁", "z of h₂", "h₁", "h₂")
    by_row = {table.cell(row, 0): table.row(row) for row in range(len(table))}
    for row, corner in enumerate(CORNERS):
        found = by_row[row + 1]
        assert found[1:3] == ["test" if row == 3 else "training", f"target {int(row in (1, 2))}"]
        np.testing.assert_allclose(found[3:], [*corner, *z_of(corner), *a_of(corner)], rtol=1e-6)
    QTest.keyClick(bench.view.chart, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("row\tpart\tgroup\tx₁")


def test_who_cannot_see_it_is_told_where_the_groups_lie(make: Make) -> None:
    bench = make(xor())
    ones = np.mean([a_of(CORNERS[row]) for row in (1, 2)], axis=0)
    text = bench.view.chart.accessibleDescription()
    assert f"target 1: around h₁ = {ones[0]:.4g}, h₂ = {ones[1]:.4g}" in text
    assert "The plane after Sigmoid of layer 1." in bench.view.accessibleName()


# What there is nothing of


def test_without_a_plane_it_says_so(make: Make) -> None:
    bench = make(dense((3, 4, 1), 3))
    assert bench.view.chart._message == NO_PLANE
    assert bench.view.numbers() is None
    assert bench.view.findChild(WayBar) is not None
    bench.view.way.slider.setValue(50)


def test_before_the_engine_is_there_it_waits(make: Make) -> None:
    bench = make(xor(), ready=False)
    assert bench.view.chart._message == NOT_READY


def test_numbers_that_are_too_large_are_said(make: Make) -> None:
    bench = make(xor(parameters=parameters({"layers.0.weight": ((1e308, 1e308), (1e308, 1e308))})))
    go(bench, 1)
    assert bench.view.chart._message in (TOO_LARGE, "")
    bench.view.grab()


def test_units_that_are_all_dead_have_a_plane_of_one_point(make: Make) -> None:
    dead = parameters({"layers.0.weight": ((0.0, 0.0), (0.0, 0.0)), "layers.0.bias": (-1.0, -1.0)})
    bench = make(article(parameters=dead))
    picture = bench.view.chart.picture
    assert picture is not None
    assert bench.view.chart.frame is not None
    assert (picture.points.places == 0).all()


def test_the_axes_stay_while_the_plane_has_room_in_them() -> None:
    ranges, stage = composing.StageRanges(), object()
    square = np.array([[0.0, 0.0], [1.0, 1.0]])
    first = ranges.of_stage(stage, square)  # type: ignore[arg-type]
    assert first == ((-0.1, 1.1), (-0.1, 1.1))
    assert ranges.of_stage(stage, 0.9 * square) == first  # type: ignore[arg-type]
    assert ranges.of_stage(stage, 1.2 * square) != first  # type: ignore[arg-type]
    small = ranges.of_stage(stage, 0.1 * square)  # type: ignore[arg-type]
    assert small == (pytest.approx((-0.01, 0.11)), pytest.approx((-0.01, 0.11)))
    assert ranges.of_stage(stage, np.full((2, 2), np.nan)) is None  # type: ignore[arg-type]


def test_it_stands_among_the_tabs_where_there_is_a_plane(window: MainWindow) -> None:
    window.actions_by_id["view.tab_warp"].trigger()
    view = window.tabs.view("warp")
    assert isinstance(view, WarpView)
    view.draw()
    assert view.chart.picture is not None
    assert window.actions_by_id["view.tab_warp"].shortcut().toString() == "Alt+Shift+6"
    window.session.file.open(dense((3, 2, 1), 3), None)
    assert not window.board.is_about("warp")
