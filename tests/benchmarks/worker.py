"""Measure one group in a process that has done nothing else: `python -m tests.benchmarks.worker GROUP OUT`."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from tests.benchmarks.parts.registry import measure

if __name__ == "__main__":
    group, out = sys.argv[1:]
    rows = measure(group)
    Path(out).write_bytes(msgspec.json.encode(rows))
