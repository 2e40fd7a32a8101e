"""The program's window in the clean system, as who sits before it sees it: a picture, a title, keys and files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chainrule.ui.style.appearance import LIGHT
from tests.dist.bundle import PROJECT
from tests.dist.screen import PATIENCE_S, Screen, open_screen, wait_for
from tests.dist.system import Mount, System

# Different pictures of the timeline in a run: each shows another iteration.
COUNTED = 12
# Entries of the File menu from Quit up to the one that saves with trained parameters.
UPS = 9
SOCKETS = Path("/tmp/.X11-unix")
# What the machine of the tests has and the clean system has not.
_HIDDEN = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/fontconfig", "/etc/fonts", "/usr/share/icons")


@dataclass(frozen=True, slots=True)
class Window:
    """A window, the display that it is on, and the process that shows it."""

    screen: Screen
    number: str
    process: subprocess.Popen[str]

    @property
    def title(self) -> str:
        """What stands in the title bar."""
        return self.screen.title(self.number)

    def press(self, *keys: str) -> None:
        """Press keys in this window."""
        self.screen.focus(self.number)
        self.screen.press(*keys)

    def first_step(self) -> None:
        """Take the first micro-step, and wait for it: PyTorch is loaded then."""
        self.press("Right")
        wait_for("the first step", lambda: self.screen.shows(LIGHT.forward))

    def whole_iteration(self) -> None:
        """Go to the end of the iteration, and wait for it: all phases are done."""
        self.press("Return")
        wait_for("the end of the iteration", lambda: self.screen.shows(LIGHT.update))

    def trains(self) -> None:
        """Wait until the timeline has gone through more pictures than a focus, a hint or a cursor makes: it counts."""
        seen: set[bytes] = set()

        def counts() -> bool:
            seen.add(self.screen.timeline().tobytes())
            return len(seen) >= COUNTED

        wait_for("a timeline that counts iterations", counts)

    def save_trained(self, inside: str, file: Path) -> None:
        """Save with trained parameters from the File menu, by keys, and wait for the file."""
        self.press("alt+f")
        self.screen.settled()
        # From the end: how many entries there are before it depends on whether a file was used already. Reverting is
        # passed over, for nothing was changed.
        self.screen.press(*["Up"] * UPS, "Return")
        self.answer("Save an experiment", inside)
        wait_for("the file", file.is_file)

    def answer(self, title: str, text: str) -> None:
        """Type a file's name into a dialog, and accept it."""
        dialog = self.screen.window(title)
        self.screen.focus(dialog)
        self.screen.press("ctrl+a")
        self.screen.type(text)
        self.screen.press("Return")

    def quit(self) -> tuple[int, str]:
        """Close it by its key; the exit status, and what was said on stderr."""
        self.press("ctrl+q")
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said


@contextmanager
def window_of(system: System, folder: Path, *arguments: str) -> Iterator[Window]:
    """The bundle's window on a display of its own, once it is drawn."""
    with open_screen(folder) as screen, _shown(screen, on_screen(system, screen).start(*arguments)) as window:
        yield window


@contextmanager
def window_of_the_source(folder: Path, home: Path) -> Iterator[Window]:
    """The same of the source tree, on this machine, with its fonts, icons and settings hidden."""
    hide = [f"mount -t tmpfs none {place}" for place in _HIDDEN if os.path.isdir(place)]
    start = f"exec {sys.executable} -m chainrule"
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", *root, "--mount", "--fork", "--kill-child", "/bin/sh", "-c", "\n".join([*hide, start])]
    with open_screen(folder) as screen:
        environment = {"DISPLAY": screen.name, "HOME": str(home), "PYTHONPATH": str(PROJECT / "src")}
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        with _shown(screen, process) as window:
            yield window


def on_screen(system: System, screen: Screen) -> System:
    """The system before a display; its socket lies where X looks for it."""
    return system.mounting(Mount(SOCKETS, str(SOCKETS))).with_environment(DISPLAY=screen.name)


@contextmanager
def _shown(screen: Screen, process: subprocess.Popen[str]) -> Iterator[Window]:
    try:
        wait_for("a drawn window", lambda: screen.is_drawn() or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1]
        number = screen.window("Chainrule")
        screen.fill(number)
        yield Window(screen, number, process)
    finally:
        process.kill()
        process.communicate()
