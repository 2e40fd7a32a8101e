"""The parts that a text for notes is made of, whatever it is written in."""

from __future__ import annotations

from dataclasses import dataclass


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


Part = Heading | Paragraph | Formulas
