"""From the command to the window, to the first number, and how the window fares while torch loads behind it.

Each start is a process of its own, with everything in the page cache. A display in memory tells what a user sees of the
program as it is; a driver watches the window from inside where that is needed. On a busy machine `import torch` tells
how much slower than usual all of it is, and a bare window of Qt what of a start is not ours.
`python -m tests.benchmarks.bench_startup --bundle PATH` measures a bundle's executable in the same way.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import pkgutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import chainrule
from chainrule import catalog
from chainrule.resource_files import OPENING_EXAMPLE
from chainrule.ui.style.appearance import LIGHT
from tests.benchmarks.parts import screen, startup_driver
from tests.benchmarks.parts.screen import Screen
from tests.benchmarks.parts.table import Row, report
from tests.benchmarks.parts.timing import Sample
from tests.x_server import is_available

INSTALLED = (sys.executable, "-m", "chainrule")
TIMES = 7
LONGEST_S = 120.0
POLL_S = 0.003
# Where the network is in a window of 1280 x 800, and how many colours its numbers have at the least: shades of their
# edges. An empty frame has a few.
STAGE = (300, 140, 960, 455)
LEAST_COLORS = 40
READ_COLOR = int(LIGHT.read.removeprefix("#"), 16)
BARE_WINDOW = """
from PySide6.QtWidgets import QApplication, QWidget
application = QApplication([])
window = QWidget()
window.show()
application.processEvents()
"""
CATALOGUE = """
import sys, time
start = time.perf_counter()
for name in sys.argv[1:]:
    __import__(name)
print(time.perf_counter() - start)
"""


def seconds_of(command: Sequence[str]) -> float:
    """How long a command takes, to its end."""
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=LONGEST_S)
    return time.monotonic() - start


def compile_as_an_installer_does() -> None:
    """Write the bytecode of the program: pip does when it installs, and a working copy may never have been run."""
    compileall.compile_dir(Path(chainrule.__file__).parent, quiet=1)


def seconds_of_a_bare_window() -> float:
    """How long Python and Qt take to show a window with nothing in it, and to end."""
    start = time.monotonic()
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", BARE_WINDOW]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=LONGEST_S, env=environment)
    return time.monotonic() - start


def milliseconds_of_the_catalogue() -> float:
    """What all modules of `chainrule.catalog` take to be imported, in a Python that has started.

    They are looked for here: whoever imports them knows their names.
    """
    names = [module.name for module in pkgutil.walk_packages(catalog.__path__, f"{catalog.__name__}.")]
    command = [sys.executable, "-c", CATALOGUE, *names]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=LONGEST_S, text=True)
    return 1000 * float(done.stdout)


def beside_torch(command: Sequence[str]) -> Iterator[tuple[float, float]]:
    """What `import torch` alone takes, and what `trace` takes beyond it, each beside the other."""
    for _ in range(TIMES):
        torch = seconds_of([sys.executable, "-c", "import torch"])
        yield torch, seconds_of([*command, "trace", str(OPENING_EXAMPLE)]) - torch


def watched(mode: str) -> dict[str, float]:
    """What the driver saw of a start, in seconds."""
    command = [sys.executable, startup_driver.__file__, str(time.monotonic()), mode]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=LONGEST_S, env=environment
    )
    seen: dict[str, float] = json.loads(done.stdout)
    return seen


def wait_for(seen: Callable[[], bool], program: subprocess.Popen[bytes]) -> float:
    """The time at which something is seen on the screen."""
    end = time.monotonic() + LONGEST_S
    while not seen():
        if program.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"the window did not come to show it (status {program.poll()})")
        time.sleep(POLL_S)
    return time.monotonic()


def seen_start(command: Sequence[str], shown: Screen) -> tuple[float, float]:
    """Seconds from the command until the network is on the screen, and until its first step is, pressed at once."""
    environment = {**os.environ, "DISPLAY": shown.name, "QT_QPA_PLATFORM": "xcb"}
    start = time.monotonic()
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as program:
        try:
            painted = wait_for(lambda: len(shown.colors(*STAGE)) >= LEAST_COLORS, program)
            press = ["xdotool", "search", "--onlyvisible", "--name", "Chainrule", "windowfocus", "key", "Right"]
            subprocess.run(press, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=LONGEST_S)
            stepped = wait_for(lambda: READ_COLOR in shown.colors(*STAGE, every=2), program)
        finally:
            program.kill()
    return painted - start, stepped - start


def starts_on_a_screen(command: Sequence[str], first_paint: float) -> Iterator[Row]:
    """What a user sees of a program, however it is packaged."""
    found = []
    for _ in range(TIMES):
        with screen.screen() as shown:
            found.append(seen_start(command, shown))
    painted, stepped = zip(*found, strict=True)
    yield Row.of("command to first paint, xcb", Sample.of(painted), first_paint, "s")
    yield Row.of("command to first step, xcb", Sample.of(stepped), 1.5, "s")


def starts_watched() -> Iterator[Row]:
    """What the window sees of itself."""
    idle = [watched("idle") for _ in range(TIMES)]
    press = [watched("press") for _ in range(TIMES)]
    yield Row.of("bare window of Qt", Sample.of(seconds_of_a_bare_window() for _ in range(TIMES)), None, "s")
    yield Row.of("command to first paint", Sample.of(seen["paint"] for seen in idle + press), 0.6, "s")
    yield Row.of("command to first step", Sample.of(seen["step"] for seen in press), 1.5, "s")
    yield Row.of("longest stall, torch loads", Sample.of(1000 * seen["stall"] for seen in idle), 100.0, "ms")
    yield Row.of("longest stall, Right waits for torch", Sample.of(1000 * seen["stall"] for seen in press), 100.0, "ms")
    stalls = Sample.of(1000 * seen["referee_stall"] for seen in idle)
    yield Row.of("longest stall, torch.optim loads", stalls, 100.0, "ms")


def commands(command: Sequence[str]) -> Iterator[Row]:
    """What needs no window."""
    version = Sample.of(seconds_of([*command, "--version"]) for _ in range(3 * TIMES))
    yield Row.of("--version", version, 0.1, "s")
    if command == INSTALLED:
        catalog = Sample.of(milliseconds_of_the_catalogue() for _ in range(3 * TIMES))
        yield Row.of("import of the catalogue beyond Python's start", catalog, 50.0, "ms")
    torch, beyond = zip(*beside_torch(command), strict=True)
    yield Row.of("import torch", Sample.of(torch), None, "s")
    yield Row.of("trace beyond import torch", Sample.of(beyond), 0.1, "s")


def rows() -> Iterator[Row]:
    """The limits of an installed program; the first start fills the page cache and does not count."""
    compile_as_an_installer_does()
    watched("idle")
    yield from commands(INSTALLED)
    yield from starts_watched()
    if is_available():
        yield from starts_on_a_screen(INSTALLED, first_paint=0.6)


def bundle_rows(bundle: Path) -> Iterator[Row]:
    """The limits of a bundle, of which only the outside can be seen."""
    command = (str(bundle.resolve()),)
    seconds_of([*command, "trace", str(OPENING_EXAMPLE)])
    yield from commands(command)
    yield from starts_on_a_screen(command, first_paint=0.4)


def main() -> int:
    """Measure the installed program, or a bundle; the exit status is 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_startup", description=__doc__)
    parser.add_argument("--bundle", type=Path, metavar="PATH", help="the executable of a bundle")
    bundle = parser.parse_args().bundle
    return report(list(rows() if bundle is None else bundle_rows(bundle)))


if __name__ == "__main__":
    sys.exit(main())
