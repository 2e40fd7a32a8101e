"""Where first values are drawn from: the scheme of the network, or of one layer, with its arguments."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.engine.arguments import Choice, Value
from chainrule.ui.appearance import Appearance
from chainrule.ui.choice_field import ChoiceField
from chainrule.ui.controls import Label
from chainrule.ui.panels.argument_rows import ArgumentRows, declared
from chainrule.ui.panels.functions_panel import Table, follow_up, offer, words_of
from chainrule.ui.panels.section import GAP, Line
from chainrule.ui.plain import plain_tip
from chainrule.ui.refusal import Refusals


class SchemeField(QWidget):
    """A line with the scheme, and one for each of its arguments; `otherwise` is the name of having none.

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
        self._table: Table = {}
        self.name = ChoiceField(appearance, object_name, f"First values of {self._of}", self)
        self.name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.name.choice_edited.connect(self._change_name)
        prefix = object_name.removesuffix("_scheme")
        self.arguments = ArgumentRows(appearance, refusals, prefix, self)
        self.arguments.argument_edited.connect(self._change_argument)
        self.arguments.controls_changed.connect(self.controls_changed)
        label = Label(appearance, "first values", self)
        label.setBuddy(self.name)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.addLayout(Line(appearance, label, self.name))
        self._lines.addWidget(self.arguments)
        appearance.changed.connect(self._space)
        self._space()
        self.show_choice(None)

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(GAP))

    def controls(self) -> list[QWidget]:
        """The scheme, and a field for each argument."""
        return [self.name, *self.arguments.controls()]

    def fill(self, table: Table) -> None:
        """Offer these schemes."""
        self._table = table
        offer(self.name, table, {self._otherwise: ""} if self._otherwise else None)
        self.show_choice(self._choice)

    def show_choice(self, choice: Choice | None) -> None:
        """Show a scheme, or that there is none."""
        self._choice = choice
        shown = choice or Choice(self._otherwise)
        entry = self._table.get(shown.name)
        self.name.set_choice(shown.name)
        words = f": {words_of(entry)}" if entry else ""
        self.name.setToolTip(plain_tip(f"What the first values of {self._of} are drawn from. {shown.name}{words}"))
        self.arguments.show_arguments(shown, entry.arguments if entry else declared(shown))

    def _change_name(self, name: str) -> None:
        choice = None if name == self._otherwise else follow_up(name, self._table, self._choice)
        self.edited.emit(self.name, "Change first values", choice, "")

    def _change_argument(self, name: str, value: Value, by_arrow: bool) -> None:
        assert self._choice is not None
        choice = self._choice.replace(**{name: value})
        self.edited.emit(self.arguments.field(name), f"Change {name}", choice, name if by_arrow else "")
