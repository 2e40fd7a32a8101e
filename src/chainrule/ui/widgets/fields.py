"""Fields for numbers: what is typed becomes a number, or is refused in words and the old one stays."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from chainrule.explain.writing.numbers import format_number
from chainrule.formula.errors import FormulaError
from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events
from chainrule.ui.numbers.field_drag import FieldDrag
from chainrule.ui.numbers.press_watch import PressWatch
from chainrule.ui.numbers.steps import has_steps
from chainrule.ui.numbers.wave import paint_wave
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.typed_numbers import full_text, nudged, parse_integer, parse_number, short_text
from chainrule.ui.window.keys import arrow_hints, let_go

HEIGHT = 26
# A focused field keeps these from the window's shortcuts, besides those that QLineEdit keeps.
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_OWN_KEYS = (*_ENTER, Qt.Key.Key_Escape, Qt.Key.Key_F2)
# While it is edited, these as well.
_ARROWS = (Qt.Key.Key_Up, Qt.Key.Key_Down)
# How a number is changed without typing it, for tooltips.
HOW_TO_NUDGE = gettext_noop(
    "Type, or press F2, and then up and down change it; or drag it, or turn the wheel with Alt."
)
_UNDO = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
# Focus that leaves for a menu, or with the whole window, comes back.
_PASSING = (
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.MenuBarFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
)


class Field(QLineEdit):
    """A line of text that stands for a value: the one it was given, until another is accepted.

    `value_edited` asks for a typed value, `nudged` for one that the arrow keys chose. Whoever accepts it gives
    it back with `set_value`, and whoever does not calls `refuse`. `closed` says that typing has ended.

    It is edited from the first letter that is typed, or from F2, until Enter or Escape, which also let go of the
    keyboard. As long as it is not, no key changes the value.
    """

    value_edited = Signal(object)
    nudged = Signal(object)
    closed = Signal()
    hints_changed = Signal()
    # Whether the arrow keys can change it.
    can_be_nudged = False
    # Whether what was refused stays to be corrected, rather than the old value to come back.
    keeps_refused = False

    def __init__(self, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self._appearance, self._refusals = appearance, refusals
        self._value: Any = None
        self._description = ""
        self._shown = ""
        self._refused = self._optional = False
        # The character that is wrong in a formula of numbers, which stays to be corrected.
        self._wrong_place: int | None = None
        # Whether F2 or an arrow began to edit it, the value before, and the one that the arrows chose last.
        self._begun = False
        self._before: Any = None
        self._nudged_to: Any = None
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        refusals.dismissed.connect(self._unmark)
        PressWatch(self).pressed_elsewhere.connect(self.commit)
        if self.can_be_nudged:
            FieldDrag(self, self._ask_for)
        self.textChanged.connect(self.hints_changed)
        self.textChanged.connect(self._take_wave_away)
        appearance.changed.connect(self._restyle)
        self._restyle()

    def parse(self, text: str) -> Any:
        """Return the value that a text stands for, or raise `ValueError`."""
        raise NotImplementedError

    def neighbour(self, value: Any, up: bool) -> Any:
        """Return the value that an arrow key goes to; the same one where the arrows mean nothing."""
        return value

    def full_text(self, value: Any) -> str:
        """Return all of a value, as it can be typed."""
        return full_text(value)

    def short_text(self, value: Any) -> str:
        """Return what is shown of a value while nothing is typed."""
        return short_text(value)

    def written_text(self, value: Any) -> str:
        """Return all of a value, as it is written everywhere."""
        return format_number(value, None) if isinstance(value, float) else self.full_text(value)

    @property
    def value(self) -> Any:
        """The value that the field stands for, whatever is being typed; None where it is empty."""
        return self._value

    @property
    def is_typing(self) -> bool:
        """Whether something was typed that is neither committed nor given up."""
        return self.text() != self._shown

    @property
    def is_edited(self) -> bool:
        """Whether something is being typed, or F2 was pressed: the arrow keys change the value only then."""
        return self._begun or self.is_typing

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do now."""
        if self.is_edited:
            arrows = (gettext_noop("↑ ↓ change it"),) if self.can_be_nudged else ()
            return (gettext_noop("↵ takes it"), gettext_noop("Esc gives the old value back"), *arrows)
        f2 = (gettext_noop("F2 and ↑ ↓ change it"),) if self.can_be_nudged else ()
        return (gettext_noop("type to change it"), *f2, *arrow_hints(self), gettext_noop("Esc back to the stage"))

    def set_value(self, value: Any) -> None:
        """Stand for a value; what is being typed stays."""
        # Their forms differ where -0.0 and 0.0 do not.
        if value == self._value and repr(value) == repr(self._value):
            return
        self._value = value
        self._update_tip()
        # What was refused and left is given up once the value is another.
        if not self.is_typing or (self.keeps_refused and not self.hasFocus()):
            self._display()

    def set_optional(self, optional: bool, when_empty: str = "none") -> None:
        """Set whether it may be empty, which stands for None; the words show what that means."""
        self._optional = optional
        self.setPlaceholderText(when_empty if optional else "")

    def set_description(self, text: str) -> None:
        """Set what the number is for; the tooltip shows it above every digit."""
        self._description = text
        self._update_tip()

    def put_back(self) -> None:
        """Show the old value again: what was typed is not accepted."""
        self._refused = True
        self._display()
        if self.hasFocus():
            self.selectAll()

    def refuse(self, message: str) -> None:
        """Say beside the field why a number was not accepted, and show the old one again."""
        self.put_back()
        self._refusals.show(self, message)
        self.setProperty("refused", True)
        self._restyle()

    def _refuse_text(self, error: ValueError) -> None:
        """Say what is wrong with what was typed. A formula stays: it is more to type again than a number is."""
        typed, place = self.text(), error.at if isinstance(error, FormulaError) else None
        self.refuse(str(error))
        if place is not None and self.hasFocus():
            self.setText(typed)
            self.setCursorPosition(place)
            self._wrong_place = place
            self.update()

    def commit(self) -> bool:
        """Ask for what was typed, if anything was; return whether it was accepted."""
        self._refused = False
        if not self.is_typing:
            return True
        try:
            value = self._read()
        except ValueError as error:
            self._refuse_text(error)
            return False
        if value == self._value:
            self._display()
            return True
        self._shown = self.text()
        self.value_edited.emit(value)
        if not self._refused:
            self._display()
        return not self._refused

    def take(self) -> bool:
        """Commit and be done, as by Enter; return whether it was accepted. What was not is left to be corrected."""
        typed = self.text()
        if not self.commit():
            self.setText(typed)
            return False
        self._begun = False
        self.closed.emit()
        self.hints_changed.emit()
        return True

    def give_up(self) -> None:
        """Let go of what is typed, without asking for it: what it was to change is gone."""
        self._begun = False
        self._display()
        self.closed.emit()
        self.hints_changed.emit()

    # Qt's events

    def _take_event(self, event: QEvent) -> bool:
        """Keep the keys that mean something here from the window's shortcuts, and leave it undo."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_of_window = event.key() in _ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if not is_of_window and (event.key() in _OWN_KEYS or (event.key() in _ARROWS and self.is_edited)):
                event.accept()
                return True
            if event.key() in _ARROWS or (not self.is_typing and any(event.matches(key) for key in _UNDO)):
                event.ignore()
                return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes what is typed, Escape gives it up, both let go of the field; the arrows nudge what is edited."""
        key = event.key()
        if key in _ARROWS and not self.is_edited:
            event.ignore()
        elif key in _ENTER:
            if self.commit():
                self._end()
        elif key == Qt.Key.Key_Escape:
            self._take_back()
            self.give_up()
            self._let_go()
        elif key == Qt.Key.Key_F2:
            self.begin()
            self.end(False)
        elif key in _ARROWS:
            self._nudge(up=key == Qt.Key.Key_Up)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show every digit, for nothing to be lost when one of them is changed."""
        super().focusInEvent(event)
        if not self.is_typing:
            self._display()
            if event.reason() not in (*_PASSING, Qt.FocusReason.MouseFocusReason):
                self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Commit when the user goes on to something else."""
        super().focusOutEvent(event)
        if event.reason() in _PASSING:
            return
        if self.commit() or not self.keeps_refused:
            self._display()
        # What is too long for the field shows its beginning again.
        self.setCursorPosition(0)
        self._begun = False
        self.closed.emit()

    def begin(self) -> None:
        """Begin to edit it, as F2 does."""
        if not self._begun:
            self._begun, self._before, self._nudged_to = True, self._value, self._value
            self.hints_changed.emit()

    def _end(self) -> None:
        self._begun = False
        self.closed.emit()
        self._let_go()

    def _let_go(self) -> None:
        """Let go of the keyboard, for the window to give it to the stage."""
        if self.hasFocus():
            let_go(self)

    def _take_back(self) -> None:
        """Ask for the value before the arrows changed it, unless something else has changed it since."""
        if self._begun and self._value == self._nudged_to != self._before:
            self._shown = self.text()
            self.nudged.emit(self._before)

    def _nudge(self, up: bool) -> None:
        if not self.can_be_nudged:
            return
        self._refused = False
        try:
            value = self._read() if self.is_typing else self._value
        except ValueError as error:
            self._refuse_text(error)
            return
        if not has_steps(value) or (following := self.neighbour(value, up)) == value:
            return
        self.begin()
        if self._ask_for(following):
            self._nudged_to = self._value
            self.selectAll()

    def _ask_for(self, value: Any) -> bool:
        """Ask for a value that is chosen without typing, by an arrow or a drag; return whether it was accepted."""
        # A whole number may have been reached by steps of a float.
        value = int(value) if isinstance(self._value, int) else value
        self._refused, self._shown = False, self.text()
        self.nudged.emit(value)
        if not self._refused:
            self._refusals.dismiss()
            self._display()
        return not self._refused

    def _read(self) -> Any:
        text = self.text()
        empty = self._optional and text.strip().lower() in ("", "none", "null", self.placeholderText())
        return None if empty else self.parse(text)

    # How it looks

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line, with a wave under what is wrong."""
        super().paintEvent(event)
        with painting(self) as painter:
            paint_wave(painter, self, self._place_of_wave(), self._appearance)

    def _place_of_wave(self) -> int | None:
        """Return which character of what is typed is underlined as wrong."""
        return self._wrong_place

    def _take_wave_away(self) -> None:
        self._wrong_place = None

    def _display(self) -> None:
        value = self._value
        text = "" if value is None else self.full_text(value) if self.hasFocus() else self.short_text(value)
        self._shown = text
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)

    def _unmark(self) -> None:
        if self.property("refused"):
            self.setProperty("refused", False)
            self._restyle()

    def _update_tip(self) -> None:
        value = "" if self._value is None else self.written_text(self._value)
        self.setToolTip(plain_tip("\n".join(filter(None, (self._description, value)))))

    def _restyle(self) -> None:
        appearance, theme = self._appearance, self._appearance.theme
        self.setFont(appearance.font(12, mono=True))
        self.setFixedHeight(appearance.size(HEIGHT))
        refused = bool(self.property("refused"))
        resting, focused = (theme.error, theme.error) if refused else (theme.border, theme.link)
        self.setStyleSheet(
            f"QLineEdit {{ background: {theme.surface}; color: {theme.text}; border: 1px solid {resting};"
            f" border-radius: {appearance.size(4)}px; padding: 0 {appearance.size(5)}px;"
            f" selection-background-color: {theme.link}; selection-color: {theme.surface}; }}"
            f" QLineEdit:focus {{ border-color: {focused}; }}"
            f" QLineEdit:disabled {{ color: {theme.dimmed}; }}"
        )


class NumberField(Field):
    """A field for a finite number. Nothing is clamped; what is allowed beyond that, the session says."""

    can_be_nudged = True

    def parse(self, text: str) -> float:
        """Return the number that a text stands for, or raise `ValueError`."""
        return parse_number(text)

    def neighbour(self, value: float, up: bool) -> float:
        """Return one unit of the first digit more or less."""
        return nudged(value, up)


class IntegerField(Field):
    """A field for an integer: a width, a seed."""

    can_be_nudged = True

    def parse(self, text: str) -> int:
        """Return the integer that a text stands for, or raise `ValueError`."""
        return parse_integer(text)

    def neighbour(self, value: float, up: bool) -> int:
        """Return one more or less."""
        return int(value) + (1 if up else -1)


def give_up_typing(part: QWidget) -> None:
    """Let go of what is typed in the fields of a part whose subject is gone: they would ask for it as they go."""
    for field in part.findChildren(Field):
        if field.is_typing:
            field.give_up()
