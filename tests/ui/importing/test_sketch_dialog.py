"""File > Sketch data: points are drawn with the mouse and the keys, seen in the plane, and trained on."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chainrule.model.importing.sketch import Sketch, SketchPoint
from chainrule.model.navigation import Stride
from chainrule.resource_files import resources_directory
from chainrule.ui.importing.page import ImportDialog
from chainrule.ui.importing.sketch_dialog import CURVE, SketchDialog
from chainrule.ui.plots.chart.palette import class_color
from chainrule.ui.window.main_window import MainWindow

Key, Button = Qt.Key, Qt.MouseButton
RIGHT = Button.RightButton
Place = tuple[float, float]


def open_pad(window: MainWindow) -> SketchDialog:
    window.actions_by_id["file.sketch_data"].trigger()
    found = window.findChildren(SketchDialog)[-1]
    QTest.qWaitForWindowExposed(found)
    return found


@pytest.fixture
def dialog(window: MainWindow) -> SketchDialog:
    return open_pad(window)


def at(dialog: SketchDialog, place: Place) -> QPoint:
    return dialog.pad.place_at(*place).toPoint()


def drag(dialog: SketchDialog, *places: Place, button: Button = Button.LeftButton) -> None:
    QTest.mousePress(dialog.pad, button, pos=at(dialog, places[0]))
    for place in places[1:]:
        QTest.mouseMove(dialog.pad, at(dialog, place))
    QTest.mouseRelease(dialog.pad, button, pos=at(dialog, places[-1]))


def click(dialog: SketchDialog, place: Place, button: Button = Button.LeftButton) -> None:
    drag(dialog, place, button=button)


def color_at(dialog: SketchDialog, place: Place) -> QColor:
    return dialog.pad.grab().toImage().pixelColor(at(dialog, place))


def press(dialog: SketchDialog, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(dialog.pad, key)


def test_points_are_drawn_seen_and_trained_on(dialog: SketchDialog, window: MainWindow) -> None:
    click(dialog, (-2.0, 1.0))
    press(dialog, Key.Key_2)
    click(dialog, (1.0, -1.5))
    for label, (x, y) in enumerate(((-2.0, 1.0), (1.0, -1.5))):
        point = dialog.sketch.points[label]
        assert point.label == label
        # Within half a pixel of where the mouse was.
        assert (point.x, point.y) == pytest.approx((x, y), abs=0.02)
        assert color_at(dialog, (point.x, point.y)) == class_color(window.appearance, label, 2)
    assert dialog._said.text() == "2 points"
    # Of two classes in the colours that the tab Fit will have, of more in those of its regions.
    dialog.classes.more.click()
    for label, point in enumerate(dialog.sketch.points):
        assert color_at(dialog, (point.x, point.y)) == class_color(window.appearance, label)
    dialog.classes.less.click()
    dialog.replace.click()
    assert window.tabs.chosen.id == "classes"
    experiment = window.session.experiment
    assert tuple(experiment.data.inputs) == tuple((point.x, point.y) for point in dialog.sketch.points)
    assert tuple(experiment.data.targets) == ((0.0,), (1.0,))
    assert experiment.data.names.classes == ("A", "B")
    assert experiment.title == "Sketch"
    window.session.navigator.move(Stride.ITERATION)
    assert window.session.cursor.position > 0


def test_a_class_has_a_shape_of_its_own_besides_its_colour(dialog: SketchDialog) -> None:
    while dialog.classes.more.isVisibleTo(dialog):
        dialog.classes.more.click()
    shapes = set()
    for label in range(10):
        picture = dialog.classes.buttons[label].grab().toImage()
        ground = picture.pixel(picture.width() - 4, 4)
        right = range(picture.width() // 2, picture.width() - 4)
        shapes.add(tuple(picture.pixel(x, y) == ground for y in range(4, picture.height() - 4) for x in right))
    assert len(shapes) == 10


def test_a_drag_sprays_points_and_is_one_stroke(dialog: SketchDialog) -> None:
    drag(dialog, (-2.0, 0.0), (0.0, 0.0), (2.0, 0.0))
    points = dialog.sketch.points
    way = at(dialog, (2.0, 0.0)).x() - at(dialog, (-2.0, 0.0)).x()
    assert len(points) == way // 14 + 1
    assert {point.y for point in points} == {points[0].y}
    dialog.undo.click()
    assert dialog.sketch.points == ()
    dialog.redo.click()
    assert dialog.sketch.points == points


def test_the_right_button_erases_what_it_passes(dialog: SketchDialog) -> None:
    for x in (-2.0, 0.0, 2.0):
        click(dialog, (x, 1.0))
    surface = QColor(dialog._appearance.theme.surface)
    drag(dialog, (-2.5, 1.0), (0.2, 1.0), button=RIGHT)
    assert [point.x for point in dialog.sketch.points] == pytest.approx([2.0], abs=0.02)
    assert color_at(dialog, (-1.9, 1.06)) == surface
    QTest.keyClick(dialog, Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(dialog.sketch.points) == 3
    press(dialog, Key.Key_E)
    assert dialog.eraser.isChecked()
    click(dialog, (2.0, 1.0))
    assert len(dialog.sketch.points) == 2
    # To choose a class is to draw again.
    press(dialog, Key.Key_1)
    assert not dialog.eraser.isChecked()


def test_points_are_set_without_the_mouse(dialog: SketchDialog) -> None:
    dialog.pad.setFocus()
    press(dialog, Key.Key_Right, Key.Key_Up, Key.Key_Space, Key.Key_2, Key.Key_Left, Key.Key_Left, Key.Key_Space)
    assert dialog.sketch.points == (SketchPoint(0.12, 0.12, 0), SketchPoint(-0.12, 0.12, 1))
    assert dialog._where.text() == "x = −0.12   y = 0.12"
    assert dialog.pad.accessibleDescription() == "2 points; at x = −0.12   y = 0.12"
    press(dialog, Key.Key_Delete)
    assert dialog.sketch.points == (SketchPoint(0.12, 0.12, 0),)
    QTest.keyClick(dialog.pad, Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert dialog._where.text() == "x = −0.12   y = 0.11"


def test_escape_gives_up_a_stroke_and_then_the_pad_which_keeps_what_was_drawn(
    dialog: SketchDialog, window: MainWindow
) -> None:
    click(dialog, (1.0, 1.0))
    QTest.mousePress(dialog.pad, Button.LeftButton, pos=at(dialog, (-2.0, -2.0)))
    QTest.mouseMove(dialog.pad, at(dialog, (2.0, -2.0)))
    assert len(dialog.sketch.points) == 1
    assert len(dialog.pad.sketch.points) > 10
    press(dialog, Key.Key_Escape)
    assert dialog.isVisible()
    assert len(dialog.pad.sketch.points) == 1
    QTest.mouseRelease(dialog.pad, Button.LeftButton, pos=at(dialog, (2.0, -2.0)))
    assert len(dialog.sketch.points) == 1
    drawn = dialog.sketch
    press(dialog, Key.Key_Escape)
    assert not dialog.isVisible()
    assert open_pad(window).sketch == drawn


def test_a_curve_is_drawn_and_its_points_can_be_classes_again(dialog: SketchDialog, window: MainWindow) -> None:
    press(dialog, Key.Key_2)
    drag(dialog, (-2.0, -1.0), (2.0, 1.0))
    classes = dialog.sketch
    dialog.kind.choose(CURVE)
    assert not dialog.classes.isVisible()
    assert "1 input; 1 target" in dialog._words.text()
    dialog.undo.click()
    assert dialog.sketch == classes
    assert dialog.kind.choice == "classes"
    dialog.redo.click()
    dialog.replace.click()
    assert window.session.experiment.network.inputs == 1
    assert tuple(window.session.experiment.data.targets) == tuple((point.y,) for point in classes.points)


def test_what_cannot_be_is_said_in_words(dialog: SketchDialog) -> None:
    assert dialog._words.text() == "There are no points yet: click or drag in the plane."
    assert not any(button.isEnabled() for button in (dialog.replace, dialog.append, dialog.look))
    click(dialog, (0.0, 0.0))
    assert dialog._words.text() == "“class” has only one class, A: there is nothing to tell apart."
    assert not dialog.replace.isEnabled()
    right = dialog.ends[1]
    right.setFocus()
    right.setText("-4")
    assert not right.commit()
    assert dialog._refusals.message == "The second number must be larger than the first, which is -3."
    dialog.classes.names[1].setText("A")
    assert not dialog.classes.names[1].commit()
    assert dialog._refusals.message == "There is another class called A."
    dialog.spacing.setText("0")
    assert not dialog.spacing.commit()
    assert dialog._refusals.message == "A whole number from 1 to 200 is needed."


def test_another_part_of_the_plane_keeps_the_points(dialog: SketchDialog) -> None:
    click(dialog, (2.0, 2.0))
    before = dialog.sketch
    dialog.ends[1].value_edited.emit(1.0)
    assert dialog.plane.across == (-3.0, 1.0)
    assert dialog.sketch == before
    assert dialog._said.text() == "1 point, 1 of them out of sight"
    click(dialog, (0.5, 0.5))
    assert dialog.sketch.points[1].x == pytest.approx(0.5, abs=0.02)


def test_the_rows_that_there_are_can_be_gone_on_with(window: MainWindow) -> None:
    window.files.open_path(resources_directory() / "experiments" / "three-classes.chainrule")
    before = window.session.experiment
    dialog = open_pad(window)
    dialog.begin.click()
    assert len(dialog.sketch.points) == len(before.data.inputs)
    assert all(dialog.plane.holds(point.x, point.y) for point in dialog.sketch.points)
    dialog.replace.click()
    assert window.session.experiment.data.inputs == before.data.inputs
    assert window.session.experiment.data.targets == before.data.targets


def test_points_are_added_and_not_twice(dialog: SketchDialog, window: MainWindow) -> None:
    click(dialog, (-1.0, -1.0))
    press(dialog, Key.Key_2)
    click(dialog, (1.0, 1.0))
    dialog.replace.click()
    again = open_pad(window)
    assert len(again.sketch.points) == 2
    again.clear.click()
    click(again, (0.0, 2.0))
    # One class is enough beside others.
    assert not again.replace.isEnabled()
    again.append.click()
    assert len(window.session.experiment.data.inputs) == 3
    assert open_pad(window).sketch.points == ()


def test_the_page_of_an_import_shows_what_was_drawn(dialog: SketchDialog, window: MainWindow) -> None:
    drag(dialog, (-2.0, 0.0), (2.0, 0.0))
    press(dialog, Key.Key_2)
    drag(dialog, (-2.0, 1.0), (2.0, 1.0))
    dialog.look.click()
    page = window.findChildren(ImportDialog)[-1]
    assert page._found.text() == f"Sketch.csv: {len(dialog.sketch.points)} rows, 3 columns"
    page.standardize.click()
    page.replace.click()
    assert window.session.experiment.data.names.has_own_units


def test_a_picture_in_a_stroke_is_that_of_all_its_points(dialog: SketchDialog) -> None:
    click(dialog, (0.0, 0.0))
    QTest.mousePress(dialog.pad, Button.LeftButton, pos=at(dialog, (-2.0, -1.0)))
    for x in (-1.0, 0.0, 1.0, 2.0):
        QTest.mouseMove(dialog.pad, at(dialog, (x, -1.0)))
        dialog.pad.repaint()
    QTest.mouseRelease(dialog.pad, Button.LeftButton, pos=at(dialog, (2.0, -1.0)))
    step_by_step, sketch = dialog.pad.grab().toImage(), dialog.sketch
    dialog.pad.show_sketch(Sketch(), dialog.plane)
    dialog.pad.repaint()
    dialog.pad.show_sketch(sketch, dialog.plane)
    QApplication.processEvents()
    assert dialog.pad.grab().toImage() == step_by_step
