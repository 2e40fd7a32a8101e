"""Docstrings of functions begin with a verb: `Return the ...`, and not `The ...`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import chainrule

FOLDER = Path(chainrule.__file__).parent
# What ruff's D401 does not know: words that nothing is asked to do with.
WORDS = """
a about above after all an another any as at back before below beside between both by each enough every everything first
for forward from her his how if in inside into it its last less like many more most much no none nothing of on one only
other others our plain rows several so some something such text that the their them there these they this those through
to two under what whatever when where whether which while who whose why with within without
"""
NO_VERBS = frozenset(WORDS.split())


def _functions() -> Iterator[tuple[str, str]]:
    """Where each function is, and what its docstring begins with; properties and what Python calls are none."""
    for file in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("__"):
                continue
            marks = [ast.unparse(mark) for mark in node.decorator_list]
            text = ast.get_docstring(node)
            if text and not any(mark.endswith(("property", ".setter")) for mark in marks):
                yield f"{file.relative_to(FOLDER)}:{node.lineno} {node.name}", text.splitlines()[0]


def _is_asked(line: str) -> bool:
    word = line.split(maxsplit=1)[0].strip(".,;:")
    return word.isalpha() and word.istitle() and word.lower() not in NO_VERBS


def test_each_functions_docstring_begins_with_a_verb() -> None:
    wrong = [f"{place}: {line}" for place, line in _functions() if not _is_asked(line)]
    assert not wrong, "\n".join(wrong)


def test_what_begins_with_no_verb_is_told() -> None:
    assert _is_asked("Return the loss.")
    for line in ("The loss.", "Whether it is finite.", "`loss` of a batch.", "dL/dz of a layer.", "LaTeX of a number."):
        assert not _is_asked(line)
