"""The timeline: one mark a micro-step of this iteration, by phase, and a slider over the iterations."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from chainrule.model.navigation import Cursor
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.session.training import Progress
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.events import ask_about_events
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.timeline.heading import IterationHeading
from chainrule.ui.timeline.iterations import IterationSlider
from chainrule.ui.timeline.layout import position_at
from chainrule.ui.timeline.mark_painting import MarkPainter, ShownMarks
from chainrule.ui.timeline.mark_places import HEADING, LABELS, MARKS, MarkPlaces, in_pixels
from chainrule.ui.timeline.steps import Steps
from chainrule.ui.timeline.texts import batch_text, computed_text, epoch_text, iteration_text
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.window.hints import BACK_TO_STAGE

# With a line of labels below the marks, and without it where the window is low.
HEIGHT, LOW_HEIGHT = 68, 48
MARGIN = 14
ITERATIONS = 208
MOST_ITERATIONS = 0.3
LEAST_WIDTH = 480
# Between two texts in one line.
GAP = 8
RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
# These keys mean something else in the window; while the timeline has the focus they are its own.
OWN_KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End)


class TimelineBar(Card):
    """The micro-steps of the iteration, done or not. Click or drag to go to any; Home and End to the ends."""

    shows = Change.EXPERIMENT | Change.PROGRAM | Change.BY_HAND | Change.ITERATION | Change.MICRO_STEP | Change.COURSE

    about_to_move = Signal()
    go_to_asked = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("timeline_bar")
        self.setAccessibleName(gettext("Timeline"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.slider = IterationSlider(session, appearance, self)
        self.slider.about_to_move.connect(self.about_to_move)
        self.heading = IterationHeading(appearance, self)
        self.heading.clicked.connect(self.go_to_asked)
        self._progress: Progress | None = None
        self._is_low = False
        self._session = session
        self._moment = session.moment
        self._steps = Steps.of(self._moment)
        self._places = MarkPlaces.of(self._steps, appearance, 0.0, 0.0, has_labels=False)
        self._marks = MarkPainter(appearance)
        self._hovered: int | None = None
        self._dragging = False
        appearance.changed.connect(self._lay_out)
        self._lay_out()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment."""
        self._moment = moment
        if change & (Change.PROGRAM | Change.NETWORK):
            same_network = not change & Change.NETWORK
            labels, self._steps = self._steps.labels, Steps.of(moment, self._steps if same_network else None)
            if self._steps.labels is labels:
                self.update()
            else:
                self._lay_out()
        elif change & Change.MICRO_STEP:
            self.update()
        elif change & (Change.ITERATION | Change.COURSE):
            self.update(self._iterations_side())
        self.slider.show_iterations(moment.cursor.iteration + moment.is_over, moment.course)
        self.slider.show_by_hand(moment.by_hand)
        self._show_iteration()
        self._describe()

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far a run of a set number of iterations is, in the place of how many are computed."""
        if progress != self._progress:
            self._progress = progress
            self._describe()
            self.update(self._iterations_side())

    def set_low(self, is_low: bool) -> None:
        """Leave the labels out, which the heading of the network says one by one, or show them."""
        if is_low != self._is_low:
            self._is_low = is_low
            self._lay_out()
            self.updateGeometry()

    def _show_iteration(self) -> None:
        self.heading.show_text(iteration_text(self._moment))
        self.heading.setEnabled(bool(self._moment.steps))
        place, wide = self._iterations_rect(HEADING), self.heading.sizeHint()
        self.heading.setGeometry(place.x(), place.y(), min(place.width(), wide.width()), place.height())

    def _describe(self) -> None:
        cursor, count = self._moment.cursor, len(self._moment.steps)
        title = self._steps.titles[cursor.position - 1] if self._moment.step else "the iteration begins"
        text = gettext(
            "{iteration_text}, micro-step {position} of {count}: {title}",
            iteration_text=iteration_text(self._moment),
            position=cursor.position,
            count=count,
            title=title,
        )
        self.setAccessibleDescription(text)
        texts = (
            iteration_text(self._moment),
            epoch_text(self._moment),
            batch_text(self._moment),
            computed_text(self._moment, self._progress),
        )
        self.slider.setAccessibleDescription(", ".join(filter(None, texts)))

    # Places

    def sizeHint(self) -> QSize:
        """Return a height of three lines, or two."""
        return QSize(self.appearance.size(900), self._full_height())

    def minimumSizeHint(self) -> QSize:
        """Return a width for the headings and the slider."""
        return QSize(self.appearance.size(LEAST_WIDTH), self._full_height())

    def _full_height(self) -> int:
        return self.appearance.size(LOW_HEIGHT if self._is_low else HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the marks out anew."""
        self._lay_out()
        super().resizeEvent(event)

    def _lay_out(self) -> None:
        size = self.appearance.size
        self.setFixedHeight(self._full_height())
        left, right = float(size(MARGIN)), float(self.width() - size(3 * MARGIN) - self._iterations_width())
        self._places = MarkPlaces.of(self._steps, self.appearance, left, right, has_labels=not self._is_low)
        self._marks.forget()
        self.slider.setGeometry(self._iterations_rect(MARKS))
        self._show_iteration()
        self.update()

    def _iterations_width(self) -> int:
        """Return how wide the iterations are.

        Where the text is large and the window small, the marks need the room more.
        """
        return min(self.appearance.size(ITERATIONS), round(MOST_ITERATIONS * self.width()))

    def _iterations_rect(self, row: tuple[int, int]) -> QRect:
        """Return a row at the right, where the iterations are."""
        (top, height), size, wide = in_pixels(self.appearance, row), self.appearance.size, self._iterations_width()
        return QRect(self.width() - size(MARGIN) - wide, round(top), wide, round(height))

    def iterations_rect(self, window: QWidget) -> QRect:
        """Return where the iterations are in the window; where the timeline is folded away, the lower right corner."""
        if not self.isVisible():
            return QRect(window.width() - 2, window.height() - 2, 1, 1)
        rect = self._iterations_rect(HEADING)
        return QRect(self.mapTo(window, rect.topLeft()), rect.size())

    def _iterations_side(self) -> QRect:
        """Return all right of the marks: the line that divides the two, and the iterations."""
        left = self.width() - 2 * self.appearance.size(MARGIN) - self._iterations_width()
        return QRect(left - 1, 0, self.width() - left + 1, self.height())

    def mark_rect(self, index: int) -> QRectF:
        """Return where a micro-step's mark is."""
        return self._places.mark(index)

    def label_rects(self) -> dict[int, QRectF]:
        """Return where the labels that are shown are, by micro-step."""
        return self._places.labels_with(self._moment.cursor.position - 1 if self._moment.step else None)

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the mark that was pressed; dragging goes on from there."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_on_marks(event.position().x()):
            self._dragging = True
            self._go_to_x(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub, or show what the mouse is on."""
        x = event.position().x()
        if self._dragging:
            self._go_to_x(x)
        self._hover(self._places.step_at(x) if self._is_on_marks(x) else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stop scrubbing."""
        self._dragging = False

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mark: nothing is under the mouse."""
        self._hover(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to begin or end of the iteration with Home and End."""
        if event.key() in OWN_KEYS and self._moment.steps:
            self._go_to(0 if event.key() == Qt.Key.Key_Home else len(self._moment.steps))
        else:
            super().keyPressEvent(event)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("→ step"),
            gettext_noop("← back"),
            gettext_noop("Home End of the iteration"),
            gettext_noop("↓ phase"),
            gettext_noop("↵ iteration"),
            BACK_TO_STAGE,
        )

    def _take_event(self, event: QEvent) -> bool:
        """Show tooltips of marks; the window's shortcuts do not take this widget's keys."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tooltip(event.pos(), event.globalPos())
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in OWN_KEYS:
            event.accept()
            return True
        return False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go."""
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Paint it without the focus: the keys go elsewhere."""
        self.update()

    def tooltip(self, index: int) -> str:
        """Return what a micro-step does, and which it is."""
        return f"{self._steps.titles[index]}\nmicro-step {index + 1} of {len(self._steps.titles)}"

    def _show_tooltip(self, pos: QPoint, at: QPoint) -> None:
        index = self._places.step_at(pos.x()) if self._is_on_marks(pos.x()) else None
        if index is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(at, plain_tip(self.tooltip(index)), self, self.mark_rect(index).toAlignedRect())

    def _is_on_marks(self, x: float) -> bool:
        return bool(self._moment.steps) and x < self._places.right + self.appearance.size(MARGIN)

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            self._hovered = index
            self.setCursor(Qt.CursorShape.ArrowCursor if index is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def _go_to_x(self, x: float) -> None:
        self._go_to(position_at(self._places.groups, x))

    def _go_to(self, position: int) -> None:
        target = Cursor(self._moment.cursor.iteration, position)
        if target != self._moment.cursor:
            self.about_to_move.emit()
            self._session.navigator.go_to(target)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the surface, marks with headings and labels, and the texts around the slider."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint_surface(painter)
            # In a run only the iterations change, frame by frame.
            if not self._iterations_side().contains(event.rect()):
                labels, size = self.label_rects(), self.size()
                shown = ShownMarks(self._moment, self._steps, self._places, labels, size, self._hovered)
                self._marks.paint(painter, shown)
                if self.hasFocus() and self._steps.phases:
                    self._paint_focus(painter)
            self._paint_iterations(painter)

    def _paint_focus(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(self.appearance.theme.link), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(7, 4, self._places.right, self.height() - 8), 6, 6)

    def _paint_iterations(self, painter: QPainter) -> None:
        theme, size = self.appearance.theme, self.appearance.size
        x = self.width() - 2 * size(MARGIN) - self._iterations_width()
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(x, size(12), x, self.height() - size(12))
        painter.setPen(QColor(theme.muted))
        painter.setFont(self.appearance.font(11))
        above, below = self._iterations_rect(HEADING), self._iterations_rect(LABELS)
        above.setLeft(self.heading.geometry().right() + size(GAP))
        computed = computed_text(self._moment, self._progress)
        if self._is_low:
            # How far a run has come is more than the epoch says.
            self._paint_fitting(painter, above, (computed if self._progress else epoch_text(self._moment),))
        else:
            self._paint_fitting(painter, above, (epoch_text(self._moment),))
            self._paint_fitting(painter, below, (batch_text(self._moment), computed))

    def _paint_fitting(self, painter: QPainter, room: QRect, texts: tuple[str, ...]) -> None:
        """Paint the last one at the right; one before it at the left, if there is room for both."""
        *before, last = texts
        painter.drawText(room, RIGHT, painter.fontMetrics().elidedText(last, Qt.TextElideMode.ElideRight, room.width()))
        rest = room.width() - painter.fontMetrics().horizontalAdvance(last) - self.appearance.size(GAP)
        for text in before:
            elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, rest))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, elided)
