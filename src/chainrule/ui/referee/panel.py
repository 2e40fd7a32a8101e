"""The referee panel: how far every value is from PyTorch and from finite differences, in a window that stays open."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from chainrule.catalog.schedules.schedule import refusal
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.sentences.meanings import value_name
from chainrule.explain.writing.numbers import format_short
from chainrule.model.navigation import Cursor
from chainrule.session.inspector import Inspector
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import TableCopy
from chainrule.ui.referee.model import RefereeModel, short
from chainrule.ui.referee.table import RefereeTable
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.fields import IntegerField
from chainrule.ui.widgets.plain_text import PlainLabel
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.keys import keep_keys
from chainrule.ui.window.screen import within_screen

if TYPE_CHECKING:
    from chainrule.engine.referee.report import Report, ReportRow

MOST_ITERATIONS = 1_000_000
EXPLANATION = gettext_noop(
    "PyTorch's autograd and torch.optim compute each value from the numbers that it is computed from here. Finite "
    "differences move one number a little up and down and look at the loss (a sample of the numbers of a large "
    "gradient). PyTorch on its own trains from the first of these iterations on: rounding grows in it, and it judges "
    "nothing. Rest the mouse on a number to see all of its digits; click a row to select it."
)


class RefereePanel(QDialog):
    """A table of the largest differences, for the iteration on the screen or for as many from it as are asked for."""

    def __init__(
        self, session: Session, trainer: Trainer, inspector: Inspector, appearance: Appearance, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("referee_panel")
        self.setWindowTitle(gettext("Referee"))
        # Of a tool window the keys that it does not need itself go to the window: stepping goes on.
        self.setWindowFlag(Qt.WindowType.Tool)
        self._session, self._trainer, self._appearance = session, trainer, appearance
        self.inspector = inspector
        self._refusals = Refusals(appearance, self)
        self._summary = PlainLabel(parent=self)
        self._summary.setObjectName("referee_summary")
        self._summary.setWordWrap(True)
        self._model = RefereeModel(self._named, self)
        self.table = RefereeTable(self._model, appearance, self)
        self.table.ref_chosen.connect(self._choose)
        TableCopy(self.table, self._model.copied, session.signals.informed.emit)
        self._explanation = PlainLabel(gettext(EXPLANATION), self)
        self._explanation.setWordWrap(True)
        self._make_controls()
        self._arrange()
        self.inspector.changed.connect(self.refresh)
        trainer.running_changed.connect(self.refresh)
        session.signals.document_changed.connect(self.refresh)
        session.signals.engine_ready.connect(self.refresh)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.resize(within_screen(self, appearance.size(1120), appearance.size(620)))

    def _make_controls(self) -> None:
        appearance = self._appearance
        self.count = IntegerField(appearance, self._refusals, self)
        self.count.setObjectName("referee_iterations")
        self.count.setAccessibleName(gettext("Iterations to compare"))
        self.count.set_description(gettext("Iterations to compare, from the one on the screen on"))
        self.count.set_value(10)
        self.count.value_edited.connect(self._take_count)
        self.count.nudged.connect(self._take_count)
        self.start = QPushButton(gettext("Verify"), self)
        self.start.setObjectName("referee_verify")
        self.start.setToolTip(
            gettext("Train on from the iteration on the screen and compare each; the window stays as it is")
        )
        self.start.clicked.connect(self._verify)
        self.stop = QPushButton(gettext("Cancel"), self)
        self.stop.setObjectName("referee_cancel")
        self.stop.setToolTip(gettext("Stop; what was compared until now stays in the table"))
        self.stop.clicked.connect(self.inspector.cancel)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("referee_progress")
        self.bar.setAccessibleName(gettext("How much is compared"))
        self.bar.setTextVisible(False)
        for button in (self.start, self.stop):
            button.setAutoDefault(False)
            keep_keys(button, (Qt.Key.Key_Space,))
        self._words = (PlainLabel(gettext("Compare"), self), PlainLabel(gettext("iterations from here on"), self))

    def _arrange(self) -> None:
        controls = QHBoxLayout()
        controls.setSpacing(8)
        controls.addWidget(self._words[0])
        controls.addWidget(self.count)
        controls.addWidget(self._words[1])
        controls.addWidget(self.start)
        controls.addWidget(self.bar, 1)
        controls.addWidget(self.stop)
        controls.addStretch(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(10)
        column.addWidget(self._summary)
        column.addWidget(self.table, 1)
        column.addWidget(self._explanation)
        column.addLayout(controls)

    # Following

    def refresh(self) -> None:
        """Show the report of now, or why there is none."""
        if not self.isVisible():
            return
        inspector, report = self.inspector, self.inspector.report
        self._model.show_report(report, is_running=inspector.is_running)
        self._summary.setText(self._summary_text())
        good = None if report is None or (report.awaited and report.agrees) else report.agrees
        theme = self._appearance.theme
        color = theme.muted if good is None else theme.good if good else theme.error
        self._summary.setStyleSheet(f"color: {color}")
        done, wanted = inspector.progress
        if report is not None and wanted == 1:
            # One iteration is done a value at a time.
            done, wanted = len(report.rows) - report.awaited, len(report.rows)
        self.bar.setRange(0, wanted)
        self.bar.setValue(done)
        self.bar.setVisible(inspector.is_running)
        self.stop.setVisible(inspector.is_running)
        self.start.setEnabled(report is not None and not inspector.is_running)

    def _summary_text(self) -> str:
        report = self.inspector.report
        if report is None:
            return self._why_not()
        if report.awaited:
            return self._awaited_text(report)
        first, last = self.inspector.first, self.inspector.first + report.iterations - 1
        span = f"Iteration {first}" if first == last else f"Iterations {first} to {last}"
        if report.first is not None:
            wrong = sum(not row.agrees for row in report.rows)
            found = f"✗ {span}: {wrong} of {len(report.rows)} values differ, first {self._named(report.first[1])}"
            text = f"{found} in iteration {report.first[0]}."
        else:
            text = f"✓ {span}: all {len(report.rows)} values agree.{self._nearest_text(report.worst)}"
        if report.overflow is not None:
            text += f" {self._overflow_text(*report.overflow)}"
        return text

    def _nearest_text(self, worst: ReportRow) -> str:
        """Return what is nearest to what is allowed, and who says so:
        finite differences are allowed more than PyTorch.
        """
        nearest = max(worst.comparisons, key=attrgetter("excess"), default=None)
        if nearest is None or not nearest.relative:
            return ""
        who = "finite differences differ" if nearest is worst.differences else "PyTorch differs"
        by = f"{short(nearest.relative)} of the number, where {format_short(nearest.tolerance, 1)} is allowed"
        return f" Nearest to its tolerance is {self._named(worst.ref)}: {who} by {by}."

    def _overflow_text(self, iteration: int, ref: ValueRef) -> str:
        over = refusal(self._session.moment.experiment, iteration, ref)
        why = over or f"{self._named(ref)} became infinite or not a number (NaN)"
        return f"Iteration {iteration}: {why}. Nothing later is compared."

    def _named(self, ref: ValueRef) -> str:
        """Return what a value is called in the window; files and commands call it by its ref."""
        moment = self._session.moment
        return value_name(moment.experiment, moment.step_of(ref), ref)

    def _awaited_text(self, report: Report) -> str:
        compared, wrong = len(report.rows) - report.awaited, sum(not row.agrees for row in report.rows)
        how = "Comparing…" if self.inspector.is_running else "Cancelled:"
        text = f"{how} {compared} of {len(report.rows)} values of iteration {self.inspector.first} are compared"
        return f"✗ {text}, and {wrong} differ." if wrong else f"{text}."

    def _why_not(self) -> str:
        if not self._session.moment.is_ready:
            return "PyTorch is being loaded."
        if self._trainer.is_running:
            return "A run goes on; the referees compare when it is paused."
        if self._session.moment.overrides:
            return (
                "Numbers of this iteration are set by hand, so it is not what PyTorch would compute: there is nothing "
                "to compare. Clear them, or go to another iteration."
            )
        if not self.inspector.compares_updates:
            return "torch.optim is being loaded."
        return "Comparing…"

    def _choose(self, ref: str) -> None:
        """Select a value on the stage; where the cursor is before it, go to where it is computed."""
        session, moment = self._session, self._session.moment
        found = ValueRef(ref)
        place = moment.place_of(found)
        if place is not None and not moment.is_known(found):
            session.navigator.go_to(Cursor(moment.cursor.iteration, place + 1))
        session.selector.select(found, session.moment.element_at(found))

    def _take_count(self, count: int) -> None:
        if not 1 <= count <= MOST_ITERATIONS:
            self.count.refuse(f"{count:,} iterations do not fit; from 1 to {MOST_ITERATIONS:,} can be compared")
            return
        self.count.set_value(count)

    def _verify(self) -> None:
        # The press of the button has taken over what was typed, or refused it: then nothing begins.
        if self.count.commit() and not self.count.property("refused"):
            self.inspector.verify(int(self.count.value or 1))

    # Qt's events

    def open(self) -> None:
        """Show it above the window, without blocking it."""
        self.show()
        self.activateWindow()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to compare."""
        super().showEvent(event)
        # Not in here: an error in what Qt calls would be met again by what it calls next.
        QTimer.singleShot(0, self, self._begin)

    def _begin(self) -> None:
        if self.isVisible():
            self.inspector.set_open(True)
            self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop comparing."""
        self.inspector.set_open(False)
        super().hideEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop comparing."""
        self.inspector.set_open(False)
        super().closeEvent(event)

    def _restyle(self) -> None:
        theme, size, font = self._appearance.theme, self._appearance.size, self._appearance.font
        self._summary.setFont(font(13, bold=True))
        self._explanation.setFont(font(11.5))
        self._explanation.setStyleSheet(f"color: {theme.muted}")
        self.count.setFixedWidth(size(64))
        for word in self._words:
            word.setFont(font(12.5))
            word.setStyleSheet(f"color: {theme.text}")
        for button in (self.start, self.stop):
            button.setFont(font(12.5))
        self.bar.setFixedHeight(size(8))
        self.setStyleSheet(
            f"QDialog {{ background: {theme.surface}; }}"
            f"QPushButton {{ background: {theme.field}; color: {theme.text}; border: 1px solid {theme.border};"
            f" border-radius: 6px; padding: {size(4)}px {size(12)}px; }}"
            f"QPushButton:hover, QPushButton:focus {{ border-color: {theme.link}; }}"
            f"QPushButton:disabled {{ color: {theme.dimmed}; }}"
            f"QProgressBar {{ background: {theme.field}; border: 0; border-radius: {size(4)}px; }}"
            f"QProgressBar::chunk {{ background: {theme.link}; border-radius: {size(4)}px; }}"
        )
        self.refresh()
