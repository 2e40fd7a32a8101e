"""The small buttons that zoom the stage, and how far it is zoomed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.stage.canvas import StageCanvas
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import plain_tip

# The sign, what a screen reader says, and the tip.
_BUTTONS = (
    (
        "−",
        gettext_noop("Zoom out"),
        gettext_noop("Show more of the network, smaller (Ctrl+Alt+−, or Ctrl and the wheel)"),
        -1,
    ),
    ("100%", gettext_noop("Fit the network"), gettext_noop("Show all of the network (Ctrl+0)"), 0),
    (
        "+",
        gettext_noop("Zoom in"),
        gettext_noop("Show less of the network, with more of each neuron (Ctrl+Alt++, or Ctrl and the wheel)"),
        1,
    ),
)
_OUT, _FIT, _IN = range(3)


class ZoomBar(QWidget):
    """Zooms a canvas out, to all of it, and in. It is no stop of the Tab key: each of its buttons has a key."""

    def __init__(self, canvas: StageCanvas, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas, self._appearance = canvas, appearance
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._buttons = [self._button(*given) for given in _BUTTONS]
        for button in self._buttons:
            row.addWidget(button)
        canvas.zoomed.connect(self._show_zoom)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self._show_zoom()

    def _button(self, sign: str, name: str, tip: str, steps: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(sign)
        button.setAccessibleName(gettext(name))
        button.setToolTip(plain_tip(gettext(tip)))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self._canvas.step_zoom(steps))
        return button

    def _show_zoom(self) -> None:
        zoom = self._canvas.zoom
        text = f"{round(100 * zoom)}%"
        self._buttons[_FIT].setText(text)
        self._buttons[_FIT].setAccessibleDescription(gettext("Zoomed to {words}", words=text))
        self._buttons[_OUT].setEnabled(zoom > 1)
        self._buttons[_IN].setEnabled(zoom < self._canvas.most_zoom)

    def _restyle(self) -> None:
        size, theme = self._appearance.size, self._appearance.theme
        self.setStyleSheet(
            f"QToolButton {{ color: {theme.muted}; border: none; border-radius: 4px; padding: 1px {size(3)}px; }}"
            f"QToolButton:hover {{ background: {theme.field}; color: {theme.text}; }}"
            f"QToolButton:disabled {{ color: {theme.dimmed}; }}"
        )
        self._buttons[_FIT].setFont(self._appearance.font(11.5))
        for place in (_OUT, _IN):
            self._buttons[place].setFont(self._appearance.font(13, bold=True))
            self._buttons[place].setFixedWidth(size(20))
        # As wide as the widest it will say, so that nothing beside it moves.
        fit = self._buttons[_FIT]
        fit.setMinimumWidth(fit.fontMetrics().horizontalAdvance("6400%") + size(6))
