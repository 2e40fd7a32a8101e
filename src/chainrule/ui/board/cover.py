"""A view large over the stage."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.board.slot import ViewSlot
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label, LinkButton
from chainrule.ui.widgets.scroll_area import ScrolledRoom


class StageCover(QWidget):
    """Lies over the stage as long as a view is enlarged, and has the keyboard in its place. `closed` asks to go."""

    closed = Signal()

    def __init__(self, view: str, slot: ViewSlot, stage: QWidget, keyboard: QWidget, appearance: Appearance) -> None:
        """`keyboard` is the widget of the stage that has the keyboard otherwise."""
        super().__init__(stage)
        self.view, self._stage, self._keyboard = view, stage, keyboard
        self.setObjectName("stage_cover")
        self.setAccessibleName(gettext("An enlarged view over the network"))
        self.setAutoFillBackground(True)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        words = Label(appearance, gettext("Over the network"), self, size=11.5, color="muted")
        tip = gettext("Let the view stand at its place again (Esc)")
        self.back = LinkButton(appearance, gettext("back to the network"), tip, "stage_cover.back", self)
        self.back.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 0)
        row.addWidget(words)
        row.addStretch(1)
        row.addWidget(self.back)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(ScrolledRoom(slot, appearance, self), 1)
        stage.installEventFilter(self)
        self.setGeometry(stage.rect())
        # The arrows step as on the stage; nothing is typed into what nobody sees.
        keyboard.setFocusProxy(self)
        self.show()
        self.raise_()
        # Esc is the way back.
        self.setFocus()

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("Esc back to the network"),
            gettext_noop("→ step"),
            gettext_noop("← back"),
            gettext_noop("↓ phase"),
            gettext_noop("↵ iteration"),
            gettext_noop("Space run"),
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the stage."""
        if watched is self._stage and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._stage.rect())
        return False

    def leave(self) -> None:
        """Give the stage back, with the keyboard."""
        focused = QApplication.focusWidget()
        had_keyboard = focused is self or (focused is not None and self.isAncestorOf(focused))
        self._stage.removeEventFilter(self)
        self._keyboard.setFocusProxy(None)  # type: ignore[arg-type]
        self.hide()
        if had_keyboard:
            self._keyboard.setFocus()
        self.deleteLater()
