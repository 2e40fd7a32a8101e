"""Equations, sentences and names of formulas in the place of layers."""

from __future__ import annotations

import json
from itertools import islice

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values.refs import ValueRef
from chainrule.commands.experiments import trace as trace_command
from chainrule.commands.explain import explain
from chainrule.commands.walk import walk_texts
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor, first_non_finite
from chainrule.explain.context import ReadValue
from chainrule.explain.equations import explain_element, explain_step, plain_equation
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_mark, step_title
from chainrule.explain.sentences.meanings import meaning, value_in_words
from chainrule.explain.sentences.narration import introduce, narrate
from chainrule.explain.writing.working_out import work_out
from chainrule.formula.tree import Expr, symbols_of
from chainrule.formula.writing.text import formula_to_text
from chainrule.model.files.storage import write_experiment
from tests.formula.drawn import FORMULAS, NAMES
from tests.formulas import formula_experiment, optimizer_named

CIRCUIT = formula_experiment("q = x + y", "f = q*z", parameters={"x": -2, "y": 5, "z": -4})


class Explained:
    """What is said of the first iteration of an experiment, by ref."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment, self.executor = experiment, Executor(experiment)
        self.program = self.executor.program
        found = next(self.executor.iterations()).values
        self.values: ReadValue = lambda ref: found[ref].tolist()
        self.stop = first_non_finite(self.program.steps, found)

    def equation(self, ref: str) -> str:
        step = self.program.steps[self.program.index[ValueRef(ref)]]
        return plain_equation(self.experiment, self.program, step, (), 0, self.values)

    def sentence(self, ref: str) -> str:
        step = self.program.steps[self.program.index[ValueRef(ref)]]
        return narrate(self.experiment, self.program, step, (), 0, self.values)

    def title(self, ref: str) -> str:
        return step_title(Notation.of(self.experiment), self.program.steps[self.program.index[ValueRef(ref)]])

    def mark(self, ref: str) -> str:
        return step_mark(Notation.of(self.experiment), self.program.steps[self.program.index[ValueRef(ref)]])


def test_the_circuit_in_equations() -> None:
    explained = Explained(CIRCUIT)
    assert [explained.equation(step.writes) for step in explained.program.steps] == [
        "q = x + y = −2 + 5 = 3",
        "f = q·z = 3·(−4) = −12",
        "∂f/∂f = 1",
        "∂f/∂q = ∂f/∂f·z = 1·(−4) = −4",
        "∂f/∂z = ∂f/∂f·q = 1·3 = 3",
        "∂f/∂x = ∂f/∂q = −4",
        "∂f/∂y = ∂f/∂q = −4",
        "new x = x − η·∂f/∂x = −2 − 0.01·(−4) = −1.96",
        "new y = y − η·∂f/∂y = 5 − 0.01·(−4) = 5.04",
        "new z = z − η·∂f/∂z = −4 − 0.01·3 = −4.03",
    ]


def test_the_circuit_in_sentences() -> None:
    explained = Explained(CIRCUIT)
    assert introduce(CIRCUIT) == (
        "A formula of 2 operators with x, y and z as what can change. Training makes its output f smaller. "
        "Press → to compute the first number."
    )
    assert explained.sentence("q") == "q is the sum of x and y."
    assert explained.sentence("f") == "f is q times z. It is the output, which training makes smaller."
    assert explained.sentence("f.grad").startswith("f changes exactly as much as itself: its gradient is 1")
    assert explained.sentence("q.grad") == "q is multiplied by z in f: it gets the gradient of f times z."
    assert explained.sentence("x.grad") == "A sum passes its gradient on unchanged: q changes as much as x does."
    assert explained.sentence("x.next").endswith("The gradient is negative, so x grows.")


def test_titles_marks_and_meanings() -> None:
    explained = Explained(formula_experiment("a = x_0^2", "f = a*x_0", parameters={"x_0": 2}))
    titles = [explained.title(ref) for ref in ("a", "f.grad", "x_0.grad.from.a", "x_0.grad", "x_0.next")]
    assert titles == [
        "Forward · a = x₀²",
        "Backward · gradient of f",
        "Backward · share of the gradient of x₀ through a",
        "Backward · gradient of x₀",
        "Update · new x₀",
    ]
    assert [explained.mark(ref) for ref in ("a", "x_0.grad.from.a", "x_0.grad", "x_0.next")] == [
        "a",
        "∂x₀·a",
        "∂x₀",
        "x₀",
    ]
    meanings = [
        meaning(explained.experiment, ValueRef(ref), ()) for ref in ("a", "f", "x_0", "x_0.grad", "x_0.grad.from.a")
    ]
    assert meanings == [
        "a = x₀²",
        "f = a·x₀: the output, which is trained",
        "x₀: a number of the formula, which training changes",
        "How much f changes with x₀",
        "How much f changes with x₀ by way of a",
    ]
    assert value_in_words(explained.experiment, explained.program.steps[explained.program.index[ValueRef("a")]]) == "a"


def test_shares_are_named_with_the_operator_that_they_come_through() -> None:
    explained = Explained(formula_experiment("a = x^2", "b = 3*x", "f = a*b", parameters={"x": 2}))
    assert explained.equation("x.grad") == "∂f/∂x = (∂f/∂x)(via b) + (∂f/∂x)(via a) = 12 + 24 = 36"
    assert (
        explained.sentence("x.grad")
        == "x is read by b and a: what comes back through each of them adds up to its gradient."
    )
    assert explained.sentence("x.grad.from.b").startswith(
        "This is the share of the gradient of x that comes back through b."
    )


def test_the_larger_one_gets_the_gradient_of_a_max() -> None:
    explained = Explained(formula_experiment("f = max(x, y)*2", parameters={"x": 4, "y": -3}))
    assert explained.sentence("n1") == "n₁ is the larger of x and y: x."
    assert explained.sentence("x.grad") == "x is the larger one, so it gets all of the gradient of n₁."
    assert explained.sentence("y.grad").startswith("y is not the larger one")
    assert explained.equation("x.grad") == "∂f/∂x = ∂f/∂n₁·1 = 2·1 = 2"
    equal = Explained(formula_experiment("f = max(x, y)", parameters={"x": 4, "y": 4}))
    assert equal.sentence("f").startswith("f is the larger of x and y, which are equal.")
    assert equal.sentence("x.grad") == (
        "x and y are equal, where f has a corner: its slope is 0 below and 1 above. "
        "PyTorch takes 0.5: x gets half of the gradient of f."
    )


CORNER = "where f has a corner: its slope is {} below and {} above. PyTorch takes"
NOTHING = "so nothing comes back to"
SENTENCES: list[tuple[str, dict[str, float], str, str]] = [
    (
        "max(x, 3)",
        {"x": 3},
        "x.grad",
        f"x and 3 are equal, {CORNER.format(0, 1)} 0.5: x gets half of the gradient of f.",
    ),
    ("max(x, x)", {"x": 3}, "x.grad", "f changes exactly as much as x does: the gradient is passed on unchanged."),
    ("abs(x)", {"x": 0}, "x.grad", f"x is 0, {CORNER.format('−1', 1)} 0, {NOTHING} x."),
    ("relu(x)", {"x": 0}, "x.grad", f"x is 0, {CORNER.format(0, 1)} 0, {NOTHING} x."),
    ("relu(x)", {"x": -1}, "x.grad", f"f stays as it is where x changes a little, {NOTHING} x."),
    (
        "floor(x)",
        {"x": 2},
        "x.grad",
        f"x is 2, where f jumps from 1 to 2: there is no slope. PyTorch takes 0, {NOTHING} x.",
    ),
    ("floor(x)", {"x": 2.5}, "x.grad", f"f stays as it is where x changes a little, {NOTHING} x."),
    (
        "if(x > 0, y, 1)",
        {"x": 2, "y": 1},
        "x.grad",
        "x only decides which case of f holds: it gets no gradient from f.",
    ),
    (
        "if(x == y, 1, 2)*1",
        {"x": 1, "y": 1},
        "y.grad",
        f"y is 1, where n₁ is 1, and 2 on both sides: there is no slope. PyTorch takes 0, {NOTHING} y.",
    ),
    ("if(x < 1, x, 1)", {"x": 1}, "x.grad", f"x is 1, {CORNER.format(1, 0)} 0, {NOTHING} x."),
    ("x^y", {"x": 0, "y": 0}, "y.grad", f"0 to the power of 0 has no slope by y. PyTorch takes 0, {NOTHING} y."),
    ("x^y", {"x": 0, "y": 0}, "x.grad", f"f stays as it is where x changes a little, {NOTHING} x."),
    ("x^x", {"x": 0}, "x.grad", f"0 to the power of 0 has no slope by x. PyTorch takes 0, {NOTHING} x."),
    ("x + x", {"x": 2}, "x.grad", "Where x changes a little, f changes 2 times as much: the gradient is multiplied by"),
    (
        "x - y",
        {"x": 2, "y": 1},
        "x.grad",
        "What is subtracted from gets the gradient unchanged: f changes as much as x",
    ),
    ("sign(x)", {"x": -2}, "f", "f is the sign of x, as 1, 0 or −1."),
    ("(x > 0)*y", {"x": 2, "y": 1}, "n1", "n₁ is 1, because x > 0."),
    ("-x^2", {"x": 3}, "f", "f is minus n₁."),
]


@pytest.mark.parametrize(("formula", "given_numbers", "ref", "sentence"), SENTENCES)
def test_a_sentence_is_true_for_its_numbers(
    formula: str, given_numbers: dict[str, float], ref: str, sentence: str
) -> None:
    explained = Explained(formula_experiment(f"f = {formula}", parameters=given_numbers))
    assert explained.sentence(ref).startswith(sentence)


def test_minus_a_number_is_written_once() -> None:
    assert Explained(formula_experiment("f = -x", parameters={"x": 3})).equation("f") == "f = −x = −3"
    assert Explained(formula_experiment("f = -x", parameters={"x": -3})).equation("f") == "f = −x = −(−3) = 3"
    assert Explained(formula_experiment("f = -x", parameters={"x": 0})).equation("f") == "f = −x = 0"


def test_cases_say_which_one_applies() -> None:
    explained = Explained(formula_experiment("f = if(x > 0, x^2, y)", parameters={"x": -3, "y": 5}))
    assert explained.equation("f") == "f = {n₁ if x > 0; y if x ≤ 0} = 5"
    assert explained.sentence("f").startswith("f is y, because x ≤ 0.")
    assert explained.sentence("n1.grad") == "f is not made of n₁ where x ≤ 0, as here: it gets no gradient from f."
    assert explained.sentence("y.grad") == "f is y where x ≤ 0, as here: it gets all of the gradient of f."


def test_a_saturated_sigmoid_lets_little_through() -> None:
    explained = Explained(formula_experiment("f = sigmoid(x)", parameters={"x": 9}))
    assert explained.equation("x.grad") == "∂f/∂x = ∂f/∂f·f·(1 − f) = 1·0.9998766·(1 − 0.9998766) = 0.0001234"
    assert explained.sentence("x.grad").endswith("That is little, so little comes back to x.")


def test_a_letter_of_the_formula_is_none_of_the_optimizers() -> None:
    adam = {"name": "Adam", "lr": 0.1}
    clipping = {"name": "clip_grad_norm_", "max_norm": 1}
    explained = Explained(formula_experiment("f = (eta - t)^2*beta_1 + M*beta2", optimizer=adam, clipping=clipping))
    assert Notation.of(explained.experiment).text(ValueRef("lr")) == "lr"
    assert "lr/c₁" in explained.equation("eta.update")
    assert explained.equation("t.exp_avg.next").startswith("new mₜ = beta1·mₜ + (1 − beta1)·clipped gₜ")
    assert explained.equation("t.exp_avg_sq.next").startswith("new vₜ = betas[1]·vₜ")
    assert explained.equation("clip_coef").startswith("c = min(1, (max norm)/")
    assert explained.equation("t.step.next") == "new step count = step count + 1 = 0 + 1 = 1"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_step_of_every_optimizer_is_said_of_a_name(name: str) -> None:
    experiment = formula_experiment(
        "q = x_0 + y",
        "f = q^2*x_0",
        parameters={"x_0": 1.5, "y": -0.5},
        optimizer=optimizer_named(name, weight_decay=0.1),
        clipping={"name": "clip_grad_value_", "clip_value": 0.5},
        scheduler={"name": "ReduceLROnPlateau", "patience": 0},
    )
    executor = Executor(experiment)
    program, notation = executor.program, Notation.of(experiment)
    for trace in islice(executor.iterations(), 2):
        for step in program.steps:
            said = [
                plain_equation(experiment, program, step, (), 0, lambda ref: trace.values[ref].tolist()),  # noqa: B023
                narrate(experiment, program, step, (), 0, lambda ref: trace.values[ref].tolist()),  # noqa: B023
                explain_step(experiment, program, step),
                step_title(notation, step),
                step_mark(notation, step),
                meaning(experiment, step.writes, ()),
                value_in_words(experiment, step),
            ]
            assert all(said), step.writes
            assert not any("layer" in text or "weight of" in text or "neuron" in text for text in said), said


def test_where_there_is_no_value_the_step_says_why() -> None:
    explained = Explained(formula_experiment("f = log(x) + 1", parameters={"x": -1}))
    assert explained.stop == 0
    assert explained.sentence("n1") == "ln(x) has no value (NaN) where x = −1."
    assert explained.sentence("f") == "f is worked out from n₁, which is not finite already."


def test_the_logarithm_is_called_as_equations_call_it() -> None:
    lines = ("a = log(x)", "f = softplus(a)")
    explained = Explained(formula_experiment(*lines, parameters={"x": 2}))
    assert explained.sentence("a") == "a is the natural logarithm of x."
    assert explained.sentence("f").startswith("f is ln(1 + exp(a)).")
    *_, stop = walk_texts(check_experiment(formula_experiment(*lines, parameters={"x": -1})))
    assert stop == "a: ln(x) has no value (NaN) where x = −1."


def test_trace_and_explain_say_the_same(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    lines = ("q = x + y", "m = max(q, z)*x", "f = if(m > 2, m*q, exp(z)) - 1/y")
    given = {"x": -2.0, "y": 5.0, "z": -4.0}
    assert explain([*lines, *(f"{name}={number}" for name, number in given.items())], "json") == 0
    explained = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    path = tmp_path / "f.chainrule"  # type: ignore[operator]
    write_experiment(formula_experiment(*lines, parameters=given), path)
    assert trace_command(path, 1, "json") == 0
    traced = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(traced) == len(explained) + 3
    for one, other in zip(explained, traced, strict=False):
        assert one.pop("value") == pytest.approx(other.pop("value"), rel=1e-14)
        assert one == other


@given(FORMULAS, st.tuples(*[st.floats(-5, 5).map(lambda x: round(x, 3))] * 3))
def test_what_is_printed_can_be_worked_out(formula: Expr, numbers: tuple[float, ...]) -> None:
    names = symbols_of(formula)
    assume(names)
    given_numbers = {name: x for name, x in zip(NAMES, numbers, strict=True) if name in names}
    explained = Explained(formula_experiment(f"f = {formula_to_text(formula)}", parameters=given_numbers))
    for step in explained.program.steps[: explained.stop]:
        equation = explain_element(explained.experiment, explained.program, step, (), 0, explained.values)
        assert explained.sentence(step.writes)[-1] in ".:"
        assert explain_step(explained.experiment, explained.program, step)
        if equation.numbers and "rounds off" not in equation.note and "cancel" not in equation.note:
            result = float(str(explained.values(step.writes)))
            assert float(work_out(" ".join(equation.numbers)) or 0) == pytest.approx(result, rel=2e-3, abs=1e-300)
