"""The stage's card: what happens now, the iteration, the legend and the sample chooser above the network."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from chainrule.explain.notation import Notation
from chainrule.session.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.appearance import Appearance
from chainrule.ui.card import Card
from chainrule.ui.painting import painting
from chainrule.ui.plain import PlainLabel
from chainrule.ui.refusal import Refusals
from chainrule.ui.stage.canvas import StageCanvas
from chainrule.ui.stage.sample_spin import SampleSpin
from chainrule.ui.stage.view import StageView
from chainrule.ui.stage.zoom_bar import ZoomBar

MOST_TITLE = 60


class StagePanel(Card):
    """The network and its heading."""

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self._session = session
        self._title, self._place = PlainLabel(parent=self), SteadyLabel(parent=self)
        self._title.setObjectName("stage.title")
        self._place.setObjectName("stage.place")
        self._place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # The words change at each step: how wide they are must not change the window's least size each time.
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._sample = _SampleChooser(session, self)
        self.stage = StageView(session, appearance, refusals, self)
        self.canvas = StageCanvas(self.stage, appearance, self)
        heading = QHBoxLayout()
        heading.addWidget(self._title, 1)
        heading.addWidget(self._place)
        second = QHBoxLayout()
        self._legend = _Legend(appearance, self)
        second.addWidget(self._legend)
        second.addStretch(1)
        second.addWidget(self._sample)
        second.addWidget(ZoomBar(self.canvas, appearance, self))
        for row in (heading, second):
            row.setContentsMargins(0, 0, 8, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 4, 2)
        column.setSpacing(4)
        column.addLayout(heading)
        column.addLayout(second)
        column.addWidget(self.canvas, 1)
        appearance.changed.connect(self._restyle)
        self._phase = "text"
        self._restyle()

    def show_moment(self, moment: Moment) -> None:
        """Draw a moment."""
        self.canvas.show_moment(moment)
        self._sample.show_moment(moment)
        step, count = moment.step, len(moment.steps)
        phase = step.phase.value if step else "text"
        self._title.setText(Notation.of(moment.experiment).title(step) if step else _start_title(moment))
        of = f" · micro-step {moment.cursor.position} of {count}" if count else ""
        self._place.show_text(f"iteration {moment.cursor.iteration}{of}")
        self._legend.show_by_hand(by_hand=bool(moment.overrides))
        if phase != self._phase:
            self._phase = phase
            self._restyle()

    def _restyle(self) -> None:
        theme = self.appearance.theme
        self._legend.show_phase(self._phase)
        self._title.setFont(self.appearance.font(14, bold=True))
        self._title.setStyleSheet(f"color: {getattr(theme, self._phase)}")
        self._place.setFont(self.appearance.font(12))
        self._place.setStyleSheet(f"color: {theme.muted}")


def _start_title(moment: Moment) -> str:
    if moment.cursor.iteration:
        return f"Iteration {moment.cursor.iteration} begins with the updated parameters"
    return shortened(moment.experiment.title) or "Ready to step"


def shortened(title: str) -> str:
    """A title that fits on a line."""
    return title if len(title) <= MOST_TITLE else f"{title[: MOST_TITLE - 1]}…"


class SteadyLabel(PlainLabel):
    """A label at the end of its row whose text changes in every frame of a run.

    It only grows: a label that asks for another size has the whole window laid out, and its plots painted twice.
    """

    _widest = ""

    def make_room(self, widest: str) -> None:
        """Take the room of a text, more or less than before: of the widest one that is to come."""
        if widest != self._widest:
            self._widest = widest
            self._take_room()

    def _take_room(self) -> None:
        shown = self.text()
        self.setText(self._widest or shown)
        # Qt takes no label to want less than its minimum.
        self.setMinimumSize(0, 0)
        self.setFixedSize(super().sizeHint())
        self.setText(shown)

    def show_text(self, text: str) -> None:
        """Show a text, in the room of the widest one so far."""
        if text == self.text():
            return
        self.setText(text)
        room = super().sizeHint()
        if room.height() != self.height() or room.width() > self.width():
            self.setFixedSize(room)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Another font takes another room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._take_room()


class _SampleChooser(QWidget):
    """Which sample's numbers the neurons show."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._label, self._of = PlainLabel("Showing sample", self), SteadyLabel(parent=self)
        self._spin = SampleSpin(self)
        self._spin.setObjectName("sample_chooser")
        self._spin.setAccessibleName("Sample shown on the stage")
        self._spin.setToolTip("Whose numbers the neurons show (Page Up, Page Down)")
        self._label.setBuddy(self._spin)
        self._spin.valueChanged.connect(lambda value: session.show_sample(value - 1))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self._label, self._spin, self._of):
            row.addWidget(widget)

    def show_moment(self, moment: Moment) -> None:
        """Show which sample it is."""
        count = len(moment.rows)
        self._spin.blockSignals(True)
        self._spin.setMaximum(count)
        self._spin.setValue(moment.sample + 1)
        self._spin.blockSignals(False)
        data = moment.experiment.data
        # In a batch the first one need not be the first of the data, whose number all else calls it by.
        is_all = count == data.training_rows
        of = f"of {count}" if is_all else f"of {count}: sample "
        last = "" if is_all else str(len(data.inputs))
        self._of.make_room(of + last)
        self._of.show_text(of if is_all else f"{of}{moment.rows[moment.sample] + 1}")
        self._label.setText("Showing sample" if is_all else "Showing")
        self.setVisible(count > 1)


class _Legend(QWidget):
    """What the colours mean; that of numbers set by hand only where there are some."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._phase, self._by_hand = appearance, "text", False
        appearance.changed.connect(self.update)
        self.setMinimumSize(330, 22)

    def show_phase(self, phase: str) -> None:
        """What is written has the colour of its phase."""
        self._phase = phase
        self.update()

    def show_by_hand(self, *, by_hand: bool) -> None:
        """Say what the dashed outline means."""
        if by_hand != self._by_hand:
            self._by_hand = by_hand
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Two swatches and their names, then the colours of signs, and the outline of what was set by hand."""
        with painting(self) as painter:
            theme = self._appearance.theme
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self._appearance.font(11.5))
            written = QColor(theme.backward if self._phase == "text" else getattr(theme, self._phase))
            swatches = [
                ("read", QColor(theme.read), QPen(QColor(theme.read_border), 1.2)),
                ("written", theme.focus_ground(written), QPen(written, 1.2)),
                ("positive", QColor(theme.positive), QPen(QColor(theme.positive), 1.2)),
                ("negative", QColor(theme.negative), QPen(QColor(theme.negative), 1.2)),
            ]
            if self._by_hand:
                swatches.append(("set by hand", QColor(theme.surface), theme.by_hand_pen()))
            x = 1.0
            for name, fill, pen in swatches:
                painter.setPen(pen)
                painter.setBrush(fill)
                painter.drawRoundedRect(QRectF(x, 5, 12, 12), 3, 3)
                width = painter.fontMetrics().horizontalAdvance(name)
                painter.setPen(QColor(theme.muted))
                painter.drawText(QRectF(x + 18, 0, width + 4, 22), Qt.AlignmentFlag.AlignVCenter, name)
                x += width + 36
            self.setMinimumWidth(round(x))
