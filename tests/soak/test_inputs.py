"""Some of the inputs that `python -m tests.soak.inputs` reads by the hundred thousand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.soak.inputs.bounds import bounded, broken_off
from tests.soak.inputs.kinds import KINDS, Kind
from tests.soak.inputs.running import LONGEST, run
from tests.soak.mutated_files import mutated

COUNT = 150
# For what waits in an event loop.
pytestmark = pytest.mark.usefixtures("qapp")


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_spoiled_inputs_are_taken_or_refused_in_a_line_within_bounds(kind: Kind, tmp_path: Path) -> None:
    found = run(kind, COUNT, 0, tmp_path)
    assert not found.faults
    # Both are tried in earnest.
    assert 0 < found.taken < found.read == COUNT


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(list(KINDS.values())), st.randoms(use_true_random=False))
def test_whatever_is_drawn_is_taken_or_refused(tmp_path: Path, kind: Kind, chance: random.Random) -> None:
    data = mutated(chance, list(kind.seeds()), kind.mutations)[:LONGEST]
    kind.read(data, tmp_path)


def test_what_takes_too_long_or_too_much_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def wait() -> None:
        with broken_off():
            while True:
                pass

    monkeypatch.setattr("tests.soak.inputs.bounds.MOST_S", 0.05)
    with pytest.raises(TimeoutError, match="broken off after"):
        wait()
    monkeypatch.setattr("tests.soak.inputs.bounds.FREE_S", -1.0)
    with pytest.raises(AssertionError, match="took"), bounded(1):
        pass
    monkeypatch.setattr("tests.soak.inputs.bounds.FREE_S", 60.0)
    with pytest.raises(AssertionError, match="MB of"), bounded(1):
        bytearray(400 * 2**20)


def test_a_fault_is_told_with_what_makes_it_again(tmp_path: Path) -> None:
    def fail(data: bytes, folder: Path) -> None:
        raise KeyError("x")

    kind = Kind("csv", KINDS["csv"].seeds, KINDS["csv"].mutations, fail)
    (fault,) = run(kind, 5, 3, tmp_path, 2).faults.values()
    assert fault.startswith("csv 3.0: KeyError: 'x': b")
