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
        session.go_to(Cursor(passed, 1))
        session.go_to(Cursor(passed, len(session.moment.steps)))
    session.go_to(Cursor(iteration, position))
    return session


def three_rows(**changes: Any) -> Experiment:
    """Batches of two rows and one, in an order that is drawn."""
    experiment = dense((2, 3, 2), 3)
    return replace(experiment, data=replace(experiment.data, batch_size=2, shuffle=True), **changes)


MOVES: dict[str, Act] = {
    "step forward": lambda s: s.step_forward(),
    "step back": lambda s: s.step_back(),
    "layer": lambda s: s.move(Stride.LAYER),
    "phase": lambda s: s.move(Stride.PHASE),
    "iteration": lambda s: s.move(Stride.ITERATION),
    "iteration back": lambda s: s.move_back(Stride.ITERATION),
    "go to": lambda s: s.go_to(Cursor(3, 3)),
}
LOOKS: dict[str, Act] = {
    "select": lambda s: s.select(W1, (1, 1)),
    "select another sample's": lambda s: s.select(refs.INPUT, (1, 0)),
    "sample": lambda s: s.show_sample(1),
    "digits": lambda s: s.set_digits(None),
}
# Edits of the iteration that training begins with, where there is something to begin with or to forget.
STARTS: dict[str, Act] = {
    "start from here": lambda s: s.start_from_here(),
    "forget the start": lambda s: s.forget_start(),
}
EDITS: dict[str, Act] = {
    "input": lambda s: s.edit_number(refs.INPUT, (1, 0), 9.0),
    "target": lambda s: s.edit_number(refs.TARGET, (0, 0), 9.0),
    "weight": lambda s: s.edit_number(W1, (1, 0), 9.0),
    "bias": lambda s: s.edit_number(B2, (0,), 9.0),
    "next weight": lambda s: s.edit_number(refs.next_value(W1), (1, 0), 9.0),
    "next bias": lambda s: s.edit_number(refs.next_value(B2), (0,), 9.0),
    "z by hand": lambda s: s.edit_number(refs.pre_activation(0), (1, 0), 9.0),
    "loss by hand": lambda s: s.edit_number(refs.LOSS, (), 9.0),
    "gradient by hand": lambda s: s.edit_number(refs.grad(W1), (1, 0), 9.0),
    "add row": lambda s: s.edit("Add row", edits.add_row),
    "remove row": lambda s: s.edit("Remove row", edits.remove_row(0)),
    "rows": lambda s: s.edit("Paste", edits.set_rows(((5.0, 6.0),), ((7.0,),))),
    "loss": lambda s: s.edit("Loss", edits.set_loss(Choice("HalfSquaredError", {"reduction": "sum"}))),
    "learning rate": lambda s: s.edit("Learning rate", edits.set_optimizer(sgd(0.5))),
    "momentum": lambda s: s.edit("Momentum", edits.set_optimizer(sgd(0.01, 0.9))),
    "penalty": lambda s: s.edit("Penalty", term_edits.add_penalty(Choice("L2"), ("*.weight",))),
    "group": lambda s: s.edit("Group", term_edits.add_group(("*.bias",), "lr", 0.5)),
    "batches per update": lambda s: s.edit("Batches", edits.set_accumulate(2)),
    "activation": lambda s: s.edit("Activation", edits.set_activation(0, Choice("Tanh"))),
    "freeze": lambda s: s.edit("Freeze", edits.set_frozen(W1, True)),
    "dtype": lambda s: s.edit("dtype", edits.set_dtype("float32")),
    "title": lambda s: s.edit("Title", edits.set_title("another")),
    "reseed": lambda s: s.edit("Reseed", edits.reseed(5, s.initial_values), restart=True),
    "no bias": lambda s: s.edit("Bias", shape_edits.set_bias(0, False, s.initial_values), restart=True),
    "inputs": lambda s: s.edit("Inputs", shape_edits.set_units(-1, 3, s.initial_values), restart=True),
    "units": lambda s: s.edit("Units", shape_edits.set_units(0, 1, s.initial_values), restart=True),
    "outputs": lambda s: s.edit("Outputs", shape_edits.set_units(1, 3, s.initial_values), restart=True),
    "add layer": lambda s: s.edit("Add layer", shape_edits.add_layer(s.initial_values), restart=True),
    "remove layer": lambda s: s.edit("Remove layer", shape_edits.remove_layer(0, s.initial_values), restart=True),
}
PLACES = [(0, 0), (0, 8), (3, 0), (3, 8), (3, 17)]
