"""Repeated measurements, and two programs timed against each other in one process.

What slows a machine comes and goes. Two programs are therefore timed turn by turn, and compared within a turn; and a
figure is the median of many, with the quartiles beside it to tell how far it can be trusted.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import quantiles

Work = Callable[[], object]

ROUNDS = 3
TURNS = 21
TURN_SECONDS = 0.02
# What fails is measured this many times as long, to tell a stall from a fault; all of it counts, not the best of it.
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure, measured more than once: the median, and the quartiles on both sides of it."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Sample:
        """A single value has no quartiles but itself."""
        found = list(values)
        if len(found) < 2:
            return cls(*found * 3)
        low, middle, high = quantiles(found, n=4, method="inclusive")
        return cls(middle, low, high)


@dataclass(frozen=True, slots=True)
class Race:
    """What two programs took, in seconds an iteration, and how fast one was as a multiple of the other."""

    ours: Sample
    theirs: Sample
    speed: Sample
    """Their time by ours, in the same turn: over 1 where ours is faster."""


def repeat(measure: Callable[[], float], times: int) -> Sample:
    """What a measurement gives, that many times, each without the garbage of the one before."""

    def clean() -> float:
        gc.collect()
        return measure()

    return Sample.of([clean() for _ in range(times)])


def race(ours: Callable[[], Work], theirs: Callable[[], Work], least: float | None = None, *, each: int = 1) -> Race:
    """Time two programs against each other, in a few rounds of many turns; in more of them if ours is under `least`.

    `each` is how many iterations a call of either makes: `Race` tells the seconds of one.
    Each round makes both anew: where their numbers come to lie in memory can cost or save a tenth, and is chance.
    """
    turns = _rounds(ours, theirs, ROUNDS)
    if least is not None and _speed(turns).median < least:
        turns += _rounds(ours, theirs, ROUNDS * (ATTEMPTS - 1))
    a, b = (Sample.of(taken / each for taken in side) for side in zip(*turns, strict=True))
    return Race(a, b, _speed(turns))


def _speed(turns: list[tuple[float, float]]) -> Sample:
    return Sample.of(theirs / ours for ours, theirs in turns)


def _rounds(ours: Callable[[], Work], theirs: Callable[[], Work], count: int) -> list[tuple[float, float]]:
    return [turn for _ in range(count) for turn in _round(ours(), theirs())]


def _round(a: Work, b: Work) -> list[tuple[float, float]]:
    calls = [_calls_in(function, TURN_SECONDS) for function in (a, b)]
    gc.collect()
    turns = []
    for turn in range(TURNS):
        times = [0.0, 0.0]
        # Who begins changes, so that neither always finds the caches as the other left them.
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which] = _seconds((a, b)[which], calls[which])
        turns.append((times[0], times[1]))
    return turns


def _calls_in(function: Work, seconds: float) -> int:
    """How often a function is called in a turn; it is warm afterwards."""
    # A first call may load, draw or compile what no other does.
    _seconds(function, 1)
    calls = 1
    while (took := _seconds(function, calls) * calls) < seconds / 4:
        calls *= 2
    return max(1, round(seconds * calls / took))


def _seconds(function: Work, calls: int) -> float:
    """Seconds a call. The first is not timed: it pays for what the other program left in the caches."""
    function()
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls
