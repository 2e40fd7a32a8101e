"""`chainrule export` of worksheets, assignments and quizzes: the files, read again, and what is refused."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2
import pytest

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.cli import main
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.given import written_answer
from chainrule.lessons.assignments.variants import VariantMaker
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import OPENING_EXAMPLE


def export(to: str, out: Path, *options: str, file: Path = OPENING_EXAMPLE) -> int:
    return main(["export", str(file), "--to", to, "-o", str(out), *options])


def pdf_texts(path: Path) -> list[str]:
    """The text of each page."""
    document = pypdfium2.PdfDocument(path.read_bytes())
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def answers(path: Path) -> dict[str, str]:
    """The answers of an assignment's file, as sheets write them."""
    assignment = Assignment.of(checked_experiment(read_experiment(path)))
    return {number.key: written_answer(number.right) for number in assignment.numbers}


def test_a_pdf_has_sheets_and_behind_them_keys_with_the_numbers_of_the_trace(tmp_path: Path, qapp: object) -> None:
    out = tmp_path / "sheet.pdf"
    assert export("worksheet", out, "--questions", "weight_gradient,loss", "--variants", "2", "--seed", "3") == 0
    texts = pdf_texts(out)
    keys = [place for place, text in enumerate(texts) if "Key: " in text]
    assert keys == sorted(keys)
    assert keys[0] == len(texts) - len(keys)
    assert export("assignment", tmp_path / "a.chainrule", "--questions", "weight_gradient,loss") == 0
    maker = VariantMaker(checked_experiment(read_experiment(tmp_path / "a.chainrule")))
    for name in "AB":
        assignment = Assignment.of(maker.variant(3, name).experiment)
        key = next(text for text in texts if f"Key: {name}" in text)
        rows = [written_answer(number.right) for number in assignment.numbers]
        assert all(row in key for row in rows)
        sheet = "\n".join(text for text in texts[: keys[0]] if f"· {name}" in text)
        assert "Name" in sheet
        hidden = [row for row in rows if len(row) > 3]
        assert hidden
        assert not set(hidden) & set(re.findall(r"[−\d.]+", sheet))
        for row in assignment.experiment.data.inputs:
            assert " ".join(f"{number:g}" for number in row) in sheet


def test_each_variant_can_be_a_file_with_the_key_in_its_own(tmp_path: Path) -> None:
    roster = tmp_path / "class.csv"
    roster.write_text("First name,Last name\nAda,Lovelace\nAlan,Turing/2\n", encoding="utf-8")
    options = ("--questions", "backward", "--roster", str(roster), "--each")
    assert export("worksheet", tmp_path / "hw.md", *options) == 0
    found = {path.name for path in tmp_path.glob("hw*")}
    assert found == {"hw Ada Lovelace.md", "hw Alan Turing_2.md", "hw key.md", "hw network.svg"}
    key = (tmp_path / "hw key.md").read_text(encoding="utf-8")
    assert "## Key: Alan Turing/2" in key
    assert "Key" not in (tmp_path / "hw Ada Lovelace.md").read_text(encoding="utf-8")
    assert "](<hw network.svg>)" in (tmp_path / "hw Ada Lovelace.md").read_text(encoding="utf-8")


def test_a_sheet_can_be_latex_and_do_without_a_key(tmp_path: Path) -> None:
    assert export("worksheet", tmp_path / "hw.tex", "--questions", "loss", "--no-key") == 0
    text = (tmp_path / "hw.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{longtable}") == 3
    assert "Key" not in text


def test_an_assignment_keeps_its_questions_and_is_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "hw.chainrule"
    options = ("--questions", "1-4", "--whole", "--points", "2.5", "--tolerance", "3 digits", "--iteration", "2")
    assert export("assignment", file, *options, "--iterations", "2") == 0
    experiment = checked_experiment(read_experiment(file))
    assert [(q.id, q.iteration, q.index, q.points) for q in experiment.questions] == [
        (str(number), 2 + (number > 4), None, 2.5) for number in range(1, 9)
    ]
    assert {q.tolerance.digits for q in experiment.questions} == {3}
    assert export("moodle", tmp_path / "hw.xml", file=file) == 0
    root = ElementTree.parse(tmp_path / "hw.xml").getroot()
    assert [each.get("type") for each in root] == ["category", *["cloze"] * 8]


def test_variants_of_an_assignment_are_files_that_have_their_answers(tmp_path: Path) -> None:
    assert export("assignment", tmp_path / "hw.chainrule", "--questions", "loss", "--variants", "2") == 0
    found = {path.stem: read_experiment(path) for path in tmp_path.glob("hw*.chainrule")}
    assert set(found) == {"hw A", "hw B"}
    assert found["hw A"].title == "SimpleNN 2-2-1 · A"
    assert answers(tmp_path / "hw A.chainrule") != answers(tmp_path / "hw B.chainrule")


def test_a_package_is_a_zip_with_its_manifest_first(tmp_path: Path) -> None:
    assert export("qti", tmp_path / "hw.zip", "--questions", "loss", "--variants", "2") == 0
    with zipfile.ZipFile(tmp_path / "hw.zip") as archive:
        assert archive.namelist()[0] == "imsmanifest.xml"
        assert len([name for name in archive.namelist() if name.startswith("item-")]) == 2


@pytest.mark.parametrize(
    ("to", "options", "said"),
    [
        ("csv", ("--questions", "loss"), "--to csv has no use for --questions"),
        ("moodle", ("--each", "--variants", "2", "--questions", "loss"), "--to moodle has no use for --each"),
        (
            "worksheet",
            (),
            r"\$\.questions: this experiment asks no questions: name what to ask of, as with --questions",
        ),
        (
            "worksheet",
            ("--whole",),
            "--whole says how --questions asks, and there are none; the file's own have theirs",
        ),
        ("worksheet", ("--iteration", "1"), "--iteration says how --questions asks"),
        ("worksheet", ("--questions", "nothing"), 'questions: there is no "nothing" to ask for: expected forward,'),
        ("worksheet", ("--questions", "loss", "--each"), "--each is a file for each variant: say how many"),
        ("worksheet", ("--questions", "loss", "--variants", "0"), "argument --variants: expected an integer from 1 to"),
        ("worksheet", ("--questions", "loss", "--points", "-1"), "argument --points: expected a number from 0 to 1e6"),
        ("worksheet", ("--questions", "loss", "--tolerance", "much"), "tolerance: expected a share such as 1%"),
        ("worksheet", ("--questions", "loss", "--roster", "nobody.csv"), "nobody.csv: cannot be read: no such file"),
        (
            "worksheet",
            ("--questions", "loss", "--variants", "2", "--roster", "x"),
            "expected --variants or --roster, got",
        ),
    ],
)
def test_what_cannot_be_is_one_line(
    to: str, options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.pdf"
    assert export(to, out, *options) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert re.search(said, error)
    assert not list(tmp_path.iterdir())


def test_a_worksheet_says_which_endings_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export("worksheet", tmp_path / "hw.doc", "--questions", "loss") == 2
    assert 'expected a file that ends in .pdf, .md or .tex, got ".doc"' in capsys.readouterr().err
