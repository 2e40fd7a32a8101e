"""How far somebody has come in a lesson: remembered, offered when it is opened again, and told in the menu."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.session.files.settings import SettingsStore
from chainrule.session.lessons.progress import LessonProgress
from chainrule.ui.lesson.menu import LessonMenu
from chainrule.ui.widgets.plain_text import PlainLabel
from chainrule.ui.window.main_window import MainWindow
from tests.lessons.lesson.folders import SIMPLE, lesson_folder
from tests.ui.lesson.student import Student

STEPS = "".join(f'\n[[step]]\ntext = "Step {number}."\n' for number in range(2, 5))


def entry(menu: LessonMenu, folder: Path) -> str:
    menu.aboutToShow.emit()
    return next(each.text() for each in menu.actions() if each.objectName() == f"lesson_menu.{folder.name}")


def test_a_lesson_goes_on_where_it_was_left(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    folder = lesson_folder(tmp_path, SIMPLE + STEPS)
    student = Student(window, qtbot, folder)
    offer = student.panel.offer
    assert not offer.isVisible()
    for _ in range(2):
        student.press("lesson.next")
    student.press("lesson.leave")
    student = Student(window, qtbot, folder)
    assert student.guide.place == 0
    assert offer.said.text() == "You were at step 3 of 4 when you left this lesson."
    # Whoever closes it now finds the offer again.
    student.press("lesson.leave")
    student = Student(window, qtbot, folder)
    assert offer.go_on.text() == "go on at step 3"
    student.press("lesson.go_on_at")
    assert student.guide.place == 2
    assert not offer.isVisible()


def test_a_lesson_starts_again_where_that_is_wanted(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    folder = lesson_folder(tmp_path, SIMPLE + STEPS)
    student = Student(window, qtbot, folder)
    student.press("lesson.next")
    student.press("lesson.leave")
    student = Student(window, qtbot, folder)
    student.press("lesson.start_again")
    assert student.guide.place == 0
    assert not student.panel.offer.isVisible()
    student.press("lesson.leave")
    student = Student(window, qtbot, folder)
    assert not student.panel.offer.isVisible()
    # Going on by itself is an answer, too.
    student.press("lesson.next")
    student.press("lesson.leave")
    student = Student(window, qtbot, folder)
    student.press("lesson.next")
    assert not student.panel.offer.isVisible()


def test_the_menu_says_which_lessons_are_done_and_which_were_begun(window: MainWindow, qtbot: QtBot) -> None:
    menu, first = window.menus.lessons, shipped_lessons()[0]
    title = "1  One neuron and its three multipliers"
    assert entry(menu, first) == title
    student = Student(window, qtbot, first)
    student.guide.go_to(3)
    assert entry(menu, first) == f"{title}\tat step 4"
    student.guide.go_to(len(student.guide.lesson.steps) - 1)  # type: ignore[union-attr]
    for task in student.guide.tasks:
        task.is_done = True
    student.panel.show_moment(window.session.moment, student.panel.shows)
    student.press("lesson.next")
    assert not window.lessons.is_running
    assert entry(menu, first) == f"{title}\t✓ done"


def test_progress_is_kept_in_the_settings(tmp_path: Path) -> None:
    path, first = tmp_path / "settings.json", shipped_lessons()[0]
    mine = tmp_path / "mine"
    progress = LessonProgress(SettingsStore(path))
    progress.note(first, 4)
    progress.note(mine, 2)
    progress.finish(mine)
    again = LessonProgress(SettingsStore(path))
    assert (again.step(first), again.is_done(first)) == (4, False)
    assert (again.step(mine), again.is_done(mine)) == (0, True)
    # A lesson of the program is the same one wherever the program lies.
    assert SettingsStore(path).settings.lesson_steps == {first.name: 4}


def test_a_step_that_is_no_longer_there_is_not_offered(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    folder = lesson_folder(tmp_path, SIMPLE + STEPS)
    student = Student(window, qtbot, folder)
    for _ in range(3):
        student.press("lesson.next")
    student.press("lesson.leave")
    (folder / "lesson.toml").write_text(SIMPLE, encoding="utf-8")
    student = Student(window, qtbot, folder)
    assert not student.panel.offer.isVisible()


def test_the_hints_say_nothing_of_what_a_lesson_hides(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    hints = window.findChild(PlainLabel, "hints")
    assert hints is not None
    with qtbot.waitActive(window):
        window.activateWindow()
    window.stage_panel.stage.setFocus()
    qtbot.waitUntil(lambda: "Space run" in hints.text())
    step = '\n[[step]]\ntext = "No run."\nhide = ["run.toggle", "phase.next"]\n'
    student = Student(window, qtbot, lesson_folder(tmp_path, SIMPLE + step))
    student.press("lesson.next")
    window.stage_panel.stage.setFocus()
    assert "→ step" in hints.text()
    assert "Space run" not in hints.text()
    assert "↓ phase" not in hints.text()
    before = window.session.cursor
    qtbot.keyClick(window.stage_panel.stage, Qt.Key.Key_Space)
    assert not window.trainer.is_running
    assert window.session.cursor == before
    student.press("lesson.leave")
    assert "Space run" in hints.text()


def test_a_long_title_is_told_whole_in_its_tip(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    title = "What a very long title says of a network with quite some layers and their units"
    student = Student(window, qtbot, lesson_folder(tmp_path, SIMPLE.replace('title = "', f'title = "{title} ', 1)))
    shown = student.panel.title
    qtbot.waitUntil(lambda: shown.text().endswith("…"))
    assert shown.toolTip().startswith(title)
    assert shown.fontMetrics().horizontalAdvance(shown.text()) <= shown.width()


def test_the_number_under_the_mouse_is_asked_for_by_its_menu(window: MainWindow, qtbot: QtBot) -> None:
    stage = window.stage_panel.stage
    rect = stage.rect_of(refs.ValueRef("layers.0.weight"), (0, 1))
    assert rect is not None
    place = stage.mapTo(window.stage_panel, rect.center().toPoint())
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, place, window.stage_panel.mapToGlobal(QPoint(place)))
    QApplication.sendEvent(window.stage_panel, event)
    menu = window.findChildren(QMenu, "picture.menu")[-1]
    next(each for each in menu.actions() if each.objectName() == "edit.ask").trigger()
    menu.close()
    (question,) = window.session.experiment.questions
    assert (question.ref, question.index) == ("layers.0.weight", (0, 1))
