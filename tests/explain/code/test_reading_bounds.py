"""What a script may make its reader do: sizes are known before memory is taken, and each walk over values ends soon."""

from __future__ import annotations

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.explain.code.reading.script import read_script
from chainrule.explain.code.reading.state import items_within

HEAD = """import torch
import numpy as np
from torch import nn
import torch.nn.functional as F
torch.manual_seed(0)
model = nn.Linear(2, 1)
a = [1.0]
for i in range(40):
    a = [a, a]
"""


def said(line: str) -> str:
    """What a reading says of the last line of a script, or why it ends."""
    try:
        return "; ".join(map(str, read_script(f"{HEAD}{line}\n").changing))
    except SpecError as error:
        return error.message


@pytest.mark.parametrize(
    "line",
    [
        "F.one_hot(torch.tensor([10**9]))",
        "F.one_hot(torch.arange(20000))",
        "torch.ones(2).repeat_interleave(torch.tensor([10**8, 10**8]))",
        "torch.repeat_interleave(torch.tensor([10**8, 10**8]))",
        "np.tile(np.ones(2), np.array([10000, 10000]))",
        "np.ones(2).repeat(np.array([10**8, 10**8]))",
    ],
)
def test_sizes_that_are_numbers_of_an_array_are_known_before_memory_is_taken(line: str) -> None:
    assert "more than 10000000 numbers" in said(line)


@pytest.mark.parametrize(
    "line",
    [
        "torch.tensor([[0.0] * 10000] * 10000)",
        "torch.tensor(a)",
        "a == a",
        "a in [a]",
        "sorted(a)",
        "max(a)",
        "np.mean(a)",
        "nn.Linear(a, a)",
        "nn.Sequential(*a)",
    ],
)
def test_lists_within_lists_are_counted_before_they_are_gone_through(line: str) -> None:
    assert "more than 10000000 items" in said(line)


MODULES = """m = nn.Linear(2, 2)
for i in range(40):
    m = nn.Sequential(m, m)
"""


@pytest.mark.parametrize("line", ["m(torch.ones(1, 2))", "m.apply(print)", "m.double()"])
def test_modules_within_modules_end(line: str) -> None:
    assert said(f"{MODULES}{line}")


def test_differences_of_differences_are_bounded() -> None:
    assert "more than 100 differences of differences" in said("np.diff(np.ones(2), n=10**9)")


def test_items_are_counted_as_often_as_they_are_there() -> None:
    row = [1.0, 2.0]
    assert items_within([row, row, {"a": (3,)}]) == 1 + 3 + 2 * 3 + (1 + 1 + 2)


@pytest.mark.parametrize("dot", [".", " . ", ".\\\n"])
def test_a_name_of_many_parts_is_refused_before_it_is_joined(dot: str) -> None:
    # 100,000 of them take 10 GB.
    assert (
        said(f"from a{f'{dot}a' * 50_000} import b")
        == "line 10: a name has more than 64 parts, with a dot between each two"
    )
    assert "64 parts" not in said(f"import a{'.a' * 63}")
    for text in ("a" * 300_000, "a " * 150_000, "a" + " " * 300_000, "a." * 63 + "()"):
        assert "64 parts" not in said(f"# {text}")


FROZEN = """import torch
from torch import nn
torch.set_default_dtype(torch.float64)
inputs, targets = torch.ones(4, 2), torch.zeros(4, 2)
def criterion(o, t):
    return ((o - t)**2).sum() / len(o)
torch.manual_seed(1)
network = nn.Linear(2, 2)
network.weight.requires_grad_(False)
network.bias.requires_grad_(False)
for _ in range(3):
    loss = criterion(network(inputs), targets)
    loss = loss + 0.01 * sum((w**2).sum() for w in [network.weight])
    print(loss.item())
"""


def test_what_becomes_of_a_loss_counts_without_a_backward_pass_too() -> None:
    experiment = read_script(FROZEN).experiment
    assert experiment.loss["reduction"] == "batchmean"
    assert [(each.choice.name, each.choice["factor"]) for each in experiment.penalties] == [("L2", 0.01)]
