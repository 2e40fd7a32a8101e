"""Painting the timeline's marks: their headings by phase, the marks, the current one, and the labels below."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from chainrule.model.elements import element_count
from chainrule.session.screen.moment import Moment
from chainrule.translation import pgettext
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.timeline.layout import NARROW, PhaseMarks, marks_of
from chainrule.ui.timeline.mark_places import HEADING, HEADING_FONT, LABEL_FONTS, MarkPlaces, in_pixels
from chainrule.ui.timeline.marks import MarkPictures
from chainrule.ui.timeline.steps import Steps

# How far what stands below a label's line is below it.
BELOW = 3


@dataclass(frozen=True, slots=True)
class ShownMarks:
    """What of a moment is painted, where, and on how large a bar; `hovered` is the micro-step under the mouse."""

    moment: Moment
    steps: Steps
    places: MarkPlaces
    labels: dict[int, QRectF]
    size: QSize
    hovered: int | None


class MarkPainter:
    """Paints marks; of hundreds that are narrow it keeps pictures."""

    def __init__(self, appearance: Appearance) -> None:
        self._appearance = appearance
        self._pictures = MarkPictures()

    def forget(self) -> None:
        """Paint all anew the next time: the marks are elsewhere now, or of other colours."""
        self._pictures.forget()

    def paint(self, painter: QPainter, shown: ShownMarks) -> None:
        """Paint the marks with their headings and labels."""
        self._paint_headings(painter, shown)
        self._paint_marks(painter, shown)
        self._paint_current(painter, shown)
        self._paint_labels(painter, shown)

    def _paint_headings(self, painter: QPainter, shown: ShownMarks) -> None:
        theme, (top, height) = self._appearance.theme, in_pixels(self._appearance, HEADING)
        painter.setFont(self._appearance.font(HEADING_FONT, bold=True))
        for group in shown.places.groups:
            painter.setPen(theme.phase(group.phase) if shown.moment.steps else QColor(theme.dimmed))
            rect = QRectF(group.left, top, group.width + 2, height)
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, pgettext("phase", group.phase.capitalize()))

    def _paint_marks(self, painter: QPainter, shown: ShownMarks) -> None:
        done, count, surface = shown.moment.cursor.position, len(shown.steps.phases), self._appearance.theme.surface
        for group in shown.places.groups:
            for index in group.indices if group.pitch >= NARROW else ():
                self._paint_mark(painter, shown, group, index, self._mark_color(shown, group, index))
        if any(group.pitch < NARROW for group in shown.places.groups):
            x = round(shown.places.mark(done).left()) if done < count else shown.size.width()
            self._pictures.paint(painter, shown.size, x, partial(self._paint_narrow, shown))
        # What the pictures do not know of.
        for index in {done - 1, -1 if shown.hovered is None else shown.hovered} & set(range(count)):
            group = marks_of(shown.places.groups, index)
            if group.pitch < NARROW:
                painter.fillRect(group.mark(index, *shown.places.marks), QColor(surface))
                self._paint_mark(painter, shown, group, index, self._mark_color(shown, group, index))

    def _paint_narrow(self, shown: ShownMarks, painter: QPainter, is_done: bool) -> None:
        """Paint all narrow marks, done or not done."""
        for group in shown.places.groups:
            color = self._plain_color(group, is_done=is_done)
            for index in group.indices if group.pitch < NARROW else ():
                self._paint_mark(painter, shown, group, index, color)

    def _paint_mark(self, painter: QPainter, shown: ShownMarks, group: PhaseMarks, index: int, color: QColor) -> None:
        rect, narrow = group.mark(index, *shown.places.marks), group.pitch < NARROW
        if narrow and _ends_key(shown.steps, index):
            # Narrow marks of one parameter stand together.
            rect.setRight(rect.right() - 1.5)
        radius = min(4.0, rect.width() / 3)
        has_hairline = not narrow and index >= shown.moment.cursor.position
        painter.setPen(QPen(QColor(self._appearance.theme.border), 1) if has_hairline else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(color)
        painter.drawRoundedRect(rect, radius, radius)

    def _plain_color(self, group: PhaseMarks, *, is_done: bool) -> QColor:
        theme = self._appearance.theme
        return theme.phase(group.phase) if is_done else theme.tint(theme.border, 0.65)

    def _mark_color(self, shown: ShownMarks, group: PhaseMarks, index: int) -> QColor:
        """Return the colour of a mark; lighter while its numbers are shown one at a time, tinted under the mouse."""
        theme, cursor = self._appearance.theme, shown.moment.cursor
        hue = theme.phase(group.phase)
        if index == shown.hovered:
            return theme.tint(hue, 0.75 if index < cursor.position else 0.3)
        if index == cursor.position - 1 and cursor.element is not None:
            written = shown.moment.steps[index].writes
            value = shown.moment.value(written)
            count = 1 if value is None else element_count(value)
            return theme.tint(hue, 0.4 + 0.6 * min(1.0, (cursor.element + 1) / count))
        return self._plain_color(group, is_done=index < cursor.position)

    def _paint_current(self, painter: QPainter, shown: ShownMarks) -> None:
        """Paint the outline of the micro-step that was done last; a bar where marks are too narrow for one."""
        theme, position = self._appearance.theme, shown.moment.cursor.position
        painter.setPen(QPen(QColor(theme.text), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if position:
            rect = shown.places.mark(position - 1)
            wider = max(0.0, 6 - rect.width()) / 2
            painter.drawRoundedRect(rect.adjusted(-2 - wider, -3, 2 + wider, 3), 6, 6)

    def _paint_labels(self, painter: QPainter, shown: ShownMarks) -> None:
        theme, current = self._appearance.theme, shown.moment.cursor.position - 1
        letters, indices = (self._appearance.font(font) for font in LABEL_FONTS)
        left, down = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self._appearance.size(BELOW)
        for place, rect in shown.labels.items():
            painter.setPen(QColor(theme.text if place == current else theme.muted))
            wider, below = rect.adjusted(0, 0, 2, 0), shown.steps.indices[place]
            letter = shown.steps.labels[place].removesuffix(below)
            painter.setFont(letters)
            painter.drawText(wider, left, letter)
            if below:
                across = painter.fontMetrics().horizontalAdvance(letter)
                painter.setFont(indices)
                painter.drawText(wider.adjusted(across, down, 0, down), left, below)


def _ends_key(steps: Steps, index: int) -> bool:
    keys = steps.keys
    return index + 1 < len(keys) and keys[index] != keys[index + 1]
