"""A scroll area that is part of the card around it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class PlainScrollArea(QScrollArea):
    """No frame, no background and no stop of the Tab key: what it holds gets the width, and is scrolled in height."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Of a viewport that Qt has made by itself PySide must find the class, for which it readies every class of
        # widgets that there is: a tenth of the time that the window takes to be made.
        self.setViewport(QWidget(self))
