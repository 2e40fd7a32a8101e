"""What a number of the stage says while the mouse rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.data_names import data_lines
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.meanings import meaning
from chainrule.explain.writing.numbers import format_count, format_number
from chainrule.model.elements import Index
from chainrule.session.screen.computing import computed_number
from chainrule.session.screen.moment import Moment, is_editable
from chainrule.ui.stage.layout.geometry import NodeCard
from chainrule.ui.stage.painting.apart import digits_of, old_and_new
from chainrule.ui.style.appearance import Appearance


def tip_of(moment: Moment, ref: ValueRef, index: Index) -> str:
    """Return what a number means, all its digits, what it belongs to, and what can be done with it."""
    number = moment.number(ref, index)
    if number is None:
        return f"{meaning(moment.experiment, ref, index)}\nNot computed yet"
    name = Notation.of(moment.experiment).text(ref, index)
    lines = [meaning(moment.experiment, ref, index), f"{name} = {format_number(number, None)}"]
    lines += data_lines(moment.experiment, ref, index, number)
    lines += [*_change(moment, ref, index), *_owner(moment, ref, index)]
    if moment.is_overridden(ref, index):
        computed = format_number(computed_number(moment, ref, index), None)
        lines.append(f"Set by hand; computed, it would be {computed}. Delete computes it again")
    if ref in moment.experiment.frozen:
        lines.append("Frozen: it has no gradient, and no update changes it")
    if is_editable(moment, ref):
        lines.append("Drag it, or double-click, to change it")
    return "\n".join(lines)


def _change(moment: Moment, ref: ValueRef, index: Index) -> Iterator[str]:
    """Yield the old value and the new one of a parameter that is updated."""
    pair = old_and_new(moment, ref, index)
    if pair is not None:
        old, new = (format_number(number, digits_of(moment, ref, index)) for number in pair)
        yield f"This update: {old} → {new}"


def _owner(moment: Moment, ref: ValueRef, index: Index) -> Iterator[str]:
    """Yield whether it is one sample's number or that of all, where there are several."""
    count = len(moment.rows)
    if count < 2:
        return
    if moment.sample_of(ref) is None:
        yield f"Of the whole batch of {format_count(count)} samples"
    elif index[0] < count:
        yield f"Of sample {format_count(moment.rows[index[0]] + 1)}"


class NeuronPictures(Protocol):
    """Small pictures, one in each neuron that has room for it."""

    def suit(self, experiment: Experiment) -> bool:
        """Return whether the neurons of an experiment have such pictures."""

    def paint(self, painter: QPainter, moment: Moment, nodes: Sequence[NodeCard], look: Appearance) -> None:
        """Paint the pictures of those neurons that have room for one."""

    def tip(self, moment: Moment, layer: int, unit: int) -> str:
        """Return what the picture in a neuron is, in words."""


def picture_tip(pictures: NeuronPictures, moment: Moment, nodes: Iterable[NodeCard], position: QPointF) -> str:
    """Return what the small picture at a point is; "" where there is none."""
    node = next((node for node in nodes if node.picture is not None and node.picture.contains(position)), None)
    return "" if node is None else pictures.tip(moment, node.layer, node.unit)
