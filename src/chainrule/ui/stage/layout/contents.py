"""What each neuron, and each weight, shows: the values of its places, in the order in which they become known."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.experiment.data_names import NO_NAMES, DataColumn
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.ui.stage.layout.geometry import Slot
from chainrule.ui.stage.layout.slots import NO_SLOTS, UpdateSlots, UpdateSlotsByRef

# The loss that goes through probabilities of its own.
CROSS_ENTROPY = "CrossEntropyLoss"

# More penalties than these have one place together on the loss's card.
MOST_PENALTIES = 2


def parameter_slots(ref: ValueRef, label: str) -> tuple[Slot, ...]:
    """Return a parameter, and what the update makes of it.

    Its name alone is always that of the number before the update.
    """
    return (Slot(label, ref), Slot(f"{label}→", refs.next_value(ref)))


class StageContents:
    """The values that the places of one experiment show; layer -1 is the input."""

    def __init__(self, experiment: Experiment, updates: UpdateSlotsByRef, *, is_low: bool = False) -> None:
        """On a stage that `is_low` the parts of the loss have one place together."""
        self.experiment, self.network, self.updates = experiment, experiment.network, updates
        self.is_low = is_low
        self.last = len(self.network.layers) - 1
        self.classes = has_classes(experiment)
        self.values = values_of(experiment)

    def units(self, layer: int) -> int:
        """Return how many neurons a layer has."""
        return self.network.inputs if layer < 0 else self.network.layers[layer].units

    def columns(self, layer: int) -> tuple[DataColumn, ...]:
        """Return the columns of the data that the inputs read, or the last layer answers."""
        names = self.experiment.data.names
        if layer < 0:
            return names.inputs
        if layer != self.last or names == NO_NAMES:
            return ()
        return tuple(names.output(unit, self.units(layer)) for unit in range(self.units(layer)))

    def rows(self, layer: int, *, tall: bool = False) -> list[tuple[tuple[Slot, ...], ...]]:
        """Return the rows of a neuron's card, each of one or two cells.

        A tall one keeps a parameter beside its new value.
        """
        if layer < 0:
            return [((Slot("", refs.INPUT),),)]
        z, a = refs.pre_activation(layer), refs.activation(layer)
        rows: list[tuple[tuple[Slot, ...], ...]] = []
        if self.network.layers[layer].bias:
            b = refs.bias(layer)
            rows += self._parameter_rows(parameter_slots(b, "b"), self.gradient_slots(b, "∂"), self.of(b).all, tall)
        rows.append(((Slot("z", z),), (Slot("δ", refs.grad(z)),)))
        for ref in self.learned(layer):
            rows += self._parameter_rows(*self.learned_slots(ref, "∂"), tall)
        rows.append(((Slot("a", a),), (Slot("∂", refs.grad(a)),)))
        return rows + self.loss_rows() if layer == self.last else rows

    def _parameter_rows(
        self, value: tuple[Slot, ...], gradient: tuple[Slot, ...], update: tuple[Slot, ...], tall: bool
    ) -> list[tuple[tuple[Slot, ...], ...]]:
        """Return a parameter and its gradient, and what the update makes of them: `b 0.3500`, and under it `→ 0.3456`.

        In a low card the new value takes the place of what it was computed from, the old one stays.
        """
        new = () if value[0].ref in self.experiment.frozen else (replace(value[1], label="→"),)
        if tall and new:
            return [(value[:1], gradient), (new, *([update] if update else []))]
        if update:
            return [(value[:1], gradient), ((*update, *new),)]
        return [(value[:1], (*gradient, *new))]

    def loss_parts(self) -> list[tuple[Slot, ...]]:
        """Return the rows of the loss's card: that of the data, each penalty, and their sum; or the loss alone."""
        whole, count = Slot("L", refs.LOSS), len(self.experiment.penalties)
        if not count:
            return [(whole,)]
        notation, parts = Notation.of(self.experiment), (refs.DATA_LOSS, *map(refs.penalty, range(count)))
        data, *penalties = (Slot(notation.loss_letter(ref), ref) for ref in parts)
        if self.is_low:
            return [(data, *penalties, whole)]
        if count > MOST_PENALTIES:
            return [(data,), tuple(penalties), (whole,)]
        return [(data,), *((each,) for each in penalties), (whole,)]

    def loss_rows(self) -> list[tuple[tuple[Slot, ...], ...]]:
        """Return what the loss has for each output: its target, and what softmax makes of it."""
        target = () if self.classes else (Slot("t", refs.TARGET),)
        if self.experiment.loss.name != CROSS_ENTROPY:
            return [(target,)] if target else []
        q = Slot("q", refs.loss_term("target"))
        given = (*target, q) if self.classes or self.experiment.loss.arguments.get("label_smoothing") else target
        return [((Slot("p", refs.loss_term("softmax")),), (Slot("ln p", refs.loss_term("log_softmax")),)), (given,)]

    def compact_row(self, layer: int, *, narrow: bool, keeps_bias: bool = False) -> tuple[tuple[Slot, ...], ...]:
        """Return a neuron in one row: its bias, its value and its gradient; without a place for the bias where it is
        narrow.

        One that keeps the bias has another place for its gradient and its new value: `b 0.3500 → 0.3456`.

        What is known in the end stands last, and stays: the others are shown at their micro-step. Where z is read and
        a written, z stands in the place of the gradient, which is yet to come.
        """
        if layer < 0:
            return ((Slot("", refs.INPUT),),)
        z, a, b = refs.pre_activation(layer), refs.activation(layer), refs.bias(layer)
        values: tuple[Slot, ...] = (Slot("z", z), Slot("a", a))
        if layer == self.last and self.experiment.loss.name == CROSS_ENTROPY:
            values = (Slot("z", z), Slot("ln p", refs.loss_term("log_softmax")), *values[1:])
            values += (Slot("p", refs.loss_term("softmax")),)
        gradients = (Slot("z", z, if_read=True), Slot("∂", refs.grad(a)), Slot("δ", refs.grad(z)))
        rest: tuple[tuple[Slot, ...], ...] = ()
        for learned in self.learned(layer):
            value, gradient, update = self.learned_slots(learned, f"∂{self._letter(learned)}")
            rest = (*rest, (*update, *gradient, *value))
        if self.network.layers[layer].bias:
            update = tuple(replace(slot, label=f"{slot.label}(b)") for slot in self.of(b).all)
            gradient, value = self.gradient_slots(b, "∂b"), parameter_slots(b, "b")
            bias = (*update, *gradient, *value)
            if narrow:
                values = (*bias, *values)
            elif keeps_bias and b not in self.experiment.frozen:
                rest = (value[:1], (*update, *gradient, replace(value[1], label="→")), *rest)
            else:
                rest = (bias, *rest)
        return (*rest, values, gradients)

    def newest(self, layer: int) -> tuple[Slot, ...]:
        """Return all that one number of a neuron may be: its gradient, once there is one."""
        row = self.compact_row(layer, narrow=True)
        return tuple(slot for slots in row for slot in slots)

    def learned(self, layer: int) -> tuple[ValueRef, ...]:
        """Return the vectors that the activation of a layer learns."""
        return tuple(refs.learned(layer, name) for name in self.network.layers[layer].learned)

    def _letter(self, ref: ValueRef) -> str:
        vector = self.values[ref].learned
        return "" if vector is None else latex_to_text(vector.symbol)

    def learned_slots(self, ref: ValueRef, label: str) -> tuple[tuple[Slot, ...], tuple[Slot, ...], tuple[Slot, ...]]:
        """Return the slots of a vector that an activation learns: its value, its gradient, and what the optimizer makes
        of it.

        Every neuron shows the one number that they share.
        """
        groups = (parameter_slots(ref, self._letter(ref)), self.gradient_slots(ref, label), self.of(ref).all)
        if self.values[ref].sizes != (1,):
            return groups
        shared = (
            tuple(slot if slot.shape is not None else replace(slot, shape=(1,)) for slot in group) for group in groups
        )
        value, gradient, update = shared
        return value, gradient, update

    def of(self, parameter: ValueRef) -> UpdateSlots:
        """Return what the optimizer keeps and computes for a parameter."""
        return self.updates.get(parameter, NO_SLOTS)

    def gradient_slots(self, parameter: ValueRef, label: str) -> tuple[Slot, ...]:
        """Return a parameter's gradient, before it what data and penalties add to it, and behind it the clipped one."""
        update = self.of(parameter)
        return (*update.shares, Slot(label, refs.grad(parameter)), *update.clipped)

    def heat_slots(self, layer: int) -> list[tuple[Slot, ...]]:
        """Return what the columns of a layer drawn as a heat map show."""
        if layer < 0:
            return [(Slot("x", refs.INPUT),)]
        z, a, b = refs.pre_activation(layer), refs.activation(layer), refs.bias(layer)
        columns: list[tuple[Slot, ...]] = [(Slot("z", z),), (Slot("a", a),), (Slot("∂", refs.grad(a)),)]
        columns.append((Slot("δ", refs.grad(z)),))
        if self.network.layers[layer].bias:
            columns.insert(0, parameter_slots(b, "b"))
        for ref in self.learned(layer):
            columns.insert(len(columns) - 3, self.learned_slots(ref, "∂")[0])
        if layer == self.last:
            columns.extend(slots for row in self.loss_rows() for slots in row)
        return columns
