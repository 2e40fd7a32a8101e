"""What the timeline's marks are called, which of them belong together, and which stand for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import mark_index, step_mark, step_title
from chainrule.formula.graph import backward_steps, graph_of
from chainrule.model.navigation import layer_group
from chainrule.session.screen.moment import Moment
from chainrule.ui.timeline.layout import PHASES

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program
    from chainrule.engine.program.steps import MicroStep

_OF_ONE_PARAMETER = ("update_term", "state_update", "parameter_update")


@dataclass(frozen=True, slots=True)
class Steps:
    """What the marks are called. Before the engine is there the marks have no names."""

    program: Program | None
    phases: tuple[str, ...]
    labels: tuple[str, ...] = ()
    # What of each label is set below the line: its end, or nothing.
    indices: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    keys: tuple[object, ...] = ()
    leaders: tuple[int, ...] = ()

    @classmethod
    def of(cls, moment: Moment, before: Steps | None = None) -> Steps:
        """Return the micro-steps of a moment, or as many as there will be about.

        `before` are those of the same network with other settings: where the steps write the same, they stay.
        """
        if moment.program is None:
            counts = _expected(moment.experiment.network)
            return cls(None, tuple(name for name in PHASES for _ in range(counts[name])))
        steps = moment.steps
        if before is not None and before.program is not None and _are_called_the_same(before.program, moment.program):
            return replace(before, program=moment.program)
        notation = Notation.of(moment.experiment)
        keys = tuple(_key(step, moment.program.values) for step in steps)
        return cls(
            moment.program,
            tuple(step.phase.value for step in steps),
            tuple(step_mark(notation, step) for step in steps),
            tuple(mark_index(notation, step) for step in steps),
            tuple(step_title(notation, step) for step in steps),
            keys,
            _leaders(keys, tuple(step.kind.value == "parameter_update" for step in steps)),
        )


def _are_called_the_same(one: Program, other: Program) -> bool:
    """Return whether the steps of two programs of one network have the same names."""
    if len(one.steps) != len(other.steps):
        return False
    pairs = zip(one.steps, other.steps, strict=True)
    return all(a is b or (a.kind, a.writes, len(a.reads)) == (b.kind, b.writes, len(b.reads)) for a, b in pairs)


def _expected(network: NetworkSpec) -> dict[str, int]:
    """Return about how many micro-steps each phase will have."""
    if network.formula:
        graph = graph_of(network.formula)
        return {
            "forward": len(graph.nodes),
            "loss": 0,
            "backward": len(backward_steps(graph)),
            "update": len(graph.inputs),
        }
    layers = len(network.layers)
    return {"forward": 2 * layers, "loss": 1, "backward": 4 * layers, "update": 2 * layers}


def _key(step: MicroStep, values: Mapping[ValueRef, Value]) -> object:
    """Return what marks side by side have in common: the layer in a phase, or the parameter that is updated."""
    group = layer_group(step, values)
    return (group, values[step.writes].owner.ref) if step.kind.value in _OF_ONE_PARAMETER else group


def _leaders(keys: Sequence[object], is_new_value: Sequence[bool]) -> tuple[int, ...]:
    """Return the steps that stand for their neighbours: the first of each key, or the one that gives the new value."""
    found = []
    for _, places in groupby(range(len(keys)), key=keys.__getitem__):
        first, *rest = places
        found.append(next((place for place in rest if is_new_value[place]), first))
    return tuple(found)
