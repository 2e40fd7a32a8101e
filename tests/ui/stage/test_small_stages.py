"""On stages with little room, and on those with a little more than that: what is said, and which numbers stay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSizeF
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.explain.writing.numbers import format_number
from chainrule.model.navigation import Cursor
from chainrule.ui.stage.layout.geometry import Density
from chainrule.ui.stage.layout.places import shown
from chainrule.ui.stage.panel import StagePanel
from tests.experiments import article, dense
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench
from tests.ui.stage.recording import record
from tests.ui.stage.test_what_is_drawn import complaints

ADAM = complete(OPTIMIZERS, Choice("Adam", {}), "$.optimizer")
NETWORKS = {
    "1-5": dense((1, 5), rows=2),
    "5-1": dense((5, 1), rows=2, optimizer=ADAM),
    "2-2-1": article(),
    "2-4-3": dense((2, 4, 3), rows=2),
    "3-5-5-2": dense((3, 5, 5, 2), rows=2),
    "30-4-2": dense((30, 4, 2), rows=2, optimizer=ADAM),
    "six neurons in a row": dense((1,) * 6, rows=2),
}


@pytest.fixture
def benches(qtbot: QtBot) -> Iterator[list[ViewBench[StagePanel]]]:
    made: list[ViewBench[StagePanel]] = []
    yield made
    for bench in made:
        bench.close()


def at_the_end(benches: list[ViewBench[StagePanel]], experiment: Experiment) -> ViewBench[StagePanel]:
    """The stage after the first iteration."""
    bench = stage_bench(experiment)
    benches.append(bench)
    bench.session.navigator.go_to(Cursor(0, len(bench.session.moment.steps)))
    return bench


@pytest.mark.parametrize("network", NETWORKS)
def test_however_narrow_it_is_nothing_ends_beyond_its_edge(network: str, benches: list[ViewBench[StagePanel]]) -> None:
    bench = at_the_end(benches, NETWORKS[network])
    stage, wrong = bench.view.stage, []
    outputs = refs.pre_activation(len(NETWORKS[network].network.layers) - 1)
    for ref in (refs.pre_activation(0), outputs):
        bench.session.selector.select(ref, (0, 0))
        for scale in (1.0, 2.0):
            bench.appearance.set_scale(scale)
            for width in (300, 380, 500, 700):
                for height in (180, 215, 320):
                    stage.make_room(QSizeF(width, height))
                    found = complaints(stage, record(stage), scale)
                    wrong += [f"{width}x{height}, text {scale}, {ref}: {complaint}" for complaint in found]
    assert wrong == []


def test_less_is_said_beside_weights_without_much_room(benches: list[ViewBench[StagePanel]]) -> None:
    bench = at_the_end(benches, NETWORKS["30-4-2"])
    bench.session.selector.select(refs.pre_activation(0), (0, 0))
    bench.appearance.set_scale(2.0)
    said = []
    for width in range(1000, 499, -25):
        bench.view.stage.make_room(QSizeF(width, 420))
        texts = [text.text for text in record(bench.view.stage).texts]
        whose = next(text for text in texts if text.endswith("into h₁") or text.startswith("Zoom in"))
        said.append((whose, "click a neuron for its own" in texts))
        if whose.endswith("into h₁"):
            assert any(text.startswith("+ 2") and text.endswith(" more") for text in texts)
    assert list(dict.fromkeys(said)) == [
        ("Weights into h₁", True),
        ("Weights into h₁", False),
        ("into h₁", False),
    ]


def test_rows_with_room_keep_the_bias_beside_its_new_value(benches: list[ViewBench[StagePanel]]) -> None:
    bench = at_the_end(benches, dense((8, 8, 8), rows=2))
    bench.view.stage.make_room(QSizeF(1318, 596))
    nodes = bench.view.stage.stage_layout().whole.nodes
    assert {node.density for node in nodes if node.layer in (0, 1)} == {Density.ROW}
    texts, moment = [text.text for text in record(bench.view.stage).texts], bench.session.moment
    for layer in (0, 1):
        for unit in range(8):
            for ref in (refs.bias(layer), refs.next_value(refs.bias(layer))):
                number = moment.number(ref, (unit,))
                assert number is not None
                assert format_number(number, 4) in texts


def test_neurons_with_their_names_come_before_heat_maps_of_weights(benches: list[ViewBench[StagePanel]]) -> None:
    bench = at_the_end(benches, dense((8, 8, 8), rows=2))
    bench.appearance.set_scale(1.5)
    bench.view.stage.make_room(QSizeF(888, 180))
    assert not bench.view.stage.stage_layout().whole.maps
    texts = [text.text for text in record(bench.view.stage).texts]
    assert {"x₁", "x₈", "h₁", "h₈", "ŷ₁", "ŷ₈"} <= set(texts)
    assert any(text.startswith("Zoom in for the weights") for text in texts)


@pytest.mark.parametrize(("network", "scale", "room"), [
    (dense((5, 5, 3), rows=2), 1.5, QSizeF(1230, 314)),
    (dense((1, 5), rows=2), 2.0, QSizeF(844, 180)),
])  # fmt: skip
def test_a_weight_stays_when_its_gradient_and_its_new_value_come(
    network: Experiment, scale: float, room: QSizeF, benches: list[ViewBench[StagePanel]]
) -> None:
    bench = at_the_end(benches, network)
    bench.appearance.set_scale(scale)
    stage, session = bench.view.stage, bench.session
    seen: set[tuple[str, tuple[int, ...]]] = set()
    for position in range(1, len(session.moment.steps) + 1):
        session.navigator.go_to(Cursor(0, position))
        session.selector.select(refs.pre_activation(0), (0, 0))
        stage.make_room(room)
        items = [shown(cell, session.moment) for label in stage.stage_layout().whole.all_labels() for cell in label]
        weights = {(item.slot.ref, item.index) for item in items if item.slot.ref == refs.weight(0)}
        assert weights >= seen, position
        seen = weights
    assert seen
