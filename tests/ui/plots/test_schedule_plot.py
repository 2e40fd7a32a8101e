"""The schedule plot: what was used is drawn over what lies ahead, with the cursor, and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.editing import edits
from chainrule.ui.plots.schedule_plot import LOADING, NO_SCHEDULER, NOT_POSITIVE, SchedulePlot
from chainrule.ui.style.appearance import LIGHT
from tests.experiments import article, sgd
from tests.ui.plots.view_bench import ViewBench, benches

Bench = ViewBench[SchedulePlot]
Make = Callable[..., Bench]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    with benches(SchedulePlot, (300, 260)) as make_bench:
        yield make_bench


def stepped(**arguments: object) -> Experiment:
    """The article's network, whose learning rate drops to a tenth after every 3 iterations."""
    given = {"step_size": 3, "gamma": 0.1, "interval": "iteration"} | arguments
    return replace(article(), optimizer=sgd(0.5, 0.0), scheduler=Choice("StepLR", given))  # type: ignore[arg-type]


def curves(bench: Bench) -> list[list[float]]:
    """The finite places of each curve."""
    chart = bench.view.chart
    found = [chart.curve_data(place)[1] for place in range(chart.curve_count)]
    return [places[np.isfinite(places)].tolist() for places in found]


def test_before_training_it_shows_the_whole_schedule(make: Make) -> None:
    bench = make(stepped(), train=0)
    used, ahead = curves(bench)
    assert used == []
    assert len(ahead) == 20
    np.testing.assert_allclose(ahead[:7], [0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.005])
    assert bench.view.chart.dots.places == [(0.0, 0.5)]
    assert bench.view.header.note == "StepLR, each iteration"
    assert bench.view.header.number == "0.5000"
    assert bench.view.words.text() == "Multiplies the learning rate by gamma after each step_size steps."


@pytest.mark.parametrize(("interval", "told"), [("iteration", "each update"), ("epoch", "each epoch")])
def test_where_gradients_are_added_up_it_steps_with_each_update(make: Make, interval: str, told: str) -> None:
    experiment = stepped(interval=interval)
    bench = make(replace(experiment, data=replace(experiment.data, batch_size=1, accumulate=2)), train=0)
    assert bench.view.header.note == f"StepLR, {told}"


def test_what_was_used_is_stronger_than_what_lies_ahead(make: Make) -> None:
    bench = make(stepped(), train=5)
    used, ahead = curves(bench)
    np.testing.assert_allclose(used, [0.5, 0.5, 0.5, 0.05, 0.05])
    # Where it is what was used it is not drawn again: it begins at the last one.
    assert ahead[0] == used[-1]
    assert len(ahead) == 20 - 4
    strong, pale = (bench.view.chart.stroke(place) for place in range(2))
    assert (strong.color.name(), strong.level > pale.level) == (LIGHT.update, True)
    assert pale.color.lightness() > strong.color.lightness()
    assert bench.view.chart.dots.cursor_at == 4
    assert bench.view.header.number == "0.05000"


def test_a_learning_rate_set_in_the_middle_shows_as_it_was(make: Make) -> None:
    bench = make(article(), train=6)
    bench.session.navigator.show_iteration(3)
    bench.session.editor.edit("x", edits.set_optimizer(sgd(0.125, 0.0)))
    bench.session.timeline.history(bench.session.document, 3).trace(3)
    bench.session.navigator.show_iteration(3)
    used, ahead = curves(bench)
    assert used[:3] == [article().optimizer.number("lr")] * 3
    assert used[3:] == [0.125] * len(used[3:])
    assert set(ahead) == {0.125}


def test_without_a_scheduler_it_says_how_to_get_one(make: Make) -> None:
    bench = make(article())
    assert bench.view.words.text() == NO_SCHEDULER
    assert bench.view.header.note == "no scheduler"
    assert set(curves(bench)[1]) == {article().optimizer.number("lr")}
    bench.session.editor.edit("x", edits.set_scheduler(Choice("StepLR", {"step_size": 2})))
    assert len(set(curves(bench)[1])) > 3
    bench.session.undo_stack.undo()
    assert bench.view.words.text() == NO_SCHEDULER


def test_layers_with_their_own_learning_rate_have_curves_and_names(make: Make) -> None:
    bench = make(edits.set_layer_lr(1, 0.25)(stepped()), train=4)
    assert [entry.name for entry in bench.view.legend.entries] == ["lr", "lr of layer 2"]
    assert bench.view.legend.isVisible()
    assert bench.view.chart.curve_count == 4
    np.testing.assert_allclose(curves(bench)[1], [0.25, 0.25, 0.25, 0.025])
    assert len(bench.view.chart.dots.places) == 2
    text = bench.view.describe(QPointF(3, 0.1))
    assert text.splitlines()[0] == "iteration 3"
    assert [line.partition(" = ")[0] for line in text.splitlines()[1:]] == ["lr", "lr of layer 2"]
    assert bench.view.describe(QPointF(9, 0.1)).startswith("iteration 9, not trained yet\nlr = ")


def test_what_waits_for_the_loss_shows_only_what_was_used(make: Make) -> None:
    plateau = Choice("ReduceLROnPlateau", {"patience": 0, "threshold": 0.9, "interval": "iteration"})
    bench = make(replace(article(), scheduler=plateau))
    assert not bench.view.shows_chart
    assert "ReduceLROnPlateau" in bench.view.message.text()
    bench.train(12)
    assert bench.view.shows_chart
    assert bench.view.chart.curve_count == 1
    used = curves(bench)[0]
    assert len(used) == 12
    assert used[-1] < used[0]
    assert "ReduceLROnPlateau" in bench.view.words.text()


def test_a_logarithmic_axis_makes_equal_factors_equal_steps(make: Make) -> None:
    bench = make(stepped())
    bench.view.log.click()
    np.testing.assert_allclose(curves(bench)[1][:7:3], np.log10([0.5, 0.05, 0.005]))
    bench.session.editor.edit("x", edits.set_optimizer(sgd(0.0, 0.0)))
    assert bench.view.message.text() == NOT_POSITIVE
    assert not bench.view.shows_chart


def test_it_waits_for_the_engine(make: Make) -> None:
    bench = make(stepped(), ready=False)
    assert bench.view.message.text() == LOADING
    assert bench.view.header.number == ""


def test_nothing_is_computed_again_while_the_cursor_moves(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(stepped(), train=5)
    monkeypatch.setattr("chainrule.session.background.engine.Engine.learning_rates", None)
    bench.session.navigator.show_iteration(1)
    bench.show()
    assert bench.view.chart.dots.cursor_at == 1
    assert bench.view.chart.dots.places == [(1.0, 0.5)]


def test_a_low_card_leaves_the_words_out(make: Make) -> None:
    bench = make(stepped())
    assert bench.view.words.isVisible()
    bench.view.resize(300, 150)
    assert not bench.view.words.isVisible()
    bench.view.resize(300, 260)
    assert bench.view.words.isVisible()
