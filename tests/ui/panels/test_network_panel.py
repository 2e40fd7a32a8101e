"""The network's section: inputs, layers, locks and seed, each edit with its undo."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.ui.panels.network.layer_row import LayerRow
from chainrule.ui.widgets.controls import CheckBox, Disclosure, LockButton, RemoveButton
from tests.added_activations import added
from tests.experiments import article, dense, mazur
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench

Look = Callable[[Experiment], object]

EDITS: dict[str, tuple[Callable[[Bench], None], Look, object]] = {
    "inputs": (lambda b: b.type("network_inputs", "3"), lambda e: e.network.inputs, 3),
    "units": (lambda b: b.type("layer_units_0", "5"), lambda e: e.network.layers[0].units, 5),
    "outputs": (lambda b: b.type("layer_units_1", "2"), lambda e: e.data.targets, ((1.0, 0.0), (2.0, 0.0))),
    "activation": (
        lambda b: b.choose("layer_activation_0", "Tanh"),
        lambda e: e.network.layers[0].activation,
        Choice("Tanh"),
    ),
    "layer lr": (lambda b: b.type("layer_lr_1", "0.5"), lambda e: [r.lr for r in e.network.layers], [None, 0.5]),
    "layer scheme": (
        lambda b: b.pick("layer_initialization_0", "zeros"),
        lambda e: (e.network.layers[0].initialization, set(e.parameters)),
        (Choice("zeros"), {refs.weight(1), refs.bias(1)}),
    ),
    "scheme": (
        lambda b: b.pick("initialization_scheme", "xavier_normal"),
        lambda e: (e.initialization.scheme, dict(e.parameters)),
        (Choice("xavier_normal", {"gain": 1.0}), {}),
    ),
    "bias": (lambda b: b.click("layer_bias_1"), lambda e: e.network.layers[1].bias, False),
    "lock": (lambda b: b.click("layer_freeze_weight_0"), lambda e: e.frozen, {refs.weight(0)}),
    "bias lock": (lambda b: b.click("layer_freeze_bias_1"), lambda e: e.frozen, {refs.bias(1)}),
    "add": (lambda b: b.click("layer_add"), lambda e: len(e.network.layers), 3),
    "remove": (lambda b: b.click("layer_remove_0"), lambda e: len(e.network.layers), 1),
    "seed": (lambda b: b.type("network_seed", "12"), lambda e: (e.initialization.seed, dict(e.parameters)), (12, {})),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_edit_changes_the_document_once_and_is_undone(bench: Bench, name: str) -> None:
    act, look, expected = EDITS[name]
    for layer in range(2):
        bench.click(f"layer_more_{layer}")
    before = bench.experiment
    act(bench)

    assert look(bench.experiment) == expected
    assert bench.session.undo_stack.count() == 1
    assert bench.pauses == 1
    bench.undo()
    assert bench.experiment == before


def test_leaving_a_field_after_enter_asks_no_second_time(bench: Bench) -> None:
    bench.type("layer_units_0", "5")
    QTest.keyClick(bench.integer("layer_units_0"), Qt.Key.Key_Tab)

    assert bench.session.undo_stack.count() == 1


REFUSED = {
    "layer_units_0": ("0", "Layer 1, units: 0 does not fit; it must be a whole number from 1 to 100,000."),
    "network_inputs": ("-1", "Inputs: −1 does not fit; it must be a whole number from 1 to 100,000."),
    "layer_units_1": ("two", "“two” is not a whole number."),
    "network_seed": (
        "-1",
        f"Seed of the first values: −1 does not fit; it must be a whole number from 0 to {2**53:,}.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_and_the_old_number_stays(bench: Bench, name: str) -> None:
    text, message = REFUSED[name]
    before, shown = bench.session.document, bench.integer(name).text()
    bench.type(name, text)

    assert bench.refusals.message == message
    assert bench.integer(name).text() == shown
    assert bench.session.document is before
    assert not bench.session.undo_stack.canUndo()


def test_more_parameters_than_allowed_are_refused(bench: Bench) -> None:
    bench.type("layer_units_0", "100000")
    bench.click("layer_add")

    assert bench.refusals.message.startswith(
        "Network: 10,000,500,001 are too many; at most 20,000,000 parameters are possible."
    )
    assert len(bench.experiment.network.layers) == 2


def test_the_last_layer_cannot_be_removed(bench: Bench) -> None:
    bench.click("layer_remove_1")
    bench.click("layer_remove_0")

    assert bench.refusals.message == "Network: at least 1 layer is needed."
    assert len(bench.experiment.network.layers) == 1


def test_a_refused_bias_or_lock_springs_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from chainrule.catalog.arguments import SpecError

    def refuse(*arguments: object, **options: object) -> None:
        raise SpecError("$.network", "no")

    monkeypatch.setattr(bench.session.editor, "edit", refuse)
    bench.click("layer_bias_0")
    bench.click("layer_freeze_weight_0")

    assert bench.find(CheckBox, "layer_bias_0").isChecked()
    assert not bench.find(LockButton, "layer_freeze_weight_0").isChecked()
    assert bench.refusals.message == "Network: no."


def test_structural_edits_start_training_again(bench: Bench) -> None:
    for _ in range(40):
        bench.session.navigator.step_forward()
    assert bench.session.cursor.iteration > 0
    bench.type("layer_units_0", "3")

    assert bench.session.cursor.iteration == 0
    bench.undo()
    assert bench.session.cursor.iteration > 0


def test_an_activation_changes_in_the_middle_of_training(bench: Bench) -> None:
    for _ in range(40):
        bench.session.navigator.step_forward()
    iteration = bench.session.cursor.iteration
    bench.choose("layer_activation_0", "Sigmoid")

    assert bench.session.cursor.iteration == iteration > 0


def test_the_arrow_keys_are_one_undo_entry(bench: Bench) -> None:
    field = bench.integer("layer_units_0")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_F2)
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)

    assert bench.experiment.network.layers[0].units == 5
    assert bench.session.undo_stack.count() == 1
    bench.undo()
    assert bench.experiment.network.layers[0].units == 2


def test_rows_follow_the_document_and_keep_their_widgets(bench: Bench) -> None:
    field = bench.integer("layer_units_0")
    bench.click("layer_add")

    assert bench.integer("layer_units_0") is field
    assert bench.integer("layer_units_2").value == 1
    assert bench.choice("layer_activation_2").choice == "Identity"
    bench.undo()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert len(bench.panel.findChildren(LayerRow)) == 2


def test_the_focus_goes_to_a_neighbour_when_its_row_goes(bench: Bench) -> None:
    last = bench.find(RemoveButton, "layer_remove_1")
    last.setFocus()
    QTest.keyClick(last, Qt.Key.Key_Space)

    focused = bench.focused()
    assert focused is not None
    assert focused.objectName() == "layer_remove_0"


def test_typing_survives_other_edits(bench: Bench) -> None:
    field = bench.integer("layer_units_1")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "4")
    bench.session.editor.edit("elsewhere", lambda experiment: article(title="other"))

    assert field.text() == "4"
    assert field.hasFocus()


def test_reseed_draws_another_seed_each_time(bench: Bench) -> None:
    seeds = [bench.experiment.initialization.seed]
    for _ in range(3):
        bench.click("network_reseed")
        seeds.append(bench.experiment.initialization.seed)

    assert all(before != after for before, after in pairwise(seeds))
    assert bench.integer("network_seed").value == seeds[-1]
    bench.undo()
    assert bench.experiment.initialization.seed == seeds[-2]


def test_frozen_parameters_show_closed_locks(make_bench: MakeBench) -> None:
    bench = make_bench(mazur())

    assert bench.find(LockButton, "layer_freeze_bias_0").isChecked()
    assert not bench.find(LockButton, "layer_freeze_weight_0").isChecked()
    bench.click("layer_bias_0")
    assert bench.find(LockButton, "layer_freeze_bias_0").isHidden()
    assert refs.bias(0) not in bench.experiment.frozen


def test_the_heading_counts_the_parameters(make_bench: MakeBench) -> None:
    assert make_bench(article()).panel.network.heading.note == "9 parameters"
    assert make_bench(dense((784, 128, 10), 1)).panel.network.heading.note == "101,770 parameters"


def test_deep_networks_scroll_and_wide_numbers_are_not_cut(qtbot: QtBot, make_bench: MakeBench) -> None:
    bench = make_bench(dense((3, *[8] * 11, 2), 2))
    units = bench.integer("layer_units_11")

    assert bench.panel.network.height() > bench.panel.height()
    assert units.fontMetrics().horizontalAdvance("10000") < units.width() - 12


def test_what_a_layer_has_of_its_own_is_folded_away_and_told_by_a_dot(bench: Bench) -> None:
    more = bench.find(Disclosure, "layer_more_1")
    assert not more.is_marked
    bench.click("layer_more_1")
    field = bench.number("layer_lr_1")
    assert field.isVisible()
    assert field.text() == ""
    assert field.placeholderText() == "optimizer's"
    bench.type("layer_lr_1", "0.2")
    bench.click("layer_more_1")
    assert not field.isVisible()
    assert more.is_marked

    bench.click("layer_more_1")
    bench.type("layer_lr_1", "")
    assert bench.experiment.network.layers[1].lr is None
    assert not more.is_marked


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-1", "Layer 1, learning rate: −1 does not fit; it must be a number of at least 0."),
        ("fast", "“fast” is not a number."),
    ],
)
def test_a_bad_learning_rate_of_a_layer_is_refused(bench: Bench, text: str, message: str) -> None:
    bench.click("layer_more_0")
    bench.type("layer_lr_0", "0.5")
    bench.type("layer_lr_0", text)

    assert bench.refusals.message == message
    assert bench.number("layer_lr_0").text() == "0.5"
    assert bench.experiment.network.layers[0].lr == 0.5


def test_the_arguments_of_a_layers_own_scheme_are_edited_and_go_with_it(bench: Bench) -> None:
    bench.click("layer_more_0")
    bench.pick("layer_initialization_0", "normal")
    bench.type("layer_initialization_0_std", "0.1")
    assert bench.experiment.network.layers[0].initialization == Choice("normal", {"mean": 0.0, "std": 0.1})
    bench.type("layer_initialization_0_std", "-0.1")
    assert bench.refusals.message == (
        "Layer 1, standard deviation: −0.1 does not fit; normal needs a number of at least 0."
    )
    # What was set there stays where the next scheme has it too.
    bench.pick("layer_initialization_0", "trunc_normal")
    assert bench.experiment.network.layers[0].initialization == Choice(
        "trunc_normal", {"mean": 0.0, "std": 0.1, "a": -2.0, "b": 2.0}
    )
    bench.pick("layer_initialization_0", "the network's")
    assert bench.experiment.network.layers[0].initialization is None


def test_another_scheme_starts_training_again(bench: Bench) -> None:
    for _ in range(40):
        bench.session.navigator.step_forward()
    assert bench.session.cursor.iteration > 0
    bench.pick("initialization_scheme", "zeros")
    assert bench.session.cursor.iteration == 0
    assert bench.session.editor.initial_values(bench.experiment)[refs.weight(0)] == ((0.0, 0.0), (0.0, 0.0))


def test_slopes_have_a_lock_where_there_are_any(bench: Bench) -> None:
    bench.pick("layer_activation_0", "PReLU")
    lock = bench.find(LockButton, "layer_freeze_slope_0")
    assert lock.isVisible()
    assert lock.text() == "freeze slopes"
    assert refs.learned(0, "weight") in bench.experiment.network.parameter_shapes()

    bench.click("layer_freeze_slope_0")
    assert bench.experiment.frozen == {refs.learned(0, "weight")}
    assert lock.isChecked()
    bench.pick("layer_activation_0", "ReLU")
    assert not lock.isVisible()
    assert not bench.experiment.frozen


def test_each_vector_that_an_activation_learns_has_a_lock(bench: Bench) -> None:
    with added():
        bench.session.editor.edit("Change activation", edits.set_activation(0, Choice("Bent")))
        locks = [bench.find(LockButton, f"layer_freeze_{word}_0") for word in ("gain", "shift")]
        assert [lock.text() for lock in locks] == ["freeze gains", "freeze shifts"]
        bench.click("layer_freeze_shift_0")
        assert bench.experiment.frozen == {refs.learned(0, "shift")}
        assert [lock.isChecked() for lock in locks] == [False, True]


def test_a_formula_is_chosen_and_shown(bench: Bench) -> None:
    bench.pick("layer_activation_0", "Formula")
    assert bench.experiment.network.layers[0].activation == Choice("Formula", {"formula": "sin(z)"})
    field = bench.choice("layer_activation_0")
    assert field.choice == "Formula"
    assert field.toolTip().startswith("Activation of layer 1. sin(z): ")
    # What the field shows is the formula: another one looks different.
    sine = field.grab().toImage()
    bench.session.editor.edit("Change formula", edits.set_activation(0, Choice("Formula", {"formula": "z^2"})))
    assert field.grab().toImage() != sine


def test_slopes_can_be_chosen_in_the_middle_of_training(bench: Bench) -> None:
    session, slopes = bench.session, refs.learned(0, "weight")
    session.navigator.show_iteration(3)
    before = session.moment.lists(refs.weight(0))
    bench.pick("layer_activation_0", "PReLU")

    assert session.moment.lists(slopes) == [0.25]
    assert session.moment.lists(refs.weight(0)) == before
    bench.type("layer_activation_0_num_parameters", "2")
    assert session.moment.lists(slopes) == [0.25, 0.25]
    bench.undo()
    bench.undo()
    assert session.moment.lists(refs.weight(0)) == before
    assert slopes not in bench.experiment.network.parameter_shapes()


def test_given_first_values_are_said_to_be_given_until_a_scheme_draws_them(bench: Bench) -> None:
    field = bench.choice("initialization_scheme")
    assert field.choice == field.currentText() == "as given"
    assert "the numbers that the experiment gives" in field.toolTip()
    assert field.itemText(1) == "torch_default"
    bench.pick("initialization_scheme", "torch_default")

    assert not bench.experiment.parameters
    assert field.choice == "torch_default"
    assert field.findText("as given") < 0
    bench.session.number_editor.edit_number(refs.weight(0), (0, 0), 3.0)
    assert field.choice == "some given"
    assert field.toolTip().count("torch_default") == 1


def test_a_layers_given_first_values_are_its_own(bench: Bench) -> None:
    for layer in range(2):
        bench.click(f"layer_more_{layer}")
    bench.pick("layer_initialization_0", "the network's")

    assert bench.choice("layer_initialization_0").choice == "the network's"
    assert bench.choice("layer_initialization_1").choice == "as given"
    assert bench.choice("initialization_scheme").choice == "some given"


def test_all_hidden_layers_are_changed_at_once(make_bench: MakeBench) -> None:
    bench = make_bench(dense((2, 3, 3, 3, 1), 2))
    field, before = bench.choice("hidden_activation"), bench.experiment
    bench.choose("layer_activation_1", "Sigmoid")
    assert field.isVisible()
    assert field.choice == "various"
    bench.choose("hidden_activation", "LeakyReLU")

    assert [layer.activation.name for layer in bench.experiment.network.layers] == ["LeakyReLU"] * 3 + ["Identity"]
    assert field.choice == "LeakyReLU"
    assert field.findText("various") < 0
    assert bench.session.undo_stack.count() == 2
    bench.undo()
    bench.undo()
    assert bench.experiment == before


def test_one_hidden_layer_has_its_own_list_alone(bench: Bench) -> None:
    assert not bench.choice("hidden_activation").isVisible()
    bench.click("layer_add")
    assert bench.choice("hidden_activation").isVisible()
