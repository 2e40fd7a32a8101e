"""The memory of histories: what they hold is known in bytes, stays within its budget, and comes back bit by bit."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.engine import trace
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.model.document import Document, Segment
from chainrule.model.editing import edits
from chainrule.model.timeline import kept_states, memory_use
from chainrule.model.timeline.history import History
from chainrule.model.timeline.memory_budget import MemoryBudget
from chainrule.model.timeline.states import initial_numbers
from chainrule.model.timeline.timeline import Timeline
from tests.experiments import dense, experiments, sgd

MB = 2**20
# What a small document takes, and the bookkeeping.
SLACK = MB // 4
Bits = dict[str, bytes]


def bits(values: object) -> Bits:
    """Values to the last bit."""
    assert hasattr(values, "items")
    return {ref: value.numpy().tobytes() for ref, value in values.items()}


def stepped(experiment: Experiment, count: int) -> list[Bits]:
    """The values of each iteration, by an executor alone."""
    return [bits(found.values) for found in islice(Executor(experiment).iterations(), count)]


def wide(optimizer: Choice | None = None) -> Experiment:
    """A state of about a megabyte, or three with Adam's: more than small ones, in the tests below."""
    return check_experiment(dense((200, 600, 10), 6, optimizer=optimizer or sgd(0.01)))


@pytest.fixture(autouse=True)
def _large() -> Iterator[None]:
    """What is large takes no long test."""
    with patch.object(kept_states, "LARGE", MB // 2):
        yield


def live_nbytes() -> int:
    """The memory of all tensors that there are."""
    gc.collect()
    # Looked at by type alone: some objects of torch's warn at being asked for their class.
    found = [value for value in gc.get_objects() if type(value) is torch.Tensor and not value.is_meta]
    return sum(memory_use.of_tensors(found).values())


@pytest.mark.parametrize("name", ["SGD", "Adam"])
@pytest.mark.parametrize("budget", [0, 4 * MB, 64 * MB])
def test_stepping_on_and_back_holds_the_budget(budget: int, name: str) -> None:
    experiment, count = wide(Choice(name, {"lr": 0.01})), 18
    wanted = stepped(experiment, count)
    before = live_nbytes()
    timeline, document = Timeline(budget), Document.of(experiment)
    for iteration in (*range(count), *reversed(range(count))):
        history = timeline.history(document, iteration)
        assert bits(history.trace(iteration).values) == wanted[iteration]
        assert timeline.nbytes <= budget + history.state_nbytes + history.trace_nbytes + SLACK
    # Nothing is held that is not counted.
    assert live_nbytes() - before <= timeline.nbytes


@settings(max_examples=30, deadline=None)
@given(experiments(), st.integers(0, 40000), st.lists(st.integers(0, 30), max_size=12))
def test_any_iteration_comes_back_bit_by_bit(experiment: Experiment, budget: int, visits: list[int]) -> None:
    wanted = stepped(experiment, 31)
    with patch.object(kept_states, "LARGE", -1):
        history = History(Segment(0, experiment), memory_budget=MemoryBudget(budget))
    for iteration in visits:
        assert bits(history.trace(iteration).values) == wanted[iteration]
        assert history.state(iteration).iteration == iteration


@pytest.mark.parametrize("budget", [0, 6 * MB])
def test_a_run_holds_the_budget_and_its_losses_are_those_of_stepping(budget: int) -> None:
    experiment = wide()
    timeline, document = Timeline(budget), Document.of(experiment)
    found = []
    for last, _ in islice(timeline.run(document, 0), 50):
        history = timeline.history(document, last)
        found.append(bits(history.trace(last).values))
        assert timeline.nbytes <= budget + history.state_nbytes + history.trace_nbytes + SLACK
    assert found == stepped(experiment, 50)


def test_data_that_edits_share_is_held_once() -> None:
    rows = tuple(tuple(random.Random(row).random() for _ in range(50)) for row in range(1000))
    start = dense((50, 3, 1), 1)
    start = check_experiment(replace(start, data=replace(start.data, inputs=rows, targets=((1.0,),) * 1000)))
    timeline, documents = Timeline(), [Document.of(start)]
    timeline.history(documents[0], 0).trace(0)
    first = timeline.nbytes
    for number in range(20):
        experiment = documents[-1].experiment_at(0)
        documents.append(Document.of(edits.set_optimizer(sgd(0.01 + number / 100))(experiment)))
        timeline.history(documents[-1], 0)
    # The data, as numbers and as a tensor, are 2 MB.
    assert timeline.nbytes - first < MB // 2


def test_many_edits_of_data_hold_the_budget_and_can_all_be_undone() -> None:
    rows = tuple(tuple(random.Random(row).random() for _ in range(50)) for row in range(1000))
    start = dense((50, 3, 1), 1)
    start = check_experiment(replace(start, data=replace(start.data, inputs=rows, targets=((1.0,),) * 1000)))
    # Each edit holds a block of the rows for undo, 128 KiB; all that is computed would take 16 MB more.
    budget = 10 * MB
    timeline, documents = Timeline(budget), [Document.of(start)]
    before = live_nbytes()
    for number in range(40):
        experiment = edits.set_data(refs.INPUT, (number, 3), float(number))(documents[-1].experiment_at(0))
        documents.append(Document.of(experiment))
        history = timeline.history(documents[-1], 0)
        history.trace(0)
        assert timeline.nbytes <= budget + history.state_nbytes + history.trace_nbytes + SLACK
    assert live_nbytes() - before <= timeline.nbytes
    for document in reversed(documents):
        found = timeline.history(document, 0).trace(0)
        assert bits(found.values) == stepped(document.experiment_at(0), 1)[0]


def test_a_document_is_counted_by_what_it_does_not_share() -> None:
    experiment = wide()
    given = replace(experiment, parameters=initial_numbers(experiment))
    alone = sum(memory_use.of_document(given, {}, None).values())
    parameters = 200 * 600 + 600 + 600 * 10 + 10
    assert alone == pytest.approx(32 * (parameters + 6 * 210), rel=0.05)
    changed = edits.set_parameter(refs.weight(0), (3, 4), 0.5, initial_numbers)(given)
    assert sum(memory_use.of_document(changed, {}, given).values()) < 600 * 8 + 200 * 32 + 100
    by_hand = {refs.pre_activation(0): {(0, place): 1.0 for place in range(100)}}
    assert sum(memory_use.of_document(given, by_hand, given).values()) >= 100 * 100


def test_a_trace_that_cannot_be_computed_leaves_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is room for one alone: it was let go, and holds its numbers again."""
    timeline, document = Timeline(0), Document.of(wide())
    history = timeline.history(document, 0)
    shown = history.trace(3)
    before, run_steps, left = bits(shown.values), trace.run_steps, [1]

    def fail_once(*given: object) -> None:
        # Half of it is computed when it fails.
        run_steps(*given)  # type: ignore[arg-type]
        if left and left.pop():
            raise RuntimeError("out of memory")

    monkeypatch.setattr(trace, "run_steps", fail_once)
    with pytest.raises(RuntimeError, match="out of memory"):
        history.trace(4)
    assert bits(shown.values) == before
    assert history.trace(3) is shown
    # And once there is another, the old one holds nothing.
    assert history.trace(4).values
    assert not shown.values


def test_the_first_trace_after_an_edit_is_computed_in_the_place_of_the_one_before() -> None:
    timeline, document = Timeline(0), Document.of(wide())
    shown = timeline.history(document, 0).trace(0)
    later = Document.of(edits.set_optimizer(sgd(0.5))(document.experiment_at(0)))
    timeline.history(later, 0).trace(0)
    assert not shown.values
    assert bits(timeline.history(document, 0).trace(0).values) == stepped(document.experiment_at(0), 1)[0]
