"""Recovery: a copy of what is not saved, in a file that outlives the program where it ends unexpectedly.

Each window has a copy of its own, and a lock that tells the copy of a window that is open from one that was left
behind: the system gives it back when a process ends, however it ends.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QTimer, Signal

from chainrule.catalog.arguments import SpecError
from chainrule.model.files.disk import Written, cleaning, exhaust, reason_of, replacing
from chainrule.model.files.locks import FileLock
from chainrule.model.files.stamp import Stamp
from chainrule.session.files.copies import (
    SAVING,
    SUFFIX,
    Copy,
    Head,
    is_in_its_file,
    is_made_old,
    note_saving,
    put_aside,
    read_copy,
    take_away,
)
from chainrule.session.files.document_file import DocumentFile, SavePoint
from chainrule.session.files.writer import Outcome, Work, Writer
from chainrule.session.signals import Signals

# What a crash may cost at most: edits are often made many in a row, and are then written once.
DELAY_MS = 2000


def recovery_folder() -> Path:
    """Return where the copies of this user's windows are, by the rules of the system."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.StateLocation)) / "unsaved"


class Recovery(QObject):
    """Keeps the copy of one session in a folder: written soon after an edit, gone once all is saved or given up."""

    written = Signal()

    def __init__(
        self,
        document: DocumentFile,
        signals: Signals,
        folder: Path,
        parent: QObject | None = None,
        *,
        delay_ms: int = DELAY_MS,
    ) -> None:
        super().__init__(parent)
        self._document, self._signals, self._folder = document, signals, folder
        self._lock: FileLock | None = None
        self._file: Path | None = None
        self._is_reported = False
        self._writer = Writer(self)
        # Copies of others that were offered, and are not given back yet; and the one that ours is to take the place of.
        self._offered: list[Copy] = []
        self._inherited: Copy | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay_ms)
        self._timer.timeout.connect(self.update)
        signals.document_changed.connect(self._schedule)
        # A copy that is older than the file would be offered as if it were not saved.
        signals.saving.connect(self._note)
        signals.saved.connect(self.update)

    def _schedule(self) -> None:
        # Not put off by what follows: a teacher who never pauses has a copy, too.
        if not self._timer.isActive():
            self._timer.start()

    def update(self) -> None:
        """Begin to write the copy now, or take it away where everything is saved."""
        self._timer.stop()
        if not self._document.is_modified:
            self._writer.cancel()
            self._remove()
        elif self._writer.is_active:
            # It is older than what there is now: that follows.
            self._timer.start()
        else:
            self._writer.write(self._work(), self._done)

    def take_over(self, copy: Copy) -> None:
        """Write a copy of our own of what was restored, then discard the old one: there is one at any time."""
        self._inherited = copy
        self.update()

    def close(self) -> None:
        """Leave nothing behind: all is saved, or was given up."""
        self._timer.stop()
        self._writer.cancel()
        self._remove()
        for copy in tuple(self._offered):
            self.leave(copy)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # What others left behind

    def lost(self) -> Iterator[Copy]:
        """Yield what windows left behind that are no longer open, one after the other, the newest first.

        Each is kept from other windows until it is discarded or left. One that makes no sense is put aside, and said;
        one that its file holds is none.
        """
        self._clean()
        for file in sorted(self._folder.glob(f"*{SUFFIX}"), key=_time_of, reverse=True):
            copy = None if file == self._file else self._claimed(file)
            if copy is not None:
                self._offered.append(copy)
                yield copy

    def discard(self, copy: Copy) -> None:
        """Take a copy away that was restored, or is not wanted."""
        try:
            take_away(copy.file)
        except OSError as error:
            self._signals.noticed.emit(f"{copy.file} cannot be taken away: {reason_of(error)}.")
        self.leave(copy)

    def leave(self, copy: Copy) -> None:
        """Leave a copy to the next start, or to another window."""
        if copy in self._offered:
            self._offered.remove(copy)
        copy.lock.release()

    def _claimed(self, file: Path) -> Copy | None:
        """Return a copy that nobody else has, and that is worth to be offered."""
        lock = FileLock(file)
        try:
            if not lock.acquire():
                return None
        except OSError:
            # The folder can no longer be written: what is left can be read all the same.
            pass
        copy = None
        try:
            copy = read_copy(file, lock)
        except FileNotFoundError:
            # Another window was quicker.
            pass
        except (OSError, SpecError) as error:
            self._signals.noticed.emit(put_aside(file, error))
        if copy is not None and not is_in_its_file(copy) and not is_made_old(copy):
            return copy
        if copy is not None:
            with suppress(OSError):
                take_away(file)
        lock.release()
        return None

    def _clean(self) -> None:
        """Take away temporary files, notes and locks that belong to nobody."""
        exhaust(cleaning(self._folder))
        locked = [lock_file.with_suffix("") for lock_file in self._folder.glob(f"*{SUFFIX}.lock")]
        noted = [note.with_suffix(SUFFIX) for note in self._folder.glob(f"*{SAVING}")]
        for file in {*locked, *noted}:
            lock = FileLock(file)
            try:
                if not file.exists() and lock.acquire():
                    # The note alone: by now there may be a copy.
                    file.with_suffix(SAVING).unlink(missing_ok=True)
                    lock.release()
            except OSError:
                continue

    # Our own copy

    def _work(self) -> Work:
        from chainrule.model.files.encoding import encoded  # noqa: PLC0415 - not for the first paint

        document, point = self._document, self._document.save_point
        head = Head.of(document.path, document.stamp, point.number)
        # Without waiting for the disk: this is for the end of the program alone.
        return self._keeping(chain((head.line(),), encoded(point.experiment, point.history)))

    def _keeping(self, pieces: Iterator[bytes]) -> Generator[None, None, Written]:
        return (yield from replacing(self._own_file(), pieces, durable=False))

    def _note(self, path: Path, point: SavePoint, stamp: Stamp) -> None:
        """Tell of the copy, until it is taken away, that it is older than the file about to be put in its place."""
        if self._file is not None:
            # Without the note an older copy may be offered, which is no reason not to save.
            with suppress(OSError):
                note_saving(self._file, path, stamp, point.number)

    def _done(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Written):
            # Tried again after the next edit, but told once.
            if not self._is_reported:
                self._is_reported = True
                self._signals.noticed.emit(
                    "Chainrule cannot keep a copy of what is not saved "
                    f"({reason_of(outcome)}). Save your work yourself."
                )
            return
        self._is_reported = False
        self._give_up_inherited()
        self.written.emit()

    def _own_file(self) -> Path:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = self._folder / f"{os.urandom(8).hex()}{SUFFIX}"
            lock = FileLock(file)
            if not lock.acquire():
                raise OSError(f"{file.parent} cannot be locked")
            self._file, self._lock = file, lock
        return self._file

    def _remove(self) -> None:
        self._give_up_inherited()
        if self._file is not None:
            try:
                take_away(self._file)
            except OSError as error:
                self._signals.noticed.emit(f"{self._file} cannot be taken away: {reason_of(error)}.")

    def _give_up_inherited(self) -> None:
        copy, self._inherited = self._inherited, None
        if copy is not None:
            self.discard(copy)


def _time_of(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        # Taken away by another window just now.
        return 0.0
