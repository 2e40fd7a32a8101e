"""A scheduler, a clipping and an initializer that are added at run time: each is one entry, and works everywhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
import torch

from chainrule.catalog.arguments import Choice, Number
from chainrule.catalog.clipping import CLIPPINGS, NORM_TYPE, Clipping
from chainrule.catalog.experiment.spec import Experiment, InitializationSpec
from chainrule.catalog.initializers import INITIALIZERS, Initializer
from chainrule.catalog.schedules.rules import ScheduledNumber, ScheduleStep, number_by_formula, unchanged_number
from chainrule.catalog.schedules.schedule import last_scheduled_iteration, refusal
from chainrule.catalog.schedules.schedulers import PARTS, SCHEDULERS, Scheduler
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.initializers import drawn_by_formula, initial_parameters
from chainrule.engine.kernels.clipping import KERNELS
from chainrule.engine.kernels.initializers import BIASES, WEIGHTS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.clipping import by_formula
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.explain.equations import explain_step
from chainrule.model.files.storage import decode_experiment, encode_experiment
from tests.engine.data.test_initializers import SCHEMES
from tests.experiments import article
from tests.explain.cases import Case, case
from tests.explain.latex_arithmetic import evaluate

DECAY = Number("decay", 0.5, "decay", symbol=r"\kappa", minimum=0.0)


def _by_time(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    if at.step % 3 == 2:
        return unchanged_number(at.now, "{next} is a step to rest at")
    words = "{next} comes after {t} steps: {what} is its base over 1 plus decay {decay} times their number."
    return number_by_formula("base/(1 + decay*t)", words, choice, base=at.base, t=at.step)


INVERSE_TIME = Scheduler("InverseTimeLR", (DECAY,), "divides the first learning rate by more and more", _by_time)
SOFT = Clipping(
    "clip_grad_soft_",
    (Number("scale", 2.0, "scale", symbol="s", above=0.0), NORM_TYPE),
    "bends large gradients, the more the longer all of them are together",
    formula="clip_coef*scale*tanh(grad/scale)/(1 + grad_norm)",
    clipped="is bent towards 0",
    coefficient="1/(1 + grad_norm/scale)",
)
LECUN = Initializer(
    "lecun_normal",
    "normal, with the standard deviation spread/√inputs; biases a little above 0",
    "spread*normal/sqrt(fan_in)",
    (Number("spread", 1.0, "spread", symbol="s", minimum=0.0),),
    bias="0.01*uniform",
)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """An experiment with all three."""
    with_interval = replace(INVERSE_TIME, arguments=(DECAY, SCHEDULERS["StepLR"].arguments[-1]))
    monkeypatch.setitem(PARTS, INVERSE_TIME.name, INVERSE_TIME)
    monkeypatch.setitem(SCHEDULERS, INVERSE_TIME.name, with_interval)
    monkeypatch.setitem(CLIPPINGS, SOFT.name, SOFT)
    monkeypatch.setitem(INITIALIZERS, LECUN.name, LECUN)
    return article(
        parameters={},
        initialization=InitializationSpec(Choice(LECUN.name, {"spread": 0.5}), seed=3),
        clipping=Choice(SOFT.name, {"scale": 0.5, "norm_type": 1}),
        scheduler=Choice(INVERSE_TIME.name, {"interval": "iteration"}),
        optimizer=Choice("SGD", {"lr": 0.2, "momentum": 0.9}),
    )


def test_they_train_and_the_referee_agrees(added: Experiment) -> None:
    executor = Executor(added)
    traces = list(islice(executor.iterations(), 6))
    *_, last = verify_run(executor.experiment, executor.program, traces, untouched=True)
    rows = last.report().rows
    assert [row.ref for row in rows if not row.agrees] == []
    assert {"lr.next", "grad_norm", "clip_coef", "layers.0.weight.grad.clipped"} <= {row.ref for row in rows}
    rates = [trace.values[refs.LR].item() for trace in traces]
    assert rates == pytest.approx([0.2, 0.2 / 1.5, 0.2 / 1.5, 0.2 / 2.5, 0.2 / 3, 0.2 / 3])
    assert [trained.loss for trained in Training(executor).run(400)][:6] == [t.values[refs.LOSS].item() for t in traces]


def test_the_referee_sees_where_they_go_wrong(added: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KERNELS, SOFT.name, lambda choice, grad, norm, share: grad * share.item())
    executor = Executor(added)
    *_, last = verify_run(executor.experiment, executor.program, islice(executor.iterations(), 2), untouched=True)
    assert "layers.0.weight.grad.clipped" in [row.ref for row in last.report().rows if not row.agrees]


@pytest.mark.parametrize("iteration", [0, 1])
def test_their_equations_are_worked_out_and_their_sentences_said(added: Experiment, iteration: int) -> None:
    found = case(added, iteration)
    kinds = (StepKind.GRADIENT_NORM, StepKind.CLIP_COEFFICIENT, StepKind.CLIPPED_GRADIENT, StepKind.SCHEDULE)
    for step, index in found.elements():
        if step.kind in kinds:
            numbers = "".join(found.explain(step, index, digits=None).numbers)
            if numbers:
                assert evaluate(numbers) == pytest.approx(found.value(step, index), rel=1e-9)
            sentence = found.narrate(step, index)
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert explain_step(found.experiment, found.program, step)
    _assert_said(found, iteration)


def _assert_said(found: Case, iteration: int) -> None:
    rate, sentence = found.plain("lr.next"), found.narrate("lr.next")
    if iteration == 0:
        assert rate == "new η = η₀/(1 + κ·t) = 0.2/(1 + 0.5·1) = 0.1333"
        assert sentence.startswith(
            "Iteration 1 comes after 1 step: the learning rate is its base over 1 plus decay 0.5"
        )
    else:
        assert sentence == "Iteration 2 is a step to rest at, so the learning rate stays as it is."
    assert "so every gradient is multiplied by 0." in found.narrate("clip_coef")
    assert "is bent towards 0. It goes from" in found.narrate("layers.0.weight.grad.clipped", (0, 0))
    assert "c·s·tanh(" in found.plain("layers.0.weight.grad.clipped", (0, 0))


def test_they_stand_in_files_and_in_sequences(added: Experiment) -> None:
    assert check_experiment(decode_experiment(encode_experiment(added))) == added
    parts = (Choice(INVERSE_TIME.name), Choice("ExponentialLR", {"gamma": 0.5}))
    arguments = {"schedulers": parts, "milestones": (2,), "interval": "iteration"}
    executor = Executor(check_experiment(replace(added, scheduler=Choice("SequentialLR", arguments))))
    traces = list(islice(executor.iterations(), 4))
    assert [trace.values[refs.LR].item() for trace in traces] == pytest.approx([0.2, 0.2 / 1.5, 0.2, 0.1])


def test_first_values_are_drawn_by_the_formula(added: Experiment) -> None:
    generator = torch.Generator().manual_seed(3)
    values = initial_parameters(added)
    weight = torch.empty(2, 2, dtype=torch.float64).normal_(generator=generator)
    torch.testing.assert_close(values[refs.weight(0)], weight * 0.5 / 2**0.5, rtol=1e-15, atol=0)
    bias = torch.empty(2, dtype=torch.float64).uniform_(generator=generator)
    torch.testing.assert_close(values[refs.bias(0)], bias * 0.01, rtol=1e-15, atol=0)
    wide = Choice(LECUN.name, {"spread": 1e300})
    check_experiment(replace(added, initialization=InitializationSpec(wide)))
    with pytest.raises(ValueError, match="float32 can hold"):
        check_experiment(replace(added, initialization=InitializationSpec(wide), dtype="float32"))


@pytest.mark.parametrize("name", KERNELS)
def test_each_kernel_of_a_clipping_does_what_its_formula_says(name: str) -> None:
    argument = {"clip_grad_norm_": "max_norm", "clip_grad_value_": "clip_value"}[name]
    choice = Choice(name, {argument: 0.75})
    grad, share = torch.linspace(-2, 2, 9, dtype=torch.float64), torch.tensor(0.3, dtype=torch.float64)
    given = (grad, share)[: len(CLIPPINGS[name].reads)]
    assert torch.equal(KERNELS[name](choice, *given), by_formula(CLIPPINGS[name], choice)(*given))


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if INITIALIZERS[scheme.name].formula], ids=str)
def test_each_kernel_of_an_initializer_draws_what_its_formula_says(scheme: Choice) -> None:
    choice = Choice(
        scheme.name, {**{a.name: a.default for a in INITIALIZERS[scheme.name].arguments}, **scheme.arguments}
    )
    fans = 5, 7
    for kernels, formula, shape in (
        (WEIGHTS, INITIALIZERS[scheme.name].formula, (7, 5)),
        (BIASES, INITIALIZERS[scheme.name].bias, (7,)),
    ):
        if scheme.name not in kernels:
            continue
        one, other = (torch.Generator().manual_seed(8) for _ in range(2))
        arguments = choice.arguments if kernels is WEIGHTS else {"fan_in": 5}
        drawn = kernels[scheme.name](torch.empty(shape, dtype=torch.float64), generator=one, **arguments)
        wanted = drawn_by_formula(formula, choice, fans, torch.empty(shape, dtype=torch.float64), other)
        torch.testing.assert_close(drawn, wanted, rtol=1e-12, atol=1e-15)
        assert drawn.abs().max() <= INITIALIZERS[scheme.name].furthest(choice, *fans)


def test_a_scheduler_that_has_an_end_says_so(added: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SCHEDULERS[INVERSE_TIME.name]
    monkeypatch.setitem(SCHEDULERS, entry.name, replace(entry, steps=lambda choice: 3))
    assert last_scheduled_iteration(added) == 3
    rate = refs.next_value(refs.LR)
    assert refusal(added, 2, rate) is None
    assert refusal(added, 3, rate) == "InverseTimeLR has 3 steps; this would be the 5th rate, which torch refuses"
