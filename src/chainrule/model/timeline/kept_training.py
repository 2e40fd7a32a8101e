"""What a history remembers, to be kept in a file, and what a file has kept, until a history is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import ref

from chainrule.engine.state import TrainingState
from chainrule.model.document import Segment
from chainrule.model.timeline.downsampled_series import SeriesParts

# States that are kept of a training that goes on for long, one for so many iterations at most: what lies between is
# computed again, in an instant.
MOST_STATES = 64
BETWEEN_STATES = 256
# Of large states, whose iterations take long.
BETWEEN_LARGE, LARGE = 16, 10_000
# Of a formula: its way is drawn through them.
MOST_ON_A_PATH = 512
# Numbers in all of them together; one is always kept.
MOST_IN_STATES = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class KeptTraining:
    """States in the order of their iterations, and the series of the plots by their names.

    Of segments that train alike, and share all that is computed; none is kept alive by being among them.
    """

    states: tuple[TrainingState, ...]
    curves: Mapping[str, SeriesParts]
    segments: tuple[ref[Segment], ...] = ()


def put_together(one: KeptTraining, other: KeptTraining) -> KeptTraining:
    """Return what either has kept of segments that train alike."""
    states = {state.iteration: state for state in (*one.states, *other.states)}
    # By their identity: what is gone cannot be compared.
    segments = tuple({id(each): each for each in (*one.segments, *other.segments)}.values())
    return KeptTraining(tuple(states[at] for at in sorted(states)), {**one.curves, **other.curves}, segments)


def states_to_keep(iterations: int, size: int, *, is_path: bool) -> int:
    """Return how many states of so many numbers are kept of a number of iterations."""
    between = BETWEEN_LARGE if size > LARGE else BETWEEN_STATES
    most = MOST_ON_A_PATH if is_path else min(MOST_STATES, iterations // between)
    return min(most, max(1, MOST_IN_STATES // max(1, size)))
