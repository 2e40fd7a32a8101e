"""The memory of the machine: how much there is for more, and giving back what is free."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

_MEMINFO, _STATM = Path("/proc/meminfo"), Path("/proc/self/statm")
# From here on a block is large: that takes a little longer to ask for, and is done seldom.
LARGE_BLOCK = 4 * 2**20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_CGROUP, _CGROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def free_memory() -> int | None:
    """Return how many bytes this process can still take: what the machine has left, or its limits.

    None where none tells.
    """
    found = [value for look in (_of_machine, _of_cgroup, _of_limit) if (value := _reported(look)) is not None]
    return max(0, min(found)) if found else None


def _reported(look: Callable[[], int | None]) -> int | None:
    try:
        return look()
    except (OSError, ValueError, IndexError, ImportError, AttributeError):
        # Another system, or one that tells it in another way.
        return None


def _of_machine() -> int | None:
    if sys.platform == "win32":
        return _of_windows()
    if _MEMINFO.exists():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024 if "MemAvailable" in lines else None
    # Where only all of it is told: half is not in use, as a rule.
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def _of_windows() -> int | None:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *(
                (name, ctypes.c_ulonglong)
                for name in ("all", "free", "all_paged", "paged", "all_own", "own", "extended")
            ),
        )

    status = Status(length=ctypes.sizeof(Status))
    # Of the machine, of what it can put aside, and of this process's addresses.
    has_answered = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined,unused-ignore]
    return min(int(status.free), int(status.paged), int(status.own)) if has_answered else None


def _of_cgroup() -> int | None:
    """Return what the container leaves: the least of the groups that this process is in."""
    path = next(line.partition("::")[2] for line in _CGROUP.read_text(encoding="ascii").splitlines() if "::" in line)
    group, found = _CGROUPS / path.strip("/"), []
    for folder in (group, *group.parents):
        if (most := folder / "memory.max").exists() and (text := most.read_text(encoding="ascii").strip()) != "max":
            used = int((folder / "memory.current").read_text(encoding="ascii"))
            # What is only there to be read again, such as files, makes room.
            stat = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
            found.append(int(text) - used + int(stat.get("inactive_file", 0)))
    return min(found, default=None)


def _of_limit() -> int | None:
    """Return what `ulimit -v` leaves of this process's addresses."""
    import resource  # noqa: PLC0415 - not on Windows

    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY:
        return None
    return most - int(_STATM.read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")


def return_large_blocks() -> None:
    """Have large blocks of memory given back to the system as soon as they are free.

    glibc keeps free blocks of up to 32 MB for what comes next, and after a while as much lies free as is in use.
    """
    if (library := _glibc()) is not None:
        library.mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
        # Once one is set the other follows no more: small blocks would go to the system and come all the time.
        library.mallopt(_M_TRIM_THRESHOLD, 4 * LARGE_BLOCK)


def give_back() -> None:
    """Give memory that is free back to the system, where the C library would keep it between what is in use."""
    if (library := _glibc()) is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
