"""The window of published numbers: printed digits beside ours, and the wrong method that gives those that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from chainrule.lessons.published.summary import found_in_words
from chainrule.session.teaching.published import MOST_RUN, PublishedCheck, published_examples
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.checking.mistakes import rule_parts
from chainrule.ui.files.start_menu import example_title
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.teaching.grading_words import translated_columns
from chainrule.ui.teaching.published_words import (
    COLUMNS,
    NO_TABLE,
    RUN_COLUMNS,
    published_rows,
    run_rows,
    said_in_words,
    verdict_of,
)
from chainrule.ui.teaching.text_table import TextTable
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.typesetting.wide_formula import WideFormula
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import Label, LinkButton
from chainrule.ui.widgets.fields import IntegerField
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.screen import within_screen

if TYPE_CHECKING:
    from chainrule.lessons.published.comparison import ComparedNumber

WIDTH, HEIGHT, FORMULA_SIZE, USUAL = 1000, 700, 15, 20
SCREEN = gettext_noop("the experiment on the screen")
TABLES = gettext_noop("Tables of published numbers (*.csv);;All files (*)")


class PublishedWindow(QDialog):
    """Compares worked examples that were printed, and tables of one's own, with what is computed here."""

    def __init__(
        self,
        check: PublishedCheck,
        appearance: Appearance,
        folder: Callable[[], str],
        open_example: Callable[[Path], None],
        parent: QWidget,
    ) -> None:
        """`folder` is where the last file was, or empty; `open_example` puts an example on the screen."""
        super().__init__(parent)
        self.setObjectName("published.window")
        self.setWindowTitle(gettext("Published numbers"))
        self.setWindowFlag(Qt.WindowType.Window)
        self.check, self._appearance, self._folder, self._open = check, appearance, folder, open_example
        self._examples = {example_title(path): path for path in published_examples()}
        self._shown: object = None
        self._make_choice()
        self._make_tables()
        self._arrange()
        check.changed.connect(self.refresh)
        check.progressed.connect(self._show_progress)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.resize(within_screen(self, appearance.size(WIDTH), appearance.size(HEIGHT)))

    def _make_choice(self) -> None:
        make = self._appearance
        self.which = ChoiceField(make, "published.which", gettext("Worked example"), self)
        tips = dict.fromkeys(self._examples, gettext("Compare its numbers with those that were printed"))
        self.which.set_choices({**tips, gettext(SCREEN): gettext("Compare it with a table of your own")})
        self.which.choice_edited.connect(self.choose)
        self.table_link = LinkButton(
            make,
            gettext("choose a table…"),
            gettext("Compare the experiment on the screen with a table"),
            "published.table",
            self,
        )
        self.table_link.clicked.connect(self._ask_for_table)
        self.open_link = LinkButton(
            make,
            gettext("open it in the window"),
            gettext("Put this example on the screen"),
            "published.open",
            self,
        )
        self.open_link.clicked.connect(self._open_example)
        self.said = Label(make, "", self)
        self.said.setObjectName("published.said")
        self.said.setWordWrap(True)

    def _make_tables(self) -> None:
        make = self._appearance
        self.numbers = TextTable("published.numbers", gettext("Published numbers beside ours"), make, self._tell, self)
        self.numbers.chosen.connect(self._choose_number)
        self.told = Label(make, "", self)
        self.told.setObjectName("published.told")
        self.told.setWordWrap(True)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        typesetter = Typesetter()
        self.right_rule = WideFormula(typesetter, make, FORMULA_SIZE, self)
        self.wrong_rule = WideFormula(typesetter, make, FORMULA_SIZE, self)
        self.count = IntegerField(make, Refusals(make, self), self)
        self.count.setObjectName("published.iterations")
        self.count.setAccessibleName(gettext("Iterations to run"))
        self.count.set_description(
            gettext("How many iterations to train by both methods, up to {most}.", most=f"{MOST_RUN:,}")
        )
        self.count.set_value(USUAL)
        self.count.value_edited.connect(self._take_count)
        self.count.nudged.connect(self._take_count)
        self.run_button = QPushButton(gettext("&Run both methods"), self)
        self.run_button.setObjectName("published.run")
        tip = gettext(
            "Train from the start by the right method and by the wrong one, which is made anew in every iteration"
        )
        self.run_button.setToolTip(plain_tip(tip))
        self.run_button.setAutoDefault(False)
        self.run_button.clicked.connect(self._run)
        self.runs = TextTable(
            "published.runs", gettext("The number by both methods, by iteration"), make, self._tell, self
        )
        self.close_button = QPushButton(gettext("C&lose"), self)
        self.close_button.setObjectName("published.close")
        self.close_button.setToolTip(gettext("Close this window"))
        self.close_button.setAutoDefault(False)
        self.close_button.clicked.connect(self.close)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        first = QHBoxLayout()
        first.setSpacing(14)
        for widget in (self.which, self.table_link, self.open_link):
            first.addWidget(widget)
        first.addStretch(1)
        column.addLayout(first)
        column.addWidget(self.said)
        below = QWidget(self)
        inner = QVBoxLayout(below)
        inner.setContentsMargins(0, 6, 0, 0)
        for part in (self.told, self.right_rule, self.wrong_rule):
            inner.addWidget(part)
        row = QHBoxLayout()
        row.setSpacing(8)
        self._words = Label(self._appearance, gettext("for this many iterations:"), self, color="muted")
        row.addWidget(self.run_button)
        row.addWidget(self._words)
        row.addWidget(self.count)
        row.addStretch(1)
        inner.addLayout(row)
        inner.addWidget(self.runs, 1)
        inner.addStretch(0)
        self._split = QSplitter(Qt.Orientation.Vertical, self)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.numbers)
        self._split.addWidget(below)
        self._split.setSizes([340, 300])
        column.addWidget(self._split, 1)
        self._rest = QWidget(self)
        column.addWidget(self._rest, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        column.addLayout(foot)

    # What is chosen

    def choose(self, title: str) -> None:
        """Compare an example, or the experiment on the screen."""
        self.which.set_choice(title)
        if title in self._examples:
            self.check.compare_example(self._examples[title])
        else:
            self.check.compare_screen()

    def _ask_for_table(self) -> None:
        title = gettext("Choose a table of published numbers")
        dialog = QFileDialog(self, title, self._folder() or QDir.homePath(), gettext(TABLES))
        dialog.setObjectName("published.dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._take_table)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_table(self, name: str) -> None:
        self.which.set_choice(gettext(SCREEN))
        self.check.compare_screen(Path(name))

    def _open_example(self) -> None:
        if self.check.example is not None:
            self._open(self.check.example)

    def _take_count(self, count: int) -> None:
        if 1 <= count <= MOST_RUN:
            self.count.set_value(count)
        else:
            self.count.refuse(gettext("A whole number from 1 to {most} is needed", most=f"{MOST_RUN:,}"))

    def _run(self) -> None:
        if self.count.take() and self._chosen is not None:
            self.check.run_both(self.numbers.place, self.count.value)

    @property
    def _chosen(self) -> ComparedNumber | None:
        place = self.numbers.place
        return self.check.found[place] if 0 <= place < len(self.check.found) else None

    # What is shown

    def refresh(self) -> None:
        """Show what was compared."""
        if not self.isVisible():
            return
        check = self.check
        if check.found is not self._shown:
            self._shown = check.found
            self.numbers.show_rows(translated_columns(COLUMNS), published_rows(check.found))
        self.open_link.setVisible(check.example is not None)
        self._split.setVisible(bool(check.found))
        self._rest.setVisible(not check.found)
        if check.trouble:
            self._say(check.trouble, "error")
        elif check.found:
            self._say(found_in_words(check.found), "text")
        elif check.is_running:
            self._show_progress()
        elif check.table is None:
            self._say(gettext(NO_TABLE), "muted")
        self._show_number()

    def _show_progress(self) -> None:
        if self.check.is_running and not self.check.found:
            at = self.check.iteration
            said = gettext("Comparing… Training is at iteration {iteration}.", iteration=f"{at:,}") if at else ""
            self._say(said or gettext("Comparing…"), "muted")

    def _say(self, text: str, color: str) -> None:
        self.said.set_color(color)
        self.said.setText(text)

    def _tell(self, text: str) -> None:
        self._say(text, "muted")

    def _choose_number(self) -> None:
        self.check.cancel()
        self.check.forget_run()
        self._show_number()

    def _show_number(self) -> None:
        number = self._chosen
        rules = None if number is None else number.rules
        if number is not None:
            self.told.setText(said_in_words(number))
            self.told.set_color(verdict_of(number)[1])
        for formula in (self.right_rule, self.wrong_rule):
            formula.setVisible(rules is not None)
        if rules is not None:
            right = (rules.right, rules.right_numbers, rules.right_result)
            wrong = (rules.wrong, rules.wrong_numbers, rules.wrong_result)
            self.right_rule.set_parts(rule_parts("right", rules.left, right, "good"))
            self.wrong_rule.set_parts(rule_parts("printed", rules.left, wrong, "error"))
        can_run = number is not None and number.method is not None
        for widget in (self.run_button, self._words, self.count):
            widget.setVisible(can_run)
        self.run_button.setEnabled(not self.check.is_running)
        self.runs.setVisible(bool(self.check.both))
        if self.check.both:
            self.runs.show_rows(translated_columns(RUN_COLUMNS), run_rows(self.check.both))

    # Its life

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with the first example."""
        super().showEvent(event)
        if self.check.table is None and not self.check.found and self._examples:
            self.choose(next(iter(self._examples)))
        self.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what goes on."""
        self.check.cancel()
        super().closeEvent(event)

    def _restyle(self) -> None:
        theme, size, font = self._appearance.theme, self._appearance.size, self._appearance.font
        self.which.setMinimumWidth(size(280))
        self.count.setFixedWidth(size(64))
        for button in (self.run_button, self.close_button):
            button.setFont(font(12.5))
        self.setStyleSheet(
            f"QDialog {{ background: {theme.surface}; }}"
            f"QPushButton {{ background: {theme.field}; color: {theme.text}; border: 1px solid {theme.border};"
            f" border-radius: 6px; padding: {size(4)}px {size(12)}px; }}"
            f"QPushButton:hover, QPushButton:focus {{ border-color: {theme.link}; }}"
            f"QPushButton:disabled {{ color: {theme.dimmed}; }}"
            f"QSplitter::handle {{ background: {theme.border}; height: 1px; margin: {size(3)}px 0; }}"
        )
        self.refresh()
