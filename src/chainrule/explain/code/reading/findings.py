"""What is to be said of a script that was read: line by line, and whether it changes the numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

# More would be read by nobody.
MOST_FINDINGS = 200
LONGEST_QUOTE = 60


class Effect(Enum):
    """What follows from a finding: another experiment than the script's, a choice made for it, or nothing."""

    CHANGES = "changes the numbers"
    CHOSEN = "was chosen"
    HARMLESS = "left out, without an effect on the numbers"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A remark about a line of a script, counted from 1; line 0 stands for the whole of it."""

    line: int
    text: str
    effect: Effect = Effect.CHANGES

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


class NotUnderstoodError(Exception):
    """A part of a script that says nothing to the reader, with the reason where there is one."""


class ScriptLimitError(Exception):
    """A script that takes more steps, or numbers, than are followed."""


class Findings:
    """The findings of a script, each once, in the order of its lines."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], Finding] = {}
        self._left_out: set[int] = set()

    def add(self, line: int, text: str, effect: Effect = Effect.CHANGES) -> None:
        """Keep a remark, unless there are too many already."""
        if len(self._found) < MOST_FINDINGS:
            self._found.setdefault((line, text), Finding(line, text, effect))

    def leave_out(self, line: int) -> None:
        """Keep that a line prints, plots or measures, and was left out."""
        self._left_out.add(line)

    def all(self) -> tuple[Finding, ...]:
        """Return every finding; the lines that were left out without an effect are one."""
        found = sorted(self._found.values(), key=lambda each: (each.line, each.text))
        if self._left_out:
            lines = spoken_lines(self._left_out)
            found.append(Finding(0, f"{lines}: printed, plotted or measured; left out", Effect.HARMLESS))
        return tuple(found)


def spoken_lines(numbers: Iterable[int]) -> str:
    """Return `line 3`, or `lines 3, 5-7 and 9`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    if len(texts) == 1:
        return f"line{'s' if len(runs[0]) > 1 else ''} {texts[0]}"
    return f"lines {', '.join(texts[:-1])} and {texts[-1]}"


def quote(text: str) -> str:
    """Return a piece of code in one short line."""
    line = " ".join(text.split())
    line = line if line.isprintable() else line.encode("ascii", "backslashreplace").decode()
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 3]}..."


def words(text: str) -> frozenset[str]:
    """Return the words of a text, which are names of functions."""
    return frozenset(text.split())
