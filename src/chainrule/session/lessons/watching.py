"""Looking after the folder of a lesson while its author writes: what is saved is read again."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

# Editors write a file in several steps.
SETTLE_MS = 120
# Nobody's lesson has more.
MOST_FILES = 200


class FolderWatch(QObject):
    """Tells by `changed` that something in a folder was saved, once for all that is saved together."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watcher: QFileSystemWatcher | None = None
        self._folder: Path | None = None
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._tell)

    def watch(self, folder: Path) -> None:
        """Look after a folder, and no other any more."""
        self.stop()
        self._folder = folder
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._note)
        self._watcher.fileChanged.connect(self._note)
        self._watch_all()

    def stop(self) -> None:
        """Look after nothing."""
        self._settling.stop()
        if self._watcher is not None:
            self._watcher.deleteLater()
        self._watcher = self._folder = None

    def _watch_all(self) -> None:
        """Watch what is in the folder now: a file that an editor has replaced is another one."""
        if self._watcher is None or self._folder is None:
            return
        known = {*self._watcher.files(), *self._watcher.directories()}
        missing = [name for name in _inside(self._folder) if name not in known]
        if missing:
            self._watcher.addPaths(missing)

    def _note(self) -> None:
        self._settling.start()

    def _tell(self) -> None:
        self._watch_all()
        self.changed.emit()


def _inside(folder: Path) -> list[str]:
    """Return a folder with the folders and files in it, up to a bound."""
    found = [str(folder)]
    for place, folders, files in os.walk(folder):
        found += [os.path.join(place, name) for name in (*folders, *files) if not name.startswith(".")]
        if len(found) > MOST_FILES:
            break
    return found[:MOST_FILES]
