"""What stands above the stage: in one line or more, as many as it takes to cut nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from chainrule.translation import gettext
from chainrule.ui.events import ask_about_events
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip

GAP, BETWEEN_LINES = 10, 3
# A title gets room for so many letters at least: else what stands beside it goes below.
LEAST_TITLE = 24


# How narrow its letters may become, in hundredths, before a title is cut.
STRETCHES = (100, 94, 88)


class ElidedLabel(PlainLabel):
    """A line in narrower letters where it is long, which ends with … where there is no room for all of it even so.

    Then all of it is in its tool tip.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent=parent)
        self._whole = ""

    def show_text(self, text: str) -> None:
        """Show a text, or as much of it as fits."""
        self._whole = text
        self.setAccessibleName(text)
        self._fit()

    def _fit(self) -> None:
        font = self.font()
        for stretch in STRETCHES:
            font.setStretch(stretch)
            metrics = QFontMetrics(font)
            if metrics.horizontalAdvance(self._whole) <= self.width():
                break
        if font.stretch() != self.font().stretch():
            # It comes back here, and finds the letters as they should be.
            self.setFont(font)
        shown = metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width())
        self.setText(shown)
        self.setToolTip(plain_tip("" if shown == self._whole else self._whole))

    def minimumSizeHint(self) -> QSize:
        """Return no width: any will do."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what fits now."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Take another room for letters of another size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()


@dataclass(frozen=True, slots=True)
class SwatchStyle:
    """How a swatch of the legend is drawn."""

    fill: QColor
    pen: QPen


class Swatch(QWidget):
    """One colour or outline, and what it means."""

    def __init__(
        self, name: str, tip: str, look: Callable[[], SwatchStyle], rank: int, appearance: Appearance, parent: QWidget
    ) -> None:
        """Those of the highest rank are the first to go where there is no room."""
        super().__init__(parent)
        self._appearance, self._name, self._look, self.rank = appearance, name, look, rank
        self.meaning = f"{name}: {tip}"
        self.setToolTip(plain_tip(tip))
        appearance.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Return the box and its name."""
        metrics, size = QFontMetrics(self._appearance.font(11.5)), self._appearance.size
        return QSize(size(18) + metrics.horizontalAdvance(self._name) + 4, metrics.height() + size(4))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both."""
        with painting(self) as painter:
            size, look = self._appearance.size(12), self._look()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(look.pen)
            painter.setBrush(look.fill)
            painter.drawRoundedRect(QRectF(1, (self.height() - size) / 2, size, size), 3, 3)
            painter.setFont(self._appearance.font(11.5))
            painter.setPen(QColor(self._appearance.theme.muted))
            rect = QRectF(self.rect()).adjusted(self._appearance.size(18), 0, 0, 0)
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, self._name)


class StageLegend:
    """What the colours of the stage mean; what is not on the stage now is not in it."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        self._appearance, self._phase = appearance, "text"
        made = (
            (gettext("read"), gettext("What the micro-step computes with"), self._read, 2),
            (gettext("written"), gettext("What the micro-step has computed"), self._written, 2),
            (
                gettext("positive"),
                gettext("Numbers and weights above 0"),
                lambda: self._sign(appearance.theme.positive),
                3,
            ),
            (
                gettext("negative"),
                gettext("Numbers and weights below 0"),
                lambda: self._sign(appearance.theme.negative),
                3,
            ),
            (
                gettext("batch"),
                gettext(
                    "Of the whole batch: parameters, their gradients and the loss; all else is of the shown sample"
                ),
                self._batch,
                1,
            ),
            (gettext("set by hand"), gettext("Set by hand for this iteration, not computed"), self._by_hand, 0),
            (gettext("lesson"), gettext("What the lesson speaks of"), self._pointed_at, 0),
        )
        self.swatches = [Swatch(*given, appearance, parent) for given in made]

    def show(self, phase: str, *, batch: bool, by_hand: bool, pointed: bool = False) -> list[Swatch]:
        """Give what is written the colour of its phase; whole batch, set by hand and what a lesson speaks of are there
        where there is any.
        """
        if phase != self._phase:
            self._phase = phase
            self.swatches[1].update()
        *always, of_batch, hand, lesson = self.swatches
        there = ((of_batch, batch), (hand, by_hand), (lesson, pointed))
        return [*always, *(swatch for swatch, is_there in there if is_there)]

    def _read(self) -> SwatchStyle:
        theme = self._appearance.theme
        return SwatchStyle(QColor(theme.read), QPen(QColor(theme.read_border), 1.2))

    def _written(self) -> SwatchStyle:
        theme = self._appearance.theme
        color = QColor(theme.backward if self._phase == "text" else getattr(theme, self._phase))
        return SwatchStyle(theme.tint(color, 0.2), QPen(color, 1.2))

    def _sign(self, color: str) -> SwatchStyle:
        return SwatchStyle(QColor(color), QPen(QColor(color), 1.2))

    def _batch(self) -> SwatchStyle:
        theme = self._appearance.theme
        return SwatchStyle(QColor(theme.field), QPen(QColor(theme.border), 1.2))

    def _by_hand(self) -> SwatchStyle:
        theme = self._appearance.theme
        return SwatchStyle(QColor(theme.surface), theme.by_hand_pen())

    def _pointed_at(self) -> SwatchStyle:
        theme = self._appearance.theme
        return SwatchStyle(QColor(theme.surface), theme.pointing_pen(1.0))


class StageHeading(QWidget):
    """A title with a place at its right; below it the legend, and controls at the right.

    Controls wrap where need be. The legend has what they leave of their line: what has no room is said by a tip.
    """

    def __init__(
        self,
        title: ElidedLabel,
        place: QWidget,
        legend: Sequence[Swatch],
        controls: Sequence[QWidget],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self._title, self._place, self._legend, self._controls = title, place, legend, controls
        self._wanted = list(legend)
        for widget in (title, place, *legend, *controls):
            widget.setParent(self)

    def show_legend(self, wanted: list[Swatch]) -> None:
        """Show these parts of the legend, as many as there is room for."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Return a size as wide as the widest of its parts."""
        parts = (self._place, *self._legend, *self._controls)
        return QSize(max(_size(each).width() for each in parts), 0)

    def sizeHint(self) -> QSize:
        """Return the size that it has."""
        return QSize(self.minimumSizeHint().width(), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew."""
        super().resizeEvent(event)
        self._arrange()

    def _take_event(self, event: QEvent) -> bool:
        """Arrange the parts anew: one needs more room, or less, or has come or gone."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return False

    def _arrange(self) -> None:
        place, width = _size(self._place), self.width()
        beside = width - place.width() - GAP
        high = max(self._title.sizeHint().height(), place.height())
        # Too little is left of the title beside it: the place is the first of the controls.
        is_beside = beside >= self._title.fontMetrics().averageCharWidth() * LEAST_TITLE
        self._title.setGeometry(0, 0, max(0, beside if is_beside else width), high)
        if is_beside:
            self._place.setGeometry(QRect(width - place.width(), 0, place.width(), high))
        controls = [each for each in (*(() if is_beside else (self._place,)), *self._controls) if not each.isHidden()]
        lines = _lines(controls, width)
        legend = _fitting(self._wanted, width - _length(lines[0]) - GAP) if lines else []
        for swatch in self._legend:
            swatch.setVisible(swatch in legend)
        missing = [swatch.meaning for swatch in self._wanted if swatch not in legend]
        self.setToolTip(plain_tip("\n".join(missing)))
        y = high + BETWEEN_LINES
        for row, line in enumerate(lines):
            y += _place_line(legend if row == 0 else [], line, y, width) + BETWEEN_LINES
        self.setFixedHeight(y)


def _size(widget: QWidget) -> QSize:
    return widget.sizeHint().expandedTo(widget.minimumSize()).boundedTo(widget.maximumSize())


def _length(parts: Sequence[QWidget]) -> int:
    """Return the width of some parts side by side."""
    return sum(_size(each).width() + GAP for each in parts) - GAP


def _lines(parts: Sequence[QWidget], width: int) -> list[list[QWidget]]:
    """Return what stands in each line, as few as have room for all."""
    lines: list[list[QWidget]] = []
    for part in parts:
        if not lines or _length([*lines[-1], part]) > width:
            lines.append([])
        lines[-1].append(part)
    return lines


def _fitting(swatches: list[Swatch], width: int) -> list[Swatch]:
    """Return those that have room, without one rank after the other."""
    for most in range(max((each.rank for each in swatches), default=-1), -1, -1):
        kept = [each for each in swatches if each.rank <= most]
        if _length(kept) <= width:
            return kept
    return []


def _place_line(left: Sequence[QWidget], right: Sequence[QWidget], y: int, width: int) -> int:
    """Place the parts of a line, and return its height."""
    high = max(_size(each).height() for each in (*left, *right))
    x = 0
    for part in left:
        x = _put(part, x, y, high) + GAP
    x = width - _length(right)
    for part in right:
        x = _put(part, x, y, high) + GAP
    return high


def _put(part: QWidget, x: int, y: int, high: int) -> int:
    size = _size(part)
    part.setGeometry(x, y + (high - size.height()) // 2, size.width(), size.height())
    return x + size.width()
