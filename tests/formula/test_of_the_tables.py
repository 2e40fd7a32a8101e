"""Every formula that the catalogue says: as text, Python and LaTeX it gives what the formula itself gives."""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule.catalog
from chainrule.catalog.optimizers import OPTIMIZERS, complete_optimizer
from chainrule.explain.writing.formula_latex import of_numbers
from chainrule.formula.cases import resolved
from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Compare, Expr, Sum, Symbol, walk
from chainrule.formula.writing.latex import to_latex
from chainrule.formula.writing.text import formula_to_text, to_python
from tests.engine.program.test_optimizers import CHOICES
from tests.explain.latex_arithmetic import evaluate as worked_out
from tests.formula.test_printing import PYTHON, Real

SOURCES = sorted(Path(chainrule.catalog.__file__).parent.rglob("*.py"))
POINTS = 12


def texts() -> Iterator[str]:
    """The text constants of the catalogue that are formulas, and those that optimizers make of their arguments."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for choice in [complete_optimizer(given, "$") for given in CHOICES]:
        for shape in ((2, 3), (3,)):
            for update in OPTIMIZERS[choice.name].updates(choice, shape):
                yield from (update.formula, update.term)


def formulas() -> dict[str, Expr]:
    """Each formula with more than one part, by its text."""
    found = {}
    for text in texts():
        try:
            tree = parse_formula(text, indexed=True)
        except FormulaError:
            continue
        if len(list(walk(tree))) > 1:
            found[text] = tree
    return found


FORMULAS = formulas()
PLAIN = [
    text
    for text, tree in FORMULAS.items()
    # A condition is said, not worked out.
    if not isinstance(tree, Compare)
    and not any(isinstance(part, Sum) or (isinstance(part, Symbol) and part.indices) for part in walk(tree))
]


def numbers(tree: Expr, chance: random.Random) -> dict[str, float]:
    """A number for each name, of either sign."""
    names = sorted({part.name for part in walk(tree) if isinstance(part, Symbol)})
    return {name: chance.choice((-1, 1, 1)) * round(chance.uniform(0.1, 2.5), 3) for name in names}


def places(tree: Expr) -> Iterator[tuple[dict[str, float], float]]:
    """Points at which the formula has a value, with it."""
    chance = random.Random(0)
    for _ in range(POINTS):
        point = numbers(tree, chance)
        value = evaluate(tree, lambda name, _, point=point: point[name])  # type: ignore[misc]
        if math.isfinite(value):
            yield point, value


def test_there_are_many() -> None:
    assert len(PLAIN) > 100
    assert any("sum(" in text for text in FORMULAS)


@pytest.mark.parametrize("text", FORMULAS)
def test_text_is_read_again_as_it_was(text: str) -> None:
    tree = FORMULAS[text]
    assert parse_formula(formula_to_text(tree), indexed=True) == tree


@pytest.mark.parametrize("text", PLAIN)
def test_python_and_latex_give_what_it_gives(text: str) -> None:
    tree, seen = FORMULAS[text], 0
    for point, value in places(tree):
        seen += 1
        names = {name.replace(".", "_"): Real(number) for name, number in point.items()}
        code = to_python(tree).replace(".next", "_next")
        assert float(eval(code, {}, {**PYTHON, **names})) == pytest.approx(value, rel=1e-9, abs=1e-12), point
        case = resolved(tree, lambda name, _, point=point: point[name])  # type: ignore[misc]
        latex = to_latex(case, of_numbers({name: repr(number) for name, number in point.items()}))
        assert worked_out(latex) == pytest.approx(value, rel=1e-9, abs=1e-12), (point, latex)
    assert seen, "no point was in its domain"
