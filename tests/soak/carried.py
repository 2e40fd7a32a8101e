"""What is brought to the window and taken away from it, as a table of acts: files, tables, links, numbers by hand."""

from __future__ import annotations

import random
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QPlainTextEdit, QTableView, QWidget
from shiboken6 import isValid

from chainrule.commands.export import FORMATS
from chainrule.model.files.links import MOST_CHARACTERS, link_of
from chainrule.model.files.storage import SpecError
from chainrule.ui.asking.popover import Popover
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow
from tests.soak.acts import Act, turn
from tests.soak.inputs import seeds
from tests.soak.inputs.kinds import KINDS
from tests.soak.mutated_files import mutated
from tests.ui.numbers import dragging

# By the ending that such a file has.
FILES = {
    **{".chainrule": "json", ".csv": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".npy": "npy", ".npz": "npz"},
    **{".py": "script", ".pt": "pt", ".safetensors": "safetensors"},
}
# Of what is not spoiled, and of what is: most of it is refused.
WHOLE = 0.75
# What is told to a dialog's fields; some of it is refused there.
TYPED = (
    "0",
    "1",
    "3",
    "0.5",
    "1/3",
    "sqrt(2)/2",
    "-pi",
    "sin(x)",
    "z*tanh(z)",
    "20",
    "1e-3",
    "nonsense",
    "",
    "a, b",
    "9" * 30,
)
_MODIFIERS = (
    *(Qt.KeyboardModifier.NoModifier,) * 3,
    *(Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier),
)


def _brought(kind: str, chance: random.Random) -> bytes:
    """An input of a kind, whole or spoiled."""
    found = KINDS[kind]
    if chance.random() < WHOLE:
        return chance.choice(list(found.seeds()))
    return mutated(chance, list(found.seeds()), found.mutations)[:50_000]


def drop_a_file(window: MainWindow, chance: random.Random) -> None:
    """A file of any kind, dropped on the window, where nothing is asked at the moment."""
    suffix = chance.choice(list(FILES))
    path = Path(window.property("soak_folder"), f"dropped{suffix}")
    path.write_bytes(_brought(FILES[suffix], chance))
    window.session.file.mark_saved(None)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, button, plain = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), copy, data, button, plain))


def take_weights(window: MainWindow, chance: random.Random) -> None:
    """Weights that may fit."""
    kind = chance.choice(("pt", "safetensors"))
    path = Path(window.property("soak_folder"), f"weights.{kind}")
    path.write_bytes(_brought(kind, chance))
    window.files.scripts.weights.open_path(path)


def paste_a_table(window: MainWindow, chance: random.Random) -> None:
    """A table on the clipboard, pasted where no table has the keyboard."""
    data = _brought(chance.choice(("csv", "pasted")), chance)
    QGuiApplication.clipboard().setText(data.decode("utf-8", "replace"))
    window.stage_panel.stage.setFocus()
    window.actions_by_id["edit.paste_data"].trigger()


def take_a_sample(window: MainWindow, chance: random.Random) -> None:
    """Data that come with the program, a few rows of them."""
    window.actions_by_id["file.sample_data"].trigger()
    dialog = window.findChild(QDialog, "sample_dialog")
    if dialog is None or not dialog.isVisible():
        return
    kind = dialog.findChild(ChoiceField, "sample_kind")
    assert kind is not None
    kind.choose(kind.itemText(chance.randrange(kind.count())))
    rows = dialog.findChild(Field, "sample_rows")
    assert rows is not None
    rows.setText(str(chance.randrange(2, 40)))
    click(dialog, "sample_go_on")


def open_a_link(window: MainWindow, chance: random.Random) -> None:
    """The link of this experiment, or another, on the clipboard."""
    try:
        link = link_of(window.session.file.to_save)
    except SpecError:
        link = chance.choice(seeds.links()).decode()
    if chance.random() > WHOLE:
        link = mutated(chance, [link.encode()], KINDS["link"].mutations).decode("utf-8", "replace")[:MOST_CHARACTERS]
    QGuiApplication.clipboard().setText(link)
    window.session.file.mark_saved(None)
    window.actions_by_id["file.open_link"].trigger()


def revert(window: MainWindow, chance: random.Random) -> None:
    """Give up what was changed since the file was saved."""
    window.actions_by_id["file.revert"].trigger()


def export(window: MainWindow, chance: random.Random) -> None:
    """Any format, of as many iterations as are said."""
    action = window.findChild(
        QAction, f"file.export.{chance.choice([name for name, each in FORMATS.items() if not each.is_task])}"
    )
    assert action is not None
    action.trigger()
    for popover in window.findChildren(Popover):
        if popover.isVisible():
            popover.field.setText(chance.choice(("0", "1", "2", "3", "nonsense")))
            QTest.keyClick(popover.field, Qt.Key.Key_Return)


def take_a_picture(window: MainWindow, chance: random.Random) -> None:
    """Copy a picture, or ask for one."""
    names = ("picture.copy",) * 3 + ("picture.export", "picture.animate", "file.share", "edit.copy_value", "edit.copy")
    window.actions_by_id[chance.choice(names)].trigger()


def change_by_hand(window: MainWindow, chance: random.Random) -> None:
    """Drag a number, or turn Alt and the wheel over it: in a field, a cell or on the stage."""
    part, at = _number_place(window, chance)
    modifiers = chance.choice(_MODIFIERS)
    if chance.random() < 0.4:
        dragging.turn(part, at, chance.choice((-20, -2, -1, 1, 2)), dragging.ALT | modifiers)
        return
    dragging.grab(part, at, modifiers)
    for _ in range(chance.randrange(1, 5)):
        dragging.pull(part, at, chance.randrange(-300, 300), modifiers)
        if chance.random() < 0.15:
            window.actions_by_id[chance.choice(("edit.undo", "step.forward", "run.toggle", "edit.redo"))].trigger()
        if chance.random() < 0.15:
            QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Escape)
        turn()
    dragging.drop(part, at)


def _number_place(window: MainWindow, chance: random.Random) -> tuple[QWidget, QPoint]:
    """A part of the window with a number in it, and where that is."""
    kind, stage, selected = chance.randrange(3), window.stage_panel.stage, window.session.moment.selection
    if kind == 0 and selected is not None and (rect := stage.rect_of(selected.ref, selected.index)) is not None:
        return stage, rect.center().toPoint()
    tables = [table for table in window.findChildren(QTableView) if table.isVisible() and table.model() is not None]
    if kind == 1 and tables:
        table = chance.choice(tables)
        if table.model().rowCount() and table.model().columnCount():
            index = table.model().index(0, chance.randrange(table.model().columnCount()))
            return table.viewport(), table.visualRect(index).center()
    fields = [field for field in window.findChildren(Field) if field.isVisible() and field.isEnabled()]
    part = chance.choice(fields) if fields else stage
    return part, part.rect().center()


def drag_a_layer(window: MainWindow, chance: random.Random) -> None:
    """Take a layer by its name, and let it go over another one, or somewhere else."""
    panel = window.experiment_panel.network
    rows = [row for row in panel._rows if row.isVisible()]
    if not rows:
        return
    name, target = chance.choice(rows).name, chance.choice(rows)
    at = name.mapFromGlobal(target.mapToGlobal(QPoint(10, chance.randrange(-40, target.height() + 40))))
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(name, left, pos=name.rect().center())
    QTest.mouseMove(name, name.rect().center() + QPoint(0, 14))
    QTest.mouseMove(name, at)
    if chance.random() < 0.1:
        QTest.keyClick(window, Qt.Key.Key_Escape)
    QTest.mouseRelease(name, left, pos=at)


def click(dialog: QWidget, name: str) -> None:
    """Click a button of a dialog, where it can be."""
    button = dialog.findChild(QAbstractButton, name)
    if button is not None and button.isVisible() and button.isEnabled():
        button.click()


# What ends a page of ours well.
_GO_ON = ("import_replace", "import_append", "sample_go_on", "script_import", "link_open", "share_copy", "new_create")


def fill_in(dialog: QDialog, chance: random.Random) -> None:
    """Use a dialog: its fields, choices, texts and buttons, and at last, mostly, the one that goes on."""
    for _ in range(chance.randrange(4)):
        if not _is_open(dialog):
            return
        parts = [part for part in dialog.findChildren(QWidget) if part.isVisible() and part.isEnabled()]
        usable = [part for part in parts if isinstance(part, Field | ChoiceField | QAbstractButton | QPlainTextEdit)]
        if not usable:
            break
        part = chance.choice(usable)
        if isinstance(part, ChoiceField):
            if part.count():
                part.choose(part.itemText(chance.randrange(part.count())))
        elif isinstance(part, Field):
            part.setText(chance.choice(TYPED))
            QTest.keyClick(part, chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Tab)))
        elif isinstance(part, QPlainTextEdit):
            if not part.isReadOnly():
                part.setPlainText(chance.choice(seeds.scripts()).decode())
        else:
            part.click()
        turn()
    for name in chance.sample(_GO_ON, len(_GO_ON)):
        if _is_open(dialog) and chance.random() < 0.9:
            click(dialog, name)


def _is_open(dialog: QDialog) -> bool:
    """Whether it is still there: what a key in a field has ended is deleted with the next event."""
    return isValid(dialog) and dialog.isVisible()


# Of these a document comes to an end.
OPENING: tuple[Act, ...] = (drop_a_file, drop_a_file, open_a_link, revert)
# With these it goes on.
GOING_ON: tuple[Act, ...] = (
    *(paste_a_table, take_a_sample, take_weights, export, take_a_picture),
    *(change_by_hand,) * 4,
    *(drag_a_layer,) * 2,
)
