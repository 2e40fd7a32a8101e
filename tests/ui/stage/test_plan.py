"""Where everything on the stage goes: nothing overlaps, nothing lies outside, and what is wide becomes a heat map."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, QSizeF

from chainrule.engine import refs
from chainrule.ui.stage.geometry import Density, Metrics, StageLayout
from chainrule.ui.stage.plan import LEAST_HEIGHT, lay_out
from tests.experiments import article, dense, mazur

WINDOW = QSizeF(666, 310)
SCREEN = QSizeF(1310, 560)
METRICS = Metrics(number=55.0)


def networks() -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, 40), min_size=2, max_size=5).map(tuple)


def boxes(layout: StageLayout) -> list[QRectF]:
    labels = [edge.cells[0].rect.united(edge.cells[-1].rect) for edge in layout.edges if edge.cells]
    return [node.rect for node in layout.nodes] + [heat_map.rect for heat_map in layout.maps] + labels


def overlaps(layout: StageLayout) -> list[tuple[QRectF, QRectF]]:
    return [(a, b) for a, b in combinations(boxes(layout), 2) if a.intersects(b)]


@given(networks(), st.sampled_from([WINDOW, SCREEN]), st.sampled_from([(), ("momentum_buffer",)]))
def test_nothing_overlaps_or_lies_outside(sizes: tuple[int, ...], size: QSizeF, state: tuple[str, ...]) -> None:
    layout = lay_out(dense(sizes, rows=2), state, size, METRICS)

    assert overlaps(layout) == []
    stage = QRectF(0, 0, layout.size.width(), layout.size.height()).adjusted(-0.5, -0.5, 0.5, 0.5)
    assert all(stage.contains(box) for box in boxes(layout))


@given(networks(), st.sampled_from([WINDOW, SCREEN]))
def test_every_number_of_a_neuron_has_a_place(sizes: tuple[int, ...], size: QSizeF) -> None:
    experiment = dense(sizes, rows=2)
    layout = lay_out(experiment, (), size, METRICS)
    shown = {slot.ref for cell in layout.cells() for slot in cell.slots}
    shown |= {slot.ref for heat_map in layout.maps for slot in heat_map.slots}
    shown |= {edge.ref for edge in layout.edges}

    for layer in range(len(experiment.network.layers)):
        z, a = refs.pre_activation(layer), refs.activation(layer)
        assert {z, a, refs.grad(z), refs.grad(a), refs.weight(layer), refs.bias(layer)} <= shown
    assert {refs.INPUT, refs.LOSS} <= shown


@pytest.mark.parametrize("size", [WINDOW, SCREEN])
def test_small_networks_are_cards_with_a_label_on_every_line(size: QSizeF) -> None:
    for experiment in (article(), mazur()):
        layout = lay_out(experiment, (), size, METRICS)

        assert {node.density for node in layout.nodes} == {Density.CARD}
        assert not layout.maps
        assert all(len(edge.cells) == 2 for edge in layout.edges)


def test_a_wide_network_is_heat_maps_of_weights_and_of_their_gradients() -> None:
    layout = lay_out(dense((784, 128, 10), rows=2), (), WINDOW, METRICS)
    matrices = {slot.ref for heat_map in layout.maps if heat_map.columns > 1 for slot in heat_map.slots}

    assert not layout.edges
    assert {refs.weight(0), refs.grad(refs.weight(0)), refs.weight(1), refs.next_value(refs.weight(1))} <= matrices
    assert {node.layer for node in layout.nodes} == {1, 2}  # ten outputs in rows, and the loss


@pytest.mark.parametrize("sizes", [(784, 128, 10), (7, 32, 10), (30, 30, 30)])
@pytest.mark.parametrize("size", [WINDOW, SCREEN])
def test_a_heat_map_of_weights_fills_most_of_the_gap_between_its_columns(sizes: tuple[int, ...], size: QSizeF) -> None:
    layout = lay_out(dense(sizes, rows=2), (), size, METRICS)

    assert all(heat_map.rect.width() > 45 for heat_map in layout.maps if heat_map.columns > 1)


def test_a_deep_network_is_wider_than_the_window_and_no_smaller() -> None:
    layout = lay_out(dense((2,) * 12, rows=2), (), WINDOW, METRICS)

    assert layout.least.width() > WINDOW.width()
    assert layout.size.width() == pytest.approx(layout.least.width())
    assert layout.scale == pytest.approx(0.92)


def test_a_layout_of_its_least_size_is_as_large_as_it_says() -> None:
    layout = lay_out(article(), (), QSizeF(10, 10), METRICS)

    assert layout.size.width() == pytest.approx(layout.least.width())
    assert layout.size.height() == LEAST_HEIGHT
