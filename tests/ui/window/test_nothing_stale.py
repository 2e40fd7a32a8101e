"""What is painted in parts, and from pictures that are kept, is what a window that was just made would paint."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, dense

NETWORKS: dict[str, Callable[[], Experiment]] = {
    "2-2-1": article,
    "100 layers of 8": lambda: dense((8,) * 101, rows=4),
    "784-128-10": lambda: dense((784, 128, 10), rows=8),
}
VIEWS = ("stage", "timeline_bar", "equation_view", "loss_plot", "side_tabs")
# What lies on a transparent picture is rounded twice on its way to the screen, and a smooth line covers a pixel a
# little more or less where it is cut off at the edge of what is painted anew. What is stale differs by tens.
ROUNDING = 4


def pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return found[:, : 4 * image.width()].reshape(image.height(), image.width(), 4)[..., :3].astype(int)


def settle() -> None:
    for _ in range(4):
        QApplication.processEvents()


def on_screen(window: MainWindow) -> np.ndarray:
    """What the window system was given, in parts or at once."""
    settle()
    return pixels(window.screen().grabWindow(window.winId()).toImage())


def painted_whole(window: MainWindow) -> np.ndarray:
    return pixels(window.grab().toImage())


def differing(one: np.ndarray, other: np.ndarray) -> list[tuple[int, int]]:
    """The first places where two pictures differ by more than rounding."""
    assert one.shape == other.shape
    rows, columns = np.nonzero(np.abs(one - other).max(axis=2) > ROUNDING)
    return list(zip(columns[:5].tolist(), rows[:5].tolist(), strict=True))


def view(window: MainWindow, name: str) -> QWidget:
    found = window.findChild(QWidget, name)
    assert found is not None
    area = found.parentWidget().parentWidget() if name == "stage" else None
    return area.viewport() if isinstance(area, QScrollArea) else found


def like(window: MainWindow) -> MainWindow:
    """A new window at the same place."""
    session, made = window.session, open_window()
    assert made.session.timeline is not None  # waits for the engine
    made.appearance.set_scheme(window.appearance.scheme)
    made.resize(window.size())
    made.session.file.open(session.file.to_save, None)
    settle()
    made.session.navigator.go_to(session.cursor)
    if session.selection is not None:
        made.session.selector.select(session.selection.ref, session.selection.index)
    settle()
    # How far it is scrolled depends on the way there.
    scroll_of(made).setValue(scroll_of(window).value())
    settle()
    return made


def scroll_of(window: MainWindow) -> QScrollBar:
    area = window.stage_panel.stage.parentWidget().parentWidget()
    assert isinstance(area, QScrollArea)
    return area.horizontalScrollBar()


def give_up(window: MainWindow) -> None:
    window.session.file.mark_saved(None)
    window.close()
    window.deleteLater()
    settle()


def steps(window: MainWindow, count: int) -> None:
    for _ in range(count):
        QTest.keyClick(window, Qt.Key.Key_Right)
        QApplication.processEvents()


def acts(window: MainWindow) -> dict[str, Callable[[], object]]:
    session, scroll = window.session, scroll_of(window)
    end = len(session.moment.steps)
    middle = Cursor(0, end // 2)
    return {
        "steps": lambda: steps(window, 4),
        "a step back": lambda: QTest.keyClick(window, Qt.Key.Key_Left),
        "a jump": lambda: session.navigator.go_to(middle),
        "steps from there": lambda: steps(window, 3),
        "dark": lambda: window.appearance.set_scheme(Qt.ColorScheme.Dark),
        "an edit": lambda: session.editor.edit("Edit", edits.set_layer_lr(0, 0.5)),
        "a number": lambda: session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75),
        "steps in the dark": lambda: steps(window, 2),
        "undone": session.undo_stack.undo,
        "light": lambda: window.appearance.set_scheme(Qt.ColorScheme.Light),
        "smaller": lambda: window.resize(1150, 720),
        "scrolled": lambda: scroll.setValue(scroll.maximum() // 3),
        "steps after it": lambda: steps(window, 2),
        "the end": lambda: session.navigator.go_to(Cursor(0, end)),
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_the_window_is_as_if_it_were_painted_at_once(qtbot: QtBot, window: MainWindow, name: str) -> None:
    window.session.file.open(NETWORKS[name](), None)
    window.referee.load_optimizers()
    qtbot.waitUntil(lambda: window.referee.compares_updates, timeout=20_000)
    for what, act in acts(window).items():
        act()
        # By itself it would do so a slice at a time, and its badge change between the two pictures.
        window.referee.check()
        settle()
        # An axis learns while it is painted how much room its numbers need, and is laid out once more.
        painted_whole(window)
        assert differing(on_screen(window), painted_whole(window)) == [], what


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_views_are_those_of_a_new_window(window: MainWindow, name: str, *, dark: bool) -> None:
    session = window.session
    schemes = Qt.ColorScheme.Light, Qt.ColorScheme.Dark
    window.appearance.set_scheme(schemes[not dark])
    session.file.open(NETWORKS[name](), None)
    settle()
    steps(window, 5)
    window.appearance.set_scheme(schemes[dark])
    session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
    window.resize(1150, 720)
    settle()
    session.navigator.go_to(Cursor(0, len(session.moment.steps) // 2))
    steps(window, 3)
    other = like(window)
    try:
        for each in ("stage", "timeline_bar", "equation_view"):
            shown, new = view(window, each), view(other, each)
            corner = shown.mapTo(window, QPoint(0, 0)), new.mapTo(other, QPoint(0, 0))
            assert corner[0] == corner[1], each
            one, two = (part(on_screen(which), at, shown) for which, at in zip((window, other), corner, strict=True))
            assert differing(one, two) == [], each
    finally:
        give_up(other)
        window.appearance.set_scheme(Qt.ColorScheme.Unknown)


def part(picture: np.ndarray, corner: QPoint, widget: QWidget) -> np.ndarray:
    x, y = corner.x(), corner.y()
    return picture[y : y + widget.height(), x : x + widget.width()]
