"""Code that is read: highlighted, with one line lit, and an arrow in the margin beside it."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.code.highlighter import PythonHighlighter
from chainrule.ui.code.line_margin import LineMargin, line_ground
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.scroll_area import slim_bars
from chainrule.ui.window.hints import BACK_TO_STAGE
from chainrule.ui.window.keys import keep_keys

SIZE = 11.5
MARGIN = 16
ARROW = "▸"
_KEPT = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CodeText(QPlainTextEdit):
    """Lines of Python that can be scrolled, selected and copied."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._phase = appearance, ""
        self._lit: int | None = None
        self.setObjectName("code_view.text")
        self.setAccessibleName(gettext("PyTorch code"))
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setUndoRedoEnabled(False)
        self._margin = LineMargin(self, self._paint_margin)
        self._highlighter = PythonHighlighter(appearance, self.document())
        keep_keys(self, _KEPT)
        appearance.changed.connect(self._restyle)
        self._restyle()

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (gettext_noop("↑ ↓ ← → move in the code"), gettext_noop("Ctrl+C copies what is selected"), BACK_TO_STAGE)

    def show_code(self, text: str) -> None:
        """Show other code, scrolled to where the code before was."""
        if text == self.toPlainText():
            return
        bars = self.verticalScrollBar(), self.horizontalScrollBar()
        places = [bar.value() for bar in bars]
        self._lit = None
        self.setExtraSelections([])
        self.setPlainText(text)
        for bar, place in zip(bars, places, strict=True):
            bar.setValue(place)

    def line(self, number: int) -> str:
        """Return a line, counted from 0."""
        return self.document().findBlockByNumber(number).text()

    @property
    def lit(self) -> int | None:
        """Which line is lit, counted from 0; None where none is."""
        return self._lit

    def light(self, number: int | None, phase: str) -> None:
        """Light a line in the hue of a phase, and scroll to it where it is not in sight; None lights none."""
        if (number, phase) == (self._lit, self._phase):
            return
        self._lit, self._phase = number, phase
        self._mark()
        if number is not None:
            self._bring_into_sight(number)

    def _mark(self) -> None:
        marks = []
        if self._lit is not None:
            ground = self._appearance.theme.focus_ground(self._appearance.theme.phase(self._phase))
            marks.append(line_ground(self, self._lit, ground))
        self.setExtraSelections(marks)
        self._margin.update()

    def _bring_into_sight(self, number: int) -> None:
        """Scroll so that the line is in the middle, unless it is seen."""
        rows = max(1, self.viewport().height() // max(1, self.fontMetrics().lineSpacing()))
        first = self.firstVisibleBlock().blockNumber()
        if not first <= number < first + rows - 1:
            self.verticalScrollBar().setValue(max(0, number - rows // 2))

    # The margin

    def lit_rect(self) -> QRect:
        """Return where the lit line stands in the margin; empty where none is seen."""
        if self._lit is None:
            return QRect()
        block = self.document().findBlockByNumber(self._lit)
        place = self.blockBoundingGeometry(block).translated(self.contentOffset()).toRect()
        return QRect(0, place.top(), self._margin.width(), place.height())

    def _paint_margin(self, painter: QPainter, rect: QRect) -> None:
        """Paint the margin, with an arrow at the lit line."""
        theme = self._appearance.theme
        painter.fillRect(rect, QColor(theme.surface))
        place = self.lit_rect()
        if not place.isEmpty():
            painter.setFont(self.font())
            painter.setPen(theme.phase(self._phase))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, ARROW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the margin at the left; a lit line stays in sight."""
        super().resizeEvent(event)
        self._margin.setGeometry(0, 0, self._appearance.size(MARGIN), self.viewport().height())
        if self._lit is not None:
            self._bring_into_sight(self._lit)

    def _restyle(self) -> None:
        theme = self._appearance.theme
        self.setFont(self._appearance.font(SIZE, mono=True))
        self.setViewportMargins(self._appearance.size(MARGIN), 0, 0, 0)
        self._margin.setGeometry(0, 0, self._appearance.size(MARGIN), self.viewport().height())
        self.setStyleSheet(f"QPlainTextEdit {{ background: {theme.surface}; color: {theme.text}; }}")
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.setStyleSheet(slim_bars(self._appearance))
        self._mark()
