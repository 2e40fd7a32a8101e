"""The code panel: the experiment as a PyTorch script, which follows each edit, and the line of the micro-step lit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.code.text import CodeText
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label, LinkButton
from chainrule.ui.widgets.moment_card import MomentCard

if TYPE_CHECKING:
    from chainrule.explain.code.writing.script import PytorchScript

FORMAT = "pytorch"
NOT_READY = "The code appears once the engine is loaded"
BEFORE = "before the first micro-step"
COPY, COPY_TIP = gettext_noop("copy"), gettext_noop("Copy the whole script to the clipboard")


class CodeView(MomentCard):
    """Shows the script of a moment's experiment; out of sight it writes none."""

    looks_ahead = False
    shows = Change.EXPERIMENT | Change.PROGRAM | Change.MICRO_STEP
    # The format that somebody wants to save it as.
    export_asked = Signal(str)

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("code_view")
        self.setAccessibleName(gettext("Code"))
        self._moment = session.moment
        self._of: Experiment | None = None
        self._script: PytorchScript | None = None
        self.text = CodeText(appearance, self)
        self._message = Label(appearance, NOT_READY, self, color="muted")
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setMargin(16)
        self.where = Label(appearance, "", self, size=11.5, color="muted")
        self.where.setObjectName("code_view.where")
        self._copy = LinkButton(appearance, gettext(COPY), gettext(COPY_TIP), "code_view.copy", self)
        self._copy.clicked.connect(self._copy_all)
        self._save = LinkButton(
            appearance, gettext("save"), gettext("Save the script as a file"), "code_view.save", self
        )
        self._save.clicked.connect(lambda: self.export_asked.emit(FORMAT))
        self._lay_out()
        self._say(NOT_READY)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(10, 0, 8, 0)
        row.setSpacing(12)
        row.addWidget(self.where, 1)
        row.addWidget(self._copy)
        row.addWidget(self._save)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.text)
        self._stack.addWidget(self._message)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._stack, 1)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Write the script anew where the experiment is another, and light the line of the micro-step."""
        self._moment = moment
        if moment.program is None:
            self._say(NOT_READY)
            return
        if moment.experiment is not self._of:
            self._write(moment)
        if self._script is not None:
            self._light(self._script)

    def _write(self, moment: Moment) -> None:
        from chainrule.explain.code.writing.script import pytorch_script  # noqa: PLC0415 - loads torch

        self._of = moment.experiment
        try:
            self._script = pytorch_script(moment.experiment, moment.program)
        except SpecError as error:
            self._script = None
            self._say(f"There is no script of this experiment. {refusal_in_words(error, moment.experiment)}")
            return
        self.text.show_code(self._script.text)
        self._stack.setCurrentWidget(self.text)
        self._offer(True)

    def _say(self, words: str) -> None:
        self._message.setText(words)
        self._stack.setCurrentWidget(self._message)
        self.where.setText("")
        self._offer(False)

    def _offer(self, offered: bool) -> None:
        for button in (self._copy, self._save):
            button.setVisible(offered)
        self._copy.set_words(gettext(COPY), gettext(COPY_TIP))

    def _light(self, script: PytorchScript) -> None:
        step = self._moment.step
        if step is None:
            self.text.light(None, "")
            self.where.setText(BEFORE)
            return
        line = script.line_of(step)
        self.text.light(line, step.phase.value)
        self.where.setText(gettext("line {number}, {value}", number=line + 1, value=step.phase.value))
        self.setAccessibleDescription(
            gettext("Line {number}: {line}", number=line + 1, line=self.text.line(line).strip())
        )
        self._copy.set_words(gettext(COPY), gettext(COPY_TIP))

    def _copy_all(self) -> None:
        if self._script is None:
            return
        QGuiApplication.clipboard().setText(self._script.text)
        lines = plural(self._script.text.count("\n"), "line")
        self._copy.set_words(gettext("{lines} copied", lines=lines), gettext(COPY_TIP))
