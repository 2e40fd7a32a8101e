"""Each convention's numbers against NumPy, written from the published formula, and against torch's own optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec, ParameterGroup
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.optimizers.conventions import WEIGHT_DECAY, comparisons_of, why_nothing_is_compared
from chainrule.catalog.tables import complete
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.session.conventions import ConventionTable, comparing_conventions, question_of, start_of_training, use
from chainrule.session.session import Session
from tests.experiments import article, parameters
from tests.formulas import formula_experiment
from tests.session.conftest import Open
from tests.session.reopening.reopened import train

INPUTS, TARGETS = np.array([1.0, 2.0, -0.5]), np.array([0.5, 2.5, 1.0])
FIRST = np.array([0.3, -0.2])
LR, MOMENTUM, DECAY, BETA1, BETA2, ALPHA = 0.1, 0.8, 0.05, 0.9, 0.95, 0.9
# Large enough to be seen where it stands.
EPS = 1e-3
STEPS = 10

Rule = Callable[[np.ndarray, Callable[[np.ndarray], np.ndarray], Callable[[int], float]], Iterator[np.ndarray]]


def torch_choice(name: str, **arguments: Any) -> Choice:
    return complete(OPTIMIZERS, Choice(name, {"lr": LR, **arguments}), "$.optimizer")


def line(optimizer: Choice, **changes: Any) -> Experiment:
    """One neuron, w x + b, with the mean squared error."""
    experiment = Experiment(
        NetworkSpec(1, (LayerSpec(1),)),
        DataSpec(tuple((x,) for x in INPUTS.tolist()), tuple((t,) for t in TARGETS.tolist())),
        parameters=parameters({"layers.0.weight": ((0.3,),), "layers.0.bias": (-0.2,)}),
        optimizer=optimizer,
    )
    return check_experiment(replace(experiment, **changes))


def slope(at: np.ndarray) -> np.ndarray:
    """The gradient of the mean squared error of a line, by w and b."""
    error = at[0] * INPUTS + at[1] - TARGETS
    return np.array([2 * np.mean(error * INPUTS), 2 * np.mean(error)])


def table_of(session: Session, title: str = "", iterations: int = STEPS) -> ConventionTable:
    session.selector.select("layers.0.weight", (0, 0))
    question = question_of(session.moment, title, iterations)
    assert question is not None
    return list(comparing_conventions(session.moment, question))[-1]


# The rules, as they are published: each yields the parameters after each update.


def momentum(form: str) -> Rule:
    def walk(w: np.ndarray, grad: Any, rate: Any) -> Iterator[np.ndarray]:
        v = np.zeros_like(w)
        for t in count():
            g, lr = grad(w), rate(t)
            if form == "PyTorch":
                v = MOMENTUM * v + g
                w = w - lr * v
            elif form == "Keras":
                v = MOMENTUM * v - lr * g
                w = w + v
            elif form == "averaged":
                v = MOMENTUM * v + (1 - MOMENTUM) * g
                w = w - lr * v
            elif form == "Nesterov, PyTorch":
                v = MOMENTUM * v + g
                w = w - lr * (g + MOMENTUM * v)
            else:
                v = MOMENTUM * v - lr * g
                w = w + MOMENTUM * v - lr * g
            yield w

    return walk


def adam(form: str) -> Rule:
    def walk(w: np.ndarray, grad: Any, rate: Any) -> Iterator[np.ndarray]:
        m, v = np.zeros_like(w), np.zeros_like(w)
        for t in count(1):
            g, lr = grad(w), rate(t - 1)
            m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g * g
            m_hat, v_hat = m / (1 - BETA1**t), v / (1 - BETA2**t)
            if form == "PyTorch":
                w = w - lr * m_hat / (np.sqrt(v_hat) + EPS)
            elif form == "Keras":
                alpha = lr * np.sqrt(1 - BETA2**t) / (1 - BETA1**t)
                w = w - alpha * m / (np.sqrt(v) + EPS)
            elif form == "eps in root":
                w = w - lr * m_hat / np.sqrt(v_hat + EPS)
            else:
                w = w - lr * m / (np.sqrt(v) + EPS)
            yield w

    return walk


def rmsprop(form: str) -> Rule:
    def walk(w: np.ndarray, grad: Any, rate: Any) -> Iterator[np.ndarray]:
        s = np.ones_like(w) if form == "TensorFlow 1" else np.zeros_like(w)
        for t in count():
            g = grad(w)
            s = ALPHA * s + (1 - ALPHA) * g**2
            scale = np.sqrt(s) + EPS if form == "PyTorch" else np.sqrt(s + EPS)
            w = w - rate(t) * g / scale
            yield w

    return walk


def adam_decay(form: str, trained: str = "", iterations: int = 0) -> Rule:
    """Decays in another form in so many iterations before."""

    def walk(w: np.ndarray, grad: Any, rate: Any) -> Iterator[np.ndarray]:
        m, v = np.zeros_like(w), np.zeros_like(w)
        for t in count(1):
            g, lr = grad(w), rate(t - 1)
            way = trained if t <= iterations else form
            if way == "L2 in grad":
                g = g + DECAY * w
            m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g * g
            shrunk = {"L2 in grad": w, "decoupled": w - lr * DECAY * w, "without rate": w - DECAY * w}[way]
            w = shrunk - lr * (m / (1 - BETA1**t)) / (np.sqrt(v / (1 - BETA2**t)) + EPS)
            yield w

    return walk


def sgd_decay(form: str) -> Rule:
    def walk(w: np.ndarray, grad: Any, rate: Any) -> Iterator[np.ndarray]:
        for t in count():
            g, lr = grad(w), rate(t)
            if form == "L2 in grad":
                w = w - lr * (g + DECAY * w)
            else:
                w = w * (1 - (lr * DECAY if form == "decoupled" else DECAY)) - lr * g
            yield w

    return walk


SGD_MOMENTUM = torch_choice("SGD", momentum=MOMENTUM)
SGD_NESTEROV = torch_choice("SGD", momentum=MOMENTUM, nesterov=True)
ADAM = torch_choice("Adam", betas=(BETA1, BETA2), eps=EPS)
ADAM_L2 = torch_choice("Adam", betas=(BETA1, BETA2), eps=EPS, weight_decay=DECAY)
ADAMW = torch_choice("AdamW", betas=(BETA1, BETA2), eps=EPS, weight_decay=DECAY)
RMSPROP = torch_choice("RMSprop", alpha=ALPHA, eps=EPS)
SGD_DECAY = torch_choice("SGD", weight_decay=DECAY)
FORMS = ("L2 in grad", "decoupled", "without rate")
CASES: list[tuple[Choice, str, dict[str, Rule]]] = [
    (SGD_MOMENTUM, "momentum", {form: momentum(form) for form in ("PyTorch", "Keras", "averaged")}),
    (
        SGD_NESTEROV,
        "Nesterov",
        {"PyTorch": momentum("Nesterov, PyTorch"), "Keras": momentum("Nesterov, Keras")},
    ),
    (ADAM, "Adam", {form: adam(form) for form in ("PyTorch", "Keras", "eps in root", "uncorrected")}),
    (RMSPROP, "RMSprop", {form: rmsprop(form) for form in ("PyTorch", "Keras", "TensorFlow 1")}),
    (ADAM_L2, WEIGHT_DECAY, {form: adam_decay(form) for form in FORMS}),
    (ADAMW, WEIGHT_DECAY, {form: adam_decay(form) for form in FORMS}),
    (SGD_DECAY, WEIGHT_DECAY, {form: sgd_decay(form) for form in FORMS}),
]


@pytest.mark.parametrize(("optimizer", "title", "rules"), CASES, ids=[f"{c[0].name} {c[1]}" for c in CASES])
@pytest.mark.parametrize("scheduled", [False, True])
def test_each_convention_is_the_published_rule(
    opened: Open, optimizer: Choice, title: str, rules: dict[str, Rule], scheduled: bool
) -> None:
    scheduler = Choice("StepLR", {"step_size": 3, "gamma": 0.5}) if scheduled else None
    session = opened(line(optimizer, scheduler=scheduler))
    table = table_of(session, title)
    assert [column.name for column in table.columns] == list(rules)
    for column, walk, rule in zip(table.columns, table.walks, rules.values(), strict=True):
        assert walk is not None, column.name
        ways = rule(FIRST, slope, lambda t: LR * 0.5 ** (t // 3) if scheduled else LR)
        expected = [FIRST[0], *(next(ways)[0] for _ in range(STEPS))]
        np.testing.assert_allclose(walk.numbers, expected, rtol=1e-12, err_msg=column.name)


@pytest.mark.parametrize(
    "optimizer", [SGD_MOMENTUM, SGD_NESTEROV, ADAM, ADAM_L2, ADAMW, RMSPROP, SGD_DECAY], ids=lambda choice: choice.name
)
def test_pytorchs_convention_is_torchs_own(opened: Open, optimizer: Choice) -> None:
    used = [(each, column) for each in comparisons_of(optimizer) for column in each.columns if column.is_used]
    assert used
    at = torch.tensor(FIRST, requires_grad=True)
    arguments = {name: value for name, value in optimizer.arguments.items() if name not in ("bias_correction",)}
    own = getattr(torch.optim, optimizer.name)([at], **arguments)
    expected = [FIRST[0]]
    for _ in range(STEPS):
        at.grad = torch.tensor(slope(at.detach().numpy()))
        own.step()
        expected.append(at[0].item())
    session = opened(line(optimizer))
    for comparison, column in used:
        walk = table_of(session, comparison.title).walks[comparison.columns.index(column)]
        assert walk is not None
        np.testing.assert_allclose(walk.numbers, expected, rtol=1e-12)


@pytest.mark.parametrize(("optimizer", "title"), [case[:2] for case in CASES])
def test_the_lines_of_each_convention_are_what_is_computed(opened: Open, optimizer: Choice, title: str) -> None:
    """Those of PyTorch's own are shown, and not computed by: they must say the same."""
    session = opened(line(optimizer))
    table = table_of(session, title)
    for column, walk in zip(table.columns, table.walks, strict=True):
        state = {each.split(".next")[0]: 0.0 for each in column.lines if not each.startswith("next")}
        if column.name == "TensorFlow 1":
            state = {"s": 1.0}
        written = Choice("Formula", {"lr": LR, "state": state, "updates": column.lines})
        other = opened(line(written))
        again = table_of(other, title)
        place = [each.is_used for each in again.columns].index(True)
        assert [each.name for each in again.columns] == [each.name for each in table.columns]
        assert again.columns[place].name == column.name
        assert walk is not None
        assert again.walks[place] is not None
        np.testing.assert_allclose(again.walks[place].numbers, walk.numbers, rtol=1e-12)  # type: ignore[union-attr]


def test_momentum_inside_and_outside_the_rate_part_when_that_changes(opened: Open) -> None:
    constant = table_of(opened(line(SGD_MOMENTUM)))
    assert constant.parts == (None, None, 1)
    changing = table_of(opened(line(SGD_MOMENTUM, scheduler=Choice("StepLR", {"step_size": 3, "gamma": 0.5}))))
    # Iterations 0 to 2 have the first rate; the fourth number after the start is that of iteration 3.
    assert changing.parts == (None, 4, 1)
    assert [row.iteration for row in changing.rows()][:5] == [None, 0, 1, 2, 3]


def test_all_start_where_the_training_began_whatever_is_on_the_screen(opened: Open) -> None:
    session = opened(line(SGD_MOMENTUM))
    at_first = table_of(session)
    train(session, 3)
    later = table_of(session)
    assert [walk.numbers for walk in later.walks if walk] == [walk.numbers for walk in at_first.walks if walk]


def test_a_convention_is_used_from_the_first_weights_on_and_undone(opened: Open) -> None:
    session = opened(line(SGD_MOMENTUM))
    train(session, 3)
    before, undone = session.experiment, len(session.undo_stack.entries.done)
    table = table_of(session)
    use(session, table.columns[1])
    assert len(session.undo_stack.entries.done) == undone + 1
    assert session.experiment.optimizer.name == "Formula"
    assert session.cursor.iteration == 0
    walk = table.walks[1]
    assert walk is not None
    train(session, 4)
    assert session.moment.number(ValueRef("layers.0.weight"), (0, 0)) == walk.numbers[3]
    assert session.moment.number(ValueRef("layers.0.weight.next"), (0, 0)) == walk.numbers[4]
    # It is known again, and PyTorch's stands beside it.
    again = table_of(session)
    assert [column.is_used for column in again.columns] == [False, True, False]
    assert again.columns[0].optimizer.name == "SGD"
    session.undo_stack.undo()  # the training
    session.undo_stack.undo()
    assert session.experiment == before


def test_a_formula_network_and_a_number_that_diverges(opened: Open) -> None:
    experiment = formula_experiment(
        "f = x^4 + y^2", parameters={"x": 3.0, "y": 1.0}, optimizer={"name": "SGD", "lr": LR, "momentum": MOMENTUM}
    )
    session = opened(experiment)
    session.selector.select("x", ())
    question = question_of(session.moment, "", STEPS)
    assert question is not None
    table = list(comparing_conventions(session.moment, question))[-1]
    walk = table.walks[0]
    assert walk is not None
    assert walk.numbers[1] == pytest.approx(3.0 - LR * 4 * 27.0, rel=1e-12)
    assert len(walk.numbers) <= STEPS + 1
    assert not np.isfinite(walk.numbers[-1])


@pytest.mark.parametrize(
    ("optimizer", "said"),
    [
        (torch_choice("SGD"), "Plain gradient descent"),
        (torch_choice("Rprop"), "Rprop"),
        (torch_choice("SGD", momentum=0.9, dampening=0.5), "dampening"),
        (Choice("Formula", {"lr": LR, "state": {}, "updates": ("next = param - lr*sign(grad)",)}), "your own"),
    ],
)
def test_what_has_no_conventions_says_so(optimizer: Choice, said: str) -> None:
    assert comparisons_of(optimizer) == ()
    assert said in why_nothing_is_compared(optimizer)


def test_what_lines_cannot_have_is_refused_in_words_and_the_rest_goes_on(opened: Open) -> None:
    # Lines have no momentum that a group could set.
    group = ParameterGroup(("*.bias",), {"momentum": 0.5})
    table = table_of(opened(line(SGD_MOMENTUM, parameter_groups=(group,))))
    assert [bool(refusal) for refusal in table.refusals] == [False, True, True]
    assert "momentum" in table.refusals[1]
    assert table.walks[0] is not None
    assert table.walks[1] is None
    assert table.parts == (None, None, None)


def test_in_float32_rounding_is_no_difference(opened: Open) -> None:
    table = table_of(opened(line(SGD_MOMENTUM, dtype="float32")), iterations=50)
    assert table.tolerance == 1e-5
    assert table.parts[1] is None


def test_an_experiment_with_no_momentum_has_no_question(opened: Open) -> None:
    session = opened(article())
    assert question_of(session.moment, "", 5) is None
    assert start_of_training(session.moment) == session.experiment
