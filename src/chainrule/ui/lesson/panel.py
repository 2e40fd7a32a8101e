"""The card of a lesson: a step's text with its numbers, what is to be done, hints, and the way back and on."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.lessons.lesson.text import LessonPiece, filled, pieces_of
from chainrule.session.lessons.guide import LessonGuide
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.lesson.offer import ResumeOffer
from chainrule.ui.lesson.prose import ProseView
from chainrule.ui.lesson.task_parts import TaskPart, task_part
from chainrule.ui.stage.heading import ElidedLabel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.controls import Button, Label, LinkButton, RemoveButton
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import SlimScrollArea, show_with

WIDTH, HEIGHT = 330, 200
MARGIN = 14
NEXT_TIP = gettext_noop("To the next step (Alt+PgDown)")


class MainButton(Button):
    """The button that one goes on with: filled, as the one that steps is."""

    def wanted_size(self) -> QSize:
        """Return the words with room around them."""
        size = self.appearance.size
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + size(28), size(26))

    def paint_content(self, painter: QPainter) -> None:
        """Paint a filled button, or its outline where it does nothing now."""
        theme, ready = self.appearance.theme, self.isEnabled()
        painter.setPen(QPen(QColor(theme.link if ready else theme.border), 1.2))
        painter.setBrush(QColor(theme.link if ready else theme.field))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.setPen(QColor(theme.surface if ready else theme.dimmed))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class LessonPanel(Card):
    """Shows the step of a guide. `left` says that somebody closes the lesson, `finished` that it is gone through, and
    `resized` that it needs another height.
    """

    shows = (
        Change.EXPERIMENT
        | Change.NETWORK
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.BY_HAND
        | Change.ITERATION
        | Change.MICRO_STEP
        | Change.SAMPLE
        | Change.DIGITS
        | Change.COURSE
    )
    left = Signal()
    finished = Signal()
    resized = Signal()

    def __init__(
        self, session: Session, guide: LessonGuide, appearance: Appearance, refusals: Refusals, parent: QWidget
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("lesson_panel")
        self.setAccessibleName(gettext("Lesson"))
        self._session, self.guide, self._refusals = session, guide, refusals
        self._typesetter = Typesetter()
        self._pieces: tuple[LessonPiece, ...] = ()
        self._hint_pieces: list[tuple[LessonPiece, ...]] = []
        self.tasks: list[TaskPart] = []
        self._make_head()
        self._make_body()
        self._make_foot()
        self._arrange()
        guide.stepped.connect(self._show_step)
        guide.changed.connect(self._show_state)
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _make_head(self) -> None:
        # All of a title that has no room is in its tip.
        self.title = ElidedLabel(self)
        self.title.setObjectName("lesson.title")
        self.count = Label(self.appearance, "", self, size=12, color="muted")
        self.count.setObjectName("lesson.count")
        tip = gettext("Leave the lesson: the network stays as it is")
        self.close_button = RemoveButton(self.appearance, "", tip, "lesson.leave", self)
        self.close_button.clicked.connect(self.left)

    def _make_body(self) -> None:
        self._content = content = QWidget()
        self.offer = ResumeOffer(self.appearance, content)
        self.prose = ProseView(self._typesetter, self.appearance, content)
        self.prose.setObjectName("lesson.text")
        self.fault = Label(self.appearance, "", content, size=12.5, color="error")
        self.fault.setObjectName("lesson.fault")
        self.trouble = Label(self.appearance, "", content, size=13, color="error")
        self.trouble.setObjectName("lesson.trouble")
        for label in (self.fault, self.trouble):
            label.setWordWrap(True)
            label.hide()
        self.anew = LinkButton(
            self.appearance,
            gettext("start anew"),
            gettext("Bring the network back as the lesson has it, at this step; it can be undone"),
            "lesson.anew",
            content,
        )
        self.anew.clicked.connect(self.guide.begin_anew)
        self._tasks_column, self._hints_column = QVBoxLayout(), QVBoxLayout()
        self.hints: list[ProseView] = []

    def _make_foot(self) -> None:
        make = self.appearance
        self.back = LinkButton(make, gettext("Back"), gettext("To the step before (Ctrl+,)"), "lesson.back", self)
        self.hint = LinkButton(make, gettext("Hint"), gettext("Show a hint"), "lesson.hint", self)
        self.skip = LinkButton(make, gettext("skip"), gettext("Go on without doing this"), "lesson.skip", self)
        self.next = MainButton(make, gettext("Next"), gettext(NEXT_TIP), "lesson.next", self)
        self.back.clicked.connect(self.guide.go_back)
        self.hint.clicked.connect(self.guide.give_hint)
        self.skip.clicked.connect(self.guide.go_on)
        self.next.clicked.connect(self._go_on)

    def _arrange(self) -> None:
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.count)
        head.addWidget(self.close_button)
        before: tuple[QWidget, ...] = (self.back, self.hint, self.anew)
        for button in before:
            foot.addWidget(button)
        foot.addStretch(1)
        for button in (self.skip, self.next):
            foot.addWidget(button)
        foot.setSpacing(12)
        self._column = column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(10)
        for part in (self.offer, self.fault, self.prose, self.trouble):
            column.addWidget(part)
        for layout in (self._tasks_column, self._hints_column):
            layout.setSpacing(9)
            column.addLayout(layout)
        column.addStretch(1)
        self._area = SlimScrollArea(self.appearance, self)
        self._area.setWidget(self._content)
        self._content.setAutoFillBackground(False)
        # With a bar beside it the text is narrower, and higher.
        self._area.verticalScrollBar().rangeChanged.connect(self._fit)
        self._outer = outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN, 9, 8, 9)
        outer.addLayout(head)
        outer.addWidget(self._area, 1)
        outer.addLayout(foot)

    def _restyle(self) -> None:
        self.setMinimumSize(self.appearance.size(WIDTH), self.appearance.size(HEIGHT))
        self.title.setFont(self.appearance.font(12))
        self.title.setStyleSheet(f"color: {self.appearance.theme.muted}")
        self._fit_soon()

    # Showing

    def show_fault(self, text: str) -> None:
        """Say what an author has to mend; nothing takes it away."""
        self.fault.setText(text)
        self.fault.setVisible(bool(text))
        self._fit_soon()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Fill the numbers in anew."""
        self._fill()
        self._show_state()

    def _show_step(self) -> None:
        guide, step = self.guide, self.guide.step
        if guide.lesson is None or step is None:
            return
        self.title.show_text(guide.lesson.title)
        self.offer.hide()
        self.count.setText(gettext("step {number} of {steps}", number=guide.place + 1, steps=len(guide.lesson.steps)))
        heading = f"## {step.title}\n\n" if step.title else ""
        self._pieces = pieces_of(heading + step.text, "$")
        self._hint_pieces = [pieces_of(hint, "$") for hint in step.hints]
        for widget in (*self.tasks, *self.hints):
            widget.setParent(None)
            widget.deleteLater()
        self.hints = []
        self.tasks = [task_part(guide, state, self.appearance, self._refusals, self._content) for state in guide.tasks]
        for part in self.tasks:
            part.resized.connect(self._fit_soon)
            self._tasks_column.addWidget(part)
            part.show()
        self._area.verticalScrollBar().setValue(0)
        self._fill()
        self._show_state()

    def _fill(self) -> None:
        """Put the numbers of now into the text and the hints."""
        if self.guide.step is None:
            return
        digits = self._session.moment.digits
        look_up = self.guide.live.look_up
        self.prose.set_parts(filled(self._pieces, look_up, digits))
        for view, pieces in zip(self.hints, self._hint_pieces, strict=False):
            view.set_parts(filled(pieces, look_up, digits))
        self._fit_soon()

    def _show_state(self) -> None:
        """Show what is done, the hints that were given, and which ways there are."""
        guide, step = self.guide, self.guide.step
        if guide.lesson is None or step is None or len(self.tasks) != len(guide.tasks):
            return
        while len(self.hints) < guide.hints:
            view = ProseView(self._typesetter, self.appearance, self._content, size=13, color="muted")
            view.setObjectName("lesson.hint_text")
            self._hints_column.addWidget(view)
            view.show()
            self.hints.append(view)
            self._fill()
            show_with(view, view)
        moment = self._session.moment
        for part in self.tasks:
            part.show_state(moment)
        left = len(step.hints) - guide.hints
        self.hint.setVisible(bool(step.hints))
        self.hint.setEnabled(left > 0)
        self.hint.set_words(
            gettext("Hint") if guide.hints == 0 else gettext("More hints") if left else gettext("No more hints"),
            gettext("Show a hint"),
        )
        self.back.setEnabled(guide.place > 0)
        self.next.setEnabled(guide.is_done)
        last, next_one = (gettext("Finish"), gettext("End the lesson")), (gettext("Next"), gettext(NEXT_TIP))
        self.next.set_words(*(last if guide.is_last else next_one))
        self.skip.setVisible(not guide.is_done and not guide.is_last)
        self.anew.setVisible(guide.is_changed)
        self.trouble.setText(guide.trouble)
        self.trouble.setVisible(bool(guide.trouble))
        self._fit_soon()

    def _go_on(self) -> None:
        if self.guide.is_last:
            self.finished.emit()
        else:
            self.guide.go_on()

    # As high as it is wide enough

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit_soon()

    def _fit_soon(self) -> None:
        self._fit()
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        self._column.activate()
        height = self._column.totalHeightForWidth(self._area.viewport().width())
        if height != self._content.minimumHeight():
            self._content.setMinimumHeight(height)
            self.updateGeometry()
            self.resized.emit()

    def sizeHint(self) -> QSize:
        """Return all of the step, with what is above and below it."""
        # The layout takes the area to be as high as it must be at least, which is more than it would like by itself.
        item = self._outer.itemAt(self._outer.indexOf(self._area))
        chrome = self._outer.sizeHint().height() - (0 if item is None else item.sizeHint().height())
        return QSize(self.minimumWidth(), max(self.minimumHeight(), self._content.minimumHeight() + chrome))
