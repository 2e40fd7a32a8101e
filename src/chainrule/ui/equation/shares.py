"""What each sample of a batch adds to the selected number, as a row of buttons."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from chainrule.explain.writing.numbers import format_number
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip
from chainrule.ui.window.keys import keep_keys

MOST_SAMPLES = 12


class SampleShares(QWidget):
    """What each sample of the batch adds to the selected number: as many as there is room for, and how many more."""

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._appearance = session, appearance
        self.count = 0
        # The window may be made narrower than they are: fewer are shown then.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self._more = PlainLabel(parent=self)
        self._row.addWidget(self._more)
        self._row.addStretch(1)
        self._buttons: list[QPushButton] = []
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        theme, size = self._appearance.theme, self._appearance.size
        self.setStyleSheet(
            f"QPushButton {{ background: {theme.field}; color: {theme.text}; border: 1px solid {theme.border};"
            f" border-radius: 6px; padding: {size(3)}px {size(10)}px; font-size: {size(12)}px; }}"
            f"QPushButton:checked {{ border-color: {theme.link}; color: {theme.link}; }}"
            f"QPushButton:hover, QPushButton:focus {{ border-color: {theme.link}; }}"
            f"QLabel {{ color: {theme.muted}; font-size: {size(12)}px; }}"
        )
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many as fit now."""
        super().resizeEvent(event)
        self._fit()

    def set_shares(self, shares: tuple[float, ...], moment: Moment) -> None:
        """Show the shares; a batch of one needs none, and a large one shows the first few."""
        self.count = len(shares) if len(shares) > 1 else 0
        while len(self._buttons) < min(self.count, MOST_SAMPLES):
            self._add_button()
        for place, (button, share) in enumerate(zip(self._buttons, shares, strict=False)):
            button.setText(
                gettext(
                    "sample {number}: {share}", number=moment.rows[place] + 1, share=format_number(share, moment.digits)
                )
            )
            button.setToolTip(
                plain_tip(gettext("{share} of the sum. Click to show this sample.", share=format_number(share, None)))
            )
            button.setChecked(place == moment.sample)
        self._fit()

    def _fit(self) -> None:
        """Show as many as there is room for, the first one in any case, and say how many there are beyond them."""
        spacing, room, shown = self._row.spacing(), self.width(), 0
        few = self._buttons[: self.count]
        for place, button in enumerate(few):
            room -= button.sizeHint().width() + spacing
            words = _words_of(self.count - place - 1)
            if place and room < self._more.fontMetrics().horizontalAdvance(words):
                break
            shown = place + 1
        for place, button in enumerate(self._buttons):
            button.setVisible(place < shown)
        self._more.setText(_words_of(self.count - shown))
        self._more.setVisible(shown < self.count)

    def _add_button(self) -> None:
        place = len(self._buttons)
        button = QPushButton(self)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_keys(button, (Qt.Key.Key_Space,))
        button.clicked.connect(lambda: self._session.selector.show_sample(place))
        self._buttons.append(button)
        self._row.insertWidget(place, button)


def _words_of(more: int) -> str:
    return f"and {more} more" if more else ""
