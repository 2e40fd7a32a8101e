"""Where the pages of a paper end: no small table is cut, and of a long one no row stands alone."""

from __future__ import annotations

import pytest

from chainrule.explain.documents.parts import Heading, PartCell, TablePart, WritingLines
from chainrule.session.papers.blocks import UNCUT
from chainrule.session.papers.pages import PaperPage, pages_of

HEAD = (PartCell("number"), PartCell("answer"))


def pages(lines: int, rows: int) -> list[PaperPage]:
    """A table below a heading, so many lines after the top of the first page."""
    table = TablePart(HEAD, tuple((PartCell(str(row)), PartCell("x")) for row in range(rows)))
    return list(pages_of("T", [WritingLines(lines), Heading("Fill in", 2), table]))


def rows_on(page: PaperPage) -> int:
    """How many rows of the table are on a page, its head not counted."""
    return sum(block.head is not None for _, block in page.blocks)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("rows", [1, 2, UNCUT, UNCUT + 1, 60])
def test_no_row_of_a_table_stands_alone(rows: int) -> None:
    cut = 0
    for lines in range(5, 40):
        found = [rows_on(page) for page in pages(lines, rows) if rows_on(page)]
        assert sum(found) == rows
        cut += len(found) > 1
        if rows <= UNCUT:
            assert found == [rows], lines
        else:
            assert min(found) >= 2, lines
    assert bool(cut) == (rows > UNCUT)


@pytest.mark.usefixtures("qapp")
def test_a_table_that_goes_on_has_its_head_again() -> None:
    for lines in range(5, 40):
        for page in pages(lines, 60):
            blocks = [block for _, block in page.blocks]
            first = next((place for place, block in enumerate(blocks) if block.head is not None), None)
            if first is not None:
                assert first > 0
                assert blocks[first - 1] is blocks[first].head
