"""What is written of a row: its target, what the network says of it, and whether that is right."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.answers import class_labels, tells_classes, true_class
from chainrule.catalog.experiment.data_names import DataColumn
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell

if TYPE_CHECKING:
    from chainrule.model.curves.row_table import RowTable

RIGHT, WRONG, NONE = "✓", "✗", "–"
# Of more numbers the first are written, with so many digits.
MOST_WRITTEN, SHORT_DIGITS = 4, 3
NOT_COUNTED = gettext_noop("not counted")


@dataclass(frozen=True, slots=True)
class RowWords:
    """Writes what came out for the rows of an experiment."""

    experiment: Experiment
    table: RowTable
    digits: int | None

    @property
    def of_one_class(self) -> bool:
        """Whether each row is of one class, which the outputs say."""
        answer = self.table.answer
        return answer is not None and (answer.value == "largest" or self.experiment.network.outputs == 1)

    @property
    def has_residual(self) -> bool:
        """Whether the one output is a number, of which the target differs by another."""
        return not tells_classes(self.experiment) and self.experiment.network.outputs == 1

    def part(self, row: int) -> str:
        """Return which part of the data a row is in."""
        return "test" if self.table.is_test[row] else "training"

    def inputs(self, row: int) -> str:
        """Return the first inputs of a row, in the units of their columns."""
        names, data = self.experiment.data.names, self.experiment.data
        first = [(names.input(place), data.inputs.number(row, place))
                 for place in range(min(MOST_WRITTEN, data.inputs.columns))]  # fmt: skip
        texts = [format_short(in_units(column, number), SHORT_DIGITS) for column, number in first]
        return "  ".join([*texts, *["…"] * (data.inputs.columns > MOST_WRITTEN)])

    def target(self, row: int, digits: int | None = SHORT_DIGITS, most: int = MOST_WRITTEN) -> str:
        """Return the true class of a row, or its numbers, of which `most` are written."""
        targets = self.experiment.data.targets[row]
        if self.of_one_class:
            return self._labels[self._true(targets)] if self.table.counts(row) else f"{targets[0]:g}"
        return self._numbers(targets, len(targets), digits, most)

    def _true(self, targets: tuple[float, ...]) -> int:
        if has_classes(self.experiment):
            return int(targets[0])
        if len(targets) > 1:
            return max(range(len(targets)), key=targets.__getitem__)
        return true_class(self.experiment, targets[0]) or 0

    @property
    def _labels(self) -> tuple[str, ...]:
        answer = self.table.answer
        return class_labels(self.experiment, largest=answer is not None and answer.value == "largest")

    def prediction(self, row: int, digits: int | None = SHORT_DIGITS, most: int = MOST_WRITTEN) -> str:
        """Return the class that the outputs of a row say, with its probability, or their numbers."""
        if not self.of_one_class:
            return self._said(row, digits, most)
        # A class may be called by a number.
        said, chance = self._said(row), self.chance(row)
        return f"{said} ({chance})" if chance and self.table.said[row] >= 0 else said

    def _said(self, row: int, digits: int | None = None, most: int = MOST_WRITTEN) -> str:
        """Return the class that the outputs of a row say, or their numbers."""
        if not self.of_one_class:
            return self._numbers(tuple(self.table.outputs[row].tolist()), self.experiment.network.outputs, digits, most)
        said = int(self.table.said[row])
        return self._labels[said] if said >= 0 else gettext("NaN: no class")

    def chance(self, row: int, decimals: int = 1) -> str:
        """Return the probability of the class that is said, in per cent; nothing where there is none."""
        chance = float(self.table.chances[row])
        if isnan(chance):
            return ""
        text = f"{100 * chance:.{decimals}f} %"
        # What is nearly sure is not said to be sure.
        return text if chance == 1 or not text.startswith("100") else f"> {100 - 10.0**-decimals:.{decimals}f} %"

    def _numbers(self, numbers: tuple[float, ...], count: int, digits: int | None, most: int) -> str:
        names = self.experiment.data.names
        first = enumerate(numbers[:most])
        texts = [format_short(in_units(names.target(place), number), digits) for place, number in first]
        return "  ".join([*texts, *["…"] * (count > most)])

    def loss(self, row: int, digits: int | None) -> str:
        """Return the loss of a row; a dash where it does not count."""
        return format_number(float(self.table.losses[row]), digits) if self.table.counts(row) else NONE

    def verdict(self, row: int) -> str:
        """Return whether a row is right, by sign and word; of a number by how much the target is more."""
        wrong, answers = int(self.table.wrong[row]), int(self.table.answers[row])
        if self.table.answer is None:
            residual = self.residual(row)
            return "" if residual is None else format_number(residual, self.digits)
        if not answers:
            return gettext(NOT_COUNTED)
        if not wrong:
            return gettext("{right} right", right=RIGHT)
        return (
            gettext("{wrong} wrong", wrong=WRONG)
            if answers == 1
            else gettext("{wrong} {wrong_2} of {answers} wrong", wrong=WRONG, wrong_2=wrong, answers=answers)
        )

    def residual(self, row: int) -> float | None:
        """Return the target less the output, in the column's own units; None where there is not one of each."""
        if not self.has_residual:
            return None
        column = self.experiment.data.names.target(0)
        target, output = self.experiment.data.targets[row][0], float(self.table.outputs[row][0])
        return in_units(column, target) - in_units(column, output)

    def copied(self, row: int) -> list[CopiedCell]:
        """Return the row for the clipboard: number, part, target, prediction, probability, loss, verdict."""
        chance, residual = float(self.table.chances[row]), self.residual(row)
        if self.of_one_class:
            told: list[CopiedCell] = [self.target(row), self._said(row), None if isnan(chance) else chance]
        else:
            targets = map(self._in_target_units, enumerate(self.experiment.data.targets[row]))
            told = [*targets, *map(self._in_target_units, enumerate(self.table.outputs[row].tolist()))]
        last: CopiedCell = self.verdict(row) if self.table.answer is not None else residual
        return [float(row + 1), self.part(row), *told, float(self.table.losses[row]), last]

    def copied_names(self) -> tuple[str, ...]:
        """Return what stands over the columns of what `copied` returns."""
        if self.of_one_class:
            told = ["target", "prediction", "probability"]
        else:
            counts = (len(self.experiment.data.targets[0]), self.experiment.network.outputs)
            told = [f"{name} {place + 1}" for name, count in zip(("target", "prediction"), counts, strict=True)
                    for place in range(count)]  # fmt: skip
        return ("row", "part", *told, "loss", "verdict" if self.table.answer is not None else "residual")

    def _in_target_units(self, placed: tuple[int, float]) -> float:
        place, number = placed
        return in_units(self.experiment.data.names.target(place), number)

    def tip(self, row: int) -> str:
        """Return all that came out for a row, in full."""
        held = (
            gettext("held back for the test: nothing is learned from it")
            if self.table.is_test[row]
            else gettext("trained on")
        )
        lines = [
            gettext("Row {number}, {held}", number=row + 1, held=held),
            gettext("inputs {inputs}", inputs=self.inputs(row)),
            gettext("target {target}", target=self.target(row, None)),
        ]
        chance = float(self.table.chances[row])
        sure = "" if isnan(chance) else gettext(", probability {chance}", chance=format_number(chance, None))
        lines += [
            gettext("prediction {said}{number}", said=self._said(row), number=sure * self.of_one_class),
            gettext("loss of this row {loss}", loss=self.loss(row, None)),
        ]
        residual = self.residual(row)
        if residual is not None:
            lines.append(gettext("residual, target − prediction, {residual}", residual=format_number(residual, None)))
        elif self.table.answer is not None:
            lines.append(self.verdict(row))
        return "\n".join(lines)


def in_units(column: DataColumn, number: float) -> float:
    """Return a number in its column's own units, where it was standardized."""
    original = column.original(number)
    return number if original is None else original


def counted_in_words(table: RowTable, digits: int | None) -> str:
    """Return how many rows are wrong, or the average of their losses: of all, and of both parts."""
    parts = {name: table.part(test=name == "test") for name in ("training", "test")}
    there = {name: part for name, part in parts.items() if part.rows}
    if table.answer is None:
        means = [
            gettext("{loss} in {name}", loss=format_number(part.loss, digits), name=name)
            for name, part in there.items()
        ]
        return gettext("loss per row: {names}", names=", ".join(means)) if means else gettext("no row has a loss")
    wrong, rows = (sum(getattr(part, what) for part in there.values()) for what in ("wrong", "rows"))
    text = f"{wrong:,} of {rows:,} wrong"
    if len(there) < len(parts):
        return text
    return f"{text}: " + ", ".join(f"{part.wrong:,} of {part.rows:,} {name}" for name, part in there.items())
