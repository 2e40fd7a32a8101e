"""Files on a disk: written whole or not at all, and what the system says when it cannot, in words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from chainrule.model.json_text import short_line


def reason_of(error: Exception) -> str:
    """What the operating system says, in words."""
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
    """Write beside the target and move over it: on one file system the move is atomic.

    Without `durable` it does not wait for the disk, and a power failure may take the new file and the old.
    """
    temporary = target.with_name(f".chainrule-{os.urandom(8).hex()}.tmp")
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(temporary, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
