"""A mark beside the gradients while something is wrong with a layer and the view that tells of it is not in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.flow import Flow, flow_of
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext
from chainrule.ui.flow.words import SHORT, grouped, trouble_sentence
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import LinkButton

# Nothing is read before the cursor has rested for so long.
IDLE_MS = 120
SIGN = "⚠"


class FlowMark(QWidget):
    """A link with the worst trouble, which is there only as long as there is one; it opens the view."""

    shows = (
        Change.EXPERIMENT
        | Change.NETWORK
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.ITERATION
        | Change.MICRO_STEP
        | Change.COURSE
    )

    def __init__(self, moment: Moment, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("flow_mark")
        self._moment = moment
        self._open: Callable[[], None] = self.hide
        self._is_open: Callable[[], bool] = bool
        self.link = LinkButton(appearance, "", "", "flow_mark.link", self)
        self.link.clicked.connect(self._lead)
        self.link.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.link)
        self._flow: Flow | None = None
        self._words = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE_MS)
        self._timer.timeout.connect(self.read)
        self.slicer = TimeSlicer(self)
        self.slicer.finished.connect(self._show)

    def lead_to(self, open_view: Callable[[], None], is_open: Callable[[], bool]) -> None:
        """Open a view with a click; while that is open the mark is not needed."""
        self._open, self._is_open = open_view, is_open

    def fit(self, room: float) -> None:
        """Say the trouble in a word where there is so much room for it, else by its sign alone."""
        if not self.link.isHidden():
            tip = self.link.accessibleName()
            self.link.set_words(self._words, tip)
            if self.link.width() > room:
                self.link.set_words(SIGN, tip)

    def _lead(self) -> None:
        self.link.hide()
        self._open()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Read a moment in a while; in a run the next one does not put that off."""
        self._moment = moment
        if change & (Change.EXPERIMENT | Change.NETWORK | Change.PROGRAM) or self._is_open():
            self.slicer.cancel()
            self.link.hide()
        is_about = moment.is_ready and not moment.experiment.network.formula and not self._is_open()
        if is_about and not self._timer.isActive() and not self.slicer.is_active:
            self._timer.start()

    def read(self) -> None:
        """Begin to read what is on the screen; what is short is then done."""
        self._timer.stop()
        moment = self._moment
        if moment.is_ready and not moment.experiment.network.formula and self.isVisible():
            self.slicer.start(self._reading(moment), at_once=True)

    def _reading(self, moment: Moment) -> Iterator[None]:
        for found in flow_of(moment):
            self._flow = found or self._flow
            yield

    def hideEvent(self, event: QHideEvent) -> None:
        """Read nothing that is not looked at."""
        super().hideEvent(event)
        self._timer.stop()
        self.slicer.cancel()

    def _show(self) -> None:
        flow = self._flow
        groups = grouped(flow.findings) if flow is not None else []
        self.link.setVisible(bool(groups) and not self._is_open())
        if flow is not None and groups:
            texts = " ".join(trouble_sentence(group, flow) for group in groups)
            self._words = f"{SIGN} {SHORT[groups[0][0].trouble.value]}"
            self.link.set_words(self._words, gettext("{texts} Click to look at the layers", texts=texts))
