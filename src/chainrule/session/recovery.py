"""Recovery: a copy of what is not saved, in a file that outlives the program where it ends unexpectedly.

Each window has a copy of its own, and a lock that tells the copy of a window that is open from one that was left
behind: Qt's lock files know whether the process that made them still lives.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QStandardPaths, QTimer, Signal

from chainrule.engine.arguments import SpecError
from chainrule.engine.spec import Experiment
from chainrule.model.disk import reason_of, replace_file
from chainrule.session.session import Session

SUFFIX = ".unsaved"
# What a crash may cost at most: edits are often made many in a row, and are then written once.
DELAY_MS = 2000


def recovery_folder() -> Path:
    """Where the copies of this user's windows are, by the rules of the system."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.StateLocation)) / "unsaved"


@dataclass(frozen=True, slots=True)
class Copy:
    """What a window left behind: an experiment, and the file that it was opened from, if any."""

    file: Path
    experiment: Experiment
    path: Path | None


class Recovery(QObject):
    """Keeps the copy of one session in a folder: written soon after an edit, gone once all is saved or given up."""

    written = Signal()

    def __init__(
        self, session: Session, folder: Path, parent: QObject | None = None, *, delay_ms: int = DELAY_MS
    ) -> None:
        super().__init__(parent)
        self._session, self._folder = session, folder
        self._lock: QLockFile | None = None
        self._file: Path | None = None
        self._told = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay_ms)
        self._timer.timeout.connect(self.update)
        session.document_changed.connect(self._schedule)

    def _schedule(self) -> None:
        # Not put off by what follows: a teacher who never pauses has a copy, too.
        if not self._timer.isActive():
            self._timer.start()

    def update(self) -> None:
        """Write the copy now, or take it away where everything is saved."""
        self._timer.stop()
        if not self._session.is_modified:
            self._remove()
            return
        try:
            file = self._own_file()
            # Without waiting for the disk, which would hold up the window: this is for the end of the program alone.
            replace_file(file, _encode(self._session.to_save, self._session.path), durable=False)
        except (OSError, SpecError) as error:
            # Tried again after the next edit, but told once.
            if not self._told:
                self._told = True
                self._session.noticed.emit(
                    f"Chainrule cannot keep a copy of what is not saved ({reason_of(error)}). Save your work yourself."
                )
            return
        self._told = False
        self.written.emit()

    def close(self) -> None:
        """All is saved, or was given up: leave nothing behind."""
        self._timer.stop()
        self._remove()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def lost(self) -> list[Copy]:
        """What windows left behind that are no longer open, the newest first; what makes no sense is left alone."""
        try:
            files = sorted(self._folder.glob(f"*{SUFFIX}"), key=os.path.getmtime, reverse=True)
        except OSError:
            return []
        return [copy for file in files if self._is_left(file) and (copy := _decode(file)) is not None]

    def discard(self, copy: Copy) -> None:
        """Take a copy away that was restored, or is not wanted."""
        copy.file.unlink(missing_ok=True)

    def _own_file(self) -> Path:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = self._folder / f"{os.urandom(8).hex()}{SUFFIX}"
            lock = _lock_of(file)
            if not lock.tryLock(0):
                raise OSError(f"{file.parent} cannot be locked")
            self._file, self._lock = file, lock
        return self._file

    def _remove(self) -> None:
        if self._file is not None:
            try:
                self._file.unlink(missing_ok=True)
            except OSError as error:
                self._session.noticed.emit(f"{self._file} cannot be taken away: {reason_of(error)}.")

    def _is_left(self, file: Path) -> bool:
        """Whether nobody holds its lock; not so for our own."""
        if file == self._file:
            return False
        lock = _lock_of(file)
        if not lock.tryLock(0):
            # Held by a window, or the folder can no longer be written: what is left can be read all the same.
            return lock.error() == QLockFile.LockError.PermissionError
        lock.unlock()
        return True


def _lock_of(file: Path) -> QLockFile:
    lock = QLockFile(f"{file}.lock")
    # By the process alone, never by its age: a clock may jump, and a window may stay open for days.
    lock.setStaleLockTime(0)
    return lock


def _encode(experiment: Experiment, path: Path | None) -> bytes:
    """A line that tells the file it belongs to, then the experiment as a file has it."""
    from chainrule.model.storage import encode_experiment  # noqa: PLC0415 - the decoder takes its time

    head = json.dumps({"path": None if path is None else str(path.absolute())})
    return f"{head}\n".encode() + encode_experiment(experiment)


def _decode(file: Path) -> Copy | None:
    from chainrule.model.storage import decode_experiment  # noqa: PLC0415 - the decoder takes its time

    try:
        head, _, body = file.read_bytes().partition(b"\n")
        path = json.loads(head)["path"]
        return Copy(file, decode_experiment(body), None if path is None else Path(path))
    except (OSError, ValueError, TypeError, KeyError, SpecError):
        return None
