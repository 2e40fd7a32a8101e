"""The long soak: an hour's worth of acts, many edits in one document, a million iterations; then what is to break it.

It prints what it found, and fails on what grew or broke. An hour is taken as 3,600 acts, one a second; they are done
one right after the other. Then come walks of wild acts, files and other inputs spoiled by chance, windows killed
while they save, and windows that have little memory or a full disk. All takes about 25 minutes on two cores.
`--acts 600`, `--iterations 100000`, `--wild 3000`, `--files 10000`, `--inputs 3000` and `--kills 10` make it shorter; a
failed walk is taken again with `python -m tests.soak.walk`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from chainrule.session.undo import UNDO_LIMIT
from chainrule.ui.window.main_window import MainWindow
from tests.benchmarks.bench_run import late_frames, train_until
from tests.benchmarks.bench_run import opened as opened_playground
from tests.benchmarks.parts.table import Row, report
from tests.benchmarks.parts.timing import Sample
from tests.libreoffice import ALL_SHEETS
from tests.soak.checks import Resources, leaked, resident_mb
from tests.soak.kills import ARCHIVE, EXPORTS, JSON
from tests.soak.walk import walks
from tests.soak.work import back_to_the_start, edits_in_one_document, laps, opened

FIRST_MINUTE, THIRDS = 60, 3
MOST_GROWTH, MOST_SLOWER = 1.05, 1.2
EARLY = 10_000
# As many as can be undone. Each has a curve of its own, and all of them are drawn.
A_WALK, SCARCE = 1_000, 5
EDITS, SOME, MOST_SLOWER_EDIT = UNDO_LIMIT, 50, 2.0


def words() -> argparse.Namespace:
    """How long, and which chance."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--acts", type=int, default=3600)
    parser.add_argument("--iterations", type=int, default=1_000_000)
    parser.add_argument("--wild", type=int, default=30_000, help="acts of the wild walks, all together")
    parser.add_argument("--files", type=int, default=500_000, help="mutated files")
    parser.add_argument("--inputs", type=int, default=100_000, help="mutated inputs of all kinds")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def work_an_hour(window: MainWindow, acts: int, seed: int) -> Iterator[Row]:
    """Acts drawn by chance, and what is held at a third of them, at two thirds and at the end."""
    work, done, start = laps(window, seed), 0, time.perf_counter()
    found, early = [], 0.0
    while done < acts or len(found) < THIRDS:
        done = next(work)
        # The first minute of the hour: what is loaded once is loaded, and undo and history begin to fill.
        if not early and done >= acts * FIRST_MINUTE / 3600:
            early = resident_mb()
        if done >= acts * (len(found) + 1) / THIRDS:
            back_to_the_start(window)
            found.append(Resources.of(window))
            print(f"{done} acts, {resident_mb():.0f} MB, {time.perf_counter() - start:.0f} s", file=sys.stderr)
    late, lost = resident_mb(), leaked(found)
    for name, count in lost.items():
        print(f"{count} more: {name}", file=sys.stderr)
    yield Row("objects, windows, timers, files", sum(lost.values()), 0, f"more at each third of {done:,} acts")
    note = f"{early:.0f} and {late:.0f} MB"
    yield Row("memory after the hour", late / early, MOST_GROWTH, "x that after its first minute", note=note)


def edit_on_and_on(window: MainWindow) -> Iterator[Row]:
    """What an edit takes among many, in the middle of training, against the first ones."""
    busy = edits_in_one_document(window, EDITS)
    early, late = Sample.of(busy[:SOME]), Sample.of(busy[-SOME:])
    note = f"{1000 * early.median:.0f} and {1000 * late.median:.0f} ms"
    yield Row(f"an edit after {EDITS - SOME}", late.median / early.median, MOST_SLOWER_EDIT, "x a first one", note=note)


def train_a_million(iterations: int) -> Iterator[Row]:
    """A run in the window: what a frame takes and what is held, early and late."""
    # Another window stays at the beginning: frames of both are timed in turn.
    other, window, start = opened_playground(), opened_playground(), time.perf_counter()
    train_until(other, EARLY)
    while time.perf_counter() < start + FIRST_MINUTE and window.session.cursor.iteration < iterations / 2:
        train_until(window, window.session.cursor.iteration + 10_000)
    first = resident_mb()
    train_until(window, iterations)
    (early, late, ratio), last = late_frames(other, window), resident_mb()
    note = f"{early.median:.1f} and {late.median:.1f} ms"
    yield Row.of(f"a frame after {iterations:,} iterations", ratio, MOST_SLOWER, "x an early one", note=note)
    note = f"{first:.0f} and {last:.0f} MB"
    name = f"memory after {iterations:,} iterations"
    yield Row(name, last / first, MOST_GROWTH, "x that half-way, or after a minute", note=note)
    for each in (window, other):
        each.close()
        each.deleteLater()


def walk_wildly(acts: int, seed: int) -> Row:
    """Walks of wild acts, each of a seed of its own in a process of its own."""
    count = max(1, acts // A_WALK)
    wrong = walks(A_WALK, range(seed, seed + count))
    for failure in wrong:
        print(failure, file=sys.stderr)
    return Row("walks that failed", len(wrong), 0, f"of {count} of {A_WALK:,} wild acts each")


def ends_well(name: str, *words: str, of: str) -> Row:
    """Run a module of ours in a process of its own, and tell whether it found something wrong."""
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
    return Row(name, int(done.returncode != 0), 0, of)


def break_it(asked: argparse.Namespace) -> Iterator[Row]:
    """What is to break the program, and must not. Nothing of it is timed: it is done side by side."""
    seed = str(asked.seed)
    with ThreadPoolExecutor(1) as pool:
        files = ("tests.soak.mutated_files", "--count", str(asked.files), "--seed", seed)
        spoiled = pool.submit(
            ends_well, "files not read well", *files, of=f"1 if any, of {asked.files:,} mutated files"
        )
        inputs = ("tests.soak.inputs", "--count", str(asked.inputs), "--seed", seed)
        others = pool.submit(
            ends_well, "inputs not read well", *inputs, of=f"1 if any, of {asked.inputs:,} of all kinds"
        )
        yield walk_wildly(asked.wild, asked.seed)
        for what in (JSON, ARCHIVE, EXPORTS):
            kills = ("tests.soak.kills", "--of", what, "--count", str(asked.kills), "--seed", seed)
            yield ends_well(f"files or copies lost to a kill, {what}", *kills, of=f"1 if any, of {asked.kills} kills")
        for kind in ("memory", "disk"):
            name = f"documents lost to {'little memory' if kind == 'memory' else 'a full disk'}"
            rows = [ends_well(name, "tests.soak.scarce", kind, "--seed", str(place), of="") for place in range(SCARCE)]
            yield Row(name, sum(row.measured for row in rows), 0, f"of {SCARCE} windows that edit, train and save")
        os.environ[ALL_SHEETS] = "1"
        sheets = ("pytest", "-q", "tests/model/exporting/test_xlsx.py", "-k", "libreoffice")
        yield ends_well("spreadsheets not worked out alike", *sheets, of="1 if any, where LibreOffice is installed")
        yield spoiled.result()
        yield others.result()


def main() -> int:
    """Soak and report. An error in what Qt calls is told, and fails the soak."""
    asked, rows, errors = words(), [], []
    sys.excepthook = lambda *error: (errors.append(error), sys.__excepthook__(*error))
    with tempfile.TemporaryDirectory() as folder:
        window = opened(Path(folder))
        rows += work_an_hour(window, asked.acts, asked.seed)
        rows += edit_on_and_on(window)
        window.session.file.mark_saved(None)
        window.close()
        window.deleteLater()
        QApplication.processEvents()
    rows += train_a_million(asked.iterations)
    rows += break_it(asked)
    rows.append(Row("errors", len(errors), 0, "in slots and events"))
    return report(rows)


if __name__ == "__main__":
    sys.exit(main())
