"""The body of the window: experiment, network with its equation, plots, and the timeline below them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from chainrule.ui.board.board import ViewBoard
from chainrule.ui.equation.view import EquationView
from chainrule.ui.folding.folding import Folding, FoldingPane
from chainrule.ui.folding.splitter import GAP, Splitter
from chainrule.ui.folding.strip import Strip
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.timeline.bar import TimelineBar
from chainrule.ui.widgets.scroll_area import BAR, ScrolledColumn, SlimScrollArea

# The network's room in width at the usual text size, which the panes beside it leave it: with it, two layers of two
# neurons show all their numbers and weights. But it is no more than that part.
NETWORK = 650
MOST_FOR_NETWORK = 0.72
# Beside a lesson, which is read, it makes do with less. The lesson has that width, and the views below it have that
# height, or half of the room.
NETWORK_IN_LESSON, LESSON, UNDER_LESSON = 430, 385, 185
# The equation has so much height at the usual text size where there is room; else what the network leaves it, but never
# less than its first line needs, or less than that part.
EQUATION, LEAST_EQUATION = 225, 79
EQUATION_SHARE = 0.25
# With the derivation of a gradient below it, which is read line by line, it has that part.
UNFOLDED_SHARE = 0.6
# Where the panes are lower than that at the usual text size the timeline is low, too.
LOW = 520
# Narrower plots say nothing.
PLOTS = 200
# So much of the network is seen at least, and scrolled, beside a pane that was asked for without room for it.
LEAST = QSize(160, 50)
SPACING = 8


class Body(QWidget):
    """Puts the panes side by side. Where all of them have no room, some fold; what still has none is scrolled to."""

    def __init__(
        self,
        experiment: QWidget,
        center: tuple[StagePanel, EquationView],
        board: ViewBoard,
        timeline: TimelineBar,
        folding: Folding,
        appearance: Appearance,
        parent: QWidget,
    ) -> None:
        """`center` is the stage with the equation below it."""
        super().__init__(parent)
        self._appearance, self._folding = appearance, folding
        (self._stage, self._equation), self._timeline = center, timeline
        self._middle = Splitter(Qt.Orientation.Vertical, *center, foldable=center[1:], share=self._share)
        self._middle.setStretchFactor(0, 1)
        self.board, self._plots = board, board.places
        self._side = ScrolledColumn(self._plots, appearance, self)
        # A lesson stands above the views.
        self._right_side = Splitter(Qt.Orientation.Vertical, self._side, share=self._share_beside)
        self._lesson: QWidget | None = None
        self._sizes_before: list[int] = []
        self._network = QWidget(self)
        # Where the text is large and the screen small, all of it is reached by scrolling.
        self._area = _Scrolled(appearance, self)
        self._area.setObjectName("main_area")
        self._area.setWidget(self._network)
        self._columns = Splitter(
            Qt.Orientation.Horizontal,
            experiment,
            self._area,
            self._right_side,
            foldable=(experiment, self._right_side),
            stretched=self._area,
        )
        self._columns.setSizes([250, 706, 284])
        self.splitters = self._columns, self._middle, self._plots
        self._add_panes(experiment, center[1], timeline)
        self._lay_out(timeline)
        for part in (self._columns, self._network, self._middle):
            part.installEventFilter(self)
        appearance.changed.connect(self._restyle)
        folding.changed.connect(self.updateGeometry)
        self._restyle()

    def _add_panes(self, experiment: QWidget, equation: QWidget, timeline: QWidget) -> None:
        def strip(edge: Qt.Edge, name: str, tip: str) -> Strip:
            return Strip(self._appearance, edge, name, tip, self)

        self._left = strip(Qt.Edge.LeftEdge, "Experiment", "Show the experiment (F9)")
        self._right = strip(Qt.Edge.RightEdge, "Plots", "Show the plots (Shift+F9)")
        self._under = strip(Qt.Edge.BottomEdge, "Equation", "Show the equation (F8)")
        self._bottom = strip(Qt.Edge.BottomEdge, "Timeline", "Show the timeline (Shift+F8)")
        self._folding.add(FoldingPane("experiment", experiment, self._left, self._columns, is_aside=True))
        self._folding.add(FoldingPane("plots", self._right_side, self._right, self._columns, is_aside=True))
        self._folding.add(FoldingPane("equation", equation, self._under, self._middle))
        self._folding.add(FoldingPane("timeline", timeline, self._bottom))

    def _lay_out(self, timeline: QWidget) -> None:
        network = QVBoxLayout(self._network)
        network.setContentsMargins(0, 0, 0, 0)
        network.setSpacing(SPACING)
        network.addWidget(self._middle, 1)
        network.addWidget(self._under)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self._left)
        row.addWidget(self._columns, 1)
        row.addWidget(self._right)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING)
        column.addLayout(row, 1)
        column.addWidget(timeline)
        column.addWidget(self._bottom)

    @property
    def folding(self) -> Folding:
        """What folds the panes and brings them back."""
        return self._folding

    def show_view(self, view: str) -> None:
        """Show a view of the board, which is unfolded and scrolled to it."""
        self.board.show(view)
        card = self.board.card_of(view)
        if card is not None:
            self._folding.show("plots")
            self.bring_into_sight(card)

    def take_lesson(self, card: QWidget | None) -> None:
        """Put the card of a lesson above the views, where the column is wide enough to be read; or take it away."""
        if card is None and self._lesson is not None:
            self._lesson.setParent(None)
            self._columns.setSizes(self._sizes_before)
        elif card is not None and self._lesson is None:
            self._sizes_before = self._columns.sizes()
            self._right_side.insertWidget(0, card)
            card.show()
        self._lesson = card
        if card is not None:
            self._folding.show("plots")
            left, middle, right = self._columns.sizes()
            more = max(0, self._appearance.size(LESSON) - right)
            self._columns.setSizes([left, max(1, middle - more), right + more])
        self._fit()

    def show_views(self, shown: bool) -> None:
        """Show the views below a lesson, or leave it all the room."""
        self._right_side.give_place(self._side, shown)

    def fit_lesson(self) -> None:
        """Give a lesson the height that its step needs."""
        self._right_side.give_shares()

    def _share_beside(self, room: int) -> tuple[int, ...]:
        """Return the heights of a lesson and of the views below it: what is read comes first."""
        if self._lesson is None or self._side.isHidden():
            return (room,) * self._right_side.count()
        least = min(self._appearance.size(UNDER_LESSON), room // 2)
        lesson = min(self._lesson.sizeHint().height(), room - least)
        return lesson, room - lesson

    def bring_into_sight(self, plot: QWidget) -> None:
        """Scroll the column of plots to one of them."""
        # What has just come back has no place yet.
        QApplication.sendPostedEvents(self._side, QEvent.Type.LayoutRequest)
        middle = plot.mapTo(self._plots, plot.rect().center())
        self._side.ensureVisible(middle.x(), middle.y(), 0, plot.height() // 2 + 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fold what has no room."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Ask for another size: what a pane needs has changed."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return False

    def _restyle(self) -> None:
        self._columns.set_scale(self._appearance.scale)
        self._plots.setMinimumWidth(self._appearance.size(PLOTS))
        for pane in self._folding.all:
            if pane.widget.isHidden():
                # Layouts out of sight would go on asking for the room that the text needed before.
                for layout in pane.widget.findChildren(QLayout):
                    layout.invalidate()
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Return what the panes need that are shown now: the layout learns of one that was folded some events later."""
        strips = sum(strip.sizeHint().width() + GAP for strip in (self._left, self._right) if not strip.isHidden())
        timeline = 0 if self._timeline.isHidden() else self._timeline.minimumSizeHint().width()
        width = max(strips + self._columns.minimumSizeHint().width(), timeline)
        return QSize(width, super().minimumSizeHint().height())

    def _share(self, room: int) -> tuple[int, int]:
        """Return the heights of the network and of the equation: the network comes first."""
        size = self._appearance.size
        least = max(round(EQUATION_SHARE * room), size(LEAST_EQUATION))
        equation = max(least, min(size(EQUATION), room - self._stage.wanted_height()))
        if self._equation.shows_derivation:
            equation = max(equation, round(UNFOLDED_SHARE * room))
        return max(1, room - equation), equation

    def _fit(self) -> None:
        self._timeline.set_low(self.height() < self._appearance.size(LOW))
        self._middle.give_shares()
        # Where they have too little height, too, there is a scroll bar beside them.
        room = self.width() - self._appearance.size(BAR)
        network = NETWORK if self._lesson is None else NETWORK_IN_LESSON
        wanted = min(self._appearance.size(network), round(MOST_FOR_NETWORK * room))
        self._folding.fit(room, max(wanted, self._network.minimumSizeHint().width()))


class _Scrolled(SlimScrollArea):
    """The network's column, which gives way to what is beside it and is scrolled then."""

    def minimumSizeHint(self) -> QSize:
        """Return enough for one neuron."""
        return QSize(self.appearance.size(LEAST.width()), self.appearance.size(LEAST.height()))
