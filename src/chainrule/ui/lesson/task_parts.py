"""A task on the card of a lesson: a line with its sign, or a field for a number with what is said of the answer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.formula.errors import FormulaError
from chainrule.lessons.lesson.spec import SIGN, CheckTask, PredictTask
from chainrule.session.lessons.guide import LessonGuide
from chainrule.session.lessons.tasks import SIGNS, TaskState
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.checking.given_field import GivenField
from chainrule.ui.checking.mistakes import MistakePart
from chainrule.ui.checking.view import MOST_TOLD, WAITING
from chainrule.ui.checking.words import MARKS
from chainrule.ui.lesson.prose import ProseView
from chainrule.ui.lesson.words import DONE, OPEN, in_pieces, in_plain, number_name, task_sentence
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.controls import Label, LinkButton
from chainrule.ui.widgets.refusal import Refusals

SIZE = 13.5
_SIGN_WORDS = {
    "positive": gettext_noop("+ positive"),
    "negative": gettext_noop("− negative"),
    "zero": gettext_noop("0 zero"),
}
_SIGNS_ALONE = {
    "positive": gettext_noop("positive"),
    "negative": gettext_noop("negative"),
    "zero": gettext_noop("zero"),
}
# What of a task has a text.
_SAYING = (Label, ProseView)


class TaskPart(QWidget):
    """Shows a task and its state. `resized` says that it takes another height."""

    resized = Signal()

    def __init__(self, guide: LessonGuide, state: TaskState, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.guide, self.state, self.appearance = guide, state, appearance
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(5)

    def show_state(self, moment: Moment) -> None:
        """Show how far the task is."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """All that it says."""
        shown = [part for part in self.findChildren(QWidget) if not part.isHidden()]
        texts = [
            part.text if isinstance(part, ProseView) else part.text() for part in shown if isinstance(part, _SAYING)
        ]
        return "\n".join(filter(None, texts))


class ConditionPart(TaskPart):
    """What is to be done in the window: a sign and a sentence."""

    def __init__(self, guide: LessonGuide, state: TaskState, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(guide, state, appearance, parent)
        self.label = ProseView(Typesetter(), appearance, self, size=SIZE)
        self.label.setObjectName("lesson.task")
        self.column.addWidget(self.label)

    def show_state(self, moment: Moment) -> None:
        """Say what is to be done, or that it is."""
        done = self.state.is_done
        self.label.set_parts(in_pieces(f"{DONE if done else OPEN}  {task_sentence(self.state, moment)}"))
        self.label.set_color("good" if done else "text")


class NumberPart(TaskPart):
    """A number that is asked for: right, or which mistake gives it. A prediction is shown beside the right one."""

    def __init__(
        self, guide: LessonGuide, state: TaskState, appearance: Appearance, refusals: Refusals, parent: QWidget
    ) -> None:
        super().__init__(guide, state, appearance, parent)
        self.is_prediction = isinstance(state.task, PredictTask)
        typesetter = Typesetter()
        self.name = ProseView(typesetter, appearance, self, size=SIZE)
        self.field = GivenField(appearance, refusals, self)
        self.field.setObjectName("lesson.answer")
        self.field.set_optional(True, gettext("your prediction") if self.is_prediction else gettext("your number"))
        self.field.value_edited.connect(self._answer)
        self.verdict = Label(appearance, "", self, size=SIZE)
        self.verdict.setObjectName("lesson.verdict")
        self.said = Label(appearance, "", self, size=13)
        self.reveal = LinkButton(
            appearance, gettext("show it"), gettext("Show the right number"), "lesson.reveal", self
        )
        self.reveal.clicked.connect(self._reveal)
        self._reveals = False
        for label in (self.verdict, self.said):
            label.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.name, 3, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.field, 2)
        self.column.addLayout(row)
        self.column.addWidget(self.verdict)
        self.column.addWidget(self.said)
        self.mistakes = [MistakePart(typesetter, appearance, self, self.column) for _ in range(MOST_TOLD)]
        links = QHBoxLayout()
        links.addWidget(self.reveal)
        links.addStretch(1)
        self.column.addLayout(links)

    def _answer(self, text: str | None) -> None:
        self.field.set_value(text)
        self._reveals = False
        if text is None:
            self.state.answer = None
            self.guide.changed.emit()
            return
        try:
            self.guide.answer(self.state, text)
        except FormulaError as error:
            self.field.refuse(str(error))
            return
        self.guide.changed.emit()

    def _reveal(self) -> None:
        self._reveals = True
        self.guide.changed.emit()

    def show_state(self, moment: Moment) -> None:
        """Name the number, and show what is said of the answer."""
        number = self.guide.asked(self.state)
        name = number_name(number, moment, self.guide.iteration_of(self.state))
        self.name.set_parts(in_pieces(f"{DONE if self.state.is_done else OPEN}  {name} ="))
        self.name.set_color("good" if self.state.is_done and not self.is_prediction else "text")
        self.field.setAccessibleName(gettext("Your number for {name}", name=in_plain(name)))
        answer = self.state.answer
        if answer is None or (self.guide.is_busy and answer.given != self.field.value):
            self._say(gettext(WAITING) if self.guide.is_busy and self.field.value else "", "muted", "")
            return
        if self.field.value is None:
            self.field.set_value(answer.given)
        mark, color = MARKS[answer.verdict.value]
        reveals = self._reveals or (self.is_prediction and not self.state.is_right)
        verdict = answer.title
        if reveals:
            verdict = gettext("{verdict}: it is {right}", verdict=verdict, right=answer.right)
        self._say(f"{mark} {verdict}", color, "\n".join(answer.sentences))
        for place, part in enumerate(self.mistakes):
            if place < len(answer.mistakes):
                part.show_mistake(answer.mistakes[place], reveals=reveals)
        self.reveal.setVisible(not reveals and not self.state.is_right)
        self.resized.emit()

    def _say(self, verdict: str, color: str, said: str) -> None:
        self.verdict.setText(verdict)
        self.verdict.set_color(color)
        self.verdict.setVisible(bool(verdict))
        self.said.setText(said)
        self.said.setVisible(bool(said))
        self.setAccessibleDescription(f"{verdict} {said}".strip())
        for part in self.mistakes:
            part.hide()
        self.reveal.hide()
        self.resized.emit()


class SignPart(TaskPart):
    """A sign that is predicted: three buttons, and which it is once one was pressed."""

    def __init__(self, guide: LessonGuide, state: TaskState, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(guide, state, appearance, parent)
        self.name = ProseView(Typesetter(), appearance, self, size=SIZE)
        self.verdict = Label(appearance, "", self, size=SIZE)
        self.verdict.setObjectName("lesson.verdict")
        self.verdict.setWordWrap(True)
        row = QHBoxLayout()
        self.buttons = {}
        for sign in SIGNS:
            button = LinkButton(
                appearance,
                gettext(_SIGN_WORDS[sign]),
                gettext("It is {sign}", sign=gettext(_SIGNS_ALONE[sign])),
                f"lesson.sign.{sign}",
                self,
            )
            button.clicked.connect(lambda _checked=False, sign=sign: guide.answer_sign(state, sign))
            row.addWidget(button)
            self.buttons[sign] = button
        row.setSpacing(14)
        row.addStretch(1)
        self.column.addWidget(self.name)
        self.column.addLayout(row)
        self.column.addWidget(self.verdict)

    def show_state(self, moment: Moment) -> None:
        """Ask, or say what it is."""
        state = self.state
        name = number_name(self.guide.asked(state), moment, self.guide.iteration_of(state))
        asked = gettext("{done}  Which sign has {name}?", done=DONE if state.is_done else OPEN, name=name)
        self.name.set_parts(in_pieces(asked))
        said = ""
        if state.sign:
            sign, right = gettext(_SIGNS_ALONE[state.sign]), gettext(_SIGNS_ALONE[state.right])
            said = (
                gettext("✓ Right: it is {right}.", right=right)
                if state.is_right
                else gettext("✗ You said {sign}, and it is {right}.", sign=sign, right=right)
            )
        self.verdict.setText(said)
        self.verdict.set_color("good" if state.is_right else "error")
        self.verdict.setVisible(bool(said))
        self.resized.emit()


def task_part(
    guide: LessonGuide, state: TaskState, appearance: Appearance, refusals: Refusals, parent: QWidget
) -> TaskPart:
    """Return what shows a task."""
    match state.task:
        case PredictTask(_, kind) if kind == SIGN:
            return SignPart(guide, state, appearance, parent)
        case CheckTask() | PredictTask():
            return NumberPart(guide, state, appearance, refusals, parent)
    return ConditionPart(guide, state, appearance, parent)
