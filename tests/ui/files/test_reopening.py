"""The next day: a file that was saved in one window opens in another where it was, and looks the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from chainrule.model.files.storage import read_experiment
from chainrule.model.navigation import Cursor
from chainrule.ui.app import open_window
from chainrule.ui.plots.chart.plot_card import PlotCard
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article
from tests.session.acts import W1
from tests.session.reopening.reopened import Seen, train
from tests.ui.files.saving import answer, save

Open = Callable[..., MainWindow]


@pytest.fixture
def windows(qtbot: QtBot) -> Iterator[Open]:
    """Opens windows of one size, which are closed without a question at the end."""
    with ExitStack() as stack:

        def close(window: MainWindow) -> None:
            qtbot.waitUntil(lambda: not window.files.saving.is_active)
            window.session.file.mark_saved(None)
            assert window.close()

        def make(path: Path | None = None, *, ready: bool = True, unsaved: Path | None = None) -> MainWindow:
            window = open_window(path, unsaved=unsaved)
            qtbot.addWidget(window)
            window.resize(1280, 800)
            stack.callback(close, window)
            if ready:
                assert window.session.timeline is not None
            return window

        yield make


def press(window: MainWindow, *actions: str) -> None:
    for action in actions:
        window.actions_by_id[action].trigger()


def pixels(view: QWidget) -> np.ndarray:
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].copy()


def plotted(plot: PlotCard) -> np.ndarray:
    """What is seen of a plot, of one size in every window."""
    plot.populate()
    plot.setFixedSize(420, 260)
    found = pixels(plot)
    # Its curves are there.
    assert (found.max(axis=2).astype(int) - found.min(axis=2) > 60).sum() > 60
    return found


def look_the_same(one: MainWindow, other: MainWindow) -> None:
    assert Seen.of(one.session) == Seen.of(other.session)
    for window in (one, other):
        # Its curve is drawn above the others.
        window.session.selector.select(W1, (0, 0))
    for name in ("loss_plot", "gradient_plot"):
        seen = [plotted(getattr(window, name)) for window in (one, other)]
        assert np.array_equal(*seen), name


@pytest.fixture
def evening(qtbot: QtBot, windows: Open, path: Path) -> MainWindow:
    """Trained 300 iterations, a weight changed at 120, run on, an edit undone, in the middle of 137, and saved."""
    window = windows(path)
    session = window.session
    train(session, 300)
    session.navigator.go_to(Cursor(120, 3))
    session.number_editor.edit_number(W1, (0, 0), 0.75)
    train(session, 60)
    session.navigator.go_to(Cursor(137, 6))
    session.number_editor.edit_number(W1, (1, 1), -0.5)
    press(window, "edit.undo")
    session.navigator.go_to(Cursor(137, 6))
    save(qtbot, window)
    return window


def test_the_next_day_all_is_where_it_was(windows: Open, evening: MainWindow, path: Path) -> None:
    morning = windows(path)
    assert morning.session.cursor == Cursor(137, 6)
    assert not morning.isWindowModified()
    # What was written there is explained, as if one had just come there.
    selection = morning.session.selection
    assert selection is not None
    assert selection.ref == morning.session.moment.written
    look_the_same(evening, morning)
    for action in ("step.forward", "step.back", "step.back", "edit.undo", "edit.undo", "edit.redo", "edit.redo"):
        press(evening, action)
        press(morning, action)
        assert Seen.of(evening.session) == Seen.of(morning.session), action
    press(evening, "edit.redo", "step.forward")
    press(morning, "edit.redo", "step.forward")
    assert Seen.of(evening.session) == Seen.of(morning.session)


def test_before_the_engine_is_there_the_settings_are_seen(windows: Open, evening: MainWindow, path: Path) -> None:
    morning = windows(path, ready=False)
    assert morning.session.cursor.iteration == 137
    assert not morning.actions_by_id["edit.undo"].isEnabled()
    # The first weights are not those of this iteration.
    assert morning.session.moment.number(W1, (0, 0)) is None
    assert not morning.grab().isNull()
    assert morning.session.timeline is not None
    assert morning.actions_by_id["edit.undo"].isEnabled()
    look_the_same(evening, morning)


def test_opened_in_a_window_in_use(windows: Open, evening: MainWindow, path: Path) -> None:
    other = windows()
    train(other.session, 5)
    other.files.open_path(path)
    look_the_same(evening, other)


def test_it_can_be_saved_and_opened_again_and_again(
    qtbot: QtBot, windows: Open, evening: MainWindow, path: Path
) -> None:
    sizes = []
    for _ in range(3):
        window = windows(path)
        save(qtbot, window)
        assert window.notice.text == ""
        sizes.append(path.stat().st_size)
    assert sizes[1] == sizes[2]
    look_the_same(evening, windows(path))


def test_to_move_is_no_change_and_revert_goes_back_to_what_was_saved(
    qtbot: QtBot, windows: Open, evening: MainWindow, path: Path
) -> None:
    morning = windows(path)
    press(morning, "step.forward", "iteration.next")
    assert not morning.isWindowModified()
    assert not morning.actions_by_id["file.revert"].isEnabled()
    morning.session.number_editor.edit_number(W1, (0, 0), 3.0)
    assert morning.isWindowModified()
    press(morning, "file.revert")
    answer(qtbot, morning, "file.revert", "Revert")
    look_the_same(evening, morning)


def test_the_commands_read_the_experiment(evening: MainWindow, path: Path) -> None:
    assert read_experiment(path) == article()


def test_what_was_lost_comes_back_with_its_training(
    qtbot: QtBot, windows: Open, evening: MainWindow, tmp_path: Path, path: Path
) -> None:
    (tmp_path / "a.unsaved").write_bytes(b'{"path": null}\n' + path.read_bytes())
    window = windows(unsaved=tmp_path)
    boxes = [box for box in window.findChildren(QMessageBox, "recovery") if box.isVisible()]
    assert "Training is where it was, and edits can be undone." in boxes[0].informativeText()
    answer(qtbot, window, "recovery", "Restore")
    assert window.session.is_modified
    look_the_same(evening, window)
    qtbot.waitUntil(lambda: not (tmp_path / "a.unsaved").exists())
    (kept,) = tmp_path.glob("*.unsaved")
    assert b'"history"' in kept.read_bytes()


def test_a_save_that_is_cut_off_leaves_one_of_two_whole_files(windows: Open, evening: MainWindow, path: Path) -> None:
    before = path.read_bytes()
    train(evening.session, 3000)
    point = evening.session.file.save_point
    work = evening.files.saving._work(point.contents, path, overwrite=True)
    seen = set()
    for _ in work:
        seen.add(path.read_bytes())
    assert seen == {before}
    # A ZIP, of so many numbers.
    assert path.read_bytes().startswith(b"PK")
    look_the_same(evening, windows(path))


def test_a_run_that_no_file_has_is_told_beside_the_name(windows: Open, qtbot: QtBot, path: Path) -> None:
    window = windows(path)
    label = window.findChild(QLabel, "document_title")
    assert label is not None
    assert label.text() == f"{path.name} · saved"
    train(window.session, 20)
    save(qtbot, window)
    assert label.text() == f"{path.name} · saved"
    train(window.session, 30)
    assert label.text() == f"{path.name} · saved before the newest run"
    assert not window.isWindowModified()
    press(window, "edit.undo")
    assert label.text() == f"{path.name} · saved"
    press(window, "edit.redo")
    save(qtbot, window)
    assert label.text() == f"{path.name} · saved"
    window.session.number_editor.edit_number(W1, (0, 0), 0.75)
    assert label.text() == f"{path.name} · edited"
    # Another window has what the file has.
    another = windows(path)
    label = another.findChild(QLabel, "document_title")
    assert label is not None
    assert label.text() == f"{path.name} · saved"
    train(another.session, 5)
    assert label.text() == f"{path.name} · saved before the newest run"
