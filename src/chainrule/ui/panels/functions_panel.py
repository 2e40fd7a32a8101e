"""Loss and optimizer: the name of each, and its arguments as its table declares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from chainrule.engine.arguments import Choice, Value
from chainrule.engine.spec import Experiment
from chainrule.engine.tables import Entry
from chainrule.model import edits
from chainrule.session.moment import Moment
from chainrule.ui.appearance import Appearance
from chainrule.ui.choice_field import ChoiceField
from chainrule.ui.panels.argument_rows import ArgumentRows, declared
from chainrule.ui.panels.editing import Editing
from chainrule.ui.panels.section import Section

Table = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Function:
    """One of the experiment's functions: where it stands in it, how it is replaced, and the table it is from."""

    name: str
    get: Callable[[Experiment], Choice]
    put: Callable[[Choice], edits.Edit]
    table: Callable[[], Table]


def _losses() -> Table:
    from chainrule.engine.losses import LOSSES  # noqa: PLC0415 - loads torch

    return LOSSES


def _optimizers() -> Table:
    from chainrule.engine.optimizers import OPTIMIZERS  # noqa: PLC0415 - loads torch

    return OPTIMIZERS


LOSS = Function("loss", lambda experiment: experiment.loss, edits.set_loss, _losses)
OPTIMIZER = Function("optimizer", lambda experiment: experiment.optimizer, edits.set_optimizer, _optimizers)


def words_of(entry: Entry) -> str:
    """What an entry does, where its table says so."""
    return str(getattr(entry, "words", ""))


class FunctionPanel(Section):
    """The section of one function."""

    def __init__(self, function: Function, editing: Editing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(function.name.capitalize(), appearance, parent)
        self._function, self._editing = function, editing
        self._choice = Choice("")
        self._table: Table = {}
        self._name = ChoiceField(appearance, f"{function.name}_name", function.name, self)
        self._name.setToolTip(f"Which {function.name}")
        self._name.choice_edited.connect(self._change_name)
        self._arguments = ArgumentRows(appearance, editing.refusals, function.name, self)
        self._arguments.argument_edited.connect(self._change_argument)
        self._arguments.controls_changed.connect(self.controls_changed)
        self.lines.addWidget(self._name)
        self.lines.addWidget(self._arguments)

    def fill(self) -> None:
        """Offer every entry of the table."""
        self._table = self._function.table()
        self._name.set_choices({name: words_of(entry) for name, entry in self._table.items()})
        self._show_choice()

    def show_moment(self, moment: Moment) -> None:
        """Show the function of a moment's experiment."""
        choice = self._function.get(moment.experiment)
        if choice is not self._choice:
            self._choice = choice
            self._show_choice()

    def controls(self) -> list[QWidget]:
        """The name, and a field for each argument."""
        return [self._name, *self._arguments.controls()]

    def _show_choice(self) -> None:
        entry = self._table.get(self._choice.name)
        self._name.set_choice(self._choice.name)
        words = f": {words_of(entry)}" if entry and words_of(entry) else ""
        self._name.setToolTip(f"Which {self._function.name}. {self._choice.name}{words}")
        self._arguments.show_arguments(self._choice, entry.arguments if entry else declared(self._choice))

    def _change_name(self, name: str) -> None:
        known = {argument.name for argument in self._table[name].arguments} if name in self._table else set()
        # A learning rate is a learning rate in every optimizer.
        kept = {key: value for key, value in self._choice.arguments.items() if key in known}
        change = self._function.put(Choice(name, kept))
        self._editing.apply(self._name, f"Change {self._function.name}", change)

    def _change_argument(self, name: str, value: Value, by_arrow: bool) -> None:
        change = self._function.put(self._choice.replace(**{name: value}))
        self._editing.apply(
            self._arguments.field(name),
            f"Change {name}",
            change,
            merge_key=f"{self._function.name}.{name}" if by_arrow else None,
        )
