"""What is new in a moment: each fact that differs is told, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from itertools import combinations
from operator import or_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.values import refs
from chainrule.session.screen.change import Change, change
from chainrule.session.screen.moment import Moment, Selection, shape_of
from chainrule.session.screen.view_state import Asked
from chainrule.session.session import Session
from tests.experiments import article
from tests.session.acts import EDITS, LOOKS, MOVES, STARTS, Act, three_rows
from tests.session.conftest import Open, a_session


def predict(session: Session) -> None:
    """Cover what is behind the cursor, and ask for the next number there; or no longer."""
    state = session.state.view_state
    step = next(iter(session.moment.steps[session.cursor.position :]), None)
    if step is None or state.covers:
        session.state.show_view_state(replace(state, covers=False, asked=None))
        return
    index = (0,) * len(shape_of(session.moment, step.writes))
    asked = Asked(session.cursor, Selection(step.writes, index), follows=False)
    session.state.show_view_state(replace(state, covers=True, asked=asked))


ACTS: dict[str, Act] = {
    **MOVES,
    **LOOKS,
    **EDITS,
    **STARTS,
    "undo": lambda s: s.undo_stack.undo(),
    "redo": lambda s: s.undo_stack.redo(),
    "predict": predict,
    "point at the loss": lambda s: s.selector.point_at(((refs.LOSS, ()),)),
    "point at nothing": lambda s: s.selector.point_at(()),
}


def output_of(moment: Moment) -> object:
    """What the tables show of the output: every number, as far as it is there to be seen."""
    output = refs.activation(len(moment.experiment.network.layers) - 1)
    known = moment.lists(output)
    marked = (
        moment.selection if moment.selection and moment.selection.ref in (refs.INPUT, refs.TARGET, output) else None
    )
    element = moment.cursor.element if moment.step is not None and moment.step.writes == output else None
    return id(moment.numbers) if known is not None else None, element, marked


# Each fact, as it is seen in a moment. What is large is another one where it is another object.
FACTS: dict[Change, Callable[[Moment], object]] = {
    Change.EXPERIMENT: lambda m: id(m.experiment),
    Change.NETWORK: lambda m: m.experiment.network,
    Change.PROGRAM: lambda m: id(m.program),
    Change.NUMBERS: lambda m: id(m.numbers),
    Change.BY_HAND: lambda m: (m.overrides, m.by_hand, m.changed_here),
    Change.ITERATION: lambda m: m.cursor.iteration,
    Change.MICRO_STEP: lambda m: (m.cursor.position, m.cursor.element),
    Change.ENDS: lambda m: "start" if not m.cursor.position else "end" if m.cursor.position == len(m.steps) else "",
    Change.SELECTION: lambda m: m.selection,
    Change.SAMPLE: lambda m: m.sample,
    Change.ROWS: lambda m: m.rows,
    Change.DIGITS: lambda m: m.digits,
    Change.POINTED_AT: lambda m: m.pointed_at,
    Change.ASKED: lambda m: (m.covers, m.asked),
    Change.TABLES: output_of,
    Change.PINNED: lambda m: m.course.pinned,
    Change.COURSE: lambda m: ([id(segment) for segment in m.course.segments], m.course.horizon, id(m.course.timeline)),
}


def differing(before: Moment, after: Moment) -> Change:
    """What two moments differ in, fact by fact."""
    found = [fact for fact, seen in FACTS.items() if seen(before) != seen(after)]
    return reduce(or_, found, Change.NOTHING)


def test_every_fact_is_looked_at() -> None:
    assert reduce(or_, FACTS) == Change.everything()


@given(data=st.data())
def test_a_change_says_exactly_what_differs(data: st.DataObject) -> None:
    experiment, by_number = data.draw(st.sampled_from([article(), three_rows()])), data.draw(st.booleans())
    acts = data.draw(st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=12))
    with a_session(experiment) as session:
        session.navigator.set_by_number(by_number)
        moments = [session.moment]
        for name in acts:
            try:
                ACTS[name](session)
            except SpecError:
                continue
            moments.append(session.moment)
        for before, after in combinations(moments, 2):
            assert change(before, after) == differing(before, after)
            assert change(after, before) == differing(before, after)
        for first, second, third in zip(moments, moments[1:], moments[2:], strict=False):
            # What is added up leaves nothing out.
            assert not change(first, third) & ~(change(first, second) | change(second, third))


def test_the_first_moment_is_new_as_a_whole_and_the_same_one_not_at_all(opened: Open) -> None:
    moment = opened(article()).moment
    assert change(None, moment) == Change.everything()
    assert change(moment, moment) == Change.NOTHING


def test_the_engine_brings_micro_steps_and_numbers_and_changes_no_setting() -> None:
    with a_session(article(), ready=False) as session:
        before = session.moment
        assert session.timeline is not None  # waits for the engine
        assert change(before, session.moment) == Change.PROGRAM | Change.NUMBERS | Change.COURSE


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("step forward", Change.MICRO_STEP | Change.ENDS | Change.SELECTION),
        ("digits", Change.DIGITS),
        ("select", Change.SELECTION),
    ],
)
def test_little_is_told_of_what_is_little(opened: Open, act: str, told: Change) -> None:
    session = opened(article())
    before = session.moment
    ACTS[act](session)
    assert change(before, session.moment) == told


def test_a_title_changes_nothing_that_is_computed(opened: Open) -> None:
    session = opened(article())
    before = session.moment
    session.editor.set_title("another")
    assert change(before, session.moment) == Change.EXPERIMENT | Change.COURSE
