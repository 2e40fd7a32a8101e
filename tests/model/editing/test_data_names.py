"""Names stay with their columns and classes: an edit drops those that are gone, and what is new has none."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.model.editing.shape import set_units
from chainrule.model.timeline.states import initial_numbers
from tests.model.files.test_data_names import NAMES, iris


def initial(experiment: Experiment) -> Mapping[ValueRef, NestedNumbers]:
    return initial_numbers(experiment)


def test_an_input_that_goes_takes_its_name_along_and_a_new_one_has_none() -> None:
    fewer = set_units(-1, 1, initial)(checked_experiment(iris()))
    assert fewer.data.names.inputs == NAMES.inputs[:1]
    more = checked_experiment(set_units(-1, 3, initial)(fewer))
    assert more.data.names.inputs == (*NAMES.inputs[:1], DataColumn(), DataColumn())


def test_a_new_class_is_called_by_its_number() -> None:
    more = checked_experiment(set_units(1, 4, initial)(checked_experiment(iris())))
    assert more.data.names.classes == ("setosa", "versicolor", "virginica", "3")
    assert more.data.names.targets == (DataColumn("species"),)


def test_classes_told_as_columns_lose_the_name_of_the_one_column() -> None:
    other = checked_experiment(edits.set_loss(Choice("MSELoss"))(checked_experiment(iris())))
    assert other.data.targets[1] == (0.0, 0.0, 1.0)
    assert other.data.names == DataNames(NAMES.inputs, (), NAMES.classes)
    assert [other.data.names.output(unit, 3).name for unit in range(3)] == ["setosa", "versicolor", "virginica"]


def test_other_rows_keep_the_names() -> None:
    experiment = checked_experiment(iris())
    assert edits.add_row(experiment).data.names == NAMES
