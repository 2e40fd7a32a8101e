"""The targets as a table, and beside them what the network puts out and which class that says."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt

from chainrule.catalog.experiment.answers import class_labels, tells_one_class, told_class, true_class
from chainrule.catalog.experiment.data_names import NO_NAMES, DataNames
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.writing.numbers import format_number
from chainrule.session.screen.moment import Moment
from chainrule.ui.panels.data.models import AnyIndex, DataModel

# An output that is not computed yet.
UNKNOWN = "·"
# Behind a target: whether its class is predicted; behind the second sign stands the one that is.
RIGHT, WRONG = "✓", "✗"
# Classes whose names are measured, and so much of a target with the class that is predicted in its place.
MEASURED_CLASSES, MOST_VERDICT = 40, 18


class TargetsModel(DataModel):
    """The targets, and behind them what the network puts out for each row where that is known."""

    ref = refs.TARGET
    # Whether the class that the outputs say stands beside the true one.
    _says_classes = False

    def set_says_classes(self, says: bool) -> None:
        """Show the predicted class of each row beside its target, or the target alone."""
        if says != self._says_classes:
            self._says_classes = says
            self._announce()

    @property
    def _tells_classes(self) -> bool:
        """Whether predicted classes are shown, and there are any."""
        return self._says_classes and tells_one_class(self._moment.experiment)

    def is_wrong(self, row: int, column: int) -> bool:
        """Return whether another class than a target's is predicted, and shown beside it."""
        return WRONG in self._verdict(row) if self._is_given(column) else False

    def widest_verdict(self) -> str:
        """Return the widest that stands in the cell of a target with another class beside it; empty where none does.

        It is the same whatever is predicted now, so that columns do not jump in a run.
        """
        longest = sorted(self._class_labels[:MEASURED_CLASSES], key=len)[-2:] if self._tells_classes else ()
        return f" {WRONG} ".join(longest)[:MOST_VERDICT]

    def _verdict(self, row: int) -> str:
        """Return what stands behind a target: that its class is predicted, or which one is instead; empty where that
        is not known, or not shown.
        """
        experiment = self._moment.experiment
        if not self._tells_classes or row not in self._places:
            return ""
        outputs = [self.number(row, column) for column in range(self.targets, self.columnCount())]
        known = [output for output in outputs if output is not None]
        true = true_class(experiment, self._rows.number(row, 0))
        told = told_class(experiment, known) if len(known) == len(outputs) else None
        if true is None or told is None:
            return ""
        return RIGHT if told == true else f"{WRONG} {self._class_labels[told]}"

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what every table does, and in the tooltip of a target which class is predicted, where known."""
        found = super().data(index, role)
        if role not in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return found
        verdict = self._verdict(index.row()) if self._is_given(index.column()) else ""
        if verdict == RIGHT:
            return f"{found}\nThe outputs say this class"
        return f"{found}\nThe outputs say class {verdict.removeprefix(WRONG).strip()}" if verdict else found

    @property
    def _class_labels(self) -> tuple[str, ...]:
        """What the classes are called, by their names or numbers."""
        experiment = self._moment.experiment
        return class_labels(experiment, largest=has_classes(experiment))

    @property
    def targets(self) -> int:
        """How many targets each row has: one for each output, or one class."""
        return _columns(self._moment)

    @property
    def outputs(self) -> int:
        """How many outputs each row has."""
        return self._moment.experiment.network.outputs

    def ref_of(self, column: int) -> tuple[ValueRef, int]:
        """Return the value that a column shows, and the unit in it."""
        return (self.ref, column) if self._is_given(column) else (self._output, column - self.targets)

    def number(self, row: int, column: int) -> float | None:
        """Return a target, or an output where it is known."""
        if self._is_given(column):
            return super().number(row, column)
        place = self.place_of(row)
        return None if place is None else self._moment.number(self._output, (place, column - self.targets))

    def text(self, row: int, column: int) -> str:
        """Return what a cell shows."""
        if self._is_given(column):
            name = self._class_names.class_name(self._rows.number(row, column)) or super().text(row, column)
            return " ".join(filter(None, (name, self._verdict(row))))
        number = self.number(row, column)
        if number is None:
            return UNKNOWN if row in self._places else ""
        return format_number(self.in_units(column, number), self._moment.digits)

    @property
    def _class_names(self) -> DataNames:
        """The names of the classes that the targets are; none where they are numbers."""
        experiment = self._moment.experiment
        return experiment.data.names if has_classes(experiment) else NO_NAMES

    def _typed(self, text: str, column: int) -> float:
        """Return the number of a class whose name is typed, or else the number that is."""
        names = self._class_names.classes if self._is_given(column) else ()
        return float(names.index(text.strip())) if text.strip() in names else super()._typed(text, column)

    @property
    def _output(self) -> ValueRef:
        return refs.activation(len(self._moment.experiment.network.layers) - 1)

    def _columns_of(self, ref: ValueRef, unit: int) -> list[int]:
        return [unit + self.targets] if ref == self._output else super()._columns_of(ref, unit)

    def _given(self, moment: Moment) -> Rows:
        return moment.experiment.data.targets

    def _widths(self, moment: Moment) -> tuple[int, ...]:
        return _columns(moment), moment.experiment.network.outputs

    def _look(self, moment: Moment) -> object:
        output = refs.activation(len(moment.experiment.network.layers) - 1)
        written = moment.cursor.element if moment.written == output else None
        return moment.digits, moment.numbers if moment.is_known(output) else None, written

    def _heading(self, column: int) -> str:
        called = super()._heading(column)
        symbol = self._name(column)
        answers = self.targets <= column < 2 * self.targets and called == super()._heading(column - self.targets)
        # What a target and the output that answers it are both called tells neither.
        return f"{symbol} {called}" if answers and called != symbol else called

    def _is_given(self, column: int) -> bool:
        return column < self.targets

    def _name(self, column: int) -> str:
        if not self._is_given(column):
            return self._notation.text(self._output, (0, column - self.targets))
        if self.targets == 1:
            return "target" if self.outputs == 1 else "class"
        return super()._name(column)


def _columns(moment: Moment) -> int:
    """Return how many targets each row has; a formula has no rows."""
    rows = moment.experiment.data.targets
    return len(rows[0]) if rows else 0
