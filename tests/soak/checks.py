"""What is looked at while the window is at work, and what it holds when it is at rest again."""

from __future__ import annotations

import ctypes
import gc
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QLabel

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.explain.writing.numbers import format_number
from chainrule.model.reopening.restored_numbers import restored
from chainrule.model.reopening.restoring import checked_history
from chainrule.model.timeline.timeline import Timeline
from chainrule.ui.window.main_window import MainWindow
from tests.session.reopening.reopened import contents_of, file_of
from tests.soak.acts import turn

STATM, FILES = Path("/proc/self/statm"), Path("/proc/self/fd")
# Beyond, a fresh session would take seconds to come there.
MOST_ITERATIONS = 400
REST_MS = 60_000


def resident_mb() -> float:
    """Memory that this process holds, once what is garbage is gone; 0 where the system does not tell.

    What was let go and the C library keeps for the next that asks comes and goes: it is given back first.
    """
    gc.collect()
    if hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)
    return int(STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20 if STATM.exists() else 0.0


def check_numbers(window: MainWindow) -> None:
    """Hold what the window shows against what a fresh timeline computes from the document."""
    session, moment = window.session, window.session.moment
    iteration = moment.cursor.iteration
    if iteration - session.document.segment_at(iteration).start > MOST_ITERATIONS:
        return
    trace = Timeline().history(session.document, iteration).trace(iteration)
    for ref, value in trace.values.items():
        shown = moment.numbers.tensor(ref)
        assert shown is not None, ref
        assert shown.numpy().tobytes() == value.numpy().tobytes(), ref
    if window.trainer.is_running:
        # What is on the screen is up to a frame old.
        return
    place = window.stage_panel.findChild(QLabel, "stage.place")
    assert place is not None
    assert place.text().startswith(f"iteration {iteration}")
    # What is folded away, or for which there is no room, is shown the moment once it is back.
    if window.timeline_bar.isVisible():
        assert window.timeline_bar.accessibleDescription().startswith(f"Iteration {iteration}, ")
    plot = window.loss_plot
    if iteration < moment.course.horizon and plot.isVisible() and not plot.shows_accuracy:
        loss = format_number(trace.values[moment.experiment.network.loss_ref].item(), moment.digits)
        name = plot.accessibleName()
        assert f"{loss} at iteration {iteration}" in name, (loss, iteration, name)


def busy_timers(window: MainWindow) -> list[str]:
    """Timers that go, and threads that run."""
    timers = [timer for timer in window.findChildren(QTimer) if timer.isActive()]
    threads = [thread for thread in window.findChildren(QThread) if thread.isRunning()]
    return [f"{found.metaObject().className()} of {found.parent()!r}" for found in (*timers, *threads)]


def come_to_rest(window: MainWindow) -> None:
    """Pause, put what lies about away, and wait until all that waits for a still moment is done."""
    window.trainer.pause()
    clock = QElapsedTimer()
    clock.start()
    turn(3)
    while busy_timers(window) and clock.elapsed() < REST_MS:
        turn()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    turn()


@dataclass(frozen=True, slots=True)
class Resources:
    """All that a window could leak, counted at rest."""

    objects: Counter[str]
    windows: Counter[str]
    files: int
    timers: list[str]

    @classmethod
    def of(cls, window: MainWindow) -> Resources:
        """Count now."""
        come_to_rest(window)
        gc.collect()
        return cls(
            Counter(found.metaObject().className() for found in window.findChildren(QObject)),
            Counter(found.metaObject().className() for found in QApplication.topLevelWidgets()),
            len(os.listdir(FILES)) if FILES.exists() else 0,
            busy_timers(window),
        )

    def grown(self, before: Resources) -> Counter[str]:
        """What there is more of than before."""
        more = (self.objects + self.windows) - (before.objects + before.windows)
        return more + Counter({"open files": self.files - before.files})


def leaked(resources: Sequence[Resources]) -> dict[str, int]:
    """What has grown from each count to the next: what is made once, at whatever time, grows but once.

    Timers that still go are told as well.
    """
    steps = [later.grown(earlier) for earlier, later in pairwise(resources)]
    found = {name: resources[-1].grown(resources[0])[name] for name in steps[0] if all(name in step for step in steps)}
    return found | dict.fromkeys(resources[-1].timers, 1)


def check_what_would_be_saved(window: MainWindow) -> None:
    """Read back what would be saved now: it opens where it is, and with what can be undone."""
    session = window.session
    if session.file.save_point.history is None:
        return
    try:
        data = file_of(session)
    except SpecError:
        # What no file can hold.
        return
    contents = contents_of(data)
    assert contents.history is not None
    restored(checked_history(contents.history, checked_experiment(contents.experiment)), Timeline())
