"""The referee's badge: the iteration on the screen against autograd and `torch.optim`, while all else is idle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.module_loader import ModuleLoader
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState
from chainrule.session.training import Trainer

if TYPE_CHECKING:
    from chainrule.engine.referee.verify import Verdict

IDLE_MS = 120
# What the first optimizer of torch.optim imports, and most of what it costs.
OPTIMIZER_MODULE = "torch._dynamo"


class Referee(QObject):
    """Compares the trace on the screen with autograd when the session has been still for a moment.

    `torch.optim` is loaded, in a thread, when an update is first on the screen; until then updates are not compared.
    An iteration with numbers set by hand is not compared at all: autograd knows nothing of them.
    """

    verdict_changed = Signal()

    def __init__(self, state: SessionState, trainer: Trainer, signals: Signals, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._trainer = state, trainer
        self._verdict: Verdict | None = None
        self._checked: object = None
        self._overrides: Overrides = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE_MS)
        self._timer.timeout.connect(self._begin)
        self._slicer = TimeSlicer(self)
        self._slicer.finished.connect(self._tell)
        self._found: Verdict | None = None
        self._loader = ModuleLoader(OPTIMIZER_MODULE, parent=self)
        self._loader.loaded.connect(self._schedule)
        for signal in (signals.engine_ready, signals.document_changed, signals.cursor_moved):
            signal.connect(self._schedule)
        trainer.running_changed.connect(self._schedule)

    @property
    def verdict(self) -> Verdict | None:
        """The comparison of the iteration on the screen, or None while it has not been made."""
        return self._verdict

    @property
    def compares_updates(self) -> bool:
        """Whether `torch.optim` is loaded."""
        return self._loader.is_loaded

    @property
    def worst(self) -> ValueRef | None:
        """The ref with the largest difference."""
        return self._verdict.ref if self._verdict else None

    def close(self) -> None:
        """Compare nothing any more."""
        self._stop()
        self._loader.close()

    def load_optimizers(self) -> None:
        """Begin to load `torch.optim`, whatever is on the screen; the comparison is then made again, with updates."""
        self._loader.start()

    def check(self) -> None:
        """Compare now, all at once."""
        parts = self._parts()
        if parts is not None:
            for self._found in parts:
                pass
            self._tell()

    def _begin(self) -> None:
        """Compare a slice at a time; of a small network the first is enough."""
        parts = self._parts()
        if parts is not None:
            self._slicer.start(self._compare(parts), at_once=True)

    def _parts(self) -> Iterator[Verdict | None] | None:
        """Return the comparison of what is on the screen, or None where there is none."""
        if self._shows_update():
            self._loader.start()
        self._stop()
        if self._state.moment.overrides:
            return None
        history, trace = self._state.computed()
        self._checked = trace, self.compares_updates
        program, update = history.executor.program, self.compares_updates
        return engine().verify_parts(self._state.experiment, program, trace, update=update)

    def _compare(self, parts: Iterator[Verdict | None]) -> Iterator[None]:
        """Take one part after another, a moment of work each."""
        for self._found in parts:
            yield

    def _tell(self) -> None:
        self._verdict = self._found
        self.verdict_changed.emit()

    def _stop(self) -> None:
        self._timer.stop()
        self._slicer.cancel()

    def _shows_update(self) -> bool:
        step = self._state.moment.step
        return step is not None and step.phase.value == "update"

    def _schedule(self) -> None:
        if not self._state.is_ready:
            return
        if self._trainer.is_running:
            self._stop()
            self._checked = None
            self._forget()
            return
        overrides, before = self._state.moment.overrides, self._overrides
        self._overrides = overrides
        if overrides != before:
            self.verdict_changed.emit()
        if overrides:
            self._stop()
            self._checked = None
            self._forget()
            return
        _, trace = self._state.computed()
        if self._checked == (trace, self.compares_updates):
            if self._shows_update():
                self._loader.start()
            return
        self._stop()
        self._forget()
        self._timer.start()

    def _forget(self) -> None:
        if self._verdict is not None:
            self._verdict = None
            self.verdict_changed.emit()
