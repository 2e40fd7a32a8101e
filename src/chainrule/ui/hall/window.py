"""The window on the projector's screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QResizeEvent, QScreen
from PySide6.QtWidgets import QWidget

from chainrule.session.hall.show import Show
from chainrule.translation import gettext
from chainrule.ui.hall.key_sheet import KeySheet
from chainrule.ui.hall.overlay import MarksSheet
from chainrule.ui.hall.picture import HallPicture


class HallWindow(QWidget):
    """Fills a screen with the picture; what is pointed at and drawn lies over it. `closed` says that it was closed."""

    closed = Signal()

    def __init__(self, picture: HallPicture, show: Show, actions: Sequence[QAction], title: str) -> None:
        super().__init__()
        self.setObjectName("hall_window")
        self.setWindowTitle(gettext("{title} - Chainrule in the hall", title=title))
        self.addActions(list(actions))
        self._picture = picture
        picture.setParent(self)
        self.sheet = MarksSheet(show, picture.appearance, self)
        self.sheet.setObjectName("hall.sheet")
        self.key_sheet = KeySheet(picture.appearance, self)

    def fill(self, screen: QScreen) -> None:
        """Fill a screen, without a frame."""
        if self.isFullScreen():
            # What fills a screen does not leave it.
            self.showNormal()
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self.showFullScreen()

    def go_to_stage(self) -> None:
        """Give the keyboard to the stage, where the keys step."""
        self._picture.stage.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill all of it."""
        super().resizeEvent(event)
        self._picture.setGeometry(self.rect())
        self.sheet.setGeometry(self.rect())
        self.sheet.raise_()
        self.key_sheet.setGeometry(self.rect())
        self.key_sheet.raise_()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Escape, where nothing else had a use for it."""
        if event.key() == Qt.Key.Key_Escape and self.key_sheet.isVisible():
            self.key_sheet.hide()
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say so."""
        super().closeEvent(event)
        self.closed.emit()
