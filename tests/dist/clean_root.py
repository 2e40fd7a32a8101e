"""A clean Debian without Python, X libraries, fonts or D-Bus, in which the bundle must do everything.

It is what `debootstrap --variant=minbase` makes: the packages that every Debian has, and no other. It is made once and
kept in `build/dist-test`, or in the folder that CLEAN_ROOT names. The mirror is DEBIAN_MIRROR, else the one that this
machine's apt uses, else deb.debian.org.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

RELEASE = "bookworm"
DEFAULT_MIRROR = "http://deb.debian.org/debian"


class NotHereError(Exception):
    """What this machine lacks for the proof, in one line."""


def clean_root(folder: Path) -> Path:
    """The folder of the clean system, made at the first call."""
    root = folder / RELEASE
    if not root.is_dir():
        check_machine()
        # Under another name until it is whole: what was interrupted is not taken for a system.
        unfinished = folder / f"{RELEASE}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        _make(unfinished)
        unfinished.rename(root)
    return root


def check_machine() -> None:
    """Refuse, in one line, a machine on which no clean system can be made or entered."""
    if sys.platform != "linux":
        raise NotHereError("a clean Debian root can be made on Linux only")
    tools = ["unshare", "chroot", "debootstrap" if os.geteuid() == 0 else "mmdebstrap", "Xvfb", "xdotool"]
    if missing := [tool for tool in tools if not shutil.which(tool, path=_path())]:
        raise NotHereError(
            f"{' and '.join(missing)} missing; get them with apt-get install {' '.join(missing).lower()}"
        )
    entered = subprocess.run([*unshare(), "true"], capture_output=True, text=True, check=False)
    if entered.returncode != 0:
        raise NotHereError(f"no mount namespace can be made here, run it as root: {entered.stderr.strip()}")


def unshare() -> list[str]:
    """What to put before a command that mounts: namespaces of its own, without a network, which end with it."""
    own = ["--mount", "--pid", "--net", "--fork", "--kill-child"]
    return ["unshare", *own] if os.geteuid() == 0 else ["unshare", "--map-root-user", *own]


def mirror() -> str:
    """Where Debian's packages come from."""
    if named := os.environ.get("DEBIAN_MIRROR"):
        return named
    if shutil.which("apt-get") is None:
        return DEFAULT_MIRROR
    # Not the security updates, which have the label Debian-Security and are no whole release.
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Label: Debian"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return found[0].rstrip("/") if found else DEFAULT_MIRROR


def _make(root: Path) -> None:
    """Make it with debootstrap as root; without, with mmdebstrap, whose archive is unpacked without devices."""
    if os.geteuid() == 0:
        _run(["debootstrap", "--variant=minbase", RELEASE, str(root), mirror()])
        return
    archive = root.with_suffix(".tar")
    _run(["mmdebstrap", "--variant=minbase", "--include=", RELEASE, str(archive), mirror()])
    root.mkdir()
    _run(["tar", "--extract", "--file", str(archive), "--directory", str(root), "--exclude=./dev/*"])
    archive.unlink()


def _run(command: list[str]) -> None:
    print(f"Making a clean Debian root: {' '.join(command)}", flush=True)
    done = subprocess.run(
        command, env={**os.environ, "PATH": _path()}, capture_output=True, text=True, check=False, timeout=900
    )
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip().splitlines()
        raise NotHereError(f"{command[0]} did not succeed: {said[-1] if said else done.returncode}")


def _path() -> str:
    """The search path, with the folders of system tools, which not every user's has."""
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
