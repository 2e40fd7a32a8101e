"""What a user does in the window, as a table: each act takes the window and a source of chance."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView

from chainrule.model.navigation import Cursor
from chainrule.resource_files import example_paths
from chainrule.session.training import PACES
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import NumberField
from chainrule.ui.window.main_window import MainWindow

Act = Callable[[MainWindow, random.Random], None]
FASTEST = PACES[-1]
NUMBERS = ("0", "1", "-0.5", "0.3", "2.5e-3", "7", "1e6", "nonsense", "")


def turn(times: int = 1) -> None:
    """Let the event loop go round."""
    for _ in range(times):
        QApplication.processEvents()


def trigger(identifier: str) -> Act:
    """An action of the menus, where it can be chosen just now."""

    def act(window: MainWindow, chance: random.Random) -> None:
        for _ in range(chance.choice((1, 1, 3))):
            window.actions_by_id[identifier].trigger()
            turn()

    return act


def run(window: MainWindow, chance: random.Random) -> None:
    """Run at some pace for a while. Whether it is paused is left to what comes next."""
    window.trainer.set_pace(chance.choice((FASTEST, *PACES[-3:])))
    window.actions_by_id["run.toggle"].trigger()
    turn(chance.randrange(1, 12))


def edit_on_stage(window: MainWindow, chance: random.Random) -> None:
    """Type another number over one that is shown."""
    moment = window.session.moment
    known = [step.writes for step in moment.steps if moment.is_known(step.writes)]
    ref = chance.choice([*known, *(moment.program.parameters if moment.program else ())])
    window.session.selector.select(ref, chance.choice(moment.elements(ref)))
    window.actions_by_id["edit.value"].trigger()
    editor = window.stage_panel.stage.findChild(QLineEdit, "stage.editor")
    if editor is not None:
        editor.setText(chance.choice(NUMBERS))
        QTest.keyClick(editor, Qt.Key.Key_Return)
        QTest.keyClick(editor, Qt.Key.Key_Escape)


def type_into_a_field(window: MainWindow, chance: random.Random) -> None:
    """A number in some field of the experiment: a setting, units, a seed."""
    fields = [field for field in window.experiment_panel.findChildren(NumberField) if field.isVisible()]
    if fields:
        field = chance.choice(fields)
        field.setFocus()
        field.setText(chance.choice((*NUMBERS, "2", "3")))
        QTest.keyClick(field, Qt.Key.Key_Return)
        window.stage_panel.stage.setFocus()


def choose(window: MainWindow, chance: random.Random) -> None:
    """Another name in some field: an activation, the loss, an optimizer, a scheduler, the type of numbers."""
    fields = [field for field in window.findChildren(ChoiceField) if field.isVisible() and field.count()]
    # They may be folded away.
    if not (fields := [field for field in fields if field.objectName() != "run.pace"]):
        return
    field = chance.choice(fields)
    field.choose(field.itemText(chance.randrange(field.count())))


def edit_data(window: MainWindow, chance: random.Random) -> None:
    """Another number in a table of the data."""
    table = window.findChild(QTableView, chance.choice(("inputs_table", "targets_table")))
    # A formula has no data, and its tables are out of sight.
    model = table.model() if table is not None and table.isVisible() else None
    if model is not None and model.rowCount() and model.columnCount():
        index = model.index(chance.randrange(model.rowCount()), chance.randrange(model.columnCount()))
        model.setData(index, chance.choice(NUMBERS))


def scrub(window: MainWindow, chance: random.Random) -> None:
    """Drag along the marks of the micro-steps."""
    bar, count = window.timeline_bar, len(window.session.moment.steps)
    first, last = (bar.mark_rect(chance.randrange(count)).center().toPoint() for _ in range(2))
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, first)
    QTest.mouseMove(bar, (first + last) / 2)
    QTest.mouseMove(bar, last)
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, last)


def go_to_an_iteration(window: MainWindow, chance: random.Random) -> None:
    """Click into the slider of the iterations."""
    slider = window.timeline_bar.slider
    if slider.isEnabled():
        at = QPoint(round(slider.x_of(chance.randrange(slider.maximum() + 1))), slider.height() // 2)
        QTest.mouseClick(slider, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def click_into_a_plot(window: MainWindow, chance: random.Random) -> None:
    """Go to an iteration of the loss plot, or select a gradient's curve."""
    plot = chance.choice((window.loss_plot, window.gradient_plot))
    if plot.shows_chart:
        view = plot.chart.viewport()
        at = QPoint(chance.randrange(view.width()), chance.randrange(view.height()))
        chance.choice((QTest.mouseClick, QTest.mouseDClick))(
            view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at
        )


def look_at_the_stage(window: MainWindow, chance: random.Random) -> None:
    """Move the mouse over the stage, and click."""
    stage = window.stage_panel.stage
    at = QPointF(chance.random() * stage.width(), chance.random() * stage.height()).toPoint()
    QTest.mouseMove(stage, at)
    QTest.mouseClick(stage, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def open_example(window: MainWindow, chance: random.Random) -> None:
    """Open one of the experiments that come with the program."""
    window.session.file.mark_saved(None)
    window.files.open_path(chance.choice(example_paths()), example=True)


def save(window: MainWindow, chance: random.Random) -> None:
    """Save to a file, and at times open it again. The experiment is the same."""
    assert window.session.path is None or window.session.path.is_absolute()
    window.session.file.path = Path(window.property("soak_folder")) / f"{chance.randrange(3)}.chainrule"
    window.actions_by_id["file.save"].trigger()
    if chance.random() < 0.5:
        window.files.open_path(window.session.path)


def resize(window: MainWindow, chance: random.Random) -> None:
    """Another size of the window."""
    window.resize(chance.randrange(1000, 1920), chance.randrange(700, 1080))


def open_and_close(name: str) -> Act:
    """A window beside the main one."""

    def act(window: MainWindow, chance: random.Random) -> None:
        window.actions_by_id[name].trigger()
        turn(3)
        for other in QApplication.topLevelWidgets():
            if other is not window and other.isVisible():
                other.close()

    return act


def select_anything(window: MainWindow, chance: random.Random) -> None:
    """A number of the moment, of this sample or of another."""
    moment = window.session.moment
    ref = chance.choice([step.writes for step in moment.steps])
    index = chance.choice(moment.elements(ref))
    if moment.sample_of(ref) is not None:
        index = (chance.randrange(len(moment.rows)), *index[1:])
    window.session.selector.select(ref, index)


def leap(window: MainWindow, chance: random.Random) -> None:
    """Go to a place far ahead."""
    window.trainer.pause()
    steps = len(window.session.moment.steps)
    window.session.navigator.go_to(
        Cursor(window.session.cursor.iteration + chance.randrange(30), chance.randrange(steps + 1))
    )


_ACTIONS = """
    step.forward step.back layer.next layer.previous phase.next phase.previous iteration.next iteration.previous
    run.restart edit.undo edit.undo edit.redo edit.clear_overrides edit.reseed select.next select.next_value
    sample.next sample.previous view.dark view.larger view.normal view.more_digits view.fewer_digits
    view.tab_slope view.tab_state view.tab_schedule view.tab_classes view.tab_fit view.tab_race
"""
_OWN = (
    run, run, run, edit_on_stage, edit_on_stage, type_into_a_field, choose, edit_data, scrub, go_to_an_iteration,
    click_into_a_plot, look_at_the_stage, open_example, save, resize, select_anything, leap,
    open_and_close("help.keys"), open_and_close("view.referee"),
)  # fmt: skip
# Each once a lap, in an order that is drawn.
ACTS: tuple[Act, ...] = (*map(trigger, _ACTIONS.split()), *_OWN)
