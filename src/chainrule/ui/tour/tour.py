"""The tour: a card that goes from part to part of the window, which stays in use all the while."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.folding.folding import Folding
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.tour.stops import STOPS, StopBegin
from chainrule.ui.widgets.card import RADIUS, Card
from chainrule.ui.widgets.controls import Label, LinkButton

WIDTH, MARGIN, GAP = 380, 16, 12
# How dark everything else becomes, of 255.
SHADE = 110
DONE = "✓ Well done."


class Shade(QWidget):
    """Lies over the window, dark but for some parts. The mouse goes through it."""

    def __init__(self, appearance: Appearance, window: QWidget) -> None:
        super().__init__(window)
        self._appearance, self._lit = appearance, list[QRect]()
        self.setObjectName("tour.shade")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def light(self, parts: list[QRect]) -> None:
        """Leave other parts of the window light."""
        self._lit = parts
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Darken all but the parts, and draw a frame around each."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            around, lit = QPainterPath(), QPainterPath()
            around.addRect(QRectF(self.rect()))
            for part in self._lit:
                lit.addRoundedRect(QRectF(part), RADIUS, RADIUS)
            painter.fillPath(around.subtracted(lit), QColor(0, 0, 0, SHADE))
            painter.setPen(QPen(QColor(self._appearance.theme.link), 2))
            painter.drawPath(lit)


class Tour(Card):
    """The card of the tour. It is there until its end, or until it is closed; keys go on to the window."""

    closed = Signal()

    def __init__(self, session: Session, folding: Folding, appearance: Appearance, window: QMainWindow) -> None:
        super().__init__(appearance, window)
        self.setObjectName("tour")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._session, self._folding, self._window = session, folding, window
        self._place, self._begin = 0, StopBegin.of(session.moment)
        self.shade = Shade(appearance, window)
        self._count = Label(appearance, "", self, size=11.5, color="muted")
        self._title = Label(appearance, "", self, size=16)
        self._text, self._task = Label(appearance, "", self), Label(appearance, "", self, color="link")
        self._title.setObjectName("tour.title")
        self._task.setObjectName("tour.task")
        for label in (self._title, self._text, self._task):
            label.setWordWrap(True)
        self._back = LinkButton(appearance, gettext("back"), gettext("To the stop before"), "tour.back", self)
        self._end = LinkButton(appearance, gettext("end the tour"), gettext("Close this card (Esc)"), "tour.end", self)
        self.next = LinkButton(appearance, gettext("next"), gettext("To the next stop"), "tour.next", self)
        self._back.clicked.connect(lambda: self._go(self._place - 1))
        self.next.clicked.connect(lambda: self._go(self._place + 1))
        self._end.clicked.connect(self.leave)
        self._arrange()
        self.hide()
        self.shade.hide()
        window.installEventFilter(self)
        for signal in (session.signals.cursor_moved, session.signals.selection_changed):
            signal.connect(self._follow)
        session.signals.training_progressed.connect(self._follow)
        appearance.changed.connect(self._settle)

    @property
    def place(self) -> int:
        """At which stop it is, from 0 on."""
        return self._place

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP)
        buttons.addWidget(self._end)
        buttons.addStretch(1)
        buttons.addWidget(self._back)
        buttons.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(8)
        for label in (self._count, self._title, self._text, self._task):
            column.addWidget(label)
        column.addLayout(buttons)

    def begin(self) -> None:
        """Show the first stop."""
        self.show()
        self._go(0)

    def _go(self, place: int) -> None:
        if place >= len(STOPS):
            self.leave()
            return
        self._place, self._begin = place, StopBegin.of(self._session.moment)
        stop = STOPS[place]
        if stop.pane:
            self._folding.show(stop.pane)
        self._count.setText(gettext("Tour, {number} of {stops}", number=place + 1, stops=len(STOPS)))
        title, text, task = gettext(stop.title), gettext(stop.text), gettext(stop.task)
        self._title.setText(title)
        self._text.setText(text)
        self._task.setVisible(bool(stop.task))
        self.setAccessibleName(f"{title}. {text} {task}")
        self._back.setVisible(place > 0)
        is_last = place == len(STOPS) - 1
        self.next.set_words(
            gettext("finish") if is_last else gettext("next"),
            gettext("Close this card") if is_last else gettext("To the next stop"),
        )
        self._follow()
        # What has just come back has no place yet.
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        self._settle()
        # Space presses the button that the keyboard is at.
        (self if stop.tries_space else self.next).setFocus()

    def _follow(self) -> None:
        """Say that what was to be tried has been done."""
        stop, moment = STOPS[self._place], self._session.moment
        self._begin = self._begin.followed(moment)
        is_done = stop.is_done is not None and stop.is_done(self._begin, moment)
        task = gettext(stop.task)
        self._task.setText(f"{task}  {DONE}" if is_done else task)
        self._task.set_color("good" if is_done else "link")

    def _settle(self) -> None:
        """Light the parts, and stand where they are hidden least."""
        if self.isHidden():
            return
        room = self._window.rect()
        parts = [self._window.findChild(QWidget, name) for name in STOPS[self._place].parts]
        seen = [part for part in parts if part is not None and part.isVisible()]
        lit = [QRect(part.mapTo(self._window, QPoint()), part.size()) & room for part in seen]
        self.shade.setGeometry(room)
        self.shade.light([part.adjusted(-3, -3, 3, 3) for part in lit])
        width = min(self.appearance.size(WIDTH), room.width() - 2 * GAP)
        self.setFixedWidth(width)
        self.setFixedHeight(self.heightForWidth(width))
        inside = room.adjusted(GAP, GAP, -GAP, -GAP)
        self.move(_place_beside(lit[::-1], self.size(), inside))
        self.shade.show()
        self.shade.raise_()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay beside the part when the window has another size."""
        if watched is self._window and event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._settle()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        else:
            super().keyPressEvent(event)

    def leave(self) -> None:
        """Give the window back."""
        self._window.removeEventFilter(self)
        for part in (self.shade, self):
            part.hide()
            part.deleteLater()
        self.closed.emit()


def _place_beside(parts: Sequence[QRect], size: QSize, room: QRect) -> QPoint:
    """Return where a card of a size hides least of what is lit: at a side of a part, or in a corner."""
    corner = QPoint(room.right() - size.width(), room.bottom() - size.height())
    places = [corner, QPoint(room.left(), corner.y())]
    for part in parts:
        middle = part.center() - QPoint(size.width() // 2, size.height() // 2)
        places += [
            QPoint(part.right() + GAP, middle.y()),
            QPoint(part.left() - GAP - size.width(), middle.y()),
            QPoint(middle.x(), part.bottom() + GAP),
            QPoint(middle.x(), part.top() - GAP - size.height()),
        ]
    inside = [
        QPoint(max(room.left(), min(place.x(), corner.x())), max(room.top(), min(place.y(), corner.y())))
        for place in places
    ]

    def hidden(place: QPoint) -> int:
        common = [QRect(place, size) & part for part in parts]
        return sum(rect.width() * rect.height() for rect in common if rect.isValid())

    # Of equals the first beside the part that the stop is about most.
    return min([*inside[2:], *inside[:2]], key=hidden)
