"""In a whole window: larger text leaves the network its numbers and weights; where none fit, it says where they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QListView, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.ui.app import open_window
from chainrule.ui.stage.layout.geometry import Density
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, dense, mazur, sgd
from tests.ui.stage.recording import record


@pytest.fixture(scope="module")
def shared(qapp: QApplication) -> Iterator[MainWindow]:
    window = open_window(None)
    window.show()
    yield window
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()


@pytest.fixture
def room(qtbot: QtBot, shared: MainWindow) -> MainWindow:
    qtbot.waitUntil(lambda: shared.session.moment.program is not None, timeout=20_000)
    return shared


def show(window: MainWindow, experiment: Experiment, size: tuple[int, int], scale: float) -> None:
    """Open an experiment, after its first iteration, in a window of that size."""
    window.session.file.open(experiment, None)
    window.appearance.set_scale(scale)
    window.resize(*size)
    window.session.navigator.go_to(Cursor(0, len(window.session.moment.steps)))
    for _ in range(3):
        QApplication.processEvents()


def neurons(window: MainWindow) -> set[Density]:
    """How the neurons are drawn that compute something."""
    last = len(window.session.experiment.network.layers)
    nodes = window.stage_panel.stage.stage_layout().whole.nodes
    return {node.density for node in nodes if 0 <= node.layer < last}


def said(window: MainWindow) -> list[str]:
    return [text.text for text in record(window.stage_panel.stage).texts]


@pytest.mark.parametrize("experiment", [article(), mazur()], ids=["2-2-1", "mazur"])
@pytest.mark.parametrize(("size", "scale"), [
    ((1280, 800), 1.0),
    ((1366, 768), 1.0),
    ((1280, 800), 1.3),
    ((1366, 768), 1.3),
    ((1920, 1080), 1.3),
    ((1280, 800), 1.5),
    ((1920, 1080), 1.5),
    ((1920, 1080), 2.0),
])  # fmt: skip
def test_cards_with_all_weights_on_their_lines(
    room: MainWindow, experiment: Experiment, size: tuple[int, int], scale: float
) -> None:
    show(room, experiment, size, scale)
    edges = room.stage_panel.stage.stage_layout().whole.edges
    assert all(len(edge.cells) >= 2 for edge in edges)
    assert neurons(room) == {Density.CARD}
    texts = said(room)
    for name in ("w₁₁", "w₁₂", "b", "z", "a", "∂", "δ"):
        assert name in texts
    assert room.size().toTuple() == size


@pytest.mark.parametrize(("size", "density"), [((1280, 800), Density.MINI), ((1366, 768), Density.ROW)])
def test_the_largest_text_leaves_numbers_and_the_weights_of_one_neuron(
    room: MainWindow, size: tuple[int, int], density: Density
) -> None:
    show(room, article(), size, 2.0)
    assert neurons(room) == {density}
    texts = said(room)
    for name in ("0.02080", "−0.02496", "−1.310", "w₁₁⁽¹⁾", "w₁₂⁽¹⁾", "Weights into h₁"):
        assert name in texts
    assert room.size().toTuple() == size


def test_where_no_weight_has_room_the_stage_says_so(room: MainWindow) -> None:
    show(room, dense((3, 5, 5, 5, 2), rows=2), (1000, 540), 2.0)
    layout = room.stage_panel.stage.stage_layout()
    assert not layout.whole.all_labels()
    assert any(text.startswith("Zoom in for the weights") for text in said(room))
    room.stage_panel.canvas.zoom_by(4)
    assert room.stage_panel.stage.stage_layout().whole.all_labels()
    assert not any(text.startswith("Zoom in") for text in said(room))


def test_a_network_and_its_equation_share_their_height_until_one_drags_them(room: MainWindow) -> None:
    middle, stage, equation = room.body.splitters[1], room.stage_panel, room.equation_view
    show(room, article(), (1366, 768), 1.3)
    assert 2 * equation.height() < stage.height() < 4 * equation.height()
    show(room, article(), (1920, 1080), 1.0)
    assert equation.height() == 225
    state = middle.state()
    show(room, article(), (1366, 768), 1.3)
    middle.take_state(state)
    assert 2 * equation.height() < stage.height() < 4 * equation.height()
    # What somebody drags stays, in the next window too.
    handle = middle.handle(1)
    start = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(handle, start.__class__(start.x(), start.y() - 60))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton)
    dragged = equation.height()
    assert dragged > 190
    room.appearance.set_scale(1.15)
    QApplication.processEvents()
    assert equation.height() == pytest.approx(dragged, abs=20)
    assert not middle.is_shared


def test_in_a_low_window_the_timeline_leaves_its_labels_out(room: MainWindow) -> None:
    bar = room.timeline_bar
    show(room, article(), (1280, 800), 1.0)
    high = bar.height()
    assert bar.label_rects()
    show(room, article(), (1280, 800), 2.0)
    assert bar.height() < 2 * high - 30
    assert not bar.label_rects()
    marks = bar.mark_rect(0)
    assert marks.bottom() < bar.height() - 4


def in_a_choice_field(view: QWidget) -> bool:
    parent = view.parentWidget()
    while parent is not None and not isinstance(parent, ChoiceField):
        parent = parent.parentWidget()
    return parent is not None


def test_no_scroll_bar_is_without_style(room: MainWindow) -> None:
    show(room, article(), (1280, 800), 1.0)
    room.beside.help_window.show()
    room.beside.referee_panel.show()
    widgets = [room, room.beside.help_window, room.beside.referee_panel]
    areas = [area for widget in widgets for area in widget.findChildren(QAbstractScrollArea)]
    # Fields that open a list of their own never show Qt's, and charts never pyqtgraph's menu.
    areas = [area for area in areas if not isinstance(area, QListView) or not in_a_choice_field(area)]
    areas = [area for area in areas if area.objectName() != "avgParamList"]
    assert len(areas) >= 9
    for area in areas:
        off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if area.verticalScrollBarPolicy() != off:
            assert area.verticalScrollBar().sizeHint().width() <= 10, area
        if area.horizontalScrollBarPolicy() != off:
            assert area.horizontalScrollBar().sizeHint().height() <= 10, area
    room.beside.help_window.hide()
    room.beside.referee_panel.hide()


def test_an_update_too_small_for_four_digits_is_seen(room: MainWindow) -> None:
    """0.5000 → 0.5000 would say that nothing happened."""
    show(room, article(optimizer=sgd(1e-5)), (1920, 1080), 1.0)
    weight, stage = refs.weight(1), room.stage_panel.stage
    old, new = (room.session.moment.number(ref, (0, 0)) for ref in (weight, refs.next_value(weight)))
    assert old is not None
    assert new is not None
    assert f"{old:.4g}" == f"{new:.4g}"
    change = next(line for line in stage.tooltip(weight, (0, 0)).split("\n") if line.startswith("This update"))
    before, after = change.removeprefix("This update: ").split(" → ")
    assert before != after
    texts = said(room)
    assert before in texts
    assert after in texts
