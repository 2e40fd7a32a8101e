"""What a layer can have of its own: a learning rate, and where its first values are drawn from."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import LAYER_LR, Experiment
from chainrule.model.editing import edits
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.panels.arguments.argument_editors import FIELD_WIDTH, plain_symbol
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.network.scheme_field import SchemeField, given_in
from chainrule.ui.panels.section import GAP, ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.fields import HOW_TO_NUDGE, NumberField

INDENT = 8
NETWORKS = gettext_noop("the network's")
OPTIMIZERS = "optimizer's"


class LayerDetails(QWidget):
    """Lines that are folded away until they are asked for."""

    controls_changed = Signal()

    def __init__(self, index: int, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._index, self._editing, self._appearance = index, editing, appearance
        layer = f"layer {index + 1}"
        self.lr = NumberField(appearance, editing.refusals, self)
        self.lr.setObjectName(f"layer_lr_{index}")
        self.lr.setAccessibleName(gettext("Learning rate of {layer}", layer=layer))
        self.lr.set_optional(True, OPTIMIZERS)
        words = f"The learning rate of {layer} (lr): {LAYER_LR.allowed}, or empty for the optimizer's."
        self.lr.set_description(f"{words} {gettext(HOW_TO_NUDGE)}")
        self.lr.value_edited.connect(lambda lr: self._change_lr(lr, by_arrow=False))
        self.lr.nudged.connect(lambda lr: self._change_lr(lr, by_arrow=True))
        names = (f"layer_initialization_{index}", layer)
        self.scheme = SchemeField(appearance, editing.refusals, names, self, gettext(NETWORKS))
        self.scheme.edited.connect(self._change_scheme)
        self.scheme.controls_changed.connect(self.controls_changed)
        label = Label(
            appearance, gettext("learning rate {plain_symbol}", plain_symbol=plain_symbol(LAYER_LR.symbol)), self
        )
        label.setBuddy(self.lr)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._lines = QVBoxLayout(self)
        self._lines.addLayout(ControlsLine(appearance, label, self.lr))
        self._lines.addWidget(self.scheme)
        appearance.changed.connect(self._space)
        self._space()

    def _space(self) -> None:
        size = self._appearance.size
        self._lines.setSpacing(size(GAP))
        self._lines.setContentsMargins(size(INDENT), size(2), 0, size(GAP))
        self.lr.setFixedWidth(size(FIELD_WIDTH))

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        return [self.lr, *self.scheme.controls()]

    def show_layer(self, experiment: Experiment) -> None:
        """Show what the layer has of its own."""
        layer = experiment.network.layers[self._index]
        self.lr.set_value(layer.lr)
        self.scheme.show_choice(layer.initialization, given_in(experiment, self._index))

    def _change_lr(self, lr: float | None, *, by_arrow: bool) -> None:
        key = f"lr.{self._index}" if by_arrow else None
        self._editing.apply(
            self.lr, gettext("Change learning rate"), edits.set_layer_lr(self._index, lr), merge_key=key
        )

    def _change_scheme(self, beside: QWidget, text: str, choice: Choice | None, key: str) -> None:
        change = edits.set_layer_initialization(self._index, choice)
        merge_key = f"initialization.{self._index}.{key}" if key else None
        self._editing.apply(beside, text, change, restart=True, merge_key=merge_key)
