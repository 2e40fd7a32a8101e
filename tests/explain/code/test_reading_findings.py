"""What is said of the lines of a script that are not understood, and of what it does not hold."""

from __future__ import annotations

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.code.reading.findings import Effect, Findings, spoken_lines
from chainrule.explain.code.reading.script import LONGEST_SOURCE, read_script
from chainrule.explain.code.reading.summary import summary_lines

HEAD = """import torch
from torch import nn
torch.manual_seed(0)
x, y = torch.ones(3, 2), torch.zeros(3, 1)
"""
LOOP = """
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(9):
    optimizer.zero_grad()
    loss = nn.MSELoss()(model(x), y)
    loss.backward()
    optimizer.step()
"""


def changing(source: str) -> list[str]:
    return [str(each) for each in read_script(source).changing]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.2), nn.Linear(3, 1))",
            "line 5: dropout is not known here, and is left out: each sample keeps all its numbers",
        ),
        (
            "model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))",
            "line 5: torch.nn.BatchNorm1d is no layer that is known here, and is passed over",
        ),
        (
            "model = nn.Sequential(nn.Linear(2, 1), nn.ReLU6(), nn.Softmax(1))",
            "line 5: nn.Softmax is left out: a layer has one activation here, and this is a second one",
        ),
    ],
)
def test_a_layer_that_is_not_there_is_named_by_its_line(model: str, said: str) -> None:
    assert said in changing(f"{HEAD}{model}{LOOP}")


def test_a_residual_connection_is_named() -> None:
    source = f"""{HEAD}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 1)
    def forward(self, x):
        h = self.a(x)
        h = h + torch.relu(self.a(h))
        return self.b(h)
model = Net()
{LOOP}"""
    (said,) = [each for each in changing(source) if each.startswith("line 12")]
    assert "h + torch.relu(self.a(h)) is not understood, and was left out" in said


def test_data_that_the_script_does_not_hold_is_chosen() -> None:
    source = HEAD.replace("torch.ones(3, 2), torch.zeros(3, 1)", "load('a.csv'), load('b.csv')")
    found = read_script(f"{source}model = nn.Linear(2, 1){LOOP}")
    assert len(found.experiment.data.inputs) == 8
    assert (
        "the script does not hold its inputs and targets: 8 rows of random numbers were put in their place; "
        "import a table afterwards (File > Import data), or begin with it (chainrule import TABLE)"
    ) in map(str, found.changing)


def test_where_there_is_no_network_it_is_said_what_stands_there() -> None:
    with pytest.raises(SpecError) as caught:
        read_script("import torch.nn as nn\nmodel = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten())")
    assert caught.value.message == (
        "no network was found in it: layers of torch.nn.Linear that numbers go through; "
        "line 2: torch.nn.Conv2d is no layer that is known here, and is passed over"
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        # The data are drawn first, so that the seed here does not draw the same weights.
        ("torch.manual_seed(42)\nx = torch.randn(3, 2)\nmodel = nn.Linear(2, 1)", "drawn by the script's seed 42"),
        (
            "torch.manual_seed(42)\nx = torch.randn(3, 2)\nmodel = nn.Linear(2, 1)\nnn.init.normal_(model.weight)",
            "drawn by the script's seed 42",
        ),
        ("x = torch.randn(3, 2)\nmodel = nn.Linear(2, 1)", "drawn as with the seed 0"),
        (
            "torch.manual_seed(42)\nmodel = nn.Linear(2, 1)\nwith torch.no_grad():\n    model.weight[0, 0] = 7.0",
            "set by the script, or drawn by its seed 42",
        ),
        (
            "model = nn.Linear(2, 1)\nmodel.weight.data = torch.tensor([[1.0, 2.0]])\n"
            "model.bias.data = torch.tensor([3.0])",
            "set by the script",
        ),
    ],
)
def test_the_summary_says_where_first_weights_come_from(lines: str, said: str) -> None:
    found = read_script(f"import torch\nfrom torch import nn\n{lines}\n")
    summary = dict(summary_lines(found.experiment, found.first_values))
    assert summary["Parameters"] == f"3 numbers in float32, {said}"


def test_a_class_alone_makes_a_network() -> None:
    source = """
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, hidden=3):
        super().__init__()
        self.one = nn.Linear(2, hidden)
        self.two = nn.Linear(hidden, 4)
    def forward(self, x):
        return self.two(self.one(x).tanh())
"""
    found = read_script(source)
    assert [layer.units for layer in found.experiment.network.layers] == [3, 4]
    chosen = [str(each) for each in found.findings if each.effect is Effect.CHOSEN]
    assert "the script computes no loss of its network: CrossEntropyLoss was chosen" in chosen
    assert "the script has no optimizer: SGD with a learning rate of 0.01 was chosen" in chosen


def test_prints_and_plots_are_left_out_in_silence() -> None:
    found = read_script(f"{HEAD}model = nn.Linear(2, 1)\nprint(model)\nprint(x)\n{LOOP}")
    assert [(str(each), each.effect) for each in found.findings] == [
        ("lines 6-7: printed, plotted or measured; left out", Effect.HARMLESS)
    ]


def test_gradients_that_are_never_cleared_are_named() -> None:
    source = f"{HEAD}model = nn.Linear(2, 1){LOOP}".replace("    optimizer.zero_grad()\n", "")
    (said,) = changing(source)
    assert said.startswith("line 9: gradients are never cleared")


def test_shapes_that_torch_would_broadcast_are_named() -> None:
    source = f"{HEAD}model = nn.Linear(2, 1){LOOP}".replace("torch.zeros(3, 1)", "torch.zeros(3)")
    (said,) = changing(source)
    assert said.startswith("line 9: outputs and targets differ in shape")


def test_parameters_that_the_optimizer_does_not_have_are_frozen() -> None:
    model = "model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))"
    source = f"{HEAD}{model}{LOOP}".replace("model.parameters()", "model[1].parameters()")
    found = read_script(source).experiment
    assert found.frozen == {ValueRef("layers.0.weight"), ValueRef("layers.0.bias")}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "there is nothing in it to read"),
        ("print('hello')", "no network was found in it: layers of torch.nn.Linear that numbers go through"),
        ("def f(:\n  pass", "line 1: this is not Python: invalid syntax"),
        ("x = 1\nx = = 2", "line 2: this is not Python: invalid syntax"),
        (
            "#" * (LONGEST_SOURCE + 1),
            f"expected a script of at most {LONGEST_SOURCE} characters, got {LONGEST_SOURCE + 1}",
        ),
        ("-" * 50_000 + "1", "this cannot be read as Python: it is nested too deeply, or holds a null byte"),
        ("def f():\n    return f()\nf()", "line 2: functions call each other without an end"),
        ("while True:\n    x = 1", "no network was found in it: layers of torch.nn.Linear that numbers go through"),
        (
            "from torch import nn\nnet = nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1))",
            "line 2: a layer takes 4 numbers, and the one before it gives 3",
        ),
    ],
)
def test_what_makes_no_network_is_refused_in_one_line(source: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_script(source)
    assert refused.value.message == message


@pytest.mark.parametrize(
    "line",
    [
        "n = 10 ** 10 ** 10",
        "n = 9 ** 999_999_999",
        "n = 'a' * 10 ** 12",
        "n = [0] * 10 ** 12",
        "n = list(range(10 ** 12))",
        "n = torch.zeros(10 ** 6, 10 ** 6)",
        "n = torch.ones(10 ** 5, 1) * torch.ones(1, 10 ** 5)",
        "n = torch.ones(3).repeat(10 ** 12)",
        "n = torch.eye(10 ** 8)",
        "n = nn.Linear(10 ** 9, 10 ** 9)",
        "n = np.zeros(3).astype('S1000000000')",
        "n = '%1000000000d' % 1",
        "n = [[[0 for a in range(9999)] for b in range(9999)] for c in range(9999)]",
        "n = torch.nn.functional.one_hot(torch.tensor([10 ** 12]))",
        "n = torch.arange(0, 1, 1e-15)",
        "n = np.linspace(0, 1, 10 ** 12)",
        "n = 2 ** 64 ** 2 << 99999999",
    ],
)
def test_nothing_that_a_script_asks_for_is_unbounded(line: str) -> None:
    refused = ""
    try:
        read_script(f"import numpy as np\n{HEAD}{line}\nmodel = nn.Linear(2, 1){LOOP}")
    except SpecError as error:
        refused = error.message
    assert not refused or "more than" in refused


@pytest.mark.parametrize("seed", ["True", "-1", "2**64", "x", "1.5"])
def test_a_seed_that_torch_does_not_take_is_named(seed: str) -> None:
    source = f"{HEAD}model = nn.Linear(2, 1){LOOP}".replace("manual_seed(0)", f"manual_seed({seed})")
    assert "line 3: torch.manual_seed(" in changing(source)[0]


def test_null_bytes_are_refused() -> None:
    with pytest.raises(SpecError):
        read_script("x = 1\0")


def test_nothing_is_executed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = """
import os
os.system("touch harmed")
exec("raise SystemExit")
eval("print('harmed')")
__import__("os").abort()
open("harmed", "w").write("x")
(lambda: None).__globals__["print"]("harmed")
torch.load("harmed.pt")
x.__class__.__base__.__subclasses__()
"""
    read_script(f"{HEAD}{lines}\nmodel = nn.Linear(2, 1){LOOP}")
    assert capsys.readouterr().out == ""


def test_lines_are_spoken() -> None:
    assert [spoken_lines(lines) for lines in ([3], [3, 4], [1, 3, 4, 5, 9])] == [
        "line 3",
        "lines 3-4",
        "lines 1, 3-5 and 9",
    ]


def test_there_are_not_endlessly_many_findings() -> None:
    findings = Findings()
    for line in range(1000):
        findings.add(line, "odd")
    assert len(findings.all()) == 200
