"""From a table to an experiment: what is guessed, the numbers that come out, and what is said of it."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.data_names import DataNames
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.model.editing.new_experiment import new_formula
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.importing.applying import appending_data, import_in_words, replacing_data
from chainrule.model.importing.making import made_data
from chainrule.model.importing.plan import ImportPlan, Missing, Use, guessed_plan
from chainrule.model.importing.reading import TableSource, read_source
from chainrule.model.importing.table import ColumnTable
from tests.experiments import article, dense

INPUT, TARGET, LEFT_OUT = Use.INPUT, Use.TARGET, Use.LEFT_OUT
FLOWERS = "id,length,width,colour,kind\n" + "".join(
    f"{row + 1},{'' if row == 3 else 4 + row % 7},{row % 5 * 1.5},{'red' if row % 2 else 'blue'},{'abc'[row % 3]}\n"
    for row in range(12)
)


def table(text: str = FLOWERS) -> ColumnTable:
    return read_source(TableSource("data.csv", ".csv", text.encode())).table


def test_a_plan_is_guessed() -> None:
    plan = guessed_plan(table())
    assert plan.uses == (LEFT_OUT, INPUT, INPUT, INPUT, TARGET)
    assert plan.classes
    assert guessed_plan(table("a,target,b\n1,2.5,3\n2,4.25,4\n")).uses == (INPUT, TARGET, INPUT)
    assert not guessed_plan(table("a,y\n1,2.5\n2,4.25\n")).classes
    assert guessed_plan(table("a,y\n1,2.5\n2,4.25\n")).standardize_targets
    assert guessed_plan(table("a,y\n" + "1,0\n2,1\n" * 8)).classes


@pytest.mark.parametrize(
    ("header", "uses"),
    [
        ("x,y,farbe", (INPUT, INPUT, TARGET)),
        ("x,y,class", (INPUT, INPUT, TARGET)),
        ("x,class,y", (INPUT, TARGET, INPUT)),
        ("a,x,y", (INPUT, INPUT, TARGET)),
        ("y,x,b", (INPUT, INPUT, TARGET)),
        ("y,a,b", (TARGET, INPUT, INPUT)),
        ("a,y 1,y 2", (INPUT, TARGET, TARGET)),
        ("labels 1,labels 2,a", (TARGET, TARGET, INPUT)),
        ("y_train,x_train 1,x_train 2", (TARGET, INPUT, INPUT)),
    ],
)
def test_what_is_called_so_is_the_target_and_a_place_is_not(header: str, uses: tuple[Use, ...]) -> None:
    assert guessed_plan(table(f"{header}\n0.5,2.25,1.5\n1.5,0.25,3.5\n2.75,1.5,7.5\n")).uses == uses


def test_a_column_that_counts_is_an_input_where_there_is_no_other() -> None:
    hours = "hour,level\n" + "".join(f"{row},{row * 1.5}\n" for row in range(20))
    assert guessed_plan(table(hours)).uses == (INPUT, TARGET)
    words = "hour,level\n" + "".join(f"at {row},{row * 1.5}\n" for row in range(20))
    with pytest.raises(SpecError, match=r"left out: “hour” \(text that is another one in every row\)"):
        made_data(table(words), guessed_plan(table(words)))


@pytest.mark.parametrize("cell", ["k.A.", "inf", "-Infinity", "1e999", "#DIV/0!", "#NV", "–"])
def test_a_cell_without_a_number_makes_no_text_of_its_column(cell: str) -> None:
    rows = table(f"a,b\n1.5,2\n{cell},3\n3.5,5\n")
    found = made_data(rows, guessed_plan(rows))
    assert [column.name for column in found.names.inputs] == ["a"]
    assert found.outline.dropped == (1,)


def test_numbers_are_standardized_and_text_becomes_columns() -> None:
    found = made_data(table(), guessed_plan(table()))
    lengths = [4.0 + row % 7 for row in range(12) if row != 3]
    mean, std = statistics.fmean(lengths), statistics.pstdev(lengths)
    assert found.outline.dropped == (3,)
    assert [column.name for column in found.names.inputs] == ["length", "width", "colour = blue", "colour = red"]
    assert found.names.inputs[0].mean == pytest.approx(mean, rel=1e-15)
    assert found.names.inputs[0].std == pytest.approx(std, rel=1e-15)
    assert [row[0] for row in found.inputs] == pytest.approx([(x - mean) / std for x in lengths], rel=1e-14)
    assert found.inputs[0][2:] == (1.0, 0.0)
    assert found.names.classes == ("a", "b", "c")
    assert found.targets[:4] == ((0.0,), (1.0,), (2.0,), (1.0,))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_standardizing_is_undone_by_what_is_kept(numbers: list[float]) -> None:
    plan = ImportPlan((INPUT, TARGET))
    found = made_data(table("a,b\n" + "".join(f"{number!r},1\n" for number in numbers)), plan)
    column = found.names.inputs[0]
    back = [column.original(row[0]) for row in found.inputs]
    scale = max(map(abs, numbers)) or 1.0
    assert back == pytest.approx(numbers, rel=1e-9, abs=1e-9 * scale)


@pytest.mark.parametrize(
    ("missing", "wanted"),
    [(Missing.MEAN, 10 / 3), (Missing.MEDIAN, 2.0), (Missing.FREQUENT, 2.0), (Missing.NUMBER, -1.0)],
)
def test_what_is_missing_is_filled_in(missing: Missing, wanted: float) -> None:
    rows = table("a,b,c\n2,1,x\n,2,y\n6,3,y\n2,4,x\n1,5,\n")
    plan = ImportPlan((INPUT, INPUT, TARGET), missing, fill=-1.0, standardize=False, classes=True)
    found = made_data(rows, plan)
    # A target is not made up.
    assert found.outline.dropped == (4,)
    assert found.outline.filled == (1,)
    assert found.inputs[1] == (pytest.approx(wanted), 2.0)


def test_the_experiment_is_made_to_fit_and_can_be_saved() -> None:
    for before in (article(), dense((2, 3, 1), 4), new_formula(["f = x*y"])):
        found = made_data(table(), guessed_plan(table()))
        after = checked_experiment(replacing_data(found, "flowers")(before))
        assert (after.network.inputs, after.network.outputs) == (4, 3)
        assert after.loss.name == "CrossEntropyLoss"
        assert after.title == "flowers"
        assert decode_experiment(encode_experiment(after)).data.names == found.names


def test_numbers_keep_a_loss_of_numbers() -> None:
    found = made_data(table("a,b\n1,2.5\n2,3.25\n"), ImportPlan((INPUT, TARGET)))
    huber = checked_experiment(replace(dense((2, 3, 2), 4), loss=Choice("HuberLoss")))
    assert checked_experiment(replacing_data(found)(huber)).loss == huber.loss
    classes = checked_experiment(replacing_data(made_data(table(), guessed_plan(table())))(huber))
    back = checked_experiment(replacing_data(found)(classes))
    assert back.loss.name == "MSELoss"
    assert back.network.outputs == 1


def test_rows_that_are_added_are_standardized_as_those_there() -> None:
    plan = guessed_plan(table())
    first = made_data(table(), plan)
    experiment = checked_experiment(replacing_data(first)(article()))
    more = made_data(table(), replace(plan, append=True), experiment.data.names)
    assert more.inputs == first.inputs
    after = checked_experiment(appending_data(more)(experiment))
    assert len(after.data.inputs) == 22
    assert after.data.names == experiment.data.names
    other = table(FLOWERS.replace(",c\n", ",zebra\n"))
    with pytest.raises(SpecError, match="“zebra” in row 3 is none of the classes there: a, b, c"):
        made_data(other, replace(plan, append=True), experiment.data.names)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (ImportPlan((LEFT_OUT, LEFT_OUT, LEFT_OUT)), "no column is an input"),
        (ImportPlan((INPUT, INPUT, INPUT)), "no column is a target"),
        (ImportPlan((INPUT, TARGET, TARGET), classes=True), "classes stand in one column"),
        (ImportPlan((LEFT_OUT, INPUT, TARGET)), "every row lacks something"),
        (ImportPlan((TARGET, INPUT, LEFT_OUT), classes=True), "every row lacks something"),
    ],
)
def test_what_no_data_can_be_made_of_is_said(plan: ImportPlan, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        made_data(table("a,b,c\n1,,x\n2,,y\n"), plan)


@pytest.mark.parametrize(("line", "of"), [("5,6,", "“c” is empty"), ("5,word{},6", "20000 values: leave it out")])
def test_what_many_rows_lack_or_say_is_known_at_once(line: str, of: str) -> None:
    many = table("a,b,c\n" + "".join(f"{line.format(row)}\n" for row in range(20_000)))
    plan = ImportPlan((TARGET, INPUT, INPUT), missing=Missing.MEAN)
    began = time.process_time()
    with pytest.raises(SpecError, match=of):
        made_data(many, plan)
    # Looked through for each row again, 20,000 rows take ten seconds.
    lacking = table("a,b\n1,2\n" + ",5\n" * 20_000)
    assert len(made_data(lacking, ImportPlan((TARGET, INPUT))).outline.dropped) == 20_000
    assert time.process_time() - began < 1.5


def test_what_happens_is_said_with_numbers() -> None:
    found = made_data(table(), guessed_plan(table()))
    assert import_in_words(found.outline, checked_experiment(article()), append=False) == (
        "11 rows, 1 dropped for missing values (row 4); 4 inputs; 3 classes of “kind” (a, b, c). “colour” becomes 2 "
        "inputs, one for each of its texts. Left out: “id” (it numbers the rows). They take the place of all rows: the "
        "network gets 4 inputs, 3 outputs, one for each class, the loss becomes CrossEntropyLoss."
    )
    assert DataNames() == checked_experiment(article()).data.names
