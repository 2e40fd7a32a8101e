"""Files spoiled by chance: 20,000 of them here, 500,000 in `make soak`."""

from __future__ import annotations

import pytest

from tests.soak import mutated_files
from tests.soak.mutated_files import Counts, calls_of, run


def test_every_mutated_file_is_read_or_refused_in_one_line() -> None:
    found = run(20_000, seed=0)
    assert found.files == found.opened + found.malformed + found.refused == 20_000
    # All three are tried in earnest.
    assert min(found.opened, found.malformed, found.refused) > 1000


def test_the_same_seed_spoils_the_same_files() -> None:
    assert run(200, seed=7) == run(200, seed=7) != Counts()


def test_a_fault_is_told_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(data: bytes) -> Counts:
        raise KeyError(len(data))

    monkeypatch.setattr(mutated_files, "read", failing)
    with pytest.raises(AssertionError, match=r"file 3\.0: KeyError.*b'"):
        run(1, seed=3)


def test_calls_are_counted() -> None:
    assert 0 < calls_of(b"[]") < calls_of(b'{"a":1,"a":2}') < 1000
