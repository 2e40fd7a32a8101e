"""Quizzes: built as their formats have it, and read again with the trace's numbers."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.question import Question, Tolerance
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.moodle import moodle_xml
from chainrule.lessons.assignments.qti import MANIFEST, qti_package
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import example_paths
from tests.experiments import article
from tests.lessons.assignments.sheets import asked, variants
from tests.lessons.assignments.structures import FLOAT, IDENTIFIER, MOODLE, QTI, faults_in, plain_tag

Sheets = list[tuple[str, Assignment]]
CLOZE = re.compile(r"\{(\d+):NUMERICAL:=([^:}]+):([^:}]+)\}")


def moodle(sheets: Sheets, title: str = "SimpleNN 2-2-1") -> ElementTree.Element:
    return ElementTree.fromstring("".join(moodle_xml(title, sheets)).encode())


def qti(sheets: Sheets, title: str = "SimpleNN 2-2-1") -> dict[str, ElementTree.Element]:
    """The documents of a package by their names."""
    with zipfile.ZipFile(io.BytesIO(b"".join(qti_package(title, sheets)))) as archive:
        assert archive.testzip() is None
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}


def text_at(element: ElementTree.Element, path: str) -> str:
    found = element.findtext(path)
    assert found is not None, path
    return found


def hard_experiment() -> Experiment:
    """A title and a text with all signs that mean something in XML or in a cloze question."""
    text = "A < B & C ]]> {1:NUMERICAL:=2} \\ ~ # \" '"
    asked_of = Question("q", ValueRef("layers.0.weight.grad"), tolerance=Tolerance(digits=3), text=text)
    one = Question("l", ValueRef("loss"), (), points=0.5, text=text)
    return article(title='<title> & "x"/y ]]>', questions=(asked_of, one))


@pytest.mark.parametrize("sheets", [[("", asked("all"))], variants(asked("backward"), 3)], ids=["one", "variants"])
def test_moodle_asks_for_the_numbers_of_the_trace(sheets: Sheets) -> None:
    root = moodle(sheets)
    assert not faults_in(root, MOODLE)
    numbers = {
        (f"SimpleNN 2-2-1 · {number.key}" + (f" · {name}" if name else "")): number
        for name, assignment in sheets
        for number in assignment.numbers
    }
    found = {text_at(each, "name/text"): each for each in root.iter("question") if each.get("type") == "numerical"}
    assert found.keys() == numbers.keys()
    for name, question in found.items():
        number = numbers[name]
        assert float(text_at(question, "answer/text")) == pytest.approx(number.right, rel=1e-11, abs=1e-300)
        assert float(text_at(question, "answer/tolerance")) == pytest.approx(number.margin, rel=1e-11)
        assert float(text_at(question, "defaultgrade")) == number.points
        assert question.find("answer").get("fraction") == "100"  # type: ignore[union-attr]


def test_moodle_asks_for_a_whole_value_in_a_cloze_question() -> None:
    assignment = asked("backward", whole=True)
    root = moodle([("", assignment)])
    assert not faults_in(root, MOODLE)
    questions = [each for each in root.iter("question") if each.get("type") == "cloze"]
    several = [each for each in assignment.questions if len(each.numbers) > 1]
    assert len(questions) == len(several)
    for question, each in zip(questions, several, strict=True):
        fields = CLOZE.findall(text_at(question, "questiontext/text"))
        assert [float(answer) for _, answer, _ in fields] == pytest.approx([n.right for n in each.numbers], rel=1e-11)
        assert [float(margin) for _, _, margin in fields] == pytest.approx([n.margin for n in each.numbers], rel=1e-11)


def test_each_question_of_variants_has_a_category_of_its_own() -> None:
    sheets = variants(asked("loss,output_gradient"), 4)
    root = moodle(sheets)
    kinds = [each.get("type") for each in root.iter("question")]
    assert kinds == ["category", *["numerical"] * 4] * 3
    names = [text_at(each, "category/text") for each in root.iter("question") if each.get("type") == "category"]
    assert names == [f"$course$/top/SimpleNN 2-2-1/{number}" for number in (1, 2, 3)]


def test_what_is_given_stands_in_each_question_with_the_drawing() -> None:
    for name, assignment in variants(asked("loss"), 2):
        (question,) = [
            each for each in moodle([(name, assignment)]).iter("question") if each.get("type") == "numerical"
        ]
        html = text_at(question, "questiontext/text")
        for row in assignment.experiment.data.inputs:
            assert "".join(f"<td>{number:g}</td>" for number in row) in html.replace("−", "-")
        assert html.count("@@PLUGINFILE@@/network.svg") == 1
        file = question.find("questiontext/file")
        assert file is not None
        assert base64.b64decode(file.text or "").startswith(b"<svg")
        assert r"\(L\)" in html


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("count", [1, 3])
def test_qti_is_built_as_its_format_has_it(count: int, whole: bool) -> None:
    assignment = asked("forward,backward", whole=whole)
    files = qti([("", assignment)] if count == 1 else variants(assignment, count))
    assert next(iter(files)) == MANIFEST
    drawing = files.pop("network.svg")
    assert plain_tag(drawing) == "svg"
    for root in files.values():
        assert not faults_in(root, QTI)
    declared = {each.get("href") for each in files[MANIFEST].iter() if plain_tag(each) == "file"}
    assert declared == {*files, "network.svg"} - {MANIFEST}
    of_test = {each.get("href") for each in files["test.xml"].iter() if plain_tag(each) == "assessmentItemRef"}
    assert of_test == {*files} - {MANIFEST, "test.xml"}
    assert len(of_test) == count * len(assignment.questions)
    for root in files.values():
        named = [each.get("identifier", "x") for each in root.iter()]
        assert all(map(IDENTIFIER.fullmatch, named))
    selections = [each for each in files["test.xml"].iter() if plain_tag(each) == "selection"]
    assert len(selections) == (count > 1)


@pytest.mark.parametrize("whole", [False, True])
def test_qti_compares_with_the_numbers_of_the_trace(whole: bool) -> None:
    sheets = variants(asked("backward", whole=whole), 2)
    files = qti(sheets)
    items = [root for name, root in files.items() if name.startswith("item-")]
    questions = [each for _, assignment in sheets for each in assignment.questions]
    for item, each in zip(items, questions, strict=True):
        assert item.get("title", "").startswith("SimpleNN 2-2-1 · ")
        rights, margins, points, fields = read_item(item)
        assert list(rights.values()) == pytest.approx([number.right for number in each.numbers], rel=1e-11)
        assert list(margins.values()) == pytest.approx([number.margin for number in each.numbers], rel=1e-11)
        assert list(points.values()) == pytest.approx([number.points for number in each.numbers])
        assert fields == list(rights)


def read_item(item: ElementTree.Element) -> tuple[dict[str, float], dict[str, float], dict[str, float], list[str]]:
    """The right numbers of an item, their tolerances and points, by response, and the fields in their order."""
    rights, margins, points = dict[str, float](), dict[str, float](), dict[str, float]()
    for each in item:
        if plain_tag(each) == "responseDeclaration":
            assert each.get("baseType") == "float"
            text = each[0][0].text or ""
            assert FLOAT.fullmatch(text)
            rights[each.get("identifier", "")] = float(text)
    for condition in item.iter():
        if plain_tag(condition) != "responseIf":
            continue
        equal = next(each for each in condition.iter() if plain_tag(each) == "equal")
        assert equal.get("toleranceMode") == "absolute"
        low, high = map(float, equal.get("tolerance", "").split())
        name = equal[0].get("identifier", "")
        assert name == equal[1].get("identifier")
        assert low == high
        margins[name] = low
        points[name] = float(next(each for each in condition.iter() if plain_tag(each) == "baseValue").text or "")
    fields = [each.get("responseIdentifier", "") for each in item.iter() if plain_tag(each) == "textEntryInteraction"]
    return rights, margins, points, fields


def test_the_same_assignment_is_the_same_package() -> None:
    sheets = [("", asked("loss"))]
    assert b"".join(qti_package("t", sheets)) == b"".join(qti_package("t", sheets))


def test_signs_that_mean_something_are_text() -> None:
    assignment = Assignment.of(checked_experiment(hard_experiment()))
    root = moodle([("a & b", assignment)], hard_experiment().title)
    assert not faults_in(root, MOODLE)
    html = text_at(next(each for each in root.iter("question") if each.get("type") == "numerical"), "questiontext/text")
    assert "A &lt; B &amp; C ]]&gt;" in html
    assert '$course$/top/<title> & "x"//y ]]>' in [each.findtext("category/text") for each in root.iter("question")]
    files = qti([("a & b", assignment)], hard_experiment().title)
    del files["network.svg"]
    for each in files.values():
        assert not faults_in(each, QTI)


def test_no_text_becomes_a_field_of_a_cloze_question() -> None:
    assignment = Assignment.of(checked_experiment(hard_experiment()))
    root = moodle([("", assignment)])
    (question,) = [each for each in root.iter("question") if each.get("type") == "cloze"]
    html = text_at(question, "questiontext/text")
    assert len(CLOZE.findall(html)) == len(re.findall(r"\{\d*:", html)) == len(assignment.questions[0].numbers)


@pytest.mark.parametrize("path", example_paths(), ids=lambda path: path.stem)
def test_every_example_can_be_a_quiz(path: object) -> None:
    experiment = checked_experiment(read_experiment(path))  # type: ignore[arg-type]
    wanted = "loss,output_gradient" if experiment.network.layers else "backward"
    assignment = asked(wanted, whole=True, experiment=experiment)
    assert not faults_in(moodle([("", assignment)]), MOODLE)
    files = qti([("", assignment)])
    files.pop("network.svg", None)
    assert not [fault for root in files.values() for fault in faults_in(root, QTI)]


def test_a_quiz_of_later_iterations_says_which() -> None:
    assignment = asked("loss", iterations=2)
    texts = [
        text_at(each, "questiontext/text")
        for each in moodle([("", assignment)]).iter("question")
        if each.get("type") == "numerical"
    ]
    assert [("iteration 0" in text, "iteration 1" in text) for text in texts] == [(True, False), (False, True)]
    assert replace(assignment.experiment, questions=()) == article()
