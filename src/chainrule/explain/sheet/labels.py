"""What stands beside the numbers of a value: the names of its elements, as on the screen, and of its samples."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.catalog.values.value import Axis, Value
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.plain_text import latex_to_text

# Beyond so many rows or columns nobody reads what they are called.
MOST_LABELS = 64


def labels_of(
    notation: Notation, value: Value, shape: tuple[int, ...], rows: Sequence[int] = ()
) -> tuple[list[str], list[str]]:
    """Return what stands beside the rows of a value and above its columns; nothing for what is one number.

    `rows` are the data's rows in the batch.
    """
    if not shape:
        return [], []
    if value.per_sample:
        columns = [notation.text(value.ref, (0, unit)) for unit in range(min(shape[1], MOST_LABELS))]
        return [sample_label(rows, row) for row in range(shape[0])], columns
    if len(shape) == 1:
        return [], [notation.text(value.ref, (place,)) for place in range(min(shape[0], MOST_LABELS))]
    return _of_matrix(notation, value, shape)


def sample_label(rows: Sequence[int], row: int) -> str:
    """Return which sample of the batch a row is, and which row of the data."""
    return f"sample {row + 1} · row {rows[row] + 1}" if row < len(rows) else f"sample {row + 1}"


def element_name(notation: Notation, value: Value, index: tuple[int, ...], *, many: bool) -> str:
    """Return the name of one element, as on the screen; of `many`, the name of them all and the place among them."""
    if not many:
        return notation.text(value.ref, index)
    place = ", ".join(str(each + 1) for each in (index[1:] if value.per_sample else index))
    return f"{latex_to_text(notation.tensor_latex(value.ref))}[{place}]"


def _of_matrix(notation: Notation, value: Value, shape: tuple[int, ...]) -> tuple[list[str], list[str]]:
    """Return the unit that each row of a weight goes to, and the one that each column comes from."""
    layer, (along_rows, along_columns) = value.layer or 0, (axis is not Axis.ONE for axis in value.axes)
    to = [notation.neuron(layer, unit) if along_rows else "all" for unit in range(min(shape[0], MOST_LABELS))]
    source = [
        notation.neuron(layer - 1, unit) if along_columns else "all" for unit in range(min(shape[1], MOST_LABELS))
    ]
    rows = [f"{_row_name(notation, value, row)} to {unit}" for row, unit in enumerate(to)]
    return rows, [f"from {unit}" for unit in source]


def _row_name(notation: Notation, value: Value, row: int) -> str:
    letters = {Axis.UNIT: str(row + 1), Axis.SOURCE: "i"}
    return latex_to_text(notation.symbol(value.ref, tuple(letters[axis] for axis in value.axes if axis in letters)))
