"""Files of answers, as they are handed in: what is read, whose it is, and what is refused."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.lessons.grading import answer_files
from chainrule.lessons.grading.answer_files import read_answers
from chainrule.lessons.grading.handed_in import HandedIn
from chainrule.lessons.grading.keys import AskedKeys
from chainrule.lessons.grading.submissions import submissions
from tests.lessons.grading.homework import keys, written


@pytest.fixture(scope="module")
def asked() -> AskedKeys:
    return keys()


def one(path: Path, asked: AskedKeys) -> HandedIn:
    (found,) = read_answers(path, asked.find, "from the name")
    return found


@pytest.mark.parametrize(
    "text",
    [
        "z1,0.3775\na1,0.5933\nL,\n",
        "question,answer\nz1,0.3775\na1,0.5933\n",
        "answer;question\n0.3775;Z1\n0.5933; a1\n",
        "z1;a1;points\n0.3775;0.5933;\n",
        "z1\t0.3775\na1\t0.5933",
        "z1 = 0.3775\na1 = 0.5933\n",
        "# my homework\nz1: 0.3775\na1: 0.5933\n",
        "name,value\nlayers.0.pre_activation[0,0],0.3775\na_1^(1),0.5933\n",
        "\ufeffquestion,answer\r\nz1,0.3775\r\na1,0.5933\r\n",
    ],
)
def test_a_table_of_one_student_is_read_however_it_is_laid_out(text: str, asked: AskedKeys, tmp_path: Path) -> None:
    found = one(written(tmp_path / "a.csv", text), asked)
    assert {key: given for key, given in found.answers.items() if given} == {"z1": "0.3775", "a1": "0.5933"}
    assert (found.student, found.variant, found.seed) == ("from the name", "", None)


@pytest.mark.parametrize("text", ["w[0,1],0.4087\nz1,1\n", '"w[0,1]",0.4087\nz1,1\n', "w[0, 1];0.4087\nz1;1\n"])
def test_the_comma_of_an_index_stands_between_no_cells(text: str, asked: AskedKeys, tmp_path: Path) -> None:
    assert one(written(tmp_path / "a.csv", text), asked).answers["w[0,1]"] == "0.4087"


@pytest.mark.parametrize("sign", [" = ", "=", ": ", " ≈ "])
@pytest.mark.parametrize("formula", ["sqrt(2)/2", "sigmoid(0.3775)", "e^-1"])
def test_an_equation_may_end_in_any_formula(sign: str, formula: str, asked: AskedKeys, tmp_path: Path) -> None:
    found = one(written(tmp_path / "a.txt", f"z1{sign}0.3775\na1{sign}{formula}\nL{sign}hello\n"), asked)
    assert found.answers == {"z1": "0.3775", "a1": formula, "L": "hello"}


def test_a_student_is_named_in_an_equation(asked: AskedKeys, tmp_path: Path) -> None:
    found = one(written(tmp_path / "a.txt", "student = Ada Lovelace\nz1 = 0.3775\n"), asked)
    assert (found.student, found.answers) == ("Ada Lovelace", {"z1": "0.3775"})


def test_a_decimal_comma_stands_between_no_cells(asked: AskedKeys, tmp_path: Path) -> None:
    found = one(written(tmp_path / "a.csv", "question,answer\nz1,0,3775\na1,0.5933\n"), asked)
    assert found.answers == {"z1": "0,3775", "a1": "0.5933"}


def test_a_file_says_whose_it_is_and_of_which_variant(asked: AskedKeys, tmp_path: Path) -> None:
    found = one(written(tmp_path / "a.csv", "student,Ada  Lovelace\nvariant,B\nseed,7\nz1,0.3775\n"), asked)
    assert (found.student, found.variant, found.seed) == ("Ada Lovelace", "B", 7)
    found = one(
        written(tmp_path / "a.json", '{"student": "Ada", "variant": "B", "seed": 7, "answers": {"z1": 0.3775}}'), asked
    )
    assert (found.student, found.variant, found.seed, found.answers) == ("Ada", "B", 7, {"z1": "0.3775"})


def test_a_table_of_all_students_has_a_row_for_each(asked: AskedKeys, tmp_path: Path) -> None:
    text = "Surname,Student ID,Variant,z1,Remark,a1\nLovelace,ada,A,0.3775,,1/2\nTuring,alan,B,,late,0.5933\n"
    ada, alan = read_answers(written(tmp_path / "all.csv", text), asked.find, "")
    assert (ada.student, ada.variant, ada.answers) == ("ada", "A", {"z1": "0.3775", "a1": "1/2"})
    assert (alan.student, alan.variant, alan.answers) == ("alan", "B", {"z1": "", "a1": "0.5933"})


def test_a_line_can_say_whose_it_is(asked: AskedKeys, tmp_path: Path) -> None:
    text = "student,question,answer\nada,z1,0.3775\nalan,z1,0.4\nada,a1,0.5933\n"
    ada, alan = read_answers(written(tmp_path / "all.csv", text), asked.find, "")
    assert (ada.student, ada.answers) == ("ada", {"z1": "0.3775", "a1": "0.5933"})
    assert (alan.student, alan.answers) == ("alan", {"z1": "0.4"})


def test_a_whole_value_is_a_list_in_json(asked: AskedKeys, tmp_path: Path) -> None:
    text = json.dumps({"w": [[0.1, "1/5"], [0.3, None]], "z1": "0,38", "other": 1})
    found = one(written(tmp_path / "a.json", text), asked)
    assert found.answers == {"w[0,0]": "0.1", "w[0,1]": "1/5", "w[1,0]": "0.3", "w[1,1]": "", "z1": "0,38"}
    assert found.unasked == ("other",)


def test_a_workbook_gives_the_results_of_formulas_and_computes_none(asked: AskedKeys, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("question", "answer"), ("z1", 0.3775), ("a1", "=1/2+0.0933"), ("L", "1/3")):
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    # openpyxl writes a formula without its result, as a program does that has not computed it.
    found = one(written(tmp_path / "a.xlsx", data.getvalue()), asked)
    assert (found.answers["z1"], found.answers["L"]) == ("0.3775", "1/3")
    assert found.answers["a1"] == ""
    why = "The cell B3 holds a formula whose value was not saved: open and save it in a spreadsheet program."
    assert found.unread == {"a1": why}


def test_a_row_of_formulas_without_values_is_told_cell_by_cell(asked: AskedKeys, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    # The table stands to the right of an empty column, below an empty row; nothing but formulas is in its last column.
    for place, text in (("B2", "student"), ("C2", "z1"), ("D2", "a1"), ("B3", "ada"), ("B4", "alan"), ("C3", 0.3775)):
        sheet[place] = text
    for place in ("D3", "C4", "D4"):
        sheet[place] = "=1+1"
    book.save(tmp_path / "class.xlsx")
    ada, alan = read_answers(tmp_path / "class.xlsx", asked.find, "")
    assert ada.answers["z1"] == "0.3775"
    assert [next(iter(ada.unread)), "D3" in ada.unread["a1"]] == ["a1", True]
    assert [place in alan.unread[key] for key, place in (("z1", "C4"), ("a1", "D4"))] == [True, True]


SHEETS = "xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<c r='B2'><f>1+1</f><v>2</v></c>", "2"),
        ("<c r='B2' t='str'><f>A9</f><v></v></c>", ""),
        (f"<x:c {SHEETS} r='B2'><x:f>1+1</x:f><x:v>2</x:v></x:c>", "2"),
        ("<c><f>1+1</f><v/></c>", None),
        ("<c r='B2'><f t='shared' si='0'/></c>", None),
        (f"<x:c {SHEETS} r='B2'><x:f>1</x:f><x:v></x:v></x:c>", None),
    ],
)
def test_only_a_formula_without_a_value_is_told(asked: AskedKeys, tmp_path: Path, cell: str, text: str | None) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["question", "answer"])
    sheet.append(["z1", 123456])
    data, other = io.BytesIO(), tmp_path / "a.xlsx"
    book.save(data)
    with zipfile.ZipFile(data) as read, zipfile.ZipFile(other, "w") as written_:
        for name in read.namelist():
            content = read.read(name).decode()
            if name.endswith("sheet1.xml"):
                before = content
                content = re.sub(r'<c r="B2"[^>]*><v>123456</v></c>', lambda _: cell, content)
                assert content != before
            written_.writestr(name, content)
    found = one(other, asked)
    assert found.answers["z1"] == (text or "")
    assert bool(found.unread) == (text is None)
    if text is None:
        assert "B2" in found.unread["z1"]


def test_a_formula_in_the_place_of_a_name_is_told(asked: AskedKeys, tmp_path: Path) -> None:
    for rows in ((("student", "question", "answer"), ("=A9", "z1", 1)), (("student", "z1", "a1"), ("=A9", 1, 2))):
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(row)
        book.save(tmp_path / "a.xlsx")
        with pytest.raises(SpecError, match="the cell A2 holds a formula whose value was not saved"):
            read_answers(tmp_path / "a.xlsx", asked.find, "ada")


def test_two_answers_to_one_question_are_told(asked: AskedKeys, tmp_path: Path) -> None:
    found = one(written(tmp_path / "a.csv", "z1,0.38\nz1,0.38\na1,1\nlayers.0.activation[0 0],3\na1,2\n"), asked)
    assert found.twice == {"a1"}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "a.csv: the file is empty"),
        ("a.pdf", b"%PDF", "a.pdf: expected a file that ends with .csv, .tsv, .txt, .xlsx or .json"),
        ("a.csv", b"x,1\ny,2\n", "a.csv: there is no answer to what this assignment asks"),
        ("a.csv", b"z1\n0.3\n0.4\n", "a.csv: there are several rows, and no column “student” says whose they are"),
        ("a.csv", b"student,z1\n,0.3\n", "a.csv: row 2 has no student"),
        ("a.csv", b"seed,many\nz1,1\n", 'a.csv: expected a whole number as the seed, got "many"'),
        ("a.csv", b"z1\0,0.3", "a.csv: this is no text: it has zero bytes in it"),
        ("a.xlsx", b"PK\x03\x04", "a.xlsx: this is no workbook in the format XLSX, or it is damaged"),
        ("a.json", b"{", "a.json: the file ends too early, at line 1, column 2"),
        ("a.json", b'{"z1": 1, "z1": 2}', "a.json: $.z1: this key is given twice"),
        ("a.json", b"3", "a.json: expected an object with answers, got 3"),
        ("a.json", b'[{"z1": 1}, {"z1": 2}]', 'a.json: expected an object with "student" and "answers" for each'),
        ("a.json", b'{"answers": [1]}', 'a.json: expected an object as "answers", got [1]'),
        ("a.json", b'{"student": ["a"], "z1": 1}', 'a.json: expected a text as "student", got ["a"]'),
        ("a.json", b'{"seed": 1.5, "z1": 1}', 'a.json: expected a whole number as "seed", got 1.5'),
        ("a.json", b"[" * 100_000, "a.json: "),
    ],
)
def test_what_is_no_file_of_answers_is_refused_in_a_line(
    name: str, data: bytes, said: str, asked: AskedKeys, tmp_path: Path
) -> None:
    path = written(tmp_path / name, data)
    with pytest.raises(SpecError) as error:
        read_answers(path, asked.find, "ada")
    assert str(error.value).isprintable()
    assert error.value.message.startswith(said.partition(": ")[2])


def test_more_than_anybody_hands_in_is_refused(
    asked: AskedKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    million = written(tmp_path / "rows.csv", "z1,1\n" * (answer_files.MOST_ROWS + 1))
    with pytest.raises(SpecError, match="expected at most 100000 rows"):
        read_answers(million, asked.find, "ada")
    large = json.dumps({"w": [[0.5] * 400] * 400})
    with pytest.raises(SpecError, match="expected at most 100000 answers"):
        read_answers(written(tmp_path / "large.json", large), asked.find, "ada")
    monkeypatch.setattr(answer_files, "MOST_BYTES", 1000)
    with pytest.raises(SpecError, match="expected a file of at most"):
        read_answers(million, asked.find, "ada")


def test_a_bomb_is_refused_before_it_is_unpacked(asked: AskedKeys, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (200 * 2**20))
    assert path.stat().st_size < answer_files.MOST_BYTES
    with pytest.raises(SpecError, match="expected at most 128 MiB unpacked"):
        read_answers(path, asked.find, "ada")


def test_a_sheet_of_too_many_cells_is_refused(asked: AskedKeys, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"], sheet["XFD1048576"] = "z1", 1, 2
    book.save(tmp_path / "wide.xlsx")
    with pytest.raises(SpecError, match="expected at most"):
        read_answers(tmp_path / "wide.xlsx", asked.find, "ada")


def test_a_file_is_of_the_student_whose_name_it_has(tmp_path: Path) -> None:
    names = ("ada.csv", "group 1/alan.csv", "Grace Hopper_47_assignsubmission_file_x.csv", ".hidden.csv", "~$ada.xlsx",
             "Emmy Noether_12_assignsubmission_file_/answers.csv", "kurt/own.csv", "alonzo/own.csv")  # fmt: skip
    for name in names:
        written(tmp_path / name, "z1,1")
    (tmp_path / "link").symlink_to(tmp_path / "group 1")
    found = submissions([tmp_path, tmp_path / "ada.csv"])
    assert [each.student for each in found] == ["Emmy Noether", "Grace Hopper", "ada", "alonzo", "alan", "kurt"]


def test_a_name_is_one_printable_line(asked: AskedKeys, tmp_path: Path) -> None:
    found = one(written(tmp_path / "a.json", json.dumps({"student": "A\u202e\nda" + "x" * 5000, "z1": 1})), asked)
    assert found.student.isprintable()
    assert len(found.student) <= 120


_CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["z1", "a1", "w[0,1]", "student", "variant", "seed", "question", "answer", "0.38", "=1+1", "1/0"]),
)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(_CELL, min_size=1, max_size=5), max_size=6), delimiter=st.sampled_from(",;\t|"))
def test_any_table_is_read_or_refused_in_a_line(
    asked: AskedKeys, tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text("\n".join(delimiter.join(row) for row in rows), encoding="utf-8", errors="replace")
    found, refused = list[HandedIn](), ""
    try:
        found = read_answers(path, asked.find, "ada")
    except SpecError as error:
        refused = str(error)
    assert refused.isprintable()
    assert bool(refused) is not bool(found)
    assert all(each.student and each.student.isprintable() for each in found)
