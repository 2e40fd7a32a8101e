"""A file is replaced whole or not at all, keeps what belongs to it, and what somebody else wrote is not replaced."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.model.files import disk, ownership
from chainrule.model.files.disk import FileChangedError, cleaning, exhaust, replacing
from chainrule.model.files.locks import FileLock, try_lock
from chainrule.model.files.stamp import FileChange, Stamp, changed_since
from chainrule.model.files.storage import read_stamped, write_experiment, writing
from tests.experiments import article, mazur

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes and links of this kind")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "mine.chainrule"
    write_experiment(article(), made)
    return made


def change_of(path: Path, stamp: Stamp | None) -> FileChange:
    return exhaust(changed_since(path, stamp))[0]


def later(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))


def test_a_stamp_tells_another_content_from_another_time(path: Path) -> None:
    _, stamp = read_stamped(path)
    assert change_of(path, stamp) is FileChange.NONE
    later(path)
    assert change_of(path, stamp) is FileChange.NONE
    data = path.read_bytes()
    path.unlink()
    assert change_of(path, stamp) is FileChange.GONE
    path.write_bytes(data)
    assert change_of(path, stamp) is FileChange.NONE
    path.write_bytes(data + b" ")
    assert change_of(path, stamp) is FileChange.OTHER


def test_the_same_length_at_the_same_time_is_seen_all_the_same(path: Path) -> None:
    _, stamp = read_stamped(path)
    status = path.stat()
    path.write_bytes(path.read_bytes().replace(b"0.1", b"0.7"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert change_of(path, stamp) is FileChange.OTHER


def test_what_is_written_leaves_the_stamp_that_reading_it_gives(path: Path) -> None:
    _, stamp = read_stamped(path)
    written = exhaust(writing(mazur(), path, stamp))
    assert written.stamp == read_stamped(path)[1]
    assert exhaust(writing(article(), path, written.stamp)).notes == ()


def test_a_file_that_somebody_else_changed_is_left_alone(path: Path) -> None:
    _, stamp = read_stamped(path)
    path.write_text("theirs")
    for since in (stamp, None):
        with pytest.raises(FileChangedError):
            exhaust(writing(mazur(), path, since))
    assert path.read_text() == "theirs"
    assert list(path.parent.iterdir()) == [path]
    exhaust(writing(mazur(), path, stamp, overwrite=True))
    assert read_stamped(path)[0].experiment == mazur()


def test_a_change_while_it_is_written_is_seen_too(path: Path) -> None:
    _, stamp = read_stamped(path)
    work = writing(mazur(), path, stamp)
    while not list(path.parent.glob(disk.TEMPORARY)):
        next(work)
    path.write_text("theirs")
    with pytest.raises(FileChangedError):
        exhaust(work)
    assert path.read_text() == "theirs"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_gone_is_written_anew_and_told(path: Path) -> None:
    _, stamp = read_stamped(path)
    path.unlink()
    assert exhaust(writing(mazur(), path, stamp)).notes == ("was gone, and was written anew",)
    assert read_stamped(path)[0].experiment == mazur()


def test_work_that_is_given_up_leaves_the_old_file_and_nothing_beside_it(path: Path) -> None:
    before, work = path.read_bytes(), writing(mazur(), path, overwrite=True)
    while not list(path.parent.glob(disk.TEMPORARY)):
        next(work)
    work.close()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o4755])
def test_every_bit_of_the_mode_stays_whatever_the_umask(path: Path, mode: int) -> None:
    path.chmod(mode)
    before = os.umask(0o077)
    try:
        write_experiment(mazur(), path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@POSIX
def test_what_is_being_written_is_nobody_elses_to_read(path: Path) -> None:
    path.chmod(0o600)
    work = writing(mazur(), path, overwrite=True)
    while not list(path.parent.glob(disk.TEMPORARY)):
        next(work)
    (temporary,) = path.parent.glob(disk.TEMPORARY)
    assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
    work.close()


@pytest.mark.skipif(sys.platform != "linux", reason="attributes of Linux")
def test_extended_attributes_stay(path: Path) -> None:
    try:
        os.setxattr(path, "user.course", b"7b")
    except OSError:
        pytest.skip("this disk has no attributes")
    write_experiment(mazur(), path)
    assert os.getxattr(path, "user.course") == b"7b"


@POSIX
def test_an_owner_that_cannot_be_kept_is_told_and_rights_of_his_are_not_given_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.chmod(0o4755)
    other = os.stat_result((*path.stat()[:4], 4_000_001, 4_000_002, *path.stat()[6:]))
    stat_of = Path.stat

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "")

    monkeypatch.setattr(ownership.os, "fchown", refuse)
    monkeypatch.setattr(Path, "stat", lambda file, **more: other if file == path else stat_of(file, **more))
    notes = write_experiment(mazur(), path).notes
    monkeypatch.undo()
    assert len(notes) == 2
    assert notes[0].startswith("belonged to 4000001 and belongs to ")
    assert notes[1].startswith("was of the group 4000002 and is of ")
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


@POSIX
def test_other_names_of_a_file_keep_what_was_there_and_that_is_told(path: Path) -> None:
    twin, before = path.with_name("twin"), path.read_bytes()
    try:
        os.link(path, twin)
    except OSError:
        pytest.skip("this disk has no hard links")
    (note,) = write_experiment(mazur(), path).notes
    assert note == "had other names on this disk (hard links), which keep what was there before"
    assert twin.read_bytes() == before
    assert write_experiment(article(), path).notes == ()


@POSIX
def test_an_owner_is_kept_where_that_is_allowed(path: Path) -> None:
    try:
        os.chown(path, 12_345, 54_321)
    except PermissionError:
        pytest.skip("only root may give files away")
    assert write_experiment(mazur(), path).notes == ()
    assert (path.stat().st_uid, path.stat().st_gid) == (12_345, 54_321)


# -------------------------------------------------------------------------------------- what a kill leaves behind

KILLED = """
import os, sys
from pathlib import Path
from chainrule.model.files.storage import writing
from tests.experiments import mazur
work = writing(mazur(), Path(sys.argv[1]), overwrite=True)
while not list(Path(sys.argv[1]).parent.glob(".chainrule-*.tmp")):
    next(work)
print("there", flush=True)
sys.stdin.readline()
os.kill(os.getpid(), 9)
"""


@POSIX
def test_what_a_killed_process_left_is_cleaned_away_but_nothing_of_a_living_one(path: Path) -> None:
    before = path.read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        (temporary,) = path.parent.glob(disk.TEMPORARY)
        os.utime(temporary, (0, 0))
        exhaust(cleaning(path.parent))
        assert temporary.exists()
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.wait(timeout=60) != 0
    os.utime(temporary, (0, 0))
    exhaust(cleaning(path.parent))
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == before


KILLED_AT = """
import os, sys
from pathlib import Path
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.model.files.storage import writing
rows = tuple((float(row), 1 / 3) for row in range(3000))
work = writing(Experiment(NetworkSpec(2, (LayerSpec(1),)), DataSpec(rows, ((1.0,),) * 3000)), Path(sys.argv[1]),
    overwrite=True)
for step in range(int(sys.argv[2])):
    try:
        next(work)
    except StopIteration:
        break
else:
    os.kill(os.getpid(), 9)
print("saved", flush=True)
os.kill(os.getpid(), 9)
"""


@POSIX
@pytest.mark.parametrize("step", [1, 2, 8, 14, 9999])
def test_a_kill_at_any_point_leaves_the_old_file_or_the_new_one(path: Path, step: int) -> None:
    command = [sys.executable, "-c", KILLED_AT, str(path), str(step)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.stderr == b""
    assert done.returncode == -9
    rows = len(read_stamped(path)[0].experiment.data.inputs)
    assert rows == (3000 if done.stdout else 2)
    assert bool(done.stdout) == (step == 9999)
    for left in path.parent.glob(disk.TEMPORARY):
        os.utime(left, (0, 0))
    exhaust(cleaning(path.parent))
    assert list(path.parent.iterdir()) == [path]


def test_what_was_made_just_now_and_what_is_not_ours_is_not_cleaned_away(tmp_path: Path) -> None:
    young, other = tmp_path / ".chainrule-1.tmp", tmp_path / "mine.tmp"
    folder = tmp_path / ".chainrule-2.tmp"
    folder.mkdir()
    for file in (young, other):
        file.write_text("")
    os.utime(other, (0, 0))
    exhaust(cleaning(tmp_path))
    exhaust(cleaning(tmp_path / "nowhere"))
    assert {file.name for file in tmp_path.iterdir()} == {young.name, other.name, folder.name}


def test_a_lock_is_held_by_one_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "x.unsaved"
    first, second = FileLock(file), FileLock(file)
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    first.release()
    assert second.acquire()
    second.release()
    assert list(tmp_path.iterdir()) == []


@POSIX
def test_a_lock_on_a_file_that_is_taken_away_meanwhile_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, calls = FileLock(tmp_path / "x"), []

    def lock_late(descriptor: int) -> bool:
        calls.append(descriptor)
        if len(calls) == 1:
            lock.path.unlink()
        return try_lock(descriptor)

    monkeypatch.setattr("chainrule.model.files.locks.try_lock", lock_late)
    assert lock.acquire()
    assert len(calls) == 2
    assert lock.path.exists()
    lock.release()


def test_a_file_is_written_where_the_system_has_no_more_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    synced: list[int] = []
    monkeypatch.setattr(disk.Thread, "start", refuse)
    monkeypatch.setattr(disk.os, "fsync", synced.append)
    write_experiment(article(), tmp_path / "x.chainrule")
    assert len(synced) == 1
    assert read_stamped(tmp_path / "x.chainrule")[0].experiment == article()


def test_pieces_are_written_as_they_come(tmp_path: Path) -> None:
    steps = list(replacing(tmp_path / "x", (bytes([value]) for value in range(5)), durable=False))
    assert len(steps) == 5
    assert (tmp_path / "x").read_bytes() == bytes(range(5))
