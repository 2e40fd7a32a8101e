"""The stage's card: what happens now, the iteration, the legend and the sample chooser above the network."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.stage.canvas import StageCanvas
from chainrule.ui.stage.heading import ElidedLabel, StageHeading, StageLegend
from chainrule.ui.stage.sample_spin import SampleSpin
from chainrule.ui.stage.tips import NeuronPictures
from chainrule.ui.stage.view import StageView
from chainrule.ui.stage.zoom_bar import ZoomBar
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.plain_text import PlainLabel
from chainrule.ui.widgets.refusal import Refusals

MOST_TITLE = 60
# The small pictures that neurons can have.
LEARNED, ACTIVATION = "learned", "activation"


def _learned() -> NeuronPictures:
    from chainrule.ui.learned.neurons import LearnedPictures  # noqa: PLC0415 - NumPy, for them alone

    return LearnedPictures()


def _activation() -> NeuronPictures:
    from chainrule.ui.activation.small import ActivationPictures  # noqa: PLC0415 - NumPy, for them alone

    return ActivationPictures()


_PICTURES: dict[str, Callable[[], NeuronPictures | None]] = {
    "": lambda: None,
    LEARNED: _learned,
    ACTIVATION: _activation,
}


class StagePanel(Card):
    """The network and its heading."""

    shows = ~Change.COURSE

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self._title, self._place = ElidedLabel(self), SteadyLabel(parent=self)
        self._title.setObjectName("stage.title")
        self._place.setObjectName("stage.place")
        self._place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._sample, self._legend = _SampleChooser(session, self), StageLegend(appearance, self)
        self.stage = StageView(session, appearance, refusals, self)
        self.canvas = StageCanvas(self.stage, appearance, self)
        controls = self._sample, ZoomBar(self.canvas, appearance, self)
        self._heading = StageHeading(self._title, self._place, self._legend.swatches, controls, self)
        heading = QHBoxLayout()
        heading.setContentsMargins(8, 0, 8, 0)
        heading.addWidget(self._heading)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 10, 4, 2)
        column.setSpacing(4)
        column.addLayout(heading)
        column.addWidget(self.canvas, 1)
        appearance.changed.connect(self._restyle)
        self._phase, self._wanted = "text", 0
        # Which of them the neurons have, if any.
        self.pictures = ""
        self._restyle()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment."""
        self.canvas.show_moment(moment, change)
        if self.canvas.wanted_height != self._wanted:
            self._wanted = self.canvas.wanted_height
            # Whoever shares out the room has to know of it.
            self.updateGeometry()
        if change & (Change.EXPERIMENT | Change.ROWS | Change.SAMPLE):
            self._sample.show_sample(moment)
        count = len(moment.steps)
        phase = moment.lit.phase.value if moment.lit else "text"
        self._title.show_text(_title_of(moment))
        of = (
            gettext(" · micro-step {position} of {count}", position=moment.cursor.position, count=count)
            if count
            else ""
        )
        self._place.show_text(gettext("iteration {number}{place}", number=moment.cursor.iteration, place=of))
        legend = self._legend.show(
            phase, batch=len(moment.rows) > 1, by_hand=bool(moment.overrides), pointed=bool(moment.pointed_at)
        )
        self._heading.show_legend(legend)
        if phase != self._phase:
            self._phase = phase
            self._restyle()

    def toggle_pictures(self, kind: str = LEARNED) -> None:
        """Show in each neuron what it has learned, or its activation, in the place of the other; or no longer."""
        self.pictures = "" if self.pictures == kind else kind
        self.stage.show_pictures(_PICTURES[self.pictures]())
        self.canvas.show_moment(self.stage.moment, Change.NOTHING)

    def wanted_height(self) -> int:
        """Return how high it should be, for a small network to show all that it has."""
        around = self.minimumSizeHint().height() - self.canvas.minimumHeight()
        return around + self.canvas.wanted_height

    def _restyle(self) -> None:
        theme = self.appearance.theme
        self._title.setFont(self.appearance.font(14, bold=True))
        self._title.setStyleSheet(f"color: {getattr(theme, self._phase)}")
        self._place.setFont(self.appearance.font(12))
        self._place.setStyleSheet(f"color: {theme.muted}")


def _title_of(moment: Moment) -> str:
    """Return the title of the micro-step that was done last, or of the one that is to be predicted."""
    if moment.lit is None:
        return start_title(moment)
    title = step_title(Notation.of(moment.experiment), moment.lit)
    return title if moment.asked is None else f"Predict: {title}"


def start_title(moment: Moment) -> str:
    """Return the title of a moment before its first micro-step."""
    if moment.cursor.iteration:
        return gettext("Iteration {number} begins with the updated parameters", number=moment.cursor.iteration)
    return moment.experiment.title or "Ready to step"


def short_title(title: str) -> str:
    """Return a title that fits on a line."""
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

    def changeEvent(self, event: QEvent) -> None:
        """Take another room for another font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._take_room()


class _SampleChooser(QWidget):
    """Which sample's numbers the neurons show."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._label, self._of = PlainLabel(gettext("Showing sample"), self), SteadyLabel(parent=self)
        self._spin = SampleSpin(self)
        self._spin.setObjectName("sample_chooser")
        self._spin.setAccessibleName(gettext("Sample shown on the stage"))
        self._spin.setToolTip(gettext("Whose numbers the neurons show (Page Up, Page Down)"))
        self._label.setBuddy(self._spin)
        self._spin.valueChanged.connect(lambda value: session.selector.show_sample(value - 1))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self._label, self._spin, self._of):
            row.addWidget(widget)

    def show_sample(self, moment: Moment) -> None:
        """Show which sample it is."""
        count = len(moment.rows)
        self._spin.blockSignals(True)
        if count != self._spin.maximum():
            # Qt has all that is above the stage laid out anew, whatever it was before.
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
        self._label.setText(gettext("Showing sample") if is_all else gettext("Showing"))
        self.setVisible(count > 1)
