"""The cells of an optimizer's updates: by their formulas, for each parameter with the numbers of its group."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.optimizers import Update
from chainrule.catalog.values.extent import Extent
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import names_read, update_of
from chainrule.explain.sheet.cells import CellReading
from chainrule.explain.sheet.iteration import IterationPage
from chainrule.explain.sheet.sums import sum_over_range
from chainrule.explain.sheet.workbook import CellBlock, Index, Named
from chainrule.formula.parse import read


def write_update(c: IterationPage, step: MicroStep) -> None:
    """Write one update of one parameter."""
    update, named = update_of(step), c.settings.of_parameter(c.program.values[step.writes].owner.ref)
    tree, names = read(update.formula), names_read(step)
    reading = c.reading(names, {name: each for name, each in named.items() if name not in names})
    if not update.term:
        c.write(step, lambda index: reading.element(tree, index))
        return
    summed = c.blocks[step.reads[0]]
    c.write(step, lambda index: _with_sum(reading, update, summed, index).element(tree, index))


def _with_sum(reading: CellReading, update: Update, summed: CellBlock, index: Index) -> CellReading:
    """Return the names of a formula with those of its sum: over a row, a column or all of what is read first."""
    cells, count = _range(update.extent, summed, index, reading.page)
    total = sum_over_range(cells, read(update.term), "x", count)
    named = {**reading.named, "total": Named(total, 0.0), "count": Named(str(count), float(count))}

    def used(name: str) -> None:
        if name in reading.named:
            reading.used(name)

    return replace(reading, named=named, used=used)


def _range(extent: Extent, summed: CellBlock, index: Index, page: str) -> tuple[str, int]:
    if extent is Extent.ROWS:
        last = summed.columns - 1
        return summed.range((index[0], 0), (index[0], last), page), summed.columns
    if extent is Extent.COLUMNS:
        return summed.range((0, index[1]), (summed.rows - 1, index[1]), page), summed.rows
    return summed.all(page), summed.rows * summed.columns
