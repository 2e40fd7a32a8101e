"""The cells of a loss: what each sample, or each output, adds to it, their sum, and the gradient by each output."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from chainrule.catalog.experiment.targets import SUM_TOLERANCE
from chainrule.catalog.loss import IGNORE_INDEX, OUTPUTS, SAMPLE, TARGET, TOLERANCE, UNIT, WEIGHT, Limit, Loss, LossTerm
from chainrule.catalog.losses import LOSSES, TARGET_PROBABILITIES
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.losses import Setting, counts_classes
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.sheet.cells import CellReading
from chainrule.explain.sheet.iteration import IterationPage
from chainrule.explain.sheet.settings import LOSS_PREFIX
from chainrule.explain.sheet.workbook import CellBlock, Index, Named
from chainrule.formula.parse import read
from chainrule.formula.tree import ONE, ZERO, Cases, Compare, Divide, Expr, Symbol, number, substituted
from chainrule.formula.writing.spreadsheet import keeps_digits

# Where the number stands that the sum of the terms is divided by, if the classes of the batch say it.
COUNTED = ValueRef("loss.counted")
_DIVISOR = "divisor"


@dataclass(frozen=True)
class _OfLoss:
    """The loss of an experiment, as its steps read it."""

    c: IterationPage
    step: MicroStep

    @property
    def entry(self) -> Loss:
        return lookup(LOSSES, self.c.experiment.loss.name)

    @property
    def setting(self) -> Setting:
        return Setting.of(self.c.experiment)

    @property
    def counts(self) -> bool:
        return counts_classes(self.c.experiment.loss, self.setting)

    def reading(self, **named: Named) -> CellReading:
        assert self.step.rule is not None
        c, names = self.c, dict(zip(self.step.rule.names, self.step.reads, strict=True))
        found = c.settings.named(LOSS_PREFIX, c.experiment.loss) | named
        reading = c.reading(names, found, {"m": partial(largest_of_row, c, self.step.reads[0])})
        lists = {name: c.experiment.loss.numbers(name) for name in c.lists}
        blocks, numbers = {**reading.blocks, **c.lists}, {**reading.numbers, **lists}
        return replace(reading, blocks=blocks, numbers=numbers)

    def prepared(self, tree: Expr) -> Expr:
        """Return a formula with the numbers that are no settings."""
        known: dict[str, Expr] = {name: number(each.value) for name, each in self.entry.constants.items()}
        known |= {OUTPUTS: number(self.setting.outputs), TOLERANCE: number(SUM_TOLERANCE[self.c.experiment.dtype])}
        return substituted(tree, known)

    def limited(self, tree: Expr, limits: tuple[Limit, ...]) -> Expr:
        """Return a formula with what holds in its place at its limits, but where it needs none: one that loses no
        digits.
        """
        if not limits or keeps_digits(tree):
            return self.prepared(tree)
        choice = self.c.experiment.loss
        pairs = tuple((read(limit.when), self.entry.said(limit.formula, choice)) for limit in limits)
        return self.prepared(Cases(pairs, tree))

    def counted(self, tree: Expr) -> Expr:
        """Return a formula that is 0 for a sample of the class that is ignored."""
        if not self.setting.ignores:
            return tree
        target = Symbol(TARGET, (SAMPLE,))
        return Cases(((Compare("==", target, Symbol(IGNORE_INDEX)), ZERO),), tree)

    def places(self, index: Index) -> dict[str, int]:
        return dict(zip((SAMPLE.name, UNIT.name), index, strict=False))


def write_loss_term(c: IterationPage, step: MicroStep) -> None:
    """Write what a loss shows on its way: probabilities, their logarithms, the target as probabilities."""
    loss, term = _OfLoss(c, step), step.entry
    assert isinstance(term, LossTerm)
    assert step.rule is not None
    tree = loss.entry.said(term.shifted, c.experiment.loss) if term.shifted else step.rule.formula
    tree = loss.prepared(tree)
    if term is TARGET_PROBABILITIES:
        tree = loss.counted(tree)
    reading = loss.reading()
    c.write(step, lambda index: reading.element(tree, index, loss.places(index)))


def write_loss(c: IterationPage, step: MicroStep) -> None:
    """Write the terms of the loss, then their sum over what the reduction divides by."""
    loss, reading = _OfLoss(c, step), _OfLoss(c, step).reading()
    choice, output = c.experiment.loss, c.blocks[_output(c)]
    batch, outputs = output.shape
    tree = loss.counted(loss.limited(loss.entry.tree(choice), loss.entry.limits))
    shape = (batch, 1) if loss.entry.of_classes else (batch, outputs)
    letters = (SAMPLE.name,) if loss.entry.of_classes else (SAMPLE.name, UNIT.name)
    title = "added up below, of each sample:"
    terms = c.write_terms(title, shape, reading, tree, lambda index: dict(zip(letters, index, strict=False)))
    total = f"SUM({terms.all(c.page.name)})"
    divisor = _counted_text(c, loss, batch) if loss.counts else _divisor(c, loss)
    c.write(step, lambda index: total if divisor == "1" else f"{total}/{divisor}")


def write_output_gradient(c: IterationPage, step: MicroStep) -> None:
    """Write the slope of the loss by each output, over what the sum of the terms was divided by."""
    loss, entry = _OfLoss(c, step), _OfLoss(c, step).entry
    # Where the program makes the target's probabilities itself, they add up to 1.
    is_made = refs.loss_term(TARGET_PROBABILITIES.name) in step.reads
    tree = loss.limited(entry.slope_tree(c.experiment.loss), () if is_made else entry.slope_limits)
    divisor = f"SUM({c.blocks[COUNTED].all(c.page.name)})" if loss.counts else _divisor(c, loss)
    if divisor != "1":
        tree = Divide(tree, number(int(divisor)) if divisor.isdigit() else Symbol(_DIVISOR))
    tree = loss.counted(tree)
    reading = loss.reading(divisor=Named(divisor, 1.0))
    c.write(step, lambda index: reading.element(tree, index, loss.places(index)))


def largest_of_row(c: IterationPage, ref: ValueRef, row: int) -> Named:
    """Return the largest number of a sample, which is taken off from each power of e."""
    block: CellBlock = c.blocks[ref]
    text = f"MAX({block.range((row, 0), (row, block.columns - 1), c.page.name)})"
    return Named(text, max(c.numbers[ref][row]))


def _output(c: IterationPage) -> ValueRef:
    return refs.activation(len(c.experiment.network.layers) - 1)


def _divisor(c: IterationPage, loss: _OfLoss) -> str:
    return str(loss.entry.divisor(c.experiment.loss, *c.blocks[_output(c)].shape))


def _counted_text(c: IterationPage, loss: _OfLoss, batch: int) -> str:
    """Write what each sample counts, by its class, and return the sum of that."""
    choice, reading = c.experiment.loss, loss.reading()
    weight = choice.arguments.get(WEIGHT)
    if choice["reduction"] != "mean":
        return _divisor(c, loss)
    tree: Expr = Symbol(WEIGHT, (Symbol(TARGET, (SAMPLE,)),)) if weight is not None else ONE
    tree = loss.counted(tree)
    title = "what each sample counts, by its class:"
    block = c.write_terms(title, (batch, 1), reading, tree, lambda index: {SAMPLE.name: index[0]})
    c.blocks[COUNTED] = block
    return f"SUM({block.all(c.page.name)})"
