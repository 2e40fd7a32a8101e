"""The loss of the iteration at the cursor, before and after its update."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
from PySide6.QtCore import QPointF, QTimer
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import DataSpec
from chainrule.catalog.values import refs
from chainrule.engine import evaluation
from chainrule.engine.trace import Executor
from chainrule.explain.writing.numbers import format_number
from chainrule.model.navigation import Cursor, Stride
from chainrule.ui.plots.loss_after import LossAfter
from tests.experiments import article
from tests.ui.plots.losses import STEPS, MakeLoss, losses


@pytest.mark.parametrize("batch_size", [None, 1])
def test_the_loss_is_before_the_update_and_once_the_iteration_is_over_also_after_it(
    qtbot: QtBot, make_loss: MakeLoss, batch_size: int | None
) -> None:
    experiment = article(data=replace(article().data, batch_size=batch_size))
    bench = make_loss(experiment)
    executor = Executor(experiment)
    whole = next(executor.iterations())
    header = bench.view.header
    bench.session.navigator.go_to(Cursor(0, STEPS - 1))
    before = format_number(whole.values[refs.LOSS].item())
    assert (header.note, header.number) == ("before the update", before)
    bench.session.navigator.go_to(Cursor(0, STEPS))
    after = format_number(executor.evaluator.final_losses(whole.values)[0])
    # The batch's loss, and then that of all rows: an arrow alone would say that the update has made one of the other.
    other = "all rows " if batch_size else ""
    qtbot.waitUntil(lambda: header.number == f"{before} → {other}{after}")
    assert header.note == "before → after the update"
    rows = " on all training rows" if batch_size else ""
    assert f"With the new parameters it is {after}{rows}." in header.toolTip()
    assert bench.view.accessibleName().endswith(f"before its update. With the new parameters it is {after}{rows}")
    bench.session.navigator.go_to(Cursor(1, 3))
    # Of the next iteration the loss is not computed yet: what is shown is of that, and of no other.
    assert "→" not in header.number


def test_where_gradients_are_kept_no_arrow_tells_of_an_update(qtbot: QtBot, make_loss: MakeLoss) -> None:
    bench = make_loss(article(data=replace(article().data, batch_size=1, accumulate=2)))
    header, session = bench.view.header, bench.session
    session.navigator.move(Stride.ITERATION)
    loss = format_number(session.moment.number(refs.LOSS, ()), session.selector.digits)
    assert (session.cursor.iteration, session.state.at_end) == (0, True)
    after = bench.view.findChild(LossAfter)
    assert not after.findChild(QTimer).isActive()
    assert (header.note, header.number) == ("no update yet", loss)
    assert header.toolTip().endswith("The gradients of this one are kept: the next update is that of iteration 1.")
    assert bench.view.accessibleName() == f"Loss {loss} at iteration 0"
    session.navigator.move(Stride.ITERATION)
    assert (session.cursor.iteration, session.state.at_end) == (1, True)
    qtbot.waitUntil(lambda: "→" in header.number)
    assert header.note == "before → after the update"
    kept, updated = (bench.view.describe(QPointF(iteration, 0.0)).splitlines()[1] for iteration in range(2))
    assert kept == f"loss {format_number(losses(bench)[0], None)}"
    assert updated.endswith(", before its update")


def test_what_an_update_has_led_to_is_the_next_iteration_s_loss(qtbot: QtBot, make_loss: MakeLoss) -> None:
    """Of the same rows; and with rows held back their loss is told too."""
    data = DataSpec(((1.0, 2.0), (3.0, 4.0), (2.0, 1.0), (0.5, 1.5)), ((1.0,), (2.0,), (0.5,), (1.5,)), test_size=0.5)
    experiment = article(data=data)
    bench = make_loss(experiment, train=4)
    trace = list(islice(Executor(experiment).iterations(), 5))[4]
    following = format_number(trace.values[refs.LOSS].item())
    qtbot.waitUntil(lambda: bench.view.header.number.endswith(f" → {following}"))
    tested = format_number(Executor(experiment).evaluator.evaluate(trace.values, "test").loss.item())
    assert f", and {tested} on the test rows." in bench.view.header.toolTip()


def test_while_a_run_goes_on_nothing_is_computed_after_the_update(
    qtbot: QtBot, make_loss: MakeLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_loss(article())
    asked: list[object] = []
    monkeypatch.setattr(evaluation.Evaluator, "final_losses", lambda *_: asked.append(None) or (1.0, None))
    for iteration in range(20):
        bench.session.navigator.go_to(Cursor(iteration, STEPS))
    assert asked == []
    qtbot.waitUntil(lambda: bench.view.header.number.endswith(" → 1.000"))
    assert len(asked) == 1
    bench.show()
    assert len(asked) == 1
