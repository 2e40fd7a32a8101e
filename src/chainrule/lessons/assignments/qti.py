"""QTI 2.1: an assignment as a package of items that answer themselves: a zip with its manifest, a test and the items.

After IMS Question and Test Interoperability 2.1 and Content Packaging 1.1: a `textEntryInteraction` for each number,
of the base type float, and a response processing that compares with the right number within an absolute tolerance.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

from chainrule import __version__
from chainrule.explain.documents.network_drawing import network_drawing, svg_of_drawing
from chainrule.explain.documents.parts import Paragraph
from chainrule.explain.sentences.narration import introduce
from chainrule.lessons.assignments.assignment import AskedQuestion, Assignment
from chainrule.lessons.assignments.given import exact_text, given_parts
from chainrule.lessons.assignments.html import as_plain, html_of_parts
from chainrule.lessons.assignments.worksheet import answer_table, question_title
from chainrule.lessons.calculation import Index

_QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_CP = "http://www.imsglobal.org/xsd/imscp_v1p1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ITEM_TYPE, _TEST_TYPE = "imsqti_item_xmlv2p1", "imsqti_test_xmlv2p1"
MANIFEST, TEST, DRAWING = "imsmanifest.xml", "test.xml", "network.svg"
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")
_CELL = re.compile(r"<td>(RESPONSE\d+)</td>")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# A zip's files have a date: always the same one, so that the same assignment is the same package.
_DATE = (2000, 1, 1, 0, 0, 0)


def qti_package(title: str, sheets: Sequence[tuple[str, Assignment]]) -> Iterator[bytes]:
    """Yield the bytes of a package, most of them at the end; a variant's questions are a section of the test."""
    title = title or "Chainrule"
    files, sections = dict[str, str](), list[tuple[str, list[str]]]()
    drawing = network_drawing(sheets[0][1].experiment)
    image = "" if drawing is None else DRAWING
    for number, (name, assignment) in enumerate(sheets, 1):
        items = []
        given = _given(assignment, image)
        for place, asked in enumerate(assignment.questions, 1):
            identifier = f"item-{number}-{place}-{_NO_NAME.sub('_', asked.question.id)}"
            files[f"{identifier}.xml"] = _item(identifier, (title, name), assignment, asked, given)
            items.append(identifier)
        sections.append((name or title, items))
        yield b""
    files[TEST] = _test(title, sections)
    if drawing is not None:
        files[DRAWING] = svg_of_drawing(drawing)
    yield _zipped({MANIFEST: _manifest(title, sections, has_drawing=drawing is not None), **files})


def _zipped(files: Mapping[str, str]) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), text.encode(), zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _given(assignment: Assignment, image: str) -> str:
    words = introduce(assignment.experiment).partition(" Press ")[0]
    picture = f'<p><img src="{image}" alt="The network"/></p>\n' if image else ""
    return picture + html_of_parts([Paragraph(words), *given_parts(assignment)], as_plain)


def _item(identifier: str, names: tuple[str, str], assignment: Assignment, asked: AskedQuestion, given: str) -> str:
    responses = {number.index: f"RESPONSE{place}" for place, number in enumerate(asked.numbers, 1)}
    called = " · ".join(part for part in (names[0], asked.question.id, names[1]) if part)
    declared = "\n".join(
        f'<responseDeclaration identifier="{responses[number.index]}" cardinality="single" baseType="float">'
        f"<correctResponse><value>{exact_text(number.right)}</value></correctResponse></responseDeclaration>"
        for number in asked.numbers
    )
    outcomes = "\n".join(
        f'<outcomeDeclaration identifier="{name}" cardinality="single" baseType="float">'
        f"<defaultValue><value>{value!r}</value></defaultValue></outcomeDeclaration>"
        for name, value in (("SCORE", 0.0), ("MAXSCORE", asked.question.points))
    )
    processing = "\n".join(
        _condition(responses[number.index], exact_text(number.margin), number.points) for number in asked.numbers
    )
    return (
        f'{_HEAD}<assessmentItem xmlns="{_QTI}" xmlns:xsi="{_XSI}" '
        f'xsi:schemaLocation="{_QTI} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd" '
        f'identifier={quoteattr(identifier)} title={quoteattr(called)} adaptive="false" timeDependent="false" '
        f'toolName="Chainrule" toolVersion="{__version__}">\n{declared}\n{outcomes}\n'
        f"<itemBody>\n{given}\n{_asked(assignment, asked, responses)}\n</itemBody>\n"
        f"<responseProcessing>\n{processing}\n</responseProcessing>\n</assessmentItem>\n"
    )


def _condition(response: str, margin: str, points: float) -> str:
    """Return what adds a number's points where the answer is within its tolerance."""
    right = f'<variable identifier="{response}"/><correct identifier="{response}"/>'
    within = f'<equal toleranceMode="absolute" tolerance="{margin} {margin}">{right}</equal>'
    score = f'<sum><variable identifier="SCORE"/><baseValue baseType="float">{points!r}</baseValue></sum>'
    given = f'<not><isNull><variable identifier="{response}"/></isNull></not>'
    return (
        f"<responseCondition><responseIf><and>{given}{within}</and>"
        f'<setOutcomeValue identifier="SCORE">{score}</setOutcomeValue></responseIf></responseCondition>'
    )


def _asked(assignment: Assignment, asked: AskedQuestion, responses: Mapping[Index, str]) -> str:
    """Return what is asked, with a field for each number."""
    question = asked.question
    words = question.text or f"Work out, within {question.tolerance.text}: {question_title(assignment, asked)}"
    if len(assignment.calculations) > 1:
        words = f"{words} (iteration {question.iteration})"
    if len(asked.numbers) == 1:
        (number,) = asked.numbers
        return f"<p>{escape(words)}</p>\n<p>{escape(assignment.name(number))} = {_field(responses[number.index])}</p>"
    table = html_of_parts([answer_table(assignment, asked, responses)], as_plain)
    return f"<p>{escape(words)}</p>\n{_CELL.sub(lambda found: f'<td>{_field(found[1])}</td>', table)}"


def _field(response: str) -> str:
    return f'<textEntryInteraction responseIdentifier="{response}" expectedLength="12"/>'


def _test(title: str, sections: Sequence[tuple[str, Sequence[str]]]) -> str:
    found = []
    for number, (name, items) in enumerate(sections, 1):
        links = "".join(f'<assessmentItemRef identifier="ref-{item}" href="{item}.xml"/>' for item in items)
        found.append(
            f'<assessmentSection identifier="section-{number}" title={quoteattr(name)} visible="true">{links}'
            "</assessmentSection>"
        )
    # Of variants a student has one.
    chosen = '<selection select="1"/>' if len(sections) > 1 else ""
    inner = "\n".join(found)
    return (
        f'{_HEAD}<assessmentTest xmlns="{_QTI}" xmlns:xsi="{_XSI}" '
        f'xsi:schemaLocation="{_QTI} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd" '
        f'identifier="test" title={quoteattr(title)}>\n'
        '<testPart identifier="part" navigationMode="nonlinear" submissionMode="simultaneous">\n'
        f'<assessmentSection identifier="all" title={quoteattr(title)} visible="false">{chosen}\n{inner}\n'
        "</assessmentSection>\n</testPart>\n</assessmentTest>\n"
    )


def _manifest(title: str, sections: Sequence[tuple[str, Sequence[str]]], *, has_drawing: bool) -> str:
    items = [item for _, of_section in sections for item in of_section]
    image = f'<file href="{DRAWING}"/>' if has_drawing else ""
    resources = [
        f'<resource identifier="test" type="{_TEST_TYPE}" href="{TEST}"><file href="{TEST}"/>'
        + "".join(f'<dependency identifierref="{item}"/>' for item in items)
        + "</resource>"
    ]
    resources += [
        f'<resource identifier="{item}" type="{_ITEM_TYPE}" href="{item}.xml">'
        f'<file href="{item}.xml"/>{image}</resource>'
        for item in items
    ]
    inner = "\n".join(resources)
    return (
        f'{_HEAD}<manifest xmlns="{_CP}" xmlns:xsi="{_XSI}" identifier="chainrule-package" '
        f'xsi:schemaLocation="{_CP} http://www.imsglobal.org/xsd/imscp_v1p1.xsd">\n'
        "<metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>\n"
        f"<organizations/>\n<resources>\n{inner}\n</resources>\n</manifest>\n"
    )
