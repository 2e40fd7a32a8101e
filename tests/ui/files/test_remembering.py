"""Whatever a settings file holds, the window that it leads to can be reached, and so can each of its parts."""

from __future__ import annotations

import base64
from random import Random

import pytest
from PySide6.QtCore import QByteArray, QDataStream, QIODevice, QPoint, QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QSplitter
from pytestqt.qtbot import QtBot

from chainrule.session.files.settings import Settings, SettingsStore
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow


def opened(qtbot: QtBot, settings: Settings) -> MainWindow:
    store = SettingsStore()
    store.settings = settings
    window = open_window(settings=store)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        pass
    return window


def splitter_state(sizes: list[int], *, collapsible: bool, handle: int, orientation: int) -> str:
    data = QByteArray()
    stream = QDataStream(data, QIODevice.OpenModeFlag.WriteOnly)
    for number in (0xFF, 1):
        stream.writeInt32(number)
    stream.writeUInt32(len(sizes))
    for size in sizes:
        stream.writeInt32(size)
    stream.writeBool(collapsible)
    stream.writeInt32(handle)
    stream.writeBool(True)
    stream.writeInt32(orientation)
    stream.writeBool(False)
    return base64.b64encode(bytes(data.data())).decode()


def parts(window: MainWindow) -> list[QSplitter]:
    """Those whose sizes are remembered: where a lesson stands has its size anew each time."""
    found = list(window.remembering._splitters)
    assert len(found) == 3
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("sizes", [[0, 1000, 0], [-1, -1, -1], [2**31 - 1] * 3, [1, 1, 1], [1000, 1, 1]])
def test_no_part_can_be_hidden_or_turned_for_good(qtbot: QtBot, sizes: list[int]) -> None:
    usual = opened(qtbot, Settings())
    states = tuple(
        splitter_state(sizes[: part.count()], collapsible=True, handle=0, orientation=3 - part.orientation().value)
        for part in usual.remembering._splitters
    )
    window = opened(qtbot, Settings(splitters=states))
    for part, other in zip(parts(window), parts(usual), strict=True):
        assert all(size > 0 for size in part.sizes())
        # Some may have to be scrolled to: the screen is small.
        assert all(part.widget(place).isVisible() for place in range(part.count()))
        for look in (QSplitter.orientation, QSplitter.handleWidth, QSplitter.childrenCollapsible):
            assert look(part) == look(other)
    window.close()
    usual.close()


def test_sizes_that_make_sense_come_back(qtbot: QtBot) -> None:
    first = opened(qtbot, Settings())
    # Narrower than the screen, to which the second one is brought back.
    first.resize(760, 700)
    center = first.remembering._splitters[1]
    center.setSizes([300, 345])
    assert center.sizes() != [420, 225]
    # Before it closes it is laid out anew: it is narrower than what is in it, and gets a scroll bar.
    QApplication.processEvents()
    sizes = center.sizes()
    first.close()
    second = opened(qtbot, first.settings.settings)
    QApplication.processEvents()
    assert second.remembering._splitters[1].sizes() == sizes
    second.close()


def geometry_of(rect: QRect, *, full_screen: bool = False) -> str:
    window = QMainWindow()
    window.setGeometry(rect)
    data = bytearray(window.saveGeometry().data())
    # Behind magic, version, two rectangles and the screen's number: maximized, full screen.
    data[45] = full_screen
    return base64.b64encode(bytes(data)).decode()


@pytest.mark.parametrize("corner", [QPoint(50_000, 50_000), QPoint(-50_000, 0), QPoint(0, -3000), QPoint(20, 20)])
def test_a_window_off_the_screen_is_brought_back(qtbot: QtBot, corner: QPoint) -> None:
    window = opened(qtbot, Settings(geometry=geometry_of(QRect(corner.x(), corner.y(), 1100, 700))))
    screen = QGuiApplication.primaryScreen().availableGeometry()
    top = QRect(window.pos().x(), window.pos().y(), window.width(), 30).intersected(screen)
    assert top.height() == 30
    assert top.width() >= 100
    window.close()


def test_a_window_that_fills_the_screen_without_a_frame_has_one_again(qtbot: QtBot) -> None:
    window = opened(qtbot, Settings(geometry=geometry_of(QRect(0, 0, 900, 700), full_screen=True)))
    assert not window.isFullScreen()
    window.close()


def test_states_that_are_spoiled_anywhere_leave_a_window_that_can_be_used(qtbot: QtBot) -> None:
    """On one window: what Qt takes is put right each time."""
    window, draw = opened(qtbot, Settings()), Random(0)
    window.close()
    good = [base64.b64decode(text) for text in (window.settings.settings.geometry, *window.settings.settings.splitters)]

    def spoiled(data: bytes) -> str:
        changed = bytearray(data)
        for _ in range(draw.randrange(1, 4)):
            changed[draw.randrange(len(changed))] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, draw.randrange(256)))
        return base64.b64encode(changed[: draw.choice((len(changed), draw.randrange(len(changed) + 1)))]).decode()

    window.show()
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    for _ in range(150):
        geometry, *splitters = map(spoiled, good)
        window.settings.settings = Settings(geometry=geometry, splitters=tuple(splitters))
        window.remembering.restore()
        assert not window.isFullScreen()
        top = QRect(window.pos().x(), window.pos().y(), window.width(), 30)
        assert any(top.intersected(screen).width() >= 100 for screen in screens)
        # Where there is little room some have folded by themselves.
        open_parts = [(part, place) for part in parts(window) for place in range(part.count())]
        assert all(part.sizes()[place] > 0 for part, place in open_parts if not part.widget(place).isHidden())
        assert not window.folding.folded
    window.close()


@pytest.mark.parametrize("name", ["/" + "x" * 3000, "/\ud800", "/a\nb", "/<b>x</b>", "/root/\udcff/&"])
def test_odd_names_of_files_used_last_can_be_chosen_and_leave(qtbot: QtBot, name: str) -> None:
    window = opened(qtbot, Settings(recent=(name,), folder=name))
    assert window.session.timeline is not None
    action = window.menus.recent.actions()[0]
    action.trigger()
    assert "was not opened" in window.notice.text
    assert name not in window.settings.settings.recent
    window.files.save_as()
    window.close()
