"""The scheduler's section: every entry can be chosen and begins well, and the parts of a sequence come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import PARTS, SCHEDULERS
from chainrule.catalog.tables import offered
from chainrule.model.editing import edits
from tests.experiments import article
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench

SEQUENCE = "SequentialLR"


def scheduler(bench: Bench) -> Choice:
    """The scheduler of the experiment, which there is one."""
    choice = bench.experiment.scheduler
    assert choice is not None
    return choice


def parts(bench: Bench) -> tuple[list[str], tuple[int, ...]]:
    """The names of a sequence's schedulers, and its milestones."""
    choice = scheduler(bench)
    return [part.name for part in choice["schedulers"]], choice["milestones"]  # type: ignore[union-attr, return-value]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_scheduler_can_be_chosen_and_taken_away_again(bench: Bench, optimizer: str) -> None:
    bench.pick("optimizer_name", optimizer)
    before = bench.experiment
    field = bench.choice("scheduler_name")
    assert [field.itemText(place) for place in range(field.count())] == ["none", *offered(SCHEDULERS)[0]]
    for name in SCHEDULERS:
        bench.pick("scheduler_name", name)
        assert bench.refusals.message == ""
        assert scheduler(bench).name == name
        assert field.choice == name
        assert bench.session.moment.program is not None
    bench.pick("scheduler_name", "none")
    assert bench.experiment == before


@pytest.mark.parametrize("name", CLIPPINGS)
def test_every_clipping_can_be_chosen_and_taken_away_again(bench: Bench, name: str) -> None:
    before = bench.experiment
    bench.pick("clipping_name", name)
    assert bench.experiment.clipping is not None
    assert bench.experiment.clipping.name == name
    bench.undo()
    assert bench.experiment == before
    assert bench.choice("clipping_name").choice == "none"


def test_a_momentum_is_cycled_where_there_is_one(make_bench: MakeBench) -> None:
    bench = make_bench(article())
    bench.pick("scheduler_name", "OneCycleLR")
    assert scheduler(bench)["cycle_momentum"] is False
    bench.pick("scheduler_name", "none")
    bench.type("optimizer_momentum", "0.9")
    bench.pick("scheduler_name", "OneCycleLR")
    assert scheduler(bench)["cycle_momentum"] is True


def test_another_scheduler_keeps_what_was_set_and_fits(bench: Bench) -> None:
    bench.pick("scheduler_name", "StepLR")
    bench.type("scheduler_gamma", "0.5")
    bench.pick("scheduler_interval", "iteration")
    bench.pick("scheduler_name", "MultiStepLR")
    assert scheduler(bench) == Choice("MultiStepLR", {"milestones": (30, 80), "gamma": 0.5, "interval": "iteration"})
    # `mode` means something else in each of these.
    bench.pick("scheduler_name", "ReduceLROnPlateau")
    bench.pick("scheduler_mode", "max")
    bench.pick("scheduler_name", "CyclicLR")
    assert scheduler(bench)["mode"] == "triangular"


@pytest.mark.parametrize(
    ("name", "field", "text", "message"),
    [
        (
            "StepLR",
            "scheduler_step_size",
            "0",
            "Steps between drops: 0 does not fit; StepLR needs a whole",
        ),
        ("MultiStepLR", "scheduler_milestones", "30, 30", "Milestones: 30, 30 does not fit; MultiStepLR needs"),
        ("OneCycleLR", "scheduler_total_steps", "", "Steps in all: OneCycleLR needs “steps in all”, or"),
        ("LambdaLR", "scheduler_lr_lambda", "import os", "Factor: "),
        ("LambdaLR", "scheduler_lr_lambda", "", "Factor: "),
    ],
)
def test_what_a_scheduler_cannot_take_is_refused_beside_the_field(
    bench: Bench, name: str, field: str, text: str, message: str
) -> None:
    bench.pick("scheduler_name", name)
    before = bench.experiment
    shown = bench.find(QWidget, field).property("text")
    bench.type(field, text)

    assert bench.refusals.message.startswith(message)
    assert bench.find(QWidget, field).property("text") == shown
    assert bench.experiment == before


def test_an_expression_is_typed_as_it_is_read(bench: Bench) -> None:
    bench.pick("scheduler_name", "LambdaLR")
    bench.type("scheduler_lr_lambda", " 1 / (1 + epoch) ")
    assert scheduler(bench)["lr_lambda"] == "1 / (1 + epoch)"


def test_a_sequence_shows_its_parts_with_their_own_lists_and_arguments(bench: Bench) -> None:
    bench.pick("scheduler_name", SEQUENCE)
    assert parts(bench) == (["LinearLR", "CosineAnnealingLR"], (5,))
    names = [bench.choice(f"scheduler_part_{place}") for place in range(2)]
    assert [name.choice for name in names] == ["LinearLR", "CosineAnnealingLR"]
    # A sequence within a sequence is not offered, nor is what depends on the loss.
    assert [names[0].itemText(place) for place in range(names[0].count())] == list(offered(PARTS)[0])
    assert not bench.integer("scheduler_milestone_0").isVisible()
    assert bench.integer("scheduler_milestone_1").value == 5
    assert bench.panel.findChild(QWidget, "scheduler_milestones") is None

    bench.type("scheduler_1_T_max", "20")
    bench.type("scheduler_milestone_1", "8")
    bench.pick("scheduler_part_0", "ConstantLR")
    bench.pick("scheduler_interval", "iteration")
    assert scheduler(bench) == Choice(
        SEQUENCE,
        {
            "schedulers": (
                Choice("ConstantLR", {"factor": 1.0 / 3, "total_iters": 5}),
                Choice("CosineAnnealingLR", {"T_max": 20, "eta_min": 0.0}),
            ),
            "milestones": (8,),
            "interval": "iteration",
        },
    )
    assert bench.session.undo_stack.count() == 5


def test_schedulers_follow_and_go_with_their_milestones(bench: Bench) -> None:
    bench.pick("scheduler_name", SEQUENCE)
    bench.click("scheduler_add")
    assert parts(bench) == (["LinearLR", "CosineAnnealingLR", "ExponentialLR"], (5, 15))
    bench.click("scheduler_remove_1")
    assert parts(bench) == (["LinearLR", "ExponentialLR"], (15,))
    bench.undo()
    bench.click("scheduler_remove_0")
    assert parts(bench) == (["CosineAnnealingLR", "ExponentialLR"], (15,))
    bench.click("scheduler_remove_1")
    assert parts(bench) == (["CosineAnnealingLR"], ())

    bench.click("scheduler_remove_0")
    assert (
        bench.refusals.message == "Schedulers: it cannot be empty; SequentialLR needs a list of at least 1 scheduler."
    )
    assert parts(bench) == (["CosineAnnealingLR"], ())
    bench.pick("scheduler_name", "none")
    assert not bench.panel.scheduler.sequence.isVisible()


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("scheduler_0_total_iters", "0", "Scheduler 1, steps: 0 does not fit; "),
        (
            "scheduler_milestone_1",
            "-1",
            "Milestones, number 1: −1 does not fit; SequentialLR needs a whole",
        ),
        ("scheduler_milestone_1", "soon", "“soon” is not a whole number."),
    ],
)
def test_what_a_part_cannot_take_is_refused_beside_its_field(bench: Bench, field: str, text: str, message: str) -> None:
    bench.pick("scheduler_name", SEQUENCE)
    before = bench.experiment
    bench.type(field, text)
    assert bench.refusals.message.startswith(message)
    assert bench.integer(field).value == 5
    assert bench.experiment == before


def test_the_arrow_keys_of_a_milestone_are_one_undo_entry(bench: Bench) -> None:
    bench.pick("scheduler_name", SEQUENCE)
    field = bench.integer("scheduler_milestone_1")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_F2)
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert parts(bench)[1] == (8,)
    assert bench.session.undo_stack.count() == 2


def test_a_file_with_a_sequence_is_shown_before_the_engine_is_there(make_bench: MakeBench) -> None:
    linear, step = Choice("LinearLR", {"total_iters": 3}), Choice("StepLR", {"step_size": 7})
    sequence = Choice(SEQUENCE, {"schedulers": (linear, step), "milestones": (3,)})
    bench = make_bench(replace(article(), scheduler=sequence), ready=False)
    assert bench.choice("scheduler_part_1").choice == "StepLR"
    assert bench.integer("scheduler_1_step_size").value == 7
    assert bench.session.timeline is not None
    assert bench.number("scheduler_1_gamma").value == 0.1


def test_a_scheduler_changes_in_the_middle_of_training(bench: Bench) -> None:
    bench.session.navigator.show_iteration(3)
    bench.session.editor.edit("x", edits.set_scheduler(Choice("ConstantLR", {"factor": 0.5, "total_iters": 9})))
    bench.pick("scheduler_name", "ExponentialLR")
    assert bench.session.cursor.iteration == 3
    assert [segment.start for segment in bench.session.document.segments] == [0, 3]
