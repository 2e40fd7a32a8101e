"""No text is cut, at any size of the text and of the screen, and no window is larger than its screen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from chainrule.model.navigation import Cursor
from chainrule.ui.folding.strip import Strip
from chainrule.ui.plots.chart.header import GAP
from chainrule.ui.style.appearance import SCALES
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.tabs import TABS

# What there is, and what a desktop leaves of it.
SCREENS = ((1024, 600), (1280, 800), (1366, 768), (1920, 1080))
ELLIPSIS = "…"


def cut_texts(window: QWidget) -> list[str]:
    """Every text of a window's labels, buttons, lists, tabs and headers that has not the place it needs.

    One that is shortened is not cut: it ends with an ellipsis, and its tool tip has all of it.
    """
    found: list[str] = []
    for widget in window.findChildren(QWidget):
        if widget.isVisible():
            found += [f"{_name(widget)}: {text!r} {why}" for text, why in _cut(widget)]
    return found


def _name(widget: QWidget) -> str:
    names, at = [], widget
    while at is not None and len(names) < 4:
        names.append(at.objectName() or type(at).__name__)
        at = at.parentWidget()
    return " in ".join(names)


def _cut(widget: QWidget) -> Iterator[tuple[str, str]]:
    if isinstance(widget, QLabel):
        yield from _cut_label(widget)
    elif isinstance(widget, QComboBox):
        yield from _shortened(widget.currentText(), widget, widget.width() - 16, widget.toolTip())
    elif isinstance(widget, QTabBar):
        for place in filter(widget.isTabVisible, range(widget.count())):
            yield from _shortened(widget.tabText(place), widget, widget.tabRect(place).width(), "")
    elif isinstance(widget, QHeaderView):
        yield from _cut_header(widget)
    elif isinstance(widget, QAbstractButton):
        yield from _cut_button(widget)


def _cut_label(label: QLabel) -> Iterator[tuple[str, str]]:
    text, room = label.text(), label.contentsRect()
    if not text:
        return
    metrics = label.fontMetrics()
    flags = Qt.TextFlag.TextWordWrap if label.wordWrap() else Qt.TextFlag.TextSingleLine
    needed = metrics.boundingRect(QRect(0, 0, room.width(), 10_000), flags, text)
    if label.wordWrap():
        if needed.height() > room.height() + 1:
            yield text, f"needs a height of {needed.height()}, has {room.height()}"
        return
    yield from _shortened(text, label, room.width(), label.toolTip())
    if metrics.height() > room.height() + 2:
        yield text, f"needs a height of {metrics.height()}, has {room.height()}"


def _cut_header(header: QHeaderView) -> Iterator[tuple[str, str]]:
    model = header.model()
    if model is None:
        return
    horizontal = header.orientation() == Qt.Orientation.Horizontal
    for section in range(header.count()):
        if header.isSectionHidden(section):
            continue
        text = str(model.headerData(section, header.orientation(), Qt.ItemDataRole.DisplayRole) or "")
        tip = str(model.headerData(section, header.orientation(), Qt.ItemDataRole.ToolTipRole) or "")
        width = header.sectionSize(section) if horizontal else header.width()
        widest = max(text.split("\n"), key=header.fontMetrics().horizontalAdvance)
        yield from _shortened(widest, header, width, tip)


def _cut_button(button: QAbstractButton) -> Iterator[tuple[str, str]]:
    text = button.text().replace("&&", "\0").replace("&", "").replace("\0", "&")
    if not text or (isinstance(button, QToolButton) and _is_icon_alone(button)):
        return
    if isinstance(button, Strip):
        yield from _shortened(text, button, max(button.width(), button.height()), button.toolTip())
        return
    icon = button.iconSize().width() + 4 if not button.icon().isNull() else 0
    edge = 6 if type(button) in (QPushButton, QToolButton) else 0
    yield from _shortened(text, button, button.width() - icon - edge, "")
    if button.fontMetrics().height() > button.height() + 2:
        yield text, f"needs a height of {button.fontMetrics().height()}, has {button.height()}"


def _is_icon_alone(button: QToolButton) -> bool:
    return button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly


def _shortened(text: str, widget: QWidget, width: int, tip: str) -> Iterator[tuple[str, str]]:
    """Nothing where a text has its place, or is shortened and the tip has all of it."""
    needed = widget.fontMetrics().horizontalAdvance(text)
    if ELLIPSIS in text and not text.startswith(tuple("+")) and len(tip) < len(text):
        yield text, "is shortened without a tool tip"
    if needed > width + 1 and text not in tip:
        yield text, f"needs a width of {needed}, has {width}"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda size: f"{size[0]}x{size[1]}")
def test_no_text_is_cut(window: MainWindow, screen: tuple[int, int]) -> None:
    window.session.navigator.go_to(Cursor(1, 6))
    for scale, tab in product(SCALES, TABS):
        window.appearance.set_scheme(Qt.ColorScheme.Dark if tab.id == "state" else Qt.ColorScheme.Light)
        window.appearance.set_scale(scale)
        window.resize(*screen)
        window.tabs.choose(tab.id)
        # What has another size may have another height for its width.
        for _ in range(3):
            QApplication.processEvents()
        assert window.size().toTuple() == screen
        assert cut_texts(window) == [], (scale, tab.id)


def test_the_referee_is_read_in_large_text_on_a_small_screen(qtbot: QtBot, window: MainWindow) -> None:
    window.appearance.set_scale(SCALES[-1])
    window.actions_by_id["view.referee"].trigger()
    panel = window.beside.referee_panel
    panel.resize(1016, 560)
    # The summary is longest when all is compared, and takes its lines then.
    qtbot.waitUntil(lambda: panel.inspector.report is not None and not panel.inspector.report.awaited)
    for _ in range(3):
        QApplication.processEvents()
    assert panel.size().toTuple() == (1016, 560)
    assert cut_texts(panel) == []
    # Every column is whole, and is scrolled to.
    table = panel.table
    assert table.horizontalHeader().length() == table.viewport().width() + table.horizontalScrollBar().maximum()
    assert table.viewport().height() >= 2 * table.verticalHeader().defaultSectionSize()


@pytest.mark.parametrize("share", [1.0, 0.9, 0.75])
def test_the_number_of_a_plot_is_whole_beside_its_title(window: MainWindow, share: float) -> None:
    """The batch's loss and that of all rows after the update: its first digits were cut off."""
    header, look = window.loss_plot.header, window.appearance
    header.set_texts("", "", "0.07712 → all rows 0.1201")
    title = QFontMetricsF(look.font(12.5, bold=True)).horizontalAdvance(header.title) + look.size(GAP)
    room = share * QFontMetricsF(look.font(11.5)).horizontalAdvance(header.number)
    header.setFixedWidth(round(title + room))
    picture = header.grab().toImage()
    ground = picture.pixelColor(round(title) - 4, 2)
    # Between the title and the number there is nothing.
    gap = range(round(title) - 6, round(title) - 1)
    assert all(picture.pixelColor(x, y) == ground for x in gap for y in range(picture.height()))
    text, font = header.number_in(room)
    assert text == header.number
    assert QFontMetricsF(font).horizontalAdvance(text) <= room + 1


def test_a_number_without_room_beside_its_title_gives_way_to_a_part_of_it(window: MainWindow) -> None:
    """All digits of two losses: the first ones were cut off."""
    header, look = window.loss_plot.header, window.appearance
    header.set_texts("", "", "0.07712345678901234 → all rows 0.12019876543210987", shorter="0.07712345678901234")
    room = 1.1 * QFontMetricsF(look.font(11.5, mono=True)).horizontalAdvance("0.07712345678901234")
    text, font = header.number_in(room)
    assert text == "0.07712345678901234"
    assert QFontMetricsF(font).horizontalAdvance(text) <= room
    assert header.number_in(4 * room)[0] == header.number
