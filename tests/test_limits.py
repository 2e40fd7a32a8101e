"""The limits that keep the project such that a stranger finds his way: how many files lie in a folder."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import chainrule

SOURCES = Path(chainrule.__file__).parent
TESTS = Path(__file__).parent
# Beside what makes a folder a package, or prepares its tests.
MOST_MODULES = 16


def modules_by_folder(root: Path) -> Counter[str]:
    """How many modules lie in each folder, beside `__init__` and `conftest`."""
    names = (path for path in root.rglob("*.py") if path.stem not in ("__init__", "conftest"))
    return Counter(str(path.parent.relative_to(root)) for path in names)


@pytest.mark.parametrize("root", [SOURCES, TESTS], ids=["src", "tests"])
def test_no_folder_holds_more_modules_than_one_can_overlook(root: Path) -> None:
    found = modules_by_folder(root)
    assert found
    assert {folder: count for folder, count in found.items() if count > MOST_MODULES} == {}


def test_each_folder_says_what_is_in_it() -> None:
    for path in SOURCES.rglob("__init__.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), path.parent.name
