"""A window for one view, which can stand on a second screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.board.slot import ViewSlot
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.scroll_area import ScrolledRoom
from chainrule.ui.window.screen import within_screen

WIDTH, HEIGHT = 640, 480
MARGIN = 8


class ViewWindow(QWidget):
    """Shows a view; the keys do what they do in the main window. `closed` says that it was closed by hand."""

    closed = Signal()

    def __init__(
        self, slot: ViewSlot, title: str, session: Session, actions: Sequence[QAction], appearance: Appearance,
        main: QWidget,
    ) -> None:  # fmt: skip
        # Of a dialog no click into the main window takes it out of sight; and it can fill a screen all the same.
        kinds = Qt.WindowType.Dialog, Qt.WindowType.WindowMinMaxButtonsHint, Qt.WindowType.WindowCloseButtonHint
        super().__init__(main, kinds[0] | kinds[1] | kinds[2])
        # What is dragged in it looks for the session in its window.
        self.slot, self.session, self._main = slot, session, main
        self.setWindowTitle(gettext("{title} - Chainrule", title=title))
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        # Keys are those of the window that the keyboard is in.
        self.addActions(actions)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.addWidget(ScrolledRoom(slot, appearance, self))
        self.resize(within_screen(self, appearance.size(WIDTH), appearance.size(HEIGHT)))
        # A second screen is what it is for.
        screen = next((one for one in QGuiApplication.screens() if one is not main.screen()), None)
        room = main.geometry() if screen is None else screen.availableGeometry()
        self.move(room.center() - self.rect().center())

    def go_to_stage(self) -> None:
        """Let go of the keyboard: here, too, the keys step."""
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back to the main window on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self._main.activateWindow()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say so: the view goes back to the board."""
        super().closeEvent(event)
        self.closed.emit()
