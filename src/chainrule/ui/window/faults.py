"""What goes wrong while the window is open: it is told, the document stays, and the window goes on.

A device that fails is offered to be left for the CPU. Any other error is a fault of the program: Qt goes on after it,
and so can the user, who is told what it was, and to save.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from chainrule.catalog.arguments import one_line
from chainrule.session.background.lazy_engine import ENGINE, engine
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.ui.asking.question import cpu_question

LONGEST = 200
Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


class Faults(QObject):
    """Tells the faults of one window."""

    def __init__(self, session: Session, trainer: Trainer, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._trainer, self._window = session, trainer, window
        self._box: QMessageBox | None = None
        session.signals.device_failed.connect(self.offer_cpu)

    def install(self) -> None:
        """Hear of every error that nothing has caught, until the window is gone."""
        before = sys.excepthook
        sys.excepthook = self.caught
        self._window.destroyed.connect(lambda: _put_back(before))

    def caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Tell an error that nothing else has caught: what `sys.excepthook` is given."""
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        reason = None
        if ENGINE in sys.modules:
            reason = engine().failure_of(error)
        if reason is not None:
            self.offer_cpu(reason)
            return
        traceback.print_exception(kind, error, trace, file=sys.stderr)
        self._trainer.pause()
        what = one_line(f"{kind.__name__}: {error}" if str(error) else kind.__name__)[:LONGEST]
        self._session.signals.noticed.emit(
            f"Something in Chainrule went wrong ({what}). Your experiment is as it was: save it, or undo the last "
            "change, and go on."
        )

    def offer_cpu(self, reason: str) -> None:
        """Stop training, and ask whether to go on on the CPU; on the CPU itself only say what happened."""
        self._trainer.pause()
        device = self._session.experiment.device
        if device == "cpu":
            self._session.signals.noticed.emit(
                f"The computation stopped: {reason}. Your experiment is as it was. A smaller network or batch needs "
                "less."
            )
            return
        if self._box is not None:
            return
        text = f"The device {device} has failed. Training stopped, and your experiment is as it was."
        why, icon = f"{reason[:1].upper()}{reason[1:]}.", QMessageBox.Icon.Warning
        box = self._box = cpu_question(self._window, "device.failed", text, why, "Go on", icon)
        box.accepted.connect(self._session.editor.go_on_on_cpu)
        box.finished.connect(self._forget)
        box.open()

    def _forget(self) -> None:
        self._box = None


def _put_back(hook: Hook) -> None:
    sys.excepthook = hook
