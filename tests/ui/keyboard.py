"""The window worked with by keys: active, its controls, and keys pressed where the focus is."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from chainrule.ui.widgets.choice_list import ChoiceList
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.panes import can_be_reached

Key = Qt.Key
NONE, SHIFT, CONTROL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
# What the platform without a display says of lists that open over the window.
LISTS = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)


def find(window: MainWindow, name: str) -> QWidget:
    found_one = window.findChild(QWidget, name)
    assert found_one is not None, name
    return found_one


def press(window: MainWindow, key: Key, modifier: Qt.KeyboardModifier = NONE) -> QWidget:
    """Press a key where the focus is, and return where it is then."""
    focused = window.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key, modifier)
    focused = window.focusWidget()
    assert focused is not None
    return focused


def controls(window: MainWindow) -> list[QWidget]:
    """Every widget that the keyboard can be at."""
    return [widget for widget in window.findChildren(QWidget) if widget.window() is window and can_be_reached(widget)]


def the_list(window: MainWindow) -> ChoiceList:
    """The list that is open; those that were are there until the event loop comes round."""
    (opened,) = (child for child in window.findChildren(ChoiceList) if child.isVisible())
    return opened
