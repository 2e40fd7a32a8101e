"""THIRD-PARTY.txt: what the bundle is made of, under which licences, and their texts."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

PACKAGING = Path(__file__).resolve().parent
LICENCES = PACKAGING / "licences"
FONTS = PACKAGING.parent / "fonts"
ICONS = PACKAGING.parent / "icons"
DATA = PACKAGING.parent / "data"

# Their wheels hold no licence text: it is in `licences`.
LGPL = ("LGPL-3.0.txt", "GPL-3.0.txt")
WITHOUT_TEXT = {"PySide6_Essentials": LGPL, "shiboken6": LGPL, "latex2mathml": ("latex2mathml.txt",)}

HEADER = """\
Chainrule is under the MIT licence (LICENSE). This program holds, unchanged and
as separate files or modules, the following works of others. Their licences
follow in the same order.

Qt and Qt for Python are used under the GNU Lesser General Public License,
version 3. Their source code is at https://download.qt.io/official_releases/
under the versions named here. Their libraries lie in _internal/PySide6 and
_internal/shiboken6; you may put others that fit in their place.
"""
RULE = "=" * 79


def text(modules: Iterable[str], sources: Iterable[Path]) -> str:
    """Return the whole notice, for the Python modules and the files that a bundle was made from."""
    parts = [
        *_distributions(modules),
        ("Python", platform.python_version(), _python_licence()),
        ("PyInstaller (its bootloader)", metadata.version("pyinstaller"), _licences("pyinstaller")),
        ("DejaVu fonts", "", [_read(FONTS / "LICENSE-DejaVu.txt")]),
        ("Material Design icons", "", [_read(ICONS / "LICENSE-MaterialDesignIcons.txt")]),
        ("Iris and digits, as scikit-learn keeps them", "", [_read(DATA / "LICENSE-scikit-learn.txt")]),
        *_system_packages(sources),
    ]
    contents = "".join(f"  {name} {version}".rstrip() + "\n" for name, version, _ in parts)
    bodies = (
        f"\n{RULE}\n{f'{name} {version}'.strip()}\n{RULE}\n\n" + "\n\n".join(texts) for name, version, texts in parts
    )
    return f"{HEADER}\n{contents}{''.join(bodies)}"


def _distributions(modules: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    owners = metadata.packages_distributions()
    names = {owner for module in modules for owner in owners.get(module.partition(".")[0], ())}
    for name in sorted(names - {"chainrule"}, key=str.lower):
        yield name, metadata.version(name), _licences(name)


def _licences(name: str) -> list[str]:
    """Return the licence texts in a distribution; an error where there is none, so that none is forgotten."""
    distribution = metadata.distribution(name)
    if distribution.name in WITHOUT_TEXT:
        return [_read(LICENCES / file) for file in WITHOUT_TEXT[distribution.name]]
    found = sorted(file for file in distribution.files or () if _is_licence(file))
    if not found:
        raise LookupError(f"{name} has no licence text: add it to {LICENCES}")
    return [f"({file.name})\n\n{_read(Path(file.locate()))}" for file in found]


def _is_licence(file: metadata.PackagePath) -> bool:
    inside = any(part.endswith(".dist-info") for part in file.parts[:-1])
    return inside and file.name.upper().startswith(("LICEN", "COPYING", "NOTICE", "AUTHORS"))


def _python_licence() -> list[str]:
    path = Path(sysconfig.get_path("stdlib"), "LICENSE.txt")
    if not path.exists():
        # Windows and Debian keep it elsewhere.
        elsewhere = (Path(sys.base_prefix, "LICENSE.txt"), *Path("/usr/share/doc").glob("python3*/copyright"))
        path = next(candidate for candidate in elsewhere if candidate.exists())
    return [_read(path)]


def _system_packages(sources: Iterable[Path]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield, on Debian and Ubuntu, where bundles are built to be given away, the packages of the system's libraries."""
    files = {path.resolve() for path in sources if str(path).startswith(("/lib/", "/usr/lib/"))}
    if not files or shutil.which("dpkg-query") is None:
        return
    # By pattern: for dpkg a library may lie in /lib, where /usr/lib is the same folder.
    patterns = sorted(f"*/{path.parent.name}/{path.name}" for path in files)
    # One line a file: "package:amd64: /usr/lib/x86_64-linux-gnu/libGL.so.1.7.0".
    command = ["dpkg-query", "--search", *patterns]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    for package in sorted({line.partition(":")[0] for line in lines}):
        query = ["dpkg-query", "--show", "--showformat=${Version}\n", package]
        version = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0]
        yield package, version, [_read(Path("/usr/share/doc", package, "copyright"))]


def _read(path: Path) -> str:
    # Some names of authors are in older encodings.
    return path.read_text(encoding="utf-8", errors="replace")
