"""Small controls, painted in the colours and at the text size in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QPushButton, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip
from chainrule.ui.window.keys import arrow_hints, keep_keys

SMALL = 11.5
# Height of a line of small controls, and side of a check box.
LINE = 20
BOX = 13
_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class Label(PlainLabel):
    """Plain text in one of the theme's colours."""

    def __init__(
        self, appearance: Appearance, text: str, parent: QWidget, *, size: float = 13, color: str = "text"
    ) -> None:
        super().__init__(text, parent)
        self._appearance, self._size, self._color = appearance, size, color
        appearance.changed.connect(self._restyle)
        self._restyle()

    def set_color(self, color: str) -> None:
        """Take another of the theme's colours."""
        if color != self._color:
            self._color = color
            self._restyle()

    def changeEvent(self, event: QEvent) -> None:
        """Keep the colour where a window takes a style sheet: that gives back the one from before."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._restyle()

    def _restyle(self) -> None:
        self.setFont(self._appearance.font(self._size))
        palette = self.palette()
        palette.setColor(self.foregroundRole(), QColor(getattr(self._appearance.theme, self._color)))
        self.setPalette(palette)


class SectionHeading(QWidget):
    """The name of a section, in spaced capitals, and at the right what it amounts to."""

    def __init__(self, appearance: Appearance, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._text, self._note = appearance, text, ""
        self.setAccessibleName(text)
        appearance.changed.connect(self._restyle)
        self._restyle()

    @property
    def note(self) -> str:
        """The words at the right."""
        return self._note

    def set_note(self, note: str) -> None:
        """Say what the section amounts to: `2 rows`."""
        if note == self._note:
            return
        self._note = note
        self.setAccessibleDescription(note)
        self.update()

    def _restyle(self) -> None:
        self.setFixedHeight(self._appearance.size(20))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both."""
        with painting(self) as painter:
            font = self._appearance.font(11, bold=True)
            font.setLetterSpacing(font.SpacingType.AbsoluteSpacing, self._appearance.size(1.2))
            painter.setFont(font)
            painter.setPen(QColor(self._appearance.theme.muted))
            painter.drawText(self.rect(), _LEFT, self._text.upper())
            painter.setFont(self._appearance.font(SMALL))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._note)


class Button(QPushButton):
    """A flat button. A click leaves the focus where it was, so that typing and stepping go on."""

    def __init__(self, appearance: Appearance, text: str, tip: str, object_name: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.appearance = appearance
        _set_up(self, tip, object_name)
        self.setAccessibleName(tip)
        appearance.changed.connect(self._restyle)
        self._restyle()

    def set_tip(self, tip: str) -> None:
        """Say what it does now."""
        self.setAccessibleName(tip)
        self.setToolTip(plain_tip(tip))

    def set_words(self, words: str, tip: str) -> None:
        """Have other words on it, and say what it does now."""
        self.setText(words)
        self.set_tip(tip)
        self.setFixedSize(self.wanted_size())

    def _restyle(self) -> None:
        self.setFont(self.appearance.font(SMALL))
        self.setFixedSize(self.wanted_size())
        self.update()

    def wanted_size(self) -> QSize:
        """Return a size as large as its text."""
        size = self.appearance.size
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + size(4), size(LINE))

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return _hints(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the arrows to what is around it."""
        if event.key() in _ARROWS:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be clicked."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Come to rest: the mouse is gone."""
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button, and a thin frame where the keyboard is at it."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint_content(painter)
            _paint_focus(self, painter, self.appearance)

    def paint_content(self, painter: QPainter) -> None:
        """Paint what the button shows."""
        raise NotImplementedError


class LinkButton(Button):
    """Words that do something when they are clicked."""

    def paint_content(self, painter: QPainter) -> None:
        """Paint the words, underlined under the mouse."""
        font = self.font()
        font.setUnderline(self.underMouse() and self.isEnabled())
        painter.setFont(font)
        painter.setPen(QColor(self.appearance.theme.link if self.isEnabled() else self.appearance.theme.dimmed))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class Disclosure(Button):
    """Shows more, or less again; a dot tells that something is set in what is folded away."""

    def __init__(
        self,
        appearance: Appearance,
        tip: str,
        object_name: str,
        parent: QWidget,
        words: tuple[str, str] = (gettext_noop("more"), gettext_noop("less")),
    ) -> None:
        """`words` are what it says while it is closed, and while it is open."""
        self._words = (gettext(words[0]), gettext(words[1]))
        super().__init__(appearance, self._words[0], tip, object_name, parent)
        self._marked = False
        self._folds: Callable[[], Iterable[QWidget]] = tuple
        self.setCheckable(True)
        self.toggled.connect(self._tell)

    @property
    def is_marked(self) -> bool:
        """Whether the dot is there."""
        return self._marked

    def set_folds(self, folds: Callable[[], Iterable[QWidget]]) -> None:
        """Set which widgets are out of sight while it is closed, for who looks for a control in them."""
        self._folds = folds

    def part_around(self, control: QWidget) -> QWidget | None:
        """Return the part with a control in it that is folded away."""
        parts = () if self.isChecked() else self._folds()
        return next((part for part in parts if part.isAncestorOf(control)), None)

    def set_marked(self, marked: bool) -> None:
        """Show the dot, or take it away; what is open needs none."""
        if marked == self._marked:
            return
        self._marked = marked
        self.setAccessibleDescription(gettext("something is set here") if marked else "")
        self.update()

    def _tell(self, is_open: bool) -> None:
        self.setText(self._words[is_open])
        self.update()

    def wanted_size(self) -> QSize:
        """Return the longer word, the chevron, and room for the dot."""
        size, longest = self.appearance.size, max(map(self.fontMetrics().horizontalAdvance, self._words))
        return QSize(longest + size(24), size(LINE))

    def paint_content(self, painter: QPainter) -> None:
        """Paint the word, a chevron behind it, and the dot."""
        theme, size = self.appearance.theme, self.appearance.size
        color = theme.link if self.underMouse() else theme.muted
        painter.setPen(QColor(color))
        painter.drawText(self.rect().adjusted(size(2), 0, 0, 0), _LEFT, self.text())
        arm, way = size(3), -1 if self.isChecked() else 1
        x = size(6) + painter.fontMetrics().horizontalAdvance(self.text())
        tip = QPointF(x + arm, self.height() / 2 + way * arm / 2 + 0.5)
        painter.setPen(_round_pen(color, self.appearance.size(1.3)))
        painter.drawPolyline([tip + QPointF(-arm, -way * arm), tip, tip + QPointF(arm, -way * arm)])
        if self._marked and not self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.link))
            painter.drawEllipse(QPointF(x + 3 * arm + size(2), self.height() / 2), size(2.5), size(2.5))


class SignButton(Button):
    """A square with a small sign of two strokes, which has another colour under the mouse."""

    # Where the strokes end at one side of the middle, in arms; the other ends are opposite.
    strokes: tuple[tuple[int, int], ...] = ()
    arm = 4.0

    def wanted_size(self) -> QSize:
        """Return a square."""
        return QSize(self.appearance.size(LINE), self.appearance.size(LINE))

    def lit(self) -> str:
        """Return the colour under the mouse."""
        return self.appearance.theme.link

    def paint_content(self, painter: QPainter) -> None:
        """Paint the sign."""
        arm, middle = self.appearance.size(self.arm), QRectF(self.rect()).center()
        color = self.lit() if self.underMouse() else self.appearance.theme.muted
        painter.setPen(_round_pen(color, self.appearance.size(1.4)))
        for across, down in self.strokes:
            end = QPointF(across * arm, down * arm)
            painter.drawLine(middle - end, middle + end)


class RemoveButton(SignButton):
    """A small cross, red under the mouse."""

    strokes = ((1, 1), (1, -1))
    arm = 3.5

    def lit(self) -> str:
        """Return the colour of what goes."""
        return self.appearance.theme.error


class InsertButton(SignButton):
    """A small plus."""

    strokes = ((1, 0), (0, 1))


class LockButton(Button):
    """A lock that is open, or closed over a frozen parameter; with a word before it, or none."""

    def __init__(self, appearance: Appearance, text: str, tip: str, object_name: str, parent: QWidget) -> None:
        super().__init__(appearance, text, tip, object_name, parent)
        self.setCheckable(True)

    def wanted_size(self) -> QSize:
        """Return the word, and the lock behind it."""
        word = super().wanted_size()
        return QSize((word.width() if self.text() else 0) + self.appearance.size(18), word.height())

    def paint_content(self, painter: QPainter) -> None:
        """Dim and open, or dark and closed."""
        theme, size = self.appearance.theme, self.appearance.size
        color = theme.text if self.isChecked() else theme.dimmed
        painter.setPen(QColor(theme.muted))
        painter.drawText(self.rect().adjusted(size(2), 0, 0, 0), _LEFT, self.text())
        unit = self.appearance.scale
        body = QRectF(0, 0, 9 * unit, 7 * unit)
        body.moveCenter(QPointF(self.width() - size(9), self.height() / 2 + 2 * unit))
        shackle = QPainterPath()
        left, right = body.left() + 1.8 * unit, body.right() - 1.8 * unit
        top = body.top() - 1.5 * unit
        box = QRectF(left, top - 2.7 * unit, right - left, 5.4 * unit)
        shackle.moveTo(left, body.top())
        shackle.lineTo(left, top)
        shackle.arcTo(box, 180, -180 if self.isChecked() else -140)
        if self.isChecked():
            shackle.lineTo(right, body.top())
        painter.setPen(_round_pen(theme.link if self.underMouse() else color, 1.4 * unit))
        painter.drawPath(shackle)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawRoundedRect(body, 1.5 * unit, 1.5 * unit)


class CheckBox(QCheckBox):
    """A small box with a word."""

    def __init__(self, appearance: Appearance, text: str, tip: str, object_name: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._appearance = appearance
        _set_up(self, tip, object_name)
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        size = self._appearance.size
        self.setFont(self._appearance.font(SMALL))
        # Without a word nothing is beside the box: it ends where the fields above it end.
        word = self.fontMetrics().horizontalAdvance(self.text()) + size(7) if self.text() else 0
        self.setFixedSize(QSize(word + size(BOX + 1), size(LINE)))
        self.update()

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return _hints(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the arrows to what is around it."""
        if event.key() in _ARROWS:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def hitButton(self, position: QPoint) -> bool:
        """Tell that the word can be clicked, too."""
        return self.rect().contains(position)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box, its tick and the word."""
        with painting(self) as painter:
            theme, size = self._appearance.theme, self._appearance.size
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            side = size(BOX)
            box = QRectF(size(1) + 0.5, (self.height() - side) // 2 + 0.5, side - 1, side - 1)
            painter.setPen(QPen(QColor(theme.muted if self.isChecked() else theme.dimmed), 1))
            painter.setBrush(QColor(theme.surface))
            painter.drawRoundedRect(box, 3, 3)
            if self.isChecked():
                painter.setPen(_round_pen(theme.text, size(1.6)))
                points = ((0.22, 0.52), (0.42, 0.74), (0.8, 0.28))
                painter.drawPolyline([box.topLeft() + QPointF(x * box.width(), y * box.height()) for x, y in points])
            painter.setPen(QColor(theme.muted))
            painter.drawText(self.rect().adjusted(size(BOX + 5), 0, 0, 0), _LEFT, self.text())
            _paint_focus(self, painter, self._appearance)


def _hints(button: QAbstractButton) -> tuple[str, ...]:
    presses = gettext_noop("Space ticks it") if isinstance(button, QCheckBox) else gettext_noop("Space presses it")
    return (
        presses,
        *arrow_hints(button, "↑ ↓ ← →"),
        gettext_noop("↵ iteration"),
        gettext_noop("Esc back to the stage"),
    )


def _set_up(button: QAbstractButton, tip: str, object_name: str) -> None:
    button.setObjectName(object_name)
    button.setAccessibleName(tip)
    button.setToolTip(plain_tip(tip))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    # Enter steps, wherever the keyboard is at a button.
    keep_keys(button, (Qt.Key.Key_Space,))


def _paint_focus(button: QAbstractButton, painter: QPainter, appearance: Appearance) -> None:
    if button.hasFocus():
        painter.setPen(QPen(QColor(appearance.theme.link), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(button.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def _round_pen(color: QColor | str, width: float) -> QPen:
    pen = QPen(QColor(color), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
