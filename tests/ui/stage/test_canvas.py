"""The stage as a canvas: it zooms to the point under the mouse, is pulled about, and clicks meet what is drawn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QGestureEvent, QLineEdit, QPinchGesture, QToolButton
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.navigation import Cursor
from chainrule.ui.stage.canvas import StageCanvas
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.stage.view import StageView
from tests.experiments import article, dense
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench

Bench = ViewBench[StagePanel]
Z, B = refs.pre_activation(0), refs.bias(0)
CONTROL, SHIFT, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier(0)
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = stage_bench(article())
    made.session.navigator.go_to(Cursor(0, 4))
    with qtbot.waitExposed(made.view):
        pass
    yield made
    made.close()


def canvas(bench: Bench) -> StageCanvas:
    return bench.view.canvas


def stage(bench: Bench) -> StageView:
    return bench.view.stage


def place(bench: Bench, unit: int = 1) -> QRectF:
    """Where h's z is, in the viewport."""
    rect = stage(bench).rect_of(Z, (0, unit))
    assert rect is not None
    return rect.translated(stage(bench).pos())


def turn(bench: Bench, at: QPointF, notches: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Turn the wheel."""
    viewport = canvas(bench).viewport()
    whole, turned = QPointF(viewport.mapToGlobal(at.toPoint())), QPoint(0, 120 * notches)
    no_button = Qt.MouseButton.NoButton
    event = QWheelEvent(at, whole, QPoint(), turned, no_button, modifiers, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(viewport, event)


def drag(bench: Bench, start: QPoint, by: QPoint, button: Qt.MouseButton = LEFT) -> None:
    """Press, move and let go, at places of the viewport."""
    at = canvas(bench).viewport().mapToGlobal(start)
    for kind, moved in (
        (QEvent.Type.MouseButtonPress, QPoint()),
        (QEvent.Type.MouseMove, by / 2),
        (QEvent.Type.MouseMove, by),
        (QEvent.Type.MouseButtonRelease, by),
    ):
        whole = QPointF(at + moved)
        event = QMouseEvent(kind, stage(bench).mapFromGlobal(whole), whole, button, button, NONE)
        QApplication.sendEvent(stage(bench), event)


def ground(bench: Bench) -> QPoint:
    """A place of the viewport where no number is."""
    viewport, at = canvas(bench).viewport().rect(), stage(bench).pos()
    for x in range(20, viewport.width(), 9):
        for y in range(20, viewport.height(), 9):
            if stage(bench).value_at(QPointF(x, y) - QPointF(at)) is None:
                return QPoint(x, y)
    raise AssertionError("no ground in sight")


def test_at_first_all_of_it_is_in_sight(bench: Bench) -> None:
    assert canvas(bench).zoom == 1
    assert stage(bench).size() == canvas(bench).viewport().size()


@pytest.mark.parametrize("unit", [0, 1])
@pytest.mark.parametrize("notches", [2, 4])
def test_what_is_under_the_mouse_stays_there(bench: Bench, unit: int, notches: int) -> None:
    at = place(bench, unit).center()
    turn(bench, at, notches, CONTROL)
    assert canvas(bench).zoom == pytest.approx(1.25**notches)
    assert stage(bench).width() > 1.4 * canvas(bench).viewport().width()
    found = stage(bench).value_at(at - QPointF(stage(bench).pos()))
    assert found == (Z, (0, unit))
    turn(bench, at, -notches, CONTROL)
    assert canvas(bench).zoom == 1
    assert place(bench, unit).contains(at)


def test_no_zoom_is_below_all_or_beyond_what_there_is(bench: Bench) -> None:
    turn(bench, QPointF(100, 100), -5, CONTROL)
    assert canvas(bench).zoom == 1
    turn(bench, QPointF(100, 100), 500, CONTROL)
    assert canvas(bench).zoom == canvas(bench).most_zoom < 10
    canvas(bench).fit()
    assert stage(bench).size() == canvas(bench).viewport().size()


def test_the_wheel_alone_changes_nothing_but_the_place(bench: Bench) -> None:
    turn(bench, QPointF(100, 100), 3)
    assert (stage(bench).pos(), canvas(bench).zoom) == (QPoint(), 1)
    canvas(bench).zoom_by(2)
    session, before, size = bench.session, stage(bench).pos(), stage(bench).size()
    at = (session.cursor, session.selection, session.experiment)
    turn(bench, QPointF(100, 100), -1)
    below = stage(bench).pos()
    assert (below.x(), below.y() < before.y()) == (before.x(), True)
    turn(bench, QPointF(100, 100), -1, SHIFT)
    assert (stage(bench).x() < below.x(), stage(bench).y()) == (True, below.y())
    assert stage(bench).size() == size
    assert (session.cursor, session.selection, session.experiment) == at


@pytest.mark.parametrize("button", [LEFT, MIDDLE])
def test_the_ground_is_pulled_and_selects_nothing(bench: Bench, button: Qt.MouseButton) -> None:
    canvas(bench).zoom_by(2.5)
    before, selection, start = stage(bench).pos(), bench.session.selection, ground(bench)
    drag(bench, start, QPoint(-40, 30), button)
    assert stage(bench).pos() == before + QPoint(-40, 30)
    assert bench.session.selection == selection


def test_the_middle_button_pulls_on_a_number_too(bench: Bench) -> None:
    canvas(bench).zoom_by(2.5, place(bench).center())
    before, selection = stage(bench).pos(), bench.session.selection
    drag(bench, place(bench).center().toPoint(), QPoint(-30, 20), MIDDLE)
    assert stage(bench).pos() == before + QPoint(-30, 20)
    assert bench.session.selection == selection


def test_ctrl_and_the_arrows_move_about(bench: Bench) -> None:
    canvas(bench).zoom_by(2.5)
    before, cursor = stage(bench).pos(), bench.session.cursor
    for key, moved in ((Qt.Key.Key_Left, QPoint(60, 0)), (Qt.Key.Key_Down, QPoint(60, -60))):
        QTest.keyClick(stage(bench), key, Qt.KeyboardModifier.ControlModifier)
        assert stage(bench).pos() == before + moved
    assert bench.session.cursor == cursor


def test_clicks_and_the_field_meet_the_number_where_it_is_drawn(bench: Bench) -> None:
    canvas(bench).zoom_by(2.2, place(bench).center())
    canvas(bench).pan(QPoint(-35, 20))
    rect = stage(bench).rect_of(B, (1,))
    assert rect is not None
    QTest.mouseClick(stage(bench), LEFT, pos=rect.center().toPoint())
    assert bench.session.selection is not None
    assert (bench.session.selection.ref, bench.session.selection.index) == (B, (1,))
    stage(bench).edit_selected()
    editor = stage(bench).findChild(QLineEdit, "stage.editor")
    assert isinstance(editor, QLineEdit)
    assert QRectF(editor.geometry()).contains(rect.center())
    canvas(bench).zoom_by(1.2, place(bench).center())
    moved = stage(bench).rect_of(B, (1,))
    assert moved is not None
    assert QRectF(editor.geometry()).contains(moved.center())
    editor.setText("7")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert bench.session.experiment.parameters[B] == (0.0, 7.0)


def test_a_pinch_zooms(bench: Bench) -> None:
    at = place(bench).center()
    whole = QPointF(stage(bench).mapToGlobal(at.toPoint()))
    kind, device = Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice()
    event = QNativeGestureEvent(kind, device, 2, at, at, whole, 0.5, QPointF())
    QApplication.sendEvent(stage(bench), event)
    assert canvas(bench).zoom == pytest.approx(1.5)
    assert place(bench).contains(at)


@pytest.mark.parametrize("moved", [QPoint(), QPoint(40, -30)])
def test_two_fingers_zoom_on_a_touch_screen(bench: Bench, moved: QPoint) -> None:
    at = place(bench).center().toPoint()
    whole = QPointF(canvas(bench).viewport().mapToGlobal(at))
    canvas(bench).zoom_by(1.5, QPointF(at))
    pinch = QPinchGesture()
    pinch.setLastCenterPoint(whole)
    pinch.setCenterPoint(whole + QPointF(moved))
    pinch.setScaleFactor(1.25)
    event = QGestureEvent([pinch])
    QApplication.sendEvent(stage(bench), event)
    assert event.isAccepted(pinch)
    assert canvas(bench).zoom == pytest.approx(1.875)
    assert stage(bench).value_at(QPointF(at + moved - stage(bench).pos())) == (Z, (0, 1))


def test_a_step_brings_its_number_into_sight(bench: Bench) -> None:
    canvas(bench).zoom_by(3, QPointF(5, 5))
    bench.session.navigator.go_to(Cursor(0, len(bench.session.moment.steps)))
    sight = QRectF(canvas(bench).viewport().rect())
    for cursor in (Cursor(0, 1), Cursor(0, 5), Cursor(0, 2)):
        bench.session.navigator.go_to(cursor)
        rect = stage(bench).rect_in_focus()
        assert rect is not None
        assert sight.contains(rect.translated(stage(bench).pos()))
    # Nothing new is in the focus: whoever looks elsewhere stays there.
    canvas(bench).pan(QPoint(-400, -300))
    before = stage(bench).pos()
    bench.show()
    assert stage(bench).pos() == before


def test_another_network_is_fitted_and_the_same_one_stays(bench: Bench) -> None:
    canvas(bench).zoom_by(2, place(bench).center())
    before, session = stage(bench).pos(), bench.session
    session.editor.edit("", edits.set_title("Another"))
    session.undo_stack.undo()
    assert (canvas(bench).zoom, stage(bench).pos()) == (2, before)
    session.editor.edit("", shape_edits.set_units(0, 3, session.editor.initial_values), restart=True)
    assert canvas(bench).zoom == 1
    canvas(bench).zoom_by(2)
    session.undo_stack.undo()
    assert canvas(bench).zoom == 1
    assert not session.is_modified


def test_a_bar_is_seen_only_where_there_is_more(bench: Bench) -> None:
    bars = canvas(bench).horizontalScrollBar(), canvas(bench).verticalScrollBar()
    surface = bench.appearance.theme.surface

    def colors() -> set[str]:
        image, found = bench.view.grab().toImage(), set()
        for bar in bars:
            middle = bar.mapTo(bench.view, bar.rect().center())
            across, down = (3, 0) if bar is bars[0] else (0, 3)
            ends = range(-20, 21)
            found |= {image.pixelColor(middle + QPoint(across, down) * place).name() for place in ends}
        return found

    assert colors() == {surface}
    canvas(bench).zoom_by(2)
    assert colors() == {bench.appearance.theme.border}


def test_its_buttons_zoom_and_say_how_far(bench: Bench) -> None:
    buttons = {button.accessibleName(): button for button in bench.view.findChildren(QToolButton)}
    out, fit, zoom_in = (buttons[name] for name in ("Zoom out", "Fit the network", "Zoom in"))
    assert (fit.text(), out.isEnabled(), zoom_in.isEnabled()) == ("100%", False, True)
    zoom_in.click()
    assert (fit.text(), canvas(bench).zoom, out.isEnabled()) == ("125%", 1.25, True)
    canvas(bench).zoom_by(100)
    assert not zoom_in.isEnabled()
    fit.click()
    assert (fit.text(), canvas(bench).zoom) == ("100%", 1)
    assert all(button.toolTip() for button in buttons.values())


def test_a_zoomed_wide_layer_keeps_a_picture_of_its_part_alone(qtbot: QtBot) -> None:
    bench = stage_bench(dense((20, 60, 3), 2))
    with qtbot.waitExposed(bench.view):
        pass
    canvas(bench).zoom_by(1000, QPointF(300, 150))
    assert stage(bench).height() > 10 * bench.view.height()
    for _ in range(3):
        bench.show()
        stage(bench).repaint()
    kept = stage(bench)._layers._still
    assert kept is not None
    assert kept.width() * kept.height() < 2 * bench.view.width() * bench.view.height()
    bench.close()


def test_the_bars_work_although_their_python_objects_are_gone(bench: Bench) -> None:
    """Qt owns its scroll bars: what Python knew them by may be gone, as after its parent's was."""
    for bar in (canvas(bench).horizontalScrollBar(), canvas(bench).verticalScrollBar()):
        shiboken6.invalidate(bar)
    canvas(bench).zoom_by(4.0)
    assert canvas(bench).horizontalScrollBar().isEnabled()
    assert canvas(bench).verticalScrollBar().isEnabled()
    canvas(bench).fit()
    assert not canvas(bench).horizontalScrollBar().isEnabled()
    assert not canvas(bench).verticalScrollBar().isEnabled()
