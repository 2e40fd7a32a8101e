"""How large the file of an experiment would be: known before an edit is taken, so that what is taken can be saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers, ParameterRows
from chainrule.catalog.experiment.row_blocks import Row, RowBlock
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.files.encoding import encoded
from chainrule.model.files.file_format import (
    MAX_BYTES,
    MOST_NUMBERS,
    MOST_ROWS,
    MOST_STORED,
    check_marks,
    goes_apart,
    has_few_marks,
    size_in_words,
)
from chainrule.model.files.rendering import length_of

# The longest number is -1.7976931348623157e+308, and a comma and a blank follow; the shortest takes three bytes.
MOST_PER_NUMBER = 26
LEAST_PER_NUMBER = 3
# Half of a file, at most.
MOST_BESIDE_HISTORY = MAX_BYTES // 2 // MOST_PER_NUMBER
# Rows stand on a line of their own: indentation, brackets, a comma.
PER_ROW = 10
PER_PART = 16
# Of what Python writes of an experiment a file takes at most so many bytes a character: escaped, on lines of its own.
MOST_PER_CHARACTER = 32


class FileSizes:
    """Says which experiments fit into a file.

    Far from the limit their numbers are only counted. Near it each row is measured once, and after an edit those that
    changed: rows are shared between experiments.
    """

    def __init__(self) -> None:
        self._measured: dict[str, tuple[ParameterRows | Rows, int]] = {}

    def check(self, experiment: Experiment) -> None:
        """Refuse an experiment that no file can hold, with its size in words."""
        parts = dict(_parts(experiment))
        numbers, lists = sum(map(count_of, parts.values())), sum(map(len, parts.values()))
        check_rows(len(experiment.data.inputs))
        if goes_apart(experiment.data):
            self._check_apart(experiment)
            return
        check_total(numbers, rows=lists)
        most, short = sum(map(_most, parts.values())), len(_short(experiment))
        if has_few_marks(short, numbers, lists) and most + MOST_PER_CHARACTER * short <= MAX_BYTES:
            self._measured.clear()
            return
        rest = _rest(experiment)
        check_marks(rest, "file size", numbers, lists)
        around = len(rest.encode()) + PER_PART * (2 + len(experiment.parameters))
        if most + around <= MAX_BYTES:
            self._measured.clear()
            return
        before = dict(self._measured)
        size = sum([self._size(name, rows) for name, rows in parts.items()]) + around
        if size > MAX_BYTES:
            # What is refused is not kept.
            self._measured = before
            raise too_large(f"a file of {size_in_words(size)}")

    def _check_apart(self, experiment: Experiment) -> None:
        """Refuse data that are too many for arrays, and what is too much beside them."""
        numbers = sum(map(count_of, (experiment.data.inputs, experiment.data.targets)))
        if numbers > MOST_STORED:
            raise too_large(f"{numbers} numbers", f"{MOST_STORED} numbers")
        self.check(replace(experiment, data=replace(experiment.data, inputs=Rows(), targets=Rows())))

    def _size(self, name: str, rows: ParameterRows | Rows) -> int:
        before, size = self._measured.get(name, ((), 0))
        if rows is not before and not before:
            size = length_of(rows)
            self._measured[name] = rows, size
        elif rows is not before:
            found = {id(part): part for part in (*_shared(before), *_shared(rows))}
            old, new = Counter(map(id, _shared(before))), Counter(map(id, _shared(rows)))
            size += sum(count * _length(found[key]) for key, count in (new - old).items())
            size -= sum(count * _length(found[key]) for key, count in (old - new).items())
            self._measured[name] = rows, size
        return size


def leaves_room(experiment: Experiment) -> bool:
    """Return whether the file of an experiment has room for a history beside it, which is bounded."""
    data = () if goes_apart(experiment.data) else (experiment.data.inputs, experiment.data.targets)
    kept = experiment.state.values.values() if experiment.state else ()
    return sum(map(count_of, (*data, *experiment.parameters.values(), *kept))) <= MOST_BESIDE_HISTORY


def check_total(numbers: int, rows: int = 0) -> None:
    """Refuse so many numbers, in so many rows, that no file can hold them, however short they are."""
    if numbers > MOST_NUMBERS:
        raise too_large(f"{numbers} numbers", f"{MOST_NUMBERS} numbers")
    if numbers * LEAST_PER_NUMBER + rows * PER_ROW > MAX_BYTES:
        raise too_large(f"{numbers} numbers")


def check_rows(count: int) -> None:
    """Refuse so many rows of data that no file can hold them."""
    if count > MOST_ROWS:
        raise too_large(f"{count} rows", f"{MOST_ROWS} rows")


def too_large(what: str, most: str | None = None) -> SpecError:
    """Return what is said of something that no file can hold; `most` is what one can, where that is not its size."""
    return SpecError(
        "file size", f"this would make {what}, and a file of at most {most or size_in_words(MAX_BYTES)} can be saved"
    )


def _shared(rows: ParameterRows | Rows) -> Sequence[Row | RowBlock]:
    """Return what experiments share of rows."""
    return rows.blocks if isinstance(rows, Rows) else rows


def _length(part: Row | RowBlock) -> int:
    return length_of(tuple(part.rows()) if isinstance(part, RowBlock) else (part,))


def count_of(numbers: NestedNumbers | Rows) -> int:
    """Return how many numbers there are in rows of one length, in one row, or in one number."""
    if isinstance(numbers, float):
        return 1
    if numbers and isinstance(numbers[0], tuple):
        return len(numbers) * len(numbers[0])
    return len(numbers)


def _parts(experiment: Experiment) -> Iterator[tuple[str, ParameterRows | Rows]]:
    """Yield all that can be large, as rows."""
    yield "inputs", experiment.data.inputs
    yield "targets", experiment.data.targets
    kept = experiment.state.values if experiment.state else {}
    for ref, numbers in (*experiment.parameters.items(), *kept.items()):
        yield ref, _as_rows(numbers)


def _as_rows(numbers: NestedNumbers) -> ParameterRows:
    if isinstance(numbers, float):
        return ((numbers,),)
    return numbers if numbers and isinstance(numbers[0], tuple) else (numbers,)  # type: ignore[return-value]


def _most(rows: ParameterRows | Rows) -> int:
    return count_of(rows) * MOST_PER_NUMBER + len(rows) * PER_ROW


def _short(experiment: Experiment) -> str:
    """Return all that is no data and no parameter, as Python writes it: sooner made than the text of a file. It has no
    fewer marks than that.
    """
    data = replace(experiment.data, inputs=Rows(), targets=Rows())
    kept = list(experiment.state.values) if experiment.state else []
    small = replace(experiment, data=data, parameters={}, state=None)
    return f"{small!r}{list(experiment.parameters)}{kept}"


def _rest(experiment: Experiment) -> str:
    """Return the text of all that is no data and no parameter."""
    data = replace(experiment.data, inputs=Rows(), targets=Rows())
    state = experiment.state and replace(experiment.state, values=dict.fromkeys(experiment.state.values, ()))
    small = replace(experiment, data=data, parameters=dict.fromkeys(experiment.parameters, ()), state=state)
    return b"".join(encoded(small)).decode()
