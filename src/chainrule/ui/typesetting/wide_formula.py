"""A formula in a card that may be narrower than its widest piece: set smaller then, and scrolled if need be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import FormulaView, LatexPart, fitting_share
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.scroll_area import WideArea

FACTORS = (1.0, 0.9, 0.8, 0.7, 0.62)


class WideFormula(QWidget):
    """Shows parts as one formula, of which every character is seen or scrolled to. As high as it is at its width."""

    def __init__(self, typesetter: Typesetter, appearance: Appearance, size: float, parent: QWidget) -> None:
        super().__init__(parent)
        self._size = size
        self.view = FormulaView(typesetter, appearance, size)
        self._area = WideArea(self.view, appearance, self)
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
        size, inner = fitting_share([self.view], width, size, FACTORS)
        return self._area.height_of(inner, self.view.height_at(inner, size), width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        width = max(1, self.width())
        size, inner = fitting_share([self.view], width, self._size, FACTORS)
        self.view.set_size(size)
        self._area.take(inner, max(1, self.view.height_at(inner, size)))
