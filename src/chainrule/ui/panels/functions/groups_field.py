"""The parameter groups: for each its parameters, and the arguments of the optimizer that differ there."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chainrule.catalog.arguments import Argument, ArgumentValue, Choice
from chainrule.catalog.experiment.groups import matching
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.explain.names.parameters import Patterns, usual_choices
from chainrule.model.editing import terms as term_edits
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.functions.term_rows import TermRow, TermsField
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.plain_text import plain_tip

# What a new group is of where it is free: few want another kind.
FIRST = "all biases"
ANOTHER = "+ argument"
ANOTHER_WORDS = gettext_noop("what else differs in this group")
ANOTHER_WIDTH = 108


class GroupRow(TermRow):
    """One group."""

    def __init__(self, index: int, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        group, prefix = f"group {index + 1}", f"group_{index}"
        tip = f"Let {group} have the optimizer's {{}}"
        super().__init__(prefix, group, editing, appearance, parent, remove_tip=tip)
        self.index = index
        self._optimizer = Choice("")
        self._labels: dict[str, Argument] = {}
        self.another = ChoiceField(
            appearance, f"{prefix}_add", gettext("Add an argument to {group}", group=group), self
        )
        self.another.setToolTip(plain_tip(gettext("Let another argument differ in {group}", group=group)))
        title = Label(appearance, group.capitalize(), self)
        title.setBuddy(self.parameters.list)
        self.arguments.argument_removed.connect(self._remove_argument)
        self.another.choice_edited.connect(self._add_argument)
        self.lay_out(title, below=self.another)

    def space(self) -> None:
        """Take on the text size."""
        super().space()
        self.another.setFixedWidth(self.appearance.size(ANOTHER_WIDTH))

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        return [*self.parameters.controls(), *self.arguments.controls(), self.another, self.remove]

    def show_of(self, experiment: Experiment) -> None:
        """Show the group of an experiment."""
        group, self._optimizer = experiment.parameter_groups[self.index], experiment.optimizer
        self.parameters.show_parameters(experiment.network, group.parameters)
        choice = Choice(self._optimizer.name, group.arguments)
        known = OPTIMIZERS[choice.name].arguments
        self.arguments.show_arguments(choice, [each for each in known if each.name in group.arguments])
        self._labels = {each.label: each for each in known if each.name not in group.arguments}
        self.another.set_choice(ANOTHER)
        self.another.set_choices(
            {ANOTHER: gettext(ANOTHER_WORDS), **{label: each.name for label, each in self._labels.items()}}
        )
        self.another.setVisible(bool(self._labels))

    # Edits

    def change_argument(self, name: str, value: ArgumentValue, by_arrow: bool) -> None:
        """Set another value of an argument of the group."""
        key = f"parameter_groups.{self.index}.{name}" if by_arrow else None
        change = term_edits.set_group_argument(self.index, name, value)
        self.editing.apply(
            self.arguments.field(name),
            gettext("Change {name} of {called}", name=name, called=self.called),
            change,
            merge_key=key,
        )

    def change_parameters(self, patterns: Patterns) -> None:
        """Set other parameters of the group."""
        change = term_edits.set_group_parameters(self.index, patterns)
        self.editing.apply(self.parameters.anchor, gettext("Change parameters of {called}", called=self.called), change)

    def take_away(self) -> None:
        """Take the group away."""
        self.editing.apply(self.remove, gettext("Remove group"), term_edits.remove_group(self.index))

    def _add_argument(self, label: str) -> None:
        if label == ANOTHER:
            return
        argument = self._labels[label]
        value = self._optimizer.arguments.get(argument.name, argument.default)
        change = term_edits.set_group_argument(self.index, argument.name, value)
        self.editing.apply(
            self.another, gettext("Add {name} to {called}", name=argument.name, called=self.called), change
        )

    def _remove_argument(self, name: str) -> None:
        change = term_edits.remove_group_argument(self.index, name)
        self.editing.apply(
            self.arguments.field(name), gettext("Take {name} out of {called}", name=name, called=self.called), change
        )


class GroupsField(TermsField):
    """A row for each group; nothing where there is none."""

    def __init__(self, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        tip = gettext("Let some parameters have other arguments of the optimizer: no weight decay for the biases, say")
        super().__init__(gettext("+ parameter group"), tip, "group_add", editing, appearance, parent)

    def make_row(self, index: int) -> TermRow:
        """Return the row of a group."""
        return GroupRow(index, self.editing, self.appearance, self)

    def count(self, experiment: Experiment) -> int:
        """Return how many groups there are."""
        return len(experiment.parameter_groups)

    def append(self, experiment: Experiment) -> None:
        """Add a group of parameters that are in none."""
        patterns = _free(experiment)
        if not patterns:
            self.editing.refuse(self.add, "every parameter is in a group already")
            return
        change = term_edits.add_group(patterns, *term_edits.first_difference(experiment.optimizer))
        self.editing.apply(self.add, gettext("Add group"), change)


def _free(experiment: Experiment) -> Patterns:
    """Return the first of the usual choices that no other group has a part of: the biases, where they are free."""
    network, free = experiment.network, set(term_edits.ungrouped(experiment))
    choices, names = usual_choices(network), tuple(network.parameter_shapes())
    order = sorted(choices, key=lambda name: name != FIRST)
    found = (choices[name] for name in order if free.issuperset(matching(choices[name], names)))
    return next(found, tuple(str(ref) for ref in names if ref in free))
