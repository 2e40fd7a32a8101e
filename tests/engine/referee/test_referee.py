"""Every value of a trace against `nn.Module`, `backward()` and `torch.optim`, over generated networks."""

from __future__ import annotations

from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.program import compile_program
from chainrule.engine.trace import Executor, Trace
from tests.engine import oracles
from tests.engine.oracles import float64_scalars
from tests.experiments import article, dense, experiments, mazur

ITERATIONS = 5


class Network(nn.Module):
    """The network as anyone would write it in torch; the keys of its `state_dict` are our refs."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        dtype = getattr(torch, experiment.dtype)
        fan_in = experiment.network.inputs
        self.layers = nn.ModuleList()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(experiment.initialization.seed)
            for layer in experiment.network.layers:
                linear = nn.Linear(fan_in, layer.units, bias=layer.bias, dtype=dtype)
                linear.activation = oracles.activation(layer.activation, dtype)
                self.layers.append(linear)
                fan_in = layer.units
        state = self.state_dict()
        self.load_state_dict(
            state | {ref: torch.tensor(given, dtype=dtype) for ref, given in experiment.parameters.items()}
        )

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """All pre-activations and activations, with their gradients kept."""
        values = {}
        for index, linear in enumerate(self.layers):
            z = linear(x)
            x = linear.activation(z)
            values[f"layers.{index}.pre_activation"] = z
            values[f"layers.{index}.activation"] = x
        for value in values.values():
            value.retain_grad()
        return values


class Referee:
    """Trains beside the engine from the same start, and shares none of its numbers but which rows it took."""

    def __init__(self, experiment: Experiment) -> None:
        dtype = getattr(torch, experiment.dtype)
        self.inputs = torch.tensor(experiment.data.inputs, dtype=dtype)
        self.targets = torch.tensor(experiment.data.targets, dtype=dtype)
        self.loss = experiment.loss
        self.criterion = oracles.loss(experiment.loss)
        self.network = Network(experiment)
        self.parameters = dict(self.network.named_parameters())
        self.trained = {ref: p for ref, p in self.parameters.items() if ref not in experiment.frozen}
        for ref in experiment.frozen:
            self.parameters[ref].requires_grad_(False)
        self.optimizer = None
        # torch makes no optimizer of nothing.
        if self.trained:
            with float64_scalars():
                self.optimizer = oracles.optimizer(experiment.optimizer, self.trained.values())

    def iteration(self, rows: tuple[int, ...]) -> dict[str, Tensor]:
        """One optimizer step on these rows, and every value in it by ref."""
        self.network.zero_grad()
        # An input that requires a gradient gives every intermediate value one, whatever is frozen.
        inputs = self.inputs[list(rows)].requires_grad_()
        values: dict[str, Tensor] = self.network(inputs)
        output = list(values.values())[-1]
        targets = self.targets[list(rows)]
        loss = self.criterion(output, targets)
        loss.backward()
        for ref, value in {**values, **self.trained}.items():
            assert value.grad is not None, ref
            values[f"{ref}.grad"] = value.grad
        values |= oracles.loss_terms(self.loss, output, targets)
        values |= {"loss": loss, "input.grad": inputs.grad}
        if self.optimizer is not None:
            with float64_scalars():
                self.optimizer.step()
            values |= {f"{ref}.next": p.clone() for ref, p in self.trained.items()}
            for ref, p in self.trained.items():
                for name, buffer in self.optimizer.state[p].items():
                    if buffer is not None:
                        values[f"{ref}.{name}.next"] = buffer.clone()
        return values


def compare(experiment: Experiment, trace: Trace, expected: dict[str, Tensor], atol: float) -> None:
    """Compare all that the program writes; none may be missing from the referee's values.

    What an optimizer computes on the way, and the count that torch's SGD does without, are held to torch's own
    variables in `test_optimizers`.
    """
    steps = [step for step in compile_program(experiment).steps if step.kind is not StepKind.UPDATE_TERM]
    written = [step.writes for step in steps if experiment.optimizer.name != "SGD" or ".step." not in step.writes]
    assert [ref for ref in written if ref not in expected] == []
    for ref in written:
        value, reference = trace.values[ref], expected[ref].detach()
        assert (value.shape, value.dtype) == (reference.shape, reference.dtype), ref
        difference = float((value - reference).abs().max())
        assert difference <= atol, f"iteration {trace.iteration}, {ref}: {value} is not {reference}"


def hold(experiment: Experiment, atol: float, iterations: int = ITERATIONS) -> None:
    """Train engine and referee side by side."""
    referee = Referee(experiment)
    for trace in islice(Executor(experiment).iterations(), iterations):
        compare(experiment, trace, referee.iteration(trace.rows), atol)


def steady(dtype: str) -> st.SearchStrategy[Experiment]:
    """Experiments in which rounding stays rounding: Rprop makes a whole step of a gradient that is 0 but for it."""
    return experiments(dtype).filter(lambda experiment: experiment.optimizer.name != "Rprop")


@settings(max_examples=100)
@given(steady("float64"))
def test_float64_agrees_to_twelve_digits(experiment: Experiment) -> None:
    """To ten where gradients are divided by how large they are, and their rounding with them."""
    hold(experiment, atol=1e-12 if experiment.optimizer.name in ("SGD", "ASGD") else 1e-10)


@settings(max_examples=40)
@given(steady("float32"))
def test_float32_agrees_to_its_precision(experiment: Experiment) -> None:
    hold(experiment, atol=1e-4)


@pytest.mark.parametrize("experiment", [article(), mazur(), mazur(frozen=frozenset())], ids=lambda e: e.title)
def test_published_networks_agree_over_many_iterations(experiment: Experiment) -> None:
    hold(experiment, atol=1e-12, iterations=200)


@pytest.mark.parametrize(("dtype", "atol"), [("float64", 1e-12), ("float32", 1e-5)])
def test_wide_layers_agree(dtype: str, atol: float) -> None:
    hold(dense((784, 128, 10), rows=64, dtype=dtype), atol)


def test_a_frozen_network_is_still_compared_whole() -> None:
    experiment = article()
    experiment = article(frozen=frozenset(experiment.network.parameter_shapes()))
    hold(experiment, atol=1e-12)
    assert "layers.1.activation.grad" in compile_program(experiment).index
