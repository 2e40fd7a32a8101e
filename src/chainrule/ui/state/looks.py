"""How a number of the State tab is coloured, and a name parted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QColor

from chainrule.session.screen.state_table import StateCell
from chainrule.ui.style.appearance import Theme


def longer_half(name: str, across: Callable[[str], int]) -> str:
    """Return the longer line of a name that is parted in two where both are shortest."""
    words = name.split(" ")
    parts = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    return min((max(two, key=across) for two in parts), key=across, default=name)


def color_of_cell(theme: Theme, cell: StateCell) -> QColor:
    """Return a colour by the sign, of a gradient and a new value too: the phase is told by the ground."""
    if cell.number is None:
        return QColor(theme.dimmed)
    if cell.number - cell.number != 0:  # inf or NaN
        return QColor(theme.error)
    return theme.signed(cell.number)
