"""A person's own number beside the equation: a small field that says in place whether it is right. Nothing is set."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chainrule.explain.names.notation import Notation
from chainrule.formula.errors import FormulaError
from chainrule.session.checking import HandChecker
from chainrule.session.screen.change import Change, change
from chainrule.session.screen.moment import Moment, Selection
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.checking.given_field import GivenField
from chainrule.ui.checking.words import MARKS
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label, LinkButton
from chainrule.ui.widgets.refusal import Refusals

WIDTH = 112
TIP = gettext_noop(
    "What you worked out for this number, with the digits that you have. It is checked, and never set (Shift+M)"
)
WAITING = gettext_noop("looking for the mistake…")


class OwnNumber(QWidget):
    """Asks for the selected number. `said` is the label for the verdict, which stands where there is room for it."""

    # The number that was typed, for whoever says more of it.
    more_asked = Signal(str)
    # What it says takes more room, or less.
    resized = Signal()

    def __init__(self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._appearance = session, appearance
        self.checker = HandChecker(session, self)
        self.checker.answered.connect(self._show_answer)
        self._asked: Selection | None = None
        self._moment: Moment | None = None
        self.field = GivenField(appearance, refusals, self)
        self.field.setObjectName("equation_view.own_number")
        self.field.set_description(gettext(TIP))
        self.field.set_optional(True, gettext("my value"))
        self.field.value_edited.connect(self._ask)
        self.more = LinkButton(
            appearance,
            gettext("see the rule"),
            gettext("Show the mistake beside the right rule"),
            "own_number.more",
            self,
        )
        self.more.clicked.connect(lambda: self.more_asked.emit(self.field.value or ""))
        self.said = Label(appearance, "", parent, size=13)
        self.said.setObjectName("equation_view.own_verdict")
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.field)
        row.addWidget(self.more)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self._say("")
        signals = session.signals
        for signal in (signals.document_changed, signals.cursor_moved, signals.selection_changed):
            signal.connect(self._follow)
        signals.training_progressed.connect(self._follow_run)
        self._follow()

    def _follow(self) -> None:
        """Ask for what is selected, where it is computed; what was said of another number is gone."""
        before, moment = self._moment, self._session.moment
        self._moment, selection = moment, moment.selection
        # Before it is shown it can be checked, too; but who predicts is asked in another way.
        is_computed = selection is not None and moment.step_of(selection.ref) is not None
        self.setVisible(is_computed and not moment.covers)
        if selection is not None:
            name = Notation.of(moment.experiment).text(selection.ref, selection.index)
            self.field.setAccessibleName(gettext("My value of {name}", name=name))
        if self._asked is not None and (selection != self._asked or change(before, moment) & ~_LOOKS):
            self._forget()

    def _follow_run(self) -> None:
        if self._asked is not None:
            self._forget()

    def _restyle(self) -> None:
        self.field.setFixedWidth(self._appearance.size(WIDTH))

    def _forget(self) -> None:
        self.checker.forget()
        self._asked = None
        self.field.set_value(None)
        self._say("")

    def _ask(self, text: str | None) -> None:
        selection = self._session.moment.selection
        self._forget()
        self.field.set_value(text)
        if text is None or selection is None:
            return
        self._asked = selection
        self._say(gettext(WAITING))
        try:
            self.checker.ask(selection.ref, selection.index, text)
        except FormulaError as error:
            self._say("")
            self.field.refuse(str(error))

    def _show_answer(self) -> None:
        answer = self.checker.answer
        if answer is None or self._asked is None:
            return
        mark, color = MARKS[answer.verdict.value]
        self._say(f"{mark} {answer.given}: {answer.title}. {answer.text}".strip(), color)
        self.more.setVisible(bool(answer.mistakes))

    def _say(self, text: str, color: str = "muted") -> None:
        self.said.set_color(color)
        self.said.setText(text)
        self.said.setVisible(bool(text))
        self.setAccessibleDescription(text)
        self.more.hide()
        self.resized.emit()


# The number that was checked is the same, however it is looked at.
_LOOKS = (
    Change.SELECTION | Change.DIGITS | Change.MICRO_STEP | Change.ENDS | Change.TABLES | Change.COURSE | Change.ASKED
)
