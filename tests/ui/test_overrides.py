"""Setting computed numbers by hand in the window: typed, marked, said, and cleared."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QTableView, QToolTip
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.navigation import Cursor
from chainrule.ui.window.main_window import MainWindow

Z0, A1, GRAD = refs.pre_activation(0), refs.activation(1), refs.grad(refs.weight(0))


@pytest.fixture(autouse=True)
def backward(window: MainWindow) -> None:
    """Every test begins in the middle of the backward pass."""
    window.session.navigator.go_to(Cursor(0, 13))


def type_number(qtbot: QtBot, window: MainWindow, ref: ValueRef, index: tuple[int, ...], text: str) -> None:
    """Double-click a number on the stage, and type another one."""
    stage = window.stage_panel.stage
    rect = stage.rect_of(ref, index)
    assert rect is not None
    place = rect.center().toPoint()
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(stage, Qt.MouseButton.LeftButton, pos=place)
    # One that was closed before may still wait to be deleted.
    (editor,) = (found for found in stage.findChildren(QLineEdit, "stage.editor") if found.isVisible())
    editor.setText(text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def count_pixels(window: MainWindow, ref: ValueRef, index: tuple[int, ...], color: str) -> int:
    """How many pixels around a number have a colour."""
    stage = window.stage_panel.stage
    rect = stage.rect_of(ref, index)
    assert rect is not None
    image = stage.grab(rect.adjusted(-4, -4, 4, 4).toRect()).toImage()
    wanted = QColor(color).rgb()
    points = (QPoint(x, y) for x in range(image.width()) for y in range(image.height()))
    return sum(image.pixel(point) == wanted for point in points)


@pytest.mark.parametrize(("ref", "index"), [(Z0, (0, 1)), (A1, (0, 0)), (GRAD, (1, 0)), (refs.LOSS, ())])
def test_a_number_is_set_by_hand_in_place_and_marked(
    qtbot: QtBot, window: MainWindow, ref: ValueRef, index: tuple[int, ...]
) -> None:
    by_hand = window.appearance.theme.by_hand
    assert count_pixels(window, ref, index, by_hand) == 0
    type_number(qtbot, window, ref, index, "0.5")
    assert window.session.moment.overrides == {ref: {index: 0.5}}
    assert count_pixels(window, ref, index, by_hand) > 10
    assert window.stage_panel.stage.rect_of(ref, index) is not None
    window.actions_by_id["edit.undo"].trigger()
    assert count_pixels(window, ref, index, by_hand) == 0


def test_delete_clears_the_selected_one_and_an_action_clears_all(qtbot: QtBot, window: MainWindow) -> None:
    session, stage = window.session, window.stage_panel.stage
    clear = window.actions_by_id["edit.clear_overrides"]
    assert not clear.isEnabled()
    for index in ((0, 0), (0, 1)):
        type_number(qtbot, window, Z0, index, "0.25")
    type_number(qtbot, window, GRAD, (1, 0), "2")
    assert clear.isEnabled()
    qtbot.keyClick(stage, Qt.Key.Key_Delete)
    assert session.moment.overrides == {Z0: {(0, 0): 0.25, (0, 1): 0.25}}
    session.selector.select(A1, (0, 0))
    qtbot.keyClick(stage, Qt.Key.Key_Delete)
    assert session.moment.overrides == {Z0: {(0, 0): 0.25, (0, 1): 0.25}}
    clear.trigger()
    assert session.moment.overrides == {}
    assert not clear.isEnabled()
    window.actions_by_id["edit.undo"].trigger()
    assert clear.isEnabled()
    session.navigator.step_forward()
    assert clear.isEnabled()
    session.navigator.go_to(Cursor(1, 3))
    assert not clear.isEnabled()


def test_what_is_no_number_is_refused_beside_the_field(qtbot: QtBot, window: MainWindow) -> None:
    before = window.session.document
    type_number(qtbot, window, Z0, (0, 1), "nan")
    assert window.session.document is before
    assert window.stage_panel.stage.findChild(QLineEdit, "stage.editor") is not None


def test_the_tooltip_the_equation_and_the_badge_say_so(qtbot: QtBot, window: MainWindow) -> None:
    computed = window.session.moment.number(Z0, (0, 1))
    type_number(qtbot, window, Z0, (0, 1), "0.5")
    tip = window.stage_panel.stage.tooltip(Z0, (0, 1))
    assert "Set by hand" in tip
    assert str(computed)[:5] in tip
    sentence = window.equation_view.findChild(QLabel, "equation_view.sentence")
    assert sentence is not None
    assert "0.5000 was set by hand" in sentence.text()
    window.equation_view.copy_latex()
    assert r"\text{set by hand to}" in QGuiApplication.clipboard().text()
    badge = window.findChild(QLabel, "referee_badge")
    assert badge is not None
    assert badge.text() == "1 set by hand"
    type_number(qtbot, window, Z0, (0, 0), "0.25")
    assert badge.text() == "2 set by hand"
    window.actions_by_id["edit.clear_overrides"].trigger()
    assert "set by hand" not in badge.text()
    assert "Set by hand" not in window.stage_panel.stage.tooltip(Z0, (0, 1))
    QToolTip.hideText()


def test_an_output_is_set_by_hand_in_the_table_once_it_is_known(qtbot: QtBot, window: MainWindow) -> None:
    table = window.findChild(QTableView, "targets_table")
    assert table is not None
    model = table.model()
    window.session.navigator.go_to(Cursor(0, 1))
    output = model.index(1, 1)
    assert not model.flags(output) & Qt.ItemFlag.ItemIsEditable
    window.session.navigator.go_to(Cursor(0, 13))
    assert model.flags(output) & Qt.ItemFlag.ItemIsEditable
    assert model.setData(output, "0.25")
    assert window.session.moment.overrides == {A1: {(1, 0): 0.25}}
    assert "Set by hand" in model.data(output, Qt.ItemDataRole.ToolTipRole)
    targets = window.session.experiment.data.targets
    assert targets == ((1.0,), (2.0,))


def test_the_slider_marks_such_iterations(qtbot: QtBot, window: MainWindow) -> None:
    slider = window.timeline_bar.slider
    type_number(qtbot, window, Z0, (0, 1), "0.5")
    window.session.navigator.go_to(Cursor(2, 17))

    def marked(iteration: int) -> bool:
        image, x = slider.grab().toImage(), round(slider.x_of(iteration + 1))
        return image.pixelColor(x, 1) == QColor(window.appearance.theme.by_hand)

    assert [marked(iteration) for iteration in range(2)] == [True, False]
