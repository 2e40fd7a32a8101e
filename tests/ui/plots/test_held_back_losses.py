"""The loss of the rows that are held back, beside the training loss."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF

from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine import evaluation
from chainrule.engine.trace import Executor
from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from tests.experiments import article
from tests.ui.plots.conftest import LossBench
from tests.ui.plots.losses import STEPS, MakeLoss, drawn, losses


def held_back(test_size: float = 0.5) -> Experiment:
    """The article's network, with one of its two rows held back."""
    return article(data=replace(article().data, test_size=test_size))


def losses_held_back(bench: LossBench) -> list[float]:
    found = bench.session.timeline.test_losses(bench.session.document, bench.session.horizon)
    assert found is not None
    return found.rows()[:, 0].tolist()


def test_the_loss_of_the_test_rows_is_a_curve_of_its_own(make_loss: MakeLoss) -> None:
    bench = make_loss(held_back(), train=20)
    assert bench.view.chart.curve_count == 2
    assert drawn(bench) == (list(range(20)), losses(bench))
    assert bench.view.chart.curve_data(1)[1].tolist() == losses_held_back(bench)
    assert bench.view.chart.stroke(0).color != bench.view.chart.stroke(1).color

    bench.session.navigator.go_to(Cursor(7, STEPS))
    assert bench.view.chart.dots.places == [(7.0, losses(bench)[7]), (7.0, losses_held_back(bench)[7])]


def test_the_legend_has_both_losses_at_the_cursor(make_loss: MakeLoss) -> None:
    bench = make_loss(held_back(), train=20)
    bench.session.navigator.go_to(Cursor(7, STEPS))
    texts = [format_number(values[7], 4) for values in (losses(bench), losses_held_back(bench))]

    assert [entry.name for entry in bench.view.legend.entries] == [f"training {texts[0]}", f"test {texts[1]}"]
    assert [entry.color for entry in bench.view.legend.entries] == [
        bench.view.chart.stroke(curve).color for curve in (0, 1)
    ]
    assert bench.view.legend.isVisible()
    assert bench.view.header.number == ""
    assert bench.view.accessibleName() == f"Loss {texts[0]} at iteration 7, before its update, test loss {texts[1]}"


def test_without_rows_held_back_there_is_no_legend(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=3)
    assert (bench.view.chart.curve_count, bench.view.legend.isVisible()) == (1, False)

    bench.session.navigator.go_to(Cursor(2, 0))
    bench.session.editor.edit("Hold back", edits.set_test_size(0.5))
    bench.session.navigator.go_to(Cursor(4, STEPS))
    assert bench.view.legend.isVisible()
    tests = bench.view.chart.curve_data(1)[1].tolist()
    assert [math.isnan(test) for test in tests] == [True, True, False, False, False]
    bench.session.navigator.go_to(Cursor(1, STEPS))
    assert [entry.name.split()[0] for entry in bench.view.legend.entries] == ["training", "test"]
    assert bench.view.legend.entries[1].name == "test"
    assert not bench.view.grab().isNull()


def test_the_mouse_reads_both_losses_and_when_the_test_was_made(
    make_loss: MakeLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "CHEAP", 0)
    inputs, targets = ((1.0, 2.0), (2.0, 1.0), (0.5, 1.5), (1.5, 0.5)), ((1.0,), (2.0,), (0.0,), (1.0,))
    bench = make_loss(article(data=DataSpec(inputs, targets, batch_size=1, test_size=0.5)), train=6)
    said = [bench.view.describe(QPointF(iteration, 0.0)).splitlines()[2] for iteration in (2, 3)]
    test = format_number(losses_held_back(bench)[2], None)
    assert said == [f"test loss {test}", f"test loss {test} (at iteration 2)"]


def test_a_loss_of_long_ago_is_exact_though_only_its_block_is_remembered(make_loss: MakeLoss) -> None:
    """It is computed once more: the plot's dot, the number beside the title, and what the mouse reads."""
    bench = make_loss(held_back(), train=20_000)
    session = bench.session
    outline = session.timeline.losses(session.document, session.horizon)
    assert outline.row(5_000) is None
    session.navigator.go_to(Cursor(5_000, STEPS))
    loss = session.moment.number(ValueRef("loss"), ())
    assert loss is not None
    assert bench.view.chart.dots.places[0] == (5000.0, loss)
    fresh = Executor(session.experiment)
    state = session.timeline.history(session.document, 5_000).state(5_000)
    test = fresh.evaluator.evaluate(state.values, "test").loss.item()
    said = bench.view.describe(QPointF(5_000, 0.0)).splitlines()
    assert said[1:] == [
        f"loss {format_number(loss, None)}, before its update",
        f"test loss {format_number(test, None)}",
    ]
