"""Parts side by side whose gaps can be dragged; some of them fold away when they are dragged to nothing."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QDataStream, QIODevice, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPaintEvent
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

    def __init__(self, orientation: Qt.Orientation, *widgets: QWidget, foldable: tuple[QWidget, ...] = ()) -> None:
        super().__init__(orientation)
        self.setHandleWidth(GAP)
        self.setChildrenCollapsible(False)
        self._kept: dict[QWidget, int] = {}
        self._before: list[int] = []
        for widget in widgets:
            self.addWidget(widget)
        for widget in foldable:
            self.setCollapsible(self.indexOf(widget), True)

    def createHandle(self) -> QSplitterHandle:  # noqa: N802 - Qt's name
        """A handle that paints nothing."""
        return _BareHandle(self.orientation(), self)

    def give_place(self, widget: QWidget, shown: bool) -> None:
        """Show a part in the size that it had, or hide it."""
        if widget.isHidden() != shown:
            return
        sizes, place = self.sizes(), self.indexOf(widget)
        if not shown:
            if sizes[place]:
                self._kept[widget] = sizes[place]
            widget.hide()
            return
        widget.show()
        kept = self._kept.pop(widget, 0)
        if kept:
            # The part that stretches gives the room.
            widest = max((index for index in range(len(sizes)) if index != place), key=sizes.__getitem__)
            sizes[widest], sizes[place] = max(1, sizes[widest] - kept - GAP), kept
            self.setSizes(sizes)

    def keep_sizes(self, sizes: list[int]) -> None:
        """Take these sizes, a hidden part's for when it is shown again."""
        for index, size in enumerate(sizes):
            if self.widget(index).isHidden():
                self._kept[self.widget(index)] = size
        self.setSizes(sizes)

    def note_sizes(self) -> None:
        """Remember the sizes at the beginning of a drag."""
        self._before = self.sizes()

    def tell_dragged_away(self) -> None:
        """Tell of every part that has no room left; it will come back in the size that it had before."""
        for index, size in enumerate(self.sizes()):
            widget = self.widget(index)
            if not size and not widget.isHidden():
                self._kept[widget] = self._before[index]
                self.dragged_away.emit(widget)

    def state(self) -> QByteArray:
        """Its sizes in the form of Qt's own states, a hidden part with the size that it comes back in."""
        sizes = self.sizes()
        data = QByteArray()
        stream = QDataStream(data, QIODevice.OpenModeFlag.WriteOnly)
        for number in STATE_HEAD:
            stream.writeInt32(number)
        stream.writeUInt32(len(sizes))
        for index, size in enumerate(sizes):
            stream.writeInt32(size or self._kept.get(self.widget(index), 0) or 1)
        return data

    def take_state(self, state: QByteArray) -> None:
        """Take the sizes in a state of Qt's, if each part has one.

        Nothing else of it: it could turn the splitter, take its handles away, or let a part be hidden for good.
        """
        stream = QDataStream(state)
        if (stream.readInt32(), stream.readInt32(), stream.readUInt32()) != (*STATE_HEAD, self.count()):
            return
        sizes = [stream.readInt32() for _ in range(self.count())]
        if stream.status() == QDataStream.Status.Ok and all(0 < size <= LARGEST for size in sizes):
            self.keep_sizes(sizes)


class _BareHandle(QSplitterHandle):
    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing."""

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin to drag."""
        self._splitter.note_sizes()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """A part that was dragged to nothing is folded away now: until here it could be dragged back."""
        super().mouseReleaseEvent(event)
        self._splitter.tell_dragged_away()

    @property
    def _splitter(self) -> Splitter:
        splitter = self.splitter()
        assert isinstance(splitter, Splitter)
        return splitter
