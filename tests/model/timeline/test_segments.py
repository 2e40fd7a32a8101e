"""Segments of a timeline: an edit begins another one, and what nobody needs is let go."""

from __future__ import annotations

import gc
import weakref
from itertools import islice
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.engine.plan import Plan
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.model.document import Document
from chainrule.model.editing import edits
from chainrule.model.timeline.states import replace_element
from chainrule.model.timeline.timeline import Timeline
from tests.experiments import article, dense, sgd
from tests.model.timeline.stepping import mini_batches


def edited(computed: Timeline, document: Document, iteration: int) -> Document:
    """The document with another last bias and optimizer from an iteration on."""
    state = computed.history(document, iteration).state(iteration)
    experiment = edits.set_optimizer(sgd(0.02, 0.5))(document.experiment_at(iteration))
    return document.branch(iteration, experiment, replace_element(state, refs.bias(1), (0,), 0.7))


def recomputed(document: Document, count: int) -> list[float]:
    """Each iteration's loss, computed anew segment by segment by executors alone."""
    losses: list[float] = []
    for index, segment in enumerate(document.segments):
        later = document.segments[index + 1 :]
        end = later[0].start if later else count
        executor = Executor(segment.experiment)
        state = executor.fit(segment.state) if segment.state else executor.initial_state()
        while len(losses) < min(end, count):
            values, state = executor.advance(state)
            losses.append(values[refs.LOSS].item())
    return losses


@settings(max_examples=30)
@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 20))
def test_an_edit_leaves_the_past_and_begins_another_future(first: int, second: int, count: int) -> None:
    computed, original = Timeline(), Document.of(mini_batches(dense((2, 3, 1), 4)))
    before = computed.losses(original, len(list(islice(computed.run(original, 0), 20)))).rows()[:, 0]
    once = edited(computed, original, first)
    twice = edited(computed, once, second)
    for document, changed in ((once, first), (twice, min(first, second))):
        assert [iteration for iteration, _ in islice(computed.run(document, 0), count)] == list(range(count))
        losses = computed.losses(document, count).rows()[:, 0]
        assert losses.tolist() == recomputed(document, count)
        assert losses[:changed].tolist() == before[:count][:changed].tolist()
        if count > changed:
            assert losses[changed] != before[changed]
    # What was computed before is still there: undo needs no recomputation.
    assert computed.losses(original, 20).rows()[:, 0].tolist() == before.tolist()


def test_a_run_from_the_middle_goes_on_through_later_segments() -> None:
    computed = Timeline()
    document = edited(computed, edited(computed, Document.of(article()), 4), 9)
    assert [segment.start for segment in document.segments] == [0, 4, 9]
    ran = list(islice(computed.run(document, 2), 12))
    assert ran == [(iteration, True) for iteration in range(2, 14)]
    assert computed.losses(document, 14).rows()[:, 0].tolist() == recomputed(document, 14)


def test_a_run_computes_an_edited_iteration_with_the_edit() -> None:
    """The first iteration of a segment overflows: a run that goes through it tells of that one, and not a later one."""
    computed, original = Timeline(), Document.of(article())
    state = replace_element(computed.history(original, 0).state(4), refs.bias(1), (0,), 1e200)
    document = original.branch(4, article(), state)
    assert list(islice(computed.run(document, 2), 3)) == [(2, True), (3, True), (4, False)]
    assert list(islice(computed.run(original, 2), 4)) == [(2, True), (3, True), (4, True), (5, True)]


def test_the_gradient_curves_are_those_of_the_last_segment() -> None:
    computed = Timeline()
    document = edited(computed, Document.of(article()), 4)
    list(islice(computed.run(document, 0), 9))
    for length, start in ((3, 0), (4, 0), (5, 4), (9, 4)):
        _, found, gradients = computed.gradients(document, length)
        assert (found, len(gradients)) == (start, length - start)


def test_a_segment_begins_with_its_state_and_fits_what_its_optimizer_needs() -> None:
    computed = Timeline()
    original = Document.of(article(optimizer=sgd(0.01, 0.9)))
    document = original.branch(5, article(optimizer=sgd(0.01), dtype="float32"), computed.history(original, 0).state(5))
    state = computed.history(document, 5).state(5)
    assert state.iteration == 5
    assert set(state.values) == set(article().network.parameter_shapes())
    assert {value.dtype for value in state.values.values()} == {torch.float32}
    again = document.branch(7, article(optimizer=sgd(0.01, 0.5)), computed.history(document, 5).state(7))
    buffers = computed.history(again, 7).state(7).values
    assert all(not value.any() for ref, value in buffers.items() if ref.endswith("momentum_buffer"))


def test_another_activation_from_an_iteration_on() -> None:
    computed, original = Timeline(), Document.of(article())
    state = computed.history(original, 0).state(3)
    document = original.branch(3, edits.set_activation(0, Choice("Tanh"))(article()), state)
    values = computed.history(document, 3).trace(3).values
    assert torch.equal(values[refs.activation(0)], values[refs.pre_activation(0)].tanh())
    assert torch.equal(values[refs.weight(0)], state.values[refs.weight(0)])


def test_a_history_is_freed_with_the_last_document_that_needs_it() -> None:
    computed = Timeline()
    original = Document.of(article())
    document = edited(computed, original, 4)
    list(islice(computed.run(document, 0), 9))
    old, new = (weakref.ref(computed.history(document, iteration)) for iteration in (0, 4))
    del document
    gc.collect()
    assert new() is None
    assert old() is computed.history(original, 0)
    del original
    gc.collect()
    assert old() is None


def test_documents_share_the_history_of_the_segments_they_share() -> None:
    computed, original = Timeline(), Document.of(article())
    document = edited(computed, original, 4)
    assert computed.history(document, 3) is computed.history(original, 3)
    assert computed.history(document, 4) is not computed.history(original, 4)
    assert computed.history(document.run_to(9), 4) is computed.history(document, 4)


def test_histories_that_were_not_looked_at_for_long_are_condensed_and_still_exact() -> None:
    """Each edit begins another: a morning of them must not fill the memory, and undo must find each again."""
    computed, documents = Timeline(budget=700_000), []
    for place in range(8):
        document = Document.of(mini_batches(dense((2, 3 + place % 2, 1), 4, optimizer=sgd(0.1 + place / 100))))
        documents.append(document)
        list(islice(computed.run(document, 0), 300))
        newest = computed.history(document, 0).nbytes
        assert computed.nbytes <= 700_000 + newest
    held = [computed.history(document, 0).nbytes for document in documents]
    assert held[0] < held[-1] / 2
    for document in documents:
        again = Timeline()
        for iteration in (299, 150, 0):
            ours, theirs = (timeline.history(document, 0).trace(iteration).values for timeline in (computed, again))
            assert all(torch.equal(ours[ref], theirs[ref]) for ref in theirs)
        list(islice(computed.run(document, 0), 310))
        assert computed.losses(document, 310).rows()[:, 0].tolist() == recomputed(document, 310)


def test_the_plans_of_other_histories_are_let_go() -> None:
    """A morning of edits and runs makes hundreds, of up to a megabyte each."""
    made: list[weakref.ref[Plan]] = []
    proven = Plan.proven

    def noted(executor: Executor, state: TrainingState) -> Plan | None:
        plan = proven(executor, state)
        assert plan is not None
        made.append(weakref.ref(plan))
        return plan

    computed = Timeline()
    documents = [Document.of(article(optimizer=sgd(rate))) for rate in (0.1, 0.2, 0.3)]
    with patch.object(Plan, "proven", noted):
        for document in documents:
            list(islice(computed.run(document, 0), 80))
        assert len(made) == len(documents)
        gc.collect()
        assert [plan() is None for plan in made] == [True, True, False]
        list(islice(computed.run(documents[0], 80), 40))
    assert computed.losses(documents[0], 120).rows()[:, 0].tolist() == recomputed(documents[0], 120)


@pytest.mark.parametrize("changed", [6000, 6001, 6003])
def test_losses_after_a_change_long_ago_stand_at_their_iterations(changed: int) -> None:
    """Of the training before it more is known, by blocks: it was changed in the middle of one."""
    timeline, original = Timeline(), Document.of(article(optimizer=sgd(0.1)))
    for last, _ in timeline.run(original, 0, lambda: 1000):
        if last > 12_000:
            break
    state = timeline.history(original, changed).state(changed)
    document = original.branch(changed, article(optimizer=sgd(0.5)), state)
    for last, _ in timeline.run(document, changed):
        if last > changed + 20:
            break
    losses = timeline.losses(document, changed + 20)
    assert len(losses) == changed + 20
    for iteration in (changed, changed + 7, changed + 19):
        trace = timeline.history(document, iteration).trace(iteration)
        row = losses.row(iteration)
        assert row is not None
        assert row.tolist() == [trace.values[refs.LOSS].item()]
