"""Experiment files on a disk: reading and writing `.chainrule` files. Imports neither torch nor Qt.

A failure is a `SpecError` of one line. Its path says where in the file (`$` is the whole of it), or is the
file's name where the file itself cannot be read or written.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment, check_structure
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.disk import FileChangedError, Written, cleaning, exhaust, reason_of, replacing
from chainrule.model.files.encoding import encode_experiment, encoded
from chainrule.model.files.file_format import MAX_BYTES, SUFFIX, check_size
from chainrule.model.files.file_size import FileSizes
from chainrule.model.files.json_text import short_line
from chainrule.model.files.stamp import FileChange, Stamp, changed_since

__all__ = [
    "MAX_BYTES",
    "SUFFIX",
    "FileChangedError",
    "Stamp",
    "Written",
    "check_target",
    "decode_experiment",
    "encode_experiment",
    "read_experiment",
    "read_stamped",
    "write_experiment",
    "writing",
]


def read_experiment(path: Path) -> Experiment:
    """Read a file, or what a pipe gives, or raise `SpecError`."""
    return decode_experiment(_read(path)[0])


def read_stamped(path: Path) -> tuple[Experiment, Stamp]:
    """Read a file to be edited, and remember what it was.

    What is no file is refused, a pipe could be waited for without an end; and what could not be written again, as
    numbers without blanks between them that just fit.
    """
    data, status = _read(path, only_files=True)
    experiment = decode_experiment(data)
    FileSizes().check(experiment)
    return experiment, Stamp.of(data, status)


def write_experiment(experiment: Experiment, path: Path) -> Written:
    """Write a file whole or not at all; an older one stays as it was until the new one is complete."""
    check_structure(experiment)
    return exhaust(writing(experiment, path, overwrite=True))


def writing(
    experiment: Experiment,
    path: Path,
    since: Stamp | None = None,
    *,
    overwrite: bool = False,
    ready: Callable[[Stamp], None] | None = None,
) -> Generator[None, None, Written]:
    """Write a file piece by piece. Its structure has been checked.

    Unless it may `overwrite`, `FileChangedError` is raised where the file is not what it was at the stamp `since`; one
    that is gone is written anew. `ready` is told of the new file just before it takes the place of the old.
    """
    target, stat = check_target(path), None
    try:
        if not overwrite:
            change, stat = yield from changed_since(target, since)
            if change is FileChange.OTHER:
                raise FileChangedError
        yield from cleaning(target.parent)
        written = yield from replacing(target, encoded(experiment), expected=stat, ready=ready)
        if since is not None and not overwrite and change is FileChange.GONE:
            written = replace(written, notes=("was gone, and was written anew", *written.notes))
    except OSError as error:
        raise SpecError(short_line(str(path)), f"cannot be written: {reason_of(error)}") from None
    return written


def check_target(path: Path) -> Path:
    """Return the file that a path leads to, through links, if one can be written there; else `SpecError`."""
    name = short_line(str(path))
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise SpecError(name, "this is a folder, not a file")
        if target.exists() and not target.is_file():
            raise SpecError(name, "this is not a file that can be replaced")
        # Moving over a protected file would succeed: its folder decides on that.
        if target.exists() and not os.access(target, os.W_OK):
            raise SpecError(name, "cannot be written: no permission")
        if not target.parent.is_dir():
            raise SpecError(name, "cannot be written: no such folder")
        if not os.access(target.parent, os.W_OK):
            number = errno.EROFS if _is_read_only(target.parent) else errno.EACCES
            raise OSError(number, os.strerror(number))
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(name, f"cannot be written: {reason_of(error)}") from None
    return target


def _is_read_only(folder: Path) -> bool:
    """Return whether the whole disk of a folder is, where the system tells."""
    return sys.platform != "win32" and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _read(path: Path, *, only_files: bool = False) -> tuple[bytes, os.stat_result]:
    name = short_line(str(path))
    try:
        if path.is_dir():
            raise SpecError(name, "this is a folder, not a file")
        if only_files and path.exists() and not path.is_file():
            raise SpecError(name, "this is not a file")
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            check_size(status.st_size, name)
            # A pipe tells no size beforehand: read one byte more than is allowed.
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(name, f"cannot be read: {reason_of(error)}") from None
    check_size(len(data), name)
    return data, status
