"""Documents: chains of segments that share their past."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.engine.state import TrainingState
from chainrule.model.document import Document, Segment
from tests.experiments import article, sgd


def state(iteration: int) -> TrainingState:
    """A state of which only the identity counts."""
    return TrainingState(iteration, {})


def test_a_new_document_has_one_segment_and_no_training() -> None:
    experiment = article()
    document = Document.of(experiment)
    assert [(segment.start, segment.state) for segment in document.segments] == [(0, None)]
    assert document.trained == 0
    assert document.experiment_at(0) is document.experiment_at(10**6) is experiment


def test_documents_and_segments_are_frozen() -> None:
    document = Document.of(article())
    with pytest.raises(FrozenInstanceError):
        document.trained = 1  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        document.segments[0].start = 1  # type: ignore[misc]


def test_a_segment_is_found_by_its_identity() -> None:
    """Two equal segments have two pasts: an edit that is taken back and made again must not mix them up."""
    experiment = article()
    assert Segment(0, experiment) != Segment(0, experiment)
    assert Document.of(experiment) != Document.of(experiment)


def test_each_segment_computes_from_its_start_to_the_next() -> None:
    first, second, third = article(), article(title="second"), article(title="third")
    document = Document.of(first).branch(3, second, state(3)).branch(7, third, state(7))
    titles = [document.experiment_at(iteration).title for iteration in range(9)]
    assert titles == [first.title] * 3 + ["second"] * 4 + ["third"] * 2
    assert [document.segment_at(iteration).start for iteration in (0, 2, 3, 6, 7, 99)] == [0, 0, 3, 3, 7, 7]


def test_branching_shares_the_past_and_leaves_the_old_document_alone() -> None:
    before = Document.of(article()).branch(3, article(title="second"), state(3)).run_to(20)
    segments, kept = before.segments, state(5)
    after = before.branch(5, article(title="third"), kept)
    assert before.segments is segments
    assert before.trained == 20
    assert after.segments[:2] == segments
    assert all(new is old for new, old in zip(after.segments, segments, strict=False))
    assert (after.segments[2].start, after.segments[2].state) == (5, kept)


def test_branching_drops_the_future() -> None:
    document = Document.of(article()).branch(3, article(), state(3)).branch(7, article(), state(7)).run_to(20)
    assert [segment.start for segment in document.branch(5, article(), state(5)).segments] == [0, 3, 5]
    assert [segment.start for segment in document.branch(3, article(), state(3)).segments] == [0, 3]
    assert [segment.start for segment in document.branch(0, article(), None).segments] == [0]
    assert document.branch(5, article(), state(5)).trained == 5
    assert document.branch(30, article(), state(30)).trained == 20


@given(st.lists(st.integers(0, 12), max_size=8))
def test_segments_stay_in_order_and_begin_at_0(branches: list[int]) -> None:
    document = Document.of(article())
    for iteration in branches:
        document = document.branch(iteration, article(), state(iteration) if iteration else None)
    starts = [segment.start for segment in document.segments]
    assert starts == sorted(set(starts))
    assert starts[0] == 0
    assert [segment.state is None for segment in document.segments] == [start == 0 for start in starts]
    for iteration in range(14):
        segment = document.segment_at(iteration)
        assert segment.start == max(start for start in starts if start <= iteration)


def test_a_restart_keeps_the_first_weights_and_the_settings_of_now() -> None:
    first = article()
    faster = replace(first, optimizer=sgd(0.5), parameters={})
    document = Document.of(first).branch(4, faster, state(4)).run_to(9)
    restarted = document.restarted(6)
    assert len(restarted.segments) == 1
    assert restarted.trained == 0
    assert restarted.segments[0].state is None
    assert restarted.experiment_at(0).optimizer == sgd(0.5)
    assert restarted.experiment_at(0).parameters is first.parameters
    assert document.restarted(3).experiment_at(0) == first


def test_running_on_shares_every_segment() -> None:
    document = Document.of(article()).branch(4, article(), state(4))
    assert document.run_to(9).trained == 9
    assert document.run_to(9).segments is document.segments


def test_a_segment_is_found_among_many_in_a_few_looks() -> None:
    """An afternoon of edits is hundreds of segments, and each number on the screen asks for its own."""
    looks = []

    class Counted(int):
        def __lt__(self, other: int) -> bool:
            looks.append(other)
            return int(self) < other

        def __ge__(self, other: int) -> bool:
            looks.append(other)
            return int(self) >= other

    document = Document(tuple(Segment(start, article()) for start in range(0, 1000, 2)))
    for iteration in (0, 1, 500, 999, 5000):
        assert document.segment_at(Counted(iteration)).start == min(iteration // 2 * 2, 998)
    assert len(looks) <= 5 * 10
