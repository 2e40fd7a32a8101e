"""What reading an input may take: processor time and memory, each by the input's size."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
# Of processor time, which a busy machine does not change much; what runs longer than the last is broken off.
FREE_S, S_PER_BYTE, MOST_S = 1.0, 20e-6, 30.0
# A number of a text is a Python float in a tuple, and for a moment there are several copies.
FREE_MB, MB_PER_BYTE = 192.0, 600 / 2**20
# More address space than this no input makes the process take: what asks for it fails, and is found.
MOST_BYTES = 6 << 30


@contextmanager
def bounded(size: int) -> Iterator[None]:
    """Fail where what is done inside took more than an input of so many bytes may."""
    held = _begun()
    # What lies about already is none of the input's: to look through all that a long test run holds takes seconds.
    gc.freeze()
    start = time.process_time()
    try:
        yield
    finally:
        gc.unfreeze()
    took, most = time.process_time() - start, FREE_S + size * S_PER_BYTE
    assert took <= most, f"took {took:.1f} s of {most:.1f}"
    more, most = _megabytes("VmHWM") - held, FREE_MB + size * MB_PER_BYTE
    assert more <= most, f"took {more:.0f} MB of {most:.0f}"


def _begun() -> float:
    """Forget the peak of memory so far, where the system can; what is held now, in MB."""
    if CLEAR.exists():
        CLEAR.write_text("5", "ascii")
    return _megabytes("VmRSS")


def _megabytes(name: str) -> float:
    """A figure of this process; 0 where the system does not tell."""
    if not STATUS.exists():
        return 0.0
    found = re.search(rf"{name}:\s*(\d+) kB", STATUS.read_text("ascii", "replace"))
    return int(found[1]) / 1024 if found is not None else 0.0


def limit_process() -> None:
    """Let no input take the machine with it: address space is bounded, and so is the time of one."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


@contextmanager
def broken_off() -> Iterator[None]:
    """End with `TimeoutError` what takes far too long, in processor time."""
    if os.name == "nt":
        yield
        return

    def end(*_: object) -> None:
        raise TimeoutError(f"broken off after {MOST_S:g} s")

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, MOST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
