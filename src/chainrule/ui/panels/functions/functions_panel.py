"""Loss, optimizer and clipping: the name of each, and its arguments as its table declares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from chainrule.catalog.arguments import ArgumentValue, Choice, chosen, suggested
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import Entry, offered
from chainrule.model.editing import edits
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.panels.arguments.argument_editors import NONE
from chainrule.ui.panels.arguments.argument_rows import ArgumentRows
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.section import PanelSection
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.plain_text import plain_tip

FunctionTable = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class FunctionChoice:
    """One of the experiment's functions: where it stands in it, how it is replaced, and the table it is from.

    An `optional` one can be absent: `get` gives None, and `put` takes it. One `of_layers` is not there for a formula.
    `follow` is a choice with what goes with a change of the argument of that name.
    """

    name: str
    title: str
    get: Callable[[Experiment], Choice | None]
    put: Callable[[Choice], edits.Edit] | Callable[[Choice | None], edits.Edit]
    table: Callable[[], FunctionTable]
    optional: bool = False
    of_layers: bool = False
    follow: Callable[[Choice, str], Choice] = lambda choice, name: choice


LOSS = FunctionChoice(
    "loss", gettext_noop("Loss"), lambda experiment: experiment.loss, edits.set_loss, lambda: LOSSES, of_layers=True
)
OPTIMIZER = FunctionChoice(
    "optimizer",
    gettext_noop("Optimizer"),
    lambda experiment: experiment.optimizer,
    edits.set_optimizer,
    lambda: OPTIMIZERS,
    follow=lambda choice, name: OPTIMIZERS[choice.name].follow(choice, name),
)
CLIPPING = FunctionChoice(
    "clipping",
    gettext_noop("Gradient clipping"),
    lambda experiment: experiment.clipping,
    edits.set_clipping,
    lambda: CLIPPINGS,
    optional=True,
)
# A learning rate is a learning rate in every optimizer, also where it is the default of the one before.
ALWAYS_KEPT = ("lr", "reduction")
WITHOUT = "do without"


def words_of(entry: Entry) -> str:
    """Return what an entry does, where its table says so."""
    return str(getattr(entry, "words", ""))


def offer(field: ChoiceField, table: FunctionTable, without: Mapping[str, str] | None = None) -> None:
    """Let a field offer the names of a table, the usual ones first; before them what stands for having none."""
    entries, usual = offered(table)
    first = dict(without or {})
    field.set_choices(first | {name: words_of(entry) for name, entry in entries.items()}, len(first) + usual)


def follow_up(name: str, table: FunctionTable, before: Choice | None) -> Choice:
    """Return another entry in place of the one before.

    It keeps what was set there, and what it requires has a start.
    """
    if name not in table:
        return Choice(name)
    kept: dict[str, ArgumentValue] = {}
    if before is not None and before.name in table:
        kept = chosen(before, table[before.name].arguments)
        kept |= {key: value for key, value in before.arguments.items() if key in ALWAYS_KEPT}
    return suggested(name, table[name].arguments, kept)


class FunctionPanel(PanelSection):
    """The section of one function."""

    def __init__(
        self, function: FunctionChoice, editing: PanelEditing, appearance: Appearance, parent: QWidget
    ) -> None:
        super().__init__(gettext(function.title), appearance, parent)
        self._function, self.editing = function, editing
        self.choice: Choice | None = Choice("")
        self._table = function.table()
        self.name = ChoiceField(appearance, f"{function.name}_name", gettext(function.title), self)
        offer(self.name, self._table, {NONE: WITHOUT} if function.optional else None)
        self.name.choice_edited.connect(self._change_name)
        self.arguments = ArgumentRows(appearance, editing.refusals, function.name, self)
        self.arguments.argument_edited.connect(self._change_argument)
        self.arguments.controls_changed.connect(self.controls_changed)
        self.lines.addWidget(self.name)
        self.lines.addWidget(self.arguments)

    def is_about(self, experiment: Experiment) -> bool:
        """Return whether it has a meaning there."""
        return not (self._function.of_layers and experiment.network.formula)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the function of a moment's experiment."""
        choice = self._function.get(moment.experiment)
        if choice is not self.choice:
            self.choice = choice
            self._show_choice()

    def controls(self) -> list[QWidget]:
        """Return the name, and a field for each argument."""
        return [self.name, *self.arguments.controls()]

    def _show_choice(self) -> None:
        choice = self.choice or Choice(NONE)
        entry = self._table.get(choice.name)
        self.name.set_choice(choice.name)
        words = words_of(entry) if entry else WITHOUT if self.choice is None else ""
        which = f"{choice.name}: {words}" if words else choice.name
        self.name.setToolTip(
            plain_tip(gettext("Which {title}. {which}", title=gettext(self._function.title).lower(), which=which))
        )
        self.show_arguments(choice, entry)

    def show_arguments(self, choice: Choice, entry: Entry | None) -> None:
        """Show the arguments of the choice; there is no entry where there is no function."""
        self.arguments.show_arguments(choice, entry.arguments if entry else ())

    def change(self, beside: QWidget, text: str, choice: Choice | None, merge_key: str | None = None) -> bool:
        """Put another choice in the place of the function; return whether it was accepted."""
        return self.editing.apply(beside, text, self._function.put(choice), merge_key=merge_key)  # type: ignore[arg-type]

    def _change_name(self, name: str) -> None:
        absent = self._function.optional and name == NONE
        choice = None if absent else follow_up(name, self._table, self.choice)
        if self.change(self.name, f"Change {gettext(self._function.title).lower()}", choice):
            self.arguments.begin_formula()

    def _change_argument(self, name: str, value: ArgumentValue, by_arrow: bool) -> None:
        assert self.choice is not None
        key = f"{self._function.name}.{name}" if by_arrow else None
        choice = self._function.follow(self.choice.replace(**{name: value}), name)
        self.change(self.arguments.field(name), f"Change {name}", choice, key)
