"""The soak itself: laps of all acts in an order that is drawn, with a look at the numbers in between."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.resource_files import OPENING_EXAMPLE
from chainrule.ui.app import open_window
from chainrule.ui.equation.shares import MOST_SAMPLES
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.soak.acts import ACTS, turn
from tests.soak.checks import check_numbers

SIZE = (1280, 800)
# The numbers are compared after one act in so many.
SAMPLED = 3


def opened(folder: Path) -> MainWindow:
    """The window, with its engine; files are saved into the folder."""
    window = open_window()
    window.setProperty("soak_folder", str(folder))
    assert window.session.timeline is not None
    show_everything(window)
    return window


def show_everything(window: MainWindow) -> None:
    """Make what is made when it is first shown, and kept: buttons for the shares of as many samples as are shown."""
    session = window.session
    session.file.open(dense((2, 3, 1), rows=2 * MOST_SAMPLES), None)
    while session.moment.written != refs.grad(refs.weight(0)):
        session.navigator.step_forward()
        turn()


def back_to_the_start(window: MainWindow) -> None:
    """As a new window would be, so that what it holds can be compared."""
    window.trainer.pause()
    window.session.file.mark_saved(None)
    window.files.open_path(OPENING_EXAMPLE, example=True)
    for name in ("view.normal", "view.tab_slope"):
        window.actions_by_id[name].trigger()
    if window.appearance.is_dark:
        window.actions_by_id["view.dark"].trigger()
    while window.session.selector.digits != 4:
        window.session.selector.set_digits(4)
    window.resize(*SIZE)
    turn(3)


def laps(window: MainWindow, seed: int) -> Iterator[int]:
    """Do everything, again and again; the number of acts so far, after each lap. An error names seed and act."""
    chance, done = random.Random(seed), 0
    while True:
        for act in chance.sample(ACTS, len(ACTS)):
            try:
                act(window, chance)
                turn()
                if done % SAMPLED == 0:
                    check_numbers(window)
            except BaseException:
                print(f"seed {seed}, act {done}: {act}", file=sys.stderr)
                raise
            done += 1
        yield done


def edits_in_one_document(window: MainWindow, count: int) -> list[float]:
    """Edit a weight at each iteration in turn, and undo it all; the seconds that each edit kept the window busy.

    The laps open another experiment again and again: nowhere else does a document, or its undo stack, grow long.
    """
    back_to_the_start(window)
    session, busy = window.session, []
    before = session.document
    for number in range(1, count + 1):
        session.navigator.go_to(Cursor(number, 0))
        start = time.thread_time()
        session.number_editor.edit_number(refs.weight(0), (0, 0), number / count)
        turn()
        busy.append(time.thread_time() - start)
    while session.undo_stack.canUndo():
        window.actions_by_id["edit.undo"].trigger()
        turn()
    assert session.document is before
    return busy
