"""Which number that is asked for a name in a table of answers means."""

from __future__ import annotations

from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.calculation import Index
from chainrule.lessons.hand_names import HandNames, UnknownNameError

# A longer text is the name of nothing.
LONGEST_NAME = 120
# So many names are remembered.
_MOST_KNOWN = 10_000


class AskedKeys:
    """The names of an assignment's numbers: their keys, and what they are called on the screen and by people."""

    def __init__(self, assignment: Assignment) -> None:
        self._keys = {_plain(key): key for key in assignment.by_key}
        self._asked: dict[tuple[int, ValueRef, Index], str] = {}
        for number in assignment.numbers:
            self._asked.setdefault((number.iteration, number.ref, number.index), number.key)
        self._assignment, self._known = assignment, dict[str, str | None]()
        self._names: dict[int, HandNames] | None = None

    def find(self, name: str) -> str | None:
        """Return the key of the number that goes by a name; None where none does, or several do."""
        if name in self._known:
            return self._known[name]
        plain = _plain(name)
        found = None if not 0 < len(plain) <= LONGEST_NAME else self._keys.get(plain) or self._by_hand(name)
        if len(self._known) < _MOST_KNOWN:
            self._known[name] = found
        return found

    def _by_hand(self, name: str) -> str | None:
        """Return the key of what is called so in any iteration that is asked of, if it is one number."""
        if self._names is None:
            calculations = self._assignment.calculations
            self._names = {iteration: HandNames(calculation) for iteration, calculation in calculations.items()}
        found = set[str]()
        for iteration, names in self._names.items():
            try:
                key = self._asked.get((iteration, *names.place(name)))
            except UnknownNameError:
                continue
            if key is not None:
                found.add(key)
        return found.pop() if len(found) == 1 else None


def _plain(name: str) -> str:
    return "".join(name.split()).lower()
