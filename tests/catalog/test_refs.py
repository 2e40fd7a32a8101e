"""Names of values, which nobody takes apart: what a value is says its description."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from tests.experiments import article

SOURCES = Path(chainrule.__file__).parent
# Where refs are put together; and where names are those of a formula, `v.next` among them, that no layer stands before.
NAMING = ("catalog/values/refs.py", "catalog/optimizers/", "formula/")
CUTTING = frozenset(
    (
        *("removesuffix", "removeprefix", "startswith", "endswith"),
        *("split", "rsplit", "partition", "rpartition", "index", "find", "rfind"),
    )
)
# What refs are made of, between their dots; a dot alone stands in other texts as well.
PIECES = r"layers|parameter_groups|scheduler|weight|bias|pre_activation|next|grad|from|clipped|accumulated|penalties"
OF_REFS = re.compile(rf"\.?(?:{PIECES})\.|\.(?:{PIECES})(?:\.from\.)?")
A_REF = re.compile(r"\b(\w*refs?|writes|reads|gradients?|parameters?)\b")


def constants(node: ast.expr) -> Iterator[str]:
    """The texts within an argument."""
    return (each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def taken_apart(source: str) -> list[int]:
    """The lines that look for a piece of a ref in a text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CUTTING):
            continue
        texts = [text for argument in node.args for text in constants(argument)]
        at_dots = "." in texts and A_REF.search(ast.unparse(node.func.value))
        if at_dots or any(map(OF_REFS.fullmatch, texts)):
            found.append(node.lineno)
    return found


def test_names_are_the_keys_of_a_state_dict_with_suffixes() -> None:
    assert refs.weight(0) == "layers.0.weight"
    assert refs.bias(12) == "layers.12.bias"
    assert refs.pre_activation(1) == "layers.1.pre_activation"
    assert refs.activation(1) == "layers.1.activation"
    assert refs.activation(-1) == refs.INPUT == "input"
    assert refs.grad(refs.weight(0)) == "layers.0.weight.grad"
    assert refs.next_value(refs.LR) == "lr.next"
    assert refs.next_value(refs.optimizer_state(refs.bias(0), "exp_avg")) == "layers.0.bias.exp_avg.next"


def test_what_belongs_to_one_parameter_has_its_like_beside_another() -> None:
    buffer = refs.next_value(refs.optimizer_state(refs.weight(0), "exp_avg"))
    assert refs.of_another(buffer, refs.weight(0), refs.bias(11)) == "layers.11.bias.exp_avg.next"
    assert refs.of_another(refs.weight(0), refs.weight(0), refs.weight(1)) == refs.weight(1)


def test_nobody_takes_a_ref_apart() -> None:
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES).as_posix()
        if not name.startswith(NAMING):
            found[name] = taken_apart(path.read_text(encoding="utf-8"))
    assert len(found) > 100
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "source",
    [
        'ref.removesuffix(".next")',
        'ref.startswith("layers.")',
        'ref.split(".")[1]',
        'ref.endswith((".grad", ".clipped"))',
        'step.writes.rpartition(".grad.from.")',
        'ref.startswith(f"layers.{layer}.")',
    ],
)
def test_what_takes_one_apart_is_found(source: str) -> None:
    assert taken_apart(source) == [1]


@pytest.mark.parametrize("source", ['version.split(".")', 'name.removeprefix("cuda:")', 'text.endswith((".", "!"))'])
def test_other_texts_are_none_of_its_business(source: str) -> None:
    assert taken_apart(source) == []


def test_every_name_of_an_experiment_has_one_description() -> None:
    values = values_of(article())
    assert all(value.ref == ref for ref, value in values.items())
    assert len(set(values)) == len(values)
