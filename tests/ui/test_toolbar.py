"""The tool bar: its choices stand for what the session and the trainer do, whoever told them to."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from chainrule.session.training import PACES
from chainrule.ui.choice_field import ChoiceField
from chainrule.ui.main_window import MainWindow


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
    window.session.set_by_number(True)
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
    assert window.session.by_number
    assert (pace.currentText(), step_size.currentText()) == ("1 step/s", "by number")
