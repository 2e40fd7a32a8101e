"""Which views are shown a moment in a run, where they are too many for each of its frames."""

from __future__ import annotations

from itertools import count

import pytest
from PySide6.QtWidgets import QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.window import views as views_module
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.views import TURN_S, Views


class Seen(QWidget):
    """A view that keeps a list of who was shown."""

    shows = Change.NUMBERS

    def __init__(self, name: str, told: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._name, self._told = name, told
        self.show()

    def show_moment(self, moment: Moment, change: Change) -> None:
        self._told.append(self._name)


def test_those_that_take_too_long_together_take_turns_in_a_run(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count()
    # Of two looks at the clock the second is so much later: each view takes two thirds of what there is.
    monkeypatch.setattr(views_module, "perf_counter", lambda: next(ticks) * TURN_S * 2 / 3)
    views, told = Views(lambda: window.session.moment), list[str]()
    always, turning = Seen("stage", told, window), [Seen(name, told, window) for name in "abc"]
    views.add(always)
    for view in turning:
        views.add(view, takes_turns=True)

    def frame(*, in_turn: bool) -> str:
        told.clear()
        for view in (always, *turning):
            views.renew(view)
        views.refresh(in_turn=in_turn)
        return " ".join(told)

    # What they take is not known before.
    assert frame(in_turn=True) == "stage a b c"
    assert [frame(in_turn=True) for _ in range(4)] == ["stage a", "stage b", "stage c", "stage a"]
    assert frame(in_turn=False) == "stage a b c"
    for hidden in turning[1:]:
        hidden.hide()
    # One alone is in every frame, whatever it takes.
    assert [frame(in_turn=True) for _ in range(2)] == ["stage a", "stage a"]


def test_what_waits_is_told_all_that_is_new_once_it_has_its_turn(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = count()
    monkeypatch.setattr(views_module, "perf_counter", lambda: next(ticks) * TURN_S * 2)
    views, told = Views(lambda: window.session.moment), list[str]()
    for name in "ab":
        views.add(Seen(name, told, window), takes_turns=True)
    views.refresh(in_turn=True)
    for _ in range(2):
        window.actions_by_id["iteration.next"].trigger()
    told.clear()
    for _ in range(3):
        views.refresh(in_turn=True)
    assert told == ["a", "b"]
