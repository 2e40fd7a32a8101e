"""A whole calculation, typed or pasted, and what is said of each of its lines."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.session.checking import HandChecker
from chainrule.translation import gettext
from chainrule.ui.checking.words import calculation_in_words, line_in_words
from chainrule.ui.scripts.script_editor import ScriptEditor
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label, LinkButton

EXAMPLE = "z_1 = 0.5\na_1 = 0.62\ndL/dw_11 = -0.12\n\nor two columns from a spreadsheet"
WORKING = "checking…"
LINES = 7


class CalculationPart(QWidget):
    """An editor for the lines, and below it the verdict on each."""

    def __init__(self, checker: HandChecker, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._checker, self._appearance = checker, appearance
        self.editor = ScriptEditor(appearance, self)
        self.editor.setObjectName("check_view.calculation")
        self.editor.setAccessibleName(gettext("My calculation, a name and a number in each line"))
        self.editor.setPlaceholderText(EXAMPLE)
        self.check = LinkButton(
            appearance, gettext("check the calculation"), gettext("Check each line of it"), "check_view.check", self
        )
        self.check.clicked.connect(self._ask)
        self.verdict = Label(appearance, "", self, size=13)
        self.verdict.setObjectName("check_view.calculation_verdict")
        self.lines = Label(appearance, "", self, size=12)
        self.lines.setObjectName("check_view.lines")
        self.lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self.verdict, self.lines):
            label.setWordWrap(True)
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        row.addWidget(self.check)
        row.addStretch(1)
        column.addWidget(self.editor)
        column.addLayout(row)
        column.addWidget(self.verdict)
        column.addWidget(self.lines)
        checker.answered.connect(self._show)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.forget()

    def forget(self) -> None:
        """Take away what was said: the numbers are others now. What was typed stays."""
        self._checker.forget_calculation()
        self.editor.mark(())
        for label in (self.verdict, self.lines):
            label.setText("")
            label.hide()

    def _restyle(self) -> None:
        self.editor.setFixedHeight(LINES * self.editor.fontMetrics().lineSpacing() + self._appearance.size(12))

    def _ask(self) -> None:
        self.forget()
        self.verdict.setText(WORKING)
        self.verdict.show()
        self._checker.ask_calculation(self.editor.toPlainText())

    def _show(self) -> None:
        checked = self._checker.checked
        if checked is None:
            return
        wrong = checked.first_wrong is not None
        self.verdict.setText(calculation_in_words(checked))
        self.verdict.set_color("error" if wrong else "good" if checked.lines else "muted")
        said = (line_in_words(line, is_first=at == checked.first_wrong) for at, line in enumerate(checked.lines))
        self.lines.setText("\n".join(said))
        for label in (self.verdict, self.lines):
            label.show()
        self.editor.mark([line.line.number for line in checked.lines if line.verdict.value == "wrong"])
