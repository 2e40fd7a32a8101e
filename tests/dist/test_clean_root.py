"""The clean system is clean: what the program needs is in the bundle, and nowhere else."""

from __future__ import annotations

import pytest

from tests.dist.system import System

PYTHON = ("python3*", "libpython*")
QT_NEEDS = ("libX11*", "libxcb*", "libGL*", "libEGL*", "libfontconfig*", "libglib-*", "libdbus-1*", "*.ttf", "*.otf")


@pytest.mark.parametrize("name", [*PYTHON, *QT_NEEDS])
def test_it_has_no_python_x_fonts_or_d_bus(bare: System, name: str) -> None:
    assert list(bare.root.rglob(name)) == []


def test_its_environment_is_empty_and_there_is_no_network(bare: System) -> None:
    assert bare.run_other("/usr/bin/env").stdout == ""
    _, _, *interfaces = bare.run_other("/bin/cat", "/proc/net/dev").stdout.splitlines()
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


def test_it_cannot_be_written_to(bare: System) -> None:
    done = bare.run_other("/usr/bin/touch", "/usr/x", "/etc/x", "/x")
    assert done.returncode == 1
    assert done.stderr.count("touch: cannot") == 3
