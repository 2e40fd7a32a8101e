"""What is said of a schedule: the formula's numbers make the result, and the reason is the case that applies."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.rules import ScheduledNumber
from chainrule.catalog.schedules.schedule import schedule_of
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.trace import Executor
from chainrule.explain.equations import explain_step
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_mark, step_title
from chainrule.formula.evaluate import evaluate as formula_value
from chainrule.formula.parse import read
from tests.engine.program.test_schedulers import PLATEAUS, SEQUENCES, name_of
from tests.engine.scheduler_cases import CASES, case, experiment
from tests.experiments import article
from tests.explain.cases import Case
from tests.explain.latex_arithmetic import evaluate

BATCHES = replace(article().data, batch_size=1)
JUMPING = Choice("SGD", {"lr": 0.08, "momentum": 0.9})


def cases_of(checked: Experiment, count: int) -> Iterator[Case]:
    executor = Executor(checked)
    for trace in islice(executor.iterations(), count):
        yield Case(checked, executor.program, {ref: value.tolist() for ref, value in trace.values.items()})


def at(scheduler: Choice, iteration: int, interval: str = "iteration") -> Case:
    checked = experiment(scheduler, interval=interval, data=BATCHES if interval == "epoch" else article().data)
    return next(islice(cases_of(checked, iteration + 1), iteration, None))


def assert_explained(found: Case) -> None:
    for step in found.program.steps:
        if step.kind is not StepKind.SCHEDULE:
            continue
        equation = found.explain(step, digits=None)
        numbers = "".join(equation.numbers)
        if numbers and r"\text" not in numbers:
            assert evaluate(numbers) == pytest.approx(found.value(step, ()), rel=1e-9, abs=1e-18)
        assert not set("<>") & set(r"".join(equation.symbols).replace("<0", "").replace("<2", ""))
        sentence = found.narrate(step)
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "{" not in sentence


@pytest.mark.parametrize("scheduler", [*CASES, *SEQUENCES[:12]], ids=name_of)
def test_numbers_of_a_schedule_make_its_result(scheduler: Choice) -> None:
    checked = experiment(scheduler)
    for number, found in enumerate(cases_of(checked, 80)):
        if number < 12 or number % 11 == 0 or number in (29, 30, 31, 69):
            assert_explained(found)


@pytest.mark.parametrize("interval", ["iteration", "epoch"])
@pytest.mark.parametrize("scheduler", PLATEAUS, ids=str)
def test_numbers_of_a_plateau_make_its_result(scheduler: Choice, interval: str) -> None:
    for found in cases_of(experiment(scheduler, JUMPING, interval, data=BATCHES), 40):
        assert_explained(found)


@pytest.mark.parametrize("scheduler", [*CASES, *SEQUENCES[:12]], ids=name_of)
def test_the_formula_of_each_rule_gives_its_number(scheduler: Choice) -> None:
    """What is printed is what is computed, at every step and for momentum too."""
    schedule = schedule_of(experiment(scheduler))
    assert schedule is not None
    for ref in schedule.courses:
        now = schedule.courses[ref].first
        for step in range(1, 120):
            rule = schedule.step(ref, now, step)
            now = rule.value
            if math.isnan(now):
                break
            part = schedule.parts[bisect_right(schedule.milestones, step)]

            def value(name: str, places: tuple[int, ...], rule: ScheduledNumber = rule, part: Choice = part) -> float:
                return rule.numbers[name] if name in rule.numbers else part.number(name)

            assert formula_value(read(rule.formula), value) == pytest.approx(rule.value, rel=1e-12, abs=1e-18)


@pytest.mark.parametrize(
    ("scheduler", "iteration", "equation", "sentence"),
    [
        (
            case("StepLR", 1),
            9,
            "new η = η·γ = 0.01·0.1 = 0.001",
            "Iteration 10 is a multiple of 10, the steps between drops, so",
        ),
        (
            case("StepLR", 1),
            10,
            "new η = η = 0.001",
            "Iteration 11 is not a multiple of 10, the steps between drops, so",
        ),
        (case("MultiStepLR"), 1, "new η = η·γ = 0.001·0.1 = 0.0001", "Iteration 2 is one of the milestones"),
        (
            case("ConstantLR"),
            4,
            "new η = η·1/f = 0.003333·1/0.3333 = 0.01",
            "Iteration 5 is at the end of the 5 steps",
        ),
        (case("ExponentialLR"), 0, "new η = η·γ = 0.01·0.95 = 0.0095", "At every step the learning rate is multiplied"),
        (case("OneCycleLR"), 200, "new η = η_end", "The cycle of 201 steps is over. torch computes one more number"),
        (
            case("OneCycleLR"),
            201,
            "new η = NaN",
            "cannot be computed: OneCycleLR has 201 steps; this would be the 203rd rate, which torch refuses.",
        ),
        (
            case("CosineAnnealingLR"),
            0,
            "0 + (0.01 − 0)·(1 + cos(1/30·π))/(1 + cos(0/30·π))",
            "first half of the cosine",
        ),
        (
            case("CosineAnnealingLR"),
            30,
            "0 + (0.01 − 0)·(1 − cos(1/30·π))/2",
            "turns back from its smallest, 0, to its base",
        ),
        (case("CosineAnnealingLR"), 31, "(1 + cos(32/30·π))", "second half of the cosine"),
        (case("LambdaLR"), 6, "new η = η₀·0.95^(epoch) = 0.01·0.95⁷ = 0.006983", "at iteration 7, epoch 7 is 0.6983"),
        (SEQUENCES[0], 4, "new η = η₀ = 0.01", "Iteration 5 is a milestone: CosineAnnealingLR takes over."),
        (SEQUENCES[0], 5, "(1 + cos(1/30·π))", "Step 1 of CosineAnnealingLR is on the first half"),
        (SEQUENCES[10], 18, "η₀", "at iteration 2, epoch 2 (counted from its milestone) is"),
    ],
    ids=str,
)
def test_the_case_that_applies_is_the_one_explained(
    scheduler: Choice, iteration: int, equation: str, sentence: str
) -> None:
    found = at(scheduler, iteration)
    assert equation in found.plain("lr.next")
    assert sentence in found.narrate("lr.next")


def test_in_the_middle_of_an_epoch_the_schedule_waits() -> None:
    assert at(case("ExponentialLR"), 2, "epoch").narrate("lr.next") == (
        "The scheduler steps after the last batch of each epoch. This is batch 1 of 2, "
        "so the learning rate stays as it is."
    )
    found = at(case("StepLR", 1), 19, "epoch")
    assert found.narrate("lr.next").startswith("Epoch 10 is a multiple of 10")


def test_a_plateau_tells_its_counters() -> None:
    cases = list(cases_of(experiment(PLATEAUS[1], JUMPING), 30))
    reduced = next(found for found in cases if found.value(found.step("lr.next"), ()) == 0.04)
    assert reduced.plain("lr.next") == "new η = max(η·f, ηₘᵢₙ) = max(0.08·0.5, 0.0005) = 0.04"
    assert (
        reduced.narrate("lr.next")
        == "Bad steps in a row: 1, more than patience 0, so the learning rate is multiplied by factor 0.5."
    )
    assert "is not below" in reduced.narrate("scheduler.num_bad_epochs.next")
    assert reduced.plain("scheduler.cooldown_counter.next") == "new n_cool = n_cooldown = 3"
    after = cases[cases.index(reduced) + 1]
    assert after.plain("scheduler.cooldown_counter.next") == "new n_cool = n_cool − 1 = 3 − 1 = 2"
    first = cases[0]
    assert first.narrate("scheduler.best.next").endswith("is the first, so it is the new best.")
    low = list(cases_of(experiment(PLATEAUS[1].replace(min_lr=0.07), JUMPING), 30))
    assert any(found.narrate("lr.next").endswith("but is at least 0.07.") for found in low)


def test_nothing_is_called_reduced_that_stays() -> None:
    """At its smallest the learning rate stays, however many bad steps there were."""
    stuck = Choice("ReduceLROnPlateau", {"patience": 0, "min_lr": 0.08, "cooldown": 2})
    for found in cases_of(experiment(stuck, JUMPING), 12):
        same = found.value(found.step("lr.next"), ()) == 0.08
        assert same
        for step in found.program.steps:
            if step.kind is StepKind.SCHEDULE:
                assert "is reduced" not in found.narrate(step)


def test_every_sentence_begins_with_a_capital_where_a_scheduler_takes_over() -> None:
    parts = (Choice("ConstantLR", {}), Choice("LambdaLR", {"lr_lambda": "0.9**iteration"}))
    found = at(Choice("SequentialLR", {"milestones": (1.0,), "schedulers": parts}), 0)
    assert "takes over. The learning rate is its base" in found.narrate("lr.next")


def test_an_infinite_best_is_no_overflow() -> None:
    found = at(PLATEAUS[0], 0, "epoch")
    assert found.plain("scheduler.best.next") == "new L_best = L_best = ∞"
    assert "overflow" not in found.narrate("scheduler.best.next")


def test_a_rate_that_overflows_says_so() -> None:
    checked = experiment(Choice("ExponentialLR", {"gamma": 1e300}))
    found = list(cases_of(checked, 2))[1]
    assert "It overflowed" in found.narrate("lr.next")


def test_an_expression_without_a_value_says_why() -> None:
    found = at(Choice("LambdaLR", {"lr_lambda": "1 / (1001 - iteration)"}), 1000)
    assert found.narrate("lr.next") == (
        "The learning rate cannot be computed: at iteration 1001, epoch 1001, it divides by zero."
    )


def test_marks_titles_and_whole_steps() -> None:
    found = at(SEQUENCES[7], 0)
    notation = Notation.of(found.experiment)
    shown = [
        (step_mark(notation, step), step_title(notation, step)) for step in found.program.steps if "." in step.writes
    ][-3:]
    assert shown == [
        ("η", "Update · schedule · next learning rate"),
        ("η²", "Update · schedule · next learning rate of layer 2"),
        ("μ", "Update · schedule · next momentum"),
    ]
    assert explain_step(found.experiment, found.program, found.step("lr.next")) == (
        r"\eta^{\text{new}} = \mathrm{SequentialLR}(\eta, i)"
    )
    plateau = at(PLATEAUS[0], 0, "epoch")
    marks = [step_mark(notation, step) for step in plateau.program.steps if step.kind is StepKind.SCHEDULE]
    assert marks == ["L̄", "ΣL", "N", "L*", "n", "c", "η", "η²"]


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("0.5 ** (epoch // 10)", "η₀·0.5^(⌊epoch/10⌋)"),
        ("floor(iteration / 2) + 1", "η₀·(⌊iteration/2⌋ + 1)"),
        ("1 * (epoch != 3)", "η₀·1·(epoch ≠ 3)"),
        ("0.1 if not epoch and iteration < 3 else abs(1 - epoch)", "if not epoch and iteration < 3 else |1 − epoch|)"),
        ("(1 - epoch) ** 2", "η₀·(1 − epoch)²"),
        ("epoch % 5 - -2", "η₀·((epoch mod 5) − (−2))"),
    ],
)
def test_an_expression_reads_as_it_was_typed(expression: str, text: str) -> None:
    assert text in at(Choice("LambdaLR", {"lr_lambda": expression}), 0).plain("lr.next")
