"""Files in use: tells where the file that was opened is open in another window of the program, too.

Each window locks a name that stands for its file, beside the copies of what is not saved: the system gives the lock
back when a process ends, however it ends. Nothing is forbidden by it. What another window writes meanwhile is found by
the file's stamp when this one saves.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject

from chainrule.model.files.locks import FileLock
from chainrule.session.files.document_file import DocumentFile
from chainrule.session.signals import Signals


class FilesInUse(QObject):
    """Holds the lock of one window's file, and says where another window has it."""

    def __init__(self, document: DocumentFile, signals: Signals, folder: Path, parent: QObject | None = None) -> None:
        """`folder` is where the windows of a user keep their locks; without one that can be made nothing is said."""
        super().__init__(parent)
        self._document, self._signals, self._folder = document, signals, folder
        self._path: Path | None = None
        self._lock: FileLock | None = None
        signals.document_changed.connect(self.update)

    def update(self) -> None:
        """Lock the file that the document is of now, in the place of the one before."""
        if self._document.path == self._path:
            return
        self.close()
        self._path = self._document.path
        if self._path is None:
            return
        lock = FileLock(self._folder / _name_of(self._path))
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            if lock.acquire():
                self._lock = lock
            else:
                self._signals.warned.emit(
                    f"{self._path.name} is open in another window of Chainrule, too. Whichever of them saves later is "
                    "asked before it writes over what the other has saved."
                )

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            self._lock.release()
        self._lock = self._path = None


def _name_of(path: Path) -> str:
    """Return a name for a file that is the same however the path to it is written, and fits everywhere."""
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which the first paint need not wait for

    return hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:32]
