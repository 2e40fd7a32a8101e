"""What is written in real windows, as it is painted: the colour of each text, and the pixels that lie behind it.

Texts that are painted here are caught on their way to the painter and left out of the picture, which so shows what lies
behind each. Labels, buttons and fields are written in Qt's own code: those are read from the picture itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPicture
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QWidget

from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.resource_files import example_paths
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.tabs import TABS
from tests.experiments import dense
from tests.ui.style.test_contrast import FOR_TEXT, contrast

# A colour that takes less of the place of a text is a frame or a line beside it.
SHARE = 0.2
# A label of which less is seen, by its scroll area's edge, shows no whole letter.
LEAST_SEEN = 14
SCHEMES = pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark], ids=["light", "dark"])
# Of the example's micro-steps: none yet, forward, loss, backward and update.
POSITIONS = (0, 1, 3, 5, 9, 12, 15)
Faint = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """A text: its words, its colour, its place in the window, and what is seen of that.

    Where a picture of it is kept for later, nobody knows where that goes.
    """

    text: str
    color: str
    place: QRect | None
    seen: QRect | None


def place_of(painter: QPainter, arguments: tuple[Any, ...], text: str) -> QRect:
    """Where a text goes, in pixels of the device."""
    first = arguments[0]
    if isinstance(first, QRect | QRectF):
        flags = arguments[1] if isinstance(arguments[1], int) else arguments[1].value
        area = QRectF(painter.boundingRect(QRectF(first), flags, text))
    else:
        at = QPointF(first) if isinstance(first, QPoint | QPointF) else QPointF(first, arguments[1])
        area = QRectF(painter.fontMetrics().boundingRect(text)).translated(at)
    return painter.deviceTransform().mapRect(area).toRect()


def seen_of(place: QRect, painter: QPainter, grabbed: QWidget) -> QRect:
    """What is seen of a place: the rest of it is cut off."""
    device = painter.device()
    if not isinstance(device, QWidget):
        return place
    return place.intersected(device.visibleRegion().boundingRect().translated(device.mapTo(grabbed, QPoint(0, 0))))


@contextmanager
def caught(monkeypatch: pytest.MonkeyPatch, grabbed: QWidget) -> Iterator[list[Written]]:
    """The texts that are painted while a widget is grabbed; the picture goes without them."""
    found: list[Written] = []

    def draw_text(painter: QPainter, *arguments: Any) -> None:
        text = next(each for each in arguments if isinstance(each, str))
        if text.strip():
            place = None if isinstance(painter.device(), QPicture) else place_of(painter, arguments, text)
            seen = None if place is None else seen_of(place, painter, grabbed)
            found.append(Written(text, painter.pen().color().name(), place, seen))

    with monkeypatch.context() as patch:
        patch.setattr(QPainter, "drawText", draw_text)
        yield found


def pixels(widget: QWidget) -> np.ndarray:
    """What is seen of a widget: 0xRRGGBB, (height, width)."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    found = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return found[:, : image.width()] & 0xFFFFFF


def colors_in(picture: np.ndarray, place: QRect) -> dict[str, float]:
    """The colours in a place, with the share of it that each takes."""
    top, left = max(0, place.top()), max(0, place.left())
    part = picture[top : max(top, place.bottom() + 1), left : max(left, place.right() + 1)]
    colors, counts = np.unique(part, return_counts=True)
    return {f"#{color:06x}": count / part.size for color, count in zip(colors, counts, strict=True)}


def faint_painted(window: QWidget, monkeypatch: pytest.MonkeyPatch, surface: str) -> set[Faint]:
    """The texts that are painted with too little contrast: words, colour, ground."""
    with caught(monkeypatch, window) as written:
        picture = pixels(window)
    found = set()
    for each in written:
        behind = {surface: 1.0} if each.seen is None else colors_in(picture, each.seen)
        grounds = [color for color, share in behind.items() if share >= SHARE]
        found |= {(each.text, each.color, color) for color in grounds if contrast(each.color, color) < FOR_TEXT}
    return found


def written_by_qt(window: QWidget) -> Iterator[tuple[str, QRect]]:
    """The texts of labels, buttons and fields that Qt writes, and where they are seen in the window."""
    for widget in window.findChildren(QWidget):
        own = any("paintEvent" in vars(kind) for kind in type(widget).__mro__ if "chainrule" in kind.__module__)
        if own or not isinstance(widget, QLabel | QAbstractButton | QLineEdit) or not widget.text().strip():
            continue
        seen = widget.visibleRegion().boundingRect()
        if widget.isVisible() and seen.height() >= LEAST_SEEN and seen.width() >= LEAST_SEEN:
            # Without the frame.
            yield widget.text(), seen.adjusted(4, 3, -4, -3).translated(widget.mapTo(window, QPoint(0, 0)))


def faint_of_qt(window: QWidget) -> set[Faint]:
    """The texts in which not one pixel has enough contrast to what is most behind it."""
    picture, found = pixels(window), set()
    for text, place in written_by_qt(window):
        colors = colors_in(picture, place)
        ground = max(colors, key=colors.__getitem__)
        strongest = max(colors, key=lambda color: contrast(color, ground))
        if contrast(strongest, ground) < FOR_TEXT:
            found.add((text, strongest, ground))
    return found


def faint(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> set[Faint]:
    """All texts of a window that are hard to read."""
    QApplication.processEvents()
    # What is kept of earlier paints is drawn anew.
    window.appearance.changed.emit()
    return faint_painted(window, monkeypatch, window.appearance.theme.surface) | faint_of_qt(window)


@SCHEMES
def test_every_text_of_the_window_can_be_read_at_every_kind_of_step(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, scheme: Qt.ColorScheme
) -> None:
    window.resize(1366, 768)
    window.appearance.set_scheme(scheme)
    session, found = window.session, set()
    session.number_editor.edit_number(refs.weight(0), (0, 0), -0.3)
    for place, position in enumerate(POSITIONS):
        session.navigator.go_to(Cursor(1, position))
        window.tabs.choose(TABS[place % len(TABS)].id)
        found |= faint(window, monkeypatch)
    session.selector.select(refs.grad(refs.weight(0)), (1, 1))
    assert found | faint(window, monkeypatch) == set()


@SCHEMES
def test_messages_refusals_and_numbers_set_by_hand_can_be_read(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, scheme: Qt.ColorScheme
) -> None:
    window.resize(1366, 768)
    window.appearance.set_scheme(scheme)
    session, found = window.session, set()
    session.navigator.go_to(Cursor(0, 12))
    session.number_editor.edit_number(refs.pre_activation(0), (0, 0), 4.0)
    window.experiment_panel.findChild(QLineEdit, "optimizer_lr").refuse("expected a number")
    for signal in (session.signals.informed, session.signals.warned, session.signals.noticed):
        signal.emit("mine.chainrule was gone, and was written anew.")
        found |= faint(window, monkeypatch)
    assert found == set()


@SCHEMES
def test_rows_outside_the_batch_classes_and_many_curves_can_be_read(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, scheme: Qt.ColorScheme
) -> None:
    window.resize(1366, 768)
    window.appearance.set_scheme(scheme)
    example = next(path for path in example_paths() if path.stem == "three-classes")
    window.files.open_path(example, example=True)
    session, found = window.session, set()
    session.navigator.go_to(Cursor(3, 9))
    window.tabs.choose("classes")
    found |= faint(window, monkeypatch)
    session.file.open(dense((3, 4, 4, 4, 4, 2), 4), None)
    session.navigator.go_to(Cursor(2, 40))
    assert found | faint(window, monkeypatch) == set()


@SCHEMES
def test_menus_with_what_cannot_be_chosen_now_can_be_read(window: MainWindow, scheme: Qt.ColorScheme) -> None:
    window.appearance.set_scheme(scheme)
    found = set()
    for menu in window.menuBar().findChildren(QMenu):
        menu.ensurePolished()
        menu.resize(menu.sizeHint())
        picture = pixels(menu)
        for action in menu.actions():
            if action.isVisible() and action.text():
                colors = colors_in(picture, menu.actionGeometry(action).adjusted(20, 2, -20, -2))
                ground = max(colors, key=colors.__getitem__)
                if max(contrast(color, ground) for color in colors) < FOR_TEXT:
                    found.add(action.text())
    assert found == set()
