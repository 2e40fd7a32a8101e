"""Where first values are drawn from: the scheme of the network, or of one layer, with its arguments."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.values.parameters import parameters_of
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.panels.arguments.argument_rows import ArgumentRows
from chainrule.ui.panels.functions.functions_panel import follow_up, offer, words_of
from chainrule.ui.panels.section import GAP, ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals


class Given(Enum):
    """How many of the first values are numbers that the experiment gives, by how a list says it."""

    NONE = ""
    SOME = "some given"
    ALL = "as given"


GIVEN_WORDS = gettext_noop("the numbers that the experiment gives for them")


def given_in(experiment: Experiment, layer: int | None = None) -> Given:
    """Return how many of the first values of the network, or of one layer, are given."""
    described = parameters_of(experiment.network)
    parameters = [ref for ref, value in described.items() if layer is None or value.layer == layer]
    count = sum(ref in experiment.parameters for ref in parameters)
    return Given.NONE if not count else Given.ALL if count == len(parameters) else Given.SOME


class SchemeField(QWidget):
    """A line with the scheme, and one for each of its arguments; `otherwise` is the name of having none.

    Where numbers are given, which nothing draws, the list stands at an item that says so; any scheme can be chosen in
    their place, also the one that would draw them.

    `edited` asks for a choice or None: beside which control, in which words, and what the arrow keys chose.
    """

    edited = Signal(QWidget, str, object, str)
    controls_changed = Signal()

    def __init__(
        self, appearance: Appearance, refusals: Refusals, names: tuple[str, str], parent: QWidget, otherwise: str = ""
    ) -> None:
        """`names` are the scheme's object name and what the first values are of, for tooltips."""
        super().__init__(parent)
        self._appearance, self._otherwise = appearance, otherwise
        object_name, self._of = names
        self._choice: Choice | None = None
        self._given = Given.NONE
        self.name = ChoiceField(appearance, object_name, gettext("First values of {of}", of=self._of), self)
        self.name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.name.choice_edited.connect(self._change_name)
        prefix = object_name.removesuffix("_scheme")
        self.arguments = ArgumentRows(appearance, refusals, prefix, self)
        self.arguments.argument_edited.connect(self._change_argument)
        self.arguments.controls_changed.connect(self.controls_changed)
        label = Label(appearance, gettext("first values"), self)
        label.setBuddy(self.name)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.addLayout(ControlsLine(appearance, label, self.name))
        self._lines.addWidget(self.arguments)
        appearance.changed.connect(self._space)
        self._space()
        self.show_choice(None)

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(GAP))

    def controls(self) -> list[QWidget]:
        """Return the scheme, and a field for each argument."""
        return [self.name, *self.arguments.controls()]

    def show_choice(self, choice: Choice | None, given: Given = Given.NONE) -> None:
        """Show a scheme, or that there is none, or that numbers are given in its place."""
        self._choice, self._given = choice, given
        scheme = choice or Choice(self._otherwise)
        entry = INITIALIZERS.get(scheme.name)
        # Before the rest: the list holds what it stands at.
        self.name.set_choice(self._shown(scheme))
        first = {self._shown(scheme): gettext(GIVEN_WORDS)} if given is not Given.NONE else {}
        offer(self.name, INITIALIZERS, first | ({self._otherwise: ""} if self._otherwise else {}))
        self.name.setToolTip(
            plain_tip(
                gettext("What the first values of {of} are drawn from. {words}", of=self._of, words=self._words(scheme))
            )
        )
        # What draws nothing has no arguments to set.
        drawn = Choice("") if given is Given.ALL else scheme
        self.arguments.show_arguments(drawn, entry.arguments if entry and drawn is scheme else ())

    def _shown(self, scheme: Choice) -> str:
        return self._given.value or scheme.name

    def _words(self, scheme: Choice) -> str:
        entry = INITIALIZERS.get(scheme.name)
        words = f"{scheme.name}: {words_of(entry)}" if entry else scheme.name
        if self._given is Given.NONE:
            return words
        which = "All of them are" if self._given is Given.ALL else "Some of them are"
        rest = "" if self._given is Given.ALL else f" The rest: {words}."
        return f"{which} {gettext(GIVEN_WORDS)}.{rest} Choose a scheme to draw them all anew."

    def _change_name(self, name: str) -> None:
        if name == self._otherwise:
            choice = None
        elif self._choice is not None and name == self._choice.name:
            # It is the scheme already, and draws now what was given.
            choice = self._choice
        else:
            choice = follow_up(name, INITIALIZERS, self._choice)
        self.edited.emit(self.name, "Change first values", choice, "")

    def _change_argument(self, name: str, value: ArgumentValue, by_arrow: bool) -> None:
        assert self._choice is not None
        choice = self._choice.replace(**{name: value})
        self.edited.emit(self.arguments.field(name), f"Change {name}", choice, name if by_arrow else "")
