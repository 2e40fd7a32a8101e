r"""The formulas of the optimizer's steps: one element with its numbers, and a whole tensor in symbols."""

from __future__ import annotations

from chainrule.engine.optimizers import OPTIMIZERS
from chainrule.engine.spec import Experiment
from chainrule.engine.steps import MicroStep
from chainrule.engine.tables import lookup
from chainrule.explain.context import Context, step_update
from chainrule.explain.notation import Notation
from chainrule.explain.pieces import Formula
from chainrule.explain.templates import argument_numbers, argument_symbols, cut_terms, fill_numbers, fill_symbols


def update_formula(c: Context) -> Formula:
    """The equation of one element that the optimizer writes; symbols in the general form, numbers in the case's."""
    update, reads = c.update()
    symbols = argument_symbols(c.optimizer().arguments)
    symbols |= {str(i): c.notation.latex(ref, c.index) for i, ref in enumerate(reads)}
    numbers = argument_numbers(c.experiment.optimizer.arguments, c.digits)
    numbers |= {str(i): c.latex(ref, c.index) for i, ref in enumerate(reads)}
    case = update.latex
    if update.choose:
        case = update.choose(*(c.number(ref, c.index) for ref in reads))
    return Formula(fill_symbols(cut_terms(update.latex), symbols), fill_numbers(cut_terms(case), numbers))


def update_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """The right side of a whole tensor's formula."""
    update, reads = step_update(experiment, step)
    names = argument_symbols(lookup(OPTIMIZERS, experiment.optimizer.name).arguments)
    names |= {str(i): notation.tensor_latex(ref) for i, ref in enumerate(reads)}
    return "".join(fill_symbols(update.latex, names))
