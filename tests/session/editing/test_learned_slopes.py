"""Slopes that are learned, exchanged in the middle of training; and groups that another optimizer cannot have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import ParameterGroup
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.navigation import Cursor
from tests.experiments import article, mazur
from tests.session.conftest import Open

ONE, TWO = Choice("PReLU"), Choice("PReLU", {"num_parameters": 2})


@pytest.mark.parametrize(("first", "then"), [(ONE, Choice("ReLU")), (ONE, TWO), (TWO, ONE)])
def test_a_document_can_be_saved_and_restarted_after_slopes_went(opened: Open, first: Choice, then: Choice) -> None:
    """The first slope, set by hand, was kept of an activation that has none: the file could not be written."""
    session = opened(article())
    session.editor.edit("", edits.set_activation(0, first))
    session.number_editor.edit_number(refs.learned(0, "weight"), (0,), 0.375)
    session.navigator.go_to(Cursor(3, 0))
    session.editor.edit("", edits.set_activation(0, then))
    written = encode_experiment(session.file.to_save)
    saved = decode_experiment(written)
    assert saved.network.layers[0].activation.name == then.name
    assert saved.parameters == article().parameters
    session.editor.restart()
    assert encode_experiment(session.experiment) == written


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_else_could_be_changed_is_found_where_an_optimizer_takes_no_such_group(opened: Open, name: str) -> None:
    """The memory of an experiment that was refused was reckoned with the settings that it lacks."""
    group = ParameterGroup(("layers.0.weight",), {"maximize": True, "momentum": 0.5})
    # Of rows with a class there is another reading, with fewer outputs: first weights are drawn for it.
    data = replace(mazur().data, targets=((1.0,),))
    session = opened(mazur(data=data, loss=Choice("CrossEntropyLoss"), parameter_groups=(group,)))
    change = edits.set_optimizer(Choice(name, {} if name != "Formula" else {"state": {}, "updates": ("next = param",)}))
    for repair in session.editor.repairs(change):
        session.editor.edit("", repair.edit, restart=repair.restart)
        session.undo_stack.undo()
    try:
        session.editor.edit("", change)
    except SpecError:
        assert session.experiment.optimizer.name == "SGD"
