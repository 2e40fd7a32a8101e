"""What the documents name is there: files, folders, modules, functions, classes and their members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guide.names import ROOT, SOURCE, names

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# Here every word of code is one of the project; the README is full of PyTorch's and of what can be typed.
OF_THE_CODE = [ROOT / "docs" / "architecture.md"]

# Written by a command.
MADE = ("benchmarks/",)

CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PATH = re.compile(r"[\w.-]*(/[\w.-]+)*(/|\.(py|md|toml|yml|spec|png))")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\(\))?")
LINK = re.compile(r"\]\(([^)#]+)(?:#[\w-]+)?\)")
# Of PyTorch, Qt and Python, what is made at run time, and letters of formulas.
FOREIGN = re.compile(r"(torch|nn|QtCore|QtGui|Qt|PySide6|msgspec|self|json)\b|Q[A-Z]\w+|NAME\b|betas?_?\d")


def words(document: Path) -> Iterator[str]:
    """What stands between backticks, outside of blocks of code."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    yield from CODE.findall(text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_and_folders_are_there(document: Path) -> None:
    paths = [word for word in words(document) if PATH.fullmatch(word) and word not in MADE and "NAME" not in word]
    assert [path for path in paths if not any((base / path).exists() for base in (ROOT, SOURCE))] == []
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if ":" not in link and not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_modules_of_ours_are_there(document: Path) -> None:
    dotted = [word.removesuffix("()") for word in words(document) if re.fullmatch(r"chainrule(\.\w+)+(\(\))?", word)]
    assert [name for name in dotted if not names().has(name)] == []


@pytest.mark.parametrize("document", OF_THE_CODE, ids=lambda path: path.name)
def test_every_name_of_the_code_is_there(document: Path) -> None:
    found = [word for word in words(document) if DOTTED.fullmatch(word) and not FOREIGN.match(word)]
    assert len(found) > 50
    assert [word for word in found if not PATH.fullmatch(word) and not names().has(word.removesuffix("()"))] == []
