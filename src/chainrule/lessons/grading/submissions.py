"""Which files of answers there are in folders, and whose they are."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chainrule.catalog.arguments import SpecError
from chainrule.lessons.grading.handed_in import student_name
from chainrule.model.files.disk import reason_of
from chainrule.model.files.json_text import short_line

MOST_FILES = 20_000
MOST_DEPTH = 5
# How Moodle calls what it hands out: "Ada Lovelace_4711_assignsubmission_file_", a folder or the start of a name.
_MOODLE = re.compile(r"^(.+?)_\d+_assignsubmission_.*$", re.DOTALL)
# What systems and programs put beside other files.
_NOT_HANDED_IN = re.compile(r"\..*|~\$.*|Thumbs\.db|desktop\.ini|__MACOSX", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Submission:
    """A file, and whose it is if it does not say so itself."""

    path: Path
    student: str


def submissions(places: Sequence[Path]) -> list[Submission]:
    """Return the files that are named, and those in folders that are, in the order of their names.

    Links within folders are not followed. `SpecError` where a folder cannot be read, or has too many files.
    """
    found: dict[Path, Path] = {}
    for place in places:
        if place.is_dir():
            found |= {path: place for path in _files(place, 0) if path not in found}
        else:
            found.setdefault(place, place.parent)
        if len(found) > MOST_FILES:
            raise SpecError(short_line(str(place)), f"expected at most {MOST_FILES} files of answers, got more")
    alike = Counter(path.stem for path in found)
    return [Submission(path, _student(path, folder, alike)) for path, folder in found.items()]


def _files(folder: Path, depth: int) -> Iterator[Path]:
    name = short_line(str(folder))
    if depth > MOST_DEPTH:
        raise SpecError(name, "folders are nested too deeply")
    try:
        with os.scandir(folder) as entries:
            listed = sorted((entry for entry in entries), key=lambda entry: entry.name)
    except OSError as error:
        raise SpecError(name, f"cannot be read: {reason_of(error)}") from None
    for entry in listed:
        if _NOT_HANDED_IN.fullmatch(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), depth + 1)
        elif not entry.is_symlink():
            yield Path(entry.path)


def _student(path: Path, folder: Path, alike: Counter[str]) -> str:
    """Return whose a file is: its name says it, or the folder where files of several students have one name."""
    within = path.relative_to(folder).parts
    names = (within[0], path.stem) if len(within) > 1 else (path.stem,)
    for name in names:
        if found := _MOODLE.match(name):
            return student_name(found[1])
    return student_name(names[0] if alike[path.stem] > 1 else path.stem)
