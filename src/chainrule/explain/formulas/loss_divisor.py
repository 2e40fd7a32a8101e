r"""What the sum of a loss's terms is divided by, and which samples it is over: 1/N, or one over a sum of weights."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes, has_ignored, ignored_class
from chainrule.catalog.loss import IGNORE_INDEX, REDUCTION, SAMPLE, TARGET, WEIGHT
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.explain.context import Context, total
from chainrule.explain.formulas.loss_names import LossNumbers, Naming
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.fragments import Fragments, sample_letter, sum_of_numbers
from chainrule.explain.writing.numbers import format_short
from chainrule.formula.tree import ZERO, Cases, Compare, Expr, Symbol

_CLASS = Symbol(TARGET, (SAMPLE,))
_WEIGHT_OF_CLASS = Symbol(WEIGHT, (_CLASS,))


@dataclass(frozen=True, slots=True)
class Divisor:
    """What a sum is divided by: in symbols, spelled out in numbers, as one number, and that number.

    Nothing is written where it is 1, whatever the numbers are.
    """

    symbols: str
    numbers: str
    total: str
    value: float

    @property
    def before_sum(self) -> str:
        """LaTeX of one over it, before sum signs or brackets."""
        return rf"{_over(self.symbols)}\," if self.symbols else ""

    @property
    def numbers_before_sum(self) -> str:
        """The same in numbers."""
        return rf"{_over(self.numbers)}\," if self.symbols else ""

    @property
    def before_factor(self) -> str:
        """LaTeX of one over it, before a slope."""
        return rf"{_over(self.symbols)}\cdot " if self.symbols else ""

    @property
    def number_before_factor(self) -> str:
        """The same in numbers."""
        return rf"{_over(self.total)}\cdot " if self.symbols else ""


def _over(divisor: str) -> str:
    return rf"\frac{{1}}{{{divisor}}}"


def divisor_of(c: Context) -> Divisor:
    """Return what the loss of a batch is divided by."""
    return c.once(f"divisor with {c.operand_digits} digits", lambda: _divisor(c))


def _divisor(c: Context) -> Divisor:
    choice, rows = c.experiment.loss, [row for row in range(c.batch) if row not in ignored_rows(c)]
    if adds_weights(c.experiment):
        names = LossNumbers.of(c)
        naming, weights = names.naming, choice.numbers(WEIGHT)
        classes = [int(c.number(refs.TARGET, (row, 0))) for row in rows]
        values = [weights[place] for place in classes]
        symbols = over_samples(c) + naming.symbols({}, sample_letter(c))(_WEIGHT_OF_CLASS).text
        spelled: Fragments = ("0",)
        if rows:
            spelled = sum_of_numbers(
                c, len(rows), lambda i: c.write(values[i], short=True), values.__getitem__, "weights of the targets"
            )
        value = total(values)
        return Divisor(symbols, "".join(spelled), c.write(value, short=True), value)
    ignoring = ignored_rows(c) and choice[REDUCTION.name] == "mean"
    count = len(rows) if ignoring else c.loss().divisor(choice, c.batch, c.experiment.network.outputs)
    return Divisor("" if count == 1 else str(count), str(count), str(count), float(count))


def adds_weights(experiment: Experiment) -> bool:
    """Return whether it is the weights of the targets' classes that are added up."""
    choice = experiment.loss
    return has_classes(experiment) and choice[REDUCTION.name] == "mean" and choice.arguments.get(WEIGHT) is not None


def ignored_rows(c: Context) -> frozenset[int]:
    """Return the samples of the batch that do not count."""
    index = ignored_class(c.experiment.loss)
    if index is None or not has_classes(c.experiment):
        return frozenset()
    return c.once(
        "ignored samples",
        lambda: frozenset(row for row in range(c.batch) if c.number(refs.TARGET, (row, 0)) == index),
    )


def over_samples(c: Context) -> str:
    """Return LaTeX of the sum over the batch, where there is more than one sample; over those that count."""
    if c.batch == 1:
        return ""
    return _sum_over(LossNumbers.of(c).naming) if ignored_rows(c) else r"\sum_{n}"


def _sum_over(naming: Naming) -> str:
    leaf = naming.symbols({}, SAMPLE.name)
    return rf"\sum_{{n:\,{leaf(_CLASS).text}\neq {leaf(Symbol(IGNORE_INDEX)).text}}}"


def unless_ignored(tree: Expr) -> Expr:
    """Return a formula that is 0 for samples that are ignored."""
    return Cases(((Compare("==", _CLASS, Symbol(IGNORE_INDEX)), ZERO),), tree)


def ignored_note(c: Context) -> str:
    """Return how many samples do not count."""
    count, index = len(ignored_rows(c)), ignored_class(c.experiment.loss)
    if not count or index is None:
        return ""
    if count == c.batch:
        which = "the only sample is" if count == 1 else f"all {count} samples are"
    else:
        which = f"{count} of the {c.batch} samples {'is' if count == 1 else 'are'}"
    return f"{which} of the class {format_short(index)}, which is ignored"


def tensor_divisor(experiment: Experiment, notation: Notation) -> str:
    """Return LaTeX of what the loss divides by: N samples, K outputs, or a sum of weights; empty where that is 1."""
    naming = Naming.of(experiment, notation)
    sums = _sum_over(naming) if has_ignored(experiment) else r"\sum_{n}"
    if adds_weights(experiment):
        return sums + naming.symbols({}, SAMPLE.name)(_WEIGHT_OF_CLASS).text
    choice, outputs = experiment.loss, experiment.network.outputs
    if has_ignored(experiment) and choice[REDUCTION.name] == "mean":
        return f"{sums}1"
    # Asked of the entry's own rule with numbers that give the letters away: 2 samples, 3 outputs.
    letters = {1: "", 2: "N", 3: "K", 6: "NK"}[lookup(LOSSES, choice.name).divisor(choice, 2, 3)]
    return letters.replace("K", "") if outputs == 1 else letters


def tensor_sums(experiment: Experiment, notation: Notation) -> str:
    """Return LaTeX of the sum over the samples that count."""
    return _sum_over(Naming.of(experiment, notation)) if has_ignored(experiment) else r"\sum_{n}"
