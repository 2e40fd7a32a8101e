"""Files that are dropped on a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

# What opens a file, by its ending.
Openers = Mapping[str, Callable[[Path], None]]
# What is done with what is dropped; None where it is not taken.
DropTaking = Callable[[QMimeData], Callable[[], None] | None]


class FileDrops(QObject):
    """Lets a window take what is dropped on it; what else is dragged over it is refused by its look."""

    def __init__(self, window: QWidget, taking: DropTaking) -> None:
        super().__init__(window)
        self._taking = taking
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is dropped, and show beforehand that it would be taken."""
        if event.type() not in (QEvent.Type.DragEnter, QEvent.Type.DragMove, QEvent.Type.Drop):
            return False
        assert isinstance(event, QDropEvent)
        take = self._taking(event.mimeData())
        if take is None:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            take()
        return True


def one_by_ending(openers: Openers) -> DropTaking:
    """Take one file, whose ending says what opens it."""

    def taking(data: QMimeData) -> Callable[[], None] | None:
        path = dropped_file(data)
        opener = None if path is None else openers.get(path.suffix.lower())
        return None if path is None or opener is None else partial(opener, path)

    return taking


def all_paths(take: Callable[[list[Path]], None]) -> DropTaking:
    """Take files and folders of this machine, several at once, too."""

    def taking(data: QMimeData) -> Callable[[], None] | None:
        urls = data.urls()
        if not urls or not all(url.isLocalFile() for url in urls):
            return None
        return partial(take, [Path(url.toLocalFile()) for url in urls])

    return taking


def dropped_file(data: QMimeData) -> Path | None:
    """Return the one file that is dragged; None where it is something else, or several."""
    urls = data.urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
