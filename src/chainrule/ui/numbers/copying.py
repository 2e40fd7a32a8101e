"""Numbers as text on the clipboard: tabs between them, as spreadsheets read them, and every digit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTableView

from chainrule.catalog.experiment.spec_error import plural
from chainrule.session.undo import UndoStack
from chainrule.ui.widgets.typed_numbers import full_text, is_number, parse_number

# A number, a name, or nothing.
CopiedCell = float | str | None
# Each is an edit of its own, computed and drawn before the next.
MOST_PASTED = 100
_standard = QKeySequence.StandardKey


def copy_rows(rows: Sequence[Sequence[CopiedCell]], tell: Callable[[str], None]) -> None:
    """Put rows on the clipboard, and tell what they are."""
    lines = ["\t".join(map(_text, row)) for row in rows]
    QGuiApplication.clipboard().setText(
        lines[0] if len(lines) == 1 and "\t" not in lines[0] else "\n".join([*lines, ""])
    )
    tell(copied_in_words(rows))


def copied_in_words(rows: Sequence[Sequence[CopiedCell]]) -> str:
    """Return what was copied: `3 rows of 4 numbers copied.`, where names are not counted."""
    numbers = [sum(not isinstance(cell, str) for cell in row) for row in rows]
    counted = [count for count in numbers if count]
    most = max(counted, default=0)
    if not counted[1:]:
        return f"{plural(most, 'number')} copied."
    return f"{len(counted):,} rows of {plural(most, 'number')} copied."


def _text(cell: CopiedCell) -> str:
    return "" if cell is None else cell if isinstance(cell, str) else full_text(cell)


def pasted_numbers(text: str) -> list[list[float | None]]:
    """Return the numbers of rows as `copy_rows` writes them, without the names before them; None where none stands.

    Raise `ValueError` where something else does, or too much.
    """
    lines = [line.split("\t") for line in text.splitlines() if line.strip()]
    if sum(map(len, lines)) > 2 * MOST_PASTED:
        raise ValueError(f"At most {MOST_PASTED} numbers can be pasted here")
    if not lines:
        raise ValueError("There is no text on the clipboard; numbers are needed")
    return [[parse_number(cell) if cell.strip() else None for cell in _without_names(line)] for line in lines]


def _without_names(cells: list[str]) -> list[str]:
    first = next((place for place, cell in enumerate(cells) if not cell.strip() or is_number(cell)), 0)
    return cells[first:]


def paste_all(stack: UndoStack | None, key: str, asks: Sequence[Callable[[], bool]]) -> bool:
    """Ask for some numbers as one entry to undo; where one of them is refused, none is pasted."""
    for ask in asks:
        with nullcontext() if stack is None else stack.merged(key):
            accepted = ask()
        if not accepted:
            if stack is not None:
                stack.take_out(key)
            return False
    return True


class TableCopy(QObject):
    """Lets a table be copied: what is selected in it, or all by Ctrl+A before.

    `cells_of` returns what is copied of a row, of these columns of it.
    """

    def __init__(
        self,
        view: QTableView,
        cells_of: Callable[[int, Sequence[int]], Sequence[CopiedCell]],
        tell: Callable[[str], None],
    ) -> None:
        super().__init__(view)
        self._view, self._cells_of, self._tell = view, cells_of, tell
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Copy, and select all; the window has other uses for the keys elsewhere."""
        if not isinstance(event, QKeyEvent):
            return False
        copies, selects = event.matches(_standard.Copy), event.matches(_standard.SelectAll)
        if not copies and not selects:
            return False
        if event.type() == QEvent.Type.KeyPress:
            if copies:
                self._copy()
            else:
                self._view.selectAll()
        event.accept()
        return True

    def _copy(self) -> None:
        selected = self._view.selectionModel().selectedIndexes() or [self._view.currentIndex()]
        places = sorted((index.row(), index.column()) for index in selected if index.isValid())
        columns = sorted({column for _, column in places})
        if places:
            rows = dict.fromkeys(row for row, _ in places)
            copy_rows([self._cells_of(row, columns) for row in rows], self._tell)


def selects_several(view: QTableView) -> bool:
    """Return whether more is selected in a table than the cell that the keyboard is at."""
    selection = view.selectionModel().selection()
    parts = (selection.at(place) for place in range(selection.count()))
    return sum(part.width() * part.height() for part in parts) > 1
