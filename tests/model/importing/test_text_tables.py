"""CSV and TSV: what Python's csv writes is read back, what is found is what was written, and no text does harm."""

from __future__ import annotations

import csv
import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.model.importing.reading import TableSource, open_source, read_source
from chainrule.model.importing.table import ColumnKind, ColumnTable, is_missing, parsed_number
from chainrule.model.importing.text_tables import DELIMITERS, TextFormat, found_format

NUMBER, TEXT, EMPTY = ColumnKind.NUMBER, ColumnKind.TEXT, ColumnKind.EMPTY


def source(text: str, encoding: str = "utf-8") -> TableSource:
    return TableSource("data.csv", ".csv", text.encode(encoding))


def read(data: bytes, text_format: TextFormat) -> ColumnTable:
    return read_source(TableSource("data.csv", ".csv", data), text_format).table


words = st.from_regex(r"[a-zäöß][a-zäöß,;|\t \"']{0,8}[a-z]", fullmatch=True).filter(lambda text: not is_missing(text))
names = st.from_regex(r"[a-z]{3,8}", fullmatch=True)
numbers = st.one_of(st.integers(-(10**6), 10**6).map(float), st.floats(-1e15, 1e15, allow_subnormal=False))


@st.composite
def written(draw: Any) -> tuple[bytes, TextFormat, list[list[Any]], list[str]]:
    """Draw a table, and the bytes that Python's csv writes of it in some format."""
    kinds = draw(st.lists(st.sampled_from((numbers, words)), min_size=2, max_size=5))
    rows = draw(st.lists(st.tuples(*(st.one_of(st.none(), kind) for kind in kinds)), min_size=1, max_size=8))
    delimiter = draw(st.sampled_from([mark for mark in DELIMITERS if mark != " "]))
    decimal = draw(st.sampled_from((".", ",")))
    encoding = draw(st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1")))
    quoting = draw(st.sampled_from((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)))
    head = [draw(names) for _ in kinds]

    def cell(value: Any) -> str:
        if value is None:
            return ""
        return value if isinstance(value, str) else repr(value).replace(".", decimal)

    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([head, *([cell(value) for value in row] for row in rows)])
    read_as = "utf-8" if encoding == "utf-8-sig" else encoding
    return out.getvalue().encode(encoding), TextFormat(read_as, delimiter, decimal, True), rows, head


@given(written())
def test_what_csv_writes_is_read_back(case: Any) -> None:
    data, text_format, rows, head = case
    kept = [row for row in rows if any(value is not None for value in row)]
    if not kept:
        with pytest.raises(SpecError, match="no rows"):
            read(data, text_format)
        return
    table = read(data, text_format)
    assert [column.given for column in table.columns] == head
    for place, column in enumerate(table.columns):
        wanted = [row[place] for row in kept]
        wanted = [" ".join(value.split()) if isinstance(value, str) else value for value in wanted]
        assert list(column.cells) == wanted


@pytest.mark.parametrize(
    ("text", "delimiter", "decimal", "header"),
    [
        ("a;b;c\n1,5;2;x\n3,25;NA;y\n", ";", ",", True),
        ("a,b\n1.5,2\n3,4\n", ",", ".", True),
        ("1.5\t2\n3\t4\n", "\t", ".", False),
        ("1 2 3\n4  5 6\n", " ", ".", False),
        ("name|kind\nbob|x\neve|y\n", "|", ".", True),
        ("0,123;2\n0,456;3\n", ";", ",", False),
        ('a,b\n"1,5",2\n"2,25",3\n', ",", ",", True),
        ("1.234,5;2\n2.000,25;3\n", ";", ",", False),
        ("2019,2020\n1,2\n", ",", ".", False),
    ],
)
def test_how_a_text_is_written_is_found(text: str, delimiter: str, decimal: str, header: bool) -> None:
    assert found_format(io.BytesIO(text.encode()), "data.csv") == TextFormat("utf-8", delimiter, decimal, header)


def test_older_encodings_are_found() -> None:
    text = "größe;länge;käfer\n1,5;2;süß\n2,5;3;groß\n" * 5
    table = read_source(source(text, "cp1252")).table
    assert [column.name for column in table.columns] == ["größe", "länge", "käfer"]


def test_what_is_missing_is_known() -> None:
    table = read_source(source("a,b,c,d\n1,x,,?\n NA ,n/a,,nan\n3,y,,2\n")).table
    assert [column.kind for column in table.columns] == [NUMBER, TEXT, EMPTY, NUMBER]
    assert table.columns[0].cells == (1.0, None, 3.0)
    assert [column.missing for column in table.columns] == [1, 1, 3, 2]


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from((".", ",")))
def test_any_number_is_read_as_it_was(number: float, decimal: str) -> None:
    assert parsed_number(repr(number).replace(".", decimal), decimal) == number


@pytest.mark.parametrize(
    "text", ["1_000", "0x10", "\N{FULLWIDTH DIGIT ONE}", "inf", "1e999", "1,2,3", ".", "+", "1..2", "", "12 34", "--1"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert parsed_number(text, ".") is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,b\n1,2,3\n", "row 1 has 3 cells, more than the 2 of the first line"),
        (b"a,b\n", "there are no rows below the names"),
        (b"\n \n", "the file is empty"),
        (b"a,b\n1,\x00\n", "this is no text"),
        (b'a,b\n"' + b"x" * 200_000 + b'",2\n', "cannot be split into cells"),
        (b",".join([b"1"] * 1_000_000), "expected at most 10000 columns"),
        (b"1,2\n" * 300_001, "expected at most 300000 rows, got 300001"),
        (b"," * 9_000_000, "the file is empty"),
        (b"1," * 5_000_000, "expected at most 10000 columns, got 5000001"),
    ],
)
def test_what_cannot_be_is_said_at_once(data: bytes, message: str) -> None:
    began = time.process_time()
    with pytest.raises(SpecError, match=message):
        read(data, TextFormat(header=data.startswith(b"a")))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("data", [b",,,\n,,,\n", b" , \n"])
def test_a_text_of_empty_cells_is_refused(data: bytes) -> None:
    with pytest.raises(SpecError, match="all cells are empty"):
        read_source(TableSource("data.csv", ".csv", data))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    try:
        table = read_source(TableSource("data.csv", ".csv", data)).table
    except SpecError:
        return
    assert len({len(column.cells) for column in table.columns}) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SpecError, match="this is not a file"):
        open_source(tmp_path / "pipe.csv")
