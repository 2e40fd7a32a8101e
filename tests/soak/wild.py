"""What nobody does on purpose, as a table of acts: values at their extremes, every action, key, button and place.

Each act takes the window and a source of chance, as those of `acts` do, which are among them.
"""

from __future__ import annotations

import random
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtPrintSupport import QAbstractPrintDialog, QPrintPreviewDialog
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QTableView,
    QWidget,
)
from shiboken6 import isValid

from chainrule.ui.actions.action_set import ACTIONS
from chainrule.ui.board.view_window import ViewWindow
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.soak import acts, carried, views
from tests.soak.acts import Act, turn
from tests.soak.undoing import LARGE, size

# What no field expects: among it the digits of other scripts. Beyond that, what each of them takes.
EXTREMES = (
    *("1e308", "-1e308", "1e39", "1e-320", "1e-46", "-0", "-0.0", "nan", "-inf", "Infinity", "1e400", "1e-400"),
    *(
        "\u0663",
        "\u0967\u0968",
        "\uff11\uff0e\uff15",
        "\U0001d7d9",
        "½",
        "Ⅷ",
        "−2",
        "0x10",
        "1_000",
        "1/3",
        "1e",
        "e5",
        "--1",
        "+",
    ),
    *("", " ", "\u00a0", ",", "0,5", "1,000", "1,000.5", ".", ".5", "5.", "none", "None", "true", "\u200b1", "1 2"),
    *("1e", "e5", "--1", "+"),
    *("9" * 30, "9" * 400, "0." + "3" * 400, "0" * 60 + "1", "1e-999999999", "1e999999999", "9" * 5000),
    *("1e5", "100000", "4294967296", "9223372036854775808", "18446744073709551617", "1e300"),
    *("<img src='/'>", "&amp;", "{0}", "%s", "\x00", "\ud800", "sin(z)", "0.95 ** epoch", "9 ** 9 ** 9", "1; 2"),
)
USUAL = ("0", "1", "2", "3", "-1", "0.1", "0.5", "-0.25", "1e-3", "10", "100")
# Of a layer's width: each number more is a column of everything.
WIDTHS = ("1", "2", "3", "5", "9", "0", "-1", "1e5", "2.0", "\u0663", "9" * 30, "", "nan", "1,000")
PASTES = (
    "1\t2\t3\n4\t5\t6\n",
    "1,2,3\n4,5,6",
    "0;1;0,5",
    "x\ty\tz\n1\t2\t3",
    "1\t2\n3\t4\t5\n6",
    "1\t2\tdrei\n",
    "nan\tinf\t-inf",
    "1e308\t-1e308\t1e308\n1e-320\t-0\t0",
    "\u0663\t\u0664\t\u0665",
    "7",
    "",
    "\n\n\n",
    "\x00\t1\t2",
    "<table><tr><td>1</td></tr></table>",
    "\t".join(map(str, range(300))),
    "1\t2\t3\n" * 300,
    "0.25\t0.5\t1\n" * 2000,
    "0\t1\n" * 50,
)
# So many units are tried where there are a few rows, and not at each turn: it takes its time.
MANY, FEW_ROWS = "100000", 20
_KEY_NAMES = """
    Tab Backtab Return Enter Escape Left Right Up Down Home End PageUp PageDown Delete Backspace Space F2 N P
    0 1 5 Minus Period Comma E A C V Z
"""
_KEYS = tuple(getattr(Qt.Key, f"Key_{name}") for name in _KEY_NAMES.split())
_MODIFIERS = (
    *(Qt.KeyboardModifier.NoModifier,) * 4,
    *(Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier),
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
)
# How often the window of a view is.
CLOSED = 0.2
# The system's own, which would print.
_SYSTEM = (QAbstractPrintDialog, QPrintPreviewDialog)
_FILES = (
    "0.chainrule",
    "1.chainrule",
    "broken.chainrule",
    "not here.chainrule",
    "nowhere/2.chainrule",
    "Ü ∂.chainrule",
)


def action(window: MainWindow, chance: random.Random) -> None:
    """Any action, once or more often."""
    chosen = chance.choice(ACTIONS)
    # A file's dialog takes longer than all that others do.
    while chosen.menu == "File" and chance.random() < 0.7:
        chosen = chance.choice(ACTIONS)
    for _ in range(chance.choice((1, 1, 1, 4))):
        if (found := window.actions_by_id[chosen.id]).isEnabled():
            found.trigger()
            turn()
        answer(window, chance)


def edit_action(window: MainWindow, chance: random.Random) -> None:
    """Any action that leaves the document where it is, once or more often."""
    chosen = window.actions_by_id[chance.choice([each.id for each in ACTIONS if each.menu != "File"])]
    for _ in range(chance.choice((1, 1, 1, 4))):
        if chosen.isEnabled():
            chosen.trigger()
            turn()
        answer(window, chance)


def burst(window: MainWindow, chance: random.Random) -> None:
    """Undo and redo, many times."""
    for _ in range(chance.randrange(2, 30)):
        window.actions_by_id[chance.choice(("edit.undo", "edit.undo", "edit.redo"))].trigger()
        if chance.random() < 0.3:
            turn()


def there_and_back(window: MainWindow, chance: random.Random) -> None:
    """Undo some, and redo as many or a few less."""
    far = chance.randrange(1, 12)
    for _ in range(far):
        window.actions_by_id["edit.undo"].trigger()
    for _ in range(max(0, far - chance.choice((0, 0, 0, 1, 2)))):
        window.actions_by_id["edit.redo"].trigger()
        if chance.random() < 0.3:
            turn()


def answer(window: MainWindow, chance: random.Random) -> None:
    """Answer what is asked, and what is asked then. A window of a view asks nothing, and is closed now and then."""
    left = () if chance.random() < CLOSED else (ViewWindow,)
    for _ in range(6):
        asked = [other for other in QApplication.topLevelWidgets() if other is not window and other.isVisible()]
        asked = [other for other in asked if not isinstance(other, left)]
        if not asked:
            return
        for other in asked:
            # One may have ended another.
            if isValid(other):
                _answer(other, window, chance)
        turn()


def _answer(asked: QWidget, window: MainWindow, chance: random.Random) -> None:
    if isinstance(asked, QFileDialog) and chance.random() < 0.7:
        path = Path(window.property("soak_folder"), chance.choice(_FILES))
        # As Qt tells it after "Open" and "Save", whose own checks are not ours.
        asked.fileSelected.emit(str(path))
        asked.done(1)
    elif isinstance(asked, QMessageBox) and chance.random() < 0.8:
        chance.choice(asked.buttons()).click()
    elif isinstance(asked, QDialog) and not isinstance(asked, _SYSTEM) and chance.random() < 0.7:
        carried.fill_in(asked, chance)
    else:
        asked.close()


def _visible_fields(window: MainWindow, beginning: str = "") -> list[Field]:
    fields = [field for field in window.findChildren(Field) if field.objectName().startswith(beginning)]
    return [field for field in fields if field.isVisible() and field.isEnabled()]


def type_anything(window: MainWindow, chance: random.Random) -> None:
    """Any text in any field that can be seen."""
    fields = _visible_fields(window)
    if not fields:
        return
    field = chance.choice(fields)
    wide = field.objectName().startswith(("layer_units", "network_inputs"))
    field.setFocus()
    field.setText(chance.choice(WIDTHS if wide else chance.choice((EXTREMES, USUAL))))
    turn(chance.randrange(2))
    QTest.keyClick(field, chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Up)))
    if chance.random() < 0.5:
        window.stage_panel.stage.setFocus()


def widen_a_lot(window: MainWindow, chance: random.Random) -> None:
    """More units than can be told apart, or a hundred thousand, in a small experiment and for a moment."""
    fields = _visible_fields(window, "layer_units_")
    if not fields or len(window.session.experiment.data.inputs) > FEW_ROWS:
        return
    field = chance.choice(fields)
    field.setFocus()
    field.setText(MANY if chance.random() < 0.25 else "64")
    QTest.keyClick(field, Qt.Key.Key_Return)
    turn(2)
    window.actions_by_id[chance.choice(("step.forward", "iteration.next", "edit.undo"))].trigger()
    turn()


def type_into_a_number(window: MainWindow, chance: random.Random) -> None:
    """Any text over a number of the stage, of the tables of data or of the state."""
    stage = window.stage_panel.stage
    if chance.random() < 0.5:
        select_anything(window, chance)
        window.actions_by_id["edit.value"].trigger()
        editor = stage.findChild(QLineEdit, "stage.editor")
        if editor is not None:
            editor.setText(chance.choice(chance.choice((EXTREMES, USUAL))))
            QTest.keyClick(editor, chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Return, Qt.Key.Key_Escape)))
        return
    tables = [table for table in window.findChildren(QTableView) if table.isVisible()]
    if tables and (model := (table := chance.choice(tables)).model()).rowCount() and model.columnCount():
        index = model.index(chance.randrange(model.rowCount()), chance.randrange(model.columnCount()))
        table.setCurrentIndex(index)
        if index.flags() & Qt.ItemFlag.ItemIsEditable:
            model.setData(index, chance.choice(chance.choice((EXTREMES, USUAL))))


def paste(window: MainWindow, chance: random.Random) -> None:
    """Rows of all kinds into the data, at times over rows that are selected."""
    QGuiApplication.clipboard().setText(chance.choice(PASTES))
    table = window.findChild(QTableView, chance.choice(("inputs_table", "targets_table")))
    if table is None or not table.isVisible():
        return
    table.setFocus()
    if table.model().rowCount() and chance.random() < 0.5:
        table.selectRow(chance.randrange(table.model().rowCount()))
    QTest.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    if chance.random() < 0.2:
        QTest.keyClick(table, chance.choice((Qt.Key.Key_Delete, Qt.Key.Key_C)), Qt.KeyboardModifier.ControlModifier)


def select_anything(window: MainWindow, chance: random.Random) -> None:
    """A value of a step, a parameter, or what only the optimizer and the scheduler know."""
    moment = window.session.moment
    refs = {ref for step in moment.steps for ref in (step.writes, *step.reads)}
    ref = chance.choice(sorted(refs | set(moment.program.parameters if moment.program else ())))
    if elements := list(moment.elements(ref)):
        window.session.selector.select(ref, chance.choice(elements))


def choose_anything(window: MainWindow, chance: random.Random) -> None:
    """Another name, in any field; more often than chance would, a slope that is learned."""
    fields = [field for field in window.findChildren(ChoiceField) if field.isVisible() and field.isEnabled()]
    if not fields:
        # They are folded away.
        return
    activations = [field for field in fields if field.objectName().startswith("layer_activation_")]
    field = chance.choice(activations if activations and chance.random() < 0.3 else fields)
    if not (names := [field.itemText(place) for place in range(field.count())]):
        return
    field.choose("PReLU" if "PReLU" in names and chance.random() < 0.3 else chance.choice(names))


def change_the_slopes(window: MainWindow, chance: random.Random) -> None:
    """One slope for a layer or one for each unit, which may be selected; arguments of other activations, too."""
    fields = _visible_fields(window, "layer_activation_")
    if fields:
        field = chance.choice(fields)
        field.setFocus()
        field.setText(chance.choice(("1", "2", "3")))
        QTest.keyClick(field, Qt.Key.Key_Return)


def press_a_button(window: MainWindow, chance: random.Random) -> None:
    """Any button that can be seen: layers, rows, locks, boxes, tabs, what hides more."""
    buttons = [button for button in window.findChildren(QAbstractButton) if button.isVisible() and button.isEnabled()]
    chance.choice(buttons).click()


def press_keys(window: MainWindow, chance: random.Random) -> None:
    """Keys, to whatever has the keyboard."""
    for _ in range(chance.randrange(1, 6)):
        QTest.keyClick(window.focusWidget() or window, chance.choice(_KEYS), chance.choice(_MODIFIERS))
        answer(window, chance)


def use_the_mouse(window: MainWindow, chance: random.Random) -> None:
    """Click, double-click, drag or turn the wheel, on any part that can be seen."""
    parts = [part for part in window.findChildren(QWidget) if part.isVisible() and not part.isWindow()]
    part, left, plain = chance.choice(parts), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    first, last = (QPoint(*map(chance.randrange, (max(part.width(), 1), max(part.height(), 1)))) for _ in range(2))
    kind = chance.randrange(4)
    if kind == 0:
        QTest.mouseClick(part, left, plain, first)
    elif kind == 1:
        QTest.mouseDClick(part, left, plain, first)
    elif kind == 2:
        QTest.mousePress(part, left, plain, first)
        QTest.mouseMove(part, last)
        QTest.mouseRelease(part, left, plain, last)
    else:
        turned = QPoint(0, chance.choice((-120, 120, 1200)))
        phase = Qt.ScrollPhase.NoScrollPhase
        place = QPointF(part.mapToGlobal(first))
        wheel = QWheelEvent(QPointF(first), place, QPoint(), turned, Qt.MouseButton.NoButton, plain, phase, False)
        QApplication.sendEvent(part, wheel)


def small_experiment(window: MainWindow, chance: random.Random) -> None:
    """Another small experiment, of any depth."""
    window.trainer.pause()
    sizes = tuple(chance.randrange(1, 4) for _ in range(chance.randrange(2, 5)))
    window.session.file.mark_saved(None)
    window.session.file.open(dense(sizes, rows=chance.randrange(1, 6)), None)


def resize(window: MainWindow, chance: random.Random) -> None:
    """Any size of the window, as far as it goes, and of the text."""
    window.resize(chance.randrange(1, 2500), chance.randrange(1, 1500))


def forget_what_is_large(window: MainWindow) -> None:
    """Go on with a small experiment where the one at hand would take its time."""
    if size(window.session.experiment) > LARGE and window.session.undo_stack.canUndo():
        window.trainer.pause()
        window.session.undo_stack.undo()
    if size(window.session.experiment) > LARGE:
        window.trainer.pause()
        window.session.file.mark_saved(None)
        window.session.file.open(dense((2, 2, 1), rows=2), None)


def add_and_remove_layers(window: MainWindow, chance: random.Random) -> None:
    """Some layers more, and some less."""
    for _ in range(chance.randrange(1, 4)):
        names = ("layer_add",) if chance.random() < 0.5 else ("layer_remove_",)
        buttons = [button for button in window.findChildren(QAbstractButton) if button.objectName().startswith(names)]
        if buttons := [button for button in buttons if button.isVisible() and button.isEnabled()]:
            chance.choice(buttons).click()
            turn()


# As often as they stand here: what leaves the document where it is, and can be undone,
EDITING: tuple[Act, ...] = (
    *(edit_action,) * 10,
    *(type_anything,) * 8,
    *(type_into_a_number,) * 5,
    *(choose_anything,) * 6,
    *(press_a_button,) * 6,
    *(press_keys,) * 4,
    *(use_the_mouse,) * 6,
    *(select_anything,) * 4,
    *(there_and_back,) * 2,
    *(acts.edit_on_stage, acts.edit_on_stage, acts.type_into_a_field, acts.type_into_a_field),
    *(acts.edit_data, acts.edit_data, acts.choose, acts.choose),
    *(paste,) * 3,
    *(change_the_slopes, change_the_slopes, add_and_remove_layers, widen_a_lot, resize),
    *(acts.run, acts.run, acts.scrub, acts.go_to_an_iteration, acts.click_into_a_plot, acts.look_at_the_stage),
    *(acts.leap, acts.select_anything),
    *carried.GOING_ON,
    *views.VIEWS,
)
# and all else.
WILD: tuple[Act, ...] = (
    *EDITING,
    *(action,) * 8,
    burst,
    burst,
    small_experiment,
    acts.open_example,
    acts.save,
    *carried.OPENING,
)
