"""Icons: Material Design's SVG files, in the theme's colours.

Files rather than qtawesome, which draws the same icons: importing it takes longer than the window takes to appear.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtSvg import QSvgRenderer

from chainrule.resource_files import resources_directory
from chainrule.ui.style.painting import drawing

SIZE = 64


@lru_cache(maxsize=256)
def icon(name: str, color: str, disabled: str) -> QIcon:
    """Return the icon of that file name in resources/icons, in a colour, and in another one where it is disabled."""
    found = QIcon()
    found.addPixmap(_pixmap(name, color), QIcon.Mode.Normal)
    found.addPixmap(_pixmap(name, disabled), QIcon.Mode.Disabled)
    return found


def _pixmap(name: str, color: str) -> QPixmap:
    svg = (resources_directory() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(svg.replace("<path ", f'<path fill="{color}" ', 1).encode()))
    pixmap = QPixmap(SIZE, SIZE)
    pixmap.fill(Qt.GlobalColor.transparent)
    with drawing(pixmap) as painter:
        renderer.render(painter, QRectF(0, 0, SIZE, SIZE))
    return pixmap
