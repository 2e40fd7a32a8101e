"""A short soak: some laps of everything that a user does, drawn by chance. `make soak` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.soak.checks import Resources, leaked
from tests.soak.work import back_to_the_start, laps, opened


@pytest.mark.qt_log_ignore(r"This plugin does not support raise\(\)", extend=True)
def test_some_laps_of_everything_leave_nothing_behind(qtbot: QtBot, tmp_path: Path) -> None:
    window = opened(tmp_path)
    qtbot.addWidget(window)
    work, found = laps(window, seed=1), []
    for _ in range(3):
        next(work)
        back_to_the_start(window)
        found.append(Resources.of(window))
    assert leaked(found) == {}
    window.session.file.mark_saved(None)
    window.close()
