"""The groups of the table: every module `bench_*.py` of this package, in alphabetical order."""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from importlib import import_module

from tests import benchmarks
from tests.benchmarks.parts.table import Row

PREFIX = "bench_"


def groups() -> tuple[str, ...]:
    """All modules with rows, by the name that they are asked for by: `window` for `bench_window.py`."""
    names = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return tuple(sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)))


def measure(group: str) -> list[Row]:
    """Measure a group here, in this process. An id that two of its rows have is an error."""
    rows = import_module(f"{benchmarks.__name__}.{PREFIX}{group}").rows()
    found: dict[str, Row] = {}
    for row in rows:
        named = replace(row, group=group, id=f"{group}/{row.id}")
        if named.id in found:
            raise ValueError(f"two rows have the id {named.id}")
        found[named.id] = named
    return list(found.values())
