"""Calls as functions of TorchScript: the same numbers, in loops where nothing is looked at in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.plan import LONGEST, scripts
from chainrule.engine.plan.scripts import WORTHWHILE, Loop, NotScriptableError, scripted
from chainrule.engine.plan.tape import Copied
from tests.engine.plan.test_plan import Beside
from tests.experiments import article, mazur, sgd

Make = Callable[[Tensor, Tensor], Callable[[], object]]
CALLS: dict[str, Make] = {
    "a function": lambda a, out: partial(torch.mul, a, a, out=out),
    "a list": lambda a, out: partial(torch.sum, a, [0], True, out=out[:1]),
    "a keyword": lambda a, out: partial(torch.sub, a, a, alpha=0.1, out=out),
    "another home": lambda a, out: partial(torch.linalg.vector_norm, a, out=out[0]),
    "a method": lambda a, out: partial(out.copy_, a),
    "infinity": lambda a, out: partial(torch.clamp, a, float("-inf"), 0.25, out=out),
    "none": lambda a, out: partial(torch.clamp, a, None, 0.25, out=out),
    "a copy": lambda a, out: Copied(torch.ops.aten.celu.default, [a, 2.0], {}, ((None, out),)),
    "parts": lambda a, out: Copied(torch.ops.aten.log_sigmoid_forward.default, [a], {}, ((0, out),)),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_what_it_gives_by_itself(name: str) -> None:
    a, by_itself, together = torch.linspace(-1, 2, 5, dtype=torch.float64), *torch.zeros(2, 5, dtype=torch.float64)
    CALLS[name](a, by_itself)()
    calls = [CALLS[name](a, together)] * WORTHWHILE
    made = scripted(calls, set(calls))
    assert len(made) == 1
    made[0]()
    assert torch.equal(together, by_itself)
    assert by_itself.any()


def test_what_it_has_no_words_for_stays_as_it_is() -> None:
    out = torch.zeros(2)
    calls = [partial(torch.ones, (2,), dtype=torch.float32, out=out), *[partial(out.add_, 1)] * WORTHWHILE]
    assert scripted(calls, set(calls)) == tuple(calls)
    with pytest.raises(NotScriptableError):
        Loop(calls, (), (out, [out]), None)


def test_only_calls_of_fixed_tensors_in_a_row_are_one() -> None:
    out = torch.zeros(1)
    fixed, other = partial(out.add_, 1), partial(out.mul_, 2)
    calls = [fixed] * WORTHWHILE + [other] + [fixed] * (WORTHWHILE - 1)
    made = scripted(calls, {fixed})
    assert len(made) == 1 + 1 + WORTHWHILE - 1
    for call in made:
        call()
    assert out.item() == 2 * WORTHWHILE + WORTHWHILE - 1


def shuffled(test_size: float = 0.0) -> Experiment:
    """Batches of two sizes in an order that changes."""
    base = article(optimizer=sgd(0.05))
    rows = 7
    inputs = tuple((0.1 * n, 1 - 0.2 * n) for n in range(rows))
    targets = tuple((0.1 * (n % 3),) * len(base.data.targets[0]) for n in range(rows))
    data = replace(base.data, inputs=inputs, targets=targets, batch_size=2, shuffle=True, test_size=test_size)
    return replace(base, data=data)


@pytest.mark.parametrize("experiment", [mazur(optimizer=sgd(0.5)), shuffled(), shuffled(test_size=0.3)])
@pytest.mark.parametrize("longest", [1, 3, LONGEST])
def test_iterations_that_nothing_looks_into_are_turns_of_a_loop(experiment: Experiment, longest: int) -> None:
    beside = Beside(experiment)
    beside.hold(30, longest)
    assert all(compiled.loop is not None for compiled in beside.plan._compiled.values())
    assert beside.plan.operations > WORTHWHILE


def test_a_count_that_is_looked_into_is_no_loop() -> None:
    beside = Beside(mazur(optimizer=Choice("Adam")))
    beside.hold(5)
    assert all(compiled.loop is None for compiled in beside.plan._compiled.values())
    assert beside.plan.operations > len(beside.plan._compiled[1, True].calls)


def test_without_torchscript_the_calls_are_made_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NotScriptableError

    monkeypatch.setattr(scripts._Source, "compiled", refuse)
    beside = Beside(shuffled(test_size=0.3))
    beside.hold(12)
    assert all(len(compiled.calls) == compiled.operations for compiled in beside.plan._compiled.values())
