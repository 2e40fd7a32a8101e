"""The score of predictions: a table by phase, and what was asked last."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from chainrule.catalog.values.step_kinds import Phase
from chainrule.lessons.prediction.score import Prediction, PredictionOutcome, PredictionScore
from chainrule.session.predicting.predictor import Predictor
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.predicting.question_row import MARKS
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label

HEADS = ("", "asked", "right", "rounded", "wrong", "shown")
NOTHING = gettext_noop("Nothing was asked yet. Turn Predict on (Q), and step.")
LAST = 6


class ScoreDialog(QDialog):
    """Shows the score of a predictor."""

    save_asked = Signal()

    def __init__(self, predictor: Predictor, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("predict.score.dialog")
        self.setWindowTitle(gettext("Score of predictions"))
        self._predictor, self._appearance = predictor, appearance
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(18)
        self._said = Label(appearance, "", self, size=12, color="muted")
        self._said.setObjectName("predict.score.last")
        self._said.setWordWrap(True)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.save_button = self._button(buttons, "&Save…", "predict.score.save")
        self.reset_button = self._button(buttons, gettext("&Begin anew"), "predict.score.reset")
        self.save_button.clicked.connect(self.save_asked)
        self.reset_button.clicked.connect(predictor.reset)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(self._grid)
        column.addWidget(self._said)
        column.addWidget(buttons)
        self._cells = self._make_cells()
        predictor.changed.connect(self._show)
        self._show()
        self.setMinimumWidth(appearance.size(420))

    def _button(self, buttons: QDialogButtonBox, text: str, name: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        return button

    def _make_cells(self) -> dict[Phase | None, list[Label]]:
        right = Qt.AlignmentFlag.AlignRight
        for column, head in enumerate(HEADS):
            self._grid.addWidget(Label(self._appearance, head, self, size=12, color="muted"), 0, column, right)
        cells: dict[Phase | None, list[Label]] = {}
        for row, phase in enumerate((*Phase, None), start=1):
            color = "text" if phase is None else phase.value
            name = Label(self._appearance, gettext("all") if phase is None else phase.value, self, color=color)
            self._grid.addWidget(name, row, 0)
            cells[phase] = [Label(self._appearance, "", self) for _ in HEADS[1:]]
            for column, cell in enumerate(cells[phase], start=1):
                cell.setObjectName(f"predict.score.{'all' if phase is None else phase.value}.{HEADS[column]}")
                self._grid.addWidget(cell, row, column, right)
        return cells

    def _show(self) -> None:
        score: PredictionScore = self._predictor.seen_score
        for phase, cells in self._cells.items():
            tally = score.tally(phase)
            counts = (tally.asked, tally.right, tally.rounded, tally.wrong, tally.revealed)
            for cell, count in zip(cells, counts, strict=True):
                cell.setText(str(count))
        last = score.predictions[-LAST:]
        self._said.setText("\n".join(map(_line, last)) or gettext(NOTHING))
        for button in (self.save_button, self.reset_button):
            button.setEnabled(bool(last))


def _line(each: Prediction) -> str:
    mark, _ = MARKS[each.outcome]
    answer = "" if each.outcome is PredictionOutcome.REVEALED else f", your answer {each.given}"
    return f"{mark} {each.name} = {each.right}{answer}"
