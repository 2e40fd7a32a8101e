"""A small screen, and large text on it: everything is in the window, or is reached by scrolling."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QScrollArea, QSplitter, QToolButton, QWidget

from chainrule.model.navigation import Cursor
from chainrule.ui.folding.body import PLOTS
from chainrule.ui.style.appearance import SCALES
from chainrule.ui.window.main_window import MainWindow

# What a desktop leaves of 1024x600.
SMALL = (1000, 540)
VIEWS = ("stage", "equation_view", "loss_plot", "gradient_plot", "inputs_table", "targets_table", "experiment_panel")
VIEWS += ("side_tabs", "optimizer_lr", "timeline_bar", "document_title", "referee_badge", "toolbar")


@pytest.fixture(params=[1.0, SCALES[-1]], ids=["normal text", "the largest text"])
def small(request: pytest.FixtureRequest, window: MainWindow) -> MainWindow:
    """The window on a small screen, some steps into the example."""
    window.session.navigator.go_to(Cursor(1, 6))
    window.appearance.set_scale(request.param)
    window.resize(*SMALL)
    QApplication.processEvents()
    return window


def areas_around(widget: QWidget) -> list[QScrollArea]:
    found, parent = [], widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            found.append(parent)
        parent = parent.parentWidget()
    return found


def seen(widget: QWidget, window: MainWindow) -> QRect:
    """What is seen of a widget, in the window, after unfolding its pane and scrolling to it."""
    for pane in window.folding.all:
        if pane.widget.isAncestorOf(widget):
            window.folding.show(pane.id)
    QApplication.processEvents()
    for area in areas_around(widget):
        inside = widget.mapTo(area.widget(), widget.rect().center())
        area.ensureVisible(inside.x(), inside.y(), widget.width() // 2 + 2, widget.height() // 2 + 2)
    QApplication.processEvents()
    region = widget.visibleRegion().boundingRect()
    return region.translated(widget.mapTo(window, QPoint(0, 0)))


def test_every_view_is_seen_or_scrolled_to(small: MainWindow) -> None:
    assert small.size().toTuple() == SMALL
    assert small.minimumSizeHint().width() <= SMALL[0]
    assert small.minimumSizeHint().height() <= SMALL[1]
    for name in VIEWS:
        view = small.findChild(QWidget, name)
        assert view is not None, name
        part = seen(view, small)
        assert part.width() >= min(view.width(), 150), name
        assert part.height() >= min(view.height(), 60), name
        assert small.rect().contains(part), name


def test_nothing_that_is_scrolled_ends_beyond_its_bars(small: MainWindow) -> None:
    for area in filter(QScrollArea.isVisible, small.findChildren(QScrollArea)):
        content, room = area.widget(), area.viewport()
        assert content.width() - room.width() == area.horizontalScrollBar().maximum(), area.parentWidget()
        assert content.height() - room.height() == area.verticalScrollBar().maximum(), area.parentWidget()


def test_the_timeline_stays_whole_and_the_stage_of_use(small: MainWindow) -> None:
    bar, stage = small.timeline_bar, small.stage_panel.stage
    assert bar.visibleRegion().boundingRect() == bar.rect()
    assert small.rect().contains(QRect(bar.mapTo(small, QPoint(0, 0)), bar.size()))
    assert bar.mark_rect(16).right() < bar.slider.x()
    assert stage.visibleRegion().boundingRect().height() >= 90
    if small.appearance.scale == 1.0:
        assert stage.visibleRegion().boundingRect().height() >= 180


def test_buttons_without_room_are_behind_the_tool_bars_end(small: MainWindow) -> None:
    hidden = [button for button in small.toolbar.findChildren(QToolButton) if button.objectName().startswith("button.")]
    hidden = [button for button in hidden if not button.isVisible()]
    end = small.toolbar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert end is not None
    assert end.isVisible() or not hidden
    assert small.rect().contains(QRect(end.mapTo(small, QPoint(0, 0)), end.size())) or not hidden


def test_parts_that_were_sized_on_a_large_screen_stay_in_reach(window: MainWindow) -> None:
    window.resize(1920, 1080)
    QApplication.processEvents()
    splitters = window.findChildren(QSplitter)
    for splitter in splitters:
        splitter.setSizes([1600, *(100 for _ in range(splitter.count() - 1))])
    states = [splitter.saveState() for splitter in splitters]
    window.resize(*SMALL)
    for splitter, state in zip(splitters, states, strict=True):
        splitter.restoreState(state)
    QApplication.processEvents()
    for name in VIEWS:
        view = window.findChild(QWidget, name)
        assert view is not None
        assert seen(view, window).height() >= min(view.height(), 20), name


@pytest.mark.parametrize("screen", [QRect(0, 0, 1280, 800), QRect(0, 0, 1366, 768)])
def test_a_window_as_large_as_its_screen_fills_it(window: MainWindow, screen: QRect) -> None:
    """The frame around it needs some room, too: what lay lowest was off the screen."""
    window.fit_into(screen)
    assert window.isMaximized()


def test_the_names_of_the_tabs_need_no_more_room_than_the_plots_above_them(window: MainWindow) -> None:
    """However many views there are: the sides stay as wide as they open, and the stage's title is whole."""
    window.resize(1280, 800)
    QApplication.processEvents()
    for tab in window.tabs.standing:
        window.tabs.choose(tab.id)
        QApplication.processEvents()
        assert window.tabs.minimumSizeHint().width() <= PLOTS, tab.id
        assert {"experiment", "plots"} <= window.folding._shown, tab.id
        assert window.tabs.width() < 300, tab.id


@pytest.mark.parametrize("size", [(640, 480), (800, 480), (1024, 600)])
def test_no_text_size_and_no_pane_makes_the_window_larger_than_it_was(
    window: MainWindow, size: tuple[int, int]
) -> None:
    """Not for a moment, either: a window that has grown stays beyond its screen's edge."""
    window.resize(*size)
    QApplication.processEvents()
    assert window.size().toTuple() == size
    for scale in (*SCALES, 1.0, 1.5):
        window.appearance.set_scale(scale)
        # Panes are asked for in the room that is seen, not in that of the text before.
        QApplication.processEvents()
        assert window.size().toTuple() == size, f"text {scale}"
        for pane in ("experiment", "plots"):
            window.folding.show(pane)
            QApplication.processEvents()
            assert window.size().toTuple() == size, f"text {scale} with {pane}"
            assert window.folding.is_shown(pane)


def test_what_a_small_screen_has_no_room_for_is_scrolled_to(window: MainWindow) -> None:
    window.appearance.set_scale(2.0)
    window.resize(800, 480)
    QApplication.processEvents()
    for name in VIEWS:
        view = window.findChild(QWidget, name)
        assert view is not None, name
        part = seen(view, window)
        assert part.width() >= min(view.width(), 150), name
        assert window.rect().contains(part), name


def test_a_window_larger_than_its_screen_fills_it(window: MainWindow) -> None:
    window.fit_into(QRect(0, 0, 1920, 1080))
    assert not window.isMaximized()
    assert window.size().toTuple() == (1280, 800)
    window.fit_into(QRect(0, 0, 1024, 600))
    assert window.isMaximized()
    assert window.normalGeometry().height() <= 600


def test_the_keys_below_are_as_many_as_there_is_room_for(window: MainWindow) -> None:
    window.resize(1280, 800)
    QApplication.processEvents()
    assert window._hints.text().startswith("→ step   ← back")
    assert window._hints.text().endswith("double-click a number to edit it   F1 all keys")
    window.resize(600, 540)
    QApplication.processEvents()
    assert window._hints.text().endswith("F1 all keys")
    assert "double-click" not in window._hints.text()
    assert window._hints.fontMetrics().horizontalAdvance(window._hints.text()) <= window._hints.width()
