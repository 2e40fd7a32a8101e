"""What a long training adds to the memory of the window, and what it costs to step back in it, near and far."""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from chainrule.model.navigation import Cursor
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import ATTEMPTS, Sample
from tests.experiments import dense

ITERATIONS = 100_000
WARM_UP = 2_000
MOST_MB = 50.0
LARGE_ITERATIONS = 18
# The budget of all histories.
MOST_LARGE_MB = 256.0
# Stepping back far, as a multiple of stepping back once, each until it is painted.
MOST_RATIO = 3.0
JUMPS = 60
STATM = Path("/proc/self/statm")

Target = Callable[[Cursor], Cursor]


def train(window: MainWindow, iterations: int) -> None:
    """Compute iterations, and show the end of the last: the plots then hold them all."""
    session = window.session
    for _ in islice(session.timeline.run(session.document, 0), iterations):
        pass
    session.navigator.go_to(Cursor(iterations - 1, len(session.moment.steps)))
    QApplication.processEvents()


def warm_up(window: MainWindow) -> None:
    """Everything that is loaded or made once: the plots, the typesetter, and what the referee of updates imports."""
    train(window, WARM_UP)
    while window.referee.verdict is None or not window.referee.compares_updates:
        QApplication.processEvents()
    for _ in range(40):
        window.session.navigator.step_back()
        QApplication.processEvents()


def resident_mb() -> float:
    """Memory that this process holds, once what is garbage is gone."""
    gc.collect()
    return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True)
class Moves:
    """Milliseconds that each move back to one target took: until its numbers were there, and until it was painted."""

    computed: list[float] = field(default_factory=list)
    painted: list[float] = field(default_factory=list)


def back_times(window: MainWindow, targets: list[Target], jumps: int) -> list[Moves]:
    """Move back to each target, many times.

    The ways back are taken in turn, each from another place, so that none finds what another has left.
    """
    session, draw = window.session, random.Random(0)
    times = [Moves() for _ in targets]
    for _ in range(jumps):
        for target, moves in zip(targets, times, strict=True):
            session.navigator.go_to(Cursor(draw.randrange(ITERATIONS * 3 // 5, ITERATIONS), draw.randrange(1, 18)))
            QApplication.processEvents()
            end, start = target(session.cursor), time.perf_counter()
            session.timeline.history(session.document, end.iteration).trace(end.iteration)
            moves.computed.append(1000 * (time.perf_counter() - start))
            session.navigator.go_to(end)
            QApplication.processEvents()
            moves.painted.append(1000 * (time.perf_counter() - start))
    return times


def beside(far: Moves, one: Moves) -> Sample:
    """How long a far move takes as a multiple of the one micro-step back in the same turn."""
    return Sample.of(a / b for a, b in zip(far.painted, one.painted, strict=True))


def micro_steps_back(count: int, steps: int) -> Target:
    """The place that many presses of Left away; an iteration has a place before its first micro-step."""
    return lambda cursor: Cursor(*divmod(cursor.iteration * (steps + 1) + cursor.position - count, steps + 1))


def stepping_rows(window: MainWindow) -> Iterator[Row]:
    """Each way back against one micro-step back."""
    steps = len(window.session.moment.steps)
    far: dict[str, Target] = {
        "1,000 micro-steps": micro_steps_back(1000, steps),
        "50,000 iterations": lambda cursor: Cursor(cursor.iteration - 50_000, cursor.position),
    }
    targets = [micro_steps_back(1, steps), *far.values()]
    one, *others = back_times(window, targets, JUMPS)
    if any(beside(moves, one).median > MOST_RATIO for moves in others):
        one, *others = back_times(window, targets, JUMPS * ATTEMPTS)
    for name, moves in zip(far, others, strict=True):
        all_of_it, first, computing = map(median, (moves.painted, one.painted, moves.computed))
        note = f"{all_of_it:.0f} and {first:.0f} ms to paint, {computing:.2f} ms of it to compute"
        back = f"{name} back, after {ITERATIONS:,} iterations"
        yield Row.of(back, beside(moves, one), MOST_RATIO, "x one micro-step back", note=note)


def large_row(window: MainWindow) -> Row:
    """What 18 iterations of a large network add beside one state and one trace, each of them looked at.

    The last is compared before: while that is under way it takes as much again, and whether it is would be chance.
    """
    session, before = window.session, resident_mb()
    session.file.open(dense((2000, 2000, 10), 64), None)
    for iteration in range(LARGE_ITERATIONS):
        for position in (3, len(session.moment.steps)):
            session.navigator.go_to(Cursor(iteration, position))
            QApplication.processEvents()
    while window.referee.verdict is None:
        QApplication.processEvents()
    history, _ = session.state.computed()
    beside = (history.state_nbytes + history.trace_nbytes) / 2**20
    added = resident_mb() - before - beside
    return Row(f"{LARGE_ITERATIONS} iterations of 2000-2000-10", added, MOST_LARGE_MB, "MB added")


def rows() -> Iterator[Row]:
    """Memory where the system tells it, and stepping back."""
    window = open_window()
    session = window.session
    assert session.timeline is not None
    first = session.experiment
    warm_up(window)
    session.file.open(first, None)
    QApplication.processEvents()
    before = resident_mb() if STATM.exists() else 0.0
    train(window, ITERATIONS)
    if STATM.exists():
        yield Row(f"{ITERATIONS:,} iterations of 2-2-1", resident_mb() - before, MOST_MB, "MB added")
    yield from stepping_rows(window)
    if STATM.exists():
        yield large_row(window)
    window.close()
    window.deleteLater()
