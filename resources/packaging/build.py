#!/usr/bin/env python3
"""Build the standalone program for the platform that this runs on: `make dist` calls it.

What comes out lies in `dist`. README.md beside this file says what it is made of and what it was measured to be.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import archive
import debian
import macos
import notices
import pictures
import windows
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
    draw()
    freeze()
    if sys.platform == "linux":
        strip(BUNDLE / "_internal")
    add_licences()
    for made in pack():
        print(f"{made.stat().st_size / 1e6:7.1f} MB  {made.relative_to(ROOT)}")
    return 0


def draw() -> None:
    """Make the icon of this platform's executable."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if sys.platform == "win32":
        icon = pictures.ico({size: pictures.png(debian.DRAWING, size) for size in pictures.ICO_SIZES})
        (BUILT / "chainrule.ico").write_bytes(icon)
        (BUILT / "version.txt").write_text(windows.version_resource(__version__), encoding="utf-8")
    if sys.platform == "darwin":
        icon = pictures.icns({size: pictures.png(debian.DRAWING, size) for size in pictures.ICNS_TYPES})
        (BUILT / "chainrule.icns").write_bytes(icon)


def freeze() -> None:
    """Run PyInstaller's recipe."""
    folders = ["--distpath", str(BUNDLE.parent), "--workpath", str(BUILT / "work")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *folders]
    # The archive of modules is not compressed: each start would decompress more than a thousand of them. What is given
    # out is compressed as a whole, and better.
    environment = {**os.environ, "PYINSTALLER_ZLIB_COMPRESSION_LEVEL": "0"}
    subprocess.run([*command, str(PACKAGING / "chainrule.spec")], check=True, env=environment)


def strip(internal: Path) -> None:
    """Take the symbols out of torch's libraries and Python's own; stripping NumPy's OpenBLAS breaks it."""
    patterns = ("torch/lib/*.so*", "torch/bin/*", "libpython3*", "python3*/lib-dynload/*")
    files = (path for pattern in patterns for path in internal.glob(pattern) if not path.is_symlink())
    subprocess.run(["strip", *map(str, files)], check=True)


def add_licences() -> None:
    """Put the licences beside the executable."""
    found = json.loads((BUILT / "contents.json").read_text(encoding="utf-8"))
    text = notices.text(found["modules"], map(Path, found["files"]))
    (BUNDLE / "THIRD-PARTY.txt").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "LICENSE", BUNDLE / "LICENSE.txt")


def pack() -> list[Path]:
    """Make the files that are given out on this platform."""
    machine = platform.machine().lower()
    if sys.platform == "win32":
        name = f"chainrule-{__version__}-windows-{machine}"
        archive.write_zip(BUNDLE, DIST / f"{name}.zip")
        installer = windows.make_installer(BUNDLE, DIST / f"{name}-setup.exe", __version__)
        return [DIST / f"{name}.zip", *([installer] if installer else [])]
    if sys.platform == "darwin":
        image = DIST / f"chainrule-{__version__}-macos-{machine}.dmg"
        return [macos.make_image(BUNDLE.parent / "Chainrule.app", image)]
    return pack_linux(f"chainrule-{__version__}-linux-{machine}")


def pack_linux(name: str) -> list[Path]:
    """Pack the tar, compressed for every machine and as small as it gets, and where there is dpkg a Debian package."""
    date = archive.source_date()
    tar = DIST / f"{name}.tar"
    archive.write_tar(BUNDLE, tar, date)
    made = [archive.compress(tar, suffix) for suffix in (".gz", ".xz")]
    tar.unlink()
    if shutil.which("dpkg-deb"):
        package = DIST / f"chainrule_{__version__}_{debian.architecture()}.deb"
        debian.make(BUNDLE, package, __version__, date)
        made.append(package)
    return made


if __name__ == "__main__":
    sys.exit(main())
