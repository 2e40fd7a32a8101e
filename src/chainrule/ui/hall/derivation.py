"""How a gradient came to be, for a hall: in the place of the network, a screen at a time."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.deriving import selection_has_derivation
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.equation.derivation import DerivationView
from chainrule.ui.equation.view import DERIVED
from chainrule.ui.style.appearance import Appearance, Theme
from chainrule.ui.typesetting.formula import FormulaView
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.scroll_area import SlimScrollArea

# Its formulas have exponents of exponents, which the last row reads, too.
LARGER = 1.8
NONE = gettext_noop("There is no derivation of this: only a gradient that is computed has one.")


class HallDerivation(SlimScrollArea):
    """Shows the derivation of the number that is looked at, until another one is; nobody scrolls it but `turn`."""

    shows = DERIVED

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("hall.derivation")
        self._session = session
        self._larger = Appearance(self, kept=(appearance.theme, appearance.scale * LARGER))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        self.view = DerivationView(Typesetter(), self._larger, content)
        self.view.asked.connect(lambda found: session.selector.select(found.ref, found.index))
        column = QVBoxLayout(content)
        column.addWidget(self.view)
        column.addStretch(1)
        self.setWidget(content)
        content.setAutoFillBackground(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._of: object = None
        self.hide()

    def turn(self, moment: Moment) -> bool:
        """Show it, or its next part, or nothing of it any more after the last one; return whether it is shown."""
        bar = self.verticalScrollBar()
        if self.isHidden():
            if not selection_has_derivation(moment):
                self._session.signals.informed.emit(gettext(NONE))
                return False
            self._begin(moment)
            return True
        if bar.value() < bar.maximum():
            bar.setValue(self._next_top())
            return True
        return False

    def _next_top(self) -> int:
        """Return where the first line stands that is not all in sight."""
        content, top, room = self.view, self.verticalScrollBar().value(), self.viewport().height()
        lines = [each for each in self.view.findChildren(FormulaView) if each.isVisible()]
        tops = [(line.mapTo(content, QPoint(0, 0)).y(), line.height()) for line in lines]
        # A line that is higher than the screen is gone through as well.
        further = [at for at, height in tops if at + height > top + room and at > top]
        return min(further, default=top + room)

    def _begin(self, moment: Moment) -> None:
        self._of = moment.selection
        self.verticalScrollBar().setValue(0)
        self.view.show_moment(moment)

    def close_up(self) -> None:
        """Show nothing any more."""
        self._of = None
        self.view.stop()

    def is_of(self, moment: Moment) -> bool:
        """Return whether it is still about what is looked at."""
        return self._of == moment.selection and selection_has_derivation(moment)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Follow the numbers of what is derived."""
        if self.is_of(moment):
            self.view.show_moment(moment)

    def keep(self, theme: Theme, scale: float) -> None:
        """Take the colours and the text size of the hall."""
        self._larger.keep(theme, scale * LARGER)
