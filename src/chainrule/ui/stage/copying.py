"""Copying numbers of the stage, and pasting them: the selected one, or all of the value that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from PySide6.QtGui import QGuiApplication

from chainrule.explain.names.notation import Notation
from chainrule.model.elements import Index
from chainrule.session.screen.moment import Selection
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell, copied_in_words, copy_rows, paste_all, pasted_numbers

NOTHING_SELECTED = gettext_noop("Select the number to be copied first: by a click, or with Shift+N and N.")
NOT_KNOWN = gettext_noop("It is not computed yet: there is nothing to be copied.")
_pastes = count(1)


def copy_number(session: Session) -> None:
    """Copy the selected number, with every digit."""
    selection, tell = session.moment.selection, session.signals.informed.emit
    number = None if selection is None else session.moment.number(selection.ref, selection.index)
    if number is None:
        tell(gettext(NOTHING_SELECTED) if selection is None else gettext(NOT_KNOWN))
    else:
        copy_rows([[number]], tell)


def copy_value(session: Session) -> None:
    """Copy all of the value that the selected number belongs to: the weights of a layer, a row for each neuron."""
    selection, tell = session.moment.selection, session.signals.informed.emit
    value = None if selection is None else session.moment.lists(selection.ref)
    if selection is None or value is None:
        tell(gettext(NOTHING_SELECTED) if selection is None else gettext(NOT_KNOWN))
        return
    rows = rows_of_value(value)
    title = Notation.of(session.moment.experiment).title_of(selection.ref)
    copy_rows(rows, lambda _: tell(f"{title[:1].upper()}{title[1:]}: {copied_in_words(rows)}"))


def rows_of_value(value: Any) -> list[list[CopiedCell]]:
    """Return a value as rows: a number alone, a list as one row, a matrix as it is."""
    if not isinstance(value, Sequence):
        return [[float(value)]]
    if value and isinstance(value[0], Sequence):
        return [list(map(float, row)) for row in value]
    return [list(map(float, value))]


def can_paste(session: Session) -> bool:
    """Return whether there are numbers on the clipboard for the selected one, or for all of its value."""
    return _pasted(session) is not None


def paste_numbers(session: Session, ask: Callable[[Selection, float], bool]) -> None:
    """Paste one number in the place of the selected one, or as many as its value has in the place of all of them.

    `ask` asks for one.
    """
    selection, places = session.moment.selection, _pasted(session)
    if selection is None or places is None:
        return
    asks = [lambda at=at, number=number: ask(Selection(selection.ref, at), number) for at, number in places]
    paste_all(session.undo_stack, f"paste {next(_pastes)}", asks)


def _pasted(session: Session) -> list[tuple[Index, float]] | None:
    selection = session.moment.selection
    if selection is None:
        return None
    try:
        rows = pasted_numbers(QGuiApplication.clipboard().text())
    except ValueError:
        return None
    return _places(session, selection, rows)


def _places(
    session: Session, selection: Selection, rows: Sequence[Sequence[float | None]]
) -> list[tuple[Index, float]] | None:
    """Return where each number goes, or None where they do not fit."""
    if [len(row) for row in rows] == [1] and rows[0][0] is not None:
        return [(selection.index, rows[0][0])]
    value = session.moment.lists(selection.ref)
    if value is None or [len(row) for row in rows] != [len(row) for row in rows_of_value(value)]:
        return None
    has_rows = len(selection.index) > 1
    found = [((i, j) if has_rows else (j,), number) for i, row in enumerate(rows) for j, number in enumerate(row)]
    return [(at, number) for at, number in found if number is not None]
