"""Spreadsheets that compute: every cell gives the program's number, and follows when a number is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.explain.sheet.spreadsheet import MOST_CELLS, cells_of
from chainrule.explain.sheet.workbook import CellLook, SheetError, Spreadsheet, address
from tests.experiments import article, dense, sgd
from tests.explain.sheet.cases import EXPERIMENTS, small, wide
from tests.explain.sheet.computing import close_to, contents, differing, disagreements, spreadsheet_of


def iterations_of(name: str) -> int:
    """Schedules show what they do in some iterations; a second one shows what is handed on."""
    return 3 if name.startswith("schedules") else 2


def place(spreadsheet: Spreadsheet, ref: str, index: tuple[int, ...] = ()) -> str:
    """The address of an element of a parameter or a buffer on the first page."""
    page = spreadsheet.pages[0]
    row = next(cell.row for cell in page.cells if cell.content == ref)
    whole = (0, 0, *index)[-2:]
    found = row + (1 if index else 0) + whole[0], 1 + whole[1]
    assert any(each.look is CellLook.INPUT for each in page.cells if (each.row, each.column) == found)
    return address(*found)


def with_weight(experiment: Experiment, change: float) -> tuple[Experiment, str, tuple[int, ...], float]:
    """The experiment with all parameters as they are at the start, but for the first, and which that is."""
    start = Executor(experiment).initial_state().values
    given: dict[ValueRef, Any] = {ref: start[ref].tolist() for ref in experiment.network.parameter_shapes()}
    ref = next(iter(given))
    if isinstance(given[ref], float):
        given[ref] += change
        return _given(experiment, given), ref, (), given[ref]
    index = (0, 0) if isinstance(given[ref][0], list) else (0,)
    given[ref][0][0] += change
    return _given(experiment, given), ref, index, given[ref][0][0]


def _given(experiment: Experiment, given: dict[ValueRef, Any]) -> Experiment:
    return check_experiment(replace(experiment, parameters={ref: _tuples(value) for ref, value in given.items()}))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_cell_gives_the_programs_number_and_follows_a_changed_weight_and_rate(name: str) -> None:
    """What follows is what the program makes of the experiment that has that weight and that learning rate."""
    experiment, count = EXPERIMENTS[name], iterations_of(name)
    before = spreadsheet_of(experiment, count)
    assert disagreements(before) == []
    edited, ref, index, number = with_weight(experiment, 0.25)
    lr = experiment.optimizer.number("lr") * 1.5
    edited = check_experiment(replace(edited, optimizer=edited.optimizer.replace(lr=lr)))
    cell = before.names["lr"].rpartition("!")[2].replace("$", "")
    changed = {("Experiment", place(before, ref, index)): number, ("Experiment", cell): lr}
    assert differing(contents(before, changed), spreadsheet_of(edited, count)) == []


def test_a_changed_input_and_a_changed_target_are_followed() -> None:
    experiment = small()
    rows = [list(row) for row in experiment.data.inputs]
    rows[1][0] = -2.0
    targets = [list(row) for row in experiment.data.targets]
    targets[2][2] = 0.75
    data = replace(experiment.data, inputs=_tuples(rows), targets=_tuples(targets))
    before, after = spreadsheet_of(experiment, 2), spreadsheet_of(check_experiment(replace(experiment, data=data)), 2)
    page = before.pages[0]
    row = next(cell.row for cell in page.cells if cell.content == "row 1")
    changed = {("Experiment", address(row + 1, 1)): -2.0, ("Experiment", address(row + 2, 5)): 0.75}
    assert differing(contents(before, changed), after) == []


def test_settings_that_no_formula_reads_are_not_offered_to_be_changed() -> None:
    page = spreadsheet_of(article()).pages[0]
    looks = {cell.row: cell.look for cell in page.cells if cell.column == 1}
    labels = {cell.content: looks[cell.row] for cell in page.cells if cell.column == 0 and cell.row in looks}
    assert labels["learning rate"] is CellLook.INPUT
    assert labels["momentum"] is CellLook.GIVEN
    assert labels["reduction"] is CellLook.GIVEN


def test_formulas_are_those_that_one_would_write() -> None:
    spreadsheet = spreadsheet_of(article(), 2)
    formulas = {
        (page.name, address(cell.row, cell.column)): cell.formula for page in spreadsheet.pages for cell in page.cells
    }
    assert formulas["Iteration 0", "C28"] == "C14*C6+D14*D6+C18"
    assert formulas["Iteration 0", "C33"] == "MAX(0,C28)"
    assert formulas["Iteration 0", "C48"] == "(C43-C10)^2"
    assert formulas["Iteration 0", "C50"] == "SUM(C48:C49)/2"
    assert formulas["Iteration 0", "C77"] == "C72*IF(C28>0,1,0)"
    assert formulas["Iteration 0", "C99"] == "C14-lr*C82"
    assert formulas["Iteration 1", "C14"] == "'Iteration 0'!C99"
    # Rows and columns that do not lie side by side, and more terms than one would write out.
    formulas_of_many = "\n".join(cell.formula for cell in spreadsheet_of(wide()).pages[1].cells)
    for call in ("SUMPRODUCT(MMULT(", "/SUMPRODUCT(EXP(", "\nSUM(", "\nSUMPRODUCT(C"):
        assert call in formulas_of_many, call


def test_the_check_says_which_number_differs_most() -> None:
    spreadsheet = spreadsheet_of(article())
    page = next(page for page in spreadsheet.pages if page.name == "Check")
    largest, where = [
        next(cell for cell in page.cells if (cell.row, cell.column) == (row, 3)) for row in (2, 3)
    ]  # fmt: skip
    sheets = contents(spreadsheet)
    assert sheets.value("Check", address(largest.row, 3)) < 1e-12
    changed = contents(spreadsheet, {("Experiment", place(spreadsheet, "layers.1.bias", (0,))): 1000.0})
    assert changed.value("Check", address(largest.row, 3)) > 1e5
    assert changed.value("Check", address(where.row, 3)) == "L"


def test_numbers_with_more_digits_than_a_formula_holds_have_cells() -> None:
    spreadsheet = spreadsheet_of(small(network=NetworkSpec(2, (LayerSpec(2, Choice("SELU")), LayerSpec(3)))))
    page = next(page for page in spreadsheet.pages if page.name == "Constants")
    assert {cell.content for cell in page.cells if cell.column == 1} >= {1.6732632423543772, 1.0507009873554805}


# ---------------------------------------------------------------------------------------------------------- refusals


def refused(experiment: Experiment, iterations: int = 1) -> str:
    with pytest.raises(SheetError) as caught:
        spreadsheet_of(experiment, iterations)
    return str(caught.value)


def test_what_is_too_large_is_refused_before_it_is_computed() -> None:
    large = dense((784, 100, 10), 64)
    count = cells_of(Executor(large), 1)
    assert refused(large) == (
        f"a spreadsheet would have {count:,} cells, and may have {MOST_CELLS:,}: take a smaller batch or network"
    )
    middle = dense((32, 32, 10), 16)
    assert refused(middle, 90).endswith("take 6 iterations")
    assert "200 iterations" in refused(article(), 201)


def test_a_number_that_no_cell_can_hold_is_refused_with_its_iteration() -> None:
    steep = article(optimizer=sgd(1e200))
    assert refused(steep, 3) == (
        "iteration 1: layers.1.pre_activation becomes infinite or not a number, which no cell can hold: "
        "take fewer iterations"
    )
    ended = EXPERIMENTS["schedules: cycled betas"]
    assert "OneCycleLR has 5 steps" in refused(ended, 6)


def test_the_count_of_cells_is_what_the_workbook_has() -> None:
    for experiment in (article(), EXPERIMENTS["optimizers: Adam 1"], EXPERIMENTS["others: accumulated"]):
        spreadsheet = spreadsheet_of(experiment, 2)
        numbers = sum(
            isinstance(cell.content, float)
            for page in spreadsheet.pages
            if page.name.startswith(("Iteration", "Check"))
            for cell in page.cells
            if cell.look is not CellLook.KEY
        )
        # Beside them stand the terms of the loss, and the largest difference.
        assert 0 <= numbers - cells_of(Executor(experiment), 2) < 0.1 * numbers


def test_a_sheet_of_float32_agrees_within_its_rounding() -> None:
    spreadsheet = spreadsheet_of(article(dtype="float32"))
    assert any("float32" in str(cell.content) for cell in spreadsheet.pages[0].cells)
    assert disagreements(spreadsheet, 1e-5) == []
    assert close_to(1.0, 1.0 + 1e-12)


def test_what_no_cell_can_change_is_said() -> None:
    def words(experiment: Experiment) -> list[str]:
        cells = spreadsheet_of(experiment).pages[0].cells
        return [str(cell.content) for cell in cells if cell.look is CellLook.WORDS]

    assert len(words(small())) == 2
    assert "drawn under the seed" in words(EXPERIMENTS["others: batches"])[-1]
    assert "rule of the schedule" in words(EXPERIMENTS["schedules: StepLR 7"])[-1]
    assert "float32" in words(article(dtype="float32"))[-1]
