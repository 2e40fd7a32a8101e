"""The micro-step: one computation of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog.refs import ValueRef
from chainrule.catalog.step_kinds import Phase, StepKind
from chainrule.formula.graph import Step

if TYPE_CHECKING:
    from torch import Tensor

# Numbers set by hand in one iteration, by ref and index.
Overrides = Mapping[ValueRef, Mapping[tuple[int, ...], float]]


@dataclass(frozen=True, slots=True)
class MicroStep:
    """One computation: `values[writes] = compute(*(values[r] for r in reads))`. Each ref is written once.

    `couples_units` says that one unit's number is computed from those of all units of its sample, as in Softmax.
    `unnamed` are those of `reads` that are handed to `compute`, but do not occur in its formula. `node` is what
    a step of a typed formula was made of: each of `reads` goes by its ref there.
    """

    kind: StepKind
    writes: ValueRef
    reads: tuple[ValueRef, ...]
    compute: Callable[..., Tensor]
    couples_units: bool = False
    unnamed: frozenset[ValueRef] = frozenset()
    node: Step | None = None

    @property
    def named(self) -> tuple[ValueRef, ...]:
        """What its formula reads."""
        return tuple(ref for ref in self.reads if ref not in self.unnamed) if self.unnamed else self.reads

    @property
    def phase(self) -> Phase:
        """The part of the iteration that this step belongs to."""
        return self.kind.phase
