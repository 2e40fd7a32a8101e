"""The parts that a text for notes is made of, whatever it is written in."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.explain.documents.network_drawing import NetworkDrawing


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is a section."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Formulas:
    """Formulas one below the other, each with what it is called, or with "": (name, LaTeX)."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PartCell:
    """What stands in a cell of a table: words, or a formula in LaTeX, which may have both; an empty one is written into
    by hand.
    """

    text: str = ""
    latex: str = ""


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table with a head."""

    head: tuple[PartCell, ...]
    rows: tuple[tuple[PartCell, ...], ...]


@dataclass(frozen=True, slots=True)
class WritingLines:
    """Lines to be written on by hand, with a word in front of the first if there is one."""

    count: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows stands on a page of its own, where there are pages."""


@dataclass(frozen=True, slots=True)
class DrawingPart:
    """A drawing of a network; `name` is the file that it is in where a text has none of its own."""

    drawing: NetworkDrawing
    name: str


Part = Heading | Paragraph | Formulas | TablePart | WritingLines | NewPage | DrawingPart
