"""Tables with more cells than Python has room for: packed as they are read, and the same as a small table would be."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.row_blocks import SINGLE
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.model.files.file_size import FileSizes
from chainrule.model.importing import large_texts, outline, packed, text_tables
from chainrule.model.importing.applying import appending_data, import_in_words, replacing_data
from chainrule.model.importing.making import made_data
from chainrule.model.importing.packed import PackedCells
from chainrule.model.importing.plan import ImportPlan, Missing, Use, guessed_plan
from chainrule.model.importing.reading import TableSource, open_source, read_source
from chainrule.model.importing.table import ColumnTable, is_missing, parsed_number
from chainrule.model.importing.text_tables import TextFormat
from tests.experiments import article

# Written so that a reader may take them for other numbers, or for none.
TRICKY = ("1_000", "0x10", "1e999", "-1e999", "inf", "nan", "NA", "?", "", " 5 ", '"6"', '"1,000"', "1 000", "1.", ".5",
          "+3", "-0", "−2", "1e5", "1E-310", "\N{FULLWIDTH DIGIT ONE}", "1d5", "1,5", "true", "#1", "0.1",
          "9007199254740993", "5e-324", "1.7976931348623157e308", "007", "1e", "--1", "\t7", "8\u00a0")  # fmt: skip
CELLS = st.one_of(
    st.integers(0, 255).map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr), st.sampled_from(TRICKY)
)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every table for a large one, and read it in small pieces."""
    monkeypatch.setattr(text_tables, "MOST_CELLS", 0)
    monkeypatch.setattr(outline, "MOST_CELLS", 0)
    monkeypatch.setattr(large_texts, "PIECE", 24)
    monkeypatch.setattr(large_texts, "FIRST_PIECE", 1)


def read(data: bytes, text_format: TextFormat | None = None) -> ColumnTable:
    return read_source(TableSource("data.csv", ".csv", data), text_format).table


@pytest.mark.usefixtures("large")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(CELLS, CELLS, st.sampled_from(("x", "a b", '"q, r"', '"1\n2"', "NA", "7"))), max_size=12),
    st.sampled_from((",", ";", "\t", "|")),
    st.sampled_from((".", ",")),
    st.booleans(),
    st.sampled_from(("\n", "\r\n")),
)
def test_any_text_is_read_as_a_small_table_is_or_refused(
    rows: list[tuple[str, ...]], delimiter: str, decimal: str, names: bool, end: str
) -> None:
    lines = [("a", "b", "c")] * names + [("1", "2", "text"), ("3", "4", "text"), *rows]
    text = "".join(delimiter.join(line) + end for line in lines)
    text_format = TextFormat("utf-8", delimiter, decimal, names)
    cells = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True) if any(row)]
    body = [row for row in cells[names:] if any(map(str.strip, row))]
    try:
        found = read(text.encode(), text_format)
    except SpecError:
        assert any(
            len(row) > 3 or any(not is_missing(cell) and parsed_number(cell, decimal) is None for cell in row[:2])
            for row in body
        )
        return
    assert [column.given for column in found.columns] == (["a", "b", "c"] if names else [""] * 3)
    for place in (0, 1):
        told = [row[place] if place < len(row) else "" for row in body]
        wanted = [None if is_missing(cell) else parsed_number(cell, decimal) for cell in told]
        # As text, so that zero keeps its sign.
        assert list(map(repr, found.columns[place].cells)) == list(map(repr, wanted))
    texts = [row[2] if len(row) > 2 else "" for row in body]
    assert list(found.columns[2].cells) == [None if is_missing(t) else " ".join(t.split()) for t in texts]


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("missing", list(Missing))
@pytest.mark.parametrize("standardize", [True, False])
def test_the_rows_are_those_of_a_small_table(
    missing: Missing, standardize: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    lines = [f"{x!r},{row % 7},{'xyz'[row % 3]}" for row, x in enumerate(random.normal(size=40).tolist())]
    table = read("\n".join(["a,b,kind", *lines, ",3,x"]).encode())
    plan = ImportPlan((Use.INPUT, Use.INPUT, Use.TARGET), missing, 1.25, standardize, classes=True)
    found = made_data(table, plan)
    assert {block.memory.format for block in found.inputs.blocks} == {SINGLE}
    monkeypatch.setattr(outline, "MOST_CELLS", 10**6)
    small = made_data(table, plan)
    assert (found.outline.dropped, found.outline.filled) == (small.outline.dropped, small.outline.filled)
    # Rounded to float32; a mean that is filled in, and taken off again, leaves the last bits of the sum.
    np.testing.assert_allclose(np.array(found.inputs), np.array(small.inputs), rtol=2**-24, atol=1e-16)
    assert tuple(found.targets) == tuple(small.targets)
    assert found.names.classes == ("x", "y", "z")
    for one, two in zip(found.names.inputs, small.names.inputs, strict=True):
        assert (one.mean is None) == (not standardize)
        if standardize:
            assert [one.mean, one.std] == pytest.approx([two.mean, two.std], rel=1e-13)


@pytest.mark.usefixtures("large")
def test_what_is_added_keeps_every_digit_and_the_dtype() -> None:
    experiment = article()
    data = b"a,b,y\n0.1,2,3\n4,5,6.5\n"
    plan = ImportPlan((Use.INPUT, Use.INPUT, Use.TARGET), append=True)
    after = checked_experiment(appending_data(made_data(read(data), plan))(experiment))
    assert after.dtype == experiment.dtype == "float64"
    assert list(after.data.inputs)[-2:] == [(0.1, 2.0), (4.0, 5.0)]


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3,x\n", "“x” in row 2 of b is no number; a table of more than 4,000,000 cells can have text only"),
        ("1,2\n3,4\n5,6,7\n", "row 3 has 3 cells, more than the 2 of the first line"),
        ("a,b\n", "there are no rows below the names"),
        ("1,2\n" + "3,4\n" * 20 + "3,\0\n", "this is no text"),
        ("1,2\n" + "3,4\n" * 300_000, "expected at most 300000 rows, got 300001"),
        (",".join("1" * 20_000) + "\n" + "1\n" * 20, "expected at most 10000 columns, got 20000"),
        ("1,2\n" * 200, "expected at most 300 cells, got 1"),
        ("a,1\n" * 50, "expected at most 20 cells of text, got more"),
        ("1,2\n" + "1" * 99_999 + ",2\n", "is longer than 99,999 characters"),
    ],
)
def test_what_cannot_be_is_refused_while_it_is_read(text: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_texts, "PIECE", 4096)
    if "at most 300 cells" in message:
        monkeypatch.setattr(large_texts, "MOST_PACKED", 300)
        monkeypatch.setattr(large_texts, "PIECE", 24)
    if "cells of text" in message:
        monkeypatch.setattr(large_texts, "MOST_CELLS", 20)
    if "longer" in message:
        monkeypatch.setattr(text_tables, "LONGEST_LINE", 99_999)
    with pytest.raises(SpecError) as caught:
        read(text.encode(), TextFormat(header=text.startswith("a,b")))
    assert message in str(caught.value)


def test_numbers_are_packed_to_the_bit() -> None:
    for numbers, kind in (
        ([0.0, 255.0], np.uint8),
        ([0.0, 256.0], np.float32),
        ([-0.0, 1.0], np.float32),
        ([np.nan, 1.0], np.float32),
        ([0.1, 1.0], np.float64),
        ([1e300, 1.0], np.float64),
    ):
        found = packed.packed(np.array(numbers))
        assert found.dtype == kind
        assert list(map(repr, found.astype(float).tolist())) == list(map(repr, numbers))


def test_what_float32_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "MOST_CELLS", 0)
    with pytest.raises(SpecError, match="“big” has numbers that float32 cannot hold: leave it out"):
        made_data(read(b"big,y\n1e300,1\n1,2\n"), ImportPlan((Use.INPUT, Use.TARGET), standardize=False))


ROWS, PIXELS = 6000, 784


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tenth of MNIST's size, which is more than a small table may have: labels and pixels, as CSV and as NPZ."""
    random, folder = np.random.default_rng(0), tmp_path_factory.mktemp("images")
    labels = np.arange(ROWS) % 10
    pixels = (random.integers(0, 256, (ROWS, PIXELS)) * (random.random((ROWS, PIXELS)) < 0.2)).astype(np.uint8)
    names = ["label", *(f"pixel{place}" for place in range(PIXELS))]
    whole = np.column_stack([labels, pixels])
    np.savetxt(folder / "images.csv", whole, "%d", ",", header=",".join(names), comments="")
    np.savez(folder / "images.npz", pixels=pixels, label=labels)
    return folder, pixels, labels


def test_images_with_labels_become_classes(images: Any) -> None:
    folder, pixels, labels = images
    tracemalloc.start()
    source = open_source(folder / "images.csv")
    kept = len(source.data)
    table = read_source(source).table
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(isinstance(column.cells, PackedCells) for column in table.columns)
    # A byte each, and what a piece takes beside them.
    assert most < kept + 2 * pixels.size + 2**24
    plan = guessed_plan(table)
    assert plan.classes
    made = made_data(table, ImportPlan(plan.uses, standardize=False, classes=True))
    after = checked_experiment(replacing_data(made, "images")(article()))
    FileSizes().check(after)
    assert (after.network.inputs, after.network.outputs, after.dtype) == (PIXELS, 10, "float32")
    assert (after.data.batch_size, after.data.shuffle) == (64, True)
    assert after.data.names.classes == tuple("0123456789")
    np.testing.assert_array_equal(np.array(after.data.inputs), pixels)
    assert [row[0] for row in after.data.targets] == labels.tolist()
    assert after.data.inputs.nbytes == 4 * pixels.size
    of_arrays = read_source(open_source(folder / "images.npz")).table
    assert [column.cells for column in of_arrays.columns][::196] == [
        column.cells for column in (*table.columns[1:], table.columns[0])
    ][::196]


def test_a_file_that_is_not_kept_is_read_again(images: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "images.csv"
    path.write_bytes((images[0] / "images.csv").read_bytes())
    monkeypatch.setattr("chainrule.model.importing.reading.MOST_KEPT", 2**20)
    source = open_source(path)
    assert (source.data, source.size) == (b"", path.stat().st_size)
    assert read_source(source).table == read_source(source).table
    path.unlink()
    with pytest.raises(SpecError, match=r"images\.csv: cannot be read: no such file"):
        read_source(source)
    monkeypatch.setattr("chainrule.model.importing.reading.MOST_BYTES", 2**21)
    path.write_bytes(bytes(2**21 + 1))
    with pytest.raises(SpecError, match=r"expected a file of at most 2 MiB, got 2\.1 MiB"):
        open_source(path)


def test_an_archive_that_was_made_to_grow_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, x=np.zeros((300_000, 30)))
    assert path.stat().st_size < 2**18
    with pytest.raises(SpecError, match="array x gets larger than can be meant when it is unpacked"):
        read_source(open_source(path))


@pytest.mark.usefixtures("large")
def test_it_is_said_that_large_data_change_the_dtype() -> None:
    plan = ImportPlan((Use.INPUT, Use.INPUT, Use.TARGET))
    found = outline.outline_of(read(b"a,b,y\n1,2,3\n4,5,6\n"), plan)
    assert import_in_words(found, article(), append=False).endswith("all rows: the dtype becomes float32.")
