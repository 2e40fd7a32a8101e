"""Names of columns and classes in files: what comes back, what is refused, and in which version they are written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.data_names import LONGEST_NAME, DataColumn, DataNames
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from tests.experiments import dense

CLASSES = DataSpec(((5.0, 1.0), (6.0, 2.0), (7.0, 3.0)), ((0.0,), (2.0,), (1.0,)))
NAMES = DataNames(
    (DataColumn("petal length", 5.84, 0.83), DataColumn()),
    (DataColumn("species"),),
    ("setosa", "versicolor", "virginica"),
)


def iris(names: DataNames = NAMES) -> Experiment:
    data = replace(CLASSES, names=names)
    return replace(dense((2, 3, 3), 3), data=data, loss=Choice("CrossEntropyLoss"))


def document(**data: Any) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(encode_experiment(iris()))
    return raw | {"data": raw["data"] | data}


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(SpecError) as caught:
        checked_experiment(decode_experiment(json.dumps(raw).encode()))
    return str(caught.value)


def test_a_file_says_them_in_version_3() -> None:
    raw = document()
    assert raw["version"] == 3
    assert raw["data"]["input_columns"] == [{"name": "petal length", "mean": 5.84, "std": 0.83}, {}]
    assert raw["data"]["target_columns"] == [{"name": "species"}]
    assert raw["data"]["class_names"] == ["setosa", "versicolor", "virginica"]
    assert json.loads(encode_experiment(iris(DataNames())))["version"] == 1


text = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
columns = st.one_of(
    st.builds(DataColumn, text),
    st.builds(DataColumn, text, st.floats(-1e300, 1e300), st.floats(1e-300, 1e300)),
    st.just(DataColumn()),
)


@given(st.tuples(columns, columns), st.tuples(columns), st.tuples(text, text, text))
def test_any_names_come_back(inputs: Any, targets: Any, classes: Any) -> None:
    given = checked_experiment(iris(DataNames(inputs, targets, classes)))
    assert checked_experiment(decode_experiment(encode_experiment(given))) == given


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"input_columns": [{"name": "a"}]}, "$.data.input_columns: expected 2 columns, got 1"),
        ({"target_columns": [{}, {}]}, "$.data.target_columns: expected 1 column, got 2"),
        ({"class_names": ["a", "b"]}, "$.data.class_names: expected 3 names, got 2"),
        ({"class_names": ["a", "b", " "]}, "$.data.class_names[2]: expected a name, got an empty text"),
        ({"class_names": ["a", "b", "c\nd"]}, "$.data.class_names[2]: expected a name on one line"),
        ({"class_names": ["a", "b", 3]}, "$.data.class_names[2]: expected text, got an integer"),
        ({"input_columns": [{"name": ""}, {}]}, "$.data.input_columns[0].name: expected a name, got an empty text"),
        (
            {"input_columns": [{"name": "a" * (LONGEST_NAME + 1)}, {}]},
            "$.data.input_columns[0].name: expected a name of at most 200 characters, got 201",
        ),
        ({"input_columns": [{"mean": 1}, {}]}, '$.data.input_columns[0]: expected "mean" and "std" together'),
        ({"input_columns": [{"mean": 1, "std": 0}, {}]}, "$.data.input_columns[0].std: expected a number above 0"),
        ({"input_columns": [{"sd": 1}, {}]}, "$.data.input_columns[0].sd: unknown key; allowed here: name, mean, std"),
    ],
)
def test_what_is_wrong_is_said(data: dict[str, Any], message: str) -> None:
    assert refusal(document(**data)).startswith(message)


def test_older_versions_do_not_say_them() -> None:
    raw = document() | {"version": 2}
    assert refusal(raw) == '$.version: expected 3, got 2; "input_columns" came with version 3'
