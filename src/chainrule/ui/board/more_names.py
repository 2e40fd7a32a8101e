"""The button at the end of the names of a card with tabs: the views whose names have no room beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Button
from chainrule.ui.window.hints import BACK_TO_STAGE

# Beside the count, and between it and the chevron.
BESIDE, BETWEEN = 4, 4
HEIGHT = 22
ARM = 3


class MoreNames(Button):
    """Says how many names have no room, and lists them as its tip. `asked` says where the menu is to open."""

    asked = Signal(QPoint)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, "", "More views", "side_tabs.more", parent)
        self.clicked.connect(lambda: self.asked.emit(self.mapToGlobal(QPoint(0, self.height()))))
        self.hide()

    def set_names(self, names: Sequence[str]) -> None:
        """Say which views have no room for their names; the button is there for them alone."""
        if names:
            views = "view" if len(names) == 1 else "views"
            self.set_words(
                f"+{len(names)}",
                gettext("{count} more {views}: {names}", count=len(names), views=views, names=", ".join(names)),
            )
        self.setVisible(bool(names))

    def width_for(self, count: int) -> int:
        """Return how wide it is where so many names have no room."""
        return self._size(f"+{count}").width()

    def wanted_size(self) -> QSize:
        """Return the count, and a chevron behind it."""
        return self._size(self.text())

    def _size(self, text: str) -> QSize:
        size = self.appearance.size
        width = self.fontMetrics().horizontalAdvance(text) + size(2 * BESIDE + BETWEEN + 2 * ARM)
        return QSize(width, size(HEIGHT))

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here: the arrows go to the names that it stands behind."""
        return (
            gettext_noop("Space more views"),
            gettext_noop("→ ← another tab"),
            gettext_noop("↓ phase"),
            gettext_noop("↵ iteration"),
            BACK_TO_STAGE,
        )

    def paint_content(self, painter: QPainter) -> None:
        """Paint the count and the chevron."""
        size, theme = self.appearance.size, self.appearance.theme
        color = QColor(theme.link if self.underMouse() else theme.muted)
        pen = painter.pen()
        pen.setColor(color)
        painter.setPen(pen)
        words = self.rect().adjusted(size(BESIDE), 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        arm = size(ARM)
        tip = QPointF(self.width() - size(BESIDE) - arm, self.height() / 2 + arm / 2 + 0.5)
        pen.setWidthF(size(1.4))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline([tip + QPointF(-arm, -arm), tip, tip + QPointF(arm, -arm)])
