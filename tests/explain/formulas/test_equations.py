"""Equations: what they say is true, for every table entry; and the exact text of the example's."""

from __future__ import annotations

import math
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import update_of
from chainrule.explain.equations import Equation
from chainrule.explain.writing import fragments
from tests.experiments import experiments, parameters
from tests.explain.cases import MOCKUP, MOMENTUM, SCALAR, SINGLE, WIDE, Case, case, network
from tests.explain.checks import assert_true, typeset

# ------------------------------------------------------------------------------------------- what it says is true


@given(experiments(), st.integers(0, 2))
def test_the_numbers_make_the_result(experiment: Experiment, iteration: int) -> None:
    it = case(experiment, iteration)
    with patch.object(fragments, "MOST_TERMS", 1000):
        for step, index in it.elements():
            sample = sum(index) % it.rows
            equation = it.explain(step, index, sample, digits=17)
            assert_true(equation, it.value(step, index), sample)
            assert len(equation.samples) == (it.rows if step.kind in SUMMED else 0)
            assert len(equation.chain) == chain_length(it, step)


OF_THE_OPTIMIZER = (StepKind.UPDATE_TERM, StepKind.STATE_UPDATE, StepKind.PARAMETER_UPDATE)
SUMMED = (
    StepKind.WEIGHT_GRADIENT,
    StepKind.BIAS_GRADIENT,
    StepKind.ACTIVATION_WEIGHT_GRADIENT,
    StepKind.LOSS,
)


def chain_length(it: Case, step: MicroStep) -> int:
    """dL/da, da/dz, dz/dp; one less where da/dz is a matrix, or where p is part of a."""
    layer = it.experiment.network.layers[it.program.values[step.writes].layer or 0]
    if step.kind is StepKind.ACTIVATION_WEIGHT_GRADIENT:
        return 2 if layer.learned["weight"] > 1 or layer.units == 1 else 0
    if step.kind not in (StepKind.WEIGHT_GRADIENT, StepKind.BIAS_GRADIENT):
        return 0
    return 2 if ACTIVATIONS[layer.activation.name].couples_units else 3


@settings(max_examples=20)
@given(experiments())
def test_symbols_stay_the_same_from_iteration_to_iteration(experiment: Experiment) -> None:
    # A smaller last batch divides by another number.
    experiment = replace(experiment, data=replace(experiment.data, batch_size=None))
    first, later = case(experiment), case(experiment, 2)
    for step, index in first.elements():
        one, other = first.explain(step, index), later.explain(later.step(step.writes), index)
        assert one.left == other.left
        # Where another case may apply, and it is not written with all its cases, the symbols are those of the case.
        update = update_of(step) if step.kind in OF_THE_OPTIMIZER else None
        assert one.symbols == other.symbols or (update and "if(" in update.formula and not update.shows_cases)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_chain_of_a_saturated_neuron(dtype: str) -> None:
    it = case(replace(SINGLE, dtype=dtype, data=DataSpec(((10.0,),), ((0.0,),))))
    equation = it.explain("layers.0.weight.grad", (0, 0))

    assert len(equation.chain) == 3
    assert math.isclose(
        math.prod(f.value for f in equation.chain), it.value(it.step("layers.0.weight.grad"), (0, 0)), rel_tol=1e-6
    )


def test_chain_starts_from_delta_where_delta_was_edited() -> None:
    it = case(MOCKUP)
    delta = ValueRef("layers.0.pre_activation.grad")
    edited = Case(it.experiment, it.program, {**it.numbers, delta: [[9.0, 0.786], [-1.425, 1.71]]})
    equation = edited.explain("layers.0.weight.grad", (0, 1))

    assert equation.chain[0].symbol == r"\delta^{(1)}_1"
    assert [factor.value for factor in equation.chain] == [9.0, 2.0]
    assert equation.samples[0] == 18.0


# --------------------------------------------------------------------------------------------- the mockup's example


def latex(it: Case, ref: str, index: tuple[int, ...]) -> str:
    return it.explain(ref, index).latex


def test_forward_of_the_mockup() -> None:
    it = case(MOCKUP)

    assert it.explain("layers.0.pre_activation", (0, 0)) == Equation(
        left="z^{(1)}_1",
        symbols=(r"w^{(1)}_{11}\,x_1", r"+\,w^{(1)}_{12}\,x_2", r"+\,b^{(1)}_1"),
        numbers=("(0.1000)(1)", r"+\,(0.2000)(2)", r"+\,0"),
        result="0.5000",
    )
    assert it.explain("layers.0.activation", (0, 0)) == Equation(
        left="a^{(1)}_1", symbols=(r"\max(0,\,z^{(1)}_1)",), numbers=(r"\max(0,\,0.5000)",), result="0.5000"
    )
    assert latex(it, "layers.1.pre_activation", (0, 0)) == (
        r"z^{(2)} = w^{(2)}_1\,a^{(1)}_1 +\,w^{(2)}_2\,a^{(1)}_2 +\,b^{(2)}"
        r" = (0.5000)(0.5000) +\,(-0.6000)(1.100) +\,0.1000 = -0.3100"
    )
    assert latex(it, "layers.1.activation", (0, 0)) == r"\hat{y} = z^{(2)} = -0.3100"


def test_loss_of_the_mockup() -> None:
    it = case(MOCKUP)
    loss = it.explain("loss")

    assert loss.symbols == (r"\frac{1}{2}\,\sum_{n}(\hat{y}_n-t_n)^2",)
    assert loss.numbers == (r"\frac{1}{2}\,[({-}0.3100-1)^2", r"+\,({-}0.8500-2)^2]")
    assert loss.result == "4.919"
    assert loss.samples == pytest.approx((0.85805, 4.06125))


def test_backward_of_the_mockup() -> None:
    it = case(MOCKUP)

    assert latex(it, "layers.1.activation.grad", (0, 0)) == (
        r"\frac{\partial L}{\partial \hat{y}} = \frac{1}{2}\cdot 2\,(\hat{y}-t)"
        r" = \frac{1}{2}\cdot 2\,(-0.3100-1) = -1.310"
    )
    assert latex(it, "layers.1.pre_activation.grad", (0, 0)) == (
        r"\delta^{(2)} = \frac{\partial L}{\partial \hat{y}}\cdot 1 = (-1.310)\cdot 1 = -1.310"
    )
    assert latex(it, "layers.0.activation.grad", (0, 0)) == (
        r"\frac{\partial L}{\partial a^{(1)}_1} = \delta^{(2)}\,w^{(2)}_1 = (-1.310)(0.5000) = -0.6550"
    )
    delta = it.explain("layers.0.pre_activation.grad", (0, 0))
    assert delta.latex == (
        r"\delta^{(1)}_1 = \frac{\partial L}{\partial a^{(1)}_1}\cdot \mathbf{1}_{z^{(1)}_1>0}"
        r" = (-0.6550)\cdot \mathbf{1}_{0.5000>0} = -0.6550"
    )
    assert delta.note == "ReLU′(z) = 1"
    assert it.explain("layers.0.bias.grad", (0,)).numbers == ("{-}0.6550", r"+\,({-}1.425)")


def test_weight_gradient_of_the_mockup() -> None:
    equation = case(MOCKUP).explain("layers.0.weight.grad", (0, 1))

    assert equation.left == r"\frac{{\partial}L}{{\partial}w^{(1)}_{12}}"
    assert equation.symbols == (r"\sum_{n}\delta^{(1)}_{1,n}\,x_{2,n}",)
    assert equation.numbers == ("({-}0.6550)(2)", r"+\,({-}1.425)(4)")
    assert equation.result == "-7.010"
    assert equation.samples == pytest.approx((-1.31, -5.7))
    assert [(f.symbol, f.number) for f in equation.chain] == [
        (r"\frac{{\partial}L}{{\partial}a^{(1)}_1}", "({-}0.6550)"),
        (r"\frac{{\partial}a^{(1)}_1}{{\partial}z^{(1)}_1}", "1.000"),
        (r"\frac{{\partial}z^{(1)}_1}{{\partial}w^{(1)}_{12}}", "2"),
    ]


def test_updates() -> None:
    assert latex(case(MOCKUP), "layers.0.weight.next", (0, 1)) == (
        r"w^{(1)\,\text{new}}_{12} = w^{(1)}_{12} -\,\eta\cdot \frac{\partial L}{\partial w^{(1)}_{12}}"
        r" = 0.2000 -\,0.01\cdot (-7.010) = 0.2701"
    )
    assert latex(case(MOMENTUM, 1), "layers.1.bias.momentum_buffer.next", (0,)) == (
        r"v^{\text{new}}_{b^{(2)}} = \mu\cdot v_{b^{(2)}} +\,\frac{\partial L}{\partial b^{(2)}}"
        r" = 0.9\cdot (-2.000) +\,(-1.768) = -3.568"
    )


def test_plain_equations() -> None:
    it = case(MOCKUP)

    assert it.plain("layers.0.pre_activation", (0, 0)) == (
        "z₁⁽¹⁾ = w₁₁⁽¹⁾·x₁ + w₁₂⁽¹⁾·x₂ + b₁⁽¹⁾ = (0.1)(1) + (0.2)(2) + 0 = 0.5"
    )
    assert it.plain("loss") == "L = 1/2·Σₙ (ŷₙ − tₙ)² = 1/2·[(−0.31 − 1)² + (−0.85 − 2)²] = 4.919"
    assert it.plain("layers.0.weight.grad", (0, 1)) == (
        "∂L/∂w₁₂⁽¹⁾ = Σₙ δ₁ₙ⁽¹⁾·x₂ₙ = (−0.655)(2) + (−1.425)(4) = −7.01"
    )
    assert it.plain("layers.0.weight.next", (0, 1)) == (
        "new w₁₂⁽¹⁾ = w₁₂⁽¹⁾ − η·∂L/∂w₁₂⁽¹⁾ = 0.2 − 0.01·(−7.01) = 0.2701"
    )
    assert it.plain("layers.0.pre_activation.grad", (0, 0)) == (
        "δ₁⁽¹⁾ = ∂L/∂a₁⁽¹⁾·1(z₁⁽¹⁾ > 0) = (−0.655)·1(0.5 > 0) = −0.655"
    )
    assert case(SINGLE).plain("layers.0.pre_activation", (0, 0)) == "z = w·x + b = (0.6)(2) + 0.9 = 2.1"
    assert case(SINGLE).plain("layers.0.activation", (0, 0)) == ("ŷ = 1/(1 + e^(−z)) = 1/(1 + e^(−2.1)) = 0.8909")
    assert case(SCALAR).plain("layers.0.pre_activation", (0, 0)) == "z₁ = w₁·x + b₁ = (0.6)(2) + 0.4 = 1.6"


def test_full_precision() -> None:
    assert case(MOCKUP).plain("layers.0.activation.grad", (0, 1), digits=None) == (
        "∂L/∂a₂⁽¹⁾ = δ⁽²⁾·w₂⁽²⁾ = (−1.31)(−0.6) = 0.786"
    )


# ----------------------------------------------------------------------------------------------------- other shapes


def test_a_layer_without_bias() -> None:
    it = case(replace(MOCKUP, network=network(2, (2, "ReLU"), (1, "Identity"), bias=False), parameters={}))

    assert it.explain("layers.0.pre_activation", (0, 0)).symbols == (
        r"w^{(1)}_{11}\,x_1",
        r"+\,w^{(1)}_{12}\,x_2",
    )


def test_long_sums_show_their_ends() -> None:
    it = case(WIDE)
    z = it.explain("layers.0.pre_activation", (0, 0))

    assert z.symbols == (
        r"w^{(1)}_{11}\,x_1",
        r"+\,w^{(1)}_{12}\,x_2",
        r"+\,w^{(1)}_{13}\,x_3",
        r"+\,\cdots",
        r"+\,w^{(1)}_{1,12}\,x_{12}",
        r"+\,b^{(1)}_1",
    )
    assert len(z.numbers) == 6
    assert z.numbers[3] == r"+\,(\text{8 more: }{-}0.4371)"
    assert z.note == "8 of 12 terms are added up here"
    gradient = it.explain("layers.0.weight.grad", (0, 0))
    assert gradient.numbers[3].startswith(r"+\,(\text{3 more: }")
    assert len(gradient.samples) == 7
    loss = it.explain("loss")
    assert loss.numbers[0].startswith(r"\frac{1}{21}\,[(")
    assert loss.numbers[-1].endswith("]")
    assert math.fsum(loss.samples) == pytest.approx(it.value(it.step("loss"), ()))


@pytest.mark.parametrize(
    ("reduction", "front"), [("mean", r"\frac{1}{4}\,"), ("batchmean", r"\frac{1}{2}\,"), ("sum", "")]
)
def test_reductions(reduction: str, front: str) -> None:
    data = DataSpec(((1.0,), (2.0,)), ((1.0, 2.0), (3.0, 4.0)))
    it = case(
        Experiment(
            network(1, (2, "Identity")), data, Choice("HalfSquaredError", {"reduction": reduction}), parameters={}
        )
    )

    assert it.explain("loss").symbols == (
        rf"{front}\sum_{{n}}\sum_{{k}}\frac{{1}}{{2}}\,(t_{{k,n}}-\hat{{y}}_{{k,n}})^2",
    )
    gradient = it.explain("layers.0.activation.grad", (0, 1)).symbols
    factor = front.removesuffix(r"\,")
    assert gradient == ((rf"{factor}\cdot (\hat{{y}}_2-t_2)",) if factor else (r"\hat{y}_2", r"-\,t_2"))


def test_a_sample_letter_only_where_there_is_a_sum() -> None:
    assert case(SINGLE).explain("loss").symbols == (r"\frac{1}{2}\,(t-\hat{y})^2",)
    assert case(SINGLE).explain("layers.0.weight.grad", (0, 0)).symbols == (r"\delta\,x",)
    assert case(SCALAR).explain("layers.0.weight.grad", (0, 0)).symbols == (r"\sum_{n}\delta_{1,n}\,x_n",)


def test_infinities_are_shown() -> None:
    given = parameters({"layers.0.weight": ((-1e6,),), "layers.0.bias": (0.0,)})
    data = DataSpec(((1e308,), (1.0,)), ((1.0,), (0.0,)))
    it = case(Experiment(network(1, (1, "Identity")), data, parameters=given))

    z = it.explain("layers.0.pre_activation", (0, 0))
    assert z.numbers[0] == r"({-}1.000\cdot 10^{6})(1\cdot 10^{308})"
    assert z.result == r"-\infty"
    assert it.explain("loss").result == r"\infty"
    for step, index in it.elements():
        typeset(it.explain(step, index))
