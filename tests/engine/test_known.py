"""What was checked once is not looked at again, and is refused all the same where something else is asked of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment import numbers
from chainrule.catalog.experiment.row_blocks import Row, RowBlock
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from chainrule.model.timeline.states import initial_numbers
from tests.experiments import sgd

ROWS = 40


def classes(**changes: object) -> Experiment:
    """Rows of three inputs, in two classes, with parameters that are given."""
    data = DataSpec(
        tuple((row / 7, -row / 3, 1.0) for row in range(ROWS)), tuple((float(row % 2),) for row in range(ROWS))
    )
    network = NetworkSpec(3, (LayerSpec(4, Choice("Tanh")), LayerSpec(2)))
    start = Experiment(network, data, loss=Choice("CrossEntropyLoss"), optimizer=sgd(0.1))
    return check_experiment(replace(start, parameters=initial_numbers(start), **changes))  # type: ignore[arg-type]


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The rows of parameters whose numbers were looked at, and the blocks of data."""
    found: list[object] = []
    check, look = numbers._are_numbers, RowBlock.rows

    def noted(rows: Sequence[tuple[object, ...]], dtype: str) -> bool:
        found.extend(rows)
        return check(rows, dtype)

    def noted_block(block: RowBlock) -> Iterator[Row]:
        found.append(block)
        return look(block)

    monkeypatch.setattr(numbers, "_are_numbers", noted)
    monkeypatch.setattr(RowBlock, "rows", noted_block)
    return found


@pytest.mark.parametrize(
    ("edit", "places"),
    [
        # The bounds of a block of inputs say all; which classes targets name, their numbers.
        (edits.set_data(refs.INPUT, (7, 1), 2.5), 0),
        (edits.set_data(refs.TARGET, (7, 0), 1.0), 1),
        (edits.set_parameter(refs.weight(0), (1, 1), 2.5, initial_numbers), 1),
        (edits.add_row, 1),
        (edits.remove_row(3), 1),
        (edits.set_optimizer(sgd(0.5)), 0),
        (edits.set_activation(0, Choice("ReLU")), 0),
        (edits.set_loss(Choice("CrossEntropyLoss", {"reduction": "sum"})), 0),
        (edits.set_batch_size(8), 0),
        (edits.set_test_size(0.25), 0),
    ],
)
def test_an_edit_has_only_new_numbers_looked_at(edit: edits.Edit, places: int, looked_at: list[object]) -> None:
    known = classes()
    changed = edit(known)
    looked_at.clear()
    check_experiment(changed, known)
    assert len(looked_at) == places
    looked_at.clear()
    check_experiment(changed)
    # Of both layers, the rows of weights and the biases; and the targets.
    assert len(looked_at) == 4 + 1 + 2 + 1 + 1


WRONG: list[Callable[[Experiment], Experiment]] = [
    edits.set_data(refs.INPUT, (7, 1), math.nan),
    edits.set_data(refs.TARGET, (7, 0), 0.5),
    edits.set_data(refs.TARGET, (7, 0), 2.0),
    edits.set_parameter(refs.bias(1), (1,), math.inf, initial_numbers),
    edits.set_parameter(refs.weight(1), (1, 2), math.nan, initial_numbers),
    # The numbers are as they were, and what is asked of them is not.
    lambda experiment: replace(experiment, dtype="float32"),
    lambda experiment: replace(experiment, network=replace(experiment.network, inputs=2)),
    lambda experiment: replace(
        experiment, network=NetworkSpec(3, (*experiment.network.layers[:1], LayerSpec(1))), parameters={}
    ),
    lambda experiment: replace(experiment, network=NetworkSpec(3, (LayerSpec(5), LayerSpec(2)))),
    lambda experiment: replace(experiment, loss=Choice("HingeLoss")),
    lambda experiment: replace(experiment, data=replace(experiment.data, targets=experiment.data.targets[1:])),
    lambda experiment: replace(experiment, data=replace(experiment.data, targets=experiment.data.inputs)),
]


@pytest.mark.parametrize("edit", WRONG)
def test_what_is_wrong_is_refused_in_the_same_words(edit: Callable[[Experiment], Experiment]) -> None:
    known = classes(data=replace(classes().data, inputs=((1e300, 0.0, 0.0), *classes().data.inputs[1:])))
    changed = edit(known)
    with pytest.raises(SpecError) as alone:
        check_experiment(changed)
    with pytest.raises(SpecError) as beside:
        check_experiment(changed, known)
    assert str(beside.value) == str(alone.value)


@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "BCEWithLogitsLoss", "HingeLoss"])
@pytest.mark.parametrize("other", ["CrossEntropyLoss", "BCEWithLogitsLoss", "HingeLoss", "NLLLoss", "MSELoss"])
def test_targets_of_one_loss_are_checked_for_another(loss: str, other: str) -> None:
    targets = ((1.0, 0.0), (0.25, 0.75)) if loss != "HingeLoss" else ((1.0, -1.0), (-1.0, 1.0))
    network = NetworkSpec(1, (LayerSpec(2),))
    known = check_experiment(Experiment(network, DataSpec(((1.0,), (2.0,)), targets), loss=Choice(loss)))
    changed = replace(known, loss=Choice(other))
    try:
        wanted = str(check_experiment(changed))
    except SpecError as error:
        wanted = str(error)
    try:
        found = str(check_experiment(changed, known))
    except SpecError as error:
        found = str(error)
    assert found == wanted
