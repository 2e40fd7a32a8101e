"""Edits in the middle of a scheduled training: what the new schedule sets takes effect where the cursor is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.schedule import preview
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.session import Session
from tests.experiments import article, sgd
from tests.session.acts import at
from tests.session.conftest import Open

STEP = Choice("StepLR", {"step_size": 2, "gamma": 0.5, "interval": "iteration"})
CYCLIC = Choice("CyclicLR", {"base_lr": 0.01, "max_lr": 0.05, "step_size_up": 3, "interval": "iteration"})
PLATEAU = Choice("ReduceLROnPlateau", {"patience": 0, "factor": 0.5, "mode": "max", "interval": "iteration"})
AT = 5


def number(session: Session, ref: str) -> Any:
    trace = session.timeline.history(session.document, AT).trace(session.cursor.iteration)
    return trace.values[refs.ValueRef(ref)].tolist()


def layer_lr(lr: float) -> edits.Edit:
    def edit(experiment: Experiment) -> Experiment:
        first, *rest = experiment.network.layers
        return replace(experiment, network=replace(experiment.network, layers=(replace(first, lr=lr), *rest)))

    return edit


@pytest.mark.parametrize(
    "change",
    [
        lambda e: replace(e, optimizer=sgd(0.08)),
        lambda e: replace(e, scheduler=replace(STEP, arguments={**STEP.arguments, "gamma": 0.9})),
        lambda e: replace(e, scheduler=CYCLIC),
        lambda e: replace(e, scheduler=Choice("LambdaLR", {"lr_lambda": "1 / (1 + epoch)"})),
        lambda e: replace(e, scheduler=STEP.replace(interval="epoch"), data=replace(e.data, batch_size=1)),
        lambda e: replace(e, scheduler=None),
        layer_lr(0.5),
    ],
)
@pytest.mark.parametrize("before", [None, STEP, CYCLIC, PLATEAU], ids=str)
def test_the_new_schedule_takes_effect_at_once(opened: Open, before: Choice | None, change: Any) -> None:
    session = at(opened(article(scheduler=before)), AT, 0)
    weight = number(session, "layers.0.weight")
    session.editor.edit("Edit", change)
    expected = preview(session.experiment, 20)
    if "ReduceLROnPlateau" in str(session.experiment.scheduler):
        assert number(session, "scheduler.num_bad_epochs") == 0.0
    assert number(session, "lr") == expected.lr[AT]
    for ref, rates in expected.own.items():
        assert number(session, ref) == rates[AT]
    if expected.momentum:
        assert number(session, "momentum") == expected.momentum[AT]
    assert number(session, "layers.0.weight") == weight
    session.undo_stack.undo()
    assert session.experiment == article(scheduler=before)


def test_another_edit_leaves_the_schedule_as_it_is(opened: Open) -> None:
    """A plateau's counters and a rate set by hand stay where the edit has nothing to do with them."""
    session = at(opened(article(scheduler=PLATEAU)), AT, 0)
    lr, best = number(session, "lr"), number(session, "scheduler.best")
    assert lr < 0.01
    session.editor.edit("Edit data", edits.set_data(refs.INPUT, (0, 0), 3.0))
    assert (number(session, "lr"), number(session, "scheduler.best")) == (lr, best)


def test_a_changed_plateau_starts_afresh(opened: Open) -> None:
    session = at(opened(article(scheduler=PLATEAU)), AT, 0)
    session.editor.edit("Edit", lambda e: replace(e, scheduler=PLATEAU.replace(patience=3)))
    assert number(session, "lr") == 0.01
    assert number(session, "scheduler.best") == float("-inf")


def test_where_a_setting_comes_from(opened: Open) -> None:
    def said(session: Session, ref: str) -> str:
        session.selector.select(refs.ValueRef(ref), ())
        return explain_selection(session.moment).sentence

    session = at(opened(article(scheduler=PLATEAU)), 0, 1)
    assert said(session, "lr") == "The learning rate is what the scheduler, ReduceLROnPlateau, begins with."
    session = at(opened(article(scheduler=PLATEAU)), AT, 1)
    assert said(session, "scheduler.best") == (
        "The best loss so far is what the scheduler, ReduceLROnPlateau, made of it in iteration 4."
    )
    # What the scheduler leaves alone.
    session = at(opened(article(optimizer=sgd(0.01, 0.9), scheduler=STEP)), 0, 1)
    assert (
        said(session, "momentum")
        == "The momentum is a setting of the optimizer: it stays the same until it is changed."
    )
    session = at(opened(article()), AT, 1)
    assert (
        said(session, "lr") == "The learning rate is a setting of the optimizer: it stays the same until it is changed."
    )
