"""The Debian package: the bundle under /usr/lib/chainrule, and what a desktop wants to know about it."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pictures

LINUX = Path(__file__).resolve().parent / "linux"
DRAWING = LINUX.parents[1] / "icons" / "chainrule.svg"

# The bundle brings every other library; its executable is linked to zlib before it can look into the bundle.
DEPENDS = "libc6 (>= {glibc}), zlib1g"
MAINTAINER = "The Chainrule authors <chainrule@example.org>"

# Debian wants the GPL and the Apache licence by reference, not in full, in the file of this name.
COPYRIGHT_OF_OTHERS = """
The works of others that are bundled, with their licences:
/usr/share/doc/chainrule/THIRD-PARTY.txt.gz
"""

CONTROL = """\
Package: chainrule
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Depends: {depends}
Section: education
Priority: optional
Description: see, touch and check every number of backpropagation
 Chainrule shows the forward pass, the backward pass and the optimizer's
 update of a neural network, one computation at a time, forward and back,
 with the equation of each number. Any number can be edited; PyTorch's own
 autograd and optimizers check the rest.
 .
 This package holds the whole program, PyTorch and Qt included. It needs no
 Python and no network.
"""


def make(bundle: Path, target: Path, version: str, date: int) -> None:
    """Write the package; `bundle` is the folder with the executable and the licences in it."""
    root = target.with_suffix(".root")
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(bundle, root / "usr/lib/chainrule", symlinks=True)
    _link(root / "usr/bin/chainrule", "../lib/chainrule/chainrule")
    install_desktop_files(root / "usr/share", version, date)
    _documents(root, version, date)
    _write(root / "DEBIAN/control", control_text(version, architecture(), depends(bundle), _kilobytes(root)))
    _write(root / "DEBIAN/md5sums", _md5sums(root))
    _plain_modes(root, date)
    _build(root, target, date)
    shutil.rmtree(root)


def architecture() -> str:
    """Return Debian's name for this machine, such as amd64."""
    return _output(["dpkg", "--print-architecture"]).strip()


def control_text(version: str, machine: str, needs: str, kilobytes: int) -> str:
    """Return what dpkg is told about the package."""
    return CONTROL.format(
        maintainer=MAINTAINER, version=version, architecture=machine, kilobytes=kilobytes, depends=needs
    )


def depends(bundle: Path) -> str:
    """Return the oldest glibc that the libraries of the bundle run on, as a dependency."""
    libraries = (path for path in bundle.rglob("*.so*") if path.is_file() and not path.is_symlink())
    return DEPENDS.format(glibc=newest_glibc(_output(["objdump", "-p", str(path)]) for path in libraries))


def newest_glibc(headers: Iterable[str]) -> str:
    """Return the highest GLIBC_x.y that these outputs of `objdump -p` ask for."""
    asked = {match for header in headers for match in re.findall(r"\bGLIBC_(\d+)\.(\d+)", header)}
    major, minor = max((int(major), int(minor)) for major, minor in asked)
    return f"{major}.{minor}"


def install_desktop_files(share: Path, version: str, date: int) -> None:
    """Write the desktop entry, the MIME type, the icons and the man page below a `share` folder."""
    _copy(LINUX / "chainrule.desktop", share / "applications/chainrule.desktop")
    _copy(LINUX / "chainrule.xml", share / "mime/packages/chainrule.xml")
    icons = share / "icons/hicolor"
    _copy(DRAWING, icons / "scalable/apps/chainrule.svg")
    for size in pictures.HICOLOR_SIZES:
        _write(icons / f"{size}x{size}/apps/chainrule.png", pictures.png(DRAWING, size))
    manual = manual_text(version, date).encode()
    _write(share / "man/man1/chainrule.1.gz", gzip.compress(manual, 9, mtime=date))


def manual_text(version: str, date: int) -> str:
    """Return the man page of this version."""
    day = datetime.fromtimestamp(date, UTC).date().isoformat()
    return (LINUX / "chainrule.1").read_text(encoding="utf-8").replace("@VERSION@", version).replace("@DATE@", day)


def _documents(root: Path, version: str, date: int) -> None:
    program, documents = root / "usr/lib/chainrule", root / "usr/share/doc/chainrule"
    licence, notice = program / "LICENSE.txt", program / "THIRD-PARTY.txt"
    _write(documents / "copyright", licence.read_text(encoding="utf-8") + COPYRIGHT_OF_OTHERS)
    _write(documents / "THIRD-PARTY.txt.gz", gzip.compress(notice.read_bytes(), 9, mtime=date))
    licence.unlink()
    notice.unlink()
    when = datetime.fromtimestamp(date, UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    changes = f"chainrule ({version}) unstable; urgency=medium\n\n  * Release {version}.\n\n -- {MAINTAINER}  {when}\n"
    _write(documents / "changelog.gz", gzip.compress(changes.encode(), 9, mtime=date))


def _md5sums(root: Path) -> str:
    lines = []
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and not path.is_symlink() and relative.parts[0] != "DEBIAN":
            with path.open("rb") as stream:
                lines.append(f"{hashlib.file_digest(stream, 'md5').hexdigest()}  {relative}\n")
    return "".join(lines)


def _build(root: Path, target: Path, date: int) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(date)}
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z7", "--build", str(root), str(target)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def _plain_modes(root: Path, date: int) -> None:
    for path in [root, *root.rglob("*")]:
        if path.is_symlink():
            continue
        program = path.is_dir() or path.parent == root / "usr/lib/chainrule" or path.name == "torch_shm_manager"
        path.chmod(0o755 if program else 0o644)
        os.utime(path, (date, date))


def _kilobytes(root: Path) -> int:
    return sum(-(-path.lstat().st_size // 1024) for path in root.rglob("*"))


def _link(path: Path, to: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(target: Path, content: str | bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
