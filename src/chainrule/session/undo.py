"""Undo: one command for every edit. It holds two documents, and where the cursor was at each.

What a command leads to is computed before Qt is asked for it: inside Qt nothing is done that can fail. An error there
would leave the stack with a command that is gone already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from chainrule.model.timeline.memory_use import MemoryUse, of_replaced
from chainrule.session.screen.screen import Screen, View

MERGEABLE = 1
UNDO_LIMIT = 500
# What all commands together hold beside the document on the screen, about: a part of the memory of all histories.
UNDO_BYTES = 64 * 2**20


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
        # What is held for an undo alone: told by the stack before it takes the command.
        self.replaced: MemoryUse = {}
        self._is_moved = False

    def moved(self) -> ReplaceDocument:
        """Return the same command, to be put into a stack once more: it stays apart from the one before it."""
        same = ReplaceDocument(self._show, self._before, self._after, self.text(), self._merge_key)
        same.replaced, same._is_moved = self.replaced, True
        return same

    @property
    def merge_key(self) -> str | None:
        """What commands must have in common to become one; None of one that stays alone."""
        return self._merge_key

    @property
    def before(self) -> View:
        """What an undo comes back to."""
        return self._before

    @property
    def after(self) -> View:
        """What a redo comes to."""
        return self._after

    def id(self) -> int:
        """Return an id: Qt asks only commands with one whether they merge."""
        return -1 if self._merge_key is None else MERGEABLE

    def takes(self, other: ReplaceDocument) -> bool:
        """Return whether it becomes one with a later command: that of the same key, given at the same place."""
        key, place = self._merge_key, self._after.cursor
        return key is not None and key == other._merge_key and place == other._before.cursor and not other._is_moved

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over what a later command leads to."""
        if not isinstance(other, ReplaceDocument) or not self.takes(other):
            return False
        self._after, self.replaced = other._after, other.replaced
        return True

    def undo(self) -> None:
        """Go back to the document before."""
        self._show(self._before)

    def redo(self) -> None:
        """Go on to the document after."""
        self._show(self._after)


@dataclass(frozen=True, slots=True, eq=False)
class UndoEntry:
    """What an entry is called, and what it leads from and to."""

    text: str
    before: View
    after: View


@dataclass(frozen=True, slots=True, eq=False)
class UndoEntries:
    """The entries that are done, in their order, and those that were undone, the one to be redone first."""

    done: tuple[UndoEntry, ...] = ()
    undone: tuple[UndoEntry, ...] = ()


NO_ENTRIES = UndoEntries()


class UndoStack(QUndoStack):
    """Goes from document to document. What cannot be computed is not gone to: the error comes before anything moves."""

    def __init__(
        self,
        prepare: Callable[[View], Screen],
        install: Callable[[Screen], None],
        tell: Callable[[], None],
        parent: QObject,
    ) -> None:
        """`prepare` computes all that is shown of a view, and may fail; `install` only keeps it, and `tell` says so."""
        super().__init__(parent)
        self._prepare, self._install, self._tell = prepare, install, tell
        self._ready: tuple[View, Screen] | None = None
        self._merging: str | None = None
        self.setUndoLimit(UNDO_LIMIT)

    def put(self, text: str, before: View, after: Screen, merge_key: str | None = None) -> None:
        """Go on to what is computed already, as one entry."""
        command = ReplaceDocument(self._show, before, after.view, text, merge_key)
        self._make_room(command)
        self._go(after.view, after, lambda: self.push(command))

    @property
    def merging(self) -> str | None:
        """The key that edits are given now, whatever they would have; None where each has its own."""
        return self._merging

    @contextmanager
    def merged(self, key: str) -> Iterator[None]:
        """Make one entry of all edits within, and of those before with the same key: a number is being dragged."""
        before, self._merging = self._merging, key
        try:
            yield
        finally:
            self._merging = before

    def take_out(self, key: str) -> None:
        """Take the last command back and forget it, if it has a key: nobody is to redo what was given up."""
        last = self._command(self.index() - 1) if self.index() else None
        if last is not None and last.merge_key == key:
            last.setObsolete(True)
            self.undo()

    def undo(self) -> None:
        """Take the last command back, if there is one."""
        self.setIndex(self.index() - 1)

    def redo(self) -> None:
        """Do the next command again, if there is one."""
        self.setIndex(self.index() + 1)

    def setIndex(self, index: int) -> None:
        """Undo or redo until so many commands are done."""
        index = max(0, min(index, self.count()))
        if index != self.index():
            view = self._command(index).before if index < self.index() else self._command(index - 1).after
            self._go(view, self._prepare(view), lambda: super(UndoStack, self).setIndex(index))

    def start_of(self, before: View, after: View, merge_key: str | None) -> View:
        """Return what an undo would come back to once this was put: the start of an entry that it becomes one with."""
        new = ReplaceDocument(self._show, before, after, "", merge_key)
        last = self._command(self.index() - 1) if self.index() else None
        return last.before if last is not None and last.takes(new) else before

    @property
    def entries(self) -> UndoEntries:
        """All that can be undone, and done again."""
        commands = (self._command(place) for place in range(self.count()))
        found = [UndoEntry(each.text(), each.before, each.after) for each in commands]
        return UndoEntries(tuple(found[: self.index()]), tuple(found[self.index() :]))

    def restore(self, entries: UndoEntries) -> None:
        """Let go of all commands, and make these the only ones; what is on the screen stays."""
        commands = []
        for entry in (*entries.done, *entries.undone):
            command = ReplaceDocument(self._show, entry.before, entry.after, entry.text)
            command.replaced = of_replaced(entry.before.document, entry.after.document)
            commands.append(command)
        self._keep_last(commands)
        super().setIndex(len(entries.done))

    def _make_room(self, new: ReplaceDocument) -> None:
        """Let go of the oldest commands where all together, with a new one, would hold too much; the last one stays."""
        done = [self._command(place) for place in range(self.index())]
        merged = bool(done) and done[-1].takes(new)
        new.replaced = of_replaced(done[-1].before.document if merged else new.before.document, new.after.document)
        held, nbytes, kept = dict(new.replaced), sum(new.replaced.values()), int(merged)
        for command in reversed(done[: len(done) - merged]):
            # What several hold is counted once.
            nbytes += sum(size for key, size in command.replaced.items() if key not in held)
            if nbytes > UNDO_BYTES:
                break
            held |= command.replaced
            kept += 1
        if kept < len(done):
            self._keep_last([command.moved() for command in done[len(done) - kept :]])

    def _keep_last(self, commands: list[ReplaceDocument]) -> None:
        """Make these the only commands: Qt has no way to let go of the oldest. Nothing is shown, and nothing told."""
        heard = self.blockSignals(True)
        self.clear()
        for command in commands:
            self.push(command)
        self.blockSignals(heard)

    def _command(self, place: int) -> ReplaceDocument:
        command = self.command(place)
        assert isinstance(command, ReplaceDocument)
        return command

    def _go(self, view: View, screen: Screen, move: Callable[[], None]) -> None:
        self._ready = view, screen
        move()
        self._ready = None
        self._tell()

    def _show(self, view: View) -> None:
        # On the way through several commands only the last one's document is shown.
        if self._ready is not None and self._ready[0] is view:
            self._install(self._ready[1])
