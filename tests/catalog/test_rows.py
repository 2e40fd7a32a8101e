"""Rows in blocks: whatever is done to them, they are what tuples of tuples are, to the bit, and share what they can."""

from __future__ import annotations

import copy
import math
import struct
from array import array
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.experiment import row_blocks as rows_module
from chainrule.catalog.experiment.row_blocks import Row, RowBlock
from chainrule.catalog.experiment.rows import Rows

Plain = tuple[Row, ...]
SINGLES = st.floats(width=32, allow_nan=False, allow_infinity=False)
NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), SINGLES)


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Iterator[None]:
    """Blocks of a few rows, so that a few rows are many blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "BLOCK_NUMBERS", 12)
        patch.setattr(rows_module, "BLOCK_ROWS", 5)
        yield


def bits(rows: Plain | Rows) -> list[bytes]:
    """The numbers as they lie in memory: 0.0 is not -0.0."""
    return [struct.pack(f"{len(row)}d", *row) for row in rows]


def bounds(rows: Rows) -> None:
    """What a block says of its numbers is so."""
    for block in rows.blocks:
        flat = [number for row in block.rows() for number in row]
        assert (block.least, block.most) == (min(flat), max(flat))
        assert block.count * block.columns == len(flat) == len(block.numbers)
        assert 0 < block.count <= 2 * max(1, min(5, 12 // block.columns))


@st.composite
def made(draw: st.DrawFn) -> tuple[Rows, Plain]:
    """Rows that came as tuples, or as float32 or float64 in memory, and the same as tuples."""
    columns, count = draw(st.integers(1, 7)), draw(st.integers(0, 30))
    kind = draw(st.sampled_from(["tuples", "d", "f"]))
    numbers = SINGLES if kind == "f" else NUMBERS
    flat = draw(st.lists(numbers, min_size=columns * count, max_size=columns * count))
    plain = tuple(tuple(flat[place * columns : (place + 1) * columns]) for place in range(count))
    rows = Rows.of(plain) if kind == "tuples" else Rows.of_memory(memoryview(array(kind, flat)), columns)
    return rows, plain


@st.composite
def edited(draw: st.DrawFn, rows: Rows, plain: Plain) -> tuple[Rows, Plain]:
    """The same edit of both."""
    count, columns = len(plain), len(plain[0])
    kind = draw(st.sampled_from(["number", "splice", "take", "slice", "resize"]))
    row = st.integers(0, count - 1)
    if kind == "number":
        place, column, value = draw(row), draw(st.integers(0, columns - 1)), draw(NUMBERS)
        changed = (*plain[place][:column], value, *plain[place][column + 1 :])
        return rows.with_number((place, column), value), (*plain[:place], changed, *plain[place + 1 :])
    if kind == "splice":
        first, end = sorted((draw(st.integers(0, count)), draw(st.integers(0, count))))
        new = tuple(draw(st.lists(st.tuples(*[NUMBERS] * columns), max_size=12)))
        return rows.spliced(first, end, new), (*plain[:first], *new, *plain[end:])
    if kind == "take":
        places = draw(st.lists(row, max_size=40))
        return rows.taken(places), tuple(plain[place] for place in places)
    if kind == "slice":
        part = draw(st.slices(count))
        return rows[part], plain[part]
    length, fill = draw(st.integers(1, 9)), draw(st.sampled_from([0.0, -1.0, 0.1]))
    return rows.resized(length, fill), tuple((*row[:length], *[fill] * (length - len(row))) for row in plain)


@settings(max_examples=100)
@given(made(), st.data())
def test_any_edits_give_what_they_give_of_tuples(both: tuple[Rows, Plain], data: st.DataObject) -> None:
    rows, plain = both
    for _ in range(5):
        assert (len(rows), bits(rows)) == (len(plain), bits(plain))
        assert rows == plain
        assert rows == Rows.of(plain)
        assert copy.deepcopy(rows) == rows
        bounds(rows)
        if not plain:
            return
        place, column = (
            data.draw(st.integers(-len(plain), len(plain) - 1)),
            data.draw(st.integers(0, len(plain[0]) - 1)),
        )
        assert bits((rows[place],)) == bits((plain[place],))
        assert rows.number(place, column) == plain[place][column]
        before, (rows, plain) = (rows, plain), data.draw(edited(rows, plain))
        assert bits(before[0]) == bits(before[1])
        fewest = min(len(plain), len(before[1]))
        first = next((row for row in range(fewest) if plain[row] != before[1][row]), fewest)
        assert before[0].first_other(rows) == first
        known = {id(block) for block in before[0].blocks}
        starts = [sum(block.count for block in rows.blocks[:place]) for place in range(len(rows.blocks))]
        new = [(start, block) for start, block in zip(starts, rows.blocks, strict=True) if id(block) not in known]
        assert list(rows.beside(before[0])) == new


@given(made(), made())
def test_rows_are_equal_where_tuples_are(one: tuple[Rows, Plain], other: tuple[Rows, Plain]) -> None:
    assert (one[0] == other[0]) == (one[1] == other[1])
    assert (one[0] == other[1]) == (one[1] == other[1])


def large() -> Rows:
    return Rows.of_memory(memoryview(array("f", range(300))), 3)


@pytest.mark.parametrize(
    ("edit", "most"),
    [
        (lambda rows: rows.with_number((50, 1), 0.5), 1),
        (lambda rows: rows.spliced(50, 50, [(1.0, 2.0, 3.0)]), 2),
        (lambda rows: rows.spliced(50, 51), 2),
        (lambda rows: rows.spliced(100, 100, [(1.0, 2.0, 3.0)]), 1),
        (lambda rows: rows.taken([place for place in range(100) if place not in (7, 60)]), 4),
    ],
)
def test_an_edit_copies_a_block_or_two_and_shares_the_rest(edit: object, most: int) -> None:
    rows = large()
    new = list(edit(rows).beside(rows))  # type: ignore[operator]
    assert 0 < len(new) <= most


def test_many_insertions_at_one_place_leave_no_crumbs() -> None:
    rows = large()
    for place in range(60):
        rows = rows.spliced(50, 50, [(float(place), 0.0, 0.0)])
    assert len(rows.blocks) <= 2 * len(rows) * 3 // 12


@pytest.mark.parametrize(("value", "format"), [(0.5, "f"), (0.1, "d"), (1e300, "d"), (-0.0, "f")])
def test_float32_stays_where_it_holds_a_new_number_exactly(value: float, format: str) -> None:
    rows = large().with_number((2, 1), value)
    assert bits((rows[2],)) == bits(((6.0, value, 8.0),))
    assert rows.blocks[0].memory.format == format
    before = large()
    new = before.spliced(5, 5, [(value, 0.0, 0.0)]).beside(before)
    assert {block.memory.format for _, block in new} == {format}


@pytest.mark.parametrize("row", [(1.0,), (1.0, math.nan), (1.0, math.inf), (1, 2), ("1", "2"), [1.0, 2.0], (), 3.0])
def test_what_is_no_row_of_numbers_is_kept_as_it_came(row: Row) -> None:
    rows = Rows.of([(1.0, 2.0), row, (3.0, 4.0)])
    assert rows[1] is row or rows[1] == row
    assert list(rows)[2] == (3.0, 4.0)
    wrong: list[RowBlock] = [block for block in rows.blocks if block.columns != 2 or not block.is_within(-9.0, 9.0)]
    assert len(wrong) == 1
    assert rows.with_number((0, 0), 5.0)[1] == rows[1] or rows[1] != rows[1]


def test_many_rows_are_not_written_out() -> None:
    assert repr(large()) == "<100 rows, the first (0.0, 1.0, 2.0)...>"
    assert repr(Rows.of(((1.0,),))) == "((1.0,),)"


def test_the_place_of_what_an_edit_changed_is_known() -> None:
    numbers = Rows.of((float(row), 0.5) for row in range(5000))
    changed = numbers.with_number((3000, 1), 1 / 7)
    assert changed.nbytes == sum(block.nbytes for block in changed.blocks)
    assert [first for first, _ in changed.beside(numbers)] == [
        sum(block.count for block in numbers.blocks[:place])
        for place, block in enumerate(changed.blocks)
        if block is not numbers.blocks[place]
    ]
    assert changed.first_other(numbers) == 3000
    assert changed != numbers
    assert changed == numbers.with_number((3000, 1), 1 / 7)
    assert changed.is_within(2, 0.0, 4999.0)
    assert not changed.is_within(2, 0.0, 4998.0)
    assert not changed.is_within(3, 0.0, 4999.0)
    # Numbers of one size and of the other are the same where they are equal.
    single = Rows.of_memory(memoryview(array("f", [0.0, 0.5, 2.0])), 1)
    assert single == Rows.of(((0.0,), (0.5,), (2.0,)))
    assert single != Rows.of(((0.0,), (0.5,), (2.5,)))
