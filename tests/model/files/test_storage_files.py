"""Files on a disk: read whole, within a limit; written whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.model.files.storage import (
    MAX_BYTES,
    check_target,
    encode_experiment,
    read_experiment,
    write_experiment,
)
from tests.experiments import article

EXPERIMENT = article()
DATA = encode_experiment(EXPERIMENT)


def unreadable(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        read_experiment(path)
    return str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.chainrule"
    assert unreadable(missing) == f"{missing}: cannot be read: no such file or folder"
    assert unreadable(tmp_path) == f"{tmp_path}: this is a folder, not a file"
    assert unreadable(Path("a\0b")) == "a\\u0000b: cannot be read: embedded null byte"
    assert unreadable(Path("x" * 5000)).endswith("cannot be read: File name too long")


def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "locked.chainrule"
    path.write_bytes(DATA)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)
    assert unreadable(path) == f"{path}: cannot be read: no permission"


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.chainrule"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)
    assert unreadable(path) == f"{path}: expected a file of at most 32 MiB, got 9536.8 MiB"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert unreadable(path) == f"{path}: expected a file of at most 32 MiB, got 32.1 MiB"
    path.write_bytes(DATA.ljust(MAX_BYTES))
    assert read_experiment(path) == EXPERIMENT


def test_an_endless_file_is_not_read_to_its_end() -> None:
    zero = Path("/dev/zero")
    if not zero.exists():
        pytest.skip("this system has no /dev/zero")
    assert "expected a file of at most 32 MiB" in unreadable(zero)


# ---------------------------------------------------------------------------------------------------- writing


def unwritable(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        write_experiment(EXPERIMENT, path)
    return str(caught.value)


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    experiment, path = EXPERIMENT, tmp_path / "new.chainrule"
    write_experiment(experiment, path)
    assert read_experiment(path) == experiment
    assert path.read_bytes() == encode_experiment(experiment)
    assert list(tmp_path.iterdir()) == [path]


def test_writing_goes_through_a_link_and_keeps_the_mode(tmp_path: Path) -> None:
    path, link = tmp_path / "real.chainrule", tmp_path / "link.chainrule"
    path.write_text("old")
    path.chmod(0o600)
    try:
        link.symlink_to(path)
    except OSError:
        pytest.skip("this system makes no links here")
    write_experiment(EXPERIMENT, link)
    assert link.is_symlink()
    assert path.read_text() != "old"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "x.chainrule"
    assert unwritable(nowhere) == f"{nowhere}: cannot be written: no such folder"
    assert unwritable(tmp_path) == f"{tmp_path}: this is a folder, not a file"
    null = Path(os.devnull)
    if null.is_char_device():
        assert unwritable(null) == f"{null}: this is not a file that can be replaced"


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "this disk is read-only")]
)
def test_a_full_disk_leaves_the_old_file(
    number: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.chainrule"
    path.write_text("old")

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    assert unwritable(path) == f"{path}: cannot be written: {words}"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_protected_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "protected.chainrule"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert unwritable(path) == f"{path}: cannot be written: no permission"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell this of folders")
def test_a_folder_that_nothing_can_be_written_to_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.chainrule"
    assert check_target(path) == path
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(SpecError, match="cannot be written: no permission"):
        check_target(path)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    with pytest.raises(SpecError, match="cannot be written: this disk is read-only"):
        check_target(path)


def spoil_number(experiment: Experiment) -> Experiment:
    return Experiment(experiment.network, DataSpec(((float("nan"), 0.0),), ((0.0,),)))


def spoil_argument(experiment: Experiment) -> Experiment:
    return Experiment(experiment.network, experiment.data, Choice("MSELoss", {"weight": float("inf")}))


def spoil_title(experiment: Experiment) -> Experiment:
    return Experiment(experiment.network, experiment.data, title="\ud800")


@pytest.mark.parametrize("spoil", [spoil_number, spoil_argument, spoil_title])
def test_what_could_not_be_read_again_is_not_written(spoil: Callable[[Experiment], Experiment]) -> None:
    with pytest.raises(SpecError):
        encode_experiment(spoil(EXPERIMENT))


def test_what_would_be_too_large_is_not_written() -> None:
    network = NetworkSpec(1000, (LayerSpec(2000), LayerSpec(1)))
    parameters = {refs.weight(0): ((1 / 3,) * 1000,) * 2000}
    data = DataSpec(((0.0,) * 1000,), ((0.0,),))
    with pytest.raises(SpecError, match="at most 32 MiB"):
        encode_experiment(Experiment(network, data, parameters=parameters))


def test_storage_needs_neither_torch_nor_qt() -> None:
    code = "import sys, chainrule.model.files.storage; print(*{'torch', 'PySide6'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
