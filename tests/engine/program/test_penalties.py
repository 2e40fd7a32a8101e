"""Penalties against torch: weight decay says the same of L2, autograd of every other; one that no table has today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch

from chainrule.catalog.arguments import Choice, Number, SpecError
from chainrule.catalog.experiment.spec import Experiment, PenaltySpec
from chainrule.catalog.penalties import PENALTIES, Penalty
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.report import Report
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from tests.experiments import article, mazur

ITERATIONS = 5
L2 = PenaltySpec(Choice("L2", {"factor": 0.3, "half": True}))
L1 = PenaltySpec(Choice("L1", {"factor": 0.2}), ("layers.0.*", "layers.1.bias"))
ELASTIC = Penalty(
    "Elastic",
    "a mixture of sizes and squares",
    "pulls it towards 0",
    (Number("factor", 0.5, "factor"), Number("ratio", 0.25, "ratio")),
    lambda factor, ratio: "factor*(ratio*abs(w) + (1 - ratio)*w^2)",
)


@pytest.fixture(params=["article", "mazur"])
def base(request: pytest.FixtureRequest) -> Experiment:
    return article() if request.param == "article" else mazur()


@pytest.fixture
def elastic(monkeypatch: pytest.MonkeyPatch) -> Iterator[PenaltySpec]:
    monkeypatch.setitem(PENALTIES, "Elastic", ELASTIC)
    return PenaltySpec(Choice("Elastic", {}), ("*",))


def with_penalties(base: Experiment, *penalties: PenaltySpec, **changes: Any) -> Experiment:
    return check_experiment(replace(base, penalties=penalties, **changes))


def report(experiment: Experiment) -> Report:
    executor = Executor(experiment)
    *_, last = verify_run(experiment, executor.program, islice(executor.iterations(), ITERATIONS), untouched=True)
    return last.report()


def test_half_of_the_squares_is_weight_decay(base: Experiment) -> None:
    decayed = check_experiment(replace(base, optimizer=Choice("SGD", {"lr": 0.1, "weight_decay": 0.3})))
    penalized = with_penalties(base, PenaltySpec(L2.choice, ("*",)), optimizer=Choice("SGD", {"lr": 0.1}))
    pairs = zip(Executor(decayed).iterations(), Executor(penalized).iterations(), strict=False)
    for one, other in islice(pairs, ITERATIONS):
        for ref in base.network.parameter_shapes():
            if ref in base.frozen:
                assert refs.next_value(ref) not in other.values
                continue
            assert torch.allclose(one.values[refs.next_value(ref)], other.values[refs.next_value(ref)], atol=1e-14)


def test_loss_and_gradients_are_autograds(base: Experiment, elastic: PenaltySpec) -> None:
    experiment = with_penalties(base, L2, L1, elastic)
    executor = Executor(experiment)
    values = next(executor.iterations()).values
    plain = next(Executor(base).iterations()).values
    parameters = {ref: values[ref].clone().requires_grad_() for ref in executor.program.parameters}
    weights = [p for ref, p in parameters.items() if ref.endswith("weight")]
    first = [p for ref, p in parameters.items() if ref.startswith("layers.0") or ref == "layers.1.bias"]
    parts = [
        sum(0.15 * (p**2).sum() for p in weights),
        sum(0.2 * p.abs().sum() for p in first),
        sum(0.5 * (0.25 * p.abs() + 0.75 * p**2).sum() for p in parameters.values()),
    ]
    for index, part in enumerate(parts):
        assert torch.allclose(values[refs.penalty(index)], torch.as_tensor(part), atol=1e-14)
    total = sum(parts)
    assert torch.equal(values[refs.DATA_LOSS], plain[refs.LOSS])
    assert torch.allclose(values[refs.LOSS], plain[refs.LOSS] + total, atol=1e-14)
    torch.as_tensor(total).backward()
    for ref in executor.program.gradients:
        pull = parameters[executor.program.values[ref].owner.ref].grad
        assert pull is not None
        assert torch.allclose(values[ref], plain[ref] + pull, atol=1e-14)


def test_at_zero_the_size_has_no_slope() -> None:
    base = article(parameters={ValueRef("layers.0.weight"): ((0.0, -0.0), (1.0, -2.0))})
    experiment = with_penalties(base, PenaltySpec(Choice("L1", {"factor": 0.5})))
    values = next(Executor(experiment).iterations()).values
    pull = values[refs.share(refs.grad(refs.weight(0)), "penalties.0")]
    assert pull.tolist() == [[0.0, 0.0], [0.5, -0.5]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_referee_agrees(base: Experiment, elastic: PenaltySpec, dtype: str) -> None:
    found = report(with_penalties(base, L2, L1, elastic, dtype=dtype))
    assert found.agrees, found


def test_the_referee_finds_a_wrong_pull(base: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(PENALTIES["L2"], term=lambda factor, half: "factor*w^2*1.001")
    monkeypatch.setitem(PENALTIES, "L2", wrong)
    assert not report(with_penalties(base, L2)).agrees


def test_a_plan_trains_to_the_same_bits(base: Experiment, elastic: PenaltySpec) -> None:
    experiment = with_penalties(base, L2, L1, elastic, optimizer=Choice("Adam", {"lr": 0.1}))
    executor = Executor(experiment)
    training = Training(executor)
    losses = [trained.loss for trained in training.run(ITERATIONS)]
    traces = list(islice(executor.iterations(), ITERATIONS))
    assert losses == [trace.values[refs.LOSS].item() for trace in traces]
    for ref in executor.program.parameters:
        assert torch.equal(
            training.state.values[ref], traces[-1].values.get(refs.next_value(ref), training.state.values[ref])
        )


def test_the_loss_on_all_rows_has_the_penalties(base: Experiment) -> None:
    experiment = with_penalties(base, L2)
    executor = Executor(experiment)
    values = next(executor.iterations()).values
    assert executor.evaluator.evaluate(values, "training").loss.item() == values[refs.LOSS].item()


def test_a_file_keeps_them(base: Experiment, elastic: PenaltySpec) -> None:
    experiment = with_penalties(base, L2, L1, elastic)
    assert check_experiment(decode_experiment(encode_experiment(experiment))) == experiment


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        (PenaltySpec(Choice("L3", {})), '$.penalties[0].name: expected L1 or L2, got "L3"'),
        (PenaltySpec(Choice("L2", {"factor": -1.0})), "$.penalties[0].factor: expected a number of at least 0, got -1"),
        (PenaltySpec(Choice("L1", {"half": True})), "$.penalties[0].half: unknown key; L1 takes factor"),
        (PenaltySpec(Choice("L2", {}), ("*.kernel",)), "$.penalties[0].parameters[0]: no parameter is called"),
        (PenaltySpec(Choice("L2", {}), ()), "$.penalties[0].parameters: expected at least 1 pattern"),
    ],
)
def test_what_is_none_is_refused(penalty: PenaltySpec, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        with_penalties(article(), penalty)
    assert str(refused.value).startswith(message)
