"""Numbers pasted into the State tab: a block from the current number on, as it is copied there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTableView

from chainrule.catalog.values import refs
from chainrule.session.undo import UndoStack
from chainrule.ui.numbers.copying import paste_all, pasted_numbers
from chainrule.ui.state.model import AFTER, BEFORE, HEADINGS, StateModel

_pastes = count(1)
# A row, a column, and the number that is to stand there.
Pasted = tuple[int, int, float]


class StatePaste(QObject):
    """Keeps the keys of pasting for the table, and asks for the numbers as one entry to undo, all of them or none.

    `refuse` says beside a place why nothing can be pasted there.
    """

    def __init__(
        self,
        view: QTableView,
        model: StateModel,
        stack: UndoStack,
        refuse: Callable[[int, int, str], None],
    ) -> None:
        super().__init__(view)
        self._view, self._model, self._stack, self._refuse = view, model, stack, refuse
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Paste here; elsewhere the window pastes into the data."""
        if not isinstance(event, QKeyEvent) or not event.matches(QKeySequence.StandardKey.Paste):
            return False
        if event.type() == QEvent.Type.KeyPress:
            self._paste()
        event.accept()
        return True

    def _paste(self) -> None:
        current = self._view.currentIndex()
        row, column = max(0, current.row()), max(BEFORE, current.column())
        try:
            places = list(_places(self._model, row, column, _block(QGuiApplication.clipboard().text())))
        except ValueError as error:
            self._refuse(row, column, str(error))
            return
        # What the iteration found comes before what it computes from that; the parameter's next value is where the
        # next iteration starts, to which its edit goes on.
        following = refs.next_value(self._model.parameter[0])
        places.sort(key=lambda place: (place[1], self._ref(*place) == following))
        asks = [partial(self._model.ask_for, *place) for place in places]
        paste_all(self._stack, f"paste state {next(_pastes)}", asks)

    def _ref(self, row: int, column: int, _number: float) -> str:
        cell = self._model.cell(row, column)
        assert cell is not None
        return cell.ref


def _block(text: str) -> list[Sequence[float | None]]:
    """Return the numbers of each line, a blank one among them, which stands for a row without a number."""
    found = iter(pasted_numbers(text))
    return [next(found) if line.strip() else () for line in text.rstrip().splitlines()]


def _places(model: StateModel, row: int, column: int, rows: Sequence[Sequence[float | None]]) -> Iterator[Pasted]:
    """Yield where each number goes that is not there already; `ValueError` says why there is no place for one."""
    widest, room = max(map(len, rows)), model.rowCount() - row
    if widest > AFTER - BEFORE + 1:
        raise ValueError(f"A row has two numbers here, before and after; {widest} were pasted")
    if len(rows) > room:
        raise ValueError(f"{len(rows)} rows were pasted, and from here on there are {room}")
    start = BEFORE if widest > 1 else column
    for down, numbers in enumerate(rows, row):
        for across, number in enumerate(numbers, start):
            cell = model.cell(down, across)
            if number is None or (cell is not None and cell.number == number):
                continue
            if model.editable_number(down, across) is None:
                name = f"“{model.row(down).name}”"
                raise ValueError(f"{name} has no number that can be set in the column “{HEADINGS[across]}”")
            yield down, across, number
