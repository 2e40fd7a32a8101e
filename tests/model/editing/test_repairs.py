"""Repairs: an edit that is refused can be made with one more change, so that the order of edits does not matter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import FORMULA_LOSS, DataSpec, Experiment, NetworkSpec, ParameterGroup
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.catalog.losses import LOSSES
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.editing.edits import Edit
from chainrule.model.editing.new_experiment import new_experiment
from chainrule.model.editing.repairs import repairs
from chainrule.model.timeline.states import initial_numbers
from tests.experiments import article, usual


def with_targets(targets: Rows, outputs: int = 1, activation: str = "Identity") -> Experiment:
    """The article's network with other targets, a row of inputs for each."""
    experiment = article()
    data = replace(experiment.data, inputs=tuple((float(row), 1.0) for row in range(len(targets))), targets=targets)
    first, last = experiment.network.layers
    layers = (first, replace(last, units=outputs, activation=Choice(activation)))
    network = replace(experiment.network, layers=layers)
    return check_experiment(replace(experiment, data=data, network=network, parameters={}, loss=Choice("SumOfOutputs")))


def offered(before: Experiment, change: Edit) -> dict[str, Experiment]:
    """What makes a refused edit possible: the words, and what comes of each."""
    refused = change(before)
    with pytest.raises(SpecError):
        check_experiment(refused)
    found = {}
    for repair in repairs(before, refused, initial_numbers):
        try:
            found[repair.words] = check_experiment(repair.edit(refused))
        except SpecError:
            continue
    return found


def test_two_numbers_become_yes_and_no() -> None:
    before = with_targets(((1.0,), (2.0,)), activation="Sigmoid")
    found = offered(before, edits.set_loss(Choice("BCELoss")))

    assert list(found) == ["Use 0 and 1 for the targets 1 and 2"]
    assert found["Use 0 and 1 for the targets 1 and 2"].data.targets == ((0.0,), (1.0,))


def test_outputs_and_targets_are_repaired_together() -> None:
    found = offered(with_targets(((1.0,), (2.0,))), edits.set_loss(Choice("BCELoss")))

    (words,) = found
    assert words == "Use Sigmoid for the outputs, and use 0 and 1 for the targets 1 and 2"
    assert found[words].network.layers[-1].activation.name == "Sigmoid"


def test_signs_are_minus_one_and_one() -> None:
    found = offered(with_targets(((1.0,), (3.0,), (1.0,))), edits.set_loss(Choice("HingeLoss")))

    assert found["Use −1 and 1 for the targets 1 and 3"].data.targets == ((-1.0,), (1.0,), (-1.0,))


def test_many_numbers_are_split_into_signs() -> None:
    found = offered(with_targets(((1.0,), (2.0,), (5.0,), (3.0,))), edits.set_loss(Choice("HingeLoss")))

    made = found["Use 1 for targets above 3 and −1 for the others"]
    assert made.data.targets == ((-1.0,), (-1.0,), (1.0,), (-1.0,))


@pytest.mark.parametrize(
    ("loss", "target", "words", "repaired"),
    [
        ("HingeLoss", 2.0, "Use 1 for the target 2", 1.0),
        ("HingeLoss", -3.0, "Use −1 for the target −3", -1.0),
        ("BCEWithLogitsLoss", 2.0, "Use 1 for the target 2", 1.0),
        ("BCEWithLogitsLoss", -3.0, "Use 0 for the target −3", 0.0),
        ("CrossEntropyLoss", 2.0, "Use the class 0 for the target 2", 0.0),
    ],
)
def test_one_number_for_all_becomes_the_nearest(loss: str, target: float, words: str, repaired: float) -> None:
    found = offered(with_targets(((target,), (target,))), edits.set_loss(Choice(loss)))

    assert found[words].data.targets == ((repaired,), (repaired,))


def test_numbers_whose_difference_no_float_holds_are_scaled() -> None:
    found = offered(with_targets(((-1.5e308,), (0.0,), (1.5e308,))), edits.set_loss(Choice("BCEWithLogitsLoss")))

    (made,) = found.values()
    assert made.data.targets == ((0.0,), (0.5,), (1.0,))


def test_many_numbers_are_scaled() -> None:
    before = with_targets(((1.0,), (2.0,), (5.0,)))
    found = offered(before, edits.set_loss(Choice("BCEWithLogitsLoss")))

    assert found["Scale the targets from 1 to 5 to lie from 0 to 1"].data.targets == ((0.0,), (0.25,), (1.0,))


def test_classes_are_counted_from_zero_and_get_outputs() -> None:
    before = with_targets(((1.0,), (2.0,), (3.0,)))
    found = offered(before, edits.set_loss(Choice("CrossEntropyLoss")))

    made = found["Use the classes 0, 1 and 2 for the targets 1, 2 and 3, and give the network 3 outputs"]
    assert (made.network.outputs, made.data.targets) == (3, ((0.0,), (1.0,), (2.0,)))
    assert found["Give the network 4 outputs"].network.outputs == 4


def test_probabilities_are_made_to_sum_to_one() -> None:
    before = with_targets(((1.0, 3.0), (2.0, 2.0)), outputs=2)
    found = offered(before, edits.set_loss(Choice("CrossEntropyLoss")))

    made = found["Divide the targets of each row by their sum"]
    assert made.data.targets == ((0.25, 0.75), (0.5, 0.5))


def test_numbers_of_which_some_rows_are_all_zero_become_classes() -> None:
    before = with_targets(((0.0, 0.0), (0.0, 0.5), (2.0, -1.0)), outputs=2)
    found = offered(before, edits.set_loss(Choice("CrossEntropyLoss")))

    assert list(found) == ["Use a class for each row, 0 or 1: that of its largest target"]
    (made,) = found.values()
    assert made.data.targets == ((0.0,), (1.0,), (0.0,))


def chosen_with_a_repair(before: Experiment, loss: str) -> Experiment:
    """The experiment with another loss, and with the first repair that is offered where it needs one."""
    change = edits.set_loss(usual(LOSSES, loss, reduction=before.loss.arguments.get("reduction", "mean")))
    try:
        return check_experiment(change(before))
    except SpecError:
        return next(iter(offered(before, change).values()))


@pytest.mark.parametrize("outputs", [1, 2, 3, 5])
@pytest.mark.parametrize("rows", [1, 4])
def test_any_loss_can_be_chosen_for_a_new_experiment_and_after_any_other(outputs: int, rows: int) -> None:
    new = check_experiment(new_experiment(2, (3,), outputs, rows))
    for first in LOSSES:
        one = chosen_with_a_repair(new, first)
        assert one.loss.name == first
        for second in LOSSES:
            assert chosen_with_a_repair(one, second).loss.name == second


def test_rows_that_are_ignored_stay_where_classes_go() -> None:
    loss = Choice("CrossEntropyLoss", {"weight": (1.0, 2.0, 3.0)})
    before = check_experiment(replace(with_targets(((0.0,), (2.0,), (-100.0,)), outputs=3), loss=loss))
    found = offered(before, shape_edits.set_units(1, 2, initial_numbers))

    made = found["Remove the row whose class has no output"]
    assert made.data.targets == ((0.0,), (-100.0,))
    assert made.loss["weight"] == (1.0, 2.0)
    assert not offered(before, edits.set_loss(before.loss.replace(weight=(1.0,))))


def test_targets_that_are_right_are_not_repaired() -> None:
    found = offered(with_targets(((0.0,), (1.0,))), edits.set_loss(Choice("BCELoss")))
    assert list(found) == ["Use Sigmoid for the outputs"]


def test_an_edited_target_may_have_another_loss() -> None:
    before = check_experiment(replace(with_targets(((0.0,), (1.0,)), activation="Sigmoid"), loss=Choice("BCELoss")))
    found = offered(before, edits.set_data("target", (0, 0), 2.0))  # type: ignore[arg-type]

    assert found["Use MSELoss, which takes any numbers"].data.targets == ((2.0,), (1.0,))
    # What was typed is never undone by what is offered.
    assert all(made.data.targets[0] == (2.0,) for made in found.values())


def test_another_activation_of_the_outputs_may_have_another_loss() -> None:
    before = check_experiment(replace(with_targets(((0.0,), (1.0,)), activation="Sigmoid"), loss=Choice("BCELoss")))
    found = offered(before, edits.set_activation(1, Choice("Identity")))

    assert found["Use BCEWithLogitsLoss, which takes any outputs"].network.layers[-1].activation.name == "Identity"


def test_a_new_class_gets_an_output_and_fewer_outputs_lose_rows() -> None:
    data = with_targets(((0.0,), (1.0,), (2.0,)), outputs=3)
    before = check_experiment(replace(data, loss=Choice("CrossEntropyLoss")))

    found = offered(before, edits.set_data("target", (0, 0), 3.0))  # type: ignore[arg-type]
    assert found["Give the network 4 outputs"].network.outputs == 4
    found = offered(before, shape_edits.set_units(1, 2, initial_numbers))
    assert found["Remove the row whose class has no output"].data.targets == ((0.0,), (1.0,))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_nesterov_needs_momentum_in_either_order(momentum: float) -> None:
    sgd = Choice("SGD", {"lr": 0.1, "momentum": momentum, "nesterov": bool(momentum)})
    before = check_experiment(replace(article(), optimizer=sgd))
    other = sgd.replace(momentum=0.0, nesterov=True)
    found = offered(before, edits.set_optimizer(other))

    words = "Switch Nesterov's momentum off" if momentum else "Use a momentum of 0.9"
    assert list(found) == [words]


def test_a_schedule_that_cycles_momentum_goes_with_an_optimizer_without() -> None:
    one_cycle = Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 10})
    adam = Choice("Adam", {"lr": 0.1})
    before = check_experiment(replace(article(), optimizer=adam, scheduler=one_cycle))
    found = offered(before, edits.set_optimizer(Choice("Rprop", {"lr": 0.1})))

    assert list(found) == ["Do not cycle the momentum", "Do without the scheduler"]


def test_an_end_of_a_range_moves_the_other_along() -> None:
    before = edits.set_activation(0, Choice("Hardtanh"))(article())
    before = check_experiment(before)
    clamp = before.network.layers[0].activation
    found = offered(before, edits.set_activation(0, clamp.replace(min_val=4.0)))

    assert found["Use 6 as the largest value"].network.layers[0].activation["max_val"] == 6.0


@pytest.mark.parametrize(
    ("row", "words", "widths"),
    [
        ((1.0, 2.0, 3.0, 4.0), "Give the network 3 inputs", (3, 1)),
        ((1.0, 2.0, 3.0, 4.0), "Give the network 2 outputs", (2, 2)),
        ((1.0, 2.0), "Give the network 1 input", (1, 1)),
    ],
)
def test_pasted_rows_of_another_length_bring_their_network(
    row: tuple[float, ...], words: str, widths: tuple[int, int]
) -> None:
    rows = (row, row)
    paste = edits.set_rows(tuple(one[:2] for one in rows), tuple(one[2:] for one in rows))
    made = offered(check_experiment(article()), paste)[words]

    assert (made.network.inputs, made.network.outputs) == widths
    assert made.data.inputs[0] + made.data.targets[0] == row


def test_groups_suit_another_optimizer_without_what_it_lacks() -> None:
    groups = (
        ParameterGroup(("*.bias",), {"momentum": 0.5}),
        ParameterGroup(("layers.0.weight",), {"nesterov": False, "weight_decay": 0.1}),
    )
    before = check_experiment(replace(article(), parameter_groups=groups))
    found = offered(before, edits.set_optimizer(Choice("Adam")))

    (words,) = found
    assert words == "Do without the momentum and nesterov of parameter groups"
    (group,) = found[words].parameter_groups
    assert group == ParameterGroup(("layers.0.weight",), {"weight_decay": 0.1})


def test_a_group_of_a_formula_suits_another_optimizer_as_well() -> None:
    formula = Experiment(
        NetworkSpec(0, (), ("q = x + y", "f = q*z")),
        DataSpec((), ()),
        loss=FORMULA_LOSS,
        optimizer=Choice("SGD", {"lr": 0.1}),
        parameter_groups=(ParameterGroup(("x",), {"momentum": 0.5, "lr": 0.2}),),
    )
    found = offered(check_experiment(formula), edits.set_optimizer(Choice("Adam")))
    (words,) = found
    assert words == "Do without the momentum of parameter groups"
    assert found[words].parameter_groups == (ParameterGroup(("x",), {"lr": 0.2}),)
