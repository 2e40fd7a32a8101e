"""Names of values, in LaTeX and in plain text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, NetworkSpec, ParameterGroup, PenaltySpec
from chainrule.catalog.optimizers import complete_optimizer
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.equations import explain_step
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_mark, step_title
from chainrule.explain.sentences.narration import introduce
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import tidy
from tests.experiments import penalized
from tests.explain.cases import EXPERIMENTS, MAZUR, MOCKUP, MOMENTUM, SCALAR, SINGLE, WIDE, case, network
from tests.explain.checks import small_font

DEEP = network(3, (3, "ReLU"), (2, "ReLU"), (1, "ReLU"), (2, "Identity"))

NAMES = [
    (MOCKUP.network, "input", (1, 1), "x_2", "x₂"),
    (MOCKUP.network, "target", (0, 0), "t", "t"),
    (MOCKUP.network, "layers.0.pre_activation", (0, 1), "z^{(1)}_2", "z₂⁽¹⁾"),
    (MOCKUP.network, "layers.0.activation", (0, 1), "a^{(1)}_2", "a₂⁽¹⁾"),
    (MOCKUP.network, "layers.1.pre_activation", (0, 0), "z^{(2)}", "z⁽²⁾"),
    (MOCKUP.network, "layers.1.activation", (0, 0), r"\hat{y}", "ŷ"),
    (MOCKUP.network, "layers.1.activation.grad", (0, 0), r"\frac{\partial L}{\partial \hat{y}}", "∂L/∂ŷ"),
    (MOCKUP.network, "layers.0.pre_activation.grad", (1, 0), r"\delta^{(1)}_1", "δ₁⁽¹⁾"),
    (MOCKUP.network, "loss", (), "L", "L"),
    (MOCKUP.network, "lr", (), r"\eta", "η"),
    (MOCKUP.network, "layers.0.weight", (0, 1), "w^{(1)}_{12}", "w₁₂⁽¹⁾"),
    (MOCKUP.network, "layers.1.weight", (0, 1), "w^{(2)}_2", "w₂⁽²⁾"),
    (MOCKUP.network, "layers.0.bias", (1,), "b^{(1)}_2", "b₂⁽¹⁾"),
    (MOCKUP.network, "layers.0.weight.grad", (0, 1), r"\frac{\partial L}{\partial w^{(1)}_{12}}", "∂L/∂w₁₂⁽¹⁾"),
    (MOCKUP.network, "layers.0.weight.next", (0, 1), r"w^{(1)\,\text{new}}_{12}", "new w₁₂⁽¹⁾"),
    (MOCKUP.network, "layers.0.weight.momentum_buffer", (0, 1), "v_{w^{(1)}_{12}}", "v(w₁₂⁽¹⁾)"),
    (
        MOCKUP.network,
        "layers.0.bias.momentum_buffer.next",
        (0,),
        r"v^{\text{new}}_{b^{(1)}_1}",
        "new v(b₁⁽¹⁾)",
    ),
    (MOCKUP.network, "layers.0.bias.max_lag", (0,), r"\text{layers.0.bias.max lag}", "layers.0.bias.max lag"),
    (SINGLE.network, "layers.0.weight", (0, 0), "w", "w"),
    (SINGLE.network, "layers.0.bias", (0,), "b", "b"),
    (SINGLE.network, "layers.0.pre_activation", (0, 0), "z", "z"),
    (SINGLE.network, "layers.0.pre_activation.grad", (0, 0), r"\delta", "δ"),
    (SINGLE.network, "layers.0.activation", (0, 0), r"\hat{y}", "ŷ"),
    (SINGLE.network, "layers.0.weight.next", (0, 0), r"w^{\text{new}}", "new w"),
    (SCALAR.network, "input", (1, 0), "x", "x"),
    (SCALAR.network, "layers.0.pre_activation", (1, 0), "z_1", "z₁"),
    (SCALAR.network, "layers.0.activation", (1, 0), "a_1", "a₁"),
    (SCALAR.network, "layers.1.weight", (0, 0), "w_2", "w₂"),
    (SCALAR.network, "layers.1.bias.next", (0,), r"b^{\text{new}}_2", "new b₂"),
    (SCALAR.network, "layers.1.activation", (0, 0), r"\hat{y}", "ŷ"),
    (WIDE.network, "layers.0.weight", (19, 3), "w^{(1)}_{20,4}", "w₂₀,₄⁽¹⁾"),
    (WIDE.network, "layers.0.weight", (8, 8), "w^{(1)}_{99}", "w₉₉⁽¹⁾"),
    (WIDE.network, "layers.0.bias", (19,), "b^{(1)}_{20}", "b₂₀⁽¹⁾"),
]


@pytest.mark.parametrize(("net", "ref", "index", "latex", "text"), NAMES)
def test_names(net: NetworkSpec, ref: str, index: tuple[int, ...], latex: str, text: str) -> None:
    optimizer = complete_optimizer(MOMENTUM.optimizer, "$")
    notation = Notation.of(replace(MOMENTUM, network=net, optimizer=optimizer))

    assert tidy(notation.latex(ValueRef(ref), index)) == latex
    assert notation.text(ValueRef(ref), index) == text


def test_neurons() -> None:
    def names(net: NetworkSpec) -> list[list[str]]:
        widths = [net.inputs, *(layer.units for layer in net.layers)]
        notation = Notation.of(replace(MOMENTUM, network=net))
        return [[notation.neuron(layer - 1, unit) for unit in range(width)] for layer, width in enumerate(widths)]

    assert names(MOCKUP.network) == [["x₁", "x₂"], ["h₁", "h₂"], ["ŷ"]]
    assert names(MAZUR.network) == [["x₁", "x₂"], ["h₁", "h₂"], ["ŷ₁", "ŷ₂"]]
    assert names(SINGLE.network) == [["x"], ["ŷ"]]
    assert names(SCALAR.network) == [["x"], ["h"], ["ŷ"]]
    assert names(network(1, (1, "ReLU"), (1, "ReLU"), (1, "ReLU"))) == [["x"], ["h₁"], ["h₂"], ["ŷ"]]
    deep = [["x₁", "x₂", "x₃"], ["h₁⁽¹⁾", "h₂⁽¹⁾", "h₃⁽¹⁾"], ["h₁⁽²⁾", "h₂⁽²⁾"], ["h⁽³⁾"], ["ŷ₁", "ŷ₂"]]
    assert names(DEEP) == deep


MARKS = [
    (MOCKUP, "z¹ a¹ z² ŷ L ∂ŷ δ² ∂W² ∂b² ∂a¹ δ¹ ∂W¹ ∂b¹ W² b² W¹ b¹"),
    (MOMENTUM, "z¹ a¹ z² ŷ L ∂ŷ δ² ∂W² ∂b² ∂a¹ δ¹ ∂W¹ ∂b¹ vW² W² vb² b² vW¹ W¹ vb¹ b¹"),
    (SINGLE, "z ŷ L ∂ŷ δ ∂w ∂b w b"),
    (SCALAR, "z₁ a₁ z₂ ŷ L ∂ŷ δ₂ ∂w₂ ∂b₂ ∂a₁ δ₁ ∂w₁ ∂b₁ w₂ b₂ w₁ b₁"),
]


ONE_PENALTY = replace(MOCKUP, penalties=(PenaltySpec(Choice("L2", {"factor": 0.1, "half": False})),))
GROUP = ParameterGroup(("*.bias",), {"lr": 0.5})
SCHEDULED = replace(
    SINGLE, parameter_groups=(GROUP,), scheduler=Choice("StepLR", {"step_size": 2, "gamma": 0.1, "interval": "epoch"})
)
MARKS += [
    (ONE_PENALTY, "z¹ a¹ z² ŷ Lᴰ R L ∂ŷ δ² ∂ᴰW² ∂RW² ∂W² ∂b² ∂a¹ δ¹ ∂ᴰW¹ ∂RW¹ ∂W¹ ∂b¹ W² b² W¹ b¹"),
    (
        penalized(MOCKUP),
        "z¹ a¹ z² ŷ Lᴰ R₁ R₂ L ∂ŷ δ² ∂ᴰW² ∂R₁W² ∂R₂W² ∂W² ∂ᴰb² ∂R₂b² ∂b² ∂a¹ δ¹ ∂ᴰW¹ ∂R₁W¹ ∂W¹ ∂b¹ W² b² W¹ b¹",
    ),
    (SCHEDULED, "z ŷ L ∂ŷ δ ∂w ∂b w b η ηᵍ¹"),
]


@pytest.mark.parametrize(("experiment", "marks"), MARKS)
def test_marks(experiment: Experiment, marks: str) -> None:
    it = case(experiment)
    notation = Notation.of(it.experiment)

    assert " ".join(step_mark(notation, step) for step in it.program.steps) == marks


def test_titles() -> None:
    it = case(MOMENTUM)
    notation = Notation.of(it.experiment)
    titles = {step.writes: step_title(notation, step) for step in it.program.steps}

    assert titles[ValueRef("layers.0.pre_activation")] == "Forward · layer 1 · pre-activation z"
    assert titles[ValueRef("layers.1.activation")] == "Forward · layer 2 · output ŷ"
    assert titles[ValueRef("loss")] == "Loss · how far the outputs are from the targets"
    assert titles[ValueRef("layers.1.activation.grad")] == "Backward · loss · gradient of the outputs"
    assert titles[ValueRef("layers.0.activation.grad")] == "Backward · layer 1 · gradient of the activations"
    assert titles[ValueRef("layers.0.pre_activation.grad")] == "Backward · layer 1 · gradient of z (δ)"
    assert titles[ValueRef("layers.0.weight.grad")] == "Backward · layer 1 · gradient of the weights"
    assert titles[ValueRef("layers.0.bias.grad")] == "Backward · layer 1 · gradient of the biases"
    assert titles[ValueRef("layers.1.bias.grad")] == "Backward · layer 2 · gradient of the bias"
    buffer = titles[ValueRef("layers.0.weight.momentum_buffer.next")]
    assert buffer == "Update · layer 1 · momentum buffer of the weights"
    assert titles[ValueRef("layers.0.weight.next")] == "Update · layer 1 · new weights"


def test_whole_tensors() -> None:
    it = case(MOMENTUM)

    def latex(ref: str) -> str:
        return explain_step(it.experiment, it.program, it.step(ref))

    assert latex("layers.0.pre_activation") == r"Z^{(1)} = X\,W^{(1)\top} + \mathbf{b}^{(1)}"
    assert latex("layers.0.activation") == r"A^{(1)} = \mathrm{ReLU}(Z^{(1)})"
    assert latex("layers.1.activation") == r"\hat{Y} = \mathrm{Identity}(Z^{(2)})"
    assert latex("loss") == r"L = \frac{1}{N}\,\sum_{n}(\hat{y}_n-t_n)^2"
    gradient = r"\frac{\partial L}{\partial \hat{Y}} = \frac{1}{N}\cdot 2\,(\hat{Y}-T)"
    assert latex("layers.1.activation.grad") == gradient
    delta = r"\Delta^{(1)} = \frac{\partial L}{\partial A^{(1)}} \odot \mathrm{ReLU}'(Z^{(1)})"
    assert latex("layers.0.pre_activation.grad") == delta
    assert latex("layers.0.weight.grad") == r"\frac{\partial L}{\partial W^{(1)}} = \Delta^{(1)\top}\,X"
    bias = r"\frac{\partial L}{\partial \mathbf{b}^{(1)}} = \sum_{n}\Delta^{(1)}_n"
    assert latex("layers.0.bias.grad") == bias
    assert latex("layers.0.activation.grad") == r"\frac{\partial L}{\partial A^{(1)}} = \Delta^{(2)}\,W^{(2)}"
    buffer = r"V^{\text{new}}_{W^{(1)}} = \mu\cdot V_{W^{(1)}}+\frac{\partial L}{\partial W^{(1)}}"
    assert latex("layers.0.weight.momentum_buffer.next") == buffer
    assert latex("layers.0.weight.next") == r"W^{(1)\,\text{new}} = W^{(1)}-\eta\cdot V^{\text{new}}_{W^{(1)}}"


def test_whole_tensors_of_scalar_layers_are_numbered_below() -> None:
    it = case(SCALAR)
    steps = [explain_step(it.experiment, it.program, step) for step in it.program.steps]

    assert steps[0] == r"Z_1 = X\,W^\top_1 + \mathbf{b}_1"
    assert r"\frac{\partial L}{\partial \mathbf{b}_2} = \sum_{n}\Delta_{2,n}" in steps


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{1}{1+e^{-z^{(1)}_1}}", "1/(1 + e^(−z₁⁽¹⁾))"),
        (r"\sum_{n}\sum_{k}(\hat{y}_{k,n}-t_{k,n})^2", "Σₙ Σₖ (ŷₖₙ − tₖₙ)²"),
        (r"\frac{1}{2}(t-\hat{y})^2", "1/2·(t − ŷ)²"),
        (r"\max(0,\,{-}0.5000)", "max(0, −0.5000)"),
        (r"({-}4.386\cdot 10^{-4})(2)", "(−4.386·10⁻⁴)(2)"),
        (r"-(t\ln(o)+(1-t)\ln(1-o))", "−(t·ln(o) + (1 − t)·ln(1 − o))"),
        (r"\frac{m}{\sqrt{v}+\epsilon}", "m/(√(v) + ε)"),
        (r"\frac{a+b}{c}", "(a + b)/c"),
        (r"x-\,\frac{-2}{3}", "x − (−2)/3"),
        (r"a+\,\cdots +\,b", "a + … + b"),
        (r"t\ln o", "t·ln o"),
        (r"w_{1,12}", "w₁,₁₂"),
        (r"\hat{v}'", "v̂′"),
        (r"(1-\tau)\cdot \frac{\partial L}{\partial w}", "(1 − τ)·∂L/∂w"),
        (r"\begin{pmatrix}\ddots\end{pmatrix}", "{⋱}"),
    ],
)
def test_latex_to_text(latex: str, text: str) -> None:
    assert latex_to_text(latex) == text


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_font_has_every_character(name: str) -> None:
    font = small_font()
    it = case(EXPERIMENTS[name])
    notation = Notation.of(it.experiment)
    texts = [introduce(it.experiment)]
    for step in it.program.steps:
        index = (0,) * (0 if step.writes == "loss" else 1 if ".bias" in step.writes else 2)
        texts += [step_mark(notation, step), step_title(notation, step), notation.text(step.writes, index)]
        texts += [it.explain(step, index).note, it.plain(step.writes, index), it.narrate(step, index)]

    missing = {c for text in texts for c in text if not font.glyphindex(c)}

    assert not missing
