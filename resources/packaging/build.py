#!/usr/bin/env python3
"""Build the standalone program for the platform that this runs on: `make dist` calls it.

What comes out lies in `dist`. README.md beside this file says what it is made of and what it was measured to be.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path

import archive
from chainrule import __version__

PACKAGING = Path(__file__).resolve().parent
ROOT = PACKAGING.parents[1]

DIST = ROOT / "dist"
BUILT = ROOT / "build" / "dist"
BUNDLE = BUILT / "bundle" / f"chainrule-{__version__}"


def main() -> int:
    """Build everything that this platform ships, and say how large it is."""
    # PyInstaller would take an old analysis for good after a change in hooks or in what is left out.
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir(parents=True)
    DIST.mkdir(exist_ok=True)
    freeze()
    if sys.platform == "linux":
        strip(BUNDLE / "_internal")
    for made in pack():
        print(f"{made.stat().st_size / 1e6:7.1f} MB  {made.relative_to(ROOT)}")
    return 0


def freeze() -> None:
    """Run PyInstaller's recipe."""
    folders = ["--distpath", str(BUNDLE.parent), "--workpath", str(BUILT / "work")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *folders]
    subprocess.run([*command, str(PACKAGING / "chainrule.spec")], check=True)


def strip(internal: Path) -> None:
    """Take the symbols out of torch's libraries and Python's own; stripping NumPy's OpenBLAS breaks it."""
    patterns = ("torch/lib/*.so*", "libpython3*", "python3*/lib-dynload/*")
    files = (path for pattern in patterns for path in internal.glob(pattern) if not path.is_symlink())
    subprocess.run(["strip", *map(str, files)], check=True)


def pack() -> list[Path]:
    """Make the files that are given out."""
    name = f"chainrule-{__version__}-{sys.platform}-{platform.machine()}"
    tar = DIST / f"{name}.tar"
    archive.write_tar(BUNDLE, tar, archive.source_date())
    made = [archive.compress(tar, ".gz")]
    tar.unlink()
    return made


if __name__ == "__main__":
    sys.exit(main())
