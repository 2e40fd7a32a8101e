"""Refusals as a person reads them: every one that the fields and tables of the window can provoke."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, Integer, Number, Numbers
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import PARTS, SCHEDULERS
from chainrule.catalog.tables import Entry
from chainrule.engine.machine.check import check_experiment
from chainrule.explain.sentences.refusals import place, plainly, refusal_in_words
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.files.file_size import check_rows
from chainrule.model.timeline.states import initial_numbers
from tests.experiments import article

# What can be typed into a field for a number, or a list of them.
NUMBERS = (None, -1.0, 0.0, 1.0, 2.0, 0.5, 1e300, 1e-300, -5, 10**20, 1.0000001)
LISTS = ((), (-1.0, 2.0), (1.5, 0.5), (30.0, 30.0), (0.5, 0.5), (2.0, 0.5), (None, None))
TEXTS = ("import os", "", "1/0", "iteration ** 1e9")
BAD = re.compile(
    r"\$|\[\d|layers\.|\bNone\b|\bnull\b|\btrue\b|\bfalse\b|\bfloat\b|\bint\b|\bstr\b|\binteger|(?<![.\d])\d{5}|  "
)

PUT: Mapping[str, tuple[Mapping[str, Entry], Callable[[Choice], edits.Edit]]] = {
    "activation": (ACTIVATIONS, lambda choice: edits.set_activation(0, choice)),
    "first values": (INITIALIZERS, edits.set_initialization),
    "a layer's first values": (INITIALIZERS, lambda choice: edits.set_layer_initialization(1, choice)),
    "loss": (LOSSES, edits.set_loss),
    "optimizer": (OPTIMIZERS, edits.set_optimizer),
    "clipping": (CLIPPINGS, edits.set_clipping),
    "scheduler": (SCHEDULERS, edits.set_scheduler),
    "a part of a sequence": (
        PARTS,
        lambda choice: edits.set_scheduler(
            Choice("SequentialLR", {"schedulers": (Choice("ConstantLR"), choice), "milestones": (5,)})
        ),
    ),
}


def refusal(experiment: Experiment, change: edits.Edit) -> str:
    """What the window says of an edit; empty where it is accepted."""
    try:
        check_experiment(change(experiment))
    except SpecError as error:
        return refusal_in_words(error, experiment)
    return ""


def typed(entry: Entry) -> Iterator[dict[str, object]]:
    """Arguments as the fields of an entry can ask for them."""
    required = {argument.name: argument.default for argument in entry.arguments if argument.required}
    for argument in entry.arguments:
        if isinstance(argument, Numbers):
            count = len(argument.symbols)
            values: tuple[object, ...] = tuple(some for some in LISTS if not count or len(some) == count)
        elif isinstance(argument, Number | Integer):
            values = NUMBERS
        else:
            values = TEXTS if isinstance(argument.default, str) and not hasattr(argument, "choices") else ()
        for value in values:
            yield {**required, argument.name: value}


def assert_is_for_people(text: str) -> None:
    """A sentence without a path, a word of JSON or of Python, or a long number without separators."""
    assert not BAD.search(text), text
    assert text.endswith("."), text
    assert not text[0].islower(), text


@pytest.mark.parametrize("kind", PUT)
def test_every_refusal_of_an_argument_is_a_sentence_for_people(kind: str) -> None:
    table, put = PUT[kind]
    experiment, refused = check_experiment(article()), 0
    for name, entry in table.items():
        for arguments in typed(entry):
            text = refusal(experiment, put(Choice(name, arguments)))  # type: ignore[arg-type]
            if text:
                refused += 1
                assert_is_for_people(text)
                if kind == "activation":
                    assert text.startswith("Layer 1, ")
                if kind == "a part of a sequence":
                    assert text.startswith("Scheduler 2, ")
    assert refused or kind == "clipping"


OTHERS: list[tuple[edits.Edit, str]] = [
    (
        shape_edits.set_units(-1, 0, initial_numbers),
        "Inputs: 0 does not fit; it must be a whole number from 1 to 100,000.",
    ),
    (shape_edits.set_units(1, 100_001, initial_numbers), "Layer 2, units: 100,001 does not fit; it must be a whole"),
    (edits.set_batch_size(9), "Batch size: 9 does not fit; it must be a whole number from 1 to 2, or empty."),
    (edits.set_test_size(1.0), "Test part: 1 does not fit; it must be a number of at least 0 and below 1."),
    (edits.set_data_seed(-1), "Seed of the shuffling: −1 does not fit; "),
    (edits.reseed(-1, initial_numbers), "Seed of the first values: −1 does not fit; "),
    (edits.set_layer_lr(1, -0.5), "Layer 2, learning rate: −0.5 does not fit; it must be a number of at least 0."),
    (edits.set_device("abacus"), "Device: “abacus” is not here; "),
    (edits.set_rows((), ()), "Data: at least 1 row is needed."),
    (edits.set_rows(((1.0, 2.0), (1.0,)), ((1.0,), (2.0,))), "Row 2, inputs: there is 1 number; 2 are needed."),
    (edits.set_rows(((1.0, 2.0),), ((1.0, 2.0, 3.0),)), "Row 1, targets: there are 3 numbers; 1 is needed."),
    (edits.set_loss(Choice("BCELoss")), "Layer 2, activation: Identity does not fit; it must be Sigmoid, Softmax"),
    (edits.set_loss(Choice("BCEWithLogitsLoss")), ""),
    (edits.set_loss(Choice("HingeLoss")), ""),
]


@pytest.mark.parametrize(("change", "expected"), OTHERS)
def test_every_other_refusal_names_its_place_counted_from_one(change: edits.Edit, expected: str) -> None:
    text = refusal(check_experiment(article()), change)
    assert text.startswith(expected)
    if expected:
        assert_is_for_people(text)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("BCEWithLogitsLoss", "Row 2, target: 2 does not fit; BCEWithLogitsLoss needs a number from 0 to 1."),
        ("HingeLoss", "Row 2, target: 2 does not fit; HingeLoss needs −1 or 1."),
        (
            "CrossEntropyLoss",
            "Row 1, class: 1 does not fit; CrossEntropyLoss needs the class index 0; a network needs an output",
        ),
    ],
)
def test_a_target_that_the_loss_cannot_take_is_named_with_the_loss(loss: str, expected: str) -> None:
    base = article()
    data = replace(base.data, inputs=((1.0, 2.0), (3.0, 4.0)), targets=((1.0,), (2.0,)))
    refused = replace(base, data=data, loss=Choice(loss))
    with pytest.raises(SpecError) as caught:
        check_experiment(refused)

    text = refusal_in_words(caught.value, refused)
    assert text.startswith(expected)
    assert_is_for_people(text)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("$.data.inputs[4][1]", "Row 5, x₂"),
        ("$.data.targets[0][0]", "Row 1, target"),
        ("$.parameters.layers.0.weight[1][0]", "w₂₁⁽¹⁾"),
        ("$.layers.1.bias[0]", "b⁽²⁾"),
        ("$.scheduler.schedulers[1].gamma", "Scheduler 2, factor"),
        ("$.optimizer.lr", "Learning rate"),
        ("$", ""),
        ("/home/student/mine.chainrule", ""),
    ],
)
def test_a_path_is_a_place_in_the_window(path: str, words: str) -> None:
    assert place(path, article()) == words


def test_long_counts_have_separators() -> None:
    with pytest.raises(SpecError) as caught:
        check_rows(300_001)
    text = refusal_in_words(caught.value, article())
    assert text.startswith("This would make 300,001 rows, and a file of at most 300,000 rows can be saved.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("may have 200,000: take 30", "may have 200,000: take 30"),
        ("1,316,800 cells, not -2,005", "1,316,800 cells, not -2,005"),
        ("expected 1, 0.5, got 200000", "expected 1, 0.5, got 200,000"),
    ],
)
def test_numbers_that_are_written_for_people_stay_as_they_are(text: str, words: str) -> None:
    assert plainly(text) == words
