"""Keys and the wheel, wherever the focus is: nothing changes by chance, hints tell the truth, and all is reached."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import combinations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QListWidget, QTableView, QWidget
from pytestqt.qtbot import QtBot

from chainrule.model.navigation import Cursor
from chainrule.ui.state.view import StateView
from chainrule.ui.style.appearance import LIGHT
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.choice_list import ChoiceList, found
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.hints import hints_of
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.panes import can_be_reached, go_to
from tests.experiments import dense

Key = Qt.Key
NONE, SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
# What the platform without a display says of lists that open over the window.
LISTS = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)
BY_CHANCE = (Key.Key_Up, Key.Key_Down, Key.Key_Left, Key.Key_Right, Key.Key_PageDown, Key.Key_S, Key.Key_End)


@pytest.fixture
def active(qtbot: QtBot, window: MainWindow) -> Iterator[MainWindow]:
    """The window, active: keys go where they go for a person."""
    with qtbot.waitActive(window):
        window.activateWindow()
    yield window
    focused = window.focusWidget()
    if isinstance(focused, QLineEdit):
        qtbot.keyClick(focused, Key.Key_Escape)


def find(window: MainWindow, name: str) -> QWidget:
    found_one = window.findChild(QWidget, name)
    assert found_one is not None, name
    return found_one


def press(window: MainWindow, key: Key, modifier: Qt.KeyboardModifier = NONE) -> QWidget:
    """Press a key where the focus is, and return where it is then."""
    focused = window.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key, modifier)
    focused = window.focusWidget()
    assert focused is not None
    return focused


def turn_wheel(widget: QWidget) -> None:
    place = QPointF(widget.rect().center())
    at = QPointF(widget.mapToGlobal(place.toPoint()))
    turned = QPoint(0, -120)
    no = Qt.MouseButton.NoButton
    event = QWheelEvent(place, at, turned, turned, no, NONE, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(widget, event)


def controls(window: MainWindow) -> list[QWidget]:
    """Every widget that the keyboard can be at."""
    return [widget for widget in window.findChildren(QWidget) if widget.window() is window and can_be_reached(widget)]


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


@LISTS
@pytest.mark.parametrize(
    ("key", "modifier"),
    [(Key.Key_Space, NONE), (Key.Key_Return, NONE), (Key.Key_F4, NONE), (Key.Key_Down, ALT)],
)
def test_a_list_is_opened_by_its_keys(active: MainWindow, key: Key, modifier: Qt.KeyboardModifier) -> None:
    field = find(active, "layer_activation_0")
    field.setFocus()
    QTest.keyClick(field, key, modifier)
    assert isinstance(field, ChoiceField)
    assert field.is_open
    field.hidePopup()


def shown(opened: ChoiceList) -> list[str]:
    """The names that are to be seen, with an empty one for the line between."""
    names = opened.findChild(QListWidget)
    assert names is not None
    return [names.item(row).text() for row in range(names.count()) if not names.item(row).isHidden()]


def open_list(window: MainWindow, name: str) -> ChoiceList:
    field = find(window, name)
    field.setFocus()
    QTest.keyClick(field, Key.Key_Space)
    return the_list(window)


def the_list(window: MainWindow) -> ChoiceList:
    """The list that is open; those that were are there until the event loop comes round."""
    (opened,) = (child for child in window.findChildren(ChoiceList) if child.isVisible())
    return opened


def type_text(window: MainWindow, text: str) -> None:
    """Type where the focus is: the first letter may open an editor."""
    for letter in text:
        QTest.keyClicks(window.focusWidget(), letter)  # type: ignore[arg-type]


@LISTS
@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("layer_activation_0", ["ReLU", "Sigmoid", "Tanh", "Softmax", "Identity", "", "CELU", "ELU", "Formula"]),
        ("loss_name", ["MSELoss", "CrossEntropyLoss", "BCELoss"]),
        ("optimizer_name", ["SGD", "Adam", "AdamW", "RMSprop"]),
        ("scheduler_name", ["none", "StepLR"]),
        ("initialization_scheme", ["as given", "torch_default", "xavier_uniform"]),
    ],
)
def test_the_usual_choices_come_first_and_the_rest_by_name(active: MainWindow, name: str, first: list[str]) -> None:
    names = shown(open_list(active, name))
    assert names[: len(first)] == first
    rest = names[names.index("") + 1 :]
    assert rest == sorted(rest, key=str.casefold)
    find(active, name).hidePopup()  # type: ignore[attr-defined]


@LISTS
def test_a_list_can_be_typed_into(active: MainWindow) -> None:
    opened = open_list(active, "layer_activation_0")
    QTest.keyClicks(opened.search, "gel")
    assert shown(opened) == ["GELU"]
    QTest.keyClick(opened.search, Key.Key_Return)
    assert active.session.experiment.network.layers[0].activation.name == "GELU"
    assert active.focusWidget() is find(active, "stage")


@LISTS
def test_what_is_not_in_a_list_is_refused_in_it(active: MainWindow) -> None:
    before = active.session.experiment
    opened = open_list(active, "layer_activation_0")
    QTest.keyClicks(opened.search, "gelx")
    QTest.keyClick(opened.search, Key.Key_Return)
    refusal = opened.findChild(QWidget, "choice_list.refusal")
    assert refusal is not None
    assert refusal.isVisible()
    assert "“gelx”" in refusal.text()  # type: ignore[attr-defined]
    assert active.session.experiment is before
    QTest.keyClick(opened.search, Key.Key_Escape)
    assert active.session.experiment is before


@LISTS
def test_a_click_in_a_list_chooses_and_leaves_the_focus_where_it_was(active: MainWindow) -> None:
    field = find(active, "loss_reduction")
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    opened = the_list(active)
    place = opened.names.visualItemRect(opened.names.findItems("sum", Qt.MatchFlag.MatchExactly)[0]).center()
    QTest.mouseClick(opened.names.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    assert active.session.experiment.loss["reduction"] == "sum"
    assert active.focusWidget() is find(active, "stage")


@pytest.mark.parametrize(
    ("typed", "best"),
    [("relu", "ReLU"), ("sig", "Sigmoid"), ("LU", "ReLU"), ("hsw", "Hardswish"), ("", "ReLU"), ("q", None)],
)
def test_the_name_that_fits_best_is_marked(typed: str, best: str | None) -> None:
    names = ["ReLU", "Sigmoid", "", "Hardsigmoid", "Hardswish", "LeakyReLU"]
    places = found(names, typed)
    assert (names[places[0]] if places else None) == best


# The data's tables


def cell(window: MainWindow) -> tuple[str, int, int]:
    """Where the keyboard is in the tables."""
    table = window.focusWidget()
    assert isinstance(table, QTableView)
    return table.objectName().removesuffix("_table"), table.currentIndex().row(), table.currentIndex().column()


def begin_in_table(window: MainWindow, row: int = 0, column: int = 0) -> QTableView:
    table = find(window, "inputs_table")
    assert isinstance(table, QTableView)
    table.setFocus()
    table.setCurrentIndex(table.model().index(row, column))
    return table


def test_tab_goes_through_both_tables_row_by_row_and_back(active: MainWindow) -> None:
    begin_in_table(active)
    forth = [cell(active)]
    for _ in range(5):
        press(active, Key.Key_Tab)
        forth.append(cell(active))
    assert forth == [("inputs", row, x) if x < 2 else ("targets", row, 0) for row in range(2) for x in range(3)]
    assert press(active, Key.Key_Tab).objectName() == "data_add_row"
    assert len(active.session.experiment.data.inputs) == 2
    press(active, Key.Key_Backtab, SHIFT)
    back = [cell(active)]
    for _ in range(5):
        press(active, Key.Key_Backtab, SHIFT)
        back.append(cell(active))
    assert back == forth[::-1]


def test_rows_are_typed_with_tab_and_columns_with_enter(active: MainWindow) -> None:
    begin_in_table(active)
    for text, key in (("5", Key.Key_Tab), ("6", Key.Key_Tab), ("7", Key.Key_Tab), ("8", Key.Key_Return)):
        type_text(active, text)
        press(active, key)
    data = active.session.experiment.data
    assert (data.inputs, data.targets) == (((5.0, 6.0), (8.0, 4.0)), ((7.0,), (2.0,)))
    begin_in_table(active, 0, 1)
    for text in ("1", "2"):
        type_text(active, text)
        press(active, Key.Key_Return)
    assert active.session.experiment.data.inputs == ((5.0, 1.0), (8.0, 2.0))
    assert cell(active) == ("inputs", 1, 1)


def test_a_number_that_is_refused_is_not_left(active: MainWindow) -> None:
    begin_in_table(active)
    type_text(active, "5x")
    press(active, Key.Key_Tab)
    assert active.refusals.message
    assert cell(active) == ("inputs", 0, 0)


@pytest.mark.parametrize("key", [Key.Key_Delete, Key.Key_Backspace])
def test_delete_empties_the_cell_for_typing_and_esc_gives_the_number_back(active: MainWindow, key: Key) -> None:
    """Seen: it took the whole row away, and no hint said so."""
    table, before = begin_in_table(active, 1, 1), active.session.experiment
    editor = press(active, key)
    assert isinstance(editor, QLineEdit)
    assert editor.text() == ""
    press(active, Key.Key_Escape)
    assert active.session.experiment is before
    assert table.model().index(1, 1).data() == "4"
    press(active, key)
    press(active, Key.Key_Return)
    assert active.refusals.message
    assert active.session.experiment is before
    type_text(active, "7")
    press(active, Key.Key_Return)
    assert active.session.experiment.data.inputs[1][1] == 7.0


def test_shift_delete_removes_the_row_as_the_hint_says(active: MainWindow) -> None:
    begin_in_table(active, 1, 0)
    assert "Shift+Delete removes the row" in hints_of(active.focusWidget())
    press(active, Key.Key_Delete, SHIFT)
    assert len(active.session.experiment.data.inputs) == 1


def test_an_open_editor_hides_no_other_number(active: MainWindow) -> None:
    table = begin_in_table(active)
    press(active, Key.Key_F2)
    editor = active.focusWidget()
    assert isinstance(editor, QLineEdit)
    assert editor.geometry() == table.visualRect(table.currentIndex())
    press(active, Key.Key_Escape)
    active.tabs.choose("state")
    view = active.tabs.view("state")
    assert isinstance(view, StateView)
    index = view.model.index(0, 2)
    view.table.setFocus()
    view.table.setCurrentIndex(index)
    view.table.edit(index)
    (editor,) = (found_one for found_one in view.table.viewport().findChildren(QLineEdit) if found_one.isVisible())
    assert editor.geometry() == view.table.visualRect(index)


def test_a_paste_keeps_the_sample_of_the_stage_in_sight(active: MainWindow) -> None:
    active.session.selector.show_next_sample()
    QApplication.clipboard().setText("\n".join(f"{row}\t0\t1" for row in range(20)))
    find(active, "data_paste").click()  # type: ignore[attr-defined]
    table = find(active, "inputs_table")
    assert isinstance(table, QTableView)
    assert len(active.session.experiment.data.inputs) == 22
    assert active.session.moment.sample == 1
    assert table.viewport().rect().contains(table.visualRect(table.model().index(1, 0)))


# Refusals


@pytest.mark.parametrize("name", ["optimizer_lr", "layer_units_0", "network_inputs", "inputs_table"])
def test_a_refusal_hides_no_control(active: MainWindow, name: str) -> None:
    if name == "inputs_table":
        begin_in_table(active, 1, 1)
    find(active, name).setFocus()
    type_text(active, "x.")
    press(active, Key.Key_Return)
    bubble = active.refusals.bubble
    assert bubble is not None
    hidden = [
        widget.objectName()
        for widget in controls(active)
        if bubble.geometry().intersects(
            widget.visibleRegion().boundingRect().translated(widget.mapTo(active, QPoint()))
        )
    ]
    assert hidden in ([], ["stage"])
    QApplication.processEvents()
    find(active, "timeline_bar").setFocus()
    assert active.refusals.bubble is None


# From pane to pane


def framed(window: MainWindow) -> list[str]:
    """The panes whose frame has the colour that says that the keyboard is in them."""
    QApplication.processEvents()
    picture = window.grab().toImage()
    panes = [window.experiment_panel, window.stage_panel, window.equation_view, window.loss_plot, window.tabs]
    colors = [picture.pixelColor(pane.mapTo(window, QPoint(pane.width() // 2, 0))).name() for pane in panes]
    return [type(pane).__name__ for pane, color in zip(panes, colors, strict=True) if color == LIGHT.link]


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
