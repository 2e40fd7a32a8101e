"""What is called a trouble, and from where on."""

from __future__ import annotations

import math
from typing import Any

import pytest

from chainrule.model.flow.gradient_troubles import (
    EXPLODING,
    MANY_ANSWERS,
    STILL,
    VANISHING,
    VIOLENT,
    LayerFinding,
    LayerReading,
    Trouble,
    findings_of,
    has_learned,
)
from chainrule.model.flow.unit_slopes import SlopeBounds, UnitSlopes

SIGMOID, RELU = SlopeBounds(0.25, True), SlopeBounds(1.0, False)


def slopes(dead: int = 0, stuck: int = 0, flat: int = 0, bounds: SlopeBounds = SIGMOID) -> UnitSlopes:
    """Four units and ten rows."""
    return UnitSlopes(10, 4, tuple(range(dead)), tuple(range(stuck)), 0.0 if dead else None, flat, bounds)


def reading(layer: int, **known: Any) -> LayerReading:
    return LayerReading(layer, **{"norm": 1.0, "first_norm": 1.0, "back": 1.0, "ratio": 1e-3} | known)


def found(*readings: LayerReading, **judged: bool) -> list[tuple[Trouble, int]]:
    return [(each.trouble, each.layer) for each in findings(*readings, **judged)]


def findings(*readings: LayerReading, **judged: bool) -> tuple[LayerFinding, ...]:
    return findings_of(readings, **{"judges_units": True, "judges_last": True, "learned": False} | judged)


LAST = reading(1)


def test_a_layer_in_which_all_is_well_has_no_trouble() -> None:
    assert found(reading(0, slopes=slopes(flat=10)), LAST) == []


@pytest.mark.parametrize(("dead", "is_one"), [(2, False), (3, True), (4, True)])
def test_three_of_four_dead_units_are_a_trouble(dead: int, is_one: bool) -> None:
    one = reading(0, slopes=slopes(dead, dead, 10 * dead, RELU))
    assert found(one, LAST) == [(Trouble.DEAD, 0)] * is_one
    assert found(one, LAST, judges_units=False) == found(one, LAST, learned=True) == []


def test_flat_answers_are_a_trouble_where_f_levels_off_on_both_sides() -> None:
    flat = math.ceil(40 * MANY_ANSWERS)
    assert found(reading(0, slopes=slopes(flat=flat)), LAST) == [(Trouble.SATURATED, 0)]
    assert found(reading(0, slopes=slopes(flat=flat - 1)), LAST) == []
    # A ReLU that is off for most rows is what it is made for.
    assert found(reading(0, slopes=slopes(flat=flat, bounds=RELU)), LAST) == []
    assert found(reading(0, slopes=slopes(stuck=3, flat=flat, bounds=RELU)), LAST) == [(Trouble.SATURATED, 0)]


def test_the_last_layer_may_be_sure() -> None:
    sure = reading(1, slopes=slopes(flat=40))
    assert found(reading(0), sure, judges_last=False) == []
    assert found(reading(0), sure) == [(Trouble.SATURATED, 1)]


def test_a_gradient_vanishes_where_little_comes_back_and_the_weights_stand_still() -> None:
    small = reading(0, back=1 / VANISHING, ratio=STILL / 2)
    assert found(small, LAST) == [(Trouble.VANISHING, 0)]
    assert findings(small, LAST)[0].factor == pytest.approx(VANISHING)
    # Adam makes up for a small gradient.
    assert found(reading(0, back=1e-9, ratio=1e-3), LAST) == []
    assert found(reading(0, back=2 / VANISHING, ratio=STILL / 2), LAST) == []
    assert found(small, LAST, learned=True) == []
    assert findings(reading(0, back=0.0, norm=0.0, ratio=0.0), LAST)[0].factor == math.inf


def test_what_stops_in_a_layer_is_said_there_and_not_of_those_before_it() -> None:
    still = reading(0, back=0.0, norm=0.0, ratio=0.0)
    dead = reading(1, back=0.0, norm=0.0, ratio=0.0, slopes=slopes(4, 4, 40, RELU))
    assert found(still, dead, reading(2)) == [(Trouble.DEAD, 1)]


def test_a_gradient_explodes_on_its_way_back_or_from_iteration_to_iteration() -> None:
    assert found(reading(0, norm=EXPLODING, first_norm=EXPLODING, ratio=VIOLENT), LAST) == [(Trouble.EXPLODING, 0)]
    assert found(reading(0, norm=EXPLODING, first_norm=EXPLODING, ratio=1e-3), LAST) == []
    assert found(reading(0, norm=200.0, ratio=0.5), LAST) == [(Trouble.EXPLODING, 0)]


def test_what_is_not_finite_is_said_as_such() -> None:
    assert found(reading(0, norm=math.nan, slopes=slopes(4)), reading(1, norm=math.inf)) == [
        (Trouble.NOT_FINITE, 0),
        (Trouble.NOT_FINITE, 1),
    ]


def test_what_is_not_known_is_no_trouble() -> None:
    assert found(LayerReading(0), LayerReading(1)) == []


def test_a_network_has_learned_once_its_loss_is_a_tenth() -> None:
    assert has_learned(0.1, 1.0)
    assert not has_learned(0.11, 1.0)
    assert not has_learned(math.nan, 1.0)
