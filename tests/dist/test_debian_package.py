"""The Debian package: installed by dpkg in a clean system of its own, used there, and removed without a trace."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chainrule import __version__
from tests.dist import bundle
from tests.dist.clean_root import clean_root
from tests.dist.system import HOME, Mount, System
from tests.dist.windows import window_of

PACKAGE = "/media/stick/chainrule.deb"
# Where dpkg and the tools that it calls keep their own notes.
_NOTES = ("var/lib/dpkg", "var/log", "var/cache", "etc/ld.so.cache")


@pytest.fixture
def own_root(tmp_path: Path) -> Iterator[Path]:
    """A copy of the clean system, which may be written to."""
    root = tmp_path / "root"
    shutil.copytree(clean_root(bundle.CLEAN_ROOTS), root, symlinks=True, ignore=shutil.ignore_patterns("dev"))
    yield root
    shutil.rmtree(root)


def test_it_is_installed_used_and_purged(own_root: Path, bare: System, home: Path, tmp_path: Path) -> None:
    administrator = replace(bare, root=own_root, writable_root=True).with_environment(PATH="/usr/sbin:/usr/bin")
    administrator = administrator.mounting(Mount(bundle.newest(bundle.PACKAGE), PACKAGE))
    before = names(own_root)
    quiet(administrator, "dpkg", "--install", PACKAGE)
    quiet(administrator, "dpkg", "--verify", "chainrule")
    status = administrator.run_other("/usr/bin/dpkg-query", "--show", "--showformat=${Status} ${Version}", "chainrule")
    assert status.stdout == f"install ok installed {__version__}"

    pupil = replace(bare, root=own_root, program="/usr/bin/chainrule").mounting(Mount(home, HOME, writable=True))
    assert pupil.run("--version").stdout == f"chainrule {__version__}\n"
    assert pupil.run("doctor").stdout.endswith("nothing is missing\n")
    picture = tmp_path / "picture"
    picture.mkdir()
    with window_of(pupil, picture) as window:
        window.first_step()
        assert window.quit()[0] == 0
    check_desktop_files(own_root / "usr/share")

    quiet(administrator, "dpkg", "--purge", "chainrule")
    assert names(own_root) == before


def check_desktop_files(share: Path) -> None:
    """The desktop entry, the type of its files, icons and the man page are there, and fit together."""
    entry = ConfigParser(interpolation=None)
    entry.read(share / "applications/chainrule.desktop")
    desktop = entry["Desktop Entry"]
    assert desktop["Exec"].split()[0] == "chainrule"
    types = ElementTree.parse(share / "mime/packages/chainrule.xml").getroot()
    space = {"m": "http://www.freedesktop.org/standards/shared-mime-info"}
    (kind,) = types.findall("m:mime-type", space)
    assert kind.attrib["type"] in desktop["MimeType"].split(";")
    assert [glob.attrib["pattern"] for glob in kind.findall("m:glob", space)] == ["*.chainrule"]
    assert list(share.glob(f"icons/hicolor/*/apps/{desktop['Icon']}.*"))
    manual = gzip.decompress((share / "man/man1/chainrule.1.gz").read_bytes()).decode()
    for command in ("trace", "train", "verify", "doctor"):
        assert command in manual


def quiet(system: System, *command: str) -> None:
    """Run a command that must succeed."""
    done = system.run_other("/usr/bin/env", *command)
    assert done.returncode == 0, done.stdout + done.stderr


def names(root: Path) -> set[str]:
    """Every file and folder, but for dpkg's own notes."""
    found = (path.relative_to(root) for path in root.rglob("*"))
    return {str(path) for path in found if not str(path).startswith(_NOTES)}
