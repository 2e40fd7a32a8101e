"""Experiment files on a disk: reading and writing `.chainrule` files. Imports neither torch nor Qt.

A failure is a `SpecError` of one line. Its path says where in the file (`$` is the whole of it), or is the
file's name where the file itself cannot be read or written.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Generator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment, check_structure
from chainrule.model.files.decoding import decode_contents, decode_experiment
from chainrule.model.files.disk import FileChangedError, Written, cleaning, exhaust, reason_of, replace_file, replacing
from chainrule.model.files.encoding import encode_experiment, encoded
from chainrule.model.files.file_format import (
    ARCHIVE_START,
    MAX_BYTES,
    MOST_ARCHIVE,
    SUFFIX,
    FileContents,
    check_archive_size,
    check_size,
)
from chainrule.model.files.file_size import FileSizes
from chainrule.model.files.json_text import short_line
from chainrule.model.files.stamp import FileChange, Stamp, changed_since

if TYPE_CHECKING:
    from chainrule.model.reopening.saved_history import SavedHistory

__all__ = [
    "MAX_BYTES",
    "SUFFIX",
    "FileChangedError",
    "FileContents",
    "Stamp",
    "Written",
    "check_not_read",
    "check_target",
    "decode_experiment",
    "encode_experiment",
    "read_experiment",
    "read_open_file",
    "read_stamped",
    "write_experiment",
    "writing",
]


def read_experiment(path: Path) -> Experiment:
    """Read a file, or what a pipe gives, or raise `SpecError`."""
    return _read(path)[0].experiment


def read_open_file(file: IO[bytes], name: str) -> Experiment:
    """Read what an open file or a pipe gives; `SpecError` calls it by a name."""
    try:
        return _read_from(file, name)[0].experiment
    except OSError as error:
        raise SpecError(name, f"cannot be read: {reason_of(error)}") from None


def read_stamped(path: Path) -> tuple[FileContents, Stamp]:
    """Read a file to be edited, and remember what it was.

    What is no file is refused, a pipe could be waited for without an end; and what could not be written again, as
    numbers without blanks between them that just fit.
    """
    contents, stamp = _read(path, is_stamped=True)
    assert stamp is not None
    FileSizes().check(contents.experiment)
    return contents, stamp


def write_experiment(experiment: Experiment, path: Path) -> Written:
    """Write a file whole or not at all; an older one stays as it was until the new one is complete."""
    check_structure(experiment)
    return exhaust(writing(experiment, path, overwrite=True))


def writing(
    experiment: Experiment,
    path: Path,
    since: Stamp | None = None,
    *,
    history: SavedHistory | None = None,
    overwrite: bool = False,
    ready: Callable[[Stamp], None] | None = None,
) -> Generator[None, None, Written]:
    """Write a file piece by piece. The experiment's structure has been checked.

    Unless it may `overwrite`, `FileChangedError` is raised where the file is not what it was at the stamp `since`; one
    that is gone is written anew. `ready` is told of the new file just before it takes the place of the old.
    """
    target, found = check_target(path), None
    try:
        if not overwrite:
            change, found = yield from changed_since(target, since)
            if change is FileChange.OTHER:
                raise FileChangedError
        yield from cleaning(target.parent)
        written = yield from replacing(target, encoded(experiment, history), expected=found, ready=ready)
        if since is not None and not overwrite and change is FileChange.GONE:
            written = replace(written, notes=("was gone, and was written anew", *written.notes))
    except OSError as error:
        raise SpecError(short_line(str(path)), f"cannot be written: {reason_of(error)}") from None
    return written


def write_text(text: str, path: Path, *, durable: bool = True) -> Path:
    """Write a text whole or not at all, and return the file that it went to; `SpecError` says why it cannot be.

    What is not `durable` could be made again: nobody waits for the disk.
    """
    target = check_target(path)
    try:
        replace_file(target, text.encode("utf-8"), durable=durable)
    except OSError as error:
        raise SpecError(short_line(str(target)), f"cannot be written: {reason_of(error)}") from None
    return target


def check_target(path: Path) -> Path:
    """Return the file that a path leads to, through links, if one can be written there; else `SpecError`."""
    name = short_line(str(path))
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise SpecError(name, "this is a folder, not a file")
        if target.exists() and not target.is_file():
            raise SpecError(name, "this is not a file that can be replaced")
        if not target.parent.is_dir():
            raise SpecError(name, "cannot be written: no such folder")
        # Moving over a protected file would succeed: its folder decides on that.
        if not all(os.access(place, os.W_OK) for place in (target, target.parent) if place.exists()):
            number = errno.EROFS if _is_read_only(target.parent) else errno.EACCES
            raise OSError(number, os.strerror(number))
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(name, f"cannot be written: {reason_of(error)}") from None
    return target


def check_not_read(path: Path, source: Path) -> None:
    """Refuse to write over the file that is read, however it is called, where that would be lost by it."""
    try:
        is_same = os.path.samefile(path, source)
    except (OSError, ValueError):
        # One of them is not there.
        return
    if is_same:
        raise SpecError(short_line(str(path)), "this is the file that is read, and would be lost: name another")


def _is_read_only(folder: Path) -> bool:
    """Return whether the whole disk of a folder is, where the system tells."""
    return sys.platform != "win32" and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _read(path: Path, *, is_stamped: bool = False) -> tuple[FileContents, Stamp | None]:
    name = short_line(str(path))
    try:
        if path.is_dir():
            raise SpecError(name, "this is a folder, not a file")
        if is_stamped and path.exists() and not path.is_file():
            raise SpecError(name, "this is not a file")
        with path.open("rb") as file:
            return _read_from(file, name, is_stamped=is_stamped)
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(name, f"cannot be read: {reason_of(error)}") from None


def _read_from(file: IO[bytes], name: str, *, is_stamped: bool = False) -> tuple[FileContents, Stamp | None]:
    """Return what a file holds, with its stamp where one is wanted: a digest takes as long as to read it."""
    status = os.fstat(file.fileno())
    start = file.read(len(ARCHIVE_START))
    if start == ARCHIVE_START:
        contents = _read_archive(file, start, status, name)
        return contents, Stamp.read(file, status) if is_stamped else None
    check_size(status.st_size, name)
    # A pipe tells no size beforehand: read one byte more than is allowed.
    data = start + file.read(MAX_BYTES + 1)
    check_size(len(data), name)
    return decode_contents(data), Stamp.of(data, status) if is_stamped else None


def _read_archive(file: IO[bytes], start: bytes, status: os.stat_result, name: str) -> FileContents:
    from chainrule.model.arrays.archive import read_archive  # noqa: PLC0415 - few files need it, and it needs NumPy

    if not stat.S_ISREG(status.st_mode):
        # What a pipe gives cannot be read twice.
        data = start + file.read(MOST_ARCHIVE + 1)
        check_archive_size(len(data), name)
        return read_archive(BytesIO(data))
    check_archive_size(status.st_size, name)
    return read_archive(file)
