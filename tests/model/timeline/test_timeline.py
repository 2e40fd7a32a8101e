"""The timeline: any iteration, reached from anywhere, is to the last bit what stepping from the start gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import islice
from unittest.mock import patch
from weakref import ref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine import evaluation
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import LONGEST_CHUNK, Plan
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.model.document import Document, Segment
from chainrule.model.timeline import history as history_module
from chainrule.model.timeline import kept_states
from chainrule.model.timeline.checkpoints import Checkpoints
from chainrule.model.timeline.history import TRACES, History
from chainrule.model.timeline.kept_training import KeptTraining
from chainrule.model.timeline.records import MOST_CURVES
from chainrule.model.timeline.states import replace_element
from chainrule.model.timeline.timeline import Timeline
from tests.experiments import article, dense, experiments, sgd
from tests.model.timeline.stepping import mini_batches

W0 = refs.weight(0)


def bits(values: Mapping[ValueRef, Tensor]) -> dict[ValueRef, bytes]:
    """Values to compare to the last bit; NaN is equal to itself here."""
    return {ref: value.numpy().tobytes() for ref, value in values.items()}


def stepped(experiment: Experiment, count: int) -> tuple[list[TrainingState], list[dict[ValueRef, Tensor]]]:
    """The states that iterations start from, one more than there are iterations, and each iteration's values."""
    executor = Executor(experiment)
    states, traces = [executor.initial_state()], []
    for _ in range(count):
        values, following = executor.advance(states[-1])
        traces.append(values)
        states.append(following)
    return states, traces


def tiny_budget(rows: int = 4) -> Callable[[np.ndarray], Checkpoints]:
    """A stand-in for `Checkpoints` that has room for so many states only."""
    return lambda first: Checkpoints(first, 2 * rows * first.nbytes)


# ---------------------------------------------------------------------------------------------------------- replay


@settings(max_examples=60)
@given(experiments() | experiments("float32"), st.integers(4, 9), st.lists(st.integers(0, 40), max_size=25))
def test_any_state_and_trace_is_bitwise_that_of_stepping(experiment: Experiment, rows: int, visits: list[int]) -> None:
    """In any order, with checkpoints thinned until most iterations are replayed."""
    states, traces = stepped(mini_batches(experiment), 41)
    with patch.object(kept_states, "Checkpoints", tiny_budget(rows)):
        history = History(Segment(0, mini_batches(experiment)))
    for iteration in visits:
        assert bits(history.state(iteration).values) == bits(states[iteration].values)
        assert history.state(iteration).iteration == iteration
        trace = history.trace(iteration)
        assert bits(trace.values) == bits(traces[iteration])
        assert trace.iteration == iteration
        assert trace.rows == next(islice(Executor(mini_batches(experiment)).iterations(), iteration, None)).rows


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("sizes", [(2, 2, 1), (37, 53, 11), (784, 128, 10)])
def test_a_wide_network_is_replayed_to_the_last_bit(sizes: tuple[int, ...], momentum: float, dtype: str) -> None:
    """A restored state lies elsewhere in memory: that must not change how the processor adds up."""
    experiment = mini_batches(dense(sizes, 33, optimizer=sgd(0.05, momentum), dtype=dtype))
    experiment = replace(experiment, data=replace(experiment.data, batch_size=16))
    count = 24
    states, traces = stepped(experiment, count)
    with patch.object(kept_states, "Checkpoints", tiny_budget()):
        history = History(Segment(0, experiment))
    assert bits(history.state(count).values) == bits(states[count].values)
    for iteration in random.Random(0).sample(range(count), 8):
        assert bits(history.trace(iteration).values) == bits(traces[iteration])


def test_a_long_training_is_replayed_across_thinned_checkpoints() -> None:
    experiment = mini_batches(dense((3, 4, 2), 5, optimizer=sgd(0.05, 0.9), dtype="float32"))
    states, _ = stepped(experiment, 600)
    with patch.object(kept_states, "Checkpoints", tiny_budget(10)):
        history = History(Segment(0, experiment))
    assert all(finite for _, finite in islice(history.run(0), 600))
    for iteration in [*range(0, 600, 83), 599, 600, 1, 0]:
        assert bits(history.state(iteration).values) == bits(states[iteration].values)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
@pytest.mark.parametrize("sizes", [(3, 4, 2), (80, 60, 10)])
def test_a_run_in_chunks_remembers_what_one_by_one_does(sizes: tuple[int, ...], name: str) -> None:
    """Losses, test losses, gradients and rates; and every state can be replayed."""
    experiment = mini_batches(dense(sizes, 9, optimizer=Choice(name, {"lr": 0.01}), dtype="float32"))
    experiment = replace(experiment, data=replace(experiment.data, test_size=0.4))
    one_by_one, in_chunks = (History(Segment(0, check_experiment(experiment))) for _ in range(2))
    for _ in islice(one_by_one.run(0), 300):
        pass
    trained = [last for last, _ in in_chunks.run(0, lambda: LONGEST_CHUNK, end=300)]
    assert trained[-1] == 299
    assert len(trained) < 300
    assert in_chunks.records.test_losses is not None
    for series in ("losses", "test_losses", "gradients", "rates"):
        ours, theirs = (getattr(history.records, series).outline(300).rows() for history in (in_chunks, one_by_one))
        assert ours.shape == theirs.shape
        assert len(ours) == 300
        # Norms are computed in one pass over all iterations, and those of one by one for each.
        np.testing.assert_allclose(ours, theirs, rtol=1e-6 if series == "gradients" else 0)
    states, _ = stepped(check_experiment(experiment), 300)
    for iteration in [299, 17, 150, 151, 298, 0]:
        assert bits(in_chunks.state(iteration).values) == bits(states[iteration].values)


def test_a_chunk_ends_at_the_first_number_that_is_not_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights of a network of straight lines grow faster and faster."""
    monkeypatch.setattr(history_module, "FEWEST_ITERATIONS", 2)
    network = NetworkSpec(3, (LayerSpec(4), LayerSpec(2)))
    experiment = dense((3, 4, 2), 6, network=network, optimizer=sgd(1.5))
    finite = dict(islice(History(Segment(0, experiment)).run(0), 40))
    bad = min(last for last, ok in finite.items() if not ok)
    assert bad > 2 * history_module.FEWEST_ITERATIONS
    history = History(Segment(0, experiment))
    trained = list(islice(history.run(0, lambda: LONGEST_CHUNK), 20))
    assert next(last for last, ok in trained if not ok) == bad
    assert len(history.records.losses) == trained[-1][0] + 1


def test_going_far_past_an_overflow_computes_each_iteration_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """To end at each that is not finite, as a run does, is 65 times as slow."""
    network = NetworkSpec(3, (LayerSpec(4), LayerSpec(2)))
    experiment = dense((3, 4, 2), 6, network=network, optimizer=sgd(1e6))
    states, _ = stepped(experiment, 300)
    assert not states[history_module.FEWEST_ITERATIONS].values[W0].isfinite().all()
    computed, run = [], Plan.run
    monkeypatch.setattr(Plan, "run", lambda plan, count: computed.append(count) or run(plan, count))
    assert bits(History(Segment(0, experiment)).state(299).values) == bits(states[299].values)
    # One more, in which the plan was proven.
    assert sum(min(count, LONGEST_CHUNK) for count in computed) == 299 - history_module.FEWEST_ITERATIONS + 1


def test_a_plan_that_gives_other_numbers_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = dense((3, 4, 2), 6, optimizer=sgd(0.05))
    states, _ = stepped(experiment, 60)
    load = Plan.load
    monkeypatch.setattr(Plan, "load", lambda plan, state: load(plan, replace_element(state, W0, (0, 0), 7.0)))
    history = History(Segment(0, experiment))
    assert bits(history.state(60).values) == bits(states[60].values)


def test_a_trace_is_computed_once_and_kept_for_a_while() -> None:
    history = History(Segment(0, article()))
    kept = history.trace(0)
    for iteration in range(TRACES):
        assert history.trace(0) is kept
        history.trace(iteration)
    for iteration in range(1, TRACES + 1):
        history.trace(iteration)
    again = history.trace(0)
    assert again is not kept
    assert bits(again.values) == bits(kept.values)


def test_a_state_is_not_changed_by_training_on() -> None:
    history = History(Segment(0, article()))
    state = history.state(3)
    before = bits(state.values)
    for iteration in range(3, 8):
        history.trace(iteration)
    assert bits(state.values) == before


# ---------------------------------------------------------------------------------------------- losses and gradients


@given(experiments(), st.integers(1, 12))
def test_losses_and_gradients_are_those_of_the_traces(experiment: Experiment, count: int) -> None:
    _, traces = stepped(experiment, count)
    document, computed = Document.of(experiment), Timeline()
    for _ in islice(computed.run(document, 0), count):
        pass
    losses = computed.losses(document, count).rows()[:, 0]
    assert losses.tolist() == [values[refs.LOSS].item() for values in traces]
    curves, start, outline = computed.gradients(document, count)
    assert start == 0
    gradients = outline.rows()
    assert gradients.shape == (count, len(curves))
    for column, curve in enumerate(curves):
        for iteration, values in enumerate(traces):
            gradient = values[curve.ref]
            expected = torch.linalg.vector_norm(gradient) if curve.index is None else gradient[curve.index]
            assert gradients[iteration, column] == expected.item()


@given(experiments())
def test_small_networks_have_a_curve_for_each_number_and_large_ones_for_each_parameter(experiment: Experiment) -> None:
    history = History(Segment(0, experiment))
    program = history.executor.program
    sizes = {ref: history.trace(0).values[ref].numel() for ref in program.gradients}
    if sum(sizes.values()) > MOST_CURVES:
        assert [(curve.ref, curve.index) for curve in history.records.curves] == [
            (ref, None) for ref in program.gradients
        ]
    else:
        assert [curve.ref for curve in history.records.curves] == [ref for ref in sizes for _ in range(sizes[ref])]
        assert len({(curve.ref, curve.index) for curve in history.records.curves}) == len(history.records.curves)


def test_looking_at_iterations_in_any_order_records_each_once() -> None:
    document, computed = Document.of(article()), Timeline()
    history = computed.history(document, 0)
    for iteration in (0, 5, 2, 9, 3, 9, 0):
        history.trace(iteration)
    _, traces = stepped(article(), 10)
    assert len(history.records.losses) == len(history.records.gradients) == 10
    assert computed.losses(document, 10).rows()[:, 0].tolist() == [values[refs.LOSS].item() for values in traces]


def held_back(rows: int, test_size: float) -> Experiment:
    """An experiment in batches of two of which some rows are held back."""
    experiment = mini_batches(dense((2, 3, 1), rows))
    return replace(experiment, data=replace(experiment.data, test_size=test_size))


def test_the_test_loss_is_that_of_the_parameters_an_iteration_starts_from() -> None:
    experiment = held_back(9, 0.3)
    document, computed = Document.of(experiment), Timeline()
    list(islice(computed.run(document, 0), 8))
    executor = Executor(experiment)
    states, _ = stepped(experiment, 8)
    expected = [executor.evaluator.evaluate(state.values, "test").loss.item() for state in states]
    found = computed.test_losses(document, 8)
    assert found is not None
    assert found.rows()[:, 0].tolist() == expected[:8]
    assert len(set(expected)) == 9
    assert [computed.tested_at(document, iteration) for iteration in range(8)] == list(range(8))
    assert computed.test_losses(Document.of(held_back(9, 0.0)), 3) is None


def test_a_large_test_is_made_once_an_epoch_and_at_the_start_of_a_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "CHEAP", 0)
    experiment = held_back(10, 0.4)
    document, computed = Document.of(experiment), Timeline()
    history = computed.history(document, 0)
    # Batches 0, 1, 2 of an epoch, changed in the middle of the second one.
    document = document.run_to(5).branch(4, check_experiment(replace(experiment, optimizer=sgd(0.5))), history.state(4))
    list(islice(computed.run(document, 0), 9))
    tested = [0, 0, 0, 3, 4, 4, 6, 6, 6]
    assert [computed.tested_at(document, iteration) for iteration in range(9)] == tested
    outline = computed.test_losses(document, 9)
    assert outline is not None
    found = outline.rows()[:, 0]
    assert [found[iteration] == found[at] for iteration, at in enumerate(tested)] == [True] * 9
    assert len({found[at] for at in tested}) == 4
    for at in set(tested):
        segment = computed.history(document, at)
        assert found[at] == segment.executor.evaluator.evaluate(segment.state(at).values, "test").loss.item()


def test_segments_without_rows_held_back_have_no_test_loss() -> None:
    experiment, computed = held_back(6, 0.0), Timeline()
    document = Document.of(experiment)
    state = computed.history(document, 0).state(2)
    document = document.branch(2, held_back(6, 0.5), state)
    list(islice(computed.run(document, 0), 4))
    found = computed.test_losses(document, 4)
    assert found is not None
    assert np.isnan(found.rows()[:, 0]).tolist() == [True, True, False, False]


def test_no_more_losses_are_given_than_asked_or_computed() -> None:
    document, computed = Document.of(article()), Timeline()
    assert len(computed.losses(document, 0)) == len(computed.losses(document, 5)) == 0
    computed.history(document, 0).trace(3)
    assert computed.losses(document, 2).rows().shape == (2, 1)
    assert computed.losses(document, 99).rows().shape == (4, 1)
    assert computed.gradients(document, 2)[2].rows().shape == (2, 9)


def test_nothing_is_trained_where_all_is_frozen() -> None:
    experiment = article(frozen=frozenset(article().network.parameter_shapes()))
    document, computed = Document.of(experiment), Timeline()
    assert [finite for _, finite in islice(computed.run(document, 0), 3)] == [True] * 3
    assert len(set(computed.losses(document, 3).rows()[:, 0].tolist())) == 1
    assert computed.gradients(document, 3)[2].rows().shape == (3, 0)


def test_an_overflow_is_told_at_the_iteration_where_it_happens() -> None:
    document, computed = Document.of(article(optimizer=sgd(1e300))), Timeline()
    trained = list(islice(computed.run(document, 0), 4))
    assert trained == [(0, True), (1, False), (2, False), (3, False)]


def test_what_files_kept_of_segments_that_train_alike_is_put_together() -> None:
    first = Document.of(article())
    twin = first.relabelled(lambda experiment: replace(experiment, title="another"))
    computed = Timeline().history(first, 0)
    computed.state(50)
    curves = computed.remembered().curves
    kept = [KeptTraining((computed.state(iteration),), curves) for iteration in (20, 40)]
    timeline = Timeline()
    alone, together = (ref(first.segments[0]),), (ref(first.segments[0]), ref(twin.segments[0]))
    timeline.remember(kept[0], alone)
    timeline.remember(kept[1], together)
    # Whichever is looked at first.
    assert timeline.history(twin, 45).kept(45).iteration == 40
    assert timeline.history(twin, 39).kept(39).iteration == 20
    assert timeline.history(first, 39) is timeline.history(twin, 39)
