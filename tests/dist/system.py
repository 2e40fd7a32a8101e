"""Commands inside a clean system: its own root, an empty environment, no network, and only what a test mounts.

A root is put together for each command, in a mount namespace of its own: a skeleton in memory on which the folders of
the clean system are mounted, read-only, and beside them what the test adds. Nothing that a command does is left for
the next, but in a folder that was mounted writable.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.dist.clean_root import unshare

# Inside, where nothing else is said.
BUNDLE = "/media/stick/chainrule"
HOME = "/home/pupil"
# A user like any other: root may write where others may not. Without root's rights, it is who runs the tests.
USER = 1000
# Torch takes under 3 s; a machine that is busy for minutes is no error.
TIMEOUT_S = 300.0
SHELL = "/bin/sh"
_DEVICES = ("null", "zero", "full", "random", "urandom")
_OWN = ("dev", "proc", "sys", "tmp", "run", "home", "mnt", "media", "srv", "boot", "root", "opt")


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of this machine, or (None) an empty folder in memory, at a place inside."""

    source: Path | None
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class System:
    """A clean system, and what a test adds to it or takes away. `program` is the path of the executable inside."""

    root: Path
    work: Path
    mounts: tuple[Mount, ...] = ()
    program: str = f"{BUNDLE}/chainrule"
    environment: Mapping[str, str] = field(default_factory=dict)
    shared_memory: bool = True
    writable_tmp: bool = True
    # A root of the test's own, which packages are installed in; by its superuser.
    writable_root: bool = False

    def mounting(self, *mounts: Mount) -> System:
        """The same with more mounted."""
        return replace(self, mounts=(*self.mounts, *mounts))

    def with_environment(self, **variables: str) -> System:
        """The same with these variables, and otherwise an empty environment."""
        return replace(self, environment={**self.environment, **variables})

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the program to its end."""
        return self.run_other(self.program, *arguments)

    def run_other(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the system to its end."""
        return subprocess.run(
            self.command(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=TIMEOUT_S,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program; killing the process ends all that runs inside."""
        command = self.command([self.program, *arguments])
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )

    def command(self, command: Sequence[str]) -> list[str]:
        """The command that does it, to be run on this machine."""
        return [*unshare(), SHELL, "-c", "\n".join([*self._lines(), self._inside(command), "exit $?"])]

    def _inside(self, command: Sequence[str]) -> str:
        # Without --userspec: the superuser, or in a namespace of a user's own that user.
        who = [] if self.writable_root or os.geteuid() != 0 else [f"--userspec={USER}:{USER}", "--groups="]
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        # Debian's own path for `env` itself; the command gets none.
        return "PATH=/usr/sbin:/usr/bin " + shlex.join(
            ["chroot", *who, str(self.work), "/usr/bin/env", "-i", *variables, *command]
        )

    def _lines(self) -> list[str]:
        """The mounts, as lines of a shell script."""
        lines = ["set -e", f"mount -t tmpfs -o mode=755 tmpfs {_quoted(self.work)}"]
        for entry in sorted(self.root.iterdir()):
            inside = self.work / entry.name
            if entry.is_symlink():
                lines.append(f"ln -s {_quoted(os.readlink(entry))} {_quoted(inside)}")
            elif entry.is_dir() and entry.name not in _OWN:
                lines += self._mount(Mount(entry, f"/{entry.name}", self.writable_root))
        lines += self._kernel_s_folders()
        for mount in self.mounts:
            lines += self._mount(mount)
        if not self.writable_tmp:
            lines.append(f"mount -o remount,bind,ro {_quoted(self.work / 'tmp')}")
        return [*lines, "set +e"]

    def _kernel_s_folders(self) -> list[str]:
        """Processes, devices, /tmp and the rest of what a running system has."""
        dev, proc, sys, tmp, home = (_quoted(self.work / name) for name in ("dev", "proc", "sys", "tmp", "home"))
        lines = [f"mkdir {dev} {proc} {sys} {tmp} {home}", f"mount -t tmpfs -o mode=1777 tmpfs {tmp}"]
        # A container may not mount a /proc of its own: then that of outside.
        lines.append(f"mount -t proc proc {proc} 2>/dev/null || mount --rbind /proc {proc}")
        lines.append(f"mount --rbind /sys {sys}")
        for device in _DEVICES:
            inside = _quoted(self.work / "dev" / device)
            lines += [f"touch {inside}", f"mount --bind /dev/{device} {inside}"]
        lines.append(f"ln -s /proc/self/fd {dev}/fd")
        if self.shared_memory:
            lines += [f"mkdir {dev}/shm", f"mount -t tmpfs -o mode=1777 tmpfs {dev}/shm"]
        return lines

    def _mount(self, mount: Mount) -> list[str]:
        target = self.work / mount.target.removeprefix("/")
        inside = _quoted(target)
        if mount.source is None:
            return [f"mkdir -p {inside}", f"mount -t tmpfs -o mode=1777 tmpfs {inside}"]
        point = f"mkdir -p {inside}" if mount.source.is_dir() else f"mkdir -p {_quoted(target.parent)}; touch {inside}"
        lines = [point, f"mount --bind {_quoted(mount.source)} {inside}"]
        return lines if mount.writable else [*lines, f"mount -o remount,bind,ro {inside}"]


def owned(folder: Path) -> Path:
    """The folder, made where it is missing, as that of the user who runs the program inside."""
    folder.mkdir(parents=True, exist_ok=True)
    return given(folder)


def given(path: Path) -> Path:
    """The file or folder, given to the user who runs the program inside."""
    if os.geteuid() == 0:
        os.chown(path, USER, USER)
    return path


def _quoted(path: str | Path) -> str:
    return shlex.quote(str(path))
