"""Penalties, parameter groups and batches per update: found, set, refused in words and undone in the left column."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QWidget

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, ParameterGroup, PenaltySpec
from chainrule.catalog.penalties import PENALTIES
from chainrule.engine.machine.check import check_experiment
from tests.experiments import article, dense
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench

L2 = Choice("L2", {"factor": 0.01, "half": False})


def with_both(experiment: Experiment | None = None) -> Experiment:
    """L2 on the weights, L1 by pattern, and a group of the biases."""
    penalties = (PenaltySpec(L2), PenaltySpec(Choice("L1"), ("layers.0.*", "*.bias")))
    groups = (ParameterGroup(("*.bias",), {"lr": 0.5, "weight_decay": 0.0}),)
    return check_experiment(replace(experiment or article(), penalties=penalties, parameter_groups=groups))


@pytest.fixture
def both(make_bench: MakeBench) -> Bench:
    return make_bench(with_both())


def matched(bench: Bench, prefix: str) -> str:
    return bench.find(QLabel, f"{prefix}_matched").text()


def listed(penalties: tuple[PenaltySpec, ...]) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.choice.name, each.parameters) for each in penalties]


# Penalties


def test_one_click_adds_l2_to_the_loss_and_the_steps_have_it(bench: Bench) -> None:
    before = bench.experiment
    bench.click("penalty_add")
    assert bench.experiment.penalties == (PenaltySpec(L2),)
    assert bench.choice("penalty_0_parameters").choice == "all weights"
    assert matched(bench, "penalty_0") == "6 numbers: the weights of layers 1 and 2"
    assert bench.session.moment.program is not None
    assert "loss.penalties.0" in bench.session.moment.program.index

    bench.undo()
    assert bench.experiment == before
    assert bench.panel.loss.penalties.controls() == []
    assert not bench.panel.loss.penalties.isVisible()


def test_every_kind_of_the_table_can_be_chosen(bench: Bench) -> None:
    bench.click("penalty_add")
    assert bench.entries("penalty_0_name") == list(PENALTIES)
    bench.type("penalty_0_factor", "0.5")
    bench.click("penalty_0_half")
    assert bench.experiment.penalties[0].choice == Choice("L2", {"factor": 0.5, "half": True})
    for name in PENALTIES:
        bench.pick("penalty_0_name", name)
        assert bench.experiment.penalties[0].choice["factor"] == 0.5
        assert bench.choice("penalty_0_name").choice == name


def test_rows_come_and_go_and_keep_their_own(both: Bench) -> None:
    both.click("penalty_0_remove")
    assert listed(both.experiment.penalties) == [("L1", ("layers.0.*", "*.bias"))]
    assert both.choice("penalty_0_name").choice == "L1"
    assert (
        both.panel.findChild(QWidget, "penalty_0_half") is None or not both.find(QWidget, "penalty_0_half").isVisible()
    )
    both.undo()
    assert listed(both.experiment.penalties) == [("L2", ("*.weight",)), ("L1", ("layers.0.*", "*.bias"))]
    assert both.choice("penalty_1_name").choice == "L1"


def test_a_factor_is_one_undo_entry_while_an_arrow_is_held(both: Bench) -> None:
    field = both.number("penalty_1_factor")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_F2)
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert both.experiment.penalties[1].choice["factor"] == 0.04
    assert both.session.undo_stack.count() == 1


# Which parameters


def test_the_usual_parameters_are_chosen_by_name(bench: Bench) -> None:
    bench.click("penalty_add")
    field = bench.find(QWidget, "penalty_0_patterns")
    assert not field.isVisible()
    bench.pick("penalty_0_parameters", "layer 2")
    assert bench.experiment.penalties[0].parameters == ("layers.1.*",)
    assert matched(bench, "penalty_0") == "3 numbers: the weights and bias of layer 2"
    assert "layers.1.*" in bench.choice("penalty_0_parameters").toolTip()


def test_patterns_are_typed_where_they_are_asked_for(bench: Bench) -> None:
    bench.click("penalty_add")
    count = bench.session.undo_stack.count()
    bench.pick("penalty_0_parameters", "by pattern")
    field = bench.find(QWidget, "penalty_0_patterns")
    assert field.isVisible()
    assert field.hasFocus()
    assert bench.session.undo_stack.count() == count
    bench.type("penalty_0_patterns", "*.bias, layers.0.weight")
    assert bench.experiment.penalties[0].parameters == ("*.bias", "layers.0.weight")
    assert matched(bench, "penalty_0") == "7 numbers: the weights and biases of layer 1, and the bias of layer 2"
    # Until another of the list is chosen.
    bench.type("penalty_0_patterns", "*.bias")
    assert field.isVisible()
    bench.pick("penalty_0_parameters", "all biases")
    assert not field.isVisible()


def test_the_field_is_there_for_patterns_of_a_file(both: Bench) -> None:
    assert both.choice("penalty_1_parameters").choice == "by pattern"
    assert both.find(QWidget, "penalty_1_patterns").isVisible()
    assert both.find(QWidget, "penalty_1_patterns").property("text") == "layers.0.*, *.bias"


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        (
            "penalty_1_patterns",
            "*.wieght",
            "Penalty 2, parameters: no parameter is called “*.wieght”; this network has",
        ),
        ("penalty_1_patterns", " , ", "Nothing was typed; a pattern is needed, such as *.bias."),
        ("penalty_0_factor", "-1", "Penalty 1, factor: −1 does not fit; L2 needs a number of at least 0."),
        ("group_0_lr", "-1", "Group 1, learning rate: −1 does not fit; SGD needs a number of at least 0."),
        ("data_accumulate", "0", "Batches per update: 0 does not fit; it must be a whole number of at least 1."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(both: Bench, field: str, text: str, message: str) -> None:
    both.click("data_more")
    before, shown = both.session.document, both.find(QWidget, field).property("text")
    both.type(field, text)
    assert both.refusals.message.startswith(message)
    assert both.find(QWidget, field).property("text") == shown
    assert both.session.document is before


def test_a_parameter_is_in_one_group_only(both: Bench) -> None:
    both.click("group_add")
    both.pick("group_1_parameters", "layer 1")
    assert both.refusals.message == "Group 2, parameters: the biases of layer 1 belong to group 1 already."
    assert both.choice("group_1_parameters").choice == "all weights"


# Groups


def test_no_decay_on_the_biases_is_one_click(bench: Bench) -> None:
    bench.type("optimizer_weight_decay", "0.1")
    bench.click("group_add")
    assert bench.experiment.parameter_groups == (ParameterGroup(("*.bias",), {"weight_decay": 0.0}),)
    assert matched(bench, "group_0") == "3 numbers: the biases of layers 1 and 2"
    bench.undo()
    assert bench.experiment.parameter_groups == ()
    assert bench.panel.optimizer.groups.controls() == []
    assert not bench.panel.optimizer.groups.isVisible()


def test_arguments_are_added_changed_and_taken_out(bench: Bench) -> None:
    bench.click("group_add")
    assert bench.experiment.parameter_groups == (ParameterGroup(("*.bias",), {"lr": 0.01}),)
    assert "learning rate" not in bench.entries("group_0_add")
    bench.pick("group_0_add", "momentum")
    bench.type("group_0_momentum", "0.9")
    bench.type("group_0_lr", "0.5")
    assert bench.experiment.parameter_groups[0].arguments == {"lr": 0.5, "momentum": 0.9}
    assert bench.choice("group_0_add").choice == "+ argument"
    bench.click("group_0_remove_lr")
    assert bench.experiment.parameter_groups[0].arguments == {"momentum": 0.9}
    bench.click("group_0_remove_momentum")
    assert bench.experiment.parameter_groups == ()
    assert bench.session.undo_stack.count() == 6


def test_groups_are_of_what_is_free_until_nothing_is(bench: Bench) -> None:
    bench.click("group_add")
    bench.click("group_add")
    assert [each.parameters for each in bench.experiment.parameter_groups] == [("*.bias",), ("*.weight",)]
    bench.click("group_add")
    assert bench.refusals.message == "Every parameter is in a group already."
    bench.click("group_0_remove")
    assert [each.parameters for each in bench.experiment.parameter_groups] == [("*.weight",)]


def test_another_optimizer_is_offered_without_what_it_lacks(both: Bench) -> None:
    both.pick("group_0_add", "momentum")
    both.pick("optimizer_name", "Adam")
    (box,) = both.panel.findChildren(QMessageBox, "edit.repair")
    assert box.text().startswith("Group 1, momentum: unknown key; Adam takes")
    button = next(each for each in box.buttons() if "momentum" in each.text())
    button.click()
    assert both.experiment.optimizer.name == "Adam"
    assert both.experiment.parameter_groups[0].arguments == {"lr": 0.5, "weight_decay": 0.0}
    assert both.number("group_0_lr").value == 0.5


def test_a_group_goes_with_the_layer_that_it_names(make_bench: MakeBench) -> None:
    groups = (ParameterGroup(("layers.1.*",), {"lr": 0.5}), ParameterGroup(("layers.2.bias",), {"lr": 0.1}))
    bench = make_bench(check_experiment(replace(dense((2, 2, 2, 1), 2), parameter_groups=groups)))
    assert bench.choice("group_1_parameters").choice == "biases of layer 3"
    bench.click("layer_remove_1")
    assert [each.parameters for each in bench.experiment.parameter_groups] == [("layers.1.bias",)]
    assert bench.choice("group_0_parameters").choice == "biases of layer 2"
    assert bench.number("group_0_lr").value == 0.1


# Batches per update


def test_an_update_every_few_batches(bench: Bench) -> None:
    bench.click("data_more")
    bench.type("data_batch_size", "1")
    bench.type("data_accumulate", "2")
    assert bench.experiment.data.accumulate == 2
    assert "batches" in [label.text() for label in bench.panel.data.batches.findChildren(QLabel)]
    bench.undo()
    assert bench.integer("data_accumulate").value == 1


def test_what_is_folded_away_is_open_where_it_is_set(make_bench: MakeBench) -> None:
    experiment = article()
    bench = make_bench(replace(experiment, data=replace(experiment.data, accumulate=3)))
    assert bench.integer("data_accumulate").isVisible()


# All of it


def test_a_file_with_all_of_it_is_shown_before_the_engine_is_there(make_bench: MakeBench) -> None:
    bench = make_bench(with_both(), ready=False)
    assert matched(bench, "penalty_1") == "7 numbers: the weights and biases of layer 1, and the bias of layer 2"
    assert bench.number("group_0_lr").value == 0.5
    assert bench.session.timeline is not None
    assert "momentum" in bench.entries("group_0_add")


def test_the_tab_key_goes_through_it(both: Bench) -> None:
    names = [control.objectName() for control in both.panel.loss.controls()]
    assert names == [
        "loss_name", "loss_reduction", "penalty_0_name", "penalty_0_parameters", "penalty_0_patterns",
        "penalty_0_factor", "penalty_0_half", "penalty_0_remove", "penalty_1_name", "penalty_1_parameters",
        "penalty_1_patterns", "penalty_1_factor", "penalty_1_remove", "penalty_add",
    ]  # fmt: skip
    names = [control.objectName() for control in both.panel.optimizer.groups.controls()]
    assert names == [
        "group_0_parameters", "group_0_patterns", "group_0_lr", "group_0_remove_lr", "group_0_weight_decay",
        "group_0_remove_weight_decay", "group_0_add", "group_0_remove",
    ]  # fmt: skip
    nameless = [
        control.objectName()
        for control in (*both.panel.loss.controls(), *both.panel.optimizer.controls())
        if not control.accessibleName() or not control.toolTip()
    ]
    assert nameless == []
    assert both.find(QWidget, "group_0_remove_lr").toolTip() == "Let group 1 have the optimizer's learning rate"


def test_the_keyboard_stays_where_a_row_goes(both: Bench) -> None:
    both.find(QWidget, "penalty_1_remove").setFocus()
    QTest.keyClick(both.find(QWidget, "penalty_1_remove"), Qt.Key.Key_Space)
    assert both.find(QWidget, "penalty_add").hasFocus()


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_it_fits_the_narrow_panel(both: Bench, scale: float) -> None:
    both.appearance.set_scale(scale)
    both.panel.resize(both.panel.sizeHint())
    # What has got larger is laid out with the next events.
    QApplication.processEvents()
    for control in (*both.panel.loss.controls(), *both.panel.optimizer.controls()):
        if control.isVisible():
            left = control.mapTo(both.panel, control.rect().topLeft()).x()
            assert left + control.width() <= both.panel.width(), control.objectName()
    for field in (both.panel.loss.penalties, both.panel.optimizer.groups):
        for label in field.findChildren(QLabel):
            if label.isVisible():
                assert label.heightForWidth(label.width()) <= label.height() + 1, label.text()
                assert label.wordWrap() or label.sizeHint().width() <= label.width(), label.text()
