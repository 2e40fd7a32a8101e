"""The card with tabs: views that share one place, of which one is in front. A view is one line of `TABS`.

But for the first, a view is made once there is time, or when it is first in front, and what it needs is imported then:
the window is there sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.plots.slope_plot import SlopePlot
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.hints import BACK_TO_STAGE
from chainrule.ui.window.keys import keep_keys
from chainrule.ui.window.views import Views

# A view: a card with `show_moment`, and where it has them the signals `about_to_edit` and `about_to_move`.
Make = Callable[[Session, Appearance, Refusals, QWidget], MomentCard]
HEIGHT = 28
FONT = 12.5
# Free room at both sides of a tab's name, and what is left of it where there is little.
BESIDE = 8
LEAST_BESIDE = 3
# The names begin where the titles of other cards do.
LEFT = 5
# Room enough for any of the views, so that nothing moves when one is made.
LEAST = QSize(180, 150)


def _has_layers(experiment: Experiment) -> bool:
    return not experiment.network.formula


def _has_formula(experiment: Experiment) -> bool:
    return bool(experiment.network.formula)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: its id is that of its action, `view.tab_slope`. A `live` one is drawn in every frame of a fast run.

    It is there for experiments that it is about. Alt and `place` choose it, as those that are there are counted.

    A title is one short word: names are never cut off, and all that are there together make the side of the window so
    wide that the experiment beside it may be folded. `tests/ui/window/test_small_screen.py` says, where they are too
    long, how many pixels there are.
    """

    id: str
    title: str
    tip: str
    make: Make
    place: int
    live: bool = False
    is_about: Callable[[Experiment], bool] = lambda _: True


def _slope(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    return SlopePlot(session, appearance, parent)


def _state(session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.state.view import StateView  # noqa: PLC0415 - not for the first paint

    return StateView(session, appearance, refusals, parent)


def _schedule(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.plots.schedule_plot import SchedulePlot  # noqa: PLC0415 - not for the first paint

    return SchedulePlot(session, appearance, parent)


def _classes(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.plots.classes_view import ClassesView  # noqa: PLC0415 - not for the first paint

    return ClassesView(session, appearance, parent)


def _path(session: Session, appearance: Appearance, _refusals: Refusals, parent: QWidget) -> MomentCard:
    from chainrule.ui.plots.path_plot import PathPlot  # noqa: PLC0415 - not for the first paint

    return PathPlot(session, appearance, parent)


# In the order of their keys, Alt+1 and on; two that are never there together have the same. The first one is made with
# the window, and must not load torch.
TABS = (
    Tab(
        "slope",
        "Slope",
        "The loss along the parameter that was selected last: its gradient is the slope",
        _slope,
        1,
    ),
    Tab("state", "State", "Every number that the optimizer reads, keeps and computes for that parameter", _state, 2),
    Tab(
        "schedule",
        "Schedule",
        "The learning rate by iteration: what was used, and what the scheduler will set",
        _schedule,
        3,
        live=True,
    ),
    Tab(
        "classes",
        "Classes",
        "Which classes the network tells apart: accuracy and confusion matrix",
        _classes,
        4,
        live=True,
        is_about=_has_layers,
    ),
    Tab(
        "path",
        "Path",
        "The way of training through the formula's parameters, on its curve or among its contour lines",
        _path,
        4,
        live=True,
        is_about=_has_formula,
    ),
)


class TabbedCard(Card):
    """Names in a row, and under them the view of the chosen one. A view out of sight is shown no moments."""

    shows = Change.NETWORK
    about_to_edit = Signal()
    about_to_move = Signal()

    def __init__(
        self,
        session: Session,
        appearance: Appearance,
        refusals: Refusals,
        views: Views,
        parent: QWidget | None,
        tabs: tuple[Tab, ...] = TABS,
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("side_tabs")
        self._session, self._refusals, self._show_in = session, refusals, views
        self._tabs = {tab.id: tab for tab in tabs}
        self.bar = _Bar(appearance, self)
        self._stack = QStackedWidget(self)
        self._stack.setMinimumSize(LEAST)
        self._views: dict[str, MomentCard] = {}
        for tab in tabs:
            self.bar.setTabToolTip(self.bar.addTab(tab.title), plain_tip(f"{tab.tip} (Alt+{tab.place})"))
        views.add(self)
        self.view(self.chosen.id)
        self._show_names(session.moment.experiment)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 2, 1, 1)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(LEFT, 0, LEFT, 0)
        row.addWidget(self.bar)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        self.bar.currentChanged.connect(self._show_chosen)

    @property
    def chosen(self) -> Tab:
        """The tab in front."""
        return list(self._tabs.values())[self.bar.currentIndex()]

    def view(self, identifier: str) -> MomentCard:
        """Return the view of a tab; it is made if there is none yet."""
        if identifier not in self._views:
            self._views[identifier] = self._make(self._tabs[identifier])
        return self._views[identifier]

    def make_the_others(self) -> None:
        """Make every view that there is not yet, so that the first look at it need not wait."""
        for identifier in self._tabs:
            self.view(identifier)

    def _make(self, tab: Tab) -> MomentCard:
        view = tab.make(self._session, self.appearance, self._refusals, self)
        view.is_framed = False
        for name in ("about_to_edit", "about_to_move"):
            if hasattr(view, name):
                getattr(view, name).connect(getattr(self, name))
        self._stack.addWidget(view)
        self._show_in.add(view, is_live=tab.live)
        return view

    def choose(self, identifier: str) -> None:
        """Bring a tab to the front, if it is there for this experiment."""
        place = list(self._tabs).index(identifier)
        if self.bar.isTabVisible(place):
            self.bar.setCurrentIndex(place)

    def _show_names(self, experiment: Experiment) -> None:
        """Show the names of those tabs that the experiment has something for."""
        about = [tab.is_about(experiment) for tab in self._tabs.values()]
        if not about[self.bar.currentIndex()]:
            self.bar.setCurrentIndex(about.index(True))
        for place, is_there in enumerate(about):
            self.bar.setTabVisible(place, is_there)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the tabs that a moment has something for; their views are shown it by themselves."""
        self._show_names(moment.experiment)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the surface, and the line that the names stand on."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint_surface(painter)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            base = self.bar.geometry().bottom()
            painter.setPen(QPen(QColor(self.appearance.theme.border), 1))
            painter.drawLine(1, base, self.width() - 2, base)

    def _show_chosen(self) -> None:
        self._stack.setCurrentWidget(self.view(self.chosen.id))
        self._show_in.refresh()


class _Bar(QTabBar):
    """The names; a click leaves the focus where it was."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.setObjectName("side_tabs.bar")
        self.setAccessibleName("What is shown below")
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        # They come closer before they need more room.
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        keep_keys(self, (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End))
        appearance.changed.connect(self._restyle)
        self._restyle()

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return ("→ ← another tab", "↓ phase", "↵ iteration", "Space run", BACK_TO_STAGE)

    def _restyle(self) -> None:
        # Setting a font makes the bar measure its tabs anew.
        self.setFont(self._appearance.font(FONT, bold=True))
        self.updateGeometry()
        self.update()

    def tabSizeHint(self, index: int) -> QSize:
        """Return the name and some room at both sides."""
        width = self.fontMetrics().horizontalAdvance(self.tabText(index))
        return QSize(width + 2 * self._appearance.size(BESIDE), self._appearance.size(HEIGHT))

    def minimumTabSizeHint(self, index: int) -> QSize:
        """Return the whole name all the same: letters of it say nothing."""
        beside = 2 * (self._appearance.size(BESIDE) - self._appearance.size(LEAST_BESIDE))
        return self.tabSizeHint(index) - QSize(beside, 0)

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
