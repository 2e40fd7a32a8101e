"""Many inputs of one kind, and what became of them."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.inputs.bounds import bounded, broken_off
from tests.soak.inputs.kinds import Kind
from tests.soak.mutated_files import mutated

SHOWN = 600
# What mutations have made longer is cut off: sizes have tests of their own.
LONGEST = 2**21


@dataclass
class Found:
    """How many inputs were read, how many of them taken, how long the slowest took, and the faults."""

    kind: str
    read: int = 0
    taken: int = 0
    slowest: float = 0.0
    faults: dict[str, str] = field(default_factory=dict)

    def __add__(self, other: Found) -> Found:
        slowest = max(self.slowest, other.slowest)
        return Found(self.kind, self.read + other.read, self.taken + other.taken, slowest, self.faults | other.faults)

    def __str__(self) -> str:
        said = f"{self.kind}: {self.read:,} read, {self.taken:,} taken, slowest {self.slowest:.2f} s"
        return "\n".join([said, *self.faults.values()])


def input_of(kind: Kind, name: str) -> bytes:
    """Return the input that a seed and a number name."""
    return mutated(random.Random(f"{kind.name} {name}"), list(kind.seeds()), kind.mutations)[:LONGEST]


def run(kind: Kind, count: int, seed: int, folder: Path, most_faults: int = 1) -> Found:
    """Read so many inputs of a kind, up to so many faults of different sorts."""
    found = Found(kind.name)
    for number in range(count):
        data = input_of(kind, f"{seed}.{number}")
        start = time.process_time()
        try:
            with broken_off(), bounded(len(data)):
                found.taken += kind.read(data, folder)
        except Exception as error:
            told = f"{kind.name} {seed}.{number}: {type(error).__name__}: {str(error)[:SHOWN]}: {data[:SHOWN]!r}"
            # Of the same sort, at the same place: one is enough.
            if found.faults.setdefault(_sort(error), told) is told:
                print(told, file=sys.stderr, flush=True)
            if len(found.faults) >= most_faults:
                break
        found.read += 1
        found.slowest = max(found.slowest, time.process_time() - start)
    return found


def _sort(error: Exception) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
