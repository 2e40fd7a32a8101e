"""The loss by iteration."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.batches import updating_iteration
from chainrule.explain.writing.numbers import format_number
from chainrule.model.document import Segment
from chainrule.session.screen.change import Change
from chainrule.session.screen.course import Course
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.plots.chart.header import Toggle
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import Dot, Marker, Stroke, curve_color
from chainrule.ui.plots.chart.plot_card import LEAST, PlotCard
from chainrule.ui.plots.loss_after import LossAfter
from chainrule.ui.plots.subject import Subject
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Outline

# A square.
TEST_MARK = 1
NONE_YET = "Run or step through an iteration to see its {noun} here"
ONE_YET = "The curve begins with the second iteration"
BEFORE = "before the update"
BEFORE_AND_AFTER = "before → after the update"
NO_UPDATE = "no update yet"
# Where the iteration was of a batch, and what it has led to is tried on all rows: other rows have another loss.
OTHER_ROWS = "all rows "
TIP = "The {noun} of an iteration is computed first: it is that of the parameters before the iteration's update."
TIP_OF_KEPT = (
    "The {noun} of an iteration is computed first. The gradients of this one are kept: the next update is that of "
    "iteration {update}."
)
NOT_FINITE = "No {noun} so far is a finite number"
NOT_POSITIVE = "No {noun} so far is above 0: a logarithmic axis has nothing to show"


class LossPlot(PlotCard):
    """The loss of each iteration before its update, on a linear or a logarithmic axis.

    Where rows are held back, their loss under the same parameters is a second curve, and a legend has both numbers.
    """

    shows = (
        Change.EXPERIMENT
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.ITERATION
        | Change.ENDS
        | Change.ROWS
        | Change.DIGITS
        | Change.COURSE
    )

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, "Loss", parent)
        self.setObjectName("loss_plot")
        self.log = Toggle(appearance, "log", self)
        self.log.setObjectName("loss_plot.log")
        self.log.setAccessibleName("Logarithmic loss axis")
        self.log.setToolTip("Logarithmic axis: equal distances are equal ratios")
        self.log.toggled.connect(lambda: self.show_moment(self._moment, Change.COURSE))
        self.heading.addWidget(self.log)
        self.legend = Legend(appearance, self)
        self.legend.setObjectName("loss_plot.legend")
        self.column.insertWidget(1, self.legend)
        self._subject = Subject.of(self._moment.experiment)
        self._losses: Outline | None = None
        self._test: Outline | None = None
        self._after = LossAfter(self)
        self._after.changed.connect(self._show_numbers)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment: losses that are new, the cursor's iteration, and the losses there."""
        self._moment = moment
        self._subject = Subject.of(moment.experiment)
        self.header.set_title(self._subject.title)
        if change & (Change.COURSE | Change.PROGRAM):
            self._draw(moment.course, log=self.log.isChecked())
        self._after.follow(moment)
        self._show_legend()
        if self.shows_chart:
            self._mark_cursor()
        self._show_numbers()

    def _show_numbers(self) -> None:
        """Show the losses of the iteration: before its update, and once it is over also after it."""
        moment, after = self._moment, self._after.losses
        iteration = moment.cursor.iteration
        loss, test = self._text(self._losses), self._text(self._test)
        # With two numbers each stands beside its colour in the legend.
        update = updating_iteration(moment.experiment.data, iteration)
        note, number = (BEFORE if update == iteration else NO_UPDATE) * bool(loss), "" if test else loss
        known = f"{loss} at iteration {iteration}{self._when(iteration)}" if loss else "not computed yet"
        known += f", test loss {test}" if test else ""
        tip = (TIP if update == iteration else TIP_OF_KEPT).format(noun=self._subject.noun, update=update)
        if loss and after is not None:
            trained, held = (None if one is None else format_number(one, moment.digits) for one in after)
            is_batch = len(moment.rows) < moment.experiment.data.training_rows
            rows = " on all training rows" * is_batch
            note, number = BEFORE_AND_AFTER, f"{loss} → {OTHER_ROWS * is_batch}{trained}"
            after_update = f"With the new parameters it is {trained}{rows}"
            after_update += f", and {held} on the test rows" if held else ""
            known += f". {after_update}"
            tip += f" {after_update}."
        self.header.set_texts(note, "", number)
        self.header.setToolTip(plain_tip(tip))
        name = f"{self._subject.title} {known}"
        if self.accessibleName() != name:
            self.setAccessibleName(name)
            self.setAccessibleDescription(f"The {self._subject.noun} of {moment.course.horizon} iterations as a curve")

    def _when(self, iteration: int) -> str:
        """Say when in an iteration its loss was computed; nothing where no update follows."""
        data = self._moment.course.experiment_at(iteration).data
        return ", before its update" if updating_iteration(data, iteration) == iteration else ""

    def _text(self, losses: Outline | None) -> str:
        loss = self._at(losses, self._moment.cursor.iteration)
        return "" if loss is None else format_number(loss, self._moment.digits)

    def _show_legend(self) -> None:
        names = {"training": self._text(self._losses), "test": self._text(self._test)}
        parts = zip(names.items(), self._colors(), self._marks, strict=True)
        shown = tuple(LegendEntry(f"{name} {text}".strip(), color, mark) for (name, text), color, mark in parts)
        self.legend.set_entries(() if self._test is None else shown)

    def _draw(self, course: Course, *, log: bool) -> None:
        """Give the chart its data."""
        self._losses, self._test = None, None
        if self._moment.is_ready:
            self._losses, self._test = course.losses(), course.test_losses()
        count = 0 if self._losses is None else len(self._losses)
        self.log.setVisible(count >= LEAST)
        if self._losses is None or count < LEAST:
            self.show_message(ONE_YET if count else NONE_YET.format(noun=self._subject.noun))
        elif self.chart.show_data(
            course.first,
            self._columns(self._losses),
            log=log,
            from_zero=True,
            begins=_new_losses(course),
        ):
            self.chart.name_values(self._subject.short)
            self.show_chart()
            self.restyle_curves()
        else:
            self.show_message((NOT_POSITIVE if log else NOT_FINITE).format(noun=self._subject.noun))

    def _columns(self, losses: Outline) -> Outline:
        """Return the curves, one or two."""
        return losses if self._test is None else losses.beside(losses, self._test)

    def _colors(self) -> tuple[QColor, QColor]:
        """Return two colours: the training loss has the colour of the loss phase; blue and orange are signs."""
        return QColor(self.appearance.theme.loss), curve_color(self.appearance, 0, 0, 1)

    @property
    def _marks(self) -> tuple[Marker | None, Marker | None]:
        """The test loss has marks; one curve alone needs none."""
        return None, None if self._test is None else Marker(TEST_MARK)

    def restyle_curves(self) -> None:
        """Draw the curves in the colours of the theme."""
        if self.shows_chart:
            strokes = [
                Stroke(color, width=2, mark=mark) for color, mark in zip(self._colors(), self._marks, strict=True)
            ]
            self.chart.set_strokes(strokes[: self.chart.curve_count])
            self._show_legend()
            self._mark_cursor()

    def describe(self, point: QPointF) -> str:
        """Return the full losses of the iteration under the mouse."""
        iteration = self.chart.iteration_at(point)
        color = QColor(self.appearance.theme.text)
        losses = [self._at(self._losses, iteration), self._at(self._test, iteration)]
        self.chart.dots.show_mouse([Dot(iteration, loss, color, 7) for loss in losses if loss is not None])
        loss, test = losses
        assert loss is not None
        text = f"iteration {iteration}\n{self._subject.short} {format_number(loss, None)}{self._when(iteration)}"
        if test is None:
            return text
        at = self._moment.course.tested_at(iteration)
        when = "" if at == iteration else f" (at iteration {at})"
        return f"{text}\ntest loss {format_number(test, None)}{when}"

    def _mark_cursor(self) -> None:
        iteration, colors = self._moment.cursor.iteration, self._colors()
        losses = self._at(self._losses, iteration), self._at(self._test, iteration)
        dots = [Dot(iteration, loss, color, 9) for loss, color in zip(losses, colors, strict=True) if loss is not None]
        self.chart.dots.show_cursor(iteration, dots)

    def _at(self, losses: Outline | None, iteration: int) -> float | None:
        """Return a loss that was computed; None where it was not, or where no rows were held back."""
        course = self._moment.course
        if losses is None or iteration - course.first >= len(losses):
            return None
        if losses is self._test and course.experiment_at(iteration).data.test_rows == 0:
            return None
        row = losses.row(iteration - course.first)
        if row is not None:
            return float(row[0])
        # Long ago: computed once more from the nearest checkpoint.
        return course.test_loss_at(iteration) if losses is self._test else course.loss_at(iteration)


def _new_losses(course: Course) -> list[int]:
    """Find the rows at which another loss or other penalties were chosen: no step of a curve leads there."""
    parts = [segment for segment in course.segments if segment.start < course.horizon]
    changed = [after for before, after in pairwise(parts) if _measured(after) != _measured(before)]
    return [segment.start - course.first for segment in changed]


def _measured(segment: Segment) -> object:
    """Return what the loss of a segment is made of."""
    return segment.experiment.loss, segment.experiment.penalties
