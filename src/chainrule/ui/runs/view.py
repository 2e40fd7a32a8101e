"""The Runs tab: every run that is kept, what it differs in, how it ended, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.session.runs.listed import RunKind, RunList, RunRow
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell, TableCopy, copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.runs.model import RunModel
from chainrule.ui.runs.table import RunTable
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.text_fields import ExpressionField

# A run that goes on is somewhere else before that.
STILL_MS = 400
HINT = gettext_noop("Pin a run (K), change something, and train again: both curves stay in the loss plot.")
# The longest name: it is a line of a legend.
MOST_LETTERS = 60


class RunsView(MomentCard):
    """A table of runs, and below it what can be done with the one that is chosen."""

    shows = Change.EXPERIMENT | Change.PROGRAM | Change.COURSE | Change.PINNED | Change.DIGITS
    about_to_edit = Signal()

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("runs_view")
        self._session, self._refusals, self._moment = session, refusals, session.moment
        self._list = RunList(session)
        self._rows: tuple[RunRow, ...] = ()
        self.model = RunModel(self)
        self.table = RunTable(self.model, appearance, self)
        self._copy = TableCopy(self.table, self.model.copied, session.signals.informed.emit)
        self.name = ExpressionField(appearance, refusals, self)
        self.name.setObjectName("runs_view.name")
        self.name.setAccessibleName(gettext("Name of the run"))
        self.name.set_description(gettext("What the run is called; empty is by what it differs in from the others."))
        self.name.value_edited.connect(self._rename)
        self.hint = Label(appearance, gettext(HINT), self, size=SMALL, color="muted")
        self.hint.setWordWrap(True)
        self._make_buttons()
        self._arrange()
        self.setMinimumSize(180, 150)
        self.setAccessibleName(gettext("Runs"))
        self.table.chosen_changed.connect(self._show_chosen)
        self.table.toggle_asked.connect(lambda: self._do(self._toggle, RunKind.PINNED))
        self.table.remove_asked.connect(lambda: self._do(self._remove, RunKind.PINNED))
        self.table.rename_asked.connect(self._go_to_name)
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.timeout.connect(self.find_next_end)

    def _make_buttons(self) -> None:
        make = self._button
        self.pin = make(
            gettext_noop("pin"),
            gettext("Pin the run on the screen: its curve stays in the loss plot (K)"),
            self._pin,
            RunKind.NOW,
        )
        self.keep = make(
            gettext_noop("keep"), gettext("Keep this run: an edit has put it aside"), self._keep, RunKind.ASIDE
        )
        self.toggle = make(
            gettext_noop("hide"),
            gettext("Show its curve in the loss plot, or hide it (Space)"),
            self._toggle,
            RunKind.PINNED,
        )
        self.settings = make(
            gettext_noop("use settings"),
            gettext("Go back to what was set in this run, from its first weights on; Ctrl+Z takes it back"),
            self._use_settings,
            RunKind.PINNED,
        )
        self.back = make(
            gettext_noop("bring back"),
            gettext("Put this run itself on the screen, where it ended, to look at it or to train on"),
            self._bring_back,
            RunKind.PINNED,
        )
        self.remove = make(
            gettext_noop("remove"),
            gettext("Let go of this run (Delete); Ctrl+Z brings it back"),
            self._remove,
            RunKind.PINNED,
        )
        self.copy = LinkButton(
            self.appearance,
            gettext("copy"),
            gettext("Copy the table, with every digit and tabs between"),
            "runs_view.copy",
            self,
        )
        self.copy.clicked.connect(self._copy_all)

    def _button(self, words: str, tip: str, act: Callable[[int], None], kind: RunKind) -> LinkButton:
        button = LinkButton(self.appearance, gettext(words), tip, f"runs_view.{words.split(maxsplit=1)[0]}", self)
        button.clicked.connect(lambda: self._do(act, kind))
        return button

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 4, 9, 7)
        column.setSpacing(3)
        self._label = Label(self.appearance, gettext("name"), self, size=SMALL, color="muted")
        self._label.setBuddy(self.name)
        self._of_pinned = QWidget(self)
        rows = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(self._of_pinned)
        parts = (
            (self._label, self.name, self.pin, self.keep),
            (self.toggle, self.remove),
            (self.settings, self.back),
        )
        for row, widgets in zip(rows, parts, strict=True):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
            for widget in widgets:
                row.addWidget(widget, 1 if widget is self.name else 0)
            row.addStretch(0 if widgets[0] is self._label else 1)
        rows[1].addWidget(self.copy)
        column.addWidget(self.table, 1)
        column.addWidget(self.hint)
        column.addLayout(rows[0])
        column.addWidget(self._of_pinned)
        column.addLayout(rows[1])

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the runs beside a moment's document; how they ended follows once nothing moves."""
        self._moment = moment
        if moment.is_ready:
            self._show_rows()
            self._still.start(STILL_MS)

    def _show_rows(self) -> None:
        self._rows = self._list.rows(self._moment)
        self.model.show_rows(self._rows, self._moment.digits)
        self._show_chosen()
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return the list as a table: each run and its numbers."""
        return NumbersTable.of_rows(self._copied()) if self._rows else None

    def find_next_end(self) -> bool:
        """Compute how one more run ended, and the next one when other work had its turn; return whether there was one.

        Nothing is computed while nobody looks.
        """
        self._still.stop()
        if not self.isVisible() or not self._list.find_end(self._rows):
            return False
        self._show_rows()
        self._still.start(0)
        return True

    def _show_chosen(self) -> None:
        """Offer what can be done with the chosen run."""
        if not self._rows:
            return
        row = self._rows[self.table.chosen]
        kind = row.kind
        for button, of in (
            (self.pin, RunKind.NOW),
            (self.keep, RunKind.ASIDE),
            *((each, RunKind.PINNED) for each in (self.toggle, self.settings, self.back, self.remove)),
        ):
            button.setVisible(kind is of)
        self.pin.setEnabled(self._list.can_pin)
        shown = row.run.run is not None and row.run.run.shown
        words = gettext("hide") if shown else gettext("show")
        if self.toggle.text() != words:
            self.toggle.set_words(words, gettext("Show its curve in the loss plot, or hide it (Space)"))
        for part in (self._label, self.name, self._of_pinned):
            part.setVisible(kind is RunKind.PINNED)
        self.hint.setVisible(len(self._rows) == 1)
        self.name.set_value(row.run.run.name if row.run.run is not None else "")
        self.name.setPlaceholderText(row.run.differs)

    # What is done

    def _do(self, act: Callable[[int], None], kind: RunKind) -> None:
        """Do something with the chosen run, if it is of that kind; what is refused is said beside the table."""
        at = self.table.chosen
        if not self._rows or self._rows[at].kind is not kind:
            return
        self.about_to_edit.emit()
        try:
            act(at)
        except (SpecError, RuntimeError, MemoryError) as error:
            said = refusal_in_words(error, self._moment.experiment) if isinstance(error, SpecError) else str(error)
            self._refusals.show(self.table, said)

    def _place(self, at: int) -> int:
        return self._rows[at].run.place

    def _pin(self, _at: int) -> None:
        self._session.runs.pin()

    def _keep(self, at: int) -> None:
        view = self._rows[at].view
        if view is not None:
            self._session.runs.keep(view)

    def _toggle(self, at: int) -> None:
        run = self._rows[at].run
        self._session.runs.show(run.place, shown=not (run.run and run.run.shown))

    def _use_settings(self, at: int) -> None:
        name = self._rows[at].run.name
        self._session.runs.use_settings(self._place(at))
        self._session.signals.informed.emit(f"These are the settings of the run “{name}”, at its first weights.")

    def _bring_back(self, at: int) -> None:
        self._session.runs.bring_back(self._place(at))

    def _remove(self, at: int) -> None:
        self._session.runs.remove(self._place(at))

    def _rename(self, name: str) -> None:
        if len(name) > MOST_LETTERS:
            self.name.refuse(f"A name has at most {MOST_LETTERS} letters.")
            return
        self._do(lambda at: self._session.runs.rename(self._place(at), name), RunKind.PINNED)

    def _go_to_name(self) -> None:
        if not self.name.isHidden():
            self.name.setFocus()
            self.name.selectAll()

    def _copy_all(self) -> None:
        copy_rows(self._copied(), self._session.signals.informed.emit)

    def _copied(self) -> list[list[CopiedCell]]:
        return [self.model.headings(), *(self.model.copied(row, ()) for row in range(len(self._rows)))]
