"""What a hall reads first: which phase it is, in large letters where one begins, and what is computed."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHideEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chainrule.catalog.values.step_kinds import Phase
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.phases import phase_title, phase_words
from chainrule.explain.names.steps import step_title
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.stage.panel import start_title
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting

# At scale 1.
HEIGHT, BAR, MARGIN = 38, 4, 12
LARGE, USUAL, WORDS, LEAST = 25.0, 18.0, 13.0, 11.5
# How long a title takes to appear, in milliseconds.
FADE = 450
_ONE_LINE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


class PhaseHeading(QWidget):
    """A title in the hue of its phase, where the iteration is, and below them a bar that tells how far it has come.

    A phase that begins is announced in larger letters, with what happens in it. `say` puts a sentence in their place.
    """

    # A title has come in.
    settled = Signal()
    shows = Change.MICRO_STEP | Change.ITERATION | Change.EXPERIMENT | Change.PROGRAM | Change.SAMPLE | Change.ROWS

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("hall.heading")
        self._appearance = appearance
        self._moment: Moment | None = None
        self._title = self._words = self._place = self._said = ""
        self._phase: Phase | None = None
        self.announces = False
        self._fade = QVariantAnimation(self)
        self._fade.setDuration(FADE)
        self._fade.setStartValue(0.0)
        self._fade.setEndValue(1.0)
        self._fade.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._fade.valueChanged.connect(lambda _: self.update())
        self._fade.finished.connect(self.settled)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        appearance.changed.connect(self.updateGeometry)

    @property
    def title(self) -> str:
        """What is announced, or computed."""
        return self._title

    @property
    def words(self) -> str:
        """What stands behind the title: what happens in the phase, or what was said."""
        return self._said or self._words

    def sizeHint(self) -> QSize:
        """Return the same height for all titles: what is below never moves."""
        return QSize(200, self._appearance.size(HEIGHT))

    def say(self, text: str) -> None:
        """Say something until another step is shown."""
        self._said = text
        self.update()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Announce a phase, or name the micro-step."""
        before, self._moment, self._said = self._phase, moment, ""
        step, position = moment.step, moment.cursor.position
        self._phase = None if step is None else step.phase
        begins = step is not None and (position == 1 or moment.steps[position - 2].phase is not step.phase)
        announced, self.announces = self.announces, step is not None and (begins or before is not step.phase)
        if step is None:
            self._title, self._words = start_title(moment), ""
        elif self.announces:
            self._title = phase_title(step.phase)
            self._words = phase_words(step.phase, of_formula=bool(moment.experiment.network.formula))
        else:
            self._title, self._words = step_title(Notation.of(moment.experiment), step), ""
        sample = [f"sample {moment.rows[moment.sample] + 1}"] if len(moment.rows) > 1 else []
        count = [f"step {position} of {len(moment.steps)}"] if moment.steps else []
        self._place = " · ".join((*sample, f"iteration {moment.cursor.iteration}", *count))
        self.setAccessibleName(f"{self._title} {self._words}".strip())
        if self.announces and not announced and not self._appearance.motion.is_reduced and self.isVisible():
            self._fade.start()
        elif not self.announces:
            self._fade.stop()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        """Let nothing fade that nobody sees."""
        super().hideEvent(event)
        self._fade.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line, and the bar below it."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            size, theme = self._appearance.size, self._appearance.theme
            line = QRectF(self.rect()).adjusted(size(MARGIN), 0, -size(MARGIN), -size(BAR + 2))
            small = self._appearance.font(LEAST)
            self._write(painter, line, self._place, small, theme.muted, Qt.AlignmentFlag.AlignRight)
            line.setRight(line.right() - QFontMetricsF(small).horizontalAdvance(self._place) - size(MARGIN))
            hue = QColor(theme.text) if self._phase is None else theme.phase(self._phase.value)
            if self._fade.state() == QVariantAnimation.State.Running:
                hue = theme.tint(hue, float(self._fade.currentValue()))
            font = self._font(self._title, LARGE if self.announces else USUAL, line.width())
            self._write(painter, line, self._title, font, hue, Qt.AlignmentFlag.AlignLeft)
            if self.words:
                line.setLeft(line.left() + QFontMetricsF(font).horizontalAdvance(self._title) + size(MARGIN))
                words, color = self._appearance.font(WORDS), theme.error if self._said else theme.muted
                self._write(painter, line, self.words, words, color, Qt.AlignmentFlag.AlignLeft)
            self._paint_bar(painter)

    def _font(self, text: str, wanted: float, width: float) -> QFont:
        """Return the largest font in which a title has room."""
        size = wanted
        while size > LEAST:
            font = self._appearance.font(size, bold=True)
            if QFontMetricsF(font).horizontalAdvance(text) <= width:
                return font
            size -= 1
        return self._appearance.font(LEAST, bold=True)

    def _write(
        self, painter: QPainter, rect: QRectF, text: str, font: QFont, color: QColor | str, align: Qt.AlignmentFlag
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(color))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width() + 1)
        painter.drawText(rect, align | _ONE_LINE, shown)

    def _paint_bar(self, painter: QPainter) -> None:
        """Paint the steps of the iteration in the hues of their phases: those that are done, and pale those to come."""
        moment, theme, size = self._moment, self._appearance.theme, self._appearance.size
        if moment is None or not moment.steps:
            return
        left, width = float(size(MARGIN)), self.width() - 2.0 * size(MARGIN)
        top, each = self.height() - float(size(BAR)), width / len(moment.steps)
        begin = 0
        for place, step in enumerate(moment.steps):
            following = moment.steps[place + 1] if place + 1 < len(moment.steps) else None
            if following is not None and following.phase is step.phase:
                continue
            hue, done = theme.phase(step.phase.value), min(max(moment.cursor.position, begin), place + 1)
            gap = 0.0 if following is None else size(2.0)
            for first, last, color in ((begin, place + 1, theme.tint(hue, 0.25)), (begin, done, hue)):
                if last > first:
                    end = left + last * each - (gap if last == place + 1 else 0.0)
                    start = left + first * each
                    painter.fillRect(QRectF(start, top, end - start, size(BAR) - 1), color)
            begin = place + 1
