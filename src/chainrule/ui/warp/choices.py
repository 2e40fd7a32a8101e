"""The fields that choose whose plane is drawn: a layer, two of its units, and which output is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chainrule.explain.names.notation import Notation
from chainrule.session.screen.learning import answers_of, warped_layers
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext
from chainrule.ui.learned.composing import reading_name
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label

if TYPE_CHECKING:
    from chainrule.model.curves.readings import OutputReading

TWO = 2
# More units are not offered: nobody looks for one in so long a list.
MOST_UNITS = 200
LAYER_WIDTH = 84


class WarpChoices(QWidget):
    """Fields for what there is to be chosen; hidden where that is nothing."""

    changed = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._moment: Moment | None = None
        self._layers: dict[str, int] = {}
        self._readings: dict[str, OutputReading] = {}
        self._has_other_units = False
        self._appearance = appearance
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._labels: dict[ChoiceField, Label] = {}
        # It stands where the view puts it: beside the way to the layer.
        self.layer = self._make(row, "layer", gettext("Layer whose plane is drawn"), "")
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.across = self._make(row, "across", gettext("Unit across"), "→")
        self.up = self._make(row, "up", gettext("Unit upwards"), "↑")
        self.reading = self._make(row, "reading", gettext("Output whose line is drawn"), "answer")

    def _make(self, row: QHBoxLayout, name: str, words: str, text: str) -> ChoiceField:
        field = ChoiceField(self._appearance, f"warp_view.{name}", words, self)
        field.choice_edited.connect(lambda chosen: self._choose(field, chosen))
        if text:
            label = Label(self._appearance, text, self, size=SMALL, color="muted")
            label.setBuddy(field)
            row.addWidget(label)
            self._labels[field] = label
        row.addWidget(field, 1)
        return field

    def _restyle(self) -> None:
        self.layer.setFixedWidth(self._appearance.size(LAYER_WIDTH))

    @property
    def is_ready(self) -> bool:
        """Whether anything is offered yet."""
        return bool(self._layers) and bool(self._readings)

    @property
    def chosen_layer(self) -> int:
        """The layer whose plane is drawn, from 0."""
        return self._layers[self.layer.choice]

    @property
    def units(self) -> tuple[int, int]:
        """The two units whose plane it is."""
        return max(0, self.across.currentIndex()), max(0, self.up.currentIndex())

    @property
    def chosen_reading(self) -> OutputReading:
        """What is asked of the outputs."""
        return self._readings[self.reading.choice]

    def offer(self, moment: Moment) -> None:
        """Offer the layers, the units and the outputs that there are; the first are shown until others are chosen."""
        self._moment = moment
        network = moment.experiment.network
        last = len(network.layers) - 1
        self._layers = {f"layer {place + 1}": place for place in warped_layers(network)}
        tips = {name: "The outputs" if place == last else "A hidden layer" for name, place in self._layers.items()}
        self._readings = {reading_name(moment.experiment, reading): reading for reading in answers_of(moment)}
        for field, choices in ((self.layer, tips), (self.reading, dict.fromkeys(self._readings, ""))):
            names = list(choices)
            field.set_choices(choices)
            field.set_choice(field.choice if field.choice in names else names[0] if names else "")
        if self._layers:
            self._offer_units()
        self._show_fields()

    def _offer_units(self) -> None:
        assert self._moment is not None
        notation, layer = Notation.of(self._moment.experiment), self.chosen_layer
        count = min(MOST_UNITS, self._moment.experiment.network.layers[layer].units)
        self._has_other_units = count > TWO
        names = [notation.named_neuron(layer, unit) for unit in range(count)]
        taken: list[str] = []
        for field in (self.across, self.up):
            free = [name for name in names if name not in taken]
            chosen = field.choice if field.choice in free else free[0]
            taken.append(chosen)
            field.set_choices(dict.fromkeys(names, ""))
            field.set_choice(chosen)

    def _show_fields(self) -> None:
        shown = {
            self.layer: len(self._layers) > 1,
            self.across: self._has_other_units,
            self.up: self._has_other_units,
            self.reading: len(self._readings) > 1,
        }
        for field, is_shown in shown.items():
            field.setVisible(is_shown)
            if field in self._labels:
                self._labels[field].setVisible(is_shown)
        self.setVisible(any(is_shown for field, is_shown in shown.items() if field is not self.layer))

    def _choose(self, field: ChoiceField, name: str) -> None:
        """Show something else; a unit that the other axis shows changes places with it."""
        for axis, other in ((self.across, self.up), (self.up, self.across)):
            if field is axis and other.choice == name:
                other.set_choice(field.choice)
        field.set_choice(name)
        if field is self.layer:
            self._offer_units()
            self._show_fields()
        self.changed.emit()

    def look_like(self, other: WarpChoices, moment: Moment) -> None:
        """Choose what is chosen in another one, without the fields."""
        self.layer.set_choice(other.layer.choice)
        self.offer(moment)
        for field, chosen in ((self.across, other.across), (self.up, other.up), (self.reading, other.reading)):
            # Of a view that has not been looked at nothing is chosen yet.
            if chosen.choice:
                field.set_choice(chosen.choice)
        self.hide()
