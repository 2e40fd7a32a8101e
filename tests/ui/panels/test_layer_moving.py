"""A layer is moved by its name, by keys and by its menu, as one entry to undo, and it is said what begins anew."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import CONTROL, LISTS, SHIFT, Key, find

LEFT = Qt.MouseButton.LeftButton


def prepare(window: MainWindow) -> None:
    """Three layers, ReLU, Tanh and Identity, the second one wider."""
    editor = window.session.editor
    editor.edit("", shape_edits.add_layer(editor.initial_values), restart=True)
    editor.edit("", shape_edits.set_units(1, 3, editor.initial_values), restart=True)
    editor.edit("", edits.set_activation(1, Choice("Tanh")))


def names(window: MainWindow) -> list[str]:
    return [layer.activation.name for layer in window.session.experiment.network.layers]


def rows(window: MainWindow) -> list[QWidget]:
    return list(window.experiment_panel.network._rows)


def move_over(window: MainWindow, layer: int, other: int, *, below: bool) -> QWidget:
    """Take a layer by its name and come to the upper or lower part of another row."""
    name = rows(window)[layer].name  # type: ignore[attr-defined]
    assert isinstance(name, QWidget)
    target = rows(window)[other]
    at = target.mapToGlobal(QPoint(10, target.height() - 3 if below else 3))
    QTest.mousePress(name, LEFT, pos=name.rect().center())
    QTest.mouseMove(name, name.rect().center() + QPoint(0, 14))
    QTest.mouseMove(name, name.mapFromGlobal(at))
    return name


def test_a_row_is_dragged_below_another(active: MainWindow, qtbot: QtBot) -> None:
    prepare(active)
    first = active.session.undo_stack.count()
    name, line = move_over(active, 0, 1, below=True), find(active, "layer_drop_line")
    assert name.cursor().shape() == Qt.CursorShape.ClosedHandCursor
    panel, third = active.experiment_panel.network, rows(active)[2]
    assert line.isVisible()
    assert abs(line.geometry().center().y() - third.mapTo(panel, QPoint()).y()) <= 2
    assert line.grab().toImage().pixelColor(5, 1).name() == active.appearance.theme.link
    QTest.mouseRelease(name, LEFT)
    qtbot.waitUntil(lambda: names(active) == ["Tanh", "ReLU", "Identity"])
    assert not line.isVisible()
    assert active.session.undo_stack.count() == first + 1
    assert active.session.undo_stack.undoText() == "Move layer"
    assert "in their new place is drawn anew" in active.notice.text
    active.session.undo_stack.undo()
    assert names(active) == ["ReLU", "Tanh", "Identity"]


def test_escape_lets_it_stay(active: MainWindow, qtbot: QtBot) -> None:
    prepare(active)
    document = active.session.document
    name = move_over(active, 0, 1, below=True)
    QTest.keyClick(active, Key.Key_Escape)
    assert not find(active, "layer_drop_line").isVisible()
    QTest.mouseRelease(name, LEFT)
    qtbot.wait(1)
    assert active.session.document is document


def test_a_click_moves_nothing(active: MainWindow) -> None:
    prepare(active)
    document = active.session.document
    QTest.mouseClick(rows(active)[0].name, LEFT)  # type: ignore[attr-defined]
    assert active.session.document is document


def test_keys_move_the_layer_that_the_keyboard_is_in(active: MainWindow) -> None:
    prepare(active)
    field = find(active, "layer_units_0")
    field.setFocus()
    QTest.keyClick(field, Key.Key_Down, CONTROL | SHIFT)
    assert names(active) == ["Tanh", "ReLU", "Identity"]
    focused = active.focusWidget()
    assert focused is find(active, "layer_units_1")
    QTest.keyClick(focused, Key.Key_Up, CONTROL | SHIFT)
    assert names(active) == ["ReLU", "Tanh", "Identity"]


def test_or_the_layer_of_the_selected_number(active: MainWindow) -> None:
    prepare(active)
    active.session.selector.select(refs.weight(1), (0, 0))
    active.go_to_stage()
    active.actions_by_id["layer.up"].trigger()
    assert names(active) == ["Tanh", "ReLU", "Identity"]
    # The first one has none above it.
    active.session.selector.select(refs.weight(0), (0, 0))
    count = active.session.undo_stack.count()
    active.actions_by_id["layer.up"].trigger()
    assert active.session.undo_stack.count() == count


@LISTS
def test_its_menu(active: MainWindow, qtbot: QtBot) -> None:
    prepare(active)
    name = rows(active)[0].name  # type: ignore[attr-defined]
    at = name.rect().center()
    QApplication.sendEvent(name, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, name.mapToGlobal(at)))
    (menu,) = name.findChildren(QMenu)
    up, down = menu.actions()
    assert (up.isEnabled(), down.isEnabled()) == (False, True)
    down.trigger()
    menu.close()
    qtbot.waitUntil(lambda: names(active) == ["Tanh", "ReLU", "Identity"])
