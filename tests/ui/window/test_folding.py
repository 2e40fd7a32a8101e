"""Panes that fold away: by an action, by dragging, by lack of room; their strips; the full screen."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chainrule.session.files.settings import Settings, SettingsStore
from chainrule.ui.app import open_window
from chainrule.ui.folding.strip import Strip
from chainrule.ui.window.main_window import MainWindow

PANES = {
    "experiment": ("experiment_panel", Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier),
    "plots": ("loss_plot", Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier),
    "equation": ("equation_view", Qt.Key.Key_F8, Qt.KeyboardModifier.NoModifier),
    "timeline": ("timeline_bar", Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier),
}


@pytest.fixture
def wide(window: MainWindow) -> MainWindow:
    """The window with room for everything."""
    window.resize(1280, 800)
    QApplication.processEvents()
    return window


def view(window: MainWindow, name: str) -> QWidget:
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def strip(window: MainWindow, name: str) -> Strip:
    found = window.findChild(Strip, f"pane_strip.{name}")
    assert found is not None
    return found


def seen_width(window: MainWindow, name: str) -> int:
    QApplication.processEvents()
    return view(window, name).visibleRegion().boundingRect().width()


@pytest.mark.parametrize("name", PANES)
def test_a_key_folds_a_pane_and_brings_it_back_as_it_was(qtbot: QtBot, wide: MainWindow, name: str) -> None:
    shown, key, modifier = PANES[name]
    action = wide.findChild(QAction, f"view.{name}_pane")
    assert action is not None
    before = view(wide, shown).geometry()
    stage = wide.stage_panel.stage.visibleRegion().boundingRect()

    qtbot.keyClick(wide, key, modifier)
    assert seen_width(wide, shown) == 0
    assert strip(wide, name).isVisible()
    assert not action.isChecked()
    grown = wide.stage_panel.stage.visibleRegion().boundingRect()
    assert grown.width() * grown.height() > stage.width() * stage.height()

    qtbot.keyClick(wide, key, modifier)
    QApplication.processEvents()
    assert view(wide, shown).geometry() == before
    assert not strip(wide, name).isVisible()
    assert action.isChecked()


@pytest.mark.parametrize("name", PANES)
def test_the_strip_brings_it_back_by_a_click_a_key_or_a_drag(qtbot: QtBot, wide: MainWindow, name: str) -> None:
    shown, button = PANES[name][0], strip(wide, name)
    for bring_back in (
        lambda: QTest.mouseClick(button, Qt.MouseButton.LeftButton),
        lambda: QTest.keyClick(button, Qt.Key.Key_Space),
        lambda: drag(button, QPoint(60, -60)),
    ):
        wide.folding.fold(name)
        assert seen_width(wide, shown) == 0
        assert button.text() in button.accessibleName().title()
        bring_back()
        assert seen_width(wide, shown) > 0


def drag(widget: QWidget, way: QPoint) -> None:
    begin = widget.rect().center()
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=begin)
    for part in (1, 2, 3, 4):
        QTest.mouseMove(widget, begin + way * part / 4)
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=begin + way)


@pytest.mark.parametrize(("name", "splitter", "handle", "way"), [
    ("experiment", 0, 1, QPoint(-240, 0)),
    ("plots", 0, 2, QPoint(260, 0)),
    ("equation", 1, 1, QPoint(0, 210)),
])  # fmt: skip
def test_a_pane_dragged_to_its_edge_is_folded(
    wide: MainWindow, name: str, splitter: int, handle: int, way: QPoint
) -> None:
    shown = PANES[name][0]
    before = view(wide, shown).geometry()
    drag(wide.body.splitters[splitter].handle(handle), way)
    assert seen_width(wide, shown) == 0
    assert strip(wide, name).isVisible()
    assert wide.folding.folded == (name,)
    wide.folding.show(name)
    QApplication.processEvents()
    assert view(wide, shown).geometry() == before


def test_a_pane_dragged_to_its_edge_and_back_stays(wide: MainWindow) -> None:
    handle = wide.body.splitters[0].handle(1)
    begin = handle.rect().center()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(handle, begin + QPoint(-240, 0))
    QTest.mouseMove(handle, handle.rect().center() + QPoint(245, 0))
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton)
    assert wide.folding.folded == ()
    assert seen_width(wide, "experiment_panel") >= 250


@pytest.mark.parametrize(("pane", "focused"), [("experiment", "optimizer_lr"), ("timeline", "timeline_bar")])
def test_focus_in_a_pane_that_folds_goes_to_the_stage(wide: MainWindow, pane: str, focused: str) -> None:
    view(wide, focused).setFocus()
    wide.folding.fold(pane)
    assert wide.stage_panel.stage.hasFocus()


def test_with_little_room_the_plots_fold_first_then_the_experiment_and_come_back(wide: MainWindow) -> None:
    def at(width: int) -> tuple[bool, bool]:
        wide.resize(width, 700)
        QApplication.processEvents()
        assert wide.width() == width
        return wide.folding.is_shown("experiment"), wide.folding.is_shown("plots")

    seen = list(dict.fromkeys(at(width) for width in range(1280, 519, -40)))
    assert seen == [(True, True), (True, False), (False, False)]
    assert at(1280) == (True, True)
    # Nothing of it was asked for, so that nothing of it is remembered.
    assert wide.folding.folded == ()


def test_panes_that_larger_text_folded_come_back_with_smaller_text(wide: MainWindow) -> None:
    shown = [pane.id for pane in wide.folding.all if wide.folding.is_shown(pane.id)]
    for scale in (2.0, 1.0):
        wide.appearance.set_scale(scale)
        QApplication.processEvents()
        assert wide.folding.is_shown("plots") == (scale == 1.0)
    assert [pane.id for pane in wide.folding.all if wide.folding.is_shown(pane.id)] == shown


def test_a_pane_that_is_asked_for_is_shown_in_any_room(wide: MainWindow) -> None:
    wide.resize(560, 700)
    QApplication.processEvents()
    wide.folding.toggle("plots")
    assert seen_width(wide, "loss_plot") > 150
    wide.folding.toggle("plots")
    assert seen_width(wide, "loss_plot") == 0


def test_a_tab_that_is_chosen_is_seen_whole(qtbot: QtBot, wide: MainWindow) -> None:
    wide.folding.fold("plots")
    wide.resize(1024, 560)
    QApplication.processEvents()
    qtbot.keyClick(wide, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    QApplication.processEvents()
    assert wide.tabs.chosen.id == "schedule"
    assert wide.tabs.visibleRegion().boundingRect() == wide.tabs.rect()


def test_f11_fills_the_screen_and_f11_or_esc_or_a_click_leaves_it(qtbot: QtBot, wide: MainWindow) -> None:
    action, leave = wide.findChild(QAction, "view.full_screen"), view(wide, "leave_full_screen")
    assert action is not None
    assert not leave.isVisible()
    for leaving in (
        lambda: qtbot.keyClick(wide, Qt.Key.Key_F11),
        lambda: qtbot.keyClick(wide.stage_panel.stage, Qt.Key.Key_Escape),
        lambda: QTest.mouseClick(leave, Qt.MouseButton.LeftButton),
    ):
        qtbot.keyClick(wide, Qt.Key.Key_F11)
        assert wide.isFullScreen()
        assert action.isChecked()
        assert leave.isVisible()
        leaving()
        assert not wide.isFullScreen()
        assert not action.isChecked()
        assert not leave.isVisible()


def test_esc_closes_a_message_before_it_leaves_the_full_screen(qtbot: QtBot, wide: MainWindow) -> None:
    qtbot.keyClick(wide, Qt.Key.Key_F11)
    wide.notice.say("Something was said.")
    qtbot.keyClick(wide.stage_panel.stage, Qt.Key.Key_Escape)
    assert not wide.notice.text
    assert wide.isFullScreen()
    qtbot.keyClick(wide.stage_panel.stage, Qt.Key.Key_Escape)
    assert not wide.isFullScreen()


def reopened(qtbot: QtBot, settings: Settings) -> MainWindow:
    store = SettingsStore()
    store.settings = settings
    window = open_window(settings=store)
    qtbot.addWidget(window)
    window.resize(790, 700)
    with qtbot.waitExposed(window):
        pass
    return window


def test_folded_panes_are_remembered_with_their_sizes(qtbot: QtBot) -> None:
    first = reopened(qtbot, Settings())
    first.body.splitters[1].setSizes([300, 200])
    QApplication.processEvents()
    height = first.equation_view.height()
    first.folding.fold("equation")
    first.folding.fold("timeline")
    first.close()
    assert first.settings.settings.folded == ("equation", "timeline")
    second = reopened(qtbot, first.settings.settings)
    assert not second.equation_view.isVisible()
    assert not second.timeline_bar.isVisible()
    assert second.stage_panel.stage.isVisible()
    second.folding.show("equation")
    QApplication.processEvents()
    assert abs(second.equation_view.height() - height) <= 2
    second.close()


@pytest.mark.parametrize("folded", [("nothing",), ("plots", "plots"), ("stage", "", "timeline")])
def test_names_of_no_pane_fold_nothing(qtbot: QtBot, folded: tuple[str, ...]) -> None:
    window = reopened(qtbot, Settings(folded=folded))
    assert set(window.folding.folded) == set(folded) & set(PANES)
    assert window.stage_panel.stage.isVisible()
    window.close()


@pytest.mark.parametrize("folded", [(), ("experiment",)])
def test_the_sides_grow_with_their_text_and_shrink_with_it_again(wide: MainWindow, folded: tuple[str, ...]) -> None:
    wide.resize(1920, 1000)
    QApplication.processEvents()
    wide.folding.set_folded(folded)
    QApplication.processEvents()
    before = wide.body.splitters[0].sizes()
    for scale in (1.3, 1.0):
        wide.appearance.set_scale(scale)
        QApplication.processEvents()
    assert wide.body.splitters[0].sizes() == pytest.approx(before, abs=3)
    wide.folding.set_folded(())
    QApplication.processEvents()
    assert wide.experiment_panel.width() < 320


def test_a_tab_that_is_chosen_in_sight_keeps_no_room_from_the_network_later(wide: MainWindow) -> None:
    wide.actions_by_id["view.tab_state"].trigger()
    wide.resize(560, 700)
    QApplication.processEvents()
    assert not wide.folding.is_shown("plots")
    # It is asked for now, and until there is room for it anyway.
    wide.actions_by_id["view.tab_state"].trigger()
    assert wide.folding.is_shown("plots")
    for width, shown in ((1280, True), (560, False)):
        wide.resize(width, 700)
        QApplication.processEvents()
        assert wide.folding.is_shown("plots") == shown
