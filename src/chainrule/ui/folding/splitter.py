"""Parts side by side whose gaps can be dragged; some of them fold away when they are dragged to nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QByteArray, QDataStream, QIODevice, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle, QWidget

GAP = 10
# What Qt's states of splitters begin with, and the largest size of a part that it knows.
STATE_HEAD = 0xFF, 1
LARGEST = 2**24 - 1


class Splitter(QSplitter):
    """The gap is the handle: a mark in it would be one too many.

    `dragged_away` gives a part that was dragged to nothing, once the mouse has let go of it. A part that is hidden
    keeps its size until it is shown again.
    """

    dragged_away = Signal(object)

    def __init__(
        self,
        orientation: Qt.Orientation,
        *widgets: QWidget,
        foldable: tuple[QWidget, ...] = (),
        stretched: QWidget | None = None,
        share: Callable[[int], Sequence[int]] | None = None,
    ) -> None:
        """`foldable` are those that can be dragged to nothing; `stretched` takes what the others leave, if any does.

        `share` says how large each part is of so much room, until somebody gives them sizes.
        """
        super().__init__(orientation)
        self.setHandleWidth(GAP)
        self.setChildrenCollapsible(False)
        self._before: list[int] = []
        self._wished: dict[QWidget, float] = {}
        self._scale, self._stretched, self._share = 1.0, stretched, share
        for widget in widgets:
            self.addWidget(widget)
        for widget in foldable:
            self.setCollapsible(self.indexOf(widget), True)
        self.splitterMoved.connect(lambda: self._wish(self.sizes()))

    def createHandle(self) -> QSplitterHandle:
        """Return a handle that paints nothing."""
        return _BareHandle(self.orientation(), self)

    def give_place(self, widget: QWidget, shown: bool) -> None:
        """Show a part in the size that it had, or hide it."""
        if widget.isHidden() != shown:
            return
        sizes, place = self.sizes(), self.indexOf(widget)
        widget.setVisible(shown)
        if self.is_shared:
            self.give_shares()
            return
        if not shown and self._stretched is None and sizes[place]:
            self._wished[widget] = sizes[place] / self._scale
        elif shown and self._stretched is None:
            # The largest one gives the room.
            sizes[place] = round(self._wished.get(widget, 1) * self._scale)
            others = [index for index in range(self.count()) if index != place]
            largest = max(others, key=sizes.__getitem__)
            sizes[largest] = max(1, sizes[largest] - sizes[place] - self.handleWidth())
            super().setSizes(sizes)
        self._give_wishes()

    def setSizes(self, sizes: Sequence[int]) -> None:
        """Give each part so much, or what it needs at least; a hidden one when it is shown again."""
        super().setSizes(sizes)
        self._wish(sizes)

    def set_scale(self, scale: float) -> None:
        """Make every part larger or smaller with the text that is in it."""
        self._scale = scale
        self._give_wishes()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the parts their sizes again, as far as there is room: Qt lets them shrink, and not grow again."""
        super().resizeEvent(event)
        self._give_wishes()
        self.give_shares()

    @property
    def is_shared(self) -> bool:
        """Whether its rule says how large the parts are: nobody has."""
        return self._share is not None and not self._wished

    def give_shares(self) -> None:
        """Give each part what the rule says."""
        if self._share is not None and self.is_shared:
            vertical = self.orientation() is Qt.Orientation.Vertical
            room = (self.height() if vertical else self.width()) - self.handleWidth() * (self.count() - 1)
            sizes = list(self._share(room))
            if sizes != self.sizes():
                super().setSizes(sizes)

    def give_wishes(self) -> None:
        """Share the room among the parts that are shown, by what each was given."""
        super().setSizes([round(self._wished.get(part, 1) * self._scale) for part in self._parts()])

    def _parts(self) -> list[QWidget]:
        parts = (self.widget(place) for place in range(self.count()))
        return [part for part in parts if part is not None]

    def _wish(self, sizes: Sequence[int]) -> None:
        """Remember what each part was given, as it would be in the usual text size."""
        given = zip(self._parts(), sizes, strict=False)
        self._wished |= {part: size / self._scale for part, size in given if size}

    def _give_wishes(self) -> None:
        """Give the others what they were given, where one part takes what they leave."""
        if self._stretched is None or not self._wished:
            return
        sizes = [round(self._wished.get(part, 1) * self._scale) for part in self._parts()]
        shown = [size for part, size in zip(self._parts(), sizes, strict=True) if not part.isHidden()]
        place = self.indexOf(self._stretched)
        sizes[place] = max(1, sizes[place] + self.width() - self.handleWidth() * (len(shown) - 1) - sum(shown))
        super().setSizes(sizes)

    # Dragging

    def note_sizes(self) -> None:
        """Remember the sizes at the beginning of a drag."""
        self._before = self.sizes()

    def tell_dragged_away(self) -> None:
        """Tell of every part that has no room left; it will come back in the size that it had before."""
        for part, size, before in zip(self._parts(), self.sizes(), self._before, strict=True):
            if not size and not part.isHidden():
                self._wished[part] = before / self._scale
                self.dragged_away.emit(part)

    # Remembering

    def state(self) -> QByteArray:
        """Return its sizes in the form of Qt's own states, a hidden part with the size that it comes back in.

        Of sizes that nobody gave, none is larger than another.
        """
        sizes = [1] * self.count() if self.is_shared else self.sizes()
        data = QByteArray()
        stream = QDataStream(data, QIODevice.OpenModeFlag.WriteOnly)
        for number in STATE_HEAD:
            stream.writeInt32(number)
        stream.writeUInt32(len(sizes))
        for part, size in zip(self._parts(), sizes, strict=True):
            # Where there is little room now, there may be more the next time.
            wished = round(self._wished.get(part, 0) * self._scale)
            stream.writeInt32((size if self._stretched is None else 0) or wished or size or 1)
        return data

    def take_state(self, state: QByteArray) -> None:
        """Take the sizes in a state of Qt's, if each part has one.

        Nothing else of it: it could turn the splitter, take its handles away, or let a part be hidden for good.
        """
        stream = QDataStream(state)
        if (stream.readInt32(), stream.readInt32(), stream.readUInt32()) != (*STATE_HEAD, self.count()):
            return
        sizes = [stream.readInt32() for _ in range(self.count())]
        if self._share is not None and set(sizes) == {1}:
            return
        if stream.status() == QDataStream.Status.Ok and all(0 < size <= LARGEST for size in sizes):
            self.setSizes(sizes)


class _BareHandle(QSplitterHandle):
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint nothing."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        self._splitter.note_sizes()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Fold away a part that was dragged to nothing: until here it could be dragged back."""
        super().mouseReleaseEvent(event)
        self._splitter.tell_dragged_away()

    @property
    def _splitter(self) -> Splitter:
        splitter = self.splitter()
        assert isinstance(splitter, Splitter)
        return splitter
