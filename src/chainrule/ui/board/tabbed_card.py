"""The card with tabs: views that share one place, of which one is in front."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.board.tab_bar import NameBar
from chainrule.ui.board.view_room import ViewRoom
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import menu_text, plain_tip
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.tabs import TABS, Tab
from chainrule.ui.window.views import Views

# The names begin where the titles of other cards do.
LEFT = 5
# Room enough for any of the views, so that nothing moves when one is made.
LEAST = QSize(180, 150)


class TabbedCard(Card):
    """Names in a row, and under them the view of the chosen one. A view out of sight is shown no moments."""

    shows = Change.NETWORK
    about_to_edit = Signal()
    about_to_move = Signal()
    # The format that a view is to be saved as, by its id.
    export_asked = Signal(str)

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
        self.bar = NameBar(appearance, self)
        self._stack = QStackedWidget(self)
        self._views: dict[str, MomentCard] = {}
        # The tabs that the experiment is about, and those that stand in this card.
        self._about: set[str] = set()
        self._standing = set(self._tabs)
        self._waits, self._blank = False, QWidget(self)
        # Whether another tab comes to the front because the experiment has nothing for the one that was there.
        self.is_making_way = False
        self._stack.addWidget(self._blank)
        for tab in tabs:
            self.bar.setTabToolTip(self.bar.addTab(gettext(tab.title)), plain_tip(f"{gettext(tab.tip)} ({tab.key})"))
        views.add(self)
        self._stack.setCurrentWidget(self.view(self.chosen.id))
        self._show_names(self._about_of(session.moment.experiment))
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 2, 1, 1)
        column.setSpacing(0)
        self.heading = QHBoxLayout()
        self.heading.setSpacing(0)
        self.heading.setContentsMargins(LEFT, 0, 0, 0)
        self.heading.addWidget(self.bar, 1)
        column.addLayout(self.heading)
        column.addWidget(ViewRoom(self._stack, LEAST, appearance, self), 1)
        self.bar.currentChanged.connect(self._show_chosen)
        self.bar.more.asked.connect(self._offer)

    @property
    def chosen(self) -> Tab:
        """The tab in front."""
        return list(self._tabs.values())[self.bar.currentIndex()]

    @property
    def there(self) -> list[Tab]:
        """The tabs that the experiment has something for, here or elsewhere."""
        return [tab for tab in self._tabs.values() if tab.id in self._about]

    @property
    def standing(self) -> list[Tab]:
        """The tabs that can be chosen here, by their names or in the menu behind these."""
        tabs = list(self._tabs.values())
        return [tabs[place] for place in self.bar.there]

    def make(self, tab: Tab, appearance: Appearance, parent: QWidget) -> MomentCard:
        """Return the view of a tab once more, in other colours, which is not shown here."""
        return tab.make(self._session, appearance, self._refusals, parent)

    def view(self, identifier: str) -> MomentCard:
        """Return the view of a tab; it is made if there is none yet."""
        if identifier not in self._views:
            self._views[identifier] = self._make(self._tabs[identifier])
        return self._views[identifier]

    def has_made(self, identifier: str) -> bool:
        """Return whether there is the view of a tab already."""
        return identifier in self._views

    def is_seen(self, identifier: str) -> bool:
        """Return whether the view of a tab is in sight."""
        return self.has_made(identifier) and self.view(identifier).isVisible()

    def hand_out(self, identifier: str) -> MomentCard:
        """Return the view of a tab to stand elsewhere."""
        view = self.view(identifier)
        self._stack.removeWidget(view)
        return view

    def take_back(self, identifier: str) -> None:
        """Take the view of a tab in again."""
        view = self.view(identifier)
        view.is_framed = False
        self._stack.addWidget(view)

    def set_standing(self, identifiers: Collection[str]) -> None:
        """Show no names but these: the views of the others stand elsewhere, or nowhere."""
        if self._standing != set(identifiers):
            self._standing = set(identifiers)
            self._show_names(self._about)
        if self.standing and self._stack.currentWidget() is not self._views.get(self.chosen.id):
            self._show_chosen()

    def make_the_others(self) -> None:
        """Make every view that there is not yet, so that the first look at it need not wait."""
        for identifier in self._tabs:
            self.view(identifier)
        if self.standing:
            self._show_chosen()

    def _make(self, tab: Tab) -> MomentCard:
        view = tab.make(self._session, self.appearance, self._refusals, self)
        view.is_framed = False
        for name in ("about_to_edit", "about_to_move", "export_asked"):
            if hasattr(view, name):
                getattr(view, name).connect(getattr(self, name))
        self._stack.addWidget(view)
        self._show_in.add(view, is_live=tab.live, takes_turns=True)
        return view

    def choose(self, identifier: str, *, waits: bool = False) -> None:
        """Bring a tab to the front, if it is there for this experiment; where it `waits`, its view is made later."""
        place = list(self._tabs).index(identifier)
        if place in self.bar.there:
            self._waits = waits
            try:
                self.bar.setCurrentIndex(place)
            finally:
                self._waits = False

    def _about_of(self, experiment: Experiment) -> set[str]:
        return {tab.id for tab in self._tabs.values() if tab.is_about(experiment)}

    def _show_names(self, about: Collection[str]) -> None:
        """Show the names of those tabs that stand here and that the experiment has something for."""
        self._about = set(about)
        there = self._names_there()
        if any(there) and not there[self.bar.currentIndex()]:
            self.is_making_way = True
            try:
                self.bar.setCurrentIndex(there.index(True))
            finally:
                self.is_making_way = False
        # What comes to the front is shown the moment at once, and so may this card have been.
        self.bar.set_there(self._names_there())

    def _names_there(self) -> list[bool]:
        return [identifier in self._about & self._standing for identifier in self._tabs]

    def begin_with(self, experiment: Experiment, *, waits: bool = False) -> None:
        """Bring the tab to the front that suits what is opened, and the names of all that do into the bar."""
        if not (standing := self.standing):
            return
        suiting = [tab for tab in standing if tab.suits(experiment)]
        self.choose((suiting or standing)[0].id, waits=waits)
        order = list(self._tabs)
        self.bar.begin_with(order.index(tab.id) for tab in suiting)

    def _offer(self, at: QPoint) -> None:
        """Open the menu of all the views that stand here, each with what it shows and its key."""
        menu = QMenu(self)
        menu.setObjectName("side_tabs.views")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for tab in self.standing:
            action = menu.addAction(menu_text(f"{gettext(tab.title)} – {gettext(tab.tip)}") + f"\t{_shown_key(tab)}")
            action.setCheckable(True)
            action.triggered.connect(lambda _checked=False, tab=tab: self.choose(tab.id))
            if tab is self.chosen:
                action.setChecked(True)
                menu.setActiveAction(action)
        menu.popup(at)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the tabs that a moment has something for; their views are shown it by themselves."""
        self._show_names(self._about_of(moment.experiment))

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
        if not self._names_there()[self.bar.currentIndex()]:
            # On the way to other names Qt brings one after the other to the front: this view stands elsewhere by now.
            return
        has_to_wait = self._waits and not self.has_made(self.chosen.id)
        self._stack.setCurrentWidget(self._blank if has_to_wait else self.view(self.chosen.id))
        self._show_in.refresh()


def _shown_key(tab: Tab) -> str:
    return QKeySequence(tab.key).toString(QKeySequence.SequenceFormat.NativeText)
