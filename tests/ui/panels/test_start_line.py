"""What training starts from, told in the left column where it is not the beginning, and forgotten there."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import StartState
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.model.navigation import Cursor
from chainrule.ui.panels.functions.start_line import started
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, sgd
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench

BUFFER = ValueRef("layers.1.bias.momentum_buffer")
SUM = ValueRef("layers.1.bias.accumulated_grad")
LR = ValueRef("lr")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (StartState(12), "starts at iteration 12"),
        (StartState(12_000, {BUFFER: (1.0,)}), "starts at iteration 12,000, with what the optimizer kept"),
        (StartState(3, {LR: 0.1}), "starts at iteration 3, with what the scheduler kept"),
        (
            StartState(3, {LR: 0.1, BUFFER: (1.0,)}),
            "starts at iteration 3, with what the optimizer and the scheduler kept",
        ),
        (
            StartState(3, {SUM: (1.0,), BUFFER: (1.0,)}),
            "starts at iteration 3, with what the optimizer kept and the gradients added up so far",
        ),
        (StartState(3, {SUM: (1.0,)}), "starts at iteration 3, with the gradients added up so far"),
    ],
)
def test_what_it_starts_from_is_said(state: StartState, words: str) -> None:
    experiment = article(optimizer=sgd(0.1, 0.5), scheduler=Choice("ExponentialLR", {"gamma": 0.9}))
    assert started(state, values_of(experiment)) == words


def test_it_is_out_of_sight_where_training_begins_at_its_beginning(bench: Bench) -> None:
    assert not bench.find(QLabel, "start_state").isVisible()
    assert not bench.find(QWidget, "start_forget").isVisible()


def test_it_is_forgotten_and_brought_back(make_bench: MakeBench) -> None:
    optimizer = Choice("SGD", {"lr": 0.1, "momentum": 0.5})
    bench = make_bench(check_experiment(article(optimizer=optimizer, state=StartState(12, {BUFFER: (1.0,)}))))
    assert bench.find(QLabel, "start_state").text() == "starts at iteration 12, with what the optimizer kept"
    assert bench.find(QWidget, "start_forget") in bench.panel.optimizer.controls()
    bench.click("start_forget")
    assert bench.pauses == 1
    assert bench.session.cursor == Cursor(0)
    assert not bench.find(QLabel, "start_state").isVisible()
    bench.undo()
    assert bench.session.cursor == Cursor(12)
    assert bench.find(QLabel, "start_state").isVisible()


def test_the_action_lets_training_start_from_what_is_on_the_screen(window: MainWindow) -> None:
    action, session = window.actions_by_id["edit.start_here"], window.session
    assert not action.isEnabled()
    session.navigator.go_to(Cursor(5))
    assert action.isEnabled()
    action.trigger()
    assert session.document.first == 5
    assert not action.isEnabled()
    label = window.experiment_panel.findChild(QLabel, "start_state")
    assert label is not None
    assert label.text().startswith("starts at iteration 5")
    window.actions_by_id["edit.undo"].trigger()
    assert session.cursor == Cursor(5)
    assert session.document.first == 0
