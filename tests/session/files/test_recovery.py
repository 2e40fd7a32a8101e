"""A copy of what is not saved is there when the program ends unexpectedly, and only then."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.files import disk
from chainrule.model.files.disk import exhaust
from chainrule.model.files.storage import writing
from chainrule.session.files.recovery import Recovery, recovery_folder
from chainrule.session.session import Session
from tests.experiments import article
from tests.session.conftest import Open


def keeping(session: Session, folder: Path) -> Recovery:
    return Recovery(session.file, session.signals, folder, session, delay_ms=1)


def edit(session: Session, value: float = 0.75) -> None:
    session.number_editor.edit_number(refs.weight(0), (0, 0), value)


def test_nothing_is_written_where_nothing_is_edited(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    session = opened()
    recovery = keeping(session, tmp_path / "unsaved")
    session.navigator.step_forward()
    recovery.update()
    assert not list(tmp_path.iterdir())


def test_an_edit_is_kept_until_it_is_saved(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    session = opened()
    recovery = keeping(session, tmp_path)
    with qtbot.waitSignal(recovery.written):
        edit(session)
    assert len(list(tmp_path.glob("*.unsaved"))) == 1
    session.file.mark_saved(tmp_path / "mine.chainrule")
    recovery.update()
    assert not list(tmp_path.glob("*.unsaved"))
    recovery.close()
    assert not list(tmp_path.iterdir())


def test_edits_that_never_pause_are_kept_all_the_same(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    session = opened()
    recovery = Recovery(session.file, session.signals, tmp_path, session, delay_ms=20)
    values, never_pausing = count(1), QTimer(session)
    never_pausing.timeout.connect(lambda: edit(session, float(next(values))))
    with qtbot.waitSignal(recovery.written):
        never_pausing.start(0)
    never_pausing.stop()
    recovery.close()


def test_a_window_that_is_open_is_not_one_that_was_lost(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    first, second = opened(), opened()
    theirs, ours = keeping(first, tmp_path), keeping(second, tmp_path)
    edit(first)
    edit(second)
    theirs.update()
    ours.update()
    assert len(list(tmp_path.glob("*.unsaved"))) == 2
    assert list(ours.lost()) == list(theirs.lost()) == []
    theirs.close()
    ours.close()


KILLED = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from chainrule.catalog.values import refs
from chainrule.session.files.recovery import Recovery
from chainrule.session.session import Session
from tests.experiments import article
application = QCoreApplication([])
session = Session(article())
session.file.path = Path(sys.argv[2])
recovery = Recovery(session.file, session.signals, Path(sys.argv[1]))
session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
recovery.update()
os.kill(os.getpid(), 9)
"""


def test_what_a_killed_program_had_is_found_with_the_file_it_belongs_to(
    qtbot: QtBot, opened: Open, tmp_path: Path
) -> None:
    path = tmp_path / "of the class ü.chainrule"
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), str(path)], check=False, timeout=120)
    assert done.returncode != 0

    recovery = keeping(opened(), tmp_path)
    (copy,) = recovery.lost()
    assert copy.path == path
    assert copy.experiment.parameters[refs.weight(0)] == ((0.75, 0.2), (0.3, 0.4))
    assert replace(copy.experiment, parameters={}) == replace(article(), parameters={})
    recovery.discard(copy)
    assert list(recovery.lost()) == []


@pytest.mark.parametrize("data", [b"", b"{}", b'{"path": null}\n{"format": ', b"[]\n", b"\xff\xfe", b'{"path": 3}\n{}'])
def test_a_copy_that_makes_no_sense_is_put_aside_and_told(
    qtbot: QtBot, opened: Open, tmp_path: Path, data: bytes
) -> None:
    file = tmp_path / "x.unsaved"
    file.write_bytes(data)
    session, said = opened(), []
    session.signals.noticed.connect(said.append)
    assert list(keeping(session, tmp_path).lost()) == []
    aside = file.with_suffix(".damaged")
    assert aside.read_bytes() == data
    assert len(said) == 1
    assert str(aside) in said[0]
    assert [*tmp_path.iterdir()] == [aside]


def test_a_full_disk_is_told_once_and_the_copy_comes_when_there_is_room_again(
    qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened()
    recovery, said, tried = keeping(session, tmp_path), [], []
    session.signals.noticed.connect(said.append)

    def full(*names: object) -> None:
        tried.append(names)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "replace", full)
        edit(session)
        recovery.update()
        qtbot.waitUntil(lambda: len(said) == 1)
        edit(session, 0.5)
        recovery.update()
        qtbot.waitUntil(lambda: len(tried) == 2)
    assert said == ["Chainrule cannot keep a copy of what is not saved (the disk is full). Save your work yourself."]
    assert session.experiment.parameters[refs.weight(0)][0][0] == 0.5  # type: ignore[index]
    assert not list(tmp_path.glob("*.unsaved"))
    written(qtbot, recovery)
    assert len(list(tmp_path.glob("*.unsaved"))) == 1
    recovery.close()


def test_a_folder_that_cannot_be_made_is_told(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    session = opened()
    recovery, said = keeping(session, tmp_path / "file" / "unsaved"), []
    session.signals.noticed.connect(said.append)
    assert list(recovery.lost()) == []
    edit(session)
    recovery.update()
    qtbot.waitUntil(lambda: len(said) == 1)
    recovery.close()


def written(qtbot: QtBot, recovery: Recovery) -> None:
    """Write the copy, in slices where the machine is busy."""
    with qtbot.waitSignal(recovery.written):
        recovery.update()


def save(session: Session, path: Path, *, meanwhile: Callable[[], object]) -> None:
    """Save as the window does, and go on editing while that lasts; what follows a save does not come any more."""
    point = session.file.save_point
    meanwhile()
    exhaust(
        writing(
            point.experiment, path, overwrite=True, ready=lambda stamp: session.signals.saving.emit(path, point, stamp)
        )
    )


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("name", ["same.chainrule", "other.chainrule"])
def test_where_the_program_ends_with_a_save_only_what_was_edited_after_its_beginning_is_offered(
    qtbot: QtBot, opened: Open, tmp_path: Path, keeps: bool, name: str
) -> None:
    """Whether a copy of that was kept or not; under the document's own name or another."""
    session = opened()
    session.file.path = tmp_path / "same.chainrule"
    unsaved, left = tmp_path / "unsaved", tmp_path / "left"
    recovery = Recovery(session.file, session.signals, unsaved, session, delay_ms=60_000)
    edit(session)
    written(qtbot, recovery)
    edit(session, 0.5)

    def meanwhile() -> None:
        edit(session, 0.25)
        if keeps:
            written(qtbot, recovery)

    save(session, tmp_path / name, meanwhile=meanwhile)
    # As it lies there when the process is gone.
    copytree(unsaved, left, ignore=ignore_patterns("*.lock"))
    others = keeping(opened(), left)
    found = [copy.experiment.parameters[refs.weight(0)] for copy in others.lost()]
    assert found == ([((0.25, 0.2), (0.3, 0.4))] if keeps else [])
    others.close()
    recovery.close()
    assert not list(unsaved.iterdir())


@pytest.mark.parametrize("note", ["", "{}", "[]", '{"path": 3}', '{"path": "/", "stamp": {}, "number": 9}'])
def test_a_note_that_makes_no_sense_hides_no_copy(qtbot: QtBot, opened: Open, tmp_path: Path, note: str) -> None:
    session = opened()
    unsaved, left = tmp_path / "unsaved", tmp_path / "left"
    recovery = Recovery(session.file, session.signals, unsaved, session, delay_ms=60_000)
    edit(session)
    written(qtbot, recovery)
    copytree(unsaved, left, ignore=ignore_patterns("*.lock"))
    (file,) = left.iterdir()
    file.with_suffix(".saving").write_text(note)
    others = keeping(opened(), left)
    (copy,) = others.lost()
    others.discard(copy)
    assert not list(left.iterdir())
    (left / "gone.saving").write_text(note)
    assert not list(others.lost())
    assert not list(left.iterdir())
    recovery.close()


def test_the_folder_is_the_users_own(qtbot: QtBot) -> None:
    assert recovery_folder().is_absolute()
    assert recovery_folder().name == "unsaved"
