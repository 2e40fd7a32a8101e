"""Whether things may move on the screen by themselves: some people get sick from it, and say so here or to their
system.
"""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QStyle

from chainrule.session.files.settings import SettingsStore

LESS, FULL = "less", "full"


def may_move() -> bool:
    """Return whether the system's settings allow animation, which Qt passes on as how long one may take."""
    return QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0


class Motion:
    """Asks what was chosen here, and where nothing was, the system."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings

    @property
    def is_reduced(self) -> bool:
        """Whether values are not to travel, and nothing fades in."""
        chosen = self._settings.settings.motion
        return chosen == LESS if chosen in (LESS, FULL) else not may_move()

    def toggle(self) -> None:
        """Reduce it, or allow it again; what is chosen is remembered."""
        self._settings.change(motion=FULL if self.is_reduced else LESS)
