"""Which inputs are the pixels of a picture, and which pixel each of them is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.input_picture import InputPicture, input_picture, possible_pictures
from chainrule.catalog.experiment.spec import Experiment
from tests.experiments import dense


def named_inputs(names: list[str]) -> Experiment:
    experiment = dense((len(names), 1), 2)
    named = DataNames(inputs=tuple(map(DataColumn, names)) if any(names) else ())
    return replace(experiment, data=replace(experiment.data, names=named))


def shape_of(names: list[str]) -> tuple[int, int, tuple[int, ...]] | None:
    found = input_picture(named_inputs(names))
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
        [f"pixel{place}" for place in range(60)],
    ],
    ids=["too few", "no square", "other names", "twice the same", "one is none", "counted, and no square"],
)
def test_others_are_no_picture(names: list[str]) -> None:
    assert shape_of(names) is None


def sizes_of(names: list[str]) -> list[tuple[int, int]]:
    return [(each.height, each.width) for each in possible_pictures(named_inputs(names))]


@pytest.mark.parametrize("names", [[""] * 24, [f"pixel{place}" for place in range(24)]])
def test_pixels_that_are_only_counted_have_any_height_and_width_the_nearest_to_a_square_first(names: list[str]) -> None:
    assert sizes_of(names) == [(6, 4), (4, 6), (8, 3), (3, 8), (12, 2), (2, 12)]


def test_a_square_comes_first_and_each_pixel_has_its_place() -> None:
    assert sizes_of([""] * 64)[0] == (8, 8)
    backwards = [f"pixel{place}" for place in reversed(range(1, 25))]
    assert possible_pictures(named_inputs(backwards))[0] == InputPicture(6, 4, tuple(reversed(range(24))))


@pytest.mark.parametrize(
    ("names", "sizes"),
    [
        ([f"{row}x{column}" for row in range(4) for column in range(6)], [(4, 6)]),
        ([f"pixel{place}" for place in range(12, 780)], [(28, 28)]),
        ([""] * 17, []),
        ([""] * 12, []),
        (["petal length", *[""] * 15], []),
    ],
    ids=["named", "some left out", "a prime", "too few", "other names"],
)
def test_what_names_say_is_not_asked_for(names: list[str], sizes: list[tuple[int, int]]) -> None:
    assert sizes_of(names) == sizes
