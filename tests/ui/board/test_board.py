"""The board of views, as a person uses it: chosen, moved, enlarged, in windows, and there again the next time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.losses import LOSSES
from chainrule.model.editing.new_experiment import new_formula
from chainrule.model.navigation import Cursor
from chainrule.resource_files import resources_directory
from chainrule.session.files.settings import Settings, SettingsStore
from chainrule.ui.app import open_window
from chainrule.ui.board.slot import ViewsButton
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.tabs import TABS
from tests.experiments import article, dense, usual
from tests.ui.keyboard import NONE, SHIFT, Key, find, press

LEFT = Qt.MouseButton.LeftButton


def trigger(window: MainWindow, *names: str) -> None:
    for name in names:
        window.actions_by_id[f"board.{name}"].trigger()
    QApplication.processEvents()


def cards(window: MainWindow) -> list[str]:
    """What stands on the board, as one sees it from top to bottom."""
    QApplication.processEvents()
    places = window.board.places
    seen = [place for place in window.board.board.places if places.part_of(place).isVisible()]
    tops = [places.part_of(place).mapTo(window, QPoint()).y() for place in seen]
    assert tops == sorted(tops)
    return seen


def names(window: MainWindow) -> list[str]:
    return [tab.id for tab in window.tabs.standing]


def drag(title: QWidget, way: QPoint, *, then: Qt.Key | None = None) -> None:
    """Drag a title, by the place at its left where a tab has its name."""
    begin = QPoint(20, title.height() // 2)
    QTest.mousePress(title, LEFT, pos=begin)
    for part in (1, 2, 3, 4):
        QTest.mouseMove(title, begin + way * part / 4)
    if then is not None:
        QTest.keyClick(title, then)
    QTest.mouseRelease(title, LEFT, pos=begin + way)
    QApplication.processEvents()


def double_click(title: QWidget) -> None:
    place = QPointF(20, title.height() // 2)
    kind, at = QEvent.Type.MouseButtonDblClick, QPointF(title.mapToGlobal(place.toPoint()))
    QApplication.sendEvent(title, QMouseEvent(kind, place, at, LEFT, LEFT, NONE))
    QApplication.processEvents()


def curve_pixels(window: QWidget, color: QColor) -> int:
    """How many dots of a picture have a curve's colour."""
    picture = window.grab().toImage()
    return sum(
        picture.pixelColor(x, y) == color for x in range(0, picture.width(), 1) for y in range(0, picture.height(), 1)
    )


def test_a_newcomer_sees_the_two_plots_and_the_tabs(window: MainWindow) -> None:
    assert cards(window) == ["loss", "gradients", "tabs"]
    there = [tab.id for tab in TABS if tab.is_about(window.session.experiment)]
    assert names(window) == there
    # By their keys, whether or not their names have room.
    for identifier in there:
        window.actions_by_id[f"view.tab_{identifier}"].trigger()
        assert window.tabs.chosen.id == identifier


def test_views_are_put_away_and_come_back_to_their_places(window: MainWindow) -> None:
    before = [window.board.places.part_of(place).geometry() for place in cards(window)]
    trigger(window, "loss", "state")
    assert cards(window) == ["gradients", "tabs"]
    assert "state" not in names(window)
    assert not window.actions_by_id["board.loss"].isChecked()
    trigger(window, "loss", "state")
    assert cards(window) == ["loss", "gradients", "tabs"]
    assert window.tabs.chosen.id == "state"
    assert [window.board.places.part_of(place).geometry() for place in cards(window)] == before


def test_a_tabs_key_brings_it_back_from_wherever_it_was_put(window: MainWindow) -> None:
    trigger(window, "classes")
    window.tabs.choose("slope")
    window.actions_by_id["view.tab_classes"].trigger()
    assert window.tabs.chosen.id == "classes"
    trigger(window, "card")
    assert cards(window) == ["loss", "gradients", "classes", "tabs"]
    window.folding.fold("plots")
    window.actions_by_id["view.tab_classes"].trigger()
    assert window.tabs.view("classes").visibleRegion().boundingRect().height() > 0


def test_an_empty_board_has_a_way_back(window: MainWindow) -> None:
    trigger(window, "loss", "gradients", *names(window))
    empty = window.findChild(QWidget, "empty_board")
    assert empty is not None
    assert empty.isVisible()
    assert not window.actions_by_id["board.enlarge"].isEnabled()
    QTest.mouseClick(find(window, "empty_board.choose"), LEFT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.close()
    trigger(window, "code")
    assert cards(window) == ["tabs"]
    assert names(window) == ["code"]
    assert window.tabs.view("code").isVisible()
    trigger(window, "reset")
    assert cards(window) == ["loss", "gradients", "tabs"]


def test_cards_move_by_keys_and_by_their_titles(active: MainWindow) -> None:
    active.loss_plot.setFocus()
    press(active, Key.Key_F7, Qt.KeyboardModifier.AltModifier | SHIFT)
    assert cards(active) == ["gradients", "loss", "tabs"]
    press(active, Key.Key_F7, Qt.KeyboardModifier.AltModifier)
    assert cards(active) == ["loss", "gradients", "tabs"]
    drag(active.loss_plot.header, QPoint(3, 560))
    assert cards(active) == ["gradients", "tabs", "loss"]
    drag(active.tabs.bar, QPoint(3, -500))
    assert cards(active) == ["tabs", "gradients", "loss"]
    assert active.tabs.chosen.id == "slope"
    drag(active.tabs.bar, QPoint(3, 500), then=Key.Key_Escape)
    assert cards(active) == ["tabs", "gradients", "loss"]
    line = active.findChild(QWidget, "view_drop_line")
    assert line is not None
    assert not line.isVisible()


def test_a_card_that_goes_while_it_is_dragged_is_let_go(active: MainWindow) -> None:
    header = active.loss_plot.header
    QTest.mousePress(header, LEFT, pos=QPoint(20, 8))
    QTest.mouseMove(header, QPoint(22, 300))
    trigger(active, "loss")
    QTest.mouseMove(header, QPoint(22, 500))
    line = active.findChild(QWidget, "view_drop_line")
    assert line is not None
    assert not line.isVisible()
    QTest.mouseRelease(header, LEFT, pos=QPoint(22, 500))
    assert cards(active) == ["gradients", "tabs"]
    trigger(active, "loss")
    assert cards(active) == ["loss", "gradients", "tabs"]


def test_the_line_shows_where_a_card_would_come_to(window: MainWindow) -> None:
    header, gradients = window.loss_plot.header, window.gradient_plot
    QTest.mousePress(header, LEFT, pos=QPoint(20, 8))
    below = header.mapFromGlobal(gradients.mapToGlobal(gradients.rect().center())).y() + 9
    for y in (40, below):
        QTest.mouseMove(header, QPoint(22, y))
    QApplication.processEvents()
    top = window.tabs.mapTo(window, QPoint(window.tabs.width() // 2, 0))
    assert window.grab().toImage().pixelColor(top).name() == window.appearance.theme.link
    QTest.mouseRelease(header, LEFT, pos=QPoint(22, below))
    assert cards(window) == ["gradients", "loss", "tabs"]


@pytest.mark.parametrize("view", ["loss", "slope"])
def test_a_double_click_on_a_title_lays_a_view_over_the_stage_and_escape_takes_it_back(
    active: MainWindow, view: str
) -> None:
    active.session.navigator.go_to(Cursor(3, 0))
    widget, stage = active.board.places.view(view), active.stage_panel
    small = widget.size()
    double_click(active.loss_plot.header if view == "loss" else active.tabs.bar)
    assert widget.visibleRegion().boundingRect().size() == widget.size()
    assert widget.width() > 2 * small.width()
    assert stage.rect().contains(widget.mapTo(stage, widget.rect().bottomRight()))
    # Of the network nothing is seen any more, and keys step all the same.
    assert stage.childAt(stage.rect().center()) is not stage.stage
    press(active, Key.Key_Right)
    assert active.session.cursor == Cursor(3, 1)
    if view == "slope":
        assert "slope" not in names(active)
    press(active, Key.Key_Escape)
    # What the cards need at least has changed meanwhile.
    assert widget.height() == pytest.approx(small.height(), abs=4)
    assert stage.stage.hasFocus()
    assert active.tabs.chosen.id == "slope"


def test_the_key_enlarges_what_was_come_to_last_and_takes_it_back(active: MainWindow) -> None:
    press(active, Key.Key_F7)
    assert active.tabs.chosen.id == "state"
    press(active, Key.Key_F7)
    assert active.tabs.chosen.id == "slope"
    active.actions_by_id["view.tab_state"].trigger()
    press(active, Key.Key_F7)
    assert active.board.places.view("state").width() > 500
    assert active.actions_by_id["board.enlarge"].isChecked()
    assert active.actions_by_id["board.enlarge"].text() == "Enlarge State"
    # Nothing is typed into the network below.
    press(active, Key.Key_5)
    assert active.session.undo_stack.count() == 0
    press(active, Key.Key_F7)
    assert active.tabs.chosen.id == "state"
    assert active.board.places.view("state").isVisible()


def test_to_edit_a_number_the_stage_is_seen(active: MainWindow) -> None:
    active.session.selector.select("layers.0.weight", (0, 0))  # type: ignore[arg-type]
    press(active, Key.Key_F7)
    focused = press(active, Key.Key_F2)
    assert active.stage_panel.stage.isAncestorOf(focused)
    assert active.tabs.chosen.id == "slope"
    press(active, Key.Key_Escape)


def test_a_view_in_a_window_follows_and_has_the_keys(qtbot: QtBot, active: MainWindow) -> None:
    active.session.navigator.go_to(Cursor(3, 0))
    active.loss_plot.setFocus()
    press(active, Key.Key_F7, SHIFT)
    assert cards(active) == ["gradients", "tabs"]
    own = active.findChild(QWidget, "view_window.loss")
    assert own is not None
    assert own.windowTitle() == "Loss - Chainrule"
    assert active.loss_plot.window() is own
    with qtbot.waitActive(own):
        own.show()
        own.activateWindow()
    press(own, Key.Key_Return)  # type: ignore[arg-type]
    assert active.session.cursor.iteration == 3
    assert "at iteration 3, before its update" in active.loss_plot.accessibleName()
    color = QColor(active.appearance.theme.loss)
    assert curve_pixels(own, color) > 50
    own.close()
    assert cards(active) == ["loss", "gradients", "tabs"]
    assert active.loss_plot.window() is active


def test_the_dots_open_the_menu_for_their_view(window: MainWindow) -> None:
    button = window.findChild(ViewsButton, "views_button.Gradients")
    assert button is not None
    QTest.mouseClick(button, LEFT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert texts[:3] == ["Loss", "Gradients", "Slope"]
    assert {"Enlarge Gradients", "Move up: Gradients"} <= set(texts)
    menu.close()


@pytest.mark.parametrize("where", ["enlarge", "window", "card"])
def test_a_view_that_another_experiment_has_nothing_for_is_gone_and_comes_back(window: MainWindow, where: str) -> None:
    window.actions_by_id["view.tab_classes"].trigger()
    trigger(window, where)
    view = window.tabs.view("classes")
    assert view.isVisible()
    window.session.file.open(new_formula(["f = x*y"]), None)
    QApplication.processEvents()
    assert not view.isVisible()
    assert window.stage_panel.stage.visibleRegion().boundingRect().height() > 50
    assert "classes" not in names(window)
    window.session.file.open(article(), None)
    QApplication.processEvents()
    assert view.isVisible()


def test_the_tab_in_front_suits_what_is_opened_until_somebody_chooses_one(window: MainWindow) -> None:
    files = {
        "three-classes": "fit", "single-neuron": "activation", "rosenbrock": "path", "parabola-momentum": "path",
        "cs231n-circuit": "slope",
    }  # fmt: skip
    loss = usual(LOSSES, "HingeLoss")
    for inputs, wanted in ((3, "classes"), (2, "fit")):
        made = dense((inputs, 1), 8)
        data = replace(made.data, targets=((1.0,), (-1.0,)) * 4)
        window.session.file.open(replace(made, data=data, loss=loss), None)
        assert window.tabs.chosen.id == wanted
    for name, wanted in files.items():
        window.files.open_path(resources_directory() / "experiments" / f"{name}.chainrule")
        assert (name, window.tabs.chosen.id) == (name, wanted)
        assert window.tabs.view(wanted).isVisible()
    window.actions_by_id["view.tab_code"].trigger()
    window.files.open_path(resources_directory() / "experiments" / "three-classes.chainrule")
    assert window.tabs.chosen.id == "code"
    # Another experiment has nothing for the one that was chosen.
    window.actions_by_id["view.tab_classes"].trigger()
    window.files.open_path(resources_directory() / "experiments" / "cs231n-circuit.chainrule")
    assert window.tabs.chosen.id == "slope"


def test_at_the_start_the_tab_that_suits_waits_for_its_view(qtbot: QtBot) -> None:
    window = open_window(resources_directory() / "experiments" / "rosenbrock.chainrule")
    qtbot.addWidget(window)
    assert window.tabs.chosen.id == "path"
    assert not window.tabs.has_made("path")
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: window.tabs.has_made("path") and window.tabs.view("path").isVisible())
    assert window.close()


def test_the_board_is_remembered(qtbot: QtBot) -> None:
    store = SettingsStore()
    first = opened(qtbot, store)
    first.actions_by_id["view.tab_schedule"].trigger()
    trigger(first, "card", "up")
    first.actions_by_id["view.tab_code"].trigger()
    trigger(first, "window", "state")
    own = first.findChild(QWidget, "view_window.code")
    assert own is not None
    own.setGeometry(120, 90, 500, 320)
    # Only while it is looked at.
    trigger(first, "slope", "slope", "enlarge")
    sizes = first.board.places.sizes()
    assert first.close()

    second = opened(qtbot, store)
    # It would come back no larger than the screen without a display is.
    second.resize(first.size())
    assert second.board.board.places == ("loss", "schedule", "gradients", "tabs")
    qtbot.waitUntil(lambda: second.findChild(QWidget, "view_window.code") is not None)
    assert cards(second) == ["loss", "schedule", "gradients", "tabs"]
    assert not {"state", "schedule", "code"} & set(names(second))
    assert {"slope", "classes", "fit"} <= set(names(second))
    assert second.tabs.view("schedule").isVisible()
    assert find(second, "view_window.code").geometry().getRect() == (120, 90, 500, 320)
    assert second.board.places.sizes() == pytest.approx(sizes, abs=3)
    assert second.close()


def opened(qtbot: QtBot, store: SettingsStore) -> MainWindow:
    window = open_window(settings=store)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


def test_settings_that_know_no_board_or_another_one_give_the_usual(qtbot: QtBot) -> None:
    store = SettingsStore()
    store.settings = Settings(board=("gone", "loss"), views_away=("gone", "race"), views_in_windows=("gone",))
    window = opened(qtbot, store)
    assert cards(window) == ["gradients", "tabs", "loss"]
    assert window.close()
