"""A formula in a card that may be narrower than its widest piece: set smaller then, and scrolled if need be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import FormulaView, LatexPart
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.scroll_area import SlimScrollArea

FACTORS = (1.0, 0.9, 0.8, 0.7, 0.62)


class WideFormula(QWidget):
    """Shows parts as one formula, of which every character is seen or scrolled to. As high as it is at its width."""

    def __init__(self, typesetter: Typesetter, appearance: Appearance, size: float, parent: QWidget) -> None:
        super().__init__(parent)
        self._size = size
        self.view = FormulaView(typesetter, appearance, size)
        self._area = SlimScrollArea(appearance, self)
        self._area.setWidgetResizable(False)
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self.view)
        self.view.setAutoFillBackground(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        appearance.changed.connect(self._fit)

    def set_parts(self, parts: Sequence[LatexPart]) -> None:
        """Show another formula, from its beginning."""
        self.view.set_parts(parts)
        self._area.horizontalScrollBar().setValue(0)
        self._fit()

    def set_size(self, size: float) -> None:
        """Set another size of type, in pixels at scale 1, for what has room."""
        if size != self._size:
            self._size = size
            self._fit()

    def height_at(self, width: int, size: float) -> int:
        """Return the height at a width and a size of type."""
        size, inner = self._fitting(width, size)
        return self.view.height_at(inner, size) + (self._area.bar_size + 2 if inner > width else 0)

    def _fitting(self, width: int, size: float) -> tuple[float, int]:
        """Return the largest size at which it has room in a width, and how wide it is then."""
        inner = width
        for factor in FACTORS:
            inner = self.view.width_at(width, size * factor)
            if inner <= width:
                return size * factor, width
        return size * FACTORS[-1], inner

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        width = max(1, self.width())
        size, inner = self._fitting(width, self._size)
        self.view.set_size(size)
        self.view.setFixedSize(inner, max(1, self.view.height_at(inner, size)))
        self.setFixedHeight(max(1, self.height_at(width, self._size)))
