"""What the numbers of a formula mean, in a sentence for a tooltip."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.catalog import refs
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.spec import Experiment
from chainrule.explain.circuit.names import text_of, title_of
from chainrule.explain.optimizer_names import KeptNames, state_names
from chainrule.formula.graph import Graph, Step, backward, grad, graph_of


def operators(experiment: Experiment) -> Mapping[ValueRef, str]:
    """The names of a formula's operators."""
    lines = experiment.network.formula
    return {ValueRef(node.writes): text_of(lines, node.writes) for node in graph_of(lines).nodes}


def meaning_of(experiment: Experiment, ref: ValueRef) -> str:
    """What one number of a formula means; empty for what every training has, such as the learning rate."""
    lines = experiment.network.formula
    graph = graph_of(lines)
    for node in graph.nodes:
        if node.writes == ref:
            output = ": the output, which is trained" if ref == graph.output else ""
            return f"{title_of(lines, node)}{output}"
    for step in backward(graph):
        if step.writes == ref:
            return _of_derivative(lines, graph, step)
    parts = refs.parse(ref)
    if parts.base not in graph.inputs:
        return ""
    name, names, new = text_of(lines, parts.base), state_names(parts), parts.suffixes[-1:] == ("next",)
    if names:
        return (
            f"The {KeptNames(experiment).of(parts).called.words} of {name}{': kept for the next update' if new else ''}"
        )
    if new:
        return f"{name} after this update"
    frozen = "which stays as it is" if parts.base in experiment.frozen else "which training changes"
    return f"{name}: a number of the formula, {frozen}"


def _of_derivative(lines: tuple[str, ...], graph: Graph, step: Step) -> str:
    how = f"How much {text_of(lines, graph.output)} changes with {text_of(lines, step.by)}"
    return how if step.writes == grad(step.by) else f"{how} by way of {text_of(lines, step.through)}"
