"""The hints at the bottom of the window: some of the keys."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chainrule.ui.plain import PlainLabel

# The first ones are shown where there is no room for all.
HINTS = ("F1 all keys", "→ step", "← back", "↓ phase", "↵ iteration", "Space run", "double-click a number to edit it")
BETWEEN = "   "


class Hints(PlainLabel):
    """Some keys: as many as there is room for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Show as many as fit now."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Show as many as there is room for."""
        fits = self.fontMetrics().horizontalAdvance
        counts = range(len(HINTS), 0, -1)
        texts = (BETWEEN.join((*HINTS[1:count], HINTS[0])) for count in counts)
        self.setText(next((text for text in texts if fits(text) <= self.width()), ""))
