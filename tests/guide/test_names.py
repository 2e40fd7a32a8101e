"""What the documents name is there: files, folders, modules, functions, classes and their members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guide.names import ROOT, SOURCE, Names, names

DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# Here every word of code is one of the project; the README is full of PyTorch's and of what can be typed.
OF_THE_CODE = [ROOT / "docs" / "architecture.md"]

# Written by a command, or by the author of a lesson.
MADE = ("benchmarks/", "lesson.toml", "your-turn.md")

CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PATH = re.compile(r"[\w.-]*(/[\w.-]+)*(/|\.(py|md|toml|yml|spec|png))")
DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(\(\))?")
LINK = re.compile(r"\]\(([^)#]+)(?:#[\w-]+)?\)")
# Of PyTorch, Qt and Python, what is made at run time, and letters of formulas.
FOREIGN = re.compile(r"(torch|nn|sys|QtCore|QtGui|Qt|PySide6|msgspec|self|json)\b|Q[A-Z]\w+|NAME\b|betas?_?\d")


def prose(document: Path) -> str:
    """What stands outside of blocks of code."""
    return re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def words(document: Path) -> Iterator[str]:
    """What stands between backticks, outside of blocks of code."""
    yield from CODE.findall(prose(document))


def astray(text: str, known: Names) -> list[str]:
    """Names of which there are several things, and none in a file that is named in their paragraph, or last before it.

    A paragraph is a numbered point, too. The name of a class, and one that only one file defines, is found anyway.
    """
    found, last = [], ""
    for paragraph in re.split(r"\n\s*\n|\n(?=\d+\. )", text):
        named = CODE.findall(paragraph)
        files = [word for word in named if word in known.texts]
        near = "\n".join(known.texts[file] for file in (*files, last) if file)
        bare = [word.removesuffix("()") for word in named if re.fullmatch(r"[a-z_]\w*(\(\))?", word)]
        several = [word for word in bare if len(known.files[word]) > 1]
        found += [word for word in several if not re.search(rf"\b{word}\b", near)]
        last = files[-1] if files else last
    return found


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
    # What is in the tests is in one that is named.
    tests = [word for word in words(document) if re.fullmatch(r"tests/\S+\.py", word)]
    in_tests = {name for test in tests for name in re.findall(r"\w+", (ROOT / test).read_text(encoding="utf-8"))}
    known = [word for word in found if names().has(word.removesuffix("()")) or word in in_tests]
    assert [word for word in found if not PATH.fullmatch(word) and word not in known] == []


@pytest.mark.parametrize("document", OF_THE_CODE, ids=lambda path: path.name)
def test_a_name_of_several_things_is_in_a_file_that_is_named_near_it(document: Path) -> None:
    assert astray(prose(document), names()) == []


def test_a_name_that_is_only_in_other_files_is_noticed() -> None:
    known, where = names(), "`model/navigation.py` says where the cursor stops next:"
    assert astray(f"{where} `next_stop` takes a `Stride`.", known) == []
    assert astray(f"{where} `forward` takes a `Stride`.", known) == ["forward"]
    assert astray(f"1. {where} so.\n2. `engine/kernels/activations.py` has `forward`.", known) == []
    assert astray(f"`engine/kernels/activations.py` is one.\n\n{where} so.\n\nIt has `forward`.", known) == ["forward"]
