"""Labels: their colour is the theme's, whatever the window around them does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chainrule.ui.style.appearance import DARK, Appearance
from chainrule.ui.widgets.controls import Label


@pytest.mark.parametrize("is_visible", [True, False])
def test_a_window_with_a_style_sheet_leaves_its_labels_their_colour(qtbot: QtBot, is_visible: bool) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    appearance = Appearance(window)
    appearance.set_scheme(Qt.ColorScheme.Light)
    label = Label(appearance, "Assignment", window)

    def restyle() -> None:
        window.setStyleSheet(f"QPushButton {{ background: {appearance.theme.field}; }}")

    appearance.changed.connect(restyle)
    restyle()
    window.show()
    QApplication.processEvents()
    window.setVisible(is_visible)
    appearance.set_scheme(Qt.ColorScheme.Dark)
    window.show()
    QApplication.processEvents()
    assert label.palette().color(label.foregroundRole()).name() == DARK.text
