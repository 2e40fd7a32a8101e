"""Finding a control: by what is written on it or beside it, also where it is folded away, whole words first."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.choice_list import ChoiceList, found
from chainrule.ui.window.main_window import MainWindow

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)


def find(window: MainWindow, typed: str) -> QWidget | None:
    """Type into the list that Ctrl+F opens, and press Enter: what has the keyboard then."""
    window.actions_by_id["view.find_control"].trigger()
    (opened,) = (child for child in window.findChildren(ChoiceList) if child.isVisible())
    QTest.keyClicks(opened.search, typed)
    QTest.keyClick(opened.search, Qt.Key.Key_Return)
    return window.focusWidget()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("parameter group", "group_add"),
        ("+ penalty", "penalty_add"),
        ("reseed", "network_reseed"),
        ("update every", "data_accumulate"),
        ("test part", "data_test_size"),
    ],
)
@pytest.mark.parametrize("is_folded", [False, True])
def test_a_control_is_found_by_what_is_written_there(
    window: MainWindow, typed: str, name: str, is_folded: bool
) -> None:
    if is_folded:
        window.folding.fold("experiment")
    focused = find(window, typed)
    assert focused is not None
    assert focused.objectName() == name
    for _ in range(3):
        QApplication.processEvents()
    assert focused.visibleRegion().boundingRect() == focused.rect()


def test_whole_words_come_first() -> None:
    names = ["Floating-point type", "Yield of y1", "Parameter y", "y"]
    assert [names[place] for place in found(names, "y")] == ["y", "Parameter y", "Yield of y1", "Floating-point type"]
    assert found(["Softplus", "Soft sign"], "soft") == [1, 0]
    assert found(["new (x)"], "(x") == [0]


def test_a_button_is_called_by_its_own_words_rather_than_those_beside_it(window: MainWindow) -> None:
    chosen = window.findChild(ChoiceField, "optimizer_name")
    assert chosen is not None
    chosen.choose("Formula")
    names = {widget.objectName(): name for name, widget in window.finder.controls().items()}
    assert names["optimizer_updates_add"] == "+ line: Add a line at the end"
