"""In a process of its own: real memory that runs out, and the edits that used to end in a segmentation fault."""

from __future__ import annotations

import sys

import pytest

from tests.session.programs import result_of

START = """
import faulthandler, gc
from dataclasses import replace
from PySide6.QtCore import QCoreApplication
from chainrule.session.background.engine import Engine
from chainrule.catalog.arguments import Choice, SpecError
from chainrule.engine.machine.check import check_experiment
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.model.editing import edits
from chainrule.session.session import Session

faulthandler.enable()
application = QCoreApplication([])


def refused(act):
    # What is caught here is what the window tells; None where it was accepted.
    try:
        act()
    except (RuntimeError, MemoryError, SpecError) as error:
        return type(error).__name__
    finally:
        gc.collect()


def state(session):
    stack = session.undo_stack
    return session.document, session.moment, session.state.view, stack.count(), stack.index(), stack.undoText()
"""
LIMIT = """
import resource


def limit(more):
    # So many bytes beyond what is in use, of the address space; without `more` there is no limit.
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (hard if more is None else used + more, hard))
"""
EDITS_THAT_OVERFLOW = """
session = Session(check_experiment(Experiment(
    network=NetworkSpec(2, (LayerSpec(2, Choice("ReLU")), LayerSpec(1))),
    data=DataSpec(inputs=((1.0, 2.0), (3.0, 4.0)), targets=((1.0,), (2.0,))),
)))
session.timeline
refused(lambda: session.editor.edit("Change lr", edits.set_layer_lr(0, 1e300)))
acts = (
    lambda: session.editor.edit("dtype", edits.set_dtype("float32")),
    lambda: session.editor.edit("Change lr", edits.set_layer_lr(0, 1e200)),
    lambda: session.editor.edit("Change lr", edits.set_layer_lr(0, 0.1)),
    session.undo_stack.undo,
    session.undo_stack.redo,
)
wrong = 0
for _ in range(5):
    for act in acts:
        before = state(session)
        if refused(act) is not None:
            wrong += state(session) != before
result = [wrong, session.experiment.network.layers[0].lr]
"""
MANY_PARAMETERS = """
session = Session(check_experiment(Experiment(
    network=NetworkSpec(1000, (LayerSpec(2000, Choice("Tanh")), LayerSpec(500))),
    data=DataSpec(inputs=((0.5,) * 1000,), targets=((1.0,) * 500,)),
    optimizer=Choice("SGD", {"lr": 0.01}),
)))
session.navigator.step_forward()
session.editor.edit("Change lr", edits.set_setting(session.moment.value("lr"), 0.02))
session.navigator.step_forward()
limit(70 * 2**20)
before, told = state(session), []
session.signals.device_failed.connect(told.append)
adam = edits.set_optimizer(Choice("Adam", {"lr": 0.01}))
foreseen = refused(lambda: session.editor.edit("Change optimizer", adam)) == "SpecError" and state(session) == before
# Where the machine does not tell what is free, it runs out in the middle of the edit.
Engine.free_memory = staticmethod(lambda: None)
first = refused(lambda: session.editor.edit("Change optimizer", adam))
same = state(session) == before
second = refused(lambda: session.editor.edit("Change optimizer", adam))
same = same and state(session) == before
refused(session.undo_stack.undo)
undone = session.undo_stack.index()
limit(None)
session.undo_stack.setIndex(0)
rate = session.experiment.optimizer["lr"]
session.undo_stack.redo()
session.editor.edit("Change optimizer", adam)
session.navigator.step_forward()
failed = first in ("RuntimeError", "MemoryError")
result = [foreseen, failed, second == first, same, rate, session.experiment.optimizer.name]
"""


def test_edits_of_rates_that_the_numbers_cannot_hold_end_in_no_crash() -> None:
    """A layer's own rate of 1e300 and float32: the next edit of that rate was a segmentation fault."""
    wrong, lr = result_of(START + EDITS_THAT_OVERFLOW)
    assert (wrong, lr) == (0, 0.1)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")
def test_an_edit_without_memory_for_it_leaves_all_as_it_was() -> None:
    """Adam keeps two numbers more for each of three million parameters."""
    foreseen, failed, failed_again, same, rate, optimizer = result_of(START + LIMIT + MANY_PARAMETERS)
    assert (foreseen, failed, failed_again, same) == (True, True, True, True)
    assert (rate, optimizer) == (0.01, "Adam")
