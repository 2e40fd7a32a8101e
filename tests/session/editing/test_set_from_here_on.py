"""Numbers that an iteration starts from, changed from here on: buffers, settings, rates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.navigation import Cursor
from tests.experiments import article
from tests.session.acts import W2, at
from tests.session.conftest import Open
from tests.session.editing.momentum import BUFFER, MOMENTUM


@pytest.mark.parametrize("iteration", [0, 2])
def test_a_buffer_is_changed_from_here_on(opened: Open, iteration: int) -> None:
    session = at(opened(MOMENTUM), iteration, 8)
    session.number_editor.edit_number(BUFFER, (0, 1), 0.75)
    assert session.cursor == Cursor(iteration, 8)
    assert session.moment.number(BUFFER, (0, 1)) == 0.75
    assert session.moment.overrides == {}
    assert session.is_modified
    assert session.file.to_save == MOMENTUM
    # Edits of all else keep it.
    session.editor.edit("Title", edits.set_title("another"))
    session.number_editor.edit_number(W2, (0, 0), 0.125)
    assert session.moment.number(BUFFER, (0, 1)) == 0.75
    assert session.moment.number(W2, (0, 0)) == 0.125
    session.editor.restart()
    assert session.moment.number(BUFFER, (0, 1)) == 0.0


def test_memory_that_was_changed_at_the_start_gives_way_to_another_shape(opened: Open) -> None:
    session = opened(MOMENTUM)
    session.number_editor.edit_number(BUFFER, (0, 1), 0.75)
    session.editor.edit("Units", shape_edits.set_units(0, 3, session.editor.initial_values), restart=True)
    assert session.moment.lists(BUFFER) == [[0.0, 0.0]] * 3


@pytest.mark.parametrize("iteration", [0, 2])
def test_a_setting_is_changed_from_here_on(opened: Open, iteration: int) -> None:
    session = at(opened(MOMENTUM), iteration, 8)
    session.number_editor.edit_number(refs.LR, (), 0.5)
    session.number_editor.edit_number(refs.MOMENTUM, (), 0.25)
    optimizer = session.experiment.optimizer
    assert (optimizer["lr"], optimizer["momentum"]) == (0.5, 0.25)
    with pytest.raises(SpecError) as refusal:
        session.number_editor.edit_number(refs.LR, (), -1.0)
    assert refusal.value.path == "$.optimizer.lr"


def test_a_layers_own_rate_is_changed_from_here_on(opened: Open) -> None:
    plain = article()
    layers = (replace(plain.network.layers[0], lr=0.1), *plain.network.layers[1:])
    session = at(opened(replace(plain, network=replace(plain.network, layers=layers))), 2, 8)
    session.number_editor.edit_number(refs.layer_lr(0), (), 0.5)
    assert session.experiment.network.layers[0].lr == 0.5
    assert session.experiment.optimizer["lr"] == 0.01


@pytest.mark.parametrize("iteration", [0, 2])
def test_a_scheduled_rate_is_memory_and_the_one_to_come_is_set_by_hand(opened: Open, iteration: int) -> None:
    halved = Choice("StepLR", {"step_size": 1, "gamma": 0.5})
    session = at(opened(article(optimizer=Choice("Adam", {"lr": 0.01}), scheduler=halved)), iteration, 0)
    session.number_editor.edit_number(refs.LR, (), 0.75)
    assert session.moment.number(refs.LR, ()) == 0.75
    assert session.moment.numbers.lists(refs.next_value(refs.LR)) == 0.375
    assert session.experiment.optimizer["lr"] == 0.01
    session.number_editor.edit_number(refs.next_value(refs.LR), (), 0.25)
    assert session.moment.overrides == {refs.next_value(refs.LR): {(): 0.25}}
    session.navigator.go_to(Cursor(iteration + 1, 0))
    assert session.moment.number(refs.LR, ()) == 0.25
    assert session.moment.numbers.lists(refs.next_value(refs.LR)) == 0.125
