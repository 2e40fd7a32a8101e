"""What was recorded of every example and of 500 drawn experiments is computed still: names, order and numbers."""

from __future__ import annotations

import pytest

from tests.recorded.recording import NEAR, Recording, difference, read, record

# So many at once: a test each would take longer to report than to run.
TOGETHER = 51
RECORDED = tuple(read())


def test_enough_is_recorded() -> None:
    assert len(RECORDED) == 510
    assert {each.experiment["dtype"] for each in RECORDED} == {"float32", "float64"}
    for part in ("scheduler", "clipping"):
        assert sum(bool(each.experiment.get(part)) for each in RECORDED) > 100


@pytest.mark.parametrize("first", range(0, len(RECORDED), TOGETHER))
def test_what_was_recorded_is_computed_still(first: int) -> None:
    for old in RECORDED[first : first + TOGETHER]:
        new = record(old.name, old.decoded)
        assert new.steps == old.steps, old.name
        assert difference(old, new) <= NEAR[old.experiment["dtype"]], old.name


def test_a_number_that_is_another_is_found() -> None:
    old = RECORDED[0]
    rows = [list(row) for row in old.trained]
    rows[0][0] *= 1 + 1e-11
    changed = Recording(old.name, old.experiment, old.steps, old.values, rows)
    assert difference(old, changed) > NEAR["float64"]
