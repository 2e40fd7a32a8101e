"""The examples of the guide, as they stand there: each block of code, and where its first line says that it goes."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

from tests.guide.names import ROOT

GUIDE = ROOT / "docs" / "architecture.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEW = re.compile(r"# new: (?P<path>\S+)")
PLACE = re.compile(r"# (?P<path>\S+), (?P<how>before|after): (?P<line>.+)")
# Between the lines where one alone is there more than once.
NEXT_LINE = " ⏎ "
COPIED = ("src", "tests", "docs", "resources", "pyproject.toml", "README.md")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of code for a file: the whole of a new one, or what goes to a line of one that is there."""

    path: str
    code: str
    how: str = ""
    line: str = ""

    def put_into(self, root: Path) -> None:
        """Write it to its file; the line that it goes to is there exactly once."""
        path = root / self.path
        if not self.how:
            assert not path.exists(), f"{self.path} is there already"
            path.write_text(self.code, encoding="utf-8")
            return
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        wanted, stripped = self.line.split(NEXT_LINE), [line.strip() for line in lines]
        places = [place for place in range(len(lines)) if stripped[place : place + len(wanted)] == wanted]
        assert len(places) == 1, (
            f"{self.path} has {len(places)} times, not once: {self.line}; docs/architecture.md, which puts an example "
            f"{self.how} it, has to follow"
        )
        begin, end = places[0], places[0] + len(wanted)
        depth = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
        lines.insert(begin if self.how == "before" else end, indent(dedent(self.code), depth))
        path.write_text("".join(lines), encoding="utf-8")


def blocks() -> list[Block]:
    """Each block of the guide, in its order."""
    found = []
    for text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        first, _, code = text.partition("\n")
        place = NEW.fullmatch(first) or PLACE.fullmatch(first)
        assert place, f"a block of the guide does not say where it goes: {first}"
        found.append(Block(code=code, **place.groupdict()))
    return found


def apply_to_a_copy(root: Path) -> list[str]:
    """Copy the source and put every block into it; return the files that they go to."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root)
    found = blocks()
    for block in found:
        block.put_into(root)
    return list(dict.fromkeys(block.path for block in found))
