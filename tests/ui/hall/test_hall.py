"""A lecturer in front of a hall: F5, the clicker, the spotlight and the pen, a black screen, and back by Esc."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chainrule.session.hall.pen import PenStroke
from chainrule.ui.actions.hall_actions import HALL_KEYS
from chainrule.ui.hall.hall import Hall
from chainrule.ui.hall.lecturer import LecturerWindow
from chainrule.ui.hall.marks import ON_DARK, ON_LIGHT, WIDTH, paint_strokes, pen_colors
from chainrule.ui.style.appearance import DARK, LIGHT
from chainrule.ui.style.contrast import contrast
from chainrule.ui.style.painting import drawing
from chainrule.ui.window.main_window import MainWindow

Key = Qt.Key


@pytest.fixture
def hall(qtbot: QtBot, active: MainWindow) -> Iterator[Hall]:
    """The hall, opened by its key."""
    qtbot.keyClick(active.stage_panel.stage, Key.Key_F5)
    hall = active.beside.hall
    assert hall.window is not None
    with qtbot.waitActive(hall.window):
        hall.window.activateWindow()
    yield hall
    hall.close()


def press(qtbot: QtBot, hall: Hall, *keys: Qt.Key) -> None:
    """Press keys as a clicker does."""
    for key in keys:
        assert hall.window is not None
        qtbot.keyClick(hall.window.focusWidget() or hall.window, key)


def position(window: MainWindow) -> tuple[int, int]:
    """Where the cursor is."""
    return window.session.cursor.iteration, window.session.cursor.position


def test_a_clicker_asks_for_a_number_and_then_shows_it(qtbot: QtBot, active: MainWindow, hall: Hall) -> None:
    predictor = active.answers.predictor
    predictor.set_on(True)
    press(qtbot, hall, Key.Key_PageDown)
    assert predictor.question is not None
    assert position(active) == (0, 0)
    press(qtbot, hall, Key.Key_PageDown)
    assert predictor.question is None
    assert position(active) == (0, 1)
    assert predictor.score.tally().revealed == 1
    press(qtbot, hall, Key.Key_PageDown, Key.Key_PageDown)
    assert position(active) == (0, 2)
    predictor.set_on(False)


def test_f5_fills_the_screen_and_esc_leads_back_to_the_window_as_it_was(qtbot: QtBot, active: MainWindow) -> None:
    stage = active.stage_panel.stage
    before = active.geometry(), active.windowState(), active.folding.folded, active.appearance.scale, stage.size()
    qtbot.keyClick(stage, Key.Key_F5)
    hall = active.beside.hall
    assert hall.window is not None
    assert hall.window.isFullScreen()
    assert hall.window.size() == active.screen().size()
    assert hall.lecturer is None
    with qtbot.waitActive(hall.window):
        hall.window.activateWindow()
    press(qtbot, hall, Key.Key_PageDown)
    with qtbot.waitSignal(hall.closed):
        press(qtbot, hall, Key.Key_Escape)
    assert not hall.is_open
    after = active.geometry(), active.windowState(), active.folding.folded, active.appearance.scale, stage.size()
    assert after == before
    qtbot.waitUntil(active.isActiveWindow)
    assert active.focusWidget() is stage
    # What the hall saw last is on the screen.
    assert position(active) == (0, 1)
    assert not [
        each for each in QApplication.topLevelWidgets() if each.objectName() == "hall_window" and each.isVisible()
    ]


def test_a_clicker_steps_and_the_arrows_go_as_in_the_window(qtbot: QtBot, hall: Hall, active: MainWindow) -> None:
    press(qtbot, hall, Key.Key_PageDown, Key.Key_PageDown, Key.Key_PageUp, Key.Key_Space, Key.Key_Right, Key.Key_Left)
    assert position(active) == (0, 2)
    press(qtbot, hall, Key.Key_Down)
    assert position(active) == (0, 4)
    press(qtbot, hall, Key.Key_Return)
    assert position(active) == (0, 17)
    press(qtbot, hall, Key.Key_Up)
    assert position(active) == (0, 13)


def test_each_phase_is_announced_in_large_letters_when_it_begins(qtbot: QtBot, hall: Hall, active: MainWindow) -> None:
    heading = hall.window.findChild(QWidget, "hall.heading")  # type: ignore[union-attr]
    titles = []
    for _ in active.session.moment.steps:
        press(qtbot, hall, Key.Key_PageDown)
        titles.append(heading.title if heading.announces else "")  # type: ignore[union-attr]
    assert list(filter(None, titles)) == ["Forward", "Loss", "Backward", "Update"]
    assert [place for place, title in enumerate(titles) if title] == [0, 4, 5, 13]
    press(qtbot, hall, Key.Key_PageUp, Key.Key_PageUp, Key.Key_PageUp, Key.Key_PageUp)
    assert heading.title == "Backward"  # type: ignore[union-attr]


@pytest.mark.parametrize(("key", "other", "color"), [("B", ".", "black"), ("W", ",", "white")])
def test_a_blank_screen_comes_back_by_its_key_or_by_the_next_step_which_does_not_step(
    qtbot: QtBot, hall: Hall, active: MainWindow, key: str, other: str, color: str
) -> None:
    assert hall.window is not None
    qtbot.keyClicks(hall.window, key)
    assert hall.show.curtain.color == color
    image = hall.window.grab().toImage()
    assert {
        image.pixelColor(x, y).name() for x in range(0, image.width(), 97) for y in range(0, image.height(), 61)
    } == {QColor(color).name()}
    qtbot.keyClicks(hall.window, other)
    assert hall.show.curtain.color == ""
    qtbot.keyClicks(hall.window, other)
    press(qtbot, hall, Key.Key_PageDown)
    assert (hall.show.curtain.color, position(active)) == ("", (0, 0))
    press(qtbot, hall, Key.Key_PageDown)
    assert position(active) == (0, 1)


def drag(qtbot: QtBot, widget: QWidget, *points: QPoint) -> None:
    """Draw from point to point."""
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(widget, point)
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=points[-1])


def test_the_pen_draws_where_the_mouse_goes_until_the_next_step(qtbot: QtBot, hall: Hall) -> None:
    window = hall.window
    assert window is not None
    middle = QPoint(window.width() // 2, window.height() - 30)
    ground = window.grab().toImage().pixelColor(middle)
    press(qtbot, hall, Key.Key_P)
    drag(qtbot, window.sheet, middle - QPoint(100, 0), middle, middle + QPoint(100, 0))
    ink = window.grab().toImage()
    assert ink.pixelColor(middle).name() == ON_LIGHT[0]
    press(qtbot, hall, Key.Key_2)
    drag(qtbot, window.sheet, middle - QPoint(0, 40), middle - QPoint(0, 41))
    assert [stroke.color for stroke in hall.show.pen.strokes] == [0, 1]
    press(qtbot, hall, Key.Key_Z)
    assert len(hall.show.pen.strokes) == 1
    press(qtbot, hall, Key.Key_K, Key.Key_PageDown)
    assert len(hall.show.pen.strokes) == 1
    press(qtbot, hall, Key.Key_K, Key.Key_PageUp)
    assert hall.show.pen.strokes == ()
    assert window.grab().toImage().pixelColor(middle) == ground
    drag(qtbot, window.sheet, middle, middle + QPoint(50, 0))
    press(qtbot, hall, Key.Key_E)
    assert hall.show.pen.strokes == ()


def test_the_spotlight_leaves_a_disc_bright_around_the_mouse(qtbot: QtBot, hall: Hall) -> None:
    window = hall.window
    assert window is not None
    ground = window.grab().toImage().pixelColor(5, window.height() - 5)
    press(qtbot, hall, Key.Key_S)
    at = QPoint(window.width() // 3, window.height() - 60)
    place = QPointF(at)
    buttons, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    moved = QMouseEvent(QEvent.Type.MouseMove, place, window.mapToGlobal(place), buttons, buttons, keys)
    QApplication.sendEvent(window.sheet, moved)
    image = window.grab().toImage()
    assert image.pixelColor(at) == ground
    assert image.pixelColor(window.width() - 5, window.height() - 5).lightness() < ground.lightness() / 2
    radius = hall.show.spotlight.radius
    press(qtbot, hall, Key.Key_Plus)
    assert hall.show.spotlight.radius > radius
    press(qtbot, hall, Key.Key_S)
    assert window.grab().toImage().pixelColor(window.width() - 5, window.height() - 5) == ground


def test_numbers_are_chosen_and_edited_by_the_mouse_as_in_the_window(
    qtbot: QtBot, hall: Hall, active: MainWindow
) -> None:
    window = hall.window
    assert window is not None
    stage = window.findChild(QWidget, "hall.stage")
    rect = stage.rect_of("layers.0.weight", (0, 1))  # type: ignore[union-attr]
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=rect.center().toPoint())
    assert active.session.selection is not None
    assert (active.session.selection.ref, active.session.selection.index) == ("layers.0.weight", (0, 1))
    qtbot.keyClicks(stage, "7")
    field = window.findChild(QWidget, "stage.editor")
    # A full stop is a part of the number there, and no black screen.
    qtbot.keyClicks(field, ".5")
    qtbot.keyClick(field, Key.Key_Return)
    assert active.session.experiment.parameters["layers.0.weight"][0][1] == 7.5
    assert hall.show.curtain.color == ""


def test_dark_is_dark_in_the_hall_and_text_grows_there_alone(qtbot: QtBot, hall: Hall, active: MainWindow) -> None:
    window = hall.window
    assert window is not None
    scale = active.appearance.scale
    qtbot.keyClick(window, Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    dark = active.appearance.is_dark
    ground = (DARK if dark else LIGHT).surface
    assert window.grab().toImage().pixelColor(5, window.height() - 5).name() == ground
    qtbot.keyClick(window, Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert active.appearance.is_dark is not dark
    qtbot.keyClick(window, Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert active.appearance.scale == scale


def test_what_the_session_tells_is_read_in_the_hall_until_the_next_step(
    qtbot: QtBot, hall: Hall, active: MainWindow
) -> None:
    heading = hall.window.findChild(QWidget, "hall.heading")  # type: ignore[union-attr]
    active.session.signals.warned.emit("The schedule is over.")
    assert heading.words == "The schedule is over."  # type: ignore[union-attr]
    press(qtbot, hall, Key.Key_PageDown)
    assert heading.words == "from the inputs to the outputs"  # type: ignore[union-attr]


def test_closing_the_window_leaves_the_hall(qtbot: QtBot, active: MainWindow) -> None:
    active.actions_by_id["hall.open"].trigger()
    hall = active.beside.hall
    assert hall.window is not None
    active.session.file.mark_saved(None)
    active.close()
    assert not hall.is_open


def test_it_is_opened_again_as_new(qtbot: QtBot, hall: Hall, active: MainWindow) -> None:
    press(qtbot, hall, Key.Key_P)
    hall.close()
    assert [each for each in active.findChildren(QWidget) if each.objectName().startswith("hall")] == []
    hall.open()
    assert hall.window is not None
    with qtbot.waitActive(hall.window):
        hall.window.activateWindow()
    assert not hall.show.pen.is_on
    press(qtbot, hall, Key.Key_PageDown)
    assert position(active) == (0, 1)


def test_no_key_of_the_hall_means_two_things_and_each_says_what_it_does() -> None:
    keys = [key for row in HALL_KEYS for key in row.keys]
    assert len(keys) == len(set(keys))
    assert all(row.tip and row.text and row.keys for row in HALL_KEYS)


def seen_by(color: str, lacking: str) -> QColor:
    """A colour as somebody sees it without one kind of cones (Viénot et al., 1999; Brettel's plane for blue)."""
    matrices = {
        "red": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
        "green": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
        "blue": ((1.0, 0.1446, -0.1446), (0.0, 0.8592, 0.1408), (0.0, 0.8592, 0.1408)),
    }
    channels = QColor(color).getRgbF()[:3]
    linear = [each**2.2 for each in channels]
    mixed = [sum(a * b for a, b in zip(row, linear, strict=True)) for row in matrices[lacking]]
    return QColor.fromRgbF(*(min(1.0, max(0.0, each)) ** (1 / 2.2) for each in mixed))


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("lacking", ["red", "green", "blue"])
def test_the_pens_colours_are_told_apart_by_everyone(lacking: str, is_dark: bool) -> None:
    colors = [seen_by(color, lacking) for color in pen_colors(is_dark)]
    for place, one in enumerate(colors):
        for other in colors[:place]:
            distance = sum((a - b) ** 2 for a, b in zip(one.getRgbF()[:3], other.getRgbF()[:3], strict=True)) ** 0.5
            assert distance > 0.35, (one.name(), other.name())


@pytest.mark.parametrize(("colors", "theme"), [(ON_LIGHT, LIGHT), (ON_DARK, DARK)])
def test_each_colour_of_the_pen_stands_out_from_its_ground(colors: tuple[str, ...], theme: object) -> None:
    assert all(contrast(color, theme.surface) >= 3 for color in colors)  # type: ignore[attr-defined]


def test_a_stroke_is_crisp_at_two_pixels_a_point() -> None:
    size, widths = QSizeF(400, 300), []
    for ratio in (1, 2):
        image = QImage((size * ratio).toSize(), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor("white"))
        with drawing(image) as painter:
            paint_strokes(painter, (PenStroke(3, ((0.1, 0.5), (0.9, 0.5))),), size, QColor("white"), ON_LIGHT)
        column = [image.pixelColor(200 * ratio, y).lightness() for y in range(image.height())]
        widths.append(sum(255 - each for each in column) / 255 / ratio)
        # Full black is in it, and no more than two pixels at its sides are neither black nor white.
        assert min(column) == 0 or ratio == 1
        assert sum(0 < each < 255 for each in column) <= 2
    assert widths == pytest.approx([WIDTH * 300] * 2, abs=0.15)


def test_the_lecturers_screen_tells_what_comes_next_and_draws_in_the_hall(
    qtbot: QtBot, hall: Hall, active: MainWindow
) -> None:
    """On one screen it is never shown: here it is made beside the hall, as on a second one."""
    assert hall.window is not None
    lecturer = LecturerWindow(
        hall.window.findChild(QWidget, "hall.picture"),  # type: ignore[arg-type]
        hall.show,
        {key.id: hall.actions[key.id] for key in HALL_KEYS},
        active.appearance,
    )
    qtbot.addWidget(lecturer)
    lecturer.resize(1280, 800)
    lecturer.show()
    lecturer.notes.show_moment(active.session.moment, lecturer.notes.shows)
    assert "network of 2 inputs" in lecturer.notes.now.text()
    assert lecturer.notes.next.text().startswith("h₁ multiplies each value that reaches it")
    assert lecturer.elapsed.text().startswith("0:0")
    picture = lecturer.preview.picture()
    assert picture.width() / picture.height() == pytest.approx(hall.window.width() / hall.window.height(), rel=0.01)
    button = lecturer.findChild(QWidget, "button.hall.pen")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    at = picture.center().toPoint()
    drag(qtbot, lecturer.preview, at, at + QPoint(20, 0))
    (stroke,) = hall.show.pen.strokes
    assert stroke.points[0] == pytest.approx((0.5, 0.5), abs=0.01)
    with qtbot.waitSignal(lecturer.closed):
        lecturer.close()
