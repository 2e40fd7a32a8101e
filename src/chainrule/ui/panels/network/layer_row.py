"""One layer of the network: units, activation, bias, and the locks that keep training off its parameters."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.panels.arguments.argument_rows import ArgumentRows
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.functions.functions_panel import follow_up, offer, words_of
from chainrule.ui.panels.network.layer_details import LayerDetails
from chainrule.ui.panels.network.learned_locks import LearnedLocks
from chainrule.ui.panels.section import ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import CheckBox, Disclosure, Label, LockButton, RemoveButton
from chainrule.ui.widgets.fields import IntegerField
from chainrule.ui.widgets.plain_text import plain_tip

LABEL_WIDTH = 56
UNITS_WIDTH = 50


class LayerRow(QWidget):
    """Lines of controls for the layer of one index; which layer that is changes as layers come and go."""

    controls_changed = Signal()

    def __init__(
        self, index: int, session: Session, editing: PanelEditing, appearance: Appearance, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.index = index
        self._session, self._editing, self._appearance = session, editing, appearance
        self._activation = Choice("")
        self._experiment: Experiment | None = None
        self._details: LayerDetails | None = None
        self._make_controls()
        self._lay_out()
        self._connect()
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _make_controls(self) -> None:
        appearance, index, layer = self._appearance, self.index, f"layer {self.index + 1}"
        self.name = Label(appearance, layer.capitalize(), self)
        self.units = IntegerField(appearance, self._editing.refusals, self)
        self.units.setObjectName(f"layer_units_{index}")
        self.units.setAccessibleName(gettext("Units of {layer}", layer=layer))
        self.units.set_description(gettext("How many units {layer} has", layer=layer))
        self.activation = ChoiceField(
            appearance, f"layer_activation_{index}", gettext("Activation of {layer}", layer=layer), self
        )
        offer(self.activation, ACTIVATIONS)
        self.remove = RemoveButton(
            appearance, "", gettext("Remove {layer}", layer=layer), f"layer_remove_{index}", self
        )
        self.weight_lock = LockButton(
            appearance,
            gettext("weights"),
            gettext("Freeze the weights of {layer}", layer=layer),
            f"layer_freeze_weight_{index}",
            self,
        )
        self.bias = CheckBox(
            appearance,
            gettext("bias"),
            gettext("Whether the units of {layer} have a bias", layer=layer),
            f"layer_bias_{index}",
            self,
        )
        self.bias_lock = LockButton(
            appearance, "", gettext("Freeze the biases of {layer}", layer=layer), f"layer_freeze_bias_{index}", self
        )
        self.learned_locks = LearnedLocks(index, appearance, self)
        self.arguments = ArgumentRows(appearance, self._editing.refusals, f"layer_activation_{index}", self)
        tip = gettext("A learning rate and first values of its own for {layer}", layer=layer)
        self.more = Disclosure(appearance, tip, f"layer_more_{index}", self)

    def _lay_out(self) -> None:
        policy = self.bias_lock.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bias_lock.setSizePolicy(policy)
        self.activation.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        lines = self._lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(2)
        lines.addLayout(ControlsLine(self._appearance, self.name, self.units, self.activation, self.remove))
        second = ControlsLine(self._appearance, self.more, self.weight_lock, None, self.bias, self.bias_lock, None)
        lines.addLayout(second)
        lines.addWidget(self.arguments)
        lines.addWidget(self.learned_locks)

    def _connect(self) -> None:
        self.units.value_edited.connect(lambda units: self._change_units(units, by_arrow=False))
        self.units.nudged.connect(lambda units: self._change_units(units, by_arrow=True))
        self.activation.choice_edited.connect(self._change_activation)
        self.bias.clicked.connect(self._change_bias)
        index = self.index
        locked = {self.weight_lock: refs.weight, self.bias_lock: refs.bias}
        for lock, ref in locked.items():
            self._connect_lock(lock, ref(index))
        self.learned_locks.freeze_asked.connect(self._freeze)
        self.learned_locks.controls_changed.connect(self.controls_changed)
        self.remove.clicked.connect(self._remove)
        self.arguments.argument_edited.connect(self._change_argument)
        self.more.toggled.connect(self._unfold)
        self.arguments.controls_changed.connect(self.controls_changed)

    def _connect_lock(self, lock: LockButton, ref: ValueRef) -> None:
        lock.clicked.connect(lambda frozen: self._freeze(lock, ref, frozen))

    def _restyle(self) -> None:
        self.name.setFixedWidth(self._appearance.size(LABEL_WIDTH))
        self.more.setFixedWidth(self._appearance.size(LABEL_WIDTH - 2))
        self.units.setFixedWidth(self._appearance.size(UNITS_WIDTH))

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        first = [self.units, self.activation, *self.arguments.controls()]
        second = [self.more, self.weight_lock, self.bias, self.bias_lock]
        details = self._details.controls() if self._details else []
        return [*first, *self.learned_locks.controls(), *second, *details, self.remove]

    def _unfold(self, is_open: bool) -> None:
        """Show what the layer has of its own, or fold it away. It is made when it is first looked at."""
        if self._details is None:
            self._details = LayerDetails(self.index, self._editing, self._appearance, self)
            self._details.controls_changed.connect(self.controls_changed)
            if self._experiment is not None:
                self._details.show_layer(self._experiment)
            self._lines.addWidget(self._details)
            self.controls_changed.emit()
        self._details.setVisible(is_open)

    def show_layer(self, experiment: Experiment) -> None:
        """Show the layer of an experiment."""
        self._experiment, layer = experiment, experiment.network.layers[self.index]
        self.units.set_value(layer.units)
        self.bias.setChecked(layer.bias)
        self.bias_lock.setVisible(layer.bias)
        self.weight_lock.setChecked(refs.weight(self.index) in experiment.frozen)
        self.bias_lock.setChecked(refs.bias(self.index) in experiment.frozen)
        self.learned_locks.show_layer(experiment)
        if self._details is not None:
            self._details.show_layer(experiment)
        self.more.set_marked(layer.lr is not None or layer.initialization is not None)
        if layer.activation != self._activation:
            self._activation = layer.activation
            self._show_activation()

    def _show_activation(self) -> None:
        choice, entry = self._activation, ACTIVATIONS[self._activation.name]
        called = entry.called(choice)
        self.activation.set_choice(choice.name, called)
        words = f"{called}: {words_of(entry)}"
        self.activation.setToolTip(
            plain_tip(gettext("Activation of layer {number}. {words}", number=self.index + 1, words=words))
        )
        self.arguments.show_arguments(choice, entry.arguments)

    # Edits

    def _change_units(self, units: int, *, by_arrow: bool) -> None:
        change = shape_edits.set_units(self.index, units, self._session.editor.initial_values)
        key = f"units.{self.index}" if by_arrow else None
        self._editing.apply(self.units, gettext("Change units"), change, restart=True, merge_key=key)

    def _change_activation(self, name: str) -> None:
        change = edits.set_activation(self.index, follow_up(name, ACTIVATIONS, self._activation))
        if self._editing.apply(self.activation, gettext("Change activation"), change):
            self.arguments.begin_formula()

    def _change_argument(self, name: str, value: ArgumentValue, by_arrow: bool) -> None:
        change = edits.set_activation(self.index, self._activation.replace(**{name: value}))
        key = f"activation.{self.index}.{name}" if by_arrow else None
        self._editing.apply(self.arguments.field(name), gettext("Change {name}", name=name), change, merge_key=key)

    def _change_bias(self, bias: bool) -> None:
        change = shape_edits.set_bias(self.index, bias, self._session.editor.initial_values)
        text = "Add bias" if bias else "Remove bias"
        self._editing.switch(self.bias, text, change, restart=True)

    def _remove(self) -> None:
        change = shape_edits.remove_layer(self.index, self._session.editor.initial_values)
        self._editing.apply(self.remove, gettext("Remove layer"), change, restart=True)

    def _freeze(self, lock: LockButton, ref: ValueRef, frozen: bool) -> None:
        assert self._experiment is not None
        text = f"{'Freeze' if frozen else 'Unfreeze'} {values_of(self._experiment)[ref].noun}"
        self._editing.switch(lock, text, edits.set_frozen(ref, frozen))
