"""Archives that come out the same from the same files: sorted names, one date, no owner."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path


def source_date() -> int:
    """Return the time stamped on everything, in seconds: SOURCE_DATE_EPOCH, or that of the last commit."""
    stamp = os.environ.get("SOURCE_DATE_EPOCH")
    if stamp is None:
        command = ["git", "log", "-1", "--format=%ct"]
        stamp = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return int(stamp or 0)


def write_tar(folder: Path, target: Path, date: int) -> None:
    """Write the folder, under its own name, into an uncompressed tar."""

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = date
        member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        return member

    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as archive:
        for path in [folder, *_below(folder)]:
            archive.add(path, arcname=str(path.relative_to(folder.parent)), recursive=False, filter=plain)


def write_zip(folder: Path, target: Path) -> None:
    """Write the folder, under its own name, into a zip, as Windows unpacks it without another program."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _below(folder):
            if path.is_file():
                archive.write(path, arcname=str(path.relative_to(folder.parent)))


def compress(tar: Path, suffix: str) -> Path:
    """Compress the tar beside itself, as small as the format allows; returns what was written."""
    target = tar.with_name(tar.name + suffix)
    with target.open("wb") as stream:
        subprocess.run([*_compressor(suffix), str(tar)], stdout=stream, check=True)
    return target


def _compressor(suffix: str) -> list[str]:
    if suffix == ".xz":
        # The filter makes calls of one function alike, wherever they are. Unpacking takes 64 MiB of memory.
        filters = ["--x86"] if platform.machine() in ("x86_64", "AMD64") else []
        return ["xz", "--threads=4", *filters, "--lzma2=preset=6,dict=64MiB", "--stdout"]
    # The same format and the same size; pigz uses every core.
    program = "pigz" if shutil.which("pigz") else "gzip"
    return [program, "-9", "-n", "--stdout"]


def _below(folder: Path) -> Iterator[Path]:
    # Alike files side by side compress better; within a folder the order of names does that.
    yield from sorted(folder.rglob("*"), key=lambda path: path.parts)
