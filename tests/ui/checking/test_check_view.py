"""A student's own number as it is checked in the window: the verdict, the mistake, and nothing set by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.session.session import Session
from chainrule.ui.checking.view import NOTHING, CheckView
from chainrule.ui.style.appearance import LIGHT, Appearance
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article
from tests.formulas import formula_experiment
from tests.ui.plots.view_bench import ViewBench, benches

CheckBench = ViewBench[CheckView]
GRADIENT = refs.grad(refs.weight(0))


def view_of(session: Session, appearance: Appearance) -> CheckView:
    return CheckView(session, appearance, Refusals(appearance, session))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[..., CheckBench]]:
    with benches(view_of, (420, 500)) as bench_of:
        yield bench_of


@pytest.fixture
def bench(make: Callable[..., CheckBench]) -> CheckBench:
    found = make(article())
    found.session.selector.select(GRADIENT, (0, 1))
    return found


def give(bench: CheckBench, text: str, qtbot: QtBot) -> str:
    view = bench.view
    view.field.setFocus()
    view.field.setText(text)
    assert view.field.take()
    qtbot.waitUntil(lambda: not view.checker.is_busy, timeout=30_000)
    return view.verdict.text()


def told(bench: CheckBench) -> list[str]:
    return [each.sentence.text() for each in bench.view.mistakes if each.sentence.isVisibleTo(bench.view)]


def test_nothing_is_asked_before_a_number_is_selected(make: Callable[..., CheckBench]) -> None:
    view = make(article()).view
    assert view.said.text() == NOTHING
    assert not view.field.isEnabled()


def test_a_right_number_is_right_and_nothing_is_set(bench: CheckBench, qtbot: QtBot) -> None:
    before = bench.session.document
    assert give(bench, "-7.01", qtbot) == "✓ Right"
    assert bench.session.document is before
    assert not bench.session.moment.overrides
    assert bench.view.name.text() == "∂L/∂w₁₂⁽¹⁾ ="


def test_the_mistake_is_named_and_the_right_number_shown_only_when_asked(bench: CheckBench, qtbot: QtBot) -> None:
    assert give(bench, "-5.70", qtbot) == "✗ Wrong"
    assert any("share of sample 2 of 2 samples alone" in sentence for sentence in told(bench))
    assert "7.01" not in " ".join((bench.view.verdict.text(), bench.view.said.text(), *told(bench)))
    bench.view.reveal.click()
    assert bench.view.verdict.text() == "✗ Wrong: it is −7.010"
    assert not bench.view.reveal.isVisibleTo(bench.view)


def test_a_link_goes_to_the_number_that_went_wrong(bench: CheckBench, qtbot: QtBot) -> None:
    give(bench, "-7.541", qtbot)
    assert "the weights of layer 2 as updated already" in " ".join(told(bench))
    bench.view.go.click()
    assert bench.session.selection is not None
    assert bench.session.selection.ref == refs.grad(refs.activation(0))


def test_the_verdict_has_a_sign_and_its_colour(bench: CheckBench, qtbot: QtBot) -> None:
    give(bench, "3.21", qtbot)
    image, color = bench.view.verdict.grab().toImage(), LIGHT.error
    seen = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert color in seen
    assert bench.view.verdict.text().startswith("✗")


def test_all_that_is_said_has_room(bench: CheckBench, qtbot: QtBot) -> None:
    give(bench, "-14.02", qtbot)
    view = bench.view
    qtbot.waitUntil(lambda: view._content.height() >= view._column.totalHeightForWidth(view._content.width()))
    shown: list[QWidget] = [part for each in view.mistakes for part in (each.sentence, each.right, each.wrong)]
    shown = [part for part in shown if part.isVisibleTo(view)]
    assert len(shown) == 9
    for one, other in pairwise(shown):
        assert one.geometry().bottom() < other.geometry().top()
        assert one.height() >= min(one.sizeHint().height(), one.minimumHeight() or 0)


def test_what_is_no_number_is_refused_beside_the_field(bench: CheckBench) -> None:
    bench.view.field.setText("abc")
    assert not bench.view.field.commit()
    assert bench.view.verdict.text() == ""


def test_an_answer_is_gone_with_another_number_and_after_an_edit(bench: CheckBench, qtbot: QtBot) -> None:
    give(bench, "-7.01", qtbot)
    bench.session.selector.select(GRADIENT, (0, 0))
    assert bench.view.verdict.text() == ""
    assert bench.view.field.value is None
    assert bench.view.name.text() == "∂L/∂w₁₁⁽¹⁾ ="


def test_a_formula_is_checked_as_well(make: Callable[..., CheckBench], qtbot: QtBot) -> None:
    bench = make(formula_experiment("q = x + y", "f = q*z", parameters={"x": -2, "y": 5, "z": -4}))
    bench.session.selector.select(refs.grad(refs.ValueRef("x")), ())
    assert give(bench, "-4", qtbot) == "✓ Right"
    assert give(bench, "4", qtbot) == "✗ Wrong"
    assert "opposite sign" in " ".join(told(bench))


def test_a_whole_calculation_says_where_it_first_goes_wrong(bench: CheckBench, qtbot: QtBot) -> None:
    view = bench.view
    view.fold.setChecked(True)
    view.calculation.editor.setPlainText("z_1^(1) = 0.5\ndL/dyhat = 1.31\ndelta^(2) = 1.31\nq = 2")
    view.calculation.check.click()
    qtbot.waitUntil(lambda: not view.checker.is_busy, timeout=60_000)
    assert view.calculation.verdict.text().startswith("✗ It first goes wrong in line 2; 1 of 4")
    lines = view.calculation.lines.text().splitlines()
    assert lines[0] == "1  ✓ z₁⁽¹⁾ of sample 1 = 0.5: right."
    assert "opposite sign" in lines[1]
    assert lines[2].startswith("3  ↪ δ⁽²⁾ of sample 1 = 1.31: consequential")
    assert lines[3] == "4  ? q = 2: not read, for q is the name of no number here."
    assert view.calculation.editor.marked == {2}


def test_the_key_goes_to_the_field_and_enter_asks(window: MainWindow, qtbot: QtBot) -> None:
    window.session.selector.select(GRADIENT, (0, 1))
    qtbot.keyClick(window.stage_panel.stage, Qt.Key.Key_M)
    view = window.tabs.view("check")
    assert isinstance(view, CheckView)
    assert window.focusWidget() is view.field
    QTest.keyClicks(view.field, "-7.01")
    QTest.keyClick(view.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not view.checker.is_busy, timeout=30_000)
    assert view.verdict.text() == "✓ Right"
