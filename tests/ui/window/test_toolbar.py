"""The tool bar: its choices stand for what the session and the trainer do, whoever told them to."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QMenu, QStyle, QStyleOptionSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from chainrule.session.training import PACES
from chainrule.ui.actions.action_set import ACTIONS
from chainrule.ui.stage.sample_spin import SampleSpin
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.window.main_window import MainWindow
from tests.ui.style.test_contrast import FOR_LINES, contrast
from tests.ui.style.test_contrast_seen import SCHEMES, colors_in, pixels


def test_actions_are_found_by_their_ids_as_in_a_dict(window: MainWindow) -> None:
    actions = window.actions_by_id
    assert "step.back" in actions
    assert "step.oops" not in actions
    assert len(list(actions)) == len(actions) == len(ACTIONS)
    assert all(actions[identifier].objectName() == identifier for identifier in actions)


def choice(window: MainWindow, name: str) -> ChoiceField:
    field = window.toolbar.findChild(ChoiceField, name)
    assert field is not None
    return field


def choose(field: ChoiceField, place: int) -> None:
    """What Qt does when a name of the list is clicked."""
    field.setCurrentIndex(place)
    field.choose(field.itemText(place))


def test_it_follows_the_pace_and_the_step_size(qtbot: QtBot, window: MainWindow) -> None:
    pace, step_size = choice(window, "run.pace"), choice(window, "step.size")
    window.session.navigator.set_by_number(True)
    with qtbot.waitSignal(window.trainer.pace_changed):
        window.trainer.set_pace(PACES[-1])
    assert (pace.choice, pace.currentText()) == ("fastest", "fastest")
    assert (step_size.choice, step_size.currentText()) == ("by number", "by number")

    # A run goes by whole iterations.
    window.trainer.start()
    assert step_size.choice == "by operation"
    window.trainer.pause()


def test_it_sets_the_pace_and_the_step_size(window: MainWindow) -> None:
    pace, step_size = choice(window, "run.pace"), choice(window, "step.size")
    choose(pace, 0)
    choose(step_size, 1)
    assert window.trainer.pace == PACES[0]
    assert window.session.navigator.by_number
    assert (pace.currentText(), step_size.currentText()) == ("1 step/s", "by number")


@pytest.mark.parametrize("identifier", ["run.restart", "step.back", "step.forward"])
def test_icons_grow_with_the_words_beside_them(window: MainWindow, identifier: str) -> None:
    drawn = {}
    for scale in (1.0, 2.0):
        window.appearance.set_scale(scale)
        button = window.toolbar.findChild(QToolButton, f"button.{identifier}")
        assert button is not None
        button.setEnabled(True)
        button.resize(button.sizeHint())
        # Beside the words, inside of the frame.
        drawn[scale] = drawn_in(button, QRect(4, 4, round(24 * scale) - 4, button.height() - 8))
    assert 1.7 < drawn[2.0].width() / drawn[1.0].width() < 2.3
    assert 1.7 < drawn[2.0].height() / drawn[1.0].height() < 2.3


@SCHEMES
def test_the_way_to_what_has_no_room_is_seen(window: MainWindow, scheme: Qt.ColorScheme) -> None:
    """Qt's own double arrow is black on dark colours too."""
    window.appearance.set_scheme(scheme)
    window.resize(window.minimumWidth(), window.height())
    window.toolbar.resize(500, window.toolbar.height())
    more = window.toolbar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert more is not None
    more.show()
    more.resize(12, 26)
    assert most_contrast(more) >= FOR_LINES


@SCHEMES
def test_what_qt_draws_is_seen(window: MainWindow, scheme: Qt.ColorScheme) -> None:
    """The arrows of the spin box, the tick and the arrow of a menu: each stands out from what it lies on."""
    window.appearance.set_scheme(scheme)
    spin = window.findChild(SampleSpin)
    assert spin is not None
    option = QStyleOptionSpinBox()
    spin.initStyleOption(option)
    up = spin.style().subControlRect(QStyle.ComplexControl.CC_SpinBox, option, QStyle.SubControl.SC_SpinBoxUp, spin)
    assert most_contrast(spin, up.adjusted(2, 2, -2, -2)) >= FOR_LINES
    marks = {}
    for menu in [window.menuBar(), *window.menuBar().findChildren(QMenu)]:
        for action in menu.actions() if isinstance(menu, QMenu) else []:
            menu.ensurePolished()
            menu.resize(menu.sizeHint())
            place = menu.actionGeometry(action)
            if action.isChecked():
                marks[action.text()] = most_contrast(menu, QRect(place.left(), place.top(), 22, place.height()))
            elif action.menu() is not None and action.isEnabled():
                marks[action.text()] = most_contrast(menu, place.adjusted(place.width() - 18, 0, 0, 0))
    assert len(marks) >= 2
    assert {text: ratio for text, ratio in marks.items() if ratio < FOR_LINES} == {}


def drawn_in(widget: QWidget, place: QRect) -> QRect:
    """Around all that is drawn in a place: what has another colour than its corner."""
    picture = pixels(widget)[place.top() : place.bottom() + 1, place.left() : place.right() + 1]
    rows, columns = np.nonzero(picture != picture[0, 0])
    return QRect(QPoint(columns.min(), rows.min()), QPoint(columns.max(), rows.max()))


def most_contrast(widget: QWidget, place: QRect | None = None) -> float:
    """Of what is drawn in a place, the most contrast to what is most of it."""
    colors = colors_in(pixels(widget), widget.rect() if place is None else place)
    ground = max(colors, key=colors.__getitem__)
    return max(contrast(color, ground) for color in colors)
