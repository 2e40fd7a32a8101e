"""Files of answers: CSV and other texts, XLSX, and JSON, each within bounds. Nothing in them is ever run."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec_error import describe
from chainrule.lessons.grading.answer_tables import MOST_STUDENTS, FindKey, reads_as_number, table_answers
from chainrule.lessons.grading.handed_in import Collected, HandedIn, answer_text, seed_of, student_name
from chainrule.model.files.disk import reason_of
from chainrule.model.files.file_format import size_in_words
from chainrule.model.files.json_text import parse_json, short_line
from chainrule.model.importing.kinds import TEXTS, WORKBOOKS
from chainrule.model.importing.sheets import sheet_rows
from chainrule.model.importing.text_tables import TextLines, found_format, split_rows

JSON = ".json"
SUFFIXES = (*TEXTS, *WORKBOOKS, JSON)
# Of one file: answers of some thousand students to some dozen questions.
MOST_BYTES = 8 * 2**20
MOST_ROWS, MOST_CELLS = 100_000, 400_000
# What stands between a name and a number that are no cells: `w1 = 0.38`.
_EQUALS = re.compile(r"[=:≈]")
# How a number begins, in most answers.
_DIGITS = "+-−.(0123456789"
_WHOSE, _VARIANT, _SEED, _ANSWERS = "student", "variant", "seed", "answers"


def read_answers(path: Path, find: FindKey, student: str) -> list[HandedIn]:
    """Return the answers in a file; `student` is whose they are where the file does not say.

    A `SpecError` of one line, with the name of the file, says why there are none.
    """
    name = short_line(str(path))
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SpecError(name, "expected a file that ends with .csv, .tsv, .txt, .xlsx or .json")
    data = _bytes(path, name)
    if suffix == JSON:
        found = _json_answers(data, find, student, name)
    else:
        rows = sheet_rows(data, name, MOST_CELLS) if suffix in WORKBOOKS else list(_text_rows(data, name))
        found = table_answers(rows, find, student, name)
    if not any(each.answers for each in found):
        raise SpecError(name, "there is no answer to what this assignment asks")
    return found


def _bytes(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise SpecError(name, "this is a folder, not a file")
        if path.exists() and not path.is_file():
            raise SpecError(name, "this is not a file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(name, f"cannot be read: {reason_of(error)}") from None
    if len(data) > MOST_BYTES:
        raise SpecError(name, f"expected a file of at most {size_in_words(MOST_BYTES)}, got a larger one")
    if not data.strip():
        raise SpecError(name, "the file is empty")
    return data


def _text_rows(data: bytes, name: str) -> Iterator[list[str]]:
    """Yield the cells of a text, as long as there are no more than anybody hands in."""
    found = found_format(io.BytesIO(data), name)
    rows = cells = 0
    for row in split_rows(TextLines(io.BytesIO(data), found.encoding, name), found.delimiter, name):
        rows, cells = rows + 1, cells + len(row)
        if rows > MOST_ROWS or cells > MOST_CELLS:
            raise SpecError(name, f"expected at most {MOST_ROWS} rows and {MOST_CELLS} cells, got more")
        if row[0].lstrip().startswith("#"):
            continue
        yield _whole(row, found.delimiter)


def _whole(row: list[str], delimiter: str) -> list[str]:
    """Return the cells of a row with those together that one bracket holds, `z[0,1]`; an equation has two cells."""
    is_split = len(row) > 1 and delimiter != " " and not _EQUALS.search(row[0])
    name, given = (text.strip() for text in ([*_EQUALS.split(delimiter.join(row), maxsplit=1), ""])[:2])
    # Between blanks the sign is the one after the name, whatever follows it: `z1 = sqrt(2)/2`, `student: Ada`.
    is_equation = len(row) == 1 or (delimiter == " " and any(map(_EQUALS.search, row[:2])))
    if not is_split and name and given and (is_equation or given[0] in _DIGITS or reads_as_number(given)):
        return [name, given]
    cells: list[str] = []
    for cell in row:
        if cells and cells[-1].count("[") > cells[-1].count("]"):
            cells[-1] += f",{cell}"
        else:
            cells.append(cell)
    return cells


def _json_answers(data: bytes, find: FindKey, student: str, name: str) -> list[HandedIn]:
    try:
        raw = parse_json(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise SpecError(name, "this is no text in UTF-8") from None
    except SpecError as error:
        raise SpecError(name, error.message if error.path == "$" else str(error)) from None
    items = raw if isinstance(raw, list) else [raw]
    if len(items) > MOST_STUDENTS:
        raise SpecError(name, f"expected at most {MOST_STUDENTS} students, got {len(items)}")
    if len(items) > 1 and not all(isinstance(item, dict) and item.get(_WHOSE) for item in items):
        raise SpecError(name, 'expected an object with "student" and "answers" for each student')
    return [_json_student(item, find, student, name) for item in items]


def _json_student(raw: object, find: FindKey, student: str, name: str) -> HandedIn:
    if not isinstance(raw, dict):
        raise SpecError(name, f"expected an object with answers, got {describe(raw)}")
    answers = raw.get(_ANSWERS, {key: value for key, value in raw.items() if key not in (_WHOSE, _VARIANT, _SEED)})
    if not isinstance(answers, dict):
        raise SpecError(name, f'expected an object as "answers", got {describe(answers)}')
    texts = {key: raw[key] for key in (_WHOSE, _VARIANT) if raw.get(key) is not None}
    for key, value in texts.items():
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise SpecError(name, f'expected a text as "{key}", got {describe(value)}')
    seed = raw.get(_SEED)
    if seed is not None and (not isinstance(seed, int | str) or isinstance(seed, bool)):
        raise SpecError(name, f'expected a whole number as "seed", got {describe(seed)}')
    collected = Collected(variant=answer_text(texts.get(_VARIANT)), seed=seed_of(seed, name))
    _collect(collected, answers, find, name)
    return collected.handed_in(student_name(answer_text(texts.get(_WHOSE))) or student, name)


def _collect(collected: Collected, answers: Mapping[str, object], find: FindKey, source: str) -> None:
    """Take answers of an object: a number, a text, or lists of them for a whole value."""
    pending: list[tuple[str, tuple[int, ...], object]] = [(key, (), value) for key, value in answers.items()]
    if len(pending) > MOST_ROWS:
        raise SpecError(source, f"expected at most {MOST_ROWS} answers, got {len(pending)}")
    for name, index, value in pending:
        if isinstance(value, list):
            # The list grows while it is gone through, so that no depth is too large.
            pending += [(name, (*index, place), item) for place, item in enumerate(value)]
            if len(pending) > MOST_ROWS:
                raise SpecError(source, f"expected at most {MOST_ROWS} answers, got more")
            continue
        own = f"{name}[{','.join(map(str, index))}]" if index else name
        key = find(own)
        if key is None:
            collected.tell_unasked(own)
        elif value is None or isinstance(value, str | int | float):
            collected.add(key, answer_text(value))
        else:
            collected.add(key, "an object")
