"""The user's own optimizer in the panel: its lines and its state."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice
from chainrule.ui.panels.formula_lines import AssignmentLine
from chainrule.ui.text_fields import NamedNumbersField
from tests.ui.panels.bench import Bench

DESCENT = "next = param - lr*grad"


def by_lines(bench: Bench, *lines: str) -> None:
    bench.pick("optimizer_name", "Formula")
    bench.type("optimizer_updates_line_0", ";".join(lines))


def line(bench: Bench, index: int) -> AssignmentLine:
    return bench.find(AssignmentLine, f"optimizer_updates_line_{index}")


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
        assert (line(bench, 1).problem, line(bench, 1).wrong_place) == (message, place)
        assert bench.experiment == before


def test_a_number_by_a_name_that_no_line_writes_is_refused(bench: Bench) -> None:
    by_lines(bench, "v.next = 0.9*v + grad", "next = param - lr*v.next")
    before = bench.experiment
    for text, message in (
        ("v = 0, m = 1", "State: no line writes m.next, the new value of the state m."),
        ("v", "“v” is not names with a number each, such as v = 0, m = 0.5."),
        ("v = x", "“x” is not a number."),
    ):
        bench.type("optimizer_state", text)
        assert bench.refusals.message == message
        assert bench.experiment == before
