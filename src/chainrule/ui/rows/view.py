"""The rows of the data with what the network says of them, the worst first: which does it get wrong?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.catalog.experiment.answers import tells_classes
from chainrule.session.background.lazy_engine import engine
from chainrule.session.results.rows import RowsReader
from chainrule.session.screen.change import Change
from chainrule.session.screen.learning import shown_row
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.rows.model import RowsModel
from chainrule.ui.rows.table import RowsTable
from chainrule.ui.rows.words import RowWords, counted_in_words
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.model.curves.row_table import RowTable
    from chainrule.model.timeline.downsampled_series import Positions

NOT_READY = gettext_noop("The rows appear once the engine is loaded")
READING = gettext_noop("The rows are being read")
FAILED = gettext_noop("The rows could not be read: {why}")
NONE_KEPT = gettext_noop("There is no such row")
WORST, BY_ROW, WRONG_FIRST = SORTS = ("worst first", "by row", "wrong first")
ALL, TRAINING, TEST, WRONG = KEPT = ("all rows", "training", "test", "wrong")
SORT_WORDS = {
    WORST: "The rows with the largest loss first",
    BY_ROW: "In the order of the data",
    WRONG_FIRST: "The rows with a wrong answer first, those with the largest loss before the others",
}
KEPT_WORDS = {
    ALL: "Every row of the data",
    TRAINING: "The rows that are trained on",
    TEST: "The rows that are held back for the test",
    WRONG: "The rows with a wrong answer",
}
TIP = gettext_noop("Under the parameters that an iteration starts from: those of iteration {iteration}")


class RowsView(MomentCard):
    """A table of all rows. It reads them beside a run, a tenth of the time, and in full when that ends."""

    shows = Change.EXPERIMENT | Change.PROGRAM | Change.NUMBERS | Change.SAMPLE | Change.ROWS | Change.DIGITS

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("rows_view")
        self._moment = session.moment
        # Of a table, and what is chosen: the rows in their order, which takes a moment to sort.
        self._ordered: tuple[tuple[RowTable, str, str], Positions] | None = None
        self.reader = RowsReader(self._order, self)
        self.reader.changed.connect(self._show)
        self.model = RowsModel(self)
        self.table = RowsTable(self.model, appearance, session.signals.informed.emit, self)
        self.table.chosen.connect(session.selector.show_row)
        self.sort = self._field("sort", gettext("Which rows come first"), SORT_WORDS, WORST)
        self.kept = self._field("kept", gettext("Which rows are shown"), KEPT_WORDS, ALL)
        self.said = Label(appearance, gettext(NOT_READY), self, size=SMALL, color="muted")
        self.said.setObjectName("rows_view.said")
        self.said.setWordWrap(True)
        fields = QHBoxLayout()
        fields.setSpacing(4)
        fields.addWidget(self.sort, 1)
        fields.addWidget(self.kept, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 3, 5, 5)
        column.setSpacing(3)
        column.addLayout(fields)
        column.addWidget(self.said)
        column.addWidget(self.table, 1)
        self.setMinimumSize(180, 130)
        self.setAccessibleName(gettext("Rows"))

    def _field(self, name: str, spoken: str, words: dict[str, str], first: str) -> ChoiceField:
        field = ChoiceField(self.appearance, f"rows_view.{name}", spoken, self)
        field.set_choices(words)
        field.set_choice(first)
        field.choice_edited.connect(lambda chosen: self._choose_in(field, chosen))
        return field

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Read the rows of a moment, and mark the one that is on the stage."""
        self._moment = moment
        if not moment.is_ready or moment.experiment.network.formula:
            return
        self._offer()
        if self.isVisible() and change & (Change.EXPERIMENT | Change.PROGRAM | Change.NUMBERS):
            self.reader.follow(moment)
        self._show()

    def _offer(self) -> None:
        """Offer what there is to be chosen: without classes nothing is wrong, without test rows there is one part."""
        has_classes, has_test = tells_classes(self._moment.experiment), self._moment.experiment.data.test_rows > 0
        left_out = {WRONG_FIRST, WRONG} if not has_classes else set()
        left_out |= set() if has_test else {TRAINING, TEST}
        for field, words in ((self.sort, SORT_WORDS), (self.kept, KEPT_WORDS)):
            offered = {name: text for name, text in words.items() if name not in left_out}
            chosen = field.choice if field.choice in offered else next(iter(offered))
            field.set_choices(offered)
            field.set_choice(chosen)
        self.kept.setVisible(has_classes or has_test)

    def hideEvent(self, event: QHideEvent) -> None:
        """Read nothing that is not looked at."""
        super().hideEvent(event)
        self.reader.rest()

    def showEvent(self, event: QShowEvent) -> None:
        """Read what was new when it went out of sight."""
        super().showEvent(event)
        if self._moment.is_ready and not self._moment.experiment.network.formula:
            self.reader.follow(self._moment)

    def look_like(self, other: RowsView) -> None:
        """Show what another one shows: for a picture."""
        self.sort.set_choice(other.sort.choice)
        self.kept.set_choice(other.kept.choice)
        self.reader.look_like(other.reader)
        self._show()

    def _choose_in(self, field: ChoiceField, chosen: str) -> None:
        field.set_choice(chosen)
        self._show()
        self.table.scrollToTop()

    def _show(self) -> None:
        """Show the table that was read last, in the order that is chosen."""
        table, moment = self.reader.table, self._moment
        current = self.table.currentIndex()
        row = self.model.row_of(current.row()) if current.isValid() else None
        self.model.shown_row = shown_row(moment) if moment.rows else -1
        if table is None:
            self._ordered = None
            self.model.show_rows(None, ())
            self._say(gettext(FAILED).format(why=self.reader.failed) if self.reader.failed else gettext(READING))
            return
        words = RowWords(moment.experiment, table, moment.digits)
        self.model.show_rows(words, self._order(table))
        self.table.fit()
        self._keep_current(row)
        text = counted_in_words(table, moment.digits)
        self._say(text if self.model.rowCount() else f"{text}. {gettext(NONE_KEPT)}")
        self.said.setToolTip(plain_tip(gettext(TIP).format(iteration=self.reader.iteration)))
        self.setAccessibleName(gettext("Rows: {words}", words=text))
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return all rows with their losses, as they are sorted and chosen."""
        return self.model.numbers()

    def _order(self, table: RowTable) -> Positions:
        of = table, self.sort.choice, self.kept.choice
        if self._ordered is None or self._ordered[0] != of:
            tables = engine().row_table
            self._ordered = of, table.order(tables.RowOrder(of[1]), tables.RowFilter(of[2]))
        return self._ordered[1]

    def _keep_current(self, row: int | None) -> None:
        """Stay at the row that the keyboard was at, wherever it stands now, without scrolling there."""
        place = None if row is None else self.model.place_of(row)
        if place is not None and self.table.currentIndex().row() != place:
            bar = self.table.verticalScrollBar()
            before = bar.value()
            self.table.setCurrentIndex(self.model.index(place, 0))
            bar.setValue(before)
        self.table.viewport().update()

    def _say(self, text: str) -> None:
        self.said.setText(text)
