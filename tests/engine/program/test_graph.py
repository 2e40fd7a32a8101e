"""Graphs that no network of layers has: a value with several readers, a weight that is used twice."""

from __future__ import annotations

import torch
from torch import Tensor

from chainrule.catalog import linear
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import LayerSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program import layers
from chainrule.engine.program.graph import Node, Operation, Pullback, differentiate
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import run_steps
from chainrule.formula.parse import read
from chainrule.formula.rule import UPSTREAM, Rule


def same(upstream: Tensor) -> Tensor:
    return upstream


BACK = Pullback(StepKind.ACTIVATION_GRADIENT, (UPSTREAM,), same)
ADD = Operation(StepKind.ACTIVATION, torch.add, Rule(read("x + y"), ("x", "y")), {"x": BACK, "y": BACK})
W, OUT = ValueRef("w"), ValueRef("out")


def linear_node(below: str, weight: ValueRef, writes: str, layer: int) -> Node:
    operands = {linear.X: ValueRef(below), linear.WEIGHT: weight}
    return Node(layers.LINEAR_WITHOUT_BIAS, operands, ValueRef(writes), layer)


def residual() -> list[Node]:
    """a = tanh(x w'), and out = a w' + a: w and a have two readers each."""
    tanh = layers.activation_operation(LayerSpec(3, Choice("Tanh")))
    return [
        linear_node("input", W, "z", 0),
        Node(tanh, {"z": ValueRef("z")}, ValueRef("a"), 0),
        linear_node("a", W, "y", 1),
        Node(ADD, {"x": ValueRef("y"), "y": ValueRef("a")}, OUT, 1),
    ]


def run(nodes: list[Node], wanted: list[ValueRef]) -> tuple[list[MicroStep], dict[ValueRef, Tensor]]:
    """The steps back, and the values of both passes from drawn numbers."""
    generator = torch.Generator().manual_seed(0)
    values = {
        ref: torch.rand(shape, generator=generator, dtype=torch.float64)
        for ref, shape in ((refs.INPUT, (2, 3)), (W, (3, 3)), (refs.grad(OUT), (2, 3)))
    }
    steps = differentiate(nodes, OUT, wanted)
    run_steps((*(node.step for node in nodes), *steps), values)
    return steps, values


def test_what_has_several_readers_gets_the_sum_of_their_shares() -> None:
    nodes = residual()
    _, values = run(nodes, [W, refs.INPUT])
    leaves = {ref: values[ref].clone().requires_grad_() for ref in (refs.INPUT, W)}
    kept = dict(leaves)
    run_steps(tuple(node.step for node in nodes), kept)
    found = torch.autograd.grad(kept[OUT], [*leaves.values(), kept[ValueRef("a")]], values[refs.grad(OUT)])
    for ref, expected in zip((*leaves, ValueRef("a")), found, strict=True):
        torch.testing.assert_close(values[refs.grad(ref)], expected)


def test_each_share_names_the_reader_that_it_comes_through() -> None:
    steps, values = run(residual(), [W])
    reads = {step.writes: step.reads for step in steps}
    assert reads[refs.grad(W)] == ("w.grad.from.y", "w.grad.from.z")
    assert reads[refs.grad(ValueRef("a"))] == ("a.grad.from.out", "a.grad.from.y")
    torch.testing.assert_close(
        values[refs.grad(W)], values[ValueRef("w.grad.from.y")] + values[ValueRef("w.grad.from.z")]
    )


def test_only_what_is_wanted_has_a_gradient_and_what_lies_between() -> None:
    steps, _ = run(residual(), [W])
    assert refs.grad(refs.INPUT) not in {step.writes for step in steps}
    assert differentiate(residual(), OUT, []) == []
    assert [step.writes for step in differentiate(residual()[:2], ValueRef("a"), [W])] == ["z.grad", "w.grad"]
