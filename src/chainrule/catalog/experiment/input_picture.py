"""Whether the inputs are the pixels of a picture, and which pixel each of them is: by their names, or their number.

Tables of pictures name their columns `pixel0`, `pixel_3_4`, `3x4` or `r3c4`; where constant ones were left out, the
names of the others still say where they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isqrt

from chainrule.catalog.experiment.spec import Experiment

# Fewer inputs without names are no picture: 2 x 2 and 3 x 3 may be anything.
LEAST_PIXELS = 16
_ONE = re.compile(r"(?:pixel|pix|px|p)[ _]?(\d{1,6})", re.IGNORECASE)
_TWO = re.compile(r"(?:pixel|pix|px|p|row|r)?[ _]?(\d{1,4})(?:[ _x,]|[ _]?col|c)(\d{1,4})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InputPicture:
    """A picture of `height` rows and `width` columns; `places` are the pixels of the inputs, row by row from 0."""

    height: int
    width: int
    places: tuple[int, ...]


def input_picture(experiment: Experiment) -> InputPicture | None:
    """Return the picture whose pixels the inputs are; None where they are none."""
    inputs = experiment.network.inputs
    names = [experiment.data.names.input(column).name.strip() for column in range(inputs)]
    if not any(names):
        side = isqrt(inputs)
        is_square = inputs >= LEAST_PIXELS and side * side == inputs
        return InputPicture(side, side, tuple(range(inputs))) if is_square else None
    found = _by_one_number(names) or _by_two_numbers(names)
    return found if found is not None and len(set(found.places)) == inputs >= LEAST_PIXELS else None


def possible_pictures(experiment: Experiment) -> tuple[InputPicture, ...]:
    """Return all pictures whose pixels the inputs can be, row by row, with that which is most likely in front.

    Names that have two numbers say how high and wide it is; where all pixels are there, and only counted or not named
    at all, it has any height and width whose product is their number.
    """
    inputs = experiment.network.inputs
    known = input_picture(experiment)
    names = [experiment.data.names.input(column).name.strip() for column in range(inputs)]
    places = tuple(range(inputs)) if not any(names) else _counted(names)
    if inputs < LEAST_PIXELS or places is None:
        return () if known is None else (known,)
    # The nearest to a square first, and the higher one of two that are lying and standing.
    heights = [height for height in range(2, inputs // 2 + 1) if inputs % height == 0]
    heights.sort(key=lambda height: (abs(height - inputs // height), -height))
    return tuple(InputPicture(height, inputs // height, places) for height in heights)


def _counted(names: list[str]) -> tuple[int, ...] | None:
    """Return the places of pixels that are counted without a gap; None where they are not."""
    matches = [_ONE.fullmatch(name) for name in names]
    numbers = [int(match[1]) for match in matches if match is not None]
    first = min(numbers, default=0)
    if first > 1 or sorted(numbers) != list(range(first, first + len(names))):
        return None
    return tuple(number - first for number in numbers)


def _by_one_number(names: list[str]) -> InputPicture | None:
    matches = [_ONE.fullmatch(name) for name in names]
    numbers = [int(match[1]) for match in matches if match is not None]
    if len(numbers) < len(names):
        return None
    largest = max(numbers)
    # The last pixel's number is a square only where they are counted from 1.
    first = 1 if isqrt(largest) ** 2 == largest and 0 not in numbers else 0
    side = isqrt(largest - first) + 1
    if side * side > len(names) and _counted(names) is not None:
        # All of them are there, and are no square: how high and wide it is, is not in the names.
        return None
    return InputPicture(side, side, tuple(number - first for number in numbers))


def _by_two_numbers(names: list[str]) -> InputPicture | None:
    matches = [_TWO.fullmatch(name) for name in names]
    pairs = [(int(match[1]), int(match[2])) for match in matches if match is not None]
    if len(pairs) < len(names):
        return None
    first = min(min(pair) for pair in pairs) and 1
    height, width = (max(pair[axis] for pair in pairs) + 1 - first for axis in (0, 1))
    if height * width != len(names):
        # Some were left out, at the edges too.
        height = width = max(height, width)
    return InputPicture(height, width, tuple((row - first) * width + column - first for row, column in pairs))
