"""A mouse that drags numbers, and a wheel that turns over them, as Qt tells of them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

LEFT = Qt.MouseButton.LeftButton
NOTHING = Qt.MouseButton.NoButton
NONE = Qt.KeyboardModifier.NoModifier
ALT = Qt.KeyboardModifier.AltModifier


def send(widget: QWidget, kind: QEvent.Type, at: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    held = NOTHING if kind == QEvent.Type.MouseButtonRelease else LEFT
    button = NOTHING if kind == QEvent.Type.MouseMove else LEFT
    spot = QPointF(widget.mapToGlobal(at))
    QApplication.sendEvent(widget, QMouseEvent(kind, QPointF(at), spot, button, held, modifiers))


def grab(widget: QWidget, at: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Press, and move so far that it is a drag, by nothing yet."""
    send(widget, QEvent.Type.MouseButtonPress, at, modifiers)
    send(widget, QEvent.Type.MouseMove, at + QPoint(QApplication.startDragDistance(), 0), modifiers)


def pull(widget: QWidget, at: QPoint, pixels: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Move what is held so far from where it was grabbed at."""
    send(widget, QEvent.Type.MouseMove, at + QPoint(QApplication.startDragDistance() + pixels, 0), modifiers)


def drop(widget: QWidget, at: QPoint) -> None:
    send(widget, QEvent.Type.MouseButtonRelease, at)


def drag(widget: QWidget, at: QPoint, *pixels: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
    grab(widget, at, modifiers)
    for far in pixels:
        pull(widget, at, far, modifiers)
    drop(widget, at)


def turn(widget: QWidget, at: QPoint, notches: int, modifiers: Qt.KeyboardModifier = ALT) -> None:
    """Turn the wheel; with Alt the platform tells of it as one that is turned sideways."""
    turned = QPoint(0, 120 * notches)
    if modifiers & ALT:
        turned = QPoint(120 * notches, 0)
    spot = QPointF(widget.mapToGlobal(at))
    phase = Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(widget, QWheelEvent(QPointF(at), spot, QPoint(), turned, NOTHING, modifiers, phase, False))
