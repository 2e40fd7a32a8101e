"""What is done with the views beside the stage, and on pages of their own, as a table of acts.

The board and its windows, the tabs Fit, Surface and Race, sketched and imported data, and a file opened where it was.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.ui.actions.board_actions import BOARD_ACTIONS
from chainrule.ui.importing.sketch_pad import SketchPad
from chainrule.ui.race.view import RaceView
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow
from tests.session.reopening.reopened import Seen, file_of
from tests.soak.acts import Act, turn
from tests.soak.carried import TYPED, click
from tests.soak.inputs import seeds

LEFT, RIGHT, PLAIN = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier
# A race of these takes an instant, and some of them are refused.
RACED = {"count": ("1", "2", "3", "5", "0", "2000"), "iterations": ("1", "2", "8", "30", "0", "x")}
RACED |= {"low": ("1e-4", "0.01", "0", "1"), "high": ("0.1", "1", "1e6", "-1")}
TURNS = 60
_PAD_KEYS = ("Space", "Delete", "Left", "Up", "Right", "Down", "1", "2", "9", "E", "PageUp")


def use_the_board(window: MainWindow, chance: random.Random) -> None:
    """Put views away, enlarge them, give them windows and cards, move them; at times all as at first."""
    for _ in range(chance.choice((1, 2, 4))):
        # With all of them as likely as each other there would soon be no view left.
        if chance.random() < 0.25:
            window.actions_by_id["board.reset"].trigger()
        action = window.actions_by_id[chance.choice(BOARD_ACTIONS).id]
        if action.isEnabled():
            action.trigger()
            turn()


def take_by_the_title(window: MainWindow, chance: random.Random) -> None:
    """Drag a card by its title, or double-click that."""
    titles = [card.header for card in (window.loss_plot, window.gradient_plot)] + [window.tabs.bar]
    title = chance.choice([part for part in titles if part.isVisible()] or [window.stage_panel])
    at = title.rect().center()
    if chance.random() < 0.3:
        QTest.mouseDClick(title, LEFT, PLAIN, at)
        return
    QTest.mousePress(title, LEFT, PLAIN, at)
    for _ in range(chance.randrange(1, 4)):
        QTest.mouseMove(title, at + QPoint(0, chance.randrange(-500, 500)))
    if chance.random() < 0.2:
        QTest.keyClick(window, Qt.Key.Key_Escape)
    QTest.mouseRelease(title, LEFT, PLAIN, at)


def _in_front(window: MainWindow, tab: str) -> QWidget | None:
    """The view of a tab, once it is in front; None where there is none for this experiment."""
    action = window.actions_by_id[f"view.tab_{tab}"]
    if not action.isEnabled():
        return None
    action.trigger()
    turn(2)
    view = window.tabs.view(tab)
    return view if view.isVisible() else None


def _choose(view: QWidget, chance: random.Random) -> None:
    fields = [field for field in view.findChildren(ChoiceField) if field.isVisible() and field.count()]
    if fields:
        field = chance.choice(fields)
        field.choose(field.itemText(chance.randrange(field.count())))


def _click_into(part: QWidget | None, chance: random.Random) -> None:
    if part is None or not part.isVisible():
        return
    at = QPoint(chance.randrange(max(1, part.width())), chance.randrange(max(1, part.height())))
    QTest.mouseMove(part, at)
    chance.choice((QTest.mouseClick, QTest.mouseClick, QTest.mouseDClick))(part, LEFT, PLAIN, at)


def use_fit(window: MainWindow, chance: random.Random) -> None:
    """Another picture of what was learned, and a click on a row of it; or pictures in each neuron."""
    if chance.random() < 0.3:
        QTest.keyClick(window.stage_panel.stage, Qt.Key.Key_I)
        return
    if (view := _in_front(window, "fit")) is None:
        return
    for _ in range(chance.randrange(1, 4)):
        _choose(view, chance)
        turn()
        _click_into(view.findChild(QWidget, "learned_view.chart"), chance)
        turn(chance.randrange(3))


def use_surface(window: MainWindow, chance: random.Random) -> None:
    """Other weights and ways on the surface, and a click that sets the weights there."""
    if (view := _in_front(window, "surface")) is None:
        return
    for _ in range(chance.randrange(1, 4)):
        _choose(view, chance)
        turn(chance.randrange(4))
        for name in ("surface_view.log", "surface_view.again"):
            if chance.random() < 0.3:
                click(view, name)
        _click_into(view.chart, chance)  # type: ignore[attr-defined]
        turn()


def race(window: MainWindow, chance: random.Random) -> None:
    """Race some runs, or give it up; choose one, and take it over."""
    view = _in_front(window, "race")
    if not isinstance(view, RaceView):
        return
    if chance.random() < 0.4:
        over = view.fields.over
        over.choose(over.itemText(chance.randrange(over.count())))
    for name in chance.sample(sorted(RACED), 3):
        field = getattr(view.fields, name)
        if field.isVisible():
            field.setFocus()
            field.setText(chance.choice(RACED[name]))
            QTest.keyClick(field, Qt.Key.Key_Return)
    # A race that was begun before is given up by the same button.
    if view.racer.is_running or view._question.iterations <= 30:
        click(view, "race_view.start")
    for _ in range(chance.choice((1, 3, TURNS))):
        if view.racer.is_running:
            turn()
    if chance.random() < 0.3:
        click(view, "race_view.start")
    for name in ("race_view.way", "race_view.settings", "race_view.back"):
        if chance.random() < 0.3:
            click(view, name)
    chart = view.charts.currentWidget()
    _click_into(chart, chance)
    QTest.keyClick(chart, chance.choice((Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Plus)))
    if chance.random() < 0.6:
        click(view, "race_view.take")


def sketch(window: MainWindow, chance: random.Random) -> None:
    """Draw points of classes or a curve into the plane, erase some, and take them."""
    window.actions_by_id["file.sketch_data"].trigger()
    turn()
    dialog = window.findChild(QDialog, "sketch_dialog")
    if dialog is None or not dialog.isVisible():
        return
    pad = dialog.findChild(SketchPad, "sketch_pad")
    assert pad is not None
    for _ in range(chance.randrange(1, 6)):
        chance.choice((_stroke, _stroke, _press_on_the_pad, _set_up))(dialog, pad, chance)
        turn()
    ends = ["sketch_replace"] * 3 + ["sketch_append"] * 2 + ["sketch_look"]
    click(dialog, chance.choice(ends))


def _stroke(dialog: QDialog, pad: SketchPad, chance: random.Random) -> None:
    button = chance.choice((LEFT, LEFT, LEFT, RIGHT))
    places = [QPoint(chance.randrange(pad.width()), chance.randrange(pad.height())) for _ in range(4)]
    QTest.mousePress(pad, button, PLAIN, places[0])
    for place in places[1:]:
        QTest.mouseMove(pad, place)
    if chance.random() < 0.1:
        QTest.keyClick(pad, chance.choice((Qt.Key.Key_Z, Qt.Key.Key_Delete)), Qt.KeyboardModifier.ControlModifier)
    QTest.mouseRelease(pad, button, PLAIN, places[-1])


def _press_on_the_pad(dialog: QDialog, pad: SketchPad, chance: random.Random) -> None:
    pad.setFocus()
    for _ in range(chance.randrange(1, 8)):
        QTest.keyClick(pad, getattr(Qt.Key, f"Key_{chance.choice(_PAD_KEYS)}"))


def _set_up(dialog: QDialog, pad: SketchPad, chance: random.Random) -> None:
    buttons = ("undo", "redo", "clear", "begin_with_the_rows_there", "eraser")
    if chance.random() < 0.5:
        click(dialog, f"sketch_{chance.choice(buttons)}")
        return
    _choose(dialog, chance)
    fields = [field for field in dialog.findChildren(Field) if field.isVisible() and field.isEnabled()]
    if fields:
        field = chance.choice(fields)
        field.setText(chance.choice(("0", "-3", "2.5", "40", *TYPED)))
        QTest.keyClick(field, chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Tab)))


def import_a_table(window: MainWindow, chance: random.Random) -> None:
    """A table on the page of an import: what its columns are for, what is missing, and in it comes."""
    path = Path(window.property("soak_folder"), "imported.csv")
    path.write_bytes(chance.choice(seeds.texts()))
    window.tables.open_path(path)
    turn()
    dialog = window.findChild(QDialog, "import_dialog")
    if dialog is None or not dialog.isVisible():
        return
    preview = dialog.findChild(QWidget, "import_preview")
    assert preview is not None
    for _ in range(chance.randrange(4)):
        _choose(dialog, chance)
        keys = (Qt.Key.Key_I, Qt.Key.Key_T, Qt.Key.Key_X, Qt.Key.Key_Right, Qt.Key.Key_Down)
        QTest.keyClick(preview, chance.choice(keys))
        for name in ("import_standardize", "import_standardize_targets", "import_header"):
            if chance.random() < 0.15:
                click(dialog, name)
        turn()
    click(dialog, chance.choice(("import_replace", "import_replace", "import_append")))


def reopen(window: MainWindow, chance: random.Random) -> None:
    """Open what would be saved now: it is where it was, with the same numbers and the same to undo."""
    session = window.session
    window.trainer.pause()
    turn()
    if session.file.save_point.history is None:
        # At its beginning, or where there is no room: what can be undone would be gone.
        return
    try:
        data = file_of(session)
    except SpecError:
        # What no file can hold.
        return
    path = Path(window.property("soak_folder"), "reopened.chainrule")
    path.write_bytes(data)
    seen = Seen.of(session)
    session.file.mark_saved(None)
    said = list[str]()
    session.signals.noticed.connect(said.append)
    window.files.open_path(path)
    session.signals.noticed.disconnect(said.append)
    if not session.file.is_at(path):
        # It was asked about first.
        return
    found = Seen.of(session)
    # Which of a value's numbers is shown, where they come one at a time, is not kept.
    seen = replace(seen, cursor=replace(seen.cursor, element=None))
    for name in ("cursor", "experiment", "to_save", "horizon", "trained", "values"):
        assert getattr(found, name) == getattr(seen, name), f"reopened, {name} is another one: {said}"
    # Of many the newest are kept.
    done, undone = seen.undo[0][: seen.undo[1]], seen.undo[0][seen.undo[1] :]
    assert done[len(done) - found.undo[1] :] == found.undo[0][: found.undo[1]]
    assert undone[: len(found.undo[0]) - found.undo[1]] == found.undo[0][found.undo[1] :]


# With these a document goes on, and what they edit can be undone.
VIEWS: tuple[Act, ...] = (
    *(use_the_board,) * 3,
    take_by_the_title,
    *(use_fit,) * 2,
    *(use_surface,) * 3,
    *(race,) * 3,
    *(sketch,) * 3,
    *(import_a_table,) * 2,
    *(reopen,) * 3,
)
