"""The left column: the experiment's data, network, loss and optimizer, each number of them to be edited."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain, pairwise

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.panels.data.panel import DataPanel
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.functions.functions_panel import CLIPPING, FunctionPanel
from chainrule.ui.panels.functions.loss_panel import LossPanel
from chainrule.ui.panels.functions.optimizer_panel import OptimizerPanel
from chainrule.ui.panels.functions.scheduler_panel import SchedulerPanel
from chainrule.ui.panels.network.formula_panel import FormulaPanel
from chainrule.ui.panels.network.network_panel import NetworkPanel
from chainrule.ui.panels.section import PanelSection
from chainrule.ui.panels.title_panel import TitlePanel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import BAR, SlimScrollArea
from chainrule.ui.window.keys import ArrowArea
from chainrule.ui.window.panes import go_to
from chainrule.ui.window.views import Views

WIDTH = 260
MARGIN = 10
SECTION_GAP = 14


class ExperimentPanel(Card):
    """Sections under each other, scrolled where they do not fit. `about_to_edit` comes before each edit."""

    shows = Change.NETWORK
    about_to_edit = Signal()

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, views: Views, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("experiment_panel")
        self.setAccessibleName(gettext("Experiment"))
        editing = PanelEditing(session, refusals, self)
        editing.about_to_edit.connect(self.about_to_edit)
        self._content = ArrowArea(go_to)
        self._session, self._hidden = session, set[PanelSection]()
        title = TitlePanel(session, editing, appearance, self._content)
        self.data = DataPanel(session, editing, appearance, self._content)
        self.network = NetworkPanel(session, editing, appearance, self._content)
        self.formula = FormulaPanel(session, editing, appearance, self._content)
        self.loss = LossPanel(editing, appearance, self._content)
        self.optimizer = OptimizerPanel(session, editing, appearance, self._content)
        self.clipping = FunctionPanel(CLIPPING, editing, appearance, self._content)
        self.scheduler = SchedulerPanel(editing, appearance, self._content)
        functions = (self.loss, self.optimizer, self.clipping, self.scheduler)
        self._sections: tuple[PanelSection, ...] = (title, self.data, self.network, self.formula, *functions)
        self._lay_out()
        views.add(self, is_live=False)
        for section in self._sections:
            views.add(section, is_live=False)
            section.controls_changed.connect(self._order_tabs)
        # Another experiment is read from its beginning.
        session.signals.replaced.connect(lambda: self._scroll.verticalScrollBar().setValue(0))
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self._lines = QVBoxLayout(self._content)
        for section in self._sections:
            self._lines.addWidget(section)
        self._lines.addStretch(1)
        self._scroll = SlimScrollArea(self.appearance, self)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._content)
        # The card behind them is what is seen.
        self._content.setAutoFillBackground(False)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._make_room)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(self._scroll)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the sections that a moment has something for; they are shown it by themselves."""
        for section in self._sections:
            section.setVisible(section.is_about(moment.experiment) and section not in self._hidden)

    def hide_sections(self, names: Collection[str]) -> None:
        """Hide these sections and no others: data, network, loss, optimizer, clipping, scheduler."""
        parts: dict[str, tuple[PanelSection, ...]]
        parts = {"data": (self.data,), "network": (self.network, self.formula), "loss": (self.loss,)}
        parts |= {"optimizer": (self.optimizer,), "clipping": (self.clipping,), "scheduler": (self.scheduler,)}
        hidden = {section for name in names for section in parts[name]}
        if hidden != self._hidden:
            self._hidden = hidden
            self.show_moment(self._session.moment, Change.NETWORK)
            self._order_tabs()

    def reseed(self, experiment: Experiment) -> None:
        """Draw all first weights of an experiment anew, or a formula's parameters, from a new seed."""
        (self.formula if self.formula.is_about(experiment) else self.network).draw_seed(experiment)

    def sizeHint(self) -> QSize:
        """Return a size as narrow as it can be."""
        return QSize(self.minimumWidth(), self.appearance.size(600))

    def _order_tabs(self) -> None:
        """Order the tabs from top to bottom, whatever came last."""
        groups = [section.controls() for section in self._sections]
        self._content.set_groups(groups)
        for before, after in pairwise(chain.from_iterable(groups)):
            QWidget.setTabOrder(before, after)

    def _restyle(self) -> None:
        size = self.appearance.size
        self.setMinimumWidth(size(WIDTH))
        self._lines.setSpacing(size(SECTION_GAP))
        self._make_room()

    def _make_room(self) -> None:
        """Put the scroll bar in the margin, so that nothing moves when it comes."""
        margin = self.appearance.size(MARGIN)
        bar = self._scroll.verticalScrollBar()
        right = margin - (self.appearance.size(BAR) if bar.maximum() > 0 else 0)
        self._lines.setContentsMargins(margin - 1, margin, max(0, right - 1), margin)
