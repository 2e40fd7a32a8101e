"""Explanations of the optimizers' steps: what they say is true for every entry and argument, and can be shown."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from unittest.mock import patch

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.optimizers import OPTIMIZERS, complete_optimizer, kept_values
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.explain.context import Context, update_of
from chainrule.explain.equations import explain_step
from chainrule.explain.formulas.updates import values_read
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import mark_index, step_mark, step_title
from chainrule.explain.writing import fragments
from chainrule.formula.evaluate import evaluate as evaluate_tree
from chainrule.formula.parse import parse_formula, read
from tests.engine.program.test_optimizers import CHOICES, DECAY, SHAPES
from tests.experiments import parameters
from tests.explain.cases import Case, case, network, random_rows
from tests.explain.checks import small_font, typeset, typeset_fragment
from tests.explain.formulas.optimizer_steps import NEURON, SMALL, same, updates
from tests.explain.latex_arithmetic import evaluate

OF_THE_OPTIMIZER = (StepKind.UPDATE_TERM, StepKind.STATE_UPDATE, StepKind.PARAMETER_UPDATE)
CHAIN = Experiment(network(1, (1, "Tanh"), (1, "Identity")), DataSpec(random_rows(3, 1, 1), random_rows(3, 1, 2)))


# ------------------------------------------------------------------------------------------- what it says is true


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_numbers_make_the_result(choice: Choice) -> None:
    with patch.object(fragments, "MOST_TERMS", 1000):
        for experiment, iteration in ((SMALL, 0), (CHAIN, 3)):
            it = case(replace(experiment, optimizer=choice), iteration)
            for step, index in updates(it):
                equation = it.explain(step, index, digits=17)
                value = it.value(step, index)
                if math.isfinite(value):
                    assert same(evaluate(equation.result), value)
                    assert same(evaluate(" ".join(equation.numbers) or equation.result), value), equation


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_symbols_stay_the_same_from_iteration_to_iteration(choice: Choice) -> None:
    experiment = replace(SMALL, optimizer=choice)
    first, later = case(experiment), case(experiment, 7)
    for step, index in updates(first):
        one, other = first.explain(step, index), later.explain(later.step(step.writes), index)
        assert one.left == other.left
        # Where another case may apply, and it is not written with all its cases, the symbols are those of the case.
        update = update_of(step)
        assert one.symbols == other.symbols or ("if(" in update.formula and not update.shows_cases)


@pytest.mark.parametrize("experiment", [SMALL, CHAIN, NEURON], ids=["small", "chain", "neuron"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_value_has_a_name_of_its_own(name: str, experiment: Experiment) -> None:
    """No two values of one iteration are written alike, but scalars of different parameters."""
    for choice in (choice for choice in CHOICES if choice.name == name):
        it = case(replace(experiment, optimizer=choice), 1)
        notation, seen = Notation.of(it.experiment), dict[str, tuple[str, str]]()
        for step, index in it.elements():
            row = (0, *index[1:]) if it.program.values[step.writes].per_sample else index
            place = (step.writes if index else "scalar", str(row))
            assert seen.setdefault(notation.latex(step.writes, index), place) == place, step.writes


@pytest.mark.parametrize(
    ("choice", "writes", "first", "second"),
    [
        (Choice("SGD", {"momentum": 0.9, "dampening": 0.5}), "momentum_buffer.next", "{g}", r"\mu\cdot {v}+\,(1-\tau"),
        (Choice("RAdam"), "rect", "", ""),
        (Choice("RAdam"), "adaptive_lr", "", ""),
    ],
    ids=["dampening", "rect", "adaptive"],
)
def test_symbols_are_those_of_the_case_that_applies(choice: Choice, writes: str, first: str, second: str) -> None:
    experiment = replace(NEURON, optimizer=choice)
    names = {"g": r"\frac{{\partial}L}{{\partial}w}", "v": "v_w"}
    for iteration, begin in enumerate((first, second)):
        equation = case(experiment, iteration).explain(f"layers.0.weight.{writes}", (0, 0))
        symbols = "".join(equation.symbols)
        assert symbols.startswith(begin.format(**names))
        assert bool(symbols) == bool(begin)
        if not begin:
            assert equation.latex.endswith(" = 1.000")


# ------------------------------------------------------------------------------------------------ it can be shown


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_every_piece_can_be_typeset_and_written_as_text(choice: Choice) -> None:
    font, it = small_font(), case(replace(SMALL, optimizer=choice), 1)
    notation = Notation.of(it.experiment)
    for step, index in updates(it):
        if sum(index):
            continue
        if step.writes.startswith("layers.0.weight"):
            equation = it.explain(step, index, digits=2)
            # The numbers differ from case to case: a few are enough.
            typeset(equation if choice.arguments in ({}, DECAY) else replace(equation, numbers=(), result="0"))
        typeset_fragment(explain_step(it.experiment, it.program, step))
        sentence, line = it.narrate(step, index), it.plain(step.writes, index)
        assert sentence.endswith(".")
        assert sentence[0].isupper() or not math.isfinite(it.value(step, index))
        texts = [
            step_mark(notation, step),
            step_title(notation, step),
            notation.text(step.writes, index),
            line,
            sentence,
        ]
        for text in texts:
            assert not [c for c in text if not font.glyphindex(c)], text
            assert "\\" not in text
            assert "_" not in text
            assert "{" not in text or " if " in text


def test_every_value_is_called_something_and_no_two_alike() -> None:
    for choice in CHOICES:
        completed, entry = complete_optimizer(choice, "$"), OPTIMIZERS[choice.name]
        for shape in SHAPES:
            kept = kept_values(entry, completed, shape)
            # Names made from torch's would say less: exp_avg_sq.
            explained = {each.name for each in entry.state(completed, shape) if each.called}
            explained |= {each.writes for each in entry.updates(completed, shape) if each.called}
            assert explained == set(kept), choice
            assert len({(each.called.letter, each.called.above) for each in kept.values()}) == len(kept), choice
            assert len({each.called.words for each in kept.values()}) == len(kept), choice


def adam(**arguments: float) -> Case:
    return case(replace(SMALL, optimizer=Choice("Adam", arguments)))


# -------------------------------------------------------------------------------------------------- as it is read


def test_adam_in_letters() -> None:
    it = adam()
    symbols = {
        step.writes.removeprefix("layers.0.weight."): "".join(it.explain(step, index).symbols)
        for step, index in updates(it)
        if step.writes.startswith("layers.0.weight.") and not sum(index)
    }
    w = "w^{(1)}_{11}"
    assert symbols == {
        "step.next": r"t+\,1",
        "exp_avg.next": rf"\beta_1\cdot m_{{{w}}}+\,(1-\beta_1)\cdot \frac{{{{\partial}}L}}{{{{\partial}}{w}}}",
        "exp_avg_sq.next": rf"\beta_2\cdot v_{{{w}}}+\,(1-\beta_2)\cdot "
        rf"\left(\frac{{{{\partial}}L}}{{{{\partial}}{w}}}\right)^2",
        "bias_correction1": r"1-\,\beta_1^{t^{\text{new}}}",
        "bias_correction2": r"1-\,\beta_2^{t^{\text{new}}}",
        "denom": rf"\frac{{\sqrt{{v^{{\text{{new}}}}_{{{w}}}}}}}{{\sqrt{{c_2}}}}+\,\epsilon",
        "update": rf"\frac{{\eta}}{{c_1}}\cdot \frac{{m^{{\text{{new}}}}_{{{w}}}}}{{d_{{{w}}}}}",
        "next": rf"{w}-\,\Delta {w}",
    }
    assert it.plain("layers.0.weight.next", (0, 0)).startswith("new w₁₁⁽¹⁾ = w₁₁⁽¹⁾ − Δw₁₁⁽¹⁾ = ")
    assert it.explain("layers.0.weight.step.next").result == "1"
    assert it.plain("layers.0.weight.bias_correction1") == "c₁ = 1 − β₁^(new t) = 1 − 0.9¹ = 0.1"


def test_whole_tensors_of_adam() -> None:
    it = adam()
    latex = {step.writes: explain_step(it.experiment, it.program, step) for step in it.program.steps}

    assert latex[ValueRef("layers.0.weight.step.next")] == r"t^{\text{new}} = t+1"
    assert latex[ValueRef("layers.0.weight.next")] == r"W^{(1)\,\text{new}} = W^{(1)}-\Delta W^{(1)}"
    assert latex[ValueRef("layers.0.weight.update")] == (
        r"\Delta W^{(1)} = \frac{\eta}{c_1}\cdot \frac{M^{\text{new}}_{W^{(1)}}}{D_{W^{(1)}}}"
    )


def test_marks_and_titles_of_adam() -> None:
    it = adam()
    notation = Notation.of(it.experiment)
    steps = [
        step for step in it.program.steps if step.writes.startswith("layers.0.bias.") and step.phase is Phase.UPDATE
    ]

    assert [step_mark(notation, step) for step in steps] == ["tb¹", "mb¹", "vb¹", "c₁b¹", "c₂b¹", "db¹", "Δb¹", "b¹"]
    # As in d_b and m_b; the update is written before its parameter, Δb.
    assert [mark_index(notation, step) for step in steps] == ["b¹"] * 6 + ["", ""]
    assert not any(mark_index(notation, step) for step in it.program.steps if step.phase is not Phase.UPDATE)
    assert [step_title(notation, step) for step in steps[:4]] == [
        "Update · layer 1 · step count of the biases",
        "Update · layer 1 · average gradient of the biases",
        "Update · layer 1 · average square of the biases",
        "Update · layer 1 · first bias correction of the biases",
    ]


def test_sentences_of_adam() -> None:
    it = adam()
    pull = it.value_of(ValueRef("layers.0.weight.update"), (1, 0))
    sign, verb = ("negative", "grows") if pull < 0 else ("positive", "falls")

    assert it.narrate("layers.0.weight.step.next") == ("The step count of the weights of layer 1 counts one more step.")
    assert it.narrate("layers.1.bias.step.next") == "The step count of the bias of layer 2 counts one more step."
    assert it.narrate("layers.0.weight.next", (1, 0)) == (
        f"The weight from x₁ to h₂ moves by its update, in the opposite direction. "
        f"The update is {sign}, so the weight {verb}."
    )


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_sentences_tell_the_direction(choice: Choice) -> None:
    it = case(replace(SMALL, optimizer=choice), 1)
    for step, index in updates(it):
        if step.kind is StepKind.PARAMETER_UPDATE:
            moved = it.value(step, index) - it.value_of(it.program.values[step.writes].owner.ref, index)
            text = it.narrate(step, index)
            assert ("grows" in text) == (moved > 0), text
            assert ("falls" in text) == (moved < 0), text


def test_a_division_by_zero_is_called_so() -> None:
    still = replace(NEURON, data=DataSpec(((0.0,),), ((0.5,),)), optimizer=Choice("Adam", {"eps": 0.0}))
    it = case(still)

    assert it.narrate("layers.0.weight.update", (0, 0)) == "Δw is NaN, because it is divided by 0."


# --------------------------------------------------------------------------------------------------- sums in rows


def test_adafactor_shows_what_it_sums() -> None:
    it = case(replace(SMALL, optimizer=Choice("Adafactor")))
    w = r"\frac{{\partial}L}{{\partial}w^{(1)}_{2k}}"

    assert it.explain("layers.0.weight.row_mean", (1, 0)).left == r"\bar{r}^{(1)}_2"
    assert "".join(it.explain("layers.0.weight.row_mean", (1, 0)).symbols) == (
        rf"\frac{{\sum_{{k}}\left({w}\right)^2}}{{2}}"
    )
    assert "".join(it.explain("layers.0.weight.rms").symbols) == (r"\sqrt{\frac{\sum_{i,k}(w^{(1)}_{ik})^2}{6}}")
    assert it.narrate("layers.0.weight.row_mean", (1, 0)) == (
        "The mean square of a row of the weights to h₂ is the mean of the squared gradients of this row."
    )
    # Of the first step Adafactor's beta is 0.
    assert it.narrate("layers.0.weight.col_var.next", (0, 1)) == (
        "The average square of a column of the weights from x₂ is that of the newest squares alone: at this step "
        "nothing is kept of what it was."
    )


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_code_computes_the_formula_of_each_update(choice: Choice) -> None:
    """At the first step, at the second, and at a later one, with the numbers that the engine has."""
    for iteration in (0, 1, 7):
        it = case(replace(SMALL, optimizer=choice), iteration)
        for step, index in updates(it):
            update = update_of(step)
            if update.term or step.kind not in OF_THE_OPTIMIZER:
                # What is summed is worked out from what is printed, above.
                continue
            c = Context(it.experiment, Notation.of(it.experiment), step, index, 0, it.values)
            found, expected = evaluate_tree(read(update.formula), values_read(c)), it.value(step, index)
            if math.isnan(found) and math.isnan(expected):
                continue
            assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-14), (step.writes, index)


# --------------------------------------------------------------------------------------------- what was once wrong


def test_of_the_first_step_the_case_that_applies_is_shown_on_both_sides() -> None:
    it = case(replace(NEURON, optimizer=Choice("SGD", {"momentum": 0.9, "dampening": 0.5})))
    assert it.plain("layers.0.weight.momentum_buffer.next", (0, 0)).startswith("new v_w = ∂L/∂w = ")
    it = case(replace(NEURON, optimizer=Choice("RAdam")))
    assert it.plain("layers.0.weight.rect") == "r = 1"
    assert it.plain("layers.0.weight.adaptive_lr", (0, 0)) == "l_w = 1"


def test_greek_is_greek() -> None:
    it = case(replace(NEURON, optimizer=Choice("NAdam")))
    assert it.plain("layers.0.weight.mu_product.next").startswith("new Π = Π·μ = 1·0.45")
    assert it.plain("layers.0.weight.mu_next").startswith("μ′ = β₁·(1 − 0.5·0.96^((new t + 1)·ψ)) = ")


def test_what_asgd_calls_mu_is_no_momentum() -> None:
    it = case(replace(NEURON, optimizer=Choice("ASGD")))
    assert it.narrate("layers.0.weight.mu.next") == (
        "The share of the newest value of the weight of layer 1 is 1 until step t0 is past, and then 1 over the steps "
        "since: so much the next value counts in the mean."
    )
    assert "momentum" not in step_title(Notation.of(it.experiment), it.step("layers.0.weight.mu.next"))


def test_a_beta_of_0_keeps_nothing() -> None:
    it = case(replace(NEURON, optimizer=Choice("Adam", {"betas": (0.0, 0.0)})))
    assert it.narrate("layers.0.weight.exp_avg.next", (0, 0)) == (
        "The average gradient of the weight from x to ŷ is the gradient: nothing is kept of what it was."
    )
    assert it.narrate("layers.0.weight.bias_correction1").endswith("nothing is left of the start at 0.")


def test_a_number_with_a_power_of_ten_is_bracketed_only_in_a_product() -> None:
    it = case(replace(NEURON, optimizer=Choice("Adam")))
    assert " + 1·10⁻⁸ = " in it.plain("layers.0.weight.denom", (0, 0))
    small = replace(NEURON, data=DataSpec(((1e-8,),), ((1e9,),)))
    assert re.search(r"\\cdot \(-?[\d.]+\\cdot 10\^", case(small).explain("layers.0.bias.next", (0,)).latex)


def test_two_alphas_are_told_apart() -> None:
    learned = Experiment(network(1, (1, "PReLU")), DataSpec(((-1.0,),), ((0.5,),)), optimizer=Choice("RMSprop"))
    slope = case(learned).plain("layers.0.activation.weight.square_avg.next", (0,))
    assert slope.startswith("new s_α = α_RMSprop·s_α + (1 − α_RMSprop)·(∂L/∂α)² = ")
    assert "α_RMSprop" not in case(replace(NEURON, optimizer=Choice("RMSprop"))).plain(
        "layers.0.weight.square_avg.next", (0, 0)
    )


@pytest.mark.parametrize(
    ("line", "sides"),
    [
        ("if(grad > 0, 1, -1)", "{1 if ∂L/∂w > 0; −1 if ∂L/∂w ≤ 0} = 1"),
        (
            "if(grad < 0, 1, if(grad < 2, 2*grad, 3))",
            "{1 if ∂L/∂w < 0; 2·∂L/∂w if 0 ≤ ∂L/∂w < 2; 3 if ∂L/∂w ≥ 2} = 2·0.5 = 1",
        ),
        ("if(grad < 0, 1, if(param < 2, grad, 3))", "{1 if ∂L/∂w < 0; ∂L/∂w if w < 2; 3 otherwise} = 0.5"),
        ("2*if(grad > 0, 1, -1)", "2·{1 if ∂L/∂w > 0; −1 otherwise} = 2·1 = 2"),
        ("grad*if(grad > 0, 1, 0)", "∂L/∂w·1(∂L/∂w > 0) = 0.5·1(0.5 > 0) = 0.5"),
    ],
)
def test_a_line_of_the_optimizer_shows_its_cases_with_their_conditions(line: str, sides: str) -> None:
    choice = Choice("Formula", {"lr": 0.1, "state": {}, "updates": (f"k = {line}", "next = param - lr*k")})
    given = parameters({"layers.0.weight": ((0.75,),), "layers.0.bias": (0.0,)})
    it = case(replace(NEURON, optimizer=choice, parameters=given))
    ref = ValueRef("layers.0.weight.k")
    assert it.plain(ref, (0, 0)) == f"k_w = {sides}"
    tensor = explain_step(it.experiment, it.program, it.step(ref))
    assert r"{\partial W}>0" in tensor or r"{\partial W}<0" in tensor, tensor
    typeset(it.explain(ref, (0, 0)))
    typeset_fragment(tensor)


RAISED = re.compile(r"(?<=[\d)])([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)")
DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def as_formula(text: str) -> str:
    """A side of a line of plain text in the grammar of formulas."""
    text = re.sub(r"\d+ more: ", "", text)
    text = RAISED.sub(lambda match: f"^({match[1].translate(DIGITS)})", text)
    text = re.sub(r"\|([^|]*)\|", r"abs(\1)", text)
    return text.replace("√", "sqrt").replace("sgn", "sign").replace("[", "(").replace("]", ")")


# ------------------------------------------------------------------------------------------------ in plain text


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_numbers_in_plain_text_make_the_result(choice: Choice) -> None:
    it = case(replace(CHAIN, optimizer=choice), 3)
    for step, index in updates(it):
        value, line = it.value(step, index), it.plain(step.writes, index, digits=17)
        _, *sides = line.split(" = ")
        if not math.isfinite(value) or "∞" in line or " if " in line:
            continue
        for side in sides[1 if len(sides) > 1 else 0 :]:
            found = evaluate_tree(parse_formula(as_formula(side)), lambda name, places: math.nan)
            assert same(found, value), (line, side)
