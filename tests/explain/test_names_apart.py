"""Names that a person typed: each is told from every other in print, and is written one way."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chainrule.catalog.refs import ValueRef
from chainrule.engine.trace import Executor
from chainrule.explain.circuit.names import names_of
from chainrule.explain.equations import plain_equation
from chainrule.explain.names_apart import apart_in_print, print_key
from chainrule.explain.notation import Notation
from chainrule.explain.plain import to_text
from chainrule.formula.latex import GREEK, symbol
from chainrule.formula.parse import RESERVED
from chainrule.formula.tree import Symbol
from tests.formulas import formula_experiment

# Names that are nearly each other's, and such as nobody would think of.
STEMS = st.sampled_from(
    ["x", "x1", "w_in", "alpha", "α", "eps", "epsilon", "ε", "ϵ", "mu", "µ", "η", "eta", "lr", "ab"]
)
ENDS = st.sampled_from(["", "_", "1", "_1", "__1", "_01", "_2", "_a", "ₐ", "_ab", "_1a", "_in_2"])
DRAWN = st.builds(str.__add__, STEMS, ENDS) | st.from_regex(r"[a-c_α][a-c_0-2α]{0,3}", fullmatch=True)
NAMES = DRAWN.filter(lambda name: name not in RESERVED)
AMBIGUOUS = formula_experiment(
    "x_ = 2*x", "f = x_*x + x_1*x1 + α*alpha", parameters={"x": 2, "x_1": 3, "x1": 4, "α": 1, "alpha": 2}
)


@given(st.lists(NAMES, min_size=1, max_size=8, unique=True))
def test_different_names_look_different(names: list[str]) -> None:
    found = apart_in_print({name: symbol(Symbol(name)).text for name in names})
    texts = {name: to_text(latex) for name, latex in found.items()}
    assert len(set(texts.values())) == len(names), texts
    assert len(set(found.values())) == len(names), found
    assert not any("\\" in text or "(" in text for text in texts.values()), texts


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True))
@example(["n_1", "n₁"])
@example(["n_1", "x", "x_"])
def test_so_do_all_values_of_a_formula(names: list[str]) -> None:
    found = names_of((f"{'f' if 'f' not in names else 'g'} = {' + '.join(f'{name}*{name}' for name in names)}",))
    texts = list(map(to_text, found.values()))
    assert len(set(texts)) == len(texts), texts


@given(st.lists(NAMES.filter(lambda name: name != "lr"), min_size=1, max_size=6, unique=True))
@example(["η", "x"])
@example(["eta", "x"])
def test_and_what_an_optimizer_sets(names: list[str]) -> None:
    experiment = formula_experiment(f"f = {' + '.join(names)}", parameters=dict.fromkeys(names, 1.0))
    notation = Notation.of(experiment)
    refs = [*names, "f", *(f"{name}.next" for name in names), *(f"{name}.grad" for name in names), "lr"]
    texts = [notation.text(ValueRef(ref)) for ref in refs]
    assert len(set(texts)) == len(texts), texts


def test_an_equation_is_true_as_it_is_printed() -> None:
    executor = Executor(AMBIGUOUS)
    program, found = executor.program, next(executor.iterations()).values
    told = {
        step.writes: plain_equation(AMBIGUOUS, program, step, (), 0, lambda ref: found[ref].tolist())
        for step in program.steps
    }
    assert told[ValueRef("x_")] == "x_ = 2·x = 2·2 = 4"
    assert told[ValueRef("n2")] == "n₂ = x_1·x1 = 3·4 = 12"
    assert told[ValueRef("n4")] == "n₄ = α·alpha = 1·2 = 2"


@pytest.mark.parametrize("name", ["x__y", "_x", "w_in_2", "x_", "w_a2b", "beta_"])
def test_a_name_that_is_no_letter_with_an_index_is_written_as_typed(name: str) -> None:
    assert to_text(symbol(Symbol(name)).text) == name


@pytest.mark.parametrize(
    ("name", "text"), [("x_1", "x₁"), ("x1", "x₁"), ("w_in", "wᵢₙ"), ("w_out", "wₒᵤₜ"), ("beta2", "β₂"), ("x_b", "x_b")]
)
def test_one_that_is_has_its_index(name: str, text: str) -> None:
    assert to_text(symbol(Symbol(name)).text) == text


@pytest.mark.parametrize("name", sorted(GREEK))
def test_every_greek_letter_is_one(name: str) -> None:
    assert len(to_text(rf"\{name}")) == 1
    assert print_key(rf"\{name}") == to_text(rf"\{name}")


def test_an_index_that_is_worked_out_does_not_look_like_a_call() -> None:
    assert to_text(r"w^{\text{class}}_{t_n+1}") == "w^(class)[tₙ + 1]"
    assert to_text(r"\hat{y}_{t_n+1,n}") == "ŷ[tₙ + 1,n]"
