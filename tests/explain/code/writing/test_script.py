"""The script as a whole: as a process, from a state, with its numbers beside it, and the line of each micro-step."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.spec import DataSpec, Experiment, NetworkSpec, PenaltySpec
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.cli import main
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.state import next_state, state_to_keep
from chainrule.engine.trace import Executor
from chainrule.explain.code.writing.script import pytorch_script
from chainrule.model.exporting.pytorch import numbers_file
from chainrule.model.files.storage import read_experiment
from chainrule.model.timeline.states import state_numbers
from chainrule.resource_files import example_paths
from tests.experiments import article, dense, sgd, usual
from tests.explain.code.writing.running import check_script, printed, trained
from tests.explain.code.writing.test_tables import small

EXAMPLES = {path.stem: path for path in example_paths()}
# In these, torch adds or multiplies in another order than a trace does.
ROUNDED = ("cs231n-sigmoid-circuit", "parabola-momentum", "seven-segment-digits", "three-classes")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_print_what_training_prints(name: str) -> None:
    experiment = check_experiment(read_experiment(EXAMPLES[name]))
    script = check_script(experiment, 50)
    if name not in ROUNDED:
        assert printed(script, 50) == trained(experiment, 50)


@pytest.mark.parametrize("name", ["simple-nn-2-2-1", "cs231n-circuit"])
def test_a_process_prints_fifty_losses(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, path = tmp_path / "my script.py", str(EXAMPLES[name])
    assert main(["export", path, "--to", "pytorch", "-o", str(out)]) == 0
    assert main(["train", path, "--iterations", "50", "--format", "json"]) == 0
    losses = json.loads(capsys.readouterr().out.splitlines()[-1])["losses"]
    command = [sys.executable, str(out), "50"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.splitlines() == [repr(loss) for loss in losses]
    assert done.stderr == ""


def test_it_is_what_a_person_would_write() -> None:
    assert pytorch_script(article()).text == ARTICLE


ARTICLE = """\
# SimpleNN 2-2-1
# The loss of each iteration is printed before its update.

import sys

import torch
from torch import nn

torch.set_default_dtype(torch.float64)

inputs = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
targets = torch.tensor([[1.0], [2.0]])


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 1)])

    def forward(self, x):
        x = torch.relu(self.layers[0](x))
        x = self.layers[1](x)
        return x


network = Network()
with torch.no_grad():
    network.layers[0].weight.copy_(torch.tensor([[0.1, 0.2], [0.3, 0.4]]))
    network.layers[0].bias.copy_(torch.tensor([0.0, 0.0]))
    network.layers[1].weight.copy_(torch.tensor([[0.5, -0.6]]))
    network.layers[1].bias.copy_(torch.tensor([0.1]))
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(network.parameters(), lr=0.01)

iterations = int(sys.argv[1]) if len(sys.argv) > 1 else 100
for _ in range(iterations):
    optimizer.zero_grad()
    loss = criterion(network(inputs), targets)
    print(loss.item())
    loss.backward()
    optimizer.step()
"""


def gone_on(experiment: Experiment, iterations: int) -> Experiment:
    """The experiment with what so many iterations have made of it, as `train --save` writes it."""
    executor = Executor(experiment)
    *_, last = islice(executor.iterations(), iterations)
    state = replace(executor.initial_state(), iteration=iterations - 1, values=last.values)
    state = next_state(replace(state, values={ref: last.values[ref] for ref in executor.program.carried}), last.values)
    kept = state_to_keep(state, experiment, executor.program)
    return check_experiment(replace(experiment, parameters=state_numbers(state, experiment), state=kept))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_from_what_an_optimizer_has_kept(name: str) -> None:
    given = {"momentum": 0.9, "dampening": 0.5} if name == "SGD" else {}
    check_script(gone_on(small(optimizer=usual(OPTIMIZERS, name, lr=0.05, **given)), 5))


@pytest.mark.parametrize("interval", ["iteration", "epoch"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_training_goes_on_within_a_schedule(name: str, interval: str) -> None:
    scheduler = usual(SCHEDULERS, name, interval=interval)
    if name == "OneCycleLR":
        scheduler = scheduler.replace(total_steps=40)
    data = replace(small().data, batch_size=2, shuffle=True, seed=3)
    check_script(gone_on(small(optimizer=sgd(0.05, 0.9), scheduler=scheduler, data=data), 7), 20)


@pytest.mark.parametrize("iterations", [4, 5])
def test_training_goes_on_with_gradients_that_were_added_up(iterations: int) -> None:
    data = replace(small().data, batch_size=2, accumulate=3)
    check_script(gone_on(small(optimizer=usual(OPTIMIZERS, "Adam"), data=data), iterations))


@pytest.mark.parametrize(
    "lines",
    [
        ("f = (x - 3)^2 + max(x, y)",),
        ("q = x + y", "loss = if(q > 0, sqrt(q), -q) + exp(1)*z^2 + sigmoid(x)"),
        (
            "torch = x*y",
            "c = 2",
            "f = torch + sin(c)*lambda + (x > 0) + import",
        ),
        ("f = softplus(x) + Δ^2/(1 + abs(y))",),
        ("f = 1 + unused*0 + x",),
    ],
)
def test_formulas_are_written_as_they_stand(lines: tuple[str, ...]) -> None:
    network = NetworkSpec(0, (), lines)
    formula = Experiment(
        network, DataSpec((), ()), loss=Choice("SumOfOutputs", {"reduction": "sum"}), optimizer=sgd(0.05)
    )
    check_script(check_experiment(formula))


def test_where_nothing_is_trained_nothing_is_updated() -> None:
    experiment = article()
    frozen = replace(experiment, frozen=frozenset(experiment.network.parameter_shapes()))
    text = check_script(frozen, 3).text
    assert "optimizer" not in text
    assert "backward" not in text


def test_many_numbers_are_in_a_file_beside_it(tmp_path: Path) -> None:
    experiment = dense((8, 30, 3), 400)
    script = pytorch_script(experiment)
    assert len(script.text) < 3000
    (tmp_path / "mine.pt").write_bytes(numbers_file(experiment))
    assert printed(script, 5, tmp_path / "mine.py") == pytest.approx(trained(experiment, 5), rel=1e-12)
    kept = gone_on(check_experiment(replace(experiment, optimizer=usual(OPTIMIZERS, "Adam", lr=0.01))), 3)
    script = pytorch_script(kept)
    (tmp_path / "mine.pt").write_bytes(numbers_file(kept))
    assert printed(script, 5, tmp_path / "mine.py") == pytest.approx(trained(kept, 5), rel=1e-12)


def test_a_title_cannot_become_code() -> None:
    for title in ('"""\nimport os', "a\\", "x" * 500, "\u2028print(1)", "\r\nprint(2)"):
        check_script(article(title=title), 2)


# ---------------------------------------------------------------------------------------- the line of a micro-step


def test_each_micro_step_is_a_line_of_the_script() -> None:
    experiment = small(
        clipping=Choice("clip_grad_norm_", {"max_norm": 1.0, "norm_type": "2"}),
        penalties=(PenaltySpec(Choice("L2", {"factor": 0.1, "half": False})),),
        scheduler=usual(SCHEDULERS, "StepLR"),
        data=replace(small().data, accumulate=2),
    )
    script, program = pytorch_script(experiment), Executor(experiment).program
    text = script.text.splitlines()
    lines = {step.writes: text[script.line_of(step)].strip() for step in program.steps}
    assert lines["layers.0.pre_activation"] == lines["layers.0.activation"] == "x = torch.tanh(self.layers[0](x))"
    assert lines["loss.data"] == "loss = criterion(network(inputs), targets)"
    assert lines["loss.penalties.0"].startswith("loss = loss + 0.1*sum(")
    assert lines["layers.1.weight.grad"] == "loss.backward()"
    assert lines["grad_norm"] == "nn.utils.clip_grad_norm_(network.parameters(), max_norm=1.0)"
    assert lines["layers.0.weight.next"] == "optimizer.step()"
    assert lines["layers.0.weight.accumulated_grad.next"] == "optimizer.zero_grad()"
    assert lines["lr.next"] == "scheduler.step()"
    assert program.waiting is not None
    waiting = {step.writes: text[script.line_of(step)].strip() for step in program.waiting.steps}
    assert waiting["layers.0.weight.accumulated_grad.next"] == "loss.backward()"


def test_each_operator_of_a_formula_is_the_line_that_it_stands_in() -> None:
    experiment = check_experiment(read_experiment(EXAMPLES["cs231n-sigmoid-circuit"]))
    script = pytorch_script(experiment)
    text = script.text.splitlines()
    for step in Executor(experiment).program.steps:
        line = text[script.line_of(step)].strip()
        if step.node is not None and not step.node.is_backward:
            named = line.partition(" = ")[0]
            assert step.writes == named or step.writes.startswith("n")
        else:
            assert line in ("loss.backward()", "optimizer.step()")


def test_on_a_graphics_card_all_that_is_computed_with_is_moved_there() -> None:
    """Written without one: what the script makes goes to the device, and so does what it keeps."""
    data = replace(small().data, batch_size=2, accumulate=2)
    kept = gone_on(small(optimizer=usual(OPTIMIZERS, "Adam", lr=0.01), data=data), 3)
    text = pytorch_script(replace(kept, device="cuda")).text
    assert 'device = "cuda"' in text
    assert "network.to(device)" in text
    assert text.count("]).to(device)") == 2
    # What Adam keeps of four parameters, and the gradients of one batch; torch keeps its counters on the CPU.
    assert text.count("device=device") == 2 * 4 + 4
    compile(text, "script.py", "exec")


def test_columns_and_classes_are_named_above_their_numbers() -> None:
    experiment = small(usual(LOSSES, "CrossEntropyLoss"))
    columns = (DataColumn("sepal length", 5.8, 0.8), DataColumn('\u2028import os\n"""'))
    names = DataNames(columns, (), ("setosa", "other"))
    named = replace(experiment, data=replace(experiment.data, names=names))
    text = check_script(named, 2).text
    assert r"# Inputs: (sepal length - 5.8)/0.8, \u2028import os\n" in text
    assert "\n# Classes: 0 setosa, 1 other\ninputs = " in text
    many = replace(names, inputs=(DataColumn("x" * 150), DataColumn("y" * 200)))
    check_script(replace(experiment, data=replace(experiment.data, names=many)), 2)
