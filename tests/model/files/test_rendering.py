"""Rows of numbers are written at the speed of Python's own text, and read as if each number were looked at."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.model.files import rendering
from chainrule.model.files.encoding import encode_experiment, encoded
from chainrule.model.files.rendering import PIECE_NUMBERS, NumberLines, length_of, listed, rendered

EDGES = [0.0, -0.0, -10.0, 100.05, 1e15, 9.5e15, 1e16, 1e22, 0.1, 1e-7, 1.7e308, 5e-324]
EDGES += [sign * number for sign in (-1, 1) for number in (1.0, 2.0**53 - 1, 2.0**53, 2.0**53 + 2)]
NUMBERS = st.sampled_from(EDGES) | st.floats(allow_nan=False, allow_infinity=False)


def by_hand(number: float) -> str:
    """One number, as the first encoder wrote it."""
    whole = number.is_integer() and abs(number) < 2**53 and str(number) != "-0.0"
    return str(int(number)) if whole else repr(number)


def text_of(rows: Rows, indent: str) -> str:
    lines = [f"{indent}  [{', '.join(map(by_hand, row))}]" for row in rows]
    return "[\n" + ",\n".join(lines) + f"\n{indent}]"


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.integers(1, 9), st.integers(1, 40), st.integers(1, 60))
def test_rows_read_as_if_each_number_were_looked_at(pool: list[float], width: int, count: int, piece: int) -> None:
    draw = Random(count)
    rows = tuple(tuple(draw.choice(pool) for _ in range(width)) for _ in range(count))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "PIECE_NUMBERS", piece)
        found = "".join(rendered(NumberLines(rows), "    "))
        one_row = "".join(rendered(NumberLines(rows[0])))
    assert found == text_of(rows, "    ")
    assert one_row == f"[{', '.join(map(by_hand, rows[0]))}]"
    assert json.loads(found) == [list(row) for row in rows]
    lines = found.splitlines()[1:-1]
    lengths = [len(f"{line.rstrip(',')},\n") for line in lines]
    assert [length_of((row,)) for row in rows] == lengths
    assert length_of(rows) == sum(lengths)


def test_a_long_row_comes_in_pieces() -> None:
    rows = ((0.5,) * (2 * PIECE_NUMBERS + 1),) * 2
    pieces = list(rendered(NumberLines(rows)))
    assert "".join(pieces) == text_of(rows, "")
    assert max(map(len, pieces)) <= len("0.5, ") * PIECE_NUMBERS + 10


def test_few_numbers_share_the_line_of_what_they_belong_to() -> None:
    value: Any = {"a": listed((1.0, 2.5)), "b": listed((3.0,))}
    assert "".join(rendered(value)) == '{"a": [1, 2.5], "b": [3]}'
    assert json.loads("".join(rendered({"a": listed((0.5,) * 101)}))) == {"a": [0.5] * 101}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("others", [(0.5,), (1e17,)])
def test_what_json_does_not_have_is_refused(number: float, others: tuple[float, ...]) -> None:
    with pytest.raises(SpecError, match="is not a number that a file can hold"):
        list(rendered(NumberLines(((*others, number),))))


def test_a_large_experiment_comes_in_small_pieces_that_make_the_same_file() -> None:
    draw = Random(0)
    inputs = tuple(tuple(draw.random() for _ in range(64)) for _ in range(500))
    experiment = Experiment(NetworkSpec(64, (LayerSpec(1),)), DataSpec(inputs, ((1.0,),) * 500))
    pieces = list(encoded(experiment))
    assert b"".join(pieces) == encode_experiment(experiment)
    assert max(map(len, pieces)) < 30 * PIECE_NUMBERS


@pytest.mark.parametrize("rows", [((),), ((), ()), ((), (1e16,)), ((1.0,), ())])
def test_rows_without_numbers_are_written(rows: tuple[tuple[float, ...], ...]) -> None:
    assert json.loads("".join(rendered(listed(rows)))) == [list(row) for row in rows]
