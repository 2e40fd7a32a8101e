"""How the sources ask for texts: templates with the places that they are given, at the time when they are shown."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import chainrule

SOURCES = Path(chainrule.__file__).parent
MODULES = sorted(SOURCES.rglob("*.py"))
LOOKUPS = ("gettext", "pgettext", "ngettext")


def lookups(tree: ast.AST, *, at_import: bool = False) -> Iterator[ast.Call]:
    """Yield the calls that look texts up, or only those that an import makes."""
    for node in ast.iter_child_nodes(tree):
        if at_import and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in LOOKUPS:
            yield node
        yield from lookups(node, at_import=at_import)


def texts_in(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that are texts: two of `ngettext`, the second of `pgettext`."""
    assert isinstance(call.func, ast.Name)
    return {"gettext": call.args[:1], "pgettext": call.args[1:2], "ngettext": call.args[:2]}[call.func.id]


def given_to(call: ast.Call) -> set[str]:
    """The names of the places that a call fills."""
    counted = {"count"} if getattr(call.func, "id", "") == "ngettext" else set[str]()
    return {keyword.arg for keyword in call.keywords if keyword.arg is not None} | counted


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}


def test_each_template_has_the_places_that_it_is_given(trees: dict[Path, ast.Module]) -> None:
    wrong = [
        f"{path.relative_to(SOURCES)}:{call.lineno}: {text.value}"
        for path, tree in trees.items()
        for call in lookups(tree)
        for text in texts_in(call)
        if isinstance(text, ast.Constant) and call.keywords and places(text.value) != given_to(call)
    ]
    assert wrong == []


def test_what_is_put_together_is_not_looked_up(trees: dict[Path, ast.Module]) -> None:
    """Except by `plural`, whose nouns are collected: nobody could collect the text."""
    wrong = [
        f"{path.relative_to(SOURCES)}:{call.lineno}"
        for path, tree in trees.items()
        for call in lookups(tree)
        if any(isinstance(text, ast.JoinedStr) for text in texts_in(call)) and path.stem != "spec_error"
    ]
    assert wrong == []


def test_no_text_is_looked_up_while_a_module_is_imported(trees: dict[Path, ast.Module]) -> None:
    """The language is chosen later."""
    wrong = [
        f"{path.relative_to(SOURCES)}:{call.lineno}"
        for path, tree in trees.items()
        for call in lookups(tree, at_import=True)
    ]
    assert wrong == []
