"""The lecturer's notes: what is said of this step, and the equation and the sentence of the next one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.explaining import Explanation, explain_next, explain_selection
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.equation.view import FORMULA_SIZE, SENTENCE_SIZE, equation_parts
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import FormulaView
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.controls import Label, SectionHeading

# Of a step that is not there yet the equation is smaller than on the screen.
SHARE = 0.85
END = gettext_noop("The iteration ends here; the next step begins another one, with the updated parameters.")


class LecturerNotes(QWidget):
    """Shows what is said now, and what comes next."""

    shows = ~Change.COURSE

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.now = Label(appearance, "", self, size=SENTENCE_SIZE + 1)
        self.now.setObjectName("lecturer.now")
        self.next = Label(appearance, "", self, size=SENTENCE_SIZE + 1)
        self.next.setObjectName("lecturer.next")
        for label in (self.now, self.next):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._formula = FormulaView(Typesetter(), appearance, FORMULA_SIZE * SHARE, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(SectionHeading(appearance, gettext("Now"), self))
        column.addWidget(self.now)
        column.addSpacing(appearance.size(16))
        column.addWidget(SectionHeading(appearance, gettext("Next"), self))
        column.addWidget(self._formula)
        column.addWidget(self.next)
        column.addStretch(1)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the notes of a moment."""
        self.now.setText(explain_selection(moment).sentence)
        following = explain_next(moment) or Explanation(gettext(END))
        self._formula.set_parts(equation_parts(following))
        self._formula.setVisible(bool(following.left))
        self.next.setText(following.sentence)
