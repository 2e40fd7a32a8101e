"""The Rules tab: the optimizer as PyTorch, Keras and textbooks write it, side by side, and where their numbers part."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.optimizers.conventions import comparisons_of, why_nothing_is_compared
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.conventions import (
    MOST_ITERATIONS,
    ConventionQuestion,
    ConventionTable,
    comparing_conventions,
    question_of,
    use,
)
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell, copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.rules.model import RulesModel
from chainrule.ui.rules.table import RulesTable
from chainrule.ui.rules.words import sentence_of, start_in_words
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton
from chainrule.ui.widgets.fields import IntegerField
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals

ITERATIONS = 5
# At text size 1: how wide the field for them is, and from which height on there is room for the lines of a rule.
FIELD, HIGH = 40, 250
NOT_READY = gettext_noop("The conventions appear once the engine is loaded")
COMPUTING = gettext_noop("The conventions are being computed")
FROM_START, FROM_HERE = "from the start", "from this iteration"
STARTS = {
    FROM_START: "All start from the first weights, with nothing kept yet",
    FROM_HERE: "All start from the weights and the optimizer's buffers that the iteration on the screen starts from.\n"
    "What a convention keeps in another unit is carried over: the velocity of Keras is -lr times that of PyTorch,\n"
    "with the rate of this iteration, and an averaged one (1 - momentum) times",
}
STANDS_STILL = gettext_noop("Each iteration reads {rows} rows at once, and the window stands still meanwhile.")
COMPARE = gettext_noop("compare all the same")
COMPARE_TIP = gettext_noop("Compute the iterations of every convention, one after the other")
USE = gettext_noop("use this one")
USE_TIP = gettext_noop(
    "Make this convention the experiment's optimizer, from the first weights on; Ctrl+Z takes it back"
)


_SETTINGS = Change.EXPERIMENT | Change.NETWORK | Change.PROGRAM | Change.SELECTION | Change.DIGITS


class RulesView(MomentCard):
    """A table of one number under several conventions, and what is said of the one that is chosen."""

    shows = _SETTINGS | Change.NUMBERS
    about_to_edit = Signal()

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("rules_view")
        self.setAccessibleName(gettext("Conventions of the optimizer"))
        self._session, self._refusals, self._moment = session, refusals, session.moment
        self._title, self._iterations, self._failed = "", ITERATIONS, ""
        self._asked: ConventionQuestion | None = None
        # What was asked for though the window stands still meanwhile.
        self._wanted: ConventionQuestion | None = None
        self._computed: ConventionTable | None = None
        # The name of the convention that a person has chosen.
        self._chosen = ""
        self.model = RulesModel(self)
        self.table = RulesTable(self.model, appearance, session.signals.informed.emit, self)
        self.table.picked.connect(self._pick)
        self._make_fields()
        self.slicer = TimeSlicer(self)
        self.slicer.frame.connect(self._show)
        self.slicer.finished.connect(self._finish)
        self._arrange()
        self.setMinimumSize(180, 150)

    def _make_fields(self) -> None:
        look = self.appearance
        self.family = ChoiceField(look, "rules_view.family", gettext("What is compared"), self)
        self.family.choice_edited.connect(self._choose_family)
        self.start = ChoiceField(look, "rules_view.start", gettext("Where all conventions start"), self)
        self.start.set_choices(STARTS)
        self.start.set_choice(FROM_START)
        # No wider than it must be: the card decides.
        self.start.setMinimumWidth(40)
        self.start.choice_edited.connect(self._choose_start)
        self.iterations = IntegerField(look, self._refusals, self)
        self.iterations.setObjectName("rules_view.iterations")
        words = gettext(
            "How many iterations are computed, from 1 to {most_iterations}", most_iterations=MOST_ITERATIONS
        )
        self.iterations.setAccessibleName(words)
        self.iterations.set_description(words)
        self.iterations.set_value(self._iterations)
        self._restyle_fields()
        look.changed.connect(self._restyle_fields)
        for signal in (self.iterations.value_edited, self.iterations.nudged):
            signal.connect(self._set_iterations)
        self.of = Label(look, gettext("iterations"), self, size=SMALL, color="muted")
        self.of.setBuddy(self.iterations)
        self.said = Label(look, gettext(NOT_READY), self, size=SMALL)
        self.said.setObjectName("rules_view.said")
        self.said.setWordWrap(True)
        self.rule = Label(look, "", self, size=SMALL, color="muted")
        self.rule.setObjectName("rules_view.rule")
        self.rule.setWordWrap(True)
        self.compare = LinkButton(look, gettext(COMPARE), gettext(COMPARE_TIP), "rules_view.compare", self)
        self.compare.clicked.connect(self._compare)
        self.compare.hide()
        self.use = LinkButton(look, gettext(USE), gettext(USE_TIP), "rules_view.use", self)
        self.use.clicked.connect(self._use)
        self.copy = LinkButton(
            look, gettext("copy"), gettext("Copy the table, with every digit and tabs between"), "rules_view.copy", self
        )
        self.copy.clicked.connect(lambda: copy_rows(self._copied(), self._session.signals.informed.emit))

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 4, 9, 7)
        column.setSpacing(3)
        above, span, below = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.family, 1)
        span.setSpacing(5)
        span.addWidget(self.iterations)
        span.addWidget(self.of)
        span.addWidget(self.start, 1)
        below.addWidget(self.compare)
        below.addWidget(self.use)
        below.addStretch(1)
        below.addWidget(self.copy)
        column.addLayout(above)
        column.addLayout(span)
        column.addWidget(self.table, 1)
        column.addWidget(self.said)
        column.addWidget(self.rule)
        column.addLayout(below)

    # What is computed

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Compare anew where the experiment or the parameter that is looked at is another one, or the start."""
        self._moment = moment
        if not change & _SETTINGS and not self._goes_on:
            return
        self._follow()
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Compute what was not computed while nobody looked."""
        super().showEvent(event)
        self._follow()
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing that nobody looks at."""
        super().hideEvent(event)
        if self.slicer.is_active:
            self.slicer.cancel()
            self._asked = None

    def _follow(self) -> None:
        if not self._moment.is_ready or not self.isVisible():
            return
        question = question_of(self._moment, self._title, self._iterations, goes_on=self._goes_on)
        if question == self._asked:
            return
        goes_on = question is not None and question.is_later_than(self._asked)
        if goes_on and self.slicer.is_active:
            # A run goes on meanwhile: what is being computed is shown first.
            return
        self.slicer.cancel()
        self._asked, self._failed = question, ""
        if not goes_on or self._is_put_off:
            self._computed = None
        if question is not None and not self._is_put_off:
            self.slicer.start(self._work(self._moment, question), at_once=True)

    @property
    def _is_put_off(self) -> bool:
        """Whether it would take so long that a person has to want it."""
        return self._asked is not None and self._asked.stands_still and self._asked != self._wanted

    def _work(self, moment: Moment, question: ConventionQuestion) -> Iterator[None]:
        try:
            for table in comparing_conventions(moment, question):
                # Of a start a little later, the table before is seen until it is done.
                is_other = self._computed is not None and self._computed.question is not question
                if table.is_done or (not is_other and any(table.walks)):
                    self._computed = table
                yield
        except (RuntimeError, MemoryError) as error:
            self._failed = f"The conventions could not be computed: {error}"

    def _finish(self) -> None:
        self._follow()
        self._show()

    @property
    def _goes_on(self) -> bool:
        """Whether the iteration on the screen is where all start."""
        return self.start.choice == FROM_HERE

    def look_like(self, other: RulesView) -> None:
        """Show what another one shows, for a picture."""
        self._title, self._iterations, self._chosen = other._title, other._iterations, other._chosen
        self.start.set_choice(other.start.choice)
        self._asked, self._computed, self._failed = other._asked, other._computed, other._failed
        self._show()

    # What is shown

    def _show(self) -> None:
        moment = self._moment
        found = comparisons_of(moment.experiment.optimizer)
        table = self._computed if found else None
        titles = {each.title: f"Compare the conventions of {each.title}" for each in found}
        if found:
            self.family.set_choices(titles)
            self.family.set_choice(self._title if self._title in titles else found[0].title)
        for part in (self.family, self.iterations, self.of, self.start):
            part.setVisible(bool(found))
        self.model.show_table(table, moment.digits)
        self.table.fit()
        is_shown = table is not None
        self.compare.setVisible(self._is_put_off)
        for widget in (self.table, self.use, self.copy):
            widget.setVisible(is_shown)
        self._show_rule()
        if not is_shown:
            waiting = gettext(COMPUTING) if moment.is_ready else gettext(NOT_READY)
            self.said.setToolTip("")
            if self._asked is not None and self._is_put_off:
                waiting = gettext(STANDS_STILL).format(rows=f"{self._asked.rows:,}")
            self._say(self._failed or (waiting if found else why_nothing_is_compared(moment.experiment.optimizer)))
        else:
            self._show_chosen()
        self.redrawn.emit()

    def _show_rule(self) -> None:
        """Show the lines where they leave room for the numbers; the tips have them in any case."""
        self.rule.setVisible(self._computed is not None and self.height() >= self.appearance.size(HIGH))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show all that there is room for."""
        super().resizeEvent(event)
        self._show_rule()

    def _restyle_fields(self) -> None:
        self.iterations.setFixedWidth(self.appearance.size(FIELD))

    def _show_chosen(self) -> None:
        table = self._computed
        assert table is not None
        place = self._place(table)
        column = table.columns[place]
        self.table.choose(place + 1)
        of = Notation.of(table.question.start).text(table.question.ref, table.question.index)
        self._say(self._failed or f"{of}{start_in_words(table)}: {sentence_of(table, place)}")
        self.rule.setText("\n".join(column.lines))
        for label in (self.said, self.rule):
            label.setToolTip(plain_tip("\n".join((column.source, *column.lines))))
        self.use.setEnabled(not column.is_used and not table.refusals[place])
        self.use.set_words(gettext(USE), gettext("The experiment has this one") if column.is_used else gettext(USE_TIP))

    def _place(self, table: ConventionTable) -> int:
        """Return the place of the convention that was chosen; else of the first that parts, or of the second."""
        names = [column.name for column in table.columns]
        if self._chosen in names:
            return names.index(self._chosen)
        return next((place for place, at in enumerate(table.parts) if at is not None), 1)

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.setAccessibleDescription(text)

    # What is asked

    def _pick(self, column: int) -> None:
        table = self._computed
        if table is not None and 1 <= column <= len(table.columns):
            self._chosen = table.columns[column - 1].name
            self._show_chosen()

    def _choose_family(self, title: str) -> None:
        self._title = title
        self._follow()
        self._show()

    def _compare(self) -> None:
        self._wanted, self._asked = self._asked, None
        self._follow()
        self._show()

    def _choose_start(self, choice: str) -> None:
        self.start.set_choice(choice)
        self._follow()
        self._show()

    def _set_iterations(self, count: int) -> None:
        if not 1 <= count <= MOST_ITERATIONS:
            self.iterations.refuse(f"From 1 to {MOST_ITERATIONS} iterations can be compared.")
            return
        self._iterations = count
        self.iterations.set_value(count)
        self._follow()
        self._show()

    def _use(self) -> None:
        table = self._computed
        if table is None:
            return
        column = table.columns[self._place(table)]
        self.about_to_edit.emit()
        try:
            use(self._session, column)
        except (SpecError, RuntimeError, MemoryError) as error:
            said = refusal_in_words(error, self._moment.experiment) if isinstance(error, SpecError) else str(error)
            self._refusals.show(self.use, said)

    def numbers(self) -> NumbersTable | None:
        """Return the table with every digit."""
        return NumbersTable.of_rows(self._copied()) if self.model.rows else None

    def _copied(self) -> list[list[CopiedCell]]:
        return [self.model.copied_headings(), *(self.model.copied(row) for row in range(len(self.model.rows)))]
