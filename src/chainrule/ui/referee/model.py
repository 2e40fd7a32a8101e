"""The report of the referees as a table: a row for each ref, those that differ on top."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.referee.report import Comparison, Report, ReportRow
from chainrule.explain.writing.numbers import format_count, format_number, format_short
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
ItemDataRole = Qt.ItemDataRole
COLUMNS = (
    gettext_noop("value"),
    gettext_noop("autograd, torch.optim"),
    gettext_noop("finite differences"),
    gettext_noop("PyTorch on its own"),
    gettext_noop("tolerance"),
    gettext_noop("verdict"),
)
REFEREE_COLUMNS = (1, 2, 3)
DIFFERENCES, RUN = 2, 3
TOLERANCE, VERDICT = 4, 5
ABSENT = "·"


@dataclass(frozen=True, slots=True)
class RefereeCell:
    """What a cell shows; `good` None is neither good nor bad."""

    text: str
    good: bool | None = None


class RefereeModel(QAbstractTableModel):
    """Rows of a report, in the order of computation; what differs comes first."""

    def __init__(self, named: Callable[[ValueRef], str], parent: QObject) -> None:
        """`named` tells what a value is called."""
        super().__init__(parent)
        self._named = named
        self._rows: list[ReportRow] = []
        self._first: ValueRef | None = None
        self._is_running = False

    def show_report(self, report: Report | None, *, is_running: bool) -> None:
        """Follow a report; while it is being made, its rows are compared one after another."""
        rows = [] if report is None else sorted(report.rows, key=lambda row: row.agrees)
        if rows == self._rows and is_running == self._is_running:
            return
        same = [row.ref for row in rows] == [row.ref for row in self._rows]
        if not same:
            self.beginResetModel()
        self._rows = rows
        self._first = report.first[1] if report and report.first else None
        self._is_running = is_running
        if same and rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
        elif not same:
            self.endResetModel()

    @property
    def refs(self) -> list[ValueRef]:
        """The refs, from top to bottom."""
        return [row.ref for row in self._rows]

    def row(self, index: int) -> ReportRow:
        """Return a row of the report."""
        return self._rows[index]

    def cell(self, row: int, column: int) -> RefereeCell:
        """Return what a cell shows."""
        found = self._rows[row]
        if column in REFEREE_COLUMNS:
            return _run_cell(found.run) if column == RUN else _difference_cell(_comparison(found, column), column)
        if column == TOLERANCE:
            return RefereeCell(_tolerances(found))
        if column == VERDICT:
            return self._verdict_cell(found)
        return RefereeCell(self._named(found.ref), None if found.agrees else False)

    def copied(self, row: int, columns: Sequence[int]) -> list[CopiedCell]:
        """Return a row as it is copied: its name, differences in columns of their own, and the verdict."""
        found = self._rows[row]
        torch, differences, run = (each if each and each.compared else None for each in _comparisons(found))
        numbers = [
            *((torch.absolute, torch.relative) if torch else (None, None)),
            differences.absolute if differences else None,
            run.absolute if run else None,
            torch.tolerance if torch else None,
            differences.tolerance if differences else None,
        ]
        return [self._named(found.ref), *numbers, self._verdict_cell(found).text]

    def _verdict_cell(self, row: ReportRow) -> RefereeCell:
        if not row.agrees:
            return RefereeCell("✗ differs first" if row.ref == self._first else "✗ differs", good=False)
        if row.comparisons:
            return RefereeCell("✓ agrees", good=True)
        if row.awaited:
            return RefereeCell("comparing…" if self._is_running else "not compared")
        return RefereeCell("not in PyTorch" if row.seen_in else "not reached")

    # Qt's side

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return a row for each ref."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return the referees between the ref and the verdict."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ItemDataRole.DisplayRole) -> str | None:
        """Return the names of the columns."""
        if role not in (ItemDataRole.DisplayRole, ItemDataRole.ToolTipRole) or orientation != Qt.Orientation.Horizontal:
            return None
        return gettext(COLUMNS[section]) if role == ItemDataRole.DisplayRole else gettext(_TIPS[section])

    def data(self, index: AnyIndex, role: int = ItemDataRole.DisplayRole) -> str | None:
        """Return text, and every digit in the tooltip."""
        if role in (ItemDataRole.DisplayRole, ItemDataRole.AccessibleTextRole):
            return self.cell(index.row(), index.column()).text
        if role == ItemDataRole.ToolTipRole:
            return self._tip(index.row(), index.column())
        return None

    def _tip(self, row: int, column: int) -> str:
        found = self._rows[row]
        if column in REFEREE_COLUMNS:
            comparison = _comparison(found, column)
            whole = found.autograd if column == DIFFERENCES else None
            tip = _difference_tip(comparison, whole, gettext(_SHARE_OF) if column == DIFFERENCES else _RELATIVE)
            return f"{tip}\n{found.note}" if found.note and column != RUN else tip
        if column == VERDICT and not found.comparisons and found.seen_in:
            return gettext(
                "PyTorch keeps no such number. What is computed from it is compared: {named}.",
                named=self._named(found.seen_in),
            )
        return gettext("{named}: click to select it", named=self._named(found.ref))


_TIPS = (
    gettext_noop("What a micro-step computes"),
    gettext_noop(
        "PyTorch's result from the same numbers that this value is computed from: autograd for the passes, torch.optim "
        "for the update; largest difference, absolute and relative"
    ),
    gettext_noop(
        "The loss a little above and a little below: largest difference of the slope. How exact a slope of this kind "
        "is does not depend on the slope, so that the difference of a small one is no share of it"
    ),
    gettext_noop(
        "A PyTorch loop that trains on its own from the first of these iterations on: rounding grows in it, and it "
        "judges nothing; largest difference"
    ),
    gettext_noop(
        "What rounding may make. Of autograd and torch.optim: the relative difference; of finite differences: "
        "the difference, as a share of the largest number of the gradient, of the loss, or of 1, whichever "
        "is the largest"
    ),
    gettext_noop("Whether every referee agrees"),
)


def _comparisons(row: ReportRow) -> tuple[Comparison | None, ...]:
    return row.torch, row.differences, row.run


def _comparison(row: ReportRow, column: int) -> Comparison | None:
    return _comparisons(row)[REFEREE_COLUMNS.index(column)]


def _tolerances(row: ReportRow) -> str:
    """Return what is allowed to PyTorch, and to finite differences where they judge as well."""
    torch_s, differences = (
        ABSENT if c is None or not c.compared else format_short(c.tolerance, 1) for c in (row.torch, row.differences)
    )
    return torch_s if differences == ABSENT else f"{torch_s}  {differences}"


def _difference_cell(comparison: Comparison | None, column: int) -> RefereeCell:
    if comparison is None:
        return RefereeCell(ABSENT)
    if not comparison.compared:
        return RefereeCell("cannot tell")
    absolute, relative = short(comparison.absolute), short(comparison.relative)
    one = column == DIFFERENCES or not comparison.absolute
    return RefereeCell(absolute if one else f"{absolute}  {relative}", comparison.agrees)


def _run_cell(run: Comparison | None) -> RefereeCell:
    """Return how far a run of its own is away, which is neither good nor bad."""
    return RefereeCell(ABSENT if run is None else short(run.absolute))


def short(difference: float) -> str:
    """Return `2.2·10⁻¹⁶`, or 0."""
    return format_number(difference, 2)


# What the difference that is judged is a share of.
_RELATIVE = "relative"
_SHARE_OF = gettext_noop("as a share of the gradient's largest number, the loss, or 1:")


def _difference_tip(comparison: Comparison | None, whole: Comparison | None, share: str) -> str:
    """Return what a referee found, in every digit; `whole` is a referee's that compares every number."""
    if comparison is None:
        return gettext("This referee does not know it")
    lines = [
        gettext("{count} numbers compared", count=format_count(comparison.compared)),
        gettext("largest difference {absolute}", absolute=format_number(comparison.absolute, None)),
        f"{share} {format_number(comparison.relative, None)}"
        + (
            gettext(", allowed {tolerance}", tolerance=format_short(comparison.tolerance, 1))
            if math.isfinite(comparison.tolerance)
            else ""
        ),
    ]
    if whole is not None and comparison.compared + comparison.skipped < whole.compared:
        lines.insert(1, gettext("a sample of the {count} that there are", count=format_count(whole.compared)))
    if comparison.skipped:
        lines.append(
            gettext(
                "{count} cannot tell: the loss has a kink there, is not finite, or rounding leaves too few digits",
                count=format_count(comparison.skipped),
            )
        )
    return "\n".join(lines)
