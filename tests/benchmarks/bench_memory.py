"""What a long training takes of memory, and what it costs to step back in it, however far."""

from __future__ import annotations

import gc
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEventLoop
from shiboken6 import delete

from chainrule.model.navigation import Cursor
from chainrule.session.session import Session
from chainrule.session.training import PACES, Trainer
from chainrule.ui.app import make_application
from tests.benchmarks.bench_engine import ATTEMPTS, Row, report
from tests.experiments import article

ITERATIONS = 100_000
WARM_UP = 2_000
MOST_MB = 50.0
MOST_RATIO = 3.0
JUMPS = 400
STATM = Path("/proc/self/statm")


def train(iterations: int) -> Session:
    """The 2-2-1 network after a run, as the window makes it."""
    session = Session(article())
    trainer = Trainer(session, session)
    trainer.set_pace(PACES[-1])
    loop = QEventLoop()
    trainer.running_changed.connect(lambda on: None if on else loop.quit())
    trainer.start(iterations)
    loop.exec()
    return session


def resident_mb() -> float:
    """Memory that this process holds, once what is garbage is gone."""
    gc.collect()
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def close(session: Session) -> None:
    """Let go of a session and all of its past."""
    session.close()
    delete(session)


def back_times(session: Session, jumps: dict[str, Callable[[Cursor], Cursor]]) -> dict[str, float]:
    """Median seconds from a place to one before it, with all that is known there read as the views do.

    The ways are timed in turn, each from another place, so that nothing is remembered from the turn before.
    """
    draw, steps = random.Random(0), len(session.moment.steps)
    times: dict[str, list[float]] = {name: [] for name in jumps}
    for _ in range(JUMPS):
        for name, target in jumps.items():
            start = Cursor(draw.randrange(60_000, ITERATIONS), draw.randrange(1, steps + 1))
            session.go_to(start)
            read(session)
            end = target(start)
            began = time.perf_counter()
            session.go_to(end)
            read(session)
            times[name].append(time.perf_counter() - began)
    return {name: median(found) for name, found in times.items()}


def read(session: Session) -> None:
    moment = session.moment
    for step in moment.steps:
        moment.lists(step.writes)
