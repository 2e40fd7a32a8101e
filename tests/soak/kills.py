"""Ends a window at a random moment while it saves and keeps copies, and looks at what it has left.

    python -m tests.soak.kills --count 100 --seed 0
    python -m tests.soak.kills --of archive --count 100     experiments that are kept as a ZIP, for their data are large
    python -m tests.soak.kills --of exports --count 100     what is written by File > Export

Each document that the window has is one number, in all of its places: in the title, in each row. So what is found tells
whether it is whole, and which one it is. A process that has loaded everything, but has neither thread nor window, is
copied for each window: Python, torch and Qt are loaded once.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication

import chainrule.commands.walk
import chainrule.engine.referee.verify
import chainrule.engine.training
import chainrule.ui.plots.chart.chart  # noqa: F401 - what a window would load in a thread
from chainrule.catalog.experiment.spec import Experiment
from chainrule.commands.export import FORMATS, Export, writing_export
from chainrule.engine.machine.check import check_experiment
from chainrule.model.document import Document
from chainrule.model.files import file_format
from chainrule.model.files.disk import exhaust
from chainrule.model.files.storage import read_experiment, write_experiment
from chainrule.session.files.recovery import Recovery
from chainrule.session.session import Session
from chainrule.ui.app import open_window
from tests.experiments import dense
from tests.soak.acts import turn
from tests.soak.inputs.mutations import members_of

ROWS, INPUTS = 200, 4
# Of an archive: many pieces are written, and the numbers of so small a one are taken for many.
LARGE_ROWS, LARGE_FROM = 20_000, 1_000
JSON, ARCHIVE, EXPORTS = "json", "archive", "exports"
# A window is ended within so long of the moment at which it begins to write, the second to the last time.
MOST_S, FIRST, LAST = 0.03, 2, 5
PATIENCE_S = 120.0
Tell = Callable[[str, int], None]


def document(number: int, count: int = ROWS) -> Experiment:
    """An experiment that is one number everywhere, in so many rows."""
    rows = tuple((float(number),) * INPUTS for _ in range(count))
    experiment = dense((INPUTS, 1), rows=ROWS)
    data = replace(experiment.data, inputs=rows, targets=tuple(row[:1] for row in rows))
    return replace(experiment, title=str(number), data=data)


def number_of(experiment: Experiment) -> int:
    """The number that an experiment is; an error where it is not one of ours, whole."""
    number = int(experiment.title)
    expected = document(number, len(experiment.data.inputs))
    assert len(experiment.data.inputs) in (ROWS, LARGE_ROWS), "some of the rows"
    assert (experiment.title, experiment.data) == (expected.title, expected.data), f"half of document {number}"
    return number


def _work(path: Path, unsaved: Path, tell: Tell) -> NoReturn:
    """Edit, save and keep copies, on and on; tell each number before it is made and written, and once it is saved."""
    window = open_window(path, unsaved=unsaved)
    session, recovery = window.session, window.findChild(Recovery)
    assert session.timeline is not None
    assert isinstance(recovery, Recovery)
    number, count = number_of(session.experiment), len(session.experiment.data.inputs)
    while True:
        number += 1
        tell("edit", number)
        made = document(number, count)
        session.editor.edit("Edit", lambda _, made=made: made)
        tell("write", number)
        # In turn, so that the copy is at times older than the file, and at times newer.
        if number % 2:
            recovery.update()
        else:
            window.files.save()
            while session.is_modified:
                turn()
            tell("saved", number)
        turn()


def _look(unsaved: Path, path: Path, tell: Tell) -> None:
    """What the next start would offer: the number of each copy."""
    application = QCoreApplication([])
    session = Session(read_experiment(path))
    for copy in Recovery(session.file, session.signals, unsaved, application).lost():
        tell("copy", number_of(copy.experiment))
    tell("end", 0)


def _copied(work: Callable[[Tell], object]) -> tuple[int, int]:
    """A copy of this process that does some work; its number, and where it tells of it."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    status = 1
    try:
        os.close(read)
        work(lambda word, number: os.write(write, f"{word} {number}\n".encode()))
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def _heard(read: int, writes: int | None = None) -> str:
    """What is told, until so many writes were begun, or to the end."""
    said = b""
    while writes is None or said.count(b"write") < writes:
        ready, _, _ = select.select([read], [], [], PATIENCE_S)
        more = os.read(read, 4096) if ready else b""
        if not more:
            break
        said += more
    return said.decode()


def _numbers(word: str, heard: str) -> list[int]:
    return [int(line.split()[1]) for line in heard.splitlines() if line.startswith(word)]


def kill_once(folder: Path, chance: random.Random) -> str:
    """End one window, and look; what is wrong, or empty."""
    path, unsaved = folder / "kept.chainrule", folder / "unsaved"
    first = number_of(read_experiment(path))
    child, read = _copied(lambda tell: _work(path, unsaved, tell))
    heard = _heard(read, chance.randrange(FIRST, LAST + 1))
    time.sleep(MOST_S * chance.random())
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    heard += _heard(read)
    os.close(read)
    if not os.WIFSIGNALED(status):
        return f"the window ended by itself, with status {status}"
    begun, saved = max(_numbers("edit", heard)), max([first, *_numbers("saved", heard)])
    try:
        found = number_of(read_experiment(path))
    except Exception as error:
        return f"after document {saved} was saved: {type(error).__name__}: {error}"
    if not saved <= found <= begun:
        return f"the file holds document {found}, but {saved} was saved"
    return _wrong_copies(unsaved, path, found, begun)


def _wrong_copies(unsaved: Path, path: Path, found: int, begun: int) -> str:
    """What is wrong with the copies that the next start would offer: each is newer than the file."""
    child, read = _copied(lambda tell: _look(unsaved, path, tell))
    copies = _heard(read)
    os.close(read)
    os.waitpid(child, 0)
    if "end" not in copies:
        return "what was left behind cannot be looked at"
    wrong = [number for number in _numbers("copy", copies) if not found < number <= begun]
    return f"offered as not saved: {wrong}, with {found} in the file and {begun} edited last" if wrong else ""


def _export(folder: Path, chance: random.Random, tell: Callable[[str, str], None]) -> NoReturn:
    """Export one document after the other over the files of those before; tell what each file is to be."""
    number = chance.randrange(1_000_000)
    while True:
        number += 1
        experiment = check_experiment(document(number))
        format_ = chance.choice([each for each in FORMATS.values() if not each.is_task])
        out = folder / f"out{format_.suffix}"
        what = Export(experiment, Document.of(experiment), 1, out)
        for path, pieces in format_.files(what).items():
            tell("file", f"{path.name} {_sum(path.name, b''.join(pieces))}")
        tell("write", out.name)
        exhaust(writing_export(format_, what))


def kill_export(folder: Path, chance: random.Random) -> str:
    """End a process that exports, and look; what is wrong, or empty."""
    before = {path.name: _sum_of(path) for path in folder.glob("out.*")}
    seed = chance.random()
    child, read = _copied(lambda tell: _export(folder, random.Random(seed), tell))  # type: ignore[arg-type]
    heard = _heard(read, chance.randrange(FIRST, 3 * LAST))
    time.sleep(MOST_S * chance.random())
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    heard += _heard(read)
    os.close(read)
    if not os.WIFSIGNALED(status):
        return f"exporting ended by itself, with status {status}"
    told = {tuple(line.split()[1:]) for line in heard.splitlines() if line.startswith("file")} | set(before.items())
    wrong = [path.name for path in folder.glob("out.*") if (path.name, _sum_of(path)) not in told]
    gone = [name for name in before if not (folder / name).exists()]
    return f"neither the file before nor the one after: {wrong}, gone: {gone}" if wrong or gone else ""


def _sum_of(path: Path) -> str:
    return _sum(path.name, path.read_bytes())


def _sum(name: str, data: bytes) -> str:
    """A number that stands for what is in a file; of a workbook without the time at which it was made."""
    if name.endswith(".xlsx"):
        members = members_of(data)
        assert members, f"half of {name}"
        data = repr([each for each in members.items() if each[0] != "docProps/core.xml"]).encode()
    return hashlib.sha256(data).hexdigest()


def kills(count: int, seed: int = 0, of: str = JSON) -> list[str]:
    """End so many windows, one after the other in the same folder; what went wrong."""
    chance, wrong = random.Random(seed), []
    most = LARGE_FROM if of == ARCHIVE else file_format.MOST_IN_JSON
    with tempfile.TemporaryDirectory() as name, patch.object(file_format, "MOST_IN_JSON", most):
        folder = Path(name)
        write_experiment(document(0, LARGE_ROWS if of == ARCHIVE else ROWS), folder / "kept.chainrule")
        assert (folder / "kept.chainrule").read_bytes().startswith(b"PK") == (of == ARCHIVE)
        for place in range(count):
            if found := (kill_export if of == EXPORTS else kill_once)(folder, chance):
                wrong.append(f"kill {place} of seed {seed}: {found}")
            for copy in (folder / "unsaved").glob("*"):
                copy.unlink()
    return wrong


def main() -> int:
    """Do it, and tell what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--of", choices=(JSON, ARCHIVE, EXPORTS), default=JSON)
    asked = parser.parse_args()
    wrong = kills(asked.count, asked.seed, asked.of)
    print("\n".join(wrong), file=sys.stderr)
    return len(wrong) > 0


if __name__ == "__main__":
    sys.exit(main())
