"""A confusion matrix as a grid: a row for each true class, a column for each that the network says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.engine.metrics import Classification

# Pixels that a name of an axis takes, and the least and the most of a cell; smaller cells have no numbers, or no zeros.
AXIS = 15
NAME = 11
SAID = "predicted"
LEAST_NUMBER = 12
LEAST_ZERO = 20
MOST_CELL = 64
# How strong the shade of a whole row in one cell is: its number has to stand out from it.
STRONGEST = 0.42
# More classes are not read out.
MOST_SPOKEN = 12
CENTER = Qt.AlignmentFlag.AlignCenter


class ConfusionMatrix(QWidget):
    """Counts on shades: right answers in one hue along the diagonal, wrong ones in another beside it.

    A shade is the share of its row, so that classes with few rows are seen as well.
    """

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("confusion_matrix")
        self._appearance = appearance
        self._found: Classification | None = None
        self._outputs: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        appearance.changed.connect(self.updateGeometry)
        appearance.changed.connect(self.update)

    def show_counts(self, found: Classification | None, outputs: tuple[str, ...] = ()) -> None:
        """Show these counts; nothing where there are none. `outputs` are the names of those that stand for classes."""
        if (found, outputs) == (self._found, self._outputs):
            return
        self._found, self._outputs = found, outputs
        self.setAccessibleName("Confusion matrix")
        self.setAccessibleDescription("" if found is None else _in_words(found))
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for a few classes."""
        return QSize(self._appearance.size(140), self._appearance.size(130))

    def minimumSizeHint(self) -> QSize:
        """Return room for the name of the columns."""
        return QSize(self._heading_width(), self._appearance.size(3 * AXIS))

    # Places

    def _heading_width(self) -> int:
        return QFontMetrics(self._appearance.font(NAME)).horizontalAdvance(SAID) + 2

    def _grid(self) -> QRect:
        """Return the square of all cells: as large as there is room, in its middle."""
        count = len(self._found.classes) if self._found else 1
        axes = self._appearance.size(2 * AXIS)
        room = min(self.width() - axes, self.height() - axes)
        side = max(1, min(room // count, self._appearance.size(MOST_CELL))) * count
        left = axes + max(0, self.width() - axes - side) // 2
        top = axes + max(0, self.height() - axes - side) // 2
        return QRect(left, top, side, side)

    def cell_rect(self, true: int, said: int) -> QRect:
        """Return where one cell is."""
        grid, count = self._grid(), len(self._found.classes) if self._found else 1
        cell = grid.width() // count
        return QRect(grid.left() + said * cell, grid.top() + true * cell, cell, cell)

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
        cell = grid.width() // len(self._found.classes)
        return (place.y() - grid.top()) // cell, (place.x() - grid.left()) // cell

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells, and the names of the classes around them."""
        with painting(self) as painter:
            found = self._found
            if found is None or found.confusion is None:
                return
            theme = self._appearance.theme
            cell = self.cell_rect(0, 0).width()
            gap = 1 if cell >= self._appearance.size(LEAST_NUMBER) else 0
            for true, row in enumerate(found.confusion):
                for said, count in enumerate(row):
                    rect = self.cell_rect(true, said).adjusted(0, 0, -gap, -gap)
                    hue = theme.good if true == said else theme.error
                    share = count / max(1, sum(row))
                    painter.fillRect(rect, theme.tint(hue, 0.06 + (STRONGEST - 0.06) * share) if count else theme.field)
                    self._write(painter, rect, count)
            self._name_axes(painter)
            self._name_classes(painter, found.classes)

    def _write(self, painter: QPainter, rect: QRect, count: int) -> None:
        size = self._appearance.size
        if rect.width() + 1 < size(LEAST_NUMBER if count else LEAST_ZERO):
            return
        theme = self._appearance.theme
        # Large enough for the last row of a room, and for every digit.
        digits = max(2, len(str(count)))
        pixels = min(0.7 * rect.height(), 1.3 * rect.width() / digits) / self._appearance.scale
        painter.setFont(self._appearance.font(min(pixels, 22.0), bold=count > 0))
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
        if self.cell_rect(0, 0).width() < size(LEAST_NUMBER):
            return
        painter.setFont(self._appearance.font(11.5, bold=True))
        painter.setPen(QColor(self._appearance.theme.muted))
        for place, name in enumerate(classes):
            rect = self.cell_rect(place, place)
            across = QRect(rect.left(), self._grid().top() - size(AXIS), rect.width(), size(AXIS))
            down = QRect(self._grid().left() - size(AXIS), rect.top(), size(AXIS), rect.height())
            painter.drawText(across, CENTER, name)
            painter.drawText(down, CENTER, name)

    # What the mouse reads

    def event(self, event: QEvent) -> bool:
        """Say in words what the cell under the mouse counts."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.cell_at(event.pos())
            said = "" if place is None else self.describe(*place)
            QToolTip.showText(event.globalPos(), plain_tip(said), self)
            return True
        return super().event(event)

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
