"""Published worked examples: every digit that is right, and the corrected ones where they are wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, InitializationSpec, LayerSpec, NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor, Trace
from tests.experiments import HALF_SQUARED_ERROR, article, mazur, neuron, parameters, sgd


def first(experiment: Experiment) -> Trace:
    """The first iteration."""
    return next(Executor(experiment).iterations())


def after(experiment: Experiment, steps: int) -> Trace:
    """The iteration that starts after this many updates."""
    return next(islice(Executor(experiment).iterations(), steps, None))


def number(trace: Trace, ref: str, *index: int) -> float:
    """One number of a trace."""
    return float(trace.values[ValueRef(ref)][index])


def close(value: float, digits: int) -> object:
    """Equal in all the digits after the point that were published, rounded as usual."""
    return pytest.approx(value, rel=0, abs=0.5000001 * 10.0**-digits)


# ------------------------------------------------------------------------------------------------------ Mazur

MAZUR = [
    ("layers.0.pre_activation", (0, 0), 0.3775, 15),
    ("layers.0.activation", (0, 0), 0.593269992, 9),
    ("layers.0.activation", (0, 1), 0.596884378, 9),
    ("layers.1.pre_activation", (0, 0), 1.105905967, 9),
    ("layers.1.activation", (0, 0), 0.75136507, 9),
    ("layers.1.activation", (0, 1), 0.772928465, 9),
    ("loss", (), 0.298371109, 9),
    ("layers.1.activation.grad", (0, 0), 0.74136507, 9),
    ("layers.1.pre_activation.grad", (0, 0), 0.138498562, 9),
    ("layers.1.weight.grad", (0, 0), 0.082167041, 9),
    ("layers.0.activation.grad", (0, 0), 0.036350306, 9),
    ("layers.0.weight.grad", (0, 0), 0.000438568, 9),
    ("layers.0.weight.next", (0, 0), 0.149780716, 9),
    ("layers.0.weight.next", (0, 1), 0.19956143, 8),
    ("layers.0.weight.next", (1, 0), 0.24975114, 8),
    ("layers.0.weight.next", (1, 1), 0.29950229, 8),
    ("layers.1.weight.next", (0, 0), 0.35891648, 9),
    ("layers.1.weight.next", (0, 1), 0.408666186, 9),
    ("layers.1.weight.next", (1, 0), 0.511301270, 9),
    ("layers.1.weight.next", (1, 1), 0.561370121, 9),
]


@pytest.mark.parametrize(("ref", "index", "published", "digits"), MAZUR)
def test_mazur_first_iteration(ref: str, index: tuple[int, ...], published: float, digits: int) -> None:
    assert number(first(mazur()), ref, *index) == close(published, digits)


def test_mazur_terms_and_slopes() -> None:
    trace = first(mazur())
    for output, target, published in ((0, 0.01, 0.274811083), (1, 0.99, 0.023560026)):
        a = number(trace, "layers.1.activation", 0, output)
        assert (target - a) ** 2 / 2 == close(published, 9)
    for layer, published in ((1, 0.186815602), (0, 0.241300709)):
        grad_a = number(trace, f"layers.{layer}.activation.grad", 0, 0)
        grad_z = number(trace, f"layers.{layer}.pre_activation.grad", 0, 0)
        assert grad_z / grad_a == close(published, 9)


def test_mazur_after_one_step_is_not_what_was_published() -> None:
    loss = number(after(mazur(), 1), "loss")
    assert loss == close(0.29102777369, 11)
    assert loss != close(0.291027924, 9)


def test_mazur_after_ten_thousand_steps_is_not_what_was_published() -> None:
    trace = after(mazur(), 10_000)
    assert number(trace, "loss") == close(0.0000351018778, 13)
    assert number(trace, "layers.1.activation", 0, 0) == close(0.01591362044, 11)
    assert number(trace, "layers.1.activation", 0, 1) == close(0.98406427351, 11)
    assert number(trace, "loss") != close(0.000035085, 9)


def test_mazur_published_numbers_come_from_weights_that_were_already_updated() -> None:
    """Sending the error back through the second layer's new weights gives the published loss."""
    trace = first(mazur())
    new = trace.values[ValueRef("layers.1.weight.next")]
    a, x = trace.values[ValueRef("layers.0.activation")], trace.values[ValueRef("input")]
    delta = (trace.values[ValueRef("layers.1.pre_activation.grad")] @ new) * a * (1 - a)
    wrong = trace.values[ValueRef("layers.0.weight")] - 0.5 * delta.T @ x
    experiment = mazur(
        parameters={
            **mazur().parameters,
            **parameters(
                {
                    "layers.0.weight": tuple(map(tuple, wrong.tolist())),
                    "layers.1.weight": tuple(map(tuple, new.tolist())),
                }
            ),
        }
    )
    assert number(first(experiment), "loss") == close(0.291027924, 9)


def test_mazur_with_trained_biases() -> None:
    trace = after(mazur(frozen=frozenset()), 1)
    assert number(trace, "loss") == close(0.280471447, 9)
    assert number(trace, "layers.0.bias", 0) == close(0.345614323, 9)
    assert number(trace, "layers.0.bias", 1) == close(0.345022873, 9)
    assert number(trace, "layers.1.bias", 0) == close(0.530750719, 9)
    assert number(trace, "layers.1.bias", 1) == close(0.619049118, 9)


def test_mazur_with_trained_biases_and_momentum() -> None:
    executor = Executor(mazur(frozen=frozenset(), optimizer=sgd(0.5, momentum=0.9)))
    losses = [number(trace, "loss") for trace in islice(executor.iterations(), 4)]
    assert losses == [close(loss, 9) for loss in (0.298371109, 0.280471447, 0.245405745, 0.195120215)]


@pytest.mark.parametrize(
    ("optimizer", "losses"),
    [
        (Choice("SGD", {"lr": 0.5, "momentum": 0.9, "nesterov": True}), (0.264112467, 0.213364725, 0.152394902)),
        (Choice("Adam", {"lr": 0.1}), (0.258520346, 0.221204488, 0.187094133)),
    ],
    ids=["Nesterov", "Adam"],
)
def test_mazur_with_trained_biases_and_other_optimizers(optimizer: Choice, losses: tuple[float, ...]) -> None:
    executor = Executor(mazur(frozen=frozenset(), optimizer=optimizer))
    found = [number(trace, "loss") for trace in islice(executor.iterations(), 4)]
    assert found == [close(loss, 9) for loss in (0.298371109, *losses)]


# ---------------------------------------------------------------------------------------------------- Nielsen


@pytest.mark.parametrize(("w", "b", "output"), [(0.6, 0.9, 0.41768), (2.0, 2.0, 0.77959)])
def test_nielsen_with_cross_entropy(w: float, b: float, output: float) -> None:
    """His cross-entropy is that of one output: torch's BCELoss."""
    squared = neuron("Sigmoid", (1.0,), (w,), b, target=0.0, lr=0.005)
    experiment = check_experiment(replace(squared, loss=Choice("BCELoss", {"reduction": "sum"})))
    assert number(after(experiment, 300), "layers.0.activation", 0, 0) == pytest.approx(output, rel=0, abs=0.5e-5)


@pytest.mark.parametrize(
    ("w", "b", "outputs"),
    [(0.6, 0.9, {0: 0.81757, 300: 0.09396}), (2.0, 2.0, {0: 0.98201, 150: 0.93342, 300: 0.20285})],
)
def test_nielsen_slow_start_of_a_saturated_neuron(w: float, b: float, outputs: dict[int, float]) -> None:
    experiment = neuron("Sigmoid", (1.0,), (w,), b, target=0.0, lr=0.15)
    traces = list(islice(Executor(experiment).iterations(), 301))
    for step, published in outputs.items():
        assert number(traces[step], "layers.0.activation", 0, 0) == pytest.approx(published, rel=0, abs=0.5e-5)


# ---------------------------------------------------------------------------------------- Karpathy and CS231n


def behind_identity(experiment: Experiment) -> Experiment:
    """The same neuron behind a layer that passes its input on, so that the trace has the gradient of x."""
    n = experiment.network.inputs
    unchanged = tuple(tuple(float(row == column) for column in range(n)) for row in range(n))
    neuron_only = experiment.parameters
    return check_experiment(
        replace(
            experiment,
            network=NetworkSpec(n, (LayerSpec(n, bias=False), *experiment.network.layers)),
            parameters=parameters(
                {
                    "layers.0.weight": unchanged,
                    "layers.1.weight": neuron_only[ValueRef("layers.0.weight")],
                    "layers.1.bias": neuron_only[ValueRef("layers.0.bias")],
                }
            ),
        )
    )


def seeded_with_one(activation: str, x: tuple[float, ...], w: tuple[float, ...], b: float, a: float) -> Trace:
    """The neuron with dL/da = 1, which is the slope of the output itself."""
    summed = replace(neuron(activation, x, w, b, target=0.0, lr=0.1), loss=Choice("SumOfOutputs"))
    trace = first(behind_identity(check_experiment(summed)))
    assert number(trace, "layers.1.activation", 0, 0) == pytest.approx(a, rel=0, abs=1e-15)
    assert number(trace, "loss") == number(trace, "layers.1.activation", 0, 0)
    assert number(trace, "layers.1.activation.grad", 0, 0) == 1.0
    return trace


@pytest.mark.parametrize(
    ("example", "activation", "x", "w", "b"),
    [
        ((0.39322387, -0.58983580), "Sigmoid", (-1.0, -2.0), (2.0, -3.0), -3.0),
        ((-1.5, 0.5), "Tanh", (2.0, 0.0), (-3.0, 1.0), 6.8813735870195432),
    ],
)
def test_the_gradient_of_the_input_is_shown_where_the_outputs_are_all_there_is(
    example: tuple[float, ...], activation: str, x: tuple[float, ...], w: tuple[float, ...], b: float
) -> None:
    summed = replace(neuron(activation, x, w, b, target=0.0, lr=0.1), loss=Choice("SumOfOutputs"))
    trace = first(check_experiment(summed))
    assert trace.values[ValueRef("input.grad")].flatten().tolist() == [close(number, 8) for number in example]
    frozen = frozenset(summed.network.parameter_shapes())
    still = first(check_experiment(replace(summed, frozen=frozen)))
    assert torch.equal(still.values[ValueRef("input.grad")], trace.values[ValueRef("input.grad")])
    assert "input.grad" not in first(neuron(activation, x, w, b, target=0.0, lr=0.1)).values


def test_karpathy_tanh_neuron() -> None:
    trace = seeded_with_one("Tanh", (2.0, 0.0), (-3.0, 1.0), 6.8813735870195432, a=0.7071067811865476)
    values = {ref: value.flatten().tolist() for ref, value in trace.values.items()}
    assert values[ValueRef("layers.1.weight.grad")] == pytest.approx([1.0, 0.0], rel=0, abs=1e-15)
    assert values[ValueRef("layers.1.bias.grad")] == pytest.approx([0.5], rel=0, abs=1e-15)
    assert values[ValueRef("layers.0.activation.grad")] == pytest.approx([-1.5, 0.5], rel=0, abs=1e-15)


def test_cs231n_sigmoid_neuron() -> None:
    a = 1 / (1 + torch.exp(torch.tensor(-1.0, dtype=torch.float64)).item())
    trace = seeded_with_one("Sigmoid", (-1.0, -2.0), (2.0, -3.0), -3.0, a)
    values = {ref: value.flatten().tolist() for ref, value in trace.values.items()}
    assert values[ValueRef("layers.1.pre_activation")] == [1.0]
    assert values[ValueRef("layers.1.activation")] == [close(0.73105858, 8)]
    assert values[ValueRef("layers.1.pre_activation.grad")] == [close(0.19661193, 8)]
    assert values[ValueRef("layers.1.weight.grad")] == [close(-0.19661193, 8), close(-0.39322387, 8)]
    assert values[ValueRef("layers.1.bias.grad")] == [close(0.19661193, 8)]
    assert values[ValueRef("layers.0.activation.grad")] == [close(0.39322387, 8), close(-0.58983580, 8)]


# ------------------------------------------------------------------------------------------------ the article

# By hand, from weights (.1, .2), (.3, .4), (.5, -.6), biases 0, 0, .1, samples (1, 2) -> 1 and (3, 4) -> 2.
ARTICLE = {
    "layers.0.pre_activation": [[0.5, 1.1], [1.1, 2.5]],
    "layers.0.activation": [[0.5, 1.1], [1.1, 2.5]],
    "layers.1.pre_activation": [[-0.31], [-0.85]],
    "layers.1.activation": [[-0.31], [-0.85]],
    "loss": 4.9193,
    "layers.1.activation.grad": [[-1.31], [-2.85]],
    "layers.1.pre_activation.grad": [[-1.31], [-2.85]],
    "layers.1.weight.grad": [[-3.79, -8.566]],
    "layers.1.bias.grad": [-4.16],
    "layers.0.activation.grad": [[-0.655, 0.786], [-1.425, 1.71]],
    "layers.0.pre_activation.grad": [[-0.655, 0.786], [-1.425, 1.71]],
    "layers.0.weight.grad": [[-4.93, -7.01], [5.916, 8.412]],
    "layers.0.bias.grad": [-2.08, 2.496],
    "layers.1.weight.next": [[0.5379, -0.51434]],
    "layers.1.bias.next": [0.1416],
    "layers.0.weight.next": [[0.1493, 0.2701], [0.24084, 0.31588]],
    "layers.0.bias.next": [0.0208, -0.02496],
}


def test_article_first_iteration_by_hand() -> None:
    executor = Executor(article())
    trace = first(article())
    assert [step.writes for step in executor.program.steps] == list(ARTICLE)
    for ref, expected in ARTICLE.items():
        value = torch.tensor(expected, dtype=torch.float64)
        torch.testing.assert_close(trace.values[ValueRef(ref)], value, rtol=0, atol=1e-14, msg=ref)


@pytest.mark.parametrize("seed", [0, 1, 2**53])
def test_article_snippet_in_torch_gives_the_same_numbers(seed: int) -> None:
    """The article's program: float32, weights from the seed, one step."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    loss = nn.MSELoss()(model(torch.tensor([[1.0, 2.0], [3.0, 4.0]])), torch.tensor([[1.0], [2.0]]))
    loss.backward()
    optimizer.step()

    experiment = article(parameters={}, initialization=InitializationSpec(seed=seed), dtype="float32")
    trace = first(experiment)
    torch.testing.assert_close(trace.values[ValueRef("loss")], loss.detach(), rtol=1e-6, atol=0)
    for ref, parameter in zip(experiment.network.parameter_shapes(), model.parameters(), strict=True):
        torch.testing.assert_close(trace.values[ValueRef(f"{ref}.next")], parameter.detach(), rtol=1e-6, atol=1e-7)


def test_article_two_layer_scalar_network_has_three_multipliers_a_layer() -> None:
    """w1, b1, f1, w2, b2, f2: each gradient is the product that the chain rule says."""
    experiment = check_experiment(
        Experiment(
            network=NetworkSpec(1, (LayerSpec(1, Choice("Tanh")), LayerSpec(1, Choice("Sigmoid")))),
            data=DataSpec(inputs=((1.5,),), targets=((1.0,),)),
            parameters=parameters(
                {
                    "layers.0.weight": ((0.8,),),
                    "layers.0.bias": (-0.2,),
                    "layers.1.weight": ((-1.1,),),
                    "layers.1.bias": (0.3,),
                }
            ),
            loss=HALF_SQUARED_ERROR,
        )
    )
    trace = first(experiment)
    a1, a2 = number(trace, "layers.0.activation", 0, 0), number(trace, "layers.1.activation", 0, 0)
    multipliers = (a2 - 1.0) * (a2 * (1 - a2))
    assert number(trace, "layers.1.weight.grad", 0, 0) == pytest.approx(multipliers * a1, rel=1e-14)
    through = multipliers * -1.1 * (1 - a1**2)
    assert number(trace, "layers.0.weight.grad", 0, 0) == pytest.approx(through * 1.5, rel=1e-14)
    assert number(trace, "layers.0.bias.grad", 0) == pytest.approx(through, rel=1e-14)
