"""The lecturer's own screen: what the hall sees, what is said, what comes next, the time, and a button for each key."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRect, Qt, QTime, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QColor, QHideEvent, QIcon, QKeyEvent, QPixmap, QScreen, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from chainrule.session.hall.show import Show
from chainrule.translation import gettext
from chainrule.ui.actions.hall_actions import HALL_KEYS
from chainrule.ui.hall.key_sheet import KeySheet
from chainrule.ui.hall.marks import pen_colors
from chainrule.ui.hall.notes import LecturerNotes, LessonNotes
from chainrule.ui.hall.preview import HallPreview
from chainrule.ui.style.appearance import DARK, Appearance
from chainrule.ui.widgets.controls import Label

MARGIN, ASIDE, COLUMNS = 14, 380, 6
SECOND_MS = 1000
COLOR_KEYS = "hall.color_"


class LecturerWindow(QWidget):
    """Stands on the screen that the hall does not see. `closed` says that it was closed."""

    closed = Signal()

    def __init__(self, shown: QWidget, show: Show, actions: Mapping[str, QAction], appearance: Appearance) -> None:
        super().__init__()
        self.setObjectName("lecturer_window")
        self.setWindowTitle(gettext("What the hall sees - Chainrule"))
        self.addActions(list(actions.values()))
        self._show, self._appearance, self._actions = show, appearance, actions
        self.preview = HallPreview(shown, show, appearance, self)
        self.notes = LecturerNotes(appearance, self)
        self.lesson = LessonNotes(appearance, self)
        self.key_sheet = KeySheet(appearance, self)
        self.clock = Label(appearance, "", self, size=26)
        self.clock.setObjectName("lecturer.clock")
        self.elapsed = Label(appearance, "", self, size=15, color="muted")
        self.elapsed.setObjectName("lecturer.elapsed")
        self._seconds = QTimer(self)
        self._seconds.timeout.connect(self._tell_time)
        self._arrange()
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _arrange(self) -> None:
        aside, time = QVBoxLayout(), QHBoxLayout()
        time.addWidget(self.clock)
        time.addStretch(1)
        time.addWidget(self.elapsed)
        aside.addLayout(time)
        aside.addSpacing(MARGIN)
        aside.addWidget(self.lesson)
        aside.addWidget(self.notes, 1)
        self._buttons = QGridLayout()
        self._buttons.setSpacing(6)
        for place, row in enumerate(row for row in HALL_KEYS if row.has_button):
            self._buttons.addWidget(self._button(row.id), place // COLUMNS, place % COLUMNS)
        left = QVBoxLayout()
        left.addWidget(self.preview, 1)
        left.addSpacing(MARGIN // 2)
        left.addLayout(self._buttons)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        whole.setSpacing(2 * MARGIN)
        whole.addLayout(left, 1)
        self._aside = QWidget(self)
        self._aside.setLayout(aside)
        aside.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._aside)

    def _button(self, identifier: str) -> QToolButton:
        """Return a button that is pressed by the mouse alone: the keyboard steps."""
        button, action = QToolButton(self), self._actions[identifier]
        button.setDefaultAction(action)
        button.setObjectName(f"button.{identifier}")
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        # On a narrow screen all become narrower, rather than the window wider than the screen.
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return button

    def stand_on(self, screen: QScreen) -> None:
        """Fill a screen, with a frame to leave it by."""
        room: QRect = screen.availableGeometry()
        self.setScreen(screen)
        self.setGeometry(
            room.adjusted(room.width() // 20, room.height() // 20, -room.width() // 20, -room.height() // 20)
        )
        self.showMaximized()

    def _tell_time(self) -> None:
        passed = self._show.seconds
        self.clock.setText(QTime.currentTime().toString("HH:mm"))
        self.elapsed.setText(f"{passed // 60}:{passed % 60:02} since it began")

    def _restyle(self) -> None:
        theme, size = self._appearance.theme, self._appearance.size
        self._aside.setFixedWidth(size(ASIDE))
        self.setStyleSheet(
            f"QToolButton {{ background: {theme.field}; color: {theme.text}; border: 1px solid {theme.border};"
            f" border-radius: 6px; padding: {size(5)}px {size(6)}px; font-size: {size(12.5)}px; }}"
            f"QToolButton:hover {{ border-color: {theme.link}; }}"
            f"QToolButton:checked {{ background: {theme.read}; border: 2px solid {theme.read_border}; }}"
            f"QToolButton:disabled {{ color: {theme.dimmed}; }}"
        )
        for place, color in enumerate(pen_colors(theme is DARK)):
            swatch = QPixmap(size(14), size(14))
            swatch.fill(QColor(color))
            self._actions[f"{COLOR_KEYS}{place + 1}"].setIcon(QIcon(swatch))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave on Escape, the list of keys first."""
        if event.key() == Qt.Key.Key_Escape and self.key_sheet.isVisible():
            self.key_sheet.hide()
        elif event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Let the time go on."""
        super().showEvent(event)
        self._tell_time()
        self._seconds.start(SECOND_MS)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell no time to nobody."""
        super().hideEvent(event)
        self._seconds.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say so: with it the hall is left."""
        super().closeEvent(event)
        self.closed.emit()
