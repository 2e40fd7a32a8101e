"""Moodle XML as Moodle's importer reads it. Moodle publishes no schema: what a file must be is what that reads.

From `question/format/xml/format.php` (Moodle 4 and 5): which elements it goes to for a category, a numerical and a
cloze question, what it takes where there is none, and what it refuses. An element `text` is taken only if it holds
nothing but text; a format that it does not know is read as HTML with a warning; a question without a name is refused;
a fraction that is none of the grades that can be chosen is refused.
"""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.moodle import moodle_xml
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import example_paths
from tests.lessons.assignments.sheets import asked, variants

FORMATS = {"html", "moodle_auto_format", "plain_text", "markdown", "wiki_like"}
# The marks that a teacher can choose for an answer, in per cent.
GRADES = {100, 90, 80, 75, 70, 60, 50, 40, 30, 25, 20, 10, 5, 0}
# A field of a cloze question, as `question/type/multianswer` takes it apart: points, kind, answers between tildes.
FIELD = re.compile(r"\{(\d*):(\w+):([^{}]*)\}")
ALTERNATIVE = re.compile(r"=-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
LONGEST_NAME = 255


class RefusalError(AssertionError):
    """What the importer would say of a file."""


def text_of(parent: ElementTree.Element, tag: str) -> str:
    """The text of the first such element, which must be there and hold its text in `text`, without elements in it."""
    found = parent.find(f"{tag}/text")
    if found is None or len(found):
        raise RefusalError(f"{parent.tag}/{tag}: no text")
    return (found.text or "").strip()


def formatted(parent: ElementTree.Element, tag: str) -> str:
    """The same, with a format that is known, and files that can be decoded."""
    element = parent.find(tag)
    if element is None or element.get("format") not in FORMATS:
        raise RefusalError(f"{parent.tag}/{tag}: no format")
    names = [file.get("name") for file in element.findall("file")]
    for file in element.findall("file"):
        if file.get("encoding") != "base64" or not base64.b64decode(file.text or "", validate=True):
            raise RefusalError(f"file {file.get('name')}")
        assert (file.get("path") or "/").startswith("/")
    text = text_of(parent, tag)
    # A file that the text does not show is lost, and one that is not there is a broken picture.
    assert sorted(set(re.findall(r"@@PLUGINFILE@@/([^\"]+)", text))) == sorted(str(name) for name in names)
    return text


def number_in(parent: ElementTree.Element, tag: str) -> float:
    """The number that an element holds by itself."""
    return float(parent.findtext(tag) or "")


def headers(question: ElementTree.Element) -> str:
    """What each question has: its text is returned."""
    name = text_of(question, "name")
    if not name or len(name) > LONGEST_NAME:
        raise RefusalError(f"name {name!r}")
    formatted(question, "generalfeedback")
    assert 0 <= number_in(question, "penalty") <= 1
    assert question.findtext("hidden") == "0"
    return formatted(question, "questiontext")


def numerical(question: ElementTree.Element) -> int:
    """Read a question of one number, and count it."""
    headers(question)
    assert number_in(question, "defaultgrade") > 0
    answers = question.findall("answer")
    fractions = [float(answer.get("fraction", "0")) for answer in answers]
    # Of the answers one must be worth all points, and none another share than can be chosen.
    if max(fractions, default=0) != 100 or not set(fractions) <= GRADES:
        raise RefusalError(f"fractions {fractions}")
    for answer in answers:
        found = answer.find("text")
        assert found is not None
        assert not len(found)
        float(found.text or "")
        assert number_in(answer, "tolerance") >= 0
        assert answer.find("fraction") is None, "deprecated: it is an attribute"
        formatted(answer, "feedback")
    # No unit is asked for.
    assert question.find("units") is None
    assert [number_in(question, tag) for tag in ("unitgradingtype", "unitpenalty", "showunits", "unitsleft")] == [
        0,
        0,
        3,
        0,
    ]
    return 1


def cloze(question: ElementTree.Element) -> int:
    """Read a question with fields in its text, and count them."""
    text = headers(question)
    assert not question.findall("answer")
    # What its fields are worth is their sum.
    assert question.find("defaultgrade") is None
    fields = FIELD.findall(text)
    if not fields or len(fields) != len(re.findall(r"\{\d*:", text)):
        raise RefusalError("fields")
    for points, kind, answers in fields:
        assert int(points) > 0
        assert kind == "NUMERICAL"
        assert ALTERNATIVE.fullmatch(answers), answers
    return len(fields)


def imported(text: str) -> tuple[int, int]:
    """Read a file as Moodle does: how many categories and how many numbers that are asked for."""
    root = ElementTree.fromstring(text.encode())
    assert root.tag == "quiz"
    assert {child.tag for child in root} == {"question"}
    categories = numbers = 0
    for question in root:
        match question.get("type"):
            case "category":
                assert text_of(question, "category").startswith("$course$/top/")
                categories += 1
            case "numerical":
                numbers += numerical(question)
            case "cloze":
                numbers += cloze(question)
            case other:
                raise RefusalError(f"type {other}")
    return categories, numbers


def written(*sheets: tuple[str, Assignment]) -> str:
    return "".join(moodle_xml("Homework", sheets))


@pytest.mark.parametrize("whole", [False, True], ids=["numbers", "whole values"])
@pytest.mark.parametrize("path", example_paths(), ids=lambda path: path.stem)
def test_every_example_is_imported(path: object, whole: bool) -> None:
    experiment = checked_experiment(read_experiment(path))  # type: ignore[arg-type]
    wanted = "loss,output_gradient" if experiment.network.layers else "backward"
    assignment = asked(wanted, whole=whole, experiment=experiment)
    assert imported(written(("", assignment))) == (1, len(assignment.numbers))


def test_variants_are_imported_each_in_the_category_of_its_question() -> None:
    sheets = variants(asked("backward"), 3)
    assert imported(written(*sheets)) == (len(sheets[0][1].questions), sum(len(each.numbers) for _, each in sheets))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('fraction="100"', 'fraction="99"'),
        ('type="numerical"', 'type="number"'),
        ('<questiontext format="html">', '<questiontext format="xhtml">'),
        ("<name><text>Homework · 1</text>", "<name><text></text>"),
        ("<name><text>Homework · 1</text>", "<name><text><b>Homework</b></text>"),
        ('encoding="base64"', 'encoding="utf-8"'),
    ],
)
def test_what_moodle_refuses_is_refused_here(right: str, wrong: str) -> None:
    text = written(("", asked("loss")))
    assert right in text
    with pytest.raises(RefusalError):
        imported(text.replace(right, wrong, 1))
