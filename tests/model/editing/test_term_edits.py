"""Edits of penalties and parameter groups, and what becomes of them where layers come and go."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, ParameterGroup, PenaltySpec
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.editing import terms as term_edits
from chainrule.model.editing.edits import Edit
from chainrule.model.timeline.states import initial_numbers
from tests.experiments import article, dense

L2 = Choice("L2", {"factor": 0.1, "half": False})
L1 = Choice("L1", {"factor": 0.2})


def with_terms(layers: int = 3) -> Experiment:
    """A deeper network, with patterns of one layer, of one kind, and of both."""
    found = replace(
        dense((2, *[3] * (layers - 1), 1), 3),
        penalties=(PenaltySpec(L2, ("layers.0.weight", "layers.2.*")), PenaltySpec(L1, ("layers.1.weight",))),
        parameter_groups=(ParameterGroup(("*.bias",), {"weight_decay": 0.0}),),
    )
    return check_experiment(found)


def patterns(experiment: Experiment) -> list[tuple[str, ...]]:
    return [each.parameters for each in (*experiment.penalties, *experiment.parameter_groups)]


EDITS: dict[str, tuple[Edit, str]] = {
    "add penalty": (term_edits.add_penalty(L1, ("*",)), "penalties"),
    "remove penalty": (term_edits.remove_penalty(0), "penalties"),
    "change penalty": (term_edits.set_penalty(1, L2), "penalties"),
    "its parameters": (term_edits.set_penalty_parameters(1, ("*.bias",)), "penalties"),
    "add group": (term_edits.add_group(("layers.0.weight",), "lr", 0.5), "parameter_groups"),
    "remove group": (term_edits.remove_group(0), "parameter_groups"),
    "its parameters too": (term_edits.set_group_parameters(0, ("layers.1.*",)), "parameter_groups"),
    "argument": (term_edits.set_group_argument(0, "lr", 0.5), "parameter_groups"),
    "batches per update": (edits.set_accumulate(4), "data"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_makes_what_the_check_takes_and_leaves_the_rest(name: str) -> None:
    before = with_terms()
    change, part = EDITS[name]
    after = change(before)
    changed = {each.name for each in fields(Experiment) if getattr(before, each.name) is not getattr(after, each.name)}
    assert changed == {part}
    assert getattr(before, part) != getattr(after, part)
    check_experiment(after)


def test_a_group_goes_with_its_last_argument() -> None:
    before = term_edits.set_group_argument(0, "lr", 0.5)(with_terms())
    without = term_edits.remove_group_argument(0, "lr")(before)
    assert without.parameter_groups == with_terms().parameter_groups
    assert term_edits.remove_group_argument(0, "weight_decay")(without).parameter_groups == ()


def test_a_new_group_begins_without_decay_where_the_rest_decays() -> None:
    assert term_edits.first_difference(Choice("SGD", {"lr": 0.5, "weight_decay": 0.1})) == ("weight_decay", 0.0)
    assert term_edits.first_difference(Choice("SGD", {"lr": 0.5, "weight_decay": 0.0})) == ("lr", 0.5)


def test_patterns_go_with_the_layers_that_they_name() -> None:
    after = shape_edits.remove_layer(1, initial_numbers)(with_terms())
    assert patterns(after) == [("layers.0.weight", "layers.1.*"), ("*.bias",)]
    check_experiment(after)

    after = shape_edits.add_layer(initial_numbers)(with_terms())
    assert patterns(after) == [("layers.0.weight", "layers.3.*"), ("layers.1.weight",), ("*.bias",)]
    check_experiment(after)


def test_what_a_pattern_was_of_can_be_taken_away() -> None:
    experiment = term_edits.set_penalty_parameters(1, ("layers.1.bias",))(with_terms())
    experiment = shape_edits.set_bias(1, False, initial_numbers)(experiment)
    assert patterns(experiment) == [("layers.0.weight", "layers.2.*"), ("*.bias",)]
    for layer in (0, 2):
        experiment = shape_edits.set_bias(layer, False, initial_numbers)(experiment)
    assert patterns(experiment) == [("layers.0.weight", "layers.2.*")]
    check_experiment(experiment)


def test_slopes_that_go_take_their_group_with_them() -> None:
    experiment = edits.set_activation(0, Choice("PReLU"))(article())
    experiment = term_edits.add_group(("*.activation.weight",), "lr", 0.5)(experiment)
    check_experiment(experiment)
    assert edits.set_activation(0, Choice("Tanh"))(experiment).parameter_groups == ()


def test_a_pattern_that_never_had_a_parameter_is_still_refused() -> None:
    """It is a mistake that is to be seen, in whatever order the edits come."""
    wrong = replace(with_terms(), penalties=(PenaltySpec(L2, ("weights",)),))
    assert patterns(shape_edits.remove_layer(0, initial_numbers)(wrong)) == [("weights",), ("*.bias",)]
