"""What an edit takes in the window at 17,000 rows of 64, until all that listens to it is done, and what many leave."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from itertools import count

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.benchmarks.bench_memory import STATM, resident_mb, warm_up
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import Sample
from tests.experiments import dense, sgd

ROWS, COLUMNS = 17_000, 64
EACH = 15
MOST_MS = 50.0
LITTLE_MS = 5.0
MANY = 300
MOST_MB = 256.0

Act = Callable[[], object]


def acts(window: MainWindow) -> dict[str, Act]:
    """Each kind of edit, with another number each time."""
    session, numbers = window.session, count(1)

    def apply(change: Callable[[int], edits.Edit]) -> Act:
        return lambda: session.editor.edit("Edit", change(next(numbers)))

    return {
        "a number in the table": apply(lambda n: edits.set_data(refs.INPUT, (7 * n % ROWS, 3), n / 7)),
        "the learning rate": apply(lambda n: edits.set_optimizer(sgd(0.01 + n / 1e4))),
        "an activation": apply(lambda n: edits.set_activation(0, Choice(("Tanh", "Sigmoid")[n % 2]))),
        "the loss": apply(lambda n: edits.set_loss(Choice(("L1Loss", "MSELoss")[n % 2]))),
        "the batch size": apply(lambda n: edits.set_batch_size((64, None)[n % 2])),
        "a row more": lambda: session.editor.edit("Add row", edits.add_row),
        "undo": session.undo_stack.undo,
        "redo": session.undo_stack.redo,
    }


def times(act: Act) -> Iterator[float]:
    """Milliseconds until an edit and all that listens to it are done; what it has painted is painted between."""
    for _ in range(EACH):
        start = time.perf_counter()
        act()
        yield 1000 * (time.perf_counter() - start)
        QApplication.processEvents()


def fewer_columns(window: MainWindow) -> Iterator[Row]:
    """An edit after which as good as nothing is to be computed: it costs little, however many rows there are."""
    window.session.file.open(dense((8, 16, 4), 20_000), None)
    QApplication.processEvents()
    act = acts(window)["the learning rate"]
    yield Row.of("edit of 20,000 x 8: the learning rate", Sample.of(times(act)), LITTLE_MS, "ms")


def rows() -> Iterator[Row]:
    """Each kind of edit, and the memory that many have added."""
    window = open_window()
    window.show()
    warm_up(window)
    before = resident_mb() if STATM.exists() else 0.0
    window.session.file.open(dense((COLUMNS, 16, 4), ROWS), None)
    QApplication.processEvents()
    for name, act in acts(window).items():
        yield Row.of(f"edit of {ROWS:,} x {COLUMNS}: {name}", Sample.of(times(act)), MOST_MS, "ms")
    yield from fewer_columns(window)
    if STATM.exists():
        window.session.file.open(dense((COLUMNS, 16, 4), ROWS), None)
        act = acts(window)["a number in the table"]
        for _ in range(MANY):
            act()
        history, _ = window.session.state.computed()
        beside = (history.state_nbytes + history.trace_nbytes) / 2**20
        # The document itself is no history: the same numbers once as Python has them.
        document = ROWS * (COLUMNS + 4) * 32 / 2**20
        yield Row(
            f"{MANY} edits of {ROWS:,} x {COLUMNS}", resident_mb() - before - beside - document, MOST_MB, "MB added"
        )
    window.close()
    window.deleteLater()
