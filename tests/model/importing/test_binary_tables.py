"""Workbooks and arrays: what other programs write is read, and what would take all memory is refused before."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.model.importing import arrays
from chainrule.model.importing.arrays import held_back
from chainrule.model.importing.reading import TableSource, read_source
from chainrule.model.importing.table import ColumnKind, ColumnTable


def workbook(*rows: list[Any], change: Callable[[Any], None] | None = None) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if change is not None:
        change(book)
    book.save(out)
    return out.getvalue()


def npy(array: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def npz(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def read(data: bytes, suffix: str, **how: Any) -> ColumnTable:
    return read_source(TableSource(f"data{suffix}", suffix, data), **how).table


def refusal(data: bytes, suffix: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(data, suffix)
    return str(caught.value)


def test_a_sheet_is_a_table() -> None:
    table = read(workbook(["a", "b", "kind"], [1, 2.5, "x"], [3, None, "y"], [None, "NA", "x"]), ".xlsx")
    assert [column.name for column in table.columns] == ["a", "b", "kind"]
    assert [column.cells for column in table.columns] == [(1.0, 3.0, None), (2.5, None, None), ("x", "y", "x")]


def test_another_sheet_can_be_chosen() -> None:
    def second(book: Any) -> None:
        book.create_sheet("other").append([7])

    data = workbook([1], change=second)
    assert TableSource("data.xlsx", ".xlsx", data).sheets == ["Sheet", "other"]
    assert read(data, ".xlsx", sheet="other").columns[0].cells == (7.0,)


def rewritten(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with another sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name.startswith("xl/worksheets/") else content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (b"XFD1048576", "expected at most 10000 columns, got 16384"),
        (b"B1048576", "expected at most 300000 rows, got 1048576"),
        (b"ZZ9000", "expected at most 4000000 cells"),
        (b"B99999999999", "damaged"),
    ],
)
def test_a_far_cell_is_refused_before_room_is_made(place: bytes, message: str) -> None:
    data = workbook([1, 2])
    assert message in refusal(rewritten(data, lambda sheet: sheet.replace(b'"B1"', b'"' + place + b'"')), ".xlsx")
    hidden = b'a=">" r="' + place + b'"'
    assert message in refusal(rewritten(data, lambda sheet: sheet.replace(b'r="B1"', hidden)), ".xlsx")


def test_a_bomb_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (129 * 2**20))
    assert "unpacked" in refusal(out.getvalue(), ".xlsx")


SHARED = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def with_texts(texts: str, kind: bytes = b'"s"') -> bytes:
    """A workbook of 300 rows that share a text, with other texts to be shared."""
    cell = b"<c t=%b><v>0</v></c>" % kind
    rows = b"".join(b"<row>%b<c><v>%d</v></c></row>" % (cell, row) for row in range(300))
    change = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
    data = rewritten(workbook([1]), lambda sheet: change.sub(b"<sheetData>%b</sheetData>" % rows, sheet))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/sharedStrings.xml", texts)
    return out.getvalue()


@pytest.mark.parametrize("kind", [b'"s"', b"'&#115;'", b'"s" t="n"', b'"s" b="t=\'n\'"'])
def test_a_long_text_that_many_cells_share_is_refused(kind: bytes) -> None:
    data = with_texts(f"{SHARED}><si><t>{'x' * 1_000_000}</t></si></sst>", kind)
    assert refusal(data, ".xlsx") == "data.xlsx: expected at most 256 MiB of text in the cells of a sheet, got more"


def test_a_wrong_count_of_shared_texts_takes_no_room() -> None:
    data = with_texts(f'{SHARED} count="4000000000" uniqueCount="4294967295"><si><t>a &amp; b</t></si></sst>')
    assert set(read(data, ".xlsx").columns[0].cells) == {"a & b"}


def test_shared_texts_in_an_encoding_that_nobody_knows_are_refused() -> None:
    data = with_texts(f'<?xml version="1.0" encoding="UF-8"?>{SHARED}><si><t>a</t></si></sst>')
    assert "damaged" in refusal(data, ".xlsx")


@given(st.data())
def test_a_mutated_workbook_is_a_table_or_refused(data: st.DataObject) -> None:
    sheet = data.draw(st.sampled_from(MUTATED))
    _survives(data, sheet, ".xlsx")


@given(st.data())
def test_a_mutated_array_is_a_table_or_refused(data: st.DataObject) -> None:
    _survives(data, data.draw(st.sampled_from([npy(np.eye(3)), npy(np.arange(4, dtype=">i2"))])), ".npy")
    _survives(data, npz(x=np.eye(3), y=np.arange(3)), ".npz")


MUTATED = [workbook(["a", "b"], [1, "x"], [2, "y"])]


def _survives(draw: st.DataObject, good: bytes, suffix: str) -> None:
    changed = bytearray(good)
    for _ in range(draw.draw(st.integers(1, 4))):
        place = draw.draw(st.integers(0, len(changed) - 1))
        changed[place] = draw.draw(st.integers(0, 255))
    changed = changed[: draw.draw(st.integers(1, len(changed)))] if draw.draw(st.booleans()) else changed
    with suppress(SpecError):
        read(bytes(changed), suffix)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"shape": (True, 3)}, "damaged"),
        ({"shape": (1,) * 100}, "expected at most 32 dimensions, got 100"),
        ({"descr": ("<f8",)}, "damaged"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(header: dict[str, Any], message: str) -> None:
    text = repr({"descr": "<f8", "fortran_order": False, "shape": (3,)} | header).encode() + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(24)
    assert message in refusal(data, ".npy")


def test_arrays_are_added_up_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MOST_PACKED", 20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("x.npy", npy(np.ones((3, 5))))
        # Cut off: the room for it would be taken before that is seen.
        archive.writestr("y.npy", npy(np.ones((3, 2)))[:-8])
    assert "array y: expected at most 20 numbers in all arrays, got more" in refusal(out.getvalue(), ".npz")


def test_the_name_of_an_array_is_on_one_line() -> None:
    table = read(npz(**{"a\nb": np.arange(3), "c\x1b": np.eye(3)}), ".npz")
    assert [column.name for column in table.columns] == ["a b", "c 1", "c 2", "c 3"]


def test_what_is_no_number_in_a_sheet_is_missing() -> None:
    data = workbook([1.5, 2], [3.5, 4])
    for text in (b"NaN", b"inf"):
        table = read(rewritten(data, lambda sheet, text=text: sheet.replace(b"<v>1.5<", b"<v>" + text + b"<")), ".xlsx")
        assert [column.cells for column in table.columns] == [(None, 3.5), (2.0, 4.0)]


@given(
    arrays_of.arrays(
        st.sampled_from(("<f8", ">f4", "<i4", "|u1", "|b1")),
        arrays_of.array_shapes(min_dims=1, max_dims=3, max_side=4),
    )
)
def test_any_array_is_read_as_it_is(array: Any) -> None:
    flat = np.asarray(array, dtype=np.float64).reshape(len(array), -1)
    for stored in (array, np.asfortranarray(array)):
        table = read(npy(stored), ".npy")
        found = [[np.nan if cell is None else cell for cell in column.cells] for column in table.columns]
        np.testing.assert_array_equal(np.where(np.isfinite(flat), flat, np.nan), np.array(found).T)


def test_arrays_stand_side_by_side() -> None:
    table = read(npz(x=np.arange(6.0).reshape(3, 2), y=np.array([0, 1, 0])), ".npz")
    assert [column.name for column in table.columns] == ["x 1", "x 2", "y"]
    assert table.columns[1].cells == (1.0, 3.0, 5.0)
    assert table.columns[2].kind is ColumnKind.NUMBER


@pytest.mark.parametrize(
    ("names", "aside"),
    [
        # Keras's mnist.npz.
        (("x_test", "x_train", "y_train", "y_test"), ("x_test", "y_test")),
        (("train_images", "train_labels", "test_images", "test_labels"), ("test_images", "test_labels")),
        (("X_train", "X_val", "X_test"), ("X_val", "X_test")),
        # Nothing that stands for them.
        (("test", "latest_train"), ()),
        (("x", "y_test"), ()),
        (("contest_train", "contest_test"), ("contest_test",)),
    ],
)
def test_of_rows_to_train_and_to_test_with_the_first_come(names: tuple[str, ...], aside: tuple[str, ...]) -> None:
    assert held_back(names) == aside
    arrays = {name: np.full((2 if name in aside else 4, 2), place) for place, name in enumerate(names)}
    table = read(npz(**arrays), ".npz")
    assert table.aside == aside
    assert [column.name for column in table.columns] == [f"{n} {at}" for n in names if n not in aside for at in (1, 2)]
    assert table.rows == 4


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("this was executed",))


def test_what_would_do_harm_is_refused() -> None:
    assert "array of numbers" in refusal(npy(np.array([Evil()], dtype=object)), ".npy")
    assert "array of numbers" in refusal(npz(x=np.array([Evil()], dtype=object)), ".npz")
    out = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (1_000_000_000,)}
    np.lib.format.write_array_header_1_0(out, header)
    assert "at most 300000 rows, got 1000000000" in refusal(out.getvalue(), ".npy")
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, header | {"shape": (1000, 1000)})
    assert "shorter than its 1000 rows" in refusal(out.getvalue(), ".npy")
    assert "array of numbers" in refusal(npz(x_train=np.array([Evil()], dtype=object), x_test=np.eye(2)), ".npz")
    assert "as many rows: y has 2, and x has 3" in refusal(npz(x=np.eye(3), y=np.arange(2)), ".npz")
    assert "damaged" in refusal(b"\x93NUMPY", ".npy")
    assert "damaged" in refusal(b"PK\x03\x04", ".npz")
    # What is said of places in an archive may lie before its beginning.
    assert "damaged" in refusal(npz(x=np.eye(3))[9:], ".npz")
    # As Python 2 wrote it.
    assert read(npy(np.eye(2)).replace(b"(2, 2), ", b"(2L, 2L),"), ".npy").rows == 2
