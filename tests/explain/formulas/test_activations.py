"""Explanations of activations: true at every branch, and the sentences say nothing that does not hold."""

from __future__ import annotations

import re

import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.explain.equations import explain_step
from tests.experiments import parameters, usual
from tests.explain.cases import Case, case
from tests.explain.checks import assert_true, close, typeset, typeset_fragment
from tests.explain.latex_arithmetic import evaluate

A, DELTA = "layers.0.activation", "layers.0.pre_activation.grad"
SLOPES = ValueRef("layers.0.activation.weight")
# Both sides of every kink and the kinks themselves.
PLACES = (-7.0, -3.0, -1.0, -0.5, 0.0, 0.25, 1.0, 3.0, 6.0, 8.5)
CHOICES = [
    *(usual(ACTIVATIONS, name) for name in ACTIVATIONS),
    Choice("LeakyReLU", {"negative_slope": -0.5}),
    Choice("ELU", {"alpha": 2.0}),
    Choice("CELU", {"alpha": 0.5}),
    Choice("CELU", {"alpha": -1.5}),
    Choice("GELU", {"approximate": "tanh"}),
    Choice("Softplus", {"beta": 2.0, "threshold": 1.5}),
    Choice("Softplus", {"beta": -1.0}),
    Choice("Hardtanh", {"min_val": -0.5, "max_val": 3.0}),
    Choice("PReLU", {"num_parameters": 2}),
]


def layer(choice: Choice, rows: tuple[tuple[float, ...], ...], **changes: object) -> Case:
    """One layer whose z are the inputs, and whose error is not 0."""
    units = len(rows[0])
    identity = tuple(tuple(float(i == j) for j in range(units)) for i in range(units))
    given = parameters({"layers.0.weight": identity, "layers.0.bias": (0.0,) * units})
    targets = tuple(tuple(0.125 + 0.5 * unit for unit in range(units)) for _ in rows)
    network = NetworkSpec(units, (LayerSpec(units, choice),))
    return case(Experiment(network, DataSpec(rows, targets), parameters=given, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_what_is_said_is_true_at_every_place(choice: Choice) -> None:
    it = layer(choice, tuple((z, -z) for z in PLACES[:5]))
    for step, index in it.elements():
        if step.writes in (A, DELTA):
            equation = it.explain(step, index, index[0], digits=17)
            assert_true(equation, it.value(step, index), index[0])
            typeset(it.explain(step, index, index[0]))


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_symbols_are_the_same_for_every_number(choice: Choice) -> None:
    it = layer(choice, tuple((z, 0.0) for z in PLACES))
    for ref in (A, DELTA):
        symbols = {it.explain(ref, (row, 0), row).symbols for row in range(len(PLACES))}
        assert len(symbols) == 1


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice("GELU"), "the share of the bell curve below z."),
        (Choice("GELU", {"approximate": "tanh"}), "the share of the bell curve below z, as a formula with tanh"),
        (Choice("CELU", {"alpha": 0.5}), "lets a negative one level off, without a kink at 0."),
        (Choice("CELU", {"alpha": -1.5}), "makes a negative one fall ever faster, without a kink at 0."),
    ],
    ids=str,
)
def test_the_words_are_of_the_form_in_use(choice: Choice, words: str) -> None:
    assert words in layer(choice, ((-0.5,),)).narrate(A, (0, 0))


@pytest.mark.parametrize("by_hand", [-5.0, 0.0, 0.3, 5.0])
@pytest.mark.parametrize("z", [-1.0, 2.0])
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_a_slope_is_what_its_formula_says_where_the_activation_was_set_by_hand(
    choice: Choice, z: float, by_hand: float
) -> None:
    """Seen: ReLU's slope was -1 where its a was set to -5."""
    given = parameters({"layers.0.weight": ((1.0, 0.0), (0.0, 1.0)), "layers.0.bias": (0.0, 0.0)})
    network = NetworkSpec(2, (LayerSpec(2, choice), LayerSpec(1)))
    experiment = Experiment(network, DataSpec(((z, 0.5),), ((0.3,),)), parameters=given)
    executor = Executor(check_experiment(experiment))
    trace = executor.trace(executor.initial_state(), {ValueRef(A): {(0, 0): by_hand}})
    numbers = {ref: value.tolist() for ref, value in trace.values.items()}
    it = Case(executor.experiment, executor.program, numbers)
    for unit in range(2):
        delta = it.explain(DELTA, (0, unit), digits=17)
        assert_true(delta, it.value(it.step(DELTA), (0, unit)), 0)
        assert "rounds off" not in it.explain(DELTA, (0, unit)).note


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_of_large_numbers_the_largest_is_taken_off(name: str) -> None:
    """Seen: e to the power of 1000, which neither a calculator nor a sheet can hold."""
    equation = layer(Choice(name), ((1000.0, 999.5),)).explain(A, (0, 1))
    assert "e^{999.5-1000}" in "".join(equation.numbers)
    assert equation.note == "m is the largest z: taken off, no power of e is too large"
    assert evaluate(" ".join(equation.numbers)) == pytest.approx(evaluate(equation.result), rel=1e-3)


def numbers(it: Case, ref: str, row: int) -> str:
    return " ".join(it.explain(ref, (row, 0), row).numbers)


def test_the_branch_that_applies_is_shown() -> None:
    it = layer(Choice("LeakyReLU"), ((-2.0,), (2.0,), (0.0,)))
    assert it.plain(A, (0, 0)) == "ŷ = {z if z > 0; s·z if z ≤ 0} = 0.01·(−2) = −0.02"
    assert it.plain(A, (1, 0)) == "ŷ = {z if z > 0; s·z if z ≤ 0} = 2"
    assert it.explain(DELTA, (0, 0)).symbols == (
        r"\frac{{\partial}L}{{\partial}\hat{y}}\cdot \begin{cases}1 & z>0 \\ s & z\leq 0\end{cases}",
    )
    assert numbers(it, DELTA, 1).endswith(r"\cdot 1")
    # At its kink, 0, torch takes the lower branch.
    assert numbers(it, DELTA, 2).endswith(r"\cdot 0.01")


def test_constants_are_symbols_with_numbers() -> None:
    it = layer(Choice("SELU"), ((-2.0,), (2.0,)))
    assert numbers(it, A, 0) == r"1.051\cdot 1.673\,(e^{{-}2.000}-1)"
    assert it.plain(A, (1, 0)) == "ŷ = {λ·z if z > 0; λ·α·(e^z − 1) if z ≤ 0} = 1.0507·2 = 2.101"


def test_arguments_that_change_nothing_are_left_out() -> None:
    assert numbers(layer(Choice("ELU"), ((-2.0,),)), A, 0) == "e^{{-}2.000} -\\,1"
    assert numbers(layer(Choice("ELU", {"alpha": 3.0}), ((-2.0,),)), A, 0) == r"3\,(e^{{-}2.000}-1)"
    assert numbers(layer(Choice("Softplus"), ((0.5,),)), A, 0) == r"\ln(1+e^{0.5000})"


@pytest.mark.parametrize("choice", [Choice("Mish"), Choice("GELU", {"approximate": "tanh"})], ids=str)
def test_a_part_by_a_letter_has_an_equation_of_its_own(choice: Choice) -> None:
    it = layer(choice, ((0.75,), (-1.5,)))
    for row in range(2):
        equation = it.explain(DELTA, (row, 0), row, digits=17)
        letter, _, numbers, value = equation.aside.split(" = ")
        assert letter == "t"
        assert close(evaluate(numbers), evaluate(value))
        assert value.replace("-", "{-}") in " ".join(equation.numbers)
        assert "t" in "".join(equation.symbols)
        typeset_fragment(equation.aside)


# ----------------------------------------------------------------------------------------------------- matrices


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_the_matrix_makes_delta(name: str) -> None:
    it = layer(Choice(name), ((0.5, -1.0, 2.0), (0.0, 0.0, 3.0)))
    upstream = it.numbers[ValueRef("layers.0.activation.grad")]
    for row in range(2):
        for unit in range(3):
            equation = it.explain(DELTA, (row, unit), row, digits=17)
            matrix = equation.matrix
            assert matrix is not None
            assert matrix.column == unit
            column = [evaluate(line[unit]) for line in matrix.rows]
            delta = sum(g * j for g, j in zip(upstream[row], column, strict=True))  # type: ignore[call-overload]
            assert close(delta, it.value(it.step(DELTA), (row, unit)))
            typeset(equation)


def test_the_formula_of_an_entry_is_that_of_the_matrix() -> None:
    for name, formula in (("Softmax", r"AK\,(D-AI)"), ("LogSoftmax", "D-e^{AI}")):
        it = layer(Choice(name), ((0.5, -1.0, 2.0),))
        matrix = it.explain(DELTA, (0, 1), 0, digits=17).matrix
        assert matrix is not None
        entry = matrix.entry.split(" = ")[1]
        for symbol, place in ((r"\hat{y}_k", "AK"), (r"\hat{y}_i", "AI"), (r"\mathbf{1}_{k=i}", "D")):
            entry = entry.replace(symbol, place)
        assert entry == formula
        a = [f"({it.value(it.step(A), (0, unit))!r})" for unit in range(3)]
        for k in range(3):
            for i in range(3):
                filled = formula.replace("AK", a[k]).replace("AI", a[i]).replace("D", str(int(k == i)))
                assert close(evaluate(filled), evaluate(matrix.rows[k][i]))


def test_a_large_matrix_is_cut_but_keeps_the_column_that_is_read() -> None:
    it = layer(Choice("Softmax"), (tuple(float(unit) / 4 for unit in range(12)),))
    equation = it.explain(DELTA, (0, 7))
    assert equation.matrix is not None
    lines = equation.matrix.latex.split(r" \\ ")
    assert len(lines) == 7
    assert all(line.count("&") == 6 for line in lines)
    a = [it.value(it.step(A), (0, unit)) for unit in range(12)]
    assert evaluate(equation.matrix.rows[0][4]) == pytest.approx(-a[0] * a[7], rel=1e-3)
    assert lines[3].count(r"\vdots") == 5
    assert lines[3].count(r"\ddots") == 2
    typeset(equation)
    assert equation.note == "8 of 12 terms are added up here"


def test_sums_of_powers_name_every_unit() -> None:
    it = layer(Choice("Softmax"), ((0.5, -1.0),))
    assert it.plain(A, (0, 1)) == "ŷ₂ = e^(z₂)/(Σⱼ e^(zⱼ)) = e⁻¹/(e^(0.5) + e⁻¹) = 0.1824"
    log = layer(Choice("LogSoftmax"), ((0.5, -1.0),))
    assert log.plain(A, (0, 1)) == "ŷ₂ = z₂ − ln(Σⱼ e^(zⱼ)) = −1 − ln(e^(0.5) + e⁻¹) = −1.701"


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_a_single_unit_of_a_matrix(name: str) -> None:
    it = layer(Choice(name), ((0.5,), (-1.0,)))
    for step, index in it.elements():
        equation = it.explain(step, index, 1, digits=17)
        assert_true(equation, it.value(step, index), 1)
        typeset(equation)
    assert it.narrate(DELTA, (0, 0)) == (
        f"With one unit {name} gives the same for every z: it passes nothing back, so δ is 0."
    )


# ----------------------------------------------------------------------------------------------------------- slopes


def test_a_slope_of_its_own() -> None:
    it = layer(Choice("PReLU", {"num_parameters": 2}), ((-2.0, 1.0), (4.0, -1.0)))
    equation = it.explain(f"{SLOPES}.grad", (0,), 0, digits=17)
    assert_true(equation, it.value(it.step(f"{SLOPES}.grad"), (0,)), 0)
    assert it.explain(f"{SLOPES}.grad", (0,)).symbols == (
        r"\sum_{n}\frac{{\partial}L}{{\partial}\hat{y}_{1,n}}\cdot \min(0,\,z_{1,n})",
    )
    assert len(equation.samples) == 2
    assert equation.samples[1] == 0
    assert len(equation.chain) == 2
    assert it.explain(A, (0, 0)).symbols == (r"\begin{cases}z_1 & z_1>0 \\ \alpha_1\cdot z_1 & z_1\leq 0\end{cases}",)
    assert it.narrate(f"{SLOPES}.grad", (0,)) == (
        "The slope of ŷ₁ works where z is negative: it is blamed for what came back to ŷ₁ in proportion to its z "
        "there, added over both samples of the batch."
    )


def test_a_shared_slope() -> None:
    it = layer(Choice("PReLU"), ((-2.0, 1.0), (4.0, -1.0)))
    equation = it.explain(f"{SLOPES}.grad", (0,), 0, digits=17)
    assert_true(equation, it.value(it.step(f"{SLOPES}.grad"), (0,)), 0)
    assert it.explain(f"{SLOPES}.grad", (0,)).symbols == (
        r"\sum_{n}\sum_{k}\frac{{\partial}L}{{\partial}\hat{y}_{k,n}}\cdot \min(0,\,z_{k,n})",
    )
    assert len(equation.numbers) == 4
    assert equation.chain == ()
    assert it.narrate(f"{SLOPES}.grad", (0,)) == (
        "The slope of layer 1 works where z is negative: it is blamed for what came back to its units in proportion to "
        "their z there, added over both samples of the batch and over ŷ₁ and ŷ₂."
    )


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (((1.0,),), "its z is not negative"),
        (((1.0,), (0.0,)), "its z is not negative in any sample"),
        (((1.0, 2.0), (0.0, 3.0)), "no z is negative in any sample"),
    ],
)
def test_why_a_slope_has_no_gradient(rows: tuple[tuple[float, ...], ...], why: str) -> None:
    it = layer(Choice("PReLU"), rows)
    assert it.narrate(f"{SLOPES}.grad", (0,)).endswith(f"The gradient is 0: {why}.")


@pytest.mark.parametrize(
    ("choice", "ref", "latex"),
    [
        (Choice("Softmax"), DELTA, r"\Delta = \frac{\partial \hat{Y}_n}{\partial Z_n}^\top"),
        (Choice("LeakyReLU"), DELTA, r"\odot \mathrm{LeakyReLU}'(Z)"),
        (Choice("PReLU"), f"{SLOPES}.grad", r"\cdot \min(0,\,Z_n)"),
        (Choice("PReLU", {"num_parameters": 2}), f"{SLOPES}.grad", r"\odot \min(0,\,Z_n)"),
        (Choice("PReLU"), A, r"\mathrm{PReLU}(Z)"),
    ],
    ids=str,
)
def test_whole_tensors(choice: Choice, ref: str, latex: str) -> None:
    it = layer(choice, ((0.5, -1.0), (1.0, 2.0)))
    whole = explain_step(it.experiment, it.program, it.step(ref))
    assert latex in whole
    typeset_fragment(whole)


# -------------------------------------------------------------------------------------------------------- sentences


@pytest.mark.parametrize("choice", CHOICES, ids=str)
@pytest.mark.parametrize("z", [-1e30, -750.0, -7.0, -3.0, -1.0, 0.0, 0.5, 3.0, 6.0, 40.0, 1e30])
def test_nothing_is_called_flat_that_passes_something_back(choice: Choice, z: float) -> None:
    if choice.arguments.get("num_parameters") == 2:
        choice = Choice("PReLU")
    it = layer(choice, ((z,),))
    sentence, delta = it.narrate(DELTA, (0, 0)), it.value(it.step(DELTA), (0, 0))
    flat = re.search("passes nothing back|Nothing came back", sentence)
    assert bool(flat) == (delta == 0), sentence


@pytest.mark.parametrize(
    ("choice", "z", "sentence"),
    [
        (Choice("ReLU"), -1.0, "z is negative, so ReLU passes nothing back: δ is 0."),
        (
            Choice("ReLU"),
            0.0,
            "z is 0, where ReLU has a corner: its slope is 0 below and 1 above. PyTorch takes 0, so it passes nothing "
            "back: δ is 0.",
        ),
        (
            Choice("Formula", {"formula": "abs(z)"}),
            0.0,
            "z is 0, where |z| has a corner: its slope is −1 below and 1 above. PyTorch takes 0, so it passes nothing "
            "back: δ is 0.",
        ),
        (
            Choice("Formula", {"formula": "if(z > 1, 3, z)"}),
            -1.0,
            "The slope of f at z is 1, so the error of ŷ (δ) is what came back to it (∂L/∂ŷ), unchanged.",
        ),
        (
            Choice("Formula", {"formula": "floor(z)"}),
            2.0,
            "z is 2, where ⌊z⌋ jumps from 1 to 2: there is no slope. PyTorch takes 0, so it passes nothing back: "
            "δ is 0.",
        ),
        (
            Choice("Formula", {"formula": "z^2"}),
            0.0,
            "z² is flat at z = 0: it passes nothing back, so δ is 0.",
        ),
        (
            Choice("Formula", {"formula": "z^z"}),
            0.0,
            "0 to the power of 0 has no slope. PyTorch takes 0, so it passes nothing back: δ is 0.",
        ),
        (
            Choice("ReLU6"),
            7.0,
            "z is 7.000, and ReLU6 is flat where z ≥ 6: it passes nothing back, so δ is 0.",
        ),
        (
            Choice("Hardtanh", {"min_val": -2.5}),
            -3.0,
            "z is −3.000, and Hardtanh is flat where z ≤ −2.5: it passes nothing back, so δ is 0.",
        ),
        (
            Choice("Sigmoid"),
            -800.0,
            "At z = −800.0 Sigmoid is so nearly flat that its slope is 0 in float64: it passes nothing back, "
            "so δ is 0.",
        ),
        (
            Choice("LeakyReLU", {"negative_slope": 0.0}),
            -1.0,
            "z is −1.000, and LeakyReLU is flat where z ≤ 0: it passes nothing back, so δ is 0.",
        ),
    ],
    ids=str,
)
def test_why_nothing_passes_back(choice: Choice, z: float, sentence: str) -> None:
    assert layer(choice, ((z,),)).narrate(DELTA, (0, 0)) == sentence


def test_a_matrix_in_words() -> None:
    it = layer(Choice("Softmax"), ((0.5, -1.0),))
    assert it.narrate(A, (0, 1)) == (
        "Softmax turns all z of a sample into shares that add up to 1. Here z is −1.000; set against the other z, "
        "that gives ŷ₂ the value 0.1824."
    )
    assert it.narrate(DELTA, (0, 1)) == (
        "The z of ŷ₂ moves every output of Softmax, so its error δ gathers what came back to each of them, times how "
        "far that one moves: column 2 of the matrix J."
    )
    saturated = layer(Choice("Softmax"), ((800.0, -800.0),))
    assert saturated.narrate(DELTA, (0, 0)).endswith("That column is 0: its share has levelled off, so δ is 0.")


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if not entry.couples_units])
def test_every_activation_has_words(name: str) -> None:
    words = ACTIVATIONS[name].words
    assert words[0].islower()
    assert not words.endswith(".")
