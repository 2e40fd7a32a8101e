"""The picture that a hall sees: the heading, the stage, and the equation with its sentence."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.session.hall.slow_motion import SlowMotion
from chainrule.session.session import Session
from chainrule.ui.equation.view import EquationView
from chainrule.ui.events import ask_about_events
from chainrule.ui.hall.canvas import HallCanvas
from chainrule.ui.hall.derivation import HallDerivation
from chainrule.ui.hall.heading import PhaseHeading
from chainrule.ui.hall.receding import StageVeil
from chainrule.ui.hall.sizes import MOST_LARGER, scale_for
from chainrule.ui.hall.travel import TravellingValues
from chainrule.ui.stage.view import StageView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import lay_out_around
from chainrule.ui.window.showing import do_each
from chainrule.ui.window.views import Views

# Lengths at scale 1: a screen is 440 high.
MARGIN, EQUATION, MOST_EQUATION = 2, 147, 235


class HallPicture(QWidget):
    """Shows the session's moment, in a text size that follows from its height."""

    def __init__(self, session: Session, main: Appearance, slow: SlowMotion, parent: QWidget) -> None:
        """Show it in the colours of the main window's appearance."""
        super().__init__(parent)
        self.setObjectName("hall.picture")
        self._session, self._main, self._larger = session, main, 0
        self.appearance = appearance = Appearance(self, kept=(main.theme, scale_for(800)), motion=main.motion)
        self.heading = PhaseHeading(appearance, self)
        refusals = Refusals(appearance, self)
        self.stage = StageView(session, appearance, refusals, self)
        self.stage.setObjectName("hall.stage")
        self.canvas = HallCanvas(self.stage, appearance, self)
        self.veil = StageVeil(self.stage, appearance)
        self.travel = TravellingValues(self.stage, slow, session.signals, appearance)
        self.derivation = HallDerivation(session, appearance, self)
        self.equation = EquationView(session, appearance, self, in_hall=True)
        self.equation.setObjectName("hall.equation")
        self.equation.is_framed = False
        # Nothing is as small as a tool tip.
        for widget in (self.stage, self.equation):
            ask_about_events(widget, self._take_tip)
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addWidget(self.heading)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.derivation, 1)
        column.addWidget(self.equation)
        self.views = Views(lambda: session.moment)
        for view in (self.heading, self.canvas, self.derivation, self.equation):
            self.views.add(view)
        main.changed.connect(self._restyle)
        self._restyle()

    def refresh(self) -> None:
        """Show what is new of the session's moment."""
        if not self.derivation.isHidden() and not self.derivation.is_of(self._session.moment):
            # Another number is looked at: the network is back.
            self._show_derivation(is_shown=False)
        do_each(self.views.refresh, self._give_room)

    @property
    def shows_derivation(self) -> bool:
        """Whether it is shown how a gradient came to be."""
        return not self.derivation.isHidden()

    def turn_derivation(self) -> None:
        """Show how the gradient that is looked at came to be, or the next part of that, and then the network again."""
        self._show_derivation(is_shown=self.derivation.turn(self._session.moment))

    def _show_derivation(self, *, is_shown: bool) -> None:
        if not is_shown:
            self.derivation.close_up()
        self.derivation.setVisible(is_shown)
        self.canvas.setVisible(not is_shown)
        # Out of sight it was told of nothing.
        self.views.refresh()
        (self if is_shown else self.stage).setFocus()

    def _give_room(self) -> None:
        """Give an equation that is too high for its usual room some of the stage's: no line of it is out of sight."""
        size = self.appearance.size
        wanted = max(size(EQUATION), min(self.equation.least_height, size(MOST_EQUATION)))
        if wanted != self.equation.height():
            self.equation.setFixedHeight(wanted)
            if self.isVisible():
                # Out of sight that would be taken for done.
                lay_out_around(self.equation)

    def enlarge(self, steps: int) -> None:
        """Make all text larger, or smaller again by steps below 0: never smaller than the last row needs."""
        larger = max(0, min(self._larger + steps, MOST_LARGER))
        if larger != self._larger:
            self._larger = larger
            self._restyle()

    def _take_tip(self, event: QEvent) -> bool:
        return event.type() == QEvent.Type.ToolTip

    def _restyle(self) -> None:
        scale = scale_for(self.height(), self._larger)
        self.appearance.keep(self._main.theme, scale)
        self.derivation.keep(self._main.theme, scale)
        margin = self.appearance.size(MARGIN)
        layout = self.layout()
        assert layout is not None
        layout.setContentsMargins(margin, margin, margin, margin)
        self._give_room()
        self.canvas.come_near()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the text size of the new height."""
        super().resizeEvent(event)
        self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        """Lay out what was changed out of sight."""
        super().showEvent(event)
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self._restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground."""
        with painting(self) as painter:
            painter.fillRect(event.rect(), QColor(self.appearance.theme.surface))
