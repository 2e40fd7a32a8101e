"""What can be done to a session, by name, for tests that hold for all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.editing import terms as term_edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.session import Session
from tests.experiments import dense, sgd

STEPS = 17
Act = Callable[[Session], None]
W1, B1, W2, B2 = refs.weight(0), refs.bias(0), refs.weight(1), refs.bias(1)


def press(act: Callable[[], None], times: int) -> None:
    """Press a key again and again."""
    for _ in range(times):
        act()


def at(session: Session, iteration: int, position: int) -> Session:
    """The session, moved to a place; iterations before it are stepped through."""
    for passed in range(iteration):
        session.navigator.go_to(Cursor(passed, 1))
        session.navigator.go_to(Cursor(passed, len(session.moment.steps)))
    session.navigator.go_to(Cursor(iteration, position))
    return session


def three_rows(**changes: Any) -> Experiment:
    """Batches of two rows and one, in an order that is drawn."""
    experiment = dense((2, 3, 2), 3)
    return replace(experiment, data=replace(experiment.data, batch_size=2, shuffle=True), **changes)


MOVES: dict[str, Act] = {
    "step forward": lambda s: s.navigator.step_forward(),
    "step back": lambda s: s.navigator.step_back(),
    "layer": lambda s: s.navigator.move(Stride.LAYER),
    "phase": lambda s: s.navigator.move(Stride.PHASE),
    "iteration": lambda s: s.navigator.move(Stride.ITERATION),
    "iteration back": lambda s: s.navigator.move_back(Stride.ITERATION),
    "go to": lambda s: s.navigator.go_to(Cursor(3, 3)),
}
LOOKS: dict[str, Act] = {
    "select": lambda s: s.selector.select(W1, (1, 1)),
    "select another sample's": lambda s: s.selector.select(refs.INPUT, (1, 0)),
    "sample": lambda s: s.selector.show_sample(1),
    "digits": lambda s: s.selector.set_digits(None),
}
# Edits of the iteration that training begins with, where there is something to begin with or to forget.
STARTS: dict[str, Act] = {
    "start from here": lambda s: s.training_start.start_from_here(),
    "forget the start": lambda s: s.training_start.forget_start(),
}
EDITS: dict[str, Act] = {
    "input": lambda s: s.number_editor.edit_number(refs.INPUT, (1, 0), 9.0),
    "target": lambda s: s.number_editor.edit_number(refs.TARGET, (0, 0), 9.0),
    "weight": lambda s: s.number_editor.edit_number(W1, (1, 0), 9.0),
    "bias": lambda s: s.number_editor.edit_number(B2, (0,), 9.0),
    "next weight": lambda s: s.number_editor.edit_number(refs.next_value(W1), (1, 0), 9.0),
    "next bias": lambda s: s.number_editor.edit_number(refs.next_value(B2), (0,), 9.0),
    "z by hand": lambda s: s.number_editor.edit_number(refs.pre_activation(0), (1, 0), 9.0),
    "loss by hand": lambda s: s.number_editor.edit_number(refs.LOSS, (), 9.0),
    "gradient by hand": lambda s: s.number_editor.edit_number(refs.grad(W1), (1, 0), 9.0),
    "add row": lambda s: s.editor.edit("Add row", edits.add_row),
    "remove row": lambda s: s.editor.edit("Remove row", edits.remove_row(0)),
    "rows": lambda s: s.editor.edit("Paste", edits.set_rows(((5.0, 6.0),), ((7.0,),))),
    "loss": lambda s: s.editor.edit("Loss", edits.set_loss(Choice("HalfSquaredError", {"reduction": "sum"}))),
    "learning rate": lambda s: s.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5))),
    "momentum": lambda s: s.editor.edit("Momentum", edits.set_optimizer(sgd(0.01, 0.9))),
    "penalty": lambda s: s.editor.edit("Penalty", term_edits.add_penalty(Choice("L2"), ("*.weight",))),
    "group": lambda s: s.editor.edit("Group", term_edits.add_group(("*.bias",), "lr", 0.5)),
    "batches per update": lambda s: s.editor.edit("Batches", edits.set_accumulate(2)),
    "activation": lambda s: s.editor.edit("Activation", edits.set_activation(0, Choice("Tanh"))),
    "freeze": lambda s: s.editor.edit("Freeze", edits.set_frozen(W1, True)),
    "dtype": lambda s: s.editor.edit("dtype", edits.set_dtype("float32")),
    "title": lambda s: s.editor.edit("Title", edits.set_title("another")),
    "reseed": lambda s: s.editor.edit("Reseed", edits.reseed(5, s.editor.initial_values), restart=True),
    "no bias": lambda s: s.editor.edit("Bias", shape_edits.set_bias(0, False, s.editor.initial_values), restart=True),
    "inputs": lambda s: s.editor.edit("Inputs", shape_edits.set_units(-1, 3, s.editor.initial_values), restart=True),
    "units": lambda s: s.editor.edit("Units", shape_edits.set_units(0, 1, s.editor.initial_values), restart=True),
    "outputs": lambda s: s.editor.edit("Outputs", shape_edits.set_units(1, 3, s.editor.initial_values), restart=True),
    "add layer": lambda s: s.editor.edit("Add layer", shape_edits.add_layer(s.editor.initial_values), restart=True),
    "remove layer": lambda s: s.editor.edit(
        "Remove layer", shape_edits.remove_layer(0, s.editor.initial_values), restart=True
    ),
}
PLACES = [(0, 0), (0, 8), (3, 0), (3, 8), (3, 17)]
