"""A clean system with the bundle in it, for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dist import bundle
from tests.dist.clean_root import NotHereError, clean_root
from tests.dist.figures import FIGURES
from tests.dist.system import BUNDLE, HOME, Mount, System, owned


def pytest_sessionstart(session: pytest.Session) -> None:
    """Once, before the processes that run the tests begin."""
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    try:
        bundle.prepare()
    except NotHereError as error:
        pytest.exit(f"The bundle cannot be proved here: {error}", returncode=1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures that tests measured, which nothing is held to."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name in FIGURES:
                terminalreporter.write_line(f"{FIGURES[name]}: {value}")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of who runs the program, as a folder of this machine."""
    return owned(tmp_path / "home")


@pytest.fixture
def bare(tmp_path: Path) -> System:
    """The clean system alone, without the bundle."""
    work = tmp_path / "system"
    work.mkdir()
    return System(clean_root(bundle.CLEAN_ROOTS), work)


@pytest.fixture
def system(bare: System, home: Path) -> System:
    """The clean system with the bundle on a stick that cannot be written to, and a home; HOME is not set."""
    return bare.mounting(Mount(bundle.unpacked(), BUNDLE), Mount(home, HOME, writable=True))


@pytest.fixture
def experiments() -> str:
    """The folder of the experiments that come with the bundle, inside."""
    return f"{BUNDLE}/{bundle.resources()}/experiments"
