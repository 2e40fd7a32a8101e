"""Stamps: what a file was when it was read or written, so that a change by somebody else is seen."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import hashlib

# Read in one go: a millisecond's work.
CHUNK = 2**20


class FileChange(Enum):
    """What has become of a file since its stamp was taken."""

    NONE = "none"
    OTHER = "other"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class FileStat:
    """What the system says of a file without its being read."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileStat:
        """Return the stat in what `os.stat` says."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The stat of a file, and a digest of the content: one who only touches a file changes nothing."""

    # Its name is written in copies of what was not saved.
    mark: FileStat
    digest: str

    @classmethod
    def of(cls, data: bytes, status: os.stat_result) -> Stamp:
        """Return the stamp of a file that held these bytes."""
        digest = new_digest()
        digest.update(data)
        return cls(FileStat.of(status), digest.hexdigest())

    @classmethod
    def read(cls, file: IO[bytes], status: os.stat_result) -> Stamp:
        """Return the stamp of an open file, of which no more is held than a piece."""
        digest = new_digest()
        file.seek(0)
        while chunk := file.read(CHUNK):
            digest.update(chunk)
        return cls(FileStat.of(status), digest.hexdigest())


def same_content(file: IO[bytes], other: IO[bytes]) -> bool:
    """Return whether two files hold the same from where they stand."""
    while True:
        one, two = file.read(CHUNK), other.read(CHUNK)
        if one != two or not one:
            return one == two


def new_digest() -> hashlib.blake2b:
    """Return a digest without any content yet."""
    import hashlib  # noqa: PLC0415 - it loads OpenSSL, which the first paint does without

    return hashlib.blake2b(digest_size=16)


def changed_since(path: Path, stamp: Stamp | None) -> Generator[None, None, tuple[FileChange, FileStat | None]]:
    """Return what has become of a file, a piece at a time, and its stat now; without a stamp any file is another.

    Its content is read even where the stat is the same: times are coarse, and two writers can be quick.
    """
    try:
        stat = FileStat.of(path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return FileChange.GONE, None
    if stamp is None or stat.size != stamp.mark.size:
        return FileChange.OTHER, stat
    digest = new_digest()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                yield
    except OSError:
        # It can be replaced but not be read: there is only its stat to go by.
        return (FileChange.NONE if stat == stamp.mark else FileChange.OTHER), stat
    return (FileChange.NONE if digest.hexdigest() == stamp.digest else FileChange.OTHER), stat
