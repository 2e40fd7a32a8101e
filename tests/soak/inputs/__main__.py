"""Reads inputs of every kind that chance has spoiled, within bounds of time and memory.

python -m tests.soak.inputs --count 100000             so many in all, as many of each kind
python -m tests.soak.inputs --kind xlsx --count 5000 --seed 3
python -m tests.soak.inputs --kind xlsx --only 3.417    the one that failed, written to a file as well
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from tests.soak.inputs.bounds import limit_process
from tests.soak.inputs.kinds import KINDS
from tests.soak.inputs.running import Found, input_of, run


def main() -> int:
    """Read them, and say how many of each kind were taken; at the first fault of a kind go on to the next kind."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.inputs", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000, help="in all")
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=int, default=1, help="so many of a kind are told, each of another sort")
    parser.add_argument("--only", default="", help="SEED.NUMBER of the one to read")
    asked = parser.parse_args()
    kinds = [KINDS[name] for name in asked.kind or KINDS]
    limit_process()
    # For what waits in an event loop.
    application = QCoreApplication([])
    with tempfile.TemporaryDirectory() as folder:
        if asked.only:
            for kind in kinds:
                data = input_of(kind, asked.only)
                Path(f"input-{kind.name}").write_bytes(data)
                print(kind.read(data, Path(folder)))
            return 0
        found = [run(kind, asked.count // len(kinds), asked.seed, Path(folder), asked.faults) for kind in kinds]
    application.shutdown()
    print("\n".join(map(str, found)))
    print(sum(found, Found("in all")))
    return int(any(each.faults for each in found))


if __name__ == "__main__":
    sys.exit(main())
