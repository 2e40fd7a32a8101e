"""A file that two windows have open: the second one says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.model.files.storage import read_stamped, write_experiment
from chainrule.session.files.in_use import FilesInUse
from chainrule.session.session import Session
from tests.experiments import article, dense


class Opened:
    """A session with a file, as a window has it, and what it was told."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.session = Session(article())
        self.warnings: list[str] = []
        self.session.signals.warned.connect(self.warnings.append)
        self.in_use = FilesInUse(self.session.file, self.session.signals, folder)
        self.open(path)

    def open(self, path: Path) -> None:
        contents, stamp = read_stamped(path)
        self.session.file.open(contents.experiment, path, stamp=stamp)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "open"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "mine.chainrule"
    write_experiment(article(), made)
    return made


def test_the_second_window_with_a_file_says_so(path: Path, folder: Path) -> None:
    first, second = Opened(path, folder), Opened(path, folder)
    assert first.warnings == []
    (warning,) = second.warnings
    assert warning.startswith("mine.chainrule is open in another window of Chainrule, too.")
    # Once, not at each edit.
    second.session.editor.edit("Edit", lambda _: dense((2, 1), 2), restart=True)
    assert len(second.warnings) == 1


def test_a_link_to_the_file_is_the_file(path: Path, folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "other.chainrule"
    link.symlink_to(path)
    Opened(path, folder)
    assert Opened(link, folder).warnings


def test_a_window_that_is_closed_or_has_another_file_is_in_nobodys_way(
    path: Path, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.chainrule"
    write_experiment(article(), other)
    first = Opened(path, folder)
    first.open(other)
    second = Opened(path, folder)
    assert second.warnings == []
    second.in_use.close()
    assert Opened(path, folder).warnings == []
    assert Opened(other, folder).warnings


def test_without_a_place_for_locks_nothing_is_said(path: Path, tmp_path: Path) -> None:
    in_the_way = tmp_path / "state"
    in_the_way.write_text("")
    assert Opened(path, in_the_way / "open").warnings == []
