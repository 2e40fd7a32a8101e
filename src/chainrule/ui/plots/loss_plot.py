"""The loss by iteration."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.answers import tells_classes
from chainrule.catalog.experiment.batches import updating_iteration
from chainrule.explain.writing.numbers import format_number
from chainrule.model.document import Segment
from chainrule.session.screen.change import Change
from chainrule.session.screen.course import Course
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.accuracy_curves import NAMES, AccuracyCurves
from chainrule.ui.plots.chart.header import Toggle
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import Behind, Dot, Marker, Stroke, curve_color
from chainrule.ui.plots.chart.plot_card import LEAST, PlotCard
from chainrule.ui.plots.loss_after import LossAfter
from chainrule.ui.plots.pin_toggle import PinToggle
from chainrule.ui.plots.pinned_curves import PinnedCurves, named_loss
from chainrule.ui.plots.subject import Subject
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Outline

# A square.
TEST_MARK = 1
NONE_YET = gettext_noop("Run or step through an iteration to see its {noun} here")
ONE_YET = gettext_noop("The curve begins with the second iteration")
BEFORE = gettext_noop("before the update")
BEFORE_AND_AFTER = gettext_noop("before → after the update")
NO_UPDATE = gettext_noop("no update yet")
# Where the iteration was of a batch, and what it has led to is tried on all rows: other rows have another loss.
OTHER_ROWS = gettext_noop("all rows ")
TIP = gettext_noop(
    "The {noun} of an iteration is computed first: it is that of the parameters before the iteration's update."
)
TIP_OF_KEPT = gettext_noop(
    "The {noun} of an iteration is computed first. The gradients of this one are kept: the next update is that of "
    "iteration {update}."
)
ACCURACY_TIP = gettext_noop(
    "Show how many answers are right, by iteration, in the place of the loss: of the training rows, and dashed of the "
    "test rows, which are held back"
)
NOT_FINITE = gettext_noop("No {noun} so far is a finite number")
NOT_POSITIVE = gettext_noop("No {noun} so far is above 0: a logarithmic axis has nothing to show")


class LossPlot(PlotCard):
    """The loss of each iteration before its update, on a linear or a logarithmic axis.

    Where rows are held back, their loss under the same parameters is a second curve, and a legend has both numbers.
    """

    looks_ahead = False
    shows = (
        Change.EXPERIMENT
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.ITERATION
        | Change.ENDS
        | Change.ROWS
        | Change.DIGITS
        | Change.COURSE
        | Change.PINNED
        | Change.ASKED
    )

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, "Loss", parent)
        self.setObjectName("loss_plot")
        self.log = Toggle(appearance, gettext("log"), self)
        self.log.setObjectName("loss_plot.log")
        self.log.setAccessibleName(gettext("Logarithmic loss axis"))
        self.log.setToolTip(gettext("Logarithmic axis: equal distances are equal ratios"))
        self.log.toggled.connect(lambda: self.show_moment(self._moment, Change.COURSE))
        self.heading.addWidget(self.log)
        self.pin = PinToggle(session, appearance, self)
        self.pin.about_to_edit.connect(self.about_to_move)
        self.heading.addWidget(self.pin)
        self.accuracy = Toggle(appearance, "accuracy", self)
        self.accuracy.setObjectName("loss_plot.accuracy")
        self.accuracy.setAccessibleName(gettext("Accuracy in the place of the loss"))
        self.accuracy.setToolTip(plain_tip(gettext(ACCURACY_TIP)))
        self.accuracy.toggled.connect(lambda: self.show_moment(self._moment, Change.everything()))
        self.heading.addWidget(self.accuracy)
        self.legend = Legend(appearance, self)
        self.legend.setObjectName("loss_plot.legend")
        self.put_legend(self.legend, 1)
        self._subject = Subject.of(self._moment.experiment)
        self._losses: Outline | None = None
        self._test: Outline | None = None
        self._pinned = PinnedCurves()
        self._accuracies = AccuracyCurves(appearance, self)
        self._accuracies.changed.connect(self._show_accuracy)
        self._after = LossAfter(self)
        self._after.changed.connect(self._show_numbers)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment: losses that are new, the cursor's iteration, and the losses there."""
        self._moment = moment
        self._subject = Subject.of(moment.experiment)
        self.accuracy.setVisible(tells_classes(moment.experiment))
        if change & (Change.COURSE | Change.PROGRAM | Change.PINNED):
            self.pin.follow()
        if self.shows_accuracy:
            if self.isVisible():
                self._accuracies.follow(moment, change)
            self._show_accuracy()
            return
        self._accuracies.meter.rest()
        self.header.set_title(self._subject.title)
        drawn = change & (Change.COURSE | Change.PROGRAM | Change.PINNED)
        if drawn:
            self._draw(moment.course, log=self.log.isChecked())
        self._after.follow(moment)
        if not drawn or not self.shows_chart:
            self._show_legend()
        if self.shows_chart:
            if not drawn:
                self._mark_cursor()
            if change & Change.ITERATION:
                self.bring_cursor_into_sight()
        self._show_numbers()
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return the loss of each iteration, and beside it that of the test rows; or the answers that are right."""
        if self.shows_accuracy:
            return self._accuracies.numbers()
        if self._losses is None:
            return None
        names = (self._subject.short,) if self._test is None else (self._subject.short, "test loss")
        first, columns = self._moment.course.first, self._columns(self._losses)
        if not self._pinned.curves:
            return NumbersTable.of_outline(first, names, columns)
        runs = [(first, [f"{name}, {self._pinned.now}" for name in names], columns)]
        for curve in self._pinned.curves:
            both = (self._subject.short, "test loss")[: curve.columns.curves]
            runs.append((curve.run.course.first, [f"{name}, {curve.run.name}" for name in both], curve.columns))
        return NumbersTable.of_runs(runs)

    @property
    def shows_accuracy(self) -> bool:
        """Whether the accuracy is shown in the place of the loss."""
        return self.accuracy.isChecked() and tells_classes(self._moment.experiment)

    @property
    def accuracy_is_measured(self) -> bool:
        """Whether nothing of the accuracy is left to be measured, or nobody looks at it."""
        return self._accuracies.meter.is_done

    def hideEvent(self, event: QHideEvent) -> None:
        """Measure nothing that is not looked at."""
        super().hideEvent(event)
        self._accuracies.meter.rest()

    def showEvent(self, event: QShowEvent) -> None:
        """Measure what was new when it went out of sight."""
        super().showEvent(event)
        if self.shows_accuracy:
            self._accuracies.follow(self._moment, Change.everything())

    def _show_accuracy(self) -> None:
        """Draw what is measured of the accuracy, and its numbers at the cursor."""
        if not self.shows_accuracy:
            return
        found = self._accuracies
        found.look(self._moment)
        self.log.setVisible(False)
        self.header.set_title(gettext("Accuracy"))
        message = found.draw(self.chart) if self._moment.is_ready else gettext(NONE_YET).format(noun="accuracy")
        if message:
            self.show_message(message)
        else:
            self.show_chart()
            self.restyle_curves()
        self.legend.set_entries(found.legend())
        self.header.set_texts("", "", found.number())
        self.header.setToolTip(plain_tip(found.tip()))
        self.setAccessibleName(found.spoken())
        self.setAccessibleDescription(found.tip())
        self.redrawn.emit()

    def _show_numbers(self) -> None:
        """Show the losses of the iteration: before its update, and once it is over also after it."""
        if self.shows_accuracy:
            return
        moment, after = self._moment, self._after.losses
        iteration = moment.cursor.iteration
        loss, test = self._text(self._losses), self._text(self._test)
        # With two numbers each stands beside its colour in the legend.
        update = updating_iteration(moment.experiment.data, iteration)
        note, number = (
            (gettext(BEFORE) if update == iteration else gettext(NO_UPDATE)) * bool(loss),
            "" if test else loss,
        )
        known = f"{loss} at iteration {iteration}{self._when(iteration)}" if loss else "not computed yet"
        known += f", test loss {test}" if test else ""
        tip = (gettext(TIP) if update == iteration else gettext(TIP_OF_KEPT)).format(
            noun=self._subject.noun, update=update
        )
        if loss and after is not None:
            trained, held = (None if one is None else format_number(one, moment.digits) for one in after)
            is_batch = len(moment.rows) < moment.experiment.data.training_rows
            rows = " on all training rows" * is_batch
            note, number = gettext(BEFORE_AND_AFTER), f"{loss} → {gettext(OTHER_ROWS) * is_batch}{trained}"
            after_update = f"With the new parameters it is {trained}{rows}"
            after_update += f", and {held} on the test rows" if held else ""
            known += f". {after_update}"
            tip += f" {after_update}."
        self.header.set_texts(note, "", number, shorter=loss)
        self.header.setToolTip(plain_tip(tip))
        name = f"{self._subject.title} {known}"
        if self.accessibleName() != name:
            self.setAccessibleName(name)
            self.setAccessibleDescription(
                gettext(
                    "The {noun} of {horizon} iterations as a curve",
                    noun=self._subject.noun,
                    horizon=moment.course.horizon,
                )
            )

    def _when(self, iteration: int) -> str:
        """Say when in an iteration its loss was computed; nothing where no update follows."""
        data = self._moment.course.experiment_at(iteration).data
        return ", before its update" if updating_iteration(data, iteration) == iteration else ""

    def _text(self, losses: Outline | None) -> str:
        loss = self._at(losses, self._moment.cursor.iteration)
        return "" if loss is None else format_number(loss, self._moment.digits)

    def _show_legend(self) -> None:
        now, iteration = self._pinned.now, self._moment.cursor.iteration
        names = (now, f"{now}, {NAMES[1]}") if now else NAMES
        texts = self._text(self._losses), self._text(self._test)
        parts = zip(names, texts, self._colors(), self._marks, (False, True), strict=True)
        called = named_loss if now else (lambda name, number: f"{name} {number}".strip())
        shown = [LegendEntry(called(name, text), color, mark, dashed=dash) for name, text, color, mark, dash in parts]
        pinned = [curve.entries(self.appearance, iteration, self._moment.digits) for curve in self._pinned.curves]
        live = shown if self._test is not None else shown[: bool(pinned)]
        self.legend.set_entries(tuple(entry for each in (live, *pinned) for entry in each))

    def _draw(self, course: Course, *, log: bool) -> None:
        """Give the chart its data."""
        self._losses, self._test = None, None
        if self._moment.is_ready:
            self._losses, self._test = course.losses(), course.test_losses()
        self._pinned.follow(self._moment)
        count = 0 if self._losses is None else len(self._losses)
        is_enough = count >= LEAST or bool(self._pinned.curves)
        self.log.setVisible(is_enough)
        if self._losses is None or not is_enough:
            self.show_message(gettext(ONE_YET) if count else gettext(NONE_YET).format(noun=self._subject.noun))
        elif self.chart.show_data(
            course.first,
            self._columns(self._losses),
            log=log,
            from_zero=True,
            begins=_new_losses(course),
            behind=[
                Behind(curve.run.course.first, curve.columns, _new_losses(curve.run.course))
                for curve in self._pinned.curves
            ],
        ):
            self.chart.name_values(self._subject.short)
            self.show_chart()
            self.restyle_curves()
        else:
            self.show_message((gettext(NOT_POSITIVE) if log else gettext(NOT_FINITE)).format(noun=self._subject.noun))

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
        if self.shows_chart and self.shows_accuracy:
            self.chart.set_strokes(self._accuracies.strokes(self.chart.curve_count))
            self._mark_cursor()
        elif self.shows_chart:
            names = ("", "") if self._test is None else NAMES
            strokes = [
                Stroke(color, width=2, mark=mark, dashed=name == NAMES[1], name=name)
                for color, mark, name in zip(self._colors(), self._marks, names, strict=True)
            ]
            strokes = strokes[: 1 if self._test is None else 2]
            behind = (stroke for curve in self._pinned.curves for stroke in curve.strokes(self.appearance))
            self.chart.set_strokes([*strokes, *behind])
            self._show_legend()
            self._mark_cursor()

    def describe(self, point: QPointF) -> str:
        """Return the full losses of the iteration under the mouse."""
        iteration = self.chart.iteration_at(point)
        color = QColor(self.appearance.theme.text)
        if self.shows_accuracy:
            measured, text = self._accuracies.describe(iteration)
            dots = [*self._accuracies.dots(measured, size=7), *self._accuracies.pinned_dots(measured)]
            self.chart.dots.show_mouse(dots)
            return text
        loss, test = self._at(self._losses, iteration), self._at(self._test, iteration)
        dots = [Dot(iteration, each, color, 7) for each in (loss, test) if each is not None]
        lines = [f"iteration {iteration}"]
        if loss is not None:
            name = f"{self._pinned.now}: " if self._pinned.curves else f"{self._subject.short} "
            lines.append(f"{name}{format_number(loss, None)}{self._when(iteration)}")
        if test is not None:
            at = self._moment.course.tested_at(iteration)
            when = "" if at == iteration else f" (at iteration {at})"
            lines.append(f"test loss {format_number(test, None)}{when}")
        for curve in self._pinned.curves:
            words, losses = curve.describe(iteration)
            lines += words
            dots += curve.dots(self.appearance, iteration, losses)
        self.chart.dots.show_mouse(dots)
        return "\n".join(lines)

    def _mark_cursor(self) -> None:
        iteration, colors = self._moment.cursor.iteration, self._colors()
        if self.shows_accuracy:
            found = self._accuracies.at_cursor()
            self.chart.dots.show_cursor(iteration, self._accuracies.dots(found[0], size=9) if found else [])
            return
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
