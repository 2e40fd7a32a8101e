"""Settings: kept from one time to the next, and no worse than absent where their file is damaged or cannot be."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.session.files.settings import DAMAGED, MOST_BYTES, MOST_RECENT, Settings, SettingsStore

JSON = st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=5)


HOSTILE = [
    *(b"", b"{", b"\xff\xfe", b"[1]", b"null", b'{"scheme": "dark"', b"[" * 100_000),
    b'{"new": ' + b"[" * 700 + b"]" * 700 + b"}",
    b'{"new": ' + b'{"a":' * 700 + b"1" + b"}" * 700 + b"}",
    b'{"new": ' + b"[" * 60 + b"]" * 60 + b"}",
    b'{"scheme": "dark", "text_scale": ' + b"1" * 5000 + b"}",
    b'{"scheme": "dark"}'.ljust(MOST_BYTES + 1),
    b'{"recent": [' + b'"/a", ' * 200_000 + b'"/a"]}',
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "settings.json"


def test_what_is_changed_is_there_the_next_time(path: Path) -> None:
    SettingsStore(path).change(
        scheme="dark", text_scale=1.3, splitters=("YQ==", "Yg=="), folder="/x y/ü", pace="2 iter/s", by_number=True
    )
    SettingsStore(path).change(folded=("plots",))
    found = SettingsStore(path).settings
    assert found == Settings("dark", 1.3, "", ("YQ==", "Yg=="), (), "/x y/ü", "2 iter/s", True, ("plots",))
    assert SettingsStore(path).problem == ""
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_another_window_has_written_meanwhile_stays(path: Path) -> None:
    first, second = SettingsStore(path), SettingsStore(path)
    first.add_recent(path.parent / "a.chainrule")
    second.add_recent(path.parent / "b.chainrule")
    second.change(scheme="dark")
    first.change(text_scale=1.5)
    found = SettingsStore(path).settings
    assert [Path(name).name for name in found.recent] == ["b.chainrule", "a.chainrule"]
    assert (found.scheme, found.text_scale) == ("dark", 1.5)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_that_has_come_in_the_place_of_the_file_is_not_waited_for(path: Path) -> None:
    store = SettingsStore(path)
    store.change(scheme="dark")
    path.unlink()
    os.mkfifo(path)
    store.change(text_scale=1.5)
    assert store.settings == Settings("dark", 1.5)


def test_what_could_not_be_written_is_written_with_what_can_be(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store = SettingsStore(path)
    with monkeypatch.context() as patched:
        patched.setattr("chainrule.session.files.settings.replace_file", full)
        store.change(scheme="dark")
    assert store.problem
    store.change(text_scale=1.5)
    assert SettingsStore(path).settings == Settings("dark", 1.5)


def test_without_a_file_they_last_as_long_as_the_program() -> None:
    store = SettingsStore()
    store.change(scheme="dark")
    assert store.settings.scheme == "dark"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b"[1]", b"null", b'{"scheme": "dark"', b"[" * 100_000, *HOSTILE]
)
def test_a_damaged_file_is_put_aside(path: Path, data: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(data)
    store = SettingsStore(path)
    assert store.settings == Settings()
    assert "damaged" in store.problem
    assert path.with_name(DAMAGED).read_bytes() == data
    store.change(scheme="light")
    assert SettingsStore(path).settings.scheme == "light"


NAMES = [
    "scheme",
    "text_scale",
    "geometry",
    "splitters",
    "recent",
    "folder",
    "pace",
    "by_number",
    "folded",
    "iterations",
]


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_a_value_of_another_kind_is_as_at_first(
    tmp_path_factory: pytest.TempPathFactory, found: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_text(json.dumps(found))
    settings = SettingsStore(path).settings
    for name, first in (("scheme", ""), ("geometry", ""), ("folder", ""), ("pace", "")):
        given_one = found.get(name, first)
        assert getattr(settings, name) == (given_one if isinstance(given_one, str) else first)
    assert all(isinstance(item, str) for item in (*settings.recent, *settings.splitters, *settings.folded))
    assert isinstance(settings.text_scale, float)
    assert isinstance(settings.iterations, int)
    assert settings.iterations >= 0
    assert settings.by_number is (found.get("by_number") is True)


def test_keys_of_a_newer_version_are_kept(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"scheme": "dark", "voice": {"ui": "de"}}')
    SettingsStore(path).change(scheme="light")
    assert json.loads(path.read_text())["voice"] == {"ui": "de"}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EIO, "the disk does not work"),
        (errno.EROFS, "this disk is read-only"),
        (errno.EACCES, "no permission"),
    ],
)
def test_a_full_disk_is_told_and_the_old_file_kept(
    path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    store = SettingsStore(path)
    store.change(scheme="dark")
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", fail)
    store.change(scheme="light")
    assert store.settings.scheme == "light"
    assert words in store.problem
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    monkeypatch.undo()
    store.change(scheme="dark")
    assert store.problem == ""


def test_a_folder_in_the_place_of_the_file_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    store = SettingsStore(path)
    assert "cannot be read" in store.problem
    store.change(scheme="dark")
    assert store.settings.scheme == "dark"
    assert path.is_dir()


@pytest.mark.parametrize("data", [b"{", b'{"scheme": "dark"}'])
def test_what_cannot_be_read_or_put_aside_is_never_written_over(
    path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(data)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        if data != b"{":
            patch.setattr(Path, "read_bytes", refuse)
        store = SettingsStore(path)
    assert "are not kept" in store.problem
    store.change(scheme="light")
    assert path.read_bytes() == data


def test_a_name_that_is_not_unicode_is_kept(path: Path) -> None:
    SettingsStore(path).change(recent=("/home/pupil/\udcff.chainrule",))
    assert SettingsStore(path).settings.recent == ("/home/pupil/\udcff.chainrule",)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("scheme", "geometry", "folder", "pace")])
def test_half_a_pair_of_surrogates_in_the_place_of_another_kind_is_as_at_first(path: Path, name: str) -> None:
    path.parent.mkdir()
    path.write_text(f'{{"{name}": "\\ud800", "scheme": "dark"}}')
    assert SettingsStore(path).settings == Settings(scheme="dark")


def test_a_scale_beyond_all_floats_is_none(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(f'{{"text_scale": 1{"0" * 400}}}')
    assert SettingsStore(path).settings.text_scale == 1.0


def test_files_used_last_come_first_and_once(path: Path) -> None:
    store = SettingsStore(path)
    files = [path.parent / f"{number}.chainrule" for number in range(MOST_RECENT + 3)]
    for file in [*files, files[4]]:
        store.add_recent(file)
    assert store.settings.recent[:2] == (str(files[4]), str(files[-1]))
    assert len(store.settings.recent) == len(set(store.settings.recent)) == MOST_RECENT
    assert store.settings.folder == str(path.parent)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes of this kind")
@pytest.mark.parametrize("kind", ["pipe", "endless"])
def test_what_is_no_file_is_told_and_neither_waited_for_nor_written_over(path: Path, kind: str) -> None:
    path.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    store = SettingsStore(path)
    assert store.problem == f"Settings cannot be read, and are not kept: this is not a file ({path})."
    store.change(scheme="dark")
    assert not path.is_file()
    assert [*path.parent.iterdir()] == [path]


def test_a_file_of_500_mb_is_put_aside_unread(path: Path) -> None:
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(500_000_000)
    store = SettingsStore(path)
    assert "damaged" in store.problem
    assert path.with_name(DAMAGED).stat().st_size == 500_000_000
    store.change(scheme="light")
    assert SettingsStore(path).settings.scheme == "light"


def test_what_can_be_no_path_is_forgotten(path: Path) -> None:
    path.parent.mkdir()
    names = ["", "/a\0b", "x" * 5000, *(f"/{number}" for number in range(30))]
    path.write_text(json.dumps({"recent": names, "folder": "y" * 5000}))
    settings = SettingsStore(path).settings
    assert settings.recent == tuple(f"/{number}" for number in range(MOST_RECENT))
    assert settings.folder == ""


def test_unknown_keys_of_bearable_depth_go_round(path: Path) -> None:
    path.parent.mkdir()
    deep = json.loads('{"a": ' * 20 + "1e999" + "}" * 20)
    path.write_text(json.dumps({"new": deep, "scheme": "dark"}))
    SettingsStore(path).change(scheme="light")
    assert json.loads(path.read_text())["new"] == deep
