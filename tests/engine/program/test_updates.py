"""Updates that are computed from their formulas: the trees are read when a program is made, and not as it runs."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS, Update
from chainrule.catalog.values.extent import Extent
from chainrule.engine.kernels.scalars import new_scalar, scalar_operand
from chainrule.engine.program import lowering
from chainrule.engine.program.updates import computation
from chainrule.formula import evaluate, tree
from chainrule.formula.errors import FormulaError

CHOICE = Choice("ASGD", {each.name: each.default for each in OPTIMIZERS["ASGD"].arguments})
RATE = Update("rate", ("lr", "step.next"), "lr/(1 + lambd*step.next)^alpha", "is it", extent=Extent.SCALAR)
MEAN = Update("ax.next", ("ax", "grad", "mu"), "if(mu == 1, grad, ax + mu*(grad - ax))", "is it")
ROW = Update("row", ("grad",), "sqrt(total/count)", "is it", extent=Extent.ROWS, term="x^2")


def test_all_parameters_share_what_computes_a_number() -> None:
    other = Choice("ASGD", {**CHOICE.arguments, "alpha": 0.5})
    assert computation(RATE, CHOICE) is computation(RATE, CHOICE)
    assert computation(RATE, CHOICE) is not computation(RATE, other)
    rate, step = new_scalar(0.1), new_scalar(3.0)
    assert computation(RATE, CHOICE)(rate, step).item() == 0.1 / (1 + 1e-4 * 3) ** 0.75
    assert computation(RATE, other)(rate, step).item() == 0.1 / (1 + 1e-4 * 3) ** 0.5


def test_trees_are_not_read_again_as_a_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    rate, mean, row = (computation(update, CHOICE) for update in (RATE, MEAN, ROW))

    def refuse(*given: object) -> None:
        raise AssertionError(f"read again: {given}")

    for module, name in ((evaluate, "prepared"), (lowering, "as_float"), (lowering, "walk"), (tree, "parts")):
        monkeypatch.setattr(module, name, refuse)
    grad, ax = torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 2.0]])
    for step in range(3):
        assert rate(new_scalar(0.1), new_scalar(step)).item() > 0
        assert torch.equal(mean(ax, grad, new_scalar(0.5)), torch.tensor([[2.0, 3.0]]))
        assert torch.equal(mean(ax, grad, new_scalar(1.0)), grad)
        assert torch.equal(row(grad), torch.tensor([[12.5**0.5]]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"formula": "lr - oops"}, "^ASGD, ax.next: the formula names oops, which it does not read: lr - oops$"),
        ({"formula": "lr*("}, r"ASGD, ax.next: character 5: .*, in lr\*\("),
        ({"kernel": "oops"}, "ASGD, ax.next: there is no kernel oops"),
        (
            {"term": "x + grad", "formula": "total/grad"},
            "names grad, which it does not read: x [+] grad, total/grad$",
        ),
    ],
)
def test_what_is_wrong_in_an_update_says_where(wrong: dict[str, str], message: str) -> None:
    update = replace(MEAN, reads=("ax", "lr", "mu"), **wrong)
    with pytest.raises(FormulaError, match=message):
        computation(update, CHOICE)


def test_what_cannot_be_read_in_an_activation_or_a_loss_says_whose_it_is() -> None:
    with pytest.raises(FormulaError, match=r"Sigmoid: character 5: .*, in exp\("):
        replace(ACTIVATIONS["Sigmoid"], formula="exp(").tree(Choice("Sigmoid"))
    with pytest.raises(FormulaError, match=r"MSELoss: character 5: .*, in exp\("):
        replace(LOSSES["MSELoss"], formula="exp(").tree(Choice("MSELoss"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(), (3,), (40, 40)])
def test_a_number_as_an_operand_gives_the_bits_that_the_number_gives(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    tensor = torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64).to(dtype)
    for value in (0.1, 0.9, -0.0, 0.0, 1e-8, 1e-46, 3.4028235e38, 3.40282357e38, 1e39, -1e300, math.inf, math.nan):
        for function in (torch.mul, torch.add, torch.div, torch.sub):
            with_number, found = function(tensor, value), function(tensor, scalar_operand(value, tensor))
            assert (found.dtype, found.shape) == (dtype, torch.Size(shape))
            whole = torch.int32 if dtype is torch.float32 else torch.int64
            assert torch.equal(found.view(whole), with_number.view(whole)), (function, value)


def test_parameters_share_an_operand() -> None:
    tensor = torch.zeros(3)
    assert scalar_operand(0.25, tensor) is scalar_operand(0.25, torch.ones(2, 2))
    assert scalar_operand(0.25, tensor) is not scalar_operand(0.25, tensor.double())
