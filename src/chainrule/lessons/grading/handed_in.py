"""What a student handed in: numbers as text, by what the table of answers calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec_error import describe
from chainrule.model.files.json_text import short_line
from chainrule.model.importing.sheets import UnsavedFormula

# Of a name of a student, and of what stands in the place of a number; a longer one is refused as a number.
LONGEST_STUDENT, LONGEST_GIVEN = 120, 1000
# So many names that nothing goes by are told.
MOST_UNASKED = 20
_MOST_SEED = 2**63


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One student's answers. `answers` are texts by the keys of the numbers, as they were written; `twice` are keys
    with two different answers, `unread` says of some why they cannot be read, and `unasked` are names that no number
    that is asked for goes by. `variant` and `seed` are what the file says of them.
    """

    student: str
    source: str
    answers: Mapping[str, str]
    variant: str = ""
    seed: int | None = None
    twice: frozenset[str] = frozenset()
    unasked: tuple[str, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Collected:
    """Answers of one student that are being collected."""

    answers: dict[str, str] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    variant: str = ""
    seed: int | None = None
    unasked: dict[str, None] = field(default_factory=dict)

    def add(self, key: str, given: str) -> None:
        """Keep an answer; another one to the same question is told, and none of the two is taken for it."""
        known = self.answers.get(key)
        if known is not None and known and given and known != given:
            self.twice.add(key)
            return
        self.answers[key] = given or known or ""

    def add_unread(self, key: str, why: str) -> None:
        """Keep why an answer that is there cannot be read."""
        self.answers.setdefault(key, "")
        self.unread[key] = why

    def tell_unasked(self, name: str) -> None:
        """Keep a name that nothing goes by, of the first few."""
        if len(self.unasked) < MOST_UNASKED:
            self.unasked[short_line(name)[:LONGEST_STUDENT]] = None

    def handed_in(self, student: str, source: str) -> HandedIn:
        """Return them as what a student handed in."""
        return HandedIn(
            student,
            source,
            self.answers,
            self.variant,
            self.seed,
            frozenset(self.twice),
            tuple(self.unasked),
            self.unread,
        )


def student_name(text: str) -> str:
    """Return the name of a student on one line, and of a bearable length."""
    return short_line(" ".join(text.split()))[:LONGEST_STUDENT].strip()


def answer_text(value: object) -> str:
    """Return a cell or a number as a text; None is none, and a formula without its value, too."""
    if value is None or isinstance(value, UnsavedFormula):
        return ""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value).strip()[:LONGEST_GIVEN]


def seed_of(value: object, path: str) -> int | None:
    """Return a seed that a file names."""
    text = answer_text(value)
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(_MOST_SEED)):
        raise SpecError(path, f"expected a whole number as the seed, got {describe(text)}")
    return int(text)
