"""The field in which a number of a table is typed."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QFocusEvent, QFont
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QWidget

from chainrule.ui.appearance import Theme
from chainrule.ui.fields import PressWatch
from chainrule.ui.keys import keep_keys

_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down)


class NumberDelegate(QStyledItemDelegate):
    """A delegate whose editors look alike, and take over what is typed when the mouse is pressed elsewhere."""

    def make_editor(self, parent: QWidget, theme: Theme, font: QFont, name: str, spoken: str) -> QLineEdit:
        """An empty field with that object name and accessible name."""
        editor = QLineEdit(parent)
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
        return editor

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:  # noqa: N802 - Qt's name
        """Show every digit; Qt asks for it whenever data changes, and what is typed stays."""
        assert isinstance(editor, QLineEdit)
        if editor.property("shown") in (None, editor.text()):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.setProperty("shown", editor.text())

    def setModelData(  # noqa: N802 - Qt's name
        self, editor: QWidget, model: QAbstractItemModel, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Ask for what was typed, if anything was."""
        assert isinstance(editor, QLineEdit)
        if editor.text() != editor.property("shown"):
            model.setData(index, editor.text())

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Leave the editor open while the menu bar has the focus: a command takes what is typed, or it comes back."""
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() == Qt.FocusReason.MenuBarFocusReason:
            return False
        return super().eventFilter(editor, event)

    def _take_over(self, editor: QWidget) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)
