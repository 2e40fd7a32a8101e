"""Files on a disk: written whole or not at all, and what the system says when it cannot, in words."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from threading import Thread
from typing import TypeVar

from chainrule.model.files.json_text import short_line
from chainrule.model.files.locks import try_lock
from chainrule.model.files.ownership import take_over
from chainrule.model.files.stamp import FileStat, Stamp, new_digest

T = TypeVar("T")
# So long the thread that waits for the disk is looked at each time.
WAIT_S = 0.002
TEMPORARY = ".chainrule-*.tmp"
OLD_S = 60.0
# So many of a folder's are looked at in one go.
ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: its stamp, and what of the old one could not be kept, in words."""

    stamp: Stamp
    notes: tuple[str, ...] = ()


class FileChangedError(Exception):
    """Somebody else has changed a file that was about to be replaced; it was left alone."""


def reason_of(error: Exception) -> str:
    """Return what the operating system says, in words."""
    number = error.errno if isinstance(error, OSError) else None
    words = {
        errno.ENOENT: "no such file or folder",
        errno.EACCES: "no permission",
        errno.EPERM: "no permission",
        errno.EROFS: "this disk is read-only",
        errno.ENOSPC: "the disk is full",
        errno.EDQUOT: "the disk quota is used up",
        errno.EIO: "the disk does not work (input/output error)",
    }
    if number in words:
        return words[number]
    return (isinstance(error, OSError) and error.strerror) or short_line(str(error))


def replace_file(target: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file in one go, as `replacing` does in pieces."""
    exhaust(replacing(target, (data,), durable=durable))


def replacing(
    target: Path,
    pieces: Iterable[bytes],
    *,
    durable: bool = True,
    expected: FileStat | None = None,
    ready: Callable[[Stamp], None] | None = None,
) -> Generator[None, None, Written]:
    """Write piece by piece beside the target and move over it: on one file system the move is atomic.

    The target's mode, owner and attributes stay. Where its stat is not the expected one when all is written,
    `FileChangedError` is raised, and it stays as it is. `ready` is told what takes its place just before that does.
    Without `durable` the disk is not waited for, and a power failure may take the new file and the old.
    """
    temporary = target.with_name(TEMPORARY.replace("*", os.urandom(8).hex()))
    digest, is_new = new_digest(), not target.exists()
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        # Until it has the old one's rights nobody else reads it.
        with os.fdopen(os.open(temporary, flags, 0o666 if is_new else 0o600), "wb") as file:
            # What another process finds locked it does not clean away.
            try_lock(file.fileno())
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                yield
            file.flush()
            notes = () if is_new else take_over(file.fileno(), target)
            if durable:
                yield from _synced(file.fileno())
            stat = FileStat.of(os.fstat(file.fileno()))
        if expected is not None and FileStat.of(target.stat()) != expected:
            raise FileChangedError
        stamp = Stamp(stat, digest.hexdigest())
        if ready is not None:
            ready(stamp)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return Written(stamp, notes)


def exhaust(work: Generator[None, None, T]) -> T:
    """Do in one go what comes in pieces, and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


def cleaning(folder: Path) -> Generator[None, None, None]:
    """Take away, some files at a time, what processes left in a folder that were killed while they wrote to it."""
    found = []
    try:
        with os.scandir(folder) as entries:
            for place, entry in enumerate(entries):
                if fnmatch(entry.name, TEMPORARY):
                    found.append(Path(entry.path))
                if place % ENTRIES == 0:
                    yield
    except OSError:
        return
    for file in found:
        if _is_left(file):
            with suppress(OSError):
                file.unlink()


def _is_left(file: Path) -> bool:
    """Return whether nobody writes to a temporary file any more."""
    try:
        descriptor = os.open(file, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        # Not ours to take away.
        return False
    try:
        # By the clock, too, which may have jumped: a file that was made just now is not locked yet.
        return abs(time.time() - os.fstat(descriptor).st_mtime) > OLD_S and try_lock(descriptor)
    finally:
        os.close(descriptor)


def _synced(descriptor: int) -> Generator[None, None, None]:
    """Wait for the disk in a thread: it may take seconds."""
    failed: list[OSError] = []

    def sync() -> None:
        try:
            os.fsync(descriptor)
        except OSError as error:
            failed.append(error)

    thread = Thread(target=sync, name="fsync")
    try:
        thread.start()
    except RuntimeError:
        # The system has no more threads: all wait for the disk.
        sync()
    try:
        while thread.is_alive():
            thread.join(WAIT_S)
            yield
    finally:
        if thread.ident is not None:
            thread.join()
    if failed:
        raise failed[0]
