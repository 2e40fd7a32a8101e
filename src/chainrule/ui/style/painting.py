"""Painting that always ends: an error in the middle of it is told once, and the widget keeps its background.

A painter that is still active when its paint event is over takes the program down with it, and the traceback of an
exception keeps it alive. So every painter is made here, and ended here, whatever happens in between. What fails is told
through `sys.excepthook` after the event: whoever tells it may change the window, which must not happen within one. It
is told once, until the widget has been painted well again: what is told has the window painted anew, and so for ever.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QFont, QFontMetricsF, QPaintDevice, QPaintEngine, QPainter, QPainterPath, QPalette
from PySide6.QtWidgets import QTableView, QWidget

# Stands for a number of which a part is scrolled out of sight.
CUT = "…"
_REPORTED = "painting.told"


@contextmanager
def painting(widget: QWidget) -> Iterator[QPainter]:
    """Give a painter for the whole of a `paintEvent`. It is ended in any case, and nothing is raised into Qt."""
    with _telling(widget):
        try:
            with drawing(widget) as painter:
                yield painter
            if widget.property(_REPORTED):
                widget.setProperty(_REPORTED, [])
        except Exception:
            with drawing(widget) as painter:
                painter.fillRect(widget.rect(), widget.palette().color(QPalette.ColorRole.Base))
            raise


@contextmanager
def painting_part(painter: QPainter, owner: QWidget, area: QRect | QRectF) -> Iterator[None]:
    """Paint a part of `owner` inside, with a painter of Qt's, whose state comes back in any case."""
    with _telling(owner):
        try:
            with saved(painter):
                yield
        except Exception:
            with saved(painter):
                painter.fillRect(area, owner.palette().color(QPalette.ColorRole.Base))
            raise


@contextmanager
def drawing(on: QPaintDevice) -> Iterator[QPainter]:
    """Give a painter that is ended in any case; errors go on to whoever draws."""
    painter = QPainter(on)
    try:
        yield painter
    finally:
        painter.end()


@contextmanager
def saved(painter: QPainter) -> Iterator[None]:
    """Save the painter's state, which comes back in any case."""
    painter.save()
    try:
        yield
    finally:
        painter.restore()


def draw_stretched(painter: QPainter, room: QRectF, align: int | Qt.AlignmentFlag, text: str) -> None:
    """Write a line in a font whose letters may be narrower than usual.

    SVG has no such letters, and would write wider ones: there they are drawn as outlines.
    """
    font, engine = painter.font(), painter.paintEngine()
    if font.stretch() in (0, QFont.Stretch.Unstretched.value) or engine.type() != QPaintEngine.Type.SVG:
        painter.drawText(room, align, text)
        return
    place, path = painter.boundingRect(room, align, text), QPainterPath()
    path.addText(place.left(), place.top() + QFontMetricsF(font).ascent(), font, text)
    painter.fillPath(path, painter.pen().color())


def draw_number(painter: QPainter, room: QRectF, side: Qt.AlignmentFlag, text: str) -> None:
    """Write a number at a side of its cell if all of it is in sight: what a table's edge leaves of it would be another.

    Its table has to `paint_all_when_scrolled`.
    """
    # What the painter paints on is the part of the table that is in sight.
    sight, middle = QRectF(painter.viewport()), Qt.AlignmentFlag.AlignVCenter
    width = painter.fontMetrics().horizontalAdvance(text)
    left = room.right() - width if side == Qt.AlignmentFlag.AlignRight else room.left()
    if left >= sight.left() and left + width <= sight.right():
        painter.drawText(room, side | middle, text)
        return
    inner = Qt.AlignmentFlag.AlignRight if left < sight.left() else Qt.AlignmentFlag.AlignLeft
    painter.drawText(room.intersected(sight), inner | middle, CUT)


def paint_all_when_scrolled(table: QTableView) -> None:
    """Paint what is in sight anew when a table is scrolled sideways: Qt moves what is painted, also what was cut."""
    table.horizontalScrollBar().valueChanged.connect(lambda: table.viewport().update())


@contextmanager
def _telling(owner: QWidget) -> Iterator[None]:
    """Tell what fails in painting `owner`, after the event, and each fault once."""
    try:
        yield
    except Exception as error:
        reported, fault = owner.property(_REPORTED) or [], _name_of(error)
        if fault not in reported:
            owner.setProperty(_REPORTED, [*reported, fault])
            failed = error
            QTimer.singleShot(0, owner, lambda: sys.excepthook(type(failed), failed, failed.__traceback__))


def _name_of(error: Exception) -> str:
    """Return the kind of an error and where it was raised."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return f"{type(error).__name__} in {frame.f_code.co_filename}, line {line}"
