"""Pictures read back: which colours are in them, and what other readers than ours find."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pypdfium2
from PySide6.QtCore import QByteArray, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

LABEL = "aria-label"
NEAR = 30


def has_color(image: QImage, color: str, *, least: int = 20, near: int = NEAR) -> bool:
    """Say whether some pixels have a colour, or nearly: letters have soft edges."""
    wanted = np.array(QColor(color).getRgb()[2::-1], dtype=int)
    return bool((np.abs(_colors(image) - wanted).sum(axis=1) <= near).sum() >= least)


def _colors(image: QImage) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(-1, 4)[:, :3].astype(np.int64)


def furthest(one: QImage, other: QImage) -> int:
    """Return the largest difference of a colour between two pictures of one size."""
    assert one.size() == other.size()
    return int(np.abs(_colors(one) - _colors(other)).max())


def of_png(data: bytes) -> QImage:
    image = QImage()
    assert image.loadFromData(data, "PNG")  # type: ignore[call-overload]
    return image


def of_svg(data: bytes, size: QSize, ground: str = "#ffffff") -> QImage:
    """Return what Qt's own reader draws of an SVG."""
    renderer = QSvgRenderer(QByteArray(data))
    assert renderer.isValid()
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def labels_of(data: bytes) -> list[str]:
    """Return the words of an SVG, which are outlines: each says what it is."""
    root = ElementTree.fromstring(data)
    assert not [each for each in root.iter() if each.tag.endswith("}text")]
    return [each.get(LABEL, "") for each in root.iter() if LABEL in each.attrib]


def of_pdf(data: bytes, scale: float = 96 / 72) -> tuple[list[str], QImage]:
    """Return the text of each page of a PDF, and the first one as PDFium draws it."""
    document = pypdfium2.PdfDocument(data)
    texts = [page.get_textpage().get_text_range() for page in document]
    drawn = document[0].render(scale=scale, rev_byteorder=True).to_pil().convert("RGBA")
    image = QImage(drawn.tobytes(), *drawn.size, QImage.Format.Format_RGBA8888).copy()
    document.close()
    return texts, image
