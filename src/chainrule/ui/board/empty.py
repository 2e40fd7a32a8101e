"""What stands on a board without a view."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.translation import gettext
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.controls import Label, LinkButton


class EmptyBoard(Card):
    """A sentence, and a button that opens the list of views. `asked` says where."""

    asked = Signal(QPoint)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("empty_board")
        words = Label(appearance, gettext("No view stands here"), self, size=12, color="muted")
        tip = gettext("Choose which views stand here (View > Views)")
        button = LinkButton(appearance, gettext("choose views"), tip, "empty_board.choose", self)
        button.clicked.connect(lambda: self.asked.emit(button.mapToGlobal(QPoint(0, button.height()))))
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(words, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
