"""The network: how many inputs, a row for each layer, and what its first weights are drawn from."""

from __future__ import annotations

import random
from operator import is_

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.writing.numbers import format_count
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.panels.arguments.row_list import drop_row
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.functions.functions_panel import follow_up, offer
from chainrule.ui.panels.network.layer_moving import LayerGrip
from chainrule.ui.panels.network.layer_row import LABEL_WIDTH, UNITS_WIDTH, LayerRow
from chainrule.ui.panels.network.scheme_field import SchemeField, given_in
from chainrule.ui.panels.section import GAP, ControlsLine, PanelSection
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton
from chainrule.ui.widgets.fields import IntegerField
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.row_grip import DropLine

# Seeds that are drawn are short, to be read out in class; any can be typed.
DRAWN_SEEDS = 10_000
SEED_WIDTH = 56
# Layers of which several are hidden are more than these.
SEVERAL = 2
# What the list of all hidden layers shows where they are not the same.
DIFFER = "various"
NO_LAYER = gettext_noop("Select a number of the layer to be moved first, or go to its row.")


def _shown_of(experiment: Experiment) -> tuple[object, ...]:
    """Return what of an experiment the panel shows."""
    return experiment.network, experiment.initialization, experiment.parameters, experiment.frozen, experiment.dtype


def another_seed(experiment: Experiment) -> int:
    """Draw any seed but the one that is there: whoever draws one asks for other numbers."""
    offset = random.SystemRandom().randrange(1, DRAWN_SEEDS)
    return (experiment.initialization.seed + offset) % DRAWN_SEEDS


class NetworkPanel(PanelSection):
    """The section of the network."""

    def __init__(self, session: Session, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(gettext("Network"), appearance, parent)
        self._session, self._editing = session, editing
        self._experiment: Experiment | None = None
        self._rows: list[LayerRow] = []
        self._drop_line = DropLine(appearance, self, "layer_drop_line")
        self._make_inputs()
        self._make_hidden()
        self._layers = QVBoxLayout()
        self.lines.addLayout(self._layers)
        self._make_footer()
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _make_inputs(self) -> None:
        self._inputs = IntegerField(self.appearance, self._editing.refusals, self)
        self._inputs.setObjectName("network_inputs")
        self._inputs.setAccessibleName(gettext("Inputs"))
        self._inputs.set_description(gettext("How many numbers each row of the data gives the network"))
        self._inputs.value_edited.connect(lambda inputs: self._change_inputs(inputs, by_arrow=False))
        self._inputs.nudged.connect(lambda inputs: self._change_inputs(inputs, by_arrow=True))
        self._label = Label(self.appearance, gettext("Inputs"), self)
        self.lines.addLayout(ControlsLine(self.appearance, self._label, self._inputs, None))

    def _make_hidden(self) -> None:
        """Make one list for the activations of all hidden layers, where there are several."""
        self._hidden = ChoiceField(
            self.appearance, "hidden_activation", gettext("Activation of all hidden layers"), self
        )
        self._hidden.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._hidden.setToolTip(
            plain_tip(gettext("The activation of every hidden layer: all of them are changed at once."))
        )
        self._hidden.choice_edited.connect(self._change_hidden)
        self._hidden_label = Label(self.appearance, gettext("All hidden layers"), self)
        self._hidden_label.setBuddy(self._hidden)
        self.lines.addLayout(ControlsLine(self.appearance, self._hidden_label, self._hidden))

    def _show_hidden(self, experiment: Experiment) -> None:
        names = {layer.activation.name for layer in experiment.network.layers[:-1]}
        several = len(experiment.network.layers) > SEVERAL
        if several != self._hidden.isVisibleTo(self):
            self._hidden.setVisible(several)
            self._hidden_label.setVisible(several)
            self.controls_changed.emit()
        if not several:
            return
        differ = len(names) > 1
        # Before the rest: the list holds what it stands at.
        self._hidden.set_choice(DIFFER if differ else names.pop())
        offer(self._hidden, ACTIVATIONS, {DIFFER: "Each layer has its own, below"} if differ else None)

    def _make_footer(self) -> None:
        appearance = self.appearance
        self._add = LinkButton(
            appearance, gettext("+ layer"), gettext("Add a hidden layer before the last"), "layer_add", self
        )
        self._add.clicked.connect(self._add_layer)
        self._seed = IntegerField(appearance, self._editing.refusals, self)
        self._seed.setObjectName("network_seed")
        self._seed.setAccessibleName(gettext("Seed"))
        self._seed.set_description(gettext("The seed that weights are drawn from. Another seed draws all of them anew"))
        self._seed.value_edited.connect(self._reseed)
        self._seed.nudged.connect(self._reseed)
        tip = gettext("Draw a new seed, and all weights and biases from it")
        self._redraw = LinkButton(appearance, gettext("reseed"), tip, "network_reseed", self)
        self._redraw.clicked.connect(self._draw_seed)
        seed = Label(appearance, gettext("seed"), self, size=SMALL, color="muted")
        seed.setBuddy(self._seed)
        self.lines.addLayout(ControlsLine(appearance, self._add, None, seed, self._seed, self._redraw))
        names = ("initialization_scheme", "the weights and biases")
        self._scheme = SchemeField(appearance, self._editing.refusals, names, self)
        self._scheme.edited.connect(self._change_scheme)
        self._scheme.controls_changed.connect(self.controls_changed)
        self.lines.addWidget(self._scheme)

    def _restyle(self) -> None:
        size = self.appearance.size
        self._label.setFixedWidth(size(LABEL_WIDTH))
        self._inputs.setFixedWidth(size(UNITS_WIDTH))
        self._seed.setFixedWidth(size(SEED_WIDTH))
        self._layers.setSpacing(size(GAP))

    def is_about(self, experiment: Experiment) -> bool:
        """Return whether there are layers."""
        return not experiment.network.formula

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the network of a moment's experiment; rows that stay keep what is typed in them."""
        before, experiment, network = self._experiment, moment.experiment, moment.experiment.network
        if before is not None and all(map(is_, _shown_of(before), _shown_of(experiment))):
            return
        # What fails below is shown with the next moment.
        self._experiment = None
        self._inputs.set_value(network.inputs)
        self._seed.set_value(experiment.initialization.seed)
        self._scheme.show_choice(experiment.initialization.scheme, given_in(experiment))
        self._show_hidden(experiment)
        self._set_row_count(len(network.layers))
        for row in self._rows:
            row.show_layer(experiment)
        if before is None or before.network is not network:
            count = network.parameter_count
            self.heading.set_note(
                gettext("1 parameter") if count == 1 else gettext("{count} parameters", count=format_count(count))
            )
        self._experiment = experiment

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        rows = [control for row in self._rows for control in row.controls()]
        return [self._inputs, self._hidden, *rows, self._add, self._seed, self._redraw, *self._scheme.controls()]

    def _set_row_count(self, count: int) -> None:
        if count == len(self._rows):
            return
        while len(self._rows) > count:
            row = self._rows.pop()
            drop_row(row, self._layers, self._rows[-1].remove if self._rows else self._add)
        # Each row that is shown has its parents laid out: with a hundred that is done once for all.
        self.lines.setEnabled(False)
        while len(self._rows) < count:
            row = LayerRow(len(self._rows), self._session, self._editing, self.appearance, self)
            row.controls_changed.connect(self.controls_changed)
            grip = LayerGrip(row.name, row.index, lambda: self._rows, self._drop_line)
            # After the event: rows may come and go by it.
            grip.moved.connect(self._move_layer, Qt.ConnectionType.QueuedConnection)
            self._layers.addWidget(row)
            # The layout would show it later, and the Tab key passes over what is hidden.
            row.show()
            self._rows.append(row)
        self.lines.setEnabled(True)
        self.lines.activate()
        self.controls_changed.emit()

    # Edits

    def _change_inputs(self, inputs: int, *, by_arrow: bool) -> None:
        change = shape_edits.set_units(-1, inputs, self._session.editor.initial_values)
        key = "units.inputs" if by_arrow else None
        self._editing.apply(self._inputs, gettext("Change inputs"), change, restart=True, merge_key=key)

    def _change_hidden(self, name: str) -> None:
        if name == DIFFER:
            return
        change = edits.set_hidden_activations(lambda before: follow_up(name, ACTIVATIONS, before))
        self._editing.apply(self._hidden, gettext("Change activation of all hidden layers"), change)

    def _add_layer(self) -> None:
        change = shape_edits.add_layer(self._session.editor.initial_values)
        self._editing.apply(self._add, gettext("Add layer"), change, restart=True)

    def move_layer(self, way: int) -> None:
        """Move the layer that the keyboard is in, or else that of the selected number, up (-1) or down (1)."""
        focused: QWidget | None = self.window().focusWidget()
        selection = self._session.moment.selection
        row = next((row for row in self._rows if focused in row.controls()), None)
        value = None if selection is None else self._session.moment.value(selection.ref)
        layer = row.index if row else value.layer if value else None
        if layer is None or self._experiment is None or self._experiment.network.formula:
            self._session.signals.informed.emit(gettext(NO_LAYER))
        elif 0 <= layer + way < len(self._rows):
            self._move_layer(layer, layer + way)
            if row is not None:
                # The keyboard goes with the layer.
                self._rows[layer + way].units.setFocus()

    def _move_layer(self, layer: int, to: int) -> None:
        change = shape_edits.move_layer(layer, to, self._session.editor.initial_values)
        self._editing.apply(self._rows[layer], gettext("Move layer"), change, restart=True)

    def _reseed(self, seed: int) -> None:
        self._editing.apply(
            self._seed, gettext("Reseed"), edits.reseed(seed, self._session.editor.initial_values), restart=True
        )

    def _change_scheme(self, beside: QWidget, text: str, choice: Choice, key: str) -> None:
        change = edits.set_initialization(choice)
        merge_key = f"initialization.{key}" if key else None
        self._editing.apply(beside, text, change, restart=True, merge_key=merge_key)

    def _draw_seed(self) -> None:
        if self._experiment is not None:
            self.draw_seed(self._experiment)

    def draw_seed(self, experiment: Experiment) -> None:
        """Draw all weights and biases of an experiment from another seed."""
        self._reseed(another_seed(experiment))
