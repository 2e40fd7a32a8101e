"""The names of the views that share a card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QTabBar, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.board.more_names import MoreNames
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.window.hints import BACK_TO_STAGE
from chainrule.ui.window.keys import keep_keys

HEIGHT = 28
FONT = 12.5
# Free room at both sides of a tab's name, and what is left of it where one alone has little.
BESIDE = 7
LEAST_BESIDE = 2


class NameBar(QTabBar):
    """The names that fit, in their order, and a button for the others; a click leaves the focus where it was.

    The chosen one is always there. Before the others come those that were chosen last, then those that suit what is
    open, so that who goes to and fro between two views has both names.
    """

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.setObjectName("side_tabs.bar")
        self.setAccessibleName(gettext("What is shown below"))
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        # The last one that is left comes closer before it needs more room.
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        keep_keys(self, (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End))
        self.more = MoreNames(appearance, self)
        self._there: list[bool] = []
        # Places, the one that was chosen last before the others; and those that suit what is open.
        self._recent: list[int] = []
        self._suiting: list[int] = []
        self.currentChanged.connect(self._note)
        appearance.changed.connect(self._restyle)
        self._restyle()

    @property
    def there(self) -> list[int]:
        """The places of all names that can be chosen, whether or not they have room."""
        return [place for place, is_there in enumerate(self._there) if is_there]

    def set_there(self, there: Sequence[bool]) -> None:
        """Set which names can be chosen."""
        if list(there) != self._there:
            self._there = list(there)
            # Else the layout goes on with the room that the names of before needed.
            self.updateGeometry()
            self._fit()

    def begin_with(self, suiting: Iterable[int]) -> None:
        """Let the names that suit what is open come first, and forget which were chosen before."""
        self._recent, self._suiting = [], list(suiting)
        self._fit()

    def _note(self, chosen: int) -> None:
        self._recent = [chosen, *(place for place in self._recent if place != chosen)]
        self._fit()

    def _fit(self) -> None:
        """Show the names that have room, and on the button how many have none."""
        there, first = self.there, (self.currentIndex(), *self._recent, *self._suiting)
        order = list(dict.fromkeys(place for place in (*first, *there) if place in there))
        shown = set(self._fitting(order))
        for place in range(self.count()):
            # To Qt a tab that stays as it is means that none needs another place, whatever became of those before it.
            if (place in shown) != self.isTabVisible(place):
                self.setTabVisible(place, place in shown)
        if shown:
            self._begin_with_first(min(shown))
        self.more.set_names([self.tabText(place) for place in there if place not in shown])
        self.more.move(self.width() - self.more.width(), (self.height() - self.more.height()) // 2)
        self.update()

    def _begin_with_first(self, first: int) -> None:
        """Let the names begin at the left: where the chosen one had no room for a moment, Qt has moved all of them, and
        moves them back no further than to the next that is chosen.
        """
        if self.tabRect(first).left() == 0:
            return
        chosen = self.currentIndex()
        with QSignalBlocker(self):
            self.setCurrentIndex(0)
            self.setCurrentIndex(chosen)

    def _fitting(self, order: list[int]) -> list[int]:
        """Return as many names, from the first on, as have room beside a button for the others."""
        ends, end = [], 0
        for place in order:
            end += self._width(place, BESIDE)
            ends.append(end)
        if not order or ends[-1] <= self.width():
            return order
        room = self.width() - self.more.width_for(len(order))
        return order[: max(1, sum(end <= room for end in ends))]

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("→ ← another tab"),
            gettext_noop("↓ phase"),
            gettext_noop("↵ iteration"),
            gettext_noop("Space run"),
            BACK_TO_STAGE,
        )

    def _restyle(self) -> None:
        # Setting a font makes the bar measure its tabs anew.
        self.setFont(self._appearance.font(FONT, bold=True))
        self.updateGeometry()
        self._fit()

    def _width(self, index: int, beside: float) -> int:
        return self.fontMetrics().horizontalAdvance(self.tabText(index)) + 2 * self._appearance.size(beside)

    def tabSizeHint(self, index: int) -> QSize:
        """Return the name and some room at both sides."""
        return QSize(self._width(index, BESIDE), self._appearance.size(HEIGHT))

    def minimumTabSizeHint(self, index: int) -> QSize:
        """Return the whole name all the same: letters of it say nothing."""
        return QSize(self._width(index, LEAST_BESIDE), self._appearance.size(HEIGHT))

    def sizeHint(self) -> QSize:
        """Return room for all names."""
        return QSize(sum(self._width(place, BESIDE) for place in self.there), self._appearance.size(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Return room for the longest name, and for the button beside it."""
        there = self.there
        longest = max((self._width(place, BESIDE) for place in there), default=0)
        more = self.more.width_for(len(there)) if len(there) > 1 else 0
        return QSize(longest + more, self._appearance.size(HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many names as fit now."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the names, a line under the chosen one, and a frame where the keyboard is."""
        with painting(self) as painter:
            theme, size = self._appearance.theme, self._appearance.size
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place in range(self.count()):
                if not self.isTabVisible(place):
                    continue
                rect, chosen = self.tabRect(place), place == self.currentIndex()
                inside = rect.adjusted(1, 0, -1, -2)
                under_mouse = self.underMouse() and rect.contains(self.mapFromGlobal(self.cursor().pos()))
                painter.setFont(self._appearance.font(FONT, bold=chosen))
                if painter.fontMetrics().horizontalAdvance(self.tabText(place)) > inside.width():
                    # Rather whole than bold: the chosen one has a line under it.
                    painter.setFont(self._appearance.font(FONT))
                painter.setPen(QColor(theme.text if chosen else theme.link if under_mouse else theme.muted))
                painter.drawText(inside, Qt.AlignmentFlag.AlignCenter, self.tabText(place))
                if chosen:
                    beside = size(LEAST_BESIDE)
                    line = QRectF(rect.left() + beside, self.height() - 2, rect.width() - 2 * beside, 2)
                    painter.fillRect(line, QColor(theme.link))
                if chosen and self.hasFocus():
                    painter.setPen(QPen(QColor(theme.link), 1))
                    painter.drawRoundedRect(QRectF(rect).adjusted(2.5, 3.5, -2.5, -4.5), 4, 4)
