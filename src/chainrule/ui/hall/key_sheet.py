"""The keys of the hall, over what is shown: for a lecturer who has forgotten one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QGridLayout, QWidget

from chainrule.translation import gettext
from chainrule.ui.actions.hall_actions import HALL_KEYS
from chainrule.ui.hall.heading import LEAST
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label

COLUMNS = 2
MARGIN, GAP = 14, 10
SIGNS = {"PgUp": "Page Up", "PgDown": "Page Down", "Left": "←", "Right": "→", "Up": "↑", "Down": "↓", "Return": "↵"}
LEFT_OUT = ("Enter",)


def keys_in_words(keys: tuple[str, ...]) -> str:
    """Return keys as they are printed on a keyboard: `Page Down, →, Space`."""
    return ", ".join("+".join(SIGNS.get(part, part) for part in key.split("+")) if len(key) > 1 else key
                     for key in keys if key not in LEFT_OUT)  # fmt: skip


class KeySheet(QWidget):
    """Lists all keys and what they do, in columns, over all of the window that it is in."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("hall.key_sheet")
        self.setAccessibleName("Keys in a hall")
        self._appearance = appearance
        self._grid = QGridLayout(self)
        self.lines: list[tuple[Label, Label]] = []
        rows = -(-len(HALL_KEYS) // COLUMNS)
        for place, key in enumerate(HALL_KEYS):
            column, row = divmod(place, rows)
            keys = Label(appearance, keys_in_words(key.keys), self, size=LEAST, color="link")
            words = Label(appearance, gettext(key.text), self, size=LEAST)
            self._grid.addWidget(keys, row, 2 * column)
            self._grid.addWidget(words, row, 2 * column + 1)
            self.lines.append((keys, words))
        for column in range(COLUMNS):
            self._grid.setColumnStretch(2 * column + 1, 1)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def toggle(self) -> None:
        """Show them, or nothing of them any more."""
        parent = self.parentWidget()
        if self.isHidden() and parent is not None:
            self.setGeometry(parent.rect())
            self.raise_()
        self.setVisible(self.isHidden())

    def _restyle(self) -> None:
        size, palette = self._appearance.size, self.palette()
        palette.setColor(QPalette.ColorRole.Window, self._appearance.theme.surface)
        self.setPalette(palette)
        self._grid.setContentsMargins(*(size(MARGIN),) * 4)
        self._grid.setHorizontalSpacing(size(GAP))
        self._grid.setVerticalSpacing(0)
