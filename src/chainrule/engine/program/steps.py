"""The micro-step: one computation of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog.activation import Learned
from chainrule.catalog.experiment.spec import PenaltySpec
from chainrule.catalog.loss import LossTerm
from chainrule.catalog.optimizers import Update
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.formula.graph import Step
from chainrule.formula.rule import Rule

if TYPE_CHECKING:
    from torch import Tensor

# What of the tables a step can be compiled from.
TableEntry = Update | Learned | LossTerm | PenaltySpec
# Numbers set by hand in one iteration, by ref and index.
Overrides = Mapping[ValueRef, Mapping[tuple[int, ...], float]]


@dataclass(frozen=True, slots=True)
class MicroStep:
    """One computation: `values[writes] = compute(*(values[r] for r in reads))`. Each ref is written once.

    `rule` is the formula that `compute` follows, with what it calls each of `reads`; None where all are read alike.
    `entry` is what of the catalogue's tables it was compiled from, where that says more than the formula: the words,
    the names. `node` is what a step of a typed formula was made of: each of `reads` goes by its ref there.
    """

    kind: StepKind
    writes: ValueRef
    reads: tuple[ValueRef, ...]
    compute: Callable[..., Tensor]
    rule: Rule | None = None
    entry: TableEntry | None = None
    node: Step | None = None

    @property
    def named(self) -> tuple[ValueRef, ...]:
        """What its formula reads: a computation may be handed more."""
        if self.rule is None or all(self.rule.names):
            return self.reads
        return tuple(ref for ref, name in zip(self.reads, self.rule.names, strict=True) if name)

    @property
    def phase(self) -> Phase:
        """The part of the iteration that this step belongs to."""
        return self.kind.phase
