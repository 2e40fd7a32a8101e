"""How far a number goes: by its magnitude, finer or coarser, and back to the same digits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.ui.numbers.steps import PIXELS, NumberSteps, StepSize, usual_step

FINITE = st.floats(-1e12, 1e12, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-12)


@pytest.mark.parametrize(
    ("number", "step"), [(0.35, 0.01), (-4.2, 0.1), (42, 1), (0.01, 0.001), (0, 0.01), (1e-8, 1e-9), (99.9, 1)]
)
def test_a_step_is_a_tenth_of_the_first_digit(number: float, step: float) -> None:
    assert usual_step(number) == pytest.approx(step, rel=1e-12)
    assert NumberSteps(number).by_steps(1) == pytest.approx(number + step, rel=1e-2, abs=step)


def test_its_paces() -> None:
    assert NumberSteps(0.35).by_steps(1) == 0.36
    assert NumberSteps(0.35).by_steps(1, StepSize.FINE) == 0.351
    assert NumberSteps(0.35).by_steps(1, StepSize.COARSE) == 0.45
    assert NumberSteps(0.35).by_pixels(3 * PIXELS) == 0.38
    assert NumberSteps(7, whole=True).by_steps(1, StepSize.FINE) == 8
    assert NumberSteps(7, whole=True).by_steps(2, StepSize.COARSE) == 27


def test_it_comes_to_zero_and_beyond() -> None:
    walk = NumberSteps(0.03)
    assert [walk.by_steps(-10, StepSize.USUAL) for _ in range(4)] == [0.02, 0.01, 0.0, -0.01]


@given(FINITE, st.lists(st.integers(-300, 300), max_size=8), st.sampled_from(list(StepSize)))
def test_the_way_back_ends_where_it_began(number: float, ways: list[int], pace: StepSize) -> None:
    walk = NumberSteps(number)
    for pixels in ways:
        walk.by_pixels(pixels, pace)
    assert walk.by_pixels(-sum(ways), pace) == number


@given(FINITE, st.integers(1, 500))
def test_to_the_right_is_more(number: float, steps: int) -> None:
    there = NumberSteps(number).by_steps(steps)
    assert there > number
    assert math.isclose(there - number, steps * usual_step(number), rel_tol=0.6, abs_tol=usual_step(number) / 2)


@pytest.mark.parametrize("number", [5e-324, 1e-310, 1.7e308])
def test_the_ends_of_what_numbers_can_be(number: float) -> None:
    assert NumberSteps(number).by_steps(1) > 0
