"""How well the network tells classes apart: the accuracy as a large number, and the confusion matrix."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from chainrule.catalog.experiment.answers import class_labels
from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.shares import percent
from chainrule.session.screen.change import Change
from chainrule.session.screen.computing import traced
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.header import Toggle
from chainrule.ui.plots.confusion_matrix import ConfusionMatrix
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip
from chainrule.ui.widgets.scroll_area import SlimScrollArea

if TYPE_CHECKING:
    from chainrule.engine.data import DataPart
    from chainrule.engine.metrics import Classification

NOT_READY = gettext_noop("The classes appear once the engine is loaded")
NO_CLASSES = gettext_noop(
    "{loss} compares numbers, not classes. With CrossEntropyLoss or BCEWithLogitsLoss "
    "this shows which classes the network tells apart."
)
NOT_A_NUMBER = gettext_noop("An output is not a number (NaN): it says no class")
TOO_MANY = gettext_noop("{count} classes are too many for a matrix")


class ClassesView(MomentCard):
    """All training rows or the test rows, under the parameters that the iteration starts from."""

    shows = Change.EXPERIMENT | Change.PROGRAM | Change.NUMBERS

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("classes_view")
        self._moment = session.moment
        self._make_toggles()
        self.accuracy = Label(appearance, "", self, size=26)
        self.accuracy.setObjectName("classes_view.accuracy")
        self._caption = Label(appearance, gettext("accuracy"), self, size=11.5, color="muted")
        self._count = Label(appearance, "", self, size=11.5, color="muted")
        self._count.setWordWrap(True)
        self.matrix = ConfusionMatrix(appearance, self)
        self.matrix.copy_requested.connect(lambda: copy_rows(self.matrix.copied(), session.signals.informed.emit))
        self._area = SlimScrollArea(appearance, self)
        self._area.setObjectName("classes_view.area")
        self._area.setWidget(self.matrix)
        # The card shows through.
        self.matrix.setAutoFillBackground(False)
        self._area.viewport().setAutoFillBackground(False)
        self.message = PlainLabel(parent=self)
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setMargin(16)
        self._lay_out()
        self.setMinimumSize(180, 130)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self._say(gettext(NOT_READY))

    def _make_toggles(self) -> None:
        self._group = QButtonGroup(self)
        self._toggles: dict[DataPart, Toggle] = {}
        for part, tip in (
            ("training", "Every row that is trained on, not only the batch"),
            ("test", "The rows that are held back"),
        ):
            toggle = Toggle(self.appearance, part, self)
            toggle.setObjectName(f"classes_view.{part}")
            toggle.setAccessibleName(gettext("Classes of the {part} rows", part=part))
            toggle.setToolTip(plain_tip(tip))
            toggle.clicked.connect(self._count_answers)
            self._group.addButton(toggle)
            self._toggles[part] = toggle  # type: ignore[index]
        self._toggles["training"].setChecked(True)

    def _lay_out(self) -> None:
        self._row = QWidget(self)
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for toggle in self._toggles.values():
            row.addWidget(toggle)
        row.addStretch(1)
        self._numbers = QWidget(self)
        left = QVBoxLayout(self._numbers)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(1)
        left.addStretch(1)
        for label in (self.accuracy, self._caption, self._count):
            left.addWidget(label)
        left.addStretch(1)
        body = QHBoxLayout()
        body.setSpacing(4)
        body.addWidget(self._numbers)
        body.addWidget(self._area, 1)
        body.addWidget(self.message, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(13, 5, 8, 8)
        whole.setSpacing(0)
        whole.addWidget(self._row)
        whole.addLayout(body, 1)

    @property
    def part(self) -> DataPart:
        """Which rows are counted."""
        return "test" if self._toggles["test"].isChecked() and not self._row.isHidden() else "training"

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Count the answers of the moment's iteration."""
        self._moment = moment
        if moment.is_ready:
            self._count_answers()

    def _count_answers(self) -> None:
        moment = self._moment
        history, trace = traced(moment)
        evaluator = history.executor.evaluator
        self._row.setVisible(evaluator.has_test)
        if evaluator.answer is None:
            self._say(gettext(NO_CLASSES).format(loss=moment.experiment.loss.name))
            return
        found = evaluator.classification(trace.values, self.part)
        if found is None:
            self._say(gettext(NOT_A_NUMBER))
            return
        # What was computed is shared with experiments that call the classes otherwise.
        named = class_labels(moment.experiment, largest=found.answer.value == "largest")
        found = replace(found, classes=named)
        self._show_counts(found, _outputs(moment, found))

    def _show_counts(self, found: Classification, outputs: tuple[str, ...]) -> None:
        yes_or_no = found.answer.value == "yes or no" and found.count > 0
        self.accuracy.setText(percent(found.right, found.count))
        rows = f"{found.right} of {found.count}"
        self._count.setText(f"{rows} right" + (f"\nclass {found.classes[0]} is {outputs[0]}" if outputs else ""))
        self.matrix.show_counts(found if found.confusion is not None else None, outputs)
        too_many = gettext(TOO_MANY).format(count=len(found.classes)) if found.confusion is None else ""
        self._set_visible(numbers=True, matrix=not too_many, message=too_many)
        answers = plural(found.count, "answer of yes or no" if yes_or_no else "row")
        self.setAccessibleName(
            gettext(
                "Classes: {part} accuracy {words}, {rows} right", part=self.part, words=self.accuracy.text(), rows=rows
            )
        )
        under = "under the parameters that the iteration starts from"
        self.accuracy.setToolTip(plain_tip(f"{found.right} of {answers}: {found.accuracy!r}\n{under}"))
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return the confusion matrix."""
        return NumbersTable.of_rows(self.matrix.copied())

    def _say(self, text: str) -> None:
        self.matrix.show_counts(None)
        self._set_visible(numbers=False, matrix=False, message=text)
        self.setAccessibleName(gettext("Classes: {words}", words=text))
        self.redrawn.emit()

    def _set_visible(self, *, numbers: bool, matrix: bool, message: str) -> None:
        self.message.setText(message)
        self._numbers.setVisible(numbers)
        self._area.setVisible(matrix)
        self.message.setVisible(bool(message))

    def _restyle(self) -> None:
        self.message.setFont(self.appearance.font(12))
        self.message.setStyleSheet(f"color: {self.appearance.theme.muted}")


def _outputs(moment: Moment, found: Classification) -> tuple[str, ...]:
    """Return the names of the outputs of which the largest says the class, one for each class.

    None where they do not.
    """
    if found.answer.value != "largest":
        return ()
    network = moment.experiment.network
    notation, last = Notation.of(moment.experiment), len(network.layers) - 1
    return tuple(notation.neuron(last, unit) for unit in range(len(found.classes)))
