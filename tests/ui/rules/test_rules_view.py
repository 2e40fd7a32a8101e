"""The table of conventions as it is seen: the number that is lit, the sentence, and what a click does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.session import conventions
from chainrule.session.session import Session
from chainrule.ui.rules.view import FROM_HERE, FROM_START, RulesView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, sgd
from tests.session.results.test_conventions import SGD_MOMENTUM, line
from tests.ui.plots.view_bench import ViewBench, benches

RulesBench = ViewBench[RulesView]
MakeRules = Callable[..., RulesBench]
STEPPED = Choice("StepLR", {"step_size": 3, "gamma": 0.5})


def view_of(session: Session, appearance: Appearance) -> RulesView:
    return RulesView(session, appearance, Refusals(appearance, session))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[MakeRules]:
    with benches(view_of, (560, 300)) as bench_of:
        yield bench_of


def done(qtbot: QtBot, bench: RulesBench) -> RulesView:
    """The view, once all is computed."""
    if bench.view.slicer.is_active:
        with qtbot.waitSignal(bench.view.slicer.finished):
            pass
    return bench.view


def go(bench: RulesBench, iteration: int) -> None:
    """Stand at another iteration, as a run comes to it."""
    bench.session.navigator.show_iteration(iteration)
    bench.show()


def reds(view: RulesView, row: int, column: int) -> int:
    """How many pixels of a cell are as red as what differs."""
    view.table.scrollTo(view.model.index(row, column))
    image = view.table.viewport().grab(view.table.visualRect(view.model.index(row, column))).toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    colors = [image.pixelColor(*place) for place in places]
    return sum(color.red() > color.green() + 60 and color.red() > color.blue() + 60 for color in colors)


def test_the_first_number_that_differs_is_lit_signed_and_named(qtbot: QtBot, make: MakeRules) -> None:
    view = done(qtbot, make(line(SGD_MOMENTUM, scheduler=STEPPED)))
    model = view.model
    lit = [(row, column) for row in range(6) for column in range(4) if model.parts(row, column)]
    assert lit == [(1, 3), (4, 2)]
    assert model.text(4, 2).startswith("≠ ")
    assert not model.text(3, 2).startswith("≠")
    view.table.picked.emit(2)
    assert view.said.text().endswith(
        "Keras parts from PyTorch at iteration 3, when the rate changes from 0.1 to 0.05; before, both move the same."
    )
    # Red stands in the cell that is lit, and in no other of the row.
    assert reds(view, 4, 2) > 20
    assert reds(view, 4, 1) == reds(view, 3, 2) == 0


def test_without_a_change_of_the_rate_they_are_said_to_be_the_same(qtbot: QtBot, make: MakeRules) -> None:
    view = done(qtbot, make(line(SGD_MOMENTUM)))
    view.table.picked.emit(2)
    assert "Keras and PyTorch are the same within 1e-09 of their size in all 5 iterations" in view.said.text()
    view.table.picked.emit(3)
    assert "averaged parts from PyTorch at the first update, that of iteration 0" in view.said.text()


def test_use_this_one_is_one_edit(qtbot: QtBot, make: MakeRules) -> None:
    bench = make(line(SGD_MOMENTUM, scheduler=STEPPED))
    view = done(qtbot, bench)
    before = bench.session.experiment
    view.table.picked.emit(1)
    assert not view.use.isEnabled()  # the experiment has PyTorch's
    view.table.picked.emit(2)
    view.use.click()
    assert bench.session.experiment.optimizer["updates"] == ("v.next = 0.8*v - lr*grad", "next = param + v.next")
    done(qtbot, bench)
    assert view.model.heading(2) == "✓ Keras"
    bench.session.undo_stack.undo()
    assert bench.session.experiment == before


def test_all_start_from_the_iteration_on_the_screen_and_follow_it(qtbot: QtBot, make: MakeRules) -> None:
    bench = make(line(SGD_MOMENTUM), train=4)
    view = done(qtbot, bench)
    assert view.model.copied(0) == ["start", 0.3, 0.3, 0.3]
    view.start.choose(FROM_HERE)
    done(qtbot, bench)
    assert view.start.choice == FROM_HERE
    number = bench.session.moment.number(ValueRef("layers.0.weight"), (0, 0))
    assert view.model.copied(0) == ["start", number, number, number]
    assert [view.model.text(row, 0) for row in range(3)] == ["start", "3", "4"]
    view.table.picked.emit(3)
    assert view.said.text().endswith("from iteration 3 on: averaged parts from PyTorch at the first update.")
    # Another iteration is another start; what was computed stands there until it is done.
    go(bench, 1)
    assert view.model.rowCount() == 6
    done(qtbot, bench)
    number = bench.session.moment.number(ValueRef("layers.0.weight"), (0, 0))
    assert view.model.copied(0) == ["start", number, number, number]
    assert view.model.text(1, 0) == "1"
    # Back at the start the iteration does not matter.
    view.start.choose(FROM_START)
    done(qtbot, bench)
    assert view.model.copied(0) == ["start", 0.3, 0.3, 0.3]
    go(bench, 2)
    assert not view.slicer.is_active


def test_a_run_that_goes_on_lets_a_table_be_finished(qtbot: QtBot, make: MakeRules) -> None:
    bench = make(line(SGD_MOMENTUM), train=8)
    view = done(qtbot, bench)
    go(bench, 0)
    view.start.choose(FROM_HERE)
    view.iterations.value_edited.emit(50)
    view.slicer.cancel()
    view.slicer.start(iter([None, None]))
    go(bench, 5)
    assert view.slicer.is_active
    done(qtbot, bench)
    done(qtbot, bench)
    assert view.model.text(1, 0) == "5"


def test_where_the_window_would_stand_still_it_is_asked_first(
    qtbot: QtBot, make: MakeRules, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A line has two parameters, and its batch three rows.
    monkeypatch.setattr(conventions, "MOST_AT_ONCE", 3 * 3 * 2 - 1)
    bench = make(line(SGD_MOMENTUM), train=4)
    view = bench.view
    assert not view.slicer.is_active
    assert view.said.text() == "Each iteration reads 3 rows at once, and the window stands still meanwhile."
    assert view.compare.isVisible()
    assert not view.use.isVisible()
    view.compare.click()
    done(qtbot, bench)
    assert view.model.rowCount() == 6
    assert not view.compare.isVisible()
    # So it is at each other start.
    view.start.choose(FROM_HERE)
    assert not view.slicer.is_active
    view.compare.click()
    done(qtbot, bench)
    assert view.model.text(1, 0) == "3"
    go(bench, 1)
    assert not view.slicer.is_active
    assert view.compare.isVisible()
    assert view.model.rowCount() == 0


def test_iterations_are_chosen_and_the_table_is_copied(qtbot: QtBot, make: MakeRules) -> None:
    bench = make(line(SGD_MOMENTUM))
    view = done(qtbot, bench)
    view.iterations.value_edited.emit(12)
    done(qtbot, bench)
    assert view.model.rowCount() == 13
    view.iterations.value_edited.emit(51)
    assert view.model.rowCount() == 13
    view.copy.click()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "after iteration\tPyTorch\tKeras\taveraged"
    assert lines[1].split("\t") == ["start", "0.3", "0.3", "0.3"]
    numbers = view.numbers()
    assert numbers is not None
    assert len(numbers) == 13


def test_what_has_no_conventions_is_said_in_words(qtbot: QtBot, make: MakeRules) -> None:
    bench = make(article())
    view = done(qtbot, bench)
    assert "Plain gradient descent is the same everywhere" in view.said.text()
    assert view.numbers() is None
    bench.session.editor.edit("Momentum", edits.set_optimizer(sgd(0.1, 0.9)))
    done(qtbot, bench)
    assert view.model.rowCount() == 6


def test_nothing_is_computed_while_nobody_looks(qtbot: QtBot, make: MakeRules) -> None:
    bench = make(article())
    bench.view.hide()
    bench.session.editor.edit("Momentum", edits.set_optimizer(sgd(0.1, 0.9)))
    assert not bench.view.slicer.is_active
    assert bench.view.model.rowCount() == 0
    bench.view.show()
    assert done(qtbot, bench).model.rowCount() == 6


def test_a_key_brings_the_tab_and_left_and_right_choose(qtbot: QtBot, window: MainWindow) -> None:
    window.session.editor.edit("Momentum", edits.set_optimizer(sgd(0.1, 0.9)))
    window.actions_by_id["view.tab_rules"].trigger()
    view = window.tabs.view("rules")
    assert isinstance(view, RulesView)
    qtbot.waitUntil(lambda: view.model.rowCount() == 6)
    view.table.setCurrentIndex(view.model.index(1, 1))
    qtbot.keyClick(view.table, Qt.Key.Key_Right)
    assert view.table.chosen == 2
