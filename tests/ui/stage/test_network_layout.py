"""Where everything on the stage goes: nothing overlaps, nothing lies outside, and what is wide becomes a heat map."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QPolygonF

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.program import compile_program
from chainrule.engine.trace import Executor
from chainrule.explain.names.notation import Notation
from chainrule.model.elements import is_inside
from chainrule.ui.stage.layout.detail import Details, SlotRows
from chainrule.ui.stage.layout.geometry import BESIDE, Cell, Chosen, Density, Items, Metrics, Slot, StageLayout
from chainrule.ui.stage.layout.network_layout import LOWEST, lay_out_stage
from chainrule.ui.stage.layout.slots import UpdateSlotsByRef, update_slots
from tests.experiments import article, dense, mazur, penalized, sgd

WINDOW = QSizeF(666, 310)
SCREEN = QSizeF(1310, 560)
METRICS = Metrics(number=55.0)


def networks() -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, 40), min_size=2, max_size=5).map(tuple)


def boxes(layout: StageLayout) -> list[QRectF]:
    labels = [edge.cells[0].rect.united(edge.cells[-1].rect) for edge in layout.whole.edges if edge.cells]
    return [node.rect for node in layout.whole.nodes] + [heat_map.rect for heat_map in layout.whole.maps] + labels


def overlaps(layout: StageLayout) -> list[tuple[QRectF, QRectF]]:
    return [(a, b) for a, b in combinations(boxes(layout), 2) if a.intersects(b)]


def updates(experiment: Experiment) -> UpdateSlotsByRef:
    """What the optimizer of an experiment keeps and computes."""
    return update_slots(compile_program(experiment), Notation.of(experiment))


def place_of(experiment: Experiment, cell: Cell, slot: Slot) -> tuple[ValueRef, tuple[int, ...]]:
    """What a place shows of a slot's value, of the first sample."""
    return slot.ref, cell.index(slot, 0 if values_of(experiment)[slot.ref].per_sample else None)


@given(networks(), st.sampled_from([WINDOW, SCREEN]), st.sampled_from([sgd(0.1), sgd(0.1, 0.9)]))
def test_nothing_overlaps_or_lies_outside(sizes: tuple[int, ...], size: QSizeF, optimizer: Choice) -> None:
    experiment = dense(sizes, rows=2, optimizer=optimizer)
    layout = lay_out_stage(experiment, updates(experiment), size, METRICS)

    assert overlaps(layout) == []
    stage = QRectF(0, 0, layout.size.width(), layout.size.height()).adjusted(-0.5, -0.5, 0.5, 0.5)
    assert all(stage.contains(box) for box in boxes(layout))


def learning(sizes: tuple[int, ...], optimizer: Choice, *, shared: bool) -> Experiment:
    """The network with PReLU in every layer."""
    experiment = dense(sizes, rows=2, optimizer=optimizer)
    layers = tuple(
        replace(layer, activation=Choice("PReLU", {"num_parameters": 1 if shared else layer.units, "init": 0.25}))
        for layer in experiment.network.layers
    )
    return replace(experiment, network=replace(experiment.network, layers=layers))


@given(networks(), st.sampled_from([WINDOW, SCREEN]), st.sampled_from([sgd(0.1), sgd(0.1, 0.9)]), st.booleans())
def test_slopes_have_places_of_their_own(sizes: tuple[int, ...], size: QSizeF, optimizer: Choice, shared: bool) -> None:
    experiment = learning(sizes, optimizer, shared=shared)
    layout = lay_out_stage(experiment, updates(experiment), size, METRICS)

    assert overlaps(layout) == []
    stage = QRectF(0, 0, layout.size.width(), layout.size.height()).adjusted(-0.5, -0.5, 0.5, 0.5)
    assert all(stage.contains(box) for box in boxes(layout))
    for layer, spec in enumerate(experiment.network.layers):
        slopes = refs.learned(layer, "weight")
        own = {refs.pre_activation(layer), refs.activation(layer)}
        if any(own <= {slot.ref for slot in heat_map.slots} for heat_map in layout.whole.maps):
            # One column for all that there is of the layer.
            continue
        places = {
            cell.index(slot, None)
            for cell in layout.whole.cells()
            for slot in cell.slots
            if values_of(experiment)[slot.ref].owner.ref == slopes
        }
        maps = [heat_map.rows for heat_map in layout.whole.maps if heat_map.slots[0].ref == slopes]
        assert places == {(unit,) for unit in range(spec.learned["weight"])} or maps == [spec.learned["weight"]]
        gradients = [slot for cell in layout.whole.cells() for slot in cell.slots if slot.ref == refs.grad(slopes)]
        assert len(gradients) == (0 if maps else spec.units)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_place_is_of_a_number_that_there_is(name: str, shared: bool) -> None:
    optimizer = complete(OPTIMIZERS, Choice(name, {"lr": 0.1}), "$")
    experiment = learning((2, 3, 2), optimizer, shared=shared)
    executor = Executor(experiment)
    values = executor.values(executor.initial_state())

    cells = lay_out_stage(experiment, updates(experiment), SCREEN, METRICS).whole.cells()
    shown = [place_of(experiment, cell, slot) for cell in cells for slot in cell.slots]
    assert [place for place in shown if not is_inside(place[1], tuple(values[place[0]].shape))] == []


@given(networks(), st.sampled_from([WINDOW, SCREEN, QSizeF(500, LOWEST)]), st.integers(1, 4))
def test_the_parts_of_loss_and_gradients_have_places(sizes: tuple[int, ...], size: QSizeF, count: int) -> None:
    experiment = penalized(dense(sizes, rows=2))
    experiment = replace(experiment, penalties=(experiment.penalties * 2)[:count])
    layout = lay_out_stage(experiment, updates(experiment), size, METRICS)

    assert overlaps(layout) == []
    stage = QRectF(0, 0, layout.size.width(), layout.size.height()).adjusted(-0.5, -0.5, 0.5, 0.5)
    assert all(stage.contains(box) for box in boxes(layout))
    cells = [(cell, slot) for cell in layout.whole.cells() for slot in cell.slots]
    shown = {slot.ref for _, slot in cells}
    assert {refs.LOSS, refs.DATA_LOSS, *map(refs.penalty, range(count))} <= shown
    # Where a weight or a bias has a place for its gradient, each share is seen there when it is computed.
    executor = Executor(experiment)
    for cell, slot in cells:
        if slot.ref in executor.program.parameters and refs.grad(slot.ref) in {other.ref for other in cell.slots}:
            shares = [ref for ref in executor.program.index if ref.startswith(f"{refs.grad(slot.ref)}.from.")]
            assert set(shares) <= {other.ref for other in cell.slots}
    values = executor.values(executor.initial_state())
    places = [place_of(experiment, cell, slot) for cell, slot in cells]
    assert [place for place in places if not is_inside(place[1], tuple(values[place[0]].shape))] == []


@given(networks(), st.sampled_from([WINDOW, SCREEN]))
def test_every_number_of_a_neuron_has_a_place(sizes: tuple[int, ...], size: QSizeF) -> None:
    experiment = dense(sizes, rows=2)
    layout = lay_out_stage(experiment, {}, size, METRICS)
    shown = {slot.ref for cell in layout.whole.cells() for slot in cell.slots}
    shown |= {slot.ref for heat_map in layout.whole.maps for slot in heat_map.slots}
    shown |= {edge.ref for edge in layout.whole.edges}

    for layer in range(len(experiment.network.layers)):
        z, a = refs.pre_activation(layer), refs.activation(layer)
        assert {z, a, refs.grad(z), refs.grad(a), refs.weight(layer), refs.bias(layer)} <= shown
    assert {refs.INPUT, refs.LOSS} <= shown


@pytest.mark.parametrize("size", [WINDOW, SCREEN])
def test_small_networks_are_cards_with_a_label_on_every_line(size: QSizeF) -> None:
    for experiment in (article(), mazur()):
        layout = lay_out_stage(experiment, {}, size, METRICS)

        loss = layout.whole.nodes[-1]
        assert {node.density for node in layout.whole.nodes if node is not loss} == {Density.CARD}
        assert not layout.whole.maps
        weights = [refs.weight(layer) for layer in range(2)]
        for edge in layout.whole.edges:
            following = Slot("→", refs.next_value(edge.ref))
            name = Notation.of(experiment).text(edge.ref, edge.index).split("⁽")[0]
            assert [cell.slots for cell in edge.cells] == [
                (Slot(name, edge.ref),),
                (Slot("∂", refs.grad(edge.ref)),),
                (following,),
            ]
        assert {edge.ref for edge in layout.whole.edges} == set(weights)


def test_a_wide_network_is_heat_maps_of_weights_and_of_their_gradients() -> None:
    layout = lay_out_stage(dense((784, 128, 10), rows=2), {}, WINDOW, METRICS)
    matrices = {slot.ref for heat_map in layout.whole.maps if heat_map.columns > 1 for slot in heat_map.slots}

    assert not layout.whole.edges
    assert {refs.weight(0), refs.grad(refs.weight(0)), refs.weight(1), refs.next_value(refs.weight(1))} <= matrices
    assert {node.layer for node in layout.whole.nodes} == {1, 2}  # ten outputs in rows, and the loss


@pytest.mark.parametrize("sizes", [(784, 128, 10), (7, 32, 10), (30, 30, 30)])
@pytest.mark.parametrize("size", [WINDOW, SCREEN])
def test_a_heat_map_of_weights_fills_most_of_the_gap_between_its_columns(sizes: tuple[int, ...], size: QSizeF) -> None:
    layout = lay_out_stage(dense(sizes, rows=2), {}, size, METRICS)

    assert all(heat_map.rect.width() > 45 for heat_map in layout.whole.maps if heat_map.columns > 1)


def test_ten_layers_are_whole_in_the_window_and_a_hundred_are_no_smaller_than_they_can_be_told_apart() -> None:
    for size in (WINDOW, SCREEN):
        assert lay_out_stage(dense((4,) * 11, rows=2), {}, size, METRICS).size == size
    layout = lay_out_stage(dense((2,) * 101, rows=2), {}, WINDOW, METRICS)

    assert layout.least.width() > WINDOW.width()
    assert layout.size.width() == pytest.approx(layout.least.width())
    assert layout.scale == 1.0
    assert layout.size.width() / 101 == pytest.approx(21, abs=1.5)


def test_a_layout_of_its_least_size_is_as_large_as_it_says() -> None:
    layout = lay_out_stage(article(), {}, QSizeF(10, 10), METRICS)

    assert layout.size.width() == pytest.approx(layout.least.width())
    assert layout.size.height() == LOWEST


def test_one_row_of_a_parameter_shows_all_that_the_optimizer_keeps_and_computes() -> None:
    experiment = article(optimizer=sgd(0.1, 0.9))
    found = updates(experiment)
    layout = lay_out_stage(experiment, found, SCREEN, METRICS)
    buffer = refs.optimizer_state(refs.weight(0), "momentum_buffer")

    assert set(found) == set(experiment.network.parameter_shapes())
    assert found[refs.weight(0)].all[0].ref == buffer
    assert refs.next_value(buffer) in [slot.ref for slot in found[refs.weight(0)].computed]
    assert all(len(edge.cells) == 3 for edge in layout.whole.edges)
    edge = next(edge for edge in layout.whole.edges if edge.ref == refs.weight(0))
    assert edge.cells[2].slots == (*found[refs.weight(0)].all, Slot("→", refs.next_value(refs.weight(0))))
    assert [cell.slots for node in layout.whole.nodes for cell in node.cells].count(found[refs.bias(0)].all) == 2


def test_where_labels_do_not_fit_the_chosen_neurons_weights_stand_below() -> None:
    experiment = dense((3, 4, 4, 2), rows=2)
    layout = lay_out_stage(experiment, {}, WINDOW, METRICS)

    def below(changed: StageLayout) -> list[tuple[str, tuple[int, ...], str]]:
        first = [cells[0] for cells in changed.whole.labels]
        return [(cell.slots[0].ref, cell.place, cell.slots[0].label) for cell in first]

    assert layout.chosen == Chosen()
    assert below(layout) == [(refs.weight(0), (0, source), f"w₁{'₁₂₃'[source]}⁽¹⁾") for source in range(3)]
    changed = layout.choosing(Chosen(1, 2, 3))
    assert below(changed) == [(refs.weight(1), (2, source), f"w₃{'₁₂₃₄'[source]}⁽²⁾") for source in range(4)]
    assert "Weights into h₃⁽²⁾" in [text for _, text in changed.whole.notes]
    # Nothing else is placed again, and nothing at all where the same is chosen.
    assert changed.sections == layout.sections
    assert changed.choosing(Chosen(1, 2, 3)) is changed


def test_of_many_weights_those_around_the_chosen_one_stand_below() -> None:
    layout = lay_out_stage(dense((20, 3), rows=2), {}, WINDOW, METRICS).choosing(Chosen(0, 1, 12))
    shown = [cells[0].place[1] for cells in layout.whole.labels]

    assert 12 in shown
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert f"+ {20 - len(shown)} more" in [text for _, text in layout.whole.notes]


def test_where_not_all_labels_fit_the_chosen_neurons_are_on_its_lines() -> None:
    layout = lay_out_stage(dense((2, 4, 3), rows=2), {}, QSizeF(760, 310), METRICS)

    def labelled(changed: StageLayout) -> list[tuple[str, tuple[int, ...]]]:
        return [(edge.ref, edge.index) for edge in changed.whole.edges if edge.cells]

    assert labelled(layout) == [(refs.weight(0), (0, 0)), (refs.weight(0), (0, 1))]
    changed = layout.choosing(Chosen(1, 1))
    assert labelled(changed) == [(refs.weight(1), (1, source)) for source in range(4)]
    assert overlaps(changed) == []
    assert labelled(changed.choosing(Chosen())) == labelled(layout)


@pytest.mark.parametrize(
    ("shape", "index"), [(None, (2, 1)), ((), ()), ((3, 1), (2, 0)), ((1, 2), (0, 1)), ((3, 2), (2, 1))]
)
def test_a_place_shows_the_element_that_belongs_to_it(shape: tuple[int, ...] | None, index: tuple[int, ...]) -> None:
    slot = Slot("v", refs.optimizer_state(refs.weight(0), "step"), shape)
    assert Cell(QRectF(), (slot,), (2, 1)).index(slot, None) == index


@pytest.mark.parametrize("size", [WINDOW, SCREEN], ids=["window", "screen"])
@pytest.mark.parametrize("outputs", [1, 3, 30])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_shows_its_probabilities_at_the_outputs_and_the_class_at_the_loss(
    size: QSizeF, outputs: int, smoothing: float
) -> None:
    experiment = dense((2, outputs), rows=2)
    for targets in (((0.0,), (outputs - 1.0,)), ((1.0,) + (0.0,) * (outputs - 1),) * 2):
        changed = replace(
            experiment,
            data=replace(experiment.data, targets=targets),
            loss=Choice("CrossEntropyLoss", {"label_smoothing": smoothing, "reduction": "mean"}),
        )
        layout = lay_out_stage(changed, {}, size, METRICS)

        assert overlaps(layout) == []
        loss = layout.whole.nodes[-1]
        cells = [cell for node in layout.whole.nodes for cell in node.cells]
        shown = {slot.ref for cell in cells for slot in cell.slots} | {
            slot.ref for each in layout.whole.maps for slot in each.slots
        }
        assert {"loss.softmax", "loss.log_softmax"} <= shown
        classes = len(targets[0]) == 1
        assert [cell.slots[0].label for cell in loss.cells] == (["L", "t"] if classes else ["L"])
        if classes:
            assert loss.cells[1].index(loss.cells[1].slots[0], 1) == (1, 0)
            assert not [cell for node in layout.whole.nodes[:-1] for cell in node.cells if refs.TARGET in _refs(cell)]


def _refs(cell: Cell) -> set[str]:
    return {slot.ref for slot in cell.slots}


def reach(items: Items) -> QRectF:
    """All that a part of the stage draws, with the frames and headings of heat maps."""
    boxes = [node.rect for node in items.nodes]
    boxes += [heat_map.rect.adjusted(-20, 0, 20, 0) for heat_map in items.maps]
    boxes += [edge.path.boundingRect().adjusted(-3, 0, 3, 0) for edge in items.edges]
    boxes += [cell.rect for edge in items.edges for cell in edge.cells]
    boxes += [QPolygonF(list(link)).boundingRect() for link in items.links]
    whole = boxes[0]
    for box in boxes:
        whole = whole.united(box)
    return whole


@pytest.mark.parametrize("sizes", [(2, 2, 1), (1, 1), (784, 128, 10), (8,) * 30, (2, 3, 40, 1), (3, 12, 2)])
@pytest.mark.parametrize("size", [QSizeF(540, 200), WINDOW, SCREEN])
def test_what_is_in_sight_is_found_by_where_it_is(sizes: tuple[int, ...], size: QSizeF) -> None:
    layout = lay_out_stage(dense(sizes, rows=2), {}, size, METRICS)
    beside = BESIDE * layout.scale
    for section in layout.sections:
        found = reach(section.items)
        assert section.left - beside <= found.left()
        assert found.right() <= section.right + beside
    for x in range(0, int(layout.size.width()), 50):
        part = layout.between(x, x + 50)
        for name in ("nodes", "edges", "maps"):
            for item in getattr(layout.whole, name):
                rect = item.path.boundingRect() if name == "edges" else item.rect
                assert rect.right() < x or rect.left() > x + 50 or item in getattr(part, name)


def test_of_a_deep_network_only_what_is_in_sight_is_placed() -> None:
    layout = lay_out_stage(dense((8,) * 101, rows=2), {}, WINDOW, METRICS)
    assert layout.between(1000, 1100).nodes
    # As many columns as there are between them, and their neighbours.
    assert sum("items" in vars(section) for section in layout.sections) <= 14


def test_lines_of_a_deep_network_are_not_measured_again_for_each_way_to_lay_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    experiment, asked = dense((8,) * 31, rows=2), list[int]()
    measure = Details.label_width

    def counted(details: Details, layer: int, rows: SlotRows, *, is_whole: bool = False) -> float:
        asked.append(layer)
        return measure(details, layer, rows, is_whole=is_whole)

    monkeypatch.setattr(Details, "label_width", counted)
    lay_out_stage(experiment, updates(experiment), SCREEN, METRICS)
    # A label has one row, or two or three.
    assert 0 < asked.count(20) <= 3
