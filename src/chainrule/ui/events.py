"""A look at a widget's events before it has them.

Nobody overrides `event` for that: what the widget then does with its keys and its mouse would be done inside of the
override, and PySide6 6.11 crashes on Python 3.11 where an error that C code has raised, for want of memory, say, comes
out of one override inside of another.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakMethod

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip, QWidget

from chainrule.ui.widgets.plain_text import plain_tip

# Returns whether an event is done with.
TakeEvent = Callable[[QEvent], bool]


class _Hook(QObject):
    def __init__(self, widget: QWidget, take: TakeEvent) -> None:
        super().__init__(widget)
        self._take = WeakMethod(take)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Of a widget that is being taken apart Python's half may be gone.
        take = self._take()
        return take is not None and take(event)


def ask_about_events(widget: QWidget, take: TakeEvent) -> None:
    """Ask a method of a widget about each of its events first; what it takes goes no further."""
    widget.installEventFilter(_Hook(widget, take))


def shows_tip(event: QEvent, widget: QWidget, tell: Callable[[QPoint], str]) -> bool:
    """Show what there is to tell of the place under the mouse, and return whether the event asked for that."""
    if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
        return False
    QToolTip.showText(event.globalPos(), plain_tip(tell(event.pos())), widget)
    return True
