"""A window with the numbers of a view as a table, which follows the view as long as it is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.writing.numbers import format_number
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell, TableCopy, copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import paint_all_when_scrolled
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip
from chainrule.ui.window.keys import keep_keys
from chainrule.ui.window.screen import within_screen

AnyIndex = QModelIndex | QPersistentModelIndex
Roles = Qt.ItemDataRole
_NO_INDEX = QModelIndex()
# It is read rather than watched: no more often than that it is filled anew.
FOLLOW_MS = 100
WIDTH, HEIGHT, MARGIN = 520, 460, 12
ROW, FONT = 22, 12
NARROWEST = 64
NOTHING = gettext_noop("There are no numbers yet: {name} shows none")
OUT_OF_SIGHT = gettext_noop("{name} is not in sight: these are the numbers that it showed last")
_MOVES = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End,
    Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
)  # fmt: skip


class NumbersModel(QAbstractTableModel):
    """A `NumbersTable` as Qt asks for it: every number with all of its digits."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.table: NumbersTable | None = None

    def show_table(self, table: NumbersTable | None) -> None:
        """Show another table; where it has the same columns and as many rows, only its numbers are others."""
        before, self.table = self.table, table
        if table is not None and before is not None and (table.names, len(table)) == (before.names, len(before)):
            if len(table):
                self.dataChanged.emit(self.index(0, 0), self.index(len(table) - 1, len(table.names) - 1))
            return
        self.beginResetModel()
        self.endResetModel()

    def copied(self, row: int, columns: Sequence[int]) -> list[CopiedCell]:
        """Return what is copied of a row."""
        assert self.table is not None
        return [self.table.cell(row, column) for column in columns]

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many rows there are."""
        return 0 if parent.isValid() or self.table is None else len(self.table)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() or self.table is None else len(self.table.names)

    def data(self, index: AnyIndex, role: int = Roles.DisplayRole) -> Any:
        """Return the text of a place, or how it stands there."""
        assert self.table is not None
        cell = self.table.cell(index.row(), index.column())
        if role == Roles.DisplayRole:
            return _text(cell)
        if role == Roles.TextAlignmentRole and not isinstance(cell, str):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Roles.AccessibleTextRole:
            return f"{self.table.names[index.column()]}: {_text(cell) or 'none'}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Roles.DisplayRole) -> Any:
        """Return the name of a column, or the number of a row, which is counted from 1."""
        if role != Roles.DisplayRole or self.table is None:
            return None
        return self.table.names[section] if orientation == Qt.Orientation.Horizontal else str(section + 1)


def _text(cell: CopiedCell) -> str:
    if cell is None or isinstance(cell, str):
        return cell or ""
    return str(cell) if isinstance(cell, int) else format_number(cell, None)


class NumbersWindow(QWidget):
    """Shows the numbers of a view; the keys that the table has no use for do what they do in the main window."""

    def __init__(
        self,
        view: MomentCard,
        name: str,
        session: Session,
        appearance: Appearance,
        main: QWidget,
        *,
        save: Callable[[str, Callable[[Path], None]], None],
        write: Callable[[Path, Sequence[bytes], str], None],
    ) -> None:
        """`save` asks for a file for a part of that name, `write` writes one."""
        super().__init__(main, Qt.WindowType.Dialog | Qt.WindowType.WindowMinMaxButtonsHint
                         | Qt.WindowType.WindowCloseButtonHint)  # fmt: skip
        self.session, self._view, self._name, self._main, self._appearance = session, view, name, main, appearance
        self._save, self._write = save, write
        self.setWindowTitle(gettext("{name}: numbers - Chainrule", name=name))
        self.addActions(main.actions())
        self.model = NumbersModel(self)
        self.note = PlainLabel(parent=self)
        self.note.setObjectName("numbers_window.note")
        self.note.setWordWrap(True)
        self.table = self._make_table()
        TableCopy(self.table, self.model.copied, self._tell)
        self._arrange()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(FOLLOW_MS)
        self._soon.timeout.connect(self.follow)
        view.redrawn.connect(self._follow_soon)
        view.installEventFilter(self)
        view.destroyed.connect(self.close)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.resize(within_screen(self, appearance.size(WIDTH), appearance.size(HEIGHT)))

    def _make_table(self) -> QTableView:
        table = QTableView(self)
        table.setObjectName("numbers_window.table")
        table.setAccessibleName(gettext("The numbers of {name}", name=self._name))
        table.setModel(self.model)
        table.setTabKeyNavigation(False)
        table.setWordWrap(False)
        table.setFrameShape(QTableView.Shape.NoFrame)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        # As wide as what is seen needs: to look at all rows of a large table takes long.
        table.horizontalHeader().setResizeContentsPrecision(0)
        self.model.modelReset.connect(table.resizeColumnsToContents)
        paint_all_when_scrolled(table)
        keep_keys(table, _MOVES)
        return table

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.note, 1)
        for text, tip, name, act in (
            ("Copy all", "Copy the whole table, with tabs between the numbers, as spreadsheets read it", "copy",
             self._copy_all),
            ("Save as CSV…", "Save the whole table as a file, with every digit", "save", self._ask_for_file),
        ):  # fmt: skip
            button = QPushButton(text, self)
            button.setObjectName(f"numbers_window.{name}")
            button.setToolTip(plain_tip(tip))
            keep_keys(button, (Qt.Key.Key_Space,))
            button.clicked.connect(act)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(self.table, 1)
        column.addLayout(row)

    # Following the view

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Know when the view comes into sight, and when it goes out of it: from then on it draws nothing."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._follow_soon()
        return False

    def showEvent(self, event: QShowEvent) -> None:
        """Show the numbers of now."""
        super().showEvent(event)
        self.follow()

    def _follow_soon(self) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def follow(self) -> None:
        """Show the numbers that the view shows now."""
        self._soon.stop()
        self.model.show_table(self._view.numbers() if self._view.cover is None else None)
        table = self.model.table
        if table is None:
            said = gettext(NOTHING).format(name=self._name)
        elif not self._view.isVisible():
            said = gettext(OUT_OF_SIGHT).format(name=self._name)
        else:
            said = plural(len(table), "row")
        self.note.setText(said)
        for button in self.findChildren(QPushButton):
            button.setEnabled(table is not None)

    # What is done with them

    def _tell(self, text: str) -> None:
        self.note.setText(text)

    def _copy_all(self) -> None:
        if (table := self.model.table) is not None:
            copy_rows([list(table.names), *(table.row(row) for row in range(len(table)))], self._tell)

    def _ask_for_file(self) -> None:
        if (table := self.model.table) is not None:
            self._save(self._name.lower(), partial(self._save_to, table))

    def _save_to(self, table: NumbersTable, path: Path) -> None:
        self._write(path, tuple(table.csv()), f"The numbers of {self._name}")

    def _restyle(self) -> None:
        look, theme = self._appearance, self._appearance.theme
        self.table.setFont(look.font(FONT, mono=True))
        self.table.verticalHeader().setDefaultSectionSize(look.size(ROW))
        self.table.horizontalHeader().setMinimumSectionSize(look.size(NARROWEST))
        self.table.resizeColumnsToContents()
        self.note.setFont(look.font(FONT))
        self.note.setStyleSheet(f"color: {theme.muted}")

    # The keyboard

    def go_to_stage(self) -> None:
        """Let go of the keyboard: here, too, the keys step."""
        self.table.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close it on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            self._main.activateWindow()
        else:
            super().keyPressEvent(event)
