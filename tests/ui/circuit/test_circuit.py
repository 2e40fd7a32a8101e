"""A formula on the stage: what its nodes and wires show at each step, and how they are selected and edited."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations, product

import pytest
from PySide6.QtCore import QPointF, QSizeF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtTest import QTest

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.navigation import Cursor
from chainrule.session.screen.moment import Selection
from chainrule.ui.circuit.painting import CircuitPainter
from chainrule.ui.stage.layout.geometry import NodeCard
from chainrule.ui.stage.layout.places import Emphasis
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.widgets.fields import NumberField
from tests.formulas import formula_experiment
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench
from tests.ui.stage.recording import record

pytestmark = pytest.mark.usefixtures("qapp")

Bench = ViewBench[StagePanel]
NUMBER = re.compile(r"−?\d[\d.]*(·10\S+)?")


def first_circuit(**members: object) -> Experiment:
    """CS231n's first circuit."""
    parameters = {"x": -2, "y": 5, "z": -4}
    optimizer = {"name": "SGD", "lr": 0.1}
    given = {"parameters": parameters, "optimizer": optimizer} | members
    return formula_experiment("q = x + y", "f = q*z", **given)


def neuron() -> Experiment:
    parameters = {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}
    return formula_experiment("w = w0*x0 + w1*x1 + w2", "f = 1/(1 + exp(-w))", parameters=parameters)


def rosenbrock() -> Experiment:
    return formula_experiment(
        "f = (1 - x)^2 + 100*(y - x^2)^2",
        parameters={"x": -1.2, "y": 1},
        optimizer={"name": "Adam", "lr": 0.1},
        clipping={"name": "clip_grad_norm_", "max_norm": 1.0},
    )


def largest() -> Experiment:
    """As many operators as there may be, of few names that nearly all of them read."""
    lines = [f"v{i} = tanh(v{i - 1})*x + y" if i else "v0 = x + y" for i in range(66)]
    return formula_experiment(*lines)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = stage_bench(first_circuit())
    yield made
    made.close()


def numbers(bench: Bench) -> Counter[str]:
    """All numbers that are drawn, each as often as it is."""
    texts = (text.text for text in record(bench.view.stage).texts)
    return Counter(text for text in texts if NUMBER.fullmatch(text))


def node(bench: Bench, name: str) -> NodeCard:
    return next(node for node in bench.view.stage.stage_layout().whole.nodes if node.name == name)


def click(bench: Bench, at: QPointF) -> None:
    QTest.mouseClick(bench.view.stage, Qt.MouseButton.LeftButton, pos=at.toPoint())


GIVEN = Counter({"−2.000": 2, "5.000": 2, "−4.000": 2})


def test_forward_values_appear_one_by_one_and_go_again(bench: Bench) -> None:
    assert numbers(bench) == GIVEN
    bench.session.navigator.step_forward()
    assert numbers(bench) == GIVEN + Counter({"3.000": 1})
    bench.session.navigator.step_forward()
    assert numbers(bench) == GIVEN + Counter({"3.000": 1, "−12.00": 1})
    bench.session.navigator.step_back()
    assert numbers(bench) == GIVEN + Counter({"3.000": 1})


def test_gradients_stand_below_their_wires_as_in_the_course(bench: Bench) -> None:
    bench.session.navigator.go_to(Cursor(0, 7))
    gradients = {
        cell.slots[0].ref: cell.rect.top() - wire.cells[0].rect.bottom()
        for wire in bench.view.stage.stage_layout().whole.wires
        for cell in wire.cells[1:]
    }
    assert set(gradients) == {"x.grad", "y.grad", "z.grad", "q.grad", "f.grad"}
    assert all(below > 0 for below in gradients.values())
    assert numbers(bench) == GIVEN + Counter({"3.000": 2, "−12.00": 1, "−4.000": 3, "1.000": 1})


def test_an_update_puts_the_new_number_into_the_node_and_leaves_the_old_one_on_the_wire(bench: Bench) -> None:
    bench.session.navigator.go_to(Cursor(0, len(bench.session.moment.steps)))
    # -2 + 0.1 * 4, 5 + 0.1 * 4, -4 - 0.1 * 3
    found = numbers(bench)
    assert [found[text] for text in ("−1.600", "5.400", "−4.300", "−2.000", "5.000")] == [1, 1, 1, 1, 1]
    bench.session.navigator.go_to(Cursor(1, 0))
    assert numbers(bench) == Counter({"−1.600": 2, "5.400": 2, "−4.300": 2})


def test_a_name_with_several_readers_shows_each_share_and_their_sum() -> None:
    bench = stage_bench(formula_experiment("q = x + y", "f = q*x", parameters={"x": 3, "y": 5}))
    try:
        bench.session.navigator.go_to(Cursor(0, len(bench.session.moment.steps)))
        shown = {ref: bench.session.moment.number(ref, ()) for ref in map(ValueRef, SHARES)}
        assert shown == {"x.grad.from.f": 8.0, "x.grad.from.q": 3.0, "x.grad": 11.0}
        layout = bench.view.stage.stage_layout().whole
        on_wires = {slot.ref for wire in layout.wires for cell in wire.cells for slot in cell.slots}
        on_node = {slot.ref for cell in node(bench, "x").cells for slot in cell.slots}
        assert {"x.grad.from.f", "x.grad.from.q"} <= on_wires
        assert "x.grad" in on_node
        assert numbers(bench)["11.00"] == 1
    finally:
        bench.close()


SHARES = ("x.grad.from.f", "x.grad.from.q", "x.grad")


def test_what_the_step_reads_is_yellow_and_what_it_writes_has_its_phase(bench: Bench) -> None:
    bench.session.navigator.go_to(Cursor(0, 2))
    image, layout = bench.view.stage.grab().toImage(), bench.view.stage.stage_layout().whole
    theme, ratio = bench.appearance.theme, bench.view.stage.devicePixelRatio()

    def ground(ref: str) -> str:
        cell = next(cell for cell in layout.cells() if cell.slots[0].ref == ref and cell.is_on_wire)
        at = (cell.rect.topLeft() + QPointF(5, cell.rect.height() / 2)) * ratio
        return image.pixelColor(at.toPoint()).name()

    assert ground("q") == theme.read
    assert ground("f") in {theme.written_ground(theme.forward).name(), theme.focus_ground(theme.forward).name()}
    assert ground("y") == theme.surface


def test_a_click_on_a_node_or_a_wire_selects_what_it_carries(bench: Bench) -> None:
    bench.session.navigator.go_to(Cursor(0, 4))
    click(bench, node(bench, "q").rect.center())
    assert bench.session.selection == Selection(ValueRef("q"), ())
    wire = next(wire for wire in bench.view.stage.stage_layout().whole.wires if wire.ref == "z")
    click(bench, wire.path.pointAtPercent(0.9))
    assert bench.session.selection == Selection(ValueRef("z"), ())
    assert "z" in bench.view.stage.accessibleDescription()


def test_a_double_click_sets_an_intermediate_value_by_hand(bench: Bench) -> None:
    bench.session.navigator.go_to(Cursor(0, 7))
    rect = bench.view.stage.rect_of(ValueRef("q"), ())
    assert rect is not None
    QTest.mouseDClick(bench.view.stage, Qt.MouseButton.LeftButton, pos=rect.center().toPoint())
    editor = bench.view.stage.findChild(NumberField, "stage.editor")
    assert editor is not None
    editor.setText("10")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    moment = bench.session.moment
    assert moment.is_overridden(ValueRef("q"), ())
    # f = 10 * -4, df/dz = q.
    assert [moment.number(ValueRef(ref), ()) for ref in ("f", "z.grad", "x.grad")] == [-40.0, 10.0, -4.0]
    assert numbers(bench)["−40.00"] == 1
    bench.session.undo_stack.undo()
    assert bench.session.moment.number(ValueRef("f"), ()) == -12.0


def test_typing_changes_a_selected_parameter(bench: Bench) -> None:
    bench.session.selector.select(ValueRef("x"), ())
    bench.view.stage.setFocus()
    QTest.keyClicks(bench.view.stage, "4")
    editor = bench.view.stage.findChild(NumberField, "stage.editor")
    assert editor is not None
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert bench.session.experiment.parameters[ValueRef("x")] == 4.0
    bench.session.navigator.go_to(Cursor(0, 2))
    assert bench.session.moment.number(ValueRef("f"), ()) == -36.0


def test_a_frozen_parameter_has_no_gradient_on_its_wire() -> None:
    bench = stage_bench(first_circuit(frozen=["z"]))
    try:
        bench.session.navigator.go_to(Cursor(0, len(bench.session.moment.steps)))
        shown = {slot.ref for cell in bench.view.stage.stage_layout().whole.cells() for slot in cell.slots}
        assert "z" in shown
        assert not {"z.grad", "z.next"} & shown
    finally:
        bench.close()


SIZES = [(400, 200), (660, 340), (1100, 620)]


@pytest.mark.parametrize(
    ("make", "scale"),
    [*product([first_circuit, neuron, rosenbrock], [1.0, 1.5, 2.0]), (largest, 1.3)],
)
def test_no_text_lies_on_another(make: Callable[[], Experiment], scale: float) -> None:
    bench = stage_bench(make())
    try:
        bench.appearance.set_scale(scale)
        for size in SIZES:
            bench.view.stage.make_room(QSizeF(*size))
            for position in (0, len(bench.session.moment.steps)):
                bench.session.navigator.go_to(Cursor(0, position))
                inks = [(text.text, text.ink) for text in record(bench.view.stage).texts]
                overlaid = [(one, other) for (one, a), (other, b) in combinations(inks, 2) if a.intersects(b)]
                assert overlaid == [], (size, position)
    finally:
        bench.close()


def test_a_small_formula_shows_its_numbers_however_little_room_there_is() -> None:
    bench = stage_bench(neuron())
    try:
        bench.session.navigator.go_to(Cursor(0, 8))
        bench.view.stage.make_room(QSizeF(300, 150))
        assert bench.view.stage.width() > 300
        assert numbers(bench)["0.7311"] == 1
    finally:
        bench.close()


def test_a_large_formula_is_all_in_sight_as_dots_and_has_its_numbers_when_zoomed_in() -> None:
    bench = stage_bench(largest())
    try:
        bench.session.navigator.go_to(Cursor(0, 5))
        assert not numbers(bench)
        assert any(text.text.startswith("Zoom in") for text in record(bench.view.stage).texts)
        bench.view.canvas.zoom_by(64.0)
        assert len(numbers(bench)) > 5
    finally:
        bench.close()


def test_of_the_wires_that_leave_a_node_those_that_a_step_reads_are_marked() -> None:
    bench = stage_bench(formula_experiment("f = log(x)*x", parameters={"x": 2}))
    try:
        read: dict[str, list[str]] = {}
        for position, step in enumerate(bench.session.moment.steps, 1):
            bench.session.navigator.go_to(Cursor(0, position))
            items = bench.view.stage.stage_layout().whole
            painter = CircuitPainter(QPainter(), bench.session.moment, items, 1.0, bench.appearance)
            marks = {id(place.cell): place.mark for place in painter.places().cells}
            read[step.writes] = []
            for wire in items.wires:
                if wire.ref == "x" and wire.cells:
                    is_thick = painter._wire_pen(wire).widthF() > 2
                    is_read = marks[id(wire.cells[0])] is Emphasis.READ
                    # A wire whose gradient is written is marked as well.
                    assert is_thick is (is_read or wire.gradient == step.writes), (step.writes, wire.readers)
                    read[step.writes] += wire.readers if is_read else ()
        assert [read[name] for name in ("n1", "f", "n1.grad", "x.grad.from.n1")] == [["n1"], ["f"], ["f"], ["n1"]]
    finally:
        bench.close()
