"""The field in which a number of a table is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QWidget

from chainrule.ui.numbers.press_watch import PressWatch
from chainrule.ui.numbers.wave import paint_wave
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.typed_numbers import wrong_place
from chainrule.ui.window.keys import keep_keys

AnyIndex = QModelIndex | QPersistentModelIndex
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_TAB = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_KEYS = (*_ENTER, Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_F2)


class CellEditor(QLineEdit):
    """A line of text over a cell, and what the keys do in it."""

    def __init__(self, parent: QWidget, appearance: Appearance, hints: tuple[str, ...]) -> None:
        super().__init__(parent)
        self._appearance, self._hints = appearance, hints
        self._wrong_place: int | None = None
        self.textChanged.connect(lambda: self.mark(None))

    def mark(self, place: int | None) -> None:
        """Underline the character of a formula that is wrong, with the cursor there."""
        self._wrong_place = place
        if place is not None:
            self.setCursorPosition(place)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line, with a wave under what is wrong."""
        super().paintEvent(event)
        with painting(self) as painter:
            paint_wave(painter, self, self._wrong_place, self._appearance)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return self._hints


class NumberDelegate(QStyledItemDelegate):
    """A delegate whose editors look alike, and take over what is typed when the mouse is pressed elsewhere.

    An editor belongs to the number that it was opened on, which `number_at` tells of a cell: None where there is none
    that can be edited. It is closed, and what is typed in it let go, where another number has come in its place.
    `ended` comes with the key that took over what was typed, Enter, Tab or an arrow, and not where that was refused.
    """

    ended = Signal(Qt.Key)
    hints: tuple[str, ...] = ("↵ takes it", "Esc gives the old value back")

    def __init__(self, number_at: Callable[[int, int], object], parent: QObject) -> None:
        super().__init__(parent)
        self._number_at = number_at
        self._editor: CellEditor | None = None
        self._cell: tuple[int, int] = (-1, -1)
        self._number: object = None
        self._accepted = True
        # Whether the editor was opened by what is typed: the arrows then go to another cell, as in a spreadsheet.
        self._is_typed = self._opens_typed = False

    @contextmanager
    def typing(self) -> Iterator[None]:
        """Let an editor that is opened within be one that what is typed has opened."""
        self._opens_typed = True
        try:
            yield
        finally:
            self._opens_typed = False

    def make_editor(
        self, parent: QWidget, index: AnyIndex, appearance: Appearance, font: QFont, name: str, spoken: str
    ) -> QLineEdit:
        """Return an empty field for a cell, with that object name and accessible name."""
        editor, theme = CellEditor(parent, appearance, self.hints), appearance.theme
        editor.setObjectName(name)
        editor.setAccessibleName(spoken)
        editor.setFont(font)
        editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        editor.setStyleSheet(
            f"QLineEdit {{ background: {theme.surface}; color: {theme.text}; border: 1px solid {theme.link};"
            f" padding: 0 2px; selection-background-color: {theme.link}; selection-color: {theme.surface}; }}"
        )
        keep_keys(editor, _KEYS)
        PressWatch(editor).pressed_elsewhere.connect(lambda: self._take_over(editor))
        self._editor, self._cell = editor, (index.row(), index.column())
        self._number = self._number_at(*self._cell)
        self._is_typed = self._opens_typed
        return editor

    def let_go(self) -> None:
        """Close the editor, if one is open; what is typed in it changes nothing."""
        if self._editor is not None:
            self.closeEditor.emit(self._editor)

    def let_go_of_what_is_gone(self, first_row: int | None = None) -> None:
        """Do so where its cell shows another number now, or is in a row from `first_row` on."""
        if self._editor is None:
            return
        moved = first_row is not None and self._cell[0] >= first_row
        if moved or self._number_at(*self._cell) != self._number:
            self.let_go()

    def empty(self) -> None:
        """Take what stands in the open editor out of it, for another number to be typed."""
        if self._editor is not None:
            self._editor.clear()

    def commit(self, editor: QLineEdit) -> None:
        """Ask for what is typed in an editor, if it still is open."""
        if editor is self._editor:
            self.commitData.emit(editor)

    def close(self, editor: QLineEdit) -> None:
        """Close an editor, unless what it has changed in the table has closed it already."""
        if editor is self._editor:
            self.closeEditor.emit(editor)

    def _take_over(self, editor: CellEditor) -> None:
        self._accepted = True
        self.commit(editor)
        place = None if self._accepted else wrong_place(editor.text())
        if place is None or editor is not self._editor:
            self.close(editor)
        else:
            # A formula stays to be corrected: it is more to type again than a number is.
            editor.mark(place)

    # Qt's events

    def setEditorData(self, editor: QWidget, index: AnyIndex) -> None:
        """Show every digit; Qt asks for it whenever data changes, and what is typed stays."""
        assert isinstance(editor, QLineEdit)
        if editor.property("shown") in (None, editor.text()):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.setProperty("shown", editor.text())

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: AnyIndex) -> None:
        """Ask for what was typed, if anything was."""
        assert isinstance(editor, QLineEdit)
        if editor.text() != editor.property("shown"):
            self._accepted = model.setData(index, editor.text())

    def destroyEditor(self, editor: QWidget, index: AnyIndex) -> None:
        """Forget it at once: it is there until the event loop comes round, and gets keys and clicks no more."""
        if editor is self._editor:
            self._editor = None
        super().destroyEditor(editor, index)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is typed over when Enter is pressed: Qt would do it later, when all may have changed.

        Leave the editor open while the menu bar has the focus: a command takes what is typed, or it comes back.
        """
        left = isinstance(event, QFocusEvent) and event.lostFocus()
        if left and event.reason() == Qt.FocusReason.MenuBarFocusReason:  # type: ignore[attr-defined]
            return False
        editor, pressed = self._editor, event.type() == QEvent.Type.KeyPress and watched is self._editor
        ends = (*_ENTER, *_TAB, *(_ARROWS if self._is_typed else ()))
        if pressed and editor and isinstance(event, QKeyEvent) and event.key() in ends:
            self._take_over(editor)
            if self._accepted:
                self.ended.emit(Qt.Key(event.key()))
            return True
        return super().eventFilter(watched, event)
