"""The data: the tables, and adding, removing and pasting rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.answers import tells_one_class
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.sentences.refusals import path_parts, refusal_in_words
from chainrule.model.editing import edits
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.numbers.copying import copy_rows
from chainrule.ui.panels.data.batch_fields import BatchFields
from chainrule.ui.panels.data.clipboard import has_text_column, line_of, parse_rows
from chainrule.ui.panels.data.header_naming import HeaderNaming
from chainrule.ui.panels.data.tables import DataTables
from chainrule.ui.panels.data.view import DataView
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.section import ControlsLine, PanelSection
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import CheckBox, Disclosure, LinkButton
from chainrule.ui.widgets.typed_numbers import is_number


class DataPanel(PanelSection):
    """The section of the data. Going to a row shows its sample; rows outside of the batch are dimmed."""

    # What is on the clipboard has text in it, which is to be made numbers of.
    table_pasted = Signal()

    shows = (
        Change.EXPERIMENT
        | Change.PROGRAM
        | Change.BY_HAND
        | Change.SAMPLE
        | Change.ROWS
        | Change.DIGITS
        | Change.TABLES
    )

    def __init__(self, session: Session, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(gettext("Data"), appearance, parent)
        self._session, self._editing = session, editing
        self._moment = session.moment
        self.tables = DataTables(session.moment, appearance, self)
        self.tables.cell_chosen.connect(self._choose)
        session.signals.replaced.connect(self.tables.let_go_of_editors)
        for view in self.tables.views:
            self._connect(view)
        HeaderNaming(session, editing, appearance, self.tables)
        self.lines.addWidget(self.tables)
        self._make_buttons()
        self.batches = BatchFields(editing, appearance, self)
        self.lines.addWidget(self.batches)
        self.more.toggled.connect(self.batches.setVisible)
        self.more.set_folds(lambda: [self.batches])
        data = session.moment.experiment.data
        # Folded away unless something is set there: the learning rate below is changed more often.
        self.more.setChecked(_is_set(data))
        self.batches.setVisible(_is_set(data))

    def _connect(self, view: DataView) -> None:
        model = view.rows_model()
        model.number_edited.connect(lambda *cell: self._edit_number(view, *cell))
        model.text_refused.connect(
            lambda row, column, message: self._editing.refuse(view, message, view.row_rect(row, column))
        )
        view.remove_requested.connect(self._remove_rows)
        view.copy_requested.connect(self._copy)
        view.paste_requested.connect(lambda: self._paste(view))

    def _make_buttons(self) -> None:
        appearance = self.appearance
        add = LinkButton(appearance, gettext("+ row"), gettext("Add a copy of the last row"), "data_add_row", self)
        add.clicked.connect(self._add_row)
        tip = gettext("Remove the selected rows, or the shown sample's row (Shift+Delete)")
        self._remove = LinkButton(appearance, gettext("remove row"), tip, "data_remove_row", self)
        self._remove.clicked.connect(self._remove_rows)
        tip = gettext(
            "Paste rows: inputs, then targets, with tabs or commas between them (Ctrl+V).\n"
            "Names of columns in the first row are skipped.\n"
            "They replace the selected rows and those below; with no row selected they are added at the end.\n"
            "Undo (Ctrl+Z) takes them away again, and brings back the rows that they replaced."
        )
        paste = LinkButton(appearance, gettext("paste"), tip, "data_paste", self)
        paste.clicked.connect(lambda: self._paste(None))
        self.more = Disclosure(
            appearance, gettext("Batches, their order, rows for the test, and batches per update"), "data_more", self
        )
        self._buttons: list[QWidget] = [add, self._remove, paste, self.more]
        self.lines.addLayout(ControlsLine(appearance, add, self._remove, paste, None, self.more))
        tip = gettext("Show, and take, standardized numbers in the units of the table that they came from")
        self.own_units = CheckBox(appearance, gettext("in their own units"), tip, "data_own_units", self)
        self.own_units.toggled.connect(self.tables.show_own_units)
        tip = gettext(
            "Show beside the target of each row of the batch which class the outputs say, once they are known:\n"
            "✓ where it is the true one, and behind ✗ the one that it is instead"
        )
        self.predicted = CheckBox(appearance, gettext("predicted class"), tip, "data_predicted", self)
        self.predicted.toggled.connect(self.tables.show_predicted)
        for box in (self.predicted, self.own_units):
            # A line for each: side by side they are wider than the panel beside its scroll bar.
            self.lines.addLayout(ControlsLine(appearance, box, None))
            box.hide()
            self._buttons.append(box)

    def is_about(self, experiment: Experiment) -> bool:
        """Return whether there are layers."""
        return not experiment.network.formula

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the data of a moment, and the outputs that it knows."""
        self._moment = moment
        self.tables.show_moment(moment)
        self._show_batches()
        self._show_note()

    def _show_batches(self) -> None:
        data = self._moment.experiment.data
        self.batches.show_data(data)
        self.own_units.setVisible(data.names.has_own_units)
        if not data.names.has_own_units:
            self.own_units.setChecked(False)
        self.predicted.setVisible(tells_one_class(self._moment.experiment))
        self.more.set_marked(_is_set(data))

    def controls(self) -> list[QWidget]:
        """Return the tables, the buttons and the fields."""
        return [*self.tables.views, *self._buttons, *self.batches.controls()]

    def _show_note(self) -> None:
        data, batch = self._moment.experiment.data, len(self._moment.rows)
        rows = plural(data.training_rows, "row")
        if data.test_rows:
            rows = f"{rows} + {data.test_rows} test"
        # Until the engine is there the moment has every row, those for tests too.
        whole = batch >= data.training_rows
        self.heading.set_note(rows if whole else f"batch of {batch}, {rows}")

    def _choose(self, view: DataView, row: int, column: int) -> None:
        place = view.rows_model().place_of(row)
        if place is None:
            return
        self._session.selector.show_sample(place)
        ref, unit = view.rows_model().ref_of(column)
        self._session.selector.select(ref, (place, unit))

    # Edits

    def _edit_number(self, view: DataView, row: int, column: int, value: float) -> None:
        model = view.rows_model()
        ref, unit = model.ref_of(column)
        place = model.place_of(row)
        if ref != model.ref and place is not None:
            self._editing.set_number(view, ref, (place, unit), value, rect=view.row_rect(row, column))
            return
        change = edits.set_data(model.ref, (row, column), value)
        self._editing.apply(view, gettext("Edit data"), change, rect=view.row_rect(row, column))

    def _add_row(self) -> None:
        if self._editing.apply(self.tables, gettext("Add row"), edits.add_row):
            self.tables.choose_row(len(self._moment.experiment.data.inputs) - 1)

    def _remove_rows(self) -> None:
        selected = self.tables.selected_rows() or [self.tables.inputs_model.sample_row]
        text = gettext("Remove row") if len(selected) == 1 else gettext("Remove rows")
        self._editing.apply(self._remove, text, _without(selected))

    def _copy(self) -> None:
        data = self._moment.experiment.data
        selected = self.tables.selected_rows() or [self.tables.inputs_model.sample_row]
        rows = [data.inputs[row] + data.targets[row] for row in selected]
        copy_rows(rows, self._session.signals.informed.emit)

    def _paste(self, view: DataView | None) -> None:
        """Paste what is on the clipboard: rows, or one number into the current cell of a table."""
        text, experiment = QGuiApplication.clipboard().text(), self._moment.experiment
        selected = self.tables.selected_rows()
        first = selected[0] if selected else len(experiment.data.inputs)
        beside = view or self.tables
        try:
            rows = parse_rows(text, first, experiment.network.inputs)
        except SpecError as error:
            if has_text_column(text):
                self.table_pasted.emit()
                return
            self._editing.refuse(beside, refusal_in_words(error, experiment) + _line_in_words(error, text, first))
            return
        width = experiment.network.inputs + len(experiment.data.targets[0])
        if view is not None and len(rows) == 1 and len(rows[0]) != width and is_number(text):
            view.rows_model().setData(view.currentIndex(), text)
            return
        change = _with_rows(rows, first, experiment.network.inputs)
        if self._editing.apply(
            beside, gettext("Paste rows"), change, more=lambda error: _line_in_words(error, text, first)
        ):
            # What is on the stage stays in sight here, wherever rows came.
            self.tables.scroll_to(self.tables.inputs_model.sample_row)


def _is_set(data: DataSpec) -> bool:
    """Return whether anything of what is folded away is not as it is at first."""
    return data.is_split or data.accumulate > 1


def _line_in_words(error: SpecError, text: str, first: int) -> str:
    """Return which line of what was pasted an error is about, as a sentence; `first` is the row of its first line."""
    match path_parts(error.path):
        case ("data", "inputs" | "targets", int(row), *_) if row >= first:
            # Where other rows are put in place of the first ones, it may be one of those that were there before.
            if (line := line_of(text, row - first)) is not None:
                return f" It is line {line:,} of what was pasted."
    return ""


def _without(rows: Collection[int]) -> edits.Edit:
    dropped = frozenset(rows)

    def edit(experiment: Experiment) -> Experiment:
        data = experiment.data
        kept = [place for place in range(len(data.inputs)) if place not in dropped]
        return edits.set_rows(data.inputs.taken(kept), data.targets.taken(kept))(experiment)

    return edit


def _with_rows(rows: Sequence[Row], first: int, inputs: int) -> edits.Edit:
    """Return rows of inputs and targets together,
    put in place of those from `first` on and added where there are none.
    """
    end = first + len(rows)

    def edit(experiment: Experiment) -> Experiment:
        data = experiment.data
        return edits.set_rows(
            data.inputs.spliced(first, end, [row[:inputs] for row in rows]),
            data.targets.spliced(first, end, [row[inputs:] for row in rows]),
        )(experiment)

    return edit
