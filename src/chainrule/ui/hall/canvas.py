"""The stage for a hall: as large as its numbers must be, at the part of the network where the step is."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.stage.canvas import StageCanvas
from chainrule.ui.stage.layout.finding import cells_that_show
from chainrule.ui.stage.layout.geometry import Cell
from chainrule.ui.stage.layout.places import Emphasis, Marks
from chainrule.ui.stage.view import StageView
from chainrule.ui.style.appearance import Appearance

# How much it zooms in at a time until the numbers of a step can be read, and how often at most.
CLOSER, MOST_OFTEN = 1.2, 24


class HallCanvas(StageCanvas):
    """Shows all of a network whose numbers have room, and of a larger one what is around the step, in that text size.

    What somebody has zoomed in further stays so until another network comes.
    """

    shows = ~Change.COURSE

    def __init__(self, stage: StageView, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(stage, appearance, parent)
        self.setObjectName("hall.canvas")
        # The zoom that it came to by itself.
        self._came = self.zoom
        # It goes by itself to where the step is, and is pulled by the mouse: bars would take room and say nothing.
        for set_policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            set_policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment, and come as near as its step needs."""
        super().show_moment(moment, change)
        self.come_near()

    def come_near(self) -> None:
        """Zoom in until the numbers of the step can be read, and go to where they are: the same at each return."""
        moment = self.stage.moment
        if moment.written is None or not self.isVisible():
            return
        if self.zoom == self._came:
            self.fit()
            self._came = self.zoom
        for _ in range(MOST_OFTEN):
            if self.can_be_read(moment) or self.zoom >= self.most_zoom:
                break
            self.zoom_by(CLOSER)
            self._came = self.zoom
        self._center()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Come as near as the new room asks for."""
        super().resizeEvent(event)
        self.come_near()

    def can_be_read(self, moment: Moment) -> bool:
        """Return whether the number that is looked at is written out."""
        assert moment.written is not None
        index = moment.element_at(moment.written)
        value = moment.value(moment.written)
        items = self.stage.stage_layout().of(None if value is None else value.layer)
        return any(not cell.is_dot for cell in cells_that_show(items, moment, moment.written, index))

    def _center(self) -> None:
        """Put what takes part in the step into the middle, as far as there is anything beyond the edges."""
        whole, room = self.stage.size(), self.viewport().size()
        if whole.width() <= room.width() and whole.height() <= room.height():
            return
        moment, focus = self.stage.moment, self.stage.rect_in_focus()
        if focus is None:
            return
        part = QRectF(focus)
        for cell in self._lit(moment, focus):
            wider = part.united(cell.rect)
            if wider.width() <= room.width() * 0.9 and wider.height() <= room.height() * 0.9:
                part = wider
        at = part.center() - QPointF(room.width() / 2, room.height() / 2)
        self.horizontalScrollBar().setValue(round(at.x()))
        self.verticalScrollBar().setValue(round(at.y()))

    def _lit(self, moment: Moment, focus: QRectF) -> list[Cell]:
        """Return the places of all numbers that the step reads or writes, the nearest to the one looked at first."""
        marks, lit = Marks(moment), (Emphasis.READ, Emphasis.WRITTEN, Emphasis.FOCUS)
        near = self.stage.stage_layout().between(focus.left() - self.width(), focus.right() + self.width())
        found = [
            cell
            for cell in near.cells()
            if any(marks.of(slot.ref, cell.index(slot, moment.sample_of(slot.ref))) in lit for slot in cell.slots)
        ]
        center = focus.center()
        return sorted(found, key=lambda cell: (cell.rect.center() - center).manhattanLength())
