"""The accuracy by iteration: what is measured against torch's own layers, and that it stays what it was."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.nn.functional import linear

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values import refs
from chainrule.engine.data import split
from chainrule.engine.row_results import Score
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.model.curves import accuracy
from chainrule.model.curves.accuracy import MOST, AccuracyCurve, measured, measuring
from chainrule.model.document import Document
from chainrule.model.editing import edits
from chainrule.model.timeline.timeline import Timeline
from tests.experiments import article, dense, sgd


def classes(**changes: Any) -> Experiment:
    """24 rows of three classes that overlap, a quarter of them held back, in batches of six."""
    noise = [(1.6 * (row * 37 % 11) / 11 - 0.8, 1.6 * (row * 53 % 13) / 13 - 0.8) for row in range(24)]
    inputs = tuple((math.cos(2.1 * row) + x, math.sin(2.1 * row) + y) for row, (x, y) in enumerate(noise))
    data = DataSpec(inputs, tuple((float(row % 3),) for row in range(24)), batch_size=6, test_size=0.25)
    given: dict[str, Any] = {"data": data, "loss": Choice("CrossEntropyLoss"), "optimizer": sgd(0.5)}
    return dense((2, 5, 3), 1, **(given | changes))


def trained(document: Document, iterations: int) -> Timeline:
    timeline = Timeline()
    for iteration, _ in timeline.run(document, 0):
        if iteration + 1 == iterations:
            break
    return timeline


def measure(timeline: Timeline, document: Document, horizon: int, *, is_still: bool = True) -> AccuracyCurve:
    for _ in measuring(timeline, document, horizon, horizon - 1, is_still=is_still, goes_on=lambda: True):
        pass
    return measured(timeline, document, horizon)


def answers_by_torch(experiment: Experiment, state: TrainingState) -> tuple[Score, ...]:
    """The answers of training and test rows that torch's own layers give."""
    inputs, targets = (torch.tensor(list(rows)) for rows in (experiment.data.inputs, experiment.data.targets))
    first, last = ([state.values[of(layer)] for of in (refs.weight, refs.bias)] for layer in (0, 1))
    right = linear(torch.relu(linear(inputs.double(), *first)), *last).argmax(1) == targets[:, 0].long()
    return tuple(Score(int(right[list(rows)].sum()), len(rows)) for rows in split(experiment.data))


def by_torch(experiment: Experiment, iterations: int) -> list[tuple[Score, ...]]:
    """The same under the parameters that each iteration starts from."""
    executor = Executor(experiment)
    state, found = executor.initial_state(), []
    for _ in range(iterations):
        found.append(answers_by_torch(experiment, state))
        _, state = executor.advance(state)
    return found


def test_each_iteration_has_the_answers_that_torch_gives() -> None:
    document = Document.of(classes())
    found = measure(trained(document, 40), document, 40)
    assert found.iterations.tolist() == list(range(40))
    assert list(found.scores) == by_torch(classes(), 40)
    assert len(set(found.scores)) > 3
    shares = [[100 * score.right / score.count for score in pair] for pair in by_torch(classes(), 40)]
    assert found.outline().high.tolist() == shares


def test_of_many_iterations_some_are_measured_evenly_and_the_last() -> None:
    document = Document.of(classes())
    found = measure(trained(document, 1501), document, 1501)
    assert found.iterations.tolist() == [*range(0, 1501, 8), 1500]
    assert len(found) <= MOST
    wanted = by_torch(classes(), 1501)
    assert list(found.scores) == [*wanted[::8], wanted[-1]]


def test_beside_a_run_only_what_is_remembered_is_measured_the_newest_first() -> None:
    document = Document.of(classes())
    timeline = trained(document, 1000)
    history = timeline.history(document, 0)
    history.condense()
    work = measuring(timeline, document, 1000, 999, is_still=False, goes_on=lambda: False)
    for _ in work:
        pass
    assert list(history.scores) == [max(at for at in range(0, 1000, 4) if history.kept(at).iteration == at)]
    found = measure(timeline, document, 1000, is_still=False)
    assert 1 < len(found) < 250
    # And once all is still, the others.
    assert len(measure(timeline, document, 1000)) > 250


def test_what_was_forgotten_is_measured_again_to_the_same_answers() -> None:
    document = Document.of(classes())
    timeline = trained(document, 200)
    before = measure(timeline, document, 200).scores
    history = timeline.history(document, 0)
    history.forget()
    history.scores.clear()
    assert measure(timeline, document, 200).scores == before


def test_an_edit_in_the_middle_keeps_what_was_before_it_and_undo_what_was_after() -> None:
    document = Document.of(classes())
    timeline = trained(document, 60)
    whole = measure(timeline, document, 60)
    other = edits.set_data(refs.TARGET, (0, 0), 2.0)(classes())
    edited = document.branch(30, other, timeline.history(document, 30).state(30))
    for iteration, _ in timeline.run(edited, 30):
        if iteration == 59:
            break
    found = measure(timeline, edited, 60)
    assert found.scores[:30] == whole.scores[:30]
    assert found.scores[30] == answers_by_torch(other, timeline.history(document, 30).state(30))
    # Nothing is to be measured once more.
    assert list(measuring(timeline, document, 60, 59, is_still=True, goes_on=lambda: True)) == []
    assert measured(timeline, document, 60).scores == whole.scores


def test_a_large_iteration_is_not_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy, "CHEAP", 0)
    document = Document.of(classes())
    timeline = trained(document, 200)
    history = timeline.history(document, 0)
    history.condense()
    monkeypatch.setattr(history, "run", None)
    found = measure(timeline, document, 200)
    assert 2 < len(found) < 200
    wanted = by_torch(classes(), 200)
    assert list(found.scores) == [wanted[at] for at in found.iterations]


def test_where_no_class_is_said_nothing_is_measured() -> None:
    document = Document.of(article())
    assert len(measure(trained(document, 3), document, 3)) == 0


def test_outputs_that_are_no_numbers_leave_a_gap() -> None:
    document = Document.of(classes(optimizer=sgd(1e200)))
    found = measure(trained(document, 6), document, 6)
    assert found.scores[0][0] is not None
    assert found.scores[-1] == (None, None)
    assert math.isnan(found.outline().high[-1][0])
