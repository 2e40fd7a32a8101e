"""Sample data: the same from the same seed, and what their names promise."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.model.importing.draft import ImportDraft
from chainrule.model.importing.samples import SAMPLES, SampleAsk, sample_source
from tests.experiments import article


def rows(name: str, ask: SampleAsk) -> list[tuple[object, ...]]:
    table = ImportDraft.of(sample_source(name, ask)).table
    return list(zip(*(column.cells for column in table.columns), strict=True))


@pytest.mark.parametrize("name", SAMPLES)
def test_each_becomes_an_experiment_and_the_same_from_the_same_seed(name: str) -> None:
    ask = SampleAsk(rows=40, seed=3)
    draft = ImportDraft.of(sample_source(name, ask))
    assert sample_source(name, ask) == sample_source(name, ask)
    if SAMPLES[name].is_drawn:
        assert draft.table.rows == 40
        assert sample_source(name, ask) != sample_source(name, replace(ask, seed=4))
    experiment = checked_experiment(article())
    after = checked_experiment(draft.edit(experiment)(experiment))
    assert after.title == name
    assert len(after.data.inputs) == draft.table.rows


@pytest.mark.parametrize(
    ("name", "outputs"), [("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]), ("XOR", [0, 1, 1, 0]), ("NAND", [1, 1, 1, 0])]
)
def test_gates_are_their_truth_tables(name: str, outputs: list[float]) -> None:
    inputs = [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert rows(name, SampleAsk()) == [(*pair, output) for pair, output in zip(inputs, outputs, strict=True)]


def test_without_noise_points_lie_where_they_should() -> None:
    ask = SampleAsk(rows=30, noise=0.0, function="x^2 - 1")
    for x, y, name in rows("Circles", ask):
        assert math.hypot(x, y) == pytest.approx(0.5 if name == "inner" else 1.0, abs=1e-3)  # type: ignore[arg-type]
    for x, y in rows("y = f(x)", ask):
        assert y == pytest.approx(x * x - 1, abs=1e-4)  # type: ignore[operator]
    for x, y, name in rows("y > f(x)", ask):
        assert name == ("above" if y > x * x - 1 else "below")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (SampleAsk(function="sqrt(x)"), "has no value at x ="),
        (SampleAsk(function="import os"), "function: "),
        (SampleAsk(function="y"), "function: "),
        (SampleAsk(function="x > 1"), "a function of x is needed"),
        (SampleAsk(function="x" * 201), "at most 200 characters"),
        (SampleAsk(rows=1), r"\$.rows"),
        (SampleAsk(noise=-1.0), r"\$.noise"),
    ],
)
def test_what_cannot_be_drawn_is_said(ask: SampleAsk, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        sample_source("y = f(x)", ask)


def test_iris_and_the_digits_are_the_real_ones() -> None:
    iris, digits = rows("Iris", SampleAsk()), rows("Digits", SampleAsk())
    assert len(iris) == 150
    assert iris[0] == (5.1, 3.5, 1.4, 0.2, "setosa")
    # Fisher's means of the petal length.
    means = [sum(row[2] for row in iris if row[4] == kind) / 50 for kind in ("setosa", "versicolor", "virginica")]  # type: ignore[misc]
    assert means == pytest.approx([1.462, 4.26, 5.552])
    assert (len(digits), len(digits[0])) == (1797, 65)
    assert {row[64] for row in digits} == set(range(10))
    assert all(0 <= pixel <= 16 for row in digits for pixel in row[:64])  # type: ignore[operator]


@pytest.mark.parametrize("name", SAMPLES)
def test_names_of_columns_fit_above_their_numbers(name: str) -> None:
    names = [column.name for column in ImportDraft.of(sample_source(name, SampleAsk())).table.columns]
    assert len(set(names)) == len(names)
    assert name == "Iris" or all(len(each) <= 6 for each in names)
