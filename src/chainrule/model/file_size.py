"""How large the file of an experiment would be: known before an edit is taken, so that what is taken can be saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from chainrule.engine.arguments import SpecError
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import DataSpec, Experiment, Numbers, Rows
from chainrule.model.encoding import encoded
from chainrule.model.file_format import MAX_BYTES, in_words
from chainrule.model.rendering import length_of

# The longest number is -1.7976931348623157e+308, and a comma and a blank follow; the shortest takes three bytes.
MOST_PER_NUMBER = 26
LEAST_PER_NUMBER = 3
# Rows stand on a line of their own: indentation, brackets, a comma.
PER_ROW = 10
PER_PART = 16


class FileSizes:
    """Says which experiments fit into a file.

    Far from the limit their numbers are only counted. Near it each row is measured once, and after an edit those that
    changed: rows are shared between experiments.
    """

    def __init__(self) -> None:
        self._measured: dict[str, tuple[Rows, int]] = {}

    def check(self, experiment: Experiment) -> None:
        """Refuse an experiment that no file can hold, with its size in words."""
        parts = dict(_parts(experiment.data, experiment.parameters))
        if sum(map(_most, parts.values())) + _rest(experiment) <= MAX_BYTES:
            self._measured.clear()
            return
        check_count(sum(map(count_of, parts.values())), rows=sum(map(len, parts.values())))
        before = dict(self._measured)
        size = sum(self._size(name, rows) for name, rows in parts.items()) + _rest(experiment)
        if size > MAX_BYTES:
            # What is refused is not kept.
            self._measured = before
            raise too_large(f"a file of {in_words(size)}")

    def _size(self, name: str, rows: Rows) -> int:
        before, size = self._measured.get(name, ((), 0))
        if rows is not before:
            old, new = Counter(map(id, before)), Counter(map(id, rows))
            found = {id(row): row for row in (*before, *rows)}
            size += sum(count * length_of(found[key]) for key, count in (new - old).items())
            size -= sum(count * length_of(found[key]) for key, count in (old - new).items())
            self._measured[name] = rows, size
        return size


def check_count(numbers: int, rows: int = 0) -> None:
    """Refuse so many numbers, in so many rows, that no file can hold them, however short they are."""
    if numbers * LEAST_PER_NUMBER + rows * PER_ROW > MAX_BYTES:
        raise too_large(f"{numbers} numbers")


def too_large(what: str) -> SpecError:
    """What is said of something that no file can hold."""
    return SpecError("file size", f"this would make {what}, and a file of at most {in_words(MAX_BYTES)} can be saved")


def count_of(numbers: Numbers) -> int:
    """How many numbers there are in rows of one length, or in one row."""
    if numbers and isinstance(numbers[0], tuple):
        return len(numbers) * len(numbers[0])
    return len(numbers)


def _parts(data: DataSpec, parameters: Mapping[ValueRef, Numbers]) -> Iterator[tuple[str, Rows]]:
    """All that can be large, as rows."""
    yield "inputs", data.inputs
    yield "targets", data.targets
    for ref, numbers in parameters.items():
        yield ref, numbers if numbers and isinstance(numbers[0], tuple) else (numbers,)  # type: ignore[misc]


def _most(rows: Rows) -> int:
    return count_of(rows) * MOST_PER_NUMBER + len(rows) * PER_ROW


def _rest(experiment: Experiment) -> int:
    """What all takes that is no data and no parameter, and a little more for the brackets around those."""
    data = replace(experiment.data, inputs=(), targets=())
    small = replace(experiment, data=data, parameters=dict.fromkeys(experiment.parameters, ()))
    return sum(map(len, encoded(small))) + PER_PART * (2 + len(experiment.parameters))
