"""What lies over a view while numbers are predicted: the view shows more than the cursor has come to."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.moment_card import MomentCard

COVERED = gettext_noop("Covered while you predict (Q): this view shows numbers that are still to be asked for.")


class ViewCover(QWidget):
    """Hides all that is in a view until it is taken away."""

    def __init__(self, view: QWidget, appearance: Appearance) -> None:
        super().__init__(view)
        self.setObjectName("view_cover")
        self._view, self._appearance = view, appearance
        children = (part for part in view.children() if isinstance(part, QWidget))
        self._parts = [part for part in children if part is not self and not part.isWindow()]
        self._hidden = [part for part in self._parts if not part.isHidden()]
        for part in self._parts:
            part.hide()
            part.installEventFilter(self)
        self._words = Label(appearance, gettext(COVERED), self, size=12, color="muted")
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 6)
        column.addWidget(self._words)
        view.installEventFilter(self)
        # Whatever the view paints itself does not show through.
        self.setAutoFillBackground(True)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.setGeometry(view.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Be as large as the view, and let nothing come into sight that the view shows meanwhile."""
        if watched is self._view and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._view.rect())
        elif watched is not self._view and event.type() == QEvent.Type.ShowToParent and isinstance(watched, QWidget):
            watched.hide()
            self._hidden.append(watched)
        return False

    def _restyle(self) -> None:
        palette = self.palette()
        palette.setColor(self.backgroundRole(), QColor(self._appearance.theme.surface))
        self.setPalette(palette)

    def take_away(self) -> None:
        """Show what is in the view again."""
        for part in filter(isValid, (self._view, *self._parts)):
            part.removeEventFilter(self)
        self.hide()
        self.setParent(None)
        for part in filter(isValid, self._hidden):
            part.show()
        self.deleteLater()


def set_covered(view: MomentCard, is_covered: bool) -> None:
    """Cover all that is in a view, or show it again."""
    if is_covered == (view.cover is not None):
        return
    if view.cover is not None:
        view.cover.take_away()
    view.cover = ViewCover(view, view.appearance) if is_covered else None
    view.redrawn.emit()
