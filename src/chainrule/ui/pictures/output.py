"""Where a picture goes: the clipboard, or a file that is written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QObject
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QWidget

from chainrule.model.files.disk import Written, reason_of, replacing
from chainrule.session.files.writer import Outcome, Work, Writer
from chainrule.session.signals import Signals
from chainrule.ui.pictures.formats import PDF, SVG, StillPicture, as_image, as_pdf, as_png, as_svg

TYPES = {SVG: "image/svg+xml", PDF: "application/pdf"}


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A format, and for one in dots how many of them a pixel has; without a `ground` it is clear."""

    name: str
    scale: float
    ground: QColor | None


def encoded_picture(picture: StillPicture, form: PictureFormat) -> bytes:
    """Return a picture as the bytes of a file. Raises `PictureTooLargeError`."""
    if form.name == SVG:
        return as_svg(picture, form.ground)
    if form.name == PDF:
        return as_pdf(picture, form.ground)
    return as_png(picture, form.scale, form.ground)


def copy_picture(picture: StillPicture, form: PictureFormat) -> None:
    """Put a picture on the clipboard: in its format, and for programs that do not take that one also in dots.

    Raises `PictureTooLargeError`.
    """
    data = QMimeData()
    data.setImageData(as_image(picture, form.scale, form.ground))
    if form.name in TYPES:
        data.setData(TYPES[form.name], QByteArray(encoded_picture(picture, form)))
    QGuiApplication.clipboard().setMimeData(data)


def copy_text(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


class PictureWriter(QObject):
    """Writes files in slices, each whole or not at all, and tells in the window what came of it."""

    def __init__(self, signals: Signals, window: QWidget) -> None:
        super().__init__(window)
        self._signals, self._writer = signals, Writer(self)
        # What is not written when the window goes is not to be there in part.
        window.destroyed.connect(self._writer.cancel)

    def save(self, path: Path, pieces: Sequence[bytes], what: str) -> None:
        """Write a file, and tell that it is there, or why it is not."""
        self.write(path, replacing(path, pieces), what)

    def write(self, path: Path, work: Work, what: str) -> None:
        """Do what writes a file, and tell how it ended."""
        self._writer.write(work, lambda outcome: self._tell(path, what, outcome))

    def cancel(self) -> None:
        """Write no more."""
        self._writer.cancel()

    def _tell(self, path: Path, what: str, outcome: Outcome) -> None:
        if isinstance(outcome, Written):
            self._signals.informed.emit(f"{what} saved as {path.name}.")
        else:
            self._signals.noticed.emit(f"{path.name} was not saved: {reason_of(outcome)}.")
