"""For every entry of the tables: each computed mistake gives another number than the right one, and says what it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec, PenaltySpec
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.schedules.schedulers import SEQUENTIAL
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import Executor
from chainrule.explain.names.notation import Notation
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.check import NumberVerdict, check_given
from chainrule.lessons.given_number import exactly
from chainrule.lessons.mistake_equations import rules_beside
from chainrule.lessons.mistake_words import MistakeWords
from chainrule.lessons.mistakes import Mistake, mistakes
from tests.engine.extremes import TABLES, choices_of
from tests.engine.scheduler_cases import experiment as scheduled
from tests.engine.scheduler_cases import sequence
from tests.experiments import article, experiments
from tests.formulas import formula_experiment

ENTRIES = [(table, name) for table, found in TABLES.items() if table != "initializers" for name in found.entries]
# An activation that its slope is left out of is the same where that is 1.
WITHOUT_A_SLOPE = ("Identity",)


def entry(table: str, name: str) -> Experiment:
    choice = next(choices_of(name, TABLES[table].entries[name].arguments))
    if table == "activations":
        return article(network=NetworkSpec(2, (LayerSpec(2, choice), LayerSpec(1))))
    experiment: Experiment = check_experiment(TABLES[table].experiment(choice))
    return experiment


def differing(calculation: Calculation, steps: list[MicroStep]) -> Iterator[Mistake]:
    """Hold each mistake of some numbers against the right number, and say it."""
    notation = Notation.of(calculation.experiment)
    for step in steps:
        value = calculation.values[step.writes]
        index = (0,) * value.dim()
        right = calculation.number(step.writes, index)
        words = MistakeWords(calculation, notation, step.writes, index)
        for mistake in mistakes(calculation, step.writes, index):
            assert math.isfinite(mistake.number)
            assert not math.isclose(mistake.number, right, rel_tol=1e-10, abs_tol=1e-16)
            said = words.sentence(mistake)
            assert said[0].isupper()
            assert "You" in said or "you" in said
            assert "{" not in said
            beside = rules_beside(calculation, notation, mistake, step.writes, index)
            assert beside is None or (beside.right and beside.wrong)
            yield mistake


# What an entry of a table is a part of.
KINDS = {
    "activations": (StepKind.ACTIVATION, StepKind.PRE_ACTIVATION_GRADIENT, StepKind.ACTIVATION_WEIGHT_GRADIENT),
    "losses": (StepKind.LOSS_TERM, StepKind.LOSS, StepKind.OUTPUT_GRADIENT),
    "optimizers": (StepKind.UPDATE_TERM, StepKind.STATE_UPDATE, StepKind.PARAMETER_UPDATE),
    "clippings": (StepKind.GRADIENT_NORM, StepKind.CLIP_COEFFICIENT, StepKind.CLIPPED_GRADIENT),
    "schedulers": (StepKind.SCHEDULE,),
}


def steps_of(calculation: Calculation, table: str) -> list[MicroStep]:
    """The first step of each formula of an entry."""
    found = [step for step in calculation.steps if step.kind in KINDS[table]]
    return list({(step.kind, step.entry): step for step in reversed(found)}.values())


@pytest.mark.parametrize(("table", "name"), ENTRIES)
def test_each_computed_mistake_is_another_number(table: str, name: str) -> None:
    calculation = Calculation.of_iteration(Executor(entry(table, name)), 1)
    found = list(differing(calculation, steps_of(calculation, table)))
    assert found
    altered = {made.step.kind for mistake in found for made in mistake.alterations if made.changed is not None}
    wanted = {
        "activations": StepKind.PRE_ACTIVATION_GRADIENT,
        "losses": StepKind.OUTPUT_GRADIENT,
        "optimizers": StepKind.PARAMETER_UPDATE,
        "clippings": StepKind.CLIPPED_GRADIENT,
    }.get(table)
    # The formula of the entry itself is among what was altered.
    assert wanted is None or wanted in altered or name in _WITHOUT_FORMULA


# Their slope is 1: nothing can be left out of it.
_WITHOUT_FORMULA = ("SumOfOutputs", "Identity")


@pytest.mark.parametrize("name", PENALTIES)
def test_mistakes_of_penalties_are_other_numbers(name: str) -> None:
    penalty = PenaltySpec(Choice(name, {"factor": 0.1} | ({"half": True} if name == "L2" else {})))
    calculation = Calculation.of_iteration(Executor(check_experiment(article(penalties=(penalty,)))), 1)
    steps = [step for step in calculation.steps if step.kind in (StepKind.PENALTY, StepKind.PENALTY_GRADIENT)]
    assert {made.step.kind for each in differing(calculation, steps) for made in each.alterations} >= {
        StepKind.PENALTY,
        StepKind.PENALTY_GRADIENT,
    }


def test_mistakes_of_a_sequence_of_schedulers_are_other_numbers() -> None:
    parts = sequence(Choice("ConstantLR", {"factor": 0.5}), Choice("ExponentialLR", {"gamma": 0.9}), milestones=(1,))
    assert parts.name == SEQUENTIAL
    calculation = Calculation.of_iteration(Executor(scheduled(parts)), 3)
    steps = [step for step in calculation.steps if step.kind is StepKind.SCHEDULE]
    assert list(differing(calculation, steps))


def test_mistakes_in_a_typed_formula_are_other_numbers() -> None:
    experiment = formula_experiment(
        "q = x + y", "f = q*z + sin(x)^2", parameters={"x": -2, "y": 5, "z": -4}, optimizer={"name": "SGD", "lr": 0.1}
    )
    calculation = Calculation.of_iteration(Executor(experiment))
    found = list(differing(calculation, list(calculation.steps)))
    assert {each.first.step.kind for each in found} >= {StepKind.OPERATOR, StepKind.GRADIENT}


@settings(max_examples=15)
@given(experiments(), st.data())
def test_the_number_of_a_mistake_is_never_called_right(experiment: Experiment, data: st.DataObject) -> None:
    calculation = Calculation.of_iteration(Executor(experiment))
    step = data.draw(st.sampled_from(calculation.steps))
    value = calculation.values[step.writes]
    if not value.numel():
        return
    index = tuple(data.draw(st.integers(0, size - 1)) for size in value.shape)
    right = calculation.number(step.writes, index)
    for mistake in islice(mistakes(calculation, step.writes, index), 4):
        found = check_given(calculation, step.writes, index, exactly(mistake.number))
        again = check_given(calculation, step.writes, index, exactly(mistake.number))
        assert (found.verdict, found.why) == (again.verdict, again.why)
        assert [each.number for each in found.mistakes] == [each.number for each in again.mistakes]
        if not math.isclose(mistake.number, right, rel_tol=0.02):
            assert found.verdict is NumberVerdict.WRONG
            assert any(math.isclose(each.number, mistake.number, rel_tol=1e-6) for each in found.mistakes)
    if math.isfinite(right):
        assert check_given(calculation, step.writes, index, exactly(right)).verdict is NumberVerdict.RIGHT


def test_the_values_of_the_calculation_are_left_alone() -> None:
    calculation = Calculation.of_iteration(Executor(article()))
    before = {ref: value.clone() for ref, value in calculation.values.items()}
    list(differing(calculation, list(calculation.steps)))
    assert all(torch.equal(value, calculation.values[ref]) for ref, value in before.items())
