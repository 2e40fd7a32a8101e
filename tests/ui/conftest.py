"""What tests of the window share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from chainrule.model.files.storage import write_experiment
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that holds the article's experiment."""
    made = tmp_path / "mine.chainrule"
    write_experiment(article(), made)
    return made


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window with its example, shown and ready to compute; what is not saved is given up at the end."""
    made = open_window()
    qtbot.addWidget(made)
    assert made.session.timeline is not None  # waits for the engine
    with qtbot.waitExposed(made):
        pass
    yield made
    made.session.file.mark_saved(None)
    assert made.close()


@pytest.fixture
def active(qtbot: QtBot, window: MainWindow) -> Iterator[MainWindow]:
    """The window, active: keys go where they go for a person."""
    with qtbot.waitActive(window):
        window.activateWindow()
    yield window
    focused = window.focusWidget()
    if isinstance(focused, QLineEdit):
        qtbot.keyClick(focused, Qt.Key.Key_Escape)
