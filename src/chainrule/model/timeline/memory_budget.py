"""A memory budget for all histories: one that needs more makes those that are not on the screen give some back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from traceback import clear_frames
from typing import TYPE_CHECKING
from weakref import WeakSet

from chainrule.engine.machine.memory import give_back
from chainrule.model.timeline.memory_use import MemoryUse

if TYPE_CHECKING:
    from chainrule.model.timeline.history import History

# What all histories hold together, about, beside the state and the trace of the one that is on the screen. With what
# the window keeps to draw them, such as images, it is less than 256 MB.
BUDGET = 160 * 2**20
# To give less back to the system than this takes longer than it helps.
LEAST_GRANT = 32 * 2**20


class MemoryBudget:
    """Holds all histories together to a budget of so many bytes."""

    def __init__(self, budget: int = BUDGET) -> None:
        self.budget = budget
        self._histories: WeakSet[History] = WeakSet()
        # Bytes that were let go and not given back.
        self._freed = 0

    def add(self, history: History) -> None:
        """Add one more history that takes from it."""
        self._histories.add(history)

    @property
    def nbytes(self) -> int:
        """About how many bytes all histories hold: what several hold is counted once."""
        found: MemoryUse = {}
        for history in self._histories:
            found |= history.held
        return sum(found.values())

    def make_room_for(self, history: History) -> None:
        """Let go of what can be computed once more, until what a history holds has room beside the others'."""
        if not self._is_over(history):
            return
        before = self.nbytes
        self._let_go(history)
        self._freed += before - self.nbytes
        if self._freed > LEAST_GRANT:
            give_back()
            self._freed = 0

    def _let_go(self, history: History) -> None:
        others = sorted(self._histories - {history}, key=attrgetter("looked_at"))
        for other in others:
            if other.condense() and not self._is_over(history):
                return
        for other in others:
            if other.forget() and not self._is_over(history):
                return
        for part in _parts(history):
            part()
            if not self._is_over(history):
                return

    def _is_over(self, history: History) -> bool:
        most = self.budget + history.state_nbytes + history.trace_nbytes
        # What each holds for itself is soon added up, and as a rule is little.
        return sum(other.nbytes for other in self._histories) > most and self.nbytes > most

    @contextmanager
    def for_trace(self, history: History) -> Iterator[None]:
        """Let go of the traces that are there, while a history computes another, where there is room for one alone.

        Should it fail, they hold their numbers again: what was on the screen still is.
        """
        # That of an edited experiment is about as large as the one before.
        if max(other.trace_nbytes for other in self._histories) <= self.budget:
            yield
            return
        emptied = [refill for other in self._histories for refill in other.empty_traces()]
        try:
            yield
        except BaseException as error:
            # What was computed up to there is still held by the error, and would be in the way.
            clear_frames(error.__traceback__)
            self._refill(emptied)
            raise
        for other in self._histories:
            other.let_traces_go()

    def _refill(self, emptied: list[Callable[[], None]]) -> None:
        filled = False
        for other in self._histories:
            other.forget_states()
        try:
            for refill in emptied:
                refill()
            filled = True
        finally:
            if not filled:
                # Nobody is to go on from a trace without numbers.
                for other in self._histories:
                    other.let_traces_go()


def _parts(history: History) -> Iterator[Callable[[], object]]:
    """Yield what the history on the screen can do without, one after the other."""
    for count in range(history.traces - 1, 0, -1):
        yield partial(history.let_traces_go, count)
    # A run goes on from the last state, and shows the iteration before it.
    for least, then in ((2, history.do_without_plan), (0, lambda: None)):
        while history.drop_oldest_state(least):
            yield lambda: None
        yield then
