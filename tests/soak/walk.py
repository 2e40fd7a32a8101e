"""A walk of wild acts in a process of its own, and what became of it: a crash ends the walk, not who takes it.

    python -m tests.soak.walk --seed 3 --acts 750                the walk that failed, up to the act that did
    python -m tests.soak.walk --seed 3 --acts 750 --only 12,700-749

Each act has a source of chance of its own, so that a walk with acts left out does the others as they were: what a fault
needs is found by leaving out more and more. How far a run comes between two acts depends on the machine all the same.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from chainrule.resource_files import OPENING_EXAMPLE
from chainrule.ui.app import open_window
from chainrule.ui.files import files
from chainrule.ui.window.main_window import MainWindow
from tests.soak.acts import turn
from tests.soak.checks import check_numbers, check_what_would_be_saved
from tests.soak.popups import answered_popups
from tests.soak.undoing import Remembered, undo_and_redo_all
from tests.soak.wild import EDITING, WILD, answer, forget_what_is_large

# The numbers are compared after one act in so many.
SAMPLED = 3
# What would be saved is read back after one in so many.
READ_BACK = 10
# So many acts edit one document, and all of that is undone and done again; as many do anything.
PHASE = 250
# Acts that are told before the one that failed.
TOLD = 20
# What a walk may take of the machine: an experiment that is too large must be refused, not end everything else.
MOST_MEMORY = 8 << 30
# What Qt says of the machine: its platform that draws into memory, and fonts without the letters of a script.
_KNOWN = ("This plugin does not support", "OpenType support missing for")


@dataclass(frozen=True, slots=True)
class Walked:
    """How a walk ended: what it printed where it failed, with how to take it again; empty where it did not."""

    seed: int
    failure: str


def walk(seed: int, acts: int, timeout: float | None = None) -> Walked:
    """Take a walk in another process."""
    command = [sys.executable, "-m", "tests.soak.walk", "--seed", str(seed), "--acts", str(acts)]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        said = error.stderr.decode(errors="replace") if isinstance(error.stderr, bytes) else ""
        return Walked(seed, f"not at its end after {timeout:g} s\n{_tail(said)}")
    return Walked(seed, f"exit status {done.returncode}\n{_tail(done.stderr)}" if done.returncode else "")


def walks(acts: int, seeds: range) -> list[str]:
    """Take one walk of so many acts for each seed, as many at once as there are cores; the failures."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        done = pool.map(lambda seed: walk(seed, acts), seeds)
        return [f"seed {walked.seed}: {walked.failure}" for walked in done if walked.failure]


def _tail(said: str) -> str:
    """The acts before the failure, and the failure."""
    lines = said.splitlines()
    last = max((place for place, line in enumerate(lines) if line.startswith("act ")), default=0)
    return "\n".join(lines[max(0, last - TOLD) :])


class Troubles:
    """What goes wrong where nobody looks: in slots and events, and what Qt and Python warn of."""

    def __init__(self) -> None:
        self._found: list[str] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Collect them inside."""
        before = sys.excepthook
        sys.excepthook = self._raised
        qInstallMessageHandler(self._said)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                yield
        finally:
            qInstallMessageHandler(None)
            sys.excepthook = before

    def check(self) -> None:
        """Fail where something went wrong."""
        assert not self._found, "; ".join(self._found)

    def _raised(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.__excepthook__(kind, error, trace)
        self._found.append(f"{kind.__name__}: {error}")

    def _said(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if kind is not QtMsgType.QtDebugMsg and not text.startswith(_KNOWN):
            print(f"Qt: {text}", file=sys.stderr, flush=True)
            self._found.append(text)


class Walk:
    """A window, and the acts in it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._troubles, self._remembered = folder, Troubles(), Remembered()
        # How many entries were undone and done again.
        self.undone = 0
        (folder / "broken.chainrule").write_text("{", encoding="utf-8")
        # A copy: what is saved goes where it was read from.
        self._opening = Path(shutil.copy(OPENING_EXAMPLE, folder / "opening.chainrule"))
        self._window = self._opened()

    def go(self, seed: int, places: Iterator[int]) -> None:
        """Do the acts of a seed at these places; tell each before it is done."""
        # A window of another process would stay when the walk is at its end.
        with self._troubles.watched(), patch.object(files, "open_new_window", return_value=True):
            for place in places:
                chance = random.Random(f"{seed} {place}")
                is_editing = place // PHASE % 2 == 1
                act = chance.choice(EDITING if is_editing else WILD)
                # Before it is done: a crash tells nothing.
                print(f"act {place}: {_name(act)}", file=sys.stderr, flush=True)
                # Of a source of its own: how often a popup is asked for depends on the machine.
                with answered_popups(random.Random(f"popup {seed} {place}")):
                    act(self._window, chance)
                self._come_back(place, chance)
                if is_editing:
                    self._remembered.note(self._window.session.document)
                if place % PHASE == PHASE - 1:
                    self._undo_all()
            self._undo_all()
            self._window.session.file.mark_saved(None)
            self._window.close()

    def _undo_all(self) -> None:
        print("undo and redo of all", file=sys.stderr, flush=True)
        self.undone += undo_and_redo_all(self._window, self._remembered)
        self._remembered.forget()
        self._troubles.check()

    def _come_back(self, place: int, chance: random.Random) -> None:
        turn()
        answer(self._window, chance)
        if (popup := QApplication.activePopupWidget()) is not None:
            popup.close()
        self._troubles.check()
        if not self._window.isVisible():
            # Closed, by its action or by a key: the user starts again.
            self._window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            self._window = self._opened()
        if place % SAMPLED == 0:
            check_numbers(self._window)
        if place % READ_BACK == 0:
            check_what_would_be_saved(self._window)
        forget_what_is_large(self._window)
        self._troubles.check()

    def _opened(self) -> MainWindow:
        window = open_window(self._opening, unsaved=self._folder / "unsaved")
        window.setProperty("soak_folder", str(self._folder))
        assert window.session.timeline is not None
        turn(2)
        return window


def _name(act: Callable[..., object]) -> str:
    return act.__qualname__


def _places(only: str) -> Iterator[int]:
    """The numbers in `3,10-20`."""
    for part in only.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def main() -> int:
    """Take the walk that the arguments say; an error ends it, as it would not a window."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.walk", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--acts", type=int, default=750)
    parser.add_argument("--only", default="", help="acts by number, such as 3,10-20; the others are left out")
    asked = parser.parse_args()
    faulthandler.enable()
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        walk = Walk(Path(folder))
        walk.go(asked.seed, _places(asked.only or f"0-{asked.acts - 1}"))
        print(f"{walk.undone} entries were undone and done again", file=sys.stderr)
    # Nothing is at work any longer; torch need not be taken apart.
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
