"""The columns of a formula's picture: what stands where, and how few wires cross."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations, pairwise

import pytest

from chainrule.explain.circuit.operators import sign_of
from chainrule.formula.parse import parse_formula
from chainrule.ui.circuit.columns import Box, Columns, columns_of

NEURON = ("w = w0*x0 + w1*x1 + w2", "f = 1/(1 + exp(-w))")


def crossings(columns: Columns) -> int:
    """How many pairs of wires cross, counted pair by pair."""
    links: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
    for wire, path in zip(columns.wires, columns.paths, strict=True):
        ends = [(path[-1][0] + 1, Box(wire.target))] if wire.target is not None else []
        boxes = [(path[0][0] - 1, Box(wire.source)), *path, *ends]
        for (rank, one), (_, other) in pairwise(boxes):
            links[rank].add((columns.ranks[rank].index(one), columns.ranks[rank + 1].index(other)))
    pairs = (pair for found in links.values() for pair in combinations(found, 2))
    return sum((a - c) * (b - d) < 0 for (a, b), (c, d) in pairs)


def test_each_operator_stands_behind_all_that_it_reads_and_the_output_last() -> None:
    columns = columns_of(NEURON)
    for wire in columns.wires:
        if wire.target is not None:
            assert columns.nodes[wire.source].rank < columns.nodes[wire.target].rank
    ranks = {name: place.rank for name, place in columns.nodes.items()}
    assert {ranks[name] for name in ("w0", "x0", "w1", "x1", "w2")} == {0}
    assert max(ranks.values()) == ranks["f"]


@pytest.mark.parametrize(
    "lines",
    [
        ("q = x + y", "f = q*z"),
        NEURON,
        ("f = (1 - x)^2 + 100*(y - x^2)^2",),
        ("a = x + v", "b = y + u", "c = z + t", "f = a*b*c"),
    ],
)
def test_wires_that_need_not_cross_do_not(lines: tuple[str, ...]) -> None:
    assert crossings(columns_of(lines)) == 0


def test_each_reader_of_a_shared_name_has_its_share_on_its_wire() -> None:
    columns = columns_of(("q = x + y", "f = q*x"))
    assert {(wire.source, wire.target): wire.gradient for wire in columns.wires} == {
        ("x", "q"): "x.grad.from.q",
        ("y", "q"): "y.grad",
        ("q", "f"): "q.grad",
        ("x", "f"): "x.grad.from.f",
        ("f", None): "f.grad",
    }
    assert columns.shared == {"x"}


def test_what_the_output_does_not_depend_on_has_no_gradient() -> None:
    columns = columns_of(("s = x*x", "r = s + x", "f = x*3"))
    gradients = {(wire.source, wire.target): wire.gradient for wire in columns.wires}
    assert gradients["s", "r"] is None
    assert gradients["r", None] is None
    assert gradients["x", "f"] == "x.grad"


def test_an_output_that_another_line_reads_still_has_an_end_of_its_own() -> None:
    columns = columns_of(("g = f + 1", "f = 2*x"))
    ends = {(wire.source, wire.target): wire.gradient for wire in columns.wires}
    assert ends["f", None] == "f.grad"
    assert ends["f", "g"] is None
    assert columns.nodes["f"].rank < columns.nodes["g"].rank


@pytest.mark.parametrize(
    ("formula", "sign"),
    [
        ("x + y", "+"),
        ("x*y", "×"),
        ("x - y", "x − y"),
        ("x/y", "x/y"),
        ("x^y", "x^y"),
        ("x^2", "x²"),
        ("x^-1", "x⁻¹"),
        ("2^x", "2^x"),
        ("x + 1", "+1"),
        ("1 - x", "1 − x"),
        ("x - 1", "−1"),
        ("2*x", "×2"),
        ("1/x", "1/x"),
        ("x/2", "÷2"),
        ("-x", "×−1"),
        ("exp(x)", "exp"),
        ("log(x)", "ln"),
        ("max(x, y)", "max"),
        ("max(0, x)", "max(0, x)"),
        ("x > 0", "x > 0"),
        ("if(x > 0, x, 0)", "if"),
        ("pi*x", "×π"),
        ("x", "="),
        ("3", "3"),
        ("a_long_name - another", "−"),
        ("a^2", "a²"),
        ("1/n3", "1/n3"),
        ("2^y", "2^y"),
        ("y^0.5", "y^0.5"),
        ("1 - a_long_name", "1 − □"),
        ("1/a_long_name", "1/□"),
        ("a_long_name^2", "□²"),
    ],
)
def test_the_sign_of_an_operator(formula: str, sign: str) -> None:
    assert sign_of(parse_formula(formula), str) == sign


def test_a_sign_has_the_names_as_they_are_written() -> None:
    assert sign_of(parse_formula("x - n3"), {"x": "x", "n3": "n₃"}.__getitem__) == "x − n₃"


def test_two_hundred_operators_are_ordered_in_time() -> None:
    lines = tuple(f"v{i} = v{i - 1}*x + y" if i else "v0 = x + y" for i in range(100))
    columns = columns_of(lines)
    assert len(columns.nodes) == 201
    # In a deep formula an input stands beside its first reader.
    assert columns.nodes["x"].rank == 0
