"""All benchmarks as one table, and as JSON: `make bench`, or `python -m tests.benchmarks window startup` for some."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from tests.benchmarks.parts.machine import THREAD_VARIABLES, cores, load_average, this_commit, this_machine
from tests.benchmarks.parts.record import Record, default_path, write
from tests.benchmarks.parts.registry import groups
from tests.benchmarks.parts.table import Row, report

# Qt's offscreen platform says what it lacks, of each window.
OFFSCREEN = "This plugin does not support"


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What is to be measured, and where it is kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"only these, of {', '.join(groups())}")
    parser.add_argument("--json", type=Path, metavar="PATH", help="where the JSON goes; else into benchmarks/")
    parser.add_argument("--threads", type=int, default=cores(), help="for torch and NumPy alike (default: all cores)")
    found = parser.parse_args(words)
    if unknown := sorted(set(found.groups) - set(groups())):
        parser.error(f"there is no {', '.join(unknown)}: take some of {', '.join(groups())}")
    return found


def environment(threads: int, home: Path) -> dict[str, str]:
    """What a group runs in: no display, as many threads for each library, and the settings of a first start."""
    settings = {"XDG_CONFIG_HOME": str(home), "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    return {**os.environ, **settings, **dict.fromkeys(THREAD_VARIABLES, str(threads))}


def measured(group: str, threads: int) -> list[Row] | None:
    """A group's rows, from a process of its own; None if that fails. What it says goes to stderr."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "rows.json")
        command = [sys.executable, "-m", "tests.benchmarks.worker", group, str(out)]
        run = subprocess.run(
            command, env=environment(threads, Path(folder)), stderr=subprocess.PIPE, text=True, check=False
        )
        for line in run.stderr.splitlines():
            if not line.startswith(OFFSCREEN):
                print(line, file=sys.stderr)
        return msgspec.json.decode(out.read_bytes(), type=list[Row]) if run.returncode == 0 else None


def main(words: list[str] | None = None) -> int:
    """Measure, print, keep; the exit status is 1 if a limit is exceeded or a group could not be measured."""
    asked = arguments(words)
    machine, commit, load = this_machine(asked.threads), this_commit(), load_average()
    rows: list[Row] = []
    seconds: dict[str, float] = {}
    failed = []
    for group in asked.groups or groups():
        start = time.perf_counter()
        found = measured(group, asked.threads)
        seconds[group] = round(time.perf_counter() - start, 1)
        print(f"{group}: {seconds[group]:.0f} s", file=sys.stderr)
        if found is None:
            failed.append(group)
        rows += found or []
    path = asked.json or default_path(commit)
    run = Record(machine, commit, tuple(rows), seconds, tuple(failed), load)
    write(run, path)
    print(f"{machine.processor}, {machine.cores} cores, {machine.threads} threads; {machine.platform}")
    print(f"Python {machine.python}, {', '.join(f'{name} {number}' for name, number in machine.libraries.items())}")
    if run.warning:
        print(f"BEWARE  {run.warning}")
    print()
    status = report(rows)
    print(f"\n{path}")
    if failed:
        print(f"Not measured, for an error: {', '.join(failed)}")
    return int(bool(status or failed))


if __name__ == "__main__":
    sys.exit(main())
