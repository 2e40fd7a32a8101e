r"""The formulas of the optimizer's steps: one element with its numbers, and a whole tensor in symbols."""

from __future__ import annotations

import re
from itertools import product

import torch

from chainrule.engine import refs
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.optimizers import OPTIMIZERS, Extent, Update
from chainrule.engine.refs import ValueRef
from chainrule.engine.schedule import scheduled_optimizer
from chainrule.engine.spec import Experiment
from chainrule.engine.steps import MicroStep
from chainrule.engine.tables import lookup
from chainrule.explain.context import Context, Index, step_update
from chainrule.explain.notation import Notation
from chainrule.explain.optimizer_names import state_extent
from chainrule.explain.pieces import Formula, flat, left_out, sum_of_numbers
from chainrule.explain.templates import argument_symbols, cut_terms, fill_numbers, fill_symbols


def update_formula(c: Context) -> Formula:
    """The equation of one element that the optimizer writes, in symbols and in numbers in the form of its case.

    A formula that lists its cases, with the condition of each, holds in all of them.
    """
    update, reads = c.update()
    symbols = argument_symbols(c.optimizer().arguments)
    # Of what is summed no single element stands in the formula.
    single = {str(i): ref for i, ref in enumerate(reads) if not update.term}
    symbols |= {i: c.notation.latex(ref, c.index) for i, ref in single.items()}
    numbers = _argument_numbers(c) | {i: c.latex(ref, c.index) for i, ref in single.items()}
    case, note = update.latex, ""
    if update.choose:
        case = update.choose(*(c.number(ref, c.index) for ref in reads))
    if update.term:
        sums, terms, count = _sum(c, update, reads[0])
        symbols |= {"sum": sums, "count": str(count)}
        numbers |= {"sum": " ".join(terms), "count": str(count)}
        note = left_out(count)
    general = update.latex if r"\begin{cases}" in update.latex else case
    if not re.search(r"<[\w.]+>", general):
        # A number that nothing is put into: it is the result.
        return Formula((), ())
    return Formula(fill_symbols(cut_terms(general), symbols), fill_numbers(cut_terms(case), numbers), note)


def _argument_numbers(c: Context) -> dict[str, str]:
    """LaTeX of the arguments, as a scheduler leaves them; an epsilon of None is the dtype's own."""
    values = scheduled_optimizer(c.experiment).arguments
    numbers = c.arguments(values)
    several = values.get("eps")
    if isinstance(several, tuple) and several[0] is None:
        numbers["eps.0"] = c.write(torch.finfo(torch_dtype(c.experiment)).eps, short=True)
    return numbers


def _sum(c: Context, update: Update, ref: ValueRef) -> tuple[str, tuple[str, ...], int]:
    """What is summed: in symbols with letters for the indices, its terms as numbers, and how many they are."""
    places, labels = c.once("places", lambda: _places(c, update.extent, ref))
    letters = [label for label, size in zip(labels, c.notation.sizes(ref), strict=True) if size > 1]
    running = ",".join(letter for letter in letters if not letter[0].isdigit())
    (symbol,) = fill_symbols(update.term, {"0": c.notation.symbol(ref, labels)})

    def term(i: int) -> str:
        return "".join(fill_numbers(update.term, {"0": c.latex(ref, places[i])}))

    def values() -> list[float]:
        found = flat(c.values(ref))
        found = found if len(found) == len(places) else [c.number(ref, place) for place in places]
        # What is summed are the elements or their squares.
        return [x * x for x in found] if update.term.endswith("^2") else found

    numbers = sum_of_numbers(c, len(places), term, c.once("values", values).__getitem__)
    front = rf"\sum_{{{running}}}" if running else ""
    return front + symbol, numbers, len(places)


def _places(c: Context, extent: Extent, ref: ValueRef) -> tuple[list[Index], tuple[str, ...]]:
    """The elements that are summed, in reading order, and their indices in symbols: i and k run."""
    parts = refs.parse(ref)
    whole = c.experiment.network.parameter_shapes()[parts.base]
    shape = state_extent(parts).shape(whole)
    if extent is Extent.ROWS:
        return [(c.index[0], k) for k in range(shape[1])], (str(c.index[0] + 1), "k")
    if extent is Extent.COLUMNS:
        return [(i, c.index[1]) for i in range(shape[0])], ("i", str(c.index[1] + 1))
    return list(product(*map(range, shape))), ("i", "k")[: len(c.notation.sizes(ref))]


def update_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """The right side of a whole tensor's formula."""
    update, reads = step_update(experiment, step)
    names = argument_symbols(lookup(OPTIMIZERS, experiment.optimizer.name).arguments)
    names |= {str(i): notation.tensor_latex(ref) for i, ref in enumerate(reads)}
    if update.term:
        running = {Extent.ROWS: "k", Extent.COLUMNS: "i"}.get(update.extent, "")
        names["sum"] = rf"\sum{f'_{running}' if running else ''} " + "".join(fill_symbols(update.term, names))
        names["count"] = "n"
    return "".join(fill_symbols(update.latex, names))
