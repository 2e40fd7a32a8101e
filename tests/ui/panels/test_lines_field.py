"""Several lines of formulas that belong together: checked as a whole, added, changed and removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from chainrule.formula.errors import FormulaError
from chainrule.formula.parse import parse_assignment
from chainrule.ui.panels.arguments.lines_field import FormulaLinesField
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula_field import FormulaLine
from chainrule.ui.typesetting.formula_preview import FormulaPreview
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.refusal import Refusals

MOMENTUM = ("v.next = 0.9*v + grad", "next = param - lr*v.next")


def check(lines: Sequence[str]) -> None:
    """Each line reads what is given and what lines before it have written; the last one writes next."""
    known = ["param", "grad", "lr", "v"]
    for line in lines:
        name, _ = parse_assignment(line, known)
        known.append(name)
    if name != "next":
        raise FormulaError("the last line gives next", lines[-1])


class Form:
    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot, self.window = qtbot, QWidget()
        qtbot.addWidget(self.window)
        appearance = Appearance(self.window)
        self.field = FormulaLinesField(appearance, Refusals(appearance, self.window), "updates", self.window)
        self.field.resize(240, 500)
        self.asked: list[tuple[str, ...]] = []
        self.field.edited.connect(self.take)
        self.field.declare("Update", "A line of the update.", check)
        self.field.show_value(MOMENTUM)
        self.window.resize(260, 500)
        with qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()

    def take(self, lines: tuple[str, ...]) -> None:
        self.asked.append(lines)
        self.field.show_value(lines)

    def line(self, place: int) -> Field:
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        found = self.window.findChild(Field, f"updates_line_{place}")
        assert isinstance(found, Field)
        return found

    def problem(self, place: int) -> str:
        found = self.window.findChild(QLabel, f"updates_problem_{place}")
        assert found is not None
        return found.text() if found.isVisible() else ""

    def texts(self) -> list[str]:
        """What stands in the fields that are seen, from top to bottom."""
        QApplication.processEvents()
        return [line.text() for line in self.window.findChildren(FormulaLine) if line.isVisible()]

    def click(self, name: str) -> None:
        button = self.window.findChild(QPushButton, name)
        assert button is not None
        button.click()

    def type(self, place: int, text: str) -> None:
        line = self.line(place)
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[Form]:
    return Form(qtbot)  # type: ignore[return-value]


def test_each_line_is_shown_with_its_formula(form: Form) -> None:
    assert [form.line(place).text() for place in (0, 1)] == list(MOMENTUM)
    previews = form.window.findChildren(FormulaPreview)
    form.qtbot.waitUntil(lambda: all(preview.toolTip() for preview in previews))
    assert [preview.toolTip() for preview in previews] == ["v.next = 0.9*v + grad", "next = param - lr*v.next"]
    assert form.line(1).accessibleName() == "Update 2"


def test_a_changed_line_asks_for_all_of_them(form: Form) -> None:
    form.type(0, "v.next = 0.5*v + grad")
    assert form.asked == [("v.next = 0.5*v + grad", MOMENTUM[1])]


def test_what_is_wrong_in_the_whole_is_said_at_the_line(form: Form) -> None:
    form.type(1, "next = param - lr*w")
    assert form.problem(1).startswith("Character 19: w is not known here")
    assert form.asked == []
    assert form.problem(0) == ""


def test_lines_come_and_go(form: Form) -> None:
    form.click("updates_add")
    form.type(2, "next = param")
    assert form.problem(2) == ""
    assert form.asked == [(*MOMENTUM, "next = param")]
    form.click("updates_remove_1")
    assert form.asked[-1] == (MOMENTUM[0], "next = param")
    assert [form.line(place).text() for place in (0, 1)] == [MOMENTUM[0], "next = param"]


def test_several_lines_can_be_typed_at_once(form: Form) -> None:
    form.type(1, "u = lr*v.next; next = param - u")
    assert form.asked == [(MOMENTUM[0], "u = lr*v.next", "next = param - u")]


def test_a_begun_line_that_is_removed_was_never_there(form: Form) -> None:
    form.click("updates_add")
    form.click("updates_remove_2")
    assert form.asked == []
    assert form.texts() == list(MOMENTUM)


def test_a_line_is_inserted_above_another(form: Form) -> None:
    form.click("updates_insert_1")
    assert form.texts() == [MOMENTUM[0], "", MOMENTUM[1]]
    assert form.window.focusWidget() is form.line(1)
    previews = form.window.findChildren(FormulaPreview)
    assert [preview.isVisible() for preview in previews] == [True, False, True]
    form.type(1, "u = lr*v.next")
    assert form.asked == [(MOMENTUM[0], "u = lr*v.next", MOMENTUM[1])]
    assert form.texts() == list(form.asked[0])
    form.click("updates_insert_0")
    form.type(0, "s = 2")
    assert form.asked[-1] == ("s = 2", *form.asked[0])


def test_there_is_one_begun_line_which_moves_to_where_it_is_wanted(form: Form) -> None:
    form.click("updates_add")
    form.click("updates_insert_0")
    assert form.texts() == ["", *MOMENTUM]
    form.click("updates_insert_2")
    assert form.texts() == [MOMENTUM[0], "", MOMENTUM[1]]
    form.click("updates_remove_1")
    assert form.texts() == list(MOMENTUM)
    assert form.asked == []


def test_what_is_typed_and_wrong_moves_with_its_line(form: Form) -> None:
    form.type(1, "next = param - lr*w")
    form.click("updates_insert_0")
    assert form.texts() == ["", MOMENTUM[0], "next = param - lr*w"]
    assert form.problem(2).startswith("Character 19: w is not known here")
    assert form.problem(0) == form.problem(1) == ""
    form.type(0, "w = 1")
    assert form.asked == [("w = 1", *MOMENTUM)]
    # What it waited for is there now.
    assert form.texts() == ["w = 1", MOMENTUM[0], "next = param - lr*w"]
    assert form.problem(2) == ""
