"""The badge: whether PyTorch agrees with the iteration on the screen, and by how much."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.sentences.meanings import value_name
from chainrule.explain.writing.numbers import format_count, format_number, format_short
from chainrule.model.editing.overrides import count
from chainrule.session.referee import Referee
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.training import Trainer
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip

LONGEST = "✗ PyTorch differs · 8.8·10⁻¹⁸⁸"
COVERED_REPORT = gettext_noop("The referee's report has the numbers that you predict: turn Predict off to see it (Q).")


class Badge(PlainLabel):
    """A pill with the live difference; its tooltip says what was compared, and a click asks for all of it."""

    shows = Change.PROGRAM | Change.BY_HAND | Change.ENDS | Change.ASKED
    clicked = Signal()

    def __init__(
        self,
        moment: Moment,
        trainer: Trainer,
        referee: Referee,
        appearance: Appearance,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent=parent)
        self.setObjectName("referee_badge")
        self._moment, self._trainer, self._referee, self._appearance = moment, trainer, referee, appearance
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        referee.verdict_changed.connect(self.refresh)
        trainer.running_changed.connect(self.refresh)
        appearance.changed.connect(self.refresh)
        self.refresh()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show what is said of a moment."""
        self._moment = moment
        self.refresh()

    def refresh(self) -> None:
        """Show the verdict of now."""
        text, tip, good = self._content()
        theme = self._appearance.theme
        colors = {True: (theme.good, theme.good_surface), False: (theme.error, theme.surface)}
        color, fill = colors.get(good, (theme.muted, theme.field)) if good is not None else (theme.muted, theme.field)
        color = theme.by_hand if self._moment.overrides else color
        self.setText(text)
        self.setToolTip(plain_tip(gettext("{tip}\nClick to see every value (Ctrl+E).", tip=tip)))
        self.setAccessibleName(text)
        self.setFont(self._appearance.font(12, bold=True))
        # A menu bar does not follow a corner that grows.
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(LONGEST) + self._appearance.size(34))
        self.setStyleSheet(
            f"QLabel {{ color: {color}; background: {fill}; border: 1px solid {color};"
            f" border-radius: {self._appearance.size(8)}px; padding: 1px 8px; margin: 2px 6px 1px 0; }}"
        )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take a click inside it."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def _named(self, ref: ValueRef) -> str:
        moment = self._moment
        return value_name(moment.experiment, moment.step_of(ref), ref)

    def _content(self) -> tuple[str, str, bool | None]:
        verdict, by_hand = self._referee.verdict, count(self._moment.overrides)
        if not self._moment.is_ready:
            return "loading PyTorch…", "The engine is loaded behind the window", None
        if self._trainer.is_running:
            return "running…", "The referee compares when the run is paused", None
        if self._moment.covers:
            # How large a difference is beside its number tells the number.
            return "covered", gettext(COVERED_REPORT), None
        if by_hand:
            tip = "Autograd knows nothing of numbers that are set by hand, so this iteration is not compared"
            return f"{by_hand} set by hand", tip, None
        if not self._moment.cursor.position or (verdict is not None and not verdict.compared):
            tip = "Nothing of this iteration is computed yet. Step forward, and PyTorch computes the same"
            return gettext("nothing to compare yet"), tip, None
        if verdict is None:
            return gettext("checking…"), gettext("PyTorch's autograd computes the same iteration"), None
        scope = "gradients and updates" if self._referee.compares_updates else "values and gradients"
        tip = (
            f"{format_count(verdict.compared)} {scope} of this iteration compared with autograd"
            f"{' and torch.optim' if self._referee.compares_updates else ''}, each from the numbers that it is "
            f"computed from.\nLargest difference {format_number(verdict.difference, None)}, at "
            f"{self._named(verdict.ref)}: {format_number(verdict.relative, 2)} of the number. "
            f"Up to {format_short(verdict.tolerance, 1)} agrees."
        )
        difference = format_number(verdict.difference, 2) if verdict.difference else "exactly"
        if verdict.agrees:
            return gettext("✓ PyTorch agrees · {difference}", difference=difference), tip, True
        return f"✗ PyTorch differs · {difference}", tip, False
