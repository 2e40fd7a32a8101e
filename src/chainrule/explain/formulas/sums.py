"""The formula of a step that adds up what it reads: shares of a gradient, the loss with its penalties."""

from __future__ import annotations

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.fragments import Formula, Fragments
from chainrule.explain.writing.symbols import signed_latex


def sum_of_reads(c: Context) -> Formula:
    """Return one element: the same element of each value that the step reads."""
    symbols = [c.notation.latex(ref, c.index) for ref in c.step.reads]
    return Formula(_added(symbols), _added([c.latex(ref, c.index) for ref in c.step.reads]))


def sum_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return the right side for a whole tensor."""
    return "+".join(notation.tensor_latex(ref) for ref in step.reads)


def _added(terms: list[str]) -> Fragments:
    first, *others = terms
    loose = [f"({signed_latex(term)})" if term.startswith("-") else term for term in others]
    return (signed_latex(first), *(rf"+\,{term}" for term in loose))
