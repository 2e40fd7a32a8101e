"""What one is about to read or to type is in sight, on a laptop's screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.formula.parse import parse_formula
from chainrule.model.navigation import Cursor
from chainrule.ui.equation.derivation import DerivationView
from chainrule.ui.style.appearance import SCALES
from chainrule.ui.typesetting.formula_field import FormulaLine
from chainrule.ui.typesetting.formula_preview import FormulaPreview, PreviewedFormula
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.scroll_area import SlimScrollArea
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article

LAPTOP = (1366, 768)


@pytest.fixture
def laptop(window: MainWindow) -> MainWindow:
    """The window as large as a laptop's screen."""
    window.resize(*LAPTOP)
    return window


def find(window: MainWindow, name: str) -> QWidget:
    found = window.findChild(QWidget, name)
    assert found is not None, name
    return found


def is_in_sight(widget: QWidget) -> bool:
    """Whether all of it is seen."""
    return widget.isVisible() and widget.visibleRegion().boundingRect() == widget.rect()


def scroll_bar(window: MainWindow) -> QScrollBar:
    """The one of the experiment panel."""
    area = window.experiment_panel.findChild(SlimScrollArea)
    assert area is not None
    return area.verticalScrollBar()


def put_at_the_edge(window: MainWindow, line: QWidget) -> None:
    """Scroll until a line is the last that is seen of the panel."""
    QApplication.processEvents()
    area = window.experiment_panel.findChild(SlimScrollArea)
    assert area is not None
    below = line.mapTo(area.widget(), line.rect().bottomLeft()).y()
    area.verticalScrollBar().setValue(below - area.viewport().height() + 1)
    assert is_in_sight(line)
    assert line.mapTo(area.viewport(), line.rect().bottomLeft()).y() == area.viewport().height() - 1


def click(window: MainWindow, name: str) -> None:
    button = find(window, name)
    assert isinstance(button, QPushButton)
    button.click()


def choose(window: MainWindow, name: str, choice: str) -> None:
    field = find(window, name)
    assert isinstance(field, ChoiceField)
    field.choose(choice)


def formula_of(window: MainWindow, part: str) -> FormulaLine:
    """Choose a formula for a part of the experiment: the line that came."""
    before = set(window.findChildren(FormulaLine))
    choose(window, part, "Formula")
    return next(line for line in window.findChildren(FormulaLine) if line not in before and line.isVisible())


# Formulas


@pytest.mark.parametrize(("part", "name"), [("loss_name", "o"), ("layer_activation_1", "z")])
def test_what_stands_below_a_formula_is_in_sight_while_one_types(
    laptop: MainWindow, qtbot: QtBot, part: str, name: str
) -> None:
    # Here they stand higher than in experiments with more layers.
    laptop.resize(LAPTOP[0], 460)
    line = formula_of(laptop, part)
    preview, problem = (find(laptop, f"{line.objectName()}_{below}") for below in ("preview", "problem"))
    qtbot.waitUntil(lambda: is_in_sight(preview) and preview.height() > 0)
    put_at_the_edge(laptop, line)
    QTest.keyClicks(line, "((")
    qtbot.waitUntil(lambda: is_in_sight(problem) and is_in_sight(line))
    put_at_the_edge(laptop, line)
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: is_in_sight(problem) and is_in_sight(line))
    line.clear()
    put_at_the_edge(laptop, line)
    QTest.keyClicks(line, f"1/(1 + exp(-{name}))")
    qtbot.waitUntil(lambda: is_in_sight(preview) and preview.height() > line.height() and is_in_sight(line))
    line.give_up()


def test_what_is_wrong_with_a_line_of_an_optimizer_is_in_sight(laptop: MainWindow, qtbot: QtBot) -> None:
    line = formula_of(laptop, "optimizer_name")
    problem, keep = (find(laptop, line.objectName().replace("_line_", name)) for name in ("_problem_", "_keep_"))
    QApplication.processEvents()
    put_at_the_edge(laptop, line)
    QTest.keyClicks(line, "mass")
    qtbot.waitUntil(lambda: is_in_sight(problem) and is_in_sight(keep) and is_in_sight(line))
    line.give_up()


def test_a_formula_that_was_refused_as_one_went_on_is_in_sight(laptop: MainWindow, qtbot: QtBot) -> None:
    line = formula_of(laptop, "loss_name")
    QApplication.processEvents()
    QTest.keyClicks(line, "((")
    QApplication.processEvents()
    bar = scroll_bar(laptop)
    bar.setValue(0)
    QTest.keyClick(line, Qt.Key.Key_Tab)
    assert not line.hasFocus()
    qtbot.waitUntil(lambda: is_in_sight(find(laptop, f"{line.objectName()}_problem")) and is_in_sight(line))
    line.give_up()


def test_a_formula_is_never_shown_before_there_is_room_for_it(laptop: MainWindow, qtbot: QtBot) -> None:
    """A timer that paints can be due just after the one that shows it."""
    line = formula_of(laptop, "loss_name")
    preview = find(laptop, f"{line.objectName()}_preview")
    assert isinstance(preview, FormulaPreview)
    qtbot.waitUntil(lambda: preview.is_up_to_date and preview.height() > 0)
    before, seen = preview.height(), []

    def look() -> None:
        if preview.is_up_to_date:
            seen.append(preview.parentWidget().rect().contains(preview.geometry()))

    timer = preview.findChild(QTimer)
    assert timer is not None
    timer.timeout.connect(look)
    formula = parse_formula("exp(o)/(1 + exp(t)/(1 + exp(o)/(1 + t)))", ("o", "t"))
    preview.show_formula(PreviewedFormula(formula, "o", ("o", "t")))
    qtbot.waitUntil(lambda: bool(seen))
    assert preview.height() > 2 * before
    assert seen == [True]


# What is added


@pytest.mark.parametrize(
    ("add", "first", "last"),
    [("group_add", "group_0_parameters", "group_0_add"), ("penalty_add", "penalty_0_name", "penalty_0_factor")],
)
def test_what_was_added_is_in_sight_and_has_the_keyboard(
    laptop: MainWindow, qtbot: QtBot, add: str, first: str, last: str
) -> None:
    click(laptop, add)
    assert laptop.focusWidget() is find(laptop, first)
    qtbot.waitUntil(lambda: is_in_sight(find(laptop, first)) and is_in_sight(find(laptop, last)))


# Another experiment


def test_another_experiment_is_shown_from_its_beginning(laptop: MainWindow, path: Path) -> None:
    QApplication.processEvents()
    bar = scroll_bar(laptop)
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    laptop.session.file.open(article(), path)
    QApplication.processEvents()
    assert bar.value() == 0


# The equation


@pytest.mark.parametrize("what", ["fold", "text", "step"])
def test_the_equation_is_read_from_its_beginning_again(laptop: MainWindow, qtbot: QtBot, what: str) -> None:
    session, view = laptop.session, laptop.equation_view
    # So low that the equation alone is scrolled, with large text.
    laptop.resize(LAPTOP[0], 400)
    laptop.appearance.set_scale(SCALES[-1])
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    session.selector.select(refs.grad(refs.weight(0)), (0, 1))
    view.unfold(True)
    derivation, area = view.findChild(DerivationView), view.findChild(SlimScrollArea)
    assert derivation is not None
    assert area is not None
    qtbot.waitUntil(lambda: derivation.is_up_to_date, timeout=30_000)
    # What has just been unfolded is scrolled to.
    for _ in range(3):
        QApplication.processEvents()
    bar = area.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    session.selector.set_digits(3)
    QApplication.processEvents()
    assert bar.value() > 0
    if what == "fold":
        view.unfold(False)
        assert bar.maximum() > 0
    elif what == "text":
        laptop.appearance.set_scale(SCALES[-2])
    else:
        session.navigator.go_to(Cursor(0, len(session.moment.steps) - 1))
    QApplication.processEvents()
    assert bar.value() == 0
