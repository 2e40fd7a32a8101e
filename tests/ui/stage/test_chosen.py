"""Whose weights the stage shows, what stays on it from phase to phase, and what it does where a number has no room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.catalog.values.value import Role
from chainrule.explain.writing.numbers import format_number
from chainrule.model.navigation import Cursor
from chainrule.session.screen.moment import Selection
from chainrule.ui.stage.layout.geometry import Chosen
from chainrule.ui.stage.layout.places import Emphasis, Marks, chosen_neuron, shown
from chainrule.ui.stage.panel import StagePanel
from tests.experiments import article, dense, mazur
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench
from tests.ui.stage.recording import Recorded, record

Bench = ViewBench[StagePanel]
Make = Callable[[Experiment], Bench]
ROOMY, NARROW = QSizeF(1000, 420), QSizeF(620, 300)


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[Bench] = []

    def make_bench(experiment: Experiment) -> Bench:
        made.append(stage_bench(experiment))
        return made[-1]

    yield make_bench
    for bench in made:
        bench.close()


def drawn(bench: Bench, room: QSizeF = ROOMY) -> Recorded:
    bench.view.stage.make_room(room)
    return record(bench.view.stage)


def texts_in(found: Recorded, rect: QRectF) -> list[str]:
    return [text.text for text in found.texts if rect.contains(text.ink.center())]


def label_of(bench: Bench, layer: int, index: tuple[int, int]) -> QRectF:
    """Where the label of a weight is."""
    items = bench.view.stage.stage_layout().whole
    first = (refs.weight(layer), index)
    cells = next(cells for cells in items.all_labels() if (cells[0].slots[0].ref, cells[0].place) == first)
    return cells[0].rect.united(cells[-1].rect)


def go_to_end(bench: Bench, phase: Phase) -> None:
    steps = bench.session.moment.steps
    bench.session.navigator.go_to(Cursor(0, 1 + max(place for place, step in enumerate(steps) if step.phase is phase)))


@pytest.mark.parametrize(
    ("ref", "index", "wanted"),
    [
        (refs.weight(1), (1, 2), Chosen(1, 1, 2)),
        (refs.grad(refs.weight(0)), (3, 1), Chosen(0, 3, 1)),
        (refs.bias(1), (1,), Chosen(1, 1)),
        (refs.pre_activation(0), (1, 2), Chosen(0, 2)),
        (refs.grad(refs.activation(1)), (0, 1), Chosen(1, 1)),
        (refs.INPUT, (1, 1), Chosen(0, 0, 1)),
        (refs.TARGET, (0, 1), Chosen(1, 1)),
        (refs.LOSS, (), Chosen(1, 0)),
    ],
)
def test_the_chosen_neuron_is_that_of_the_selected_number(
    make: Make, ref: ValueRef, index: tuple[int, ...], wanted: Chosen
) -> None:
    moment = make(dense((2, 4, 2), 3)).session.moment
    assert chosen_neuron(replace(moment, selection=Selection(ref, index))) == wanted


def test_without_a_selection_it_is_that_of_the_micro_step(make: Make) -> None:
    bench = make(dense((2, 4, 2), 3))
    assert chosen_neuron(bench.session.moment) == Chosen()
    go_to_end(bench, Phase.FORWARD)
    assert chosen_neuron(replace(bench.session.moment, selection=None)) == Chosen(1, 0)


def test_a_click_on_the_name_of_a_neuron_shows_its_weights(make: Make) -> None:
    bench = make(dense((3, 4, 4, 2), 2))
    stage = bench.view.stage
    go_to_end(bench, Phase.FORWARD)
    drawn(bench, NARROW)
    node = next(node for node in stage.stage_layout().whole.nodes if (node.layer, node.unit) == (1, 2))
    QTest.mouseClick(stage, Qt.MouseButton.LeftButton, pos=(node.rect.topLeft() + QPointF(4, 4)).toPoint())

    assert chosen_neuron(bench.session.moment) == Chosen(1, 2)
    found = drawn(bench, NARROW)
    assert "Weights into h₃⁽²⁾" in [text.text for text in found.texts]
    assert {"w₃₁⁽²⁾", "w₃₂⁽²⁾", "w₃₃⁽²⁾", "w₃₄⁽²⁾"} <= {text.text for text in found.texts}


def test_a_weight_stays_when_its_gradient_comes_and_when_it_is_updated(make: Make) -> None:
    bench = make(mazur())
    wanted = ["w₁₁", "0.1500", "∂", "4.386·10⁻⁴", "→", "0.1498"]
    for phase, count in ((Phase.FORWARD, 2), (Phase.BACKWARD, 4), (Phase.UPDATE, 6)):
        go_to_end(bench, phase)
        found = drawn(bench)
        texts = texts_in(found, label_of(bench, 0, (0, 0)))
        # The gradient may be written out or with a power of ten.
        texts = ["4.386·10⁻⁴" if text == "0.0004386" else text for text in texts]
        assert sorted(texts) == sorted(wanted[:count])


def test_the_labels_of_a_neuron_stand_in_the_order_of_where_they_come_from(make: Make) -> None:
    bench = make(dense((3, 3, 2), 2))
    for room in (QSizeF(1000, 560), QSizeF(1300, 700), QSizeF(2600, 1400)):
        drawn(bench, room)
        for layer in (0, 1):
            edges = [edge for edge in bench.view.stage.stage_layout().whole.edges if edge.ref == refs.weight(layer)]
            edges.sort(key=lambda edge: edge.cells[0].rect.top())
            assert [edge.index for edge in edges] == sorted(edge.index for edge in edges)


def test_a_number_without_room_is_a_dot_in_its_signs_colour_and_none_of_its_digits(make: Make) -> None:
    bench = make(article())
    go_to_end(bench, Phase.FORWARD)
    bench.session.number_editor.edit_number(refs.pre_activation(0), (0, 0), -1.23456789e-200)
    found, stage = drawn(bench), bench.view.stage
    rect = stage.rect_of(refs.pre_activation(0), (0, 0))
    assert rect is not None

    assert texts_in(found, rect) == ["z"]
    theme = bench.appearance.theme
    # It is small beside the other neuron's.
    colors = [color for center, color in found.dots if rect.contains(center)]
    assert colors == [theme.tint(theme.negative, 0.2).name(), QColor(theme.by_hand).name()]


def test_a_class_is_a_whole_number_and_says_which_output_it_means(make: Make) -> None:
    experiment = dense((2, 3), rows=2)
    loss = Choice("CrossEntropyLoss", {"label_smoothing": 0.0, "reduction": "mean"})
    bench = make(replace(experiment, loss=loss, data=replace(experiment.data, targets=((2.0,), (0.0,)))))
    assert {"t", "class 2 (ŷ₃)"} <= {text.text for text in drawn(bench).texts}
    bench.session.selector.show_sample(1)
    assert "class 0 (ŷ₁)" in {text.text for text in drawn(bench).texts}


@pytest.mark.parametrize("phase", [Phase.BACKWARD, Phase.UPDATE])
def test_what_is_written_has_its_signs_colour_on_the_ground_of_the_phase(make: Make, phase: Phase) -> None:
    """In pixels: the gradient of the first bias is negative, and its new number is positive."""
    bench = make(article())
    stage, theme = bench.view.stage, bench.appearance.theme
    ref = refs.grad(refs.bias(0)) if phase is Phase.BACKWARD else refs.next_value(refs.bias(0))
    bench.session.navigator.go_to(Cursor(0, bench.session.moment.program.index[ref] + 1))
    stage.make_room(ROOMY)
    image, rect = stage.grab().toImage(), stage.rect_of(ref, (0,))
    assert rect is not None
    inside = rect.adjusted(2, 2, -2, -2).toRect()
    seen = {
        image.pixelColor(x, y).name()
        for x in range(inside.left(), inside.right())
        for y in range(inside.top(), inside.bottom())
    }
    ground = theme.focus_ground(theme.phase(phase.value)).name()
    assert {QColor(theme.negative if phase is Phase.BACKWARD else theme.positive).name(), ground} <= seen


def show(bench: Bench, ref: ValueRef) -> None:
    """Go to the micro-step that writes a value, as one steps there: its first number is selected."""
    program = bench.session.moment.program
    assert program is not None
    bench.session.navigator.go_to(Cursor(0, program.index[ref]))
    bench.session.navigator.step_forward()


ROOMS = (ROOMY, NARROW, QSizeF(760, 310), QSizeF(560, 230), QSizeF(420, 200), QSizeF(1900, 900))
ADAM = Choice("Adam", {"lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False})


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("optimizer", [None, ADAM])
def test_a_parameters_name_alone_is_always_that_of_its_number_before_the_update(
    make: Make, room: QSizeF, optimizer: Choice | None
) -> None:
    experiment = dense((2, 4, 3), 3)
    bench = make(experiment if optimizer is None else replace(experiment, optimizer=optimizer))
    go_to_end(bench, Phase.UPDATE)
    drawn(bench, room)
    moment, items = bench.session.moment, bench.view.stage.stage_layout().whole
    seen = [shown(cell, moment).slot for cell in items.cells() if not cell.is_dot]
    values = [values_of(moment.experiment)[slot.ref] for slot in seen]
    for slot, value in zip(seen, values, strict=True):
        if value.role is Role.PARAMETER and value.is_next:
            assert slot.label.endswith("→")
    # What is updated is on the screen, wherever one of its numbers has a place.
    if any(value.is_of_parameter for value in values):
        assert "→" in "".join(text.text for text in drawn(bench, room).texts)


@pytest.mark.parametrize("room", [ROOMY, NARROW])
def test_after_its_update_a_weights_old_number_has_its_name_and_the_new_one_an_arrow(make: Make, room: QSizeF) -> None:
    bench = make(mazur())
    go_to_end(bench, Phase.UPDATE)
    bench.session.selector.select(refs.next_value(refs.weight(0)), (0, 0))
    drawn(bench, room)
    texts = texts_in(drawn(bench, room), label_of(bench, 0, (0, 0)))
    assert texts[texts.index("0.1500") - 1 : texts.index("0.1500") + 1][-1] == "0.1500"
    assert {"0.1500", "→", "0.1498"} <= set(texts)


def test_where_a_hidden_gradient_is_computed_the_weights_out_of_its_neuron_are_shown_as_read(make: Make) -> None:
    bench = make(dense((2, 4, 3), 2))
    show(bench, refs.grad(refs.activation(0)))
    assert chosen_neuron(bench.session.moment) == Chosen(1, 0, 0, goes_out=True)
    found = drawn(bench, NARROW)
    texts = {text.text for text in found.texts}
    assert {"Weights out of h₁", "w₁₁⁽²⁾", "w₂₁⁽²⁾", "w₃₁⁽²⁾"} <= texts
    marks = Marks(bench.session.moment)
    assert [marks.of(refs.weight(1), (unit, 0)) for unit in range(3)] == [Emphasis.READ] * 3
    # Another neuron is one click away.
    bench.session.selector.select(refs.grad(refs.activation(0)), (0, 2))
    assert {"w₁₃⁽²⁾", "w₂₃⁽²⁾", "w₃₃⁽²⁾"} <= {text.text for text in drawn(bench, NARROW).texts}


@pytest.mark.parametrize("room", [QSizeF(760, 310), QSizeF(900, 330), QSizeF(1000, 420)])
def test_weights_out_of_a_neuron_stand_on_their_lines_where_those_into_one_do(make: Make, room: QSizeF) -> None:
    bench = make(dense((2, 4, 3), 2))
    show(bench, refs.grad(refs.activation(0)))
    drawn(bench, room)
    items = bench.view.stage.stage_layout().whole
    labelled = {edge.index for edge in items.edges if edge.cells and edge.ref == refs.weight(1)}
    below = {cells[0].place for cells in items.labels}
    assert labelled | below >= {(0, 0), (1, 0), (2, 0)}


def test_the_optimizers_memory_of_a_bias_is_never_beside_the_neurons_own_values(make: Make) -> None:
    bench = make(replace(dense((2, 4, 3), 3), optimizer=ADAM))
    bench.session.navigator.go_to(Cursor(1, 0))
    for position in range(len(bench.session.moment.steps)):
        bench.session.navigator.go_to(Cursor(1, position))
        moment = bench.session.moment
        drawn(bench, QSizeF(760, 310))
        for node in bench.view.stage.stage_layout().whole.nodes:
            for cell in node.cells:
                slot = shown(cell, moment).slot
                value = moment.value(slot.ref)
                if value is not None and value.role is Role.BUFFER and "exp_avg" in value.name:
                    assert moment.step is not None
                    assert moment.step.phase is Phase.UPDATE
                    assert slot.label.endswith("(b)")


@pytest.mark.parametrize(
    ("activation", "named"), [("Identity", set()), ("Sigmoid", {"a"}), ("ReLU", {"z"}), ("Tanh", {"a"})]
)
def test_only_what_the_equation_of_a_slope_names_is_marked_as_read(
    make: Make, activation: str, named: set[str]
) -> None:
    experiment = dense((2, 2, 1), 2)
    layers = (replace(experiment.network.layers[0], activation=Choice(activation)), *experiment.network.layers[1:])
    bench = make(replace(experiment, network=replace(experiment.network, layers=layers)))
    show(bench, refs.grad(refs.pre_activation(0)))
    marks = Marks(bench.session.moment)
    values = {"z": refs.pre_activation(0), "a": refs.activation(0)}
    assert {name for name, ref in values.items() if marks.of(ref, (0, 0)) is Emphasis.READ} == named
    assert marks.of(refs.grad(refs.activation(0)), (0, 0)) is Emphasis.READ


def test_a_neuron_in_one_row_shows_the_z_that_its_activation_reads(make: Make) -> None:
    bench = make(dense((2, 4, 3), 2))
    show(bench, refs.activation(0))
    found = drawn(bench, QSizeF(760, 310))
    moment, nodes = bench.session.moment, bench.view.stage.stage_layout().whole.nodes
    rect = next(node.rect for node in nodes if (node.layer, node.unit) == (0, 0))
    z = format_number(moment.number(refs.pre_activation(0), (0, 0)), 4)
    assert {"z", z, "a"} <= set(texts_in(found, rect))


def test_lines_do_not_grow_together_at_their_ends(make: Make) -> None:
    bench = make(dense((2, 4, 3), 2))
    for room in (QSizeF(760, 310), NARROW, ROOMY):
        drawn(bench, room)
        layout = bench.view.stage.stage_layout()
        for place in (0.0, 1.0):
            ends = sorted(
                (round(end.x()), end.y(), edge.most * layout.scale)
                for edge in layout.whole.edges
                for end in [edge.path.pointAtPercent(place)]
            )
            for (x, y, width), (other_x, other_y, _) in pairwise(ends):
                assert x != other_x or other_y - y >= width
