"""One name, one thing: what the modules of the program make public has names that are not taken for each other."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule

SOURCE = Path(chainrule.__file__).parent
TREES = {
    ".".join(("chainrule", *path.relative_to(SOURCE).with_suffix("").parts)): ast.parse(
        path.read_text(encoding="utf-8")
    )
    for path in sorted(SOURCE.rglob("*.py"))
}


def _imported_by_name(trees: dict[str, ast.Module]) -> set[tuple[str, str]]:
    """Return module and name of all that a module takes from another to use it without the module's name before it."""
    return {
        (node.module, alias.name)
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _aliases(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield name and value of each type alias: of what is assigned to a name in CamelCase."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            names, value = [node.target], node.value
        else:
            continue
        for name in names:
            if isinstance(name, ast.Name) and name.id[0].isupper() and not name.id.isupper() and len(name.id) > 1:
                yield name.id, ast.unparse(value)


def said_twice(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Return each public name that stands for several things, with the modules that define it.

    Three kinds may repeat. An alias of a type that is the same type everywhere. A constant, which a module has for
    itself (`GAP`, `FONT`). And a function that is only ever called behind the name of its module, where the module
    is a table by kind: `loss_formulas.loss` and `loss_sentences.loss` are told apart by what stands before the dot.
    """
    defined: defaultdict[str, set[str]] = defaultdict(set)
    aliases: defaultdict[str, dict[str, str]] = defaultdict(dict)
    by_name = _imported_by_name(trees)
    functions = defaultdict(set)
    for module, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                defined[node.name].add(module)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions[node.name].add(module)
        for name, value in _aliases(tree):
            aliases[name][module] = value
    for name, modules in functions.items():
        if name in defined or any((module, name) in by_name for module in modules):
            defined[name] |= modules
    for name, values in aliases.items():
        if name in defined or len(set(values.values())) > 1:
            defined[name] |= values.keys()
    return {name: modules for name, modules in defined.items() if len(modules) > 1 and not name.startswith("_")}


def test_no_name_stands_for_two_things() -> None:
    found = [
        f"{name} stands for {len(modules)} things: in {', in '.join(sorted(modules))}; rename one, or, of functions, "
        "call each behind its module"
        for name, modules in said_twice(TREES).items()
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("one", "other", "is_said_twice"),
    [
        ("class Row: ...", "class Row: ...", True),
        ("class Row: ...", "Row = tuple[int, ...]", True),
        ("Row = tuple[int, ...]", "Row = tuple[float, ...]", True),
        ("Row = tuple[int, ...]", "Row = tuple[int, ...]", False),
        ("class _Row: ...", "class _Row: ...", False),
        ("GAP = 8", "GAP = 10", False),
        ("def loss(): ...", "def loss(): ...", False),
        ("def loss(): ...", "from one import loss\ndef slope(): ...", False),
        ("def loss(): ...", "def loss(): ...\ndef of():\n    from one import loss", True),
    ],
)
def test_a_name_is_said_twice_where_the_two_can_be_taken_for_each_other(
    one: str, other: str, is_said_twice: bool
) -> None:
    assert bool(said_twice({"one": ast.parse(one), "other": ast.parse(other)})) == is_said_twice
