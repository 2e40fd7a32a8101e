"""A picture in the formats that slides and notes take: PNG in dots, SVG and PDF in lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPoint, QRect, QRectF, QSize, QSizeF
from PySide6.QtGui import QColor, QImage, QImageWriter, QPageLayout, QPageSize, QPainter, QPdfWriter, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from chainrule import __version__
from chainrule.ui.pictures.svg_outlines import outlined
from chainrule.ui.style.painting import drawing

PNG, SVG, PDF = "PNG", "SVG", "PDF"
# Of a picture's pixels 96 make an inch, as in browsers.
PER_INCH = 96
POINTS = 72 / PER_INCH
# 400 MB at 4 bytes each.
MOST_DOTS = 100_000_000
# Longer sides PNG's readers and Qt's painter do not take.
LONGEST_SIDE = 32_000


class PictureTooLargeError(ValueError):
    """A picture has more dots than there is room for; the text says so to a person."""


@dataclass(frozen=True, slots=True)
class StillPicture:
    """Something that paints itself at a size, in pixels at scale 1; `title` says in a file what it is."""

    title: str
    size: QSize
    paint: Callable[[QPainter], None]


def picture_of_widget(title: str, widget: QWidget) -> StillPicture:
    """Return what a widget paints, which need not be on the screen; it must live as long as the picture."""

    def paint(painter: QPainter) -> None:
        widget.render(painter, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)

    return StillPicture(title, widget.size(), paint)


def as_image(picture: StillPicture, scale: float, ground: QColor | None) -> QImage:
    """Return a picture in dots, `scale` of them for each pixel; without a ground what is behind it shows through.

    Raises `PictureTooLargeError` before memory is taken.
    """
    size = QSize(round(picture.size.width() * scale), round(picture.size.height() * scale))
    if size.width() * size.height() > MOST_DOTS or max(size.toTuple()) > LONGEST_SIDE:
        raise PictureTooLargeError(
            f"A PNG of {size.width():,} × {size.height():,} dots is too large: choose a smaller size or scale, or SVG."
        )
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.setText("Title", picture.title)
    image.setText("Software", f"Chainrule {__version__}")
    image.fill(QColor(0, 0, 0, 0) if ground is None else ground)
    with _painter(image) as painter:
        picture.paint(painter)
    return image


def as_png(picture: StillPicture, scale: float, ground: QColor | None) -> bytes:
    """Return a PNG file of a picture, which says how large it is meant to be: 96 pixels at scale 1 make an inch.

    Raises `PictureTooLargeError`.
    """
    image = as_image(picture, scale, ground)
    # With its own ratio it would say so twice.
    image.setDevicePixelRatio(1.0)
    for set_density in (image.setDotsPerMeterX, image.setDotsPerMeterY):
        set_density(round(PER_INCH * scale / 0.0254))
    with _buffer() as buffer:
        QImageWriter(buffer, QByteArray(PNG.encode())).write(image)
        return bytes(buffer.data().data())


def as_svg(picture: StillPicture, ground: QColor | None) -> bytes:
    """Return an SVG file of a picture, with letters as outlines: it looks the same where the fonts are not there."""
    with _buffer() as buffer:
        # Not SVG 1.1, in which Qt clips: it still does once a painter's state is restored, and letters are missing.
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.SvgTiny12)
        generator.setOutputDevice(buffer)
        generator.setResolution(PER_INCH)
        generator.setSize(picture.size)
        generator.setViewBox(QRect(QPoint(), picture.size))
        generator.setTitle(picture.title)
        generator.setDescription(f"Made with Chainrule {__version__}")
        with _painter(generator) as painter:
            if ground is not None:
                painter.fillRect(QRect(QPoint(), picture.size), ground)
            picture.paint(painter)
        return outlined(bytes(buffer.data().data()))


def as_pdf(picture: StillPicture, ground: QColor | None) -> bytes:
    """Return a PDF file of a picture, on a page of its size; its text can be searched and copied."""
    with _buffer() as buffer:
        writer = QPdfWriter(buffer)
        writer.setResolution(PER_INCH)
        writer.setTitle(picture.title)
        writer.setCreator(f"Chainrule {__version__}")
        page = QSizeF(picture.size) * POINTS
        exact = QPageSize(page, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch)
        writer.setPageLayout(QPageLayout(exact, QPageLayout.Orientation.Portrait, QMarginsF()))
        with _painter(writer) as painter:
            if ground is not None:
                painter.fillRect(QRectF(QPoint(), QSizeF(picture.size)), ground)
            picture.paint(painter)
        del writer
        return bytes(buffer.data().data())


@contextmanager
def _painter(device: QImage | QSvgGenerator | QPdfWriter) -> Iterator[QPainter]:
    with drawing(device) as painter:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        yield painter


@contextmanager
def _buffer() -> Iterator[QBuffer]:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    try:
        yield buffer
    finally:
        buffer.close()
