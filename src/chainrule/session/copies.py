"""Copies of what was not saved, as files: a line that tells the file they belong to, then the experiment."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.spec import Experiment
from chainrule.model.disk import exhaust, reason_of, replace_file
from chainrule.model.file_format import MAX_BYTES, check_size
from chainrule.model.locks import FileLock
from chainrule.model.stamp import Change, Stamp, changed_since

SUFFIX = ".unsaved"
# Beside a copy: what its window saved last.
SAVING = ".saving"
DAMAGED = ".damaged"
# A path and a stamp.
MOST_HEAD = 2**16


@dataclass(frozen=True, slots=True, eq=False)
class Copy:
    """What a window left behind: an experiment, the file that it was opened from, if any, and what that was then.

    Of what one window writes, copies and files, what is newer has a larger number.
    """

    file: Path
    lock: FileLock
    experiment: Experiment
    body: bytes
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
            return change is Change.OTHER and self.path.stat().st_mtime_ns > self.file.stat().st_mtime_ns
        except (OSError, ValueError):
            return False


def read_copy(file: Path, lock: FileLock) -> Copy:
    """Return the copy in a file; `OSError` or `SpecError` where there is none that makes sense."""
    from chainrule.model.decoding import decode_experiment  # noqa: PLC0415 - the decoder takes its time

    if file.exists() and not file.is_file():
        raise SpecError(file.name, "this is not a file")
    with file.open("rb") as opened:
        # What follows the first line may be as large as a file.
        check_size(os.fstat(opened.fileno()).st_size - MOST_HEAD, file.name)
        head, body = opened.readline(MOST_HEAD), opened.read(MAX_BYTES + 1)
    try:
        found = json.loads(head)
        path, stamp, number = found["path"], Stamp.from_json(found.get("stamp")), found.get("number")
        of = None if path is None else Path(path)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise SpecError(file.name, "its first line makes no sense") from None
    return Copy(file, lock, decode_experiment(body), body, of, stamp, number if isinstance(number, int) else None)


def is_in_its_file(copy: Copy) -> bool:
    """Return whether its file holds just this: the program ended between saving it and taking the copy away."""
    try:
        path = copy.path
        if path is None or not path.is_file() or path.stat().st_size != len(copy.body):
            return False
        return path.read_bytes() == copy.body
    except (OSError, ValueError):
        return False


def note_saving(file: Path, path: Path, stamp: Stamp, number: int) -> None:
    """Write beside a copy, before its window puts a file in its place, what that is: it makes the copy old."""
    note = {"path": str(path.absolute()), "stamp": stamp.as_json(), "number": number}
    replace_file(file.with_suffix(SAVING), json.dumps(note).encode(), durable=False)


def is_made_old(copy: Copy) -> bool:
    """Return whether its window has saved it, or what came after it.

    The program ended before the copy was taken away.
    """
    try:
        note = json.loads(copy.file.with_suffix(SAVING).read_bytes()[:MOST_HEAD])
        path, stamp, number = Path(note["path"]), Stamp.from_json(note["stamp"]), note["number"]
        if stamp is None or copy.number is None or copy.number > number or not path.is_file():
            return False
        return exhaust(changed_since(path, stamp))[0] is Change.NONE
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
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
    told = error.message if isinstance(error, SpecError) and not error.path.startswith("$") else error
    reason = told if isinstance(error, SpecError) else reason_of(error)
    try:
        os.replace(file, aside)
    except OSError:
        return f"A copy of unsaved work cannot be read ({reason}): {file}."
    return f"A copy of unsaved work cannot be read ({reason}). It was put aside as {aside}."
