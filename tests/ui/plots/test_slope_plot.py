"""The slope plot follows the parameter that was selected last."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.engine import refs
from chainrule.engine.arguments import Choice
from chainrule.model import edits
from chainrule.model.slope import LossSlice
from chainrule.session.session import Session
from chainrule.ui.appearance import Appearance
from chainrule.ui.plots.slope_plot import SlopePlot
from tests.experiments import article


@pytest.fixture
def plot(qtbot: QtBot) -> Iterator[SlopePlot]:
    session = Session(article())
    session.load_engine()
    made = SlopePlot(session, Appearance())
    session.setParent(made)
    for signal in (session.cursor_moved, session.selection_changed, session.document_changed):
        signal.connect(lambda: made.show_moment(session.moment))
    made.resize(280, 190)
    made.show()
    yield made
    session.close()
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def pixels(plot: SlopePlot) -> bytes:
    image = plot.grab().toImage()
    return bytes(image.constBits())


def test_it_shows_the_first_weight_until_another_is_selected(plot: SlopePlot) -> None:
    session = plot._session
    assert plot.parameter == (refs.weight(0), (0, 0))
    session.step_forward()  # selects a z, which is no parameter
    assert plot.parameter == (refs.weight(0), (0, 0))

    session.select(refs.weight(1), (0, 1))
    assert plot.parameter == (refs.weight(1), (0, 1))
    for _ in range(12):
        session.step_forward()
    assert plot.parameter == (refs.bias(0), (0,))


def test_the_slope_is_told_once_it_is_computed(qtbot: QtBot, plot: SlopePlot) -> None:
    session = plot._session
    session.select(refs.weight(0), (0, 1))
    qtbot.waitUntil(lambda: plot.header.note != "")
    assert plot.header.number == ""
    before = pixels(plot)

    for _ in range(12):
        session.step_forward()
    session.select(refs.grad(refs.weight(0)), (0, 1))
    qtbot.waitUntil(lambda: plot.header.number == "−7.010")
    assert pixels(plot) != before


def test_a_parameter_that_is_gone_gives_way_to_the_first_weight(plot: SlopePlot) -> None:
    session = plot._session
    session.select(refs.weight(0), (1, 1))
    session.edit("Units", edits.set_units(0, 1, session.initial_values), restart=True)

    assert plot.parameter == (refs.weight(0), (0, 0))
    plot.draw()


def test_numbers_that_overflow_are_told_and_not_drawn(plot: SlopePlot) -> None:
    session = plot._session
    plot.draw()
    drawn = pixels(plot)
    session.edit_number(refs.INPUT, (0, 0), 1e300)
    for _ in range(5):
        session.step_forward()
    plot.draw()

    assert session.moment.number(refs.LOSS, ()) == float("inf")
    assert pixels(plot) != drawn


def test_a_value_that_all_elements_share_leaves_the_element_where_it_was(plot: SlopePlot) -> None:
    session = plot._session
    session.edit("x", edits.set_optimizer(Choice("Adam", {"lr": 0.01})))
    session.select(refs.weight(0), (1, 0))
    session.select(refs.ValueRef("layers.0.weight.bias_correction1"), ())
    assert plot.parameter == (refs.weight(0), (1, 0))
    session.select(refs.ValueRef("layers.1.bias.bias_correction1"), ())
    assert plot.parameter == (refs.bias(1), (0,))
    plot.draw()


@pytest.mark.parametrize(("places", "losses"), [((-1.5e308, 1.5e308), (1.0, 2.0)), ((-1.0, 1.0), (-1.5e308, 1.5e308))])
def test_a_range_that_overflows_is_told_and_not_drawn(
    plot: SlopePlot, places: tuple[float, float], losses: tuple[float, float]
) -> None:
    def grabbed(places: tuple[float, float], losses: tuple[float, float], loss: float) -> bytes:
        found = LossSlice(places, losses, 0.0, loss, slope=1.0, following=0.5, following_loss=1.0)
        plot.curve.show_slice(found, tangent=True, stepped=True)
        return pixels(plot)

    told = grabbed((-1.0, 1.0), (1.0, 2.0), inf)
    assert grabbed((-1.0, 1.0), (1.0, 2.0), 1.5) != told
    assert grabbed(places, losses, 1.5) == told


def test_a_plot_without_room_is_not_drawn(plot: SlopePlot) -> None:
    found = LossSlice((-1.0, 1.0), (1.0, 2.0), 0.0, 1.5, slope=1.0, following=0.5, following_loss=1.0)
    plot.curve.setFixedSize(12, 100)
    plot.curve.show_slice(found, tangent=True, stepped=True)
    assert not plot.curve.grab().isNull()


def test_a_bias_that_is_gone_before_it_is_drawn(qtbot: QtBot) -> None:
    """The plot waits until the keys are still, and out of sight it is not told what goes meanwhile."""
    session = Session(article())
    session.load_engine()
    plot = SlopePlot(session, Appearance())
    session.setParent(plot)
    qtbot.addWidget(plot)
    assert session.timeline is not None
    session.select(refs.bias(0), (1,))
    plot.show_moment(session.moment)
    assert plot.parameter == (refs.bias(0), (1,))
    session.edit("Bias", edits.set_bias(0, False, session.initial_values), restart=True)
    with qtbot.capture_exceptions() as raised:
        qtbot.waitUntil(lambda: not plot._timer.isActive())
    assert not raised
    assert plot.parameter == (refs.weight(0), (0, 0))
    session.close()
