"""Numbers pasted into the State tab: as they are copied there, as one entry to undo, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from chainrule.model.navigation import Cursor
from chainrule.ui.state.model import AFTER, BEFORE
from chainrule.ui.state.view import StateView
from tests.experiments import article, sgd
from tests.ui.plots.view_bench import ViewBench
from tests.ui.state.test_state_view import BUFFER, STEPS, W1, make, place

Bench = ViewBench[StateView]
CONTROL = Qt.KeyboardModifier.ControlModifier
INDEX = (0, 1)


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    """The second iteration's end, where all numbers are known."""
    made = ViewBench(make, article(optimizer=sgd(0.01, 0.9)), (264, 180), ready=True)
    made.session.navigator.go_to(Cursor(0, STEPS))
    made.session.navigator.go_to(Cursor(1, STEPS))
    made.session.selector.select(W1, INDEX)
    yield made
    made.close()


def paste(qtbot: QtBot, bench: Bench, name: str, column: int, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    bench.view.table.setCurrentIndex(place(bench, name, column))
    qtbot.keyClick(bench.view.table, Qt.Key.Key_V, CONTROL)


def copied(qtbot: QtBot, bench: Bench) -> str:
    qtbot.keyClick(bench.view.table, Qt.Key.Key_A, CONTROL)
    qtbot.keyClick(bench.view.table, Qt.Key.Key_C, CONTROL)
    return QGuiApplication.clipboard().text()


def number(bench: Bench, name: str, column: int) -> float | None:
    at = place(bench, name, column)
    cell = bench.view.model.cell(at.row(), at.column())
    assert cell is not None
    return cell.number


def test_what_was_copied_comes_back_as_one_entry(qtbot: QtBot, bench: Bench) -> None:
    session = bench.session
    text, before = copied(qtbot, bench), session.moment
    count = session.undo_stack.count()
    # The same numbers change nothing.
    paste(qtbot, bench, "weight", BEFORE, text)
    assert session.undo_stack.count() == count
    assert session.moment is before
    # Other ones: the buffer and the weight that the iteration found.
    weight, buffer = (before.number(ref, INDEX) for ref in (W1, BUFFER))
    assert weight is not None
    assert buffer is not None
    lines = [line for line in text.splitlines() if line.strip()]
    changed = "\n".join(line.replace(repr(weight), "0.5").replace(repr(buffer), "-0.25") for line in lines)
    assert changed.count("0.5") >= 1
    assert changed.count("-0.25") >= 1
    paste(qtbot, bench, "weight", BEFORE, "\n".join(_before_alone(line) for line in changed.splitlines()))
    assert session.moment.number(W1, INDEX) == 0.5
    assert session.moment.number(BUFFER, INDEX) == -0.25
    assert session.undo_stack.count() == count + 1
    session.undo_stack.undo()
    assert session.moment.number(W1, INDEX) == weight
    assert session.moment.number(BUFFER, INDEX) == buffer


def _before_alone(line: str) -> str:
    return line.split("\t")[2]


def test_a_block_goes_down_from_the_current_number(qtbot: QtBot, bench: Bench) -> None:
    before = [number(bench, name, BEFORE) for name in ("momentum buffer", "momentum")]
    paste(qtbot, bench, "momentum buffer", BEFORE, "1/4\n0.125\n")
    assert [number(bench, name, BEFORE) for name in ("momentum buffer", "momentum")] == [0.25, 0.125]
    bench.session.undo_stack.undo()
    assert [number(bench, name, BEFORE) for name in ("momentum buffer", "momentum")] == before


def test_a_blank_line_is_a_row_without_a_number(qtbot: QtBot, bench: Bench) -> None:
    paste(qtbot, bench, "weight", BEFORE, "0.5\n\n-0.25\n")
    assert [number(bench, name, BEFORE) for name in ("weight", "momentum buffer")] == [0.5, -0.25]
    document = bench.session.document
    paste(qtbot, bench, "weight", BEFORE, "0.75\n1\n")
    assert bench.view._refusals.message == "“gradient” has no number that can be set in the column “before”."
    assert bench.session.document is document


def test_both_columns_are_set_the_next_weight_last(qtbot: QtBot, bench: Bench) -> None:
    paste(qtbot, bench, "weight", AFTER, "0.5\t0.75")
    session = bench.session
    # The next weight is where the next iteration starts, which is shown then.
    assert session.cursor.iteration == 2
    assert session.moment.number(W1, INDEX) == 0.75
    session.navigator.go_to(Cursor(1, 0))
    assert session.moment.number(W1, INDEX) == 0.5
    assert session.undo_stack.count() == 1


def test_what_the_iteration_computes_is_set_before_the_next_begins(qtbot: QtBot, bench: Bench) -> None:
    gradient = number(bench, "gradient", AFTER)
    paste(qtbot, bench, "weight", AFTER, f"0.75\n{gradient!r}\n-0.5")
    session = bench.session
    assert session.moment.number(W1, INDEX) == 0.75
    assert session.moment.number(BUFFER, INDEX) == -0.5
    session.undo_stack.undo()
    assert session.cursor == Cursor(1, STEPS)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\t2\t3", "A row has two numbers here, before and after; 3 were pasted."),
        ("1\n" * 60, "60 rows were pasted, and from here on there are"),
        ("1\tx", "“x” is not a number."),
        ("", "There is no text on the clipboard"),
    ],
)
def test_what_has_no_place_is_refused_in_words(qtbot: QtBot, bench: Bench, text: str, words: str) -> None:
    document = bench.session.document
    paste(qtbot, bench, "weight", BEFORE, text)
    assert words in bench.view._refusals.message
    assert bench.session.document is document


def test_all_or_nothing(qtbot: QtBot, bench: Bench) -> None:
    """Of two numbers the second is refused: the learning rate cannot be negative."""
    document = bench.session.document
    paste(qtbot, bench, "momentum", BEFORE, "0.5\n-1")
    assert bench.view._refusals.message
    assert bench.session.document is document
    assert not bench.session.undo_stack.canRedo()
