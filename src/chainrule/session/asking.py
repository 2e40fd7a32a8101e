"""The questions of the experiment on the screen: asked, changed, moved and removed, each as one entry to undo."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.question import MOST_QUESTIONS, Question
from chainrule.catalog.values.asked import check_asked
from chainrule.model.editing import edits
from chainrule.session.screen.moment import Selection
from chainrule.session.session import Session


class AskedQuestions:
    """Edits the questions; raises `SpecError`, and changes nothing, where one cannot be asked."""

    def __init__(self, session: Session) -> None:
        self._state, self._editor = session.state, session.editor

    @property
    def all(self) -> tuple[Question, ...]:
        """The questions, in their order."""
        return self._state.experiment.questions

    def ask(self, selection: Selection | None) -> Question:
        """Ask for the selected number, in the iteration on the screen; return the question."""
        if selection is None:
            raise SpecError("questions", "no number is selected: click on one")
        taken = {each.id.lower() for each in self.all}
        if len(taken) >= MOST_QUESTIONS:
            raise SpecError("questions", f"there are {MOST_QUESTIONS} questions already")
        name = next(str(number) for number in range(1, len(taken) + 2) if str(number) not in taken)
        question = Question(name, selection.ref, selection.index, self._state.cursor.iteration)
        if any((each.ref, each.index, each.iteration) == (question.ref, question.index, question.iteration)
               for each in self.all):  # fmt: skip
            raise SpecError("questions", "this number is asked for already")
        self._put("Ask a question", (*self.all, question))
        return question

    def change(self, place: int, question: Question) -> None:
        """Put a question in the place of one."""
        self._put("Change a question", (*self.all[:place], question, *self.all[place + 1 :]))

    def move(self, place: int, to: int) -> None:
        """Move a question to another place among them."""
        found = list(self.all)
        found.insert(to, found.pop(place))
        self._put("Move a question", tuple(found))

    def remove(self, place: int) -> None:
        """Take a question away."""
        self._put("Remove a question", (*self.all[:place], *self.all[place + 1 :]))

    def _put(self, text: str, questions: tuple[Question, ...]) -> None:
        self._state.wait_for_engine()
        check_asked(replace(self._state.experiment, questions=questions))
        self._editor.relabel(text, edits.set_questions(questions))
