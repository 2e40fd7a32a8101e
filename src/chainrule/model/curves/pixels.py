"""Inputs that are pixels: the weights of the first layer and a row of the data as pictures, and drawing by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chainrule.catalog.experiment.input_picture import InputPicture
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.timeline.downsampled_series import Floats

# So many units have a picture: more are too small to say anything.
MOST_UNITS = 144
# The ink is the largest number of so many rows.
ROWS_FOR_INK = 200


@dataclass(frozen=True, slots=True, eq=False)
class WeightImages:
    """The weights of the first layer, (units, height, width), 0 where a pixel is no input; `largest` is the largest
    size of all of them, and `units` how many units there are.
    """

    images: Floats
    units: int
    largest: float


def weight_images(weight: Floats, picture: InputPicture) -> WeightImages:
    """Return the weights of the first layer, (units, inputs), as pictures, of as many units as there is room for."""
    images = np.zeros((min(len(weight), MOST_UNITS), picture.height * picture.width))
    images[:, list(picture.places)] = weight[:MOST_UNITS]
    sizes = np.abs(images)
    largest = float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))
    return WeightImages(images.reshape(-1, picture.height, picture.width), len(weight), largest)


def row_image(experiment: Experiment, picture: InputPicture, row: int) -> Floats:
    """Return a row of the data as a picture, in the units of its columns before they were standardized."""
    image = np.zeros(picture.height * picture.width)
    image[list(picture.places)] = _own(experiment, row)
    return image.reshape(picture.height, picture.width)


def _own(experiment: Experiment, row: int) -> list[float]:
    numbers, names = experiment.data.inputs[row], experiment.data.names
    if not names.has_own_units:
        return list(numbers)
    originals = (names.input(column).original(number) for column, number in enumerate(numbers))
    return [number if original is None else original for number, original in zip(numbers, originals, strict=True)]


def ink_of(experiment: Experiment) -> float:
    """Return how much a pixel has that is drawn: the largest number that some rows have, 1 where they have none."""
    rows = range(0, len(experiment.data.inputs), max(1, len(experiment.data.inputs) // ROWS_FOR_INK))
    largest = max((max(_own(experiment, row), default=0.0) for row in rows), default=0.0)
    return largest if 0 < largest < float("inf") else 1.0


def with_ink(experiment: Experiment, row: int, pixels: Mapping[int, float]) -> tuple[float, ...]:
    """Return a row with other numbers in some of its columns, which are given in the columns' own units."""
    numbers = list(experiment.data.inputs[row])
    for column, own in pixels.items():
        numbers[column] = experiment.data.names.input(column).standardized(own)
    return tuple(numbers)
