"""What a session adds to the memory of its process, as the system sees it: in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MB = 2**20
# The budget of all histories, and what the interpreter and the allocator add.
MOST_MB = 256 + 90

BEGIN = """
import os, random, torch
from itertools import islice
from PySide6.QtCore import QCoreApplication
from chainrule.catalog.values import refs
from chainrule.engine.machine import budget
from chainrule.catalog.arguments import Choice
from chainrule.engine.machine.check import check_experiment
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import complete
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.navigation import Cursor
from chainrule.session.session import Session

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

application = QCoreApplication([])
draw = random.Random(0)

def rows(count, columns):
    return tuple(tuple(draw.random() for _ in range(columns)) for _ in range(count))
"""
ITERATIONS = """
network = NetworkSpec(2000, (LayerSpec(2000, Choice("ReLU")), LayerSpec(10)))
session = Session(check_experiment(Experiment(network, DataSpec(rows(4, 2000), rows(4, 10)), dtype="float32")))
session.timeline
before = resident()
for iteration in range(18):
    session.navigator.go_to(Cursor(iteration, 3))
history, trace = session.state.computed()
beside = (history.state_nbytes + history.trace_nbytes) / 2**20
print(resident() - before - beside)
"""
EDITS = """
network = NetworkSpec(64, (LayerSpec(2, Choice("ReLU")), LayerSpec(1)))
session = Session(check_experiment(Experiment(network, DataSpec(rows(17000, 64), rows(17000, 1)))))
session.timeline
before = resident()
for number in range(70):
    session.editor.edit("Edit data", edits.set_data(refs.INPUT, (number, 3), number / 7))
history, trace = session.state.computed()
beside = (history.state_nbytes + history.trace_nbytes) / 2**20
print(resident() - before - beside)
"""
PASTES = """
network = NetworkSpec(64, (LayerSpec(2, Choice("ReLU")), LayerSpec(1)))
session = Session(check_experiment(Experiment(network, DataSpec(rows(17000, 64), rows(17000, 1)))))
session.timeline
before = resident()
for number in range(10):
    new = torch.rand(17000, 64).tolist()
    session.editor.edit("Paste", edits.set_rows(tuple(map(tuple, new)), session.experiment.data.targets))
print(resident() - before)
"""
# An edit makes it large, with all its memory as ever. While nobody looks at a trace of it, a run keeps states.
GROWN = """
budget.LARGE = 10**8
network = NetworkSpec(2000, (LayerSpec(20, Choice("ReLU")), LayerSpec(10)))
adam = complete(OPTIMIZERS, Choice("Adam", {"lr": 0.001}), "$.optimizer")
data = DataSpec(rows(4, 2000), rows(4, 10))
session = Session(check_experiment(Experiment(network, data, optimizer=adam, dtype="float32")))
session.timeline
before = resident()
session.navigator.go_to(Cursor(3, 3))
session.navigator.go_to(Cursor(0, 0))
session.editor.edit("Units", shape_edits.set_units(0, 1800, session.editor.initial_values))
assert budget.estimate(session.experiment).is_large
history, trace = session.state.computed()
beside, most = (history.state_nbytes + history.trace_nbytes) / 2**20, 0
for iteration in range(8):
    session.navigator.go_to(Cursor(iteration, 3))
for _ in islice(session.timeline.run(session.document, 8), 20):
    most = max(most, resident() - before - beside)
print(most)
"""


CASES = {
    "18 iterations of 2000-2000-10": ITERATIONS,
    "70 edits of 17,000 x 64": EDITS,
    "10 pastes of 17,000 x 64": PASTES,
    "a run of what an edit made large": GROWN,
}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not tell")
@pytest.mark.parametrize("code", CASES.values(), ids=CASES.keys())
def test_a_session_stays_within_the_budget(code: str) -> None:
    run = [sys.executable, "-c", BEGIN + code]
    found = subprocess.run(run, capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 0, found.stderr
    assert float(found.stdout) < MOST_MB
