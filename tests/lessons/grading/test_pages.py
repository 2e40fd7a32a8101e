"""What is written of marks: a register and pages in which nothing of an answer is worked out or run."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.lessons.grading.feedback import feedback_html, feedback_markdown, feedback_page, file_names
from chainrule.lessons.grading.grader import Graded, Grader
from chainrule.lessons.grading.register import harmless, register_csv, register_lines
from tests.lessons.grading.homework import homework, written


class Cells(HTMLParser):
    """The tags of a page, and the text of its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.cells = set[str](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def graded(folder: Path, **files: str) -> Graded:
    """Return the marks of some files of answers."""
    for name, text in files.items():
        written(folder / f"{name}.csv", text)
    return Grader(homework()).grade([folder])


def test_a_register_has_a_row_for_each_student_and_no_formulas(tmp_path: Path) -> None:
    found = graded(tmp_path, ada="z1,0.3775\nL,0.2984\n", b='student,"=HYPERLINK(1)"\nz1,1\n')
    rows = list(csv.DictReader(io.StringIO(register_csv(found))))
    assert [row["student"] for row in rows] == ["ada", "'=HYPERLINK(1)"]
    assert [row["points"] for row in rows] == ["5", "0"]
    assert [(row["z1"], row["L"], row["w[0,0]"]) for row in rows] == [("2", "3", "0"), ("0", "0", "0")]
    assert [(row["of"], row["right"], row["wrong"], row["missing"]) for row in rows] == [
        ("10", "2", "0", "5"),
        ("10", "0", "1", "6"),
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", " =1"])
def test_what_a_spreadsheet_would_work_out_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("Ada = 1") == "Ada = 1"


def test_a_terminal_shows_columns_and_what_most_got_wrong(tmp_path: Path) -> None:
    found = graded(tmp_path, ada="z1,0.3775\n", bob="z1,1\na1,9\n", cleo="z1,1\n")
    lines = list(register_lines(found))
    assert " ".join(lines[0].split()) == "student points right consequential wrong missing not read first wrong"
    assert lines[2].split() == ["bob", "0", "0", "0", "2", "5", "0", "z1"]
    assert lines[-2] == "3 students, 10 points in all: 0.67 on average, the median is 0."
    assert lines[-1] == "Most often wrong: z1 (2), a1 (1)."


def test_a_page_says_what_each_answer_is(tmp_path: Path) -> None:
    found = graded(tmp_path, ada="z1,0.0275\na1,0.50687\nw[0 0],1\nL,<b>\n")
    page = feedback_page(found, found.students[0])
    text = feedback_markdown(page)
    assert "Mazur 2-2-2: 1 of 10 points." in text
    assert "It first goes wrong at z₁⁽¹⁾." in text
    row = next(line for line in text.splitlines() if "a1: " in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:5] == ["✓", "a1: a₁⁽¹⁾", "0.50687", "0.593270", "1 / 1"]
    assert cells[5].startswith("It follows rightly from your own numbers before it. With z₁⁽¹⁾ = 0.0275 it is 0.506875")
    assert "Not asked for: w\\[0 0\\]." in text


def test_a_page_shows_what_was_written_and_never_takes_it_for_html(tmp_path: Path) -> None:
    found = graded(tmp_path, ada='z1,"<script>alert(1)</script>"\nstudent,<img src=x onerror=y>\n')
    page = Cells(feedback_html(feedback_page(found, found.students[0])))
    assert page.tags.isdisjoint({"script", "img"})
    assert page.cells[2] == "<script>alert(1)</script>"
    assert "onerror" in feedback_html(feedback_page(found, found.students[0]))


@given(st.lists(st.text(max_size=150), max_size=8))
def test_files_have_names_of_their_own_within_the_folder(students: list[str]) -> None:
    names = file_names([*students, "../../etc/passwd", "CON", "a/b", "a\\b", "A_B", "..", ""], ".html")
    assert len({name.casefold() for name in names}) == len(students) + 7
    for name in names:
        assert "/" not in name
        assert "\\" not in name
        assert not name.startswith(".")
        assert name.removesuffix(".html").upper() != "CON"
        assert Path(name).name == name
        assert len(name) < 120
