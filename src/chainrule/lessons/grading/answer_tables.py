"""Tables of answers: a line for each number, or a row for each student."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from chainrule.catalog.arguments import SpecError
from chainrule.formula.errors import FormulaError
from chainrule.lessons.given_number import given_number
from chainrule.lessons.grading.handed_in import Collected, HandedIn, answer_text, seed_of, student_name
from chainrule.model.importing.sheets import UnsavedFormula, WorkbookCell
from chainrule.model.importing.table import MOST_COLUMNS

TableCells = Sequence[WorkbookCell]
# The key of the number that goes by a name; None where none is asked for that does.
FindKey = Callable[[str], str | None]
# Of one file.
MOST_STUDENTS = 10_000
# How the columns are called that hold no answers, without blanks and signs.
_STUDENT = frozenset(
    ("student", "students", "studentid", "studentnumber", "studentname", "fullname", "username", "user", "email",
     "emailaddress", "matriculation", "matriculationnumber", "idnumber")
)  # fmt: skip
_VARIANT = frozenset(("variant", "letter"))
_SEED = frozenset(("seed",))
_KEY = frozenset(("question", "questions", "id", "key", "number", "name", "line", "ref", "value", "what"))
_GIVEN = frozenset(("answer", "answers", "given", "youranswer", "mynumber", "yournumber", "response", "result"))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column holds what; None where there is none. `begin` is the first row below their names."""

    student: int | None = None
    variant: int | None = None
    seed: int | None = None
    key: int | None = None
    given: int | None = None
    begin: int = 0


def table_answers(rows: Sequence[TableCells], find: FindKey, student: str, source: str) -> list[HandedIn]:
    """Return what is in the rows of a table; `student` is whose it is where the table does not say.

    A `SpecError` says why it is no table of answers.
    """
    if not rows:
        raise SpecError(source, "the table is empty")
    if len(rows[0]) > MOST_COLUMNS:
        raise SpecError(source, f"expected at most {MOST_COLUMNS} columns, got {len(rows[0])}")
    names = [answer_text(cell) for cell in rows[0]]
    if _is_wide(rows, names, find):
        return _by_student(rows, names, find, student, source)
    return _Lines(find, source).read(rows, names, student)


def _is_wide(rows: Sequence[TableCells], names: Sequence[str], find: FindKey) -> bool:
    """Return whether the first row has what is asked for side by side, each with its column."""
    asked = [name for name in names if find(name) is not None]
    if not asked or len(rows) == 1 or any(reads_as_number(name) for name in names if find(name) is None):
        return False
    if len(asked) == 1 and find(names[0]) is not None and len(names) > 1:
        # A line without an answer looks the same; below it there are more lines.
        below = [answer_text(row[0]) for row in rows[1:] if row]
        return not any(find(name) is not None or _plain(name) in _STUDENT | _VARIANT | _SEED for name in below)
    return True


def reads_as_number(text: str) -> bool:
    """Return whether a text is an answer that can be read."""
    try:
        given_number(text)
    except FormulaError:
        return False
    return True


def _by_student(
    rows: Sequence[TableCells], names: Sequence[str], find: FindKey, student: str, source: str
) -> list[HandedIn]:
    whose, variant, seed = (_first(names, kind) for kind in (_STUDENT, _VARIANT, _SEED))
    if whose is None and find(names[0]) is None and 0 not in (variant, seed):
        whose = 0
    if len(rows) - 1 > MOST_STUDENTS:
        raise SpecError(source, f"expected at most {MOST_STUDENTS} students, got {len(rows) - 1}")
    if whose is None and len(rows) > 2:  # noqa: PLR2004 - the names, and one student
        raise SpecError(source, "there are several rows, and no column “student” says whose they are")
    # What else is in the table is the lecturer's own.
    keys = {place: key for place, name in enumerate(names) if (key := find(name)) is not None and place != whose}
    found = []
    for number, row in enumerate(rows[1:], 2):
        own = student if whose is None else student_name(_cell(row, whose))
        if not own:
            raise SpecError(source, _unsaved(row, whose) or f"row {number} has no student")
        collected = Collected(variant=_cell(row, variant), seed=seed_of(_cell(row, seed), source))
        for place, key in keys.items():
            _add(collected, key, row, place, _cell(row, place))
        found.append(collected.handed_in(own, source))
    return found


class _Lines:
    """A table with a line for each number, of one student or of several."""

    def __init__(self, find: FindKey, source: str) -> None:
        self._find, self._source = find, source
        self._students: dict[str, Collected] = {}

    def read(self, rows: Sequence[TableCells], names: Sequence[str], student: str) -> list[HandedIn]:
        """Return what is in its rows."""
        columns = self._columns(names)
        if columns.key is None or columns.given is None:
            raise SpecError(self._source, "expected a column of what was asked and one of the answers")
        for row in rows[columns.begin :]:
            student = self._line(row, columns, len(names), student)
        return [collected.handed_in(own, self._source) for own, collected in self._students.items()]

    def _columns(self, names: Sequence[str]) -> _Columns:
        student, variant, seed, key, given = (_first(names, kind) for kind in (_STUDENT, _VARIANT, _SEED, _KEY, _GIVEN))
        if key is None and given is None:
            if len(names) > 2 and self._find(names[0]) is None and self._find(names[1]) is not None:  # noqa: PLR2004
                return _Columns(student=0, key=1, given=2)
            return _Columns(key=0, given=1) if len(names) > 1 else _Columns()
        others = [place for place in range(len(names)) if place not in (student, variant, seed, key, given)]
        key = next(iter(others), None) if key is None else key
        given = next((place for place in others if place != key), None) if given is None else given
        return _Columns(student, variant, seed, key, given, begin=1)

    def _line(self, row: TableCells, columns: _Columns, width: int, student: str) -> str:
        """Take a line, and return whose the lines below are where these do not say."""
        assert columns.key is not None
        assert columns.given is not None
        name, text = _cell(row, columns.key), _cell(row, columns.given)
        for place in (columns.key, columns.student):
            if why := _unsaved(row, place):
                raise SpecError(self._source, why)
        key, plain = self._find(name), _plain(name)
        if key is None and plain in _STUDENT:
            own = student_name(text)
            if own and student in self._students:
                self._students[own] = self._students.pop(student)
            return own or student
        own = student if columns.student is None else student_name(_cell(row, columns.student))
        collected = self._of(own or student)
        if key is None and plain in _VARIANT:
            collected.variant = text
        elif key is None and plain in _SEED:
            collected.seed = seed_of(text, self._source)
        else:
            collected.variant = _cell(row, columns.variant) or collected.variant
            said = seed_of(_cell(row, columns.seed), self._source)
            collected.seed = collected.seed if said is None else said
            if len(row) > max(width, 2) and columns.given == width - 1:
                # The comma of a decimal fraction, where commas stand between cells.
                text = ",".join(map(answer_text, row[columns.given :])).rstrip(",")
            if key is not None:
                _add(collected, key, row, columns.given, text)
            elif name:
                collected.tell_unasked(name)
        return student

    def _of(self, own: str) -> Collected:
        if own not in self._students:
            if len(self._students) == MOST_STUDENTS:
                raise SpecError(self._source, f"expected at most {MOST_STUDENTS} students, got more")
            self._students[own] = Collected()
        return self._students[own]


def _first(names: Sequence[str], kind: Collection[str]) -> int | None:
    return next((place for place, name in enumerate(names) if _plain(name) in kind), None)


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _add(collected: Collected, key: str, row: TableCells, place: int | None, text: str) -> None:
    """Keep the answer of a cell, or why there is none that can be read."""
    if why := _unsaved(row, place):
        collected.add_unread(key, f"{why[:1].upper()}{why[1:]}.")
    else:
        collected.add(key, text)


def _unsaved(row: TableCells, place: int | None) -> str:
    """Return what is to be done about a cell with a formula whose value was not saved; nothing of any other."""
    cell = row[place] if place is not None and place < len(row) else None
    return str(cell) if isinstance(cell, UnsavedFormula) else ""


def _cell(row: TableCells, place: int | None) -> str:
    return answer_text(row[place]) if place is not None and place < len(row) else ""
