"""The limits that keep the project such that a stranger finds his way: lines, files in a folder, methods of a class."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

import chainrule

SOURCES = Path(chainrule.__file__).parent
TESTS = Path(__file__).parent
# Beside what makes a folder a package, or prepares its tests.
MOST_MODULES = 16
MOST_METHODS = 20
MOST_LINES = 400


def modules_by_folder(root: Path) -> Counter[str]:
    """How many modules lie in each folder, beside `__init__` and `conftest`."""
    names = (path for path in root.rglob("*.py") if path.stem not in ("__init__", "conftest"))
    return Counter(str(path.parent.relative_to(root)) for path in names)


@pytest.mark.parametrize("root", [SOURCES, TESTS], ids=["src", "tests"])
def test_no_folder_holds_more_modules_than_one_can_overlook(root: Path) -> None:
    found = modules_by_folder(root)
    assert found
    assert {folder: count for folder, count in found.items() if count > MOST_MODULES} == {}


@pytest.mark.parametrize("root", [SOURCES, TESTS], ids=["src", "tests"])
def test_no_file_is_longer_than_one_reads_at_a_time(root: Path) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in root.rglob("*.py")}
    assert {str(path.relative_to(root)): count for path, count in lengths.items() if count > MOST_LINES} == {}


def test_each_folder_says_what_is_in_it() -> None:
    for path in SOURCES.rglob("__init__.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), path.parent.name


def classes() -> Iterator[type]:
    """Each class of the program, from the module that it stands in."""
    for found in pkgutil.walk_packages(chainrule.__path__, "chainrule."):
        # Importing it starts the program.
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            yield from (each for each in vars(module).values() if inspect.isclass(each) and is_ours(each, found.name))


def is_ours(each: type, module: str = "chainrule") -> bool:
    return f"{each.__module__}.".startswith(f"{module}.")


def public_methods(each: type) -> set[str]:
    """The public methods and properties of a class, those that it inherits from classes of the program included.

    What overrides a method of Qt's, or of another library's, is no more to know than that is. A function of another
    module's that a class has under a name is no method of it.
    """
    theirs = {name for base in each.__mro__ if not is_ours(base) for name in vars(base)}
    found = {name for base in each.__mro__ if is_ours(base) for name, value in vars(base).items() if is_method(value)}
    return {name for name in found - theirs if not name.startswith("_")}


def is_method(value: object) -> bool:
    """Whether what a class has under a name was written as a method or a property of a class."""
    if isinstance(value, property | cached_property):
        return True
    function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
    return inspect.isfunction(function) and "." in function.__qualname__


def test_no_class_has_more_methods_than_one_can_overlook() -> None:
    found = {f"{each.__module__}.{each.__qualname__}": len(public_methods(each)) for each in classes()}
    assert found["chainrule.session.session.Session"] > 0
    assert {name: count for name, count in found.items() if count > MOST_METHODS} == {}


def test_methods_that_are_inherited_count_and_those_of_libraries_do_not() -> None:
    class Base(Path):
        def own(self) -> None: ...

        def exists(self) -> bool:  # type: ignore[override]
            return True

    class Derived(Base):
        @property
        def more(self) -> int:
            return 1

    Base.__module__ = Derived.__module__ = "chainrule.example"
    assert public_methods(Derived) == {"own", "more"}
