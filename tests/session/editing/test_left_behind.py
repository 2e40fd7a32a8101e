"""What windows left behind is found whatever else lies there, by one window at a time, and only if it is not saved."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.files import disk
from chainrule.model.files.locks import FileLock
from chainrule.model.files.stamp import FileStat, Stamp
from chainrule.model.files.storage import MAX_BYTES, encode_experiment, read_stamped, write_experiment
from chainrule.session.background import slicer
from chainrule.session.files.copies import Head
from chainrule.session.files.recovery import Recovery
from chainrule.session.session import Session
from tests.experiments import article, mazur
from tests.session.conftest import Open

DEEP = b"[" * 100_000


def keeping(session: Session, folder: Path) -> Recovery:
    return Recovery(session.file, session.signals, folder, session, delay_ms=60_000)


def left_behind(folder: Path, name: str, path: Path | None = None, stamp: Stamp | None = None) -> Path:
    file = folder / f"{name}.unsaved"
    head = Head(None if path is None else str(path), stamp)
    file.write_bytes(head.line() + encode_experiment(article()))
    return file


STAMP = {"mark": {"size": 3, "mtime_ns": 4, "inode": 5}, "digest": "ab"}


def test_a_first_line_comes_back_as_it_was_written() -> None:
    for head in (Head(None), Head("/home/pupil/\udcff", Stamp(FileStat(3, 4, 5), "ab"), 7)):
        assert Head.parse(head.line()) == head
    assert json.loads(Head("a", Stamp(FileStat(3, 4, 5), "ab"), 7).line()) == {"path": "a", "stamp": STAMP, "number": 7}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stamp", []),
        ("stamp", {}),
        ("stamp", {**STAMP, "mark": 3}),
        ("stamp", {**STAMP, "mark": {}}),
        ("stamp", {**STAMP, "digest": 7}),
        ("number", "7"),
    ],
)
def test_a_field_that_makes_no_sense_leaves_the_others(field: str, value: object) -> None:
    head = Head("a", Stamp(FileStat(3, 4, 5), "ab"), 7)
    found = Head.parse(json.dumps(json.loads(head.line()) | {field: value}).encode())
    assert found == replace(head, **{field: None})


@pytest.mark.parametrize("line", [b"{}", b"[]", b"null", b"3", b'{"path": 3}', b'"path"'])
def test_a_first_line_without_a_file_makes_no_sense(line: bytes) -> None:
    with pytest.raises(TypeError):
        Head.parse(line)


@pytest.mark.parametrize(
    "data", [DEEP, b'{"path": null}\n' + DEEP, b'{"path": null}\n{"format": "\\ud800"}', b"x" * (MAX_BYTES + 2**20)]
)
def test_a_bad_copy_does_not_hide_the_others(qtbot: QtBot, opened: Open, tmp_path: Path, data: bytes) -> None:
    os.utime(left_behind(tmp_path, "good"), (0, 0))
    (tmp_path / "bad.unsaved").write_bytes(data)
    recovery = keeping(opened(), tmp_path)
    assert [copy.experiment for copy in recovery.lost()] == [article()]
    recovery.close()


def test_a_copy_as_large_as_a_file_may_be_is_offered(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    file = left_behind(tmp_path, "large")
    head, _, body = file.read_bytes().partition(b"\n")
    file.write_bytes(head + b"\n" + body.ljust(MAX_BYTES))
    recovery = keeping(opened(), tmp_path)
    assert [copy.experiment for copy in recovery.lost()] == [article()]
    recovery.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes of this kind")
def test_what_is_no_file_does_not_hide_the_others_and_is_not_waited_for(
    qtbot: QtBot, opened: Open, tmp_path: Path
) -> None:
    left_behind(tmp_path, "good")
    os.mkfifo(tmp_path / "pipe.unsaved")
    (tmp_path / "folder.unsaved").mkdir()
    (tmp_path / "nowhere.unsaved").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "fifo")
    left_behind(tmp_path, "of a pipe", tmp_path / "fifo")
    recovery = keeping(opened(), tmp_path)
    copies = list(recovery.lost())
    assert sorted(copy.file.name for copy in copies) == ["good.unsaved", "of a pipe.unsaved"]
    assert not any(copy.is_older for copy in copies)
    recovery.close()


@pytest.mark.parametrize("content", [b"", b"4242\nchainrule\nanother-host\n", b"\0" * 4096])
def test_a_lock_that_nobody_holds_does_not_hide_a_copy(
    qtbot: QtBot, opened: Open, tmp_path: Path, content: bytes
) -> None:
    file = left_behind(tmp_path, "x")
    Path(f"{file}.lock").write_bytes(content)
    recovery = keeping(opened(), tmp_path)
    assert [copy.file for copy in recovery.lost()] == [file]
    recovery.close()


def test_temporary_files_and_locks_of_nobody_are_taken_away(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    (tmp_path / "gone.unsaved.lock").write_text("")
    temporary = tmp_path / ".chainrule-0.tmp"
    temporary.write_text("")
    os.utime(temporary, (0, 0))
    held = FileLock(tmp_path / "new.unsaved")
    assert held.acquire()
    assert list(keeping(opened(), tmp_path).lost()) == []
    assert [*tmp_path.iterdir()] == [held.path]
    held.release()


def test_a_copy_is_offered_by_one_window_at_a_time(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    file = left_behind(tmp_path, "x")
    first, second = keeping(opened(), tmp_path), keeping(opened(), tmp_path)
    copy = next(first.lost())
    assert list(second.lost()) == []
    first.leave(copy)
    again = next(second.lost())
    assert list(first.lost()) == []
    second.discard(again)
    assert list(first.lost()) == list(second.lost()) == []
    assert not file.exists()
    assert [*tmp_path.iterdir()] == []


def test_a_window_that_closes_gives_back_what_it_has_offered(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    left_behind(tmp_path, "x")
    first, second = keeping(opened(), tmp_path), keeping(opened(), tmp_path)
    assert len(list(first.lost())) == 1
    first.close()
    assert len(list(second.lost())) == 1
    second.close()


def test_what_was_restored_is_kept_until_there_is_another_copy(
    qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = left_behind(tmp_path, "x")
    session = opened()
    recovery = keeping(session, tmp_path)
    copy = next(recovery.lost())
    session.file.open(copy.experiment, None, modified=True)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(disk.os, "replace", full)
        recovery.take_over(copy)
    assert list(tmp_path.glob("*.unsaved")) == [file]
    with qtbot.waitSignal(recovery.written):
        recovery.update()
    assert file not in tmp_path.glob("*.unsaved")
    assert len(list(tmp_path.glob("*.unsaved"))) == 1
    recovery.close()


def test_a_copy_that_its_file_holds_is_none(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "mine.chainrule"
    write_experiment(article(), path)
    left_behind(tmp_path, "x", path)
    assert list(keeping(opened(), tmp_path).lost()) == []
    assert [*tmp_path.iterdir()] == [path]


def test_a_file_that_was_written_after_its_copy_is_told(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "mine.chainrule"
    write_experiment(mazur(), path)
    stamp = read_stamped(path)[1]
    file = left_behind(tmp_path, "x", path, stamp)
    recovery = keeping(opened(), tmp_path)
    copy = next(recovery.lost())
    assert copy.stamp == stamp
    assert not copy.is_older
    write_experiment(replace(mazur(), title="later"), path)
    os.utime(file, (0, 0))
    assert copy.is_older
    recovery.close()


def test_a_large_copy_is_written_in_slices_and_given_up_when_all_is_saved(
    qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicer, "FIRST_SLICE_S", 0.001)
    session = opened()
    recovery = keeping(session, tmp_path)
    rows = tuple((float(row), 0.1 + row) for row in range(20_000))
    session.editor.edit("Paste rows", edits.set_rows(rows, ((1 / 3,),) * len(rows)))
    recovery.update()
    assert list(tmp_path.glob(disk.TEMPORARY))
    assert not list(tmp_path.glob("*.unsaved"))
    session.file.mark_saved(tmp_path / "mine.chainrule")
    assert not list(tmp_path.glob(disk.TEMPORARY))
    session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
    with qtbot.waitSignal(recovery.written):
        recovery.update()
    assert len(list(tmp_path.glob("*.unsaved"))) == 1
    recovery.close()
    assert not list(tmp_path.iterdir())


SAVED_AND_KILLED = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from chainrule.catalog.values import refs
from chainrule.model.files.storage import write_experiment
from chainrule.session.files.recovery import Recovery
from chainrule.session.session import Session
from tests.experiments import article
application = QCoreApplication([])
session = Session(article())
recovery = Recovery(session.file, session.signals, Path(sys.argv[1]))
session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
recovery.update()
assert list(Path(sys.argv[1]).glob("*.unsaved"))
session.number_editor.edit_number(refs.weight(0), (0, 0), 0.5)
path = Path(sys.argv[2])
session.file.mark_saved(path, session.file.save_point, write_experiment(session.file.to_save, path).stamp)
print("saved", flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_kill_right_after_a_save_leaves_no_older_copy(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "mine.chainrule"
    command = [sys.executable, "-c", SAVED_AND_KILLED, str(tmp_path), str(path)]
    done = subprocess.run(command, check=False, timeout=120, capture_output=True)
    assert (done.stdout, done.stderr) == (b"saved\n", b"")
    assert done.returncode != 0
    recovery = keeping(opened(), tmp_path)
    assert list(recovery.lost()) == []
    assert [*tmp_path.iterdir()] == [path]


LIVING = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from chainrule.catalog.values import refs
from chainrule.session.files.recovery import Recovery
from chainrule.session.session import Session
from tests.experiments import article
application = QCoreApplication([])
session = Session(article())
recovery = Recovery(session.file, session.signals, Path(sys.argv[1]))
offered = list(recovery.lost())
session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
recovery.update()
print(len(offered), flush=True)
sys.stdin.readline()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_what_another_process_has_or_offers_is_its_own_until_it_is_killed(
    qtbot: QtBot, opened: Open, tmp_path: Path
) -> None:
    left_behind(tmp_path, "x")
    recovery = keeping(opened(), tmp_path)
    command = [sys.executable, "-c", LIVING, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        assert len(list(tmp_path.glob("*.unsaved"))) == 2
        assert list(recovery.lost()) == []
        process.kill()
    assert len(list(recovery.lost())) == 2
    recovery.close()
