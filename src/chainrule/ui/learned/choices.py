"""The row of fields that choose what is drawn: what of the outputs, and the inputs of both axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chainrule.catalog.experiment.input_picture import InputPicture, input_picture, possible_pictures
from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.names.notation import Notation
from chainrule.session.screen.learning import MOST_AXES, possible_readings
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext
from chainrule.ui.learned.composing import FitQuestion, reading_name
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label

if TYPE_CHECKING:
    from chainrule.model.curves.readings import OutputReading

# More inputs than these are not offered: nobody looks for one in so long a list.
MOST_INPUTS = 200
# Of inputs that are pixels, in the place of what the outputs are.
WEIGHTS = "weights into layer 1"


class LearnedChoices(QWidget):
    """Fields for what there is to be chosen; hidden where that is nothing."""

    changed = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._readings: dict[str, OutputReading] = {}
        self._is_by_hand = False
        self.reading = self._make(appearance, "reading", gettext("What of the outputs is drawn"))
        self.across = self._make(appearance, "across", gettext("Input across"))
        self.up = self._make(appearance, "up", gettext("Input upwards"))
        self.dimensions = self._make(appearance, "dimensions", gettext("Height and width of the picture"))
        self._pictures: dict[str, InputPicture] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.reading, 1)
        row.addWidget(self.dimensions, 1)
        self._of_inputs: list[QWidget] = []
        for text, field in (("across", self.across), ("up", self.up)):
            label = Label(appearance, text, self, size=SMALL, color="muted")
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field, 1)
            self._of_inputs += [label, field]
        self.setVisible(False)

    def _make(self, appearance: Appearance, name: str, words: str) -> ChoiceField:
        field = ChoiceField(appearance, f"learned_view.{name}", words, self)
        field.choice_edited.connect(lambda chosen: self._choose(field, chosen))
        return field

    @property
    def shows_weights(self) -> bool:
        """Whether the weights of the first layer are chosen, as pictures."""
        return self.reading.choice == WEIGHTS

    @property
    def picture(self) -> InputPicture | None:
        """The picture whose pixels the inputs are; None where they are none."""
        return self._pictures.get(self.dimensions.choice)

    @property
    def is_ready(self) -> bool:
        """Whether anything is offered yet."""
        return bool(self._readings)

    def question(self, experiment: Experiment, row: int) -> FitQuestion:
        """Return what is chosen, with all other inputs as in a row of the data."""
        fields = (self.across, self.up)[: experiment.network.inputs]
        reading = self._readings.get(self.reading.choice) or next(iter(self._readings.values()))
        columns: list[int] = []
        for field in fields:
            # A field may stand for a name that is none of an input.
            free = [column for column in range(experiment.network.inputs) if column not in columns]
            columns.append(field.currentIndex() if field.currentIndex() in free else free[0])
        return FitQuestion(reading, tuple(columns), row)

    def offer(self, moment: Moment) -> None:
        """Offer what there is to be read, and the inputs; the first are shown until others are chosen."""
        experiment, count = moment.experiment, moment.experiment.network.inputs
        notation = Notation.of(experiment)
        names = [notation.named_neuron(-1, column) for column in range(min(count, MOST_INPUTS))]
        taken: list[str] = []
        for field in (self.across, self.up):
            free = [name for name in names if name not in taken]
            chosen = field.choice if field.choice in free else next(iter(free), "")
            taken.append(chosen)
            field.set_choices(dict.fromkeys(names, ""))
            field.set_choice(chosen)
        found = possible_readings(moment, min(count, MOST_AXES))
        self._readings = {reading_name(experiment, reading): reading for reading in found}
        self._offer_pictures(experiment)
        pictures = [WEIGHTS] if self._pictures else []
        # Pixels say most as a picture; where only their number says that they are some, it is one's own to say so.
        is_likely = input_picture(experiment) is not None
        offered = [*pictures, *self._readings] if is_likely else [*self._readings, *pictures]
        kept = self._is_by_hand and self.reading.choice in offered
        self.reading.set_choices(dict.fromkeys(offered, ""))
        self.reading.set_choice(self.reading.choice if kept else offered[0])
        self.reading.setVisible(len(offered) > 1)
        self._show_inputs(count)
        self.setVisible(len(offered) > 1 or count > MOST_AXES)

    def _offer_pictures(self, experiment: Experiment) -> None:
        found = possible_pictures(experiment) if experiment.network.inputs > MOST_AXES else ()
        self._pictures = {f"{each.height} x {each.width}": each for each in found}
        names = list(self._pictures)
        chosen = self.dimensions.choice if self.dimensions.choice in self._pictures else next(iter(names), "")
        self.dimensions.set_choices(dict.fromkeys(names, ""))
        self.dimensions.set_choice(chosen)

    def _show_inputs(self, count: int) -> None:
        self.dimensions.setVisible(self.shows_weights and len(self._pictures) > 1)
        for part in self._of_inputs:
            part.setVisible(count > MOST_AXES and not self.shows_weights)

    def _choose(self, field: ChoiceField, name: str) -> None:
        """Show something else; an input that the other axis shows changes places with it."""
        self._is_by_hand |= field is self.reading
        for axis, other in ((self.across, self.up), (self.up, self.across)):
            if field is axis and other.choice == name:
                other.set_choice(field.choice)
        field.set_choice(name)
        self._show_inputs(self.across.count())
        self.changed.emit()

    def look_like(self, other: LearnedChoices) -> None:
        """Choose what is chosen in another one, without the fields; one that was not seen yet has nothing chosen."""
        self._is_by_hand = other.is_ready
        self._pictures = dict(other._pictures)
        pairs = (
            (self.reading, other.reading),
            (self.dimensions, other.dimensions),
            (self.across, other.across),
            (self.up, other.up),
        )
        for field, chosen in pairs if other.is_ready else ():
            field.set_choice(chosen.choice)
        self.hide()
