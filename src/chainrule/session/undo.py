"""Undo: one command for every edit. It holds two documents, and where the cursor was at each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QUndoCommand

from chainrule.model.document import Document
from chainrule.model.navigation import Cursor

MERGEABLE = 1


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A document, the place in it that was on the screen, and how many iterations had a loss."""

    document: Document
    cursor: Cursor
    horizon: int = 0


class ReplaceDocument(QUndoCommand):
    """Puts one document in place of another. Commands with the same `merge_key`, one after the other, become one."""

    def __init__(
        self, show: Callable[[View], None], before: View, after: View, text: str, merge_key: str | None = None
    ) -> None:
        super().__init__(text)
        self._show = show
        self._before = before
        self._after = after
        self._merge_key = merge_key

    def id(self) -> int:
        """Qt asks only commands with an id whether they merge."""
        return -1 if self._merge_key is None else MERGEABLE

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        """Take over what a later command of the same key leads to, if it was given at the same place."""
        if not isinstance(other, ReplaceDocument) or other._merge_key != self._merge_key:
            return False
        if other._before.cursor != self._after.cursor:
            return False
        self._after = other._after
        return True

    def undo(self) -> None:
        """Back to the document before."""
        self._show(self._before)

    def redo(self) -> None:
        """On to the document after."""
        self._show(self._after)
