"""The page that is changed: what an experiment is set to, its parameters and its data, as cells to type into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role, Value
from chainrule.explain.names.notation import Notation
from chainrule.explain.sheet.iteration import list_shape
from chainrule.explain.sheet.labels import labels_of
from chainrule.explain.sheet.page_writer import PageWriter
from chainrule.explain.sheet.settings import SheetSetting, SheetSettings
from chainrule.explain.sheet.workbook import CellBlock, CellLook, Index, Page, SheetCell, address, finite

EXPERIMENT, CONSTANTS = "Experiment", "Constants"
WHY_CONSTANTS = "Numbers of formulas that have more digits than a spreadsheet reads in a formula"
# The row of the first setting, and the columns of labels and numbers.
FIRST_ROW, LABELS, NUMBERS = 6, 0, 1


class ExperimentPage:
    """The page that is changed: settings, parameters, what the optimizer starts with, and the data."""

    def __init__(self, experiment: Experiment, settings: SheetSettings) -> None:
        self._experiment, self._settings = experiment, settings
        self.writer = PageWriter(EXPERIMENT, NUMBERS)
        # Whether formulas read a setting is known once they are all written: there is room for them above.
        self.writer.row = FIRST_ROW + sum(len(found) + 2 for _, found in settings.sections)
        self.names: dict[str, str] = {}
        self.blocks: dict[str, CellBlock] = {}
        self.data_rows: dict[int, int] = {}
        self._constants = dict[float, str]()
        self._constant_writer = PageWriter(CONSTANTS, NUMBERS)
        self._constant_writer.line((LABELS, WHY_CONSTANTS, CellLook.WORDS))
        row = FIRST_ROW
        for _, found in settings.sections:
            row += 1
            for setting in found:
                if setting.name and not isinstance(setting.value, str):
                    self.names[setting.name] = f"{EXPERIMENT}!${address(0, NUMBERS)[:-1]}${row + 1}"
                row += 1
            row += 1

    def constant(self, value: float) -> str:
        """Return the cell of a number with more digits than a formula may have; on a page of their own."""
        if value not in self._constants:
            writer = self._constant_writer
            self._constants[value] = f"{CONSTANTS}!{address(writer.row, NUMBERS)}"
            writer.line((LABELS, f"constant {len(self._constants)}", CellLook.LABEL), (NUMBERS, value, CellLook.GIVEN))
        return self._constants[value]

    def values(
        self,
        notation: Notation,
        values: Mapping[ValueRef, Value],
        numbers: Mapping[str, Any],
        carried: Sequence[ValueRef],
    ) -> dict[str, CellBlock]:
        """Write what the first iteration starts from, and return where it stands."""
        found: dict[str, CellBlock] = {}
        parameters = [ref for ref in carried if values[ref].role is Role.PARAMETER]
        others = [ref for ref in carried if ref not in parameters]
        for title, several in (
            ("Parameters", parameters),
            ("What optimizer and schedule start with", others),
        ):
            if several:
                self._section(title)
            for ref in several:
                found[ref] = self._value(notation, values[ref], numbers[ref])
            self.writer.row += bool(several) and not found[several[-1]].shape
        return found

    def _value(self, notation: Notation, value: Value, numbers: Any) -> CellBlock:
        labels = labels_of(notation, value, list_shape(numbers))

        def element(index: Index) -> tuple[str, float]:
            return "", finite(_element(numbers, index))

        found = self.writer.block(list_shape(numbers), element, CellLook.INPUT, *labels, beside=value.ref)
        self.writer.row += bool(found.shape)
        return found

    def lists(self, names: Mapping[str, Sequence[float]]) -> dict[str, CellBlock]:
        """Write what the loss has a number of for each output or class."""
        found = {}
        for name, numbers in names.items():
            self._section(f"Loss: {name}, one for each output")
            columns = [f"{place + 1}" for place in range(len(numbers))]
            element = partial(_given, numbers)
            found[name] = self.writer.block((len(numbers),), element, CellLook.INPUT, (), columns)
            self.writer.row += 1
        return found

    def data(self, notation: Notation, rows: Mapping[int, tuple[list[float], list[float]]]) -> None:
        """Write the rows of the data that the iterations take, by their numbers."""
        self._section("Data: the rows that these iterations take")
        inputs, targets = next(iter(rows.values()))
        heads = [notation.text(refs.INPUT, (0, place)) for place in range(len(inputs))]
        heads += [notation.text(refs.TARGET, (0, place)) for place in range(len(targets))]
        self.writer.line(*((NUMBERS + place, head, CellLook.COLUMN_LABEL) for place, head in enumerate(heads)))
        first = self.writer.row
        for number, (row_inputs, row_targets) in rows.items():
            cells = [(NUMBERS + place, each, CellLook.INPUT) for place, each in enumerate((*row_inputs, *row_targets))]
            self.data_rows[number] = self.writer.row - first
            self.writer.line((LABELS, f"row {number + 1}", CellLook.LABEL), *cells)
        self.blocks[refs.INPUT] = CellBlock(EXPERIMENT, first, NUMBERS, (len(rows), len(inputs)))
        self.blocks[refs.TARGET] = CellBlock(EXPERIMENT, first, NUMBERS + len(inputs), (len(rows), len(targets)))
        self.writer.row += 1

    def constants_page(self) -> tuple[Page, ...]:
        """Return the page of the numbers that formulas read because a formula cannot hold them, if there are any."""
        cells = tuple(self._constant_writer.cells)
        return (Page(CONSTANTS, cells, (40.0, 24.0), (1, 1)),) if self._constants else ()

    def _section(self, title: str) -> None:
        self.writer.line((LABELS, title, CellLook.SECTION))

    def page(self, words: Sequence[str]) -> Page:
        """Return the page, with the settings that formulas read as cells to be changed."""
        title = self._experiment.title or "Experiment"
        cells = [SheetCell(0, LABELS, title, CellLook.TITLE)]
        cells += [
            SheetCell(1 + place, LABELS, text, CellLook.WORDS) for place, text in enumerate(words[: FIRST_ROW - 2])
        ]
        row = FIRST_ROW
        for section, found in self._settings.sections:
            cells.append(SheetCell(row, LABELS, section, CellLook.SECTION))
            row += 1
            for setting in found:
                cells += self._setting(row, setting)
                row += 1
            row += 1
        return Page(EXPERIMENT, (*cells, *self.writer.cells), (40.0, *[11.0] * 24), (FIRST_ROW - 1, 1))

    def _setting(self, row: int, setting: SheetSetting) -> Iterator[SheetCell]:
        yield SheetCell(row, LABELS, setting.label, CellLook.LABEL)
        is_read = setting.name in self._settings.used
        yield SheetCell(row, NUMBERS, setting.value, CellLook.INPUT if is_read else CellLook.GIVEN)
        if is_read:
            yield SheetCell(row, NUMBERS + 1, setting.name, CellLook.REF)


def _given(numbers: Sequence[float], index: Index) -> tuple[str, float]:
    return "", numbers[index[0]]


def _element(numbers: Any, index: Index) -> float:
    for place in index:
        numbers = numbers[place]
    return float(numbers)
