"""Keys that a focused control needs itself, though the window has shortcuts on them, and arrows that go from control to
control.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events

Key = Qt.Key
_CONTROL = Qt.KeyboardModifier.ControlModifier
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_ARROWS = (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down)
_UP_DOWN = (Key.Key_Up, Key.Key_Down)


class _KeyKeeper(QObject):
    def __init__(self, widget: QWidget, keys: Collection[Qt.Key]) -> None:
        super().__init__(widget)
        self._keys = frozenset(keys)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() in self._keys and not event.modifiers() & _CONTROL)
            return event.isAccepted()
        return False


# When each of some keys is kept: None is always.
KeptKeys = Mapping[QKeySequence.StandardKey, Callable[[], bool] | None]


class _StandardKeyKeeper(QObject):
    def __init__(self, widget: QWidget, keys: KeptKeys) -> None:
        super().__init__(widget)
        self._keys = keys
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if any(event.matches(key) and (when is None or when()) for key, when in self._keys.items()):
            event.accept()
            return True
        return False


def keep_standard_keys(widget: QWidget, keys: KeptKeys) -> None:
    """Keep copying, say, for the widget while it has the focus: it starts no shortcut of the window."""
    _StandardKeyKeeper(widget, keys)


def keep_keys(widget: QWidget, keys: Collection[Qt.Key]) -> None:
    """Keep keys for the widget while it has the focus: they start no shortcut of the window."""
    _KeyKeeper(widget, keys)


def let_go(widget: QWidget) -> None:
    """Let go of the keyboard: it goes back to the stage where there is one in the window, for the keys to step."""
    go_to_stage = getattr(widget.window(), "go_to_stage", None)
    if go_to_stage is None:
        widget.clearFocus()
    else:
        go_to_stage()


def press_with_control(key: Qt.Key, widgets: Sequence[QWidget | None]) -> bool:
    """Press Ctrl and a key in the first of some widgets that has a use for it; return whether there was one."""
    for widget in filter(None, widgets):
        # What has no use for it would leave it to the shortcuts of the window, and this may come from one.
        asked = QKeyEvent(QEvent.Type.ShortcutOverride, key, _CONTROL)
        asked.ignore()
        QCoreApplication.sendEvent(widget, asked)
        if asked.isAccepted():
            QCoreApplication.sendEvent(widget, QKeyEvent(QEvent.Type.KeyPress, key, _CONTROL))
            return True
    return False


class ArrowArea(QWidget):
    """A part in which the arrow keys go from control to control, and with Ctrl from one group of them to the next.

    They come here from controls that have no use for them: a field that is not edited, a list that is closed, a button.
    """

    def __init__(self, go_to: Callable[[QWidget], None], parent: QWidget | None = None) -> None:
        """`go_to` gives the keyboard to a control."""
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self._go_to = go_to
        self._groups: list[list[QWidget]] = []

    def set_groups(self, groups: Sequence[Sequence[QWidget]]) -> None:
        """Set the controls, from top to bottom."""
        self._groups = [list(group) for group in groups]

    def _take_event(self, event: QEvent) -> bool:
        """Keep the arrow keys from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_arrow(event):
            event.accept()
            return True
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next control in that direction, round and round."""
        current, found = self.window().focusWidget(), None
        if _is_arrow(event) and current is not None:
            found = self._beyond(current, event)
        if found is None:
            super().keyPressEvent(event)
        else:
            self._go_to(found)

    def _beyond(self, current: QWidget, event: QKeyEvent) -> QWidget | None:
        key = Key(event.key())
        groups = [[control for control in group if _is_there(control)] for group in self._groups]
        groups = [group for group in groups if group]
        mine = next((place for place, group in enumerate(groups) if current in group), None)
        if mine is None:
            return None
        if event.modifiers() & _CONTROL:
            return groups[(mine + (1 if key == Key.Key_Down else -1)) % len(groups)][0]
        rects = {control: self._rect(control) for group in groups for control in group}
        lines = _lines(rects)
        row = next(place for place, line in enumerate(lines) if current in line)
        if key in _UP_DOWN:
            line = lines[(row + (1 if key == Key.Key_Down else -1)) % len(lines)]
            middle = rects[current].center().x()
            return min(line, key=lambda control: abs(rects[control].center().x() - middle))
        order = [control for line in lines for control in line]
        return order[(order.index(current) + (1 if key == Key.Key_Right else -1)) % len(order)]

    def _rect(self, control: QWidget) -> QRect:
        return QRect(control.mapTo(self, QPoint()), control.size())


def _is_arrow(event: QKeyEvent) -> bool:
    modifiers = event.modifiers() & ~_KEYPAD
    return event.key() in (_UP_DOWN if modifiers == _CONTROL else _ARROWS if not modifiers else ())


def _is_there(control: QWidget) -> bool:
    return control.isVisible() and control.isEnabled()


def _lines(rects: dict[QWidget, QRect]) -> list[list[QWidget]]:
    """Return the controls line by line: what begins above the middle of a line's first control stands in that line."""
    lines: list[list[QWidget]] = []
    for control, rect in sorted(rects.items(), key=lambda item: item[1].top()):
        if lines and rect.top() < rects[lines[-1][0]].center().y():
            lines[-1].append(control)
        else:
            lines.append([control])
    return [sorted(line, key=lambda control: rects[control].left()) for line in lines]


def arrow_hints(widget: QWidget, keys: str = "↑ ↓") -> tuple[str, ...]:
    """Return what the arrow keys do that a control has no use for."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, ArrowArea):
            is_all = "→" in keys
            fields = gettext_noop("↑ ↓ ← → to other fields") if is_all else gettext_noop("↑ ↓ to other fields")
            return (fields, gettext_noop("Ctrl+↑ Ctrl+↓ to another section"))
        above = above.parentWidget()
    if "→" in keys:
        return (gettext_noop("→ step"), gettext_noop("← back"), gettext_noop("↓ phase"))
    return (gettext_noop("↓ phase"), gettext_noop("↑ phase back"))
