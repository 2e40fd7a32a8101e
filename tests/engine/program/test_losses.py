"""Each loss and its gradient against torch's own: at kinks, at 0, saturated, enormous, in both dtypes."""

from __future__ import annotations

import math
import re
from itertools import product

import pytest
import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, SpecError, suggested
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.loss import REDUCTIONS, Targets, own_arguments
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.engine.program.losses import Setting, slope_function, steps_of, term_function
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import run_steps
from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read
from chainrule.formula.tree import Expr, Symbol, symbols_of
from tests.catalog.test_tables import DTYPES, assert_near, choices
from tests.engine import oracles

OUTPUT = refs.activation(0)
# What the losses with arguments of an open range are tried with, beside the ends and defaults of the others.
TRIED = {"beta": (0.0, 0.5, 1.0), "delta": (0.5, 1.0, 3.0), "label_smoothing": (0.0, 0.1, 1.0)}
# Where they have a value; that of a square is its own.
TRIED |= {"formula": ("(o - t)^4", "abs(o - t)*t + 0.5", "log(1 + exp(-t*o))/2")}
ALL = choices(LOSSES, **TRIED)
ELEMENTWISE = [choice for choice in ALL if not LOSSES[choice.name].of_classes]
CLASSES = [choice for choice in ALL if LOSSES[choice.name].of_classes]

# Both sides of every kink and the kinks themselves; 0 apart, next to each other, far apart, and so far that the
# square overflows float32.
PLACES = (0.0, -0.0, 0.25, 0.5, 1.0, 1.5, 2.0, -1.0, -3.0, 1e-30, 40.0, -40.0, 750.0, -750.0, 1e10, 1e30, -1e30)
TARGETS_OF = {
    Targets.NUMBERS: (0.0, 1.0, 0.25, -7.5, 1e30),
    Targets.FRACTIONS: (0.0, 1.0, 0.25, 1e-30),
    Targets.SIGNS: (-1.0, 1.0),
    Targets.UNUSED: (0.0, 3.0),
}
# For losses whose outputs must be probabilities: 0 and 1 are where torch's limits are.
FRACTIONS = (0.0, 1e-300, 1e-44, 1e-30, 1e-13, 0.25, 0.5, 1 - 1e-7, 1 - 1e-13, 1.0)


def steps(choice: Choice, outputs: int, classes: bool) -> tuple[MicroStep, ...]:
    return steps_of(choice, OUTPUT, Setting(outputs, classes))


def computed(choice: Choice, output: Tensor, target: Tensor) -> dict[ValueRef, Tensor]:
    """Every value of the loss's own micro-steps."""
    classes = target.shape[1] == 1 and LOSSES[choice.name].of_classes
    ignores = classes and bool((target == choice.arguments.get("ignore_index")).any())
    values = {OUTPUT: output.detach(), refs.TARGET: target}
    run_steps(steps_of(choice, OUTPUT, Setting(output.shape[1], classes, ignores, output.dtype)), values)
    return values


def assert_agrees(choice: Choice, output: Tensor, target: Tensor) -> None:
    """The loss, its gradient and what comes before them are torch's, in the same dtype."""
    output = output.clone().requires_grad_()
    loss = oracles.loss(choice)(output, target)
    loss.backward()
    assert output.grad is not None
    values = computed(choice, output, target)
    assert_near(values[refs.LOSS], loss.detach())
    assert_near(values[refs.grad(OUTPUT)], output.grad)
    for name, term in oracles.loss_terms(choice, output.detach(), target).items():
        assert_near(values[ValueRef(name)], term)


# -------------------------------------------------------------------------------------------- one term an output


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("choice", [c for c in ELEMENTWISE if c["reduction"] == "sum"], ids=str)
def test_term_and_derivative(choice: Choice, dtype: torch.dtype) -> None:
    places = FRACTIONS if choice.name == "BCELoss" else PLACES
    pairs = list(product(places, TARGETS_OF[targets_of(choice)]))
    output, target = (column.reshape(-1, 1) for column in torch.tensor(pairs, dtype=dtype).T)
    output = output.clone().requires_grad_()
    terms = oracles.loss(choice.replace(reduction="none"))(output, target)
    terms.sum().backward()
    assert output.grad is not None
    for row, term in enumerate(terms.detach()):
        values = computed(choice, output[row : row + 1], target[row : row + 1])
        assert_near(values[refs.LOSS], term[0])
        assert_near(values[refs.grad(OUTPUT)], output.grad[row : row + 1])


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (4, 1), (5, 3)], ids=str)
@pytest.mark.parametrize("choice", ELEMENTWISE, ids=str)
def test_reductions(choice: Choice, shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    target = {
        Targets.SIGNS: lambda: torch.randint(0, 2, shape, generator=generator).double() * 2 - 1,
        Targets.FRACTIONS: lambda: torch.rand(shape, dtype=torch.float64, generator=generator),
    }.get(targets_of(choice), lambda: torch.randn(shape, dtype=torch.float64, generator=generator))()
    output = torch.randn(shape, dtype=torch.float64, generator=generator)
    assert_agrees(choice, torch.sigmoid(output) if choice.name == "BCELoss" else output, target)


def test_kinks_follow_torch() -> None:
    def slope(name: str, output: float, target: float, **arguments: float) -> float:
        choice = complete(LOSSES, Choice(name, {"reduction": "sum", **arguments}), "$")
        return computed(choice, torch.tensor([[output]]), torch.tensor([[target]]))[refs.grad(OUTPUT)].item()

    assert [slope("L1Loss", o, 1.0) for o in (0.5, 1.0, 1.5)] == [-1.0, 0.0, 1.0]
    assert slope("SmoothL1Loss", 1.0, 1.0, beta=0.0) == 0.0
    assert [slope("HingeLoss", o, 1.0) for o in (0.5, 1.0, 1.5)] == [-1.0, -1.0, 0.0]
    assert slope("HingeLoss", -1.0, -1.0) == 1.0
    assert [slope("HuberLoss", o, 0.0, delta=2.0) for o in (-3.0, -2.0, 1.0, 3.0)] == [-2.0, -2.0, 1.0, 2.0]


# ---------------------------------------------------------------------------------------------------- classes

# Alike, apart, so far apart that the others' shares are 0, and enormous.
LOGITS = [
    [0.0, 0.0, 0.0],
    [1.0, -2.0, 0.5],
    [100.0, -100.0, 0.0],
    [800.0, -800.0, 799.0],
    [1e30, -1e30, 0.0],
    [-1e30, -1e30, -1e30],
    [1e30, 1e30, 1e-30],
]
DISTRIBUTIONS = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5], [0.0, 0.7, 0.3]]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("choice", CLASSES, ids=str)
def test_class_indices(choice: Choice, dtype: torch.dtype) -> None:
    for logits, target in product(LOGITS, (0.0, 1.0, 2.0)):
        assert_agrees(choice, torch.tensor([logits], dtype=dtype), torch.tensor([[target]], dtype=dtype))
    batch = torch.tensor(LOGITS[:3], dtype=dtype)
    assert_agrees(choice, batch, torch.tensor([[2.0], [0.0], [1.0]], dtype=dtype))
    assert_agrees(choice, batch[:, :1], torch.zeros(3, 1, dtype=dtype))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("choice", [c for c in CLASSES if c.name == "CrossEntropyLoss"], ids=str)
def test_class_probabilities(choice: Choice, dtype: torch.dtype) -> None:
    for logits, target in product(LOGITS, DISTRIBUTIONS):
        assert_agrees(choice, torch.tensor([logits], dtype=dtype), torch.tensor([target], dtype=dtype))
    assert_agrees(choice, torch.tensor(LOGITS[:4], dtype=dtype), torch.tensor(DISTRIBUTIONS, dtype=dtype))


def test_an_output_that_is_infinitely_unlikely_has_no_share_unless_it_is_the_target() -> None:
    """0 times the logarithm of 0 is NaN, but torch's choice of a class never computes it."""
    output = torch.tensor([[1e308, -1e308]], dtype=torch.float64)
    for name in ("CrossEntropyLoss", "NLLLoss"):
        choice = complete(LOSSES, Choice(name), "$")
        assert_agrees(choice, output, torch.tensor([[0.0]], dtype=torch.float64))
        assert_agrees(choice, output, torch.tensor([[1.0]], dtype=torch.float64))


def test_steps_of_the_cross_entropy() -> None:
    choice = complete(LOSSES, Choice("CrossEntropyLoss"), "$")

    def written(choice: Choice, classes: bool) -> list[str]:
        found = steps(choice, 3, classes)
        assert all(step.phase is Phase.LOSS for step in found[:-1])
        assert found[-1].kind is StepKind.OUTPUT_GRADIENT
        return [step.writes for step in found[:-1]]

    assert written(choice, classes=True) == ["loss.softmax", "loss.log_softmax", "loss.target", "loss"]
    assert written(choice, classes=False) == ["loss.softmax", "loss.log_softmax", "loss"]
    smoothed = choice.replace(label_smoothing=0.1)
    assert written(smoothed, classes=False) == ["loss.softmax", "loss.log_softmax", "loss.target", "loss"]


def test_the_sum_of_outputs_reads_no_target() -> None:
    choice = complete(LOSSES, Choice("SumOfOutputs"), "$")
    assert choice["reduction"] == "sum"
    assert [step.reads for step in steps(choice, 2, classes=False)] == [(OUTPUT,), (OUTPUT,)]


# ---------------------------------------------------------------------------------------------------- the table


@pytest.mark.parametrize("choice", ALL, ids=str)
def test_shapes_dtypes_and_arguments_are_kept(choice: Choice) -> None:
    classes = targets_of(choice) in (Targets.CLASSES, Targets.DISTRIBUTIONS)
    for dtype, (rows, outputs) in product(DTYPES, [(1, 1), (3, 2), (2, 100)]):
        output = torch.linspace(0.1, 0.9, rows * outputs, dtype=dtype).reshape(rows, outputs)
        target = torch.zeros(rows, 1, dtype=dtype) if classes else torch.ones(rows, outputs, dtype=dtype)
        before = output.clone(), target.clone()
        values = computed(choice, output, target)
        for step in steps(choice, outputs, classes):
            value = values[step.writes]
            assert (value.dtype, value.shape) == (dtype, () if step.writes == refs.LOSS else output.shape)
        assert torch.equal(output, before[0])
        assert torch.equal(target, before[1])


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_all_reductions(name: str) -> None:
    (reduction,) = (argument for argument in LOSSES[name].arguments if argument.name == "reduction")
    assert reduction.choices == REDUCTIONS


@pytest.mark.parametrize(
    ("name", "argument", "value", "allowed"),
    [
        ("SmoothL1Loss", "beta", -0.1, "a number of at least 0"),
        ("HuberLoss", "delta", 0.0, "a number above 0"),
        ("HuberLoss", "delta", -1.0, "a number above 0"),
        ("CrossEntropyLoss", "label_smoothing", 1.1, "a number from 0 to 1"),
        ("CrossEntropyLoss", "label_smoothing", -0.1, "a number from 0 to 1"),
    ],
)
def test_arguments_out_of_torchs_range_are_refused(name: str, argument: str, value: float, allowed: str) -> None:
    with pytest.raises(SpecError, match=re.escape(f"expected {allowed}, got {value:g}")) as error:
        complete(LOSSES, Choice(name, {argument: value}), "$.loss")
    assert error.value.path == f"$.loss.{argument}"


def test_formulas_name_only_what_there_is() -> None:
    for name, loss in LOSSES.items():
        choice = complete(LOSSES, suggested(name, loss.arguments, {}), "$").replace(**dict.fromkeys(loss.lists, (1.0,)))
        known = {"o", "t", "n", "k", "K", "tolerance", *own_arguments(choice), *loss.constants}
        known |= {term.symbol for term in loss.terms}
        limits = (*loss.limits, *loss.slope_limits)
        trees = [loss.tree(choice), loss.slope_tree(choice), *(loss.said(limit.formula, choice) for limit in limits)]
        trees += [read(limit.when) for limit in limits]
        assert all(set(symbols_of(tree)) <= known for tree in trees)
        assert all(limit.note for limit in limits)


@pytest.mark.parametrize("choice", [c for c in ELEMENTWISE if c["reduction"] == "sum"], ids=str)
def test_the_code_computes_the_formulas(choice: Choice) -> None:
    """Within their limits: each term and its slope, and the slope is the derivative of the term."""
    entry = LOSSES[choice.name]
    for output, target in product((*PLACES, *FRACTIONS), TARGETS_OF[targets_of(choice)]):
        given = (output,) if targets_of(choice) is Targets.UNUSED else (output, target)
        numbers = numbers_of(choice) | {"o": output, "t": target}
        numbers |= {name: constant.value for name, constant in entry.constants.items()}
        tensors = [torch.tensor([[number]], dtype=torch.float64) for number in given]
        for tree, limits, code in (
            (entry.tree(choice), entry.limits, term_function(choice, Setting(1))),
            (entry.slope_tree(choice), entry.slope_limits, slope_function(choice, Setting(1))),
        ):
            held = (entry.said(limit.formula, choice) for limit in limits if value_of(read(limit.when), numbers))
            found, expected = value_of(next(held, tree), numbers), float(code(*tensors))
            # A square beyond the largest number is infinite on one way and not on another.
            if math.isfinite(found) and math.isfinite(expected):
                # What cancels is rounded as the largest number is.
                size = max(1.0, abs(output), abs(target))
                assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-12 * size), (output, target)


def numbers_of(choice: Choice) -> dict[str, float]:
    return {name: float(value) for name, value in own_arguments(choice).items() if isinstance(value, int | float)}


def value_of(expr: Expr, numbers: dict[str, float]) -> float:
    return evaluate(expr, lambda name, places: numbers[name])


@pytest.mark.parametrize("choice", [c for c in ELEMENTWISE if c["reduction"] == "sum"], ids=str)
def test_the_slope_is_the_derivative_of_the_term(choice: Choice) -> None:
    entry = LOSSES[choice.name]
    derived, slope = derivative(entry.tree(choice), Symbol("o")), entry.slope_tree(choice)
    for output, target in product((-2.3, -0.7, 0.3, 0.6, 0.9, 2.7), TARGETS_OF[targets_of(choice)]):
        numbers = numbers_of(choice) | {"o": output, "t": target}
        found = value_of(derived, numbers)
        if math.isfinite(found):
            assert math.isclose(found, value_of(slope, numbers), rel_tol=1e-9, abs_tol=1e-12), (output, target)
