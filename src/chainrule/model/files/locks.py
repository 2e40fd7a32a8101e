"""Locks that end with the process that holds them, however it ends: whether a file is in use is asked of the system."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# What a file system says that has no locks.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


def try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed; False where another process, or another opening of it, holds it.

    Where the file system knows no locks every file counts as one that nobody holds.
    """
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in _NO_LOCKS
    return True


class FileLock:
    """A file beside another that says, while it is locked, that the other is in use; what is in it does not matter."""

    def __init__(self, file: Path) -> None:
        self.path = file.with_name(f"{file.name}.lock")
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock; False where somebody else has it. `OSError` where there can be no such file."""
        while self._descriptor is None:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            if not try_lock(descriptor):
                os.close(descriptor)
                return False
            if self._is_there(descriptor):
                self._descriptor = descriptor
            else:
                # Whoever had it took the file away in between: another may have locked a new one already.
                os.close(descriptor)
        return True

    def release(self) -> None:
        """Give the lock back, and leave no file."""
        if self._descriptor is None:
            return
        # While it is locked, so that it is ours that is taken away; Windows takes no open file away.
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None
        if sys.platform == "win32":
            # Unless somebody else has it by now.
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _is_there(self, descriptor: int) -> bool:
        """Return whether the file that was locked is the one that the path leads to."""
        if sys.platform == "win32":
            return True
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self.path))
        except FileNotFoundError:
            return False
