"""The picture of the formula in a moment."""

from __future__ import annotations

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.formula.graph import backward_steps, graph_of
from chainrule.session.screen.moment import Moment
from chainrule.ui.circuit.circuit_layout import Circuit
from chainrule.ui.circuit.columns import columns_of
from chainrule.ui.circuit.contents import CircuitValues
from chainrule.ui.circuit.lengths import Measure
from chainrule.ui.stage.layout.geometry import Metrics
from chainrule.ui.stage.layout.slots import UpdateSlotsByRef


def picture_of(moment: Moment, updates: UpdateSlotsByRef, metrics: Metrics, measure: Measure) -> Circuit:
    """Measure what there is to be shown of a formula; before there is a program, what its graph says."""
    lines, program, notation = moment.experiment.network.formula, moment.program, Notation.of(moment.experiment)
    if program is not None:
        written = frozenset(program.index)
    else:
        written = frozenset(ValueRef(step.writes) for step in backward_steps(graph_of(lines)))
    shown = CircuitValues(columns_of(lines), updates, written.__contains__, lambda name: notation.text(ValueRef(name)))
    return Circuit(shown, metrics, measure)
