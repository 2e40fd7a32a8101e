"""An activation with two learned vectors, and one that is a formula only: put into the table, they have everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_mark, step_title
from chainrule.explain.sentences.meanings import meaning
from chainrule.model.editing import shape as shape_edits
from chainrule.model.files.storage import decode_experiment, encode_experiment
from chainrule.session.screen.computing import shown_activation_curve
from chainrule.session.screen.state_table import state_rows
from tests.added_activations import added, experiment
from tests.engine.plan.test_plan import Beside
from tests.explain.cases import Case, case
from tests.explain.checks import assert_true, typeset, typeset_fragment
from tests.session.acts import at
from tests.session.conftest import Open

GAIN, SHIFT = (refs.learned(0, name) for name in ("gain", "shift"))


@pytest.fixture(autouse=True)
def table() -> Iterator[None]:
    with added():
        yield


class Bent(nn.Module):
    """The activation as one would write it in PyTorch."""

    def __init__(self, gain: Tensor, shift: Tensor, leak: float) -> None:
        super().__init__()
        self.gain, self.shift, self.leak = nn.Parameter(gain.clone()), nn.Parameter(shift.clone()), leak

    def forward(self, z: Tensor) -> Tensor:
        """a, (B, out)."""
        return self.gain * torch.tanh(z) + torch.where(z > 0, self.shift * z**2, self.leak * self.shift)


class Squareplus(nn.Module):
    """The other one."""

    def forward(self, z: Tensor) -> Tensor:
        """a, (B, out)."""
        return (z + torch.sqrt(z**2 + 4)) / 2


def module_of(executor: Executor) -> nn.Sequential:
    """The network in PyTorch, with the first values of the engine."""
    values = executor.initial_state().values
    network, layers = executor.experiment.network, []
    for index, layer in enumerate(network.layers):
        linear = nn.Linear(network.fan_in(index), layer.units).to(values[refs.weight(index)].dtype)
        linear.weight.data, linear.bias.data = values[refs.weight(index)].clone(), values[refs.bias(index)].clone()
        activation = Squareplus()
        if layer.activation.name == "Bent":
            learned = (values[refs.learned(index, name)] for name in ("gain", "shift"))
            activation = Bent(*learned, layer.activation.number("leak"))
        layers += [linear, activation]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("shifts", [1, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_training_is_that_of_pytorch(shifts: int, dtype: str) -> None:
    executor = Executor(check_experiment(experiment(shifts, dtype)))
    module = module_of(executor)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    assert [tuple(p.shape) for p in module.parameters()] == list(
        executor.experiment.network.parameter_shapes().values()
    )
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    for trace in islice(executor.iterations(), 5):
        optimizer.zero_grad()
        inputs, targets = trace.values[refs.INPUT].clone(), trace.values[refs.TARGET].clone()
        loss = nn.functional.mse_loss(module(inputs), targets)
        loss.backward()
        assert trace.values[refs.LOSS].item() == pytest.approx(loss.item(), rel=tolerance)
        for ref, parameter in zip(executor.program.parameters, module.parameters(), strict=True):
            assert parameter.grad is not None
            torch.testing.assert_close(trace.values[refs.grad(ref)], parameter.grad, rtol=tolerance, atol=tolerance)
        optimizer.step()


def test_each_vector_has_its_step_and_its_first_value() -> None:
    executor = Executor(check_experiment(experiment(3)))
    state, steps = executor.initial_state(), {step.writes: step for step in executor.program.steps}
    assert executor.program.parameters[:4] == (refs.weight(0), refs.bias(0), GAIN, SHIFT)
    assert state.values[GAIN].tolist() == [1.5] * 3
    assert state.values[SHIFT].tolist() == [-0.5] * 3
    z, a = refs.pre_activation(0), refs.activation(0)
    assert steps[a].reads == (z, GAIN, SHIFT)
    for ref in (GAIN, SHIFT):
        assert steps[refs.grad(ref)].kind is StepKind.ACTIVATION_WEIGHT_GRADIENT
        assert steps[refs.grad(ref)].reads == (refs.grad(a), z)
        assert steps[refs.next_value(ref)].kind is StepKind.PARAMETER_UPDATE
    assert steps[refs.grad(z)].named == (refs.grad(a), z, GAIN, SHIFT)


@pytest.mark.parametrize("shifts", [1, 3])
def test_a_plan_computes_the_same(shifts: int) -> None:
    Beside(check_experiment(experiment(shifts))).hold(20)


@pytest.mark.parametrize("shifts", [1, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_referees_agree(shifts: int, dtype: str) -> None:
    executor = Executor(check_experiment(experiment(shifts, dtype)))
    *_, last = verify_run(executor.experiment, executor.program, islice(executor.iterations(), 3), untouched=True)
    assert last.overflow is None
    report = last.report()
    assert report.agrees, report
    assert {refs.grad(GAIN), refs.grad(SHIFT)} <= {row.ref for row in report.rows}


def explained(it: Case) -> None:
    """Every equation is true and can be typeset, and every sentence is one."""
    for step, index in it.elements():
        assert_true(it.explain(step, index, 1, digits=17), it.value(step, index), 1)
        assert it.narrate(step, index).endswith(".")
        if not sum(index):
            typeset(it.explain(step, index))
            typeset_fragment(it.explain(step, index).latex)


@pytest.mark.parametrize("shifts", [1, 3])
def test_what_is_said_is_true(shifts: int) -> None:
    it = case(experiment(shifts), 1)
    explained(it)
    assert it.plain(refs.activation(0), (0, 0)).startswith("a₁⁽¹⁾ = γ₁⁽¹⁾·tanh(z₁⁽¹⁾) + {")
    assert it.plain(refs.grad(GAIN), (1,)).startswith("∂L/∂γ₂⁽¹⁾ = Σₙ ∂L/∂a₂ₙ⁽¹⁾·tanh(z₂ₙ⁽¹⁾) = ")
    sums = "Σₙ" if shifts > 1 else "ΣₙΣₖ"
    assert (
        it.plain(refs.grad(SHIFT), (0,)).replace(" ", "").startswith(f"∂L/∂β{'₁' if shifts > 1 else ''}⁽¹⁾={sums}∂L/∂a")
    )
    assert it.narrate(refs.grad(GAIN), (1,)) == (
        "The gain of h₂⁽¹⁾ is blamed for what came back to h₂⁽¹⁾, each times how much its a changes with it, added "
        "over all 3 samples of the batch."
    )


def test_the_two_vectors_are_called_apart() -> None:
    it = case(experiment())
    notation, checked = Notation.of(it.experiment), it.experiment
    assert notation.text(GAIN, (1,)) == "γ₂⁽¹⁾"
    assert notation.text(SHIFT, (0,)) == "β⁽¹⁾"
    assert step_mark(notation, it.step(refs.grad(GAIN))) == "∂γ¹"
    assert step_mark(notation, it.step(refs.next_value(SHIFT))) == "β¹"
    assert step_title(notation, it.step(refs.grad(GAIN))) == "Backward · layer 1 · gradient of the gains"
    assert step_title(notation, it.step(refs.grad(SHIFT))) == "Backward · layer 1 · gradient of the shift"
    assert meaning(checked, GAIN, (1,)) == "The gain of h₂⁽¹⁾: what the tanh of z is multiplied by"
    assert meaning(checked, SHIFT, (0,)) == "The shift of layer 1: what the square of z is multiplied by"
    assert meaning(checked, refs.grad(SHIFT), (0,)) == "How much the loss changes with the shift of layer 1"


def test_a_file_holds_what_was_learned() -> None:
    given = {GAIN: (1.0, -2.0, 0.5), ValueRef("layers.2.activation.shift"): (0.125,)}
    written = experiment(3)
    checked = check_experiment(
        Experiment(written.network, written.data, parameters={**written.parameters, **given}, frozen=frozenset({SHIFT}))
    )
    text = encode_experiment(checked)
    assert json.loads(text)["parameters"][GAIN] == [1.0, -2.0, 0.5]
    read = decode_experiment(text)
    assert read == checked
    executor = Executor(read)
    assert executor.initial_state().values[GAIN].tolist() == [1.0, -2.0, 0.5]
    assert refs.grad(SHIFT) not in executor.program.index
    assert refs.grad(GAIN) in executor.program.index


def test_as_many_numbers_as_units() -> None:
    with pytest.raises(SpecError, match=r"shifts: expected 1 \(one shift for all units\) or 3"):
        check_experiment(experiment(2))
    checked = replace(check_experiment(experiment(3)), parameters={})
    wider = check_experiment(shape_edits.set_units(0, 5, lambda e: {})(checked))
    assert wider.network.parameter_shapes()[GAIN] == wider.network.parameter_shapes()[SHIFT] == (5,)


def test_the_state_tab_has_a_row_for_each_value(opened: Open) -> None:
    session = opened(check_experiment(experiment()))
    at(session, 1, len(session.moment.steps))
    for ref, symbol, name in ((GAIN, "γ", "gain"), (SHIFT, "β", "shift")):
        rows = state_rows(session.moment, ref, (0,))
        assert [(row.symbol, row.name) for row in rows][:2] == [(symbol, name), ("∂", "gradient")]
        assert any(row.name == "momentum buffer" and row.after is not None for row in rows)
    curve = shown_activation_curve(session.moment, 0, 1)
    assert curve is not None
    gain, shift = (session.moment.number(ref, index) for ref, index in ((GAIN, (1,)), (SHIFT, (0,))))
    (piece,) = curve.pieces
    z, a = piece[-1]
    assert gain is not None
    assert shift is not None
    assert a == pytest.approx(gain * torch.tanh(torch.tensor(z, dtype=torch.float64)).item() + shift * z * z)


@pytest.mark.parametrize("units", [1, 3, 9])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_units_may_depend_on_each_other(units: int, dtype: str) -> None:
    """Softmax with a share for nothing: that of a further unit whose z is always 0."""
    rows, targets = ((1.0, -2.0), (0.5, 0.25)), ((1.0,), (0.0,))
    network = NetworkSpec(2, (LayerSpec(units, Choice("Unsure")), LayerSpec(1, Choice("Unsure"))))
    executor = Executor(check_experiment(Experiment(network, DataSpec(rows, targets), dtype=dtype)))
    *_, last = verify_run(executor.experiment, executor.program, islice(executor.iterations(), 3), untouched=True)
    assert last.overflow is None
    assert last.report().agrees, last.report()
    trace = next(iter(executor.iterations()))
    z = trace.values[refs.pre_activation(0)].clone()
    torch.testing.assert_close(trace.values[refs.activation(0)], torch.softmax(nn.functional.pad(z, (1, 0)), 1)[:, 1:])
    if dtype == "float64":
        Beside(executor.experiment).hold(5)
        explained(case(executor.experiment))
