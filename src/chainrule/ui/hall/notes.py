"""The lecturer's notes: what is said of this step, and the equation and the sentence of the next one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.lessons.lesson.text import filled, pieces_of
from chainrule.session.lessons.guide import LessonGuide
from chainrule.session.screen.change import Change
from chainrule.session.screen.explaining import Explanation, explain_next, explain_selection
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.equation.view import FORMULA_SIZE, SENTENCE_SIZE, equation_parts
from chainrule.ui.lesson.prose import ProseView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import FormulaView
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.controls import Label, SectionHeading

# Of a step that is not there yet the equation is smaller than on the screen.
SHARE = 0.85
# What an author notes, and the equation of the step, have a screen for themselves.
NOTES_SIZE = SENTENCE_SIZE + 1
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


class LessonNotes(QWidget):
    """Shows what the author of a lesson notes for whoever teaches it, with the numbers of now; nothing without them."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.heading = SectionHeading(appearance, gettext("Lesson"), self)
        self.title = Label(appearance, "", self, size=NOTES_SIZE, color="muted")
        self.title.setObjectName("lecturer.lesson")
        self.title.setWordWrap(True)
        self.prose = ProseView(Typesetter(), appearance, self, size=NOTES_SIZE)
        self.prose.setObjectName("lecturer.lesson_notes")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, appearance.size(16))
        for part in (self.heading, self.title, self.prose):
            column.addWidget(part)
        self.hide()

    def show_step(self, guide: LessonGuide | None, moment: Moment) -> None:
        """Show the notes of the step on the screen."""
        step = None if guide is None else guide.step
        if guide is None or guide.lesson is None or step is None:
            self.hide()
            return
        self.heading.set_note(
            gettext("step {number} of {steps}", number=guide.place + 1, steps=len(guide.lesson.steps))
        )
        self.title.setText(": ".join(filter(None, (guide.lesson.title, step.title))))
        self.prose.set_parts(filled(pieces_of(step.notes, "$"), guide.live.look_up, moment.digits))
        self.prose.setVisible(bool(step.notes))
        self.show()
