"""File > Export of worksheets, assignments and quizzes: what is asked, in which variants, with a look at the first."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.commands.export import ExportFormat
from chainrule.commands.task_options import MOST_SEED, MOST_VARIANTS, TaskOptions
from chainrule.explain.sentences.refusals import as_sentence
from chainrule.translation import gettext
from chainrule.ui.asking.dialog_form import DialogForm
from chainrule.ui.scripts.script_editor import ScriptEditor
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.fields import IntegerField
from chainrule.ui.widgets.plain_text import PlainLabel
from chainrule.ui.widgets.refusal import Refusals

if TYPE_CHECKING:
    from chainrule.commands.tasks import Sheets

FIELD, PAGE, LINES = 236, QSize(298, 421), 4
OWN = "its own questions"
ASKED = {
    "loss and gradients of weights": ("loss,weight_gradient", "The loss, and the gradient of every weight"),
    "backward pass": ("backward", "Every number of the backward pass"),
    "forward pass": ("forward,loss", "Every number of the forward pass, and the loss"),
    "update": ("update", "Every number of the optimizer's update"),
    "everything": ("all", "Every number of the iteration"),
}


class TaskDialog(QDialog):
    """Asks what to ask; `write` is given the answer. The first sheet is shown beside it, as it will be on paper."""

    def __init__(
        self,
        appearance: Appearance,
        format_: ExportFormat,
        experiment: Experiment,
        iteration: int,
        write: Callable[[TaskOptions], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("task.dialog")
        self.setWindowTitle(format_.title.removesuffix("…"))
        self._appearance, self._format, self._write = appearance, format_, write
        self._experiment, self._iteration = experiment, iteration
        self._form = DialogForm(appearance, FIELD, self, Refusals(appearance, self))
        self._form.entered.connect(self._take)
        # What is computed for it takes a moment: the choice is seen first.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.show_preview)
        self._make_fields()
        self.note = Label(appearance, "", self, size=SMALL, color="muted")
        self.note.setObjectName("task.note")
        self.note.setWordWrap(True)
        self.preview = PlainLabel(parent=self)
        self.preview.setObjectName("task.preview")
        self.preview.setAccessibleName(gettext("The first sheet"))
        self.preview.setFixedSize(PAGE * appearance.scale)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.export_button = QPushButton(gettext("&Export…"), self)
        self.export_button.setObjectName("task.export")
        self.export_button.setDefault(True)
        buttons.addButton(self.export_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        self._form.stand_beside(self.preview, self.note, buttons)
        self._change()

    def _make_fields(self) -> None:
        form, own = self._form, len(self._experiment.questions)
        asked = {name: tip for name, (_, tip) in ASKED.items()}
        choices = {OWN: f"The {plural(own, 'question')} of the experiment", **asked} if own else asked
        self.asked = form.choose("task.asked", gettext("&Questions"), choices)
        self.whole = form.check("task.whole", "whole values, a table each", "Not a question for each number")
        tip = gettext("How many variants have other numbers: A, B, C, ...; 0 for the numbers that there are")
        self.variants = form.ask(IntegerField, "task.variants", "&Variants", 0, tip)
        self.names = ScriptEditor(self._appearance, self)
        self.names.setObjectName("task.names")
        self.names.setAccessibleName(gettext("Names, one in each line"))
        self.names.setPlaceholderText(gettext("or a name in each line,\nor a table with a column Name"))
        self.names.setTabChangesFocus(True)
        self.names.setFixedWidth(self._appearance.size(FIELD))
        self.names.setFixedHeight(LINES * self.names.fontMetrics().lineSpacing() + self._appearance.size(12))
        self.names.textChanged.connect(self._change)
        form.addRow(gettext("&Names"), self.names)
        self.seed = form.ask(IntegerField, "task.seed", "&Seed", 0, gettext("What variants are drawn under"))
        self.each = form.check("task.each", "a file for each variant", "And one for the key")
        self.key = form.check("task.key", "key", "Every answer, on pages of their own")
        self.key.setChecked(True)
        for box in (self.each, self.key):
            form.setRowVisible(box, self._format.has_each)
        for box in (self.whole, self.each, self.key):
            box.toggled.connect(self._change)
        self.asked.choice_edited.connect(self._change)
        for field in (self.variants, self.seed):
            field.value_edited.connect(self._change)
            field.nudged.connect(self._change)

    def _change(self, *_: object) -> None:
        self._form.setRowVisible(self.whole, self.asked.choice != OWN)
        self._later.start(0)

    @property
    def options(self) -> TaskOptions:
        """What is asked for; a `SpecError` says what cannot be."""
        from chainrule.lessons.assignments.roster import roster_names  # noqa: PLC0415 - loads torch
        from chainrule.lessons.assignments.variants import letters  # noqa: PLC0415 - loads torch

        for field, most in ((self.variants, MOST_VARIANTS), (self.seed, MOST_SEED)):
            if not 0 <= field.value <= most:
                raise SpecError(field.objectName(), f"a whole number from 0 to {most} is expected there")
        text = self.names.toPlainText()
        names = roster_names(text) if text.strip() else letters(self.variants.value)
        questions = "" if self.asked.choice == OWN else ASKED[self.asked.choice][0]
        return TaskOptions(
            questions,
            self._iteration if questions else None,
            whole=self.whole.isChecked(),
            seed=self.seed.value,
            names=names,
            each=self.each.isChecked() and bool(names),
            key=self.key.isChecked(),
        )

    def show_preview(self) -> None:
        """Show the first sheet, and say how much there will be."""
        from chainrule.commands.tasks import Sheets  # noqa: PLC0415 - loads torch

        try:
            options = self.options
            sheets = Sheets(self._experiment, options)
        except SpecError as error:
            self.preview.clear()
            self._tell(as_sentence(error.message), refused=True)
            return
        self.preview.setPixmap(self._page(sheets))
        assignment = sheets.sheet(sheets.names[0])[1]
        questions = plural(len(assignment.questions), "question")
        count = f"{plural(len(options.names), 'variant')} of " if options.names else ""
        points = f"{assignment.points:g} point{'' if assignment.points == 1 else 's'} in all"
        self._tell(f"{count}{questions}, {points}.", refused=False)

    def _page(self, sheets: Sheets) -> QPixmap:
        from chainrule.lessons.assignments.worksheet import document_parts  # noqa: PLC0415 - loads torch
        from chainrule.session.papers.pages import page_picture, pages_of  # noqa: PLC0415 - not for the first paint

        parts = document_parts([sheets.sheet(sheets.names[0])], key=False)
        (page,) = islice(pages_of(sheets.title, parts), 1)
        ratio = self.devicePixelRatio()
        image = page_picture(page, sheets.title, round(self.preview.width() * ratio))
        image.setDevicePixelRatio(ratio)
        return QPixmap.fromImage(image)

    def _tell(self, text: str, *, refused: bool) -> None:
        self.note.setText(text)
        self.note.set_color("error" if refused else "muted")
        self.export_button.setEnabled(not refused)

    def _take(self) -> None:
        if not all(field.take() for field in (self.variants, self.seed)):
            return
        try:
            options = self.options
        except SpecError as error:
            self._tell(as_sentence(error.message), refused=True)
            return
        self.accept()
        self._write(options)
