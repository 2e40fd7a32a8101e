"""The fields that ask for a race: what the runs differ in, from where to where, how many, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.session.race_quantities import SCALE, Quantity, RacePlane, RaceRange
from chainrule.session.racing import RaceOver, RaceQuestion
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.fields import Field, IntegerField, NumberField
from chainrule.ui.widgets.refusal import Refusals

WORDS = {
    RaceOver.RATES: "The experiment's own optimizer, with rates between two numbers, at equal ratios",
    RaceOver.OPTIMIZERS: "Every optimizer with its usual arguments, each with so many rates",
    RaceOver.SEEDS: "Other first weights, with everything else as it is: how much is chance",
    RaceOver.INITIALIZATIONS: "Every way to draw the first weights, each with so many seeds",
    RaceOver.PLANE: "Every number of one quantity with every number of another: where training converges, as a map",
}
TIPS = {SCALE: "Every first weight and bias that is trained, times this number"}
OF, A_SIDE = "of", gettext_noop("a side, of")


class RaceFields(QWidget):
    """Shows a question; `asked` is another one, and the field that asks for it."""

    asked = Signal(object, object)

    def __init__(self, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._refusals = appearance, refusals
        self._question, self._known = RaceQuestion(), dict[str, Quantity]()
        self.over = ChoiceField(appearance, "race_view.over", gettext("What the runs differ in"), self)
        self.over.set_choices({over.value: words for over, words in WORDS.items()})
        self.over.choice_edited.connect(lambda name: self._ask(self.over, over=RaceOver(name)))
        self.low = self._number("low", gettext("The smallest learning rate"), lambda value: {"low": value})
        self.high = self._number("high", gettext("The largest learning rate"), lambda value: {"high": value})
        self.count = IntegerField(appearance, refusals, self)
        self._name(self.count, "count", gettext("How many rates or seeds, or numbers of each quantity"), self._counted)
        self.iterations = IntegerField(appearance, refusals, self)
        words = gettext("How many iterations each run trains")
        self._name(self.iterations, "iterations", words, lambda value: {"iterations": value})
        self.axes = [self._axis("across"), self._axis("up")]
        self._of = self._label(OF, self.iterations)
        self._arrange()

    def _number(self, name: str, words: str, change: Callable[[float], dict[str, object]]) -> NumberField:
        field = NumberField(self._appearance, self._refusals, self)
        self._name(field, name, words, change)
        return field

    def _name(self, field: Field, name: str, words: str, change: Callable[..., dict[str, object]]) -> None:
        field.setObjectName(f"race_view.{name}")
        field.setAccessibleName(words)
        field.set_description(words)
        for signal in (field.value_edited, field.nudged):
            signal.connect(lambda value: self._ask(field, **change(value)))

    def _axis(self, which: str) -> tuple[ChoiceField, NumberField, NumberField]:
        """Return the fields of one quantity: which it is, from where, to where."""
        place = "to the right" if which == "across" else "upwards"
        name = ChoiceField(self._appearance, f"race_view.{which}", gettext("The quantity {place}", place=place), self)
        name.choice_edited.connect(lambda chosen: self._ask(name, **self._of_plane(which, self._known[chosen].usual)))
        low, high = (
            self._number(
                f"{which}_{end}",
                f"The {words} number of the quantity {place}",
                lambda value, end=end: self._of_plane(  # type: ignore[misc]
                    which, replace(getattr(self._question.plane, which), **{end: value})
                ),
            )
            for end, words in (("low", "smallest"), ("high", "largest"))
        )
        return name, low, high

    def _of_plane(self, which: str, axis: RaceRange) -> dict[str, object]:
        plane = self._question.plane
        return {"plane": replace(plane, across=axis) if which == "across" else replace(plane, up=axis)}

    def _counted(self, value: int) -> dict[str, object]:
        if self._question.over is RaceOver.PLANE:
            return {"plane": replace(self._question.plane, side=value)}
        return {"count": value}

    def _ask(self, field: QWidget, **changes: object) -> None:
        self.asked.emit(replace(self._question, **changes), field)  # type: ignore[arg-type]

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        rates, self.last = QHBoxLayout(), QHBoxLayout()
        self._of_rates = [self._label("from", self.low), self.low, self._label("to", self.high), self.high]
        self._add(rates, self._of_rates)
        column.addWidget(self.over)
        column.addLayout(rates)
        self._rows = []
        for arrow, (name, low, high) in zip("→↑", self.axes, strict=True):
            row = QHBoxLayout()
            parts = [self._label(arrow, name), name, low, self._label("to", high), high]
            self._add(row, parts)
            self._rows += parts
            column.addLayout(row)
        self._add(self.last, [self.count, self._of, self.iterations, self._label("iterations", self.iterations)])
        self.last.addStretch(1)
        column.addLayout(self.last)

    def _add(self, row: QHBoxLayout, parts: list[QWidget]) -> None:
        row.setSpacing(4)
        for part in parts:
            row.addWidget(part, 0 if isinstance(part, Label) else 1)

    def _label(self, text: str, field: QWidget) -> Label:
        label = Label(self._appearance, text, self, size=SMALL, color="muted")
        label.setBuddy(field)
        return label

    def show_question(self, question: RaceQuestion, known: Mapping[str, Quantity]) -> None:
        """Show a question; `known` are the quantities of the experiment."""
        self._question, self._known = question, dict(known)
        over, plane = question.over, question.plane
        self.over.set_choice(over.value)
        is_plane = over is RaceOver.PLANE
        self._show_numbers(question, plane if is_plane else None)
        for part in self._of_rates:
            part.setVisible(over in (RaceOver.RATES, RaceOver.OPTIMIZERS))
        for part in self._rows:
            part.setVisible(is_plane)
        self._of.setText(gettext(A_SIDE) if is_plane else OF)

    def _show_numbers(self, question: RaceQuestion, plane: RacePlane | None) -> None:
        self.low.set_value(question.low)
        self.high.set_value(question.high)
        self.count.set_value(question.count if plane is None else plane.side)
        self.iterations.set_value(question.iterations)
        if plane is not None:
            for axis, (name, low, high) in zip((plane.across, plane.up), self.axes, strict=True):
                name.set_choices({each: TIPS.get(each, "") for each in self._known})
                name.set_choice(axis.name)
                low.set_value(axis.low)
                high.set_value(axis.high)
