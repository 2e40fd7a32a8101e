"""The window with a file of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow


@pytest.fixture
def opened(qtbot: QtBot, path: Path) -> Iterator[MainWindow]:
    """The window with the article's network, in a file of its own."""
    window = open_window(path)
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    yield window
    qtbot.waitUntil(lambda: not window.files.saving.is_active)
    window.session.file.mark_saved(None)
    assert window.close()
