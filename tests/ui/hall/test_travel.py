"""Values on their way in slow motion: forward along the edges, backward against them, and never for nobody."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QAbstractAnimation, QPointF, Qt, QVariantAnimation
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import resources_directory
from chainrule.session.screen.explaining import next_moment
from chainrule.session.session import Session
from chainrule.ui.hall.picture import HallPicture
from chainrule.ui.hall.routes import MOST, ValueRoute, routes
from chainrule.ui.hall.travel import TravellingValues
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, dense
from tests.ui.hall.conftest import HallOf

SIZE = (1280, 800)


def routes_at(session: Session, picture: HallPicture, ref: str) -> tuple[ValueRoute, ...]:
    """The ways to a value that the next micro-step writes."""
    place = session.moment.program.index[ref]  # type: ignore[union-attr,index]
    while session.cursor.position < place:
        session.navigator.step_forward()
    following = next_moment(session.moment)
    assert following is not None
    return routes(following, picture.stage.stage_layout().whole)


def center(picture: HallPicture, ref: str, index: tuple[int, ...]) -> QPointF:
    """Where a number is."""
    rect = picture.stage.rect_of(ref, index)  # type: ignore[arg-type]
    assert rect is not None
    return rect.center()


def test_inputs_travel_forward_along_the_edges_to_each_neuron(hall_of: HallOf) -> None:
    session, picture = hall_of(article(), SIZE)
    found = routes_at(session, picture, "layers.0.pre_activation")
    targets = [center(picture, "layers.0.pre_activation", (0, unit)) for unit in (0, 1)]
    along = [route for route in found if len(route.points) > 3]
    # Each input to each neuron; the bias goes from its own place beside z.
    assert sorted(route.number for route in along) == [1.0, 1.0, 2.0, 2.0]
    assert len(found) == len(along) + 2
    for route in along:
        assert route.points[-1] in targets
        assert all(after.x() >= before.x() - 1 for before, after in pairwise(route.points))
        assert route.at(0.0) == route.points[0]
        assert route.at(1.0) == route.points[-1]
        assert route.points[0].x() < route.at(0.5).x() < route.points[-1].x()


def test_errors_travel_backward_against_the_edges(hall_of: HallOf) -> None:
    session, picture = hall_of(article(), SIZE)
    found = routes_at(session, picture, "layers.0.activation.grad")
    delta = session.moment.number("layers.1.pre_activation.grad", (0, 0))  # type: ignore[arg-type]
    assert [route.number for route in found] == [delta, delta]
    for route in found:
        assert all(after.x() <= before.x() + 1 for before, after in pairwise(route.points[1:-1]))
        assert route.points[-1].x() < route.points[0].x()


def test_what_makes_the_gradient_of_a_weight_meets_at_its_label(hall_of: HallOf) -> None:
    session, picture = hall_of(article(), SIZE)
    found = routes_at(session, picture, "layers.1.weight.grad")
    for source in (0, 1):
        place = center(picture, "layers.1.weight.grad", (0, source))
        coming = [route for route in found if route.points[-1] == place]
        lefts = [route.points[0].x() < place.x() for route in coming]
        assert sorted(lefts) == [False, True]


def test_a_swarm_is_thinned_to_the_number_that_is_looked_at(hall_of: HallOf) -> None:
    session, picture = hall_of(dense((12, 11, 10), 1), SIZE)
    assert 0 < len(routes_at(session, picture, "layers.1.pre_activation")) <= MOST


def test_a_formula_has_ways_too(hall_of: HallOf) -> None:
    experiment = read_experiment(resources_directory() / "experiments" / "cs231n-circuit.chainrule")
    session, picture = hall_of(experiment, SIZE)
    # q = x + y, of x = -2 and y = 5.
    assert [route.number for route in routes_at(session, picture, "q")] == [-2.0, 5.0]


@pytest.fixture
def travel(active: MainWindow) -> TravellingValues:
    """What travels on the window's own stage; its clock stands still."""
    active.actions_by_id["motion.toggle"].trigger()
    found = active.stage_panel.stage.findChild(TravellingValues)
    assert found is not None
    return found


def animation(travel: TravellingValues) -> QVariantAnimation:
    """What moves it."""
    found = travel.findChild(QVariantAnimation)
    assert found is not None
    return found


def test_slow_motion_moves_values_in_the_window_until_it_is_paused(
    qtbot: QtBot, active: MainWindow, travel: TravellingValues
) -> None:
    qtbot.waitUntil(lambda: travel.is_moving)
    assert active.actions_by_id["motion.toggle"].isChecked()
    assert len(travel.routes) == 6
    stage = active.stage_panel.stage
    resting = stage.grab().toImage()
    animation(travel).setCurrentTime(round(0.65 * animation(travel).duration()))
    assert stage.grab().toImage() != resting
    with qtbot.waitSignal(active.session.signals.cursor_moved, timeout=20_000):
        pass
    qtbot.waitUntil(lambda: travel.is_moving and len(travel.routes) == 2)
    qtbot.keyClick(stage, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: not travel.is_moving)
    assert not active.actions_by_id["motion.toggle"].isChecked()
    assert not active.trainer.is_running


def test_nothing_moves_where_motion_is_reduced_and_the_steps_go_on(
    qtbot: QtBot, active: MainWindow, travel: TravellingValues
) -> None:
    active.actions_by_id["view.less_motion"].trigger()
    assert active.settings.settings.motion == "less"
    assert active.appearance.motion.is_reduced
    qtbot.waitUntil(lambda: not travel.is_moving)
    with qtbot.waitSignal(active.session.signals.cursor_moved, timeout=20_000):
        pass
    # The stage has the next moment by now, and what travels would have set out.
    QApplication.processEvents()
    assert not travel.is_moving
    assert active.beside.is_in_slow_motion
    active.actions_by_id["view.less_motion"].trigger()
    assert active.settings.settings.motion == "full"


def test_nothing_moves_in_the_window_while_a_hall_looks_on_nor_where_it_is_hidden(
    qtbot: QtBot, active: MainWindow, travel: TravellingValues
) -> None:
    qtbot.waitUntil(lambda: travel.is_moving)
    hall = active.beside.hall
    hall.open()
    assert hall.window is not None
    other = hall.window.findChild(TravellingValues)
    assert other is not None
    qtbot.waitUntil(lambda: other.is_moving)
    assert not travel.is_moving
    hall.window.hide()
    assert animation(other).state() == QAbstractAnimation.State.Stopped
    hall.close()
    assert not active.beside.is_in_slow_motion
