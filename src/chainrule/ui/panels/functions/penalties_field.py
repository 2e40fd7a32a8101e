"""The penalties in the loss: for each its kind, its parameters and its arguments."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.penalties import PENALTIES
from chainrule.explain.names.parameters import Patterns, usual_choices
from chainrule.model.editing import terms as term_edits
from chainrule.translation import gettext
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.functions.functions_panel import follow_up, offer, words_of
from chainrule.ui.panels.functions.term_rows import TermRow, TermsField
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.plain_text import plain_tip

# What is added: the kind, and of what.
ADDED, OF = "L2", "all weights"
NAME_WIDTH = 62


class PenaltyRow(TermRow):
    """One penalty."""

    def __init__(self, index: int, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        penalty, prefix = f"penalty {index + 1}", f"penalty_{index}"
        super().__init__(prefix, penalty, editing, appearance, parent)
        self.index, self._choice = index, Choice("")
        self.name = ChoiceField(appearance, f"{prefix}_name", penalty.capitalize(), self)
        offer(self.name, PENALTIES)
        of = Label(appearance, gettext("of"), self)
        of.setBuddy(self.parameters.list)
        self.name.choice_edited.connect(self._change_name)
        self.lay_out(self.name, of)

    def space(self) -> None:
        """Take on the text size."""
        super().space()
        self.name.setFixedWidth(self.appearance.size(NAME_WIDTH))

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        return [self.name, *self.parameters.controls(), *self.arguments.controls(), self.remove]

    def show_of(self, experiment: Experiment) -> None:
        """Show the penalty of an experiment."""
        penalty = experiment.penalties[self.index]
        self.parameters.show_parameters(experiment.network, penalty.parameters)
        if penalty.choice == self._choice:
            return
        self._choice = choice = penalty.choice
        entry = PENALTIES[choice.name]
        self.name.set_choice(choice.name)
        words = f": {words_of(entry)}"
        self.name.setToolTip(
            plain_tip(gettext("What is added to the loss. {name}{words}", name=choice.name, words=words))
        )
        self.arguments.show_arguments(choice, entry.arguments)

    # Edits

    def change_argument(self, name: str, value: ArgumentValue, by_arrow: bool) -> None:
        """Set another value of an argument of the penalty."""
        change = term_edits.set_penalty(self.index, self._choice.replace(**{name: value}))
        key = f"penalties.{self.index}.{name}" if by_arrow else None
        self.editing.apply(self.arguments.field(name), gettext("Change {name}", name=name), change, merge_key=key)

    def change_parameters(self, patterns: Patterns) -> None:
        """Set other parameters of the penalty."""
        change = term_edits.set_penalty_parameters(self.index, patterns)
        self.editing.apply(self.parameters.anchor, gettext("Change parameters of the penalty"), change)

    def take_away(self) -> None:
        """Take the penalty away."""
        self.editing.apply(self.remove, gettext("Remove penalty"), term_edits.remove_penalty(self.index))

    def _change_name(self, name: str) -> None:
        change = term_edits.set_penalty(self.index, follow_up(name, PENALTIES, self._choice))
        self.editing.apply(self.name, gettext("Change penalty"), change)


class PenaltiesField(TermsField):
    """A row for each penalty; nothing where there is none."""

    def __init__(self, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        tip = gettext("Add a penalty to the loss: L2 or L1, for the size of the weights, say")
        super().__init__(gettext("+ penalty"), tip, "penalty_add", editing, appearance, parent)

    def make_row(self, index: int) -> TermRow:
        """Return the row of a penalty."""
        return PenaltyRow(index, self.editing, self.appearance, self)

    def count(self, experiment: Experiment) -> int:
        """Return how many penalties there are."""
        return len(experiment.penalties)

    def append(self, experiment: Experiment) -> None:
        """Add a penalty of the usual kind."""
        choice = follow_up(ADDED, PENALTIES, None)
        change = term_edits.add_penalty(choice, usual_choices(experiment.network)[OF])
        self.editing.apply(self.add, gettext("Add penalty"), change)
