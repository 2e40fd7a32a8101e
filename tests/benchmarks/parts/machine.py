"""What a measurement depends on beside the program: the machine, its libraries, and the commit."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[3]
LIBRARIES = {"torch": "torch", "numpy": "numpy", "qt": "PySide6-Essentials", "pyqtgraph": "pyqtgraph"}
# Each library that computes takes as many threads as one of these says.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where figures come from: only those of the same machine can be compared."""

    processor: str
    cores: int
    threads: int
    platform: str
    python: str
    libraries: dict[str, str]


@dataclass(frozen=True, slots=True)
class Commit:
    """What was measured; `dirty` if the folder has changes that the commit does not."""

    version: str
    commit: str
    dirty: bool
    date: str


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load_average() -> float:
    """How many programs wanted to run in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def this_machine(threads: int) -> Machine:
    """This machine, with all libraries held to that many threads."""
    return Machine(
        _processor(),
        cores(),
        threads,
        platform.platform(),
        platform.python_version(),
        {name: found for name, package in LIBRARIES.items() if (found := _version(package))},
    )


def this_commit() -> Commit:
    """What lies in this folder now. Without git it is the version alone."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Commit(_version("chainrule"), _git("rev-parse", "HEAD"), bool(_git("status", "--porcelain")), now)


def _processor() -> str:
    """The processor's model, which Linux tells in a file and others by themselves."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _git(*arguments: str) -> str:
    try:
        run = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return run.stdout.strip()
