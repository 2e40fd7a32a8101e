"""Copies of what was not saved, as files: a line that tells the file they belong to, then the experiment."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.files.disk import exhaust, reason_of, replace_file
from chainrule.model.files.file_format import ARCHIVE_START, MAX_BYTES, check_archive_size, check_size
from chainrule.model.files.kept_fields import sensible_fields
from chainrule.model.files.locks import FileLock
from chainrule.model.files.stamp import FileChange, Stamp, changed_since, same_content

if TYPE_CHECKING:
    from chainrule.model.reopening.saved_history import SavedHistory

SUFFIX = ".unsaved"
# Beside a copy: what its window saved last.
SAVING = ".saving"
DAMAGED = ".damaged"
# A path and a stamp.
MOST_HEAD = 2**16


@dataclass(frozen=True, slots=True)
class Head:
    """What the first line of a copy says, and a note beside it: the file that it belongs to, and what that was.

    Of what one window writes, copies and files, what is newer has a larger number.
    """

    path: str | None
    stamp: Stamp | None = None
    number: int | None = None

    @classmethod
    def of(cls, path: Path | None, stamp: Stamp | None, number: int) -> Head:
        """Return what is said of a file, or of none."""
        return cls(None if path is None else str(path.absolute()), stamp, number)

    @classmethod
    def parse(cls, line: bytes) -> Head:
        """Return what a line says that can be made sense of; `ValueError` or `TypeError` where not even a file is."""
        return cls(**sensible_fields(cls, json.loads(line)))

    def line(self) -> bytes:
        """Return the line that `parse` reads."""
        # In ASCII: names of files need not be valid Unicode, and are read back as they were.
        return f"{json.dumps(asdict(self))}\n".encode("ascii")


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """What a window left behind: an experiment, the file that it was opened from, if any, and what that was then."""

    file: Path
    lock: FileLock
    experiment: Experiment
    history: SavedHistory | None
    # Where in its file the experiment begins.
    begin: int
    path: Path | None
    stamp: Stamp | None
    number: int | None

    @property
    def is_older(self) -> bool:
        """Whether its file was written by somebody after the copy was."""
        try:
            if self.path is None or not self.path.is_file():
                return False
            change, _ = exhaust(changed_since(self.path, self.stamp))
            return change is FileChange.OTHER and self.path.stat().st_mtime_ns > self.file.stat().st_mtime_ns
        except (OSError, ValueError):
            return False


def read_copy(file: Path, lock: FileLock) -> Copy:
    """Return the copy in a file; `OSError` or `SpecError` where there is none that makes sense."""
    from chainrule.model.files.decoding import decode_archive, decode_contents  # noqa: PLC0415 - the decoder takes its time

    if file.exists() and not file.is_file():
        raise SpecError(file.name, "this is not a file")
    with file.open("rb") as opened:
        head = opened.readline(MOST_HEAD)
        try:
            said = Head.parse(head)
        except (ValueError, TypeError, RecursionError):
            raise SpecError(file.name, "its first line makes no sense") from None
        # What follows the first line may be as large as a file.
        size = os.fstat(opened.fileno()).st_size - len(head)
        start = opened.read(len(ARCHIVE_START))
        if start == ARCHIVE_START:
            check_archive_size(size, file.name)
            contents = decode_archive(opened)
        else:
            check_size(size, file.name)
            contents = decode_contents(start + opened.read(MAX_BYTES + 1))
    path = None if said.path is None else Path(said.path)
    return Copy(file, lock, contents.experiment, contents.history, len(head), path, said.stamp, said.number)


def is_in_its_file(copy: Copy) -> bool:
    """Return whether its file holds just this: the program ended between saving it and taking the copy away."""
    try:
        path = copy.path
        if path is None or not path.is_file():
            return False
        with path.open("rb") as saved, copy.file.open("rb") as kept:
            kept.seek(copy.begin)
            return path.stat().st_size == copy.file.stat().st_size - copy.begin and same_content(saved, kept)
    except (OSError, ValueError):
        return False


def note_saving(file: Path, path: Path, stamp: Stamp, number: int) -> None:
    """Write beside a copy, before its window puts a file in its place, what that is: it makes the copy old."""
    replace_file(file.with_suffix(SAVING), Head.of(path, stamp, number).line(), durable=False)


def is_made_old(copy: Copy) -> bool:
    """Return whether its window has saved it, or what came after it.

    The program ended before the copy was taken away.
    """
    try:
        note = Head.parse(copy.file.with_suffix(SAVING).read_bytes()[:MOST_HEAD])
        if note.path is None or note.stamp is None or note.number is None or copy.number is None:
            return False
        path = Path(note.path)
        if copy.number > note.number or not path.is_file():
            return False
        return exhaust(changed_since(path, note.stamp))[0] is FileChange.NONE
    except (OSError, ValueError, TypeError, RecursionError):
        # No note, or none that makes sense: the copy is offered.
        return False


def take_away(file: Path) -> None:
    """Remove a copy, and then what is noted of it; `OSError` where that cannot be."""
    file.unlink(missing_ok=True)
    file.with_suffix(SAVING).unlink(missing_ok=True)


def put_aside(file: Path, error: Exception) -> str:
    """Keep what makes no sense from being looked at again; return what is to be said of it."""
    aside = file.with_suffix(DAMAGED)
    # A place in it starts with a dollar; anything else is the file, which is named below.
    said_of_file = error.message if isinstance(error, SpecError) and not error.path.startswith("$") else error
    reason = said_of_file if isinstance(error, SpecError) else reason_of(error)
    try:
        os.replace(file, aside)
    except OSError:
        return f"A copy of unsaved work cannot be read ({reason}): {file}."
    return f"A copy of unsaved work cannot be read ({reason}). It was put aside as {aside}."
