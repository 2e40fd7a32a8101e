r"""What the values of a formula are called: q, its derivative \partial f/\partial q, and its share through an operator.

Free of torch: `chainrule explain` writes the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from chainrule.explain.names.apart import apart_in_print, print_key
from chainrule.explain.writing.formula_latex import DOTTED, SCREEN, braced, in_latex, of_symbols
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import partial_latex, tidy
from chainrule.formula.cases import branches, is_indicator
from chainrule.formula.graph import Graph, Step, backward_steps, grad_name, graph_of
from chainrule.formula.tree import Cases, Symbol
from chainrule.formula.writing.latex import symbol


@lru_cache(maxsize=64)
def names_of(lines: tuple[str, ...]) -> Mapping[str, str]:
    """Return LaTeX of every value of a formula: names, derivatives, and their shares."""
    graph = graph_of(lines)
    names = (*graph.inputs, *(node.writes for node in graph.nodes))
    own = apart_in_print({name: symbol(Symbol(name)).text for name in names})
    return own | {step.writes: _derivative(graph, own, step) for step in backward_steps(graph)}


@lru_cache(maxsize=64)
def printed_names(lines: tuple[str, ...]) -> frozenset[str]:
    """Return what the values of a formula look like in print."""
    return frozenset(map(print_key, names_of(lines).values()))


def _derivative(graph: Graph, own: Mapping[str, str], step: Step) -> str:
    whole = partial_latex(own[graph.output], own[step.by])
    if step.writes == f"{step.by}.grad":
        return whole
    return rf"\left({whole}\right)_{{\text{{via }}{own[step.through]}}}"


def text_of(lines: tuple[str, ...], name: str) -> str:
    """Return a value in a line of text: `w₀`, `∂f/∂q`."""
    return latex_to_text(names_of(lines)[name])


def mark_of(lines: tuple[str, ...], step: Step) -> str:
    """Return a short label of a step for the timeline: q, ∂q, ∂x·q for the share of x's derivative through q."""
    if not step.is_backward:
        return text_of(lines, step.writes)
    share = "" if step.writes == grad_name(step.by) else f"·{text_of(lines, step.through)}"
    return f"∂{text_of(lines, step.by)}{share}"


def title_of(lines: tuple[str, ...], step: Step) -> str:
    """Return the stage's heading, behind the phase: `q = x + y`, `gradient of x`, `share of the gradient of x through
    q`.
    """
    if not step.is_backward:
        names = names_of(lines)
        return latex_to_text(f"{names[step.writes]} = {right_side(step, names)}")
    of = f"gradient of {text_of(lines, step.by)}"
    if step.writes == grad_name(step.by):
        return of
    return f"share of the {of} through {text_of(lines, step.through)}"


def right_side(step: Step, names: Mapping[str, str]) -> str:
    """Return the formula of a step in symbols; the factors of a derivative are set apart, as the chain rule's are."""
    if isinstance(step.rule, Cases) and not is_indicator(step.rule):
        return braced(branches(step.rule), of_symbols(names))
    return in_latex(step.rule, of_symbols(names), DOTTED if step.is_backward else SCREEN)


def step_latex(lines: tuple[str, ...], step: Step) -> str:
    """Return the equation of a step in symbols, for other programs to read."""
    names = names_of(lines)
    return tidy(f"{names[step.writes]} = {right_side(step, names)}")
