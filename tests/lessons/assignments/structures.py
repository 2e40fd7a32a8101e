"""Which elements a quiz may have, in which order, with which attributes: read from the formats' own descriptions.

QTI: IMS QTI 2.1 Assessment Test, Section and Item Information Model, and Content Packaging 1.1. Moodle:
docs.moodle.org, "Moodle XML format". Only what is written is listed, so that anything else is wrong.

The schema of QTI 2.1 is not here to be asked itself: its notice has whoever takes it from IMS register before passing
it on, that of 2.1.1 does not let it be passed on at all, and it imports those of MathML, XInclude and APIP.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

FLOAT = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Element:
    """An element's children, as a regular expression over their names with a blank behind each, and its attributes."""

    children: str = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_INLINE = "(?:textEntryInteraction |img )*"
_FLOW = "(?:p |table |ul |h3 |h4 |h5 |img |textEntryInteraction )*"
QTI = {
    "assessmentItem": Element(
        "(?:responseDeclaration )*(?:outcomeDeclaration )*itemBody responseProcessing ",
        ("identifier", "title", "adaptive", "timeDependent"), ("toolName", "toolVersion", "schemaLocation"),
    ),
    "responseDeclaration": Element("correctResponse ", ("identifier", "cardinality", "baseType")),
    "outcomeDeclaration": Element("defaultValue ", ("identifier", "cardinality", "baseType")),
    "correctResponse": Element("value "),
    "defaultValue": Element("value "),
    "value": Element(),
    # What stands in the body is a block: no text and no interaction of its own.
    "itemBody": Element("(?:p |table |ul |h3 |h4 |h5 )*"),
    "p": Element(_INLINE), "h3": Element(), "h4": Element(), "h5": Element(),
    "ul": Element("(?:li )+"), "li": Element(_INLINE),
    "table": Element("thead tbody "), "thead": Element("(?:tr )+"), "tbody": Element("(?:tr )+"),
    "tr": Element("(?:td |th )+"), "td": Element(_FLOW), "th": Element(_FLOW),
    "img": Element("", ("src", "alt")),
    "textEntryInteraction": Element("", ("responseIdentifier",), ("expectedLength",)),
    "responseProcessing": Element("(?:responseCondition )*"),
    "responseCondition": Element("responseIf "),
    "responseIf": Element("and (?:setOutcomeValue )*"),
    "and": Element("(?:not |equal )+"), "not": Element("isNull "), "isNull": Element("variable "),
    "equal": Element("variable correct ", ("toleranceMode", "tolerance")),
    "variable": Element("", ("identifier",)), "correct": Element("", ("identifier",)),
    "setOutcomeValue": Element("sum ", ("identifier",)), "sum": Element("variable baseValue "),
    "baseValue": Element("", ("baseType",)),
    "assessmentTest": Element("(?:testPart )+", ("identifier", "title"), ("schemaLocation",)),
    "testPart": Element("(?:assessmentSection )+", ("identifier", "navigationMode", "submissionMode")),
    "assessmentSection": Element(
        "(?:selection )?(?:assessmentSection |assessmentItemRef )*", ("identifier", "title", "visible")
    ),
    "selection": Element("", ("select",)), "assessmentItemRef": Element("", ("identifier", "href")),
    "manifest": Element("metadata organizations resources ", ("identifier",), ("schemaLocation",)),
    "metadata": Element("schema schemaversion "), "schema": Element(), "schemaversion": Element(),
    "organizations": Element(), "resources": Element("(?:resource )+"),
    "resource": Element("(?:file )+(?:dependency )*", ("identifier", "type", "href")),
    "file": Element("", ("href",)), "dependency": Element("", ("identifierref",)),
}  # fmt: skip
_TEXT = Element("text (?:file )*", ("format",))
MOODLE = {
    "quiz": Element("(?:question )*"),
    "question": Element(
        "(?:category |name questiontext generalfeedback (?:defaultgrade )?penalty hidden (?:answer )*"
        "(?:unitgradingtype unitpenalty showunits unitsleft )?)",
        ("type",),
    ),
    "category": Element("text "), "name": Element("text "), "questiontext": _TEXT, "generalfeedback": _TEXT,
    "text": Element(), "file": Element("", ("name", "path", "encoding")),
    "defaultgrade": Element(), "penalty": Element(), "hidden": Element(),
    "answer": Element("text tolerance feedback ", ("fraction", "format")), "tolerance": Element(), "feedback": _TEXT,
    "unitgradingtype": Element(), "unitpenalty": Element(), "showunits": Element(), "unitsleft": Element(),
}  # fmt: skip


def plain_tag(element: ElementTree.Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def faults_in(root: ElementTree.Element, known: dict[str, Element]) -> list[str]:
    """What of a document is not as its format has it."""
    found = []
    for element in root.iter():
        name = plain_tag(element)
        if name not in known:
            found.append(f"no element {name}")
            continue
        rule = known[name]
        children = "".join(f"{plain_tag(child)} " for child in element)
        if not re.fullmatch(rule.children, children):
            found.append(f"{name} has {children!r}")
        attributes = {key.rpartition("}")[2] for key in element.attrib}
        if not set(rule.required) <= attributes <= {*rule.required, *rule.optional}:
            found.append(f"{name} has the attributes {sorted(attributes)}")
    return found
