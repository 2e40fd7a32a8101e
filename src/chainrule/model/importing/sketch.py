"""A sketch: points that are set into a plane by hand, by class or along a curve, and the table that they become."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.data_names import DataColumn, check_name
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.experiment.targets import has_classes
from chainrule.model.importing.draft import ImportDraft
from chainrule.model.importing.plan import ImportPlan, Use
from chainrule.model.importing.reading import TableSource, read_source
from chainrule.model.importing.table import is_missing, parsed_number
from chainrule.model.importing.text_tables import TextFormat

# More points nobody sets by hand, and each stroke is kept to be undone.
MOST_POINTS = 5_000
LEAST_CLASSES, MOST_CLASSES = 2, 10
MOST_STROKES = 200
# A point stands at a round number, of which there are at least so many along each side of the plane.
PLACES = 250
# So many steps of an arrow key are as far as the plane goes.
STEPS = 50
# Numbers up to that are left as they were drawn; a network comes to larger ones slowly.
LARGE = 10.0
# What a side of the plane may be, at most and at least, by its largest number.
LARGEST, NARROWEST = 1e9, 1e-6
SIDE = (-3.0, 3.0)
_TITLE = "Sketch"
_LETTERS = "ABCDEFGHIJ"
Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SketchPoint:
    """A point, and the class that it is one of, from 0; along a curve that means nothing."""

    x: float
    y: float
    label: int = 0


@dataclass(frozen=True, slots=True)
class Plane:
    """What of the plane is in sight: from where to where, across and up."""

    across: Ends = SIDE
    up: Ends = SIDE

    def placed(self, x: float, y: float) -> tuple[float, float] | None:
        """Return a place at the round numbers nearest to it; None where they are not in sight."""
        found = _rounded(x, self.across), _rounded(y, self.up)
        return found if self.holds(*found) else None

    def holds(self, x: float, y: float) -> bool:
        """Return whether a place is in sight."""
        return self.across[0] <= x <= self.across[1] and self.up[0] <= y <= self.up[1]

    def moved(self, x: float, y: float, steps: tuple[int, int], *, fine: bool) -> tuple[float, float]:
        """Return the place so many steps to the right and up, at the edge where that would be out of sight. A fine
        step is one to the next round number.
        """
        sides = (self.across, self.up)
        lengths = [10.0 ** -_digits(side) if fine else (side[1] - side[0]) / STEPS for side in sides]
        moved = (
            _rounded(min(max(number + count * length, side[0]), side[1]), side)
            for number, count, length, side in zip((x, y), steps, lengths, sides, strict=True)
        )
        return next(moved), next(moved)

    @classmethod
    def around(cls, points: Iterable[SketchPoint]) -> Plane:
        """Return a plane with round ends in which all points are in sight: the usual one where that will do."""
        found = list(points)
        return cls(_side([point.x for point in found]), _side([point.y for point in found]))


def check_side(low: float, high: float) -> Ends:
    """Return the ends of a side; `SpecError` in words where there is nothing between them, or they lie too far out."""
    largest = max(abs(low), abs(high))
    if not largest <= LARGEST:
        raise SpecError("side", f"the plane goes from {-LARGEST:,.0f} to {LARGEST:,.0f} at most")
    if not high - low > NARROWEST * largest:
        raise SpecError("side", f"the second number must be larger than the first, which is {low:g}")
    return low, high


def _rounded(number: float, side: Ends) -> float:
    # Without a zero that has a sign.
    return round(number, _digits(side)) + 0.0


def _digits(side: Ends) -> int:
    """Return how many decimals the round numbers of a side have; fewer than none where they are tens or hundreds."""
    return -math.floor(math.log10((side[1] - side[0]) / PLACES))


def _side(numbers: Sequence[float]) -> Ends:
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    if SIDE[0] <= low and high <= SIDE[1]:
        return SIDE
    largest = max(abs(low), abs(high))
    digits = -math.floor(math.log10(max((high - low) / 2, NARROWEST * largest)))
    step = 10.0**-digits
    # With room for what stands at the edge.
    return round((math.ceil(low / step) - 1) * step, digits), round((math.floor(high / step) + 1) * step, digits)


@dataclass(frozen=True, slots=True)
class Sketch:
    """Points, and the names of the classes that they can be of.

    As a `curve` they are y of x, and their classes wait for the sketch to be one of classes again. `columns` are the
    names of x and y, and `target` that of the class. Classes that are `numbers` stay such where they are named so.
    """

    points: tuple[SketchPoint, ...] = ()
    classes: tuple[str, ...] = ("A", "B")
    curve: bool = False
    columns: tuple[str, str] = ("x", "y")
    target: str = "class"
    numbers: bool = False

    def counts(self) -> list[int]:
        """Return how many points each class has."""
        found = Counter(point.label for point in self.points)
        return [found[label] for label in range(len(self.classes))]

    def with_points(self, points: Iterable[SketchPoint]) -> Sketch:
        """Return the sketch with more points, as many as there may be."""
        return replace(self, points=(*self.points, *points)[:MOST_POINTS])

    def without(self, points: Iterable[SketchPoint]) -> Sketch:
        """Return the sketch without points."""
        gone = set(points)
        kept = tuple(point for point in self.points if point not in gone)
        return self if len(kept) == len(self.points) else replace(self, points=kept)

    def with_class(self) -> Sketch:
        """Return the sketch with one class more, which is called by a letter or a number that is free."""
        count = len(self.classes)
        are_numbers = all(parsed_number(name, ".") is not None for name in self.classes)
        free = (name for name in (*map(str, range(2 * MOST_CLASSES)), *_LETTERS) if name not in self.classes)
        letters = (name for name in (*_LETTERS[count:], *_LETTERS) if name not in self.classes)
        return replace(self, classes=(*self.classes, next(free if are_numbers else letters)))

    def without_class(self) -> Sketch:
        """Return the sketch without its last class, and without the points of that."""
        last = len(self.classes) - 1
        points = tuple(point for point in self.points if point.label != last)
        return replace(self, points=points, classes=self.classes[:last])

    def with_name(self, label: int, name: str) -> Sketch:
        """Return the sketch with a class called otherwise; `SpecError` where that is no name for one."""
        check_name(name, "name")
        number = parsed_number(name, ".")
        # As the table that is made of it would write it: 1.0 and 1 are one class, and so are 0 and -0.
        name = name.strip() if number is None else f"{number + 0.0:.15g}"
        if name in (*self.classes[:label], *self.classes[label + 1 :]):
            raise SpecError("name", f"there is another class called {name}")
        if is_missing(name):
            raise SpecError("name", f"“{name}” stands for a missing value; choose another name")
        return replace(self, classes=(*self.classes[:label], name, *self.classes[label + 1 :]))

    def source(self) -> TableSource:
        """Return the points as the text of a CSV file, a row each."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(self.columns if self.curve else (*self.columns, self.target))
        for point in self.points:
            rows.writerow((point.x, point.y) if self.curve else (point.x, point.y, self.classes[point.label]))
        return TableSource(f"{_TITLE}.csv", ".csv", text.getvalue().encode())

    def draft(self) -> ImportDraft:
        """Return the import of the points. `SpecError` where there are none."""
        if not self.points:
            raise SpecError("points", "there are no points yet: click or drag in the plane")
        source = self.source()
        return ImportDraft(source, read_source(source, TextFormat()), self._plan())

    def _plan(self) -> ImportPlan:
        uses = (Use.INPUT, Use.TARGET) if self.curve else (Use.INPUT, Use.INPUT, Use.TARGET)
        are_numbers = self.numbers and all(parsed_number(name, ".") is not None for name in self.classes)
        return ImportPlan(
            uses,
            standardize=self.reaches_far,
            standardize_targets=self.curve and any(abs(point.y) > LARGE for point in self.points),
            classes=not self.curve and not are_numbers,
            class_order=self.classes,
        )

    @property
    def reaches_far(self) -> bool:
        """Whether an input is so large that inputs are standardized."""
        return any(abs(point.x) > LARGE or (not self.curve and abs(point.y) > LARGE) for point in self.points)


class SketchHistory:
    """The sketch as it is, with those before it and those that were undone; each stroke is one."""

    def __init__(self, sketch: Sketch) -> None:
        self._now = sketch
        self._before: list[Sketch] = []
        self._undone: list[Sketch] = []

    @property
    def sketch(self) -> Sketch:
        """The sketch as it is."""
        return self._now

    @property
    def can_undo(self) -> bool:
        """Whether there is a sketch before."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return bool(self._undone)

    def put(self, sketch: Sketch) -> None:
        """Go on with another sketch; one that is the same changes nothing."""
        if sketch != self._now:
            self._before = [*self._before[1 - MOST_STROKES :], self._now]
            self._now, self._undone = sketch, []

    def undo(self) -> None:
        """Go back to the sketch before, if there is one."""
        if self._before:
            self._undone.append(self._now)
            self._now = self._before.pop()

    def redo(self) -> None:
        """Take the last undo back, if there is one."""
        if self._undone:
            self._before.append(self._now)
            self._now = self._undone.pop()


def sketch_of(experiment: Experiment) -> Sketch:
    """Return the rows of an experiment as points: of two inputs and a class, or of one input and one target.
    `SpecError` says in words why they are none.
    """
    data = experiment.data
    if experiment.network.formula or not data.inputs:
        raise SpecError("data", "a formula has no rows")
    widths = len(data.inputs[0]), len(data.targets[0])
    if widths not in ((1, 1), (2, 1)):
        wanted = "points have two inputs and a class, or one input and one target"
        have = f"{plural(widths[0], 'input')} and {plural(widths[1], 'target')}"
        raise SpecError("data", f"{wanted}; the rows there have {have}")
    if len(data.inputs) > MOST_POINTS:
        raise SpecError("data", f"there are {len(data.inputs):,} rows, and {MOST_POINTS:,} points at most")
    sketch = _curve_of(data) if widths[0] == 1 else _classes_of(experiment)
    if any(max(abs(point.x), abs(point.y)) > LARGEST for point in sketch.points):
        raise SpecError("data", f"some numbers are beyond {LARGEST:,.0f}, where the plane ends")
    return sketch


def _curve_of(data: DataSpec) -> Sketch:
    across, up = data.names.input(0), data.names.target(0)
    pairs = zip(data.inputs, data.targets, strict=True)
    points = tuple(SketchPoint(_own(across, x), _own(up, y)) for (x,), (y,) in pairs)
    return Sketch(points, curve=True, columns=(across.name or "x", up.name or "y"))


def _classes_of(experiment: Experiment) -> Sketch:
    data = experiment.data
    across, up, target = data.names.input(0), data.names.input(1), data.names.target(0)
    are_classes = has_classes(experiment) or bool(data.names.classes)
    values = sorted({row[0] for row in data.targets})
    if are_classes:
        values = sorted({*values, *map(float, range(len(data.names.classes) or experiment.network.outputs))})
    if len(values) > MOST_CLASSES:
        raise SpecError("data", f"there are {len(values):,} different targets, and {MOST_CLASSES} classes at most")
    names = [data.names.class_name(value) or f"{_own(target, value):.15g}" for value in values]
    sketch = Sketch(columns=(across.name or "x", up.name or "y"), target=target.name or "class")
    labels = {value: place for place, value in enumerate(values)}
    points = tuple(
        SketchPoint(_own(across, x), _own(up, y), labels[value])
        for (x, y), (value,) in zip(data.inputs, data.targets, strict=True)
    )
    found = replace(sketch, points=points, classes=tuple(names), numbers=not are_classes)
    while len(found.classes) < LEAST_CLASSES:
        found = found.with_class()
    return found


def _own(column: DataColumn, number: float) -> float:
    original = column.original(number)
    return number if original is None else original
