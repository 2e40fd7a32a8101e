"""The page of File > Import data: what was found in a table, what its columns are for, and what will happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.model.editing.edits import Edit
from chainrule.model.importing.draft import ImportDraft
from chainrule.model.importing.plan import Missing, Use
from chainrule.model.importing.text_tables import DECIMALS, DELIMITERS, ENCODINGS, TextFormat
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.importing.preview import PreviewTable
from chainrule.ui.importing.waiting import LongWork, WaitingDialog
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import CHEVRON, ChoiceField
from chainrule.ui.widgets.controls import CheckBox, Label
from chainrule.ui.widgets.fields import NumberField
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.screen import within_screen

# What makes the edit that puts the data in place, or adds them to those there. It may refuse with `SpecError`.
Taking = Callable[[Edit, bool], None]
T = TypeVar("T")
CLASSES, NUMBERS = "classes", "numbers"
TARGETS = {
    CLASSES: "Each value is a class; the network has an output for each, and the loss is cross entropy",
    NUMBERS: "A number that the network is to come close to",
}
MISSING = {
    Missing.DROP.value: "Rows in which something is missing are left out",
    Missing.MEAN.value: "The mean of the column's other numbers",
    Missing.MEDIAN.value: "The number in the middle of the column's others",
    Missing.FREQUENT.value: "The number or the text that is there most often",
    Missing.NUMBER.value: "A number of your own",
}
REST = gettext_noop("Rows whose target is missing are left out all the same.")


class ImportDialog(QDialog):
    """A draft of an import, with a control for each thing that was found or guessed."""

    def __init__(
        self, draft: ImportDraft, experiment: Experiment, appearance: Appearance, take: Taking, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("import_dialog")
        self.setWindowTitle(gettext("Import data"))
        self._appearance, self._experiment, self._make_edit = appearance, experiment, take
        self.draft, self._refusals = draft, Refusals(appearance, self)
        self._found = Label(appearance, "", self, size=14)
        self._found.setObjectName("import_found")
        self.preview = PreviewTable(draft, appearance, self)
        self.preview.use_chosen.connect(self._choose_use)
        self._words = Label(appearance, "", self, size=13)
        self._words.setObjectName("import_words")
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setSpacing(appearance.size(9))
        column.addWidget(self._found)
        self._reading = QHBoxLayout()
        self._making = QHBoxLayout()
        for line in (self._reading, self._making):
            line.setSpacing(appearance.size(6))
        self._make_reading()
        self._make_making()
        column.addLayout(self._reading)
        column.addWidget(self.preview, 1)
        column.addLayout(self._making)
        column.addWidget(self._words)
        # So that a refusal beside a button hides none of it.
        column.addSpacing(appearance.size(12))
        column.addWidget(self._make_buttons())
        self.resize(within_screen(self, appearance.size(860), appearance.size(600)))
        self._show()
        self.preview.setCurrentIndex(self.preview.rows_model.index(0, 0))
        self.preview.setFocus(Qt.FocusReason.TabFocusReason)

    # The controls

    def _make_reading(self) -> None:
        """Make the controls of how the source is read."""
        source, found = self.draft.source, self.draft.read.text_format
        signs = {name: f"A {name} stands between cells" for name in DELIMITERS.values()}
        decimals = {f"{name}  {sign}": f"Numbers are written as 1{sign}5" for sign, name in DECIMALS.items()}
        encodings = dict.fromkeys((*ENCODINGS, found.encoding), "How the letters are kept in the file")
        self.delimiter = self._choice("import_delimiter", gettext("Between cells"), signs, self._read)
        self.decimal = self._choice("import_decimal", gettext("Decimal sign"), decimals, self._read)
        self.encoding = self._choice("import_encoding", gettext("Encoding"), encodings, self._read)
        sheets = dict.fromkeys(source.sheets, "A sheet of the workbook")
        self.sheet = self._choice("import_sheet", gettext("Sheet"), sheets, self._read)
        if sheets:
            self.sheet.set_choice(next(iter(sheets)))
        texts, workbook = (self.delimiter, self.decimal, self.encoding), bool(sheets)
        for field, name in zip((*texts, self.sheet), ("between cells", "decimal", "encoding", "sheet"), strict=True):
            wanted = source.is_text if field in texts else workbook
            field.setVisible(wanted)
            if wanted:
                self._reading.addWidget(Label(self._appearance, name, self, color="muted"))
                self._reading.addWidget(field)
        tip = gettext("The first row has the names of the columns")
        self.header = CheckBox(self._appearance, gettext("names in the first row"), tip, "import_header", self)
        self.header.setVisible(source.is_text or workbook)
        self.header.clicked.connect(lambda: self._read(self.header))
        self._reading.addWidget(self.header)
        self._reading.addStretch(1)

    def _make_making(self) -> None:
        """Make the controls of what the cells become."""
        self.targets = self._choice("import_targets", gettext("Targets are"), TARGETS, self._plan)
        missing = {name: f"{words}. {gettext(REST)}" for name, words in MISSING.items()}
        self.missing = self._choice("import_missing", gettext("Missing values"), missing, self._plan)
        self.fill = NumberField(self._appearance, self._refusals, self)
        self.fill.setObjectName("import_fill")
        self.fill.setAccessibleName(gettext("The number that is filled in"))
        self.fill.set_description(gettext("The number that stands for what is missing."))
        self.fill.setFixedWidth(self._appearance.size(70))
        self.fill.value_edited.connect(self._fill_with)
        tip = gettext(
            "Take the mean off each column of numbers, and divide by its standard deviation: training goes better"
        )
        self.standardize = CheckBox(self._appearance, gettext("standardize inputs"), tip, "import_standardize", self)
        self.standardize.clicked.connect(lambda: self._plan(self.standardize))
        tip = gettext("The same for targets; predictions are shown in their own units, too")
        self.standardize_targets = CheckBox(
            self._appearance, gettext("and targets"), tip, "import_standardize_targets", self
        )
        self.standardize_targets.clicked.connect(lambda: self._plan(self.standardize_targets))
        parts = (
            Label(self._appearance, gettext("targets are"), self, color="muted"),
            self.targets,
            Label(self._appearance, gettext("missing values"), self, color="muted"),
            self.missing,
            self.fill,
            self.standardize,
            self.standardize_targets,
        )
        for part in parts:
            self._making.addWidget(part)
        self._making.addStretch(1)

    def _make_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.append, self.replace = (
            QPushButton(gettext("&Add to the rows"), self),
            QPushButton(gettext("&Replace the data"), self),
        )
        self.append.setObjectName("import_append")
        self.append.setToolTip(gettext("Add these rows to those that are there; network and loss stay"))
        self.append.setAutoDefault(False)
        self.replace.setObjectName("import_replace")
        self.replace.setToolTip(gettext("Put these rows in the place of all that are there; Ctrl+Z brings them back"))
        self.replace.setDefault(True)
        for button, append in ((self.append, True), (self.replace, False)):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
            button.clicked.connect(lambda _checked=False, append=append: self._take(append=append))
        buttons.rejected.connect(self.reject)
        return buttons

    def _choice(self, name: str, label: str, choices: Mapping[str, str], use: Callable[[QWidget], None]) -> ChoiceField:
        field = ChoiceField(self._appearance, name, label, self)
        field.set_choices(choices)
        field.setToolTip(plain_tip(label))
        widest = max(map(field.fontMetrics().horizontalAdvance, choices), default=0)
        field.setFixedWidth(widest + self._appearance.size(CHEVRON + 18))

        def choose(chosen: str) -> None:
            before = field.choice
            field.set_choice(chosen)
            use(field)
            if self._refusals.bubble is not None:
                field.set_choice(before)

        field.choice_edited.connect(choose)
        return field

    # What a control changes

    def _read(self, control: QWidget) -> None:
        """Read the source as the controls say; where that cannot be, say so beside the one that was used."""
        self._refusals.dismiss()
        delimiter = next(sign for sign, name in DELIMITERS.items() if name == self.delimiter.choice)
        decimal = self.decimal.choice[-1]
        wanted = TextFormat(self.encoding.choice, delimiter, decimal, self.header.isChecked())

        def refused(error: SpecError) -> None:
            self._show()
            self._refuse(control, error)

        reading = partial(self.draft.reading_as, wanted, self.sheet.choice or None)
        source = self.draft.source
        self._do(LongWork(reading, f"Reading {source.name}", self._set, refused), is_long=source.takes_long)

    def _refuse(self, beside: QWidget, error: SpecError) -> None:
        self._refusals.show(beside, f"{error.message[:1].upper()}{error.message[1:]}.")

    def _do(self, work: LongWork[T], *, is_long: bool) -> None:
        """Do some work: what takes long in a dialog, where it can be given up."""
        if not is_long:
            work.do()
            return
        waiting = WaitingDialog(work, self._appearance, self)
        waiting.finished.connect(waiting.deleteLater)
        # What the control that was used says is taken back.
        waiting.rejected.connect(self._show)
        waiting.open()

    def _plan(self, _control: QWidget) -> None:
        self._set(
            self.draft.with_plan(
                replace(
                    self.draft.plan,
                    classes=self.targets.choice == CLASSES,
                    missing=Missing(self.missing.choice),
                    standardize=self.standardize.isChecked(),
                    standardize_targets=self.standardize_targets.isChecked(),
                )
            )
        )

    def _fill_with(self, number: float) -> None:
        self.fill.set_value(number)
        self._set(self.draft.with_plan(replace(self.draft.plan, fill=number)))

    def _choose_use(self, place: int, use: Use) -> None:
        self._set(self.draft.with_use(place, use))

    def _set(self, draft: ImportDraft) -> None:
        self.draft = draft
        self._show()

    def _show(self) -> None:
        """Show the draft in every control, and what will happen."""
        draft, plan, found = self.draft, self.draft.plan, self.draft.read.text_format
        self._found.setText(draft.found_in_words)
        self.delimiter.set_choice(DELIMITERS[found.delimiter])
        self.decimal.set_choice(f"{DECIMALS[found.decimal]}  {found.decimal}")
        self.encoding.set_choice(found.encoding)
        self.header.setChecked(found.header)
        self.targets.set_choice(CLASSES if plan.classes else NUMBERS)
        self.missing.set_choice(plan.missing.value)
        self.fill.set_value(plan.fill)
        self.fill.setVisible(plan.missing is Missing.NUMBER)
        self.standardize.setChecked(plan.standardize)
        self.standardize_targets.setChecked(plan.standardize_targets)
        self.standardize_targets.setEnabled(not plan.classes)
        self.preview.show_draft(draft)
        try:
            words, color = draft.in_words(self._experiment), "text"
        except SpecError as error:
            words, color = f"{error.message[:1].upper()}{error.message[1:]}.", "error"
        self._words.setText(words)
        self._words.set_color(color)
        for button in (self.replace, self.append):
            button.setEnabled(color == "text")

    def _take(self, *, append: bool) -> None:
        """Put the data in place, and close; what is refused is said beside the button."""
        beside = self.append if append else self.replace

        def put(edit: Edit) -> None:
            try:
                self._make_edit(edit, append)
            except SpecError as error:
                self._refuse(beside, error)
                return
            self.accept()

        try:
            outline = self.draft.outline(self._experiment, append=append)
        except SpecError as error:
            self._refuse(beside, error)
            return
        making = partial(self.draft.making_edit, self._experiment, append=append)
        words = f"Making {plural(len(outline.kept), 'row')} of numbers"
        self._do(LongWork(making, words, put, partial(self._refuse, beside)), is_long=outline.is_large)
