"""Runs before the program: Qt takes its plugins from the bundle alone, whatever the desktop has set.

PyInstaller's own hook does the same and imports PySide6.QtCore for it, 40 ms of each command that needs no Qt.
"""

import os
import sys

_folder = ("PySide6", "plugins") if sys.platform == "win32" else ("PySide6", "Qt", "plugins")
os.environ["QT_PLUGIN_PATH"] = os.path.join(sys._MEIPASS, *_folder)  # type: ignore[attr-defined]
