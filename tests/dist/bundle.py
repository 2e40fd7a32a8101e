"""The bundle that is proved: the newest archive that `make dist` left, unpacked once into a folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.dist.clean_root import NotHereError, check_machine, clean_root
from tests.dist.system import Mount, System, owned

PROJECT = Path(__file__).resolve().parents[2]
# The folder with the archive and the package.
DIST = Path(os.environ.get("DIST", PROJECT / "dist"))
# What is kept between runs, and the bundle unpacked.
BUILD = PROJECT / "build" / "dist-test"
CLEAN_ROOTS = Path(os.environ.get("CLEAN_ROOT", BUILD))
# Their names, as patterns: the newest that fits is taken.
ARCHIVE, PACKAGE = "chainrule-*-linux-*.tar.gz", "chainrule_*.deb"
_UNPACKED = BUILD / "unpacked"


def prepare() -> None:
    """Make the clean root where there is none, and unpack the bundle in it with its own tar."""
    check_machine()
    root, archive = clean_root(CLEAN_ROOTS), newest(ARCHIVE)
    shutil.rmtree(_UNPACKED, ignore_errors=True)
    work = BUILD / "unpacking"
    work.mkdir(parents=True, exist_ok=True)
    mounts = Mount(archive, "/media/stick/archive.tar.gz"), Mount(owned(_UNPACKED), "/media/stick/unpacked", True)
    done = System(root, work, mounts).run_other(
        "/bin/tar", "-xzf", "/media/stick/archive.tar.gz", "-C", "/media/stick/unpacked"
    )
    if done.returncode != 0:
        raise NotHereError(f"{archive} cannot be unpacked: {done.stderr.strip()}")


def newest(pattern: str) -> Path:
    """The newest file of that name in `dist`."""
    found = sorted(DIST.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        raise NotHereError(f"no {pattern} in {DIST}; make dist builds it")
    return found[-1]


def unpacked() -> Path:
    """The one folder of the archive."""
    (folder,) = _UNPACKED.iterdir()
    return folder


def resources() -> Path:
    """The folder of experiments, fonts and icons in the bundle, from the bundle's own folder on."""
    (found,) = unpacked().glob("**/experiments")
    return found.parent.relative_to(unpacked())
