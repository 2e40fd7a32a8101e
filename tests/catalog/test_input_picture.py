"""Which inputs are the pixels of a picture, and which pixel each of them is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.input_picture import input_picture
from tests.experiments import dense


def shape_of(names: list[str]) -> tuple[int, int, tuple[int, ...]] | None:
    experiment = dense((len(names), 1), 2)
    named = DataNames(inputs=tuple(map(DataColumn, names)) if any(names) else ())
    found = input_picture(replace(experiment, data=replace(experiment.data, names=named)))
    return None if found is None else (found.height, found.width, found.places)


@pytest.mark.parametrize(
    ("names", "height", "width", "places"),
    [
        ([""] * 64, 8, 8, range(64)),
        ([f"pixel{place}" for place in range(784)], 28, 28, range(784)),
        ([f"pixel{place}" for place in range(1, 785)], 28, 28, range(784)),
        # Constant columns were left out: the others are where they were.
        ([f"pixel{place}" for place in range(12, 780)], 28, 28, range(12, 780)),
        ([f"pixel_{at // 8}_{at % 8}" for at in range(1, 64)], 8, 8, range(1, 64)),
        ([f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)], 28, 28, range(784)),
        ([f"{row}x{column}" for row in range(4) for column in range(6)], 4, 6, range(24)),
        ([f"r{at // 5 + 1}c{at % 5 + 1}" for at in range(2, 25)], 5, 5, range(2, 25)),
        ([f"Pixel {place}" for place in reversed(range(25))], 5, 5, range(24, -1, -1)),
    ],
)  # fmt: skip
def test_pixels_are_told_by_their_names_or_their_number(
    names: list[str], height: int, width: int, places: range
) -> None:
    assert shape_of(names) == (height, width, tuple(places))


@pytest.mark.parametrize(
    "names",
    [
        [""] * 9,
        [""] * 60,
        ["petal length", *[""] * 15],
        [f"pixel{place % 8}" for place in range(16)],
        [*(f"pixel{place}" for place in range(15)), "age"],
    ],
    ids=["too few", "no square", "other names", "twice the same", "one is none"],
)
def test_others_are_no_picture(names: list[str]) -> None:
    assert shape_of(names) is None
