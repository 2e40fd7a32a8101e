"""The accuracy by iteration, in the card of the loss: of the training rows, and dashed that of the test rows."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

from chainrule.catalog.experiment.spec_error import plural
from chainrule.session.results.accuracy import AccuracyMeter, accuracy_of
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.legend import LegendEntry
from chainrule.ui.plots.chart.palette import Dot, Stroke, curve_color
from chainrule.ui.plots.pinned_accuracies import (
    OF,
    RIGHT,
    TEST,
    TRAINING,
    PinnedAccuracies,
    new_answers,
    score_in_full,
    share_text,
)
from chainrule.ui.plots.pinned_curves import named_loss
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.engine.row_results import Score
    from chainrule.model.curves.accuracy import AccuracyCurve
    from chainrule.model.timeline.downsampled_series import Outline
    from chainrule.ui.plots.chart.chart import Chart

NONE_YET = gettext_noop("Run or step through an iteration to see the accuracy here")
ONE_YET = gettext_noop("The curve begins with the second iteration")
MEASURING = gettext_noop("The accuracy is being measured")
NO_NUMBER = gettext_noop("The outputs are no numbers (NaN): they say no class")
NAMES = (TRAINING, TEST)
# A curve needs two points.
LEAST = 2
AXIS = gettext_noop("right in %")
TIP = gettext_noop(
    "The share of the rows whose class the outputs say, under the parameters that an iteration starts from: of all "
    "{training}{test}. It was measured at {measured} of {plural}, evenly; "
    "between them the lines are straight. While a run goes on, measuring takes a tenth of the time at most."
)


class AccuracyCurves(QObject):
    """Has the accuracy measured as long as it is followed. `changed` tells that there is more to be drawn."""

    changed = Signal()

    def __init__(self, appearance: Appearance, parent: QObject) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._moment: Moment | None = None
        self.curve: AccuracyCurve | None = None
        self._outline: Outline | None = None
        self._pinned = PinnedAccuracies()
        self.meter = AccuracyMeter(self)
        self.meter.changed.connect(self.changed)

    def follow(self, moment: Moment, change: Change) -> None:
        """Measure what a moment has that is new."""
        if moment.is_ready and change & (Change.COURSE | Change.PROGRAM | Change.ITERATION | Change.PINNED):
            self.meter.follow(moment)

    def look(self, moment: Moment) -> None:
        """Take what is measured by now of a moment."""
        self._moment = moment
        self.curve = accuracy_of(moment.course) if moment.is_ready else None
        self._outline = None if self.curve is None else self.curve.outline()
        self._pinned.look(moment)

    def draw(self, chart: Chart) -> str:
        """Give the chart its data; return what there is to say in its place, if anything."""
        curve = self.curve
        if curve is None or self._outline is None or self._moment is None:
            return gettext(NONE_YET)
        # Where there is another curve, the beginning of this one is seen beside it.
        if not self._pinned.curves and (missing := _missing(curve)):
            return missing
        behind = [each.behind for each in self._pinned.curves]
        begins = new_answers(self._moment.course, curve)
        if not chart.show_data(curve.first, self._outline, begins=begins, behind=behind):
            return gettext(NO_NUMBER)
        chart.name_values(gettext(AXIS))
        return ""

    @property
    def colors(self) -> tuple[QColor, QColor]:
        """The colours of both curves, which their losses have too."""
        return QColor(self._appearance.theme.loss), curve_color(self._appearance, 0, 0, 1)

    def strokes(self, count: int) -> list[Stroke]:
        """Return how so many curves are drawn."""
        behind = [stroke for each in self._pinned.curves for stroke in each.strokes(self._appearance)]
        own = count - len(behind)
        named = [name * (own > 1) for name in NAMES]
        live = [
            Stroke(color, width=2, dashed=place > 0, name=name, level=1)
            for place, (color, name) in enumerate(zip(self.colors, named, strict=True))
        ]
        return [*live[:own], *behind]

    def numbers(self) -> NumbersTable | None:
        """Return the right answers, and how many there are, at each iteration that was measured."""
        if self.curve is None:
            return None
        now = f"{self._pinned.now}, " if self._pinned.now else ""
        curves = [(now, self.curve), *((f"{each.run.name}, ", each.curve) for each in self._pinned.curves)]
        measured = [(name, curve) for name, curve in curves if len(curve)]
        places = sorted({at for _, curve in measured for at in curve.iterations.tolist()})
        columns: dict[str, list[int | None]] = {}
        for run, curve in measured:
            known = dict(zip(curve.iterations.tolist(), curve.scores, strict=True))
            for part, name in enumerate(NAMES[: 1 + curve.has_test]):
                scores = [known[at][part] if at in known else None for at in places]
                columns[f"{run}{name}, {RIGHT}"] = [score and score.right for score in scores]
                columns[f"{run}{name}, {OF}"] = [score and score.count for score in scores]
        return NumbersTable(("iteration", *columns), (places, *columns.values())) if places else None

    # In words

    def at_cursor(self) -> tuple[int, tuple[Score | None, Score | None]] | None:
        """Return the last iteration that was measured up to the cursor's, with its answers."""
        if self.curve is None or self._moment is None:
            return None
        place = self.curve.before(self._moment.cursor.iteration)
        return None if place is None else (int(self.curve.iterations[place]), self.curve.scores[place])

    def legend(self) -> tuple[LegendEntry, ...]:
        """Return the names of the curves with their shares at the cursor; none of one curve alone."""
        pinned, now = self._pinned.curves, self._pinned.now
        if self.curve is None or self._moment is None or not (self.curve.has_test or pinned):
            return ()
        found = self.at_cursor()
        scores = found[1] if found else (None, None)
        called = named_loss if pinned else (lambda name, text: f"{name} {text}".strip())
        names = (now, f"{now}, {TEST}") if pinned else NAMES
        texts = (called(name, share_text(score)) for name, score in zip(names, scores, strict=True))
        lines = list(zip(texts, self.colors, (False, True), strict=True))[: 1 + self.curve.has_test]
        live = [LegendEntry(text, color, dashed=dashed) for text, color, dashed in lines]
        at = self._moment.cursor.iteration
        return (*live, *(entry for each in pinned for entry in each.entries(self._appearance, at)))

    def number(self) -> str:
        """Return the share of one curve alone; nothing where there is a legend."""
        found = self.at_cursor()
        return share_text(found[1][0]) if found and not self.legend() else ""

    def dots(self, iteration: int, *, size: float) -> list[Dot]:
        """Return the points of an iteration that was measured on the curves."""
        if self.curve is None or self._outline is None or not len(self.curve):
            return []
        shares = self._outline.low[self.curve.nearest(iteration)]
        pairs = zip(shares.tolist(), self.colors, strict=False)
        return [Dot(iteration, value, color, size) for value, color in pairs if isfinite(value)]

    def describe(self, iteration: int) -> tuple[int, str]:
        """Return the iteration that was measured nearest to one, and what came out there, in full."""
        assert self.curve is not None
        at, lines = iteration, list[str]()
        if len(self.curve):
            place = self.curve.nearest(iteration)
            at = int(self.curve.iterations[place])
            now = f"{self._pinned.now}, " if self._pinned.now else ""
            lines = [f"{now}{line}" for line in self._lines(self.curve.scores[place])]
        lines += [line for each in self._pinned.curves for line in each.describe(at)]
        return at, "\n".join([f"iteration {at}", *lines])

    def pinned_dots(self, iteration: int) -> list[Dot]:
        """Return the points of the pinned runs at an iteration."""
        return [dot for each in self._pinned.curves for dot in each.dots(self._appearance, iteration)]

    def _lines(self, scores: tuple[Score | None, Score | None]) -> list[str]:
        pairs = zip(NAMES, scores, strict=True)
        lines = [f"{name}: {score_in_full(score)}" for name, score in pairs if score is not None]
        return lines or ["an output is not a number (NaN)"]

    def spoken(self) -> str:
        """Return the accuracy at the cursor for a screen reader."""
        found = self.at_cursor()
        return f"Accuracy at iteration {found[0]}: {', '.join(self._lines(found[1]))}" if found else "Accuracy"

    def tip(self) -> str:
        """Say what is measured, and where."""
        if self.curve is None or self._moment is None:
            return ""
        data = self._moment.experiment.data
        test = (
            gettext(", and of the {rows} that are held back", rows=plural(data.test_rows, "row"))
            if data.test_rows
            else ""
        )
        return gettext(TIP).format(
            training=plural(data.training_rows, "training row"), test=test,
            measured=f"{len(self.curve):,}", plural=plural(self.curve.length, "iteration"),
        )  # fmt: skip


def _missing(curve: AccuracyCurve) -> str:
    """Return what there is to say in the place of a curve of its own; "" where it can be drawn."""
    if curve.length < LEAST:
        return gettext(ONE_YET) if curve.length else gettext(NONE_YET)
    return "" if len(curve) else gettext(MEASURING)
