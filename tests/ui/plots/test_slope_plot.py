"""The slope plot follows the parameter that was selected last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.explain.writing.numbers import format_number
from chainrule.model.curves.loss_slice import LossSlice, StepEffect
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.screen.change import Change
from chainrule.session.session import Session
from chainrule.ui.plots.slope_plot import SlopePlot, effect_in_words
from chainrule.ui.style.appearance import LIGHT, Appearance
from tests.experiments import article
from tests.ui.style.test_contrast_seen import caught
from tests.ui.style.test_contrast_seen import pixels as pixels_of


@pytest.fixture
def plot(qtbot: QtBot) -> Iterator[SlopePlot]:
    session = Session(article())
    session.loader.load()
    made = SlopePlot(session, Appearance())
    session.setParent(made)
    for signal in (session.signals.cursor_moved, session.signals.selection_changed, session.signals.document_changed):
        signal.connect(lambda: made.show_moment(session.moment, Change.everything()))
    made.appearance.set_scheme(Qt.ColorScheme.Light)
    made.resize(280, 190)
    made.show()
    yield made
    session.loader.close()
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def session_of(plot: SlopePlot) -> Session:
    """The session whose moments a plot is shown."""
    found = plot.findChild(Session)
    assert found is not None
    return found


def pixels(plot: SlopePlot) -> bytes:
    image = plot.grab().toImage()
    return bytes(image.constBits())


def test_it_shows_the_first_weight_until_another_is_selected(plot: SlopePlot) -> None:
    session = session_of(plot)
    assert plot.parameter == (refs.weight(0), (0, 0))
    session.navigator.step_forward()  # selects a z, which is no parameter
    assert plot.parameter == (refs.weight(0), (0, 0))

    session.selector.select(refs.weight(1), (0, 1))
    assert plot.parameter == (refs.weight(1), (0, 1))
    for _ in range(12):
        session.navigator.step_forward()
    assert plot.parameter == (refs.bias(0), (0,))


def test_the_slope_is_told_once_it_is_computed(qtbot: QtBot, plot: SlopePlot) -> None:
    session = session_of(plot)
    session.selector.select(refs.weight(0), (0, 1))
    qtbot.waitUntil(lambda: plot.header.note != "")
    assert plot.header.number == ""
    before = pixels(plot)

    for _ in range(12):
        session.navigator.step_forward()
    session.selector.select(refs.grad(refs.weight(0)), (0, 1))
    qtbot.waitUntil(lambda: plot.header.number == "−7.010")
    assert pixels(plot) != before


def test_a_parameter_that_is_gone_gives_way_to_the_first_weight(plot: SlopePlot) -> None:
    session = session_of(plot)
    session.selector.select(refs.weight(0), (1, 1))
    session.editor.edit("Units", shape_edits.set_units(0, 1, session.editor.initial_values), restart=True)

    assert plot.parameter == (refs.weight(0), (0, 0))
    plot.draw()


def test_numbers_that_overflow_are_told_and_not_drawn(plot: SlopePlot) -> None:
    session = session_of(plot)
    plot.draw()
    drawn = pixels(plot)
    session.number_editor.edit_number(refs.INPUT, (0, 0), 1e300)
    for _ in range(5):
        session.navigator.step_forward()
    plot.draw()

    assert session.moment.number(refs.LOSS, ()) == float("inf")
    assert pixels(plot) != drawn


def test_a_value_that_all_elements_share_leaves_the_element_where_it_was(plot: SlopePlot) -> None:
    session = session_of(plot)
    session.editor.edit("x", edits.set_optimizer(Choice("Adam", {"lr": 0.01})))
    session.selector.select(refs.weight(0), (1, 0))
    session.selector.select(refs.ValueRef("layers.0.weight.bias_correction1"), ())
    assert plot.parameter == (refs.weight(0), (1, 0))
    session.selector.select(refs.ValueRef("layers.1.bias.bias_correction1"), ())
    assert plot.parameter == (refs.bias(1), (0,))
    plot.draw()


@pytest.mark.parametrize(("places", "losses"), [((-1.5e308, 1.5e308), (1.0, 2.0)), ((-1.0, 1.0), (-1.5e308, 1.5e308))])
def test_a_range_that_overflows_is_told_and_not_drawn(
    plot: SlopePlot, places: tuple[float, float], losses: tuple[float, float]
) -> None:
    def grabbed(places: tuple[float, float], losses: tuple[float, float], loss: float) -> bytes:
        found = LossSlice(places, losses, 0.0, loss, slope=1.0, following=0.5, following_loss=1.0)
        plot.curve.show_slice(found, "w", tangent=True, stepped=True)
        return pixels(plot)

    told = grabbed((-1.0, 1.0), (1.0, 2.0), inf)
    assert grabbed((-1.0, 1.0), (1.0, 2.0), 1.5) != told
    assert grabbed(places, losses, 1.5) == told


def texts_of(plot: SlopePlot, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is written in the curve's part."""
    with caught(monkeypatch, plot.curve) as written:
        plot.curve.grab()
    return [each.text for each in written]


def columns_of(plot: SlopePlot, color: str) -> np.ndarray:
    """For each column of pixels in which a colour is found: its x, and the middle of its rows."""
    picture = pixels_of(plot.curve)
    rows, columns = np.nonzero(picture == int(color[1:], 16))
    return np.array([(x, rows[columns == x].mean()) for x in np.unique(columns)])


def parabola(places: list[float], slope: float, *, at: float, loss: float, bend: float) -> LossSlice:
    losses = tuple(loss + slope * (place - at) + bend * (place - at) ** 2 for place in places)
    return LossSlice(tuple(places), losses, at, loss, slope, at - 0.5, loss - 0.5 * slope + 0.25 * bend)


PLACES = [-1.0 + 0.1 * n for n in range(21)]


def test_a_slope_of_almost_nothing_is_flat(plot: SlopePlot) -> None:
    """The plot was zoomed in until 7e-10 was as steep as any other."""
    plot.curve.show_slice(parabola(PLACES, 7e-10, at=0.0, loss=0.48, bend=1e-9), "w", tangent=True, stepped=False)
    curve, tangent = columns_of(plot, LIGHT.text), columns_of(plot, LIGHT.backward)
    assert len(curve) > 100
    assert np.ptp(curve[:, 1]) <= 1
    assert np.ptp(tangent[:, 1]) <= 1


def test_the_axes_have_names_and_numbers_and_the_dots_stand_at_theirs(
    plot: SlopePlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = parabola(PLACES, -1.0, at=0.25, loss=2.0, bend=0.5)
    plot.curve.show_slice(found, "w₁₂", tangent=False, stepped=True)
    texts = texts_of(plot, monkeypatch)
    assert {"loss", "w₁₂", "○ after the step", "−1", "0", "1", "2", "3", "4"} <= set(texts)
    frame = plot.curve.frame
    assert frame is not None
    image = plot.curve.grab().toImage()
    assert image.pixelColor(frame.at(0.25, 2.0).toPoint()) == QColor(LIGHT.backward)
    ring = frame.at(-0.25, 2.625).toPoint()
    assert image.pixelColor(ring) == QColor(LIGHT.surface)
    around = [image.pixelColor(ring.x() + x, ring.y() + y) for x, y in ((4, 0), (5, 0), (0, 5), (0, -5), (-5, 0))]
    assert QColor(LIGHT.update) in around


def test_the_tangent_has_the_slope_of_the_curve(plot: SlopePlot) -> None:
    plot.resize(500, 400)
    plot.curve.show_slice(parabola(PLACES, -1.0, at=0.0, loss=2.0, bend=0.0), "w", tangent=True, stepped=False)
    frame, tangent = plot.curve.frame, columns_of(plot, LIGHT.backward)
    assert frame is not None
    beside_the_dot = tangent[np.abs(tangent[:, 0] - frame.at(0.0, 2.0).x()) > 8]
    assert len(beside_the_dot) > 60
    for x, y in beside_the_dot:
        place = (x - frame.plot.left()) / frame.plot.width() * 2 - 1
        assert y == pytest.approx(frame.at(place, 2.0 - place).y(), abs=1.5)


@pytest.mark.parametrize("scale", [1.0, 1.3, 2.0])
def test_no_number_of_an_axis_is_cut_off(plot: SlopePlot, monkeypatch: pytest.MonkeyPatch, scale: float) -> None:
    plot.appearance.set_scale(scale)
    for slope, loss in ((1.0, 2.0), (3e-9, 4e-8), (1e7, 5e9)):
        plot.curve.show_slice(
            parabola(PLACES, slope, at=0.0, loss=loss, bend=slope), "w₁₂⁽¹⁾", tangent=True, stepped=True
        )
        with caught(monkeypatch, plot.curve) as written:
            plot.curve.grab()
        for each in written:
            assert each.place is not None
            assert plot.curve.rect().adjusted(-2, -2, 2, 2).contains(each.place), each


def test_a_plot_without_room_is_not_drawn(plot: SlopePlot) -> None:
    found = LossSlice((-1.0, 1.0), (1.0, 2.0), 0.0, 1.5, slope=1.0, following=0.5, following_loss=1.0)
    plot.curve.setFixedSize(12, 100)
    plot.curve.show_slice(found, "w", tangent=True, stepped=True)
    assert not plot.curve.grab().isNull()


def test_a_bias_that_is_gone_before_it_is_drawn(qtbot: QtBot) -> None:
    """The plot waits until the keys are still, and out of sight it is not told what goes meanwhile."""
    session = Session(article())
    session.loader.load()
    plot = SlopePlot(session, Appearance())
    session.setParent(plot)
    qtbot.addWidget(plot)
    assert session.timeline is not None
    session.selector.select(refs.bias(0), (1,))
    plot.show_moment(session.moment, Change.everything())
    assert plot.parameter == (refs.bias(0), (1,))
    session.editor.edit("Bias", shape_edits.set_bias(0, False, session.editor.initial_values), restart=True)
    with qtbot.capture_exceptions() as raised:
        qtbot.waitUntil(lambda: not plot._timer.isActive())
    assert not raised
    plot.show_moment(session.moment, Change.everything())
    assert plot.parameter == (refs.weight(0), (0, 0))
    session.loader.close()


def test_it_follows_moments_that_come_without_a_pause(qtbot: QtBot, plot: SlopePlot) -> None:
    """In a run each moment put the drawing off, so that it showed a point of many iterations ago."""
    session = session_of(plot)
    plot.draw()
    shown: list[LossSlice | None] = [plot.curve.slice]

    def went_on() -> bool:
        session.navigator.step_forward()
        if plot.curve.slice is not shown[-1]:
            shown.append(plot.curve.slice)
        return len(shown) == 4

    qtbot.waitUntil(went_on)
    session.navigator.go_to(Cursor(session.cursor.iteration, 5))
    loss = session.moment.number(refs.LOSS, ())
    qtbot.waitUntil(lambda: plot.curve.slice is not None and plot.curve.slice.loss == loss)


def test_the_mouse_reads_the_curve_and_the_dots_with_every_digit(plot: SlopePlot) -> None:
    session = session_of(plot)
    session.navigator.go_to(Cursor(0, 17))
    session.selector.select(refs.weight(0), (0, 1))
    plot.draw()
    found, frame = plot.curve.slice, plot.curve.frame
    assert found is not None
    assert frame is not None
    assert found.slope is not None
    assert found.following is not None

    def read(place: float) -> list[str]:
        return plot.curve.describe(frame.at(place, (frame.down.low + frame.down.high) / 2).toPoint()).splitlines()

    gradient = session.moment.number(refs.grad(refs.weight(0)), (0, 1))
    assert gradient is not None
    here = read(found.value)
    assert here == [
        "here", f"w₁₂⁽¹⁾ = {format_number(0.2, None)}", f"loss = {format_number(found.loss, None)}",
        f"slope, the gradient = {format_number(gradient, None)}",
    ]  # fmt: skip
    assert read(found.following)[0] in ("after the step", "here")
    first = read(found.places[0])
    assert first == [
        f"w₁₂⁽¹⁾ = {format_number(found.places[0], None)}", f"loss = {format_number(found.losses[0], None)}"
    ]  # fmt: skip
    assert plot.curve.describe(QPoint(2, 2)) == ""


def test_what_the_slope_says_of_the_step_and_what_became_of_the_loss(plot: SlopePlot) -> None:
    session = session_of(plot)
    plot.resize(320, 320)
    plot.draw()
    assert plot.effects.text() == ""
    session.navigator.move(Stride.ITERATION)
    session.navigator.step_back()
    session.selector.select(refs.weight(0), (0, 1))
    plot.draw()
    slope = session.moment.number(refs.grad(refs.weight(0)), (0, 1))
    found = plot.curve.slice
    assert slope is not None
    assert found is not None
    assert found.alone is not None
    assert found.together is not None
    # Gradient -7.01, learning rate 0.01: the step is 0.0701, and the slope says -7.01 * 0.0701.
    assert found.alone.predicted == pytest.approx(-slope * slope * 0.01)
    fell = format_number(-found.alone.actual, 4)
    lines = plot.effects.text().splitlines()
    assert lines[0] == f"The slope says −0.4914; by it alone the loss fell by {fell}"
    together = format_number(found.together.predicted, 4), format_number(-found.together.actual, 4)
    assert lines[1:] in ([], [f"All steps at once: {together[0]}; the loss fell by {together[1]}"])
    session.navigator.step_forward()
    plot.draw()
    assert plot.effects.text().splitlines()[1].startswith(f"All steps at once: {together[0]}; the loss")
    assert plot.effects.text().splitlines()[1] in plot.accessibleDescription()
    assert plot.effects.isVisible()
    plot.resize(280, 150)
    plot.draw()
    assert not plot.effects.isVisible()


def test_of_batches_it_is_the_loss_of_this_one(plot: SlopePlot) -> None:
    session = session_of(plot)
    session.editor.edit("Batch", edits.set_batch_size(1))
    session.navigator.move(Stride.ITERATION)
    plot.draw()
    assert "the loss of this batch " in plot.effects.text()


def test_effects_in_words() -> None:
    assert effect_in_words(StepEffect(-0.0125, -0.0119), "the loss", 3) == "−0.0125; the loss fell by 0.0119"
    assert effect_in_words(StepEffect(-0.5, 2.0), "the loss", 3) == "−0.500; the loss rose by 2.00"
    assert effect_in_words(StepEffect(0.0, 0.0), "the loss", 3) == "0; the loss stayed as it was"
    assert effect_in_words(StepEffect(-0.5, inf), "the loss", 3) == "−0.500; the loss is no longer a finite number"


def test_the_step_along_the_tangent_and_where_it_lands_are_drawn_and_read(plot: SlopePlot) -> None:
    plot.resize(500, 400)
    found = parabola(PLACES, -1.0, at=0.0, loss=2.0, bend=1.0)
    found = replace(found, following=0.6, following_loss=1.76)
    plot.curve.show_slice(found, "w", tangent=True, stepped=True)
    frame = plot.curve.frame
    assert frame is not None
    says, there = frame.at(0.6, 1.4), frame.at(0.6, 1.76)
    image = plot.curve.grab().toImage()
    around = [says.toPoint() + QPoint(x, y) for x in range(-3, 4) for y in range(-3, 4)]
    assert any(image.pixelColor(at) == QColor(LIGHT.backward) for at in around)
    assert plot.curve.describe(there.toPoint()) == "after the step\nw = 0.6\nloss = 1.76\nthe slope says 1.4"


def test_before_the_engine_is_there_it_says_so_as_other_views_do(qtbot: QtBot) -> None:
    session, appearance = Session(article()), Appearance()
    appearance.set_scheme(Qt.ColorScheme.Light)
    made = SlopePlot(session, appearance)
    qtbot.addWidget(made)
    made.resize(280, 190)
    made.show_moment(session.moment, Change.everything())
    # Letters, not a blank card.
    assert QColor(LIGHT.muted).name() in {color.name() for color in colors_of(made)}
    session.loader.close()


def colors_of(plot: SlopePlot) -> list[QColor]:
    image = plot.curve.grab().toImage()
    return [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
