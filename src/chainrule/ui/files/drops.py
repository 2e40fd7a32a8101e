"""Files that are dropped on the window, each opened by its ending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

# What opens a file, by its ending.
Openers = Mapping[str, Callable[[Path], None]]


class FileDrops(QObject):
    """Lets a window take a file whose ending is known; what else is dragged over it is refused by its look."""

    def __init__(self, window: QWidget, openers: Openers) -> None:
        super().__init__(window)
        self._openers = openers
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a file that is dropped, and show beforehand that it would be taken."""
        if event.type() not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            return False
        assert isinstance(event, QDropEvent)
        path = dropped_file(event.mimeData())
        opener = None if path is None else self._openers.get(path.suffix.lower())
        if path is None or opener is None:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            opener(path)
        return True


def dropped_file(data: QMimeData) -> Path | None:
    """Return the one file that is dragged; None where it is something else, or several."""
    urls = data.urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
