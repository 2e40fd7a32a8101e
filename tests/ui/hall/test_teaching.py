"""What a lecturer has at hand in a hall: the keys, how a gradient came to be, and the notes of a lesson."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.lesson.folder import load_lesson
from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.ui.actions.hall_actions import HALL_KEYS
from chainrule.ui.hall.derivation import NONE
from chainrule.ui.hall.hall import NO_LESSON, Hall
from chainrule.ui.hall.key_sheet import KeySheet
from chainrule.ui.hall.notes import LessonNotes
from chainrule.ui.hall.picture import HallPicture
from chainrule.ui.hall.window import HallWindow
from chainrule.ui.typesetting.formula import FormulaView
from chainrule.ui.typesetting.typeset import SIZE
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import mazur
from tests.ui.hall.conftest import HallOf
from tests.ui.hall.test_text_sizes import SCREENS, SHARE, smallest_glyph

Key = Qt.Key
W_GRAD = ValueRef("layers.0.weight.grad")


@pytest.fixture
def hall(qtbot: QtBot, active: MainWindow) -> Iterator[Hall]:
    qtbot.keyClick(active.stage_panel.stage, Key.Key_F5)
    hall = active.beside.hall
    assert hall.window is not None
    with qtbot.waitActive(hall.window):
        hall.window.activateWindow()
    yield hall
    hall.close()


def shown(hall: Hall) -> HallWindow:
    assert hall.window is not None
    return hall.window


def press(qtbot: QtBot, hall: Hall, key: Qt.Key) -> None:
    window = shown(hall)
    qtbot.keyClick(window.focusWidget() or window, key)


def test_f1_lists_every_key_of_the_hall_and_esc_hides_the_list_before_it_leaves(qtbot: QtBot, hall: Hall) -> None:
    sheet = shown(hall).key_sheet
    assert not sheet.isVisible()
    press(qtbot, hall, Key.Key_F1)
    assert sheet.isVisible()
    assert sheet.geometry() == shown(hall).rect()
    assert [words.text() for _, words in sheet.lines] == [key.text for key in HALL_KEYS]
    assert next(keys.text() for keys, words in sheet.lines if words.text() == "Step") == "Page Down, →, Space"
    # All of it is on the screen.
    assert all(sheet.rect().contains(label.geometry()) for line in sheet.lines for label in line)
    assert not any(words.geometry().intersects(keys.geometry()) for keys, words in sheet.lines)
    press(qtbot, hall, Key.Key_Escape)
    assert not sheet.isVisible()
    assert hall.is_open
    press(qtbot, hall, Key.Key_Question)
    assert sheet.isVisible()
    press(qtbot, hall, Key.Key_Question)
    assert not sheet.isVisible()
    press(qtbot, hall, Key.Key_Escape)
    assert not hall.is_open


@pytest.mark.parametrize("size", SCREENS, ids=str)
def test_the_list_of_keys_is_read_from_the_last_row(hall_of: HallOf, size: tuple[int, int]) -> None:
    _, picture = hall_of(mazur(), size)
    sheet = KeySheet(picture.appearance, picture)
    sheet.toggle()
    assert all(label.fontInfo().pixelSize() >= SHARE * size[1] - 1 for label in sheet.findChildren(QLabel))
    needed = sheet.sizeHint()
    assert needed.width() <= size[0]
    assert needed.height() <= size[1]


def picture_of(hall: Hall) -> HallPicture:
    found = shown(hall).findChild(HallPicture, "hall.picture")
    assert found is not None
    return found


def test_h_shows_how_a_gradient_came_to_be_in_the_place_of_the_network(
    qtbot: QtBot, hall: Hall, active: MainWindow
) -> None:
    picture = picture_of(hall)
    said: list[str] = []
    active.session.signals.informed.connect(said.append)
    press(qtbot, hall, Key.Key_H)
    assert said == [NONE]
    assert picture.canvas.isVisible()
    for _ in range(len(active.session.moment.steps)):
        press(qtbot, hall, Key.Key_Right)
    active.session.selector.select(W_GRAD, (0, 0))
    press(qtbot, hall, Key.Key_H)
    assert picture.derivation.isVisible()
    assert not picture.canvas.isVisible()
    assert hall.actions["hall.derivation"].isChecked()
    view = picture.derivation.view
    qtbot.waitUntil(lambda: view.is_up_to_date)
    formulas = [each for each in view.findChildren(FormulaView) if each.isVisible()]
    assert len(formulas) > 4
    # Part by part to its end, then the network is back.
    bar = picture.derivation.verticalScrollBar()
    for _ in range(40):
        before = bar.value()
        press(qtbot, hall, Key.Key_H)
        if not picture.derivation.isVisible():
            break
        assert bar.value() > before
    assert not picture.derivation.isVisible()
    assert picture.canvas.isVisible()
    # With a step it goes, too.
    press(qtbot, hall, Key.Key_H)
    assert picture.derivation.isVisible()
    press(qtbot, hall, Key.Key_Left)
    assert not picture.derivation.isVisible()
    assert not hall.actions["hall.derivation"].isChecked()


@pytest.mark.parametrize("size", SCREENS[:2], ids=str)
def test_the_derivation_is_read_from_the_last_row(qtbot: QtBot, hall_of: HallOf, size: tuple[int, int]) -> None:
    session, picture = hall_of(mazur(), size)
    for _ in range(len(session.moment.steps)):
        session.navigator.step_forward()
    session.selector.select(W_GRAD, (0, 0))
    picture.turn_derivation()
    view = picture.derivation.view
    qtbot.waitUntil(lambda: view.is_up_to_date, timeout=20_000)
    seen = 0
    for formula in view.findChildren(FormulaView):
        for part in formula.parts if formula.isVisible() else ():
            pixels = formula.scale * SIZE * smallest_glyph(part.latex)
            assert pixels >= SHARE * size[1] - 1e-6, part.latex
            seen += 1
    assert seen > 20
    labels = [each for each in view.findChildren(QLabel) if each.isVisible()]
    assert all(each.fontInfo().pixelSize() >= SHARE * size[1] - 1 for each in labels)


def test_a_lecturer_pages_through_a_lesson_without_doing_its_tasks(
    qtbot: QtBot, hall: Hall, active: MainWindow
) -> None:
    said: list[str] = []
    active.session.signals.informed.connect(said.append)
    press(qtbot, hall, Key.Key_N)
    assert said == [NO_LESSON]
    hall.close()
    active.lessons.open(shipped_lessons()[0])
    hall.open()
    guide = active.lessons.guide
    assert guide is not None
    window = shown(hall)
    with qtbot.waitActive(window):
        window.activateWindow()
    press(qtbot, hall, Key.Key_N)
    press(qtbot, hall, Key.Key_N)
    assert guide.place == 2
    qtbot.keyClick(window.focusWidget() or window, Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert guide.place == 1
    hall.close()
    active.lessons.leave()


def test_the_notes_of_a_step_stand_on_the_lecturers_screen(qtbot: QtBot, active: MainWindow) -> None:
    holder = QWidget()
    qtbot.addWidget(holder)
    notes = LessonNotes(active.appearance, holder)
    notes.setGeometry(0, 0, 380, 500)
    holder.show()
    notes.show_step(active.lessons.guide, active.session.moment)
    assert not notes.isVisible()
    folder = shipped_lessons()[0]
    active.lessons.open(folder)
    guide = active.lessons.guide
    assert guide is not None
    for place, step in enumerate(load_lesson(folder).steps):
        guide.go_to(place)
        notes.show_step(guide, active.session.moment)
        assert notes.isVisible()
        assert notes.title.text() == f"One neuron and its three multipliers: {step.title}"
        assert notes.heading.note == f"step {place + 1} of 10"
        assert " ".join(notes.prose.text.split()) == " ".join(step.notes.split())
    active.lessons.leave()
    notes.show_step(guide, active.session.moment)
    assert not notes.isVisible()


@pytest.mark.parametrize("folder", shipped_lessons(), ids=lambda folder: folder.name)
def test_every_step_of_a_shipped_lesson_has_notes(folder: Path) -> None:
    notes = [step.notes for step in load_lesson(folder).steps]
    assert all(len(note.split()) >= 8 for note in notes)
    assert len(set(notes)) == len(notes)
