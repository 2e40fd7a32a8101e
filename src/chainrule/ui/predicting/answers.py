"""What a person answers at the equation: a value of one's own that is checked, and predictions with their score."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from chainrule.lessons.prediction.score_files import WRITERS
from chainrule.session.predicting.predictor import Predictor
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.equation.view import EquationView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.refusal import Refusals

if TYPE_CHECKING:
    from chainrule.ui.checking.own_number import OwnNumber
    from chainrule.ui.files.files import Files
    from chainrule.ui.pictures.output import PictureWriter
    from chainrule.ui.predicting.question_row import QuestionRow

NOTHING_TO_CHECK = gettext_noop(
    "Select a number that is computed first: your own value of it is then asked for at the equation."
)


class Answers(QObject):
    """Makes the fields at the equation once numbers can be computed, and does what actions do with them."""

    # What was typed at the equation, where the mistake is to be shown beside the right rule.
    rule_asked = Signal(str)

    def __init__(
        self,
        session: Session,
        appearance: Appearance,
        refusals: Refusals,
        equation: EquationView,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.predictor = Predictor(session, self)
        self._session, self._appearance, self._refusals = session, appearance, refusals
        self._equation, self._window = equation, window
        session.signals.engine_ready.connect(self.make)

    @cached_property
    def rows(self) -> tuple[OwnNumber, QuestionRow]:
        """The field for a value of one's own, and the row with the question, at the equation."""
        from chainrule.ui.checking.own_number import OwnNumber  # noqa: PLC0415 - not for the first paint
        from chainrule.ui.predicting.question_row import QuestionRow  # noqa: PLC0415 - as above

        own = OwnNumber(self._session, self._appearance, self._refusals, self._equation)
        own.more_asked.connect(self.rule_asked)
        question = QuestionRow(self.predictor, self._appearance, self._refusals, self._equation)
        question.score_asked.connect(self._ask_for_score)
        self._equation.take_in(own, (own.said, question.said, question), (own.resized, question.resized))
        return own, question

    def _ask_for_score(self) -> None:
        """Do what the action does: it knows of files."""
        action = self._window.findChild(QAction, "predict.score")
        assert action is not None
        action.trigger()

    def make(self) -> None:
        """Make them, where they are not there yet."""
        assert self.rows
        self._session.signals.engine_ready.disconnect(self.make)

    def go_to_field(self) -> None:
        """Give the keyboard to the question, or to the field for a value of one's own."""
        own, question = self.rows
        field = question.field if question.is_asking else own.field
        if field.isVisibleTo(self._equation):
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self._session.signals.informed.emit(gettext(NOTHING_TO_CHECK))

    def toggle(self) -> None:
        """Predict from now on, or no longer."""
        self.predictor.set_on(not self.predictor.is_on)
        if self.predictor.is_on and self.rows:
            self.predictor.step()

    def show_score(self, files: Files, writer: Callable[[], PictureWriter]) -> None:
        """Show how predictions ended, phase by phase, to be saved or begun anew."""
        from chainrule.ui.predicting.score_dialog import ScoreDialog  # noqa: PLC0415 - not for the first paint

        dialog = ScoreDialog(self.predictor, self._appearance, self._window)
        dialog.save_asked.connect(partial(self._save, files, writer))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _save(self, files: Files, writer: Callable[[], PictureWriter]) -> None:
        first, *others = WRITERS
        use = partial(self.save_to, writer)
        files.chooser.choose_export("Score of predictions", first, use, "score", others=tuple(others))

    def save_to(self, writer: Callable[[], PictureWriter], path: Path) -> None:
        """Write the score to a file: what the ending of its name says, else CSV."""
        first = next(iter(WRITERS.values()))
        text = WRITERS.get(path.suffix.lower(), first)(self.predictor.seen_score)
        writer().save(path, (text.encode(),), "The score")
