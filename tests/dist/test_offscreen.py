"""The window on Qt's offscreen platform, where nothing is seen: it opens, loads PyTorch behind it, and says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chainrule.resource_files import OPENING_EXAMPLE
from tests.dist.screen import wait_for
from tests.dist.system import System

PYTORCH, OFFSCREEN = "libtorch_cpu.so", "libqoffscreen.so"


def processes_under(number: int) -> Iterator[int]:
    """A process, its children, theirs, and so on."""
    yield number
    for task in Path(f"/proc/{number}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from processes_under(int(child))


def has_loaded(number: int, library: str) -> bool:
    """Whether a process has mapped it; one that has just ended has not."""
    try:
        return any(library in Path(f"/proc/{each}/maps").read_text() for each in processes_under(number))
    except OSError:
        return False


def test_it_opens_and_loads_pytorch_behind_the_window(system: System, experiments: str) -> None:
    process = system.with_environment(QT_QPA_PLATFORM="offscreen").start(f"{experiments}/{OPENING_EXAMPLE.name}")
    try:
        # PyTorch is loaded after the first paint and not before.
        wait_for("PyTorch", lambda: process.poll() is not None or has_loaded(process.pid, PYTORCH))
        assert process.poll() is None
        assert has_loaded(process.pid, OFFSCREEN)
    finally:
        process.kill()
        _, said = process.communicate()
    assert "Traceback" not in said
