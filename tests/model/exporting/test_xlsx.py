"""The .xlsx file: its numbers to the last bit, its formulas and looks; and LibreOffice works it out to the same."""

from __future__ import annotations

import io
import math
import os
from pathlib import Path
from zlib import crc32

import openpyxl
import pytest

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.trace import Executor
from chainrule.explain.sheet.workbook import CellLook, SheetError, Spreadsheet, address
from chainrule.model.exporting.xlsx import PHASE_COLOURS, tinted, write_xlsx, xlsx_of
from tests.experiments import article, dense
from tests.explain.sheet.cases import EXPERIMENTS, small
from tests.explain.sheet.computing import close_to, spreadsheet_of
from tests.explain.sheet.test_spreadsheet import iterations_of, place, with_weight
from tests.libreoffice import ALL_SHEETS, needs_libreoffice, recalculated


def written(experiment: Experiment, iterations: int = 1) -> bytes:
    return b"".join(xlsx_of(experiment, iterations))


def opened(data: bytes, *, numbers: bool) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=numbers)


def test_the_numbers_in_the_file_are_the_programs_to_the_last_bit() -> None:
    """A viewer that works nothing out shows them."""
    experiment = small()
    spreadsheet, workbook = spreadsheet_of(experiment, 2), opened(written(experiment, 2), numbers=True)
    seen = 0
    for page in spreadsheet.pages:
        for cell in page.cells:
            found = workbook[page.name][address(cell.row, cell.column)].value
            if isinstance(cell.content, str):
                assert found == cell.content
            else:
                assert float(found) == cell.content, (page.name, cell)
                seen += 1
    assert seen > 500
    assert any(float(f"{value:.16g}") != value for value in _weights(experiment)), "some number needs 17 digits"


def _weights(experiment: Experiment) -> list[float]:
    return [
        number for value in Executor(experiment).initial_state().values.values() for number in value.flatten().tolist()
    ]


def test_formulas_names_and_pages_are_as_they_were_made() -> None:
    spreadsheet, workbook = spreadsheet_of(article(), 2), opened(written(article(), 2), numbers=False)
    assert workbook.sheetnames == ["Experiment", "Iteration 0", "Iteration 1", "Course", "Check"]
    for page in spreadsheet.pages:
        for cell in page.cells:
            if cell.formula:
                assert workbook[page.name][address(cell.row, cell.column)].value == f"={cell.formula}"
    assert workbook.defined_names["lr"].attr_text == spreadsheet.names["lr"] == "Experiment!$B$8"
    assert workbook["Iteration 0"].freeze_panes == "C4"
    assert len(workbook["Course"]._charts) == 1


def test_phases_have_the_colours_of_the_window_and_what_can_be_changed_its_own() -> None:
    from chainrule.ui.style.appearance import LIGHT

    assert {phase: getattr(LIGHT, phase) for phase in PHASE_COLOURS} == PHASE_COLOURS
    spreadsheet, workbook = spreadsheet_of(article()), opened(written(article()), numbers=False)
    for page in spreadsheet.pages[:2]:
        for cell in page.cells:
            style = workbook[page.name][address(cell.row, cell.column)].fill.start_color.rgb
            if cell.look is CellLook.HEADING and cell.phase:
                assert style == f"FF{tinted(PHASE_COLOURS[cell.phase.value])[1:].upper()}"
            if cell.look is CellLook.INPUT:
                assert style == f"FF{LIGHT.read[1:].upper()}"


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1234.5, "0"), (123.45, "0.0"), (-12.345, "0.00"), (1.2345, "0.000"), (0.12345, "0.0000"), (0.0, "0"),
     (-0.0012345, "0.000000"), (1e-5, ""), (12345678.0, "0.000E+00")],
)  # fmt: skip
def test_numbers_are_shown_with_four_significant_digits(number: float, shown: str) -> None:
    """By the first of the rules that holds, as a sheet takes them; what none holds for has a power of ten."""
    rules = opened(written(article()), numbers=False)["Iteration 0"].conditional_formatting
    (found,) = rules
    for rule in sorted(found.rules, key=lambda rule: rule.priority):
        assert rule.stopIfTrue
        condition = rule.formula[0].removeprefix("AND(ISNUMBER(").partition("),")[2].removesuffix(")")
        name = str(found.sqref).partition(":")[0]
        if condition == f"{name}=0":
            holds = number == 0
        else:
            sides = condition.partition(">=")
            assert sides[0] == f"ABS({name})"
            holds = abs(number) >= float(sides[2])
        if holds:
            assert rule.dxf.numFmt.formatCode == shown
            return
    assert not shown


def test_what_cannot_be_a_sheet_is_said_before_anything_is_written() -> None:
    with pytest.raises(SheetError, match="may have"):
        next(xlsx_of(dense((784, 100, 10), 64), 1))


def test_a_failure_of_the_thread_that_writes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(spreadsheet: Spreadsheet, file: io.BytesIO) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("chainrule.model.exporting.xlsx.write_xlsx", fail)
    with pytest.raises(MemoryError, match="no room"):
        written(article())


# ------------------------------------------------------------------------------------------------------- LibreOffice


def with_wrong_numbers(spreadsheet: Spreadsheet, file: Path, changed: dict[str, float]) -> None:
    """Write a workbook that keeps a wrong number with each formula, with cells of the first page changed."""
    data = io.BytesIO()
    write_xlsx(spreadsheet, data)
    # openpyxl keeps formulas, and drops the numbers that they gave.
    workbook = opened(data.getvalue(), numbers=False)
    for where, value in changed.items():
        assert isinstance(workbook["Experiment"][where].value, int | float)
        workbook["Experiment"][where].value = value
    workbook.save(file)


def _kinds() -> dict[str, list[str]]:
    """The names of the experiments by what they show: `losses`, `schedules` and so on."""
    found: dict[str, list[str]] = {}
    for name in EXPERIMENTS:
        found.setdefault(name.split(" ")[0], []).append(name)
    return found


def some_of_each(each: int = 2) -> dict[str, Experiment]:
    """Some experiments of each kind, drawn by their names: the same every time, and others once a table grows."""
    drawn = {
        name for names in _kinds().values() for name in sorted(names, key=lambda name: crc32(name.encode()))[:each]
    }
    return {name: EXPERIMENTS[name] for name in EXPERIMENTS if name in drawn}


def test_some_of_each_kind_are_drawn() -> None:
    assert len(some_of_each()) <= 12
    assert {name.split(" ")[0] for name in some_of_each()} == set(_kinds())


@needs_libreoffice
def test_libreoffice_works_out_the_same_and_follows_a_changed_weight(tmp_path: Path) -> None:
    """For some entries of the tables, or for all where it is asked for; all files in one run, for it starts slowly."""
    expected: dict[str, tuple[str, Spreadsheet]] = {}
    for number, (name, experiment) in enumerate((EXPERIMENTS if ALL_SHEETS in os.environ else some_of_each()).items()):
        # What is handed on is the same references in each.
        count = iterations_of(name) - 1
        edited, ref, index, value = with_weight(experiment, 0.25)
        spreadsheet, file = spreadsheet_of(experiment, count), f"{number}.xlsx"
        with_wrong_numbers(spreadsheet, tmp_path / file, {place(spreadsheet, ref, index): value})
        expected[file] = name, spreadsheet_of(edited, count)
    found = recalculated([tmp_path / file for file in expected], tmp_path)
    wrong = [text for file, (name, wanted) in expected.items() for text in _differences(name, found[file], wanted)]
    assert wrong == []


def _differences(name: str, file: Path, expected: Spreadsheet) -> list[str]:
    workbook, found, seen = openpyxl.load_workbook(file, data_only=True), [], 0
    for page in expected.pages:
        if not page.name.startswith("Iteration"):
            continue
        for cell in page.cells:
            if not cell.formula or isinstance(cell.content, str):
                continue
            value, seen = workbook[page.name][address(cell.row, cell.column)].value, seen + 1
            if not isinstance(value, int | float) or not math.isfinite(value) or not close_to(value, cell.content):
                found.append(f"{name}, {page.name}: {value} for {cell.content} by {cell.formula}")
    return found if seen else [f"{name}: nothing was worked out"]
