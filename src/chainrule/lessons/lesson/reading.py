"""Reading a lesson: what `lesson.toml` holds, or a `SpecError` of one line with the step and the key that are wrong.

Its path is that of the key in the file, `$.step[0].do`, which `in_words` turns into `step 1, do`.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from chainrule.catalog.arguments import SpecError, describe, one_of
from chainrule.catalog.experiment.board_spec import BoardSpec, check_board
from chainrule.catalog.experiment.spec_error import expected
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.lessons.lesson.controls import HIDABLE
from chainrule.lessons.lesson.naming import checked_iteration, named_value
from chainrule.lessons.lesson.spec import (
    NUMBER,
    SIGN,
    CheckTask,
    Claim,
    EditTask,
    Lesson,
    LessonPlace,
    LessonStep,
    LossTask,
    NamedValue,
    PredictTask,
    ReachTask,
    Task,
)
from chainrule.lessons.lesson.text import pieces_of
from chainrule.model.files.converting import converted, json_kind, read_fields

T = TypeVar("T")
VERSION = 1
MOST_STEPS, MOST_HINTS, MOST_TASKS, MOST_LIT, MOST_CLAIMS = 100, 12, 8, 40, 60
MOST_MINUTES = 600
LONGEST_TEXT, LONGEST_LINE = 8_000, 200
_TASKS = ("reach", "edit", "predict", "check", "loss_below")
# Another program's folders may have other signs between names; a lesson is the same everywhere.
_FILE = re.compile(r"[^\\:\x00-\x1f]{1,100}")
_DEEP = 20


def parse_toml(text: str) -> dict[str, Any]:
    """Return the table that a TOML text stands for, or raise `SpecError` with line and column."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError("$", f"this is not TOML: {str(error)[:1].lower()}{str(error)[1:]}") from None
    except (RecursionError, ValueError):
        # A whole number of thousands of digits, or brackets without an end.
        raise SpecError("$", "this is not TOML that can be read") from None
    _check_kinds(found, "$", _DEEP)
    return found


def _check_kinds(value: object, path: str, room: int) -> None:
    """Refuse what TOML has beside JSON: dates and times."""
    if not room:
        raise SpecError(path, "tables and lists are nested too deeply")
    if isinstance(value, dict):
        for key, item in value.items():
            _check_kinds(item, f"{path}.{key}", room - 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_kinds(item, f"{path}[{index}]", room - 1)
    elif not isinstance(value, str | int | float | bool):
        raise SpecError(path, "expected text or a number, got a date or a time")


def read_lesson(raw: dict[str, Any], folder: Path) -> Lesson:
    """Return the lesson that a table holds, without its files; raises `SpecError`."""
    keys = ("version", "title", "summary", "minutes", "experiment", "step")
    for key in raw:
        if key not in keys:
            raise SpecError(f"$.{key}", f"unknown key; allowed here: {', '.join(keys)}")
    for key in ("title", "experiment", "step"):
        if key not in raw:
            raise SpecError("$", f'missing key "{key}"')
    version = converted(raw.get("version", VERSION), int, "$.version")
    if version != VERSION:
        raise SpecError("$.version", f"this program reads version {VERSION}, got {describe(version)}")
    steps = _listed(raw["step"], "$.step", _step, (1, MOST_STEPS), "steps")
    return Lesson(
        folder,
        _line(raw["title"], "$.title"),
        _line(raw.get("summary", ""), "$.summary", empty=True),
        _counted(raw.get("minutes", 10), "$.minutes", 1, MOST_MINUTES),
        _file_name(raw["experiment"], "$.experiment"),
        steps,
    )


_IN_WORDS = re.compile(r"\[(\d+)\]")


def in_words(path: str) -> str:
    """Return a path in the file as its author counts: `$.step[0].hints[1]` is `step 1, hints 2`."""
    counted = _IN_WORDS.sub(lambda found: f" {int(found[1]) + 1}", path.removeprefix("$").removeprefix("."))
    return counted.replace(".", ", ")


# ------------------------------------------------------------------------------------------------------------- parts


def _step(raw: object, path: str) -> LessonStep:
    readers: dict[str, Callable[[Any, str], Any]] = {
        "text": _text,
        "file": _file_name,
        "title": _heading,
        "experiment": _file_name,
        "at": _place,
        "select": _one_number,
        "view": _view,
        "lit": lambda raw, path: _listed(raw, path, _value, (0, MOST_LIT), "values"),
        "hide": lambda raw, path: _listed(raw, path, _control, (0, len(HIDABLE)), "controls"),
        "do": _tasks,
        "hints": lambda raw, path: _listed(raw, path, _text, (0, MOST_HINTS), "hints"),
        "claims": lambda raw, path: _listed(raw, path, _claim, (0, MOST_CLAIMS), "claims"),
        "notes": _text,
    }
    found = (
        read_fields(LessonStep, raw, path, readers, required=())
        if isinstance(raw, dict) and "text" in raw
        else (_with_file(raw, path, readers))
    )
    if "text" in found and "file" in found and found["text"]:
        raise SpecError(path, 'a step has "text" or "file", not both')
    return LessonStep(**found)


def _with_file(raw: object, path: str, readers: dict[str, Callable[[Any, str], Any]]) -> dict[str, Any]:
    """Return a step whose text is in a file of its own."""
    table: dict[str, Any] = converted(raw, dict, path)
    if "file" not in table:
        raise SpecError(path, 'missing key "text", or "file" with the name of a Markdown file')
    return read_fields(LessonStep, table | {"text": ""}, path, readers | {"text": lambda raw, _: raw})


def checked_text(text: str, path: str) -> str:
    """Return a text of a lesson, or raise `SpecError` where it is too long, empty, or does not come apart."""
    if not text.strip():
        raise SpecError(path, "expected text, got none")
    if len(text) > LONGEST_TEXT:
        raise expected(path, f"at most {LONGEST_TEXT} characters", len(text))
    pieces_of(text, path)
    return text


def _text(raw: object, path: str) -> str:
    return checked_text(converted(raw, str, path), path)


def _line(raw: object, path: str, *, empty: bool = False) -> str:
    text: str = converted(raw, str, path)
    if not (empty or text.strip()) or len(text) > LONGEST_LINE or "\n" in text:
        raise expected(path, f"one line of at most {LONGEST_LINE} characters", describe(text))
    return text.strip()


def _heading(raw: object, path: str) -> str:
    """Return a line that may have formulas in it."""
    text = _line(raw, path)
    pieces_of(text, path)
    return text


def _counted(raw: object, path: str, least: int, most: int) -> int:
    count: int = converted(raw, int, path)
    if not least <= count <= most:
        raise expected(path, f"a whole number from {least} to {most}", describe(count))
    return count


def _listed(
    raw: object, path: str, reader: Callable[[Any, str], T], count: tuple[int, int], what: str
) -> tuple[T, ...]:
    items: list[Any] = converted(raw, list, path)
    least, most = count
    if not least <= len(items) <= most:
        raise expected(path, f"from {least} to {most} {what}", len(items))
    return tuple(reader(item, f"{path}[{index}]") for index, item in enumerate(items))


def _file_name(raw: object, path: str) -> str:
    """Return the name of a file in the lesson's folder, or in a folder in there."""
    name: str = converted(raw, str, path)
    parts = PurePosixPath(name).parts
    if not _FILE.fullmatch(name) or name.startswith("/") or ".." in parts or not parts:
        raise expected(path, "the name of a file in the folder of the lesson", describe(name))
    return str(PurePosixPath(name))


def _value(raw: object, path: str) -> NamedValue:
    found = named_value(converted(raw, str, path), path)
    if found.iteration is not None:
        raise SpecError(path, f"{describe(found.text)} names an iteration, which is always that of the screen here")
    return found


def _one_number(raw: object, path: str) -> NamedValue:
    return _value(raw, path)


def _control(raw: object, path: str) -> str:
    name: str = converted(raw, str, path)
    if name not in HIDABLE:
        raise SpecError(path, f"no control {describe(name)} can be hidden; there are {', '.join(HIDABLE)}")
    return name


def _view(raw: object, path: str) -> BoardSpec:
    """Return the board of a step: a list is of cards from top to bottom."""
    table = {"cards": raw} if isinstance(raw, list) else raw
    board = BoardSpec(**read_fields(BoardSpec, table, path, {}))
    check_board(board, path)
    return board


def _place(raw: object, path: str) -> LessonPlace:
    readers: dict[str, Callable[[Any, str], Any]] = {
        "iteration": lambda raw, path: checked_iteration(converted(raw, int, path), path),
        "after": _ref,
        "before": _ref,
        "phase": _phase,
    }
    found = read_fields(LessonPlace, raw, path, readers)
    if len(found.keys() - {"iteration"}) > 1:
        raise SpecError(path, 'expected one of "after", "before" and "phase"')
    if not found:
        raise SpecError(path, 'expected "iteration", "after", "before" or "phase", got none')
    return LessonPlace(**found)


def _ref(raw: object, path: str) -> ValueRef:
    found = _value(raw, path)
    if found.index is not None:
        raise expected(path, "a value without an index, for a micro-step writes all of it", describe(found.text))
    return found.ref


def _phase(raw: object, path: str) -> Phase:
    name: str = converted(raw, str, path)
    phases = [each.value for each in Phase]
    if name not in phases:
        raise expected(path, one_of([f'"{each}"' for each in phases]), describe(name))
    return Phase(name)


# ------------------------------------------------------------------------------------------------------------- tasks


def _tasks(raw: object, path: str) -> tuple[Task, ...]:
    if isinstance(raw, dict):
        return (_task(raw, path),)
    return _listed(raw, path, _task, (1, MOST_TASKS), "tasks")


def _task(raw: object, path: str) -> Task:
    table: dict[str, Any] = converted(raw, dict, path)
    kinds = [key for key in table if key in _TASKS]
    if len(kinds) != 1:
        got = f"{' and '.join(kinds)} together" if kinds else ", ".join(table) or "none"
        raise expected(path, one_of(list(_TASKS)), got)
    kind, place = kinds[0], f"{path}.{kinds[0]}"
    for key in table.keys() - {kind, *_WITH.get(kind, ())}:
        raise SpecError(f"{path}.{key}", f"unknown key; allowed here: {', '.join((kind, *_WITH.get(kind, ())))}")
    given = table[kind]
    match kind:
        case "reach":
            return ReachTask(_place(given, place))
        case "edit":
            return EditTask(_line(given, place), _to(table["to"], f"{path}.to") if "to" in table else None)
        case "predict":
            return PredictTask(_asked(given, place), _kind_of_prediction(table.get("as", NUMBER), f"{path}.as"))
        case "check":
            return CheckTask(_asked(given, place))
        case _:
            within = _counted(table["within"], f"{path}.within", 1, 10**6) if "within" in table else None
            return LossTask(_finite(given, place), within)


_WITH = {"edit": ("to",), "predict": ("as",), "loss_below": ("within",)}


def _asked(raw: object, path: str) -> NamedValue:
    return named_value(converted(raw, str, path), path)


def _kind_of_prediction(raw: object, path: str) -> str:
    if raw not in (NUMBER, SIGN):
        raise expected(path, f'"{NUMBER}" or "{SIGN}"', describe(raw) if isinstance(raw, str) else json_kind(raw))
    return str(raw)


def _to(raw: object, path: str) -> float | str | bool:
    return _finite(raw, path) if type(raw) in (int, float) else converted(raw, str | bool, path)


def _finite(raw: object, path: str) -> float:
    number: float = converted(raw, float, path)
    if not math.isfinite(number):
        raise expected(path, "a finite number", str(number))
    return float(number)


def _claim(raw: object, path: str) -> Claim:
    readers: dict[str, Callable[[Any, str], Any]] = {
        "says": _line,
        "number": _asked,
        "formula": _line,
        "tolerance": _finite,
    }
    found = read_fields(Claim, raw, path, readers)
    if ("number" in found) == ("formula" in found):
        raise SpecError(path, 'expected "number" or "formula": what it is that the text says')
    if found.get("tolerance", 0.0) < 0:
        raise expected(f"{path}.tolerance", "0 or more", describe(found["tolerance"]))
    return Claim(**found)
