"""Sentences over all tables: how they begin and end, that none says the same twice, and that numbers that differ do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, ParameterGroup, PenaltySpec
from chainrule.engine.program.steps import MicroStep
from tests.engine.program.test_accumulation import OPTIMIZERS as ADDED_UP
from tests.engine.program.test_accumulation import added_up
from tests.engine.program.test_optimizers import CHOICES as OPTIMIZER_CHOICES
from tests.engine.program.test_schedulers import PLATEAUS, name_of
from tests.engine.scheduler_cases import CASES as SCHEDULERS
from tests.engine.scheduler_cases import experiment as scheduled
from tests.explain.cases import MAZUR, MOMENTUM, Case, case
from tests.explain.formulas.optimizer_steps import SMALL
from tests.explain.formulas.test_activations import CHOICES as ACTIVATION_CHOICES
from tests.explain.formulas.test_activations import layer
from tests.explain.formulas.test_clipping import CLIPPINGS
from tests.explain.formulas.test_updates import CHAIN

# What the same name has at the head of a sentence and behind its verb says nothing.
TAUTOLOGY = re.compile(
    r"^(?:The )?(.{4,}?) (?:is|becomes|stays|are) (?:the )?\1\b(?! of| that| times| and| plus| divided)", re.I
)
FROM_TO = re.compile(r"from ([−\d]\S*) to ([−\d]\S*?)[.,]?(?: |$)")
# A symbol keeps its small letter at the head of a sentence.
BEGINS = re.compile(r"^(?:[A-Z]|Δ?[a-zŷδηβμλα∂σ][₀-₉⁰-⁹⁽⁾(ₐ-ₜ ,]|[xyzabhwvtLηβŷδ∂]\b|beta1\b|gamma\b|[a-z]+\()")
ONE_OF_MANY = re.compile(r"\b1 (?:samples|rows|layers|weights|biases|outputs|inputs|batches|iterations|steps)\b")
BROKEN = re.compile(r"  |\.\.| ,| \.|[{}]|None|nan")


def said(it: Case, most: int = 3) -> Iterator[tuple[MicroStep, str]]:
    """What is said of the first numbers of each value."""
    counts: dict[str, int] = {}
    for step, index in it.elements():
        counts[step.writes] = counts.get(step.writes, 0) + 1
        if counts[step.writes] <= most:
            yield step, it.narrate(step, index)


def assert_plain(it: Case) -> None:
    for step, text in said(it):
        where = (step.writes, text)
        assert text == text.strip(), where
        assert text.endswith("."), where
        assert not BROKEN.search(text), where
        assert BEGINS.match(text), where
        assert not ONE_OF_MANY.search(text), where
        for sentence in re.split(r"(?<=[a-z0-9)⁾])\. (?=[A-Z])", text):
            assert not TAUTOLOGY.match(sentence), where
        for before, after in FROM_TO.findall(text):
            assert before != after, where


@pytest.mark.parametrize("choice", ACTIVATION_CHOICES, ids=str)
def test_of_activations(choice: Choice) -> None:
    assert_plain(layer(choice, ((-2.0, 0.5), (1.0, 0.0))))


@pytest.mark.parametrize("choice", OPTIMIZER_CHOICES, ids=str)
def test_of_optimizers(choice: Choice) -> None:
    for iteration in (0, 2):
        assert_plain(case(replace(SMALL, optimizer=choice), iteration))
    assert_plain(case(replace(CHAIN, optimizer=choice)))


@pytest.mark.parametrize("clipping", CLIPPINGS, ids=str)
def test_of_clipped_gradients(clipping: Choice) -> None:
    for name in ("SGD", "Adam"):
        assert_plain(case(replace(SMALL, optimizer=Choice(name, {"lr": 0.1}), clipping=clipping)))


@pytest.mark.parametrize("scheduler", [*SCHEDULERS, *PLATEAUS], ids=name_of)
def test_of_schedules(scheduler: Choice) -> None:
    for iteration in (0, 3):
        assert_plain(case(scheduled(scheduler), iteration))


GROUPED = replace(SMALL, parameter_groups=(ParameterGroup(("*.bias",), {"lr": 0.5}),))
PENALIZED = replace(SMALL, penalties=(PenaltySpec(Choice("L1", {})), PenaltySpec(Choice("L2", {}), ("*",))))


@pytest.mark.parametrize("experiment", [MAZUR, MOMENTUM, GROUPED, PENALIZED, added_up(ADDED_UP[1])])
def test_of_whole_experiments(experiment: Experiment) -> None:
    for iteration in range(3):
        assert_plain(case(experiment, iteration))
