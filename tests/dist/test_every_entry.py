"""The cut bundle still does everything: every entry of every table is traced, trained and verified in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.catalog.experiment.spec import DTYPES, Experiment
from chainrule.model.files.storage import write_experiment
from tests.dist.every_entry import TABLES, entries_used, every_entry
from tests.dist.source import first_difference, source_output
from tests.dist.system import HOME, System

EXPERIMENTS = every_entry()


def test_every_entry_is_used() -> None:
    tables = {name: set(table) for name, table in TABLES.items()} | {"dtype": set(DTYPES)}
    used = entries_used(EXPERIMENTS)
    assert {name: tables[name] - used[name] for name in tables} == {name: set() for name in tables}


@pytest.mark.parametrize(
    "command",
    [
        ("trace", "--iterations", "3", "--format", "json"),
        ("train", "--iterations", "20", "--format", "json"),
        ("verify", "--format", "json"),
    ],
    ids=lambda command: command[0],
)
@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.optimizer.name)
def test_its_numbers_are_those_of_the_source_tree(
    system: System, home: Path, experiment: Experiment, command: tuple[str, ...]
) -> None:
    write_experiment(experiment, home / "every.chainrule")
    word, *options = command
    done = system.run(word, f"{HOME}/every.chainrule", *options)
    status, expected = source_output(word, str(home / "every.chainrule"), *options)
    assert (done.returncode, done.stderr) == (status, "") == (0, "")
    assert first_difference(done.stdout, expected) == ""
