"""Numbers that are dragged or turned, in fields and on the stage: all follows, one entry, Escape gives it back."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor
from chainrule.ui.widgets.fields import Field, IntegerField, NumberField
from chainrule.ui.window.main_window import MainWindow
from tests.formulas import formula_experiment
from tests.ui.keyboard import ALT, CONTROL, NONE, SHIFT, Key, find
from tests.ui.numbers.dragging import drag, drop, grab, pull, turn

W12 = (refs.weight(0), (0, 1))
LOSS = ValueRef("loss")


def middle(field: Field) -> QPoint:
    return field.rect().center()


def entries(window: MainWindow) -> int:
    return window.session.undo_stack.count()


def number(window: MainWindow, ref: ValueRef, index: Index) -> float | None:
    return window.session.moment.number(ref, index)


def on_stage(window: MainWindow, ref: ValueRef, index: Index) -> QPoint:
    rect = window.stage_panel.stage.rect_of(ref, index)
    assert rect is not None
    return rect.center().toPoint()


def rate(window: MainWindow) -> NumberField:
    field = find(window, "optimizer_lr")
    assert isinstance(field, NumberField)
    return field


# On the stage


def test_a_weight_is_dragged_and_all_of_the_window_follows(active: MainWindow) -> None:
    window, stage = active, active.stage_panel.stage
    window.actions_by_id["iteration.next"].trigger()
    window.actions_by_id["iteration.next"].trigger()
    window.actions_by_id["step.forward"].trigger()
    window.session.selector.select(*W12)
    at, before = on_stage(window, *W12), window.session.moment
    old, first = number(window, *W12), entries(window)
    assert old is not None
    losses = []
    equation = window.equation_view
    grab(stage, at)
    assert number(window, *W12) == old
    seen = {(stage.grab().toImage().pixelColor(0, 0).name())}
    pictures = []
    for pixels in (40, 80, 120):
        pull(stage, at, pixels)
        moment = window.session.moment
        assert number(window, *W12) == pytest.approx(old + pixels / 4 * 0.01, abs=0.005)
        assert moment.cursor == before.cursor
        losses.append(moment.numbers.lists(LOSS))
        pictures.append(stage.grab().toImage())
        assert f"{number(window, *W12):.4f}" in equation.accessibleDescription() + stage.accessibleDescription()
    assert len(set(map(repr, losses))) == 3
    assert pictures[0] != pictures[1] != pictures[2]
    assert seen
    drop(stage, at)
    assert entries(window) == first + 1
    window.session.undo_stack.undo()
    assert number(window, *W12) == old
    assert window.session.moment.cursor == before.cursor
    window.session.undo_stack.redo()
    assert number(window, *W12) == pytest.approx(old + 0.3, abs=0.005)


def test_escape_gives_the_old_value_back_and_leaves_nothing_to_undo(active: MainWindow) -> None:
    stage, document = active.stage_panel.stage, active.session.document
    at, first = on_stage(active, *W12), entries(active)
    grab(stage, at)
    pull(stage, at, 40)
    assert number(active, *W12) == 0.3
    QTest.keyClick(stage, Key.Key_Escape)
    assert active.session.document is document
    assert (number(active, *W12), entries(active)) == (0.2, first)
    # What is still held moves nothing any more.
    pull(stage, at, 80)
    drop(stage, at)
    assert (number(active, *W12), entries(active)) == (0.2, first)
    assert stage.hasFocus()


def test_a_drag_that_comes_back_is_no_edit_and_two_are_two(active: MainWindow) -> None:
    stage, first = active.stage_panel.stage, entries(active)
    at = on_stage(active, *W12)
    drag(stage, at, 40, 0)
    assert entries(active) == first
    drag(stage, at, 40, 80)
    drag(stage, at, -40)
    assert (number(active, *W12), entries(active)) == (0.3, first + 2)
    active.session.undo_stack.undo()
    assert number(active, *W12) == 0.4


@pytest.mark.parametrize(("modifiers", "wanted"), [(NONE, 0.3), (SHIFT, 0.21), (CONTROL, 1.2)])
def test_shift_is_finer_and_ctrl_coarser(active: MainWindow, modifiers: Qt.KeyboardModifier, wanted: float) -> None:
    drag(active.stage_panel.stage, on_stage(active, *W12), 20, 40, modifiers=modifiers)
    assert number(active, *W12) == wanted


def test_a_click_selects_and_a_double_click_edits(active: MainWindow) -> None:
    stage, first = active.stage_panel.stage, entries(active)
    at = on_stage(active, *W12)
    QTest.mouseClick(stage, Qt.MouseButton.LeftButton, pos=at)
    assert active.session.selection is not None
    assert (active.session.selection.ref, active.session.selection.index) == W12
    assert not stage.findChildren(NumberField)
    QTest.mouseDClick(stage, Qt.MouseButton.LeftButton, pos=at)
    assert isinstance(active.focusWidget(), QLineEdit)
    assert entries(active) == first


@pytest.mark.parametrize("second", [1e200, -1e200])
def test_infinity_and_nan_have_no_steps_and_can_be_typed_over(active: MainWindow, second: float) -> None:
    stage, session, z = active.stage_panel.stage, active.session, (refs.pre_activation(0), (0, 0))
    for index, weight in enumerate((1e200, second)):
        session.number_editor.edit_number(refs.weight(0), (0, index), weight)
        session.number_editor.edit_number(refs.INPUT, (0, index), 1e200)
    session.navigator.go_to(Cursor(0, 1))
    found = number(active, *z)
    assert found is not None
    assert not math.isfinite(found)
    at, first = on_stage(active, *z), entries(active)
    # Of a mouse that is there already nothing is told.
    QTest.mouseMove(stage, at + QPoint(1, 1))
    QTest.mouseMove(stage, at)
    assert stage.cursor().shape() == Qt.CursorShape.PointingHandCursor
    drag(stage, at, 40)
    turn(stage, at, 2)
    QTest.keyClick(stage, Key.Key_Up, ALT)
    assert entries(active) == first
    assert session.selection is not None
    assert (session.selection.ref, session.selection.index) == z
    QTest.keyClicks(stage, "7")
    QTest.keyClick(stage.findChild(QLineEdit, "stage.editor"), Key.Key_Return)
    assert number(active, *z) == 7.0


def test_the_mouse_says_what_it_can_do(active: MainWindow) -> None:
    stage = active.stage_panel.stage
    QTest.mouseMove(stage, on_stage(active, *W12))
    assert stage.cursor().shape() == Qt.CursorShape.SizeHorCursor
    field = rate(active)
    assert field.cursor().shape() == Qt.CursorShape.SizeHorCursor
    field.setFocus()
    QTest.keyClick(field, Key.Key_F2)
    assert field.cursor().shape() == Qt.CursorShape.IBeamCursor


def test_a_computed_number_is_set_by_hand_by_a_drag(active: MainWindow) -> None:
    z = (refs.pre_activation(0), (0, 0))
    active.session.navigator.step_forward()
    old = number(active, *z)
    assert old is not None
    drag(active.stage_panel.stage, on_stage(active, *z), 40)
    assert number(active, *z) == pytest.approx(old + 10 * 0.1 if abs(old) >= 1 else old + 0.1, rel=0.05)
    assert active.session.moment.is_overridden(*z)


def test_a_new_value_of_a_parameter_is_dragged_in_the_iteration_that_begins_with_it(active: MainWindow) -> None:
    active.actions_by_id["iteration.next"].trigger()
    new, first = refs.next_value(W12[0]), entries(active)
    old = number(active, new, W12[1])
    assert old is not None
    drag(active.stage_panel.stage, on_stage(active, new, W12[1]), 40, 80)
    assert active.session.cursor.iteration == 1
    assert number(active, *W12) == pytest.approx(old + 0.2, abs=0.006)
    assert entries(active) == first + 1
    active.session.undo_stack.undo()
    assert active.session.cursor.iteration == 0


def test_alt_and_the_wheel_or_the_arrows_change_it_too(active: MainWindow) -> None:
    stage, first = active.stage_panel.stage, entries(active)
    at = on_stage(active, *W12)
    turn(stage, at, 1)
    turn(stage, at, 2)
    assert number(active, *W12) == 0.23
    for key, modifiers, wanted in (
        (Key.Key_Up, ALT, 0.24),
        (Key.Key_Down, ALT | SHIFT, 0.239),
        (Key.Key_Up, ALT | CONTROL, 0.339),
        (Key.Key_PageDown, ALT, 0.239),
    ):
        QTest.keyClick(stage, key, modifiers)
        assert number(active, *W12) == pytest.approx(wanted, abs=1e-3)
    # All of them together are one entry.
    assert entries(active) == first + 1
    active.session.undo_stack.undo()
    assert number(active, *W12) == 0.2


def test_a_wheel_without_alt_changes_no_number(active: MainWindow) -> None:
    turn(active.stage_panel.stage, on_stage(active, *W12), 1, NONE)
    assert number(active, *W12) == 0.2


# In fields


def test_the_learning_rate_is_dragged(active: MainWindow) -> None:
    field, first = rate(active), entries(active)
    old = field.value
    drag(field, middle(field), 20, 40)
    assert field.value == pytest.approx(old + 10 * 0.001)
    assert field.text() == str(field.value)
    assert str(field.value) in field.toolTip()
    assert active.session.experiment.optimizer.arguments["lr"] == field.value
    assert entries(active) == first + 1
    drag(field, middle(field), 4)
    assert entries(active) == first + 2
    active.session.undo_stack.undo()
    active.session.undo_stack.undo()
    assert (field.value, field.text()) == (old, str(old))


def test_what_is_not_allowed_is_said_once_and_the_rest_of_the_way_not_asked_for(active: MainWindow) -> None:
    field = rate(active)
    refused: list[float] = []
    grab(field, middle(field))
    field.nudged.connect(refused.append)
    for pixels in (-20, -40, -44, -60, -80):
        pull(field, middle(field), pixels)
    assert "Learning rate: −0.001 does not fit" in active.refusals.message
    assert field.value == pytest.approx(0.0, abs=1e-9)
    assert len([x for x in refused if x < 0]) == 1
    pull(field, middle(field), -20)
    assert (active.refusals.message, field.value) == ("", 0.005)
    drop(field, middle(field))


def test_escape_gives_the_old_value_of_a_field_back(active: MainWindow) -> None:
    field, document = rate(active), active.session.document
    old = field.value
    grab(field, middle(field))
    pull(field, middle(field), 40)
    assert field.value != old
    QTest.keyClick(field, Key.Key_Escape)
    assert active.session.document is document
    assert (field.value, field.text()) == (old, str(old))
    drop(field, middle(field))


def test_what_is_edited_is_not_dragged(active: MainWindow) -> None:
    field = rate(active)
    old = field.value
    field.setFocus()
    QTest.keyClick(field, Key.Key_F2)
    drag(field, middle(field), 40)
    turn(field, middle(field), 1)
    assert (field.value, field.hasSelectedText()) == (old, True)


def test_whole_numbers_go_by_one(active: MainWindow) -> None:
    field = find(active, "network_seed")
    assert isinstance(field, IntegerField)
    first, old = entries(active), field.value
    drag(field, middle(field), 8, 20)
    assert field.value == old + 5
    assert entries(active) == first + 1
    turn(field, middle(field), 2)
    QTest.keyClick(field, Key.Key_Up, ALT)
    assert field.value == old + 8
    assert entries(active) == first + 2


def test_a_run_that_is_paused_by_a_drag_stays_an_entry_of_its_own(active: MainWindow) -> None:
    first = entries(active)
    active.trainer.toggle()
    while active.session.horizon < 2:
        QTest.qWait(10)
    at = on_stage(active, *W12)
    drag(active.stage_panel.stage, at, 20, 40)
    assert not active.trainer.is_running
    assert entries(active) == first + 2


@pytest.mark.parametrize("iteration", [1, 2])
def test_a_field_of_what_is_not_finite_has_no_steps_and_can_be_typed_over(active: MainWindow, iteration: int) -> None:
    session, x = active.session, ValueRef("x")
    session.file.open(
        formula_experiment("f = x^2", parameters={"x": 1e200}, optimizer={"name": "SGD", "lr": 1e200}), None
    )
    session.navigator.go_to(Cursor(iteration))
    found, first = number(active, x, ()), entries(active)
    assert found is not None
    assert not math.isfinite(found)
    field = find(active, "formula_parameter_x")
    assert isinstance(field, NumberField)
    assert field.cursor().shape() == Qt.CursorShape.IBeamCursor
    drag(field, middle(field), 40)
    turn(field, middle(field), 2)
    field.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(field, Key.Key_Up, ALT)
    QTest.keyClick(field, Key.Key_F2)
    QTest.keyClick(field, Key.Key_Up)
    assert entries(active) == first
    field.selectAll()
    QTest.keyClicks(field, "7")
    QTest.keyClick(field, Key.Key_Return)
    assert number(active, x, ()) == 7.0
