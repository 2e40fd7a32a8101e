"""Rows from the clipboard: the fast way reads what the slow one reads, and too much is refused before it is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.model.files import file_size
from chainrule.ui.panels.data import clipboard
from chainrule.ui.panels.data.clipboard import parse_rows
from tests.ui.panels.bench import Bench

CELLS = (
    st.floats().map(str) | st.text("0123456789.eE+- _,ní٣", max_size=6) | st.sampled_from(["1e999", "-0", ".5", "5."])
)


def outcome(text: str) -> object:
    try:
        return repr(parse_rows(text, 0, 2))
    except SpecError as error:
        return str(error)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=3).map("\t".join), max_size=4).map("\n".join))
def test_a_plain_row_is_read_as_number_by_number(text: str) -> None:
    fast = outcome(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clipboard, "_plain_row", lambda _: None)
        assert fast == outcome(text)


def test_more_text_than_any_file_has_is_refused_before_it_is_taken_apart(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "MAX_BYTES", 100)
    before = bench.session.document
    bench.paste("1\t2\t3\n" * 20)
    expected = "This would make rows of 0.1 MiB, and a file of at most 32 MiB can be saved."
    assert bench.refusals.message == expected
    assert bench.session.document is before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0\n" * 1_000_000, "1000000 rows"),
        ("\r\n" * 1_000_000, "1000000 rows"),
        ("0\t1\n" * 300_002, "300001 rows"),
        ("0\t" * 4_000_000, "4000001 numbers"),
        ("0 " * 4_000_001, "4000002 numbers"),
    ],
)
def test_rows_that_would_take_too_much_memory_are_refused_before_they_are_read(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard, "_plain_row", pytest.fail)
    with pytest.raises(SpecError, match=f"^file size: this would make {words}, and a file of at most"):
        parse_rows(text, 0, 1)


def test_rows_that_no_file_can_hold_are_refused_beside_the_table(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_size, "MAX_BYTES", 3000)
    bench.paste("1\t2\t3\n" * 50)
    before = bench.session.document
    assert len(before.segments[0].experiment.data.inputs) == 52
    bench.paste("0.12345678901234567\t0.12345678901234567\t3\n" * 20)
    assert bench.refusals.message.startswith("This would make a file of 0.1 MiB")
    bench.paste("1\t2\t3\n" * 160)
    assert bench.refusals.message.startswith("This would make 480 numbers")
    assert bench.session.document is before
