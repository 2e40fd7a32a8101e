"""The page of File > Import PyTorch: a script at the left, at the right what is understood of it, line by line."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.explain.code.reading.findings import Effect, Finding
from chainrule.explain.code.reading.script import ReadScript, read_script
from chainrule.explain.code.reading.summary import summary_lines
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.scripts.script_editor import ScriptEditor
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.scroll_area import slim_bars
from chainrule.ui.window.screen import within_screen

# So long nothing is typed before it is read.
PAUSE = 250
SIZE = QSize(1080, 660)
HINT = gettext_noop(
    "Paste a PyTorch script here, or open its file. It is read line by line, and never run.\n\n"
    "What is understood: modules and nn.Sequential of linear layers and activations, the loss, "
    "the optimizer, schedulers, clipping, data in the script."
)
EFFECTS = {
    Effect.CHANGES: "changes the numbers",
    Effect.CHOSEN: "chosen",
    Effect.HARMLESS: "without effect",
}
NOTHING = gettext_noop("Nothing has to be said: all of it is understood.")


class ScriptDialog(QDialog):
    """Reads what is pasted, says what it makes of it, and opens that. `make` may refuse with `SpecError`."""

    def __init__(
        self,
        appearance: Appearance,
        make: Callable[[Experiment], None],
        choose: Callable[[], None],
        parent: QWidget,
    ) -> None:
        """`choose` asks for a file, whose text is then given to `set_script`."""
        super().__init__(parent)
        self.setObjectName("file.import_script.dialog")
        self.setWindowTitle(gettext("Import PyTorch"))
        self._appearance, self._make, self._title = appearance, make, ""
        self._read: ReadScript | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.read_now)
        self.editor = ScriptEditor(appearance, self)
        self.editor.setObjectName("script_editor")
        self.editor.setAccessibleName(gettext("PyTorch script"))
        self.editor.setPlaceholderText(gettext(HINT))
        self.editor.textChanged.connect(self._wait)
        columns = QHBoxLayout()
        columns.addWidget(self.editor, 3)
        columns.addLayout(self._make_findings(), 2)
        whole = QVBoxLayout(self)
        whole.addLayout(columns, 1)
        whole.addLayout(self._make_buttons(choose))
        self.resize(within_screen(self, appearance.size(SIZE.width()), appearance.size(SIZE.height())))
        self.editor.setFocus(Qt.FocusReason.TabFocusReason)
        self.read_now()

    def _make_findings(self) -> QVBoxLayout:
        column = QVBoxLayout()
        self._heading = Label(self._appearance, "", self)
        self._heading.setObjectName("script_heading")
        self._heading.setWordWrap(True)
        self._table = QGridLayout()
        self._table.setColumnStretch(1, 1)
        self._said = Label(self._appearance, "", self, color="muted")
        self._said.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setObjectName("script_findings")
        self.list.setAccessibleName(gettext("What is said of the lines"))
        self.list.setWordWrap(True)
        self.list.setToolTip(gettext("Choose a remark to see its line"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._go_to)
        padding = self._appearance.size(3)
        self.list.setStyleSheet(f"{slim_bars(self._appearance)} QListWidget::item {{ padding: {padding}px 0; }}")
        column.addWidget(self._heading)
        column.addLayout(self._table)
        column.addWidget(self._said)
        column.addWidget(self.list, 1)
        return column

    def _make_buttons(self, choose: Callable[[], None]) -> QHBoxLayout:
        row = QHBoxLayout()
        opener = QPushButton(gettext("&Open file…"), self)
        opener.setObjectName("script_open")
        opener.setToolTip(gettext("Take the script from a file"))
        opener.clicked.connect(choose)
        opener.setAutoDefault(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.button = QPushButton(gettext("&Import"), self)
        self.button.setObjectName("script_import")
        self.button.setToolTip(gettext("Open the experiment that was understood"))
        self.button.setDefault(True)
        buttons.addButton(self.button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        row.addWidget(opener)
        row.addStretch(1)
        row.addWidget(buttons)
        return row

    def set_script(self, text: str, title: str) -> None:
        """Put the text of a file into the field, and read it."""
        self.editor.setPlainText(text)
        self._title = title
        self.read_now()

    @property
    def found(self) -> ReadScript | None:
        """What was read; None where no network was found."""
        return self._read

    def _wait(self) -> None:
        self._timer.start()

    def read_now(self) -> None:
        """Read what stands in the field, and say what it is."""
        self._timer.stop()
        self._read, findings = None, tuple[Finding, ...]()
        source = self.editor.toPlainText()
        self._say("", "text")
        if source.strip():
            try:
                self._read = read_script(source, self._title)
            except SpecError as error:
                self._say(f"No experiment can be made of it: {error.message}.", "error")
            else:
                findings = self._read.findings
                self._say("This was understood:", "text")
        self._show_parts()
        self._show_findings(findings)
        self.button.setEnabled(self._read is not None)

    def _say(self, text: str, color: str) -> None:
        self._heading.set_color(color)
        self._heading.setText(text)

    def _show_parts(self) -> None:
        while (item := self._table.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if self._read is None:
            return
        for row, (name, text) in enumerate(summary_lines(self._read.experiment, self._read.first_values)):
            self._table.addWidget(Label(self._appearance, name, self, color="muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            value = Label(self._appearance, text, self)
            value.setWordWrap(True)
            self._table.addWidget(value, row, 1)

    def _show_findings(self, findings: tuple[Finding, ...]) -> None:
        self.list.clear()
        changing = sum(each.effect is Effect.CHANGES for each in findings)
        for finding in sorted(findings, key=_rank):
            item = QListWidgetItem(f"{_first_upper(str(finding))}  [{EFFECTS[finding.effect]}]", self.list)
            item.setData(Qt.ItemDataRole.UserRole, finding.line)
            if finding.effect is Effect.CHANGES:
                item.setForeground(QColor(self._appearance.theme.error))
        self.list.setVisible(bool(findings))
        self.editor.mark([each.line for each in findings if each.line and each.effect is not Effect.HARMLESS])
        if self._read is None:
            self._said.setText("")
        elif changing:
            remarks = "1 remark tells" if changing == 1 else f"{changing} remarks tell"
            self._said.setText(gettext("{remarks} of what has other numbers here than in PyTorch:", remarks=remarks))
        else:
            self._said.setText(gettext("Remarks:") if findings else gettext(NOTHING))

    def _go_to(self, item: QListWidgetItem | None) -> None:
        line = item.data(Qt.ItemDataRole.UserRole) if item is not None else 0
        if line:
            self.editor.go_to(line)

    def _take(self) -> None:
        if self._timer.isActive():
            self.read_now()
        if self._read is None:
            return
        try:
            self._make(self._read.experiment)
        except SpecError as error:
            self._say(refusal_in_words(error, self._read.experiment), "error")
            return
        self.accept()


def _rank(finding: Finding) -> tuple[int, bool, int]:
    """Return what is sorted by: what changes the numbers first, each by its lines, then what is of the whole."""
    return list(EFFECTS).index(finding.effect), not finding.line, finding.line


def _first_upper(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
