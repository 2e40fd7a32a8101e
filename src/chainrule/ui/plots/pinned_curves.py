"""The curves of pinned runs, behind that of the run on the screen: dashed, each in a hue and with a mark of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor

from chainrule.explain.writing.numbers import format_number
from chainrule.session.runs.compared import ComparedRun, RunComparison, is_part_of
from chainrule.session.screen.moment import Moment
from chainrule.ui.plots.chart.legend import LegendEntry
from chainrule.ui.plots.chart.palette import Dot, Marker, Stroke, curve_color, curve_mark
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Outline

# The run on the screen.
NOW = "now"
# The first marks and hues are those of the run on the screen.
MARKS_BEFORE, HUES_BEFORE = 2, 1
WIDTH = 1.5


def look_of(appearance: Appearance, place: int) -> tuple[QColor, Marker]:
    """Return the hue and the mark of a pinned run."""
    return curve_color(appearance, place + HUES_BEFORE, 0, 1), curve_mark(place + MARKS_BEFORE)


def named_loss(name: str, number: str) -> str:
    """Return what a legend says of a run, and its number where that is known."""
    return f"{name}: {number}" if number else name


@dataclass(frozen=True, slots=True, eq=False)
class PinnedCurve:
    """A pinned run that is drawn: its losses, and those of its test rows where it has some."""

    run: ComparedRun
    losses: Outline
    test: Outline | None

    @property
    def columns(self) -> Outline:
        """The curves, one or two."""
        return self.losses if self.test is None else self.losses.beside(self.losses, self.test)

    def strokes(self, appearance: Appearance) -> list[Stroke]:
        """Return how they are drawn; that of the test rows has hollow marks."""
        color, mark = look_of(appearance, self.run.place)
        marks = [mark] if self.test is None else [mark, Marker(mark.shape, filled=False)]
        return [Stroke(color, WIDTH, -1, each, dashed=True) for each in marks]

    def entries(self, appearance: Appearance, iteration: int, digits: int | None) -> list[LegendEntry]:
        """Return what a legend says of them, with the losses of an iteration as far as they are remembered."""
        known = self.known_at(iteration)
        names = [self.run.name, f"{self.run.name}, test"]
        texts = ["" if loss is None else format_number(loss, digits) for loss in known]
        parts = zip(names, texts, self.strokes(appearance), strict=False)
        return [LegendEntry(named_loss(name, text), each.color, each.mark, dashed=True) for name, text, each in parts]

    def known_at(self, iteration: int) -> tuple[float | None, float | None]:
        """Return the losses of an iteration, of all and of the test rows, as far as they are remembered."""
        return _known(self.losses, iteration - self.run.course.first), self._test_at(iteration)

    def _test_at(self, iteration: int) -> float | None:
        if self.test is None or not self.run.course.experiment_at(iteration).data.test_rows:
            return None
        return _known(self.test, iteration - self.run.course.first)

    def describe(self, iteration: int) -> tuple[list[str], list[float]]:
        """Return the full losses of an iteration, in words and as numbers; nothing where the run was shorter."""
        course = self.run.course
        row = iteration - course.first
        if not 0 <= row < len(self.losses):
            return [], []
        loss, test = self.known_at(iteration)
        if loss is None and self.run.is_near(iteration):
            loss = course.loss_at(iteration)
            test = None if self.test is None else course.test_loss_at(iteration)
        if loss is None:
            low, high = self.losses.range_of(row)
            return [f"{self.run.name}: {format_number(low, None)} to {format_number(high, None)} around there"], []
        lines, numbers = [f"{self.run.name}: {format_number(loss, None)}"], [loss]
        if test is not None:
            lines.append(f"{self.run.name}, test: {format_number(test, None)}")
            numbers.append(test)
        return lines, numbers

    def dots(self, appearance: Appearance, iteration: int, losses: Sequence[float]) -> list[Dot]:
        """Return dots on the curves, at an iteration."""
        color, _ = look_of(appearance, self.run.place)
        return [Dot(iteration, loss, color, 7) for loss in losses]


def _known(losses: Outline, row: int) -> float | None:
    found = losses.row(row) if 0 <= row < len(losses) else None
    return None if found is None else float(found[0])


class PinnedCurves:
    """What of the pinned runs a plot shows. Runs that are parts of the one on the screen are seen in that."""

    def __init__(self) -> None:
        self._comparison = RunComparison()
        self.curves: tuple[PinnedCurve, ...] = ()
        # What the run on the screen has for itself, where others are shown.
        self.now = ""

    def follow(self, moment: Moment) -> None:
        """Take the runs that are pinned beside a moment's document."""
        course = moment.course
        if not moment.is_ready or not course.pinned:
            self.curves, self.now = (), ""
            return
        live, *pinned = self._comparison.of(moment)
        found = []
        for each in pinned:
            assert each.run is not None
            series = each.losses() if each.run.shown and not is_part_of(each.run, course) else None
            if series is not None and len(series[0]):
                found.append(PinnedCurve(each, *series))
        self.curves = tuple(found)
        self.now = f"{NOW}, {live.differs}" if live.differs else NOW
