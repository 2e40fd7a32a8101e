"""Sample data: tables to begin with, drawn from a seed or kept in a file, as the text of a CSV file."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chainrule.catalog.arguments import Integer, Number, SpecError
from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Compare
from chainrule.model.importing.reading import TableSource
from chainrule.resource_files import resources_directory

_ROWS, _NOISE = 200, 0.1
ROWS = Integer("rows", _ROWS, "rows", minimum=2, maximum=20_000)
NOISE = Number("noise", _NOISE, "noise", minimum=0.0, maximum=100.0)
# Decimals of what is drawn: enough to see no grid, few enough to be read.
_DECIMALS = 4
# The interval in which x is drawn, where y is a function of it.
_REACH = 3.0
MOST_CHARACTERS = 200
Drawn = Iterator[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class SampleAsk:
    """What is asked of a sample: how many rows, how much noise, from which seed, and which function of x."""

    rows: int = _ROWS
    noise: float = _NOISE
    seed: int = 0
    function: str = "sin(x)"


@dataclass(frozen=True, slots=True)
class Sample:
    """One kind of sample data: its name, what it is in words, the names of its columns, and what draws its rows.

    `is_drawn` says that there are rows, noise and a seed to be chosen; `has_function` that there is a function.
    """

    name: str
    words: str
    columns: tuple[str, ...]
    draw: Callable[[SampleAsk, random.Random], Drawn] | None = None
    has_function: bool = False
    file: str = ""
    is_drawn: bool = True


def _gate(answer: Callable[[int, int], int]) -> Callable[[SampleAsk, random.Random], Drawn]:
    def draw(_ask: SampleAsk, _random: random.Random) -> Drawn:
        return ((a, b, answer(a, b)) for a in (0, 1) for b in (0, 1))

    return draw


def _gaussians(ask: SampleAsk, chance: random.Random) -> Drawn:
    for row in range(ask.rows):
        side = 1 if row % 2 else -1
        spread = 0.5 + ask.noise
        yield _point(side + chance.gauss(0, spread), side + chance.gauss(0, spread), "AB"[row % 2])


def _circles(ask: SampleAsk, chance: random.Random) -> Drawn:
    for row in range(ask.rows):
        angle, radius = chance.uniform(0, 2 * math.pi), (0.5, 1.0)[row % 2]
        yield _noisy(radius * math.cos(angle), radius * math.sin(angle), ("inner", "outer")[row % 2], ask, chance)


def _moons(ask: SampleAsk, chance: random.Random) -> Drawn:
    for row in range(ask.rows):
        angle = chance.uniform(0, math.pi)
        x, y = (math.cos(angle), math.sin(angle)) if row % 2 else (1 - math.cos(angle), 0.5 - math.sin(angle))
        yield _noisy(x, y, ("lower", "upper")[row % 2], ask, chance)


def _spiral(ask: SampleAsk, chance: random.Random) -> Drawn:
    for row in range(ask.rows):
        along, turn = math.sqrt(chance.random()), row % 2 * math.pi
        angle = 3 * math.pi * along + turn
        yield _noisy(2 * along * math.cos(angle), 2 * along * math.sin(angle), "AB"[row % 2], ask, chance)


def _curve(ask: SampleAsk, chance: random.Random) -> Drawn:
    function = _function(ask.function)
    for _ in range(ask.rows):
        x = round(chance.uniform(-_REACH, _REACH), _DECIMALS)
        yield x, round(function(x) + chance.gauss(0, ask.noise), _DECIMALS)


def _sides(ask: SampleAsk, chance: random.Random) -> Drawn:
    function = _function(ask.function)
    for _ in range(ask.rows):
        x, y = (round(chance.uniform(-_REACH, _REACH), _DECIMALS) for _ in "xy")
        yield x, y, "above" if y + chance.gauss(0, ask.noise) > function(x) else "below"


def _point(x: float, y: float, name: str) -> tuple[object, ...]:
    return round(x, _DECIMALS), round(y, _DECIMALS), name


def _noisy(x: float, y: float, name: str, ask: SampleAsk, chance: random.Random) -> tuple[object, ...]:
    return _point(x + chance.gauss(0, ask.noise), y + chance.gauss(0, ask.noise), name)


def _function(text: str) -> Callable[[float], float]:
    """Return the function of x that is typed; `SpecError` says why it is none, or has no value where x is drawn."""
    if len(text) > MOST_CHARACTERS:
        raise SpecError("function", f"expected at most {MOST_CHARACTERS} characters, got {len(text)}")
    try:
        tree = parse_formula(text, ("x",))
    except FormulaError as error:
        raise SpecError("function", str(error)) from None
    if isinstance(tree, Compare):
        raise SpecError("function", "this compares two numbers; a function of x is needed, such as sin(x)")

    def function(x: float) -> float:
        found = evaluate(tree, lambda _name, _places: x)
        if not math.isfinite(found):
            raise SpecError("function", f"{text} has no value at x = {x:g}; x is drawn from −3 to 3")
        return found

    return function


_PLANE = ("x", "y", "class")
_BITS = ("a", "b", "output")
SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("Two Gaussians", "Two clouds of points, which a line tells apart", _PLANE, _gaussians),
        Sample("Circles", "A circle in another: no line tells them apart", _PLANE, _circles),
        Sample("Moons", "Two half moons, one reaching into the other", _PLANE, _moons),
        Sample("Spiral", "Two arms that wind around each other: the hardest of them", _PLANE, _spiral),
        Sample("y = f(x)", "Numbers along a curve that you type", ("x", "y"), _curve, has_function=True),
        Sample("y > f(x)", "Points above and below a curve that you type", _PLANE, _sides, has_function=True),
        Sample("AND", "1 where both are 1", _BITS, _gate(lambda a, b: a & b), is_drawn=False),
        Sample("OR", "1 where one is 1", _BITS, _gate(lambda a, b: a | b), is_drawn=False),
        Sample("XOR", "1 where they differ: no single neuron can", _BITS, _gate(lambda a, b: a ^ b), is_drawn=False),
        Sample("NAND", "0 where both are 1", _BITS, _gate(lambda a, b: 1 - (a & b)), is_drawn=False),
        Sample("Iris", "150 flowers of three species, measured (Fisher, 1936)", (), file="iris.csv", is_drawn=False),
        Sample("Digits", "1797 handwritten digits, of 8x8 pixels each", (), file="digits.csv", is_drawn=False),
    )
}


def sample_source(name: str, ask: SampleAsk) -> TableSource:
    """Return a sample as a source of a table; the same ask gives the same numbers. `SpecError` for what cannot be."""
    sample = SAMPLES[name]
    if sample.file:
        return TableSource(f"{name}.csv", ".csv", (resources_directory() / "data" / sample.file).read_bytes())
    ROWS.check(ask.rows, "$.rows")
    NOISE.check(ask.noise, "$.noise")
    assert sample.draw is not None
    # Of a string of digits: any seed that can be typed, and the same draws with every version of Python.
    lines = [sample.columns, *sample.draw(ask, random.Random(str(ask.seed)))]
    return TableSource(f"{name}.csv", ".csv", "".join(f"{','.join(map(str, line))}\n" for line in lines).encode())
