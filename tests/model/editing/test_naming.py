"""Columns and classes are called otherwise: all that is not named stays, and what cannot be a name is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.data_names import NO_NAMES, DataColumn
from chainrule.catalog.values import refs
from chainrule.explain.names.data_names import column_of
from chainrule.model.editing.naming import rename
from tests.experiments import article, dense
from tests.formulas import formula_experiment
from tests.model.files.test_data_names import iris

OUTPUT = refs.activation(1)


@pytest.mark.parametrize(
    ("ref", "unit"), [(refs.INPUT, 0), (refs.INPUT, 1), (refs.TARGET, 0), (OUTPUT, 0), (OUTPUT, 2)]
)
def test_what_is_renamed_is_called_so_and_nothing_else_is(ref: str, unit: int) -> None:
    before = checked_experiment(iris())
    after = checked_experiment(rename(ref, unit, " size ")(before))
    places = [(refs.INPUT, 0), (refs.INPUT, 1), (refs.TARGET, 0), *((OUTPUT, place) for place in range(3))]
    for place in places:
        of = column_of(before, place[0], (0, place[1]))
        assert column_of(after, place[0], (0, place[1])) == (
            replace(of, name="size") if place == (ref, unit) else of
        ), place
    assert replace(after, data=replace(after.data, names=NO_NAMES)) == replace(
        before, data=replace(before.data, names=NO_NAMES)
    )


def test_names_begin_and_end_with_none() -> None:
    named = rename(refs.INPUT, 1, "width")(article())
    assert named.data.names.inputs == (DataColumn(), DataColumn("width"))
    assert rename(refs.INPUT, 1, "")(named) == article()
    # With one output the target and what answers it are one column.
    assert rename(OUTPUT, 0, "price")(article()) == rename(refs.TARGET, 0, "price")(article())


def test_classes_without_names_get_theirs_with_the_first() -> None:
    plain = replace(iris(), data=replace(iris().data, names=NO_NAMES))
    named = checked_experiment(rename(OUTPUT, 1, "bee")(plain))
    assert named.data.names.classes == ("0", "bee", "2")
    assert rename(OUTPUT, 1, "")(named).data.names.classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("ref", "name", "words"),
    [
        (OUTPUT, "versicolor", "another class called versicolor"),
        (refs.INPUT, "a\tb", "on one line"),
        (refs.TARGET, "x" * 201, "at most 200 characters"),
    ],
)
def test_what_is_no_name_is_refused(ref: str, name: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        rename(ref, 0, name)(iris())


def test_an_experiment_of_another_time_without_the_column_stays() -> None:
    narrow, formula = dense((1, 1), 2), formula_experiment("q = x + y", "f = q*z")
    assert rename(refs.INPUT, 1, "width")(narrow) is narrow
    assert rename(refs.INPUT, 0, "width")(formula) is formula
