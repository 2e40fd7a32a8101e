r"""The formulas of losses: one term an output, each in the form that holds there, or probabilities of classes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from chainrule.catalog import refs
from chainrule.catalog.spec import Experiment
from chainrule.catalog.targets import SUM_TOLERANCE, has_classes
from chainrule.engine.loss_steps import (
    LOG_SOFTMAX,
    SOFTMAX,
    CrossEntropy,
    ElementwiseLoss,
    Limit,
    NegativeLogLikelihood,
    own_arguments,
)
from chainrule.explain.context import Context, Index
from chainrule.explain.formula_latex import as_factor, general, in_pieces, of_numbers, of_symbols
from chainrule.explain.pieces import (
    Formula,
    Pieces,
    fraction,
    joined,
    largest_power,
    left_out,
    no_case,
    over_batch,
    power_of_e,
    sample_letter,
    sum_of_numbers,
    taken_off,
)
from chainrule.explain.templates import (
    argument_symbols,
    cut_terms,
    fill_numbers,
    fill_symbols,
    operand,
    signed,
)
from chainrule.formula.cases import branches, resolved
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read
from chainrule.formula.printing import Leaf, Level
from chainrule.formula.tree import Expr


def loss(c: Context) -> Formula:
    """L: the terms of all outputs and samples, reduced."""
    entry = c.loss()
    if isinstance(entry, CrossEntropy):
        return _cross_entropy(c)
    if isinstance(entry, NegativeLogLikelihood):
        return _likelihood(c)
    assert isinstance(entry, ElementwiseLoss)
    return _elementwise(c, entry)


def output_gradient(c: Context) -> Formula:
    """dL/do of one output of one sample."""
    entry = c.loss()
    if isinstance(entry, CrossEntropy):
        return _cross_entropy_slope(c)
    if isinstance(entry, NegativeLogLikelihood):
        return _likelihood_slope(c)
    assert isinstance(entry, ElementwiseLoss)
    return _elementwise_slope(c, entry)


def loss_term(c: Context) -> Formula:
    """p, its logarithm, or the target's probability q of one class."""
    if c.step.writes == SOFTMAX:
        return _softmax(c)
    return _log_softmax(c) if c.step.writes == LOG_SOFTMAX else _target(c)


def is_one_hot(experiment: Experiment) -> bool:
    """Whether all probability of a target is at one class: then the other classes' terms are left out."""
    return has_classes(experiment) and not experiment.loss.number("label_smoothing")


# ------------------------------------------------------------------------------------------------- one term an output


def _elementwise(c: Context, entry: ElementwiseLoss) -> Formula:
    outputs, tree, front = c.experiment.network.outputs, read(entry.formula), _front(c)
    count = c.batch * outputs
    sums = over_batch(c) + (r"\sum_{k}" if outputs > 1 else "")
    leaf = of_symbols(_symbols(c, entry, ("k",), sample_letter(c)))
    if sums or len(branches(tree)) > 1:
        symbols: Pieces = (front + sums + general(tree, leaf),)
    else:
        first, *others = in_pieces(tree, leaf)
        symbols = (front + first, *others)
    terms = c.once("terms of the loss", lambda: _terms(c, entry))
    shares = tuple(float(share) for share in terms.sum(1) / c.divisor())
    if count == 1:
        formula, note = chosen(c, tree, entry.limits, (0, 0))
        return Formula(symbols, in_pieces(formula, of_numbers(_numbers(c, entry, (0, 0)))), note, shares)

    def term(i: int) -> str:
        index = divmod(i, outputs)
        formula, _ = chosen(c, tree, entry.limits, index)
        # A first term may begin with a minus.
        return as_factor(formula, of_numbers(_numbers(c, entry, index)), Level.PRODUCT if i else Level.NEGATIVE)

    numbers = _bracketed(c, front, count, term, terms.flatten().tolist().__getitem__)
    return Formula(symbols, numbers, left_out(count), shares)


def _elementwise_slope(c: Context, entry: ElementwiseLoss) -> Formula:
    tree, divisor = read(entry.slope), c.divisor()
    formula, note = chosen(c, tree, entry.slope_limits, c.index)
    in_cases = len(branches(tree)) > 1

    def reduced(expr: Expr, leaf: Leaf) -> Pieces:
        if divisor > 1:
            return (rf"{fraction(divisor)}\cdot {general(expr, leaf)}",)
        return (general(expr, leaf),) if len(branches(expr)) > 1 else in_pieces(expr, leaf)

    labels = c.notation.labels(c.step.reads[0], c.index)
    symbols = reduced(tree, of_symbols(_symbols(c, entry, labels)))
    if in_cases and any(math.isnan(c.number(ref, c.index)) for ref in c.step.reads):
        return Formula(symbols, (), no_case("a number in it"))
    return Formula(symbols, reduced(formula, of_numbers(_numbers(c, entry, c.index))), note)


def chosen(c: Context, tree: Expr, limits: tuple[Limit, ...], index: Index) -> tuple[Expr, str]:
    """The formula that holds for one output of one sample, without cases, and its note."""
    entry = c.loss()
    assert isinstance(entry, ElementwiseLoss)
    numbers = {name: c.number(ref, index) for name, ref in zip("ot", c.step.reads, strict=False)}
    numbers |= {name: constant.value for name, constant in entry.constants.items()}
    numbers |= {name: float(str(value)) for name, value in own_arguments(c.experiment.loss).items()}

    def value(name: str, places: tuple[int, ...]) -> float:
        return numbers[name]

    for limit in limits:
        if evaluate(read(limit.when), value):
            return read(limit.formula), limit.note
    return resolved(tree, value), ""


def _symbols(c: Context, entry: ElementwiseLoss, labels: tuple[str, ...], sample: str = "") -> dict[str, str]:
    names = dict(zip("ot", c.step.reads, strict=False))
    given = {name: c.notation.symbol(ref, labels, sample) for name, ref in names.items()}
    constants = {name: constant.symbol for name, constant in entry.constants.items()}
    return constants | argument_symbols(entry.arguments) | given


def _numbers(c: Context, entry: ElementwiseLoss, index: Index) -> dict[str, str]:
    names = dict(zip("ot", c.step.reads, strict=False))
    constants = {name: c.write(constant.value, short=True) for name, constant in entry.constants.items()}
    numbers = constants | c.arguments(c.experiment.loss.arguments)
    return numbers | {name: c.latex(ref, index) for name, ref in names.items()}


def _terms(c: Context, entry: ElementwiseLoss) -> torch.Tensor:
    """The terms of all outputs of all samples."""
    given = (torch.tensor(c.values(ref), dtype=torch.float64) for ref in c.step.reads)
    return entry.term(*given, **own_arguments(c.experiment.loss))


# ------------------------------------------------------------------------------------------------------------ classes


def _cross_entropy(c: Context) -> Formula:
    log_p, q = c.step.reads
    outputs, sample, divisor = c.experiment.network.outputs, sample_letter(c), c.divisor()
    names = (c.notation.symbol(ref, ("k",), sample) for ref in (q, log_p))
    sums = over_batch(c) + (r"\sum_{k}" if outputs > 1 else "")
    symbols = (f"-{_front(c)}{sums}" + r"\,".join(names),)
    places = [(row, unit) for row in range(c.batch) for unit in range(outputs)]
    note = ""
    if is_one_hot(c.experiment):
        places = [place for place in places if c.number(q, place)]
        note = "where q is 0, the term is 0 and left out here" if outputs > 1 else ""

    def value(place: Index) -> float:
        return c.number(q, place) * c.number(log_p, place)

    def term(i: int) -> str:
        return f"({signed(c.latex(q, places[i]))})({signed(c.latex(log_p, places[i]))})"

    shares = (-math.fsum(value(p) for p in places if p[0] == row) / divisor for row in range(c.batch))
    note = left_out(len(places)) or note
    numbers = _bracketed(c, f"-{_front(c)}", len(places), term, lambda i: value(places[i]))
    return Formula(symbols, numbers, note, tuple(shares))


def _cross_entropy_slope(c: Context) -> Formula:
    p, q = c.step.reads
    symbols = {"p": c.notation.latex(p, c.index), "q": c.notation.latex(q, c.index)}
    numbers = {"p": c.latex(p, c.index), "q": c.latex(q, c.index)}
    total = math.fsum(c.number(q, (c.index[0], unit)) for unit in range(c.experiment.network.outputs))
    template = "<p>-<q>"
    # Probabilities sum to 1, but a number that was set by hand need not be one.
    if abs(total - 1) > SUM_TOLERANCE[c.experiment.dtype]:
        template = r"<p>\cdot <total>-<q>"
        symbols["total"] = rf"\sum_{{j}}{c.notation.symbol(q, ('j',))}"
        numbers["total"] = c.write(total)
    divisor = c.divisor()
    template = rf"{fraction(divisor)}\cdot ({template})" if divisor > 1 else cut_terms(template)
    return Formula(fill_symbols(template, symbols), fill_numbers(template, numbers))


def _softmax(c: Context) -> Formula:
    symbol, number, largest = _power(c)
    everything = _every_power(c)
    below = rf"\sum_{{j}}{symbol('j')}" if len(everything) > 1 else symbol("")
    symbols = rf"\frac{{{symbol(_label(c))}}}{{{below}}}"
    numbers = rf"\frac{{{number(c.index[-1])}}}{{{''.join(everything)}}}"
    return Formula((symbols,), (numbers,), _note(c, largest))


def _log_softmax(c: Context) -> Formula:
    (output,) = c.step.reads
    symbol, _, largest = _power(c)
    everything = _every_power(c)
    below = rf"\sum_{{j}}{symbol('j')}" if len(everything) > 1 else symbol("")
    symbols, numbers = [c.notation.latex(output, c.index)], [signed(c.latex(output, c.index))]
    if largest is not None:
        symbols.append(r"-\,m")
        numbers.append(rf"-\,{operand(c.write(largest))}")
    symbols.append(rf"-\,\ln {below}")
    numbers.append(rf"-\,\ln({''.join(everything)})")
    return Formula(tuple(symbols), tuple(numbers), _note(c, largest))


def _power(c: Context) -> tuple[Callable[[str], str], Callable[[int], str], float | None]:
    """e to the power of an output, as a symbol by its label and as a number by its place; what is taken off."""
    (output,) = c.step.reads
    row, outputs = c.index[0], range(c.experiment.network.outputs)
    values = [c.number(output, (row, unit)) for unit in outputs]
    largest = largest_power(values)
    off = "" if largest is None else operand(c.write(largest))

    def symbol(label: str) -> str:
        return rf"e^{{{c.notation.symbol(output, (label,))}{'-m' if off else ''}}}"

    def number(unit: int) -> str:
        written = signed(c.latex(output, (row, unit)))
        return rf"e^{{{written}{f'-{off}' if off else ''}}}"

    return symbol, number, largest


def _every_power(c: Context) -> Pieces:
    _, number, largest = _power(c)
    (output,), row = c.step.reads, c.index[0]

    def value(unit: int) -> float:
        return power_of_e(c.number(output, (row, unit)) - (largest or 0.0))

    return sum_of_numbers(c, c.experiment.network.outputs, number, value)


def _note(c: Context, largest: float | None) -> str:
    return joined("" if largest is None else taken_off("output"), left_out(c.experiment.network.outputs))


def _label(c: Context) -> str:
    return str(c.index[-1] + 1)


def _target(c: Context) -> Formula:
    """q of one class: 1 for the target's class or what the target gives it, smoothed."""
    (target,) = c.step.reads
    outputs, unit = c.experiment.network.outputs, c.index[-1]
    template = rf"\mathbf{{1}}_{{<t>={unit}}}" if has_classes(c.experiment) else "<t>"
    if c.experiment.loss.number("label_smoothing"):
        template = rf"(1-<label_smoothing>)\cdot {template}+\frac{{<label_smoothing>}}{{{outputs}}}"
    symbols = argument_symbols(c.loss().arguments) | {"t": c.notation.latex(target, c.index)}
    numbers = c.arguments(c.experiment.loss.arguments) | {"t": _target_number(c, c.index)}
    cut = cut_terms(template)
    return Formula(fill_symbols(cut, symbols), fill_numbers(cut, numbers))


def _likelihood(c: Context) -> Formula:
    output, target = c.step.reads
    rows, sample = range(c.batch), sample_letter(c)
    # Classes are counted from 0, outputs from 1.
    label = rf"{c.notation.symbol(target, ('k',), sample)}+1"
    name = c.notation.symbol(output, (label,), sample)
    outputs = [c.number(output, (row, int(c.number(target, (row, 0))))) for row in rows]

    def term(i: int) -> str:
        return operand(c.write(outputs[i]))

    shares = tuple(-value / c.divisor() for value in outputs)
    numbers = _bracketed(c, f"-{_front(c)}", c.batch, term, outputs.__getitem__)
    return Formula((f"-{_front(c)}{over_batch(c)}{name}",), numbers, left_out(c.batch), shares)


def _likelihood_slope(c: Context) -> Formula:
    target = c.step.reads[1]
    divisor = c.divisor()
    factor = rf"{fraction(divisor)}\cdot " if divisor > 1 else ""
    template = rf"-{factor}\mathbf{{1}}_{{<t>={c.index[-1]}}}"
    symbols, numbers = {"t": c.notation.latex(target, c.index)}, {"t": _target_number(c, c.index)}
    return Formula(fill_symbols(template, symbols), fill_numbers(template, numbers))


def _target_number(c: Context, index: Index) -> str:
    """LaTeX of a target, whose class is in the one column that there is."""
    return c.latex(refs.TARGET, (index[0], 0) if has_classes(c.experiment) else index)


# ------------------------------------------------------------------------------------------------------------- shared


def _front(c: Context) -> str:
    return f"{fraction(c.divisor())}\\," if c.divisor() > 1 else ""


def _bracketed(c: Context, front: str, count: int, term: Callable[[int], str], value: Callable[[int], float]) -> Pieces:
    """The terms of a sum behind a factor, with brackets around more than one of them."""
    if count == 1:
        return (front + term(0),)
    pieces = sum_of_numbers(c, count, term, value)
    if not front:
        return pieces
    return (f"{front}[{pieces[0]}", *pieces[1:-1], f"{pieces[-1]}]")
