"""Keys and the wheel, wherever the focus is: nothing changes by chance, hints tell the truth, and all is reached."""

from __future__ import annotations

from collections import deque
from itertools import combinations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from chainrule.model.navigation import Cursor
from chainrule.ui.style.appearance import LIGHT
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.choice_list import found
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.hints import hints_of
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.panes import go_to
from tests.experiments import dense
from tests.ui.keyboard import CONTROL, LISTS, NONE, SHIFT, Key, controls, find, press, the_list

BY_CHANCE = (Key.Key_Up, Key.Key_Down, Key.Key_Left, Key.Key_Right, Key.Key_PageDown, Key.Key_S, Key.Key_End)


def turn_wheel(widget: QWidget) -> None:
    place = QPointF(widget.rect().center())
    at = QPointF(widget.mapToGlobal(place.toPoint()))
    turned = QPoint(0, -120)
    no = Qt.MouseButton.NoButton
    event = QWheelEvent(place, at, turned, turned, no, NONE, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(widget, event)


def hints(window: MainWindow) -> str:
    return find(window, "hints").text()  # type: ignore[attr-defined]


def lay_all_open(window: MainWindow) -> None:
    """Make as many controls as there can be, with some steps done."""
    window.actions_by_id["iteration.next"].trigger()
    window.session.selector.show_next_sample()
    for name in ("data_more", "layer_more_0", "optimizer_more"):
        find(window, name).click()  # type: ignore[attr-defined]
    window.tabs.choose("state")


def test_what_is_not_edited_is_changed_by_no_key_and_by_no_wheel(active: MainWindow) -> None:
    lay_all_open(active)
    before, count = active.session.experiment, active.session.undo_stack.count()
    walked = controls(active)
    assert {"Field", "ChoiceField", "SampleSpin", "IterationSlider", "DataView", "_Table", "CheckBox"} <= {
        kind.__name__ for widget in walked for kind in type(widget).__mro__
    }
    for widget in walked:
        for key in BY_CHANCE:
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            QTest.keyClick(widget, key)
            typed_into = active.focusWidget()
            if isinstance(typed_into, QLineEdit):
                # A letter begins to edit: nothing is changed before Enter.
                assert active.session.experiment is before, (widget.objectName(), key)
                QTest.keyClick(typed_into, Key.Key_Escape)
            assert active.session.experiment is before, (widget.objectName(), key)
        turn_wheel(widget)
        assert active.session.experiment is before, widget.objectName()
    assert active.session.undo_stack.count() == count


def test_the_hints_say_what_the_keys_do(active: MainWindow) -> None:
    """For each control: a key that is said to step does so, and one that is not does something else."""
    lay_all_open(active)
    session = active.session
    steps = (
        (Key.Key_Right, "→ step", Cursor(0, 4)),
        (Key.Key_Down, "↓ phase", Cursor(0, 4)),
        (Key.Key_Left, "← back", Cursor(0, 2)),
        (Key.Key_Return, "↵ iteration", Cursor(0, 17)),
        (Key.Key_Enter, "↵ iteration", Cursor(0, 17)),
    )
    for widget in controls(active):
        for key, hint, stop in steps:
            session.navigator.go_to(Cursor(0, 3))
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            said = hints_of(widget)
            if isinstance(widget, ChoiceField) and hint == "↵ iteration":
                # Enter opens its list.
                assert hint not in said
                continue
            QTest.keyClick(widget, key)
            assert (session.cursor == stop) == (hint in said), (widget.objectName(), hint, said)


def test_space_presses_every_button_and_enter_is_always_the_iteration(active: MainWindow) -> None:
    """Seen: Enter pressed some buttons and stepped at others."""
    lay_all_open(active)
    buttons = [widget for widget in controls(active) if isinstance(widget, QAbstractButton)]
    assert {"LinkButton", "LockButton", "CheckBox", "IterationHeading", "Disclosure", "RemoveButton", "Toggle"} <= {
        type(button).__name__ for button in buttons
    }
    for button in buttons:
        clicks: list[bool] = []
        button.clicked.connect(clicks.append)
        active.session.navigator.go_to(Cursor(0, 3))
        button.setFocus(Qt.FocusReason.TabFocusReason)
        assert any(hint.startswith("Space ") for hint in hints_of(button)), button.objectName()
        QTest.keyPress(button, Key.Key_Space)
        assert button.isDown(), button.objectName()
        # What it does is for other tests.
        button.setDown(False)
        QTest.keyRelease(button, Key.Key_Space)
        for cursor in (Cursor(0, 17), Cursor(1, 17)):
            QTest.keyClick(button, Key.Key_Return)
            assert active.session.cursor == cursor, button.objectName()
        assert not clicks, button.objectName()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stage", "→ step"),
        ("inputs_table", "type to change it"),
        ("optimizer_lr", "F2 and ↑ ↓ change it"),
        ("optimizer_name", "Space opens the list"),
        ("layer_bias_0", "Space ticks it"),
        ("layer_add", "Space presses it"),
        ("side_tabs.bar", "→ ← another tab"),
        ("timeline_bar", "Home End of the iteration"),
        ("sample_chooser", "type a number and ↵"),
    ],
)
def test_the_hints_follow_the_focus(active: MainWindow, name: str, words: str) -> None:
    find(active, name).setFocus()
    assert words in hints(active)
    find(active, "stage").setFocus()
    assert hints(active).startswith("→ step")


def test_the_hints_tell_a_field_that_is_edited_from_one_that_is_not(active: MainWindow) -> None:
    field = find(active, "optimizer_lr")
    field.setFocus()
    assert hints(active).startswith("type to change it")
    press(active, Key.Key_5)
    assert hints(active).startswith("↵ takes it")
    press(active, Key.Key_Escape)
    assert hints(active).startswith("→ step")
    table = find(active, "inputs_table")
    table.setFocus()
    press(active, Key.Key_7)
    assert hints(active).startswith("↵ takes it and goes down")


@LISTS
def test_after_enter_in_any_field_or_list_the_keys_step_again(qtbot: QtBot, active: MainWindow) -> None:
    lay_all_open(active)
    fields = [widget for widget in controls(active) if isinstance(widget, Field | ChoiceField)]
    assert len(fields) > 12
    for field in fields:
        for last in (Key.Key_Return, Key.Key_Escape):
            field.setFocus(Qt.FocusReason.TabFocusReason)
            if isinstance(field, ChoiceField):
                QTest.keyClick(field, Key.Key_Space)
                assert field.is_open
                QTest.keyClick(the_list(active).first, last)
                assert not field.is_open
            else:
                QTest.keyClick(field, last)
            assert active.focusWidget() is find(active, "stage"), field.objectName()
    assert active.session.undo_stack.count() == 0


def test_the_rate_that_was_typed_stays_when_one_steps_on(qtbot: QtBot, active: MainWindow) -> None:
    """Seen: η typed, Enter, then ↓ for the next phase, and η was 0.4 in silence."""
    find(active, "optimizer_lr").setFocus()
    for key in (Key.Key_0, Key.Key_Period, Key.Key_5, Key.Key_Return, Key.Key_Down):
        press(active, key)
    assert active.session.experiment.optimizer.number("lr") == 0.5
    assert active.session.cursor.position == 4


def framed(window: MainWindow) -> list[str]:
    """The panes whose frame has the colour that says that the keyboard is in them."""
    QApplication.processEvents()
    picture = window.grab().toImage()
    panes = [window.experiment_panel, window.stage_panel, window.equation_view, window.loss_plot, window.tabs]
    colors = [picture.pixelColor(pane.mapTo(window, QPoint(pane.width() // 2, 0))).name() for pane in panes]
    return [type(pane).__name__ for pane, color in zip(panes, colors, strict=True) if color == LIGHT.link]


# From pane to pane


def test_f6_goes_round_the_panes_and_shows_where(active: MainWindow) -> None:
    active.appearance.set_scheme(Qt.ColorScheme.Light)
    round_trip = []
    for _ in range(8):
        focused = press(active, Key.Key_F6)
        round_trip.append(focused.objectName())
    assert round_trip == [
        "equation_view", "loss_plot", "gradient_plot", "side_tabs.bar", "timeline_bar", "button.run.restart",
        "inputs_table", "stage",
    ]  # fmt: skip
    assert framed(active) == ["StagePanel"]
    press(active, Key.Key_F6, SHIFT)
    assert framed(active) == ["ExperimentPanel"]
    assert press(active, Key.Key_Escape).objectName() == "stage"
    assert framed(active) == []


def steps_to(window: MainWindow) -> dict[QWidget, int]:
    """How many presses of F6, Tab and the arrows each control is away from the stage, as real keys."""
    keys = [(Key.Key_F6, NONE), (Key.Key_F6, SHIFT), (Key.Key_Tab, NONE), (Key.Key_Backtab, SHIFT)]
    arrows = [(key, NONE) for key in (Key.Key_Up, Key.Key_Down, Key.Key_Left, Key.Key_Right)]
    arrows += [(key, CONTROL) for key in (Key.Key_Up, Key.Key_Down)]
    stage = find(window, "stage")
    away, queue = {stage: 0}, deque([stage])
    while queue:
        widget = queue.popleft()
        if away[widget] == 6:
            continue
        in_panel = window.experiment_panel.isAncestorOf(widget)
        for key, modifier in keys + (arrows if in_panel else []):
            widget.setFocus(Qt.FocusReason.TabFocusReason)
            reached = press(window, key, modifier)
            if reached not in away:
                away[reached] = away[widget] + 1
                queue.append(reached)
    return away


@LISTS
@pytest.mark.parametrize("layers", [2, 10])
def test_no_control_is_more_than_six_keys_from_the_stage(active: MainWindow, layers: int) -> None:
    if layers != 2:
        active.session.file.open(dense((4,) * (layers + 1), 3), None)
    away = steps_to(active)
    if layers == 2:
        near = {widget.objectName(): count for widget, count in away.items()}
        for name, count in (("network_inputs", 2), ("loss_name", 3), ("optimizer_lr", 5), ("timeline_bar", 3)):
            assert near[name] <= count, name
    names = {widget: name for name, widget in active.finder.controls().items()}
    listed = list(names.values())
    for widget in controls(active):
        if widget in away:
            continue
        typed = shortest(listed, names[widget])
        # Ctrl+F, the letters, and Enter.
        assert len(typed) <= 4, names[widget]
        active.stage_panel.stage.setFocus()
        QTest.keyClick(active.stage_panel.stage, Key.Key_F, CONTROL)
        opened = the_list(active)
        QTest.keyClicks(opened.search, typed)
        QTest.keyClick(opened.search, Key.Key_Return)
        assert active.focusWidget() is widget


@LISTS
@pytest.mark.parametrize("by_itself", [False, True])
@pytest.mark.parametrize(("pane", "typed", "name"), [("experiment", "weight d", "optimizer_weight_decay"),
                                                     ("plots", "by layer", "gradient_plot.by_layer")])  # fmt: skip
def test_a_control_in_a_folded_pane_is_found_and_brought_back(
    active: MainWindow, pane: str, typed: str, name: str, by_itself: bool
) -> None:
    active.session.navigator.go_to(Cursor(1, 0))
    if by_itself:
        active.appearance.set_scale(2.0)
        active.resize(1024, 600)
        QApplication.processEvents()
    else:
        active.folding.fold(pane)
    assert not active.folding.is_shown(pane)
    QTest.keyClick(active.stage_panel.stage, Key.Key_F, CONTROL)
    opened = the_list(active)
    QTest.keyClicks(opened.search, typed)
    QTest.keyClick(opened.search, Key.Key_Return)

    assert active.folding.is_shown(pane)
    focused = active.focusWidget()
    assert focused is find(active, name)
    assert not focused.visibleRegion().isEmpty()


def shortest(names: list[str], wanted: str) -> str:
    """The fewest letters that find a name first: a part of it, or what its words begin with."""
    words = wanted.split()
    initials = "".join(word[0] for word in words) + (words[-1] if words[-1].isdigit() else "")
    tries = {wanted[start : start + count].strip() for count in range(1, 5) for start in range(len(wanted))}
    tries |= {"".join(letters) for count in range(2, 5) for letters in combinations(initials, count)}
    tries |= {wanted[0] + words[-1]}
    fits = (text for text in sorted(tries, key=len) if (places := found(names, text)) and names[places[0]] == wanted)
    return next(fits, "none of four letters")


def test_going_to_a_control_brings_it_into_sight(active: MainWindow) -> None:
    control = find(active, "scheduler_name")
    assert control.visibleRegion().isEmpty()
    go_to(control)
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    assert not control.visibleRegion().isEmpty()
