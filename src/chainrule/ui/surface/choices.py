"""The fields that choose a surface: of which weights or directions, on which scale, with whose ways on it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.explain.names.notation import Notation
from chainrule.session.screen.moment import Moment
from chainrule.session.screen.surfaces import PlaneKind, PlaneQuestion, WeightPlace, weight_places
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.plots.chart.header import Toggle
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton
from chainrule.ui.widgets.plain_text import plain_tip

# More weights are not offered: nobody looks for one in so long a list. The selected one always is.
MOST_WEIGHTS = 200
KINDS = {
    PlaneKind.WEIGHTS.value: "The axes are two weights",
    PlaneKind.RANDOM.value: "Two random directions of all weights at once, of each neuron as long as its weights",
    PlaneKind.PRINCIPAL.value: "The two directions in which training has moved all weights most",
}
WALKERS = ("SGD", "momentum", "RMSprop", "Adam")
ALONE, ALL = gettext_noop("no others"), "all four"
COMPARED = {
    ALONE: "The way of this training alone",
    **{name: f"The way that {name} takes from here, at the learning rate of the experiment" for name in WALKERS},
    ALL: "The ways that all of them take from here, at the learning rate of the experiment",
}
STEPS = {gettext_noop(f"{steps} steps"): steps for steps in (20, 50, 200, 1000)}


class SurfaceChoices(QWidget):
    """`changed` tells that another surface is wanted, or other ways on it, `restyled` another drawing."""

    changed = Signal()
    restyled = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._weights: dict[str, WeightPlace] = {}
        self._is_by_hand = False
        self._seed = 0
        self.kind = self._field("kind", gettext("What the axes are"))
        self.kind.set_choices(KINDS)
        self.kind.set_choice(PlaneKind.WEIGHTS.value)
        self.across = self._field("across", gettext("Weight across"))
        self.up = self._field("up", gettext("Weight upwards"))
        self.again = LinkButton(
            appearance, gettext("others"), gettext("Draw two other random directions"), "surface_view.again", self
        )
        self.again.clicked.connect(self._draw_again)
        self.log = self._toggle(
            "log", gettext("Logarithmic scale of the loss: equal steps of colour are equal ratios"), "log"
        )
        self.log.toggled.connect(self.restyled)
        self.compared = self._field("compared", gettext("Other optimizers whose ways are shown"))
        self.compared.set_choices(COMPARED)
        self.compared.set_choice(gettext(ALONE))
        self.length = self._field("length", gettext("How many iterations other optimizers go"))
        self.length.set_choices(dict.fromkeys(STEPS, ""))
        self.length.set_choice(list(STEPS)[1])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(self._row((self.kind, 1), (self.compared, 1), (self.log, 0)))
        self._of_weights: list[QWidget] = []
        parts: list[tuple[QWidget, int]] = []
        for text, field in (("→", self.across), ("↑", self.up)):
            label = Label(appearance, text, self, size=SMALL, color="muted")
            label.setBuddy(field)
            self._of_weights += [label, field]
            parts += [(label, 0), (field, 1)]
        column.addLayout(self._row(*parts, (self.again, 0), (self.length, 1)))
        self._show_fields()

    def _row(self, *parts: tuple[QWidget, int]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        for part, stretch in parts:
            row.addWidget(part, stretch)
        return row

    def _field(self, name: str, words: str) -> ChoiceField:
        field = ChoiceField(self._appearance, f"surface_view.{name}", words, self)
        field.choice_edited.connect(lambda chosen: self._choose(field, chosen))
        return field

    def _toggle(self, text: str, tip: str, name: str) -> Toggle:
        toggle = Toggle(self._appearance, text, self)
        toggle.setObjectName(f"surface_view.{name}")
        toggle.setAccessibleName(tip)
        toggle.setToolTip(plain_tip(tip))
        return toggle

    @property
    def question(self) -> PlaneQuestion:
        """Which plane is chosen."""
        kind = PlaneKind(self.kind.choice)
        return PlaneQuestion(kind, self._weights[self.across.choice], self._weights[self.up.choice], self._seed)

    @property
    def is_possible(self) -> bool:
        """Whether there are two weights."""
        return self.across.choice in self._weights and self.up.choice in self._weights

    @property
    def chosen_walkers(self) -> tuple[str, ...]:
        """The names of the optimizers whose ways are wanted."""
        return tuple(name for name in WALKERS if self.compared.choice in (name, ALL))

    @property
    def steps(self) -> int:
        """How many iterations they go."""
        return STEPS[self.length.choice]

    def offer(self, moment: Moment) -> bool:
        """Offer the weights that there are; until others are chosen the selected one and its neighbour are shown.

        Whether others are shown now.
        """
        notation, before = Notation.of(moment.experiment), (self.across.choice, self.up.choice)
        places = weight_places(moment, MOST_WEIGHTS)
        if moment.parameter is not None and moment.parameter not in places:
            places.append(moment.parameter)
        self._weights = {notation.text(*place): place for place in places}
        names = list(self._weights)
        for field in (self.across, self.up):
            field.set_choices(dict.fromkeys(names, ""))
        kept = self._is_by_hand and self.is_possible
        if not kept and names:
            at = places.index(moment.parameter) if moment.parameter in places else 0
            # The next number, or of the last one that before it.
            beside = at + 1 if at + 1 < len(names) else at - 1
            self.across.set_choice(names[at])
            self.up.set_choice(names[beside] if len(names) > 1 else "")
        return before != (self.across.choice, self.up.choice)

    def _choose(self, field: ChoiceField, name: str) -> None:
        """Show something else; a weight that the other axis shows changes places with it."""
        for axis, other in ((self.across, self.up), (self.up, self.across)):
            if field is axis and other.choice == name:
                other.set_choice(field.choice)
        self._is_by_hand |= field in (self.across, self.up)
        field.set_choice(name)
        self._show_fields()
        self.changed.emit()

    def _draw_again(self) -> None:
        self._seed += 1
        self.changed.emit()

    def _show_fields(self) -> None:
        kind = PlaneKind(self.kind.choice)
        for part in self._of_weights:
            part.setVisible(kind is PlaneKind.WEIGHTS)
        self.again.setVisible(kind is PlaneKind.RANDOM)
        self.length.setVisible(bool(self.chosen_walkers))

    def look_like(self, other: SurfaceChoices) -> None:
        """Choose what is chosen in another one, without the fields."""
        self._is_by_hand, self._seed, self._weights = True, other._seed, dict(other._weights)
        for field, chosen in (
            (self.kind, other.kind),
            (self.across, other.across),
            (self.up, other.up),
            (self.compared, other.compared),
            (self.length, other.length),
        ):
            field.set_choice(chosen.choice)
        self.hide()
