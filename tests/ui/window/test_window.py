"""The window as a whole: what a newcomer does with it, by keys and by mouse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.session.training import PACES
from chainrule.ui.actions.action_set import ACTIONS
from chainrule.ui.app import open_window
from chainrule.ui.board.tabbed_card import TabbedCard
from chainrule.ui.equation import view as equation_view
from chainrule.ui.equation.view import EquationView
from chainrule.ui.panels.data.panel import DataPanel
from chainrule.ui.panels.network.network_panel import NetworkPanel
from chainrule.ui.plots.gradient_plot import GradientPlot
from chainrule.ui.plots.loss_plot import LossPlot
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.timeline.bar import TimelineBar
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.toolbar import ToolBar
from tests.dist.windows import UPS
from tests.experiments import article, dense
from tests.ui.pressing import press

STEPS = 17
VIEWS = ("stage", "equation_view", "timeline_bar", "loss_plot", "gradient_plot", "inputs_table", "targets_table")


def pixel_of(window: MainWindow, ref: str, index: tuple[int, ...]) -> QPoint:
    rect = window.stage_panel.stage.rect_of(refs.ValueRef(ref), index)
    assert rect is not None
    return rect.center().toPoint()


def test_it_opens_on_the_example_at_its_start(window: MainWindow) -> None:
    assert window.session.experiment.title == "SimpleNN 2-2-1"
    assert window.session.cursor == Cursor()
    assert window.stage_panel.stage.hasFocus()


def test_every_view_and_action_of_the_contract_has_its_name(window: MainWindow) -> None:
    assert [name for name in VIEWS if window.findChild(QWidget, name) is None] == []
    assert [action.id for action in ACTIONS if window.findChild(QAction, action.id) is None] == []


def test_no_key_is_given_twice(window: MainWindow) -> None:
    # But for Path, which a formula has in the place of Classes.
    actions = [action for action in window.findChildren(QAction) if action.objectName() != "view.tab_path"]
    keys = [key.toString() for action in actions for key in action.shortcuts()]
    keys += [shortcut.key().toString() for shortcut in window.findChildren(QShortcut)]

    assert len(keys) == len(set(keys))


def test_right_walks_through_every_number_and_left_takes_all_back(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    written = []
    for _ in range(STEPS):
        press(qtbot, window, Qt.Key.Key_Right)
        written.append(session.moment.written)
        assert session.moment.lists(session.moment.written) is not None

    assert written[0] == "layers.0.pre_activation"
    assert written[4] == "loss"
    assert {refs.next_value(ref) for ref in session.experiment.network.parameter_shapes()} <= set(written)
    press(qtbot, window, Qt.Key.Key_Right)
    assert session.cursor == Cursor(1, 0)

    press(qtbot, window, Qt.Key.Key_Left, times=STEPS + 1)
    assert session.cursor == Cursor()
    assert not session.navigator.can_step_back()
    assert session.moment.lists(refs.LOSS) is None


@pytest.mark.parametrize(
    ("key", "modifier", "stop"),
    [
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, Cursor(0, 1)),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier, Cursor(0, 2)),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, Cursor(0, 4)),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, Cursor(0, STEPS)),
    ],
)
def test_each_stride_has_a_key(
    qtbot: QtBot, window: MainWindow, key: Qt.Key, modifier: Qt.KeyboardModifier, stop: Cursor
) -> None:
    with qtbot.waitSignal(window.session.signals.cursor_moved):
        qtbot.keyClick(window.stage_panel.stage, key, modifier)

    assert window.session.cursor == stop


def test_the_equation_explains_what_a_step_has_written(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Qt.Key.Key_Right)
    window.equation_view.copy_latex()

    assert QGuiApplication.clipboard().text().endswith("= 0.5000")


def test_a_weight_is_edited_in_place_and_undone(qtbot: QtBot, window: MainWindow) -> None:
    stage, session = window.stage_panel.stage, window.session
    place = pixel_of(window, "layers.0.weight", (0, 1))
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(stage, Qt.MouseButton.LeftButton, pos=place)
    editor = stage.findChild(QLineEdit, "stage.editor")
    assert editor is not None

    editor.setText("1e6")
    with qtbot.waitSignal(session.signals.document_changed):
        qtbot.keyClick(editor, Qt.Key.Key_Return)

    assert session.moment.number(refs.weight(0), (0, 1)) == 1e6
    window.actions_by_id["edit.undo"].trigger()
    assert session.moment.number(refs.weight(0), (0, 1)) == 0.2


def test_typing_begins_to_edit_and_text_is_refused(qtbot: QtBot, window: MainWindow) -> None:
    stage, session = window.stage_panel.stage, window.session
    session.selector.select(refs.INPUT, (0, 0))
    qtbot.keyClick(stage, Qt.Key.Key_7)
    editor = stage.findChild(QLineEdit, "stage.editor")
    assert editor is not None
    assert editor.text() == "7"

    editor.setText("abc")
    qtbot.keyClick(editor, Qt.Key.Key_Return)

    assert session.moment.number(refs.INPUT, (0, 0)) == 1.0
    assert not session.undo_stack.canUndo()
    refusal = window.findChild(QWidget, "refusal")
    assert refusal is not None
    assert "“abc” is not a number." in refusal.accessibleDescription()


def test_without_a_selected_number_no_editor_opens_and_it_is_said_why(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Qt.Key.Key_F2)

    assert window.stage_panel.stage.findChild(QLineEdit, "stage.editor") is None
    assert "Select the number to be changed first" in window.notice.text
    qtbot.keyClick(window.stage_panel.stage, Qt.Key.Key_Escape)
    assert window.notice.text == ""


def test_a_weight_is_reached_and_edited_by_keys_alone(qtbot: QtBot, window: MainWindow) -> None:
    stage, session = window.stage_panel.stage, window.session
    for _ in range(3):  # inputs, targets, the first weights
        qtbot.keyClick(stage, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(stage, Qt.Key.Key_N)
    assert session.selection is not None
    assert (session.selection.ref, session.selection.index) == (refs.weight(0), (0, 1))

    qtbot.keyClick(stage, Qt.Key.Key_Period)
    editor = stage.findChild(QLineEdit, "stage.editor")
    assert editor is not None
    qtbot.keyClick(editor, Qt.Key.Key_5)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert session.moment.number(refs.weight(0), (0, 1)) == 0.5
    assert stage.hasFocus()


def test_a_message_is_over_once_something_has_changed(window: MainWindow) -> None:
    window.session.signals.noticed.emit("something went wrong")
    assert window.notice.text == "something went wrong"
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), 0.3)

    assert window.notice.text == ""


@pytest.mark.parametrize(
    ("way", "sign", "ground"),
    [("informed", "i", "information_ground"), ("warned", "⚠", "warning_ground"), ("noticed", "✗", "error_ground")],
)
def test_a_message_is_as_serious_as_it_looks(window: MainWindow, way: str, sign: str, ground: str) -> None:
    """By its sign and by its ground: what was merely done besides had the red of an error."""
    window.session.signals.noticed.emit("something else")
    getattr(window.session.signals, way).emit("mine.chainrule was gone, and was written anew.")
    QApplication.processEvents()
    assert window.notice.findChild(QLabel, "notice.sign").text() == sign
    picture = window.notice.grab().toImage()
    assert picture.pixelColor(picture.width() // 2, 4) == getattr(window.appearance.theme, ground)


def test_a_long_title_does_not_widen_the_window(window: MainWindow) -> None:
    width = window.minimumSizeHint().width()
    window.session.file.open(replace(window.session.experiment, title="long " * 160), None)

    assert window.minimumSizeHint().width() == width


def test_where_no_number_is_selected_the_equation_tells_the_place(qtbot: QtBot, window: MainWindow) -> None:
    """A run selects nothing: at its end the words are those of an iteration that is complete, not of the start."""
    session, view = window.session, window.equation_view
    assert "Press → to compute the first number" in view.accessibleDescription()
    window.trainer.set_pace(PACES[-1])
    press(qtbot, window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: view.accessibleDescription() == equation_view.RUNNING and session.cursor.iteration > 0)
    press(qtbot, window, Qt.Key.Key_Space)

    iteration, loss = (
        session.cursor.iteration,
        format_number(session.moment.number(refs.LOSS, ()), session.selector.digits),
    )
    assert session.selection is None
    assert view.accessibleDescription() == (
        f"Iteration {iteration} is complete; its loss, before the update, was {loss}. Click a number to see how it was "
        f"computed, or press → to begin iteration {iteration + 1}."
    )
    session.navigator.go_to(Cursor(iteration, 5), follow=False)
    assert view.accessibleDescription() == (
        f"Iteration {iteration}, after 5 of its {STEPS} steps. Click a number to see how it was computed, or press → "
        "for the next one."
    )
    session.navigator.go_to(Cursor(iteration, STEPS), follow=False)
    press(qtbot, window, Qt.Key.Key_Right)
    assert view.accessibleDescription().startswith(f"Iteration {iteration + 1} begins")


def test_a_table_that_was_scrolled_may_lose_its_rows(qtbot: QtBot, window: MainWindow) -> None:
    window.session.file.open(dense((2, 3, 1), rows=300), None)
    table = window.findChild(QTableView, "targets_table")
    assert table is not None
    qtbot.waitUntil(lambda: table.verticalScrollBar().maximum() > 100)
    table.verticalScrollBar().setValue(table.verticalScrollBar().maximum())
    with qtbot.captureExceptions() as raised:
        window.session.file.open(dense((2, 3, 1), rows=3), None)
    assert raised == []


def test_numbers_come_one_at_a_time(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    session.navigator.set_by_number(True)
    press(qtbot, window, Qt.Key.Key_Right)
    z = refs.pre_activation(0)
    assert session.moment.number(z, (0, 0)) == 0.5
    assert session.moment.number(z, (0, 1)) is None

    press(qtbot, window, Qt.Key.Key_Right)
    assert session.moment.number(z, (0, 1)) == pytest.approx(1.1)
    assert session.cursor.position == 1


# Of the experiment panel two of its sections.
FILLED = (ToolBar, DataPanel, NetworkPanel, StagePanel, EquationView, LossPlot, GradientPlot, TabbedCard, TimelineBar)


def test_views_are_filled_once_at_start_and_once_when_torch_comes(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[type] = Counter()
    for kind in FILLED:

        def show_moment(view: Any, *told: Any, kind: Any = kind, show: Any = kind.show_moment, **named: Any) -> None:
            counts[kind] += 1
            show(view, *told, **named)

        monkeypatch.setattr(kind, "show_moment", show_moment)
    window = open_window()
    qtbot.addWidget(window)
    assert counts == dict.fromkeys(FILLED, 1)
    counts.clear()
    assert window.session.timeline is not None
    # The settings are what they were.
    assert counts == dict.fromkeys(set(FILLED) - {ToolBar, NetworkPanel, TabbedCard}, 1)
    window.close()


def test_decimals_can_be_had_up_to_all(window: MainWindow) -> None:
    for _ in range(3):
        window.actions_by_id["view.more_digits"].trigger()
    assert window.session.selector.digits is None
    window.grab()
    window.actions_by_id["view.fewer_digits"].trigger()
    assert window.session.selector.digits == 9


def test_dark_and_larger_text_apply_at_once(qtbot: QtBot, window: MainWindow) -> None:
    def lightness() -> int:
        return window.grab().toImage().pixelColor(4, window.height() - 4).lightness()

    light, height = lightness(), window.timeline_bar.height()
    window.actions_by_id["view.dark"].trigger()
    qtbot.waitUntil(lambda: lightness() < light / 2)
    window.actions_by_id["view.larger"].trigger()
    qtbot.waitUntil(lambda: window.timeline_bar.height() > height)


def test_a_focused_field_keeps_the_keys_that_it_is_worked_with(qtbot: QtBot, window: MainWindow) -> None:
    field = window.findChild(QLineEdit, "optimizer_lr")
    assert field is not None
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Left)
    qtbot.keyClick(field, Qt.Key.Key_Home)

    assert window.session.cursor == Cursor()
    assert not window.session.undo_stack.canUndo()


def test_every_control_has_an_accessible_name(window: MainWindow) -> None:
    controls: list[QWidget] = [
        widget
        for kind in (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit)
        for widget in window.findChildren(kind)
        if not widget.objectName().startswith("qt_") and widget.isVisible()
    ]
    named = [widget for widget in controls if widget.accessibleName() or getattr(widget, "text", str)()]
    nameless = [widget.objectName() or type(widget).__name__ for widget in controls if widget not in named]

    assert controls
    assert nameless == []


@pytest.fixture
def walk(qtbot: QtBot, window: MainWindow) -> Callable[[int], None]:
    return lambda times: press(qtbot, window, Qt.Key.Key_Right, times=times)


def test_clicking_a_neuron_or_a_curve_selects_its_number(
    qtbot: QtBot, window: MainWindow, walk: Callable[[int], None]
) -> None:
    walk(12)
    stage = window.stage_panel.stage
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=pixel_of(window, "layers.0.pre_activation.grad", (0, 1)))
    assert window.session.selection is not None
    assert window.session.selection.ref == "layers.0.pre_activation.grad"
    items = stage.stage_layout().whole
    edge = items.edges[0]
    on_curve = next(
        edge.path.pointAtPercent(place / 100)
        for place in range(2, 98)
        if not any(
            cell.rect.contains(edge.path.pointAtPercent(place / 100)) for cell in stage.stage_layout().whole.cells()
        )
    )
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=on_curve.toPoint())
    assert window.session.selection.ref == "layers.0.weight"


def test_the_proof_of_the_bundle_finds_where_to_save_by_keys(window: MainWindow) -> None:
    menu = window.actions_by_id["file.quit"].associatedObjects()[-1]
    assert isinstance(menu, QMenu)
    entries = [entry for entry in menu.actions() if entry.isEnabled() and not entry.isSeparator()]
    assert entries[-UPS] is window.actions_by_id["file.save_trained"]


def test_the_menu_says_what_undo_and_redo_are_about(window: MainWindow) -> None:
    undo, redo = (window.actions_by_id[f"edit.{name}"] for name in ("undo", "redo"))
    assert (undo.text(), redo.text()) == ("Undo", "Redo")
    window.session.editor.edit("Change a & b", edits.reseed(7, window.session.editor.initial_values), restart=True)
    assert (undo.text(), redo.text()) == ("Undo Change a && b", "Redo")
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), 0.5)
    last = window.session.undo_stack.undoText()
    assert last
    assert undo.text() == f"Undo {last}"
    undo.trigger()
    assert (undo.text(), redo.text()) == ("Undo Change a && b", f"Redo {last}")
    window.session.file.open(article(), None)
    assert (undo.text(), redo.text()) == ("Undo", "Redo")
    # In the tool bar there is no room for more.
    assert (undo.iconText(), redo.iconText()) == ("Undo", "Redo")
