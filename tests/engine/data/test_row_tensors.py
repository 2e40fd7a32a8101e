"""Data as tensors: shared by those that share rows, and equal, bit by bit, to those that are read number by number."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.experiment.spec import Rows
from chainrule.engine import row_tensors
from chainrule.engine.row_tensors import RowTensors

ROWS: Rows = tuple((row / 3, -row / 7, 1e-300) for row in range(20))
DOUBLE = torch.float64


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were read number by number, each time."""
    counts: list[int] = []
    original = row_tensors.read_numbers

    def noted(rows: Rows, dtype: torch.dtype, device: str) -> torch.Tensor:
        counts.append(len(rows))
        return original(rows, dtype, device)

    monkeypatch.setattr(row_tensors, "read_numbers", noted)
    return counts


def test_the_same_rows_are_one_tensor_for_each_dtype(read: list[int]) -> None:
    tensors = RowTensors()
    found = tensors.of(ROWS, DOUBLE, "cpu")
    assert tensors.of(ROWS, DOUBLE, "cpu") is found
    narrow = tensors.of(ROWS, torch.float32, "cpu")
    assert narrow.tensor.dtype is torch.float32
    assert read == [20, 20]


def changed(rows: Rows) -> Rows:
    return (*rows[:5], (9.0, 8.0, 7.0), *rows[6:])


EDITS: list[tuple[Callable[[Rows], Rows], list[int]]] = [
    (changed, [1]),
    (lambda rows: (*rows, rows[-1]), []),
    (lambda rows: (*rows, (1.0, 2.0, 3.0)), [1]),
    (lambda rows: rows[:3] + rows[4:], []),
    (lambda rows: rows[::-1], []),
    (lambda rows: tuple((a, b, c) for a, b, c in rows), [20]),
]


@pytest.mark.parametrize(("edit", "wanted"), EDITS)
def test_only_new_rows_are_read(edit: Callable[[Rows], Rows], wanted: list[int], read: list[int]) -> None:
    tensors = RowTensors()
    first = tensors.of(ROWS, DOUBLE, "cpu")
    before = first.tensor.clone()
    read.clear()
    rows = edit(ROWS)
    found = tensors.of(rows, DOUBLE, "cpu")
    assert read == wanted
    assert torch.equal(found.tensor, torch.tensor(rows, dtype=DOUBLE))
    assert torch.equal(first.tensor, before)


@given(st.data())
def test_any_chain_of_edits_gives_the_numbers_that_reading_gives(data: st.DataObject) -> None:
    tensors, kept = RowTensors(), []
    rows: Rows = ROWS
    for _ in range(4):
        places = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=30))
        new = data.draw(st.floats(-1e9, 1e9))
        rows = tuple(rows[place] if place % 3 else (new, 0.0, 1.0) for place in places)
        kept.append(tensors.of(rows, DOUBLE, "cpu"))
        assert torch.equal(kept[-1].tensor, torch.tensor(rows, dtype=DOUBLE))


def test_what_nobody_holds_is_let_go() -> None:
    tensors = RowTensors()
    held = weakref.ref(tensors.of(ROWS, DOUBLE, "cpu").tensor)
    gc.collect()
    assert held() is None


def test_what_is_made_in_inference_mode_is_like_the_rest() -> None:
    with torch.inference_mode():
        found = RowTensors().of(ROWS, DOUBLE, "cpu").tensor
    assert not found.is_inference()
