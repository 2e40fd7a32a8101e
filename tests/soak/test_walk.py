"""Wild walks through the window, and windows that are killed or in want while they save. `make soak` has more."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.soak.walk import walk

# Three thousand acts, by as many processes as the tests are given.
SEEDS, ACTS = 6, 500
# On a machine that does other things too.
PATIENCE_S = 900.0


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_done_the_window_goes_on_and_its_numbers_are_right(seed: int) -> None:
    """`python -m tests.soak.walk --seed SEED --acts 500` does it again."""
    assert walk(seed, ACTS, PATIENCE_S).failure == ""


def ends_well(*words: str) -> None:
    """Run a module of the soak in a process of its own."""
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="copies a process that has Qt in it")
@pytest.mark.parametrize("of", ["json", "archive", "exports"])
def test_what_is_killed_while_it_writes_leaves_one_of_the_two_documents(of: str) -> None:
    ends_well("tests.soak.kills", "--count", "6", "--of", of)


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process as Linux does")
@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_a_window_in_want_of_something_goes_on_and_loses_nothing(kind: str) -> None:
    ends_well("tests.soak.scarce", kind)
