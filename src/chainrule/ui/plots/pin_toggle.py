"""The word beside the loss plot that keeps its curve there: of this run, or of the one that an edit has put aside."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.spec_error import plural
from chainrule.session.runs.offering import PinOffer, pin_offer
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.plots.chart.header import Toggle
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import plain_tip

PIN, KEEP = gettext_noop("pin"), gettext_noop("keep last")
PIN_TIP = gettext_noop("Pin this run: its curve stays, to be compared with what you train next (K)")
PINNED_TIP = gettext_noop("This run is pinned: its curve stays when you train anew. Click to let go of it (K)")


class PinToggle(Toggle):
    """On where the run on the screen is pinned. Where there is none yet, it keeps the one that was put aside last."""

    about_to_edit = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, gettext(PIN), parent)
        self.setObjectName("loss_plot.pin")
        self._session = session
        self._offer = PinOffer(is_pinned=False, can_pin=False, last=None)
        self.clicked.connect(self._pin)
        self.hide()

    def follow(self) -> None:
        """Show what a click would do."""
        self._offer = offer = pin_offer(self._session)
        self.setVisible(offer.is_pinned or offer.can_pin or offer.last is not None)
        words, tip = gettext(PIN), gettext(PINNED_TIP) if offer.is_pinned else gettext(PIN_TIP)
        if offer.last is not None:
            words = gettext(KEEP)
            tip = gettext(
                "Keep the run that was put aside, of {iterations}: its curve comes back",
                iterations=plural(offer.iterations, "iteration"),
            )
        if self.text() != words:
            self.setText(words)
            self.updateGeometry()
        self.setChecked(offer.is_pinned)
        self.setToolTip(plain_tip(tip))
        self.setAccessibleName(tip)

    def _pin(self) -> None:
        self.about_to_edit.emit()
        last = self._offer.last
        if last is None:
            self._session.runs.toggle()
        else:
            self._session.runs.keep(last)
        self.follow()
