"""How long the bundle takes to start, and how large it is: measured from outside, and held only to what is sane."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule.ui.style.appearance import LIGHT
from tests.dist import bundle
from tests.dist.screen import Screen, open_screen, wait_for
from tests.dist.system import SHELL, System
from tests.dist.windows import on_screen

Record = Callable[[str, object], None]
# The clock is read inside: a clean system takes a while to put together.
CLOCK = "/bin/date +%s.%N"


@pytest.fixture
def record(record_property: Record) -> Record:
    """Keep a figure for the summary, under a name of `FIGURES`."""
    return record_property


def test_version(system: System, record: Record) -> None:
    command = f"{CLOCK}; {system.program} --version; {CLOCK}"
    times = []
    for _ in range(5):
        before, version, after = system.run_other(SHELL, "-c", command).stdout.splitlines()
        assert version.startswith("chainrule ")
        times.append(float(after) - float(before))
    record("version_s", f"{min(times):.3f}")


def test_window_and_first_step(system: System, tmp_path: Path, record: Record) -> None:
    windows, steps = [], []
    for attempt in range(3):
        folder = tmp_path / f"picture {attempt}"
        folder.mkdir()
        with open_screen(folder) as screen:
            window, step = seconds_to_start(on_screen(system, screen), screen)
        windows.append(window)
        steps.append(step)
    record("window_s", f"{min(windows):.2f}")
    record("first_step_s", f"{min(steps):.2f}")


def seconds_to_start(system: System, screen: Screen) -> tuple[float, float]:
    """From the command to the drawn window, and to the first step, whose key is pressed at once."""
    command = system.command([SHELL, "-c", f"{CLOCK}; exec {system.program}"])
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        begin = float(process.stdout.readline())
        try:
            wait_for("a drawn window", screen.is_drawn, poll_s=0.005)
            drawn = time.time()
            screen.focus(screen.window("Chainrule"))
            screen.press("Right")
            wait_for("the first step", lambda: screen.shows(LIGHT.forward), poll_s=0.005)
            return drawn - begin, time.time() - begin
        finally:
            process.kill()


def test_size(record: Record) -> None:
    files = [path for path in bundle.unpacked().rglob("*") if path.is_file() and not path.is_symlink()]
    # A file that several names lead to is on the disk once.
    blocks = {path.stat().st_ino: path.stat().st_blocks * 512 for path in files}
    archive = os.path.getsize(bundle.newest(bundle.ARCHIVE))
    record("unpacked_mb", f"{sum(blocks.values()) / 1e6:.0f}")
    record("archive_mb", f"{archive / 1e6:.0f}")
    assert archive < sum(blocks.values())
