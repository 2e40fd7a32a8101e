"""How the formulas of a derivation are written: the case that holds, with its condition, and the forms that differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from chainrule.explain.writing.formula_latex import condition_latex, in_fragments
from chainrule.explain.writing.fragments import Fragments
from chainrule.formula.cases import along_a_line, branches, place_of_case, resolved
from chainrule.formula.evaluate import ElementReader
from chainrule.formula.kinks import kink_at
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Cases, Expr, symbols_of, walk
from chainrule.formula.writing.printing import Leaf
from chainrule.translation import gettext, gettext_noop

# What float32 rounds off is less.
_SAME = 1e-5
AT_A_KINK = gettext_noop("the formula has a corner here, where PyTorch takes this slope")
AT_A_JUMP = gettext_noop("the formula jumps here, where PyTorch takes this slope")


def all_decided(tree: Expr, value: ElementReader) -> Expr:
    """Return the formula with all of its cases decided, also what is 1 or 0: of one number one of them holds."""
    if not any(isinstance(part, Cases) for part in walk(tree)):
        return tree
    return simplify(resolved(tree, value))


def with_condition(tree: Expr, value: ElementReader, leaf: Leaf) -> Fragments:
    """Return a formula in the case that holds, with its condition where there are others."""
    fragments = in_fragments(all_decided(tree, value), leaf)
    if not isinstance(tree, Cases) or not along_a_line(tree, value):
        return fragments
    branch = branches(tree)[place_of_case(tree, value)]
    return (*fragments[:-1], f"{fragments[-1]},", condition_latex(branch, leaf))


def different(forms: Iterable[Expr], leaf: Leaf) -> tuple[Fragments, ...]:
    """Return the forms of a derivative, each once."""
    return tuple(dict.fromkeys(in_fragments(form, leaf) for form in forms))


def note_of(tree: Expr, by: str, value: ElementReader) -> str:
    """Return what is said of a slope of a formula by a name: that it is a choice, at a kink or a jump; or nothing."""
    found = kink_at(tree, by, value)
    return "" if found is None else gettext(AT_A_JUMP) if found.is_jump else gettext(AT_A_KINK)


def is_choice(derived: float, slope: float) -> bool:
    """Return whether a slope is another than the derived one: at a kink of the formula PyTorch chooses one."""
    known = math.isfinite(derived) and math.isfinite(slope)
    return known and not math.isclose(derived, slope, rel_tol=_SAME, abs_tol=_SAME)


def numbers_of_form(form: Expr, leaf: Callable[[int], Leaf]) -> Callable[[int], Fragments]:
    """Return a form with its numbers, `leaf(more)` writes them with so many digits more.

    Nothing where it reads no value.
    """
    if not symbols_of(form):
        return nothing
    return lambda more: in_fragments(form, leaf(more))


def nothing(more: int) -> Fragments:
    """Write no numbers: there is nothing to put in."""
    return ()
