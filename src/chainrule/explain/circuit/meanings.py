"""What the numbers of a formula mean, in a sentence for a tooltip."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.circuit.names import text_of, title_of
from chainrule.formula.graph import Graph, Step, backward_steps, grad_name, graph_of


def operators(experiment: Experiment) -> Mapping[ValueRef, str]:
    """Return the names of a formula's operators."""
    lines = experiment.network.formula
    return {ValueRef(node.writes): text_of(lines, node.writes) for node in graph_of(lines).nodes}


def meaning_of(experiment: Experiment, ref: ValueRef) -> str:
    """Return what one number of a formula means; empty for what every training has, such as the learning rate."""
    lines = experiment.network.formula
    graph = graph_of(lines)
    for node in graph.nodes:
        if node.writes == ref:
            output = ": the output, which is trained" if ref == graph.output else ""
            return f"{title_of(lines, node)}{output}"
    for step in backward_steps(graph):
        if step.writes == ref:
            return _of_derivative(lines, graph, step)
    value = values_of(experiment).get(ref)
    if value is None or not value.is_of_parameter:
        return ""
    name = text_of(lines, value.owner.ref)
    if value.called is not None:
        return f"The {value.called.words} of {name}{': kept for the next update' if value.is_next else ''}"
    if value.is_next:
        return f"{name} after this update"
    frozen = "which stays as it is" if ref in experiment.frozen else "which training changes"
    return f"{name}: a number of the formula, {frozen}"


def _of_derivative(lines: tuple[str, ...], graph: Graph, step: Step) -> str:
    how = f"How much {text_of(lines, graph.output)} changes with {text_of(lines, step.by)}"
    return how if step.writes == grad_name(step.by) else f"{how} by way of {text_of(lines, step.through)}"
