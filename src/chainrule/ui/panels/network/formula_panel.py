"""A formula in the place of layers: its lines, and the numbers of its parameters."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.formula.graph import graph_of
from chainrule.model.editing import edits
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.panels.arguments.argument_editors import FIELD_WIDTH
from chainrule.ui.panels.arguments.formula_lines import HOW
from chainrule.ui.panels.arguments.lines_field import FormulaLinesField
from chainrule.ui.panels.arguments.row_list import drop_row
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.network.network_panel import SEED_WIDTH, another_seed
from chainrule.ui.panels.section import GAP, ControlsLine, PanelSection
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton, LockButton
from chainrule.ui.widgets.fields import HOW_TO_NUDGE, IntegerField, NumberField
from chainrule.ui.widgets.plain_text import plain_tip


class ParameterRow(QWidget):
    """A parameter of a formula: its number, and a lock that keeps training off it."""

    def __init__(self, ref: ValueRef, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._ref, self._editing, self._appearance = ref, editing, appearance
        self.field = NumberField(appearance, editing.refusals, self)
        self.field.setObjectName(f"formula_parameter_{ref}")
        self.field.setAccessibleName(gettext("Parameter {ref}", ref=ref))
        self.field.set_description(
            gettext("What {ref} is, in the iteration on the screen. {how_to_nudge}", ref=ref, how_to_nudge=HOW_TO_NUDGE)
        )
        self.field.value_edited.connect(self._change)
        self.field.nudged.connect(self._change)
        self.lock = LockButton(appearance, "", gettext("Freeze {ref}", ref=ref), f"formula_freeze_{ref}", self)
        self.lock.clicked.connect(self._freeze)
        self._label = Label(appearance, str(ref), self)
        self._label.setBuddy(self.field)
        # A name may be longer than the panel is wide.
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._label.setToolTip(plain_tip(ref))
        line = ControlsLine(appearance, self._label, self.field, self.lock)
        line.setStretch(0, 1)
        self.setLayout(line)
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.field.setFixedWidth(self._appearance.size(FIELD_WIDTH))

    def show_parameter(self, moment: Moment) -> None:
        """Show what the parameter is, and whether it is frozen."""
        self.field.set_value(moment.number(self._ref, ()))
        self.lock.setChecked(self._ref in moment.experiment.frozen)

    def _change(self, value: float) -> None:
        self._editing.set_number(self.field, self._ref, (), value)

    def _freeze(self, frozen: bool) -> None:
        text = f"{'Freeze' if frozen else 'Unfreeze'} {self._ref}"
        self._editing.switch(self.lock, text, edits.set_frozen(self._ref, frozen))


class FormulaPanel(PanelSection):
    """The section of a formula."""

    shows = Change.EXPERIMENT | Change.NUMBERS

    def __init__(self, session: Session, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(gettext("Formula"), appearance, parent)
        self._session, self._editing = session, editing
        self._experiment: Experiment | None = None
        self._names: tuple[ValueRef, ...] = ()
        self._parameters: list[ParameterRow] = []
        # Two hundred lines may be: each is typeset in the equation view, at its step.
        self._lines = FormulaLinesField(appearance, editing.refusals, "formula", self, is_shown=False)
        self._lines.declare("Line", HOW, graph_of)
        self._lines.edited.connect(self._change)
        self._lines.controls_changed.connect(self.controls_changed)
        self.lines.addWidget(self._lines)
        self._parameter_rows = QVBoxLayout()
        self.lines.addLayout(self._parameter_rows)
        self._make_seed()
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _make_seed(self) -> None:
        self._seed = IntegerField(self.appearance, self._editing.refusals, self)
        self._seed.setObjectName("formula_seed")
        self._seed.setAccessibleName(gettext("Seed"))
        self._seed.set_description(
            gettext("The seed that parameters are drawn from. Another seed draws all of them anew")
        )
        self._seed.value_edited.connect(self._reseed)
        self._seed.nudged.connect(self._reseed)
        tip = gettext("Draw a new seed, and all parameters from it")
        self._redraw = LinkButton(self.appearance, gettext("reseed"), tip, "formula_reseed", self)
        self._redraw.clicked.connect(self._draw_seed)
        label = Label(self.appearance, gettext("seed"), self, size=SMALL, color="muted")
        label.setBuddy(self._seed)
        self.lines.addLayout(ControlsLine(self.appearance, None, label, self._seed, self._redraw))

    def _restyle(self) -> None:
        size = self.appearance.size
        self._seed.setFixedWidth(size(SEED_WIDTH))
        self._parameter_rows.setSpacing(size(GAP))

    def is_about(self, experiment: Experiment) -> bool:
        """Return whether there is a formula."""
        return bool(experiment.network.formula)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the lines and the parameters of a moment; what is typed stays."""
        experiment = self._experiment = moment.experiment
        if experiment.network.formula != self._lines.lines:
            self._lines.show_value(experiment.network.formula)
            count = len(graph_of(experiment.network.formula).nodes)
            self.heading.set_note(gettext("1 operator") if count == 1 else gettext("{count} operators", count=count))
        names = tuple(experiment.network.parameter_shapes())
        if names != self._names:
            self._show_names(names)
        for row in self._parameters:
            row.show_parameter(moment)
        self._seed.set_value(experiment.initialization.seed)

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        # The numbers first: they are typed one after another.
        numbers = [row.field for row in self._parameters]
        locks = [row.lock for row in self._parameters]
        return [*self._lines.controls(), *numbers, *locks, self._seed, self._redraw]

    def _change(self, lines: Sequence[str]) -> None:
        change = edits.set_formula(lines, self._session.editor.initial_values)
        self._editing.apply(self._lines.anchor, gettext("Change formula"), change, restart=True)

    # Parameters

    def _show_names(self, names: tuple[ValueRef, ...]) -> None:
        """Show a row for each parameter; those that stay are kept, with what is typed in them."""
        known = dict(zip(self._names, self._parameters, strict=True))
        self._names = names
        for ref, row in known.items():
            if ref not in names:
                drop_row(row, self._parameter_rows, self._seed)
        self._parameters = []
        for place, ref in enumerate(names):
            row = known.get(ref) or ParameterRow(ref, self._editing, self.appearance, self)
            self._parameter_rows.insertWidget(place, row)
            row.show()
            self._parameters.append(row)
        self.controls_changed.emit()

    def _reseed(self, seed: int) -> None:
        self._editing.apply(
            self._seed, gettext("Reseed"), edits.reseed(seed, self._session.editor.initial_values), restart=True
        )

    def _draw_seed(self) -> None:
        if self._experiment is not None:
            self.draw_seed(self._experiment)

    def draw_seed(self, experiment: Experiment) -> None:
        """Draw all parameters of an experiment from another seed."""
        self._reseed(another_seed(experiment))
