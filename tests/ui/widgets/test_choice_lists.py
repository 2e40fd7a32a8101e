"""Lists of choices by their keys: opened, typed into, and refused."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.choice_list import ChoiceList, found
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.ui.keyboard import ALT, CONTROL, LISTS, NONE, Key, find, the_list


@LISTS
@pytest.mark.parametrize(
    ("key", "modifier"),
    [(Key.Key_Space, NONE), (Key.Key_Return, NONE), (Key.Key_F4, NONE), (Key.Key_Down, ALT)],
)
def test_a_list_is_opened_by_its_keys(active: MainWindow, key: Key, modifier: Qt.KeyboardModifier) -> None:
    field = find(active, "layer_activation_0")
    field.setFocus()
    QTest.keyClick(field, key, modifier)
    assert isinstance(field, ChoiceField)
    assert field.is_open
    field.hidePopup()


def shown(opened: ChoiceList) -> list[str]:
    """The names that are to be seen, with an empty one for the line between."""
    names = opened.findChild(QListWidget)
    assert names is not None
    return [names.item(row).text() for row in range(names.count()) if not names.item(row).isHidden()]


def open_list(window: MainWindow, name: str) -> ChoiceList:
    field = find(window, name)
    field.setFocus()
    QTest.keyClick(field, Key.Key_Space)
    return the_list(window)


@LISTS
@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("layer_activation_0", ["ReLU", "Sigmoid", "Tanh", "Softmax", "Identity", "", "CELU", "ELU", "Formula"]),
        ("loss_name", ["MSELoss", "CrossEntropyLoss", "BCELoss"]),
        ("optimizer_name", ["SGD", "Adam", "AdamW", "RMSprop"]),
        ("scheduler_name", ["none", "StepLR"]),
        ("initialization_scheme", ["as given", "torch_default", "xavier_uniform"]),
    ],
)
def test_the_usual_choices_come_first_and_the_rest_by_name(active: MainWindow, name: str, first: list[str]) -> None:
    names = shown(open_list(active, name))
    assert names[: len(first)] == first
    rest = names[names.index("") + 1 :]
    assert rest == sorted(rest, key=str.casefold)
    find(active, name).hidePopup()  # type: ignore[attr-defined]


@LISTS
def test_a_list_can_be_typed_into(active: MainWindow) -> None:
    opened = open_list(active, "layer_activation_0")
    QTest.keyClicks(opened.search, "gel")
    assert shown(opened) == ["GELU"]
    QTest.keyClick(opened.search, Key.Key_Return)
    assert active.session.experiment.network.layers[0].activation.name == "GELU"
    assert active.focusWidget() is find(active, "stage")


@LISTS
def test_what_is_not_in_a_list_is_refused_in_it(active: MainWindow) -> None:
    before = active.session.experiment
    opened = open_list(active, "layer_activation_0")
    QTest.keyClicks(opened.search, "gelx")
    QTest.keyClick(opened.search, Key.Key_Return)
    refusal = opened.findChild(QWidget, "choice_list.refusal")
    assert refusal is not None
    assert refusal.isVisible()
    assert "“gelx”" in refusal.text()  # type: ignore[attr-defined]
    assert active.session.experiment is before
    QTest.keyClick(opened.search, Key.Key_Escape)
    assert active.session.experiment is before


@LISTS
def test_a_click_in_a_list_chooses_and_leaves_the_focus_where_it_was(active: MainWindow) -> None:
    field = find(active, "loss_reduction")
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    opened = the_list(active)
    place = opened.names.visualItemRect(opened.names.findItems("sum", Qt.MatchFlag.MatchExactly)[0]).center()
    QTest.mouseClick(opened.names.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    assert active.session.experiment.loss["reduction"] == "sum"
    assert active.focusWidget() is find(active, "stage")


def move_pointer(opened: ChoiceList, row: int) -> None:
    """Move the pointer to a row that is in sight, as the mouse does."""
    names = opened.names
    place = names.visualItemRect(names.item(row)).center()
    QTest.mouseMove(names.viewport(), place)
    QApplication.processEvents()


@LISTS
def test_the_name_that_the_mouse_is_moved_to_is_marked(active: MainWindow) -> None:
    opened = open_list(active, "layer_activation_0")
    move_pointer(opened, 2)
    move_pointer(opened, 4)
    assert opened.names.currentRow() == 4
    find(active, "layer_activation_0").hidePopup()  # type: ignore[attr-defined]


@LISTS
def test_names_that_move_below_a_mouse_at_rest_are_not_marked(active: MainWindow) -> None:
    """What is typed decides, also where the list opens below the pointer."""
    active.session.file.open(dense((4,) * 11, 3), None)
    QTest.keyClick(active.stage_panel.stage, Key.Key_F, CONTROL)
    opened = the_list(active)
    move_pointer(opened, 2)
    move_pointer(opened, 4)
    QTest.keyClicks(opened.search, "layer")
    best = opened.names.currentItem()
    bar = opened.names.verticalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(bar.maximum())
    assert opened.names.currentItem() is best


@pytest.mark.parametrize(
    ("typed", "best"),
    [("relu", "ReLU"), ("sig", "Sigmoid"), ("LU", "ReLU"), ("hsw", "Hardswish"), ("", "ReLU"), ("q", None)],
)
def test_the_name_that_fits_best_is_marked(typed: str, best: str | None) -> None:
    names = ["ReLU", "Sigmoid", "", "Hardsigmoid", "Hardswish", "LeakyReLU"]
    places = found(names, typed)
    assert (names[places[0]] if places else None) == best


@pytest.mark.parametrize(("around", "asked"), [(QDialog, ["two", "three", "two"]), (QWidget, [])])
def test_in_a_dialog_the_arrows_choose_and_a_wheel_does_not(
    qtbot: QtBot, around: type[QWidget], asked: list[str]
) -> None:
    window = around()
    qtbot.addWidget(window)
    field = ChoiceField(Appearance(window), "field", "Field", window)
    field.set_choices({"one": "", "two": "", "three": ""})
    field.set_choice("one")
    found = list[str]()
    field.choice_edited.connect(found.append)
    field.choice_edited.connect(field.set_choice)
    for key in (Key.Key_Up, Key.Key_Down, Key.Key_Down, Key.Key_Down, Key.Key_Up):
        QTest.keyClick(field, key)
    assert found == asked
    choice = field.choice
    at, turned = QPointF(5, 5), QPoint(0, -120)
    wheel = QWheelEvent(at, at, QPoint(), turned, Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False)
    QApplication.sendEvent(field, wheel)
    assert field.choice == choice
