"""Copies of what is not saved of an experiment with large data: an archive behind the line that tells its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.files import file_format
from chainrule.model.files.locks import FileLock
from chainrule.model.files.storage import write_experiment
from chainrule.session.files.copies import is_in_its_file, read_copy
from chainrule.session.files.recovery import Recovery
from tests.session.conftest import Open


def test_a_copy_of_large_data_is_read_and_told_from_what_was_saved(
    qtbot: QtBot, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_format, "MOST_IN_JSON", 2)
    session, path = opened(), tmp_path / "mine.chainrule"
    session.file.path = path
    recovery = Recovery(session.file, session.signals, tmp_path / "unsaved", session, delay_ms=1)
    with qtbot.waitSignal(recovery.written):
        session.editor.edit("Edit", edits.set_data(refs.INPUT, (0, 1), 0.1))
    (file,) = (tmp_path / "unsaved").glob("*.unsaved")
    assert file_format.ARCHIVE_START in file.read_bytes()
    copy = read_copy(file, FileLock(file))
    assert (copy.experiment, copy.path) == (session.file.to_save, path)
    assert not is_in_its_file(copy)
    write_experiment(session.file.to_save, path)
    assert is_in_its_file(copy)
    session.editor.edit("Edit", edits.set_data(refs.INPUT, (0, 1), 0.2))
    write_experiment(session.file.to_save, path)
    assert not is_in_its_file(copy)
    session.file.mark_saved(path)
    recovery.close()
