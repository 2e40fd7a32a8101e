"""A window in a process of its own that has little memory left, or a full disk, while it is worked in.

    python -m tests.soak.scarce memory
    python -m tests.soak.scarce disk

It edits, trains and saves. Whatever is refused or fails, the window lives, its numbers are those of its document, and
the file is whole. What is said in the window is printed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView

from chainrule.model.files.storage import encode_experiment, read_experiment
from chainrule.ui.app import open_window
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.fields import Field
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.soak.acts import turn
from tests.soak.checks import check_numbers, come_to_rest

STATM = Path("/proc/self/statm")
# What is left to the window: enough to go on, not enough for what is asked of it.
LEFT_MB = 48
# A file may not grow larger than that.
FILE_BYTES = 512
Act = Callable[[MainWindow], object]


def type_into(name: str, text: str) -> Act:
    """Type into a field of the experiment."""

    def act(window: MainWindow) -> None:
        field = window.experiment_panel.findChild(Field, name)
        assert field is not None
        field.setFocus()
        field.setText(text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    return act


def choose(name: str, choice: str) -> Act:
    """Choose another name."""
    return lambda window: window.findChild(ChoiceField, name).choose(choice)  # type: ignore[union-attr]


def trigger(name: str) -> Act:
    """Do what an action does."""
    return lambda window: window.actions_by_id[name].trigger()


def paste(window: MainWindow) -> None:
    """Many rows."""
    QGuiApplication.clipboard().setText("1\t2\t3\n" * 40_000)
    table = window.findChild(QTableView, "inputs_table")
    assert table is not None
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


USUAL: tuple[Act, ...] = (
    *(choose("optimizer_name", "Adam"), choose("optimizer_name", "SGD"), choose("dtype", "float32")),
    *(trigger("run.toggle"), trigger("iteration.next"), trigger("run.restart"), trigger("edit.reseed")),
    *(trigger("edit.undo"), trigger("edit.undo"), trigger("edit.redo"), trigger("file.save"), trigger("file.save")),
)
LARGE: tuple[Act, ...] = (
    *(type_into("layer_units_0", "3000"), type_into("layer_units_1", "3000"), type_into("layer_units_0", "900"), paste),
)


@contextmanager
def limited(kind: int, most: int) -> Iterator[None]:
    """A limit of this process, inside; what has begun is ended within it."""
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


def memory_limit() -> int:
    """As much address space as there is in use, and little more."""
    return int(STATM.read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE") + (LEFT_MB << 20)


def work(window: MainWindow, kind: str, chance: random.Random) -> None:
    """Do each act where something is scarce, then hold the document and the file against what they must be."""
    session = window.session
    path, first = session.path, session.document
    assert path is not None
    acts = [*USUAL, *(LARGE if kind == "memory" else ())]
    for act in chance.sample(acts, len(acts)):
        limit = (resource.RLIMIT_AS, memory_limit()) if kind == "memory" else (resource.RLIMIT_FSIZE, FILE_BYTES)
        saved = path.read_bytes()
        with limited(*limit):
            act(window)
            turn(3)
            window.trainer.pause()
            turn()
        come_to_rest(window)
        assert window.isVisible()
        assert path.read_bytes() in (saved, encode_experiment(session.file.to_save)), "the file is neither of the two"
        check_numbers(window)
    for _ in range(2 * len(acts)):
        window.actions_by_id["edit.undo"].trigger()
        turn()
    assert session.experiment == first.segments[0].experiment, "undone, it is not what it was"
    window.files.save()
    come_to_rest(window)
    assert read_experiment(path) == session.file.to_save
    assert not session.is_modified


def main() -> int:
    """Work in a window; an error of Python's that reaches nobody is a notice in it, as for a user."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.scarce", description=__doc__)
    parser.add_argument("kind", choices=("memory", "disk"))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kept.chainrule")
        path.write_bytes(encode_experiment(dense((2, 3, 2, 1), rows=8)))
        window = open_window(path, unsaved=Path(folder, "unsaved"))
        window.faults.install()
        window.session.signals.noticed.connect(lambda text: print(text, flush=True))
        assert window.session.timeline is not None
        come_to_rest(window)
        work(window, asked.kind, random.Random(asked.seed))
        window.close()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
