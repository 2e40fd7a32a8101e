"""The texts that the cells of a workbook share: counted, and written anew, before another library sees them."""

from __future__ import annotations

import re
from xml.parsers.expat import ExpatError, ParserCreate
from xml.sax.saxutils import escape

from chainrule.catalog.arguments import SpecError

# Of the cells of a sheet: each gets a text of its own, however many share it.
MOST_TEXT = 256 * 2**20
SHARED_NAME = "xl/sharedStrings.xml"
_SHARED = re.compile(rb"""<(?:[^\s<>/"']*:)?(?:sst|si)[\s/>]""")
_SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_INDEX = re.compile(rb"([0-9]{1,9})</")


def is_shared(content: bytes) -> bool:
    """Return whether a part of a workbook holds texts for its cells, whatever it is called."""
    return _SHARED.search(content) is not None


def shared_texts(content: bytes) -> list[str]:
    """Return the texts in their order, without how they are pronounced. Raises `ValueError` for what is no XML."""
    found: list[str] = []
    stack: list[str] = []
    pieces: list[str] = []

    def start(tag: str, _: object) -> None:
        stack.append(tag.rpartition(":")[2])
        if stack[-1] == "si":
            pieces.clear()

    def text(piece: str) -> None:
        if stack and stack[-1] == "t" and "rPh" not in stack:
            pieces.append(piece)

    def end(_: str) -> None:
        if stack.pop() == "si":
            found.append("".join(pieces))

    parser = ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.CharacterDataHandler, parser.EndElementHandler = start, text, end
    try:
        parser.Parse(content, True)
    except (ExpatError, LookupError) as error:
        # Of an encoding that nobody knows Python itself says so.
        raise ValueError(str(error)) from None
    return found


def written_texts(texts: list[str]) -> bytes:
    """Return the part that holds these texts, and says of itself nothing else: a count in it may be wrong."""
    items = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    return f'<sst xmlns="{_SPACE}">{items}</sst>'.encode()


def length_at(content: bytes, place: int, lengths: list[int], longest: int) -> int:
    """Return how long the text is whose number stands at a place in a sheet; of what is no plain number, the longest.

    `lengths` are those of all texts, and `longest` that of the longest.
    """
    found = _INDEX.match(content, place)
    if found is None:
        return longest
    number = int(found[1])
    return lengths[number] if number < len(lengths) else 0


def check_text(length: int, path: str) -> None:
    """Refuse more text than a sheet may have."""
    if length > MOST_TEXT:
        raise SpecError(path, f"expected at most {MOST_TEXT // 2**20} MiB of text in the cells of a sheet, got more")
