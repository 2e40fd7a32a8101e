"""Importing a heavy module while the window is already there."""

from __future__ import annotations

import importlib
import sys

from PySide6.QtCore import QObject, QThread, Signal


class _ImportThread(QThread):
    def __init__(self, names: tuple[str, ...], parent: QObject) -> None:
        super().__init__(parent)
        self._names = names

    def run(self) -> None:
        for name in self._names:
            importlib.import_module(name)


class ModuleLoader(QObject):
    """Imports modules in a thread and emits `loaded` once, in the thread that made it."""

    loaded = Signal()

    def __init__(self, *names: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names = names
        self._done = False
        self._thread = _ImportThread(names, self)
        self._thread.finished.connect(self._finish)
        # A thread that is destroyed while it runs takes the process with it.
        self.destroyed.connect(self._thread.wait)

    @property
    def is_loaded(self) -> bool:
        """Whether `loaded` was emitted."""
        return self._done

    def start(self) -> None:
        """Begin to import; where all is there already, `loaded` comes at once."""
        if self._done or self._thread.isRunning():
            return
        if all(name in sys.modules for name in self._names):
            self._finish()
        else:
            self._thread.start()

    def wait(self) -> None:
        """Return when everything is imported."""
        if self._thread.isRunning():
            self._thread.wait()
        for name in self._names:
            importlib.import_module(name)
        self._finish()

    def close(self) -> None:
        """Let the thread end; nothing is emitted any more."""
        self._done = True
        self._thread.wait()

    def _finish(self) -> None:
        if not self._done:
            self._done = True
            self.loaded.emit()
