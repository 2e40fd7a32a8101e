"""A view once more, beside the one on the screen: in other colours and another size, and looked at in the same way."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.activation.view import ActivationView
from chainrule.ui.flow.view import FlowView
from chainrule.ui.learned.view import LearnedView
from chainrule.ui.plots.chart.axes_chart import AxesCard
from chainrule.ui.plots.chart.header import PlotHeader, Toggle
from chainrule.ui.plots.chart.plot_card import PlotCard
from chainrule.ui.plots.path_plot import PathPlot
from chainrule.ui.plots.slope_plot import SlopePlot
from chainrule.ui.race.view import RaceView
from chainrule.ui.rows.view import RowsView
from chainrule.ui.state.view import StateView
from chainrule.ui.style.appearance import palette_of
from chainrule.ui.surface.view import SurfaceView
from chainrule.ui.warp.view import WarpView
from chainrule.ui.widgets.moment_card import MomentCard


def set_apart(widget: QWidget) -> None:
    """Have a widget behave as if it were shown, without a window on the screen."""
    widget.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    widget.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    widget.show()


def show_twin(twin: MomentCard, live: MomentCard, title: str, moment: Moment, size: QSize, *, clear: bool) -> None:
    """Show a moment in a new card as a card of its kind shows it on the screen.

    What the user chose there is chosen, and all rows of a table are in sight. Switches that are off say nothing in a
    picture. `clear` lets show through what is behind it.
    """
    twin.is_framed = False
    twin.setPalette(palette_of(twin.appearance.theme))
    twin.setFont(twin.appearance.font())
    twin.resize(size.expandedTo(twin.minimumSize()))
    set_apart(twin)
    twin.show_moment(moment, Change.everything())
    _choose_as_in(twin, live)
    if isinstance(twin, ActivationView):
        twin.show_title()
    for header in twin.findChildren(PlotHeader):
        header.set_title(header.title or title)
    for toggle in twin.findChildren(Toggle):
        toggle.setVisible(toggle.isVisible() and toggle.isChecked())
    if isinstance(twin, SlopePlot | PathPlot):
        twin.draw()
    if isinstance(twin, SurfaceView):
        twin.draw_finely()
    if isinstance(twin, StateView):
        whole = twin.whole_size()
        twin.setMinimumSize(0, 0)
        twin.resize(max(twin.width(), whole.width()), whole.height())
    if clear:
        _take_ground_away(twin)
    layout = twin.layout()
    assert layout is not None
    layout.activate()
    if isinstance(twin, PlotCard) and twin.shows_chart:
        # An axis knows how wide its numbers are once it has painted them.
        twin.grab()
        layout.activate()


def _take_ground_away(twin: MomentCard) -> None:
    """Let show through what is behind a card whose parts fill their ground."""
    if isinstance(twin, PlotCard) and twin.shows_chart:
        twin.chart.setBackground(None)
        twin.chart.viewport().setAutoFillBackground(False)
    if isinstance(twin, StateView):
        none = "QTableView, QHeaderView, QHeaderView::section { background: transparent; }"
        twin.table.setStyleSheet(twin.table.styleSheet() + none)
        twin.table.viewport().setAutoFillBackground(False)


def _choose_as_in(twin: MomentCard, live: MomentCard) -> None:
    """Choose what is chosen in another card of the same kind."""
    for toggle in twin.findChildren(Toggle):
        chosen = live.findChild(Toggle, toggle.objectName())
        if isinstance(chosen, Toggle) and chosen.isChecked() != toggle.isChecked():
            toggle.click()
    if isinstance(twin, AxesCard) and isinstance(live, AxesCard):
        twin.show_part_of(live)
    if isinstance(twin, PathPlot) and isinstance(live, PathPlot):
        twin.look_like(live)
    if isinstance(twin, SurfaceView) and isinstance(live, SurfaceView):
        twin.look_like(live)
    if isinstance(twin, RaceView) and isinstance(live, RaceView):
        twin.look_like(live)
    if isinstance(twin, RowsView) and isinstance(live, RowsView):
        twin.look_like(live)
    if isinstance(twin, LearnedView) and isinstance(live, LearnedView):
        twin.look_like(live)
    if isinstance(twin, WarpView) and isinstance(live, WarpView):
        twin.look_like(live)
    if isinstance(twin, FlowView) and isinstance(live, FlowView):
        twin.look_like(live)
