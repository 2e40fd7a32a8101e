"""The window for grading: an assignment, files of answers, a table of the class, and the page of each student."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDir, Qt
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QSplitter, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.commands.json_text import json_text
from chainrule.session.teaching.grading import ClassGrading
from chainrule.session.teaching.results import ClassResults
from chainrule.translation import gettext, ngettext
from chainrule.ui.asking.question import ask_to_replace
from chainrule.ui.files.choosing import SUFFIX, file_name
from chainrule.ui.files.drops import FileDrops, all_paths
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.teaching.grading_files import GradingFiles, assignments_of
from chainrule.ui.teaching.grading_words import (
    INVITATION,
    PAGE_COLUMNS,
    REFUSED_COLUMNS,
    assignment_in_words,
    class_columns,
    class_rows,
    page_rows,
    places_in_words,
    refused_rows,
    translated_columns,
)
from chainrule.ui.teaching.text_table import TextTable
from chainrule.ui.widgets.controls import Label, LinkButton
from chainrule.ui.widgets.fields import IntegerField
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.screen import within_screen

WIDTH, HEIGHT = 1080, 720
LABELS = 84


class GradingWindow(QDialog):
    """Grades a class's answers as `chainrule grade` does, and saves what comes out."""

    def __init__(
        self, grading: ClassGrading, appearance: Appearance, folder: Callable[[], str], parent: QWidget
    ) -> None:
        """`folder` is where the last file was, or empty."""
        super().__init__(parent)
        self.setObjectName("grading.window")
        self.setWindowTitle(gettext("Grade answers"))
        # With the buttons of a window: a class fills a screen.
        self.setWindowFlag(Qt.WindowType.Window)
        self.grading, self._appearance, self._last_folder = grading, appearance, folder
        self._files = GradingFiles(self, self._folder)
        FileDrops(self, all_paths(self._take))
        self._shown: object = None
        self._make_choices()
        self._make_tables()
        self._make_saving()
        self._arrange()
        grading.changed.connect(self.refresh)
        grading.progressed.connect(self._show_progress)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.resize(within_screen(self, appearance.size(WIDTH), appearance.size(HEIGHT)))

    # Its parts

    def _make_choices(self) -> None:
        make = self._appearance
        self.assignment = Label(make, "", self)
        self.assignment.setObjectName("grading.assignment")
        self.answers = Label(make, "", self)
        self.answers.setObjectName("grading.answers")
        self.choose = self._link(
            gettext("choose a file…"), gettext("Choose the file of the assignment that was given out"), "choose"
        )
        self.screen_one = self._link(
            gettext("the one on the screen"), gettext("Grade by the experiment of the window"), "screen"
        )
        self.add_files = self._link(
            gettext("add files…"), gettext("Choose files of answers: CSV, XLSX or JSON"), "add_files"
        )
        self.add_folder = self._link(
            gettext("add a folder…"), gettext("Choose a folder: all files in it are taken"), "add_folder"
        )
        self.clear = self._link(gettext("clear"), gettext("Take none of these files"), "clear")
        self.choose.clicked.connect(lambda: self._files.choose_assignment(self._take))
        self.screen_one.clicked.connect(self.grading.use_screen)
        self.add_files.clicked.connect(lambda: self._files.choose_answers(self._take))
        self.add_folder.clicked.connect(
            lambda: self._files.choose_folder(
                "grading.folder_dialog", gettext("Choose a folder of answers"), self._take
            )
        )
        self.clear.clicked.connect(self.grading.clear)
        self.seed = IntegerField(make, Refusals(make, self), self)
        self.seed.setObjectName("grading.seed")
        self.seed.setAccessibleName(gettext("Seed of the variants"))
        self.seed.set_description(
            gettext("The seed that variants were made under, where each student or group had another one")
        )
        self.seed.set_optional(True, gettext("no variants"))
        self.seed.value_edited.connect(self._take_seed)
        self.seed.nudged.connect(self._take_seed)
        self.start = self._button(gettext("&Grade"), gettext("Grade all files anew"), "start")
        self.start.clicked.connect(self.grading.start)
        self.stop = self._button(gettext("&Cancel"), gettext("Stop"), "cancel")
        self.stop.clicked.connect(self.grading.cancel)
        self.bar = QProgressBar(self)
        self.bar.setObjectName("grading.progress")
        self.bar.setAccessibleName(gettext("How much is done"))
        self.bar.setTextVisible(False)
        self.said = Label(make, "", self)
        self.said.setObjectName("grading.said")
        self.said.setWordWrap(True)

    def _link(self, words: str, tip: str, name: str) -> LinkButton:
        return LinkButton(self._appearance, words, tip, f"grading.{name}", self)

    def _button(self, words: str, tip: str, name: str) -> QPushButton:
        button = QPushButton(words, self)
        button.setObjectName(f"grading.{name}")
        button.setToolTip(plain_tip(tip))
        button.setAutoDefault(False)
        return button

    def _make_tables(self) -> None:
        def table(name: str, called: str, *, is_class: bool = False) -> TextTable:
            return TextTable(f"grading.{name}", called, self._appearance, self._tell, self, wraps=not is_class)

        self.students = table("students", gettext("Students and their points"), is_class=True)
        self.students.chosen.connect(self._show_page)
        self.page_head = Label(self._appearance, "", self)
        self.page_head.setObjectName("grading.page_head")
        self.page_head.setWordWrap(True)
        self.page = table("page", gettext("The page of the student"))
        self.refused = table("refused", gettext("What was not graded"))

    def _make_saving(self) -> None:
        self.save_csv = self._button(
            gettext("Save as C&SV…"), gettext("A table for a register: points by student and number"), "csv"
        )
        self.save_json = self._button(gettext("Save as &JSON…"), gettext("All there is, for other programs"), "json")
        self.save_pages = self._button(
            gettext("Save &pages…"), gettext("A page for each student, in a folder that you choose"), "pages"
        )
        self.close_button = self._button(gettext("C&lose"), gettext("Close this window"), "close")
        self.save_csv.clicked.connect(lambda: self._save(".csv", "CSV (*.csv)", ClassResults.as_csv))
        self.save_json.clicked.connect(lambda: self._save(".json", "JSON (*.json)", _json))
        self.save_pages.clicked.connect(
            lambda: self._files.choose_folder(
                "grading.pages_dialog", gettext("Choose a folder for the pages"), self._take_pages
            )
        )
        self.close_button.clicked.connect(self.close)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        # A title, or the name of a folder, may be long: the window is no wider for it.
        for said in (self.assignment, self.answers, self.page_head):
            said.setWordWrap(True)
        self._labels = [
            Label(self._appearance, text, self, color="muted")
            for text in (gettext("Assignment"), gettext("Answers"), gettext("Seed"))
        ]
        rows: tuple[tuple[QWidget, ...], ...] = (
            (self.assignment, self.choose, self.screen_one),
            (self.answers, self.add_files, self.add_folder, self.clear),
        )
        for label, (first, *others) in zip(self._labels, rows, strict=False):
            row = QHBoxLayout()
            row.setSpacing(14)
            row.addWidget(label)
            row.addWidget(first, 1)
            for widget in others:
                row.addWidget(widget)
            column.addLayout(row)
        doing = QHBoxLayout()
        doing.setSpacing(14)
        for widget in (self._labels[2], self.seed, self.start):
            doing.addWidget(widget)
        doing.addWidget(self.bar, 1)
        doing.addWidget(self.stop)
        doing.addStretch(0)
        column.addLayout(doing)
        column.addWidget(self.said)
        below = QWidget(self)
        inner = QVBoxLayout(below)
        inner.setContentsMargins(0, 6, 0, 0)
        inner.addWidget(self.page_head)
        inner.addWidget(self.page, 1)
        self._split = QSplitter(Qt.Orientation.Vertical, self)
        self._split.setChildrenCollapsible(False)
        for widget in (self.students, below, self.refused):
            self._split.addWidget(widget)
        self._split.setSizes([320, 260, 90])
        column.addWidget(self._split, 1)
        self._rest = QWidget(self)
        column.addWidget(self._rest, 1)
        foot = QHBoxLayout()
        for button in (self.save_csv, self.save_json, self.save_pages):
            foot.addWidget(button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        column.addLayout(foot)

    # What is taken

    def _folder(self) -> str:
        found = self.grading.folder
        return str(found) if found is not None else self._last_folder() or QDir.homePath()

    def _take(self, paths: list[Path]) -> None:
        """Take an assignment, or answers, which are graded at once."""
        experiments, answers = assignments_of(paths)
        try:
            for path in experiments[:1]:
                self.grading.open_assignment(path)
        except SpecError as error:
            self._say(f"{error}.", "error")
            return
        if answers:
            self.grading.add(answers)
        if self.grading.can_start:
            self.grading.start()

    def _take_seed(self, seed: int | None) -> None:
        self.seed.set_value(seed)
        self.grading.seed = seed
        if self.grading.places and self.grading.experiment.questions:
            self.grading.start()

    # What is shown

    def refresh(self) -> None:
        """Show the assignment, the files, and what came out of them."""
        if not self.isVisible():
            return
        grading = self.grading
        asks = bool(grading.experiment.questions)
        self.assignment.setText(
            gettext("{name}: {asks}", name=grading.name, asks=assignment_in_words(grading.experiment))
        )
        self.assignment.set_color("text" if asks else "error")
        self.screen_one.setVisible(grading.path is not None)
        self.answers.setText(places_in_words(grading.places))
        self.answers.setToolTip(plain_tip("\n".join(map(str, grading.places[:20]))))
        self.clear.setVisible(bool(grading.places))
        is_running = grading.is_running
        self.start.setEnabled(grading.can_start)
        self.bar.setVisible(is_running)
        self.stop.setVisible(is_running)
        results = grading.results
        if results is not self._shown:
            self._shown = results
            self._show_class(results)
        has_any = results is not None and bool(results.lines)
        self._split.setVisible(has_any or (results is not None and bool(results.refused)))
        self._rest.setVisible(not self._split.isVisible())
        for button in (self.save_csv, self.save_json, self.save_pages):
            button.setEnabled(has_any and not is_running)
        self._show_said()
        self._show_progress()

    def _show_said(self) -> None:
        grading = self.grading
        if grading.trouble:
            self._say(grading.trouble, "error")
        elif grading.said:
            self._say(grading.said, "good")
        elif (results := grading.results) is not None:
            refused = gettext("Not graded: {count}, see below.", count=len(results.refused)) if results.refused else ""
            self._say(f"{results.summary} {refused}".rstrip(), "text")
        elif not grading.is_running:
            self._say(gettext(INVITATION), "muted")

    def _say(self, text: str, color: str) -> None:
        self.said.set_color(color)
        self.said.setText(text)

    def _tell(self, text: str) -> None:
        self._say(text, "muted")

    def _show_progress(self) -> None:
        if self.grading.is_running:
            done, of, words = self.grading.progress
            self.bar.setRange(0, of)
            self.bar.setValue(done)
            self._say(words, "muted")

    def _show_class(self, results: ClassResults | None) -> None:
        lines, keys, refused = ((), (), ()) if results is None else (results.lines, results.keys, results.refused)
        has_variants = any(line.variant for line in lines)
        columns = class_columns(keys, has_variants=has_variants)
        self.students.show_rows(columns, class_rows(lines, has_variants=has_variants))
        self.refused.show_rows(translated_columns(REFUSED_COLUMNS), refused_rows(refused))
        self.refused.setVisible(bool(refused))
        self._show_page(self.students.place)

    def _show_page(self, place: int) -> None:
        results = self.grading.results
        if results is None or not 0 <= place < len(results.lines):
            self.page_head.setText("")
            self.page.show_rows(translated_columns(PAGE_COLUMNS), ())
            return
        page = results.page(place)
        self.page_head.setText(" ".join((f"{page.title}.", *page.head, *page.foot)))
        self.page.show_rows(translated_columns(PAGE_COLUMNS), page_rows(page))

    # What is saved

    def _save(self, suffix: str, files: str, text: Callable[[ClassResults], str]) -> None:
        stem = file_name(self.grading.name).removesuffix(SUFFIX)
        self._files.choose_to_save(
            gettext("Save the marks"),
            gettext("{name} marks", name=stem) + suffix,
            f"{files};;{gettext('All files (*)')}",
            lambda paths: self._write(paths, text),
        )

    def _write(self, paths: list[Path], text: Callable[[ClassResults], str]) -> None:
        results = self.grading.results
        if not paths or results is None:
            return
        try:
            self.grading.save(paths[0], text(results))
        except SpecError as error:
            self._say(f"{error}.", "error")

    def _take_pages(self, paths: list[Path]) -> None:
        if not paths or self.grading.results is None:
            return
        write = partial(self.grading.save_pages, paths[0])
        there = self.grading.results.pages_there(paths[0])
        if there:
            text = ngettext(
                "{count} page of these students is in {folder}.",
                "{count} pages of these students are in {folder}.",
                there,
                folder=paths[0].name,
            )
            ask_to_replace(self, "grading.replace", text, gettext("Replace them?"), write)
        else:
            write()

    # Its life

    def showEvent(self, event: QShowEvent) -> None:
        """Show what there is now."""
        super().showEvent(event)
        self.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what goes on."""
        self.grading.cancel()
        super().closeEvent(event)

    def _restyle(self) -> None:
        theme, size, font = self._appearance.theme, self._appearance.size, self._appearance.font
        for label in self._labels:
            label.setFixedWidth(size(LABELS))
        self.seed.setFixedWidth(size(110))
        for button in (self.start, self.stop, self.save_csv, self.save_json, self.save_pages, self.close_button):
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
            f"QSplitter::handle {{ background: {theme.border}; height: 1px; margin: {size(3)}px 0; }}"
        )
        self.refresh()


def _json(results: ClassResults) -> str:
    return json_text(results.as_object()) + "\n"
