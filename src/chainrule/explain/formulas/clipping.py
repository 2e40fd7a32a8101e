r"""What explains gradient clipping: the norm of all gradients, the share that is kept, and each clipped gradient."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.catalog.clipping import CLIPPINGS, MAX_NORM, Clipping, norm_type
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context
from chainrule.explain.names.notation import Notation, partial_latex
from chainrule.explain.sentences.wording import parameter_name, say, say_apart
from chainrule.explain.writing.formula_latex import DOTTED, in_fragments, in_latex, of_numbers, of_symbols
from chainrule.explain.writing.fragments import FIRST_TERMS, MOST_TERMS, Formula, flat, left_out, sum_of_numbers
from chainrule.explain.writing.numbers import format_short
from chainrule.explain.writing.symbols import argument_symbols, signed_latex
from chainrule.formula.parse import read
from chainrule.translation import gettext

# p stands for each parameter that is trained: every weight and bias.
_ALL = {
    "1": r"\sum_{p}|%s|",
    "2": r"\sqrt{\sum_{p}\left(%s\right)^2}",
    "inf": r"\max_{p}|%s|",
}


def _norm_symbols(experiment: Experiment) -> str:
    assert experiment.clipping is not None
    loss = Notation.of(experiment).latex(experiment.network.loss_ref)
    return _ALL[norm_type(experiment.clipping)] % partial_latex(loss, r"p")


def gradient_norm(c: Context) -> Formula:
    """Return the norm over every element of every gradient."""
    assert c.experiment.clipping is not None
    found = c.once("gradients", lambda: [x for ref in c.step.reads for x in flat(c.values(ref))])
    kind = norm_type(c.experiment.clipping)
    if kind == "inf":
        return _largest(c, found)
    values = c.once("values", lambda: [x * x for x in found] if kind == "2" else list(map(abs, found)))
    terms = sum_of_numbers(c, len(found), lambda i: _term(c.write(found[i]), kind), values.__getitem__)
    joined = " ".join(terms)
    return Formula(
        (_norm_symbols(c.experiment),), (rf"\sqrt{{{joined}}}" if kind == "2" else joined,), left_out(len(found))
    )


def _largest(c: Context, found: list[float]) -> Formula:
    """Return the norm that is the size of the largest gradient."""
    shown, note = [_term(c.write(x), "inf") for x in found[:MOST_TERMS]], ""
    if len(found) > MOST_TERMS:
        between = found[FIRST_TERMS:-1]
        most = _term(c.write(c.once("largest", lambda: max(between, key=abs))), "inf")
        last = _term(c.write(found[-1]), "inf")
        shown = [*shown[:FIRST_TERMS], rf"\text{{largest of {len(between)} more: }}{most}", last]
        note = f"of {len(between)} of {len(found)} gradients only the largest is written here"
    joined = ",\\,".join(shown)
    return Formula((_norm_symbols(c.experiment),), (rf"\max({joined})",), note)


def _term(number: str, kind: str) -> str:
    return f"({signed_latex(number)})^2" if kind == "2" else f"|{signed_latex(number)}|"


def clip_coefficient(c: Context) -> Formula:
    """Return the share that is kept of each gradient."""
    return _filled(c, _entry(c.experiment).coefficient, (refs.GRAD_NORM,))


def clipped_gradient(c: Context) -> Formula:
    """Return one element of a gradient after clipping."""
    entry = _entry(c.experiment)
    return _filled(c, entry.formula, entry.reads)


def _entry(experiment: Experiment) -> Clipping:
    assert experiment.clipping is not None
    return lookup(CLIPPINGS, experiment.clipping.name)


def _filled(c: Context, formula: str, names: Sequence[str]) -> Formula:
    choice, tree = c.experiment.clipping, read(formula)
    assert choice is not None
    named = dict(zip(names, c.step.reads, strict=True))
    symbols = c.notation.apart(argument_symbols(_entry(c.experiment).arguments))
    symbols |= {name: c.notation.latex(ref, c.index) for name, ref in named.items()}
    numbers = c.arguments(choice.arguments) | {name: c.latex(ref, c.index) for name, ref in named.items()}
    return Formula(in_fragments(tree, of_symbols(symbols), DOTTED), in_fragments(tree, of_numbers(numbers), DOTTED))


# ------------------------------------------------------------------------------------------------- whole tensors


def norm_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return the right side of the norm's formula."""
    return _norm_symbols(experiment)


def clipping_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return the right side of the formula of the share, or of a whole clipped gradient."""
    entry, is_share = _entry(experiment), step.writes == refs.CLIP_COEFFICIENT
    symbols = notation.apart(argument_symbols(entry.arguments))
    formula, names = (entry.coefficient, (refs.GRAD_NORM,)) if is_share else (entry.formula, entry.reads)
    symbols |= {name: notation.tensor_latex(ref) for name, ref in zip(names, step.reads, strict=True)}
    return in_latex(read(formula), of_symbols(symbols), DOTTED)


# ----------------------------------------------------------------------------------------------------- sentences


def norm_sentence(c: Context) -> str:
    """Return what the norm is."""
    assert c.experiment.clipping is not None
    how = {
        "1": gettext("the sum of their sizes"),
        "2": gettext("the root of the sum of their squares, the length of one long arrow"),
        "inf": gettext("the size of the largest"),
    }[norm_type(c.experiment.clipping)]
    return gettext("The norm says in one number how large all gradients are together: {how}.", how=how)


def coefficient_sentence(c: Context) -> str:
    """Return whether the gradients are clipped, and by how much."""
    assert c.experiment.clipping is not None
    size = c.number(c.step.reads[0])
    norm, allowance = say(c, size), ""
    if MAX_NORM.name in c.experiment.clipping.arguments:
        allowed = c.experiment.clipping.number(MAX_NORM.name)
        most = format_short(allowed, c.digits)
        if most == norm:
            norm, most = say_apart(c, size, allowed)
        allowance = gettext(" and {most} is allowed", most=most)
    if c.result == 1:
        return gettext(
            "The norm is {norm}{allowance}, so every gradient stays as it is: the share that is kept is 1.",
            norm=norm,
            allowance=allowance,
        )
    share, _ = say_apart(c, c.result, 1.0)
    return gettext(
        "The norm is {norm}{allowance}, so every gradient is multiplied by {share}.",
        norm=norm,
        allowance=allowance,
        share=share,
    )


def clipped_sentence(c: Context) -> str:
    """Return what becomes of one gradient."""
    before = c.number(c.step.reads[0], c.index)
    end = gettext("It stays as it is.")
    if c.result != before:
        end = gettext("It goes from {} to {}.").format(*say_apart(c, before, c.result))
    return gettext(
        "the gradient of {parameter} {clipped}. {end}",
        parameter=parameter_name(c),
        clipped=gettext(_entry(c.experiment).clipped),
        end=end,
    )
