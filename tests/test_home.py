"""Where the home folder is not known, one is named before a library asks for it and fails."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from chainrule.home import ensure_home

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows always knows one")


def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a user number that no list of users has."""
    import pwd

    def fail(number: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr(pwd, "getpwuid", fail)
    monkeypatch.delenv("HOME", raising=False)
    with pytest.raises(RuntimeError):
        Path.home()


def test_the_root_is_named_where_no_home_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown(monkeypatch)
    ensure_home(os.environ)
    assert Path.home() == Path(os.sep)


def test_a_home_that_is_known_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/pupil")
    ensure_home(os.environ)
    assert os.environ["HOME"] == "/home/pupil"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda number: type("User", (), {"pw_dir": "/home/of/the/list"}))
    ensure_home(os.environ)
    assert "HOME" not in os.environ
