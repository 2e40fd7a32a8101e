"""Controls that stand in one line where they have room, and in several where they have not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

SPACING, BETWEEN = 8, 4


class ControlLines:
    """Lays the controls of a widget out, broken into lines as words are. The last one stands at the right."""

    def __init__(self, owner: QWidget, controls: Sequence[QWidget]) -> None:
        self._owner, self._controls = owner, tuple(controls)
        self._column = QVBoxLayout(owner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(BETWEEN)
        self._lines: list[QHBoxLayout] = []
        self._line_of: list[int] = []

    def place(self) -> None:
        """Break the lines for the width that the widget has now, and for what is shown of the controls."""
        line_of = self._broken(self._owner.width())
        if line_of == self._line_of:
            return
        self._line_of = line_of
        for line in self._lines:
            while line.takeAt(0) is not None:
                pass
        while len(self._lines) <= line_of[-1]:
            line = QHBoxLayout()
            line.setSpacing(SPACING)
            self._column.addLayout(line)
            self._lines.append(line)
        for control, at in zip(self._controls[:-1], line_of[:-1], strict=True):
            self._lines[at].addWidget(control)
        for line in self._lines:
            line.addStretch(1)
        self._lines[line_of[-1]].addWidget(self._controls[-1])
        self._owner.updateGeometry()

    def least_size(self) -> QSize:
        """Return as much as the widest control needs, and the lines as they are now."""
        widths = [_width(control) for control in self._controls if not control.isHidden()]
        return QSize(max(widths, default=0), self._column.minimumSize().height())

    def _broken(self, room: int) -> list[int]:
        """Return in which line each control stands; what is hidden stays with the one before it."""
        line_of, line, used = list[int](), 0, 0
        for control in self._controls:
            if not control.isHidden():
                width = _width(control)
                if used and used + width > room:
                    line, used = line + 1, 0
                used += width + SPACING
            line_of.append(line)
        return line_of


def _width(control: QWidget) -> int:
    return max(control.minimumWidth(), min(control.sizeHint().width(), control.maximumWidth()))
