"""A confusion matrix as a grid: a row for each true class, a column for each that the network says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.window.keys import keep_standard_keys

if TYPE_CHECKING:
    from chainrule.engine.metrics import Classification

# Pixels that a name of an axis takes, and the most of a cell; smaller cells have no zeros.
AXIS = 15
NAME = 11
SAID = "predicted"
LEAST_ZERO = 20
MOST_CELL = 64
# The size of the smallest digits that can be read, and of the largest, and the height of their cell.
SMALLEST, LARGEST = 9.0, 22.0
LEAST_HEIGHT = 13
# How strong the shade of a whole row in one cell is: its number has to stand out from it.
STRONGEST = 0.42
# More classes are not read out.
MOST_SPOKEN = 12
CENTER = Qt.AlignmentFlag.AlignCenter


class ConfusionMatrix(QWidget):
    """Counts on shades: right answers in one hue along the diagonal, wrong ones in another beside it.

    A shade is the share of its row, so that classes with few rows are seen as well.
    """

    copy_requested = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("confusion_matrix")
        self._appearance = appearance
        self._found: Classification | None = None
        self._outputs: tuple[str, ...] = ()
        self._longest = "0"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        appearance.changed.connect(self.updateGeometry)
        appearance.changed.connect(self.update)

        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keep_standard_keys(self, {QKeySequence.StandardKey.Copy: None})

    def copied(self) -> list[list[CopiedCell]]:
        """Return its rows with the names of the classes, as they are copied: true ones down, predicted ones across."""
        found = self._found
        if found is None or found.confusion is None:
            return []
        rows: list[list[CopiedCell]] = [["true, predicted", *found.classes]]
        return rows + [[name, *row] for name, row in zip(found.classes, found.confusion, strict=True)]

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (gettext_noop("Ctrl+C copies it"), gettext_noop("Esc back to the stage"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for it to be copied."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that the keyboard is here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it is no longer."""
        super().focusOutEvent(event)
        self.update()

    def show_counts(self, found: Classification | None, outputs: tuple[str, ...] = ()) -> None:
        """Show these counts; nothing where there are none. `outputs` are the names of those that stand for classes."""
        if (found, outputs) == (self._found, self._outputs):
            return
        self._found, self._outputs = found, outputs
        self.setAccessibleName(gettext("Confusion matrix"))
        self.setAccessibleDescription("" if found is None else _in_words(found))
        self._longest = max(
            (str(count) for row in (found and found.confusion) or () for count in row), key=len, default="0"
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for a few classes."""
        return QSize(self._appearance.size(140), self._appearance.size(130))

    def minimumSizeHint(self) -> QSize:
        """Return room for the name of the columns, and for every digit of every count."""
        size = self._appearance.size
        count, least = len(self._found.classes) if self._found else 1, self._least_cell()
        wide, high = count * least.width() + size(2 * AXIS), count * least.height() + size(2 * AXIS)
        return QSize(max(self._heading_width(), wide), max(high, size(3 * AXIS)))

    # Places

    def _heading_width(self) -> int:
        return QFontMetrics(self._appearance.font(NAME)).horizontalAdvance(SAID) + 2

    def _least_cell(self) -> QSize:
        """Return the smallest cell that the longest count can be read in."""
        size = self._appearance.size
        digits = QFontMetrics(self._appearance.font(SMALLEST, bold=True)).horizontalAdvance(self._longest)
        return QSize(max(digits + 3, size(LEAST_HEIGHT)), size(LEAST_HEIGHT))

    def _cell(self) -> QSize:
        """Return the size of every cell: a square as large as there is room, or less high where digits want width."""
        count, axes = len(self._found.classes) if self._found else 1, self._appearance.size(2 * AXIS)
        least = self._least_cell()
        room = min(self.width() - axes, self.height() - axes) // count
        side = min(room, self._appearance.size(MOST_CELL))
        return QSize(max(side, least.width()), max(side, least.height()))

    def _grid(self) -> QRect:
        """Return where all cells are: in the middle of the room."""
        count, cell, axes = (
            len(self._found.classes) if self._found else 1,
            self._cell(),
            self._appearance.size(2 * AXIS),
        )
        whole = cell * count
        left = axes + max(0, self.width() - axes - whole.width()) // 2
        top = axes + max(0, self.height() - axes - whole.height()) // 2
        return QRect(QPoint(left, top), whole)

    def cell_rect(self, true: int, said: int) -> QRect:
        """Return where one cell is."""
        corner, cell = self._grid().topLeft(), self._cell()
        return QRect(corner + QPoint(said * cell.width(), true * cell.height()), cell)

    def heading_rect(self) -> QRect:
        """Return where the name of the columns is: over their middle, but all of it inside."""
        grid, size = self._grid(), self._appearance.size
        wide = self._heading_width()
        left = max(0, min(grid.center().x() - wide // 2, self.width() - wide))
        return QRect(left, grid.top() - size(2 * AXIS), wide, size(AXIS))

    def cell_at(self, place: QPoint) -> tuple[int, int] | None:
        """Return the true class and the said one under a place."""
        grid = self._grid()
        if self._found is None or not grid.contains(place):
            return None
        cell = self._cell()
        return (place.y() - grid.top()) // cell.height(), (place.x() - grid.left()) // cell.width()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells, and the names of the classes around them."""
        with painting(self) as painter:
            found = self._found
            if found is None or found.confusion is None:
                return
            theme = self._appearance.theme
            for true, row in enumerate(found.confusion):
                for said, count in enumerate(row):
                    rect = self.cell_rect(true, said).adjusted(0, 0, -1, -1)
                    hue = theme.good if true == said else theme.error
                    share = count / max(1, sum(row))
                    painter.fillRect(rect, theme.tint(hue, 0.06 + (STRONGEST - 0.06) * share) if count else theme.field)
                    self._write(painter, rect, count)
            self._name_axes(painter)
            self._name_classes(painter, found.classes)
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.link), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _write(self, painter: QPainter, rect: QRect, count: int) -> None:
        size = self._appearance.size
        if not count and rect.height() + 1 < size(LEAST_ZERO):
            return
        theme = self._appearance.theme
        # Large enough for the last row of a room, of one size for all, and with room for every digit.
        digits = max(2, len(self._longest))
        pixels = min(0.7 * rect.height(), 1.3 * rect.width() / digits) / self._appearance.scale
        painter.setFont(self._appearance.font(max(SMALLEST, min(pixels, LARGEST)), bold=count > 0))
        painter.setPen(QColor(theme.text if count else theme.dimmed))
        painter.drawText(rect, CENTER, str(count))

    def _name_axes(self, painter: QPainter) -> None:
        grid, size = self._grid(), self._appearance.size
        painter.setFont(self._appearance.font(NAME))
        painter.setPen(QColor(self._appearance.theme.muted))
        painter.drawText(self.heading_rect(), CENTER, SAID)
        with saved(painter):
            painter.translate(grid.left() - size(2 * AXIS), grid.center().y())
            painter.rotate(-90)
            painter.drawText(QRectF(-size(40), 0, size(80), size(AXIS)), CENTER, "true")

    def _name_classes(self, painter: QPainter, classes: tuple[str, ...]) -> None:
        size = self._appearance.size
        painter.setFont(self._appearance.font(11.5, bold=True))
        painter.setPen(QColor(self._appearance.theme.muted))
        for place, name in enumerate(classes):
            rect = self.cell_rect(place, place)
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, rect.width() - 2)
            across = QRect(rect.left(), self._grid().top() - size(AXIS), rect.width(), size(AXIS))
            painter.drawText(across, CENTER, text)
            down = QRect(self._grid().left() - size(AXIS), rect.top(), size(AXIS), rect.height())
            if painter.fontMetrics().horizontalAdvance(name) <= down.width():
                painter.drawText(down, CENTER, name)
                continue
            with saved(painter):
                painter.translate(down.center())
                painter.rotate(-90)
                long, wide = down.height(), down.width()
                painter.drawText(QRectF(-long / 2, -wide / 2, long, wide), CENTER, text)

    # What the mouse reads

    def _take_event(self, event: QEvent) -> bool:
        """Say in words what the cell under the mouse counts."""
        return shows_tip(event, self, self._tip_at)

    def _tip_at(self, at: QPoint) -> str:
        place = self.cell_at(at)
        return "" if place is None else self.describe(*place)

    def describe(self, true: int, said: int) -> str:
        """Return what one cell counts."""
        if self._found is None or self._found.confusion is None:
            return ""
        classes, count = self._found.classes, self._found.confusion[true][said]
        whole = sum(self._found.confusion[true])
        verdict = "right" if true == said else "wrong"
        why = (
            f"\nClass {classes[said]} is predicted where {self._outputs[said]} is the largest" if self._outputs else ""
        )
        return f"true class {classes[true]}, predicted {classes[said]}: {count} of {whole} ({verdict}){why}"


def _in_words(found: Classification) -> str:
    """Return every count, for those who hear it; the counts of many classes are left to the eye."""
    if found.confusion is None or len(found.classes) > MOST_SPOKEN:
        return f"{len(found.classes)} classes"
    rows = []
    for name, row in zip(found.classes, found.confusion, strict=True):
        said = ", ".join(f"{count} as {other}" for other, count in zip(found.classes, row, strict=True) if count)
        rows.append(f"true class {name}: {said or 'none'}")
    return "; ".join(rows)
