"""The loss along the selected weight: the gradient as a slope, and where the update goes."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number
from chainrule.model.elements import Index
from chainrule.session.screen.change import Change
from chainrule.session.screen.computing import batch_loss_slice, batch_slice_ends
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.axes_chart import AxesCard, AxesChart
from chainrule.ui.plots.chart.frame import ChartAxis, Frame, paint_message, ticks_down
from chainrule.ui.plots.chart.header import PlotHeader
from chainrule.ui.plots.subject import LOSS, Subject
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.model.curves.loss_slice import LossSlice, StepEffect

# The curve costs a forward pass for each of its points: it is drawn so long after what it shows, and where it takes
# long so many times as long as that, up to the most. It is never put off: in a run the next moment comes sooner.
IDLE_MS, MOST_MS = 50, 500
PAUSE = 5
# A zoom draws it at once where that took no longer than this.
AT_ONCE_MS = 30
RING = gettext_noop("○ after the step")
_MIDDLE = Qt.AlignmentFlag.AlignCenter
# The part of the losses' range that stays free above and below them.
ROOM = 0.06
NOT_READY = gettext_noop("The slope appears once the engine is loaded")
NOT_FINITE = gettext_noop("The {noun} along it is not finite")
# A lower card has no room for one sentence, or for two.
FEW, MANY = 170, 280
# Half of the cross at what the slope says, and how much higher or lower the range may become for it.
CROSS, MORE = 4.0, 0.5
# How much of the width the tangent has.
TANGENT = 0.17
# So near to a dot the mouse is at it.
REACH = 8.0


class SlopePlot(AxesCard):
    """Follows the parameter that was selected last; until one is, the first weight."""

    shows = (
        Change.EXPERIMENT
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.BY_HAND
        | Change.MICRO_STEP
        | Change.SELECTION
        | Change.DIGITS
    )

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, parent)
        self.setObjectName("slope_plot")
        self._moment = session.moment
        self._shown: object = None
        self.header = PlotHeader(appearance, "", self)
        self.curve = _Curve(appearance, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 2, 13, 7)
        column.setSpacing(2)
        column.addLayout(self.let_zoom(self.curve, self.header))
        column.addWidget(self.curve, 1)
        self.effects = Label(appearance, "", self, size=SMALL, color="muted")
        self.effects.setObjectName("slope_plot.effects")
        self.effects.setWordWrap(True)
        self.effects.hide()
        column.addWidget(self.effects)
        self.setMinimumSize(180, 130)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE_MS)
        self._clock = QElapsedTimer()
        self._timer.timeout.connect(self.draw)

    @property
    def parameter(self) -> tuple[ValueRef, Index]:
        """The parameter and the element along which the loss is drawn."""
        assert self._moment.parameter is not None, "there is a parameter in any experiment"
        return self._moment.parameter

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Follow the selection now, and draw when nothing else is to be done."""
        self._moment = moment
        self._follow()

    def _follow(self) -> None:
        moment = self._moment
        if moment.program is not None and self._state() != self._shown and not self._timer.isActive():
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing that is not looked at."""
        super().hideEvent(event)
        self._timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was new when it went out of sight."""
        super().showEvent(event)
        self._follow()

    def place_on_screen(self) -> tuple[float, float] | None:
        """Return where training is on the curve."""
        found = self.curve.slice
        return None if found is None else (found.value, found.loss)

    def draw_part(self) -> None:
        """Compute and draw the curve in sight: where that takes long, once nothing else is to be done."""
        if self._timer.interval() <= PAUSE * AT_ONCE_MS:
            self.draw()
        elif not self._timer.isActive():
            self._timer.start()

    def draw(self) -> None:
        """Compute the curve and show it."""
        if not self._moment.is_ready:
            return
        self._timer.stop()
        self._clock.start()
        ref, index = self.parameter
        whole = batch_slice_ends(self._moment, ref, index)
        (ends,) = self.curve.zoom.take((ref, index), (whole,))
        found = batch_loss_slice(self._moment, ref, index, ends if self.is_zoomed else None)
        name = Notation.of(self._moment.experiment).text(ref, index)
        slope = self._moment.number(refs.grad(ref), index)
        text = "" if slope is None else format_number(slope, self._moment.digits)
        self.header.set_texts(f"at {name}", "", text)
        known = refs.next_value(ref)
        stepped = self._moment.number(known, index) is not None
        subject = Subject.of(self._moment.experiment)
        self.curve.show_slice(found, name, tangent=slope is not None, stepped=stepped, subject=subject)
        self._tell_effects(found, subject, stepped=stepped)
        self._shown = self._state()
        self._timer.setInterval(max(IDLE_MS, min(MOST_MS, PAUSE * self._clock.elapsed())))
        self.setAccessibleName(
            gettext(
                "{title} along {name}, slope {value}", title=subject.title, name=name, value=text or "not computed yet"
            )
        )
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return where training is, with the slope there, where the step goes, and the points of the curve."""
        return self.curve.numbers()

    def _tell_effects(self, found: LossSlice, subject: Subject, *, stepped: bool) -> None:
        """Say what the slope predicted of the step, and what became of it; of all steps once all are computed."""
        moment, lines = self._moment, list[str]()
        digits, is_batch = moment.digits, moment.experiment.data.batch_size is not None
        noun = f"{subject.noun} of this batch" if is_batch else subject.noun
        if stepped and found.alone is not None:
            lines.append(f"The slope says {effect_in_words(found.alone, f'by it alone the {noun}', digits)}")
        if found.together is not None and self._all_stepped():
            lines.append(f"All steps at once: {effect_in_words(found.together, f'the {noun}', digits)}")
        self.setAccessibleDescription(". ".join(lines))
        self.effects.setToolTip(plain_tip("\n".join(lines)))
        self.effects.setText("\n".join(lines if self.height() >= self.appearance.size(MANY) else lines[:1]))
        self.effects.setVisible(bool(lines) and self.height() >= self.appearance.size(FEW))

    def _all_stepped(self) -> bool:
        """Return whether the cursor has come to the update of each parameter that has a gradient."""
        moment, program = self._moment, self._moment.program
        if program is None:
            return False
        owners = [program.values[gradient].owner for gradient in program.gradients]
        return all(moment.tensor(refs.next_value(owner.ref)) is not None for owner in owners)

    def _state(self) -> object:
        ref, index = self.parameter
        known = (self._moment.number(refs.grad(ref), index), self._moment.latest(ref), self._moment.digits)
        return self._moment.numbers, ref, index, known, self._all_stepped()


def effect_in_words(effect: StepEffect, noun: str, digits: int | None) -> str:
    """Return what was predicted and what became of it: `−0.01250; the loss fell by 0.01190`."""
    predicted = format_number(effect.predicted, digits)
    if not isfinite(effect.actual):
        became = "is no longer a finite number"
    elif effect.actual == 0:
        became = "stayed as it was"
    else:
        became = f"{'fell' if effect.actual < 0 else 'rose'} by {format_number(abs(effect.actual), digits)}"
    return f"{predicted}; {noun} {became}"


class _Curve(AxesChart):
    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self._appearance = appearance
        self._slice: LossSlice | None = None
        self._tangent = self._stepped = False
        self._name, self._subject = "", LOSS
        appearance.changed.connect(self.update)

    def show_slice(
        self, loss_slice: LossSlice, name: str, *, tangent: bool, stepped: bool, subject: Subject = LOSS
    ) -> None:
        self._name, self._subject = name, subject
        self._slice, self._tangent, self._stepped = loss_slice, tangent, stepped
        self.update()

    @property
    def slice(self) -> LossSlice | None:
        """What is shown."""
        return self._slice

    def numbers(self) -> NumbersTable | None:
        found = self._slice
        if found is None:
            return None
        rows: list[tuple[CopiedCell, ...]] = [("what", self._name, self._subject.short, "gradient")]
        rows.append(("here", found.value, found.loss, found.slope if self._tangent else None))
        if self._stepped and found.following is not None:
            rows.append(("after the step", found.following, found.following_loss, None))
        if self._tangent and self._stepped and found.following is not None and found.alone is not None:
            rows.append(("what the slope says", found.following, found.loss + found.alone.predicted, None))
        rows += [("curve", place, loss, None) for place, loss in zip(found.places, found.losses, strict=True)]
        return NumbersTable.of_rows(rows)

    def _take_event(self, event: QEvent) -> bool:
        """Say with every digit what is under the mouse."""
        return shows_tip(event, self, self.describe)

    def describe(self, at: QPoint) -> str:
        """Return the numbers of the curve's point that is nearest across, or of a dot where the mouse is at one."""
        found, frame = self._slice, self.frame
        if found is None or frame is None or not frame.plot.contains(at):
            return ""
        known = [("", place, loss) for place, loss in zip(found.places, found.losses, strict=True)]
        if found.shows(found.value):
            known.append(("here", found.value, found.loss))
        if self.shows_step and found.following is not None and found.following_loss is not None:
            known.append(("after the step", found.following, found.following_loss))
        # A dot is as wide as its ring, and comes before the line below it.
        reach = [REACH if name else 0.0 for name, _, _ in known]
        ways = [abs(frame.at(place, frame.down.low).x() - at.x()) for _, place, _ in known]
        name, place, loss = known[min(range(len(known)), key=lambda each: ways[each] - reach[each])]
        lines = [name] * bool(name) + [f"{self._name} = {format_number(place, None)}"]
        lines.append(f"{self._subject.short} = {format_number(loss, None)}")
        if name == "after the step" and self._tangent and found.alone is not None:
            lines.append(f"the slope says {format_number(found.loss + found.alone.predicted, None)}")
        if name == "here" and self._tangent and found.slope is not None:
            lines.append(f"slope, the gradient = {format_number(found.slope, None)}")
        return "\n".join(lines)

    @property
    def shows_step(self) -> bool:
        """Whether where the step goes is in sight."""
        return self._stepped and self._slice is not None and self._slice.shows(self._slice.following)

    @property
    def frame(self) -> Frame | None:
        """The axes; None near the largest number of all, where a range overflows and nothing can be placed in it."""
        found = self._slice
        span = None if found is None else found.span()
        if found is None or span is None or not isfinite(found.places[-1] - found.places[0]):
            return None
        if self._tangent and self.shows_step and found.alone is not None:
            span = _with_prediction(span, found.loss + found.alone.predicted)
        return _frame(self._appearance, QRectF(self.rect()), found, span, (self._name, self._subject.short))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            found, look = self._slice, self._appearance
            painter.setFont(look.font(11))
            if found is None:
                paint_message(painter, look, QRectF(self.rect()), gettext(NOT_READY))
                return
            frame = self.frame
            if frame is None:
                paint_message(painter, look, QRectF(self.rect()), gettext(NOT_FINITE).format(noun=self._subject.noun))
            elif frame.is_possible:
                _Drawing(painter, look, found, frame).paint(tangent=self._tangent, stepped=self._stepped)


def _with_prediction(span: tuple[float, float], says: float) -> tuple[float, float]:
    """Return a range that holds what the slope says, too, where that does not make all else small."""
    low, high = span
    room = (high - low) * MORE
    return (min(low, says), max(high, says)) if low - room <= says <= high + room else span


def _frame(
    look: Appearance, area: QRectF, found: LossSlice, span: tuple[float, float], names: tuple[str, str]
) -> Frame:
    """Return the axes: of the parameter, and of the loss with some room around the curve."""
    name, output = names
    across = ChartAxis.linear(name, found.places[0], found.places[-1], max(2, int(area.width() / look.size(72))))
    room = ROOM * (span[1] - span[0])
    down = ChartAxis.linear(output, span[0] - room, span[1] + room, ticks_down(look, area.height() - look.size(52)))
    return Frame(look, area.adjusted(0, 0, -2, 0), across, down)


class _Drawing:
    """One painting of a slice: the marks in their frame."""

    def __init__(self, painter: QPainter, appearance: Appearance, found: LossSlice, frame: Frame) -> None:
        self._p, self._appearance, self._theme, self._slice = painter, appearance, appearance.theme, found
        self._frame = frame

    def paint(self, *, tangent: bool, stepped: bool) -> None:
        """Paint the axes, the curve, the tangent, and the points before and after the step."""
        p, theme, found = self._p, self._theme, self._slice
        self._frame.paint(p)
        with saved(p):
            p.setClipRect(self._frame.plot.adjusted(-6, -6, 6, 6))
            p.setPen(QPen(QColor(theme.text), 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            for part in _finite_parts(found):
                p.drawPolyline(QPolygonF([self._frame.at(place, loss) for place, loss in part]))
            here = self._frame.at(found.value, found.loss)
            if tangent and found.slope is not None:
                self._paint_tangent(here, found.slope)
            if tangent and stepped and found.alone is not None:
                self._paint_prediction(here, found, found.alone)
            self._paint_dot(here, QColor(theme.backward), filled=True)
            if stepped and found.following is not None and found.following_loss is not None:
                there = self._frame.at(found.following, found.following_loss)
                if isfinite(there.x()) and isfinite(there.y()):
                    self._paint_dot(there, QColor(theme.update), filled=False)
        if stepped and found.shows(found.following):
            self._tell_ring()

    def _paint_tangent(self, here: QPointF, slope: float) -> None:
        plot, across, down = self._frame.plot, self._frame.across, self._frame.down
        per_place, per_loss = plot.width() / (across.high - across.low), plot.height() / (down.high - down.low)
        rise = -slope * per_loss / per_place
        # Of one length, however steep: an overflowed slope is drawn upright.
        length = plot.width() * TANGENT / max(1.0, (1 + rise * rise) ** 0.5)
        reach = QPointF(length, length * rise) if isfinite(rise * rise) else QPointF(0, plot.width() * TANGENT)
        self._p.setPen(QPen(QColor(self._theme.backward), 2.5))
        self._p.drawLine(here - reach, here + reach)

    def _paint_prediction(self, here: QPointF, found: LossSlice, effect: StepEffect) -> None:
        """Draw the step along the tangent, and how far the loss is from where that leads."""
        assert found.following is not None
        assert found.following_loss is not None
        says = self._frame.at(found.following, found.loss + effect.predicted)
        there = self._frame.at(found.following, found.following_loss)
        if not all(isfinite(number) for at in (says, there) for number in at.toTuple()):
            return
        self._p.setPen(QPen(QColor(self._theme.backward), 1.5, Qt.PenStyle.DashLine))
        self._p.drawLine(here, says)
        self._p.setPen(QPen(QColor(self._theme.update), 1.5, Qt.PenStyle.DotLine))
        self._p.drawLine(says, there)
        self._p.setPen(QPen(QColor(self._theme.backward), 2))
        for end in (QPointF(CROSS, CROSS), QPointF(CROSS, -CROSS)):
            self._p.drawLine(says - end, says + end)

    def _paint_dot(self, at: QPointF, color: QColor, *, filled: bool) -> None:
        self._p.setPen(QPen(color, 2.2))
        self._p.setBrush(color if filled else QColor(self._theme.surface))
        self._p.drawEllipse(at, 5, 5)

    def _tell_ring(self) -> None:
        """Say what the ring means: in that corner where most is free."""
        self._p.setFont(self._appearance.font(11))
        self._p.setPen(QColor(self._theme.update))
        plot, metrics = self._frame.plot.adjusted(6, 0, 0, -2), self._p.fontMetrics()
        rect = QRectF(0, 0, metrics.horizontalAdvance(gettext(RING)) + 2, metrics.height())
        corners = []
        for left in (plot.right() - rect.width(), plot.left()):
            corners += [rect.translated(left, top) for top in (plot.top(), plot.bottom() - rect.height())]
        pairs = zip(self._slice.places, self._slice.losses, strict=True)
        points = [self._frame.at(place, loss) for place, loss in pairs if isfinite(loss)]
        room = min(corners, key=lambda corner: sum(corner.adjusted(-8, -8, 8, 8).contains(point) for point in points))
        self._p.drawText(room, _MIDDLE, gettext(RING))


def _finite_parts(found: LossSlice) -> list[list[tuple[float, float]]]:
    """Return the curve in pieces: where the loss has no number there is a gap."""
    parts: list[list[tuple[float, float]]] = [[]]
    for place, loss in zip(found.places, found.losses, strict=True):
        if isfinite(loss):
            parts[-1].append((place, loss))
        elif parts[-1]:
            parts.append([])
    return parts
