"""Train so many iterations, and go to an iteration: asked for beside what they are about."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.training import PACES
from chainrule.ui.asking.counts import parse_count
from chainrule.ui.asking.popover import Popover
from chainrule.ui.timeline.heading import IterationHeading
from chainrule.ui.window.main_window import MainWindow


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1), (" 1000 ", 1000), ("1,000", 1000), ("1 000", 1000), ("1'000'000", 1_000_000), ("1_000", 1000),
        ("1e3", 1000), ("2.5E3", 2500), ("100.", 100), ("100.0", 100), ("1000000000", 10**9), ("1e9", 10**9),
    ],
)  # fmt: skip
def test_counts_are_read_as_people_write_them(text: str, number: int) -> None:
    assert parse_count(text, 1, 10**9) == number


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type a whole number from 1 to 1,000,000,000."), ("0", "The number must be from 1 to 1,000,000,000."),
        ("-5", "The number must be from 1 to"), ("−5", "The number must be from 1 to"), ("1e10", "must be from 1 to"),
        ("9" * 40, "must be from 1 to"), ("9" * 400, "whole number"), ("1.5", "A whole number is needed, such as 100."),
        ("many", "A whole number is needed"), ("1,00", "whole number"), ("nan", "whole number"), ("٣", "whole number"),
        ("1e-1", "whole number"), ("1e99", "must be from 1 to"),
    ],
)  # fmt: skip
def test_what_is_no_count_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_count(text, 1, 10**9)


def ask(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> Popover:
    qtbot.keyClick(window.focusWidget(), key, Qt.KeyboardModifier.ControlModifier)
    popover = window.beside.train_popover if key == Qt.Key.Key_T else window.beside.go_to_popover
    assert popover.isVisible()
    assert popover.field.hasFocus()
    return popover


def answer(qtbot: QtBot, popover: Popover, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    qtbot.keyClicks(popover.field, text)
    qtbot.keyClick(popover.field, key)


def test_so_many_iterations_are_trained_shown_on_the_way_and_undone_as_one(qtbot: QtBot, window: MainWindow) -> None:
    session = window.session
    popover = ask(qtbot, window, Qt.Key.Key_T)
    qtbot.keyClicks(popover.field, "1,500")
    assert popover.note.text().startswith("Iterations 0 to 1,499")
    qtbot.keyClick(popover.field, Qt.Key.Key_Return)
    assert not popover.isVisible()
    assert window.stage_panel.stage.hasFocus()
    qtbot.waitUntil(lambda: not window.trainer.is_running, timeout=30_000)
    assert session.cursor == Cursor(1499, 17)
    assert "1,500 computed" in window.timeline_bar.slider.accessibleDescription()
    session.undo_stack.undo()
    assert (session.cursor, session.horizon) == (Cursor(), 0)
    # The number is there the next time, and on the next day.
    assert ask(qtbot, window, Qt.Key.Key_T).field.text() == "1,500"
    assert window.settings.settings.iterations == 1500


def test_the_timeline_shows_how_far_a_run_is(qtbot: QtBot, window: MainWindow) -> None:
    window.trainer.train(1_000_000)
    qtbot.waitUntil(lambda: window.session.horizon > 20, timeout=30_000)
    window.refresh()
    assert "of 1,000,000" in window.timeline_bar.slider.accessibleDescription()
    qtbot.keyClick(window.stage_panel.stage, Qt.Key.Key_Space)
    assert not window.trainer.is_running
    assert f"{window.session.horizon:,} computed" in window.timeline_bar.slider.accessibleDescription()


def test_a_run_of_so_many_stops_where_numbers_overflow_and_says_so(qtbot: QtBot, window: MainWindow) -> None:
    window.session.number_editor.edit_number(refs.LR, (), 1e200)
    answer(qtbot, ask(qtbot, window, Qt.Key.Key_T), "1000")
    qtbot.waitUntil(lambda: not window.trainer.is_running, timeout=30_000)
    assert window.session.cursor.iteration < 900
    assert window.notice.text.startswith("Stopped at iteration")


def test_a_number_that_is_no_count_is_refused_beside_the_field(qtbot: QtBot, window: MainWindow) -> None:
    popover = ask(qtbot, window, Qt.Key.Key_T)
    answer(qtbot, popover, "0")
    assert popover.isVisible()
    assert popover.note.text() == "The number must be from 1 to 1,000,000,000."
    assert not popover.button.isEnabled()
    assert not window.trainer.is_running
    qtbot.keyClick(popover.field, Qt.Key.Key_Escape)
    assert not popover.isVisible()
    assert window.stage_panel.stage.hasFocus()
    assert window.session.cursor == Cursor()


def test_what_is_computed_is_gone_to_and_nothing_is_trained(qtbot: QtBot, window: MainWindow) -> None:
    window.session.navigator.go_to(Cursor(30, 17))
    popover = ask(qtbot, window, Qt.Key.Key_G)
    assert popover.note.text() == "Iterations 0 to 30 are computed."
    assert popover.button.text() == "Go"
    answer(qtbot, popover, "12")
    assert window.session.cursor == Cursor(12, 17)
    assert window.session.undo_stack.count() == 0


@pytest.mark.parametrize(("at", "wanted"), [(Cursor(), 40), (Cursor(0, 4), 0), (Cursor(4, 17), 40), (Cursor(4, 2), 4)])
def test_what_is_not_computed_is_offered_to_be_trained(
    qtbot: QtBot, window: MainWindow, at: Cursor, wanted: int
) -> None:
    window.session.navigator.go_to(at)
    popover = ask(qtbot, window, Qt.Key.Key_G)
    qtbot.keyClicks(popover.field, str(wanted))
    assert f"Iteration {wanted} is not computed yet" in popover.note.text()
    assert popover.button.text() in ("Train on to it", "Compute it")
    QTest.mouseClick(popover.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.trainer.is_running, timeout=30_000)
    assert window.session.cursor == Cursor(wanted, 17)
    assert window.session.horizon == wanted + 1


@pytest.mark.parametrize("at", [Cursor(), Cursor(1, 5), Cursor(2, 17)])
def test_an_undo_comes_back_to_the_very_place_that_one_went_on_from(
    qtbot: QtBot, window: MainWindow, at: Cursor
) -> None:
    window.session.navigator.go_to(Cursor(4, 17))
    window.session.navigator.go_to(at)
    answer(qtbot, ask(qtbot, window, Qt.Key.Key_G), "12")
    qtbot.waitUntil(lambda: not window.trainer.is_running, timeout=30_000)
    assert window.session.cursor == Cursor(12, 17)
    window.session.undo_stack.undo()
    assert (window.session.cursor, window.session.horizon) == (at, 5)


def test_no_iteration_after_the_end_of_the_schedule_is_offered(qtbot: QtBot, window: MainWindow) -> None:
    one_cycle = Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 10})
    window.session.editor.edit("OneCycleLR", edits.set_scheduler(one_cycle))
    popover = ask(qtbot, window, Qt.Key.Key_G)
    answer(qtbot, popover, "11")
    assert popover.isVisible()
    assert not popover.button.isEnabled()
    assert popover.note.text().startswith("Iteration 10 is the last one: OneCycleLR ends there.")
    popover.field.selectAll()
    answer(qtbot, popover, "8")
    qtbot.waitUntil(lambda: not window.trainer.is_running, timeout=30_000)
    assert window.session.cursor.iteration == 8
    popover = ask(qtbot, window, Qt.Key.Key_T)
    qtbot.keyClicks(popover.field, "100")
    assert popover.note.text().startswith("Iterations 9 to 10 and no more: OneCycleLR ends there.")
    qtbot.keyClick(popover.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.trainer.is_running, timeout=30_000)
    assert window.session.cursor.iteration == 10
    window.session.navigator.move(Stride.ITERATION)
    popover = ask(qtbot, window, Qt.Key.Key_T)
    assert popover.note.text().startswith("Iteration 10 is the last one")
    answer(qtbot, popover, "1")
    assert window.session.cursor.iteration == 10
    assert not window.trainer.is_running


def test_both_are_reached_by_the_mouse_and_closed_by_a_click_elsewhere(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1280, 800)
    QApplication.processEvents()
    button = window.findChild(QToolButton, "button.run.n")
    heading = window.findChild(IterationHeading, "timeline_bar.go_to")
    assert button is not None
    assert heading is not None
    assert heading.text() == "Iteration 0"
    for opener, name in ((button, "train_popover"), (heading, "go_to_popover")):
        QTest.mouseClick(opener, Qt.MouseButton.LeftButton)
        popover = window.findChild(QWidget, name)
        assert popover is not None
        assert popover.isVisible()
        place = QRect(popover.pos(), popover.size())
        assert window.rect().contains(place)
        # It hides nothing of what it is about.
        assert not place.intersects(QRect(opener.mapTo(window, QPoint(0, 0)), opener.size()))
        QTest.mouseClick(window.equation_view, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
        assert not popover.isVisible()


@pytest.mark.parametrize("size", [(1000, 540), (1280, 800)])
@pytest.mark.parametrize("scale", [0.9, 2.0])
def test_all_of_it_is_read_at_any_size(qtbot: QtBot, window: MainWindow, size: tuple[int, int], scale: float) -> None:
    window.appearance.set_scale(scale)
    window.resize(*size)
    QApplication.processEvents()
    for key, text in ((Qt.Key.Key_T, "1000000"), (Qt.Key.Key_G, "987654321")):
        popover = ask(qtbot, window, key)
        qtbot.keyClicks(popover.field, text)
        assert window.rect().contains(QRect(popover.pos(), popover.size()))
        for part in (popover.before, popover.after, popover.button, popover.field):
            assert part.width() >= part.minimumSizeHint().width()
            assert popover.rect().contains(part.geometry())
        assert popover.note.height() >= popover.note.heightForWidth(popover.note.width())
        qtbot.keyClick(popover.field, Qt.Key.Key_Escape)


def test_what_an_edit_puts_aside_is_told_and_is_over_with_the_next_change(qtbot: QtBot, window: MainWindow) -> None:
    window.trainer.set_pace(PACES[-1])
    window.trainer.start(50)
    qtbot.waitUntil(lambda: not window.trainer.is_running, timeout=30_000)
    window.session.navigator.go_to(Cursor(7, 3))
    window.session.number_editor.edit_number(refs.LR, (), 0.5)
    assert window.notice.text == "42 later iterations were put aside; Ctrl+Z brings them back."
    qtbot.keyClick(window.stage_panel.stage, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.horizon == 50
    assert window.notice.text == ""
