"""What the program remembers from one time to the next: the window's place and look, its pace, and files used last."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta
from PySide6.QtCore import QStandardPaths

from chainrule.model.files.disk import cleaning, exhaust, reason_of, replace_file
from chainrule.model.files.kept_fields import sensible_fields

FILE = "settings.json"
# What is left of a file that could not be read: a person may want to look at it.
DAMAGED = "settings.damaged.json"
MOST_RECENT = 8
# What the program writes is a thousandth of that.
MOST_BYTES = 2**20
# Deeper nesting could be read, but not be written again.
MOST_DEPTH = 50
# No system has longer paths.
LONGEST_PATH = 4096
# No text is as large as that; some integers are too large for a float.
LARGEST_SCALE = 1000
# So many iterations can be asked for at once.
MOST_ITERATIONS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """`scheme` is "light", "dark" or "" for the desktop's. `geometry` and `splitters` are Qt's own, in base64.

    `folded` are the panes that somebody has folded away. `iterations` is how many were trained the last time, or 0.

    `derivation` says whether the equation shows how a gradient came to be.

    `board` are the cards of the board of views, or nothing for the usual ones; `views_away` are put away, and
    `views_in_windows` have a window, whose places `view_windows` has as `geometry` has that of the main one.

    `pace` is the label of a run's pace, or "" for the usual one; `by_number` is the step size. `motion` is "less",
    "full" or "" for the desktop's. `hall_screen` is the name of the screen that a hall saw last, or "". `language` is
    the code of a language that there is, or "" for the system's.

    `lesson_steps` are the steps that lessons were left at, and `lessons_done` those that were gone through.
    """

    scheme: str = ""
    text_scale: Annotated[float, Meta(gt=-LARGEST_SCALE, lt=LARGEST_SCALE)] = 1.0
    geometry: str = ""
    splitters: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    folder: str = ""
    pace: str = ""
    by_number: bool = False
    folded: tuple[str, ...] = ()
    iterations: Annotated[int, Meta(ge=0, le=MOST_ITERATIONS)] = 0
    derivation: bool = False
    board: tuple[str, ...] = ()
    views_away: tuple[str, ...] = ()
    views_in_windows: tuple[str, ...] = ()
    view_windows: dict[str, str] = field(default_factory=dict)
    motion: str = ""
    hall_screen: str = ""
    language: str = ""
    lesson_steps: dict[str, int] = field(default_factory=dict)
    lessons_done: tuple[str, ...] = ()
    # Keys of a newer version: they are written back as they were.
    unknown: dict[str, Any] = field(default_factory=dict)


class SettingsStore:
    """Settings, and the file that they are kept in; without a file they last as long as the program.

    A file that makes no sense is put aside, and the usual settings hold. One that cannot be read or put aside is never
    written over. `problem` says what was wrong, or is empty. `is_new` says that there was no file: nobody was here yet.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.problem, self.is_new = "", False
        # What could not be written.
        self._unwritten: dict[str, Any] = {}
        self.settings = Settings() if path is None else self._read(path)
        if path is not None:
            exhaust(cleaning(path.parent))

    @classmethod
    def of_user(cls) -> SettingsStore:
        """Return those of the person at the screen, where the system keeps such files."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
        return cls(Path(folder) / FILE if folder else None)

    def change(self, **changes: Any) -> None:
        """Remember something else. Where it cannot be written it holds until the program ends, as `problem` says."""
        if replace(self.settings, **changes) == self.settings:
            return
        self._unwritten |= changes
        self.settings = changed = replace(self._now(), **self._unwritten)
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Without waiting for the disk: what a power failure takes here is soon set again.
                replace_file(self._path, _encode(changed), durable=False)
                self.problem = ""
                self._unwritten = {}
            except OSError as error:
                self.problem = f"Settings cannot be kept: {reason_of(error)} ({self._path})."

    def add_recent(self, path: Path) -> None:
        """Put a file first among those used last."""
        name = str(path.resolve())
        others = [other for other in self._now().recent if other != name]
        self.change(recent=(name, *others)[:MOST_RECENT], folder=str(path.resolve().parent))

    def _now(self) -> Settings:
        """Return the settings as they are in the file, where another window may have changed them meanwhile."""
        if self._path is None:
            return self.settings
        try:
            found = _parsed(_read_bytes(self._path))
        except (OSError, ValueError):
            found = None
        return self.settings if found is None else found

    def _read(self, path: Path) -> Settings:
        try:
            data = _read_bytes(path)
        except FileNotFoundError:
            self.is_new = True
            return Settings()
        except (OSError, ValueError) as error:
            self.problem = f"Settings cannot be read, and are not kept: {reason_of(error)} ({path})."
            self._path = None
            return Settings()
        found = _parsed(data)
        if found is None:
            self.problem = f"The settings file was damaged, so the usual settings hold. It is kept as {DAMAGED}."
            try:
                os.replace(path, path.with_name(DAMAGED))
            except OSError:
                self.problem = f"The settings file is damaged, so the usual settings hold, and are not kept ({path})."
                self._path = None
            return Settings()
        return found


def _read_bytes(path: Path) -> bytes:
    """Return what is in a file of settings; nothing of one that is too large for that."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        # What is in the way is not ours to move, and a pipe could be waited for without an end.
        raise OSError("this is not a file")
    return path.read_bytes() if status.st_size <= MOST_BYTES else b""


def _parsed(data: bytes) -> Settings | None:
    """Return the settings that the bytes of a file stand for; None where they make no sense."""
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return _decode(found) if isinstance(found, dict) and not _is_deep(found) else None


def _decode(found: dict[str, Any]) -> Settings:
    """Return what can be taken from a file; a value that is not of its kind is as at first."""
    taken = sensible_fields(Settings, found)
    recent = tuple(filter(_is_path, taken.get("recent", ())))[:MOST_RECENT]
    folder = taken.get("folder", "")
    known = {one.name for one in fields(Settings)} - {"unknown"}
    unknown = {name: value for name, value in found.items() if name not in known}
    return Settings(**taken | {"recent": recent, "folder": folder if _is_path(folder) else "", "unknown": unknown})


def _is_path(text: str) -> bool:
    return 0 < len(text) <= LONGEST_PATH and "\0" not in text


def _is_deep(value: object) -> bool:
    """Return whether lists and objects are nested more deeply than any settings are."""
    level: list[object] = [value]
    for _ in range(MOST_DEPTH):
        inner = [one for one in level if isinstance(one, dict | list)]
        level = [item for one in inner for item in (one.values() if isinstance(one, dict) else one)]
    return bool(level)


def _encode(settings: Settings) -> bytes:
    known = asdict(settings)
    unknown = known.pop("unknown")
    # In ASCII: names of files need not be valid Unicode, and are read back as they were.
    return (json.dumps(unknown | known, indent=2) + "\n").encode("ascii")
