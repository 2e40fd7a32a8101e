"""Qt's SVG made to look the same everywhere: letters become outlines, and widths of lines stay what they are.

Qt writes text with the name of a font, which other programs and machines do not have, and lines of a plot with
`vector-effect`, which many programs do not know: they would draw bands in the place of curves.
"""

from __future__ import annotations

import re
from math import isfinite
from xml.etree import ElementTree

from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QPainterPath, QTransform

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_TEXT, _PATH, _GROUP, _IMAGE = (f"{{{_SVG}}}{name}" for name in ("text", "path", "g", "image"))
_MATRIX = re.compile(r"matrix\(([^)]*)\)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_EFFECT = "vector-effect"
_LABEL = "aria-label"
_FIXED = "non-scaling-stroke"
_LETTERS = "MLC"


def outlined(svg: bytes) -> bytes:
    """Return an SVG of Qt's with its texts as outlines, each with its words as `aria-label`, and with fixed lines."""
    # It is our own text, not a stranger's: there is nothing in it to beware of.
    root = ElementTree.fromstring(svg)
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    for parent in list(root.iter(_GROUP)):
        _outline_texts(parent)
    for image in root.iter(_IMAGE):
        if image.get("image-rendering") == "optimizeSpeed":
            # Of a heat map each square is a number.
            image.set("style", "image-rendering:crisp-edges;image-rendering:pixelated")
    for group in root.iter(_GROUP):
        _fix_lines(group)
        for name in ("font-family", "font-size", "font-weight", "font-style"):
            group.attrib.pop(name, None)
    _drop_empty(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _outline_texts(group: ElementTree.Element) -> None:
    """Put outlines in the place of texts. Qt parts a line where another script begins: it becomes one again."""
    line, before = ElementTree.Element(_PATH), ""
    for text in list(group):
        if text.tag != _TEXT:
            before = ""
            continue
        if not text.text:
            # Qt has drawn its outlines already.
            group.remove(text)
            continue
        found = _outline(text)
        if text.get("y") == before:
            line.set("d", line.get("d", "") + found.get("d", ""))
            line.set(_LABEL, line.get(_LABEL, "") + found.get(_LABEL, ""))
            group.remove(text)
        else:
            group[list(group).index(text)] = line = found
            before = text.get("y", "")


def _outline(text: ElementTree.Element) -> ElementTree.Element:
    """Return the outlines of a line of text."""
    family, size, words = text.get("font-family", ""), text.get("font-size", "12"), text.text or ""
    font = QFont(family.split(",")[0].strip("' "))
    font.setPixelSize(max(1, round(float(size.removesuffix("px")))))
    font.setWeight(QFont.Weight(int(text.get("font-weight", "400"))))
    font.setItalic(text.get("font-style") == "italic")
    path = QPainterPath()
    path.addText(QPointF(float(text.get("x", "0")), float(text.get("y", "0"))), font, words)
    found = ElementTree.Element(_PATH, {_LABEL: words, "fill-rule": "nonzero", "stroke": "none"})
    for name in ("fill", "fill-opacity"):
        found.set(name, text.get(name, "1"))
    found.set("d", _written(path))
    return found


def _written(path: QPainterPath) -> str:
    """Return a path as SVG writes it."""
    found = []
    for place in range(path.elementCount()):
        element = path.elementAt(place)
        kind = element.type.value
        # The second and the third point of a curve belong to the one before.
        found.append(f"{_LETTERS[kind] if kind < len(_LETTERS) else ' '}{_short(element.x)},{_short(element.y)}")
    return "".join(found)


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".") if isfinite(number) else "0"


def _fix_lines(group: ElementTree.Element) -> None:
    """Put the points of a group whose lines do not grow with it where they come to lie: then nothing grows."""
    fixed = [child for child in group if child.attrib.pop(_EFFECT, None) == _FIXED]
    matrix = _MATRIX.match(group.get("transform", ""))
    # A circle that is stretched has no points to be moved; Qt draws none with such a pen here.
    if matrix is None or not fixed or not all(set(child.attrib) & {"points", "d"} for child in group):
        return
    transform = QTransform(*(float(each) for each in matrix[1].split(",")))
    del group.attrib["transform"]
    for child in group:
        for name in ("points", "d"):
            if name in child.attrib:
                child.set(name, _moved(child.attrib[name], transform))


def _moved(points: str, transform: QTransform) -> str:
    """Return pairs of numbers moved, with the letters between them as they are."""
    numbers = list(_NUMBER.finditer(points))
    found, end = [], 0
    for across, down in zip(numbers[::2], numbers[1::2], strict=True):
        moved = transform.map(QPointF(float(across[0]), float(down[0])))
        found.append(f"{points[end : across.start()]}{_short(moved.x())},{_short(moved.y())}")
        end = down.end()
    return "".join(found) + points[end:]


def _drop_empty(root: ElementTree.Element) -> None:
    """Take away the groups that Qt begins and draws nothing in."""
    for parent in root.iter():
        for child in list(parent):
            if child.tag == _GROUP and not len(child):
                parent.remove(child)
