"""What belongs to a file besides its content: its mode, its owner and group, its extended attributes."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

# Rights that come with an owner are not given to another.
_OF_THE_OWNER = stat.S_ISUID | stat.S_ISGID


def take_over(descriptor: int, old: Path) -> tuple[str, ...]:
    """Give a new file what an old one has; return what could not be kept, in words."""
    if sys.platform == "win32":
        return ()
    before, lost = old.stat(), _owner(descriptor, old)
    # File systems of other systems have no modes to set, or no attributes.
    with suppress(OSError):
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode) & (~_OF_THE_OWNER if lost else ~0))
    if sys.platform == "linux":
        _attributes(descriptor, old)
    links = ("had other names on this disk (hard links), which keep what was there before",)
    return (*lost, *links) if before.st_nlink > 1 else lost


def _owner(descriptor: int, old: Path) -> tuple[str, ...]:
    if sys.platform == "win32":
        return ()
    before, now = old.stat(), os.fstat(descriptor)
    if (before.st_uid, before.st_gid) == (now.st_uid, now.st_gid):
        return ()
    # The group can be kept by its members even where the owner cannot.
    for owner in (before.st_uid, -1):
        try:
            os.fchown(descriptor, owner, before.st_gid)
            break
        except OSError:
            continue
    now, lost = os.fstat(descriptor), []
    if now.st_uid != before.st_uid:
        lost.append(f"belonged to {_user(before.st_uid)} and belongs to {_user(now.st_uid)} now")
    if now.st_gid != before.st_gid:
        lost.append(f"was of the group {_group(before.st_gid)} and is of {_group(now.st_gid)} now")
    return tuple(lost)


def _attributes(descriptor: int, old: Path) -> None:
    """Copy the lists of who may do what: they are attributes, too."""
    if sys.platform != "linux":
        return
    try:
        names = os.listxattr(old)
    except OSError:
        return
    for name in names:
        with suppress(OSError):
            os.setxattr(descriptor, name, os.getxattr(old, name))


def _user(number: int) -> str:
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    import grp  # noqa: PLC0415 - not on Windows

    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
