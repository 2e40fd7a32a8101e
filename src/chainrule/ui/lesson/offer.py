"""The offer to go on where a lesson was left."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.translation import gettext
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label, LinkButton


class ResumeOffer(QWidget):
    """Says at which step a lesson was left; `taken` tells that step, counted from 0, and `declined` that it begins."""

    taken = Signal(int)
    declined = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._step = 0
        self.said = Label(appearance, "", self)
        self.said.setObjectName("lesson.offer")
        self.said.setWordWrap(True)
        tip = gettext("Go on where the lesson was left")
        self.go_on = LinkButton(appearance, gettext("go on"), tip, "lesson.go_on_at", self)
        words, again = gettext("start again"), gettext("Begin with the first step")
        self.again = LinkButton(appearance, words, again, "lesson.start_again", self)
        self.go_on.clicked.connect(lambda: self.taken.emit(self._step))
        self.again.clicked.connect(self.declined)
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row.setSpacing(14)
        row.addWidget(self.go_on)
        row.addWidget(self.again)
        row.addStretch(1)
        column.addWidget(self.said)
        column.addLayout(row)
        self.hide()

    def offer(self, step: int, steps: int) -> None:
        """Offer to go on at a step."""
        self._step = step
        number = step + 1
        self.said.setText(
            gettext("You were at step {number} of {steps} when you left this lesson.", number=number, steps=steps)
        )
        words = gettext("go on at step {number}", number=number)
        self.go_on.set_words(words, gettext("Go on where the lesson was left"))
        self.show()
