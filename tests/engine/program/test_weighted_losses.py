"""Class weights, positive weights and ignored rows against torch.nn, in whole experiments too; losses by formula."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.commands.walk import stop_reason
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import compile_program
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor, first_non_finite
from chainrule.engine.training import Training
from chainrule.explain.sentences.narration import own_reason
from tests.engine.program.test_losses import OUTPUT, computed

WEIGHTS = st.sampled_from([0.25, 1.0, 2.0, 6.5])
NUMBERS = st.floats(-4.0, 4.0, allow_subnormal=False)


def tensor(numbers: object) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def assert_torch_has(choice: Choice, module: nn.Module, output: Tensor, target: Tensor, given: Tensor) -> None:
    """The loss and its gradient are those of a module of torch's, which takes the target as `given`."""
    output = output.clone().requires_grad_()
    loss = module(output, given)
    loss = loss / len(output) if choice["reduction"] == "batchmean" else loss
    loss.backward()
    values = computed(choice, output, target)
    torch.testing.assert_close(values[refs.LOSS], loss.detach(), rtol=1e-12, atol=1e-12, equal_nan=True)
    torch.testing.assert_close(values[refs.grad(OUTPUT)], output.grad, rtol=1e-12, atol=1e-12, equal_nan=True)


def reduction_of(choice: Choice) -> str:
    return "sum" if choice["reduction"] == "batchmean" else str(choice["reduction"])


@st.composite
def rows(draw: st.DrawFn, columns: int, count: int, numbers: st.SearchStrategy[float] = NUMBERS) -> Tensor:
    return tensor([[draw(numbers) for _ in range(columns)] for _ in range(count)])


@settings(max_examples=60)
@given(st.data(), st.integers(1, 4), st.integers(1, 5), st.sampled_from(["mean", "sum", "batchmean"]))
def test_losses_of_classes_are_torchs(data: st.DataObject, classes: int, count: int, reduction: str) -> None:
    weight = data.draw(st.none() | st.tuples(*[WEIGHTS] * classes))
    ignored = data.draw(st.sampled_from([-100, 0, classes - 1]))
    arguments: dict[str, Any] = {"reduction": reduction, "weight": weight, "ignore_index": ignored}
    output = data.draw(rows(classes, count))
    target = tensor([[data.draw(st.integers(0, classes - 1) | st.just(ignored))] for _ in range(count)])
    known = {"weight": None if weight is None else tensor(weight), "ignore_index": ignored}
    smoothing = {"label_smoothing": data.draw(st.sampled_from([0.0, 0.3]))}
    for name, more in (("NLLLoss", {}), ("CrossEntropyLoss", smoothing)):
        choice = Choice(name, {**arguments, **more})
        module = getattr(nn, name)(reduction=reduction_of(choice), **known, **more)
        assert_torch_has(choice, module, output, target, target[:, 0].long())


@settings(max_examples=30)
@given(st.data(), st.integers(2, 4), st.integers(1, 4), st.sampled_from(["mean", "sum", "batchmean"]))
def test_probabilities_with_weights_are_torchs(data: st.DataObject, classes: int, count: int, reduction: str) -> None:
    weight, smoothing = data.draw(st.tuples(*[WEIGHTS] * classes)), data.draw(st.sampled_from([0.0, 0.3]))
    shares = data.draw(rows(classes, count, st.floats(0.125, 1.0)))
    target = shares / shares.sum(1, keepdim=True)
    arguments = {"reduction": reduction, "weight": weight, "label_smoothing": smoothing, "ignore_index": -100}
    choice = Choice("CrossEntropyLoss", arguments)
    module = nn.CrossEntropyLoss(tensor(weight), reduction=reduction_of(choice), label_smoothing=smoothing)
    assert_torch_has(choice, module, data.draw(rows(classes, count)), target, target)


@settings(max_examples=40)
@given(st.data(), st.integers(1, 3), st.integers(1, 4), st.sampled_from(["mean", "sum", "batchmean"]))
def test_weights_of_outputs_are_torchs(data: st.DataObject, outputs: int, count: int, reduction: str) -> None:
    some = st.none() | st.tuples(*[WEIGHTS] * outputs)
    weight, positive = data.draw(some), data.draw(some)
    output, target = data.draw(rows(outputs, count)), data.draw(rows(outputs, count, st.floats(0.0, 1.0)))
    known = {name: None if value is None else tensor(value) for name, value in (("weight", weight), ("p", positive))}
    choice = Choice("BCEWithLogitsLoss", {"reduction": reduction, "weight": weight, "pos_weight": positive})
    logits = nn.BCEWithLogitsLoss(known["weight"], reduction=reduction_of(choice), pos_weight=known["p"])
    assert_torch_has(choice, logits, output, target, target)
    choice = Choice("BCELoss", {"reduction": reduction, "weight": weight})
    module = nn.BCELoss(known["weight"], reduction=reduction_of(choice))
    assert_torch_has(choice, module, torch.sigmoid(output), target, target)


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss"])
@pytest.mark.parametrize("weight", [None, (2.0, 4.0, 6.0), (0.0, 0.0, 1.0)])
def test_where_nothing_counts_there_is_no_mean_and_no_slope(name: str, weight: tuple[float, ...] | None) -> None:
    choice = complete(LOSSES, Choice(name, {"weight": weight, "ignore_index": -1}), "$")
    module = getattr(nn, name)(None if weight is None else tensor(weight), ignore_index=-1)
    output = tensor([[0.5, -1.0, 2.0], [1.0, 0.0, -3.0]])
    for classes in ([-1, -1], [0, 1], [0, -1]):
        target = tensor(classes)[:, None]
        if name == "NLLLoss" and weight == (0.0, 0.0, 1.0) and classes != [-1, -1]:
            # torch has a slope of 0 at the other classes and 0/0 at the target's; here it is 0/0 at all.
            continue
        assert_torch_has(choice, module, output, target, target[:, 0].long())


# ------------------------------------------------------------------------------------------------- whole experiments

INPUTS = ((1.0, 2.0), (-0.5, 0.25), (3.0, -1.0), (0.75, 0.5), (-2.0, 1.5), (0.1, -0.3))
CLASSES: Rows = ((0.0,), (2.0,), (-100.0,), (1.0,), (2.0,), (-100.0,))
UNEVEN = Choice("CrossEntropyLoss", {"weight": (2.0, 4.0, 6.0), "label_smoothing": 0.1})


def experiment(
    loss: Choice, targets: Rows = CLASSES, outputs: int = 3, last: str = "Identity", **data: Any
) -> Experiment:
    network = NetworkSpec(2, (LayerSpec(4, Choice("Tanh")), LayerSpec(outputs, Choice(last))))
    return check_experiment(
        Experiment(network, DataSpec(INPUTS, targets, **data), loss, Choice("SGD", {"lr": 0.1, "momentum": 0.9}))
    )


WHOLE = {
    "uneven": experiment(UNEVEN, batch_size=2, shuffle=True, test_size=0.34),
    "counted": experiment(Choice("NLLLoss"), last="LogSoftmax"),
    "weighted": experiment(Choice("NLLLoss", {"weight": (2.0, 4.0, 6.0), "reduction": "batchmean"}), last="LogSoftmax"),
    "a class of the network": experiment(Choice("CrossEntropyLoss", {"ignore_index": 2}), ((2.0,), (0.0,), (1.0,)) * 2),
    "logits": experiment(
        Choice("BCEWithLogitsLoss", {"weight": (2.0, 0.5), "pos_weight": (3.0, 1.5)}), ((1.0, 0.0), (0.25, 1.0)) * 3, 2
    ),
    "probabilities": experiment(Choice("BCELoss", {"weight": (2.0, 0.5)}), ((1.0, 0.0), (0.25, 1.0)) * 3, 2, "Sigmoid"),
    "formula": experiment(Choice("Formula", {"formula": "(o - t)^4"}), ((1.0, 0.0), (0.25, 1.0)) * 3, 2),
    "outputs alone": experiment(Choice("Formula", {"formula": "cosh(o)", "reduction": "sum"}), ((0.0,),) * 6, 1),
    "no output": experiment(Choice("Formula", {"formula": "t^2"}), ((0.5,),) * 6, 1),
    "no logarithm of what is not positive": experiment(
        Choice("Formula", {"formula": "if(o > 0, log(o) + t, o^2)"}), ((1.0, 0.0), (0.25, 1.0)) * 3, 2
    ),
    "what cancels": experiment(
        Choice("Formula", {"formula": "(1000*o + t)^2 - 1e6*o^2 - 2000*o*t"}), ((1.0, 0.0), (0.25, 1.0)) * 3, 2
    ),
    "one of two": experiment(
        Choice("Formula", {"formula": "if(t > 0.5, -log(sigmoid(o)), o^2/2)"}), ((1.0, 0.0), (0.25, 1.0)) * 3, 2
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_referee_agrees(name: str) -> None:
    whole = WHOLE[name]
    traces = list(islice(Executor(whole).iterations(), 3))
    report = list(verify_run(whole, compile_program(whole), traces, untouched=True))[-1].report()
    if first_non_finite(compile_program(whole).steps, traces[0].values) is None:
        assert report.agrees, report
        assert report.first is None


@pytest.mark.parametrize("name", WHOLE)
def test_a_plan_trains_as_the_trace_does(name: str) -> None:
    whole = replace(WHOLE[name], data=replace(WHOLE[name].data, batch_size=None, shuffle=False))
    planned, traced = Training(Executor(whole)), Executor(whole)
    losses = [trained.loss for trained in planned.run(40)]
    assert losses == [trace.values[refs.LOSS].item() for trace in islice(traced.iterations(), 40)]


def test_ignored_rows_are_left_out_of_the_accuracy_and_the_last_loss() -> None:
    whole = WHOLE["counted"]
    executor = Executor(whole)
    trace = next(executor.iterations())
    found = executor.evaluator.classification(trace.values, "training")
    assert found is not None
    assert found.count == 4
    counted = tuple(place for place, (target,) in enumerate(CLASSES) if target >= 0)
    data = DataSpec(tuple(INPUTS[place] for place in counted), tuple(CLASSES[place] for place in counted))
    without = Executor(replace(whole, data=data))
    assert math.isclose(trace.values[refs.LOSS].item(), next(without.iterations()).values[refs.LOSS].item())
    none = Executor(replace(whole, data=replace(whole.data, targets=((-100.0,),) * 6)))
    assert none.evaluator.classification(next(none.iterations()).values, "training") is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"loss": Choice("CrossEntropyLoss"), "targets": ((-100.0,),) * 6}, "all 6 samples of the batch are ignored"),
        ({"loss": Choice("NLLLoss", {"weight": (0.0, 1.0, 1.0)}), "targets": ((0.0,),) * 6}, "add up to 0"),
        (
            {"loss": Choice("Formula", {"formula": "log(o - t)"}), "targets": ((50.0, 0.0),) * 6, "outputs": 2},
            "the loss's formula has no value where ŷ₁ is",
        ),
        (
            {"loss": Choice("Formula", {"formula": "1/(t - 1)"}), "targets": ((0.0, 1.0),) * 6, "outputs": 2},
            "the loss's formula is infinite where ŷ₂ is",
        ),
    ],
)
def test_a_run_stops_at_a_loss_without_a_value_and_says_why(changed: dict[str, Any], why: str) -> None:
    executor = Executor(experiment(**changed))
    training = Training(executor)
    assert list(training.run(3)) == []
    assert training.stop is not None
    step = executor.program.steps[training.stop]
    assert step.writes == refs.LOSS
    values = executor.advance(training.state)[0]
    assert why in own_reason(executor.experiment, executor.program, step, lambda ref: values[ref].tolist())
    assert why in stop_reason(executor, 0, training.stop, values)


# ---------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("loss", "targets", "path", "message"),
    [
        (Choice("CrossEntropyLoss", {"weight": (1.0, 2.0)}), CLASSES, "$.loss.weight",
         "expected 3 numbers, one for each output, got 2"),
        (Choice("BCEWithLogitsLoss", {"pos_weight": (1.0,)}), ((0.0, 1.0, 0.0),) * 6, "$.loss.pos_weight",
         "expected 3 numbers, one for each output, got 1"),
        (Choice("CrossEntropyLoss", {"ignore_index": 5}), CLASSES, "$.data.targets[2][0]",
         "expected a class index, an integer from 0 to 2, got -100"),
        (Choice("CrossEntropyLoss", {"ignore_index": 1}), ((0.5, 0.25, 0.25),) * 6, "$.loss.ignore_index",
         "expected an integer below 0, because no row of probabilities is ignored, got 1"),
        (Choice("CrossEntropyLoss", {"weight": 2.0}), CLASSES, "$.loss.weight",
         "expected null or a list of numbers, one for each output, got 2"),
        (Choice("Formula"), ((0.0, 1.0, 0.0),) * 6, "$.loss",
         'missing key "formula": Formula needs a formula of o and t'),
        (Choice("Formula", {"formula": "(o - x)^2"}), ((0.0, 1.0, 0.0),) * 6, "$.loss.formula", "x is not known here"),
    ],
)  # fmt: skip
def test_what_cannot_be(loss: Choice, targets: Rows, path: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        experiment(loss, targets)
    assert error.value.path == path
    assert message in error.value.message


def test_a_class_that_is_ignored_need_not_be_one_that_there_is() -> None:
    for index, target in ((-100, -100.0), (7, 7.0), (-1, -1.0)):
        made = experiment(Choice("NLLLoss", {"ignore_index": index}), ((0.0,), (target,)) * 3)
        assert next(Executor(made).iterations()).values[refs.LOSS].isfinite()
