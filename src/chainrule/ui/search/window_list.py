"""A list in the middle of the window: what is chosen in it is done once it is gone, and the keyboard is back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtWidgets import QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_list import ChoiceList


class WindowList(QObject):
    """Opens one list at a time over a window."""

    def __init__(self, window: QWidget, appearance: Appearance) -> None:
        super().__init__(window)
        self._window, self._appearance = window, appearance
        self._list: ChoiceList | None = None

    def open(self, opened: ChoiceList, take: Callable[[str], object], *, width: int, top: int) -> None:
        """Show a list from a height in the window on, of a width at the usual text size; `take` gets what is chosen."""
        self._list = opened
        opened.chosen.connect(lambda name: self._take(name, take))
        opened.closed.connect(self._forget)
        wide = min(self._appearance.size(width), self._window.width())
        corner = self._window.mapToGlobal(QPoint((self._window.width() - wide) // 2, top))
        opened.open_below(QRect(corner, corner + QPoint(wide - 1, -1)))

    def _take(self, name: str, take: Callable[[str], object]) -> None:
        if self._list is not None:
            self._list.close()
        take(name)

    def _forget(self) -> None:
        opened, self._list = self._list, None
        if opened is not None:
            opened.deleteLater()
            back = self._window.focusWidget()
            if back is not None:
                back.setFocus()
