"""Moodle XML: the questions of an assignment as a quiz's, with the givens in each.

A question of one number is `numerical`, one of a whole value is `cloze`, a table with a field for each number. Of
variants each question has a category of its own, from which a quiz takes one by chance.
The format is that of Moodle's question bank, as docs.moodle.org has it under "Moodle XML format".
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from chainrule.explain.documents.network_drawing import network_drawing, svg_of_drawing
from chainrule.explain.documents.parts import Paragraph
from chainrule.explain.sentences.narration import introduce
from chainrule.lessons.assignments.assignment import AskedNumber, AskedQuestion, Assignment
from chainrule.lessons.assignments.given import exact_text, given_parts
from chainrule.lessons.assignments.html import as_mathjax, html_of_parts
from chainrule.lessons.assignments.worksheet import answer_table, question_title

DRAWING = "network.svg"
_PLUGIN_FILE = f"@@PLUGINFILE@@/{DRAWING}"


def moodle_xml(title: str, sheets: Sequence[tuple[str, Assignment]]) -> Iterator[str]:
    """Yield a file of Moodle's question bank in pieces: of each variant its name and its assignment."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n'
    title = title.replace("/", "//") or "Chainrule"
    if len(sheets) == 1:
        yield _category(title)
        name, assignment = sheets[0]
        given = _given(assignment)
        for asked in assignment.questions:
            yield _question(title, name, assignment, asked, given)
    else:
        givens = [_given(assignment) for _, assignment in sheets]
        for place, first in enumerate(sheets[0][1].questions):
            yield _category(f"{title}/{first.question.id}")
            for (name, assignment), given in zip(sheets, givens, strict=True):
                yield _question(title, name, assignment, assignment.questions[place], given)
    yield "</quiz>\n"


def _category(path: str) -> str:
    return f'<question type="category"><category><text>$course$/top/{escape(path)}</text></category></question>\n'


def _given(assignment: Assignment) -> tuple[str, str]:
    """Return what is given in HTML, and the drawing that goes with it."""
    drawing = network_drawing(assignment.experiment)
    image = "" if drawing is None else f'<p><img src="{_PLUGIN_FILE}" alt="The network" /></p>\n'
    words = introduce(assignment.experiment).partition(" Press ")[0]
    html = html_of_parts([Paragraph(words), *given_parts(assignment)], as_mathjax)
    file = ""
    if drawing is not None:
        data = base64.b64encode(svg_of_drawing(drawing).encode()).decode()
        file = f'<file name="{DRAWING}" path="/" encoding="base64">{data}</file>'
    return f"{image}{html}", file


def _question(title: str, name: str, assignment: Assignment, asked: AskedQuestion, given: tuple[str, str]) -> str:
    called = " · ".join(part for part in (title, asked.question.id, name) if part)
    html, file = given
    if len(asked.numbers) > 1:
        text = f"{html}\n<p>{_task(assignment, asked)}</p>\n{_cloze_table(assignment, asked)}"
        body = f'{_text("questiontext", text, file)}<generalfeedback format="html"><text></text></generalfeedback>'
        return f'<question type="cloze">{_name(called)}{body}<penalty>0</penalty><hidden>0</hidden></question>\n'
    (number,) = asked.numbers
    symbol = as_mathjax(assignment.notation.latex(number.ref, number.index))
    text = f"{html}\n<p>{_task(assignment, asked)} {symbol}</p>"
    answer = (
        f'<answer fraction="100" format="moodle_auto_format"><text>{exact_text(number.right)}</text>'
        f'<tolerance>{exact_text(number.margin)}</tolerance><feedback format="html"><text></text></feedback></answer>'
    )
    return (
        f'<question type="numerical">{_name(called)}{_text("questiontext", text, file)}'
        '<generalfeedback format="html"><text></text></generalfeedback>'
        f"<defaultgrade>{asked.question.points!r}</defaultgrade><penalty>0</penalty><hidden>0</hidden>{answer}"
        "<unitgradingtype>0</unitgradingtype><unitpenalty>0</unitpenalty><showunits>3</showunits>"
        "<unitsleft>0</unitsleft></question>\n"
    )


def _task(assignment: Assignment, asked: AskedQuestion) -> str:
    """Return in HTML what is to be worked out; a bracket in it would begin a field of a cloze question."""
    question = asked.question
    text = question.text or f"Work out, within {question.tolerance.text}: {question_title(assignment, asked)}"
    if len(assignment.calculations) > 1:
        text = f"{text}, iteration {question.iteration}"
    sample = assignment.sample_of(asked.numbers[0]) if len(asked.numbers) == 1 else None
    return escape(text if sample is None else f"{text}, sample {sample + 1}").replace("{", "&#123;")


def _cloze_table(assignment: Assignment, asked: AskedQuestion) -> str:
    weights = cloze_weights(asked.numbers)
    fields = {number.index: cloze_field(number, weight) for number, weight in zip(asked.numbers, weights, strict=True)}
    return html_of_parts([answer_table(assignment, asked, fields)], as_mathjax)


def cloze_field(number: AskedNumber, weight: int) -> str:
    """Return the field for one number: `{1:NUMERICAL:=0.35:0.0035}`."""
    return f"{{{weight}:NUMERICAL:={exact_text(number.right)}:{exact_text(number.margin)}}}"


def cloze_weights(numbers: Sequence[AskedNumber]) -> list[int]:
    """Return the points of the numbers of one value, which share them equally, as whole numbers.

    Whole points are shared out as far as they go round; else each number weighs 1 and the quiz sets the points.
    """
    each = numbers[0].points
    return [int(each)] * len(numbers) if each >= 1 and math.isclose(each, int(each)) else [1] * len(numbers)


def _name(text: str) -> str:
    return f"<name><text>{escape(text)}</text></name>"


def _text(tag: str, html: str, file: str) -> str:
    # A CDATA section ends at the first ]]>, which formulas do not have: it is put apart all the same.
    inner = html.replace("]]>", "]]]]><![CDATA[>")
    return f'<{tag} format="html"><text><![CDATA[{inner}]]></text>{file}</{tag}>'
