"""Importing heavy modules while the window is already there."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Sequence

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal

from chainrule.quiet_import import import_quietly

POLL_MS = 5


class ModuleLoader(QObject):
    """Imports modules in a thread and emits `loaded` once, in the thread that made it.

    The thread knows nothing of Qt, so that whoever owns the loader may go at any time. Python waits for it at its end.
    """

    loaded = Signal()
    _ended = Signal()

    def __init__(
        self, *names: str, before: Sequence[str] = (), beside: Sequence[str] = (), parent: QObject | None = None
    ) -> None:
        """`before` and `beside` are for modules that need torch, and are taken as `import_quietly` takes them."""
        super().__init__(parent)
        self._names, self._before, self._beside = names, before, beside
        self._done = False
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._look)

    @property
    def is_loaded(self) -> bool:
        """Whether `loaded` was emitted."""
        return self._done

    def start(self) -> None:
        """Begin to import; where all is there already, `loaded` comes at once."""
        if self._done or self._thread is not None:
            return
        if all(name in sys.modules for name in self._names):
            self._finish()
        else:
            self._thread = threading.Thread(target=self._import, name=f"import {self._names[0]}")
            self._thread.start()
            self._poll.start()

    def wait(self) -> None:
        """Return when everything is imported. The window is painted meanwhile; what is typed comes after it.

        What `loaded` has changed is painted, too: whoever waited has more to compute, and the window should not stand
        still for the sum of both.
        """
        loop, no_input = QEventLoop(), QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents
        if waits := self._poll.isActive():
            self._ended.connect(loop.quit)
            loop.exec(no_input)
        for name in self._names:
            importlib.import_module(name)
        self._finish()
        if waits:
            loop.processEvents(no_input)

    def close(self) -> None:
        """Emit nothing any more. A thread that has begun goes on to its end, and nobody waits for it."""
        self._done = True
        self._poll.stop()
        self._ended.emit()

    def _import(self) -> None:
        try:
            import_quietly(self._names, self._before, self._beside)
        except Exception as error:
            # Raised where somebody hears it.
            self._error = error

    def _look(self) -> None:
        if self._thread is not None and not self._thread.is_alive():
            self._poll.stop()
            # Whoever waits goes on in any case, and meets the same error there.
            self._ended.emit()
            if self._error is not None:
                raise self._error
            self._finish()

    def _finish(self) -> None:
        if not self._done:
            self._done = True
            self.loaded.emit()
