"""What tests of the window share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
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
