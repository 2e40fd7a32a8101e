"""Operations as a graph, and the gradients of what they read: a step of the program for each.

An operation says with its formula how gradients come back through it; the graph says where they go. So whatever is put
together of operations has a forward and a backward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.steps import MicroStep, TableEntry
from chainrule.formula.backward import Pull, pulls
from chainrule.formula.rule import UPSTREAM, Rule

# What a pullback can read beside the operands and the gradient of the result: the result itself.
RESULT = "result"


@dataclass(frozen=True, slots=True)
class Pullback:
    """How the gradient comes back to one operand: what is computed of `reads`, by the names of operands."""

    kind: StepKind
    reads: tuple[str, ...]
    compute: Callable[..., Tensor]
    rule: Rule | None = None
    entry: TableEntry | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """What a node computes of its operands, and the pullback of each."""

    kind: StepKind
    compute: Callable[..., Tensor]
    rule: Rule
    pullbacks: Mapping[str, Pullback]


@dataclass(frozen=True, slots=True)
class Node:
    """An operation at its place: which value each operand is, and what is written. `layer` is the one that it is of."""

    operation: Operation
    operands: Mapping[str, ValueRef]
    writes: ValueRef
    layer: int = 0
    reads: tuple[ValueRef, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reads", tuple(self.operands.values()))

    @property
    def step(self) -> MicroStep:
        """The step of the forward pass."""
        return MicroStep(self.operation.kind, self.writes, self.reads, self.operation.compute, self.operation.rule)

    def pullback(self, ref: ValueRef, writes: ValueRef) -> MicroStep:
        """Return the step that brings the gradient back to an operand."""
        name = next(name for name, operand in self.operands.items() if operand == ref)
        back = self.operation.pullbacks[name]
        places = {UPSTREAM: refs.grad(self.writes), RESULT: self.writes, **self.operands}
        reads = tuple(places[read] for read in back.reads)
        return MicroStep(back.kind, writes, reads, back.compute, back.rule, back.entry)


def differentiate(nodes: Sequence[Node], output: ValueRef, wanted: Sequence[ValueRef]) -> list[MicroStep]:
    """Return the gradients of the wanted values, and of all between them and the output, whose own is computed already.

    What one node reads gets its gradient at once; what several read gets a share from each, and then their sum. Within
    a layer the gradients of its own values come first, then those of its parameters in the order of `wanted`, then what
    goes on to other layers.
    """
    layers, places = {node.writes: node.layer for node in nodes}, {ref: place for place, ref in enumerate(wanted)}

    def turn(pull: Pull[Node]) -> tuple[int, int, int]:
        ref, layer = ValueRef(pull.name), pull.node.layer
        if layers.get(ref) == layer:
            return -layer, 0, 0
        return (-layer, 2, 0) if ref in layers or ref == refs.INPUT else (-layer, 1, places[ref])

    found = sorted(pulls(nodes, output, wanted), key=turn)
    return [step for pull in found for step in _steps(nodes, pull)]


def _steps(nodes: Sequence[Node], pull: Pull[Node]) -> Iterator[MicroStep]:
    ref = ValueRef(pull.name)
    gradient = refs.grad(ref)
    if not pull.is_share:
        yield pull.node.pullback(ref, gradient)
        return
    yield pull.node.pullback(ref, refs.share(gradient, pull.node.writes))
    if pull.is_last:
        shares = [refs.share(gradient, node.writes) for node in reversed(nodes) if ref in node.reads]
        yield MicroStep(StepKind.GRADIENT_SUM, gradient, tuple(shares), sum_of_tensors)


def sum_of_tensors(*terms: Tensor) -> Tensor:
    """Return the sum of tensors, from the first on: of what a value's readers give back,
    of a loss and its penalties.
    """
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
