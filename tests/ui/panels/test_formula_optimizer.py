"""The user's own optimizer in the panel: its lines and its state."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from chainrule.catalog.arguments import Choice
from chainrule.ui.typesetting.formula_field import FormulaLine
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.text_fields import NamedNumbersField
from chainrule.ui.window.main_window import MainWindow
from tests.ui.panels.bench import Bench

DESCENT = "next = param - lr*grad"


def by_lines(bench: Bench, *lines: str) -> None:
    bench.pick("optimizer_name", "Formula")
    bench.type("optimizer_updates_line_0", ";".join(lines))


def line(bench: Bench, index: int) -> FormulaLine:
    return bench.find(FormulaLine, f"optimizer_updates_line_{index}")


def test_it_begins_with_gradient_descent_at_the_rate_of_before(bench: Bench) -> None:
    rate = bench.experiment.optimizer["lr"]
    bench.pick("optimizer_name", "Formula")

    assert bench.experiment.optimizer == Choice("Formula", {"lr": rate, "state": {}, "updates": (DESCENT,)})
    assert line(bench, 0).text() == DESCENT
    bench.undo()
    assert bench.experiment.optimizer.name == "SGD"


def test_a_state_comes_with_the_line_that_writes_it_and_goes_with_it(bench: Bench) -> None:
    by_lines(bench, "v.next = 0.9*v + grad", "next = param - lr*v.next")

    assert bench.experiment.optimizer["state"] == {"v": 0.0}
    assert bench.experiment.optimizer["updates"] == ("v.next = 0.9*v + grad", "next = param - lr*v.next")
    assert [line(bench, index).text() for index in range(2)] == list(bench.experiment.optimizer["updates"])  # type: ignore[arg-type]
    assert bench.find(NamedNumbersField, "optimizer_state").text() == "v = 0"

    bench.type("optimizer_state", "v = 0.25")
    assert bench.experiment.optimizer["state"] == {"v": 0.25}
    bench.type("optimizer_updates_line_1", "w.next = v.next; next = param - lr*w")
    assert bench.experiment.optimizer["state"] == {"v": 0.25, "w": 0.0}
    bench.undo()
    bench.undo()
    bench.undo()
    assert bench.experiment.optimizer["state"] == {}
    assert line(bench, 0).text() == DESCENT


def test_a_line_is_added_and_removed(bench: Bench) -> None:
    by_lines(bench, DESCENT)
    bench.click("optimizer_updates_add")
    assert bench.focused() is line(bench, 1)
    bench.type("optimizer_updates_line_1", "mean.next = mean + (next - mean)/step")
    assert bench.experiment.optimizer["state"] == {"mean": 0.0}
    bench.click("optimizer_updates_remove_1")

    assert bench.experiment.optimizer["updates"] == (DESCENT,)
    assert bench.experiment.optimizer["state"] == {}
    bench.click("optimizer_updates_add")
    bench.click("optimizer_updates_remove_1")
    assert bench.experiment.optimizer["updates"] == (DESCENT,)


def test_what_is_wrong_is_said_while_it_is_typed_and_the_old_line_stays(bench: Bench) -> None:
    by_lines(bench, "v.next = 0.9*v + grad", "next = param - lr*v.next")
    before = bench.experiment
    for text, message, place in (
        ("next = param - lr*gard", "Character 19: gard is not known here; did you mean grad?", 18),
        ("next = param - 9^9^9", "Character 16: 9^(9^9) is too large for a number.", 15),
        ("u = 3", "No line writes next, the new value of the parameter, as in next = param - lr*grad.", None),
    ):
        bench.type("optimizer_updates_line_1", text)
        assert (line(bench, 1).reading.problem, line(bench, 1).reading.wrong_place) == (message, place)
        assert bench.experiment == before


def test_what_is_no_state_is_refused(bench: Bench) -> None:
    by_lines(bench, "v.next = 0.9*v + grad", "next = param - lr*v.next")
    before = bench.experiment
    for text, message in (
        ("lr = 1", "State: lr has a meaning already; choose another name."),
        ("v", "“v” is not names with a number each, such as v = 0, m = 0.5."),
        ("v = x", "“x” is not a number."),
        ("", "Updates, line 1: character 1: v is no state; there is none."),
    ):
        bench.type("optimizer_state", text)
        assert bench.refusals.message.startswith(message)
        assert bench.experiment == before


def test_the_state_shows_how_one_is_written(bench: Bench) -> None:
    bench.pick("optimizer_name", "Formula")
    field = bench.find(NamedNumbersField, "optimizer_state")
    assert (field.text(), field.placeholderText()) == ("", "none; such as v = 0")


def test_a_state_that_is_typed_brings_its_line(bench: Bench) -> None:
    bench.pick("optimizer_name", "Formula")
    bench.type("optimizer_state", "m = 0.5")
    assert bench.experiment.optimizer["state"] == {"m": 0.5}
    assert bench.experiment.optimizer["updates"] == ("m.next = m", DESCENT)
    bench.undo()
    assert bench.experiment.optimizer["updates"] == (DESCENT,)


def test_a_click_adds_a_state_with_a_line_to_be_written_on(bench: Bench) -> None:
    bench.pick("optimizer_name", "Formula")
    bench.click("optimizer_updates_keep")
    assert bench.experiment.optimizer["state"] == {"v": 0.0}
    assert bench.experiment.optimizer["updates"] == ("v.next = v", DESCENT)
    assert bench.focused() is line(bench, 0)
    assert line(bench, 0).selectedText() == "v"
    QTest.keyClicks(line(bench, 0), "0.9*v + grad")
    QTest.keyClick(line(bench, 0), Qt.Key.Key_Return)
    assert bench.experiment.optimizer["updates"] == ("v.next = 0.9*v + grad", DESCENT)
    bench.click("optimizer_updates_keep")
    assert bench.experiment.optimizer["state"] == {"m": 0.0, "v": 0.0}


def test_a_name_that_is_not_there_yet_can_be_added_to_the_state(bench: Bench) -> None:
    bench.pick("optimizer_name", "Formula")
    offer = bench.find(QPushButton, "optimizer_updates_keep_0")
    for text in (DESCENT, "next = param - lr*gard", "next = param - lr*(", "next = param - lr*pi"):
        bench.type("optimizer_updates_line_0", text)
        assert not offer.isVisible(), text
    bench.type("optimizer_updates_line_0", "next = param - lr*v")
    assert (offer.isVisible(), offer.text()) == (True, "add v to the state")
    offer.click()
    assert bench.experiment.optimizer["state"] == {"v": 0.0}
    assert bench.experiment.optimizer["updates"] == ("v.next = v", "next = param - lr*v")
    assert (line(bench, 0).text(), line(bench, 1).text()) == ("v.next = v", "next = param - lr*v")
    assert line(bench, 0).selectedText() == "v"
    assert not any(bench.find(QPushButton, f"optimizer_updates_keep_{index}").isVisible() for index in range(2))


def test_a_formula_that_is_chosen_has_the_keyboard(bench: Bench) -> None:
    bench.pick("optimizer_name", "Formula")
    assert bench.focused() is line(bench, 0)
    assert line(bench, 0).selectedText() == "param - lr*grad"
    for name, field in (("loss_name", "loss_formula"), ("layer_activation_0", "layer_activation_0_formula")):
        bench.pick(name, "Formula")
        found = bench.find(FormulaLine, field)
        assert bench.focused() is found
        assert found.selectedText() == found.text() != ""


def test_what_has_the_keyboard_is_in_sight(window: MainWindow) -> None:
    """The lines begin below the edge of a laptop's screen."""
    window.resize(1280, 800)

    def is_in_sight(index: int) -> bool:
        for _ in range(3):
            QApplication.processEvents()
        found = window.findChild(FormulaLine, f"optimizer_updates_line_{index}")
        assert found is not None
        assert window.focusWidget() is found
        return found.visibleRegion().boundingRect() == found.rect()

    chosen = window.findChild(ChoiceField, "optimizer_name")
    assert chosen is not None
    chosen.choose("Formula")
    assert is_in_sight(0)
    for name, index in (("keep", 0), ("insert_1", 1), ("add", 2)):
        button = window.findChild(QPushButton, f"optimizer_updates_{name}")
        assert button is not None
        button.click()
        assert is_in_sight(index)
