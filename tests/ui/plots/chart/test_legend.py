"""The legend of a plot: the number at the end of a name is whole, however narrow the card is."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFontMetrics, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from chainrule.ui.plots.chart.legend import FONT, SAMPLE, Legend, LegendEntry
from chainrule.ui.style.appearance import LIGHT, Appearance

WIDTH = 240


def painted(qtbot: QtBot, name: str, width: int = WIDTH) -> QImage:
    card = QWidget()
    qtbot.addWidget(card)
    card.setFixedSize(width, 60)
    legend = Legend(Appearance(kept=(LIGHT, 1.0)), card)
    legend.setFixedWidth(width)
    legend.set_entries((LegendEntry(name, QColor(LIGHT.link)),))
    card.show()
    return legend.grab().toImage()


def test_a_name_without_room_leaves_out_its_middle_and_has_its_number_whole(qtbot: QtBot) -> None:
    long = "layer 1: 16 units, no nesterov, {}, weight_decay 0.01, seed 3: 0.1641"
    seen = painted(qtbot, long.format("momentum 0.9, SGD"))
    assert painted(qtbot, long.format("weight_decay 0.02")) == seen
    assert painted(qtbot, long.format("momentum 0.9, SGD").replace("0.1641", "0.1647")) != seen
    assert painted(qtbot, long.format("momentum 0.9, SGD").replace("layer 1", "layer 2")) != seen
    assert painted(qtbot, "lr 0.02: 0.1641") != painted(qtbot, "lr 0.03: 0.1641")


def test_a_name_that_has_just_room_is_whole(qtbot: QtBot) -> None:
    look = Appearance(kept=(LIGHT, 1.0))
    for name in ("boundary", "layer 1", "training 0.2399", "over 10 times the first", "test rows", "lr 0.02: 0.1641"):
        width = look.size(SAMPLE) + QFontMetrics(look.font(FONT)).horizontalAdvance(name)
        wide = painted(qtbot, name)
        assert painted(qtbot, name, width) == wide.copy(0, 0, width, wide.height())


def test_a_long_name_ends_before_the_button_that_shows_all(qtbot: QtBot) -> None:
    card = QWidget()
    qtbot.addWidget(card)
    card.setFixedSize(WIDTH, 60)
    legend = Legend(Appearance(kept=(LIGHT, 1.0)), card)
    legend.setFixedWidth(WIDTH)
    names = ("now, lr 0.1 from iteration 100: 1.105", "now, lr 0.1 from iteration 100, test: 1.092", "lr 0.01", "test")
    legend.set_entries(tuple(LegendEntry(name, QColor(LIGHT.link)) for name in names))
    card.show()
    assert (legend.shown, legend.more.text(), legend.lines) == (2, "all 4", 2)
    with_button = legend.grab().toImage()
    legend.more.setText("")
    gap = QRect(legend.more.x() - 4, legend.more.y(), WIDTH - legend.more.x() + 4, legend.more.height())
    blank = legend.grab(gap).toImage()
    assert len({blank.pixel(x, y) for x in range(blank.width()) for y in range(blank.height())}) == 1
    assert with_button != legend.grab().toImage()
