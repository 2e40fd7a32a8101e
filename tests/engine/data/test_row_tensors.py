"""Data as tensors: shared by those that share rows, and equal, bit by bit, to those that are read number by number."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.catalog.experiment import row_blocks as rows_module
from chainrule.catalog.experiment.row_blocks import RowBlock
from chainrule.catalog.experiment.rows import Rows
from chainrule.engine import row_tensors
from chainrule.engine.row_tensors import RowTensors

NUMBERS = tuple((row / 3, -row / 7, 1e-300) for row in range(20))
ROWS = Rows.of(NUMBERS)
DOUBLE = torch.float64


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many blocks were read, each time; each row is one."""
    counts: list[int] = []
    original = row_tensors.read_blocks

    def noted(blocks: Sequence[RowBlock], dtype: torch.dtype, device: str) -> torch.Tensor:
        counts.append(len(blocks))
        return original(blocks, dtype, device)

    monkeypatch.setattr(rows_module, "BLOCK_ROWS", 1)
    monkeypatch.setattr(row_tensors, "read_blocks", noted)
    return counts


@pytest.fixture(params=[False, True], ids=["made anew", "patched"])
def patched(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows, as if they were few or many."""
    monkeypatch.setattr(row_tensors, "SMALL", 0 if request.param else 2**21)


def test_the_same_rows_are_one_tensor_for_each_dtype(read: list[int]) -> None:
    tensors, rows = RowTensors(), Rows.of(NUMBERS)
    found = tensors.of(rows, DOUBLE, "cpu")
    assert tensors.of(rows, DOUBLE, "cpu") is found
    narrow = tensors.of(rows, torch.float32, "cpu")
    assert narrow.tensor.dtype is torch.float32
    assert read == [20, 20]


def changed(rows: Rows) -> Rows:
    return rows.spliced(5, 6, [(9.0, 8.0, 7.0)])


EDITS: list[tuple[Callable[[Rows], Rows], list[int]]] = [
    (changed, [1]),
    (lambda rows: rows.taken([*range(20), 19]), []),
    (lambda rows: rows.spliced(20, 20, [(1.0, 2.0, 3.0)]), [1]),
    (lambda rows: rows.spliced(3, 4), []),
    (lambda rows: rows[::-1], []),
    (lambda rows: Rows.of(tuple(rows)), [20]),
]


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize(("edit", "wanted"), EDITS)
def test_only_new_rows_are_read(edit: Callable[[Rows], Rows], wanted: list[int], read: list[int]) -> None:
    tensors, all_rows = RowTensors(), Rows.of(NUMBERS)
    first = tensors.of(all_rows, DOUBLE, "cpu")
    before = first.tensor.clone()
    read.clear()
    rows = edit(all_rows)
    found = tensors.of(rows, DOUBLE, "cpu")
    assert read == wanted
    assert torch.equal(found.tensor, torch.tensor(tuple(rows), dtype=DOUBLE))
    assert torch.equal(found.between(2, 9), found.tensor[2:9])
    assert torch.equal(first.tensor, before)


@pytest.mark.usefixtures("read", "patched")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_chain_of_edits_gives_the_numbers_that_reading_gives(data: st.DataObject) -> None:
    tensors, kept = RowTensors(), []
    rows = Rows.of(NUMBERS)
    for _ in range(4):
        places = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=30))
        new = data.draw(st.floats(-1e9, 1e9))
        rows = rows.taken(places)
        for place, _ in filter(lambda pair: pair[1] % 3 == 0, enumerate(places)):
            rows = rows.with_number((place, 0), new)
        kept.append(tensors.of(rows, DOUBLE, "cpu"))
        assert torch.equal(kept[-1].tensor, torch.tensor(tuple(rows), dtype=DOUBLE))


def test_what_nobody_holds_is_let_go() -> None:
    tensors = RowTensors()
    held = weakref.ref(tensors.of(ROWS, DOUBLE, "cpu").tensor)
    gc.collect()
    assert held() is None


def test_what_is_made_in_inference_mode_is_like_the_rest() -> None:
    with torch.inference_mode():
        found = RowTensors().of(ROWS, DOUBLE, "cpu").tensor
    assert not found.is_inference()
