"""Names that a person typed: each is told from every other in print, and is written one way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chainrule.catalog.values.extent import Extent
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.engine.trace import Executor
from chainrule.explain.circuit.names import names_of
from chainrule.explain.equations import plain_equation
from chainrule.explain.names.apart import apart_in_print, print_key
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.formula.parse import RESERVED
from chainrule.formula.tree import Symbol
from chainrule.formula.writing.latex import GREEK, symbol
from tests.explain.cases import SINGLE
from tests.explain.formulas.test_formula_networks import Explained
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
    texts = {name: latex_to_text(latex) for name, latex in found.items()}
    assert len(set(texts.values())) == len(names), texts
    assert len(set(found.values())) == len(names), found
    assert not any("\\" in text or "(" in text for text in texts.values()), texts


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True))
@example(["n_1", "n₁"])
@example(["n_1", "x", "x_"])
def test_so_do_all_values_of_a_formula(names: list[str]) -> None:
    found = names_of((f"{'f' if 'f' not in names else 'g'} = {' + '.join(f'{name}*{name}' for name in names)}",))
    texts = list(map(latex_to_text, found.values()))
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


@given(
    st.lists(NAMES.filter(lambda name: name not in ("lr", "f")), min_size=4, max_size=8, unique=True),
    st.booleans(),
    st.booleans(),
)
@example(["x", "v_x", "v", "u_v", "u_x", "η", "eta"], True, False)
@example(["y_x", "y", "v", "V", "x_1", "x1"], True, True)
@example(["c", "b", "x", "y", "w_1", "w"], False, False)
@example(["p", "q", "g", "G", "t", "c", "v", "V"], False, True)
@example(["p", "q", "v", "u", "v_w", "u_b"], False, False)
def test_so_do_the_states_and_terms_of_an_optimizer(names: list[str], is_formula: bool, is_clipped: bool) -> None:
    first, second, state, *terms = names
    updates = [f"{state}.next = {state} + grad", *(f"{name} = lr*step" for name in terms[1:]), f"{terms[0]} = grad"]
    members: dict[str, Any] = {
        "optimizer": {
            "name": "Formula",
            "lr": 0.1,
            "state": {state: 0.0},
            "updates": [*updates, f"next = param - lr*{terms[0]}"],
        }
    }
    if is_clipped:
        members["clipping"] = {"name": "clip_grad_norm_", "max_norm": 1.0}
    if is_formula:
        experiment = formula_experiment(
            f"f = {first}*{second}", parameters=dict.fromkeys((first, second), 1.0), **members
        )
    else:
        typed = formula_experiment("f = x", parameters={"x": 1}, **members)
        experiment = replace(SINGLE, optimizer=typed.optimizer, clipping=typed.clipping)
    notation, values = Notation.of(experiment), values_of(experiment)
    absent = {Role.ACCUMULATED, Role.KEPT_GRADIENT, Role.DATA_LOSS, Role.PENALTY, Role.SCHEDULER, Role.LOSS_TERM}
    absent |= {Role.SETTING, Role.SHARE} | (set() if is_clipped else {Role.CLIPPED, Role.CLIPPING})
    one = next(value.owner.ref for value in values.values() if value.name == state)
    kept = {
        ref
        for ref, value in values.items()
        # A number of the optimizer is the same for all parameters, and t is the usual letter for its step.
        if value.role not in absent
        and (value.extent is Extent.ELEMENTS or value.owner.ref == one)
        and value.name != "step"
    } | {ValueRef("lr")}
    texts = {ref: notation.text(ref, (0,) * len(values[ref].axes)) for ref in kept}
    assert len(set(texts.values())) == len(texts), sorted(texts.items(), key=lambda each: each[1])


@pytest.mark.parametrize("name", ["n_2", "u_v", "max_grad", "v"])
def test_a_state_goes_by_its_name_in_sentences(name: str) -> None:
    updates = [f"{name}.next = max({name},grad^2)-0.5 - 2", f"next = param-lr*{name}.next"]
    optimizer = {"name": "Formula", "lr": 0.1, "state": {name: 0.0}, "updates": updates}
    explained = Explained(formula_experiment("f = x^2", parameters={"x": 1}, optimizer=optimizer))
    assert explained.sentence(f"x.{name}.next").startswith(
        f"The {name} of x becomes max({name},grad^2)−0.5 − 2, as line 1 of the optimizer says."
    )
    assert explained.title(f"x.{name}.next").endswith(f" · {name} of x")


def test_an_equation_is_true_as_it_is_printed() -> None:
    executor = Executor(AMBIGUOUS)
    program, found = executor.program, next(executor.iterations()).values
    explained = {
        step.writes: plain_equation(AMBIGUOUS, program, step, (), 0, lambda ref: found[ref].tolist())
        for step in program.steps
    }
    assert explained[ValueRef("x_")] == "x_ = 2·x = 2·2 = 4"
    assert explained[ValueRef("n2")] == "n₂ = x_1·x1 = 3·4 = 12"
    assert explained[ValueRef("n4")] == "n₄ = α·alpha = 1·2 = 2"


@pytest.mark.parametrize("name", ["x__y", "_x", "w_in_2", "x_", "w_a2b", "beta_"])
def test_a_name_that_is_no_letter_with_an_index_is_written_as_typed(name: str) -> None:
    assert latex_to_text(symbol(Symbol(name)).text) == name


@pytest.mark.parametrize(
    ("name", "text"), [("x_1", "x₁"), ("x1", "x₁"), ("w_in", "wᵢₙ"), ("w_out", "wₒᵤₜ"), ("beta2", "β₂"), ("x_b", "x_b")]
)
def test_one_that_is_has_its_index(name: str, text: str) -> None:
    assert latex_to_text(symbol(Symbol(name)).text) == text


@pytest.mark.parametrize("name", sorted(GREEK))
def test_every_greek_letter_is_one(name: str) -> None:
    assert len(latex_to_text(rf"\{name}")) == 1
    assert print_key(rf"\{name}") == latex_to_text(rf"\{name}")


def test_an_index_that_is_worked_out_does_not_look_like_a_call() -> None:
    assert latex_to_text(r"w^{\text{class}}_{t_n+1}") == "w^(class)[tₙ + 1]"
    assert latex_to_text(r"\hat{y}_{t_n+1,n}") == "ŷ[tₙ + 1,n]"
